import type { LocalizedText } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Fieldset, Stack, Textarea, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { languageNames, languages, useLanguage } from "../i18n/language.ts";
import { normaliseInput } from "./format.ts";

export type LocalizedTextFieldsProps = {
  readonly label: string;
  readonly value: LocalizedText;
  readonly onChange: (value: LocalizedText) => void;
  readonly multiline?: boolean;
  readonly required?: boolean;
};

/** A name in three languages, the reader's first; an empty one is shown in another language. */
export function LocalizedTextFields({ label, value, onChange, multiline = false, required = true }: LocalizedTextFieldsProps): ReactNode {
  const { t } = useLingui();
  const own = useLanguage((state) => state.language);
  const order = [own, ...languages.filter((language) => language !== own)];
  const empty = languages.every((language) => value[language].trim() === "");
  return (
    <Fieldset legend={label} variant="default" p="sm">
      <Stack gap="sm">
        {order.map((language) => {
          const shared = {
            label: languageNames[language],
            lang: language,
            dir: language === "fa" ? "rtl" : "ltr",
            maxLength: 120,
            value: value[language],
            required: required && empty && language === own,
            withAsterisk: false,
            onChange: (event: { currentTarget: { value: string } }) =>
              onChange({ ...value, [language]: normaliseInput(event.currentTarget.value) }),
          };
          return multiline ? (
            <Textarea key={language} autosize minRows={2} {...shared} />
          ) : (
            <TextInput
              key={language}
              {...shared}
              {...(language === own ? { description: t`Others see it where their language is left empty.` } : {})}
            />
          );
        })}
      </Stack>
    </Fieldset>
  );
}

export const emptyLocalizedText: LocalizedText = { en: "", ru: "", fa: "" };
