import { Plural, useLingui } from "@lingui/react/macro";
import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { useDirectory } from "../../api/lists.ts";
import { useApi, useApiMutation } from "../../api/queries.ts";
import { LevelRows, type Levelled } from "../../ui/level-rows.tsx";
import { Problem } from "../../ui/problem.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { toastDone } from "../../ui/toasts.tsx";

/** Who serves a queue, with the level of each: a higher level is asked first. */
export function QueueMembers({ queueId }: { readonly queueId: string }): ReactNode {
  const { t, i18n } = useLingui();
  const { personChoices, personName } = useDirectory();
  const members = useApi("queueMembersGet", { params: { queueId } });
  const save = useApiMutation("queueMembersPut", ["queueMembersGet", "queuesList"]);
  const [draft, setDraft] = useState<readonly Levelled[] | null>(null);
  const held = (members.data?.items ?? []).map((each) => ({ id: each.personId, level: each.level }));
  const shown = draft ?? held;
  const put = (rows: readonly Levelled[], undo: (() => void) | undefined): void =>
    save.mutate(
      { params: { queueId }, body: { items: rows.map((each) => ({ personId: each.id, level: each.level })) } },
      {
        onSuccess: () => {
          setDraft(null);
          toastDone(i18n, t`The members are saved.`, undo);
        },
      },
    );
  const gone = held.filter((each) => !shown.some((row) => row.id === each.id)).length;
  const come = shown.filter((each) => !held.some((row) => row.id === each.id)).length;
  return (
    <section data-testid="members">
      <Title order={3} mb="sm">{t`Who serves it`}</Title>
      {members.isPending && <SkeletonRows rows={3} />}
      <Problem failure={members.error} onRetry={members.refetch} />
      <Problem failure={save.error} />
      {members.isSuccess && (
        <Stack gap="sm">
          <Text
            size="sm"
            c="dimmed"
          >{t`From 1 to 5: among free agents the highest level gets the call, then who has been free longest.`}</Text>
          <LevelRows rows={shown} choices={personChoices} nameOf={personName} addLabel={t`Add an agent`} onChange={setDraft} />
          {draft !== null && (
            <Group justify="flex-end">
              <Text size="sm" role="status">
                {come > 0 && <Plural value={come} one="# agent more." other="# agents more." />}{" "}
                {gone > 0 && <Plural value={gone} one="# agent less." other="# agents less." />}
              </Text>
              <Button variant="default" onClick={() => setDraft(null)}>{t`Cancel`}</Button>
              <Button onClick={() => put(draft, () => put(held, undefined))} loading={save.isPending}>{t`Save the members`}</Button>
            </Group>
          )}
        </Stack>
      )}
    </section>
  );
}
