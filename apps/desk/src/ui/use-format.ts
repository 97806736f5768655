import { useLanguage } from "../i18n/language.ts";
import { useRegion } from "./region.ts";
import { createFormat, type Format } from "./format.ts";

let latest: { readonly key: string; readonly format: Format } | null = null;

/** The formats of the screen's language and the organisation's zone and country. */
export function useFormat(): Format {
  const language = useLanguage((state) => state.language);
  const timeZone = useRegion((state) => state.timeZone);
  const country = useRegion((state) => state.country);
  // One for the whole screen: every figure of a long table asks for it, and the browser's formatters are dear to make.
  const key = `${language} ${timeZone} ${country}`;
  if (latest?.key !== key) latest = { key, format: createFormat({ language, timeZone, country }) };
  return latest.format;
}
