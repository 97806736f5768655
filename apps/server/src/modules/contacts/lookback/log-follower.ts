// Follows the contacts' log and hands each contact that changed to the projections. What is due stands in a table that the log fills in
// its own transaction: by contact and sequence, never by a serial id, so that nothing is missed, whatever commits when. Delivery is at
// least once, so projections are idempotent; what they hold can be thrown away and made again from the log.
import type { ContactId, OrganisationId, Timers } from "@allo/kernel";
import { DatabaseAwayError, type Database, type Scope } from "../../../platform/db.ts";
import { describeError } from "../../../platform/describe-error.ts";
import { foldContact, type ContactFacts } from "../core/contact-facts.ts";
import type { Contacts } from "../service.ts";
import { contactEventList } from "../store/event-store.ts";
import { dueAddAllInTx, dueDeleteInTx, dueList, type Due } from "./due-store.ts";

export const followerLimits = {
  /** From a commit of the log to the projections; changes of this time go together. */
  coalesceMs: 80,
  /** The same after a run with more contacts than screens could show one by one. */
  busyCoalesceMs: 400,
  busyContactsMin: 15,
  contactsPerBatchMax: 500,
  retryEveryMs: 1_000,
  /** Facts of committed changes kept so that the log needn't be read again. */
  factsKeptMax: 5_000,
} as const;

/** What is kept up to date from the log. `apply` may see a contact again and must then change nothing. */
export type Projection = { readonly name: string; apply(scope: Scope, facts: readonly ContactFacts[]): Promise<void> };
export type Projected = { readonly organisationId: OrganisationId; readonly facts: readonly ContactFacts[] };

export type LogFollower = {
  /** Before `start`. */
  follow(projection: Projection): void;
  /** After all projections hold these contacts. */
  onProjected(listener: (projected: Projected) => void): void;
  /** Does what an earlier start left, then follows. */
  start(): Promise<void>;
  /** Resolves when nothing is due that could be done. */
  settled(): Promise<void>;
  /** Marks all of an organisation's contacts as due, and waits until they are projected. */
  replay(organisationId: OrganisationId): Promise<void>;
  close(): Promise<void>;
};

