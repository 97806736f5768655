import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

type Entry = { readonly context: string; readonly source: string; readonly target: string; readonly fuzzy: boolean };
const entriesOf = (language: string): readonly Entry[] =>
  readFileSync(`${import.meta.dirname}/${language}.po`, "utf8")
    .split("\n\n")
    .filter((block) => /^msgid "(?!"\nmsgstr)/mu.test(block) && !block.includes("#~ "))
    .map((block) => ({
      context: textOf(block, "msgctxt"),
      source: textOf(block, "msgid"),
      target: textOf(block, "msgstr"),
      fuzzy: /^#,.*fuzzy/mu.test(block),
    }))
    .filter((entry) => entry.source !== "");
const textOf = (block: string, key: string): string => {
  const found = new RegExp(`^${key} ((?:".*"\\n?)+)`, "mu").exec(block)?.[1] ?? "";
  return [...found.matchAll(/"(.*)"/gu)]
    .map((line) => String(line[1]))
    .join("")
    .replaceAll('\\"', '"');
};
const key = (entry: Entry): string => `${entry.context}|${entry.source}`;
const placeholders = (text: string): string[] =>
  [...new Set(text.match(/<\/?\d+\/?>|\{\w+[,}]/gu) ?? [])].map((found) => found.replace(/[,}]$/u, "")).sort();

const english = entriesOf("en");
// Wrong words from other products and machine translation.
const wrong: Record<string, readonly RegExp[]> = {
  ru: [
    /брошенн/iu,
    /сжатие/iu,
    /Время паузы/iu,
    /Компетенц/iu,
    /сценарий разговора/iu,
    /(?:^|[^а-я])Готов[аы]?(?:$|[^а-яо])/u,
    /(?:^|\s)Вы(?:\s|$)/u,
  ],
  fa: [/عامل/u, /تنه(?!ا)/u, /کتاب راهنما/u, /صلاحیت/u, /انقباض/u, /انتقال کور/u, /بهره‌وری/u, /[يك٠-٩]/u, /(?:^|\s)می\s/u],
};

describe.each(["ru", "fa"] as const)("the %s catalogue", (language) => {
  const entries = entriesOf(language);
  it("has every message of the source, and no other", () => {
    expect(english.length).toBeGreaterThan(100);
    expect(entries.map(key).sort()).toEqual(english.map(key).sort());
  });
  it("leaves none untranslated or fuzzy", () => {
    expect(entries.filter((entry) => entry.target === "" || entry.fuzzy).map(key)).toEqual([]);
  });
  it("is written in its own script", () => {
    const script = language === "ru" ? /[а-яё]/iu : /[\u0600-\u06ff]/u;
    // What is nothing but values and signs, "{from}–{to}", has no script.
    const worded = entries.filter((entry) => /\p{L}/u.test(entry.source.replaceAll(/\{\w+\}/gu, "")));
    expect(worded.filter((entry) => !script.test(entry.target)).map(key)).toEqual([]);
  });
  it("keeps the places of values and elements", () => {
    for (const entry of entries) expect(placeholders(entry.target), key(entry)).toEqual(placeholders(entry.source));
  });
  it("has none of the glossary's wrong words", () => {
    // "вы" begins some sentences: only the pronoun with a capital inside one is the letter's form.
    const inside = (text: string): string => text.replaceAll(/(?:^|[.:?!]\s)Вы(?=\s)/gu, "вы");
    for (const pattern of wrong[language] ?? [])
      expect(entries.filter((entry) => pattern.test(inside(entry.target))).map((entry) => entry.target)).toEqual([]);
  });
});

describe("the glossary's words", () => {
  it.each([
    ["state|Hold", "Удержание", "هلد"],
    ["button|Hold", "Поставить на удержание", "هلد"],
    ["state|Wrap-up", "Постобработка", "پس از تماس (ACW)"],
    ["state of an agent|Ready", "На линии", "آماده"],
    ["state of an agent|Not ready", "Не на линии", "در دسترس نیست"],
    ["state of an agent|Offline", "Не в системе", "خارج از سیستم"],
    ["button|Answer", "Ответить", "پاسخ"],
    ["button|Decline", "Отклонить", "رد تماس"],
    ["button|Hang up", "Завершить", "پایان تماس"],
    ["state|Ringing", "Вызов", "در حال زنگ"],
    ["state|Talking", "Разговор", "در حال مکالمه"],
    ["room|Desk", "Рабочее место", "میز کار"],
  ])("%s", (wanted, russian, persian) => {
    expect(entriesOf("ru").find((entry) => key(entry) === wanted)?.target).toBe(russian);
    expect(entriesOf("fa").find((entry) => key(entry) === wanted)?.target).toBe(persian);
  });
});
