import Type from "typebox";
import type { Static, TSchema } from "typebox";
import { DeviceState, DeviceTrouble } from "./device.ts";
import { LineVerdict } from "./line-quality.ts";
import { roles } from "./permissions.ts";
import { trades } from "./trades.ts";
import { nullable } from "./nullable.ts";

export const Id = Type.String({ minLength: 5, maxLength: 80, pattern: "^[a-z]{3}_[0-9a-zA-Z_-]+$" });
export const Timestamp = Type.Integer({ description: "Epoch milliseconds, UTC" });
export const Seconds = Type.Integer({ minimum: 0 });
export const LanguageSchema = Type.Enum(["en", "ru", "fa"]);
export const RoleSchema = Type.Enum([...roles]);
/** A name given by the organisation, in the languages it works in; screens fall back to another where one is empty. */
export const LocalizedText = Type.Object({
  en: Type.String({ maxLength: 120 }),
  ru: Type.String({ maxLength: 120 }),
  fa: Type.String({ maxLength: 120 }),
});
export type LocalizedText = Static<typeof LocalizedText>;

export const EndCauseSchema = Type.Object({
  by: Type.Enum(["caller", "agent", "system", "carrier", "unknown"]),
  why: Type.Enum([
    "hungUp",
    "abuse",
    "abandoned",
    "lineDropped",
    "nobodySignedIn",
    "queueFull",
    "longestWaitPassed",
    "tooManyCalls",
    "closed",
    "technical",
    "edgeLost",
    "coreLost",
    "cancelled",
    "noAck",
    "codecMismatch",
    "shutdown",
    "busy",
    "noAnswer",
    "declined",
    "unknownNumber",
    "notReached",
    "noTrunk",
    "phoneGone",
    "tooLong",
    "outsideLeft",
    "endedByLead",
    "released",
  ]),
  sipStatus: Type.Optional(Type.Integer()),
  q850: Type.Optional(Type.Integer()),
});

/** RFC 9457 problem, plus our stable code and what was wrong where. */
export const Problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  code: Type.String(),
  detail: Type.Optional(Type.String()),
  fields: Type.Optional(Type.Array(Type.Object({ path: Type.String(), code: Type.String(), message: Type.String() }))),
});
export type Problem = Static<typeof Problem>;

