import type { ContactRow, QueryOf } from "@allo/contract";
import type { ContactId, CustomerId, PersonId, ProjectId, QueueId } from "@allo/kernel";
import { decodeCursor, encodeCursor } from "../../../platform/cursor.ts";
import type { Database } from "../../../platform/db.ts";
import type { Principal } from "../../../platform/http.ts";
import type { ContactKeys, PeopleNames } from "../ports.ts";
import type { Contacts } from "../service.ts";
import {
  contactRowClearInTx,
  contactRowList,
  contactRowPutInTx,
  queueHasContacts,
  type ContactFilter,
  type StoredContactRow,
} from "./contact-row-store.ts";
import type { Projection } from "./log-follower.ts";
import type { CustomerNames, NumberReader } from "./ports.ts";

export const contactListLimits = { pageDefault: 50 } as const;

export type ContactList = {
  readonly projection: Projection;
  list(principal: Principal, query: QueryOf<"contactsList">): Promise<{ items: ContactRow[]; nextCursor: string | null }>;
  /** Whether a contact has ever come to this queue. */
  hasAny(organisationId: Principal["organisationId"], queueId: string): Promise<boolean>;
  /** Forgets an organisation's rows; the follower's `replay` makes them again. */
  clear(organisationId: Principal["organisationId"]): Promise<void>;
};

/** The filtered, paged list of contacts. Whoever may not read all sees those in which they rang or talked. */
export function createContactList({
  database,
  contacts,
  keys,
  people,
  customers,
  readNumber,
}: {
  readonly database: Database;
  readonly contacts: Pick<Contacts, "callerOf" | "openList">;
  readonly keys: Pick<ContactKeys, "blindIndex">;
  readonly people: PeopleNames;
  readonly customers: CustomerNames;
  readonly readNumber: NumberReader;
}): ContactList {
  const present = async (principal: Principal, rows: readonly StoredContactRow[]): Promise<ContactRow[]> => {
    const { organisationId } = principal;
    const customerNames = await customers.namesOf(organisationId, unique(rows.map((row) => row.customerId as CustomerId | null)));
    const agentNames = new Map<string, string | null>();
    for (const personId of unique(rows.map((row) => row.agentId)))
      agentNames.set(personId, await people.nameOf(organisationId, personId as PersonId));
    return rows.map(({ organisationId: _organisation, callerIndex: _index, sealedCaller, ...row }) => ({
      ...row,
      callerNumber: contacts.callerOf({ organisationId, contactId: row.contactId as ContactId, sealedCaller }).number,
      customerName: row.customerId === null ? null : (customerNames.get(row.customerId as CustomerId) ?? null),
      agentName: row.agentId === null ? null : (agentNames.get(row.agentId) ?? null),
    }));
  };

  return {
    projection: {
      name: "contactRows",
      apply: (scope, facts) => database.withScope(scope, (tx) => contactRowPutInTx(tx, facts), { isRemade: true }),
    },
    async list(principal, query) {
      const limit = query.limit ?? contactListLimits.pageDefault;
      const filter = readFilter(principal, query, { keys, readNumber });
      const rows = await database.withScope({ organisationId: principal.organisationId, projectIds: principal.projectIds }, (tx) =>
        contactRowList(tx, { ...filter, limit: limit + 1 }),
      );
      const shown = rows.slice(0, limit);
      const last = shown.at(-1);
      return {
        items: await present(principal, shown),
        nextCursor: rows.length > limit && last !== undefined ? encodeCursor([String(last.startedAt), last.contactId]) : null,
      };
    },
    async hasAny(organisationId, queueId) {
      if (contacts.openList().some((facts) => facts.organisationId === organisationId && facts.queueId === queueId)) return true;
      return database.withScope({ organisationId, projectIds: "*" }, (tx) => queueHasContacts(tx, queueId));
    },
    clear: (organisationId) => database.withScope({ organisationId, projectIds: "*" }, (tx) => contactRowClearInTx(tx)),
  };
}

function readFilter(
  principal: Principal,
  query: QueryOf<"contactsList">,
  { keys, readNumber }: { readonly keys: Pick<ContactKeys, "blindIndex">; readonly readNumber: NumberReader },
): Omit<ContactFilter, "limit"> {
  const place = decodeCursor(query.cursor);
  let filter: Omit<ContactFilter, "limit"> = {
    after: place === null ? null : { startedAt: readTime(place[0]), contactId: place[1] as ContactId },
  };
  if (query.from !== undefined) filter = { ...filter, from: query.from };
  if (query.to !== undefined) filter = { ...filter, to: query.to };
  if (query.projectId !== undefined) filter = { ...filter, projectId: query.projectId as ProjectId };
  if (query.queueId !== undefined) filter = { ...filter, queueId: query.queueId as QueueId };
  if (query.outcome !== undefined) filter = { ...filter, outcome: query.outcome };
  if (query.customerId !== undefined) filter = { ...filter, customerId: query.customerId as CustomerId };
  if (query.notCoded !== undefined) filter = { ...filter, notCoded: query.notCoded };
  if (query.mark !== undefined) filter = { ...filter, mark: query.mark };
  if (query.agentId !== undefined) filter = { ...filter, agentId: query.agentId as PersonId, participantId: query.agentId as PersonId };
  if (!principal.permissions.has("contacts.readAll")) filter = { ...filter, participantId: principal.personId };
  const typed = query.number?.trim() ?? "";
  if (typed !== "") {
    // What can't be read as a number may be how a caller was named who had none: it is looked up as it came.
    const number = readNumber(principal.organisationId, typed) ?? typed;
    filter = { ...filter, callerIndex: keys.blindIndex(principal.organisationId, "phone", number) };
  }
  return filter;
}

/** A cursor of ours holds whole milliseconds; anything else is before all time, and the page is empty. */
function readTime(text: string): number {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : 0;
}

function unique<T extends string>(values: readonly (T | null)[]): readonly T[] {
  return [...new Set(values.filter((value) => value !== null))];
}
