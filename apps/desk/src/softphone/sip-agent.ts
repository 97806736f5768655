import type { PhoneEvent } from "./phone-machine.ts";

/** The SIP side of the phone: registers by the cookie's identity and keeps one standing call to the desk. */
export type SipAgent = {
  readonly dial: (epoch: number, microphone: MediaStream) => void;
  readonly hangUp: () => void;
  readonly replaceMicrophone: (microphone: MediaStream) => Promise<void>;
  readonly stats: () => Promise<RTCStatsReport | null>;
  readonly stop: () => void;
};
export type SipAgentOptions = {
  readonly personId: string;
  readonly report: (event: PhoneEvent) => void;
  readonly onSound: (stream: MediaStream) => void;
  readonly now: () => number;
  /** Asks the server for relays; rejects where it can't be reached. */
  readonly askRelays: () => Promise<Relays>;
};
/** `validUntil`: credentials hold till then; null: there are no relays. */
export type Relays = { readonly iceServers: readonly RTCIceServer[]; readonly validUntil: number | null };

// What we use of JsSIP; its own types lean on Node's.
type Session = { terminate: () => void; isEnded: () => boolean; readonly connection: RTCPeerConnection | null };
type UserAgent = {
  on: (event: string, run: (given: { readonly cause?: string }) => void) => void;
  start: () => void;
  stop: () => void;
  call: (target: string, options: unknown) => Session;
};

const REGISTER_EXPIRES_S = 120;
/** Host candidates are all there are; the last ones may be slow to be declared last. */
const CANDIDATES_WAIT_MS = 200;
/** A relay that hasn't answered by then is left out of this offer. */
const RELAY_WAIT_MS = 2_500;
/** Credentials that end sooner are asked for anew before they are used. */
const RELAY_LEFT_MS_MIN = 3_600_000;
const MEDIA_BROKEN_AFTER_MS = 2_000;

/** Loads JsSIP and opens /api/v1/phone on our own origin. */
export async function startSipAgent(options: SipAgentOptions): Promise<SipAgent> {
  const jssip = await import("jssip");
  const { personId, report } = options;
  const secure = location.protocol === "https:";
  const socket = new jssip.WebSocketInterface(`${secure ? "wss" : "ws"}://${location.host}/api/v1/phone`);
  const agent = new jssip.UA({
    sockets: [socket],
    uri: `sip:${personId}@${location.hostname}`,
    register: true,
    register_expires: REGISTER_EXPIRES_S,
    session_timers: false,
    connection_recovery_min_interval: 1,
    connection_recovery_max_interval: 4,
    user_agent: "Allo desk",
  }) as unknown as UserAgent;
  agent.on("connected", () => report({ kind: "linkUp" }));
  agent.on("disconnected", () => report({ kind: "linkDown" }));
  agent.on("registered", () => report({ kind: "registered" }));
  agent.on("unregistered", ({ cause }) => report({ kind: "unregistered", cause: cause ?? null }));
  agent.on("registrationFailed", ({ cause }) => report({ kind: "unregistered", cause: cause ?? "refused" }));
  agent.start();

  let session: Session | null = null;
  /** The standing call that is wanted now; an older one that still waits for its relays is no longer. */
  let wanted: number | null = null;
  const relays = createRelayBook(options);
  return {
    dial: (epoch, microphone) => {
      endSession(session);
      session = null;
      wanted = epoch;
      void relays().then((iceServers) => {
        if (wanted === epoch) session = dialStanding(agent, { ...options, epoch, microphone, iceServers });
      });
    },
    hangUp: () => {
      wanted = null;
      endSession(session);
      session = null;
    },
    replaceMicrophone: async (microphone) => {
      const track = microphone.getAudioTracks()[0];
      const sender = session?.connection?.getSenders().find((candidate) => candidate.track?.kind === "audio" || candidate.track === null);
      if (track !== undefined && sender !== undefined) await sender.replaceTrack(track);
    },
    stats: async () => (await session?.connection?.getStats()) ?? null,
    stop: () => {
      wanted = null;
      endSession(session);
      session = null;
      agent.stop();
    },
  };
}

/** The relays as they were last given; without an answer those that are known, or none: where UDP gets through, none is needed. */
function createRelayBook({ askRelays, now }: SipAgentOptions): () => Promise<readonly RTCIceServer[]> {
  let known: Relays | null = null;
  return async () => {
    if (known !== null && (known.validUntil === null || known.validUntil - now() > RELAY_LEFT_MS_MIN)) return known.iceServers;
    known = await askRelays().catch(() => known); // tried again with the next standing call
    return known?.iceServers ?? [];
  };
}

type DialOptions = SipAgentOptions & {
  readonly epoch: number;
  readonly microphone: MediaStream;
  readonly iceServers: readonly RTCIceServer[];
};

function dialStanding(agent: UserAgent, { epoch, microphone, report, onSound, now, iceServers }: DialOptions): Session | null {
  let lost = false;
  const lose = (cause: string): void => {
    if (lost) return;
    lost = true;
    report({ kind: "standingLost", epoch, cause });
  };
  let gathered = false;
  const eventHandlers = {
    peerconnection: ({ peerconnection }: { readonly peerconnection: RTCPeerConnection }) => watchMedia(peerconnection, onSound, lose),
    icecandidate: ({ candidate, ready }: { readonly candidate: RTCIceCandidate; readonly ready: () => void }) => {
      if (candidate.type === "relay") ready();
      if (gathered) return;
      gathered = true;
      setTimeout(ready, iceServers.length === 0 ? CANDIDATES_WAIT_MS : RELAY_WAIT_MS);
    },
    confirmed: () => report({ kind: "standingUp", epoch, at: now() }),
    ended: ({ cause }: { readonly cause?: string }) => lose(cause ?? "ended"),
    failed: ({ cause }: { readonly cause?: string }) => lose(cause ?? "failed"),
  };
  try {
    return agent.call(`sip:desk@${location.hostname}`, {
      mediaStream: microphone,
      mediaConstraints: { audio: true, video: false },
      eventHandlers,
      // The engine is ICE-lite on an address that is reached already: no STUN. A relay is for networks that let no UDP through.
      pcConfig: { iceServers: [...iceServers], rtcpMuxPolicy: "require", bundlePolicy: "max-bundle" },
    });
  } catch (failure) {
    lose(failure instanceof Error ? failure.message : "failed");
    return null;
  }
}

/** Sound to the loudspeaker; a path that broke is told after two seconds, or at once when the browser gave it up. */
function watchMedia(connection: RTCPeerConnection, onSound: (stream: MediaStream) => void, lose: (cause: string) => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  connection.addEventListener("track", (event) => onSound(event.streams[0] ?? new MediaStream([event.track])));
  connection.addEventListener("connectionstatechange", () => {
    clearTimeout(timer);
    if (connection.connectionState === "failed") lose("mediaFailed");
    if (connection.connectionState === "disconnected") timer = setTimeout(() => lose("mediaLost"), MEDIA_BROKEN_AFTER_MS);
  });
}

function endSession(session: Session | null): void {
  if (session === null || session.isEnded()) return;
  try {
    session.terminate();
  } catch {
    // JsSIP refuses to end what has just ended by itself: that is what was wanted.
    return;
  }
}
