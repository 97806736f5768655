import type { Instant } from "@allo/kernel";
import type { Codec, LegFigures, LegPath, MediaEvent, PlainLegOpened, PlainRemote, Sequence, WebrtcRemote } from "@allo/media";
import type { DigitPace } from "@allo/rtp";
import type { MessagePort } from "node:worker_threads";
import type { RtpPorts } from "./media-socket.ts";
import type { Wake } from "./wake.ts";

/** The engine's clock as a thread can follow it: an instant, and what the monotonic clock of the machine showed then. */
export type ClockBase = { readonly instant: Instant; readonly monotonicNs: bigint };

export type MediaWorkerData = {
  readonly role: "media";
  readonly index: number;
  readonly clock: ClockBase;
  readonly rtpPorts: RtpPorts;
  readonly handshakePort: MessagePort;
  readonly recorderPort: MessagePort;
  /** How the loop without Node's sockets is woken, and where it notes its descriptors. Null: the worker runs on Node's sockets. */
  readonly loop: { readonly wake: Wake; readonly descriptors: SharedArrayBuffer } | null;
};

/** The way between two workers: a message for each packet, or a ring in each direction and a wake for whoever reads it. */
export type PeerLink =
  | { readonly kind: "port"; readonly port: MessagePort }
  | { readonly kind: "rings"; readonly out: SharedArrayBuffer; readonly in: SharedArrayBuffer; readonly wake: Wake };

export type EncodedAudioMessage = { readonly PCMU: Uint8Array; readonly PCMA: Uint8Array };

/** A leg's path as a worker sees it: those who are heard by their numbers, since they may live in another worker. */
export type WorkerPath =
  | Exclude<LegPath, { kind: "bridge" | "mix" }>
  | { readonly kind: "bridge"; readonly peerNumber: number }
  | { readonly kind: "mix"; readonly voices: readonly number[]; readonly over: Sequence | null };

export type ToMediaWorker =
  | { readonly kind: "peer"; readonly index: number; readonly link: PeerLink }
  /** The thread behind it was started anew. */
  | { readonly kind: "handshakePort"; readonly port: MessagePort }
  | { readonly kind: "recorderPort"; readonly port: MessagePort }
  | {
      readonly kind: "openPlain";
      readonly request: number;
      readonly legId: string;
      readonly number: number;
      readonly bindAddress: string;
      readonly remote: PlainRemote | null;
      readonly mediaTimeoutMs: number | null;
    }
  | { readonly kind: "updatePlain"; readonly legId: string; readonly remote: PlainRemote | null }
  | {
      readonly kind: "openWebrtc";
      readonly request: number;
      readonly legId: string;
      readonly number: number;
      readonly bindAddress: string;
      readonly sources: readonly string[] | null;
      readonly remote: WebrtcRemote | null;
      readonly mediaTimeoutMs: number | null;
    }
  | { readonly kind: "updateWebrtc"; readonly legId: string; readonly remote: WebrtcRemote }
  | { readonly kind: "closeLeg"; readonly legId: string }
  | { readonly kind: "setPath"; readonly legId: string; readonly path: WorkerPath }
  | { readonly kind: "setMuted"; readonly legId: string; readonly muted: boolean }
  | { readonly kind: "setWanted"; readonly legId: string; readonly wanted: boolean }
  | { readonly kind: "setMasked"; readonly legId: string; readonly masked: boolean }
  | { readonly kind: "sendDigits"; readonly legId: string; readonly digits: string; readonly pace: DigitPace }
  | { readonly kind: "subscribe"; readonly legId: string; readonly workerIndex: number; readonly wanted: boolean }
  | { readonly kind: "setAudio"; readonly audioId: string; readonly audio: EncodedAudioMessage | null }
  | {
      readonly kind: "tap";
      readonly legId: string;
      readonly recordingNumber: number;
      readonly side: RecordingSide;
      readonly codec: Codec;
      readonly startedAt: Instant;
    }
  | { readonly kind: "untap"; readonly legId: string; readonly recordingNumber: number; readonly side: RecordingSide }
  | { readonly kind: "flushRecording"; readonly recordingNumber: number }
  | { readonly kind: "figures"; readonly request: number; readonly legId: string }
  | { readonly kind: "close"; readonly request: number };

export type WebrtcOpenedInWorker = { readonly port: number; readonly iceUfrag: string; readonly icePwd: string; readonly ssrc: number };
export type WorkerReply =
  | { readonly ok: true; readonly value: PlainLegOpened | WebrtcOpenedInWorker | LegFigures | null }
  | { readonly ok: false; readonly message: string };

export type FromMediaWorker =
  | { readonly kind: "reply"; readonly request: number; readonly reply: WorkerReply }
  | { readonly kind: "event"; readonly event: MediaEvent }
  | { readonly kind: "lateTicks"; readonly count: number; readonly skipped: number }
  | { readonly kind: "relayDropped"; readonly count: number };

export type RecordingSide = "left" | "right";

export type RecorderWorkerData = { readonly role: "recorder"; readonly clock: ClockBase };
export type ToRecorder =
  | { readonly kind: "mediaPort"; readonly workerIndex: number; readonly port: MessagePort }
  | {
      readonly kind: "start";
      readonly recordingNumber: number;
      readonly recordingId: string;
      readonly filePath: string;
      readonly key: Uint8Array;
      readonly codec: Codec;
      readonly startedAt: Instant;
    }
  /** The recording ends at `endedAt` when each of `workers` has given its last piece. */
  | { readonly kind: "stop"; readonly recordingNumber: number; readonly endedAt: Instant; readonly workers: readonly number[] }
  | { readonly kind: "workerGone"; readonly workerIndex: number }
  | { readonly kind: "close"; readonly request: number };
export type FromRecorder = { readonly kind: "reply"; readonly request: number } | { readonly kind: "event"; readonly event: MediaEvent };

/** From a media worker to the recorder: sound of one side, placed in samples from the recording's beginning. */
export type RecordingPiece =
  | {
      readonly kind: "piece";
      readonly recordingNumber: number;
      readonly side: RecordingSide;
      readonly startSample: number;
      readonly bytes: Uint8Array;
    }
  | { readonly kind: "flushed"; readonly recordingNumber: number };

export type HandshakeWorkerData = { readonly role: "handshake" };
export type ToHandshakeFromEngine = {
  readonly kind: "mediaPort";
  readonly workerIndex: number;
  readonly port: MessagePort;
  /** Rung after each message to that worker, where it does not listen for them. */
  readonly wake: Wake | null;
};
export type FromHandshakeToEngine = { readonly kind: "certificate"; readonly fingerprint: string };
export type ToHandshake =
  /** `attempt` is echoed: what an association that was replaced still says is not listened to. */
  | { readonly kind: "begin"; readonly number: number; readonly attempt: number; readonly fingerprint: string }
  | { readonly kind: "record"; readonly number: number; readonly bytes: Uint8Array }
  | { readonly kind: "end"; readonly number: number };
export type FromHandshake =
  | { readonly kind: "send"; readonly number: number; readonly attempt: number; readonly bytes: Uint8Array }
  | { readonly kind: "connected"; readonly number: number; readonly attempt: number; readonly keys: SrtpKeys }
  | {
      readonly kind: "failed";
      readonly number: number;
      readonly attempt: number;
      readonly reason: "fingerprintMismatch" | "handshakeFailed" | "timeout";
    };
export type SrtpKeys = {
  readonly localKey: Uint8Array;
  readonly localSalt: Uint8Array;
  readonly remoteKey: Uint8Array;
  readonly remoteSalt: Uint8Array;
};
