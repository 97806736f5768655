import type { ContactPage, ContactRow } from "@allo/contract";
import type { Clock, ContactId, Epoch, IdSource, Instant, NumberId, OrganisationId, PartyId, PersonId, WrapUpCodeId } from "@allo/kernel";
import { utf8Decode } from "@allo/kernel";
import { ApiError, notFound } from "../../platform/api-error.ts";
import type { Database, Scope } from "../../platform/db.ts";
import { createEventBus, type EventBus } from "../../platform/events.ts";
import type { Logger } from "../../platform/log.ts";
import type { Principal } from "../../platform/http.ts";
import { stepContact, type ContactCommand, type ContactStimulus } from "./core/contact-machine.ts";
import { marksOf } from "./core/contact-marks.ts";
import { evolveContact, foldContact, isNotCoded, waitMs, type ContactFacts, type PartyFacts } from "./core/contact-facts.ts";
import { CONTACT_EVENT_VERSION, type ContactEvent, type ContactEventBody, type ContactEventKind, type EdgeSource } from "./core/events.ts";
import { timelineLine } from "./core/timeline.ts";
import type { Appended, LogRecord, LogWriter } from "./log-writer.ts";
import { noCustomers, type ContactKeys, type CustomerDirectory, type CustomerName, type PeopleNames } from "./ports.ts";
import { contactEventList, contactEventRecord, notCodedCounts, notCodedList, openContactList } from "./store/event-store.ts";
import { earlierList, type EarlierRow } from "./store/earlier-store.ts";
import { noteDraftDeleteInTx, noteDraftFetch, noteDraftPutInTx, noteDraftTakeInTx, noteInsertInTx, noteList } from "./store/note-store.ts";

export const contactLimits = {
  /** Closed contacts kept in memory for what comes late: a saved recording, a code. */
  closedKeptMax: 2_000,
  notCodedListMax: 200,
  earlierTodayMax: 10,
  loadBatchMax: 500,
} as const;

export type Caller = { readonly number: string | null; readonly name: string | null };
export type ContactsEvents = {
  /** Something was added to the contact's log; `committed` resolves when it is in PostgreSQL. */
  contactChanged: {
    readonly organisationId: OrganisationId;
    readonly contactId: ContactId;
    readonly facts: ContactFacts;
    readonly kinds: readonly ContactEventKind[];
    readonly committed: Promise<void>;
  };
  /** The contact is over, wrap-up included. What comes later (a code, a recording, a note) comes as contactChanged. */
  contactClosed: {
    readonly organisationId: OrganisationId;
    readonly contactId: ContactId;
    readonly facts: ContactFacts;
    readonly committed: Promise<void>;
  };
};
export type Applied = { readonly facts: ContactFacts; readonly commands: readonly ContactCommand[]; readonly appended: Appended | null };
export type ApplyOptions = {
  readonly at?: Instant;
  /** The edge's event behind it: a repeated one is dropped. */
  readonly source?: EdgeSource;
  /** Rows of other streams that belong into the same transaction. */
  readonly alongside?: readonly LogRecord[];
  /** Somebody waits until it is committed. */
  readonly isAwaited?: boolean;
};
export type EarlierContact = Omit<EarlierRow, "agentId"> & { readonly agentName: string | null };
export type ContactBeginning = Omit<Extract<ContactEventBody, { readonly kind: "contactArrived" }>, "kind" | "callerIndex" | "caller"> & {
  readonly organisationId: OrganisationId;
  readonly projectId: ContactFacts["projectId"];
  readonly contactId: ContactId;
  readonly at: Instant;
  readonly source: EdgeSource | null;
  readonly callerState: ContactFacts["caller"];
  readonly caller: Caller;
};

export type ContactsDeps = {
  readonly database: Database;
  readonly writer: LogWriter;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly keys: ContactKeys;
  readonly epoch: Epoch;
  readonly people: PeopleNames;
  readonly customers?: CustomerDirectory;
  readonly log: Logger;
};

export type Contacts = ReturnType<typeof createContacts>;

