import type { Person } from "@allo/contract";
import { Plural, useLingui } from "@lingui/react/macro";
import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { useState, type FormEvent, type ReactNode } from "react";
import { useApi, useApiMutation } from "../../api/queries.ts";
import { languageNames } from "../../i18n/language.ts";
import { ClashNotice } from "../../ui/clash-notice.tsx";
import { ConfirmWithNumbers } from "../../ui/confirm-with-numbers.tsx";
import { isolate } from "../../ui/isolate.ts";
import { Problem } from "../../ui/problem.tsx";
import { toastDone } from "../../ui/toasts.tsx";
import { DateTime } from "../../ui/values.tsx";
import { useVersionedDraft } from "../../ui/versioned-draft.ts";
import { useMe } from "../session/session.ts";
import { OneTimeLinkNotice, type LinkFor } from "./one-time-link.tsx";
import { hasRole, PersonFields, type PersonWrite } from "./person-fields.tsx";
import { statusNames } from "./people-words.ts";
import { PersonMentors } from "./person-mentors.tsx";
import { PersonSkills } from "./person-skills.tsx";
import { useRoleNames } from "./use-role-names.ts";

/** One person: name and roles, skills, the login. */
export function PersonPanel({ person }: { readonly person: Person }): ReactNode {
  const { t, i18n } = useLingui();
  return (
    <Stack gap="xl" data-testid="person">
      <Text size="sm" c="dimmed">
        {i18n._(statusNames[person.status])} ·{" "}
        {person.lastSignedInAt === null ? (
          t`never signed in`
        ) : (
          <>
            {t`last signed in`} <DateTime at={person.lastSignedInAt} />
          </>
        )}
      </Text>
      {person.status !== "retired" && <Edit person={person} />}
      {person.status !== "retired" && <PersonSkills personId={person.personId} />}
      {person.status !== "retired" && <PersonMentors personId={person.personId} />}
      {person.status === "retired" ? (
        <Text>{t`Retired: the calls and notes of this person stay; signing in is over.`}</Text>
      ) : (
        <Login person={person} />
      )}
    </Stack>
  );
}

function Edit({ person }: { readonly person: Person }): ReactNode {
  const { t, i18n } = useLingui();
  const save = useApiMutation("personUpdate", ["peopleList", "rolesList"]);
  const { name, email, roles, ownRoleIds, language } = person;
  const names = useRoleNames();
  const form = useVersionedDraft<PersonWrite>({ name, email, roles, ownRoleIds, language }, person.version);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate(
      { params: { personId: person.personId }, body: { ...form.changes, version: form.version } },
      { onSuccess: () => toastDone(i18n, t`Saved.`) },
    );
  };
  const labels: Readonly<Record<keyof PersonWrite, string>> = {
    name: t({ message: "Name", context: "of a person" }),
    email: t`E-mail`,
    roles: t`Roles`,
    ownRoleIds: t`Roles of your own`,
    language: t`Language of the screens`,
  };
  const show = (key: keyof PersonWrite, value: PersonWrite[keyof PersonWrite]): ReactNode => {
    if (key === "roles") return (value as PersonWrite["roles"]).map(names.builtIn).join(", ");
    if (key === "ownRoleIds") return (value as PersonWrite["ownRoleIds"]).map(names.own).join(", ");
    return key === "language" ? languageNames[value as PersonWrite["language"]] : (value as string);
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <ClashNotice form={form} label={(key) => labels[key]} show={show} />
        <PersonFields draft={form.draft} onChange={form.set} />
        <Problem failure={form.clashes.length > 0 ? null : save.error} />
        {form.isChanged && (
          <Group justify="flex-end">
            <Button type="submit" loading={save.isPending} disabled={!hasRole(form.draft) || form.clashes.length > 0}>{t`Save`}</Button>
          </Group>
        )}
      </Stack>
    </form>
  );
}

function Login({ person }: { readonly person: Person }): ReactNode {
  const { t, i18n } = useLingui();
  const isMe = useMe().personId === person.personId;
  const params = { personId: person.personId };
  const invite = useApiMutation("personInvite", ["peopleList"]);
  const block = useApiMutation("personBlock", ["peopleList"]);
  const unblock = useApiMutation("personUnblock", ["peopleList"]);
  const [link, setLink] = useState<LinkFor | null>(null);
  const [retiring, setRetiring] = useState(false);
  const runBlock = (): void =>
    block.mutate(
      { params },
      {
        onSuccess: () =>
          toastDone(i18n, t`${isolate(person.name)} is blocked: sessions and phone have ended.`, () => unblock.mutate({ params })),
      },
    );
  return (
    <section>
      <Title order={3} mb="sm">{t`Signing in`}</Title>
      <Stack>
        {link !== null && <OneTimeLinkNotice link={link} />}
        <Problem failure={invite.error ?? block.error ?? unblock.error} />
        <Group gap="sm">
          {person.status !== "blocked" && (
            <Button
              variant="default"
              loading={invite.isPending}
              onClick={() => invite.mutate({ params }, { onSuccess: (made) => setLink({ ...made, name: person.name }) })}
            >
              {person.status === "invited" ? t`New invitation link` : t`Link to reset the password`}
            </Button>
          )}
          {person.status === "blocked" && (
            <Button variant="default" loading={unblock.isPending} onClick={() => unblock.mutate({ params })}>
              {t({ message: "Unblock", context: "button" })}
            </Button>
          )}
          {person.status !== "blocked" && !isMe && (
            <Button variant="default" loading={block.isPending} onClick={runBlock}>
              {t({ message: "Block", context: "button" })}
            </Button>
          )}
          {!isMe && <Button variant="default" c="var(--danger)" onClick={() => setRetiring(true)}>{t`Retire…`}</Button>}
        </Group>
      </Stack>
      <Retire person={person} opened={retiring} onClose={() => setRetiring(false)} />
    </section>
  );
}

function Retire({
  person,
  opened,
  onClose,
}: {
  readonly person: Person;
  readonly opened: boolean;
  readonly onClose: () => void;
}): ReactNode {
  const { t } = useLingui();
  const retire = useApiMutation("personRetire", ["peopleList"]);
  const floor = useApi("floorGet", {}, { enabled: opened });
  const queueCount = floor.data?.agents.find((agent) => agent.personId === person.personId)?.queueIds.length ?? 0;
  return (
    <ConfirmWithNumbers
      opened={opened}
      onClose={onClose}
      title={t`Retire ${person.name}?`}
      confirmLabel={t({ message: "Retire", context: "button, a person" })}
      pending={retire.isPending}
      failure={retire.error}
      effects={[
        t`Signing in ends at once and can't be given back: whoever returns is added anew.`,
        <Plural
          key="queues"
          value={queueCount}
          _0="No queue loses an agent."
          one="# queue loses this agent."
          other="# queues lose this agent."
        />,
      ]}
      kept={t`Calls, notes and recordings of this person stay as they are.`}
      onConfirm={() => retire.mutate({ params: { personId: person.personId } }, { onSuccess: onClose })}
    />
  );
}
