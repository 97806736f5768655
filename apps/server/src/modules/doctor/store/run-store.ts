import { doctorLimits, type DoctorFinding } from "@allo/contract";
import type { Instant, OrganisationId } from "@allo/kernel";
import type { Tx } from "../../../platform/db.ts";

export type KeptRun = {
  readonly runId: string;
  readonly startedAt: Instant;
  readonly endedAt: Instant;
  readonly byName: string;
  readonly findings: readonly DoctorFinding[];
};

/** Newest first. */
export async function runList(tx: Tx): Promise<readonly KeptRun[]> {
  const rows = await tx.query<{ run_id: string; started_at: string; ended_at: string; by_name: string; findings: DoctorFinding[] }>(
    `select run_id, started_at, ended_at, by_name, findings from doctor.run
     where organisation_id = (select platform.organisation_id()) order by started_at desc, run_id desc limit $1`,
    [doctorLimits.runsKept],
  );
  return rows.map((row) => ({
    runId: row.run_id,
    startedAt: Number(row.started_at),
    endedAt: Number(row.ended_at),
    byName: row.by_name,
    findings: row.findings,
  }));
}

/** Keeps a run, and of the older ones as many as are kept. */
export async function runInsert(tx: Tx, organisationId: OrganisationId, run: KeptRun): Promise<void> {
  await tx.query(
    "insert into doctor.run (organisation_id, run_id, started_at, ended_at, by_name, findings) values ($1, $2, $3, $4, $5, $6)",
    [organisationId, run.runId, run.startedAt, run.endedAt, run.byName, JSON.stringify(run.findings)],
  );
  await tx.query(
    `delete from doctor.run where organisation_id = (select platform.organisation_id()) and run_id not in (
       select run_id from doctor.run where organisation_id = (select platform.organisation_id())
       order by started_at desc, run_id desc limit $1)`,
    [doctorLimits.runsKept],
  );
}
