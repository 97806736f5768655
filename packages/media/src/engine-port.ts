import type { Instant } from "@allo/kernel";
import type { DigitPace } from "@allo/rtp";

/**
 * The port between call control and the media engine. A leg's sockets, keys and clocks live inside the engine (one worker
 * per leg); call control names legs by id and says what each one hears. All methods are ordered per leg; a promise is
 * settled when the worker has done it. A method that names an unknown leg is ignored: legs end on both sides at once.
 */
export type MediaEngine = {
  /** Opens a leg of plain RTP (carriers, desk phones). The socket is bound at once; `remote` may follow with `updatePlainLeg`. */
  readonly openPlainLeg: (options: PlainLegOptions) => Promise<PlainLegOpened>;
  /** Null: nothing is sent and nothing is taken until there is a `remote` again. */
  readonly updatePlainLeg: (legId: string, remote: PlainRemote | null) => void;
  /** Opens a browser's leg: ICE-lite, DTLS-SRTP (we are always the passive side), rtcp-mux. */
  readonly openWebrtcLeg: (options: WebrtcLegOptions) => Promise<WebrtcLegOpened>;
  /** ICE restart or new transport from the same browser: replaces remote credentials and fingerprint. */
  readonly updateWebrtcLeg: (legId: string, remote: WebrtcRemote) => void;
  readonly closeLeg: (legId: string) => void;
  /** What this leg hears from now on. The change is seamless: sequence numbers and timestamps go on. */
  readonly setPath: (legId: string, path: LegPath) => void;
  /** Muted: what this leg says is replaced by silence for the peer and for the recording. */
  readonly setMuted: (legId: string, muted: boolean) => void;
  /**
   * Not wanted: the peer has put us on hold and takes no audio (RFC 3264 §8.4): none is sent to it until it is wanted again. What it would
   * have heard goes on; reports (RTCP) go on too. Every leg begins as wanted.
   */
  readonly setWanted: (legId: string, wanted: boolean) => void;
  /**
   * Masked: the keys that this leg presses are told by `digit` events and reach nobody else: neither who hears the leg nor a
   * recording. Where they are tones, by a peer without telephone-event or beside its events, those are silence; what it says
   * reaches the others 60 ms late meanwhile.
   */
  readonly setMasked: (legId: string, masked: boolean) => void;
  /**
   * Presses keys towards this leg, after those that are still being pressed: 0–9 * # A–D; a comma waits for a second. The leg hears
   * nothing else meanwhile. As telephone-events (RFC 4733) where the peer takes them, else as tones.
   */
  readonly sendDigits: (legId: string, digits: string, pace?: DigitPace) => void;
  /** Begins a stereo recording: left hears `left`, right hears `right`. The legs of either side may be replaced later. */
  readonly startRecording: (options: RecordingOptions) => void;
  readonly setRecordingLegs: (recordingId: string, legs: RecordingLegs) => void;
  readonly stopRecording: (recordingId: string) => void;
  /** Loads or replaces a prompt or a piece of music: 16-bit linear samples at 8 kHz, mono. Live at once for new playing. */
  readonly setAudio: (audioId: string, samples: Int16Array) => void;
  readonly removeAudio: (audioId: string) => void;
  /** Figures of a leg at this moment, or null where there is no such leg. */
  readonly legFigures: (legId: string) => Promise<LegFigures | null>;
  readonly onEvent: (listener: (event: MediaEvent) => void) => void;
  /** Closes all legs and recordings (each saved), then the workers. */
  readonly close: () => Promise<void>;
};

export type Codec = "PCMU" | "PCMA";

export type PlainRemote = {
  readonly address: string;
  readonly port: number;
  readonly codec: Codec;
  /** The payload type the peer wants for telephone-event; null where it offered none. */
  readonly dtmfPayloadType: number | null;
  /** The peer is behind NAT: latch onto the source of the first valid packets instead of the signalled address. */
  readonly behindNat: boolean;
  /**
   * Where the signalling comes from, if that is another address than the one in the description: a phone with several addresses
   * sends its media from there. It may be latched onto like `address`, and no third one. Null: only `address`.
   */
  readonly signalledFrom: string | null;
  /** Keys agreed in the descriptions (SDES): what comes without them is dropped, what goes is sealed. Absent or null: plain RTP. */
  readonly srtp?: SdesKeys | null;
  /**
   * How long the packets are that this peer gets, of 10, 20, 30, 40, 50 and 60: what comes in other lengths is packed anew. Absent or null:
   * what is passed on keeps its length, what is made here is 20.
   */
  readonly packetMs?: number | null;
  /** Its keys go both ways by signalling (SIP INFO): what sounds like a key in its audio is none, and no key is sounded that others press. */
  readonly keysElsewhere?: boolean;
};

/** Master key (16 bytes) and salt (14) one after the other, of AES_CM_128_HMAC_SHA1_80: ours for what we send, the peer's for what comes. */
export type SdesKeys = { readonly send: Uint8Array; readonly receive: Uint8Array };

export type PlainLegOptions = {
  readonly legId: string;
  /**
   * The leg that this one will most likely talk to: it is put into the same worker, where a bridge costs half of one between
   * workers. Absent, null or unknown: the worker with the fewest legs.
   */
  readonly nearLegId?: string | null;
  /** The local address to bind, e.g. "127.0.0.1" or "0.0.0.0". */
  readonly bindAddress: string;
  readonly remote: PlainRemote | null;
  /** Without media for so long, `mediaStopped` is emitted once, until media flows again. Null: never. */
  readonly mediaTimeoutMs: number | null;
};
export type PlainLegOpened = { readonly port: number };

