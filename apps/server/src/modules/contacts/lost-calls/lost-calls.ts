import type { LostCall, QueryOf } from "@allo/contract";
import type { Clock, CustomerId, IdSource, LostCallId, OrganisationId, ProjectId } from "@allo/kernel";
import { ApiError, invalidField, notFound, staleVersion } from "../../../platform/api-error.ts";
import { decodeCursor, encodeCursor } from "../../../platform/cursor.ts";
import { isUniqueViolation, type Database, type Scope, type Tx } from "../../../platform/db.ts";
import { createEventBus, type EventBus } from "../../../platform/events.ts";
import type { Principal } from "../../../platform/http.ts";
import type { Logger } from "../../../platform/log.ts";
import type { Audit } from "../../identity/index.ts";
import type { ContactFacts } from "../core/contact-facts.ts";
import type { CustomerNames } from "../lookback/ports.ts";
import type { Projection } from "../lookback/log-follower.ts";
import type { PeopleNames } from "../ports.ts";
import type { Contacts } from "../service.ts";
import { callerMoments, settleProblem, type CallerMoment } from "./lost-call-rules.ts";
import {
  answeredList,
  entryInsertInTx,
  entryListForUpdate,
  entryUpdateInTx,
  lostCallCustomersInTx,
  lostCallFetchForUpdate,
  lostCallLimits,
  lostCallList,
  lostCallUpdate,
  seenInsertInTx,
  seenNames,
  type LostCallRow,
} from "./lost-call-store.ts";
import { takeIn, type LostEntry } from "./take-in.ts";

export type LostCallsEvents = {
  lostCallChanged: { readonly organisationId: OrganisationId; readonly projectId: ProjectId; readonly lostCallId: LostCallId };
};
export type LostCalls = {
  readonly projection: Projection;
  readonly events: EventBus<LostCallsEvents>;
  list(principal: Principal, query: QueryOf<"lostCallsList">): Promise<{ items: LostCall[]; nextCursor: string | null }>;
  attempt(by: Change, lostCallId: string): Promise<LostCall>;
  settle(
    by: Change,
    lostCallId: string,
    body: { readonly state: "calledBack" | "unreachable" | "dismissed"; readonly reason: string; readonly version: number },
  ): Promise<LostCall>;
  /** Takes the settling back. */
  reopen(by: Change, lostCallId: string): Promise<LostCall>;
};
type Moment = { readonly facts: ContactFacts; readonly moment: CallerMoment; readonly name: string };
type Change = { readonly principal: Principal; readonly address: string };

