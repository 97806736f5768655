// The gate with its state: policy, use and switch of each organisation in memory, each decision in its table.
import { dateAt, type DialKind, type DialPolicy, type DialReason, type HoursRule } from "@allo/contract";
import { assert } from "@allo/kernel";
import type { Clock, IdSource, Instant, OrganisationId, PersonId } from "@allo/kernel";
import type { Database, Scope, Tx } from "../../platform/db.ts";
import { describeError } from "../../platform/describe-error.ts";
import { decideDial, suggestedPolicy, type Destination, type DialUsage, type DialVerdict } from "./core/dial-policy.ts";
import { emergencyNumbersOf } from "./core/emergency-numbers.ts";
import { UsageBook, type Parties } from "./core/usage-book.ts";
import { readDestination, shownDestination } from "./destination.ts";
import { diallingLimits } from "./limits.ts";
import { chargesFetch, decisionInsert, decisionSettle, decisionTrim } from "./store/decision-store.ts";
import { policyFetch, stopFetchOpen, stopInsert, stopLastLiftedAt, type StoredStop } from "./store/policy-store.ts";

export type DialAsk = {
  readonly organisationId: OrganisationId;
  /** As it was typed or came in a Refer-To or Contact; never what is dialled: that is `dial` of the answer. */
  readonly destination: string;
  readonly kind: DialKind;
  /** Somebody outside wants it, nobody of ours: no emergency number is called for them. */
  readonly byOutsider?: boolean;
  readonly personId?: string | null;
  readonly projectId?: string | null;
  /** The trunks it may go out by, in the order of trying; those whose caps are reached are left out of the answer. */
  readonly trunkIds?: readonly string[];
};
export type DialAnswer =
  | {
      readonly kind: "allowed";
      /** To be settled or released when the call is over, by this id also after a restart. */
      readonly reservationId: string;
      /** E.164 with "+", or an emergency number as it is: this and nothing else goes out. */
      readonly dial: string;
      readonly country: string | null;
      readonly isEmergency: boolean;
      /** By which of the trunks asked for. */
      readonly trunkIds: readonly string[];
      readonly callerId: "own" | "passthrough";
      /** The call is hung up after so long. */
      readonly talkMsMax: number;
    }
  | { readonly kind: "refused"; readonly reasons: readonly DialReason[]; readonly destination: Destination };

/** Whether a number may be called out now. Every outgoing call asks it: an agent's, a transfer's, a forward's, a redirect's (3xx). */
export type DialGate = {
  ask(ask: DialAsk): Promise<DialAnswer>;
  /** A call for help: never held up, by nothing; it is written down while it is dialled. Null: it is no emergency number. */
  emergency(ask: DialAsk): { readonly reservationId: string; readonly dial: string; readonly talkMsMax: number } | null;
  /** The call is over after so much talk. Once; what isn't open is left alone. */
  settle(organisationId: OrganisationId, reservationId: string, ended: { readonly talkMs: number }): Promise<void>;
  /** The call came to nothing: nobody answered, or it was never placed. It counts as a call, without a minute. */
  release(organisationId: OrganisationId, reservationId: string): Promise<void>;
};

export type DialBook = {
  policy: DialPolicy | null;
  version: number;
  stop: StoredStop | null;
  readonly usage: UsageBook;
};

export type DialGateDeps = {
  readonly db: Database;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly log: { warn(fields: object, message: string): void; error(fields: object, message: string): void };
  readonly organisation: (organisationId: OrganisationId) => { readonly defaultCountry: string; readonly timeZone: string };
  /** The opening hours with their time zone; null where they are gone. */
  readonly hoursOf: (organisationId: OrganisationId, hoursId: string) => HoursRule | null;
  /** Outgoing calls were stopped by themselves. */
  readonly onStopped: (organisationId: OrganisationId, stop: StoredStop) => void;
};

export type LiveDialGate = DialGate & {
  load(organisationId: OrganisationId): Promise<void>;
  /** Undefined before it was read. */
  book(organisationId: OrganisationId): DialBook | undefined;
  /** What the gate would say; nothing is counted or written. */
  tryDial(ask: DialAsk): DialVerdict | null;
  usage(organisationId: OrganisationId, parties: Parties): DialUsage | null;
};

