import type { DialPolicy, DialPolicyState, DialState, DialTrial, HoursRule, QueryOf, ResponseOf } from "@allo/contract";
import type { Clock, IdSource, OrganisationId } from "@allo/kernel";
import { ApiError, invalidField, staleVersion } from "../../platform/api-error.ts";
import { decodeCursor, encodeCursor } from "../../platform/cursor.ts";
import type { Database } from "../../platform/db.ts";
import { differences } from "../../platform/differences.ts";
import type { Api, Principal } from "../../platform/http.ts";
import type { OrganisationConfig } from "../directory/index.ts";
import type { Audit } from "../identity/index.ts";
import { dialCountries } from "./destination.ts";
import { COST_PARTS, suggestedPolicy } from "./core/dial-policy.ts";
import { emergencyNumbersOf } from "./core/emergency-numbers.ts";
import { createDialGate, scopeOf, type DialBook, type DialGate } from "./gate.ts";
import { diallingLimits } from "./limits.ts";
import { decisionList } from "./store/decision-store.ts";
import { policyPut, stopInsert, stopLift, type StoredStop } from "./store/policy-store.ts";

export type { DialAnswer, DialAsk, DialGate } from "./gate.ts";

export type Dialling = {
  /** Reads policies, switches and what was used, for organisations that stand; before anything is asked. */
  load(organisationIds: readonly OrganisationId[]): Promise<void>;
  register(api: Api): void;
  /** Policy or switch changed, after the commit. */
  onChanged(listener: (organisationId: OrganisationId) => void): void;
  readonly gate: DialGate;
};

type By = { readonly principal: Principal; readonly address: string };

