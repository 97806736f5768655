import type { Customer, CustomerField } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { ActionIcon, Button, Fieldset, Group, Select, Stack, Textarea, TextInput } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { isLanguage, languageNames, languages, useLanguage } from "../../i18n/language.ts";
import { CardNumberNotice } from "../../ui/card-number-notice.tsx";
import { DateField } from "../../ui/date-field.tsx";
import { localized, normaliseInput } from "../../ui/format.ts";
import { isDay } from "../../ui/is-day.ts";
import { useFieldPause } from "../desk/use-field-pause.ts";
import type { CustomerDraft } from "./customer-draft.ts";

export type CustomerFieldsProps = {
  readonly draft: CustomerDraft;
  readonly fields: readonly CustomerField[];
  /** Those that say nothing, and can't be changed, until the caller is verified. */
  readonly withheld?: readonly string[];
  readonly onChange: (change: Partial<CustomerDraft>) => void;
};
const IDENTITIES_MAX = 20;

/** What a card holds, as fields of a form. */
export function CustomerFields({ draft, fields, withheld = [], onChange }: CustomerFieldsProps): ReactNode {
  const { t } = useLingui();
  const language = useLanguage((state) => state.language);
  const pause = useFieldPause();
  const spoken = languages.map((value) => ({ value, label: languageNames[value] }));
  return (
    <Stack>
      <TextInput
        label={t`Name`}
        required
        data-autofocus
        dir="auto"
        maxLength={200}
        value={draft.name}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
      />
      <IdentityFields identities={draft.identities} onChange={(identities) => onChange({ identities })} />
      <Select
        label={t`Language`}
        data={spoken}
        clearable
        placeholder={t`Not known`}
        value={draft.language}
        onChange={(value) => onChange({ language: value !== null && isLanguage(value) ? value : null })}
      />
      {fields
        .filter((field) => !field.retired)
        .map((field) => {
          const key: `field:${string}` = `field:${field.fieldId}`;
          const value = draft[key] ?? "";
          const label = localized(field.names, language);
          if (withheld.includes(field.fieldId))
            return (
              <TextInput key={key} label={label} disabled value="" placeholder="••••" description={t`Opens once the caller is verified.`} />
            );
          const said = field.pausesRecording ? { description: t`The recording pauses while you fill it in.` } : {};
          if (field.type === "date")
            return (
              <div key={key} {...(field.pausesRecording ? pause : {})}>
                <DateField {...said} label={label} value={isDay(value) ? value : null} onChange={(day) => onChange({ [key]: day ?? "" })} />
              </div>
            );
          return (
            <TextInput
              {...(field.pausesRecording ? pause : {})}
              {...said}
              key={key}
              label={label}
              maxLength={500}
              value={value}
              dir={field.type === "number" ? "ltr" : "auto"}
              inputMode={field.type === "number" ? "decimal" : "text"}
              {...(field.type === "number" ? { pattern: "-?[0-9]+([.,][0-9]+)?" } : {})}
              onChange={(event) =>
                onChange({ [key]: field.type === "number" ? normaliseInput(event.currentTarget.value) : event.currentTarget.value })
              }
            />
          );
        })}
      <div>
        <Textarea
          label={t`Note`}
          description={t`Seen by everyone who opens the card.`}
          autosize
          minRows={3}
          maxRows={12}
          maxLength={4_000}
          dir="auto"
          value={draft.note}
          onChange={(event) => onChange({ note: event.currentTarget.value })}
        />
        <CardNumberNotice text={draft.note} onHide={(note) => onChange({ note })} />
      </div>
    </Stack>
  );
}

function IdentityFields({
  identities,
  onChange,
}: {
  readonly identities: Customer["identities"];
  readonly onChange: (identities: Customer["identities"]) => void;
}): ReactNode {
  const { t } = useLingui();
  const kinds = [
    { value: "phone", label: t`Phone` },
    { value: "email", label: t`E-mail` },
  ];
  const put = (index: number, change: Partial<Customer["identities"][number]>): void =>
    onChange(identities.map((each, at) => (at === index ? { ...each, ...change } : each)));
  return (
    <Fieldset legend={t`Numbers and addresses`} p="sm">
      <Stack gap="sm">
        {identities.map((each, index) => (
          // Places are the only names these rows have while they are typed.
          <Group key={index} gap="sm" wrap="nowrap">
            <Select
              aria-label={t`Kind`}
              w={120}
              data={kinds}
              allowDeselect={false}
              value={each.kind}
              onChange={(kind) => put(index, { kind: kind === "email" ? "email" : "phone" })}
            />
            <TextInput
              aria-label={each.kind === "phone" ? t`Phone` : t`E-mail`}
              flex={1}
              dir="ltr"
              type={each.kind === "phone" ? "tel" : "email"}
              maxLength={254}
              value={each.value}
              onChange={(event) => put(index, { value: normaliseInput(event.currentTarget.value) })}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t`Take away`}
              onClick={() => onChange(identities.filter((_each, at) => at !== index))}
            >
              <IconTrash size={16} aria-hidden />
            </ActionIcon>
          </Group>
        ))}
        {identities.length < IDENTITIES_MAX && (
          <div>
            <Button
              variant="subtle"
              size="compact-sm"
              onClick={() => onChange([...identities, { kind: "phone", value: "" }])}
            >{t`One more`}</Button>
          </div>
        )}
      </Stack>
    </Fieldset>
  );
}