/** Owns the contacts' log: what happens to a contact goes in here, in order, and is durable within the group commit. */
export function createContacts(deps: ContactsDeps) {
  const { database, writer, clock, ids, keys, epoch, people, log } = deps;
  let customers = deps.customers ?? noCustomers;
  const open = new Map<ContactId, ContactFacts>();
  const closed = new Map<ContactId, ContactFacts>(); // in order of closing
  const lastAt = new Map<ContactId, Instant>();
  const parked = new Map<ContactId, ContactFacts>();
  /** What isn't in the facts of open contacts that began here; of any other contact the key or PostgreSQL has to be asked. */
  const begun = new Map<ContactId, { readonly caller: Caller; hasNotes: boolean; readonly drafts: Set<PersonId> }>();
  const notCoded = new Map<PersonId, number>();
  /** Calls that have not ended, by number. */
  const underWay = new Map<NumberId, number>();
  const loading = new Map<ContactId, Promise<ContactFacts | null>>();
  const events: EventBus<ContactsEvents> = createEventBus((error, kind) =>
    log.error({ err: error, kind }, "a listener of contact events failed"),
  );

  const store = (
    bodies: readonly ContactEventBody[],
    before: ContactFacts | null,
    basis: Pick<ContactEvent, "organisationId" | "projectId" | "contactId">,
    options: {
      readonly at: Instant;
      readonly source: EdgeSource | null;
      readonly sealed: string | null;
      readonly alongside: readonly LogRecord[];
      readonly isAwaited: boolean;
    },
  ): { readonly facts: ContactFacts; readonly appended: Appended } => {
    let facts = before;
    const rows: LogRecord[] = [];
    for (const body of bodies) {
      const event: ContactEvent = {
        organisationId: basis.organisationId,
        projectId: basis.projectId,
        contactId: basis.contactId,
        sequence: (facts?.lastSequence ?? 0) + 1,
        at: options.at,
        schemaVersion: CONTACT_EVENT_VERSION,
        writer: epoch,
        source: options.source,
        body,
        sealed: options.sealed,
      };
      rows.push(contactEventRecord(event));
      facts = evolveContact(facts, event);
    }
    if (facts === null) throw new Error("no event was given");
    const appended = writer.append([...rows, ...options.alongside], { isAwaited: options.isAwaited });
    keep(facts, before);
    lastAt.set(facts.contactId, options.at);
    const { organisationId, contactId } = facts;
    events.emit("contactChanged", {
      organisationId,
      contactId,
      facts,
      kinds: bodies.map(({ kind }) => kind),
      committed: appended.committed,
    });
    if (facts.phase.kind === "closed" && before?.phase.kind !== "closed")
      events.emit("contactClosed", { organisationId, contactId, facts, committed: appended.committed });
    return { facts, appended };
  };

  const keep = (facts: ContactFacts, before: ContactFacts | null): void => {
    countNotCoded(before, -1);
    countNotCoded(facts, 1);
    countUnderWay(before, -1);
    countUnderWay(facts, 1);
    if (facts.phase.kind !== "closed") {
      keepOpen(facts);
      return;
    }
    open.delete(facts.contactId);
    parked.delete(facts.contactId);
    begun.delete(facts.contactId);
    keepClosed(facts);
  };

  const keepOpen = (facts: ContactFacts): void => {
    open.set(facts.contactId, facts);
    if (facts.phase.kind === "parked") parked.set(facts.contactId, facts);
    else parked.delete(facts.contactId);
  };

  const keepClosed = (facts: ContactFacts): void => {
    closed.set(facts.contactId, facts);
    if (closed.size <= contactLimits.closedKeptMax) return;
    const [oldest] = closed.keys();
    if (oldest === undefined) return;
    closed.delete(oldest);
    lastAt.delete(oldest);
  };

  const countNotCoded = (facts: ContactFacts | null, by: 1 | -1): void => {
    if (facts === null || facts.agentId === null || !isNotCoded(facts)) return;
    notCoded.set(facts.agentId, Math.max(0, (notCoded.get(facts.agentId) ?? 0) + by));
  };

  const countUnderWay = (facts: ContactFacts | null, by: 1 | -1): void => {
    if (facts === null || facts.phase.kind === "closed" || facts.endedAt !== null) return;
    const count = (underWay.get(facts.numberId) ?? 0) + by;
    if (count === 0) underWay.delete(facts.numberId);
    else underWay.set(facts.numberId, count);
  };

  const known = (contactId: ContactId): ContactFacts | undefined => open.get(contactId) ?? closed.get(contactId);

  const apply = (contactId: ContactId, stimulus: ContactStimulus, options: ApplyOptions = {}): Applied | null => {
    const facts = known(contactId);
    if (facts === undefined) return null;
    const source = options.source ?? null;
    if (
      source !== null &&
      source.edge.node === facts.edge.node &&
      source.edge.epoch === facts.edge.epoch &&
      source.sequence <= facts.edgeSequence
    )
      return null;
    const at = Math.max(lastAt.get(contactId) ?? 0, options.at ?? clock.now());
    const step = stepContact(facts, stimulus, at);
    if (step.events.length === 0) return { facts, commands: step.commands, appended: null };
    const { alongside = [], isAwaited = false } = options;
    const stored = store(step.events, facts, facts, { at, source, sealed: null, alongside, isAwaited });
    return { facts: stored.facts, commands: step.commands, appended: stored.appended };
  };

  /** The contact's facts, read from the log where they are not in memory; null: there is no such contact in this scope. */
  const load = async (scope: Scope, contactId: ContactId): Promise<ContactFacts | null> => {
    const inMemory = known(contactId);
    if (inMemory !== undefined) return isWithin(scope, inMemory) ? inMemory : null;
    // One read at a time, so that two callers can't number events from the same state.
    const reading = loading.get(contactId) ?? readContact({ organisationId: scope.organisationId, projectIds: "*" }, contactId);
    loading.set(contactId, reading);
    try {
      const facts = await reading;
      if (facts === null || !isWithin(scope, facts)) return null;
      return known(contactId) ?? remember(facts);
    } finally {
      loading.delete(contactId);
    }
  };

  const remember = (facts: ContactFacts): ContactFacts => {
    if (facts.phase.kind === "closed") keepClosed(facts);
    else {
      keepOpen(facts);
      countUnderWay(facts, 1);
    }
    return facts;
  };

  const readContact = async (scope: Scope, contactId: ContactId): Promise<ContactFacts | null> =>
    database.withScope(scope, async (tx) => {
      const events = await contactEventList(tx, [contactId]);
      lastAt.set(contactId, events.at(-1)?.at ?? 0);
      return foldContact(events);
    });

  const callerOf = (facts: Pick<ContactFacts, "organisationId" | "contactId" | "sealedCaller">): Caller => {
    if (facts.sealedCaller === null) return { number: null, name: null };
    const known = begun.get(facts.contactId);
    if (known !== undefined) return known.caller;
    const opened = keys.open(
      facts.organisationId,
      facts.contactId,
      Buffer.from(facts.sealedCaller, "base64"),
      callerContext(facts.contactId),
    );
    // An erased key leaves the facts and takes the person.
    return opened.ok ? (JSON.parse(utf8Decode(opened.value)) as Caller) : { number: null, name: null };
  };

  const customerOf = async (facts: ContactFacts): Promise<CustomerName | null> => {
    if (facts.customerId !== null) return customers.byId(facts.organisationId, facts.customerId);
    const { number } = callerOf(facts);
    return number !== null && facts.caller === "number" ? customers.byNumber(facts.organisationId, facts.projectId, number) : null;
  };

  const rowOf = async (facts: ContactFacts): Promise<ContactRow> => {
    const customer = facts.customerId === null ? null : await customers.byId(facts.organisationId, facts.customerId);
    const agentName = facts.agentId === null ? null : await people.nameOf(facts.organisationId, facts.agentId);
    return contactRow(facts, { callerNumber: callerOf(facts).number, customerName: customer?.name ?? null, agentName });
  };

  /** The number of somebody outside, as the log may hold it. */
  const outsideSeal = (facts: Pick<ContactFacts, "organisationId" | "contactId">, partyId: PartyId, number: string): string =>
    Buffer.from(keys.seal(facts.organisationId, facts.contactId, number, outsideContext(partyId))).toString("base64");
  const outsideNumberOf = (facts: Pick<ContactFacts, "organisationId" | "contactId">, party: PartyFacts): string | null => {
    if (party.outside === null) return null;
    const sealed = Buffer.from(party.outside.sealedNumber, "base64");
    const opened = keys.open(facts.organisationId, facts.contactId, sealed, outsideContext(party.partyId));
    return opened.ok ? utf8Decode(opened.value) : null;
  };

  const noteSeal = (facts: ContactFacts, text: string, context: string): Uint8Array =>
    keys.seal(facts.organisationId, facts.contactId, text, context);
  const noteOpen = (facts: ContactFacts, sealed: Uint8Array, context: string): string => {
    const opened = keys.open(facts.organisationId, facts.contactId, sealed, context);
    return opened.ok ? utf8Decode(opened.value) : "";
  };

  const page = async (scope: Scope, contactId: ContactId): Promise<ContactPage> => {
    const facts = await load(scope, contactId);
    if (facts === null) throw notFound();
    const { events, notes } = await database.withScope(scope, async (tx) => ({
      events: await contactEventList(tx, [contactId]),
      notes: await noteList(tx, contactId),
    }));
    const names = new Map<PersonId, string | null>();
    const nameOf = async (personId: PersonId): Promise<string | null> => {
      if (!names.has(personId)) names.set(personId, await people.nameOf(facts.organisationId, personId));
      return names.get(personId) ?? null;
    };
    const timeline: ContactPage["timeline"] = [];
    for (const { body, sequence, at } of events) {
      const line = timelineLine(body);
      if (line === null) continue;
      const actorName = line.actorId === null ? null : await nameOf(line.actorId);
      timeline.push({ sequence, at, kind: line.item.kind, actorId: line.actorId, actorName, details: { ...line.item.details } });
    }
    return {
      contact: await rowOf(facts),
      timeline,
      notes: await Promise.all(
        notes.map(async ({ noteId, at, authorId, sealed }) => ({
          noteId,
          at,
          authorId,
          authorName: (await nameOf(authorId)) ?? "",
          text: noteOpen(facts, sealed, noteContext(noteId)),
        })),
      ),
      recordings: facts.recordings
        .filter(({ state }) => state !== "prepared")
        .map(({ recordingId, state, startedAt, durationMs }) => ({
          recordingId,
          state: state === "recording" && facts.endedAt !== null ? "cut" : state,
          startedAt,
          durationMs,
        })),
    };
  };

  const mayHaveDraft = (contactId: ContactId, personId: PersonId): boolean => begun.get(contactId)?.drafts.has(personId) ?? true;

  const notesOf = async (facts: ContactFacts): Promise<readonly ContactPage["notes"][number][]> => {
    if (begun.get(facts.contactId)?.hasNotes === false) return [];
    const notes = await database.withScope(scopeOf(facts), (tx) => noteList(tx, facts.contactId));
    return Promise.all(
      notes.map(async ({ noteId, at, authorId, sealed }) => ({
        noteId,
        at,
        authorId,
        authorName: (await people.nameOf(facts.organisationId, authorId)) ?? "",
        text: noteOpen(facts, sealed, noteContext(noteId)),
      })),
    );
  };

  /** In place of what its author had drafted of it. */
  const addNote = async (facts: ContactFacts, authorId: PersonId, text: string, ofDraft = false): Promise<{ readonly noteId: string }> => {
    const noteId = ids.next("not");
    const sealed = noteSeal(facts, text, noteContext(noteId));
    const known = begun.get(facts.contactId);
    if (known !== undefined) known.hasNotes = true;
    await database.withScope(scopeOf(facts), async (tx) => {
      await noteInsertInTx(tx, facts, { noteId, contactId: facts.contactId, authorId, at: clock.now(), sealed });
      if (ofDraft) await noteDraftDeleteInTx(tx, facts.contactId, authorId);
    });
    return { noteId };
  };

  return {
    events,
    apply,
    load,
    callerOf,
    outsideSeal,
    outsideNumberOf,
    customerOf,
    rowOf,
    page,
    notesOf,

    /** The module that owns customers comes later in the wiring. */
    useCustomers(directory: CustomerDirectory): void {
      customers = directory;
    },

    /** Begins a contact: its key must exist (`keys.create`). */
    begin(beginning: ContactBeginning): { readonly facts: ContactFacts; readonly appended: Appended } {
      const { organisationId, projectId, contactId, at, source, callerState, caller, ...rest } = beginning;
      const callerIndex = caller.number !== null ? keys.blindIndex(organisationId, "phone", caller.number) : null;
      const sealed = Buffer.from(keys.seal(organisationId, contactId, JSON.stringify(caller), callerContext(contactId))).toString("base64");
      begun.set(contactId, { caller, hasNotes: false, drafts: new Set() });
      return store(
        [{ kind: "contactArrived", ...rest, caller: callerState, callerIndex }],
        null,
        { organisationId, projectId, contactId },
        { at, source, sealed, alongside: [], isAwaited: true },
      );
    },

    facts: (contactId: ContactId): ContactFacts | undefined => known(contactId),
    isOpen: (contactId: ContactId): boolean => open.has(contactId),
    /** All that is not closed, of every organisation. */
    openList: (): readonly ContactFacts[] => [...open.values()],
    /** Open, and in a slot. */
    parkedList: (): readonly ContactFacts[] => [...parked.values()],
    underWayCount: (numberId: NumberId): number => underWay.get(numberId) ?? 0,
    notCodedCount: (personId: PersonId): number => notCoded.get(personId) ?? 0,

    /** Reads what an earlier start left open, organisation by organisation. */
    async recover(organisationIds: readonly OrganisationId[]): Promise<void> {
      for (const organisationId of organisationIds) {
        const scope: Scope = { organisationId, projectIds: "*" };
        const contactIds = await database.withScope(scope, async (tx) => {
          for (const [personId, count] of await notCodedCounts(tx)) notCoded.set(personId, count);
          return openContactList(tx);
        });
        for (let from = 0; from < contactIds.length; from += contactLimits.loadBatchMax) {
          const part = contactIds.slice(from, from + contactLimits.loadBatchMax);
          const all = await database.withScope(scope, (tx) => contactEventList(tx, part));
          for (const [contactId, list] of Map.groupBy(all, (event) => event.contactId)) {
            const facts = foldContact(list);
            if (facts === null) continue;
            lastAt.set(contactId, list.at(-1)?.at ?? 0);
            keepOpen(facts);
            countUnderWay(facts, 1);
          }
        }
      }
    },

    /** Like `apply`, for a contact that may have to be read from the log first; waits until it is in PostgreSQL. */
    async applyCommitted(scope: Scope, contactId: ContactId, stimulus: ContactStimulus): Promise<Applied> {
      const facts = await load(scope, contactId);
      const applied = facts === null ? null : apply(contactId, stimulus, { isAwaited: true });
      if (applied === null) throw notFound();
      await applied.appended?.committed;
      return applied;
    },

    /** Adds a note; answered when it is in PostgreSQL. */
    async note(scope: Scope, contactId: ContactId, authorId: PersonId, text: string): Promise<void> {
      const facts = await load(scope, contactId);
      if (facts === null) throw notFound();
      const { noteId } = await addNote(facts, authorId, text);
      await apply(contactId, { kind: "noteAdded", noteId, authorId }, { isAwaited: true })?.appended?.committed;
    },

    /** The wrap-up's code (null where none is owed) and note, in PostgreSQL before it answers. The same code again changes nothing. */
    async code(
      scope: Scope,
      contactId: ContactId,
      choice: { readonly agentId: PersonId; readonly wrapUpCodeId: WrapUpCodeId | null; readonly note: string },
    ): Promise<ContactFacts> {
      const facts = await load(scope, contactId);
      if (facts === null) throw notFound();
      const { wrapUpCodeId, agentId } = choice;
      const note = choice.note.trim();
      const hasDraft = mayHaveDraft(contactId, agentId);
      const isNoted = note === "" || (wrapUpCodeId !== null && facts.wrapUpCodeId === wrapUpCodeId);
      const added = isNoted ? null : await addNote(facts, agentId, note, hasDraft);
      const noted = added === null ? null : apply(contactId, { kind: "noteAdded", noteId: added.noteId, authorId: agentId });
      const isSame = wrapUpCodeId === null || known(contactId)?.wrapUpCodeId === wrapUpCodeId;
      const applied = isSame ? null : apply(contactId, { kind: "coded", agentId, wrapUpCodeId }, { isAwaited: true });
      // The agent is free after it: what they have thrown away needn't go first.
      const isDropped = hasDraft && added === null;
      await Promise.all([
        noted?.appended?.committed,
        applied?.appended?.committed,
        isDropped ? database.withScope(scopeOf(facts), (tx) => noteDraftDeleteInTx(tx, contactId, agentId)) : undefined,
      ]);
      return known(contactId) ?? facts;
    },

    async draftPut(facts: ContactFacts, personId: PersonId, text: string): Promise<void> {
      begun.get(facts.contactId)?.drafts.add(personId);
      const sealed = noteSeal(facts, text, draftContext(facts.contactId, personId));
      await database.withScope(scopeOf(facts), (tx) => noteDraftPutInTx(tx, facts, { personId, at: clock.now(), sealed }));
    },

    async draftFetch(facts: ContactFacts, personId: PersonId): Promise<string> {
      if (!mayHaveDraft(facts.contactId, personId)) return "";
      const sealed = await database.withScope(scopeOf(facts), (tx) => noteDraftFetch(tx, facts.contactId, personId));
      return sealed === null ? "" : noteOpen(facts, sealed, draftContext(facts.contactId, personId));
    },

    /**
     * What somebody wrote before the contact went on without them becomes a note of theirs: whoever has it next reads it. False: nothing
     * was written, or no more than a note of theirs says already.
     */
    async draftKeep(contactId: ContactId, personId: PersonId): Promise<boolean> {
      const facts = known(contactId);
      if (facts === undefined || !mayHaveDraft(contactId, personId)) return false;
      const written = (await notesOf(facts)).filter(({ authorId }) => authorId === personId).map(({ text }) => text);
      const noteId = ids.next("not");
      const isKept = await database.withScope(scopeOf(facts), async (tx) => {
        const draft = await noteDraftTakeInTx(tx, contactId, personId);
        const text = draft === null ? "" : noteOpen(facts, draft, draftContext(contactId, personId)).trim();
        if (text === "" || written.includes(text)) return false;
        const sealed = noteSeal(facts, text, noteContext(noteId));
        await noteInsertInTx(tx, facts, { noteId, contactId, authorId: personId, at: clock.now(), sealed });
        return true;
      });
      if (!isKept) return false;
      const begunHere = begun.get(contactId);
      if (begunHere !== undefined) begunHere.hasNotes = true;
      await apply(contactId, { kind: "noteAdded", noteId, authorId: personId })?.appended?.committed;
      return true;
    },

    async notCodedList(scope: Scope, personId: PersonId): Promise<readonly ContactRow[]> {
      const all = await database.withScope(scope, async (tx) => {
        const contactIds = await notCodedList(tx, personId, contactLimits.notCodedListMax);
        return contactEventList(tx, contactIds);
      });
      return rowsOf(all, rowOf);
    },

    /** Contacts of the same caller that began in [from, before the contact itself), latest first. */
    async earlierOf(facts: ContactFacts, from: Instant): Promise<readonly EarlierContact[]> {
      const { callerIndex, organisationId, projectId, contactId, startedAt: before } = facts;
      if (callerIndex === null) return [];
      const limit = contactLimits.earlierTodayMax;
      const stored = await database.withScope({ organisationId, projectIds: [projectId] }, (tx) =>
        earlierList(tx, { callerIndex, from, before, limit }),
      );
      // What is in memory may be newer than the list.
      const earlier = new Map(stored.map((row) => [row.contactId, row]));
      for (const kept of [open, closed])
        for (const each of kept.values())
          if (each.callerIndex === callerIndex && each.projectId === projectId && each.startedAt >= from && each.startedAt < before)
            earlier.set(each.contactId, each);
      earlier.delete(contactId);
      const latest = [...earlier.values()].toSorted((a, b) => b.startedAt - a.startedAt).slice(0, limit);
      return Promise.all(
        latest.map(async ({ agentId, ...row }) => ({
          contactId: row.contactId,
          startedAt: row.startedAt,
          outcome: row.outcome,
          queueId: row.queueId,
          agentName: agentId === null ? null : await people.nameOf(organisationId, agentId),
        })),
      );
    },
  };
}

