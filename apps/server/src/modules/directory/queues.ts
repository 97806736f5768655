import type { BodyOf, Queue, QueueMember } from "@allo/contract";
import type { Clock, IdSource, QueueId } from "@allo/kernel";
import { ApiError, invalidField, notFound } from "../../platform/api-error.ts";
import type { OrganisationConfig } from "./config.ts";
import { given, readNames, requireRoom, requireVersion, type By, type Editor } from "./editor.ts";
import { directoryLimits, queueDefaults } from "./limits.ts";
import { find, requireUnique } from "./lists.ts";

export function createQueues({
  editor,
  ids,
  clock,
  isPerson,
  isMusic,
}: {
  readonly editor: Editor;
  readonly ids: IdSource;
  readonly clock: Clock;
  /** Shipped, or the organisation's own and in use. */
  readonly isMusic: (config: OrganisationConfig, audioId: string) => boolean;
  /** Someone who may still serve a queue. */
  readonly isPerson: (organisationId: OrganisationConfig["organisationId"], personId: string) => boolean;
}) {
  const check = (config: OrganisationConfig, queue: Pick<Queue, "projectId" | "musicAudioId" | "requirements">): void => {
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
  };
  return {
    async create(by: By, { names, ...body }: BodyOf<"queueCreate">): Promise<Queue> {
      const queueId = ids.next("que");
      const config = await editor.change(by, "queues", async (tx, before) => {
        requireRoom(before.queues.length, directoryLimits.queuesMax);
        const projectId = body.projectId ?? before.projects.find((project) => !project.retired)?.projectId ?? "";
        const { projectId: _given, ...rest } = pickSettings(body);
        const settings = { ...queueDefaults, ...rest, names: readNames(names) };
        check(before, { ...settings, projectId });
        await tx.query(
          "insert into directory.queue (organisation_id, project_id, queue_id, settings, created_at) values ($1, $2, $3, $4, $5)",
          [by.principal.organisationId, projectId, queueId, settings, clock.now()],
        );
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
        // A contact keeps the project it began in; a queue that could change it would mix two clients' customers.
        if (next.projectId !== queue.projectId) throw invalidField("projectId", "fixed", "can't be changed: make another queue");
        check(before, next);
        const isUsed = before.numbers.some((number) => !number.retired && number.queueId === queueId);
        if (next.retired && !queue.retired && isUsed) throw new ApiError("inUse", 409, "A number still leads to this queue");
        const { queueId: _id, projectId: _project, retired: _retired, version: _version, memberCount: _count, ...settings } = next;
        await tx.query("update directory.queue set settings = $2, retired = $3, version = version + 1 where queue_id = $1", [
          queueId,
          settings,
          next.retired,
        ]);
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
        if (items.length > 0) {
          await tx.query(
            `insert into directory.queue_member (organisation_id, queue_id, person_id, level)
             select $1, $2, person_id, level from unnest($3::text[], $4::smallint[]) as given (person_id, level)`,
            [by.principal.organisationId, queueId, items.map((item) => item.personId), items.map((item) => item.level)],
          );
        }
        return { action: "queue.members", objectType: "queue", objectId: queueId, before: { members: earlier }, after: { members: items } };
      });
      return [...(config.members.get(queueId as QueueId) ?? [])];
    },
  };
}

/** Only the settings, whatever else a request holds. */
function pickSettings(body: Partial<Queue>): Partial<Omit<Queue, "names" | "queueId" | "version" | "retired" | "memberCount">> {
  const {
    projectId,
    greetingWords,
    ringTimeoutSeconds,
    waitMaxSeconds,
    sizeMax,
    wrapUpSeconds,
    wrapUpExtensionSeconds,
    missedRingsMax,
    priority,
    serviceLevelSeconds,
    recordCalls,
    musicAudioId,
    requirements,
  } = body;
  return given({
    projectId,
    greetingWords,
    ringTimeoutSeconds,
    waitMaxSeconds,
    sizeMax,
    wrapUpSeconds,
    wrapUpExtensionSeconds,
    missedRingsMax,
    priority,
    serviceLevelSeconds,
    recordCalls,
    musicAudioId,
    requirements,
  });
}
