import { createHash } from "node:crypto";
import type { AuditEntry } from "@allo/contract";
import type { IdSource, Instant, OrganisationId, PersonId } from "@allo/kernel";
import type { Tx } from "../../platform/db.ts";
import { findBreak, FIRST_HASH, hashEntry, type ChainedEntry } from "./core/audit-chain.ts";

/** Who did it; a Principal fits. `personId` null: the program itself, or nobody yet. */
export type AuditActor = { readonly personId: PersonId | null; readonly name: string; readonly organisationId: OrganisationId };
export type AuditWrite = {
  readonly actor: AuditActor;
  readonly action: string;
  readonly objectType: string;
  readonly objectId: string;
  /** Only what changed; null where there was nothing. No secrets. */
  readonly before: unknown;
  readonly after: unknown;
  readonly address: string;
  readonly at: Instant;
};

export type Audit = {
  /** In the transaction of the change itself: both stand or neither. Changes of one organisation queue here until they commit. */
  write(tx: Tx, entry: AuditWrite): Promise<void>;
  /** Where the scope's chain first breaks; null: it holds. */
  verify(tx: Tx): Promise<{ readonly sequence: number; readonly reason: string } | null>;
};

type Row = {
  organisation_id: string;
  sequence: number;
  audit_id: string;
  at: number;
  actor_id: string | null;
  actor_name: string;
  action: string;
  object_type: string;
  object_id: string;
  before: unknown;
  after: unknown;
  address: string;
  previous_hash: string;
  hash: string;
};
const COLUMNS =
  "organisation_id, sequence, audit_id, at, actor_id, actor_name, action, object_type, object_id, " +
  "before, after, address, previous_hash, hash";

export function createAudit({ ids }: { readonly ids: IdSource }): Audit {
  return {
    async write(tx, { actor, before, after, ...rest }) {
      await tx.query("select pg_advisory_xact_lock(hashtextextended('audit ' || $1, 0))", [actor.organisationId]);
      const [last] = await tx.query<{ sequence: number; hash: string }>(
        "select sequence, hash from identity.audit where organisation_id = $1 order by sequence desc limit 1",
        [actor.organisationId],
      );
      const entry: ChainedEntry = {
        ...rest,
        organisationId: actor.organisationId,
        sequence: (last?.sequence ?? 0) + 1,
        auditId: ids.next("aud"),
        actorId: actor.personId,
        actorName: actor.name,
        before: asJson(before),
        after: asJson(after),
        previousHash: last?.hash ?? FIRST_HASH,
      };
      await tx.query(
        `insert into identity.audit (${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11::jsonb, $12, $13, $14)`,
        [
          entry.organisationId,
          entry.sequence,
          entry.auditId,
          entry.at,
          entry.actorId,
          entry.actorName,
          entry.action,
          entry.objectType,
          entry.objectId,
          JSON.stringify(entry.before),
          JSON.stringify(entry.after),
          entry.address,
          entry.previousHash,
          hashEntry(entry, sha256Hex),
        ],
      );
    },
    async verify(tx) {
      const rows = await tx.query<Row>(`select ${COLUMNS} from identity.audit order by sequence`);
      return findBreak(rows.map(toChained), sha256Hex);
    },
  };
}

/** A page of entries, newest first, below `beforeSequence`. */
export async function auditList(
  tx: Tx,
  filter: {
    readonly beforeSequence: number | null;
    readonly limit: number;
    readonly objectType: string | undefined;
    readonly actorId: string | undefined;
  },
): Promise<readonly (AuditEntry & { readonly sequence: number })[]> {
  const rows = await tx.query<Row>(
    `select ${COLUMNS} from identity.audit
     where ($1::bigint is null or sequence < $1) and ($2::text is null or object_type = $2) and ($3::text is null or actor_id = $3)
     order by sequence desc limit $4`,
    [filter.beforeSequence, filter.objectType ?? null, filter.actorId ?? null, filter.limit],
  );
  return rows.map((row) => ({
    sequence: row.sequence,
    auditId: row.audit_id,
    at: row.at,
    actorId: row.actor_id,
    actorName: row.actor_name,
    action: row.action,
    objectType: row.object_type,
    objectId: row.object_id,
    before: row.before,
    after: row.after,
    address: row.address,
  }));
}

function toChained(row: Row): ChainedEntry & { readonly hash: string } {
  return {
    organisationId: row.organisation_id,
    sequence: row.sequence,
    auditId: row.audit_id,
    at: row.at,
    actorId: row.actor_id,
    actorName: row.actor_name,
    action: row.action,
    objectType: row.object_type,
    objectId: row.object_id,
    before: row.before,
    after: row.after,
    address: row.address,
    previousHash: row.previous_hash,
    hash: row.hash,
  };
}

function asJson(value: unknown): unknown {
  return value === undefined || value === null ? null : (JSON.parse(JSON.stringify(value)) as unknown);
}

function sha256Hex(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
