import type { Language, PresetApplication, PresetUndoStep, Trade } from "@allo/contract";
import type { Instant, OrganisationId, PersonId } from "@allo/kernel";
import type { Tx } from "../../../platform/db.ts";
import type { MadeThing } from "../core/undo.ts";

export type ApplicationRow = PresetApplication & { readonly made: readonly StoredThing[] };
/** What was made, with what else of it undoing compares. */
export type StoredThing = MadeThing & { readonly maxMinutes?: number | null };

type Row = {
  application_id: string;
  trade: Trade;
  language: Language;
  applied_at: number;
  applied_by_name: string;
  made: StoredThing[];
  undone_at: number | null;
  undone_by_name: string | null;
  undone: PresetUndoStep[] | null;
};
const COLUMNS = "application_id, trade, language, applied_at, applied_by_name, made, undone_at, undone_by_name, undone";

/** Begins an application; the constraint on its request id lets one of two through. */
export async function applicationInsert(
  tx: Tx,
  application: {
    readonly organisationId: OrganisationId;
    readonly applicationId: string;
    readonly requestId: string | null;
    readonly trade: Trade;
    readonly language: Language;
    readonly at: Instant;
    readonly by: { readonly personId: PersonId | null; readonly name: string };
  },
): Promise<void> {
  const { organisationId, applicationId, requestId, trade, language, at, by } = application;
  await tx.query(
    `insert into presets.application
       (organisation_id, application_id, request_id, trade, language, applied_at, applied_by, applied_by_name, made)
     values ($1, $2, $3, $4, $5, $6, $7, $8, '[]')`,
    [organisationId, applicationId, requestId, trade, language, at, by.personId ?? "", by.name],
  );
}

export async function applicationPutMade(tx: Tx, applicationId: string, made: readonly StoredThing[]): Promise<void> {
  await tx.query("update presets.application set made = $2::jsonb where application_id = $1", [applicationId, JSON.stringify(made)]);
}

export async function applicationPutUndone(
  tx: Tx,
  {
    applicationId,
    at,
    by,
    undone,
  }: {
    readonly applicationId: string;
    readonly at: Instant;
    readonly by: { readonly personId: PersonId | null; readonly name: string };
    readonly undone: readonly PresetUndoStep[];
  },
): Promise<void> {
  await tx.query(
    "update presets.application set undone_at = $2, undone_by = $3, undone_by_name = $4, undone = $5::jsonb where application_id = $1",
    [applicationId, at, by.personId, by.name, JSON.stringify(undone)],
  );
}

export async function applicationFetchByRequest(tx: Tx, requestId: string): Promise<ApplicationRow | null> {
  const [row] = await tx.query<Row>(`select ${COLUMNS} from presets.application where request_id = $1`, [requestId]);
  return row === undefined ? null : toApplication(row);
}

export async function applicationFetch(tx: Tx, applicationId: string): Promise<ApplicationRow | null> {
  const [row] = await tx.query<Row>(`select ${COLUMNS} from presets.application where application_id = $1`, [applicationId]);
  return row === undefined ? null : toApplication(row);
}

export async function applicationFetchForUpdate(tx: Tx, applicationId: string): Promise<ApplicationRow | null> {
  const [row] = await tx.query<Row>(`select ${COLUMNS} from presets.application where application_id = $1 for update`, [applicationId]);
  return row === undefined ? null : toApplication(row);
}

/** Newest first. */
export async function applicationList(tx: Tx): Promise<readonly ApplicationRow[]> {
  return (await tx.query<Row>(`select ${COLUMNS} from presets.application order by applied_at desc, application_id desc`)).map(
    toApplication,
  );
}

/** As the API shows it. */
export function presentApplication(row: ApplicationRow): PresetApplication {
  return { ...row, made: row.made.map(({ kind, key, id, names }) => ({ kind, key, id, names })) };
}

function toApplication(row: Row): ApplicationRow {
  return {
    applicationId: row.application_id,
    trade: row.trade,
    language: row.language,
    at: row.applied_at,
    byName: row.applied_by_name,
    made: row.made,
    undoneAt: row.undone_at,
    undoneByName: row.undone_by_name,
    undone: row.undone,
  };
}
