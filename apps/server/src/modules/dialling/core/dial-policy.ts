// May this number be called out, by whom, now? One pure gate for every outgoing call: agents', transfers, forwards, redirects.
import { isOpen, type DialCapName, type DialCaps, type DialKind, type DialPolicy, type DialReason, type DialScope } from "@allo/contract";
import type { DialRange, HoursRule } from "@allo/contract";
import { MINUTE_MS, type Instant } from "@allo/kernel";

/** What one agent, project, trunk or organisation has used; minutes and cost of calls still open are in it. */
export type ScopeUse = {
  readonly open: number;
  readonly lastHour: number;
  readonly today: number;
  readonly todayMs: number;
  /** In ten-thousandths of the currency's unit, as all cost here. */
  readonly todayCost: number;
};
/** The caps of a scope that a call isn't of (no trunk chosen yet) don't hold it. */
export type DialUsage = {
  readonly agent: ScopeUse | null;
  readonly project: ScopeUse | null;
  readonly trunk: ScopeUse | null;
  readonly organisation: ScopeUse;
  readonly callsLastMinute: number;
  readonly costLastHour: number;
};
/** What was dialled, read. What is judged is what is dialled: `dial` and nothing else goes to the carrier. */
export type Destination = {
  /** E.164 with "+", or the short number as it is; null where it can't be read. */
  readonly dial: string | null;
  /** ISO 3166; null where the number belongs to none. */
  readonly country: string | null;
  readonly range: DialRange;
};
export type DialRequest = {
  readonly destination: Destination;
  readonly kind: DialKind;
  /** Somebody outside wants it (a carrier's REFER). They have a phone of their own to call for help by. */
  readonly byOutsider?: boolean;
};
/** How things stand at the organisation. */
export type DialStanding = {
  readonly country: string;
  readonly isStopped: boolean;
  /** The hours that the policy names; null where they are gone, which counts as closed. */
  readonly hours: HoursRule | null;
};

export type DialVerdict =
  | {
      readonly allowed: true;
      readonly destination: Destination & { readonly dial: string };
      /** Whose number is shown: one of ours, or the caller's that is forwarded. */
      readonly callerId: "own" | "passthrough";
      readonly talkMsMax: number;
      /** Null: unknown. */
      readonly costPerMinute: number | null;
    }
  | { readonly allowed: false; readonly destination: Destination; readonly reasons: readonly DialReason[] };

/** Ten-thousandths of the currency's unit. */
export const COST_PARTS = 10_000;
/** An emergency call is as long as it is. */
export const EMERGENCY_TALK_MS_MAX = 24 * 60 * MINUTE_MS;

/** Decides one call. Fails closed: whatever can't be told is denied. Emergency numbers of our own people pass before anything else is asked. */
export function decideDial(
  policy: DialPolicy | null,
  usage: DialUsage,
  { request, standing, at }: { readonly request: DialRequest; readonly standing: DialStanding; readonly at: Instant },
): DialVerdict {
  const { destination } = request;
  const { dial } = destination;
  const deny = (reasons: readonly DialReason[]): DialVerdict => ({ allowed: false, destination, reasons });
  // No limit holds an emergency call up, so that nobody outside may have it called: again and again is what they would.
  if (dial !== null && destination.range === "emergency") {
    if (request.byOutsider === true) return deny([{ code: "kindDenied" }]);
    return {
      allowed: true,
      destination: { ...destination, dial },
      callerId: "own",
      talkMsMax: EMERGENCY_TALK_MS_MAX,
      costPerMinute: 0,
    };
  }
  if (policy === null) return deny([{ code: "notSetUp" }]);
  if (dial === null) return deny([{ code: "notANumber" }]);
  const costPerMinute = rateOf(policy, dial);
  const reasons: DialReason[] = [];
  if (!policy.enabled) reasons.push({ code: "switchedOff" });
  if (standing.isStopped) reasons.push({ code: "stopped" });
  if (!isKindAllowed(policy, request.kind)) reasons.push({ code: "kindDenied" });
  reasons.push(...rangeReasons(policy, { ...destination, dial }), ...hoursReasons(policy, destination, standing, at));
  reasons.push(...capReasons(policy, usage, costPerMinute));
  // Only a call that would else go out can be the one too many.
  if (reasons.length === 0) reasons.push(...velocityReasons(policy, usage, costPerMinute));
  if (reasons.length > 0) return deny(reasons);
  const keepsCallerId = policy.forwardsKeepCallerId && (request.kind === "forward" || request.kind === "redirect");
  return {
    allowed: true,
    destination: { ...destination, dial },
    callerId: keepsCallerId ? "passthrough" : "own",
    talkMsMax: talkMsLeft(policy, usage),
    costPerMinute,
  };
}

/** What a talk costs: each minute that was begun. */
export function costOf(costPerMinute: number | null, talkMs: number): number {
  return costPerMinute === null ? 0 : Math.ceil(talkMs / MINUTE_MS) * costPerMinute;
}

function isKindAllowed({ kinds }: DialPolicy, kind: DialKind): boolean {
  return kind === "agent" || kind === "callback" || kinds[kind];
}

const COSTLY: Readonly<Partial<Record<DialRange, "premium" | "sharedCost" | "satellite">>> = {
  premium: "premium",
  sharedCost: "sharedCost",
  satellite: "satellite",
};

function rangeReasons(policy: DialPolicy, { dial, country, range }: Destination & { readonly dial: string }): readonly DialReason[] {
  const rule = longestFit(policy.prefixes, dial)?.rule ?? null;
  if (rule === "deny") return [{ code: "prefixDenied" }];
  const costly = COSTLY[range];
  if (costly !== undefined) return rule === "allowCostly" ? [] : [{ code: costly }];
  if (rule !== null) return [];
  if (country === null) return [{ code: "unknownCountry" }];
  if (!policy.countries.includes(country)) return [{ code: "countryDenied" }];
  return range === "unknown" ? [{ code: "unknownRange" }] : [];
}

