import { useLingui } from "@lingui/react/macro";
import { SegmentedControl } from "@mantine/core";
import type { ReactNode } from "react";
import { isLanguage, languageNames, languages, showLanguage, useLanguage } from "../../i18n/language.ts";

/** The three languages, each by its own name; the screen turns at once. */
export function LanguageChoice({ onChosen }: { readonly onChosen?: (language: "en" | "ru" | "fa") => void }): ReactNode {
  const { t } = useLingui();
  const language = useLanguage((state) => state.language);
  const choose = (value: string): void => {
    if (!isLanguage(value)) return;
    void showLanguage(value);
    onChosen?.(value);
  };
  return (
    <SegmentedControl
      aria-label={t`Language`}
      size="xs"
      value={language}
      onChange={choose}
      data={languages.map((value) => ({ value, label: <span lang={value}>{languageNames[value]}</span> }))}
    />
  );
}
