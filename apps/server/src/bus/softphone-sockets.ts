// WebSockets of foreign softphones (RFC 7118): anybody may open one, so what each costs is bounded here and who is at the other end is the
// edge's to judge, message by message. Nothing that comes by them is believed before a digest was right.
import type { FromCore } from "@allo/contract";
import type { Clock, IdSource } from "@allo/kernel";
import type { WebSocket } from "ws";
import type { Logger } from "../platform/log.ts";

export const softphoneSocketLimits = {
  socketsMax: 2_000,
  /** An office behind one address; whoever proves nothing is closed by the edge within half a minute. */
  socketsPerAddressMax: 256,
  opensPerMinutePerAddressMax: 300,
  /** Addresses whose openings are counted at once. */
  addressesMax: 20_000,
  /** A call's set-up is a dozen messages. */
  framesPerSecond: 50,
  framesBurst: 200,
  bytesPerSecond: 65_536,
  bytesBurst: 262_144,
  /** Who connects says a first whole message within this time: an open line costs its caller nothing (slow loris). */
  firstFrameMsMax: 10_000,
  /** Waiting to be written to one socket; a peer that reads slower is closed. */
  bufferedBytesMax: 1_048_576,
  /** A peer that doesn't answer a ping by the next one is gone. */
  pingMs: 10_000,
} as const;

export type SoftphoneSocketLimits = { readonly [K in keyof typeof softphoneSocketLimits]: number };

/** RFC 6455 §7.4.1 and the registry. */
const CLOSE = { policy: 1008, restart: 1012, tryLater: 1013 } as const;
const MINUTE_MS = 60_000;

/** Where a softphone's socket comes from and which address and port of ours it reached. */
export type SoftphonePlace = {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
};

export type SoftphoneSockets = {
  /** Whether this address may open one more now; counts it as an opening. */
  readonly mayOpen: (address: string) => boolean;
  readonly attach: (socket: WebSocket, place: SoftphonePlace) => void;
  /** True where the flow was one of these. */
  readonly send: (flowId: string, text: string) => boolean;
  readonly close: (flowId: string) => boolean;
  readonly closeAll: (reason: string) => void;
  readonly count: () => number;
};

export function createSoftphoneSockets(options: {
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly log: Logger;
  /** False where no edge takes it. */
  readonly post: (message: Extract<FromCore, { kind: "softphoneOpen" | "phoneFrame" | "phoneClose" }>) => boolean;
  readonly limits?: Partial<SoftphoneSocketLimits>;
}): SoftphoneSockets {
  const { clock, post } = options;
  const limits: SoftphoneSocketLimits = { ...softphoneSocketLimits, ...options.limits };
  const sockets = new Map<string, WebSocket>();
  const perAddress = new Map<string, number>();
  const openings = new Map<string, { since: number; count: number }>();

  return {
    mayOpen: (address) => {
      const at = clock.now();
      const known = openings.get(address);
      const opening = known === undefined || at - known.since > MINUTE_MS ? { since: at, count: 0 } : known;
      opening.count += 1;
      openings.delete(address);
      openings.set(address, opening);
      if (openings.size > limits.addressesMax) openings.delete(openings.keys().next().value as string);
      return (
        opening.count <= limits.opensPerMinutePerAddressMax &&
        sockets.size < limits.socketsMax &&
        (perAddress.get(address) ?? 0) < limits.socketsPerAddressMax
      );
    },

    attach: (socket, place) => {
      const { remoteAddress } = place;
      const flowId = options.ids.next("flw");
      if (!post({ kind: "softphoneOpen", flowId, ...place })) {
        socket.close(CLOSE.tryLater, "the exchange is away");
        return;
      }
      sockets.set(flowId, socket);
      perAddress.set(remoteAddress, (perAddress.get(remoteAddress) ?? 0) + 1);
      const frames = createAllowance(clock, { perSecond: limits.framesPerSecond, burst: limits.framesBurst });
      const bytesIn = createAllowance(clock, { perSecond: limits.bytesPerSecond, burst: limits.bytesBurst });
      const silent = setTimeout(() => socket.close(CLOSE.policy, "said nothing"), limits.firstFrameMsMax);
      let alive = true;
      const pinger = setInterval(() => {
        if (!alive) socket.terminate();
        alive = false;
        socket.ping();
      }, limits.pingMs);
      socket.on("pong", () => {
        alive = true;
      });
      socket.on("message", (data, isBinary) => {
        if (!sockets.has(flowId)) return; // closed by us, and not yet by the peer
        const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data);
        if (!frames(1) || !bytesIn(bytes.length)) {
          socket.close(CLOSE.policy, "too much at once");
          return;
        }
        // RFC 7118 §4.2: text or binary, both UTF-8. RFC 5626 §3.5.1 keep-alives are answered here.
        const text = bytes.toString("utf8");
        if (text === "\r\n\r\n") {
          socket.send("\r\n", { binary: isBinary });
          return;
        }
        clearTimeout(silent);
        post({ kind: "phoneFrame", flowId, text });
      });
      socket.on("error", (error) => options.log.debug({ err: error }, "a softphone's socket broke"));
      socket.on("close", () => {
        clearTimeout(silent);
        clearInterval(pinger);
        const left = (perAddress.get(remoteAddress) ?? 1) - 1;
        if (left > 0) perAddress.set(remoteAddress, left);
        else perAddress.delete(remoteAddress);
        if (sockets.delete(flowId)) post({ kind: "phoneClose", flowId });
      });
    },

    send: (flowId, text) => {
      const socket = sockets.get(flowId);
      if (socket === undefined) return false;
      socket.send(text);
      if (socket.bufferedAmount > limits.bufferedBytesMax) socket.terminate();
      return true;
    },
    close: (flowId) => {
      const socket = sockets.get(flowId);
      if (socket === undefined) return false;
      sockets.delete(flowId);
      socket.close(CLOSE.policy, "no longer served");
      return true;
    },
    closeAll: (reason) => {
      for (const socket of sockets.values()) socket.close(CLOSE.restart, reason);
      sockets.clear();
    },
    count: () => sockets.size,
  };
}

/** So much at once, and so much a second on the average. */
function createAllowance(
  clock: Clock,
  { perSecond, burst }: { readonly perSecond: number; readonly burst: number },
): (count: number) => boolean {
  let left = burst;
  let at = clock.now();
  return (count) => {
    const now = clock.now();
    left = Math.min(burst, left + (Math.max(0, now - at) * perSecond) / 1_000);
    at = now;
    if (left < count) return false;
    left -= count;
    return true;
  };
}
