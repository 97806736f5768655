import { HoursWeek, intervalsProblem, LocalizedText, permissions, trades, weekdays, type Language, type PresetKind } from "@allo/contract";
import { Compile } from "typebox/compile";
import { describe, expect, it } from "vitest";
import {
  digitsOf,
  fillName,
  isSameName,
  itemsOf,
  LOCALIZED_CHARS_MAX,
  makesAnything,
  nothingYet,
  planPreset,
  type Existing,
} from "./plan.ts";
import { tradeSpecs } from "./trades/index.ts";
import { words } from "./trades/trade-spec.ts";

const everything = new Set(permissions);
const LANGUAGES: readonly Language[] = ["en", "ru", "fa"];
const longName = "Общество с ограниченной ответственностью «Рога, копыта и сыновья» имени двадцать второго съезда тружеников связи и быта";
const isText = Compile(LocalizedText);
const isWeek = Compile(HoursWeek);
const LATIN = /[a-z]{3,}/i;
/** Letters of the script that each language is written in; names of things such as Wi-Fi stay Latin. */
const SCRIPT: Readonly<Record<Language, RegExp>> = { en: /[A-Za-z]/, ru: /[А-Яа-яЁё]/, fa: /[\u0600-\u06ff]/ };

function plan(over: Partial<Parameters<typeof planPreset>[0]> = {}) {
  return planPreset({
    trade: "isp",
    language: "fa",
    organisationName: "Ромашка",
    existing: nothingYet,
    numbers: new Map(),
    mayGrant: everything,
    ...over,
  });
}

describe.each(trades)("the ready-made set-up for a %s", (trade) => {
  const spec = tradeSpecs[trade];
  const texts = (): readonly (readonly [string, LocalizedText])[] => [
    ["names", spec.names],
    ["about", spec.about],
    ...itemsOf(plan({ trade })).flatMap((item) => [
      [`${item.kind} ${item.key}`, item.names] as const,
      ...(item.details.greetingWords === undefined ? [] : [[`${item.key} greeting`, item.details.greetingWords] as const]),
      ...(item.details.description === undefined ? [] : [[`${item.key} description`, item.details.description] as const]),
    ]),
  ];

  it("says everything in three languages, each in its own letters and within the limits", () => {
    for (const [what, text] of texts()) {
      expect([what, isText.Check(text)]).toEqual([what, true]);
      for (const language of LANGUAGES) {
        expect([what, language, SCRIPT[language].test(text[language])]).toEqual([what, language, true]);
        expect([what, language, text[language].trim() === text[language] && !text[language].includes("  ")]).toEqual([
          what,
          language,
          true,
        ]);
      }
    }
  });

  it("writes Persian with Persian letters, and neither Persian nor Russian with stray Latin words", () => {
    for (const [what, { fa, ru }] of texts()) {
      expect([what, /[\u064a\u0643\u0660-\u0669]/.test(fa)]).toEqual([what, false]); // Arabic ي, ك and digits
      expect([what, LATIN.test(fa)]).toEqual([what, false]);
      expect([what, LATIN.test(ru.replaceAll(/Wi-Fi|GPON/g, ""))]).toEqual([what, false]);
    }
  });

  it("has keys that are its own among their kind, and names that don't stand twice", () => {
    const items = itemsOf(plan({ trade }));
    const keys = items.map((item) => `${item.kind} ${item.key}`);
    expect(new Set(keys).size).toBe(keys.length);
    for (const [index, item] of items.entries())
      for (const other of items.slice(index + 1))
        if (item.kind === other.kind)
          expect([item.key, other.key, isSameName(item.names, other.names)]).toEqual([item.key, other.key, false]);
  });

  it("refers only to parts of its own", () => {
    const keys = (list: readonly { readonly key: string }[]) => list.map((each) => each.key);
    for (const queue of spec.queues) if (queue.project !== null) expect(keys(spec.projects)).toContain(queue.project);
    for (const number of spec.numbers) {
      expect(keys(spec.queues)).toContain(number.queue);
      if (number.hours !== null) expect(keys(spec.hours)).toContain(number.hours);
    }
    // Whatever is made is used by something, else nobody would know what it is for.
    expect(spec.projects.every((project) => spec.queues.some((queue) => queue.project === project.key))).toBe(true);
    expect(spec.hours.every((hours) => spec.numbers.some((number) => number.hours === hours.key))).toBe(true);
    expect(spec.queues.every((queue) => spec.numbers.some((number) => number.queue === queue.key))).toBe(true);
  });

  it("opens at sound hours on the working days of the language's country", () => {
    for (const language of LANGUAGES)
      for (const { week } of plan({ trade, language }).hours) {
        expect(isWeek.Check(week)).toBe(true);
        for (const weekday of weekdays) expect(intervalsProblem(week[weekday])).toBeNull();
        expect(week[language === "fa" ? "saturday" : "monday"].length).toBeGreaterThan(0);
      }
  });

  it("makes roles of permissions that are granted, and none that manages people", () => {
    for (const role of spec.roles) {
      expect(role.permissions.length).toBeGreaterThan(0);
      expect(new Set(role.permissions).size).toBe(role.permissions.length);
      expect(role.permissions).not.toContain("people.manage");
    }
  });

  it("is kept whole, and made no second time, where it stands already", () => {
    const first = plan({ trade, numbers: new Map(spec.numbers.map((number, index) => [number.key, `10${index}`])) });
    const existing = existingAfter(first);
    const again = plan({ trade, existing, numbers: new Map(spec.numbers.map((number, index) => [number.key, `10${index}`])) });
    expect(itemsOf(again).filter((item) => item.state !== "kept")).toEqual([]);
    expect(makesAnything(again)).toBe(false);
  });
});

