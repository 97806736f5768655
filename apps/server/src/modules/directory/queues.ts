import { queueSettingKeys, type BodyOf, type Queue, type QueueMember, type QueueSettings } from "@allo/contract";
import type { Clock, IdSource, QueueId } from "@allo/kernel";
import { invalidField, notFound } from "../../platform/api-error.ts";
import type { OrganisationConfig, SetupParts } from "./config.ts";
import { usesOfQueue } from "./core/uses.ts";
import { readNames, requireRoom, requireUnused, requireVersion, type By, type Editor } from "./editor.ts";
import { directoryLimits, queueDefaults } from "./limits.ts";
import { find, requireUnique } from "./lists.ts";
import type { StoredQueueSettings } from "./store/config-store.ts";
import { queueInsert, queueMembersInsert } from "./store/insert-store.ts";

export function createQueues({
  editor,
  ids,
  clock,
  isPerson,
  isMusic,
  isRecorder,
  hasContacts,
}: {
  readonly editor: Editor;
  readonly ids: IdSource;
  readonly clock: Clock;
  /** Shipped, or the organisation's own and in use. */
  readonly isMusic: IsAudio;
  /** Someone who may still serve a queue. */
  readonly isPerson: (organisationId: OrganisationConfig["organisationId"], personId: string) => boolean;
  /** One elsewhere that isn't retired. */
  readonly isRecorder: (organisationId: OrganisationConfig["organisationId"], recorderId: string) => boolean;
  /** Whether a call has ever come to the queue. */
  readonly hasContacts: (organisationId: OrganisationConfig["organisationId"], queueId: string) => Promise<boolean>;
}) {
  const requireRecorder = ({ principal }: By, recorderId: string | null): void => {
    if (recorderId !== null && !isRecorder(principal.organisationId, recorderId))
      throw invalidField("recorderId", "unknown", "names a recorder that isn't there");
  };
  return {
    async create(by: By, { names, ...body }: BodyOf<"queueCreate">): Promise<Queue> {
      const queueId = ids.next("que");
      const config = await editor.change(by, "queues", async (tx, before) => {
        requireRoom(before.queues.length, directoryLimits.queuesMax);
        const projectId = body.projectId ?? firstProjectId(before);
        const settings = newQueueSettings(names, body);
        requireQueue(before, { ...settings, projectId }, isMusic);
        requireRecorder(by, settings.recorderId);
        await queueInsert(tx, { organisationId: by.principal.organisationId, projectId, queueId, settings, at: clock.now() });
        return { action: "queue.create", objectType: "queue", objectId: queueId, before: null, after: { ...settings, projectId } };
      });
      return find(config.queues, (each) => each.queueId === queueId);
    },
    async update(by: By, queueId: string, { version, retired, ...body }: BodyOf<"queueUpdate">): Promise<Queue> {
      const config = await editor.change(by, "queues", async (tx, before) => {
        const queue = find(before.queues, (each) => each.queueId === queueId);
        requireVersion(queue, version, { ...body, retired });
        const next: Queue = {
          ...queue,
          ...pickSettings(body),
          ...(body.names === undefined ? {} : { names: readNames(body.names) }),
          retired: retired ?? queue.retired,
        };
        // A contact keeps the project it began in, and its customer is that project's: a queue that calls have come to and that changed
        // its project would mix two clients' customers in one list.
        if (next.projectId !== queue.projectId && (await hasContacts(by.principal.organisationId, queueId)))
          throw invalidField("projectId", "hasContacts", "can't be changed: calls have come to this queue already; make another one");
        if (!next.retired) requireQueue(before, next, isMusic);
        if (!next.retired && next.recorderId !== queue.recorderId) requireRecorder(by, next.recorderId);
        if (next.retired && !queue.retired) requireUnused(usesOfQueue(before, queueId));
        const { queueId: _id, projectId, retired: _retired, version: _version, memberCount: _count, ...settings } = next;
        await tx.query(
          "update directory.queue set project_id = $2, settings = $3, retired = $4, version = version + 1 where queue_id = $1",
          [queueId, projectId, settings, next.retired],
        );
        return { action: "queue.change", objectType: "queue", objectId: queueId, before: queue, after: next };
      });
      return find(config.queues, (each) => each.queueId === queueId);
    },
    members(by: Pick<By, "principal">, queueId: string): QueueMember[] {
      const config = editor.config(by.principal);
      if (!config.queues.some((queue) => queue.queueId === queueId)) throw notFound();
      return [...(config.members.get(queueId as QueueId) ?? [])];
    },
    async membersPut(by: By, queueId: string, { items }: BodyOf<"queueMembersPut">): Promise<QueueMember[]> {
      if (items.length > directoryLimits.membersPerQueueMax)
        throw invalidField("items", "tooMany", `can be ${directoryLimits.membersPerQueueMax} at most`);
      requireUnique(
        items.map((item) => item.personId),
        "items",
      );
      const config = await editor.change(by, "queues", async (tx, before) => {
        find(before.queues, (each) => each.queueId === queueId);
        for (const { personId } of items) {
          if (!isPerson(by.principal.organisationId, personId))
            throw invalidField("items", "unknownPerson", "names a person who isn't there");
        }
        const earlier = before.members.get(queueId as QueueId) ?? [];
        await tx.query("delete from directory.queue_member where queue_id = $1", [queueId]);
        await queueMembersInsert(tx, { organisationId: by.principal.organisationId, queueId, members: items });
        return { action: "queue.members", objectType: "queue", objectId: queueId, before: { members: earlier }, after: { members: items } };
      });
      return [...(config.members.get(queueId as QueueId) ?? [])];
    },
  };
}

/** Shipped, or the organisation's own and in use. */
export type IsAudio = (config: Pick<SetupParts, "ownPrompts">, audioId: string) => boolean;

/** Throws unless all that a queue names is there. */
export function requireQueue(
  config: Pick<SetupParts, "projects" | "skills" | "ownPrompts">,
  queue: Pick<Queue, "projectId" | "musicAudioId" | "requirements">,
  isMusic: IsAudio,
): void {
  if (!config.projects.some((project) => project.projectId === queue.projectId && !project.retired))
    throw invalidField("projectId", "unknown", "names a project that isn't there");
  if (!isMusic(config, queue.musicAudioId)) throw invalidField("musicAudioId", "unknown", "names music that isn't there");
  requireUnique(
    queue.requirements.map((each) => each.skillId),
    "requirements",
  );
  for (const { skillId } of queue.requirements) {
    if (!config.skills.some((skill) => skill.skillId === skillId && !skill.retired))
      throw invalidField("requirements", "unknownSkill", "names a skill that isn't there");
  }
}

/** What isn't said is as every queue begins. */
export function newQueueSettings(names: QueueSettings["names"], body: Partial<QueueSettings>): StoredQueueSettings {
  const { projectId: _project, names: _names, ...settings } = pickSettings(body);
  return { ...queueDefaults, ...settings, names: readNames(names) };
}

/** The one for a queue of which none is said. */
export function firstProjectId({ projects }: Pick<SetupParts, "projects">): string {
  return projects.find((project) => !project.retired)?.projectId ?? "";
}

/** Only the settings that are given, whatever else a request holds. */
function pickSettings(body: Partial<QueueSettings>): Partial<QueueSettings> {
  return Object.fromEntries(queueSettingKeys.flatMap((key) => (body[key] === undefined ? [] : [[key, body[key]]])));
}
