import type { DialDecision, DialKind, DialRange, DialReason } from "@allo/contract";
import type { Instant, OrganisationId } from "@allo/kernel";
import type { Tx } from "../../../platform/db.ts";
import type { DialUsage } from "../core/dial-policy.ts";
import type { Charge } from "../core/usage-book.ts";

export type NewDecision = {
  readonly decisionId: string;
  readonly at: Instant;
  readonly kind: DialKind;
  readonly personId: string | null;
  readonly projectId: string | null;
  readonly trunkId: string | null;
  readonly shown: string | null;
  readonly country: string | null;
  readonly range: DialRange;
  readonly allowed: boolean;
  readonly reasons: readonly DialReason[];
  readonly usage: DialUsage;
  readonly costPerMinute: number | null;
};
export type StoredDecision = Omit<DialDecision, "personName" | "cost"> & { readonly costParts: number | null };

export async function decisionInsert(tx: Tx, organisationId: OrganisationId, decision: NewDecision): Promise<void> {
  await tx.query(
    `insert into dialling.decision (organisation_id, decision_id, at, kind, person_id, of_project_id, trunk_id, shown, country, range,
       allowed, reasons, usage, cost_per_minute, state)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::jsonb, $13::jsonb, $14, $15)`,
    [
      organisationId,
      decision.decisionId,
      decision.at,
      decision.kind,
      decision.personId,
      decision.projectId,
      decision.trunkId,
      decision.shown,
      decision.country,
      decision.range,
      decision.allowed,
      JSON.stringify(decision.reasons),
      JSON.stringify(decision.usage),
      decision.costPerMinute,
      decision.allowed ? "open" : "refused",
    ],
  );
}

export async function decisionSettle(
  tx: Tx,
  given: {
    readonly decisionId: string;
    readonly at: Instant;
    readonly talkMs: number;
    readonly cost: number;
    readonly state: "settled" | "released";
  },
): Promise<void> {
  await tx.query(
    "update dialling.decision set state = $2, ended_at = $3, talk_ms = $4, cost = $5 where decision_id = $1 and state = 'open'",
    [given.decisionId, given.state, given.at, Math.round(given.talkMs), given.cost],
  );
}

type Row = {
  decision_id: string;
  at: number;
  kind: DialKind;
  person_id: string | null;
  of_project_id: string | null;
  shown: string | null;
  country: string | null;
  range: DialRange;
  allowed: boolean;
  reasons: DialReason[];
  state: DialDecision["state"];
  talk_ms: number | null;
  cost: number | null;
};

/** Newest first, after the given place. */
export async function decisionList(
  tx: Tx,
  {
    after,
    limit,
    allowed,
    personId,
  }: {
    readonly after: { readonly at: number; readonly decisionId: string } | null;
    readonly limit: number;
    readonly allowed: boolean | null;
    readonly personId: string | null;
  },
): Promise<readonly StoredDecision[]> {
  const values: unknown[] = [limit];
  const wheres: string[] = [];
  const bind = (value: unknown): string => `$${String(values.push(value))}`;
  if (after !== null) wheres.push(`(at, decision_id) < (${bind(after.at)}, ${bind(after.decisionId)})`);
  if (allowed !== null) wheres.push(`allowed = ${bind(allowed)}`);
  if (personId !== null) wheres.push(`person_id = ${bind(personId)}`);
  const rows = await tx.query<Row>(
    `select decision_id, at, kind, person_id, of_project_id, shown, country, range, allowed, reasons, state, talk_ms, cost
     from dialling.decision ${wheres.length === 0 ? "" : `where ${wheres.join(" and ")}`}
     order by at desc, decision_id desc limit $1`,
    values,
  );
  return rows.map((row) => ({
    decisionId: row.decision_id,
    at: row.at,
    kind: row.kind,
    personId: row.person_id,
    projectId: row.of_project_id,
    shown: row.shown,
    country: row.country,
    range: row.range,
    allowed: row.allowed,
    reasons: row.reasons,
    state: row.state,
    talkMs: row.talk_ms,
    costParts: row.cost,
  }));
}

type ChargeRow = {
  decision_id: string;
  at: number;
  person_id: string | null;
  of_project_id: string | null;
  trunk_id: string | null;
  cost_per_minute: number | null;
  ended_at: number | null;
  talk_ms: number | null;
};

/** What counts still: calls since then, and those open. Emergency calls count nowhere. */
export async function chargesFetch(
  tx: Tx,
  since: Instant,
): Promise<readonly { readonly charge: Charge; readonly settled: { readonly at: Instant; readonly talkMs: number } | null }[]> {
  const rows = await tx.query<ChargeRow>(
    `select decision_id, at, person_id, of_project_id, trunk_id, cost_per_minute, ended_at, talk_ms from dialling.decision
     where allowed and range <> 'emergency' and (at >= $1 or state = 'open')`,
    [since],
  );
  return rows.map((row) => ({
    charge: {
      reservationId: row.decision_id,
      at: row.at,
      personId: row.person_id,
      projectId: row.of_project_id,
      trunkId: row.trunk_id,
      costPerMinute: row.cost_per_minute,
    },
    settled: row.ended_at === null ? null : { at: row.ended_at, talkMs: row.talk_ms ?? 0 },
  }));
}

/** Forgets the oldest beyond so many, and whatever is older than that; never what the day's sums need. */
export async function decisionTrim(
  tx: Tx,
  given: { readonly keep: number; readonly olderThan: Instant; readonly never: Instant },
): Promise<void> {
  await tx.query(
    `delete from dialling.decision where state <> 'open' and at < least($2::bigint, greatest($3::bigint, coalesce(
       (select at from dialling.decision order by at desc, decision_id desc offset $1 limit 1), 0)))`,
    [given.keep, given.never, given.olderThan],
  );
}