export function page<T extends TSchema>(item: T) {
  return Type.Object({ items: Type.Array(item), nextCursor: Type.Union([Type.String(), Type.Null()]) });
}
export const PageQuery = {
  cursor: Type.Optional(Type.String({ maxLength: 200 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
};

const Name = Type.String({ minLength: 1, maxLength: 120 });
const Email = Type.String({ minLength: 3, maxLength: 254, pattern: "^[^@\\s]+@[^@\\s]+$" });
const Password = Type.String({ minLength: 10, maxLength: 200 });

// ---- Identity -----------------------------------------------------------------------------------------------------

export const Me = Type.Object({
  personId: Id,
  sessionId: Id,
  name: Name,
  email: Email,
  roles: Type.Array(RoleSchema),
  permissions: Type.Array(Type.String()),
  language: LanguageSchema,
  theme: Type.Enum(["light", "dark", "system"]),
  organisation: Type.Object({ organisationId: Id, name: Name, defaultCountry: Type.String(), timeZone: Type.String() }),
});
export type Me = Static<typeof Me>;

export const SetupState = Type.Object({
  state: Type.Enum(["needed", "done"]),
  localNetworks: Type.Array(Type.String({ description: "CIDR of each network this machine stands in" })),
  demo: Type.Boolean({ description: "The organisation, its people and its calls are invented (npm run demo)" }),
});
export const SetupRequest = Type.Object({
  token: Type.String({ maxLength: 200 }),
  language: LanguageSchema,
  timeZone: Type.String({ maxLength: 64 }),
  defaultCountry: Type.String({ pattern: "^[A-Z]{2}$" }),
  organisation: Type.Object({ name: Name }),
  administrator: Type.Object({ name: Name, email: Email, password: Password }),
  /** The queue to begin with; or a trade, whose ready-made set-up is made instead. */
  queue: Type.Optional(Type.Object({ name: Name })),
  trade: Type.Optional(Type.Enum([...trades])),
  number: Type.Object({
    number: Type.String({ minLength: 2, maxLength: 32 }),
    language: LanguageSchema,
    allowedNetworks: Type.Array(Type.String({ maxLength: 49 }), { maxItems: 50 }),
  }),
});
export type SetupRequest = Static<typeof SetupRequest>;

export const Person = Type.Object({
  personId: Id,
  name: Name,
  email: Email,
  roles: Type.Array(RoleSchema),
  /** Roles of the organisation's own, held beside the built-in ones; what a person may do is the union. */
  ownRoleIds: Type.Array(Id),
  status: Type.Enum(["invited", "active", "blocked", "retired"]),
  language: LanguageSchema,
  createdAt: Timestamp,
  lastSignedInAt: nullable(Timestamp),
  version: Type.Integer(),
});
export type Person = Static<typeof Person>;
export const PersonWrite = Type.Object({
  name: Name,
  email: Email,
  /** With `ownRoleIds` at least one. */
  roles: Type.Array(RoleSchema, { maxItems: 3 }),
  ownRoleIds: Type.Optional(Type.Array(Id, { maxItems: 20 })),
  language: LanguageSchema,
});
/** Shown once: the link by which a person sets the first or a new password. */
export const OneTimeLink = Type.Object({ url: Type.String(), expiresAt: Timestamp });

// ---- Setup --------------------------------------------------------------------------------------------------------

export const Skill = Type.Object({ skillId: Id, names: LocalizedText, retired: Type.Boolean(), version: Type.Integer() });
export type Skill = Static<typeof Skill>;
export const SkillLevel = Type.Object({ skillId: Id, level: Type.Integer({ minimum: 1, maximum: 5 }) });

export const QueueSettings = Type.Object({
  names: LocalizedText,
  projectId: Id,
  /** Words to greet with, shown to the agent while it rings. */
  greetingWords: LocalizedText,
  ringTimeoutSeconds: Type.Integer({ minimum: 5, maximum: 120 }),
  waitMaxSeconds: Type.Integer({ minimum: 10, maximum: 7200 }),
  sizeMax: Type.Integer({ minimum: 1, maximum: 5000 }),
  wrapUpSeconds: Type.Integer({ minimum: 0, maximum: 1800 }),
  wrapUpExtensionSeconds: Type.Integer({ minimum: 0, maximum: 1800 }),
  missedRingsMax: Type.Integer({ minimum: 1, maximum: 10 }),
  priority: Type.Integer({ minimum: 0, maximum: 100 }),
  serviceLevelSeconds: Type.Integer({ minimum: 1, maximum: 600 }),
  recordCalls: Type.Boolean(),
  /** From an agent's answer, or from the end of the greeting with its notice: what the caller says while waiting too. */
  recordFrom: Type.Enum(["agent", "answer"]),
  /** What the agent says while the customer is on hold. */
  recordHold: Type.Boolean(),
  /** While the recording is paused nobody hears or keeps the keys that the customer presses. */
  maskKeysPaused: Type.Boolean(),
  /** The longest pause that filling in a field makes. */
  fieldPauseSeconds: Type.Integer({ minimum: 10, maximum: 600 }),
  /** Calls out: not at all, after a spoken notice, or once the agent has told the customer. */
  recordOutgoing: Type.Enum(["off", "notice", "told"]),
  /** Whether people outside who are called into a call are written too. */
  recordOutside: Type.Boolean(),
  /** The recorder elsewhere that gets what is recorded, too; null: none. */
  recorderId: nullable(Id),
  musicAudioId: Type.String({ maxLength: 80 }),
  requirements: Type.Array(SkillLevel, { maxItems: 10 }),
  /** Its calls connect by themselves, after a tone and the project's name in the agent's ear; nothing need be pressed. */
  autoAnswer: Type.Boolean(),
  /** A customer on hold for so long: the agent is reminded, on the screen and by a tone in the ear. 0: never. */
  holdReminderSeconds: Type.Integer({ minimum: 0, maximum: 1800 }),
  /** Between two tones, until the agent is back. */
  holdReminderEverySeconds: Type.Integer({ minimum: 5, maximum: 600 }),
});
export type QueueSettings = Static<typeof QueueSettings>;
/** The keys of the schema, for screens, which are built without it; a test holds both together. */
export const queueSettingKeys = [
  "names",
  "projectId",
  "greetingWords",
  "ringTimeoutSeconds",
  "waitMaxSeconds",
  "sizeMax",
  "wrapUpSeconds",
  "wrapUpExtensionSeconds",
  "missedRingsMax",
  "priority",
  "serviceLevelSeconds",
  "recordCalls",
  "recordFrom",
  "recordHold",
  "maskKeysPaused",
  "fieldPauseSeconds",
  "recordOutgoing",
  "recordOutside",
  "recorderId",
  "musicAudioId",
  "requirements",
  "autoAnswer",
  "holdReminderSeconds",
  "holdReminderEverySeconds",
] as const satisfies readonly (keyof QueueSettings)[];
export const Queue = Type.Intersect([
  Type.Object({ queueId: Id, retired: Type.Boolean(), version: Type.Integer(), memberCount: Type.Integer() }),
  QueueSettings,
]);
export type Queue = Static<typeof Queue>;
export const QueueMember = Type.Object({ personId: Id, level: Type.Integer({ minimum: 1, maximum: 5 }) });
export type QueueMember = Static<typeof QueueMember>;

/** A client for whom calls are taken. `inHouse`: the one that an organisation begins with, until it is given a name; screens name it. */
export const Project = Type.Object({
  projectId: Id,
  name: Name,
  inHouse: Type.Boolean(),
  /** What names it in an agent's ear where calls connect by themselves: a name of the organisation's own; null: the shipped sentence. */
  nameAudioId: nullable(Type.String()),
  retired: Type.Boolean(),
  version: Type.Integer(),
});
export type Project = Static<typeof Project>;

export const NumberSettings = Type.Object({
  number: Type.String({ minLength: 2, maxLength: 32 }),
  label: Type.String({ maxLength: 120 }),
  queueId: Id,
  language: LanguageSchema,
  allowedNetworks: Type.Array(Type.String({ maxLength: 49 }), { maxItems: 50 }),
  callsMax: Type.Integer({ minimum: 1, maximum: 5000 }),
  greetingAudioId: Type.String({ maxLength: 80 }),
  /** When it takes calls; null: always. */
  hoursId: nullable(Id),
  /** What callers hear outside the opening hours: the shipped sentence, or a greeting of the organisation's own. */
  closedAudioId: Type.String({ maxLength: 80 }),
});
export const PhoneNumber = Type.Intersect([
  Type.Object({ numberId: Id, e164: nullable(Type.String()), retired: Type.Boolean(), version: Type.Integer() }),
  NumberSettings,
]);
export type PhoneNumber = Static<typeof PhoneNumber>;

export const Device = Type.Object({
  deviceId: Id,
  personId: nullable(Id),
  name: Name,
  username: Type.String(),
  /** What colleagues dial at their phones to pass a call on to its person. */
  extension: nullable(Type.String()),
  retired: Type.Boolean(),
  registered: Type.Boolean(),
  userAgent: nullable(Type.String()),
  /** It answers by itself where it is asked to: then its person may answer on the screen. */
  autoAnswer: Type.Boolean(),
  /** Over TLS its audio is sealed. */
  offersSrtp: Type.Boolean(),
  /** Its person has chosen it: their calls ring there. */
  chosen: Type.Boolean(),
  /** As the edge sees it now; null where it says nothing of it. */
  state: nullable(DeviceState),
  version: Type.Integer(),
});
export type Device = Static<typeof Device>;
export const PhoneTransport = Type.Union([Type.Literal("udp"), Type.Literal("tcp"), Type.Literal("tls")]);
export type PhoneTransport = Static<typeof PhoneTransport>;
export const DeviceSecret = Type.Object({
  device: Device,
  domain: Type.String(),
  /** Of UDP and TCP. */
  port: Type.Integer(),
  /** Of TLS; null where it isn't spoken. */
  tlsPort: nullable(Type.Integer()),
  /** Whether the certificate there is one that phones know by themselves. */
  tlsIsKnown: Type.Boolean(),
  /** SIP over WebSocket, for softphones in a browser; null where that door is shut. */
  webSocketUrl: nullable(Type.String()),
  username: Type.String(),
  password: Type.String(),
  /** By which the phone fetches all of this by itself, once. */
  link: Type.Object({ url: Type.String(), expiresAt: Type.Integer() }),
});
export type DeviceSecret = Static<typeof DeviceSecret>;

export const WrapUpCode = Type.Object({
  wrapUpCodeId: Id,
  names: LocalizedText,
  position: Type.Integer(),
  retired: Type.Boolean(),
  version: Type.Integer(),
});
export type WrapUpCode = Static<typeof WrapUpCode>;
export const NotReadyReason = Type.Object({
  reasonId: Id,
  names: LocalizedText,
  position: Type.Integer(),
  system: Type.Boolean(),
  code: Type.String(),
  maxMinutes: nullable(Type.Integer()),
  retired: Type.Boolean(),
  version: Type.Integer(),
});
export type NotReadyReason = Static<typeof NotReadyReason>;
export const NamesWrite = Type.Object({ names: LocalizedText, position: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000 })) });

