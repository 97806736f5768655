import type { Person, PhoneNumber, Queue, Skill, WrapUpCode } from "@allo/contract";
import { useMemo } from "react";
import { useMay } from "../features/session/session.ts";
import { useLanguage } from "../i18n/language.ts";
import { localized } from "../ui/format.ts";
import { useApi } from "./queries.ts";

const PEOPLE_MAX = 200;
export type Named = { readonly value: string; readonly label: string };
export type Directory = {
  readonly queues: readonly Queue[];
  readonly numbers: readonly PhoneNumber[];
  readonly skills: readonly Skill[];
  readonly codes: readonly WrapUpCode[];
  readonly people: readonly Person[];
  /** Names in the reader's language; the empty text while a list is on its way, or where it may not be read. */
  readonly queueName: (queueId: string | null) => string;
  readonly numberName: (numberId: string) => string;
  readonly skillName: (skillId: string) => string;
  readonly codeName: (wrapUpCodeId: string) => string;
  readonly personName: (personId: string) => string;
  /** For selects: what is in use, by name. */
  readonly queueChoices: readonly Named[];
  readonly personChoices: readonly Named[];
};

const none: readonly never[] = [];

/** The lists that turn ids into names. People are read only by those who may. */
export function useDirectory(): Directory {
  const language = useLanguage((state) => state.language);
  const may = useMay();
  const queues = useApi("queuesList", {}).data?.items ?? none;
  const numbers = useApi("numbersList", {}).data?.items ?? none;
  const skills = useApi("skillsList", {}).data?.items ?? none;
  const codes = useApi("wrapUpCodesList", {}).data?.items ?? none;
  const people =
    useApi("peopleList", { query: { limit: PEOPLE_MAX } }, { enabled: may("floor.read") || may("people.manage") }).data?.items ?? none;
  return useMemo(() => {
    const compare = new Intl.Collator(language, { numeric: true }).compare;
    const byLabel = (a: Named, b: Named): number => compare(a.label, b.label);
    const names = new Map<string, string>([
      ...queues.map((each) => [each.queueId, localized(each.names, language)] as const),
      ...numbers.map((each) => [each.numberId, each.label === "" ? each.number : each.label] as const),
      ...skills.map((each) => [each.skillId, localized(each.names, language)] as const),
      ...codes.map((each) => [each.wrapUpCodeId, localized(each.names, language)] as const),
      ...people.map((each) => [each.personId, each.name] as const),
    ]);
    const nameOf = (id: string | null): string => (id === null ? "" : (names.get(id) ?? ""));
    return {
      queues,
      numbers,
      skills,
      codes,
      people,
      queueName: nameOf,
      numberName: nameOf,
      skillName: nameOf,
      codeName: nameOf,
      personName: nameOf,
      queueChoices: queues
        .filter((each) => !each.retired)
        .map((each) => ({ value: each.queueId, label: nameOf(each.queueId) }))
        .sort(byLabel),
      personChoices: people
        .filter((each) => each.status !== "retired")
        .map((each) => ({ value: each.personId, label: each.name }))
        .sort(byLabel),
    };
  }, [language, queues, numbers, skills, codes, people]);
}
