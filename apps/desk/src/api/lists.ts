import type { Hours, Person, PhoneNumber, Project, Queue, Skill, WrapUpCode } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { useMemo } from "react";
import { useMay } from "../features/session/session.ts";
import { useLanguage } from "../i18n/language.ts";
import { localized } from "../ui/format.ts";
import { useApi } from "./queries.ts";

const PEOPLE_MAX = 200;
export type Named = { readonly value: string; readonly label: string };
export type Directory = {
  readonly projects: readonly Project[];
  readonly hours: readonly Hours[];
  readonly queues: readonly Queue[];
  readonly numbers: readonly PhoneNumber[];
  readonly skills: readonly Skill[];
  readonly codes: readonly WrapUpCode[];
  readonly people: readonly Person[];
  /** Names in the reader's language; the empty text while a list is on its way, or where it may not be read. */
  readonly projectName: (projectId: string) => string;
  readonly hoursName: (hoursId: string) => string;
  readonly queueName: (queueId: string | null) => string;
  readonly numberName: (numberId: string) => string;
  readonly skillName: (skillId: string) => string;
  readonly codeName: (wrapUpCodeId: string) => string;
  readonly personName: (personId: string) => string;
  /** For selects: what is in use, by name. */
  /** Empty where there is but one project: then no screen speaks of projects. */
  readonly projectChoices: readonly Named[];
  readonly hoursChoices: readonly Named[];
  readonly queueChoices: readonly Named[];
  readonly personChoices: readonly Named[];
};

const none: readonly never[] = [];

/** The lists that turn ids into names. People are read only by those who may. */
export function useDirectory(): Directory {
  const { t } = useLingui();
  const language = useLanguage((state) => state.language);
  const may = useMay();
  const projects = useApi("projectsList", {}).data?.items ?? none;
  const hours = useApi("hoursList", {}).data?.items ?? none;
  const queues = useApi("queuesList", {}).data?.items ?? none;
  const numbers = useApi("numbersList", {}).data?.items ?? none;
  const skills = useApi("skillsList", {}).data?.items ?? none;
  const codes = useApi("wrapUpCodesList", {}).data?.items ?? none;
  const people =
    useApi("peopleList", { query: { limit: PEOPLE_MAX } }, { enabled: may("floor.read") || may("people.manage") }).data?.items ?? none;
  const inHouse = t({ message: "Our own calls", context: "project" });
  return useMemo(() => {
    const compare = new Intl.Collator(language, { numeric: true }).compare;
    const byLabel = (a: Named, b: Named): number => compare(a.label, b.label);
    const names = new Map<string, string>([
      ...projects.map((each) => [each.projectId, each.inHouse ? inHouse : each.name] as const),
      ...hours.map((each) => [each.hoursId, localized(each.names, language)] as const),
      ...queues.map((each) => [each.queueId, localized(each.names, language)] as const),
      ...numbers.map((each) => [each.numberId, each.label === "" ? each.number : each.label] as const),
      ...skills.map((each) => [each.skillId, localized(each.names, language)] as const),
      ...codes.map((each) => [each.wrapUpCodeId, localized(each.names, language)] as const),
      ...people.map((each) => [each.personId, each.name] as const),
    ]);
    const nameOf = (id: string | null): string => (id === null ? "" : (names.get(id) ?? ""));
    const projectsInUse = projects.filter((each) => !each.retired);
    return {
      projects,
      hours,
      queues,
      numbers,
      skills,
      codes,
      people,
      projectName: nameOf,
      hoursName: nameOf,
      queueName: nameOf,
      numberName: nameOf,
      skillName: nameOf,
      codeName: nameOf,
      personName: nameOf,
      projectChoices:
        projectsInUse.length < 2
          ? none
          : projectsInUse.map((each) => ({ value: each.projectId, label: nameOf(each.projectId) })).sort(byLabel),
      hoursChoices: hours
        .filter((each) => !each.retired)
        .map((each) => ({ value: each.hoursId, label: nameOf(each.hoursId) }))
        .sort(byLabel),
      queueChoices: queues
        .filter((each) => !each.retired)
        .map((each) => ({ value: each.queueId, label: nameOf(each.queueId) }))
        .sort(byLabel),
      personChoices: people
        .filter((each) => each.status !== "retired")
        .map((each) => ({ value: each.personId, label: each.name }))
        .sort(byLabel),
    };
  }, [language, inHouse, projects, hours, queues, numbers, skills, codes, people]);
}