export const Prompt = Type.Object({
  audioId: Type.String(),
  language: nullable(LanguageSchema),
  text: Type.String(),
  durationMs: Type.Integer(),
  replaced: Type.Boolean(),
  replacedAt: nullable(Timestamp),
  replacedBy: nullable(Type.String()),
  /** `name`: of a project, for the agent's ear alone. */
  kind: Type.Enum(["prompt", "greeting", "music", "name"]),
  /** Added by the organisation: no shipped one stands behind it. */
  own: Type.Boolean(),
  /** The name of an own one; shipped ones are named by the screen. */
  title: nullable(Type.String()),
  /** It says that calls are recorded. */
  saysNotice: Type.Boolean(),
  retired: Type.Boolean(),
});
export type Prompt = Static<typeof Prompt>;

export const AuditEntry = Type.Object({
  auditId: Type.String(),
  at: Timestamp,
  actorId: nullable(Id),
  actorName: Type.String(),
  action: Type.String(),
  objectType: Type.String(),
  objectId: Type.String(),
  before: Type.Unknown(),
  after: Type.Unknown(),
  address: Type.String(),
});
export type AuditEntry = Static<typeof AuditEntry>;

// ---- Customers ----------------------------------------------------------------------------------------------------

export const Identity = Type.Object({ kind: Type.Enum(["phone", "email"]), value: Type.String({ maxLength: 254 }) });
/** 0: not verified; 1: by questions; 2: by something that only the customer has: a code, a voice print. */
export const VerifyLevel = Type.Integer({ minimum: 0, maximum: 2 });
export const VerifyHow = Type.Enum(["questions", "code", "voice"]);
export type VerifyHow = Static<typeof VerifyHow>;
export const CustomerField = Type.Object({
  fieldId: Id,
  names: LocalizedText,
  type: Type.Enum(["text", "number", "date"]),
  position: Type.Integer(),
  retired: Type.Boolean(),
  /** While it is filled in during a call, nothing of the call is recorded. */
  pausesRecording: Type.Boolean(),
  /** Shown and changed only in a call whose caller is verified to this level; 0: by everybody who sees the card. */
  verifyLevel: VerifyLevel,
});
export type CustomerField = Static<typeof CustomerField>;
export const CustomerWrite = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 200 }),
  note: Type.String({ maxLength: 4000 }),
  language: nullable(LanguageSchema),
  identities: Type.Array(Identity, { maxItems: 20 }),
  fields: Type.Record(Type.String(), Type.String({ maxLength: 500 })),
  projectId: Type.Optional(Id),
});
export const Customer = Type.Object({
  customerId: Id,
  projectId: Id,
  name: Type.String(),
  note: Type.String(),
  language: nullable(LanguageSchema),
  identities: Type.Array(Identity),
  fields: Type.Record(Type.String(), Type.String()),
  /** Fields that say nothing here: whoever asks has no verified caller. */
  withheld: Type.Optional(Type.Array(Id)),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  version: Type.Integer(),
});
export type Customer = Static<typeof Customer>;
export const CustomerHit = Type.Object({
  customerId: Id,
  projectId: Id,
  name: Type.String(),
  identities: Type.Array(Identity),
  lastContactAt: nullable(Timestamp),
});
export type CustomerHit = Static<typeof CustomerHit>;

