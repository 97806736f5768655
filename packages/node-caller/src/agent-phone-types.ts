// The front door's words of agents' phones: what a person's phone is told, and what it says of itself.
import type { Clock } from "@allo/kernel";
import type { EncodedAudio } from "@allo/media";
import type { CallerHearing } from "./caller-types.ts";

export type AgentPhonesOptions = {
  /** A literal address of this machine that the centre can reach. The port is drawn by the system. */
  readonly bindAddress: string;
  readonly clock: Clock;
  readonly log?: { warn(fields: object, message: string): void };
};

export type AgentPhoneFields = {
  readonly personId: string;
  /** The host by which the centre is reached, as in the address of its pages, without a port. */
  readonly domain: string;
  /** Sends one SIP message over the WebSocket of this person; dropped by the caller where it isn't open. */
  readonly send: (text: string) => void;
  /** Called with each change of state. */
  readonly onState?: (state: AgentPhoneState) => void;
};

/** `up`: the media path to the centre stands, with keys and consent. */
export type AgentPhoneState = "off" | "registering" | "dialling" | "connecting" | "up" | "waiting";

export type AgentPhone = {
  readonly state: () => AgentPhoneState;
  /** The WebSocket opened, also again: the phone registers, and calls the desk where it has no standing call. */
  readonly linkUp: () => void;
  /** The WebSocket is gone; media that stands goes on. */
  readonly linkDown: () => void;
  readonly received: (text: string) => void;
  /** While open a packet goes out every 20 ms, of what is played or of silence; else only the checks of the path. */
  readonly setVoice: (open: boolean) => void;
  /** Says this after what is being said was cut. */
  readonly play: (voice: EncodedAudio) => Promise<"completed" | "cut">;
  readonly stopPlaying: () => void;
  readonly hearing: () => CallerHearing;
  readonly hearAnew: () => void;
  /** Every frame of sound that the standing call receives, decoded; the next standing call must be listened to anew. */
  readonly onFrame: (listener: ((samples: Int16Array) => void) | null) => void;
  /** Packets of sound sent since the phone was opened. */
  readonly packetsSent: () => number;
  /** Ends the standing call and forgets the phone. */
  readonly close: () => void;
};

export type AgentPhones = {
  readonly open: (fields: AgentPhoneFields) => AgentPhone;
  readonly close: () => Promise<void>;
};

export const agentPhoneLimits = {
  phonesMax: 500,
  registrationSeconds: 120,
  registerAgainAfterMs: 90_000,
  /** Between checks until the first is answered. */
  checkEveryMsFirst: 100,
  /** Between checks of a path that stands: the centre wants one every 10 s (RFC 7675 asks for one every 5 s). */
  checkEveryMs: 4_000,
  /** Nothing answered for so long: the path is lost and the desk is called anew. */
  pathLostMs: 12_000,
  handshakeMsMax: 10_000,
  retryMsFirst: 200,
  retryMsMax: 5_000,
} as const;
