import { rolePermissions, roles, type BodyOf, type Permission } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Checkbox, Select, Stack, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { useApi } from "../../api/queries.ts";
import { isLanguage, languageNames, languages, useLanguage } from "../../i18n/language.ts";
import { localized, normaliseInput } from "../../ui/format.ts";
import { useMe } from "../session/session.ts";
import { roleMay } from "./people-words.ts";
import { useRoleNames } from "./use-role-names.ts";

export type PersonWrite = Required<BodyOf<"personCreate">>;

/** Name, e-mail, language, roles. */
export function PersonFields({
  draft,
  onChange,
}: {
  readonly draft: PersonWrite;
  readonly onChange: (change: Partial<PersonWrite>) => void;
}): ReactNode {
  const { t } = useLingui();
  const spoken = languages.map((value) => ({ value, label: languageNames[value] }));
  return (
    <Stack>
      <TextInput
        label={t({ message: "Name", context: "of a person" })}
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
      <RoleFields draft={draft} onChange={onChange} />
    </Stack>
  );
}

/** Whether a person would hold any role. */
export function hasRole({ roles: held, ownRoleIds }: Pick<PersonWrite, "roles" | "ownRoleIds">): boolean {
  return held.length + ownRoleIds.length > 0;
}

/** Built-in roles and the organisation's own, with what each allows; those with more than one may give can't be chosen. */
function RoleFields({
  draft,
  onChange,
}: {
  readonly draft: PersonWrite;
  readonly onChange: (change: Partial<PersonWrite>) => void;
}): ReactNode {
  const { t, i18n } = useLingui();
  const me = useMe();
  const names = useRoleNames();
  const language = useLanguage((state) => state.language);
  const own = (useApi("rolesList", {}).data?.items ?? []).filter((role) => !role.retired || draft.ownRoleIds.includes(role.roleId));
  const within = (granted: readonly Permission[]): boolean => granted.every((permission) => me.permissions.includes(permission));
  return (
    <Checkbox.Group
      label={t`Roles`}
      required
      value={[...draft.roles, ...draft.ownRoleIds]}
      onChange={(chosen) =>
        onChange({
          roles: roles.filter((role) => chosen.includes(role)),
          ownRoleIds: own.map((role) => role.roleId).filter((roleId) => chosen.includes(roleId)),
        })
      }
      error={hasRole(draft) ? undefined : t`At least one role is needed.`}
    >
      <Stack gap="xs" mt="xs">
        {roles.map((role) => (
          <Checkbox
            key={role}
            value={role}
            label={names.builtIn(role)}
            description={i18n._(roleMay[role])}
            disabled={!within(rolePermissions[role]) && !draft.roles.includes(role)}
          />
        ))}
        {own.map((role) => (
          <Checkbox
            key={role.roleId}
            value={role.roleId}
            label={<bdi>{names.own(role.roleId)}</bdi>}
            description={localized(role.description, language)}
            disabled={!within(role.permissions) && !draft.ownRoleIds.includes(role.roleId)}
          />
        ))}
      </Stack>
    </Checkbox.Group>
  );
}