export function createDialGate(deps: DialGateDeps): LiveDialGate {
  const { db, clock, ids, log } = deps;
  const books = new Map<OrganisationId, DialBook>();
  const unsavedStops = new Map<OrganisationId, StoredStop>();
  let inserted = 0;
  const inScope = <T>(organisationId: OrganisationId, run: (tx: Tx) => Promise<T>): Promise<T> =>
    db.withScope(scopeOf(organisationId), run);

  const judge = (ask: DialAsk, book: DialBook | undefined, usage: DialUsage, at: Instant): DialVerdict => {
    const { organisationId } = ask;
    const hoursId = book?.policy?.hoursId ?? null;
    const country = deps.organisation(organisationId).defaultCountry;
    const emergencyNumbers = [...emergencyNumbersOf(country), ...(book?.policy?.emergencyNumbers ?? [])];
    return decideDial(book?.policy ?? null, usage, {
      request: {
        destination: readDestination(ask.destination, { country, emergencyNumbers }),
        kind: ask.kind,
        byOutsider: ask.byOutsider === true,
      },
      standing: {
        country,
        isStopped: book?.stop != null,
        hours: hoursId === null ? null : deps.hoursOf(organisationId, hoursId),
      },
      at,
    });
  };

  const ask: DialGate["ask"] = async (given) => {
    const { organisationId } = given;
    const at = clock.now();
    const book = books.get(organisationId);
    const judged = partiesOf(given).map((parties) => {
      const usage = book?.usage.usage(parties, at) ?? NO_USE;
      return { parties, usage, verdict: judge(given, book, usage, at) };
    });
    // Counted by the trunk that is tried first.
    const { parties, usage, verdict } = judged.find((each) => each.verdict.allowed) ?? firstOf(judged);
    const trunkIds = judged.flatMap((each) => (each.verdict.allowed && each.parties.trunkId !== null ? [each.parties.trunkId] : []));
    const isEmergency = verdict.destination.range === "emergency";
    if (book === undefined && !verdict.allowed) return refused(verdict.destination, [{ code: "unavailable" }]);
    const reservationId = ids.next("dia");
    const stop = verdict.allowed || book === undefined ? null : tripped(verdict.reasons, at);
    if (verdict.allowed && !isEmergency) book?.usage.reserve({ ...parties, reservationId, at, costPerMinute: verdict.costPerMinute });
    if (stop !== null && book !== undefined) {
      // In force at once, whether it can be written down or not.
      book.stop = stop;
      unsavedStops.set(organisationId, stop);
      deps.onStopped(organisationId, stop);
    }
    try {
      await inScope(organisationId, async (tx) => {
        await decisionInsert(tx, organisationId, {
          decisionId: reservationId,
          at,
          kind: given.kind,
          ...parties,
          shown: shownDestination(verdict.destination),
          country: verdict.destination.country,
          range: verdict.destination.range,
          allowed: verdict.allowed,
          reasons: verdict.allowed ? [] : verdict.reasons,
          usage,
          costPerMinute: verdict.allowed ? verdict.costPerMinute : null,
        });
        if (stop !== null) await stopInsert(tx, organisationId, stop);
        inserted += 1;
        if (inserted % diallingLimits.trimEvery === 0)
          await decisionTrim(tx, {
            keep: diallingLimits.decisionsMax,
            olderThan: at - diallingLimits.decisionAgeMsMax,
            never: at - diallingLimits.usageMs,
          });
      });
      if (stop !== null) unsavedStops.delete(organisationId);
    } catch (error) {
      log.warn(
        { event: "dialDecisionUnwritten", error: describeError(error) },
        "A decision about an outgoing call could not be written down",
      );
      if (verdict.allowed && !isEmergency) {
        // What can't be counted after a restart isn't let out.
        book?.usage.forget(reservationId);
        return refused(verdict.destination, [{ code: "unavailable" }]);
      }
    }
    if (!verdict.allowed) return refused(verdict.destination, verdict.reasons);
    const { destination, callerId, talkMsMax } = verdict;
    const { dial, country } = destination;
    return { kind: "allowed", reservationId, dial, country, isEmergency, trunkIds, callerId, talkMsMax };
  };

  const emergency: DialGate["emergency"] = (given) => {
    const at = clock.now();
    const verdict = judge(given, books.get(given.organisationId), NO_USE, at);
    if (!verdict.allowed || verdict.destination.range !== "emergency") return null;
    const { destination, talkMsMax } = verdict;
    const reservationId = ids.next("dia");
    inScope(given.organisationId, (tx) =>
      decisionInsert(tx, given.organisationId, {
        decisionId: reservationId,
        at,
        kind: given.kind,
        ...firstOf(partiesOf(given)),
        trunkId: null,
        shown: shownDestination(destination),
        country: destination.country,
        range: destination.range,
        allowed: true,
        reasons: [],
        usage: NO_USE,
        costPerMinute: 0,
      }),
    ).catch((error: unknown) =>
      log.warn({ event: "dialDecisionUnwritten", error: describeError(error) }, "A call for help could not be written down"),
    );
    return { reservationId, dial: destination.dial, talkMsMax };
  };

  const tripped = (reasons: readonly DialReason[], at: Instant): StoredStop | null => {
    const reason = reasons.find((each) => each.code === "velocity");
    if (reason === undefined || (reason.cap !== "callsPerMinute" && reason.cap !== "costPerHour")) return null;
    const { cap, limit, value } = reason;
    return { stopId: ids.next("dis"), at, cause: cap, limit: limit ?? null, value: value ?? null, stoppedBy: null, reason: "" };
  };

  const end = async (
    organisationId: OrganisationId,
    reservationId: string,
    talkMs: number,
    state: "settled" | "released",
  ): Promise<void> => {
    const at = clock.now();
    const settled = books.get(organisationId)?.usage.settle(reservationId, at, talkMs) ?? null;
    try {
      await inScope(organisationId, (tx) =>
        decisionSettle(tx, {
          decisionId: reservationId,
          at,
          talkMs: settled?.talkMs ?? Math.max(0, talkMs),
          cost: settled?.cost ?? 0,
          state,
        }),
      );
    } catch (error) {
      // It stands open in the table: after a restart it counts with all its time, never with too little.
      log.warn({ event: "dialSettleUnwritten", error: describeError(error) }, "The end of an outgoing call could not be written down");
    }
  };

  db.onUp(() => {
    for (const [organisationId, stop] of unsavedStops) {
      unsavedStops.delete(organisationId);
      // Lifted meanwhile: nothing to keep.
      if (books.get(organisationId)?.stop?.stopId !== stop.stopId) continue;
      inScope(organisationId, (tx) => stopInsert(tx, organisationId, stop)).catch((error: unknown) => {
        unsavedStops.set(organisationId, stop);
        log.error({ event: "dialStopUnwritten", error: describeError(error) }, "The stop of outgoing calls could not be written down");
      });
    }
  });

  return {
    ask,
    emergency,
    settle: (organisationId, reservationId, { talkMs }) => end(organisationId, reservationId, talkMs, "settled"),
    release: (organisationId, reservationId) => end(organisationId, reservationId, 0, "released"),

    async load(organisationId) {
      const at = clock.now();
      const { timeZone, defaultCountry } = deps.organisation(organisationId);
      const read = await inScope(organisationId, async (tx) => ({
        policy: await policyFetch(tx),
        stop: await stopFetchOpen(tx),
        liftedAt: await stopLastLiftedAt(tx),
        charges: await chargesFetch(tx, at - diallingLimits.usageMs),
      }));
      const usage = new UsageBook((instant) => dateAt(timeZone, instant));
      usage.restore(read.charges);
      if (read.liftedAt !== null) usage.countVelocityFrom(read.liftedAt);
      books.set(organisationId, {
        policy: read.policy === null ? null : { ...suggestedPolicy(defaultCountry), ...read.policy.settings },
        version: read.policy?.version ?? 0,
        stop: read.stop,
        usage,
      });
      for (const reservationId of usage.lapsed(at)) await end(organisationId, reservationId, Number.MAX_SAFE_INTEGER, "settled");
    },
    book: (organisationId) => books.get(organisationId),
    tryDial(given) {
      const book = books.get(given.organisationId);
      const at = clock.now();
      return book === undefined ? null : judge(given, book, book.usage.usage(firstOf(partiesOf(given)), at), at);
    },
    usage: (organisationId, parties) => books.get(organisationId)?.usage.usage(parties, clock.now()) ?? null,
  };
}

const NO_SCOPE_USE = { open: 0, lastHour: 0, today: 0, todayMs: 0, todayCost: 0 };
const NO_USE: DialUsage = { agent: null, project: null, trunk: null, organisation: NO_SCOPE_USE, callsLastMinute: 0, costLastHour: 0 };

/** One for each trunk it may go out by; one without where none is named. */
function partiesOf({ personId, projectId, trunkIds = [] }: DialAsk): readonly Parties[] {
  const by = { personId: (personId ?? null) as PersonId | null, projectId: projectId ?? null };
  return trunkIds.length === 0 ? [{ ...by, trunkId: null }] : trunkIds.map((trunkId) => ({ ...by, trunkId }));
}

function firstOf<T>(list: readonly T[]): T {
  const [first] = list;
  assert(first !== undefined, "a call has at least one way");
  return first;
}

function refused(destination: Destination, reasons: readonly DialReason[]): DialAnswer {
  return { kind: "refused", reasons, destination };
}

/** The gate sees all of an organisation, whoever asks. */
export function scopeOf(organisationId: OrganisationId): Scope {
  return { organisationId, projectIds: "*" };
}
