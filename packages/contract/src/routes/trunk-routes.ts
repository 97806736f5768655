import Type from "typebox";
import type { Static } from "typebox";
import { numberRuleLimits } from "../number-rules.ts";
import { list, one, type Route } from "../route.ts";
import { Id, Name, Timestamp } from "../schemas.ts";
import {
  callerIdChoices,
  callerIdPlaces,
  trunkKeyModes,
  trunkKinds,
  trunkLimits,
  trunkRingings,
  trunkSealings,
  trunkTransports,
} from "../trunk.ts";
import { nullable } from "../nullable.ts";

/** A name of DNS, an IPv4 address, or an IPv6 one in brackets. */
const Host = Type.String({ minLength: 1, maxLength: 253, pattern: "^(\\[[0-9A-Fa-f:.]+\\]|[0-9A-Za-z]([0-9A-Za-z._-]*[0-9A-Za-z])?)$" });
const Domain = Type.String({ minLength: 1, maxLength: 260, pattern: "^[0-9A-Za-z\\[]([0-9A-Za-z._:\\]-]*[0-9A-Za-z\\]])?$" });
const User = Type.String({ minLength: 1, maxLength: 128, pattern: "^[!-~]+$" });
const Seconds = (minimum: number, maximum: number) => Type.Integer({ minimum, maximum });

export const TrunkRule = Type.Object({
  match: Type.String({ minLength: 1, maxLength: numberRuleLimits.matchCharsMax }),
  strip: Type.Integer({ minimum: 0, maximum: numberRuleLimits.stripMax }),
  prepend: Type.String({ maxLength: numberRuleLimits.prependCharsMax }),
});
const Rules = Type.Array(TrunkRule, { maxItems: numberRuleLimits.rulesMax });

export const TrunkHabitsSchema = Type.Object({
  ignoreContactHost: Type.Boolean(),
  fromUserIsAccount: Type.Boolean(),
  callerIdIn: Type.Array(Type.Enum([...callerIdPlaces]), { minItems: 1, maxItems: callerIdPlaces.length, uniqueItems: true }),
  prack: Type.Enum(["auto", "required", "forbidden"]),
  sessionTimer: Type.Enum(["auto", "off"]),
  t1Ms: Type.Integer({ minimum: 100, maximum: 4_000 }),
  giveUpMs: Type.Integer({ minimum: 1_000, maximum: 64_000 }),
  failoverCodes: Type.Array(Type.Integer({ minimum: 300, maximum: 699 }), { maxItems: trunkLimits.failoverCodesMax, uniqueItems: true }),
  codecs: Type.Array(Type.Enum(["PCMU", "PCMA"]), { minItems: 1, maxItems: 2, uniqueItems: true }),
  contactTransport: Type.Boolean(),
  contactSips: Type.Boolean(),
  userPhone: Type.Boolean(),
  udpBytesMax: Type.Integer({ minimum: 0, maximum: 65_000 }),
  optionsSeconds: Type.Integer({ minimum: 0, maximum: 3_600 }),
  srtp: Type.Enum([...trunkSealings]),
  /** One of `trunkPacketLengths`. */
  ptimeMs: Type.Union([Type.Literal(10), Type.Literal(20), Type.Literal(30), Type.Literal(40), Type.Literal(60)]),
  keys: Type.Enum([...trunkKeyModes]),
  keysPayloadType: Type.Integer({ minimum: 96, maximum: 127 }),
  ringing: Type.Enum([...trunkRingings]),
  trunkGroup: nullable(Type.String({ minLength: 1, maxLength: 128, pattern: "^[0-9A-Za-z._-]+(@[0-9A-Za-z.+-]+)?$" })),
  takesRefer: Type.Boolean(),
  sendsRefer: Type.Boolean(),
});

