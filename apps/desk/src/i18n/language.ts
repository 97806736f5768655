import type { Language } from "@allo/contract";
import { i18n } from "@lingui/core";
import { create } from "zustand";

export const languages: readonly Language[] = ["en", "ru", "fa"];
/** Each language calls itself by its own name, in every language of the screen. */
export const languageNames: Readonly<Record<Language, string>> = { en: "English", ru: "Русский", fa: "فارسی" };
const STORAGE_KEY = "allo.language";

/** The language of the screen; changes at once, without a reload. */
export const useLanguage = create<{ readonly language: Language; readonly direction: "ltr" | "rtl" }>(() => ({
  language: "en",
  direction: "ltr",
}));

const catalogues = { en: () => import("./en.po"), ru: () => import("./ru.po"), fa: () => import("./fa.po") } as const;

/** Loads the catalogue, then turns the whole screen: words, direction, `lang`. */
export async function showLanguage(language: Language, storage: Storage | null = browserStorage()): Promise<void> {
  const { messages } = await catalogues[language]();
  i18n.loadAndActivate({ locale: language, messages });
  const direction = language === "fa" ? "rtl" : "ltr";
  document.documentElement.lang = language;
  document.documentElement.dir = direction;
  storage?.setItem(STORAGE_KEY, language);
  useLanguage.setState({ language, direction });
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
