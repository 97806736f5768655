// Help for every page, a meaning for every word, words for every step of the tours, in three languages.
import { tours as tourNames, type Language } from "@allo/contract";
import { createMemoryHistory } from "@tanstack/react-router";
import { describe, expect, it } from "vitest";
import { createDeskRouter } from "../../app/router.tsx";
import { setupSections } from "../setup/sections.ts";
import { foldTerm } from "./glossary/fold-term.ts";
import { meanings as meaningsEn } from "./glossary/meanings-en.ts";
import { meanings as meaningsFa } from "./glossary/meanings-fa.ts";
import { meanings as meaningsRu } from "./glossary/meanings-ru.ts";
import { termGroups, termIds, termLabel, terms, termsFound, type TermId } from "./glossary/terms.ts";
import { help as helpEn } from "./help/help-en.ts";
import { help as helpFa } from "./help/help-fa.ts";
import { help as helpRu } from "./help/help-ru.ts";
import { readHelpText } from "./help/help-text.ts";
import { helpTopicOf, helpTopics, type HelpTopic } from "./help/topics.ts";
import { stepsOf } from "./tour/tour-steps.ts";
import { stepText } from "./tour/tour-texts.ts";
import { tours as toursEn } from "./tour/tours-en.ts";
import { tours as toursFa } from "./tour/tours-fa.ts";
import { tours as toursRu } from "./tour/tours-ru.ts";

const languages: readonly Language[] = ["en", "ru", "fa"];
const help = { en: helpEn, ru: helpRu, fa: helpFa };
const meanings = { en: meaningsEn, ru: meaningsRu, fa: meaningsFa };
const tours = { en: toursEn, ru: toursRu, fa: toursFa };
const topics = Object.keys(helpTopics) as HelpTopic[];

/** Every text of one language that people read here. */
function textsOf(language: Language): readonly (readonly [string, string])[] {
  return [
    ...topics.flatMap((topic) => [help[language][topic].purpose, ...help[language][topic].steps].map((text) => [topic, text] as const)),
    ...termIds.map((id) => [id, meanings[language][id]] as const),
    ...tourNames.flatMap((tour) =>
      stepsOf(tour).flatMap((step) => {
        const { title, text, task } = stepText(tours[language], tour, step.id);
        return [title, text, ...(task === undefined ? [] : [task])].map((each) => [`${tour} ${step.id}`, each] as const);
      }),
    ),
  ];
}
const shownOf = (text: string): string =>
  readHelpText(text)
    .map((piece) => (piece.kind === "key" ? "" : piece.text))
    .join("");

describe("help", () => {
  it("is there for every address of the desk and every part of the setup", () => {
    const router = createDeskRouter(createMemoryHistory({ initialEntries: ["/"] }));
    const paths = Object.values(router.routesByPath)
      .map((route) => route.fullPath)
      .filter((path) => path !== "/" && path !== "/setup");
    expect(paths.length).toBeGreaterThan(9);
    const missing = paths.filter((path) => path !== "/setup/$section" && helpTopicOf(path, undefined) === null);
    expect(missing).toEqual([]);
    expect(setupSections.filter((section) => helpTopicOf("/setup/$section", section) === null)).toEqual([]);
    expect(helpTopicOf("/people", undefined, "roles")).toBe("roles");
    expect(helpTopicOf("/cooking", undefined)).toBeNull();
    expect(helpTopicOf("/setup/$section", "cooking")).toBeNull();
  });

  it.each(languages)("says in %s what a page is for and what one does there", (language) => {
    for (const topic of topics) {
      expect(help[language][topic].purpose.length, topic).toBeGreaterThan(40);
      expect(help[language][topic].steps.length, topic).toBeGreaterThan(0);
      expect(help[language][topic].steps.length, topic).toBe(help.en[topic].steps.length);
      expect(helpTopics[topic].terms.length, topic).toBeGreaterThan(0);
    }
  });
});

