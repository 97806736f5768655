import type { PhoneEvent } from "./phone-machine.ts";
import { createRenewableSocket } from "./renewable-socket.ts";

/** The SIP side of the phone: registers by the cookie's identity and keeps one standing call to the desk. */
export type SipAgent = {
  readonly dial: (epoch: number, microphone: MediaStream) => void;
  readonly hangUp: () => void;
  /** Opens another WebSocket beside the one there is; reports `linkRenewed` once it carries SIP. */
  readonly renewLink: () => void;
  /** Makes another standing call beside the one there is. */
  readonly dialSpare: (epoch: number, microphone: MediaStream) => void;
  readonly dropSpare: () => void;
  /** Ends the standing call and has the spare in its place. */
  readonly useSpare: () => void;
  /** RTP packets received on the standing call; null where there is none. */
  readonly packetsHeard: () => Promise<number | null>;
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
  register: () => void;
  call: (target: string, options: unknown) => Session;
};

type Standing = { session: Session | null; sound: MediaStream | null };

const REGISTER_EXPIRES_S = 120;
/** Credentials that end sooner are asked for anew before they are used. */
const RELAY_LEFT_MS_MIN = 3_600_000;
const MEDIA_BROKEN_AFTER_MS = 2_000;

/** Loads JsSIP and opens /api/v1/phone on our own origin. */
export async function startSipAgent(options: SipAgentOptions): Promise<SipAgent> {
  const jssip = await import("jssip");
  const { personId, report } = options;
  const secure = location.protocol === "https:";
  const socket = createRenewableSocket({
    url: `${secure ? "wss" : "ws"}://${location.host}/api/v1/phone`,
    open: (url) => new WebSocket(url, "sip"),
    now: options.now,
    later: (delayMs, run) => void setTimeout(run, delayMs),
    onRenewed: () => {
      agent.register(); // by the flow there is now
      report({ kind: "linkRenewed", at: options.now() });
    },
  });
  const agent = new jssip.UA({
    sockets: [{ socket: socket as never, weight: 0 }], // its type names two methods that it never calls
    uri: `sip:${personId}@${location.hostname}`,
    register: true,
    register_expires: REGISTER_EXPIRES_S,
    session_timers: false,
    connection_recovery_min_interval: 1,
    connection_recovery_max_interval: 4,
    user_agent: "Allo desk",
  }) as unknown as UserAgent;
  agent.on("connected", () => report({ kind: "linkUp", at: options.now() }));
  agent.on("disconnected", () => report({ kind: "linkDown" }));
  agent.on("registered", () => report({ kind: "registered" }));
  agent.on("unregistered", ({ cause }) => report({ kind: "unregistered", cause: cause ?? null }));
  agent.on("registrationFailed", ({ cause }) => report({ kind: "unregistered", cause: cause ?? "refused" }));
  agent.start();

  let standing: Standing | null = null;
  let spare: Standing | null = null;
  const relays = createRelayBook(options);
  /** A call that waits for its relays while it is given up is not made. */
  const begin = (epoch: number, microphone: MediaStream, iceServers: Promise<readonly RTCIceServer[]>): Standing => {
    const begun: Standing = { session: null, sound: null };
    const onSound = (sound: MediaStream): void => {
      begun.sound = sound;
      if (standing === begun) options.onSound(sound);
    };
    void iceServers.then((given) => {
      if (standing !== begun && spare !== begun) return;
      begun.session = dialStanding(agent, { ...options, onSound, epoch, microphone, iceServers: given });
    });
    return begun;
  };
  const endSpare = (): void => {
    const ending = spare;
    spare = null;
    endSession(ending?.session ?? null);
  };
  const endStanding = (): void => {
    const ending = standing;
    standing = null;
    endSession(ending?.session ?? null);
  };
  return {
    dial: (epoch, microphone) => {
      endSpare();
      endStanding();
      standing = begin(epoch, microphone, relays.asked());
    },
    hangUp: () => {
      endSpare();
      endStanding();
    },
    renewLink: () => socket.renew(),
    dialSpare: (epoch, microphone) => {
      endSpare();
      // By the way that is left nobody is asked first.
      spare = begin(epoch, microphone, Promise.resolve(relays.known()));
    },
    dropSpare: endSpare,
    useSpare: () => {
      const next = spare;
      spare = null;
      endStanding();
      standing = next;
      if (next !== null && next.sound !== null) options.onSound(next.sound);
    },
    packetsHeard: async () => {
      const connection = standing?.session?.connection;
      return connection == null ? null : await packetsOf(connection);
    },
    replaceMicrophone: async (microphone) => {
      const track = microphone.getAudioTracks()[0];
      if (track === undefined) return;
      for (const each of [standing, spare]) {
        const sender = each?.session?.connection?.getSenders().find(({ track: sent }) => sent?.kind === "audio" || sent === null);
        await sender?.replaceTrack(track);
      }
    },
    stats: async () => (await standing?.session?.connection?.getStats()) ?? null,
    stop: () => {
      endSpare();
      endStanding();
      agent.stop();
    },
  };
}

async function packetsOf(connection: RTCPeerConnection): Promise<number | null> {
  let packets: number | null = null;
  for (const receiver of connection.getReceivers())
    for (const figures of (await receiver.getStats()).values() as Iterable<Record<string, unknown>>)
      if (figures["type"] === "inbound-rtp" && typeof figures["packetsReceived"] === "number")
        packets = (packets ?? 0) + figures["packetsReceived"];
  return packets;
}

/** The relays as they were last given; without an answer those that are known, or none: where UDP gets through, none is needed. */
function createRelayBook({ askRelays, now }: SipAgentOptions): {
  readonly asked: () => Promise<readonly RTCIceServer[]>;
  readonly known: () => readonly RTCIceServer[];
} {
  let last: Relays | null = null;
  return {
    asked: async () => {
      if (last !== null && (last.validUntil === null || last.validUntil - now() > RELAY_LEFT_MS_MIN)) return last.iceServers;
      last = await askRelays().catch(() => last); // tried again with the next standing call
      return last?.iceServers ?? [];
    },
    known: () => last?.iceServers ?? [],
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
  const eventHandlers = {
    peerconnection: ({ peerconnection }: { readonly peerconnection: RTCPeerConnection }) =>
      watchMedia(peerconnection, { onSound, onUp: () => report({ kind: "mediaUp", epoch, at: now() }), lose }),
    // The engine is ICE-lite and learns our addresses by the checks that come from them (RFC 8445 §7.3.1.3): an offer waits for none, and a
    // relay that answers late is used all the same.
    icecandidate: ({ ready }: { readonly ready: () => void }) => ready(),
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
function watchMedia(
  connection: RTCPeerConnection,
  {
    onSound,
    onUp,
    lose,
  }: { readonly onSound: (stream: MediaStream) => void; readonly onUp: () => void; readonly lose: (cause: string) => void },
): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  connection.addEventListener("track", (event) => onSound(event.streams[0] ?? new MediaStream([event.track])));
  connection.addEventListener("connectionstatechange", () => {
    clearTimeout(timer);
    if (connection.connectionState === "connected") onUp();
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