/** A contact as lists and pages show it. */
export function contactRow(
  facts: ContactFacts,
  names: { readonly callerNumber: string | null; readonly customerName: string | null; readonly agentName: string | null },
): ContactRow {
  const recording = facts.recordings.findLast(({ state }) => state === "saved" || state === "recording");
  return {
    contactId: facts.contactId,
    projectId: facts.projectId,
    channel: facts.channel,
    state: shownState(facts),
    startedAt: facts.startedAt,
    endedAt: facts.endedAt,
    callerNumber: names.callerNumber,
    customerId: facts.customerId,
    customerName: names.customerName,
    queueId: facts.queueId,
    numberId: facts.numberId,
    language: facts.language,
    agentId: facts.agentId,
    agentName: names.agentName,
    outcome: facts.outcome,
    cause: facts.cause,
    waitMs: waitMs(facts),
    talkMs: facts.connectedAt === null ? null : facts.talkMs,
    holdMs: facts.connectedAt === null ? null : facts.holdMs,
    wrapUpMs: facts.wrapUpMs,
    coded: facts.wrapUpCodeId !== null,
    notCoded: isNotCoded(facts),
    wrapUpCodeId: facts.wrapUpCodeId,
    recordingId: recording?.recordingId ?? null,
    isTest: facts.test !== null,
    marks: [...marksOf(facts)],
    direction: facts.outbound === null ? "in" : "out",
  };
}

