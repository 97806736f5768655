import { permissions, type LocalizedText, type OwnRole, type Permission } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Checkbox, Group, Button, Stack } from "@mantine/core";
import { useState, type FormEvent, type ReactNode } from "react";
import { useApiMutation } from "../../api/queries.ts";
import { ClashNotice } from "../../ui/clash-notice.tsx";
import { LocalizedTextFields } from "../../ui/localized-text-fields.tsx";
import { Problem } from "../../ui/problem.tsx";
import { toastDone } from "../../ui/toasts.tsx";
import { useVersionedDraft } from "../../ui/versioned-draft.ts";
import { useMe } from "../session/session.ts";
import { allNames } from "../setup/queue-words.ts";
import { permissionMeanings, permissionNames } from "./permission-words.ts";

export type RoleDraft = {
  readonly names: LocalizedText;
  readonly description: LocalizedText;
  readonly permissions: readonly Permission[];
};

/** A new role, from nothing or from a copy. */
export function RoleCreate({ from, onMade }: { readonly from: RoleDraft; readonly onMade: () => void }): ReactNode {
  const { t, i18n } = useLingui();
  const me = useMe();
  const create = useApiMutation("roleCreate", ["rolesList"]);
  // What one hasn't can't be given, so a copy begins without it.
  const [draft, setDraft] = useState<RoleDraft>({
    ...from,
    permissions: from.permissions.filter((permission) => me.permissions.includes(permission)),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    create.mutate(
      { body: { ...draft, permissions: [...draft.permissions] } },
      {
        onSuccess: () => {
          toastDone(i18n, t`The role is made.`);
          onMade();
        },
      },
    );
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <RoleFields draft={draft} before={[]} onChange={(change) => setDraft({ ...draft, ...change })} />
        <Problem failure={create.error} />
        <Group justify="flex-end">
          <Button type="submit" loading={create.isPending} disabled={draft.permissions.length === 0}>{t`Add the role`}</Button>
        </Group>
      </Stack>
    </form>
  );
}

/** A role as it is; whoever holds it may do the new set as soon as it is saved. */
export function RoleEdit({ role }: { readonly role: OwnRole }): ReactNode {
  const { t, i18n } = useLingui();
  const save = useApiMutation("roleUpdate", ["rolesList"]);
  const { names, description } = role;
  const form = useVersionedDraft<RoleDraft>({ names, description, permissions: role.permissions }, role.version);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const { permissions: changed, ...texts } = form.changes;
    save.mutate(
      {
        params: { roleId: role.roleId },
        body: { ...texts, ...(changed === undefined ? {} : { permissions: [...changed] }), version: form.version },
      },
      { onSuccess: () => toastDone(i18n, t`Saved.`) },
    );
  };
  const labels: Readonly<Record<keyof RoleDraft, string>> = {
    names: t({ message: "Name", context: "of a thing" }),
    description: t`What it is for`,
    permissions: t`What its holders may do`,
  };
  const show = (_key: keyof RoleDraft, value: RoleDraft[keyof RoleDraft]): ReactNode =>
    isPermissions(value) ? value.map((permission) => i18n._(permissionNames[permission])).join(", ") : allNames(value);
  return (
    <form onSubmit={submit}>
      <Stack>
        <ClashNotice form={form} label={(key) => labels[key]} show={show} />
        <RoleFields draft={form.draft} before={role.permissions} onChange={form.set} />
        <Problem failure={form.clashes.length > 0 ? null : save.error} />
        {form.isChanged && (
          <Group justify="flex-end">
            <Button
              type="submit"
              loading={save.isPending}
              disabled={form.draft.permissions.length === 0 || form.clashes.length > 0}
            >{t`Save`}</Button>
          </Group>
        )}
      </Stack>
    </form>
  );
}

function isPermissions(value: RoleDraft[keyof RoleDraft]): value is readonly Permission[] {
  return Array.isArray(value);
}

function RoleFields({
  draft,
  before,
  onChange,
}: {
  readonly draft: RoleDraft;
  /** What the role gives already: that may stay in it whoever edits. */
  readonly before: readonly Permission[];
  readonly onChange: (change: Partial<RoleDraft>) => void;
}): ReactNode {
  const { t, i18n } = useLingui();
  const me = useMe();
  return (
    <Stack>
      <LocalizedTextFields
        label={t({ message: "Name", context: "of a thing" })}
        value={draft.names}
        onChange={(names) => onChange({ names })}
      />
      <LocalizedTextFields
        label={t`What it is for`}
        value={draft.description}
        required={false}
        onChange={(description) => onChange({ description })}
      />
      <Checkbox.Group
        label={t`What its holders may do`}
        required
        value={[...draft.permissions]}
        onChange={(chosen) => onChange({ permissions: permissions.filter((permission) => chosen.includes(permission)) })}
        error={draft.permissions.length === 0 ? t`At least one is needed.` : undefined}
      >
        <Stack gap="sm" mt="xs">
          {permissions.map((permission) => {
            const mayGive = me.permissions.includes(permission) || before.includes(permission);
            const meaning = i18n._(permissionMeanings[permission]);
            return (
              <Checkbox
                key={permission}
                value={permission}
                label={i18n._(permissionNames[permission])}
                description={mayGive ? meaning : `${meaning} ${t`You don't have this right yourself, so you can't give it.`}`}
                disabled={!mayGive}
              />
            );
          })}
        </Stack>
      </Checkbox.Group>
    </Stack>
  );
}