/** A trunk as administrators set it up; secrets are apart. */
export const TrunkSettings = Type.Object({
  name: Name,
  kind: Type.Enum([...trunkKinds]),
  enabled: Type.Boolean(),
  targets: Type.Array(
    Type.Object({
      host: Host,
      port: nullable(Type.Integer({ minimum: 1, maximum: 65_535 })),
      transport: nullable(Type.Enum([...trunkTransports])),
      priority: Type.Integer({ minimum: 0, maximum: 65_535 }),
      weight: Type.Integer({ minimum: 0, maximum: 65_535 }),
    }),
    { maxItems: trunkLimits.targetsMax },
  ),
  /** Null: the carrier knows us by our address. */
  account: nullable(
    Type.Object({
      user: User,
      authUser: nullable(User),
      realm: nullable(Type.String({ minLength: 1, maxLength: 255 })),
    }),
  ),
  domain: nullable(Domain),
  fromDomain: nullable(Domain),
  registrationSeconds: Seconds(60, 86_400),
  externalAddress: nullable(Type.String({ minLength: 2, maxLength: 45 })),
  networks: Type.Array(Type.String({ minLength: 2, maxLength: 64 }), { maxItems: trunkLimits.networksMax }),
  /** All numbers of the organisation, those added later too; else `numberIds`. */
  allNumbers: Type.Boolean(),
  numberIds: Type.Array(Id, { maxItems: 2_000, uniqueItems: true }),
  rules: Type.Object({ dialled: Rules, callerOut: Rules, reached: Rules, callerIn: Rules }),
  callerIds: Type.Object({
    choice: Type.Enum([...callerIdChoices]),
    numbers: Type.Array(Type.Object({ number: Type.String({ pattern: "^\\+?[0-9]{2,20}$" }), projectId: nullable(Id) }), {
      maxItems: trunkLimits.callerIdsMax,
    }),
  }),
  limits: Type.Object({
    callsMax: Type.Integer({ minimum: 1, maximum: trunkLimits.callsMax }),
    callsPerSecond: Type.Integer({ minimum: 1, maximum: trunkLimits.callsPerSecondMax }),
  }),
  tls: Type.Object({
    caPem: nullable(Type.String({ minLength: 1, maxLength: 65_536 })),
    fingerprint: nullable(Type.String({ pattern: "^([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$" })),
  }),
  habits: TrunkHabitsSchema,
});
export type TrunkSettings = Static<typeof TrunkSettings>;

const trouble = Type.Enum([
  "credentialsRefused",
  "accountUnknown",
  "noAnswer",
  "connectionFailed",
  "nameUnresolved",
  "carrierBusy",
  "carrierRefused",
  "certificate",
  "notSealed",
]);

export const TrunkStateSchema = Type.Object({
  trunkId: Id,
  at: Timestamp,
  registration: nullable(
    Type.Object({
      kind: Type.Enum(["asking", "registered", "waiting"]),
      until: nullable(Timestamp),
      retryAt: nullable(Timestamp),
      trouble: nullable(trouble),
      status: nullable(Type.Integer()),
    }),
  ),
  peerUntil: nullable(Timestamp),
  targets: Type.Array(
    Type.Object({
      host: Type.String(),
      address: nullable(Type.String()),
      port: nullable(Type.Integer()),
      transport: nullable(Type.Enum([...trunkTransports])),
      health: Type.Enum(["unknown", "up", "degraded", "down"]),
      since: Timestamp,
      reason: nullable(trouble),
      lastAnswerAt: nullable(Timestamp),
      lastStatus: nullable(Type.Integer()),
      roundTripMs: nullable(Type.Number()),
    }),
  ),
  calls: Type.Integer(),
});

export const Trunk = Type.Intersect([
  Type.Object({
    trunkId: Id,
    /** A password is kept; which one is never said. */
    hasPassword: Type.Boolean(),
    /** The user that the carrier shows itself by (kind digest). */
    inboundUsername: nullable(Type.String()),
    retired: Type.Boolean(),
    version: Type.Integer(),
    /** As the edge saw it last; null: no edge has spoken of it. */
    state: nullable(TrunkStateSchema),
  }),
  TrunkSettings,
]);
export type Trunk = Static<typeof Trunk>;

/** Shown once. */
export const TrunkInbound = Type.Object({ domain: Type.String(), port: Type.Integer(), username: Type.String(), password: Type.String() });

