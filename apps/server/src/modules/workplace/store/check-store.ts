import type { WorkplaceCheck } from "@allo/contract";
import type { OrganisationId, PersonId } from "@allo/kernel";
import type { Tx } from "../../../platform/db.ts";

type Row = {
  check_id: string;
  person_id: string;
  at: number;
  took_ms: number;
  skip_reason: NonNullable<WorkplaceCheck["skipped"]>["reason"] | null;
  skip_words: string | null;
  figures: WorkplaceCheck["figures"];
  results: WorkplaceCheck["results"];
};
const COLUMNS = "check_id, person_id, at, took_ms, skip_reason, skip_words, figures, results";

export async function checkInsertInTx(
  tx: Tx,
  { organisationId, personId }: { readonly organisationId: OrganisationId; readonly personId: PersonId },
  check: WorkplaceCheck,
): Promise<void> {
  await tx.query(
    `insert into workplace.desk_check (organisation_id, ${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9::jsonb)`,
    [
      organisationId,
      check.checkId,
      personId,
      check.at,
      check.tookMs,
      check.skipped?.reason ?? null,
      check.skipped?.words ?? null,
      check.figures === null ? null : JSON.stringify(check.figures),
      JSON.stringify(check.results),
    ],
  );
}

/** Keeps the newest of a person. */
export async function checkTrimInTx(tx: Tx, personId: PersonId, keep: number): Promise<void> {
  await tx.query(
    `delete from workplace.desk_check where person_id = $1 and check_id in
       (select check_id from workplace.desk_check where person_id = $1 order by at desc, check_id desc offset $2)`,
    [personId, keep],
  );
}

/** One person's, newest first. */
export async function checkList(tx: Tx, personId: string, limit: number): Promise<readonly WorkplaceCheck[]> {
  const rows = await tx.query<Row>(
    `select ${COLUMNS} from workplace.desk_check where person_id = $1 order by at desc, check_id desc limit $2`,
    [personId, limit],
  );
  return rows.map(toCheck);
}

/** The last of each person. */
export async function checkLastByPerson(tx: Tx): Promise<ReadonlyMap<string, WorkplaceCheck>> {
  const rows = await tx.query<Row>(
    `select distinct on (person_id) ${COLUMNS} from workplace.desk_check order by person_id, at desc, check_id desc`,
    [],
  );
  return new Map(rows.map((row) => [row.person_id, toCheck(row)]));
}

function toCheck(row: Row): WorkplaceCheck {
  return {
    checkId: row.check_id,
    at: row.at,
    tookMs: row.took_ms,
    figures: row.figures,
    results: row.results,
    skipped: row.skip_reason === null ? null : { reason: row.skip_reason, words: row.skip_words ?? "" },
  };
}