/** Throws unless the person may see this contact: all, or one's own. */
export function assertMayRead(principal: Principal, facts: ContactFacts): void {
  if (principal.permissions.has("contacts.readAll")) return;
  const tookPart =
    facts.agentId === principal.personId ||
    facts.segments.some((segment) => segment.alerts.some((alert) => alert.agentId === principal.personId)) ||
    facts.parties.some((party) => party.personId === principal.personId || party.by === principal.personId);
  if (!tookPart) throw new ApiError("notYourContact", 403);
}

export function scopeOf({ organisationId, projectId }: ContactFacts): Scope {
  return { organisationId, projectIds: [projectId] };
}

/** An ending contact's last sentence is part of where it stood. */
function shownState({ phase, segments }: ContactFacts): ContactRow["state"] {
  if (phase.kind === "dialling") return "ringing";
  if (phase.kind === "parked" || phase.kind === "passedOn") return "talking";
  if (phase.kind !== "ending") return phase.kind;
  return segments.length > 0 ? "waiting" : "greeting";
}

function isWithin(scope: Scope, facts: ContactFacts): boolean {
  return facts.organisationId === scope.organisationId && (scope.projectIds === "*" || scope.projectIds.includes(facts.projectId));
}

async function rowsOf(all: readonly ContactEvent[], rowOf: (facts: ContactFacts) => Promise<ContactRow>): Promise<readonly ContactRow[]> {
  const folded = [...Map.groupBy(all, (event) => event.contactId).values()].flatMap((list) => foldContact(list) ?? []);
  return Promise.all(folded.toSorted((a, b) => b.startedAt - a.startedAt).map(rowOf));
}

export function callerContext(contactId: ContactId): string {
  return `contact:${contactId}:caller`;
}
function outsideContext(partyId: PartyId): string {
  return `party:${partyId}:number`;
}
export function noteContext(noteId: string): string {
  return `note:${noteId}`;
}
function draftContext(contactId: ContactId, personId: PersonId): string {
  return `draft:${contactId}:${personId}`;
}