export function createLogFollower({
  database,
  contacts,
  organisations,
  timers,
  log,
}: {
  readonly database: Database;
  readonly contacts: Pick<Contacts, "events">;
  readonly organisations: () => readonly OrganisationId[];
  readonly timers: Timers;
  readonly log: { warn(fields: object, message: string): void; error(fields: object, message: string): void };
}): LogFollower {
  const projections: Projection[] = [];
  const listeners: ((projected: Projected) => void)[] = [];
  const dirty = new Set<OrganisationId>();
  const committedFacts = new Map<ContactId, ContactFacts>();
  // A contact that can't be projected must not hold up the others: it waits for its next event or the next start.
  const parked = new Set<ContactId>();
  /** Contacts of the last run. */
  let lastCount = 0;
  let running: Promise<void> | undefined;
  let cancelTimer: (() => void) | undefined;
  let commits = Promise.resolve();
  let isClosed = false;

  const schedule = (afterMs: number): void => {
    if (isClosed || cancelTimer !== undefined || running !== undefined) return;
    cancelTimer = timers.arm(afterMs, () => {
      cancelTimer = undefined;
      run().catch(() => undefined); // said in run
    });
  };

  const stopFollowing = contacts.events.on("contactChanged", ({ organisationId, facts, committed }) => {
    const noted = committed.then(
      () => {
        keepFacts(facts);
        parked.delete(facts.contactId);
        dirty.add(organisationId);
        schedule(lastCount >= followerLimits.busyContactsMin ? followerLimits.busyCoalesceMs : followerLimits.coalesceMs);
      },
      () => undefined, // the writer has said so; the log doesn't hold it
    );
    commits = Promise.all([commits, noted]).then(() => undefined);
  });
  database.onUp(() => {
    for (const organisationId of organisations()) dirty.add(organisationId);
    schedule(0);
  });

  const keepFacts = (facts: ContactFacts): void => {
    const known = committedFacts.get(facts.contactId);
    if (known !== undefined && known.lastSequence >= facts.lastSequence) return;
    committedFacts.delete(facts.contactId);
    committedFacts.set(facts.contactId, facts);
    const [oldest] = committedFacts.keys();
    if (committedFacts.size > followerLimits.factsKeptMax && oldest !== undefined) committedFacts.delete(oldest);
  };

  const run = (): Promise<void> => {
    cancelTimer?.();
    cancelTimer = undefined;
    running ??= work().finally(() => {
      running = undefined;
      if (dirty.size > 0) schedule(followerLimits.retryEveryMs);
    });
    return running;
  };

  const work = async (): Promise<void> => {
    lastCount = 0;
    for (let organisationId = first(dirty); organisationId !== undefined && !isClosed; organisationId = first(dirty)) {
      dirty.delete(organisationId);
      try {
        while (!isClosed && (await projectBatch(organisationId)));
      } catch (error) {
        dirty.add(organisationId);
        if (!(error instanceof DatabaseAwayError))
          log.error({ event: "projectionFailed", error: describeError(error) }, "Contacts could not be projected");
        throw error;
      }
    }
  };

  /** True while there may be more. */
  const projectBatch = async (organisationId: OrganisationId): Promise<boolean> => {
    const scope: Scope = { organisationId, projectIds: "*" };
    const due = await database.withScope(scope, (tx) => dueList(tx, { without: [...parked], limit: followerLimits.contactsPerBatchMax }));
    if (due.length === 0) return false;
    lastCount += due.length;
    const facts = await factsOf(scope, due);
    try {
      await applyAll(scope, facts);
    } catch (error) {
      if (error instanceof DatabaseAwayError) throw error;
      await applyOneByOne(scope, facts, error);
    }
    const done = facts.filter(({ contactId }) => !parked.has(contactId));
    await database.withScope(
      scope,
      (tx) =>
        dueDeleteInTx(
          tx,
          done.map(({ contactId, lastSequence }) => ({ contactId, through: lastSequence })),
        ),
      { isRemade: true },
    );
    for (const { contactId, lastSequence } of done)
      if ((committedFacts.get(contactId)?.lastSequence ?? 0) <= lastSequence) committedFacts.delete(contactId);
    if (done.length > 0) for (const listener of listeners) listener({ organisationId, facts: done });
    return due.length === followerLimits.contactsPerBatchMax;
  };

  const factsOf = async (scope: Scope, due: readonly Due[]): Promise<readonly ContactFacts[]> => {
    const facts: ContactFacts[] = [];
    const unread: ContactId[] = [];
    for (const { contactId, through } of due) {
      const known = committedFacts.get(contactId);
      if (known !== undefined && known.lastSequence >= through) facts.push(known);
      else unread.push(contactId);
    }
    if (unread.length === 0) return facts;
    const events = await database.withScope(scope, (tx) => contactEventList(tx, unread));
    const byContact = Map.groupBy(events, (event) => event.contactId);
    for (const contactId of unread) {
      try {
        const folded = foldContact(byContact.get(contactId) ?? []);
        if (folded === null) park(contactId, new Error("its log is empty"));
        else facts.push(folded);
      } catch (error) {
        park(contactId, error); // a gap in the log: it is never read over
      }
    }
    return facts;
  };

  const applyAll = async (scope: Scope, facts: readonly ContactFacts[]): Promise<void> => {
    if (facts.length > 0) for (const projection of projections) await projection.apply(scope, facts);
  };

  const applyOneByOne = async (scope: Scope, facts: readonly ContactFacts[], firstError: unknown): Promise<void> => {
    for (const each of facts) {
      try {
        await applyAll(scope, [each]);
      } catch (error) {
        if (error instanceof DatabaseAwayError) throw error;
        park(each.contactId, facts.length === 1 ? firstError : error);
      }
    }
  };

  const park = (contactId: ContactId, error: unknown): void => {
    parked.add(contactId);
    log.error({ event: "contactNotProjected", contactId, error: describeError(error) }, "A contact could not be projected");
  };

  const settled = async (): Promise<void> => {
    await commits;
    while (dirty.size > 0 || running !== undefined) await run();
  };

  return {
    follow: (projection) => void projections.push(projection),
    onProjected: (listener) => void listeners.push(listener),
    async start() {
      for (const organisationId of organisations()) dirty.add(organisationId);
      try {
        await run();
      } catch (error) {
        // Calls go on without lists: it is said in the log, and tried again.
        if (error instanceof DatabaseAwayError) throw error;
      }
    },
    settled,
    async replay(organisationId) {
      await settled();
      await database.withScope({ organisationId, projectIds: "*" }, (tx) => dueAddAllInTx(tx));
      dirty.add(organisationId);
      await settled();
    },
    async close() {
      isClosed = true;
      stopFollowing();
      cancelTimer?.();
      await running?.catch(() => undefined);
    },
  };
}

function first<T>(set: ReadonlySet<T>): T | undefined {
  const [value] = set;
  return value;
}
