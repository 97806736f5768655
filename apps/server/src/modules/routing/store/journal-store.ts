import type { RouterInput, RouterSnapshot } from "@allo/acd";
import type { Epoch, Instant, OrganisationId } from "@allo/kernel";
import type { Tx } from "../../../platform/db.ts";
import type { LogRecord, LogStream } from "../../contacts/index.ts";

export const journalStream: LogStream = {
  name: "journal",
  insertSql: `insert into routing.journal (organisation_id, position, at, writer_node, writer_epoch, input)
    select organisation_id, position, at, writer_node, writer_epoch, input
    from jsonb_to_recordset($1::jsonb) as rows (organisation_id text, position bigint, at bigint, writer_node text, writer_epoch bigint, input jsonb)
    on conflict do nothing`,
};
export const snapshotStream: LogStream = {
  name: "routerSnapshot",
  insertSql: `insert into routing.snapshot (organisation_id, position, at, snapshot)
    select organisation_id, position, at, snapshot from jsonb_to_recordset($1::jsonb) as rows (organisation_id text, position bigint, at bigint, snapshot jsonb)
    on conflict do nothing`,
};

type Place = { readonly organisationId: OrganisationId; readonly position: number; readonly at: Instant };

export function journalRecord({ organisationId, position, at }: Place, writer: Epoch, input: RouterInput): LogRecord {
  return {
    stream: journalStream.name,
    row: { organisation_id: organisationId, position, at, writer_node: writer.node, writer_epoch: writer.epoch, input },
  };
}
export function snapshotRecord({ organisationId, position, at }: Place, snapshot: RouterSnapshot): LogRecord {
  return { stream: snapshotStream.name, row: { organisation_id: organisationId, position, at, snapshot } };
}

export async function snapshotFetchLast(tx: Tx): Promise<{ readonly position: number; readonly snapshot: RouterSnapshot } | null> {
  const rows = await tx.query<{ position: number; snapshot: RouterSnapshot }>(
    "select position, snapshot from routing.snapshot order by position desc limit 1",
  );
  return rows[0] ?? null;
}

export async function snapshotDeleteBeforeInTx(tx: Tx, kept: number): Promise<void> {
  await tx.query(
    "delete from routing.snapshot where position < (select min(position) from (select position from routing.snapshot order by position desc limit $1) as kept)",
    [kept],
  );
}

/** Inputs after a position, in order, without the gap that a lost tail could leave. */
export async function journalListAfter(
  tx: Tx,
  after: number,
): Promise<readonly { readonly position: number; readonly input: RouterInput }[]> {
  const rows = await tx.query<{ position: number; input: RouterInput }>(
    "select position, input from routing.journal where position > $1 order by position",
    [after],
  );
  const gap = rows.findIndex((row, index) => row.position !== after + 1 + index);
  return gap < 0 ? rows : rows.slice(0, gap);
}

/** The highest position ever written, gap or not: new inputs go on after it. */
export async function journalLastPosition(tx: Tx): Promise<number> {
  const rows = await tx.query<{ last: number | null }>("select max(position) as last from routing.journal");
  return rows[0]?.last ?? 0;
}
