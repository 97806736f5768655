import type { RecorderSettings } from "@allo/contract";
import type { OrganisationId } from "@allo/kernel";
import type { Tx } from "../../../platform/db.ts";

/** A recorder as its row holds it; the password is sealed. */
export type RecorderRecord = {
  readonly recorderId: string;
  readonly settings: RecorderSettings;
  readonly passwordSealed: Uint8Array | null;
  readonly retired: boolean;
  readonly version: number;
};

export async function recorderList(tx: Tx): Promise<readonly RecorderRecord[]> {
  const rows = await tx.query<{
    recorder_id: string;
    settings: RecorderSettings;
    password_sealed: Buffer | null;
    retired: boolean;
    version: number;
  }>(
    `select recorder_id, settings, password_sealed, retired, version
     from recorders.recorder where organisation_id = (select platform.organisation_id()) order by created_at, recorder_id`,
  );
  return rows.map((row) => ({
    recorderId: row.recorder_id,
    settings: row.settings,
    passwordSealed: row.password_sealed,
    retired: row.retired,
    version: row.version,
  }));
}

export async function recorderInsert(
  tx: Tx,
  organisationId: OrganisationId,
  { recorderId, settings, passwordSealed }: Omit<RecorderRecord, "retired" | "version">,
  at: number,
): Promise<void> {
  await tx.query(
    "insert into recorders.recorder (organisation_id, recorder_id, settings, password_sealed, created_at) values ($1, $2, $3, $4, $5)",
    [organisationId, recorderId, settings, passwordSealed, at],
  );
}

/** False where somebody was faster: the row has another version. */
export async function recorderUpdate(tx: Tx, { recorderId, settings, passwordSealed, retired, version }: RecorderRecord): Promise<boolean> {
  const rows = await tx.query<{ version: number }>(
    `update recorders.recorder set settings = $2, password_sealed = $3, retired = $4, version = version + 1
     where organisation_id = (select platform.organisation_id()) and recorder_id = $1 and version = $5 returning version`,
    [recorderId, settings, passwordSealed, retired, version],
  );
  return rows.length === 1;
}
