// The WebSocket under JsSIP, which can be replaced in mid-work: a network that went away leaves one that stays open for minutes and carries
// nothing. The new one is opened beside the old, and JsSIP never hears of the change.

/** What JsSIP asks of a socket. */
export type SipSocket = {
  readonly url: string;
  readonly via_transport: string;
  readonly sip_uri: string;
  onconnect: () => void;
  ondisconnect: (error: boolean, code?: number, reason?: string) => void;
  ondata: (data: unknown) => void;
  readonly connect: () => void;
  readonly disconnect: () => void;
  readonly send: (message: string) => boolean;
};
export type RenewableSocket = SipSocket & { readonly renew: () => void };

export const RenewLimits = {
  /** One that hasn't opened by then went the wrong way, perhaps, and may be tried anew; the next one has twice as long. */
  openingMs: 900,
  openingMsMax: 8_000,
} as const;

const OPEN = 1;

export function createRenewableSocket({
  url,
  open,
  now,
  later,
  onRenewed,
}: {
  readonly url: string;
  readonly open: (url: string) => WebSocket;
  readonly now: () => number;
  readonly later: (delayMs: number, run: () => void) => void;
  /** Another WebSocket has taken the place of the one JsSIP knew. */
  readonly onRenewed: () => void;
}): RenewableSocket {
  const { protocol, host } = new URL(url);
  let current: WebSocket | null = null;
  let fresh: { readonly socket: WebSocket; readonly since: number } | null = null;
  /** What JsSIP knows of it. */
  let told: "nothing" | "connected" | "disconnected" = "nothing";
  /** From JsSIP's connect() to its disconnect(). */
  let isWanted = false;
  let patienceMs: number = RenewLimits.openingMs;

  const ended = (socket: WebSocket, how: { readonly wasClean: boolean; readonly code?: number; readonly reason?: string }): void => {
    if (fresh?.socket === socket) fresh = null;
    else if (current === socket) current = null;
    else return;
    // The other one is there, or on its way.
    if (current !== null || fresh !== null || !isWanted || told === "disconnected") return;
    told = "disconnected";
    self.ondisconnect(!how.wasClean, how.code, how.reason);
  };
  const start = (): void => {
    const socket = open(url);
    fresh = { socket, since: now() };
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => current === socket && self.ondata(data));
    socket.addEventListener("close", (event) => ended(socket, event));
    socket.addEventListener("open", () => {
      if (fresh?.socket !== socket) return;
      fresh = null;
      patienceMs = RenewLimits.openingMs;
      const old = current;
      current = socket;
      old?.close();
      if (told === "connected") return onRenewed();
      told = "connected";
      self.onconnect();
    });
    later(RenewLimits.openingMsMax, () => {
      if (fresh?.socket !== socket) return;
      socket.close();
      ended(socket, { wasClean: false });
    });
  };
  const self: RenewableSocket = {
    url,
    via_transport: protocol === "wss:" ? "WSS" : "WS",
    sip_uri: `sip:${host};transport=ws`,
    onconnect: () => undefined,
    ondisconnect: () => undefined,
    ondata: () => undefined,
    connect: () => {
      isWanted = true;
      if (told === "disconnected") told = "nothing";
      if (current === null && fresh === null) start();
    },
    disconnect: () => {
      isWanted = false;
      told = "nothing";
      const closing = [current, fresh?.socket];
      current = null;
      fresh = null;
      for (const socket of closing) socket?.close();
    },
    send: (message) => {
      if (current?.readyState !== OPEN) return false;
      current.send(message);
      return true;
    },
    renew: () => {
      if (!isWanted || (fresh !== null && now() - fresh.since < patienceMs)) return;
      const hung = fresh;
      if (hung !== null) patienceMs = Math.min(RenewLimits.openingMsMax, 2 * patienceMs);
      fresh = null;
      hung?.socket.close();
      start();
    },
  };
  return self;
}
