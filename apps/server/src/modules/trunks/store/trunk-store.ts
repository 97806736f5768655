import { newTrunkHabits, type TrunkSettings } from "@allo/contract";
import type { OrganisationId } from "@allo/kernel";
import type { Tx } from "../../../platform/db.ts";

const HABITS: TrunkSettings["habits"] = newTrunkHabits();

/** A trunk as its row holds it; the password is sealed. */
export type TrunkRecord = {
  readonly trunkId: string;
  readonly settings: TrunkSettings;
  readonly passwordSealed: Uint8Array | null;
  readonly inbound: { readonly username: string; readonly ha1Md5: string; readonly ha1Sha256: string } | null;
  readonly retired: boolean;
  readonly version: number;
};

export async function trunkList(tx: Tx): Promise<readonly TrunkRecord[]> {
  const rows = await tx.query<{
    trunk_id: string;
    settings: TrunkSettings;
    password_sealed: Buffer | null;
    inbound_username: string | null;
    inbound_ha1_md5: string | null;
    inbound_ha1_sha256: string | null;
    retired: boolean;
    version: number;
  }>(
    `select trunk_id, settings, password_sealed, inbound_username, inbound_ha1_md5, inbound_ha1_sha256, retired, version
     from trunks.trunk where organisation_id = (select platform.organisation_id()) order by created_at, trunk_id`,
  );
  return rows.map((row) => ({
    trunkId: row.trunk_id,
    // A row of an earlier release lacks the habits that were added since.
    settings: { ...row.settings, habits: { ...HABITS, ...row.settings.habits } },
    passwordSealed: row.password_sealed,
    inbound:
      row.inbound_username === null || row.inbound_ha1_md5 === null || row.inbound_ha1_sha256 === null
        ? null
        : { username: row.inbound_username, ha1Md5: row.inbound_ha1_md5, ha1Sha256: row.inbound_ha1_sha256 },
    retired: row.retired,
    version: row.version,
  }));
}

export async function trunkInsert(
  tx: Tx,
  organisationId: OrganisationId,
  { trunkId, settings, passwordSealed, inbound }: Omit<TrunkRecord, "retired" | "version">,
  at: number,
): Promise<void> {
  await tx.query(
    `insert into trunks.trunk (organisation_id, trunk_id, settings, password_sealed, inbound_username, inbound_ha1_md5, inbound_ha1_sha256, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [organisationId, trunkId, settings, passwordSealed, inbound?.username, inbound?.ha1Md5, inbound?.ha1Sha256, at],
  );
}

/** False where somebody was faster: the row has another version. */
export async function trunkUpdate(tx: Tx, { trunkId, settings, passwordSealed, inbound, retired, version }: TrunkRecord): Promise<boolean> {
  const rows = await tx.query<{ version: number }>(
    `update trunks.trunk set settings = $2, password_sealed = $3, inbound_username = $4, inbound_ha1_md5 = $5, inbound_ha1_sha256 = $6,
       retired = $7, version = version + 1
     where organisation_id = (select platform.organisation_id()) and trunk_id = $1 and version = $8 returning version`,
    [trunkId, settings, passwordSealed, inbound?.username ?? null, inbound?.ha1Md5 ?? null, inbound?.ha1Sha256 ?? null, retired, version],
  );
  return rows.length === 1;
}