// ---- Contacts -----------------------------------------------------------------------------------------------------

export const ContactState = Type.Enum(["arriving", "greeting", "waiting", "ringing", "talking", "wrapUp", "closed"]);
/** How a contact came out, as the figures count it; null while it is open. */
export const ContactOutcome = Type.Enum(["answered", "abandoned", "abandonedRinging", "refused", "systemDisconnect", "notReached"]);
/** `abuse`: insults or threats were reported; `loudness`: the agent's voice jumped; `talkOver`: both spoke over each other. */
export const ContactMark = Type.Enum(["abuse", "loudness", "talkOver"]);
export type ContactMark = Static<typeof ContactMark>;
export const ContactRow = Type.Object({
  contactId: Id,
  projectId: Id,
  channel: Type.Enum(["voice"]),
  state: ContactState,
  startedAt: Timestamp,
  endedAt: nullable(Timestamp),
  callerNumber: nullable(Type.String()),
  customerId: nullable(Id),
  customerName: nullable(Type.String()),
  queueId: nullable(Id),
  numberId: Id,
  language: LanguageSchema,
  agentId: nullable(Id),
  agentName: nullable(Type.String()),
  outcome: nullable(ContactOutcome),
  cause: nullable(EndCauseSchema),
  waitMs: nullable(Type.Integer()),
  talkMs: nullable(Type.Integer()),
  holdMs: nullable(Type.Integer()),
  wrapUpMs: nullable(Type.Integer()),
  coded: Type.Boolean(),
  notCoded: Type.Boolean(),
  wrapUpCodeId: nullable(Id),
  recordingId: nullable(Id),
  /** A test call of the built-in caller: no figure counts it. */
  isTest: Type.Optional(Type.Boolean()),
  /** What a lead may want to look at. Absent in rows from before it was noted. */
  marks: Type.Optional(Type.Array(ContactMark)),
  direction: Type.Enum(["in", "out"]),
});
export type ContactRow = Static<typeof ContactRow>;
export const TimelineEntry = Type.Object({
  sequence: Type.Integer(),
  at: Timestamp,
  kind: Type.String(),
  actorId: nullable(Id),
  actorName: nullable(Type.String()),
  details: Type.Record(Type.String(), Type.Unknown()),
});
export type TimelineEntry = Static<typeof TimelineEntry>;
export const Note = Type.Object({ noteId: Id, at: Timestamp, authorId: Id, authorName: Type.String(), text: Type.String() });
/** Something of the talk, by its place in the recording. */
export const RecordingMarker = Type.Object({
  atMs: Type.Integer(),
  kind: Type.Enum([
    "queued",
    "answered",
    "hold",
    "holdEnd",
    "pause",
    "pauseEnd",
    "keysMasked",
    "keysHeard",
    "transfer",
    "joined",
    "left",
    "note",
    "agentAway",
    "agentBack",
  ]),
});
export type RecordingMarker = Static<typeof RecordingMarker>;
export const RecordingMeta = Type.Object({
  recordingId: Id,
  state: Type.Enum(["recording", "saved", "cut", "failed"]),
  startedAt: Timestamp,
  durationMs: Type.Integer(),
  peaks: Type.Object({ left: Type.Array(Type.Number()), right: Type.Array(Type.Number()), perSecond: Type.Number() }),
  markers: Type.Array(RecordingMarker),
});
export type RecordingMeta = Static<typeof RecordingMeta>;
export const ContactPage = Type.Object({
  contact: ContactRow,
  timeline: Type.Array(TimelineEntry),
  notes: Type.Array(Note),
  recordings: Type.Array(
    Type.Object({ recordingId: Id, state: Type.String(), startedAt: Timestamp, durationMs: nullable(Type.Integer()) }),
  ),
});
export type ContactPage = Static<typeof ContactPage>;

