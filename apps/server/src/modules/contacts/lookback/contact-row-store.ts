import type { ContactMark, ContactRow } from "@allo/contract";
import type { ContactId, CustomerId, Instant, OrganisationId, PersonId, ProjectId, QueueId } from "@allo/kernel";
import type { Tx } from "../../../platform/db.ts";
import type { ContactFacts } from "../core/contact-facts.ts";
import { contactRow } from "../service.ts";

/** A row of the list, with what only the server may know. */
export type StoredContactRow = Omit<ContactRow, "callerNumber" | "customerName" | "agentName"> & {
  readonly organisationId: OrganisationId;
  readonly callerIndex: string | null;
  /** Base64, sealed by the contact's key. */
  readonly sealedCaller: string | null;
};

export type ContactFilter = {
  readonly after: { readonly startedAt: Instant; readonly contactId: ContactId } | null;
  readonly limit: number;
  readonly from?: Instant;
  readonly to?: Instant;
  readonly projectId?: ProjectId;
  readonly queueId?: QueueId;
  readonly outcome?: string;
  readonly customerId?: CustomerId;
  readonly callerIndex?: string;
  readonly notCoded?: boolean;
  readonly mark?: ContactMark;
  /** Contacts in which this person rang or talked. */
  readonly participantId?: PersonId;
  /** Contacts whose talk was this person's. */
  readonly agentId?: PersonId;
};

/** Writes the rows of these contacts; one that holds as much of the log already stays. */
export async function contactRowPutInTx(tx: Tx, all: readonly ContactFacts[]): Promise<void> {
  await tx.query(
    `insert into contacts.contact_row (organisation_id, project_id, contact_id, sequence, channel, state, started_at, ended_at, number_id, queue_id, language, agent_id,
       outcome, cause, wait_ms, talk_ms, hold_ms, wrap_up_ms, wrap_up_code_id, not_coded, recording_id, customer_id, caller, caller_index, sealed_caller, is_test, is_outbound, is_abuse, is_loud, is_talk_over)
     select organisation_id, project_id, contact_id, sequence, channel, state, started_at, ended_at, number_id, queue_id, language, agent_id,
       outcome, cause, wait_ms, talk_ms, hold_ms, wrap_up_ms, wrap_up_code_id, not_coded, recording_id, customer_id, caller, caller_index, decode(sealed_caller, 'base64'), is_test, is_outbound, is_abuse, is_loud, is_talk_over
     from jsonb_to_recordset($1::jsonb) as rows (organisation_id text, project_id text, contact_id text, sequence integer, channel text, state text, started_at bigint,
       ended_at bigint, number_id text, queue_id text, language text, agent_id text, outcome text, cause jsonb, wait_ms bigint, talk_ms bigint, hold_ms bigint,
       wrap_up_ms bigint, wrap_up_code_id text, not_coded boolean, recording_id text, customer_id text, caller text, caller_index text, sealed_caller text, is_test boolean, is_outbound boolean, is_abuse boolean, is_loud boolean, is_talk_over boolean)
     on conflict (contact_id) do update set sequence = excluded.sequence, state = excluded.state, ended_at = excluded.ended_at, queue_id = excluded.queue_id,
       agent_id = excluded.agent_id, outcome = excluded.outcome, cause = excluded.cause, wait_ms = excluded.wait_ms, talk_ms = excluded.talk_ms, hold_ms = excluded.hold_ms,
       wrap_up_ms = excluded.wrap_up_ms, wrap_up_code_id = excluded.wrap_up_code_id, not_coded = excluded.not_coded, recording_id = excluded.recording_id,
       customer_id = excluded.customer_id, is_abuse = excluded.is_abuse, is_loud = excluded.is_loud, is_talk_over = excluded.is_talk_over
     where contacts.contact_row.sequence < excluded.sequence`,
    [JSON.stringify(all.map(toRecord))],
    "contactRows",
  );
  const parts = all.flatMap((facts) =>
    participantsOf(facts).map((personId) => ({
      organisation_id: facts.organisationId,
      project_id: facts.projectId,
      contact_id: facts.contactId,
      person_id: personId,
      started_at: facts.startedAt,
    })),
  );
  if (parts.length === 0) return;
  await tx.query(
    `insert into contacts.contact_agent (organisation_id, project_id, contact_id, person_id, started_at)
     select organisation_id, project_id, contact_id, person_id, started_at
     from jsonb_to_recordset($1::jsonb) as rows (organisation_id text, project_id text, contact_id text, person_id text, started_at bigint)
     on conflict do nothing`,
    [JSON.stringify(parts)],
  );
}