export const TrunkLogEntry = Type.Object({
  at: Timestamp,
  what: Type.Enum([
    "registered",
    "registrationFailed",
    "unregistered",
    "peerRegistered",
    "peerGone",
    "targetUp",
    "targetDegraded",
    "targetDown",
    "callIn",
    "callInRefused",
    "callOut",
    "callOutFailed",
    "wentOn",
    "limitReached",
  ]),
  target: nullable(Type.String()),
  status: nullable(Type.Integer()),
  trouble: nullable(
    Type.Enum([
      "credentialsRefused",
      "accountUnknown",
      "noAnswer",
      "connectionFailed",
      "nameUnresolved",
      "carrierBusy",
      "carrierRefused",
      "certificate",
      "notSealed",
      "calls",
      "callsPerSecond",
      "unknownNumber",
      "wrongPassword",
    ]),
  ),
});
export type TrunkLogEntry = Static<typeof TrunkLogEntry>;

export const trunkFindingCodes = [
  "nameResolved",
  "nameUnresolved",
  "answers",
  "answersRefusing",
  "busy",
  "silentUdp",
  "silentStream",
  "portClosed",
  "registers",
  "credentialsRefused",
  "accountUnknown",
  "registerRefused",
  "registerSilent",
  "clockDiffers",
  "certificateGood",
  "certificateEndsSoon",
  "certificateEnded",
  "certificateWrongName",
  "certificateUntrusted",
  "certificateOther",
  "privateAddressShown",
  "otherAddressSeen",
  "messagesRewritten",
  "noNumbers",
  "noSoundFromCarrier",
  "soundBothWays",
  "notRunning",
] as const;
/** What a check found. `side`: who has to do something; "none": it is as it should be. */
export const TrunkFinding = Type.Object({
  code: Type.Enum([...trunkFindingCodes]),
  side: Type.Enum(["us", "carrier", "between", "none"]),
  /** The address or name that it is about, our own address, a date, a count: by code. */
  target: nullable(Type.String()),
  seen: nullable(Type.String()),
  value: nullable(Type.Number()),
});
export type TrunkFinding = Static<typeof TrunkFinding>;

const Password = Type.String({ minLength: 1, maxLength: 256 });

/** Trunks: the ways to carriers. */
export const trunkRoutes = {
  trunksList: {
    method: "GET",
    path: "/trunks",
    access: ["setup.manage"],
    tag: "setup",
    summary: "Trunks with their state now",
    response: list(Trunk),
  },
  trunkCreate: {
    method: "POST",
    path: "/trunks",
    access: ["setup.manage"],
    tag: "setup",
    summary: "Adds a trunk; its inbound password is shown once",
    body: Type.Intersect([TrunkSettings, Type.Object({ password: nullable(Password) })]),
    response: Type.Object({ trunk: Trunk, inbound: nullable(TrunkInbound) }),
  },
  trunkUpdate: {
    method: "PATCH",
    path: "/trunks/:trunkId",
    access: ["setup.manage"],
    tag: "setup",
    summary: "Changes or retires a trunk; a password that isn't said stays as it is",
    params: one("trunkId"),
    body: Type.Intersect([
      Type.Partial(Type.Omit(TrunkSettings, ["kind"])),
      Type.Object({ password: Type.Optional(nullable(Password)), retired: Type.Optional(Type.Boolean()), version: Type.Integer() }),
    ]),
    response: Trunk,
  },
  trunkInbound: {
    method: "POST",
    path: "/trunks/:trunkId/inbound-password",
    access: ["setup.manage"],
    tag: "setup",
    summary: "Gives the carrier of a digest trunk a new password, shown once; the old one ends",
    params: one("trunkId"),
    response: TrunkInbound,
  },
  trunkCheck: {
    method: "POST",
    path: "/trunks/:trunkId/check",
    access: ["setup.manage"],
    tag: "setup",
    summary: "Probes a trunk now: names, ports, registration, certificate, clock, addresses; says which side is wrong",
    params: one("trunkId"),
    response: Type.Object({ at: Timestamp, items: Type.Array(TrunkFinding) }),
  },
  trunkLog: {
    method: "GET",
    path: "/trunks/:trunkId/log",
    access: ["setup.manage"],
    tag: "setup",
    summary: "What happened on a trunk, newest first; kept in memory",
    params: one("trunkId"),
    response: list(TrunkLogEntry),
  },
} as const satisfies Record<string, Route>;