describe.each(languages)("the texts in %s", (language) => {
  it("are all there, in their own script, and marked up soundly", () => {
    const script = { en: /[a-z]/iu, ru: /[а-яё]/iu, fa: /[\u0600-\u06ff]/u }[language];
    for (const [where, text] of textsOf(language)) {
      expect(text.trim(), where).not.toBe("");
      expect(script.test(shownOf(text)), `${where}: ${text}`).toBe(true);
      expect(shownOf(text), where).not.toMatch(/\[|\]|\{|\}/u);
    }
  });

  it("name the same words, keys and pages as the English ones", () => {
    const marks = (text: string): string =>
      readHelpText(text)
        .map((piece) =>
          piece.kind === "term" ? piece.term : piece.kind === "key" ? piece.action : piece.kind === "link" ? piece.href : "",
        )
        .filter((mark) => mark !== "")
        .toSorted()
        .join(" ");
    const english = textsOf("en");
    for (const [index, [where, text]] of textsOf(language).entries())
      expect(`${where}: ${marks(text)}`).toBe(`${where}: ${marks(english[index]![1])}`);
  });

  it("have none of the wrong words", () => {
    const wrong: Record<Language, readonly RegExp[]> = {
      en: [/tenant/iu],
      ru: [/брошенн/iu, /сжатие/iu, /Компетенц/iu, /(?:^|[^а-я])Готов[аы]?(?:$|[^а-яо])/u, /[а-я,] Вы(?:\s|$)/u],
      fa: [/(?:^|[^ت])عامل/u, /تنه(?!ا)/u, /صلاحیت/u, /بهره‌وری/u, /[يك٠-٩]/u, /(?:^|\s)می\s/u],
    };
    for (const pattern of wrong[language])
      expect(
        textsOf(language)
          .filter(([, text]) => pattern.test(text))
          .map(([, text]) => text),
      ).toEqual([]);
  });
});

describe("the glossary", () => {
  it("has each word once in each language, and every group has words", () => {
    for (const language of languages) {
      const labels = termIds.map((id) => termLabel(id, language));
      expect(new Set(labels).size, language).toBe(labels.length);
      expect(termsFound("", language, foldTerm).map(({ group }) => group)).toEqual([...termGroups]);
    }
  });

  const found = (typed: string, language: Language = "en"): readonly TermId[] =>
    termsFound(typed, language, foldTerm).flatMap(({ ids }) => ids);
  it.each([
    ["acw", "wrapUp"],
    ["поствызов", "wrapUp"],
    ["тимлид", "teamLead"],
    ["تماس گیرنده", "caller"],
    ["تماس‌گیرنده", "caller"],
    ["سوپروایزر", "supervisor"],
    ["كارفرما", "client"],
    ["Team Lead", "teamLead"],
    ["отчёт", undefined],
  ] as const)("finds by %s, in whatever language and spelling", (typed, id) => {
    const ids = found(typed, "fa");
    if (id === undefined) expect(ids).toEqual([]);
    else expect(ids).toContain(id);
  });

  it("uses the house's words for states", () => {
    expect([termLabel("ready", "ru"), termLabel("wrapUp", "fa"), termLabel("hold", "ru"), termLabel("hold", "fa")]).toEqual([
      "На линии",
      "پس از تماس (ACW)",
      "Удержание",
      "هلد",
    ]);
    expect(Object.values(terms).every(({ words }) => words.en[0] !== "")).toBe(true);
  });
});

describe("a tour", () => {
  it("asks for something exactly where it can be seen to be done", () => {
    for (const tour of tourNames) {
      for (const step of stepsOf(tour)) {
        const { task } = stepText(tours.en, tour, step.id);
        expect([tour, step.id, task !== undefined]).toEqual([tour, step.id, step.isDone !== undefined]);
      }
      const ids = stepsOf(tour).map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
    }
  });

  it("is read as marked-up words", () => {
    expect(readHelpText("Press {key:answer}, see [[hold|hold]] or [numbers](/setup/numbers).")).toEqual([
      { kind: "words", text: "Press " },
      { kind: "key", action: "answer" },
      { kind: "words", text: ", see " },
      { kind: "term", term: "hold", text: "hold" },
      { kind: "words", text: " or " },
      { kind: "link", href: "/setup/numbers", text: "numbers" },
      { kind: "words", text: "." },
    ]);
    expect(readHelpText("[[nothing|x]] {key:fly}")).toEqual([{ kind: "words", text: "[[nothing|x]] {key:fly}" }]);
  });
});
