import Type from "typebox";
import type { Static } from "typebox";
import { type Route } from "../route.ts";
import { Id, page, PageQuery, Timestamp } from "../schemas.ts";
import { nullable } from "../nullable.ts";

const Country = Type.String({ pattern: "^[A-Z]{2}$" });
const Prefix = Type.String({ pattern: "^\\+[1-9][0-9]{0,14}$" });
const Money = Type.Number({ minimum: 0, maximum: 1_000_000 });
const Words = Type.String({ minLength: 1, maxLength: 500 });

/** How much may be called out within one agent, project, trunk or the organisation; null: no cap. */
export const DialCaps = Type.Object({
  concurrent: nullable(Type.Integer({ minimum: 0, maximum: 10_000 })),
  perHour: nullable(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
  perDay: nullable(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
  minutesPerDay: nullable(Type.Integer({ minimum: 0, maximum: 10_000_000 })),
  costPerDay: nullable(Money),
});
export type DialCaps = Static<typeof DialCaps>;

export const dialScopes = ["agent", "project", "trunk", "organisation"] as const;
export type DialScope = (typeof dialScopes)[number];

/** Which numbers may be called out, when and how much. Whatever it doesn't name is denied. */
export const DialPolicy = Type.Object({
  enabled: Type.Boolean(),
  countries: Type.Array(Country, { maxItems: 250, uniqueItems: true }),
  /** The longest that fits decides, over the countries. `allowCostly` opens premium, shared-cost and satellite ranges as well. */
  prefixes: Type.Array(Type.Object({ prefix: Prefix, rule: Type.Enum(["allow", "allowCostly", "deny"]) }), { maxItems: 500 }),
  /** Calls that go out without an agent's dialling them. */
  kinds: Type.Object({ transfer: Type.Boolean(), forward: Type.Boolean(), redirect: Type.Boolean() }),
  /** Forwarded calls show the customer's number, not one of ours. */
  forwardsKeepCallerId: Type.Boolean(),
  /** Null: at any time. */
  hoursId: nullable(Id),
  outsideHours: Type.Enum(["deny", "domesticOnly"]),
  caps: Type.Object({ agent: DialCaps, project: DialCaps, trunk: DialCaps, organisation: DialCaps }),
  callMinutesMax: Type.Integer({ minimum: 1, maximum: 1_440 }),
  currency: Type.String({ pattern: "^[A-Z]{3}$" }),
  rates: Type.Array(Type.Object({ prefix: Prefix, perMinute: Money }), { maxItems: 2_000 }),
  /** For what no prefix of the rates fits; null: unknown, so that a cap on cost refuses it. */
  otherPerMinute: nullable(Money),
  /** More than this and all outgoing calls stop until someone lifts it. */
  velocity: Type.Object({
    callsPerMinute: Type.Integer({ minimum: 1, maximum: 100_000 }),
    costPerHour: nullable(Money),
  }),
  /** Besides those of the organisation's country. */
  emergencyNumbers: Type.Array(Type.String({ pattern: "^[0-9]{2,6}$" }), { maxItems: 20, uniqueItems: true }),
});
export type DialPolicy = Static<typeof DialPolicy>;

export const dialKinds = ["agent", "callback", "transfer", "forward", "redirect"] as const;
export type DialKind = (typeof dialKinds)[number];

export const dialReasonCodes = [
  /** The organisation has no policy yet. */
  "notSetUp",
  /** The policy or the use made of it can't be known now. */
  "unavailable",
  "switchedOff",
  /** Outgoing calls were stopped, by the program or by hand. */
  "stopped",
  "notANumber",
  "unknownCountry",
  "unknownRange",
  "countryDenied",
  "prefixDenied",
  "premium",
  "sharedCost",
  "satellite",
  "kindDenied",
  "outsideHours",
  "noRate",
  "capReached",
  /** This call was one too many in the minute, or the hour's cost: it stopped them all. */
  "velocity",
] as const;
export type DialReasonCode = (typeof dialReasonCodes)[number];
export const dialCapNames = ["concurrent", "perHour", "perDay", "minutesPerDay", "costPerDay", "callsPerMinute", "costPerHour"] as const;
export type DialCapName = (typeof dialCapNames)[number];

/** Why a number may not be called: a code, and for caps whose, which and how far it had come. */
export const DialReason = Type.Object({
  code: Type.Enum([...dialReasonCodes]),
  scope: Type.Optional(Type.Enum([...dialScopes])),
  cap: Type.Optional(Type.Enum([...dialCapNames])),
  limit: Type.Optional(Type.Number()),
  value: Type.Optional(Type.Number()),
});
export type DialReason = Static<typeof DialReason>;
export const DialRange = Type.Enum(["emergency", "ordinary", "premium", "sharedCost", "satellite", "unknown"]);
export type DialRange = Static<typeof DialRange>;

export const DialDecision = Type.Object({
  decisionId: Id,
  at: Timestamp,
  kind: Type.Enum([...dialKinds]),
  personId: nullable(Id),
  personName: Type.String(),
  projectId: nullable(Id),
  /** The number with its middle hidden; null where it was none. */
  shown: nullable(Type.String()),
  country: nullable(Country),
  range: DialRange,
  allowed: Type.Boolean(),
  reasons: Type.Array(DialReason),
  state: Type.Enum(["refused", "open", "settled", "released"]),
  talkMs: nullable(Type.Integer()),
  cost: nullable(Type.Number()),
});
export type DialDecision = Static<typeof DialDecision>;

export const DialStop = Type.Object({
  stopId: Id,
  at: Timestamp,
  cause: Type.Enum(["callsPerMinute", "costPerHour", "byHand"]),
  limit: nullable(Type.Number()),
  value: nullable(Type.Number()),
  /** Who stopped them by hand; null: the program did. */
  byName: nullable(Type.String()),
  reason: Type.String(),
});
export type DialStop = Static<typeof DialStop>;

/** Whether outgoing calls are on, and how much was called today. */
export const DialState = Type.Object({
  stop: nullable(DialStop),
  setUp: Type.Boolean(),
  today: Type.Object({
    calls: Type.Integer(),
    open: Type.Integer(),
    minutes: Type.Integer(),
    cost: Type.Number(),
    currency: nullable(Type.String()),
  }),
});
export type DialState = Static<typeof DialState>;

export const DialPolicyState = Type.Object({
  /** Null: none was ever saved, and nothing but emergency numbers can be called. */
  policy: nullable(DialPolicy),
  version: Type.Integer(),
  /** What to begin with here. */
  suggested: DialPolicy,
  country: Country,
  /** Those of the country: never blocked. */
  countryEmergencyNumbers: Type.Array(Type.String()),
  countries: Type.Array(Type.Object({ country: Country, callingCode: Type.String() })),
});
export type DialPolicyState = Static<typeof DialPolicyState>;

export const DialTrial = Type.Object({
  allowed: Type.Boolean(),
  emergency: Type.Boolean(),
  e164: nullable(Type.String()),
  country: nullable(Country),
  range: DialRange,
  reasons: Type.Array(DialReason),
});
export type DialTrial = Static<typeof DialTrial>;

/** Outgoing calls: what may be called, why something was refused, and the switch that stops all of it. */
export const diallingRoutes = {
  dialPolicyGet: {
    method: "GET",
    path: "/dialling/policy",
    access: ["setup.manage"],
    tag: "dialling",
    summary: "Which numbers may be called out",
    response: DialPolicyState,
  },
  dialPolicyPut: {
    method: "PUT",
    path: "/dialling/policy",
    access: ["setup.manage"],
    tag: "dialling",
    summary: "Sets which numbers may be called out; version 0 where there was none",
    body: Type.Object({ policy: DialPolicy, version: Type.Integer({ minimum: 0 }) }),
    response: DialPolicyState,
  },
  dialTry: {
    method: "POST",
    path: "/dialling/trials",
    access: ["setup.manage"],
    tag: "dialling",
    summary: "Whether a number could be called at this moment, and why not; nothing is dialled or counted",
    body: Type.Object({
      destination: Type.String({ minLength: 1, maxLength: 40 }),
      kind: Type.Optional(Type.Enum([...dialKinds])),
      personId: Type.Optional(Id),
      projectId: Type.Optional(Id),
    }),
    response: DialTrial,
  },
  dialDecisionsList: {
    method: "GET",
    path: "/dialling/decisions",
    access: ["setup.manage", "audit.read"],
    tag: "dialling",
    summary: "What was allowed and what was refused, and why, newest first",
    query: Type.Object({ ...PageQuery, outcome: Type.Optional(Type.Enum(["allowed", "refused"])), personId: Type.Optional(Id) }),
    response: page(DialDecision),
  },
  dialStateGet: {
    method: "GET",
    path: "/dialling/state",
    access: ["floor.read", "setup.manage", "dialling.steer"],
    tag: "dialling",
    summary: "Whether outgoing calls are stopped, and today's use",
    response: DialState,
  },
  dialStop: {
    method: "POST",
    path: "/dialling/stop",
    access: ["dialling.steer"],
    tag: "dialling",
    summary: "Stops all outgoing calls at once; emergency numbers stay open",
    body: Type.Object({ reason: Words }),
    response: DialState,
  },
  dialLift: {
    method: "POST",
    path: "/dialling/lift",
    access: ["dialling.steer"],
    tag: "dialling",
    summary: "Lets outgoing calls go on again",
    body: Type.Object({ reason: Words }),
    response: DialState,
  },
} as const satisfies Record<string, Route>;
