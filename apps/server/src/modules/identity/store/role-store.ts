import type { LocalizedText, OwnRole, Permission } from "@allo/contract";
import type { Instant, OrganisationId } from "@allo/kernel";
import type { Tx } from "../../../platform/db.ts";
import { readPermissions } from "../core/granting.ts";
import { roleLimits } from "../limits.ts";

export type RoleRow = Omit<OwnRole, "holders" | "holderCount">;

type Row = {
  role_id: string;
  names: LocalizedText;
  description: LocalizedText;
  permissions: string[];
  retired: boolean;
  version: number;
};
const COLUMNS = "role_id, names, description, permissions, retired, version";

export async function roleList(tx: Tx): Promise<readonly RoleRow[]> {
  return (await tx.query<Row>(`select ${COLUMNS} from identity.role order by created_at, role_id`)).map(toRole);
}

export async function roleFetchForUpdate(tx: Tx, roleId: string): Promise<RoleRow | null> {
  const [row] = await tx.query<Row>(`select ${COLUMNS} from identity.role where role_id = $1 for update`, [roleId]);
  return row === undefined ? null : toRole(row);
}

export async function roleInsert(
  tx: Tx,
  role: Omit<RoleRow, "retired" | "version"> & { readonly organisationId: OrganisationId; readonly at: Instant },
): Promise<void> {
  await tx.query(
    "insert into identity.role (organisation_id, role_id, names, description, permissions, created_at) values ($1, $2, $3, $4, $5, $6)",
    [role.organisationId, role.roleId, role.names, role.description, [...role.permissions], role.at],
  );
}

export async function roleUpdate(tx: Tx, role: RoleRow): Promise<RoleRow> {
  const [row] = await tx.query<Row>(
    `update identity.role set names = $2, description = $3, permissions = $4, retired = $5, version = version + 1
     where role_id = $1 returning ${COLUMNS}`,
    [role.roleId, role.names, role.description, [...role.permissions], role.retired],
  );
  if (row === undefined) throw new Error("the role's row is gone");
  return toRole(row);
}

export type RoleHolder = { readonly roleId: string; readonly personId: string; readonly name: string };

/** Who holds own roles, by name; people who are retired don't. `roleId` narrows it to one role. */
export async function roleHolderList(tx: Tx, roleId?: string): Promise<readonly RoleHolder[]> {
  const rows = await tx.query<{ role_id: string; person_id: string; name: string }>(
    `select held.role_id, p.person_id, p.name from identity.person p cross join unnest(p.own_role_ids) as held (role_id)
     where p.status <> 'retired' and ($1::text is null or held.role_id = $1) order by lower(p.name), p.person_id`,
    [roleId ?? null],
  );
  return rows.map((row) => ({ roleId: row.role_id, personId: row.person_id, name: row.name }));
}

/** A role as the API shows it. */
export function presentRole(role: RoleRow, holders: readonly RoleHolder[]): OwnRole {
  const held = holders.filter((each) => each.roleId === role.roleId);
  return {
    ...role,
    holders: held.slice(0, roleLimits.holdersShownMax).map(({ personId, name }) => ({ personId, name })),
    holderCount: held.length,
  };
}

function toRole(row: Row): RoleRow {
  return {
    roleId: row.role_id,
    names: row.names,
    description: row.description,
    permissions: readPermissions(row.permissions) as Permission[],
    retired: row.retired,
    version: row.version,
  };
}