export const LostCall = Type.Object({
  lostCallId: Id,
  projectId: Id,
  callerNumber: nullable(Type.String()),
  customerId: nullable(Id),
  customerName: nullable(Type.String()),
  queueId: nullable(Id),
  lastAt: Timestamp,
  waitMs: Type.Integer(),
  callCount: Type.Integer({ description: "Calls lost from this number since it was last settled" }),
  attempts: Type.Integer({ description: "Attempts made to call back" }),
  cause: EndCauseSchema,
  owedSince: nullable(
    Type.Integer({ description: "A fault of ours lost the caller then, while they waited or talked: a call back is owed" }),
  ),
  state: Type.Enum(["open", "calledAgain", "calledBack", "unreachable", "dismissed"]),
  settledAt: nullable(Timestamp),
  settledByName: nullable(Type.String()),
  reason: nullable(Type.String()),
  contactIds: Type.Array(Id),
  version: Type.Integer(),
});
export type LostCall = Static<typeof LostCall>;

// ---- Desk and floor -----------------------------------------------------------------------------------------------

export const AgentStateName = Type.Enum(["offline", "notReady", "ready", "ringing", "talking", "wrapUp"]);
export type AgentStateName = Static<typeof AgentStateName>;
/** One more in a call than the customer and the agent who has it. */
export const CallParty = Type.Object({
  partyId: Id,
  /** Null: somebody outside, who has a number and no name. */
  personId: nullable(Id),
  name: Type.String(),
  number: nullable(Type.String()),
  how: Type.Enum(["consult", "transfer", "monitor"]),
  /** With the customer, aside, or watching. */
  place: Type.Enum(["talk", "aside", "listen", "whisper", "barge", "mentor"]),
  state: Type.Enum(["asked", "joined"]),
  joinedAt: nullable(Timestamp),
  muted: Type.Boolean(),
});
export type CallParty = Static<typeof CallParty>;
/** Why a lead is asked for; `abuse`: the customer insults or threatens. */
export const HelpAbout = Type.Enum(["help", "abuse"]);
export type HelpAbout = Static<typeof HelpAbout>;
/** Told to the leads, warned, come to reason, or ended by us after the warning. */
export const AbuseStep = Type.Enum(["reported", "warned", "calmed", "ended"]);
export type AbuseStep = Static<typeof AbuseStep>;
/** What the agent's desk shows; the whole of the "desk" topic. */
export const DeskContact = Type.Object({
  contactId: Id,
  callId: nullable(Id),
  offerId: nullable(Id),
  queueId: Id,
  projectId: Id,
  projectName: Type.String(),
  language: LanguageSchema,
  callerNumber: nullable(Type.String()),
  customer: nullable(Type.Object({ customerId: Id, name: Type.String() })),
  queuedAt: Timestamp,
  offeredAt: nullable(Timestamp),
  ringEndsAt: nullable(Timestamp),
  connectedAt: nullable(Timestamp),
  heldSince: nullable(Timestamp),
  muted: Type.Boolean(),
  mediaLostSince: nullable(Timestamp),
  /** Whether what is said now is kept. `failed`: it should be, and can't be. */
  recording: Type.Enum(["off", "on", "paused", "failed"]),
  recordingPausedSince: nullable(Timestamp),
  /** By the agent's wish, or while a field is filled in. */
  recordingPausedBy: nullable(Type.Enum(["agent", "field"])),
  /** Nobody hears or keeps the keys that the customer presses. */
  keysMasked: Type.Boolean(),
  /** A call out that is written once the agent says that the customer knows of it. */
  recordable: Type.Boolean(),
  /** How the talk sounds; null where that isn't known. */
  line: Type.Optional(nullable(LineVerdict)),
  /** A test call of the built-in caller. */
  isTest: Type.Optional(Type.Boolean()),
  /** While it rings: it connects by itself once the tone and the project's name are over. */
  answersItself: Type.Optional(Type.Boolean()),
  /** Of a trainee's own talk: whom they can ask for, whether one of them could come now, and since when they are being asked. */
  mentor: Type.Optional(
    nullable(Type.Object({ names: Type.Array(Type.String()), available: Type.Boolean(), askedAt: nullable(Timestamp) })),
  ),
  /** Of one's own talk: since when a lead is asked for, and about what; null where one is in it, or can't be asked. */
  help: Type.Optional(nullable(Type.Object({ askedAt: nullable(Timestamp), about: nullable(HelpAbout) }))),
  /** Insults or threats that were reported and aren't over. `endsFrom`: from then on the call may be ended for them. */
  abuse: Type.Optional(nullable(Type.Object({ reportedAt: Timestamp, warnedAt: nullable(Timestamp), endsFrom: nullable(Timestamp) }))),
  /** Whether the caller is who they say. `failed`: so often not; null in a call of nobody's card. */
  verification: Type.Optional(
    nullable(Type.Object({ level: VerifyLevel, how: nullable(VerifyHow), failed: Type.Integer(), locked: Type.Boolean() })),
  ),
  endedAt: nullable(Timestamp),
  cause: nullable(EndCauseSchema),
  wrapUpEndsAt: nullable(Timestamp),
  wrapUpExtended: Type.Boolean(),
  /** False where the talk had no sound: wrap-up may end without a code. */ codeOwed: Type.Boolean(),
  noteDraft: Type.String(),
  /** One's own part: the agent who has the contact, or what one was asked for, or came for. */
  direction: Type.Enum(["in", "out"]),
  /** A call of ours that isn't answered yet; since when it rings there. */
  dialling: Type.Boolean(),
  ringingSince: nullable(Timestamp),
  role: Type.Enum(["owner", "consult", "transfer", "monitor"]),
  /** Oneself, where another agent has the contact. */
  partyId: nullable(Id),
  ownerName: Type.String(),
  /** Whoever has the contact speaks with a colleague, the customer is on hold. */
  aside: Type.Boolean(),
  parties: Type.Array(CallParty),
  /** The last who left or did not come, and why: left, notAnswered, declined, notAvailable, phoneGone … */
  partyLeft: nullable(
    Type.Object({
      name: Type.String(),
      number: nullable(Type.String()),
      how: Type.Enum(["consult", "transfer", "monitor"]),
      why: Type.String(),
      at: Timestamp,
    }),
  ),
  /** Who had the contact before, and how it came here. */
  handover: nullable(
    Type.Object({ fromName: Type.String(), how: Type.Enum(["consult", "transfer", "takeOver", "queue", "park"]), at: Timestamp }),
  ),
  /** What was written of this contact so far. */
  notes: Type.Array(Type.Object({ noteId: Id, at: Timestamp, authorName: Type.String(), text: Type.String() })),
  earlierToday: Type.Array(
    Type.Object({
      contactId: Id,
      startedAt: Timestamp,
      outcome: nullable(ContactOutcome),
      queueId: nullable(Id),
      agentName: nullable(Type.String()),
    }),
  ),
});
export type DeskContact = Static<typeof DeskContact>;