function hoursReasons(policy: DialPolicy, { country }: Destination, standing: DialStanding, at: Instant): readonly DialReason[] {
  if (policy.hoursId === null) return [];
  if (standing.hours !== null && isOpen(standing.hours, at)) return [];
  return policy.outsideHours === "domesticOnly" && country === standing.country ? [] : [{ code: "outsideHours" }];
}

function capReasons(policy: DialPolicy, usage: DialUsage, costPerMinute: number | null): readonly DialReason[] {
  const reasons: DialReason[] = [];
  const capsCost = Object.values(policy.caps).some((caps) => caps.costPerDay !== null) || policy.velocity.costPerHour !== null;
  if (capsCost && costPerMinute === null) reasons.push({ code: "noRate" });
  for (const scope of SCOPES) {
    const use = usage[scope];
    if (use === null) continue;
    const caps = policy.caps[scope];
    const reached = (cap: DialCapName, limit: number | null, value: number, isFull: boolean): void => {
      if (limit !== null && isFull) reasons.push({ code: "capReached", scope, cap, limit, value });
    };
    reached("concurrent", caps.concurrent, use.open, use.open >= (caps.concurrent ?? 0));
    reached("perHour", caps.perHour, use.lastHour, use.lastHour >= (caps.perHour ?? 0));
    reached("perDay", caps.perDay, use.today, use.today >= (caps.perDay ?? 0));
    reached("minutesPerDay", caps.minutesPerDay, minutes(use.todayMs), use.todayMs >= (caps.minutesPerDay ?? 0) * MINUTE_MS);
    // The first minute must be paid for.
    const isSpent = use.todayCost + (costPerMinute ?? 0) > parts(caps.costPerDay ?? 0);
    reached("costPerDay", caps.costPerDay, use.todayCost / COST_PARTS, isSpent);
  }
  return reasons;
}

function velocityReasons({ velocity }: DialPolicy, usage: DialUsage, costPerMinute: number | null): readonly DialReason[] {
  const reasons: DialReason[] = [];
  if (usage.callsLastMinute >= velocity.callsPerMinute)
    reasons.push({ code: "velocity", cap: "callsPerMinute", limit: velocity.callsPerMinute, value: usage.callsLastMinute + 1 });
  if (velocity.costPerHour !== null && usage.costLastHour + (costPerMinute ?? 0) > parts(velocity.costPerHour))
    reasons.push({ code: "velocity", cap: "costPerHour", limit: velocity.costPerHour, value: usage.costLastHour / COST_PARTS });
  return reasons;
}

/** How long the call may last by what is left of the day's minutes. */
function talkMsLeft(policy: DialPolicy, usage: DialUsage): number {
  return SCOPES.reduce((left, scope) => {
    const use = usage[scope];
    const cap = policy.caps[scope].minutesPerDay;
    return use === null || cap === null ? left : Math.min(left, cap * MINUTE_MS - use.todayMs);
  }, policy.callMinutesMax * MINUTE_MS);
}

function rateOf({ rates, otherPerMinute }: DialPolicy, dial: string): number | null {
  const perMinute = longestFit(rates, dial)?.perMinute ?? otherPerMinute;
  return perMinute === null ? null : parts(perMinute);
}

function longestFit<T extends { readonly prefix: string }>(rules: readonly T[], dial: string): T | null {
  let best: T | null = null;
  for (const rule of rules) if (dial.startsWith(rule.prefix) && (best === null || rule.prefix.length > best.prefix.length)) best = rule;
  return best;
}

const SCOPES: readonly DialScope[] = ["agent", "project", "trunk", "organisation"];
const parts = (money: number): number => Math.round(money * COST_PARTS);
const minutes = (ms: number): number => Math.floor(ms / MINUTE_MS);

const NO_CAPS: DialCaps = { concurrent: null, perHour: null, perDay: null, minutesPerDay: null, costPerDay: null };
const CURRENCIES: Readonly<Record<string, string>> = {
  AE: "AED",
  AM: "AMD",
  AU: "AUD",
  AZ: "AZN",
  BY: "BYN",
  CA: "CAD",
  CH: "CHF",
  CN: "CNY",
  GB: "GBP",
  GE: "GEL",
  IN: "INR",
  IR: "IRR",
  JP: "JPY",
  KG: "KGS",
  KZ: "KZT",
  RU: "RUB",
  TJ: "TJS",
  TR: "TRY",
  UA: "UAH",
  US: "USD",
  UZ: "UZS",
};

/** What to begin with: calls within the country, each agent one at a time, and a brake on everything. */
export function suggestedPolicy(country: string): DialPolicy {
  return {
    enabled: true,
    countries: [country],
    prefixes: [],
    kinds: { transfer: true, forward: false, redirect: false },
    forwardsKeepCallerId: false,
    hoursId: null,
    outsideHours: "deny",
    caps: {
      // Two: the customer's, and the one that is asked.
      agent: { ...NO_CAPS, concurrent: 2, perHour: 60 },
      project: NO_CAPS,
      trunk: NO_CAPS,
      organisation: { ...NO_CAPS, concurrent: 100, perHour: 2_000 },
    },
    callMinutesMax: 120,
    currency: CURRENCIES[country] ?? "EUR",
    rates: [],
    otherPerMinute: null,
    velocity: { callsPerMinute: 120, costPerHour: null },
    emergencyNumbers: [],
  };
}
