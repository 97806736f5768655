import type { Language } from "@allo/contract";
import { useQuery } from "@tanstack/react-query";
import { useLanguage } from "../../i18n/language.ts";
import type { TermId } from "./glossary/terms.ts";
import type { HelpText, HelpTopic } from "./help/topics.ts";
import type { TourTexts } from "./tour/tour-texts.ts";

/** What help, glossary and tours say, in one language: fetched when one of them is first opened. */
export type LearningTexts = {
  readonly help: Readonly<Record<HelpTopic, HelpText>>;
  readonly meanings: Readonly<Record<TermId, string>>;
  readonly tours: TourTexts;
};

const loaders: Readonly<Record<Language, () => Promise<LearningTexts>>> = {
  en: async () => ({
    ...(await import("./help/help-en.ts")),
    ...(await import("./glossary/meanings-en.ts")),
    ...(await import("./tour/tours-en.ts")),
  }),
  ru: async () => ({
    ...(await import("./help/help-ru.ts")),
    ...(await import("./glossary/meanings-ru.ts")),
    ...(await import("./tour/tours-ru.ts")),
  }),
  fa: async () => ({
    ...(await import("./help/help-fa.ts")),
    ...(await import("./glossary/meanings-fa.ts")),
    ...(await import("./tour/tours-fa.ts")),
  }),
};

/** The texts of the screen's language; null while they are fetched. `failed`: they couldn't be. */
export function useTexts(): { readonly texts: LearningTexts | null; readonly failed: boolean; readonly retry: () => void } {
  const language = useLanguage((state) => state.language);
  const query = useQuery({ queryKey: ["learningTexts", language], queryFn: loaders[language], staleTime: Infinity, retry: 1 });
  return { texts: query.data ?? null, failed: query.isError, retry: () => void query.refetch() };
}
