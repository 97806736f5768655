import { useMemo } from "react";
import { useLanguage } from "../i18n/language.ts";
import { useRegion } from "./region.ts";
import { createFormat, type Format } from "./format.ts";

/** The formats of the screen's language and the organisation's zone and country. */
export function useFormat(): Format {
  const language = useLanguage((state) => state.language);
  const timeZone = useRegion((state) => state.timeZone);
  const country = useRegion((state) => state.country);
  return useMemo(() => createFormat({ language, timeZone, country }), [language, timeZone, country]);
}
