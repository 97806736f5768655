import { permissionsOf, type Person, type Role } from "@allo/contract";
import type { Instant, OrganisationId, PersonId } from "@allo/kernel";
import type { Tx } from "../../../platform/db.ts";
import { readRoles } from "../sessions.ts";

export type PersonRow = Person & {
  readonly theme: "light" | "dark" | "system";
  readonly passwordHash: string | null;
  readonly statusBeforeBlock: "invited" | "active" | null;
};

type Row = {
  person_id: string;
  name: string;
  email: string;
  roles: string[];
  own_role_ids: string[];
  status: Person["status"];
  status_before_block: "invited" | "active" | null;
  language: Person["language"];
  theme: PersonRow["theme"];
  password_hash: string | null;
  created_at: number;
  last_signed_in_at: number | null;
  version: number;
};
const COLUMNS =
  "person_id, name, email, roles, own_role_ids, status, status_before_block, language, theme, password_hash, created_at, " +
  "last_signed_in_at, version";

export function emailKey(email: string): string {
  return email.trim().normalize("NFC").toLowerCase();
}

export async function personFetch(tx: Tx, personId: string): Promise<PersonRow | null> {
  const [row] = await tx.query<Row>(`select ${COLUMNS} from identity.person where person_id = $1`, [personId]);
  return row === undefined ? null : toPerson(row);
}

export async function personFetchForUpdate(tx: Tx, personId: string): Promise<PersonRow | null> {
  const [row] = await tx.query<Row>(`select ${COLUMNS} from identity.person where person_id = $1 for update`, [personId]);
  return row === undefined ? null : toPerson(row);
}

export async function personListAll(tx: Tx): Promise<readonly PersonRow[]> {
  return (await tx.query<Row>(`select ${COLUMNS} from identity.person`)).map(toPerson);
}

export async function personList(
  tx: Tx,
  filter: {
    readonly after: readonly [string, string] | null;
    readonly limit: number;
    readonly q: string | undefined;
    readonly status: string | undefined;
  },
): Promise<readonly PersonRow[]> {
  const like = filter.q === undefined || filter.q.trim() === "" ? null : `%${filter.q.trim().replaceAll(/[\\%_]/g, "\\$&")}%`;
  const rows = await tx.query<Row>(
    `select ${COLUMNS} from identity.person
     where ($1::text is null or (lower(name), person_id) > (lower($1), $2))
       and ($3::text is null or name ilike $3 or email ilike $3) and ($4::text is null or status = $4)
     order by lower(name), person_id limit $5`,
    [filter.after?.[0] ?? null, filter.after?.[1] ?? null, like, filter.status ?? null, filter.limit],
  );
  return rows.map(toPerson);
}

export async function personInsert(
  tx: Tx,
  person: {
    readonly organisationId: OrganisationId;
    readonly personId: PersonId;
    readonly name: string;
    readonly email: string;
    readonly roles: readonly Role[];
    readonly ownRoleIds?: readonly string[];
    readonly status: "invited" | "active";
    readonly language: string;
    readonly passwordHash: string | null;
    readonly at: Instant;
  },
): Promise<void> {
  await tx.query(
    `insert into identity.person (organisation_id, person_id, name, email, email_key, roles, own_role_ids, status, language, password_hash, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      person.organisationId,
      person.personId,
      person.name,
      person.email.trim(),
      emailKey(person.email),
      [...person.roles],
      [...(person.ownRoleIds ?? [])],
      person.status,
      person.language,
      person.passwordHash,
      person.at,
    ],
  );
}

/** Writes all that can change and counts the version up; the row must be locked by the caller. */
export async function personUpdate(tx: Tx, person: PersonRow): Promise<PersonRow> {
  const [row] = await tx.query<Row>(
    `update identity.person set name = $2, email = $3, email_key = $4, roles = $5,
       status = $6, status_before_block = $7, language = $8, theme = $9, password_hash = $10,
       last_signed_in_at = $11, own_role_ids = $12, version = version + 1
     where person_id = $1 returning ${COLUMNS}`,
    [
      person.personId,
      person.name,
      person.email.trim(),
      emailKey(person.email),
      [...person.roles],
      person.status,
      person.statusBeforeBlock,
      person.language,
      person.theme,
      person.passwordHash,
      person.lastSignedInAt,
      [...person.ownRoleIds],
    ],
  );
  if (row === undefined) throw new Error("the person's row is gone");
  return toPerson(row);
}

/** Changes of an organisation's people wait for one another: two administrators must not remove each other at once. */
export async function peopleLock(tx: Tx, organisationId: OrganisationId): Promise<void> {
  await tx.query("select pg_advisory_xact_lock(hashtextextended('people ' || $1, 0))", [organisationId]);
}

/** The active administrators. */
export async function administratorList(tx: Tx): Promise<readonly string[]> {
  const rows = await tx.query<{ person_id: string }>(
    "select person_id from identity.person where 'administrator' = any (roles) and status = 'active'",
  );
  return rows.map((row) => row.person_id);
}

/** What a person may do where no session tells it: roles of either kind; nothing for who is blocked, retired or not there. */
export async function personPermissions(tx: Tx, personId: string): Promise<ReadonlySet<string>> {
  const [row] = await tx.query<{ roles: Person["roles"]; status: Person["status"]; own: string[] }>(
    `select p.roles, p.status,
       coalesce((select array_agg(distinct granted.permission)
         from identity.role r cross join unnest(r.permissions) as granted (permission)
         where r.role_id = any (p.own_role_ids) and not r.retired), '{}') as own
     from identity.person p where p.person_id = $1`,
    [personId],
  );
  return new Set(row?.status === "active" ? [...permissionsOf(row.roles), ...row.own] : []);
}

/** What others may see of a person: no secret, no status of the block. */
export function presentPerson(person: PersonRow): Person {
  const { personId, name, email, roles, ownRoleIds, status, language, createdAt, lastSignedInAt, version } = person;
  return { personId, name, email, roles, ownRoleIds, status, language, createdAt, lastSignedInAt, version };
}

function toPerson(row: Row): PersonRow {
  return {
    personId: row.person_id,
    name: row.name,
    email: row.email,
    roles: [...readRoles(row.roles)],
    ownRoleIds: row.own_role_ids,
    status: row.status,
    statusBeforeBlock: row.status_before_block,
    language: row.language,
    theme: row.theme,
    passwordHash: row.password_hash,
    createdAt: row.created_at,
    lastSignedInAt: row.last_signed_in_at,
    version: row.version,
  };
}
