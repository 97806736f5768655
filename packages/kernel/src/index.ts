export { assert, InvariantError, must, unreachable } from "./assert.ts";
export { BoundedQueue } from "./bounded-queue.ts";
export { Heap } from "./heap.ts";
export type {
  CallId,
  ContactId,
  CustomerId,
  DeviceId,
  Epoch,
  InternalCallId,
  LegId,
  LostCallId,
  NumberId,
  OfferId,
  OrganisationId,
  PartyId,
  PersonId,
  PhoneId,
  ProjectId,
  PromptId,
  QueueId,
  ReasonId,
  RecordingId,
  SessionId,
  SkillId,
  WrapUpCodeId,
} from "./ids.ts";
export type { Hash, Hmac, IdSource, Prng } from "./ports.ts";
export { createPrng } from "./prng.ts";
export type { Result, Step } from "./result.ts";
export { fail, ok } from "./result.ts";
export { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "./time.ts";
export type { Clock, Duration, Instant, Timers } from "./time.ts";
export { utf8Decode, utf8Encode } from "./utf8.ts";