/** What an organisation has after a plan was made. */
function existingAfter(done: ReturnType<typeof plan>): Existing {
  const existing: Record<PresetKind, Existing[PresetKind][number][]> = structuredClone(nothingYet) as never;
  for (const item of itemsOf(done)) {
    const digits = item.details.number == null ? {} : { digits: [digitsOf(item.details.number)] };
    existing[item.kind].push({ id: `${item.kind}_${item.key}`, names: item.names, ...digits });
  }
  return existing;
}

describe("a plan", () => {
  it("keeps what has the same name in any language, in whatever capitals", () => {
    const existing = { ...nothingYet, wrapUpCode: [{ id: "wuc_1", names: words("", "нет  ИНТЕРНЕТА", "") }] };
    const [outage, slow] = plan({ existing }).wrapUpCodes;
    expect([outage?.state, outage?.why, outage?.id]).toEqual(["kept", "sameName", "wuc_1"]);
    expect(slow?.state).toBe("new");
  });

  it("keeps a reason that every organisation begins with, though it was renamed", () => {
    const existing = { ...nothingYet, reason: [{ id: "rsn_1", names: words("Coffee", "Кофе", "قهوه"), code: "break" }] };
    const reasons = plan({ existing }).reasons;
    expect(reasons.find((part) => part.spec.key === "break")?.id).toBe("rsn_1");
    expect(reasons.filter((part) => part.state === "kept").length).toBe(1);
  });

  it("makes a number only where the person gives one, and keeps one that is there", () => {
    const existing = { ...nothingYet, number: [{ id: "num_1", names: words("x", "x", "x"), digits: ["74951234567", "84951234567"] }] };
    const numbers = plan({
      existing,
      numbers: new Map([
        ["support", "8 (495) 123-45-67"],
        ["subscribers", "۱۰۰"],
        ["connections", " "],
      ]),
    }).numbers;
    expect(numbers.map((part) => [part.spec.key, part.state, part.why])).toEqual([
      ["support", "kept", "sameNumber"],
      ["subscribers", "new", null],
      ["connections", "skipped", "numberNeeded"],
    ]);
  });

  it("leaves out roles with more than the person may give, and all where they may give none", () => {
    const mayGrant = new Set(permissions.filter((permission) => permission !== "recordings.play"));
    const states = (some: ReadonlySet<(typeof permissions)[number]> | null) =>
      plan({ mayGrant: some }).roles.map((part) => [part.spec.key, part.state]);
    expect(states(mayGrant)).toEqual([
      ["quality", "skipped"],
      ["mentor", "skipped"],
      ["callBack", "new"],
      ["dispatcher", "new"],
    ]);
    expect(states(null).map(([, state]) => state)).toEqual(["skipped", "skipped", "skipped", "skipped"]);
  });

  it("works from Saturday on in Persian and from Monday on elsewhere", () => {
    const office = (language: Language) => plan({ language }).hours.find((part) => part.spec.key === "office")?.week;
    expect([office("fa")?.friday, office("fa")?.sunday.length]).toEqual([[], 1]);
    expect([office("ru")?.sunday, office("ru")?.friday.length]).toEqual([[], 1]);
  });

  it("fills the organisation's name in, however long it is", () => {
    for (const trade of trades)
      for (const queue of plan({ trade, organisationName: longName }).queues)
        for (const language of LANGUAGES) {
          expect(queue.greetingWords[language].length).toBeLessThanOrEqual(LOCALIZED_CHARS_MAX);
          expect(queue.greetingWords[language]).not.toContain("{name}");
        }
    expect(fillName(words("{name}!", "", ""), " Acme ").en).toBe("\u2068Acme\u2069!");
  });
});