/** answered: the two spoke. givenUp: by whoever called. failed: a phone couldn't be had, or the fault was ours. */
export const InternalOutcome = Type.Enum(["answered", "notAnswered", "declined", "notAvailable", "givenUp", "failed"]);
export type InternalOutcome = Static<typeof InternalOutcome>;
const side = Type.Enum(["caller", "callee"]);
/** A call with a colleague as one of the two sees it. */
export const DeskInternalCall = Type.Object({
  internalCallId: Id,
  /** The other one. */
  personId: Id,
  name: Type.String(),
  /** One's own. */
  side,
  /** calling: the phone of whoever calls is fetched first. */
  phase: Type.Enum(["calling", "ringing", "talking"]),
  /** While it rings here. */
  offerId: nullable(Id),
  startedAt: Timestamp,
  ringEndsAt: nullable(Timestamp),
  answeredAt: nullable(Timestamp),
  heldSince: nullable(Timestamp),
  muted: Type.Boolean(),
  otherHeldSince: nullable(Timestamp),
  /** Nothing comes from the other one's phone. */
  otherAwaySince: nullable(Timestamp),
  /** In the queues that one serves, while one is in this call. */
  customersWaiting: Type.Integer(),
});
export type DeskInternalCall = Static<typeof DeskInternalCall>;
export const DeskState = Type.Object({
  state: AgentStateName,
  since: Timestamp,
  reasonId: nullable(Id),
  pendingReasonId: nullable(Id),
  /** Why the agent became not ready where the system did it. */
  systemCause: nullable(Type.Enum(["afterMissedRings", "connectionLost", "supervisorForced"])),
  missedRings: Type.Integer(),
  /** The phone that rings. */
  phone: Type.Object({ registered: Type.Boolean(), proven: Type.Boolean() }),
  /** The device that is it; null: the browser. `autoAnswer`: it can be answered on the screen too. */
  device: nullable(Type.Object({ deviceId: Id, name: Type.String(), autoAnswer: Type.Boolean(), trouble: nullable(DeviceTrouble) })),
  /** One's own devices, to choose from. */
  devices: Type.Array(Type.Object({ deviceId: Id, name: Type.String(), canRing: Type.Boolean() })),
  contact: nullable(DeskContact),
  /** The last call of one's own that came to nothing, until the next call: whom, and what became of it. */
  lastDial: nullable(
    Type.Object({
      contactId: Id,
      number: nullable(Type.String()),
      queueId: Id,
      lostCallId: nullable(Id),
      cause: nullable(EndCauseSchema),
      at: Timestamp,
    }),
  ),
  /** Why what one dialled at one's own phone can't be: the code of a problem, and of the gate its reasons. For a while, or until one dials anew. */
  dialRefusal: nullable(Type.Object({ code: Type.String(), detail: nullable(Type.String()), at: Timestamp })),
  /** A call with a colleague, in place of a contact. */
  internalCall: nullable(DeskInternalCall),
  /** The last one that came to no talk, until the next call: either the colleague wasn't reached, or they called in vain. */
  lastInternalCall: nullable(Type.Object({ personId: Id, name: Type.String(), side, outcome: InternalOutcome, at: Timestamp })),
  /** Colleagues' calls that rang here in vain since one looked at their list. */
  missedInternalCalls: Type.Integer(),
  notCodedCount: Type.Integer(),
  queueIds: Type.Array(Id),
  /** Whom one is the mentor of and who are signed in. `contactId`: the talk one can go into; `askedAt`: they ask for it. */
  trainees: Type.Optional(
    Type.Array(
      Type.Object({
        personId: Id,
        name: Type.String(),
        state: AgentStateName,
        contactId: nullable(Id),
        askedAt: nullable(Timestamp),
        /** Somebody is with them as a mentor already. */
        isAccompanied: Type.Boolean(),
      }),
    ),
  ),
  /** Customers in a slot, whom one may pick up: of the projects that one's queues are in. */
  parked: Type.Array(
    Type.Object({
      contactId: Id,
      slot: Type.Integer(),
      queueId: Id,
      callerNumber: nullable(Type.String()),
      customerName: nullable(Type.String()),
      parkedByName: Type.String(),
      since: Timestamp,
    }),
  ),
});
export type DeskState = Static<typeof DeskState>;