export type WebrtcRemote = {
  readonly iceUfrag: string;
  readonly icePwd: string;
  /** The fingerprint of the browser's certificate as in SDP: "sha-256 AB:CD:…". Media is dropped until it is verified. */
  readonly fingerprint: string;
  readonly codec: Codec;
  readonly payloadType: number;
  readonly dtmfPayloadType: number | null;
};
export type WebrtcLegOptions = {
  readonly legId: string;
  /**
   * The leg that this one will most likely talk to: it is put into the same worker, where a bridge costs half of one between
   * workers. Absent, null or unknown: the worker with the fewest legs.
   */
  readonly nearLegId?: string | null;
  readonly bindAddress: string;
  /** Only checks from these addresses are answered: a socket on every network that is for browsers of this machine. Absent: all. */
  readonly sources?: readonly string[];
  /** Null where the offer is ours: the answer follows with `updateWebrtcLeg`, and no check is answered before. */
  readonly remote: WebrtcRemote | null;
  readonly mediaTimeoutMs: number | null;
};
export type WebrtcLegOpened = {
  readonly port: number;
  readonly iceUfrag: string;
  readonly icePwd: string;
  /** Our certificate's fingerprint, "sha-256 AB:CD:…". */
  readonly fingerprint: string;
  /** Our SSRC towards the browser. */
  readonly ssrc: number;
};

export type LegPath =
  | { readonly kind: "silence" }
  /** Plays each item in order. `token` is echoed in `sequenceEnded`. A "loop" item never ends. */
  | { readonly kind: "sequence"; readonly token: string; readonly items: readonly SequenceItem[] }
  /** Hears `peerLegId`. One direction: a two-way bridge is one such path on each leg. */
  | { readonly kind: "bridge"; readonly peerLegId: string }
  /**
   * Hears the sum of what these legs say, and never itself: conferences, whispering and listening in are lists that differ by
   * listener. One voice is heard as by a bridge; none, or one that is gone, is silence. `over` is heard by this leg alone, over
   * the talk, until it ends or the path is set anew.
   */
  | { readonly kind: "mix"; readonly voices: readonly { readonly legId: string }[]; readonly over?: Sequence };

/** `token` is echoed in `sequenceEnded`. */
export type Sequence = { readonly token: string; readonly items: readonly SequenceItem[] };

export type SequenceItem =
  | { readonly kind: "audio"; readonly audioId: string }
  | { readonly kind: "loop"; readonly audioId: string }
  | { readonly kind: "silence"; readonly durationMs: number };

/** One side of a recording: nobody, one leg, or several that are summed, each heard only if named. */
export type RecordedSide = string | null | readonly string[];
export type RecordingLegs = { readonly left: RecordedSide; readonly right: RecordedSide };

export type RecordingOptions = RecordingLegs & {
  readonly recordingId: string;
  /** AES-256 key of this recording, 32 bytes. It is never written. */
  readonly key: Uint8Array;
  /** The file to make, absolute. Its format is in `recording-format.ts`. */
  readonly filePath: string;
};

export type LegFigures = {
  readonly packetsReceived: number;
  readonly packetsSent: number;
  readonly packetsLost: number;
  /** Interarrival jitter (RFC 3550 §6.4.1), milliseconds. */
  readonly jitterMs: number;
  readonly lastPacketAt: Instant | null;
  /** What the peer reports by RTCP of what it gets from us; null before its first report. */
  readonly farEnd: { readonly packetsLost: number; readonly jitterMs: number } | null;
  readonly roundTripMs: number | null;
  /** Of what the leg said while it was in a talk. */
  readonly speech: SpeechCounters;
};

/** Sums over what one leg has said, for differences between two moments. A frame is 20 ms. */
export type SpeechCounters = {
  readonly frames: number;
  readonly speechFrames: number;
  /** Frames in which this leg spoke while it heard speech. */
  readonly talkOverFrames: number;
  /** The mean squares of the loud frames summed, of full scale, and how many there were. */
  readonly loudPower: number;
  readonly loudFrames: number;
  readonly clippedSamples: number;
  readonly loudnessJumps: number;
};

export type MediaEvent =
  /** First media after opening, or media again after `mediaStopped`. */
  | { readonly kind: "mediaFlowing"; readonly legId: string; readonly at: Instant }
  | { readonly kind: "mediaStopped"; readonly legId: string; readonly at: Instant; readonly lastPacketAt: Instant | null }
  /** Browser legs: a valid ICE consent check was answered (RFC 7675); at most one a second is reported. */
  | { readonly kind: "consentFresh"; readonly legId: string; readonly at: Instant }
  | { readonly kind: "dtlsConnected"; readonly legId: string; readonly at: Instant }
  | {
      readonly kind: "dtlsFailed";
      readonly legId: string;
      readonly at: Instant;
      readonly reason: "fingerprintMismatch" | "handshakeFailed" | "timeout";
    }
  /** A key of the peer: a telephone-event, or where it has none a pair of tones. */
  | { readonly kind: "digit"; readonly legId: string; readonly at: Instant; readonly digit: string; readonly durationMs: number }
  /** A sequence came to its end, or was replaced by another path before (`completed` false). */
  | { readonly kind: "sequenceEnded"; readonly legId: string; readonly at: Instant; readonly token: string; readonly completed: boolean }
  | {
      readonly kind: "recordingSaved";
      readonly recordingId: string;
      readonly at: Instant;
      readonly durationMs: number;
      readonly bytes: number;
      readonly sha256Hex: string;
    }
  | { readonly kind: "recordingFailed"; readonly recordingId: string; readonly at: Instant; readonly reason: string }
  /** A worker died: these legs and recordings are gone. The engine starts another worker by itself. */
  | { readonly kind: "workerDied"; readonly at: Instant; readonly legIds: readonly string[]; readonly recordingIds: readonly string[] };
