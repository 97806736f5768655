// New rows of what an organisation sets up: by a route, by the first setup, by a plan.
import type { HoursSettings, LocalizedText } from "@allo/contract";
import type { Instant, OrganisationId } from "@allo/kernel";
import type { Tx } from "../../../platform/db.ts";
import type { Numbering } from "../numbering.ts";
import type { StoredNumberSettings, StoredQueueSettings } from "./config-store.ts";

type New = { readonly organisationId: OrganisationId };

export async function projectInsert(
  tx: Tx,
  { organisationId, projectId, name, inHouse, at }: New & { projectId: string; name: string; inHouse: boolean; at: Instant },
): Promise<void> {
  await tx.query("insert into directory.project (organisation_id, project_id, name, hidden, created_at) values ($1, $2, $3, $4, $5)", [
    organisationId,
    projectId,
    name,
    inHouse,
    at,
  ]);
}

export async function hoursInsert(
  tx: Tx,
  { organisationId, hoursId, settings, at }: New & { hoursId: string; settings: HoursSettings; at: Instant },
): Promise<void> {
  await tx.query("insert into directory.hours (organisation_id, hours_id, settings, created_at) values ($1, $2, $3, $4)", [
    organisationId,
    hoursId,
    settings,
    at,
  ]);
}

export async function skillInsert(
  tx: Tx,
  { organisationId, skillId, names }: New & { skillId: string; names: LocalizedText },
): Promise<void> {
  await tx.query("insert into directory.skill (organisation_id, skill_id, names) values ($1, $2, $3)", [organisationId, skillId, names]);
}

export async function queueInsert(
  tx: Tx,
  {
    organisationId,
    projectId,
    queueId,
    settings,
    at,
  }: New & { projectId: string; queueId: string; settings: StoredQueueSettings; at: Instant },
): Promise<void> {
  await tx.query("insert into directory.queue (organisation_id, project_id, queue_id, settings, created_at) values ($1, $2, $3, $4, $5)", [
    organisationId,
    projectId,
    queueId,
    settings,
    at,
  ]);
}

export async function queueMembersInsert(
  tx: Tx,
  {
    organisationId,
    queueId,
    members,
  }: New & { queueId: string; members: readonly { readonly personId: string; readonly level: number }[] },
): Promise<void> {
  if (members.length === 0) return;
  await tx.query(
    `insert into directory.queue_member (organisation_id, queue_id, person_id, level)
     select $1, $2, person_id, level from unnest($3::text[], $4::smallint[]) as given (person_id, level)`,
    [organisationId, queueId, members.map((each) => each.personId), members.map((each) => each.level)],
  );
}

/** Throws a unique violation of `dialled_pkey` where a spelling belongs to another number of the installation. */
export async function numberInsert(
  tx: Tx,
  {
    organisationId,
    numberId,
    numbering,
    queueId,
    hoursId,
    settings,
    at,
  }: New & {
    numberId: string;
    numbering: Numbering;
    queueId: string;
    hoursId: string | null;
    settings: StoredNumberSettings;
    at: Instant;
  },
): Promise<void> {
  await tx.query(
    `insert into directory.phone_number (organisation_id, number_id, e164, queue_id, hours_id, settings, created_at)
      values ($1, $2, $3, $4, $5, $6, $7)`,
    [organisationId, numberId, numbering.e164, queueId, hoursId, settings, at],
  );
  await dialledInsert(tx, { organisationId, numberId, dialled: numbering.dialled });
}

export async function dialledInsert(
  tx: Tx,
  { organisationId, numberId, dialled }: New & { numberId: string; dialled: readonly string[] },
): Promise<void> {
  await tx.query("insert into directory.dialled (organisation_id, number_id, dialled) select $1, $2, unnest($3::text[])", [
    organisationId,
    numberId,
    [...dialled],
  ]);
}

export async function wrapUpCodeInsert(
  tx: Tx,
  { organisationId, wrapUpCodeId, names, position }: New & { wrapUpCodeId: string; names: LocalizedText; position: number },
): Promise<void> {
  await tx.query("insert into directory.wrap_up_code (organisation_id, wrap_up_code_id, names, position) values ($1, $2, $3, $4)", [
    organisationId,
    wrapUpCodeId,
    names,
    position,
  ]);
}

export async function reasonInsert(
  tx: Tx,
  {
    organisationId,
    reasonId,
    code,
    system,
    names,
    position,
    maxMinutes,
  }: New & { reasonId: string; code: string; system: boolean; names: LocalizedText; position: number; maxMinutes: number | null },
): Promise<void> {
  await tx.query(
    `insert into directory.not_ready_reason (organisation_id, reason_id, code, system, names, position, max_minutes)
      values ($1, $2, $3, $4, $5, $6, $7)`,
    [organisationId, reasonId, code, system, names, position, maxMinutes],
  );
}