/** Forgets what was projected; the log is untouched. */
export async function contactRowClearInTx(tx: Tx): Promise<void> {
  await tx.query("delete from contacts.contact_agent");
  await tx.query("delete from contacts.contact_row");
}

const COLUMNS = `r.organisation_id, r.project_id, r.contact_id, r.channel, r.state, r.started_at, r.ended_at, r.number_id, r.queue_id, r.language, r.agent_id, r.outcome,
  r.cause, r.wait_ms, r.talk_ms, r.hold_ms, r.wrap_up_ms, r.wrap_up_code_id, r.not_coded, r.recording_id, r.customer_id, r.caller_index,
  encode(r.sealed_caller, 'base64') as sealed_caller, r.is_test, r.is_outbound, r.is_abuse, r.is_loud, r.is_talk_over`;

const MARK_CONDITIONS: Readonly<Record<ContactMark, string>> = { abuse: "r.is_abuse", loudness: "r.is_loud", talkOver: "r.is_talk_over" };

/** The statement of a page, newest first, so that its plan can be looked at. */
export function contactRowListSql(filter: ContactFilter): { readonly sql: string; readonly values: readonly unknown[] } {
  const values: unknown[] = [];
  const given = (value: unknown): string => `$${values.push(value)}`;
  const conditions: string[] = [];
  const order = filter.participantId === undefined ? "r" : "a";
  if (filter.participantId !== undefined) conditions.push(`a.person_id = ${given(filter.participantId)}`);
  if (filter.after !== null) {
    conditions.push(
      `(${order}.started_at, ${order}.contact_id) < (${given(filter.after.startedAt)}::bigint, ${given(filter.after.contactId)}::text)`,
    );
  }
  if (filter.from !== undefined) conditions.push(`${order}.started_at >= ${given(filter.from)}::bigint`);
  if (filter.to !== undefined) conditions.push(`${order}.started_at < ${given(filter.to)}::bigint`);
  if (filter.projectId !== undefined) conditions.push(`r.project_id = ${given(filter.projectId)}`);
  if (filter.queueId !== undefined) conditions.push(`r.queue_id = ${given(filter.queueId)}`);
  if (filter.outcome !== undefined) conditions.push(`r.outcome = ${given(filter.outcome)}`);
  if (filter.customerId !== undefined) conditions.push(`r.customer_id = ${given(filter.customerId)}`);
  if (filter.callerIndex !== undefined) conditions.push(`r.caller_index = ${given(filter.callerIndex)}`);
  if (filter.agentId !== undefined) conditions.push(`r.agent_id = ${given(filter.agentId)}`);
  if (filter.notCoded !== undefined) conditions.push(filter.notCoded ? "r.not_coded" : "not r.not_coded");
  if (filter.mark !== undefined) conditions.push(MARK_CONDITIONS[filter.mark]);
  const from =
    filter.participantId === undefined
      ? "contacts.contact_row r"
      : "contacts.contact_agent a join contacts.contact_row r on r.contact_id = a.contact_id";
  const where = conditions.length === 0 ? "" : `where ${conditions.join(" and ")}`;
  return {
    sql: `select ${COLUMNS} from ${from} ${where} order by ${order}.started_at desc, ${order}.contact_id desc limit ${given(filter.limit)}`,
    values,
  };
}

export async function contactRowList(tx: Tx, filter: ContactFilter): Promise<readonly StoredContactRow[]> {
  const { sql, values } = contactRowListSql(filter);
  return (await tx.query<Row>(sql, values)).map(toStored);
}

/** Whether the list holds any contact of this queue. */
export async function queueHasContacts(tx: Tx, queueId: string): Promise<boolean> {
  return (await tx.query("select 1 from contacts.contact_row where queue_id = $1 limit 1", [queueId])).length > 0;
}

