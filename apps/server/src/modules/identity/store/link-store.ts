import type { IdSource, Instant, OrganisationId, PersonId } from "@allo/kernel";
import type { Database, Tx } from "../../../platform/db.ts";
import { createToken } from "../../../platform/ids.ts";
import { hashToken } from "../sessions.ts";

export type LinkPurpose = "invitation" | "reset";
export type FoundLink = {
  readonly organisationId: OrganisationId;
  readonly linkId: string;
  readonly personId: PersonId;
  readonly purpose: LinkPurpose;
  readonly expiresAt: Instant;
  readonly isOpen: boolean;
};

/** Makes a link and ends the earlier ones; gives the token, which is stored nowhere. */
export async function linkInsert(
  tx: Tx,
  {
    ids,
    organisationId,
    personId,
    purpose,
    at,
    expiresAt,
  }: {
    readonly ids: IdSource;
    readonly organisationId: OrganisationId;
    readonly personId: PersonId;
    readonly purpose: LinkPurpose;
    readonly at: Instant;
    readonly expiresAt: Instant;
  },
): Promise<string> {
  await linkRevokeAll(tx, personId, at);
  const token = createToken();
  await tx.query(
    `insert into identity.one_time_link (organisation_id, link_id, person_id, purpose, token_hash, created_at, expires_at)
      values ($1, $2, $3, $4, $5, $6, $7)`,
    [organisationId, ids.next("lnk"), personId, purpose, hashToken(token), at, expiresAt],
  );
  return token;
}

export async function linkRevokeAll(tx: Tx, personId: PersonId, at: Instant): Promise<void> {
  await tx.query("update identity.one_time_link set revoked_at = $2 where person_id = $1 and used_at is null and revoked_at is null", [
    personId,
    at,
  ]);
}

/** True for the one who uses it; a second use, however close, gets false. */
export async function linkUse(tx: Tx, linkId: string, at: Instant): Promise<boolean> {
  const rows = await tx.query(
    `update identity.one_time_link set used_at = $2
      where link_id = $1 and used_at is null and revoked_at is null and expires_at > $2 returning link_id`,
    [linkId, at],
  );
  return rows.length === 1;
}

export async function linkFind(db: Database, token: string, at: Instant): Promise<FoundLink | null> {
  const [row] = await db.withDoors((tx) =>
    tx.query<{
      organisation_id: OrganisationId;
      link_id: string;
      person_id: PersonId;
      purpose: LinkPurpose;
      expires_at: number;
      used_at: number | null;
      revoked_at: number | null;
    }>("select * from doors.link_find($1)", [hashToken(token)]),
  );
  if (row === undefined) return null;
  return {
    organisationId: row.organisation_id,
    linkId: row.link_id,
    personId: row.person_id,
    purpose: row.purpose,
    expiresAt: row.expires_at,
    isOpen: row.used_at === null && row.revoked_at === null && row.expires_at > at,
  };
}
