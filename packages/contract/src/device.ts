// A desk phone or softphone as the edge sees it: where it is registered, whether it can ring, what went wrong last.
import Type from "typebox";
import type { Static } from "typebox";
import { nullable } from "./nullable.ts";

const Timestamp = Type.Integer({ description: "Epoch milliseconds, UTC" });

export const deviceTransports = ["udp", "tcp", "tls", "ws", "wss"] as const;

/** One place where a device is registered; a device may be at several. */
export const DeviceContact = Type.Object({
  address: Type.String(),
  port: Type.Integer(),
  transport: Type.Enum([...deviceTransports]),
  /** What the phone calls itself. */
  userAgent: nullable(Type.String()),
  since: Timestamp,
  expiresAt: Timestamp,
  /** False where it answered neither the last question nor the last call, or turned that one away: it is offered none meanwhile. */
  answers: Type.Boolean(),
  /** Of the last question (OPTIONS); null before its answer. */
  roundTripMs: nullable(Type.Number()),
  lastAnswerAt: nullable(Timestamp),
  /** It turned calls away: it is offered none until then; null where it takes them. */
  blockedUntil: nullable(Timestamp),
});
export type DeviceContact = Static<typeof DeviceContact>;

export const deviceTroubles = [
  /** It signed off. */
  "unregistered",
  /** It did not register again in time. */
  "expired",
  "connectionClosed",
  "wrongPassword",
  /** Asked or called, it said nothing. */
  "noAnswer",
  /** It is there and turns calls away: it is offered none for a while. */
  "turnsAway",
  "busy",
  "declined",
  /** Do not disturb, mostly. */
  "unavailable",
  "notPickedUp",
  /** It takes no description of ours: codec, or sealed audio. */
  "notAcceptable",
  "refused",
  /** Its person dialled there, and it could not be. */
  "dialRefused",
] as const;
export const DeviceTrouble = Type.Enum([...deviceTroubles]);
export type DeviceTrouble = Static<typeof DeviceTrouble>;

export const DeviceState = Type.Object({
  at: Timestamp,
  contacts: Type.Array(DeviceContact),
  /** dialling: its person has dialled there, and nobody has answered yet. */
  call: Type.Enum(["idle", "ringing", "dialling", "talking"]),
  /** Registered, and it answers. */
  canRing: Type.Boolean(),
  /** When it was registered last; null where it never was while this edge has run. */
  lastSeenAt: nullable(Timestamp),
  trouble: nullable(Type.Object({ at: Timestamp, what: DeviceTrouble, status: nullable(Type.Integer()) })),
});
export type DeviceState = Static<typeof DeviceState>;

/** What happened at a phone. `trouble`: what went wrong, with the answer's status where one came. */
export const DeviceLogEntry = Type.Object({
  at: Timestamp,
  what: Type.Enum(["registered", "gone", "silent", "answersAgain", "ringing", "dialled", "talking", "reached", "callOver", "trouble"]),
  /** Address and port, where it is registered or was. */
  address: nullable(Type.String()),
  transport: nullable(Type.Enum([...deviceTransports])),
  userAgent: nullable(Type.String()),
  trouble: nullable(DeviceTrouble),
  status: nullable(Type.Integer()),
});
export type DeviceLogEntry = Static<typeof DeviceLogEntry>;
