import { Trans, useLingui } from "@lingui/react/macro";
import { PasswordInput, Select, Stack, Text, TextInput } from "@mantine/core";
import { useMemo, type ReactNode } from "react";
import { isLanguage, languageNames, languages, useLanguage } from "../../i18n/language.ts";
import { intlLocales, isTimeZone, normaliseInput } from "../../ui/format.ts";
import { useFormat } from "../../ui/use-format.ts";
import { LanguageChoice } from "../session/language-choice.tsx";
import { passwordLengthMin } from "../session/password-rule.ts";
import { NetworkChoice } from "./network-choice.tsx";
import { TradeFields } from "./wizard-trade.tsx";
import { countryCodes, countryOfZone, type WizardDraft, type WizardStep } from "./wizard-draft.ts";

export type FieldsProps = {
  readonly step: WizardStep;
  readonly draft: WizardDraft;
  readonly localNetworks: readonly string[];
  readonly onChange: (change: Partial<WizardDraft>) => void;
};

/** The fields of one step. */
export function WizardFields(props: FieldsProps): ReactNode {
  switch (props.step) {
    case "language":
      return (
        <Stack>
          <Text>
            <Trans>In which language do you work? It can be changed at any time, by each person for themselves.</Trans>
          </Text>
          <LanguageChoice onChosen={(numberLanguage) => props.onChange({ numberLanguage })} />
        </Stack>
      );
    case "organisation":
      return <OrganisationFields {...props} />;
    case "administrator":
      return <AdministratorFields {...props} />;
    case "trade":
      return <TradeFields {...props} />;
    case "queue":
      return <QueueFields {...props} />;
    case "number":
      return <NumberFields {...props} />;
    default:
      return props.step satisfies never;
  }
}

function OrganisationFields({ draft, onChange }: FieldsProps): ReactNode {
  const { t } = useLingui();
  const language = useLanguage((state) => state.language);
  const zones = useMemo(() => [...new Set([...Intl.supportedValuesOf("timeZone"), draft.timeZone])].filter(isTimeZone), [draft.timeZone]);
  const countries = useMemo(() => {
    const names = new Intl.DisplayNames(intlLocales[language], { type: "region" });
    return countryCodes
      .map((value) => ({ value, label: names.of(value) ?? value }))
      .sort((a, b) => a.label.localeCompare(b.label, language));
  }, [language]);
  return (
    <Stack>
      <TextInput
        label={t`Name of the organisation`}
        required
        autoFocus
        maxLength={120}
        value={draft.organisationName}
        onChange={(event) => onChange({ organisationName: normaliseInput(event.currentTarget.value) })}
      />
      <Select
        label={t`Time zone`}
        description={t`Days and hours on the screens are of this zone.`}
        data={zones}
        searchable
        required
        allowDeselect={false}
        value={draft.timeZone}
        onChange={(zone) => zone !== null && onChange({ timeZone: zone, country: countryOfZone(zone) })}
        nothingFoundMessage={t`Nothing found`}
      />
      <Select
        label={t`Country`}
        description={t`How numbers without a country code are understood.`}
        data={countries}
        searchable
        required
        allowDeselect={false}
        value={draft.country}
        onChange={(country) => country !== null && onChange({ country })}
        nothingFoundMessage={t`Nothing found`}
      />
    </Stack>
  );
}

function AdministratorFields({ draft, onChange }: FieldsProps): ReactNode {
  const { t } = useLingui();
  const length = useFormat().number(passwordLengthMin);
  return (
    <Stack>
      <Text>
        <Trans>You. The administrator may do everything; others are invited later.</Trans>
      </Text>
      <TextInput
        label={t`Your name`}
        required
        autoFocus
        autoComplete="name"
        maxLength={120}
        value={draft.administratorName}
        onChange={(event) => onChange({ administratorName: normaliseInput(event.currentTarget.value) })}
      />
      <TextInput
        label={t`E-mail`}
        type="email"
        required
        dir="ltr"
        autoComplete="username"
        value={draft.email}
        onChange={(event) => onChange({ email: event.currentTarget.value })}
      />
      <PasswordInput
        label={t`Password`}
        description={t`At least ${length} characters. A sentence is easy to remember and hard to guess.`}
        required
        minLength={passwordLengthMin}
        dir="ltr"
        autoComplete="new-password"
        value={draft.password}
        onChange={(event) => onChange({ password: event.currentTarget.value })}
        visibilityToggleButtonProps={{ "aria-label": t`Show the password` }}
      />
    </Stack>
  );
}

function QueueFields({ draft, onChange }: FieldsProps): ReactNode {
  const { t } = useLingui();
  return (
    <Stack>
      <Text>
        <Trans>Calls of one kind wait in a queue for one group of agents. You will be its first agent.</Trans>
      </Text>
      <TextInput
        label={t`Name of the queue`}
        placeholder={t`Support`}
        required
        autoFocus
        maxLength={120}
        value={draft.queueName}
        onChange={(event) => onChange({ queueName: normaliseInput(event.currentTarget.value) })}
      />
    </Stack>
  );
}

function NumberFields({ draft, localNetworks, onChange }: FieldsProps): ReactNode {
  const { t } = useLingui();
  const spoken = languages.map((value) => ({ value, label: languageNames[value] }));
  return (
    <Stack>
      <TextInput
        label={t`Number`}
        description={t`What customers dial: a full number, or a short one for a try, such as 100.`}
        required
        autoFocus
        dir="ltr"
        inputMode="tel"
        minLength={2}
        maxLength={32}
        value={draft.number}
        onChange={(event) => onChange({ number: normaliseInput(event.currentTarget.value) })}
      />
      <Select
        label={t`Language that callers hear`}
        data={spoken}
        allowDeselect={false}
        value={draft.numberLanguage}
        onChange={(value) => value !== null && isLanguage(value) && onChange({ numberLanguage: value })}
      />
      <NetworkChoice offered={localNetworks} chosen={draft.networks} onChange={(networks) => onChange({ networks })} />
    </Stack>
  );
}
