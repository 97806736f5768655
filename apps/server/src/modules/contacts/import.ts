// Contacts that are over already, with their whole log: written by the statements of the live log, in bulk. Callers and notes are sealed
// as they are when a contact is live; what follows the log is told as if it had happened now.
import { Buffer } from "node:buffer";
import type { ContactId, PersonId } from "@allo/kernel";
import type { Database } from "../../platform/db.ts";
import type { EventBus } from "../../platform/events.ts";
import type { ContactFacts } from "./core/contact-facts.ts";
import type { AgentEvent, ContactEvent } from "./core/events.ts";
import type { LogRecord, LogStream } from "./log-writer.ts";
import type { ContactKeys } from "./ports.ts";
import { callerContext, noteContext, type Caller, type ContactsEvents } from "./service.ts";
import { agentEventRecord, agentEventStream, contactEventRecord, contactEventStream } from "./store/event-store.ts";
import { noteInsertAllInTx } from "./store/note-store.ts";

export const importLimits = {
  /** One statement of this many rows is far below what PostgreSQL may take a second for. */
  rowsPerStatementMax: 2_500,
} as const;

export type ImportedNote = {
  readonly noteId: string;
  readonly contactId: ContactId;
  readonly authorId: PersonId;
  readonly at: number;
  readonly text: string;
};
/** A part of the past. Each contact's events in order; `contactArrived` without its seal, which is made here of `callers`. */
export type ImportedContacts = {
  readonly events: readonly ContactEvent[];
  readonly agentEvents: readonly AgentEvent[];
  readonly callers: ReadonlyMap<ContactId, Caller>;
  readonly notes: readonly ImportedNote[];
  /** The fold of each contact's events, those of earlier parts included. */
  readonly facts: readonly ContactFacts[];
};
export type ContactImport = { add(part: ImportedContacts): Promise<void> };

export function createContactImport({
  database,
  keys,
  events,
}: {
  readonly database: Database;
  readonly keys: Pick<ContactKeys, "create" | "seal">;
  /** Of the contacts whose projections shall follow. */
  readonly events: EventBus<ContactsEvents>;
}): ContactImport {
  /** Contacts of an earlier part may go on in a later one. */
  const sealedCallers = new Map<ContactId, string>();

  const insert = async (stream: LogStream, records: readonly LogRecord[]): Promise<void> => {
    for (let from = 0; from < records.length; from += importLimits.rowsPerStatementMax) {
      const rows = records.slice(from, from + importLimits.rowsPerStatementMax).map(({ row }) => row);
      await database.withLog((tx) => tx.query(stream.insertSql, [JSON.stringify(rows)]));
    }
  };

  return {
    async add({ events: log, agentEvents, callers, notes, facts }) {
      const arrivals = log.filter((event) => event.body.kind === "contactArrived");
      await Promise.all(arrivals.map(({ organisationId, contactId }) => keys.create(organisationId, contactId)));
      for (const { organisationId, contactId } of arrivals) {
        const text = JSON.stringify(callers.get(contactId) ?? { number: null, name: null });
        const sealed = keys.seal(organisationId, contactId, text, callerContext(contactId));
        sealedCallers.set(contactId, Buffer.from(sealed).toString("base64"));
      }
      // A contact's rows next to each other: whoever reads one reads few pages.
      const grouped = [...Map.groupBy(log, (event) => event.contactId).values()].flat();
      const records = grouped.map((event) =>
        contactEventRecord(event.sequence === 1 ? { ...event, sealed: sealedCallers.get(event.contactId) ?? null } : event),
      );
      await insert(contactEventStream, records);
      await insert(agentEventStream, agentEvents.map(agentEventRecord));
      const ownerOf = new Map(facts.map((each) => [each.contactId, each]));
      for (const [organisationId, list] of Map.groupBy(notes, ({ contactId }) => ownerOf.get(contactId)?.organisationId)) {
        if (organisationId === undefined) throw new Error("a note's contact is not in its part");
        const rows = list.map(({ text, ...note }) => ({
          ...note,
          projectId: ownerOf.get(note.contactId)?.projectId ?? "",
          sealed: keys.seal(organisationId, note.contactId, text, noteContext(note.noteId)),
        }));
        await database.withScope({ organisationId, projectIds: "*" }, (tx) => noteInsertAllInTx(tx, organisationId, rows));
      }
      const kindsOf = new Map([...Map.groupBy(log, (event) => event.contactId)].map(([id, list]) => [id, list.at(-1)?.body.kind]));
      for (const each of facts) {
        const last = kindsOf.get(each.contactId);
        events.emit("contactChanged", {
          organisationId: each.organisationId,
          contactId: each.contactId,
          facts: { ...each, sealedCaller: sealedCallers.get(each.contactId) ?? each.sealedCaller },
          kinds: last === undefined ? [] : [last],
          committed: Promise.resolve(),
        });
      }
    },
  };
}
