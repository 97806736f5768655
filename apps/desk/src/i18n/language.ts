import type { Language } from "@allo/contract";
import { i18n, type Messages } from "@lingui/core";
import { create } from "zustand";

export const languages: readonly Language[] = ["en", "ru", "fa"];
/** Each language calls itself by its own name, in every language of the screen. */
export const languageNames: Readonly<Record<Language, string>> = { en: "English", ru: "Русский", fa: "فارسی" };
const STORAGE_KEY = "allo.language";

/** The language of the screen; changes at once, without a reload. */
export const useLanguage = create<{ readonly language: Language; readonly direction: "ltr" | "rtl"; readonly isLoaded: boolean }>(() => ({
  language: "en",
  direction: "ltr",
  isLoaded: false,
}));

const catalogues = { en: () => import("./en.po"), ru: () => import("./ru.po"), fa: () => import("./fa.po") } as const;
/** Catalogues that are here whole, or on their way. */
const whole = new Map<Language, Promise<void>>();

/**
 * Loads the words, then turns the whole screen: words, direction, `lang`. The first language of a page comes with the words of the first
 * load alone where the build has laid them apart (vite.config.ts); parts that are fetched later wait for the rest (`allWords`).
 */
export async function showLanguage(language: Language, storage: Storage | null = browserStorage()): Promise<void> {
  const isFirst = !useLanguage.getState().isLoaded;
  const apart = wordsApart(language);
  if (isFirst && apart !== null) await loadFrom(language, apart.first);
  else if (isFirst || i18n.locale !== language) await allWordsOf(language);
  i18n.activate(language);
  const direction = language === "fa" ? "rtl" : "ltr";
  document.documentElement.lang = language;
  document.documentElement.dir = direction;
  storage?.setItem(STORAGE_KEY, language);
  useLanguage.setState({ language, direction, isLoaded: true });
}

/** Done when every word of the screen's language is here. */
export function allWords(): Promise<void> {
  return allWordsOf(useLanguage.getState().language);
}

function allWordsOf(language: Language): Promise<void> {
  const known = whole.get(language);
  if (known !== undefined) return known;
  const apart = wordsApart(language);
  const loading = (
    apart === null
      ? catalogues[language]().then(({ messages }) => i18n.load(language, messages))
      : Promise.all([loadFrom(language, apart.first), loadFrom(language, apart.rest)]).then(() => undefined)
  ).catch((failure: unknown) => {
    // Asked for again by whoever needs words next.
    whole.delete(language);
    throw failure;
  });
  whole.set(language, loading);
  return loading;
}

async function loadFrom(language: Language, path: string): Promise<void> {
  const { messages } = (await import(/* @vite-ignore */ path)) as { messages: Messages };
  i18n.load(language, messages);
}

/** Where a build keeps the two parts of a catalogue; null while developing and in tests. */
function wordsApart(language: Language): { readonly first: string; readonly rest: string } | null {
  const { first, rest } = document.querySelector<HTMLMetaElement>(`meta[name="allo-words-${language}"]`)?.dataset ?? {};
  return first === undefined || rest === undefined ? null : { first, rest };
}

/** What was chosen here before, else the first of the browser's languages that we speak. */
export function firstLanguage(storage: Storage | null = browserStorage(), preferred: readonly string[] = navigator.languages): Language {
  const stored = storage?.getItem(STORAGE_KEY) ?? "";
  if (isLanguage(stored)) return stored;
  return preferred.map((tag) => tag.slice(0, 2).toLowerCase()).find(isLanguage) ?? "en";
}

export function isLanguage(text: string): text is Language {
  return (languages as readonly string[]).includes(text);
}

/** Storage may be refused (private windows, policies): the screen works without it. */
export function browserStorage(): Storage | null {
  try {
    return globalThis.localStorage;
  } catch {
    return null;
  }
}
