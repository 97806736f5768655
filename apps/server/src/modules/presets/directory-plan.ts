// The directory's share of a plan: what it is to make, referring to what is kept by its id.
import type { Language, QueueMember } from "@allo/contract";
import type { DirectoryPlan } from "../directory/index.ts";
import type { Part, PresetPlan } from "./core/plan.ts";
import type { NamedSpec } from "./core/trades/trade-spec.ts";

export function directoryPlanOf(
  plan: PresetPlan,
  {
    members,
    allowedNetworks,
    heard,
  }: {
    readonly members: readonly QueueMember[];
    /** Null: as every number begins. */
    readonly allowedNetworks: readonly string[] | null;
    /** What callers hear. */
    readonly heard: Language;
  },
): DirectoryPlan {
  const { language } = plan;
  /** The id of what is kept; the key of what is made. */
  const ref = (parts: readonly Part<NamedSpec>[], key: string): string => parts.find((part) => part.spec.key === key)?.id ?? key;
  return {
    projects: fresh(plan.projects).map(({ spec, names }) => ({ key: spec.key, name: names[language] })),
    hours: fresh(plan.hours).map(({ spec, names, week }) => ({ key: spec.key, names, timeZone: null, week, exceptions: [] })),
    skills: fresh(plan.skills).map(({ spec, names }) => ({ key: spec.key, names })),
    queues: fresh(plan.queues).map(({ spec, names, greetingWords }) => ({
      key: spec.key,
      names,
      ...(spec.project === null ? {} : { project: ref(plan.projects, spec.project) }),
      members,
      settings: {
        greetingWords,
        serviceLevelSeconds: spec.serviceLevelSeconds,
        ringTimeoutSeconds: spec.ringTimeoutSeconds,
        waitMaxSeconds: spec.waitMaxSeconds,
        wrapUpSeconds: spec.wrapUpSeconds,
        wrapUpExtensionSeconds: spec.wrapUpExtensionSeconds,
        priority: spec.priority,
        musicAudioId: spec.musicAudioId,
      },
    })),
    numbers: fresh(plan.numbers).map(({ spec, number }) => ({
      key: spec.key,
      number: number ?? "",
      queue: ref(plan.queues, spec.queue),
      language: heard,
      ...(spec.hours === null ? {} : { hours: ref(plan.hours, spec.hours) }),
      settings: {
        label: spec.label[language],
        greetingAudioId: spec.greetingAudioId,
        ...(allowedNetworks === null ? {} : { allowedNetworks: [...allowedNetworks] }),
      },
    })),
    wrapUpCodes: fresh(plan.wrapUpCodes).map(({ spec, names }) => ({ key: spec.key, names })),
    reasons: fresh(plan.reasons).map(({ spec, names }) => ({
      key: spec.key,
      names,
      maxMinutes: spec.maxMinutes,
      ...(spec.code === null ? {} : { code: spec.code }),
    })),
  };
}

export function fresh<P extends Part<unknown>>(parts: readonly P[]): readonly P[] {
  return parts.filter((part) => part.state === "new");
}
