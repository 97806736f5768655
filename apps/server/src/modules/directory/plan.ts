// Many parts of a setup made at once: a ready-made set-up, the demonstration, a new organisation. In the caller's transaction.
import type { HoursSettings, Language, LocalizedText, NumberSettings, QueueMember, QueueSettings } from "@allo/contract";
import type { Clock, IdSource } from "@allo/kernel";
import type { Static } from "typebox";
import { ApiError, invalidField } from "../../platform/api-error.ts";
import type { Tx } from "../../platform/db.ts";
import type { Audit, AuditActor } from "../identity/index.ts";
import type { SetupParts } from "./config.ts";
import { anyName, usesOfHours, usesOfProject, usesOfQueue, usesOfSkill, type Use } from "./core/uses.ts";
import { lockSetup, readNames, requireRoom } from "./editor.ts";
import { readHours } from "./hours.ts";
import { directoryLimits } from "./limits.ts";
import { nextPosition } from "./lists.ts";
import { newNumberSettings, requireLeads, requireNumber, whenFree, type NumberAudio } from "./phone-numbers.ts";
import { readProjectName } from "./projects.ts";
import { firstProjectId, newQueueSettings, requireQueue, type IsAudio } from "./queues.ts";
import { configFetch } from "./store/config-store.ts";
import {
  hoursInsert,
  numberInsert,
  projectInsert,
  queueInsert,
  queueMembersInsert,
  reasonInsert,
  skillInsert,
  wrapUpCodeInsert,
} from "./store/insert-store.ts";

/** What another part of the plan, or something that is there already, is called: the part's `key`, or the id. */
export type PlanRef = string;

/** Parts to be made, each with a key of its own among its kind, by which the others name it. They are made in the order of the fields. */
export type DirectoryPlan = {
  readonly projects?: readonly { readonly key: string; readonly name: string }[];
  readonly hours?: readonly ({ readonly key: string } & HoursSettings)[];
  readonly skills?: readonly { readonly key: string; readonly names: LocalizedText }[];
  readonly queues?: readonly PlannedQueue[];
  readonly numbers?: readonly PlannedNumber[];
  readonly wrapUpCodes?: readonly { readonly key: string; readonly names: LocalizedText }[];
  readonly reasons?: readonly {
    readonly key: string;
    readonly names: LocalizedText;
    readonly maxMinutes: number | null;
    /** A word that figures know it by; absent: "custom". */
    readonly code?: string;
  }[];
};
export type PlannedQueue = {
  readonly key: string;
  readonly names: LocalizedText;
  /** Absent: the first project in use. */
  readonly project?: PlanRef;
  readonly requirements?: readonly { readonly skill: PlanRef; readonly level: number }[];
  /** Persons of the organisation, who may be made in the same transaction. */
  readonly members?: readonly QueueMember[];
  /** Absent ones as every queue begins. */
  readonly settings?: Partial<Omit<QueueSettings, "names" | "projectId" | "requirements">>;
};
export type PlannedNumber = {
  readonly key: string;
  /** As a person types it. */
  readonly number: string;
  readonly queue: PlanRef;
  readonly language: Language;
  /** Absent: it always takes calls. */
  readonly hours?: PlanRef;
  readonly settings?: Partial<Omit<Static<typeof NumberSettings>, "number" | "queueId" | "language" | "hoursId">>;
};
export type PlanKind = keyof DirectoryPlan;
/** The ids of what was made, by kind and key. */
export type DirectoryMade = { readonly [K in PlanKind]: ReadonlyMap<string, string> };

export type PlanBy = {
  readonly actor: AuditActor;
  readonly address: string;
  /** ISO 3166 alpha-2: how numbers are read. */
  readonly defaultCountry: string;
};
/** Something that could not be retired, and what still uses it; nothing: one of its kind must stay. */
export type PlanLeft = { readonly kind: PlanKind; readonly id: string; readonly usedBy: readonly Use[] };

export type Plans = {
  /** Makes all of it, each part audited, or throws an ApiError that names the part in its field's path. */
  applyInTx(tx: Tx, by: PlanBy, plan: DirectoryPlan): Promise<DirectoryMade>;
  /** Retires what is still in use of it, users before what they use, and says what had to stay. */
  retireInTx(
    tx: Tx,
    by: Omit<PlanBy, "defaultCountry">,
    made: { readonly [K in PlanKind]?: readonly string[] },
  ): Promise<readonly PlanLeft[]>;
};

