import type { SoundReport } from "@allo/contract";
import type { ContactId, OrganisationId, PersonId, ProjectId } from "@allo/kernel";
import type { Tx } from "../../../platform/db.ts";

export type StoredReport = Omit<SoundReport, "personName">;
type Row = {
  report_id: string;
  contact_id: string;
  person_id: string;
  at: number;
  findings: SoundReport["findings"];
  silent_ms: number | null;
  caller: SoundReport["caller"];
  agent: SoundReport["agent"];
  browser: SoundReport["browser"];
};
const COLUMNS = "report_id, contact_id, person_id, at, findings, silent_ms, caller, agent, browser";

/** Keeps the first report of a person's talk: pressing again adds nothing. */
export async function reportInsertInTx(
  tx: Tx,
  { organisationId, projectId }: { readonly organisationId: OrganisationId; readonly projectId: ProjectId },
  report: StoredReport,
): Promise<void> {
  const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));
  await tx.query(
    `insert into workplace.sound_report (organisation_id, project_id, ${COLUMNS})
     values ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9::jsonb, $10::jsonb, $11::jsonb) on conflict on constraint sound_report_once do nothing`,
    [
      organisationId,
      projectId,
      report.reportId,
      report.contactId,
      report.personId,
      report.at,
      json(report.findings),
      report.silentMs,
      json(report.caller),
      json(report.agent),
      json(report.browser),
    ],
  );
}

export async function reportFetch(tx: Tx, contactId: ContactId, personId: PersonId): Promise<StoredReport | null> {
  const [row] = await tx.query<Row>(`select ${COLUMNS} from workplace.sound_report where contact_id = $1 and person_id = $2`, [
    contactId,
    personId,
  ]);
  return row === undefined ? null : toReport(row);
}

/** Newest first, after the given place. */
export async function reportList(
  tx: Tx,
  { after, limit }: { readonly after: { readonly at: number; readonly reportId: string } | null; readonly limit: number },
): Promise<readonly StoredReport[]> {
  const rows = await tx.query<Row>(
    `select ${COLUMNS} from workplace.sound_report where $1::bigint is null or (at, report_id) < ($1, $2)
     order by at desc, report_id desc limit $3`,
    [after?.at ?? null, after?.reportId ?? null, limit],
  );
  return rows.map(toReport);
}

/** Keeps the newest of an organisation. */
export async function reportTrimInTx(tx: Tx, keep: number): Promise<void> {
  await tx.query(
    `delete from workplace.sound_report where report_id in
       (select report_id from workplace.sound_report order by at desc, report_id desc offset $1)`,
    [keep],
  );
}

function toReport(row: Row): StoredReport {
  return {
    reportId: row.report_id,
    contactId: row.contact_id,
    personId: row.person_id,
    at: row.at,
    findings: row.findings,
    silentMs: row.silent_ms,
    caller: row.caller,
    agent: row.agent,
    browser: row.browser,
  };
}
