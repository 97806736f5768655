import type { ContactId, Instant, PersonId, QueueId } from "@allo/kernel";
import type { Tx } from "../../../platform/db.ts";
import type { ContactOutcome } from "../core/events.ts";

export type EarlierRow = {
  readonly contactId: ContactId;
  readonly startedAt: Instant;
  readonly outcome: ContactOutcome | null;
  readonly queueId: QueueId;
  readonly agentId: PersonId | null;
};
export type EarlierFilter = { readonly callerIndex: string; readonly from: Instant; readonly before: Instant; readonly limit: number };

/**
 * Contacts of this caller that began in [from, before), latest first. Of the list's rows: their index holds under row-level security, where
 * one over what is in an event's payload would read all that came that day.
 */
export const EARLIER_SQL = `select contact_id, started_at, outcome, queue_id, agent_id from contacts.contact_row
  where caller_index = $1 and started_at >= $2 and started_at < $3 order by started_at desc, contact_id desc limit $4`;

export async function earlierList(tx: Tx, { callerIndex, from, before, limit }: EarlierFilter): Promise<readonly EarlierRow[]> {
  const rows = await tx.query<{
    contact_id: ContactId;
    started_at: Instant;
    outcome: ContactOutcome | null;
    queue_id: QueueId;
    agent_id: PersonId | null;
  }>(EARLIER_SQL, [callerIndex, from, before, limit], "earlier");
  return rows.map((row) => ({
    contactId: row.contact_id,
    startedAt: row.started_at,
    outcome: row.outcome,
    queueId: row.queue_id,
    agentId: row.agent_id,
  }));
}
