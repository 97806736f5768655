// The log and what was made from it, side by side, for whoever checks one against the other. Reads only.
import type { ContactId, Instant } from "@allo/kernel";
import type { Database, Scope, Tx } from "../../../platform/db.ts";

/** One event, as it was stored. */
export type ReadLine = {
  readonly contactId: ContactId;
  readonly sequence: number;
  readonly at: Instant;
  readonly kind: string;
  readonly data: Readonly<Record<string, unknown>>;
};
export type ReadAgentLine = Omit<ReadLine, "contactId"> & { readonly personId: string; readonly writer: string };
/** A row of the list, and the last event that it holds. */
export type ReadRow = {
  readonly contactId: ContactId;
  readonly sequence: number;
  readonly outcome: string | null;
  readonly talkMs: number | null;
  readonly holdMs: number | null;
  readonly wrapUpMs: number | null;
  readonly isTest: boolean;
};
export type Period = { readonly from: Instant; readonly to: Instant };
export type LogReader = {
  /** When the first event happened; null: the log is empty. */
  began(scope: Scope): Promise<Instant | null>;
  /** Contacts whose log has grown since it was projected. */
  due(scope: Scope): Promise<ReadonlySet<string>>;
  /** Contacts that arrived in [from, to), and have an event at most. */
  arrivals(scope: Scope, period: Period): Promise<readonly ContactId[]>;
  lines(scope: Scope, contactIds: readonly ContactId[]): Promise<readonly ReadLine[]>;
  /** In the order they were written, person by person. */
  agentLines(scope: Scope, period: Period): Promise<readonly ReadAgentLine[]>;
  rows(scope: Scope, period: Period): Promise<readonly ReadRow[]>;
  /** Those of these contacts that stand, or stood, in the lost calls. */
  lost(
    scope: Scope,
    contactIds: readonly ContactId[],
  ): Promise<ReadonlyMap<string, { readonly lostCallId: string | null; readonly isKnown: boolean }>>;
};

export const logReaderLimits = { contactsPerReadMax: 500 } as const;

export function createLogReader({ database }: { readonly database: Database }): LogReader {
  const inParts = async <T>(
    scope: Scope,
    ids: readonly ContactId[],
    read: (tx: Tx, part: readonly ContactId[]) => Promise<readonly T[]>,
  ): Promise<readonly T[]> => {
    const all: T[] = [];
    for (let from = 0; from < ids.length; from += logReaderLimits.contactsPerReadMax) {
      const part = ids.slice(from, from + logReaderLimits.contactsPerReadMax);
      all.push(...(await database.withScope(scope, (tx) => read(tx, part))));
    }
    return all;
  };
  return {
    async began(scope) {
      const [row] = await database.withScope(scope, (tx) =>
        tx.query<{ at: number }>("select at from contacts.contact_event where organisation_id = $1 order by at limit 1", [
          scope.organisationId,
        ]),
      );
      return row?.at ?? null;
    },
    async due(scope) {
      const rows = await database.withScope(scope, (tx) =>
        tx.query<{ contact_id: string }>("select distinct contact_id from contacts.projection_due"),
      );
      return new Set(rows.map(({ contact_id }) => contact_id));
    },
    async arrivals(scope, { from, to }) {
      const rows = await database.withScope(scope, (tx) =>
        tx.query<{ contact_id: ContactId }>(
          "select contact_id from contacts.contact_event where organisation_id = $1 and at >= $2 and at < $3 and kind = 'contactArrived' order by at, contact_id",
          [scope.organisationId, from, to],
        ),
      );
      return rows.map(({ contact_id }) => contact_id);
    },
    lines: (scope, contactIds) =>
      inParts(scope, contactIds, async (tx, part) => {
        const rows = await tx.query<{
          contact_id: ContactId;
          sequence: number;
          at: number;
          kind: string;
          payload: Record<string, unknown>;
        }>(
          "select contact_id, sequence, at, kind, payload from contacts.contact_event where contact_id = any ($1) order by contact_id, sequence",
          [part],
        );
        return rows.map(({ contact_id, payload, ...row }) => ({ ...row, contactId: contact_id, data: payload }));
      }),
    async agentLines(scope, { from, to }) {
      const rows = await database.withScope(scope, (tx) =>
        tx.query<{
          person_id: string;
          writer_node: string;
          writer_epoch: number;
          sequence: number;
          at: number;
          kind: string;
          payload: Record<string, unknown>;
        }>(
          `select person_id, writer_node, writer_epoch, sequence, at, kind, payload from contacts.agent_event
           where organisation_id = $1 and at >= $2 and at < $3 order by person_id, at, writer_epoch, sequence`,
          [scope.organisationId, from, to],
        ),
      );
      return rows.map(({ person_id, writer_node, writer_epoch, payload, ...row }) => ({
        ...row,
        personId: person_id,
        writer: `${writer_node} ${writer_epoch}`,
        data: payload,
      }));
    },
    async rows(scope, { from, to }) {
      const rows = await database.withScope(scope, (tx) =>
        tx.query<{
          contact_id: ContactId;
          sequence: number;
          outcome: string | null;
          talk_ms: number | null;
          hold_ms: number | null;
          wrap_up_ms: number | null;
          is_test: boolean;
        }>(
          `select contact_id, sequence, outcome, talk_ms, hold_ms, wrap_up_ms, is_test from contacts.contact_row
           where organisation_id = $1 and started_at >= $2 and started_at < $3`,
          [scope.organisationId, from, to],
        ),
      );
      return rows.map((row) => ({
        contactId: row.contact_id,
        sequence: row.sequence,
        outcome: row.outcome,
        talkMs: row.talk_ms,
        holdMs: row.hold_ms,
        wrapUpMs: row.wrap_up_ms,
        isTest: row.is_test,
      }));
    },
    async lost(scope, contactIds) {
      const rows = await inParts(scope, contactIds, (tx, part) =>
        tx.query<{ contact_id: string; lost_call_id: string | null; is_known: boolean }>(
          `select s.contact_id, s.lost_call_id, l.lost_call_id is not null as is_known
           from contacts.lost_call_seen s left join contacts.lost_call l on l.lost_call_id = s.lost_call_id
           where s.how = 'lost' and s.contact_id = any ($1)`,
          [part],
        ),
      );
      return new Map(rows.map((row) => [row.contact_id, { lostCallId: row.lost_call_id, isKnown: row.is_known }]));
    },
  };
}
