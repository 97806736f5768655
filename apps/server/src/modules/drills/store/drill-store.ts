import { drillLimits, type Drill, type DrillTarget } from "@allo/contract";
import type { Instant, OrganisationId } from "@allo/kernel";
import type { Tx } from "../../../platform/db.ts";

export type DrillResult = Pick<Drill, "outcome" | "reason" | "figures" | "log">;
export type KeptDrill = {
  readonly drillId: string;
  readonly target: DrillTarget;
  readonly version: string;
  readonly byName: string;
  readonly callerCount: number;
  readonly startedAt: Instant;
  readonly endedAt: Instant | null;
  /** Null: the program stopped before it was over. */
  readonly result: DrillResult | null;
};

type Row = {
  drill_id: string;
  target: DrillTarget;
  version: string;
  by_name: string;
  caller_count: number;
  started_at: string;
  ended_at: string | null;
  result: DrillResult | null;
};

/** Newest first. */
export async function drillList(tx: Tx): Promise<readonly KeptDrill[]> {
  const rows = await tx.query<Row>(
    `select drill_id, target, version, by_name, caller_count, started_at, ended_at, result from drills.drill
     where organisation_id = (select platform.organisation_id()) order by started_at desc, drill_id desc limit $1`,
    [drillLimits.keptMax],
  );
  return rows.map((row) => ({
    drillId: row.drill_id,
    target: row.target,
    version: row.version,
    byName: row.by_name,
    callerCount: row.caller_count,
    startedAt: Number(row.started_at),
    endedAt: row.ended_at === null ? null : Number(row.ended_at),
    result: row.result,
  }));
}

/** Keeps a drill that begins, and of the older ones as many as are kept. */
export async function drillInsert(tx: Tx, organisationId: OrganisationId, drill: Omit<KeptDrill, "endedAt" | "result">): Promise<void> {
  await tx.query(
    `insert into drills.drill (organisation_id, drill_id, target, version, by_name, caller_count, started_at)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [organisationId, drill.drillId, drill.target, drill.version, drill.byName, drill.callerCount, drill.startedAt],
  );
  await tx.query(
    `delete from drills.drill where organisation_id = (select platform.organisation_id()) and drill_id not in (
       select drill_id from drills.drill where organisation_id = (select platform.organisation_id())
       order by started_at desc, drill_id desc limit $1)`,
    [drillLimits.keptMax],
  );
}

export async function drillEnd(tx: Tx, drillId: string, endedAt: Instant, result: DrillResult): Promise<void> {
  await tx.query(
    `update drills.drill set ended_at = $2, result = $3
     where organisation_id = (select platform.organisation_id()) and drill_id = $1 and result is null`,
    [drillId, endedAt, JSON.stringify(result)],
  );
}