/** Callers who ended without having been answered: one open entry per number and project, until they are served. */
export function createLostCalls({
  database,
  contacts,
  clock,
  ids,
  audit,
  people,
  customers,
  log,
}: {
  readonly database: Database;
  readonly contacts: Pick<Contacts, "callerOf">;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly audit: Pick<Audit, "write">;
  readonly people: PeopleNames;
  readonly customers: CustomerNames;
  readonly log: Logger;
}): LostCalls {
  const events: EventBus<LostCallsEvents> = createEventBus((error, kind) =>
    log.error({ err: error, kind }, "a listener of lost calls failed"),
  );

  /** What the table of seen contacts holds as well, so that most changes of a contact needn't ask it. */
  const counted = new Set<string>();

  const apply = async (scope: Scope, all: readonly ContactFacts[]): Promise<void> => {
    const every = all.flatMap((facts) =>
      callerMoments(facts).map((moment) => ({ facts, moment, name: `${facts.contactId} ${moment.how}` })),
    );
    const moments = every.filter(({ name }) => !counted.has(name)).toSorted((a, b) => a.moment.at - b.moment.at);
    const tied = every.filter(({ facts, moment }) => facts.customerId !== null && moment.how === "lost").map(({ facts }) => facts);
    if (moments.length === 0 && tied.length === 0) return;
    const changed = await database.withScope(scope, async (tx) => {
      const touched = new Map<LostCallId, ProjectId>();
      for (const { lostCallId, projectId } of await takeInAll(tx, scope.organisationId, moments)) touched.set(lostCallId, projectId);
      if (tied.length === 0) return touched;
      const named = await lostCallCustomersInTx(
        tx,
        tied.map(({ contactId }) => contactId),
        tied.flatMap(({ customerId }) => customerId ?? []),
      );
      for (const { lostCallId, projectId } of named) touched.set(lostCallId, projectId);
      return touched;
    });
    for (const { name } of moments) counted.add(name);
    while (counted.size > lostCallLimits.countedKeptMax) counted.delete(counted.values().next().value ?? "");
    for (const [lostCallId, projectId] of changed)
      events.emit("lostCallChanged", { organisationId: scope.organisationId, projectId, lostCallId });
  };

  /** The entries that these moments made or changed. */
  const takeInAll = async (tx: Tx, organisationId: OrganisationId, moments: readonly Moment[]): Promise<readonly LostEntry[]> => {
    if (moments.length === 0) return [];
    const before = await seenNames(tx, unique(moments.map(({ facts }) => facts.contactId)));
    const fresh = moments.filter(({ name }) => !before.has(name));
    if (fresh.length === 0) return [];
    const callers = fresh.filter(({ facts }) => facts.callerIndex !== null);
    const callerIndexes = unique(callers.flatMap(({ facts }) => facts.callerIndex ?? []));
    const lost = callers.filter(({ moment }) => moment.how === "lost");
    const answered =
      lost.length === 0
        ? []
        : await answeredList(
            tx,
            unique(lost.flatMap(({ facts }) => facts.callerIndex ?? [])),
            Math.min(...lost.map(({ moment }) => moment.at)),
          );
    const open =
      callers.length === 0 ? [] : await entryListForUpdate(tx, unique(callers.map(({ facts }) => facts.projectId)), callerIndexes);
    const { inserted, changed, ties } = takeIn(fresh, { open, answered, nextId: () => ids.next("los") as LostCallId });
    if (changed.length > 0) await entryUpdateInTx(tx, changed);
    if (inserted.length > 0) await entryInsertInTx(tx, organisationId, inserted);
    await seenInsertInTx(
      tx,
      organisationId,
      fresh.map(({ facts: { contactId, projectId, callerIndex }, moment: { how, at } }) => ({
        contactId,
        how,
        at,
        projectId,
        callerIndex,
        lostCallId: how === "lost" ? (ties.get(contactId) ?? null) : null,
      })),
    );
    return [...inserted, ...changed];
  };

  const numberOf = (row: LostCallRow): string | null =>
    contacts.callerOf({ organisationId: row.organisationId, contactId: row.sealedBy, sealedCaller: row.sealedCaller }).number;

  const present = async (organisationId: OrganisationId, rows: readonly LostCallRow[]): Promise<LostCall[]> => {
    const numbers = new Map(rows.map((row) => [row.lostCallId, numberOf(row)]));
    const names = await customers.namesOf(organisationId, [
      ...new Set(rows.flatMap((row) => (row.customerId === null ? [] : [row.customerId as CustomerId]))),
    ]);
    const byNumber = new Map<string, { readonly customerId: CustomerId; readonly name: string }>();
    for (const [projectId, group] of Map.groupBy(
      rows.filter((row) => row.customerId === null && !row.isAnonymous),
      (row) => row.projectId,
    )) {
      const wanted = group.flatMap((row) => numbers.get(row.lostCallId) ?? []);
      for (const [number, customer] of await customers.byNumbers(organisationId, projectId as ProjectId, wanted))
        byNumber.set(`${projectId} ${number}`, customer);
    }
    return Promise.all(
      rows.map(
        async ({ organisationId: _organisation, sealedCaller: _sealed, sealedBy: _by, settledBy, isAnonymous: _anonymous, ...row }) => {
          const callerNumber = numbers.get(row.lostCallId) ?? null;
          const found = row.customerId === null ? byNumber.get(`${row.projectId} ${callerNumber ?? ""}`) : undefined;
          const customerName = row.customerId === null ? (found?.name ?? null) : (names.get(row.customerId as CustomerId) ?? null);
          const settledByName = settledBy === null ? null : await people.nameOf(organisationId, settledBy);
          return { ...row, callerNumber, customerId: row.customerId ?? found?.customerId ?? null, customerName, settledByName };
        },
      ),
    );
  };

  /** Locks, decides, writes and audits one lost call. */
  const change = async (by: Change, lostCallId: string, action: string, decide: (row: LostCallRow) => LostCallRow): Promise<LostCall> => {
    const { principal, address } = by;
    const after = await database
      .withScope({ organisationId: principal.organisationId, projectIds: principal.projectIds }, async (tx) => {
        const before = await lostCallFetchForUpdate(tx, lostCallId);
        if (before === null) throw notFound();
        const row = await lostCallUpdate(tx, decide(before));
        await audit.write(tx, {
          actor: principal,
          action,
          objectType: "lostCall",
          objectId: lostCallId,
          before: { state: before.state, attempts: before.attempts },
          after: { state: row.state, attempts: row.attempts },
          address,
          at: clock.now(),
        });
        return row;
      })
      .catch((error: unknown) => {
        if (isUniqueViolation(error, "lost_call_open_number"))
          throw new ApiError("alreadyExists", 409, "A newer lost call of this number is open");
        throw error;
      });
    events.emit("lostCallChanged", {
      organisationId: principal.organisationId,
      projectId: after.projectId as ProjectId,
      lostCallId: lostCallId as LostCallId,
    });
    const [shown] = await present(principal.organisationId, [after]);
    if (shown === undefined) throw new Error("a lost call is shown as nothing");
    return shown;
  };

  return {
    projection: { name: "lostCalls", apply },
    events,
    async list(principal, query) {
      const limit = query.limit ?? lostCallLimits.pageDefault;
      const place = decodeCursor(query.cursor);
      const after = place === null ? null : ([Number.isSafeInteger(Number(place[0])) ? Number(place[0]) : 0, place[1]] as const);
      const rows = await database.withScope({ organisationId: principal.organisationId, projectIds: principal.projectIds }, (tx) =>
        lostCallList(tx, {
          after,
          limit: limit + 1,
          state: query.state,
          owed: query.owed === true,
          projectId: query.projectId,
          queueId: query.queueId,
        }),
      );
      const shown = rows.slice(0, limit);
      const last = shown.at(-1);
      return {
        items: await present(principal.organisationId, shown),
        nextCursor: rows.length > limit && last !== undefined ? encodeCursor([String(last.lastAt), last.lostCallId]) : null,
      };
    },
    attempt: (by, lostCallId) =>
      change(by, lostCallId, "lostCall.attempt", (row) => {
        if (row.state !== "open") throw new ApiError("wrongState", 409, "It is settled already");
        return { ...row, attempts: row.attempts + 1 };
      }),
    settle: (by, lostCallId, { state, reason, version }) =>
      change(by, lostCallId, "lostCall.settle", (row) => {
        if (row.version !== version) throw staleVersion(["state", "attempts", "callCount"]);
        const problem = settleProblem(row.state, state, reason);
        if (problem === "alreadySettled") throw new ApiError("wrongState", 409, "It is settled already");
        if (problem === "reasonMissing") throw invalidField("reason", "empty", "must say why");
        return {
          ...row,
          state,
          settledAt: clock.now(),
          settledBy: by.principal.personId,
          reason: reason.trim() === "" ? null : reason.trim(),
        };
      }),
    reopen: (by, lostCallId) =>
      change(by, lostCallId, "lostCall.reopen", (row) => {
        if (row.state === "open") throw new ApiError("wrongState", 409, "It is open already");
        return { ...row, state: "open", settledAt: null, settledBy: null, reason: null };
      }),
  };
}

function unique<T extends string>(values: readonly T[]): readonly T[] {
  return [...new Set(values)];
}
