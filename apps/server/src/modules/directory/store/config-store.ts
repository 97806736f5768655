// Reads all that one organisation has set up; the scope of the transaction says whose.
import type {
  Hours,
  HoursSettings,
  LocalizedText,
  NotReadyReason,
  NumberSettings,
  PhoneNumber,
  QueueMember,
  QueueSettings,
} from "@allo/contract";
import type { NumberId, PersonId, QueueId } from "@allo/kernel";
import type { Static } from "typebox";
import type { Tx } from "../../../platform/db.ts";
import type { DeviceRecord, OwnPrompt, PromptRecord, SetupParts, SkillLevel } from "../config.ts";
import { numberDefaults, queueDefaults } from "../limits.ts";

export type StoredQueueSettings = Omit<QueueSettings, "projectId">;
export type StoredNumberSettings = Omit<Static<typeof NumberSettings>, "queueId" | "hoursId">;

export async function configFetch(tx: Tx): Promise<SetupParts> {
  const projects = await tx.query<{
    project_id: string;
    name: string;
    hidden: boolean;
    name_audio_id: string | null;
    retired: boolean;
    version: number;
  }>("select project_id, name, hidden, name_audio_id, retired, version from directory.project order by created_at, project_id");
  const hours = await tx.query<{ hours_id: string; settings: HoursSettings; retired: boolean; version: number }>(
    "select hours_id, settings, retired, version from directory.hours order by created_at, hours_id",
  );
  const skills = await tx.query<{ skill_id: string; names: LocalizedText; retired: boolean; version: number }>(
    "select skill_id, names, retired, version from directory.skill order by skill_id",
  );
  const queues = await tx.query<{ queue_id: string; project_id: string; settings: StoredQueueSettings; retired: boolean; version: number }>(
    "select queue_id, project_id, settings, retired, version from directory.queue order by created_at, queue_id",
  );
  const members = await tx.query<{ queue_id: QueueId; person_id: string; level: number }>(
    "select queue_id, person_id, level from directory.queue_member order by queue_id, person_id",
  );
  const personSkills = await tx.query<{ person_id: PersonId; skill_id: string; level: number }>(
    "select person_id, skill_id, level from directory.person_skill order by person_id, skill_id",
  );
  const mentors = await tx.query<{ trainee_id: PersonId; mentor_id: PersonId }>(
    "select trainee_id, mentor_id from directory.mentor order by trainee_id, mentor_id",
  );
  const numbers = await tx.query<{
    number_id: string;
    e164: string | null;
    queue_id: string;
    hours_id: string | null;
    settings: StoredNumberSettings;
    retired: boolean;
    version: number;
  }>("select number_id, e164, queue_id, hours_id, settings, retired, version from directory.phone_number order by created_at, number_id");
  const dialled = await tx.query<{ number_id: NumberId; dialled: string }>(
    "select number_id, dialled from directory.dialled order by number_id, dialled",
  );
  const devices = await tx.query<{
    device_id: string;
    person_id: string | null;
    name: string;
    username: string;
    extension: string | null;
    realm: string;
    ha1_md5: string;
    ha1_sha256: string;
    auto_answer: boolean;
    offers_srtp: boolean;
    retired: boolean;
    version: number;
  }>(
    `select device_id, person_id, name, username, extension, realm, ha1_md5, ha1_sha256, auto_answer, offers_srtp, retired, version
      from directory.device order by created_at, device_id`,
  );
  const choices = await tx.query<{ person_id: PersonId; device_id: string }>(
    "select person_id, device_id from directory.phone_choice order by person_id",
  );
  const codes = await tx.query<{ wrap_up_code_id: string; names: LocalizedText; position: number; retired: boolean; version: number }>(
    "select wrap_up_code_id, names, position, retired, version from directory.wrap_up_code order by position, wrap_up_code_id",
  );
  const reasons = await tx.query<{
    reason_id: string;
    code: string;
    system: boolean;
    names: LocalizedText;
    position: number;
    max_minutes: number | null;
    retired: boolean;
    version: number;
  }>(
    `select reason_id, code, system, names, position, max_minutes, retired, version
      from directory.not_ready_reason order by position, reason_id`,
  );
  const prompts = await tx.query<{
    audio_id: string;
    language: PromptRecord["language"];
    file_name: string;
    duration_ms: number;
    version: number;
    replaced_at: number;
    replaced_by: string;
  }>(
    `select audio_id, language, file_name, duration_ms, version, replaced_at, replaced_by
      from directory.prompt order by audio_id, language`,
  );
  const ownPrompts = await tx.query<{ audio_id: string; kind: OwnPrompt["kind"]; title: string; says_notice: boolean; retired: boolean }>(
    "select audio_id, kind, title, says_notice, retired from directory.own_prompt order by created_at, audio_id",
  );

  const membersByQueue = groupBy(
    members,
    (row) => row.queue_id,
    (row): QueueMember => ({ personId: row.person_id, level: row.level }),
  );
  return {
    projects: projects.map((row) => ({
      projectId: row.project_id,
      name: row.name,
      inHouse: row.hidden,
      nameAudioId: row.name_audio_id,
      retired: row.retired,
      version: row.version,
    })),
    hours: hours.map((row): Hours => ({ ...row.settings, hoursId: row.hours_id, retired: row.retired, version: row.version })),
    skills: skills.map((row) => ({ skillId: row.skill_id, names: row.names, retired: row.retired, version: row.version })),
    queues: queues.map((row) => ({
      ...queueDefaults, // a row of an earlier release lacks what was added since
      ...row.settings,
      queueId: row.queue_id,
      projectId: row.project_id,
      retired: row.retired,
      version: row.version,
      memberCount: membersByQueue.get(row.queue_id as QueueId)?.length ?? 0,
    })),
    members: membersByQueue,
    personSkills: groupBy(
      personSkills,
      (row) => row.person_id,
      (row): SkillLevel => ({ skillId: row.skill_id, level: row.level }),
    ),
    mentors: groupBy(
      mentors,
      (row) => row.trainee_id,
      (row) => row.mentor_id,
    ),
    numbers: numbers.map((row): PhoneNumber => ({
      ...numberDefaults, // a row of an earlier release lacks what was added since
      ...row.settings,
      numberId: row.number_id,
      e164: row.e164,
      queueId: row.queue_id,
      hoursId: row.hours_id,
      retired: row.retired,
      version: row.version,
    })),
    dialled: groupBy(
      dialled,
      (row) => row.number_id,
      (row) => row.dialled,
    ),
    devices: devices.map((row): DeviceRecord => ({
      deviceId: row.device_id,
      personId: row.person_id,
      name: row.name,
      username: row.username,
      extension: row.extension,
      realm: row.realm,
      ha1Md5: row.ha1_md5,
      ha1Sha256: row.ha1_sha256,
      autoAnswer: row.auto_answer,
      offersSrtp: row.offers_srtp,
      retired: row.retired,
      version: row.version,
    })),
    phoneChoices: new Map(choices.map((row) => [row.person_id, row.device_id])),
    wrapUpCodes: codes.map((row) => ({
      wrapUpCodeId: row.wrap_up_code_id,
      names: row.names,
      position: row.position,
      retired: row.retired,
      version: row.version,
    })),
    reasons: reasons.map((row): NotReadyReason => ({
      reasonId: row.reason_id,
      code: row.code,
      system: row.system,
      names: row.names,
      position: row.position,
      maxMinutes: row.max_minutes,
      retired: row.retired,
      version: row.version,
    })),
    prompts: prompts.map((row) => ({
      audioId: row.audio_id,
      language: row.language,
      fileName: row.file_name,
      durationMs: row.duration_ms,
      version: row.version,
      replacedAt: row.replaced_at,
      replacedBy: row.replaced_by,
    })),
    ownPrompts: ownPrompts.map((row) => ({
      audioId: row.audio_id,
      kind: row.kind,
      title: row.title,
      saysNotice: row.says_notice,
      retired: row.retired,
    })),
  };
}

function groupBy<Row, K, V>(rows: readonly Row[], keyOf: (row: Row) => K, valueOf: (row: Row) => V): ReadonlyMap<K, readonly V[]> {
  const groups = new Map<K, V[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row)) ?? [];
    groups.set(keyOf(row), group);
    group.push(valueOf(row));
  }
  return groups;
}
