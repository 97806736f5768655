import type { LocalizedText, Queue } from "@allo/contract";
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, Modal, Stack, Title } from "@mantine/core";
import { IconPlus, IconUsersGroup } from "@tabler/icons-react";
import { useState, type FormEvent, type ReactNode } from "react";
import { callApi } from "../../api/client.ts";
import { useDirectory } from "../../api/lists.ts";
import { useApi, useApiMutation } from "../../api/queries.ts";
import { useLanguage } from "../../i18n/language.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { localized } from "../../ui/format.ts";
import { emptyLocalizedText, LocalizedTextFields } from "../../ui/localized-text-fields.tsx";
import { Problem } from "../../ui/problem.tsx";
import { SidePanel } from "../../ui/side-panel.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { ProjectField, QueueForm } from "./queue-form.tsx";
import { QueueMembers } from "./queue-members.tsx";
import styles from "./setup.module.css";
import { useRetire } from "./use-retire.ts";
import { useShowWords } from "./use-words.ts";

/** Queues, each as a paragraph of what happens in it. */
export function QueuesSection(): ReactNode {
  const { t } = useLingui();
  const list = useApi("queuesList", {});
  const language = useLanguage((state) => state.language);
  const [openId, setOpenId] = useState<string | null>(null);
  const [adding, setAdding] = useState(false);
  if (list.data === undefined)
    return list.error === null ? <SkeletonRows rows={5} height={80} /> : <Problem failure={list.error} onRetry={list.refetch} />;
  const queues = [...list.data.items].sort((a, b) => Number(a.retired) - Number(b.retired));
  const opened = queues.find((queue) => queue.queueId === openId);
  const add = <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>{t`Add a queue`}</Button>;
  return (
    <>
      {queues.length > 0 && <div>{add}</div>}
      {queues.length === 0 && (
        <EmptyState
          icon={IconUsersGroup}
          title={t`No queue yet`}
          action={add}
          example={t`For example: Support, served by five agents, answered within 20 seconds.`}
        >{t`Calls of one kind wait in a queue for one group of agents.`}</EmptyState>
      )}
      {queues.map((queue) => (
        <QueueCard key={queue.queueId} queue={queue} onOpen={() => setOpenId(queue.queueId)} />
      ))}
      <SidePanel
        opened={opened !== undefined}
        onClose={() => setOpenId(null)}
        title={opened === undefined ? "" : <bdi>{localized(opened.names, language)}</bdi>}
        size={640}
      >
        {opened !== undefined && (
          <Stack gap="xl">
            <QueueMembers queueId={opened.queueId} />
            <QueueForm key={opened.queueId} queue={opened} />
          </Stack>
        )}
      </SidePanel>
      <Modal opened={adding} onClose={() => setAdding(false)} title={t`Add a queue`} closeButtonProps={{ "aria-label": t`Close` }}>
        <AddQueue
          onMade={(queueId) => {
            setAdding(false);
            setOpenId(queueId);
          }}
        />
      </Modal>
    </>
  );
}

function QueueCard({ queue, onOpen }: { readonly queue: Queue; readonly onOpen: () => void }): ReactNode {
  const { t } = useLingui();
  const { projectChoices, projectName } = useDirectory();
  const language = useLanguage((state) => state.language);
  const name = localized(queue.names, language);
  const retire = useRetire("queuesList");
  const put = (retired: boolean, version: number): Promise<Queue> =>
    callApi("queueUpdate", { params: { queueId: queue.queueId }, body: { retired, version } });
  return (
    <article className={styles["card"]} data-retired={queue.retired} data-testid="queue">
      <Group justify="space-between">
        <Title order={2} size="h3">
          <bdi>{name}</bdi>
          {projectChoices.length > 0 && (
            <span className={styles["quiet"]}>
              {" "}
              · <bdi>{projectName(queue.projectId)}</bdi>
            </span>
          )}
          {queue.retired && <span className={styles["quiet"]}> · {t({ message: "retired", context: "a thing" })}</span>}
        </Title>
        <Group gap="xs">
          {!queue.retired && (
            <Button variant="default" size="compact-md" onClick={onOpen}>
              {t({ message: "Change", context: "button" })}
            </Button>
          )}
          <Button variant="subtle" size="compact-md" onClick={() => retire({ name, version: queue.version, retired: queue.retired }, put)}>
            {queue.retired ? t({ message: "Use again", context: "button" }) : t({ message: "Retire", context: "button, a thing" })}
          </Button>
        </Group>
      </Group>
      {!queue.retired && <QueueSentences queue={queue} />}
    </article>
  );
}

function QueueSentences({ queue }: { readonly queue: Queue }): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  const words = useShowWords();
  const { numbers, skillName } = useDirectory();
  const leading = numbers.filter((number) => !number.retired && number.queueId === queue.queueId);
  const leadingNumbers = leading.map((number) => number.number).join(", ");
  const asked = queue.requirements.map((each) => `${skillName(each.skillId)} (${format.number(each.level)})`);
  const [wait, ring, target, wrapUp, extension] = [
    queue.waitMaxSeconds,
    queue.ringTimeoutSeconds,
    queue.serviceLevelSeconds,
    queue.wrapUpSeconds,
    queue.wrapUpExtensionSeconds,
  ].map(words.seconds);
  const [size, missed] = [format.number(queue.sizeMax), format.number(queue.missedRingsMax)];
  return (
    <>
      <p className={styles["sentence"]}>
        <Plural
          value={queue.memberCount}
          _0="Nobody serves it yet: its callers hear that nobody can answer."
          one="# agent serves it."
          other="# agents serve it."
        />{" "}
        {leading.length === 0 ? (
          t`No number leads here.`
        ) : (
          <Trans>
            Calls to <bdi dir="ltr">{leadingNumbers}</bdi> come here.
          </Trans>
        )}
      </p>
      <p className={styles["sentence"]}>
        <Trans>
          A caller waits for {wait} at most, and at most {size} callers wait at once; the target is an answer within {target}. The call
          rings at one agent for {ring}; after {missed} missed rings in a row the agent becomes not ready.
        </Trans>{" "}
        <Trans>
          Wrap-up lasts {wrapUp} at most, and can be extended once by {extension}.
        </Trans>{" "}
        {queue.recordCalls ? t`Calls are recorded.` : t`Calls are not recorded.`}{" "}
        {asked.length > 0 && (
          <Trans>
            It asks for: <bdi>{format.list(asked)}</bdi>.
          </Trans>
        )}
      </p>
    </>
  );
}

function AddQueue({ onMade }: { readonly onMade: (queueId: string) => void }): ReactNode {
  const { t } = useLingui();
  const create = useApiMutation("queueCreate", ["queuesList"]);
  const { projectChoices } = useDirectory();
  const [names, setNames] = useState<LocalizedText>(emptyLocalizedText);
  const [projectId, setProjectId] = useState("");
  const isProjectMissing = projectChoices.length > 0 && projectId === "";
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    create.mutate({ body: { names, ...(projectId === "" ? {} : { projectId }) } }, { onSuccess: (queue) => onMade(queue.queueId) });
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <LocalizedTextFields label={t`Name of the queue`} value={names} onChange={setNames} />
        <ProjectField projectId={projectId} onChange={setProjectId} />
        <Problem failure={create.error} />
        <Group justify="flex-end">
          <Button type="submit" loading={create.isPending} disabled={isProjectMissing}>{t`Add the queue`}</Button>
        </Group>
      </Stack>
    </form>
  );
}
