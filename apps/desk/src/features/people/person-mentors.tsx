import { useLingui } from "@lingui/react/macro";
import { Button, Group, MultiSelect, Stack, Title } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { useDirectory } from "../../api/lists.ts";
import { useApi, useApiMutation } from "../../api/queries.ts";
import { Problem } from "../../ui/problem.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { toastDone } from "../../ui/toasts.tsx";

const MENTORS_MAX = 10;

/** Who may go into this person's talks as a mentor. */
export function PersonMentors({ personId }: { readonly personId: string }): ReactNode {
  const { t, i18n } = useLingui();
  const held = useApi("personMentorsGet", { params: { personId } });
  const { personChoices, personName } = useDirectory();
  const save = useApiMutation("personMentorsPut", ["personMentorsGet"]);
  const [draft, setDraft] = useState<readonly string[] | null>(null);
  const shown = draft ?? (held.data?.items ?? []).map((each) => each.personId);
  // A mentor who has been retired meanwhile is still named, until taken away.
  const gone = shown.filter((each) => !personChoices.some((choice) => choice.value === each));
  const choices = [
    ...personChoices.filter((choice) => choice.value !== personId),
    ...gone.map((each) => ({ value: each, label: personName(each) })),
  ];
  const submit = (): void =>
    save.mutate(
      { params: { personId }, body: { items: shown.map((each) => ({ personId: each })) } },
      {
        onSuccess: () => {
          setDraft(null);
          toastDone(i18n, t`The mentors are saved.`);
        },
      },
    );
  return (
    <section data-testid="person-mentors">
      <Title order={3} mb="sm">{t`Mentors`}</Title>
      {held.isPending && <SkeletonRows rows={1} />}
      <Problem failure={held.error} onRetry={held.refetch} />
      <Problem failure={save.error} />
      {held.isSuccess && (
        <Stack gap="sm">
          <MultiSelect
            label={t`Mentors of this person`}
            description={t`For trainees: in their talks a mentor hears both and is heard by the trainee alone. A mentor's role must allow it.`}
            data={choices}
            value={[...shown]}
            maxValues={MENTORS_MAX}
            searchable
            nothingFoundMessage={t`Nothing found`}
            onChange={setDraft}
          />
          {draft !== null && (
            <Group justify="flex-end">
              <Button variant="default" onClick={() => setDraft(null)}>{t`Cancel`}</Button>
              <Button onClick={submit} loading={save.isPending}>{t`Save the mentors`}</Button>
            </Group>
          )}
        </Stack>
      )}
    </section>
  );
}
