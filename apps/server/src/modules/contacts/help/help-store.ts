import type { HelpRequest } from "@allo/contract";
import type { ContactId, Instant, PersonId, ProjectId, QueueId } from "@allo/kernel";
import type { Tx } from "../../../platform/db.ts";
import type { ContactFacts, HelpFacts } from "../core/contact-facts.ts";

export type StoredHelp = HelpFacts & {
  readonly contactId: ContactId;
  readonly number: number;
  readonly projectId: ProjectId;
  readonly queueId: QueueId;
};
export type HelpPlace = { readonly askedAt: Instant; readonly contactId: string; readonly number: number };

/** Writes what these contacts say of leads who were asked for; what stands already is what they say. */
export async function helpPutInTx(tx: Tx, all: readonly ContactFacts[]): Promise<void> {
  const rows = all.flatMap(({ organisationId, projectId, contactId, queueId, helps }) =>
    helps.map(({ agentId, about, askedAt, endedAt, how, answeredBy }, index) => ({
      organisation_id: organisationId,
      project_id: projectId,
      contact_id: contactId,
      number: index + 1,
      queue_id: queueId,
      agent_id: agentId,
      about,
      asked_at: askedAt,
      ended_at: endedAt,
      how,
      answered_by: answeredBy,
    })),
  );
  if (rows.length === 0) return;
  // An end doesn't open again: facts that were read before it change nothing.
  await tx.query(
    `insert into contacts.help_request (organisation_id, project_id, contact_id, number, queue_id, agent_id, about, asked_at, ended_at, how, answered_by)
     select organisation_id, project_id, contact_id, number, queue_id, agent_id, about, asked_at, ended_at, how, answered_by
     from jsonb_to_recordset($1::jsonb) as rows (organisation_id text, project_id text, contact_id text, number integer, queue_id text, agent_id text, about text,
       asked_at bigint, ended_at bigint, how text, answered_by text)
     on conflict (contact_id, number) do update set about = excluded.about, ended_at = excluded.ended_at, how = excluded.how, answered_by = excluded.answered_by
     where contacts.help_request.ended_at is null`,
    [JSON.stringify(rows)],
  );
}

/** Forgets what was projected; the log is untouched. */
export async function helpClearInTx(tx: Tx): Promise<void> {
  await tx.query("delete from contacts.help_request");
}

/** The statement of a page, newest first, so that its plan can be looked at. */
export function helpListSql(filter: {
  readonly after: HelpPlace | null;
  readonly from: Instant | null;
  readonly to: Instant | null;
  readonly limit: number;
}): { readonly sql: string; readonly values: readonly unknown[] } {
  const values: unknown[] = [];
  const given = (value: unknown): string => `$${values.push(value)}`;
  const conditions: string[] = [];
  const { after } = filter;
  if (after !== null)
    conditions.push(
      `(asked_at, contact_id, number) < (${given(after.askedAt)}::bigint, ${given(after.contactId)}::text, ${given(after.number)}::integer)`,
    );
  if (filter.from !== null) conditions.push(`asked_at >= ${given(filter.from)}::bigint`);
  if (filter.to !== null) conditions.push(`asked_at < ${given(filter.to)}::bigint`);
  const where = conditions.length === 0 ? "" : `where ${conditions.join(" and ")}`;
  return {
    sql: `select contact_id, number, project_id, queue_id, agent_id, about, asked_at, ended_at, how, answered_by from contacts.help_request ${where}
      order by asked_at desc, contact_id desc, number desc limit ${given(filter.limit)}`,
    values,
  };
}

export async function helpList(tx: Tx, filter: Parameters<typeof helpListSql>[0]): Promise<readonly StoredHelp[]> {
  const { sql, values } = helpListSql(filter);
  const rows = await tx.query<{
    contact_id: ContactId;
    number: number;
    project_id: ProjectId;
    queue_id: QueueId;
    agent_id: PersonId;
    about: HelpRequest["about"];
    asked_at: Instant;
    ended_at: Instant | null;
    how: HelpRequest["how"];
    answered_by: PersonId | null;
  }>(sql, values);
  return rows.map((row) => ({
    contactId: row.contact_id,
    number: row.number,
    projectId: row.project_id,
    queueId: row.queue_id,
    agentId: row.agent_id,
    about: row.about,
    askedAt: row.asked_at,
    endedAt: row.ended_at,
    how: row.how,
    answeredBy: row.answered_by,
  }));
}

export type HelpSums = {
  readonly asked: number;
  readonly answered: number;
  readonly open: number;
  readonly medianMs: number | null;
  readonly p90Ms: number | null;
};

/** Counts of a period and the waits of those who were answered, as values that occurred (percentile_disc). */
export async function helpSums(tx: Tx, from: Instant, to: Instant): Promise<HelpSums> {
  const [row] = await tx.query<{ asked: number; answered: number; open: number; median_ms: number | null; p90_ms: number | null }>(
    `select count(*)::integer as asked, count(*) filter (where how = 'answered')::integer as answered, count(*) filter (where ended_at is null)::integer as open,
       percentile_disc(0.5) within group (order by ended_at - asked_at) filter (where how = 'answered') as median_ms,
       percentile_disc(0.9) within group (order by ended_at - asked_at) filter (where how = 'answered') as p90_ms
     from contacts.help_request where asked_at >= $1::bigint and asked_at < $2::bigint`,
    [from, to],
  );
  return {
    asked: row?.asked ?? 0,
    answered: row?.answered ?? 0,
    open: row?.open ?? 0,
    medianMs: row?.median_ms ?? null,
    p90Ms: row?.p90_ms ?? null,
  };
}
