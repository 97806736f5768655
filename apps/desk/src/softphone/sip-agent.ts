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
};

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
  return {
    dial: (epoch, microphone) => {
      endSession(session);
      session = dialStanding(agent, { ...options, epoch, microphone });
    },
    hangUp: () => {
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
      endSession(session);
      session = null;
      agent.stop();
    },
  };
}

type DialOptions = SipAgentOptions & { readonly epoch: number; readonly microphone: MediaStream };

function dialStanding(agent: UserAgent, { epoch, microphone, report, onSound, now }: DialOptions): Session | null {
  let lost = false;
  const lose = (cause: string): void => {
    if (lost) return;
    lost = true;
    report({ kind: "standingLost", epoch, cause });
  };
  let gathered = false;
  const eventHandlers = {
    peerconnection: ({ peerconnection }: { readonly peerconnection: RTCPeerConnection }) => watchMedia(peerconnection, onSound, lose),
    icecandidate: ({ ready }: { readonly ready: () => void }) => {
      if (gathered) return;
      gathered = true;
      setTimeout(ready, CANDIDATES_WAIT_MS);
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
      // The engine is ICE-lite on an address we reach already: no STUN, no TURN, one port.
      pcConfig: { iceServers: [], rtcpMuxPolicy: "require", bundlePolicy: "max-bundle" },
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
