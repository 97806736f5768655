import type { TourName, TourProgress, TourState } from "@allo/contract";
import type { OrganisationId } from "@allo/kernel";
import type { Tx } from "../../../platform/db.ts";

type Row = {
  person_id: string;
  tour: TourName;
  state: TourState;
  step: string;
  begun_at: number | null;
  finished_at: number | null;
};
const COLUMNS = "person_id, tour, state, step, begun_at, finished_at";

export async function tourList(tx: Tx, personId: string): Promise<readonly TourProgress[]> {
  return (await tx.query<Row>(`select ${COLUMNS} from learning.tour where person_id = $1 order by tour`, [personId])).map(toProgress);
}

export async function tourListAll(tx: Tx): Promise<readonly (TourProgress & { readonly personId: string })[]> {
  const rows = await tx.query<Row>(`select ${COLUMNS} from learning.tour order by person_id, tour`);
  return rows.map((row) => ({ personId: row.person_id, ...toProgress(row) }));
}

/** The first beginning is kept; a finished tour that is taken again stays finished and keeps its last end. */
export async function tourPut(
  tx: Tx,
  given: {
    readonly organisationId: OrganisationId;
    readonly personId: string;
    readonly tour: TourName;
    readonly state: TourState;
    readonly step: string;
    readonly at: number;
  },
): Promise<TourProgress> {
  const [row] = await tx.query<Row>(
    `insert into learning.tour as kept (organisation_id, person_id, tour, state, step, begun_at, finished_at, updated_at)
     values ($1, $2, $3, $4::text, $5,
       case when $4::text <> 'later' then $6::bigint end, case when $4::text = 'finished' then $6::bigint end, $6::bigint)
     on conflict (organisation_id, person_id, tour) do update set
       state = case when kept.state = 'finished' then 'finished' else excluded.state end,
       step = excluded.step,
       begun_at = coalesce(kept.begun_at, excluded.begun_at),
       finished_at = coalesce(excluded.finished_at, kept.finished_at),
       updated_at = excluded.updated_at
     returning ${COLUMNS}`,
    [given.organisationId, given.personId, given.tour, given.state, given.step, given.at],
  );
  if (row === undefined) throw new Error("a tour's row was not returned");
  return toProgress(row);
}

function toProgress(row: Row): TourProgress {
  return { tour: row.tour, state: row.state, step: row.step, begunAt: row.begun_at, finishedAt: row.finished_at };
}
