// What still uses something, so that retiring it can be refused with names.
import type { LocalizedText, PhoneNumber, Project, Queue } from "@allo/contract";

export type Use = { readonly kind: "queues" | "numbers" | "projects"; readonly id: string; readonly name: string };
type Used = { readonly queues: readonly Queue[]; readonly numbers: readonly PhoneNumber[] };

export function usesOfProject(config: Used, projectId: string): readonly Use[] {
  return queuesWhere(config, (queue) => queue.projectId === projectId);
}

export function usesOfHours(config: Used, hoursId: string): readonly Use[] {
  return numbersWhere(config, (number) => number.hoursId === hoursId);
}

export function usesOfSkill(config: Used, skillId: string): readonly Use[] {
  return queuesWhere(config, (queue) => queue.requirements.some((each) => each.skillId === skillId));
}

export function usesOfQueue(config: Used, queueId: string): readonly Use[] {
  return numbersWhere(config, (number) => number.queueId === queueId);
}

export function usesOfPrompt(config: Used & { readonly projects: readonly Project[] }, audioId: string): readonly Use[] {
  return [
    ...config.projects.flatMap((project): readonly Use[] =>
      !project.retired && project.nameAudioId === audioId ? [{ kind: "projects", id: project.projectId, name: project.name }] : [],
    ),
    ...numbersWhere(config, (number) => number.greetingAudioId === audioId || number.closedAudioId === audioId),
    ...queuesWhere(config, (queue) => queue.musicAudioId === audioId),
  ];
}

/** The first name that is filled in. */
export function anyName(names: LocalizedText): string {
  return [names.en, names.ru, names.fa].find((name) => name !== "") ?? "";
}

function queuesWhere({ queues }: Used, is: (queue: Used["queues"][number]) => boolean): readonly Use[] {
  return queues.flatMap((queue) =>
    !queue.retired && is(queue) ? [{ kind: "queues", id: queue.queueId, name: anyName(queue.names) }] : [],
  );
}

function numbersWhere({ numbers }: Used, is: (number: Used["numbers"][number]) => boolean): readonly Use[] {
  return numbers.flatMap((number) =>
    !number.retired && is(number)
      ? [{ kind: "numbers", id: number.numberId, name: number.label === "" ? number.number : number.label }]
      : [],
  );
}