export const FloorAgent = Type.Object({
  personId: Id,
  name: Type.String(),
  state: AgentStateName,
  since: Timestamp,
  reasonId: nullable(Id),
  pendingReasonId: nullable(Id),
  systemCause: nullable(Type.String()),
  held: Type.Boolean(),
  /** How their talk sounds; null where there is none, or that isn't known. */
  line: Type.Optional(nullable(LineVerdict)),
  /** They ask for a lead since then. */
  helpAskedAt: Type.Optional(nullable(Timestamp)),
  reachable: Type.Boolean(),
  contactId: nullable(Id),
  queueId: nullable(Id),
  /** Rung by a colleague or speaking with one: no customer's contact. */
  inInternalCall: Type.Optional(Type.Boolean()),
  queueIds: Type.Array(Id),
});
export type FloorAgent = Static<typeof FloorAgent>;
export const FloorQueue = Type.Object({
  queueId: Id,
  projectId: Id,
  names: LocalizedText,
  waiting: Type.Integer(),
  oldestQueuedAt: nullable(Timestamp),
  agentsReady: Type.Integer(),
  agentsTalking: Type.Integer(),
  agentsWrapUp: Type.Integer(),
  agentsNotReady: Type.Integer(),
  today: Type.Object({
    offered: Type.Integer(),
    answered: Type.Integer(),
    abandoned: Type.Integer(),
    shortAbandoned: Type.Integer(),
    refused: Type.Integer(),
    systemDisconnected: Type.Integer(),
    answeredInTarget: Type.Integer(),
    serviceLevel: nullable(Type.Number()),
    asaMs: nullable(Type.Number()),
    ahtMs: nullable(Type.Number()),
    longestWaitMs: nullable(Type.Number()),
    serviceLevelSeconds: Type.Integer(),
  }),
});
export type FloorQueue = Static<typeof FloorQueue>;
export const FloorState = Type.Object({
  at: Timestamp,
  timeZone: Type.String(),
  queues: Type.Array(FloorQueue),
  agents: Type.Array(FloorAgent),
  waiting: Type.Array(
    Type.Object({ contactId: Id, queueId: Id, queuedAt: Timestamp, why: Type.Array(Type.Object({ personId: Id, code: Type.String() })) }),
  ),
  parked: Type.Array(
    Type.Object({ contactId: Id, slot: Type.Integer(), queueId: Id, parkedByName: Type.String(), since: Timestamp, until: Timestamp }),
  ),
  /** Customers whom their agent left with a number outside: they talk, and nobody of the organisation is with them. */
  passedOn: Type.Array(
    Type.Object({
      contactId: Id,
      queueId: Id,
      /** Name and numbers are null for whoever may not read everyone's calls. */
      customerName: nullable(Type.String()),
      callerNumber: nullable(Type.String()),
      outsideNumber: nullable(Type.String()),
      leftByName: Type.String(),
      since: Timestamp,
      /** Then the exchange ends it. */
      until: Timestamp,
      recording: Type.Enum(["off", "on", "paused"]),
    }),
  ),
});
export type FloorState = Static<typeof FloorState>;

export { Email, Name, Password };
