// What an organisation has, as the plans see it: its setup, its roles, its fields.
import type { CustomerField, LocalizedText, OwnRole, PresetKind } from "@allo/contract";
import type { NumberId } from "@allo/kernel";
import type { OrganisationConfig } from "../directory/index.ts";
import { digitsOf, type Existing, type ExistingThing } from "./core/plan.ts";
import type { Current, CurrentThing, Need } from "./core/undo.ts";
import type { StoredThing } from "./store/application-store.ts";

type Besides = { readonly roles: readonly OwnRole[]; readonly fields: readonly FieldWithUses[] };
export type FieldWithUses = CustomerField & { readonly uses: number };

/** What is in use. A number is known by all the digits that reach it. */
export function existingOf(config: OrganisationConfig, { roles, fields }: Besides): Existing {
  const inUse = <T extends { readonly retired: boolean }>(list: readonly T[], toThing: (each: T) => ExistingThing): ExistingThing[] =>
    list.filter((each) => !each.retired).map(toThing);
  return {
    project: inUse(config.projects, ({ projectId, name }) => ({ id: projectId, names: everywhere(name) })),
    hours: inUse(config.hours, ({ hoursId, names }) => ({ id: hoursId, names })),
    skill: inUse(config.skills, ({ skillId, names }) => ({ id: skillId, names })),
    queue: inUse(config.queues, ({ queueId, names }) => ({ id: queueId, names })),
    number: inUse(config.numbers, ({ numberId, number, label, e164 }) => ({
      id: numberId,
      names: everywhere(label === "" ? number : label),
      digits: [number, e164 ?? "", ...(config.dialled.get(numberId as NumberId) ?? [])].map(knownDigits).filter((each) => each !== ""),
    })),
    wrapUpCode: inUse(config.wrapUpCodes, ({ wrapUpCodeId, names }) => ({ id: wrapUpCodeId, names })),
    reason: inUse(config.reasons, ({ reasonId, names, code }) => ({ id: reasonId, names, code })),
    role: inUse(roles, ({ roleId, names }) => ({ id: roleId, names })),
    customerField: inUse(fields, ({ fieldId, names }) => ({ id: fieldId, names })),
  };
}

export function knownDigits(number: string): string {
  return digitsOf(number);
}

/** How what was made stands now. */
export function currentOf(
  config: OrganisationConfig,
  made: readonly StoredThing[],
  { roles, fields, contactUses }: Besides & { readonly contactUses: ReadonlyMap<string, number> },
): Current {
  const queues = config.queues.filter((queue) => !queue.retired);
  const numbers = config.numbers.filter((number) => !number.retired);
  const queueNeeds = (is: (queue: (typeof queues)[number]) => boolean): readonly Need[] =>
    queues.filter(is).map((queue) => ({ kind: "queue", id: queue.queueId, name: anyName(queue.names) }));
  const numberNeeds = (is: (number: (typeof numbers)[number]) => boolean): readonly Need[] =>
    numbers.filter(is).map(({ numberId, number, label }) => ({ kind: "number", id: numberId, name: label === "" ? number : label }));
  const madeOf = (id: string): StoredThing | undefined => made.find((each) => each.id === id);
  /** Its settings were saved since: what is made begins with version 1. */
  const isSaved = ({ version }: { readonly version: number }): boolean => version !== 1;
  /** Lists are put in order by moving neighbours, which isn't a change of what was moved. */
  const isRenamed = (id: string, names: LocalizedText): boolean => JSON.stringify(madeOf(id)?.names) !== JSON.stringify(names);
  const uses = (id: string): number => contactUses.get(id) ?? 0;
  const none: readonly Need[] = [];

  const things: Readonly<Record<PresetKind, () => readonly (CurrentThing & { readonly id: string; readonly fixed?: boolean })[]>> = {
    project: () =>
      config.projects.map((each) => ({
        id: each.projectId,
        names: everywhere(each.name),
        retired: each.retired,
        changed: isSaved(each),
        neededBy: queueNeeds((queue) => queue.projectId === each.projectId),
        uses: 0,
      })),
    hours: () =>
      config.hours.map((each) => ({
        id: each.hoursId,
        names: each.names,
        retired: each.retired,
        changed: isSaved(each),
        neededBy: numberNeeds((number) => number.hoursId === each.hoursId),
        uses: 0,
      })),
    skill: () =>
      config.skills.map((each) => ({
        id: each.skillId,
        names: each.names,
        retired: each.retired,
        changed: isRenamed(each.skillId, each.names),
        neededBy: queueNeeds((queue) => queue.requirements.some(({ skillId }) => skillId === each.skillId)),
        uses: 0,
      })),
    queue: () =>
      config.queues.map((each) => ({
        id: each.queueId,
        names: each.names,
        retired: each.retired,
        changed: isSaved(each),
        neededBy: numberNeeds((number) => number.queueId === each.queueId),
        uses: uses(each.queueId),
      })),
    number: () =>
      config.numbers.map((each) => ({
        id: each.numberId,
        names: everywhere(each.label === "" ? each.number : each.label),
        retired: each.retired,
        changed: isSaved(each),
        neededBy: none,
        uses: uses(each.numberId),
      })),
    wrapUpCode: () =>
      config.wrapUpCodes.map((each) => ({
        id: each.wrapUpCodeId,
        names: each.names,
        retired: each.retired,
        changed: isRenamed(each.wrapUpCodeId, each.names),
        neededBy: none,
        uses: uses(each.wrapUpCodeId),
      })),
    reason: () =>
      config.reasons.map((each) => ({
        id: each.reasonId,
        names: each.names,
        retired: each.retired,
        changed: isRenamed(each.reasonId, each.names) || (madeOf(each.reasonId)?.maxMinutes ?? null) !== each.maxMinutes,
        neededBy: none,
        uses: 0,
        fixed: each.system,
      })),
    role: () =>
      roles.map((each) => ({
        id: each.roleId,
        names: each.names,
        retired: each.retired,
        changed: isSaved(each),
        neededBy: each.holders.map(({ personId, name }) => ({ kind: "person" as const, id: personId, name })),
        uses: 0,
      })),
    customerField: () =>
      fields.map((each) => ({
        id: each.fieldId,
        names: each.names,
        retired: each.retired,
        changed: isRenamed(each.fieldId, each.names),
        neededBy: none,
        uses: each.uses,
      })),
  };
  return {
    thing: (kind, id) => things[kind]().find((each) => each.id === id) ?? null,
    inUse: (kind) =>
      things[kind]()
        .filter((each) => !each.retired && each.fixed !== true)
        .map((each) => each.id),
  };
}

/** A name without languages, such as a project's. */
function everywhere(name: string): LocalizedText {
  return { en: name, ru: name, fa: name };
}

function anyName(names: LocalizedText): string {
  return [names.en, names.ru, names.fa].find((name) => name !== "") ?? "";
}
