import { roles, type BodyOf } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Checkbox, Select, Stack, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { isLanguage, languageNames, languages } from "../../i18n/language.ts";
import { normaliseInput } from "../../ui/format.ts";
import { roleMay, roleNames } from "./people-words.ts";

export type PersonWrite = BodyOf<"personCreate">;

/** Name, e-mail, language, roles. */
export function PersonFields({
  draft,
  onChange,
}: {
  readonly draft: PersonWrite;
  readonly onChange: (change: Partial<PersonWrite>) => void;
}): ReactNode {
  const { t, i18n } = useLingui();
  const spoken = languages.map((value) => ({ value, label: languageNames[value] }));
  return (
    <Stack>
      <TextInput
        label={t`Name`}
        required
        data-autofocus
        dir="auto"
        maxLength={120}
        value={draft.name}
        onChange={(event) => onChange({ name: normaliseInput(event.currentTarget.value) })}
      />
      <TextInput
        label={t`E-mail`}
        description={t`The person signs in with it.`}
        required
        type="email"
        dir="ltr"
        maxLength={254}
        value={draft.email}
        onChange={(event) => onChange({ email: event.currentTarget.value })}
      />
      <Select
        label={t`Language of the screens`}
        data={spoken}
        allowDeselect={false}
        value={draft.language}
        onChange={(value) => value !== null && isLanguage(value) && onChange({ language: value })}
      />
      <Checkbox.Group
        label={t`Roles`}
        required
        value={draft.roles}
        onChange={(chosen) => onChange({ roles: roles.filter((role) => chosen.includes(role)) })}
        error={draft.roles.length === 0 ? t`At least one role is needed.` : undefined}
      >
        <Stack gap="xs" mt="xs">
          {roles.map((role) => (
            <Checkbox key={role} value={role} label={i18n._(roleNames[role])} description={i18n._(roleMay[role])} />
          ))}
        </Stack>
      </Checkbox.Group>
    </Stack>
  );
}