/** Outgoing calls: the policy, the gate that every one passes, the switch, and why something was refused. */
export function createDialling(deps: {
  readonly db: Database;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly audit: Audit;
  readonly log: { warn(fields: object, message: string): void; error(fields: object, message: string): void };
  readonly identity: {
    organisation(organisationId: OrganisationId): { readonly defaultCountry: string; readonly timeZone: string };
    nameOf(organisationId: OrganisationId, personId: string): string;
  };
  readonly directory: { config(organisationId: OrganisationId): OrganisationConfig | null };
}): Dialling {
  const { db, clock, ids, audit, identity, directory } = deps;
  const listeners: ((organisationId: OrganisationId) => void)[] = [];
  const tell = (organisationId: OrganisationId): void => {
    for (const listener of listeners) listener(organisationId);
  };
  const gate = createDialGate({
    db,
    clock,
    ids,
    log: deps.log,
    organisation: (organisationId) => identity.organisation(organisationId),
    hoursOf: (organisationId, hoursId) => hoursRule(directory.config(organisationId), hoursId),
    onStopped: (organisationId, stop) => {
      deps.log.warn(
        { event: "dialStopped", cause: stop.cause, limit: stop.limit, value: stop.value },
        "Outgoing calls stopped by themselves",
      );
      tell(organisationId);
    },
  });

  const bookOf = (principal: Principal): DialBook => {
    const book = gate.book(principal.organisationId);
    if (book === undefined) throw new ApiError("starting", 503);
    return book;
  };

  const policyState = (principal: Principal): DialPolicyState => {
    const { policy, version } = bookOf(principal);
    const { defaultCountry } = identity.organisation(principal.organisationId);
    return {
      policy,
      version,
      suggested: suggestedPolicy(defaultCountry),
      country: defaultCountry,
      countryEmergencyNumbers: [...emergencyNumbersOf(defaultCountry)],
      countries: [...dialCountries()],
    };
  };

  const policySet = async ({ principal, address }: By, policy: DialPolicy, version: number): Promise<DialPolicyState> => {
    const { organisationId } = principal;
    const book = bookOf(principal);
    requireUniquePrefixes(policy.prefixes, "prefixes");
    requireUniquePrefixes(policy.rates, "rates");
    const known = new Set(dialCountries().map((each) => each.country));
    for (const [index, country] of policy.countries.entries())
      if (!known.has(country)) throw invalidField(`countries.${String(index)}`, "unknown", "is not a country with numbers");
    if (policy.hoursId !== null && hoursRule(directory.config(organisationId), policy.hoursId) === null)
      throw invalidField("hoursId", "unknown", "are no opening hours in use");
    await db.withScope(scopeOf(organisationId), async (tx) => {
      const at = clock.now();
      if (!(await policyPut(tx, { organisationId, settings: policy, version, at }))) throw staleVersion(["policy"]);
      const [before, after] = book.policy === null ? [null, policy] : differences(book.policy, policy);
      const objectId = organisationId;
      await audit.write(tx, {
        actor: principal,
        action: "dialPolicy.change",
        objectType: "dialPolicy",
        objectId,
        before,
        after,
        address,
        at,
      });
    });
    book.policy = policy;
    book.version = version + 1;
    tell(organisationId);
    return policyState(principal);
  };

  const state = (principal: Principal): DialState => {
    const { organisationId } = principal;
    const { stop, policy } = bookOf(principal);
    const use = gate.usage(organisationId, { personId: null, projectId: null, trunkId: null })?.organisation;
    return {
      stop: stop === null ? null : shownStop(organisationId, stop),
      setUp: policy !== null,
      today: {
        calls: use?.today ?? 0,
        open: use?.open ?? 0,
        minutes: Math.ceil((use?.todayMs ?? 0) / 60_000),
        cost: (use?.todayCost ?? 0) / COST_PARTS,
        currency: policy?.currency ?? null,
      },
    };
  };
  const shownStop = (organisationId: OrganisationId, { stoppedBy, ...stop }: StoredStop): DialState["stop"] => ({
    ...stop,
    byName: stoppedBy === null ? null : identity.nameOf(organisationId, stoppedBy),
  });

  const stopByHand = async ({ principal, address }: By, reason: string): Promise<DialState> => {
    const { organisationId, personId } = principal;
    const book = bookOf(principal);
    if (book.stop !== null) throw new ApiError("wrongState", 409, "Outgoing calls are stopped already");
    const at = clock.now();
    const stop: StoredStop = { stopId: ids.next("dis"), at, cause: "byHand", limit: null, value: null, stoppedBy: personId, reason };
    await db.withScope(scopeOf(organisationId), async (tx) => {
      await stopInsert(tx, organisationId, stop);
      const after = { reason };
      await audit.write(tx, {
        actor: principal,
        action: "dialling.stop",
        objectType: "dialling",
        objectId: stop.stopId,
        before: null,
        after,
        address,
        at,
      });
    });
    book.stop = stop;
    tell(organisationId);
    return state(principal);
  };

  const lift = async ({ principal, address }: By, reason: string): Promise<DialState> => {
    const { organisationId, personId } = principal;
    const book = bookOf(principal);
    const { stop } = book;
    if (stop === null) throw new ApiError("wrongState", 409, "Outgoing calls aren't stopped");
    const at = clock.now();
    await db.withScope(scopeOf(organisationId), async (tx) => {
      await stopLift(tx, { stopId: stop.stopId, at, personId, reason });
      const before = { cause: stop.cause, limit: stop.limit, value: stop.value, stoppedAt: stop.at };
      await audit.write(tx, {
        actor: principal,
        action: "dialling.lift",
        objectType: "dialling",
        objectId: stop.stopId,
        before,
        after: { reason },
        address,
        at,
      });
    });
    book.stop = null;
    book.usage.countVelocityFrom(at);
    tell(organisationId);
    return state(principal);
  };

  const decisions = async (principal: Principal, query: QueryOf<"dialDecisionsList">): Promise<ResponseOf<"dialDecisionsList">> => {
    const { organisationId } = principal;
    const place = decodeCursor(query.cursor);
    const limit = query.limit ?? diallingLimits.pageRowsDefault;
    const rows = await db.withScope(scopeOf(organisationId), (tx) =>
      decisionList(tx, {
        after: place === null ? null : { at: Number(place[0]), decisionId: place[1] },
        limit: limit + 1,
        allowed: query.outcome === undefined ? null : query.outcome === "allowed",
        personId: query.personId ?? null,
      }),
    );
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    return {
      items: shown.map(({ costParts, ...row }) => ({
        ...row,
        personName: row.personId === null ? "" : identity.nameOf(organisationId, row.personId),
        cost: costParts === null ? null : costParts / COST_PARTS,
      })),
      nextCursor: rows.length > limit && last !== undefined ? encodeCursor([String(last.at), last.decisionId]) : null,
    };
  };

  return {
    async load(organisationIds) {
      for (const organisationId of organisationIds) await gate.load(organisationId);
    },
    register(api) {
      api.on("dialPolicyGet", async ({ principal }) => policyState(principal));
      api.on("dialPolicyPut", ({ principal, address, body }) => policySet({ principal, address }, body.policy, body.version));
      api.on("dialTry", async ({ principal, body }): Promise<DialTrial> => {
        bookOf(principal);
        const { organisationId } = principal;
        const verdict = gate.tryDial({ organisationId, kind: "agent", ...body });
        if (verdict === null) throw new ApiError("starting", 503);
        const { destination } = verdict;
        return {
          allowed: verdict.allowed,
          emergency: destination.range === "emergency",
          e164: destination.dial,
          country: destination.country,
          range: destination.range,
          reasons: verdict.allowed ? [] : [...verdict.reasons],
        };
      });
      api.on("dialDecisionsList", ({ principal, query }) => decisions(principal, query));
      api.on("dialStateGet", async ({ principal }) => state(principal));
      api.on("dialStop", ({ principal, address, body }) => stopByHand({ principal, address }, body.reason.trim()));
      api.on("dialLift", ({ principal, address, body }) => lift({ principal, address }, body.reason.trim()));
    },
    onChanged: (listener) => void listeners.push(listener),
    gate,
  };
}

function hoursRule(config: OrganisationConfig | null, hoursId: string): HoursRule | null {
  const hours = config?.hours.find((each) => each.hoursId === hoursId && !each.retired);
  return hours === undefined || config === null ? null : { ...hours, timeZone: hours.timeZone ?? config.timeZone };
}

function requireUniquePrefixes(rules: readonly { readonly prefix: string }[], path: string): void {
  const seen = new Set<string>();
  for (const [index, { prefix }] of rules.entries()) {
    if (seen.has(prefix)) throw invalidField(`${path}.${String(index)}.prefix`, "duplicate", "is there twice");
    seen.add(prefix);
  }
}