export async function contactUntiedList(
  tx: Tx,
  { callerIndex, limit }: { readonly callerIndex: string; readonly limit: number },
): Promise<readonly ContactId[]> {
  const rows = await tx.query<{ contact_id: ContactId }>(
    "select contact_id from contacts.contact_row where caller_index = $1 and customer_id is null order by started_at desc, contact_id desc limit $2",
    [callerIndex, limit],
  );
  return rows.map((row) => row.contact_id);
}

/** Everyone who rang or talked. */
export function participantsOf({ agentId, segments }: Pick<ContactFacts, "agentId" | "segments">): readonly PersonId[] {
  const all = new Set<PersonId>(agentId === null ? [] : [agentId]);
  for (const segment of segments) {
    if (segment.agentId !== null) all.add(segment.agentId);
    for (const alert of segment.alerts) all.add(alert.agentId);
  }
  return [...all];
}

type Row = {
  organisation_id: OrganisationId;
  project_id: ProjectId;
  contact_id: ContactId;
  channel: "voice";
  state: ContactRow["state"];
  started_at: number;
  ended_at: number | null;
  number_id: string;
  queue_id: string | null;
  language: ContactRow["language"];
  agent_id: PersonId | null;
  outcome: ContactRow["outcome"];
  cause: ContactRow["cause"];
  wait_ms: number | null;
  talk_ms: number | null;
  hold_ms: number | null;
  wrap_up_ms: number | null;
  wrap_up_code_id: string | null;
  not_coded: boolean;
  recording_id: string | null;
  customer_id: CustomerId | null;
  caller_index: string | null;
  sealed_caller: string | null;
  is_test: boolean;
  is_outbound: boolean;
  is_abuse: boolean;
  is_loud: boolean;
  is_talk_over: boolean;
};

function toStored(row: Row): StoredContactRow {
  return {
    organisationId: row.organisation_id,
    projectId: row.project_id,
    contactId: row.contact_id,
    channel: row.channel,
    state: row.state,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    numberId: row.number_id,
    queueId: row.queue_id,
    language: row.language,
    agentId: row.agent_id,
    outcome: row.outcome,
    cause: row.cause,
    waitMs: row.wait_ms,
    talkMs: row.talk_ms,
    holdMs: row.hold_ms,
    wrapUpMs: row.wrap_up_ms,
    coded: row.wrap_up_code_id !== null,
    wrapUpCodeId: row.wrap_up_code_id,
    notCoded: row.not_coded,
    recordingId: row.recording_id,
    customerId: row.customer_id,
    callerIndex: row.caller_index,
    sealedCaller: row.sealed_caller,
    isTest: row.is_test,
    marks: [
      ...(row.is_abuse ? (["abuse"] as const) : []),
      ...(row.is_loud ? (["loudness"] as const) : []),
      ...(row.is_talk_over ? (["talkOver"] as const) : []),
    ],
    direction: row.is_outbound ? "out" : "in",
  };
}

/** The same row that a contact's own page shows: one definition of each column. */
function toRecord(facts: ContactFacts): object {
  const row = contactRow(facts, { callerNumber: null, customerName: null, agentName: null });
  return {
    organisation_id: facts.organisationId,
    project_id: row.projectId,
    contact_id: row.contactId,
    sequence: facts.lastSequence,
    channel: row.channel,
    state: row.state,
    started_at: row.startedAt,
    ended_at: row.endedAt,
    number_id: row.numberId,
    queue_id: row.queueId,
    language: row.language,
    agent_id: row.agentId,
    outcome: row.outcome,
    cause: row.cause,
    wait_ms: row.waitMs,
    talk_ms: row.talkMs,
    hold_ms: row.holdMs,
    wrap_up_ms: row.wrapUpMs,
    wrap_up_code_id: row.wrapUpCodeId,
    not_coded: row.notCoded,
    recording_id: row.recordingId,
    customer_id: row.customerId,
    caller: facts.caller,
    caller_index: facts.callerIndex,
    sealed_caller: facts.sealedCaller,
    is_test: facts.test !== null,
    is_outbound: facts.outbound !== null,
    is_abuse: row.marks?.includes("abuse") === true,
    is_loud: row.marks?.includes("loudness") === true,
    is_talk_over: row.marks?.includes("talkOver") === true,
  };
}