export function createPlans({
  ids,
  clock,
  audit,
  isMusic,
  ...audio
}: {
  readonly ids: IdSource;
  readonly clock: Clock;
  readonly audit: Audit;
  readonly isMusic: IsAudio;
} & NumberAudio): Plans {
  const applyInTx: Plans["applyInTx"] = async (tx, { actor, address, defaultCountry }, plan) => {
    const { organisationId } = actor;
    const at = clock.now();
    await lockSetup(tx, organisationId);
    // What is there, and what the plan has made so far: each part is checked as if it came by its own route.
    let config: SetupParts = await configFetch(tx);
    const add = (more: Partial<SetupParts>): void => {
      config = { ...config, ...more };
    };
    const made = {
      projects: new Map<string, string>(),
      hours: new Map<string, string>(),
      skills: new Map<string, string>(),
      queues: new Map<string, string>(),
      numbers: new Map<string, string>(),
      wrapUpCodes: new Map<string, string>(),
      reasons: new Map<string, string>(),
    };
    const idOf = (kind: PlanKind, ref: PlanRef): string => made[kind].get(ref) ?? ref;
    const note = (action: string, objectType: string, objectId: string, after: object): Promise<void> =>
      audit.write(tx, { actor, action, objectType, objectId, before: null, after, address, at });
    const make = async <T extends { readonly key: string }>(
      kind: PlanKind,
      { parts = [], prefix, run }: { parts?: readonly T[] | undefined; prefix: string; run: (part: T, id: string) => Promise<void> },
    ): Promise<void> => {
      if (parts.length > 0) requireRoom(config[kind].length + parts.length - 1, directoryLimits[`${kind}Max`]);
      for (const part of parts) {
        const id = ids.next(prefix);
        await within(`${kind}.${part.key}`, () => run(part, id));
        if (made[kind].has(part.key)) throw invalidField(`${kind}.${part.key}`, "twice", "is a key of two parts");
        made[kind].set(part.key, id);
      }
    };

    await make("projects", {
      parts: plan.projects,
      prefix: "prj",
      run: async (part, projectId) => {
        const name = readProjectName(config, part.name);
        await projectInsert(tx, { organisationId, projectId, name, inHouse: false, at });
        add({ projects: [...config.projects, { projectId, name, inHouse: false, nameAudioId: null, retired: false, version: 1 }] });
        await note("project.create", "project", projectId, { name });
      },
    });
    await make("hours", {
      parts: plan.hours,
      prefix: "hrs",
      run: async (part, hoursId) => {
        const settings = readHours(part);
        await hoursInsert(tx, { organisationId, hoursId, settings, at });
        add({ hours: [...config.hours, { ...settings, hoursId, retired: false, version: 1 }] });
        await note("hours.create", "hours", hoursId, settings);
      },
    });
    await make("skills", {
      parts: plan.skills,
      prefix: "skl",
      run: async (part, skillId) => {
        const names = readNames(part.names);
        await skillInsert(tx, { organisationId, skillId, names });
        add({ skills: [...config.skills, { skillId, names, retired: false, version: 1 }] });
        await note("skill.create", "skill", skillId, { names });
      },
    });
    await make("queues", {
      parts: plan.queues,
      prefix: "que",
      run: async (part, queueId) => {
        const projectId = part.project === undefined ? firstProjectId(config) : idOf("projects", part.project);
        const requirements = (part.requirements ?? []).map(({ skill, level }) => ({ skillId: idOf("skills", skill), level }));
        const settings = newQueueSettings(part.names, { ...part.settings, requirements });
        const members = part.members ?? [];
        requireQueue(config, { ...settings, projectId }, isMusic);
        await queueInsert(tx, { organisationId, projectId, queueId, settings, at });
        await queueMembersInsert(tx, { organisationId, queueId, members });
        add({
          queues: [...config.queues, { ...settings, queueId, projectId, retired: false, version: 1, memberCount: members.length }],
        });
        await note("queue.create", "queue", queueId, { ...settings, projectId });
        if (members.length > 0) await note("queue.members", "queue", queueId, { members });
      },
    });
    await make("numbers", {
      parts: plan.numbers,
      prefix: "num",
      run: async (part, numberId) => {
        const leads = { queueId: idOf("queues", part.queue), hoursId: part.hours === undefined ? null : idOf("hours", part.hours) };
        const numbering = requireNumber(part.number, defaultCountry);
        const settings = newNumberSettings(config, { ...part.settings, number: part.number, language: part.language, ...leads });
        requireLeads(config, { ...settings, ...leads }, audio);
        await whenFree(() => numberInsert(tx, { organisationId, numberId, numbering, ...leads, settings, at }));
        add({ numbers: [...config.numbers, { ...settings, ...leads, numberId, e164: numbering.e164, retired: false, version: 1 }] });
        await note("number.create", "number", numberId, { ...settings, ...leads });
      },
    });
    await make("wrapUpCodes", {
      parts: plan.wrapUpCodes,
      prefix: "wuc",
      run: async (part, wrapUpCodeId) => {
        const names = readNames(part.names);
        const position = nextPosition(config.wrapUpCodes);
        await wrapUpCodeInsert(tx, { organisationId, wrapUpCodeId, names, position });
        add({ wrapUpCodes: [...config.wrapUpCodes, { wrapUpCodeId, names, position, retired: false, version: 1 }] });
        await note("wrapUpCode.create", "wrapUpCode", wrapUpCodeId, { names, position });
      },
    });
    await make("reasons", {
      parts: plan.reasons,
      prefix: "rsn",
      run: async (part, reasonId) => {
        const reason = {
          reasonId,
          code: part.code ?? "custom",
          system: false,
          names: readNames(part.names),
          position: nextPosition(config.reasons.filter((each) => !each.system)),
          maxMinutes: part.maxMinutes,
        };
        await reasonInsert(tx, { organisationId, ...reason });
        add({ reasons: [...config.reasons, { ...reason, retired: false, version: 1 }] });
        const { names, position, maxMinutes } = reason;
        await note("reason.create", "notReadyReason", reasonId, { names, position, maxMinutes });
      },
    });
    return made;
  };

  const retireInTx: Plans["retireInTx"] = async (tx, { actor, address }, given) => {
    const { organisationId } = actor;
    const at = clock.now();
    await lockSetup(tx, organisationId);
    const left: PlanLeft[] = [];
    let config: SetupParts = await configFetch(tx);
    for (const { kind, table, key, action, objectType, objects, usesOf, keepsOne } of retirements) {
      for (const id of given[kind] ?? []) {
        const own = objects(config);
        const object = own.find((each) => each.id === id);
        if (object === undefined || object.retired) continue;
        const usedBy = usesOf(config, id);
        const isLast = keepsOne && !own.some((each) => each.id !== id && !each.retired && !each.system);
        if (usedBy.length > 0 || isLast || object.system) {
          left.push({ kind, id, usedBy });
          continue;
        }
        await tx.query(`update directory.${table} set retired = true, version = version + 1 where ${key} = $1`, [id]);
        if (kind === "numbers") await tx.query("delete from directory.dialled where number_id = $1", [id]);
        await audit.write(tx, {
          actor,
          action,
          objectType,
          objectId: id,
          before: { retired: false },
          after: { retired: true, name: object.name },
          address,
          at,
        });
        config = await configFetch(tx);
      }
    }
    return left;
  };

  return { applyInTx, retireInTx };
}

