import { useLingui } from "@lingui/react/macro";
import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { useDirectory } from "../../api/lists.ts";
import { useApi, useApiMutation } from "../../api/queries.ts";
import { LevelRows, type Levelled } from "../../ui/level-rows.tsx";
import { Problem } from "../../ui/problem.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { toastDone } from "../../ui/toasts.tsx";

/** What a person can do, with levels. */
export function PersonSkills({ personId }: { readonly personId: string }): ReactNode {
  const { t, i18n } = useLingui();
  const { skills, skillName } = useDirectory();
  const held = useApi("personSkillsGet", { params: { personId } });
  const save = useApiMutation("personSkillsPut", ["personSkillsGet"]);
  const [draft, setDraft] = useState<readonly Levelled[] | null>(null);
  const choices = skills.filter((skill) => !skill.retired).map((skill) => ({ value: skill.skillId, label: skillName(skill.skillId) }));
  const shown = draft ?? (held.data?.items ?? []).map((each) => ({ id: each.skillId, level: each.level }));
  const submit = (): void =>
    save.mutate(
      { params: { personId }, body: { items: shown.map((each) => ({ skillId: each.id, level: each.level })) } },
      {
        onSuccess: () => {
          setDraft(null);
          toastDone(i18n, t`The skills are saved.`);
        },
      },
    );
  return (
    <section>
      <Title order={3} mb="sm">{t`Skills`}</Title>
      {held.isPending && <SkeletonRows rows={2} />}
      <Problem failure={held.error} onRetry={held.refetch} />
      <Problem failure={save.error} />
      {held.isSuccess && choices.length === 0 && (
        <Text size="sm" c="dimmed">
          {t`No skills are defined.`} <Link to="/setup/$section" params={{ section: "skills" }}>{t`Define them in Setup`}</Link>
        </Text>
      )}
      {held.isSuccess && choices.length > 0 && (
        <Stack gap="sm">
          <LevelRows rows={shown} choices={choices} nameOf={skillName} addLabel={t`Add a skill`} onChange={setDraft} />
          {draft !== null && (
            <Group justify="flex-end">
              <Button variant="default" onClick={() => setDraft(null)}>{t`Cancel`}</Button>
              <Button onClick={submit} loading={save.isPending}>{t`Save the skills`}</Button>
            </Group>
          )}
        </Stack>
      )}
    </section>
  );
}
