import type { AgentConfig, Level, QueueConfig } from "@allo/acd";
import { SECOND_MS, type PersonId, type ProjectId, type QueueId, type SkillId } from "@allo/kernel";
import type { VoiceConfig } from "./ports.ts";

/** An organisation's configuration in the router's words. `signedIn`: people who serve no queue but have a desk open. */
export function routerConfig(
  config: VoiceConfig,
  signedIn: Iterable<PersonId>,
): { readonly queues: readonly QueueConfig[]; readonly agents: readonly AgentConfig[] } {
  const queues = config.queues
    .filter(({ retired }) => !retired)
    .map((queue): QueueConfig => ({
      id: queue.queueId as QueueId,
      projectId: queue.projectId as ProjectId,
      ringTimeoutMs: queue.ringTimeoutSeconds * SECOND_MS,
      waitMaxMs: queue.waitMaxSeconds * SECOND_MS,
      sizeMax: queue.sizeMax,
      wrapUpMs: queue.wrapUpSeconds * SECOND_MS,
      wrapUpExtensionMs: queue.wrapUpExtensionSeconds * SECOND_MS,
      missedRingsMax: queue.missedRingsMax,
      declineCountsAsMissed: true,
      priority: queue.priority,
      talkingMax: null,
      notReadyCountsAsSignedIn: true,
    }));
  const live = new Set(queues.map(({ id }) => id));
  const memberships = new Map<PersonId, { readonly queue: QueueId; readonly level: Level }[]>();
  for (const personId of signedIn) memberships.set(personId, []);
  for (const [queueId, members] of config.members) {
    if (!live.has(queueId)) continue;
    for (const member of members) {
      const personId = member.personId as PersonId;
      memberships.set(personId, [...(memberships.get(personId) ?? []), { queue: queueId, level: member.level as Level }]);
    }
  }
  const agents = [...memberships].map(([agent, list]): AgentConfig => ({
    agent,
    memberships: list,
    skills: (config.personSkills.get(agent) ?? []).map(({ skillId, level }) => ({ skill: skillId as SkillId, level: level as Level })),
  }));
  return { queues, agents: agents.toSorted((a, b) => (a.agent < b.agent ? -1 : 1)) };
}