type Retired = { readonly id: string; readonly name: string; readonly retired: boolean; readonly system?: boolean };
type Retirement = {
  readonly kind: PlanKind;
  readonly table: string;
  readonly key: string;
  readonly action: string;
  readonly objectType: string;
  readonly objects: (config: SetupParts) => readonly Retired[];
  readonly usesOf: (config: SetupParts, id: string) => readonly Use[];
  readonly keepsOne: boolean;
};
const unused = (): readonly Use[] => [];

/** Users before what they use. */
const retirements: readonly Retirement[] = [
  {
    kind: "numbers",
    table: "phone_number",
    key: "number_id",
    action: "number.change",
    objectType: "number",
    objects: ({ numbers }) => numbers.map((each) => ({ id: each.numberId, name: each.number, retired: each.retired })),
    usesOf: unused,
    keepsOne: false,
  },
  {
    kind: "queues",
    table: "queue",
    key: "queue_id",
    action: "queue.change",
    objectType: "queue",
    objects: ({ queues }) => queues.map((each) => ({ id: each.queueId, name: anyName(each.names), retired: each.retired })),
    usesOf: usesOfQueue,
    keepsOne: false,
  },
  {
    kind: "hours",
    table: "hours",
    key: "hours_id",
    action: "hours.change",
    objectType: "hours",
    objects: ({ hours }) => hours.map((each) => ({ id: each.hoursId, name: anyName(each.names), retired: each.retired })),
    usesOf: usesOfHours,
    keepsOne: false,
  },
  {
    kind: "skills",
    table: "skill",
    key: "skill_id",
    action: "skill.change",
    objectType: "skill",
    objects: ({ skills }) => skills.map((each) => ({ id: each.skillId, name: anyName(each.names), retired: each.retired })),
    usesOf: usesOfSkill,
    keepsOne: false,
  },
  {
    kind: "projects",
    table: "project",
    key: "project_id",
    action: "project.change",
    objectType: "project",
    objects: ({ projects }) => projects.map((each) => ({ id: each.projectId, name: each.name, retired: each.retired })),
    usesOf: usesOfProject,
    keepsOne: true,
  },
  {
    kind: "wrapUpCodes",
    table: "wrap_up_code",
    key: "wrap_up_code_id",
    action: "wrapUpCode.change",
    objectType: "wrapUpCode",
    objects: ({ wrapUpCodes }) => wrapUpCodes.map((each) => ({ id: each.wrapUpCodeId, name: anyName(each.names), retired: each.retired })),
    usesOf: unused,
    keepsOne: true,
  },
  {
    kind: "reasons",
    table: "not_ready_reason",
    key: "reason_id",
    action: "reason.change",
    objectType: "notReadyReason",
    objects: ({ reasons }) =>
      reasons.map((each) => ({ id: each.reasonId, name: anyName(each.names), retired: each.retired, system: each.system })),
    usesOf: unused,
    keepsOne: true,
  },
];

/** Says of a field's problem which part of the plan has it. */
async function within<T>(part: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof ApiError) || error.fields === undefined) throw error;
    const fields = error.fields.map((field) => ({ ...field, path: `${part}.${field.path}` }));
    throw new ApiError(error.code, error.status, error.detail, fields);
  }
}
