import type { Instant } from "@allo/kernel";
import type { Codec, DtmfDetector, SequencePlayer, SpeechMeter } from "@allo/media";
import type { DigitSender, FarEndStats, RtpHeader, RtpOutStream, RtpReceiveStats, TelephoneEventDetector } from "@allo/rtp";
import type { KeyMask } from "./key-mask.ts";
import type { PacketPacker } from "./packet-packer.ts";
import type { RecordingTap } from "./recording-tap.ts";

/** How packets of a leg come in and go out. It decides what is believed; the room decides what is heard. */
export type LegTransport = {
  readonly port: number;
  /** The law we send, or null while the peer's is not known. */
  readonly codec: Codec | null;
  readonly payloadType: number;
  readonly dtmfPayloadType: number | null;
  /** How long this peer's packets are to be; null: as they come. */
  readonly packetMs: number | null;
  /** Keys come and go by signalling. */
  readonly keysElsewhere: boolean;
  /** Whether there is somewhere to send, and the keys to do so. */
  readonly ready: boolean;
  /** Sends the packet in bytes[0, length); behind it there is room for what the transport appends. */
  readonly sendRtp: (bytes: Uint8Array, length: number) => void;
  readonly sendRtcp: (bytes: Uint8Array) => void;
  readonly close: () => void;
};

export type LegPathState =
  | { readonly kind: "silence" }
  | { readonly kind: "sequence"; readonly player: SequencePlayer }
  | { readonly kind: "bridge"; readonly peerNumber: number }
  /** Whom it hears is the mixer's. `over` is what is played over the talk. */
  | { readonly kind: "mix"; readonly voices: readonly number[]; readonly over: SequencePlayer | null };

/** One leg in its worker: mutable, owned by the room. */
export type MediaLeg = {
  readonly legId: string;
  readonly number: number;
  readonly transport: LegTransport;
  readonly out: RtpOutStream;
  readonly stats: RtpReceiveStats;
  readonly farEnd: FarEndStats;
  readonly meter: SpeechMeter;
  readonly detector: TelephoneEventDetector;
  readonly mediaTimeoutMs: number | null;
  readonly openedAt: Instant;
  readonly cname: string;
  path: LegPathState;
  /** Until when somebody is heard speaking. */
  hearsSpeechUntil: Instant;
  muted: boolean;
  /** Whether its peer takes audio now. */
  wanted: boolean;
  /** Hides the keys that this leg presses; null: it is not masked. */
  mask: KeyMask | null;
  /** Keys heard as tones: made when first needed. */
  tones: DtmfDetector | null;
  /** Keys being pressed towards this leg. */
  keys: DigitSender | null;
  /** Audio in packets of the peer's own length: made when first needed. */
  packer: PacketPacker | null;
  /** Keys that are heard as events and must be pressed anew towards this leg: made when first needed. */
  relayedKeys: TelephoneEventDetector | null;
  flowing: boolean;
  stopped: boolean;
  /** When a packet of the peer was last passed on to this leg. */
  lastRelayedAt: Instant;
  nextRtcpAt: Instant;
  readonly subscribers: Set<number>;
  taps: readonly RecordingTap[];
};

/** A packet that a transport has accepted: parsed, in clear, from a believed source. The bytes may be overwritten. */
export type AcceptedPacket = (header: RtpHeader, bytes: Uint8Array, at: Instant) => void;
