import type { Project } from "@allo/contract";
import { Plural, useLingui } from "@lingui/react/macro";
import { Button, Group, Modal, Select, Stack, TextInput, Title } from "@mantine/core";
import { IconBriefcase, IconPlus } from "@tabler/icons-react";
import { useState, type FormEvent, type ReactNode } from "react";
import { callApi } from "../../api/client.ts";
import { useDirectory } from "../../api/lists.ts";
import { useApi, useApiMutation } from "../../api/queries.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { normaliseInput } from "../../ui/format.ts";
import { Problem } from "../../ui/problem.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { toastDone } from "../../ui/toasts.tsx";
import { useFormat } from "../../ui/use-format.ts";
import styles from "./setup.module.css";
import { useAudio } from "./use-audio.ts";
import { useRetire } from "./use-retire.ts";

const NAME_CHARS_MAX = 120;

/** The clients for whom calls are taken. With one, no other screen speaks of projects. */
export function ProjectsSection(): ReactNode {
  const { t } = useLingui();
  const list = useApi("projectsList", {});
  const [open, setOpen] = useState<Project | "new" | null>(null);
  const { projectName } = useDirectory();
  if (list.data === undefined)
    return list.error === null ? <SkeletonRows rows={3} height={64} /> : <Problem failure={list.error} onRetry={list.refetch} />;
  const projects = [...list.data.items].sort((a, b) => Number(a.retired) - Number(b.retired));
  const isAlone = projects.filter((project) => !project.retired).length < 2;
  const add = <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setOpen("new")}>{t`Add a project`}</Button>;
  return (
    <>
      <p className={`${styles["sentence"] ?? ""} ${styles["quiet"] ?? ""}`}>
        {t`Each client whose calls you take is a project: it has queues, numbers and customers of its own, and agents see its name while it rings.`}
      </p>
      {isAlone ? (
        <EmptyState
          icon={IconBriefcase}
          title={t`You work for yourselves`}
          action={add}
          example={t`For example: First Bank, Swift Taxi, Net Provider.`}
        >{t`As long as there is one project, nothing else speaks of projects. Add one for each client if you take calls for several.`}</EmptyState>
      ) : (
        <div>{add}</div>
      )}
      <Stack gap="xs">
        {projects.map((project) => (
          <ProjectLine key={project.projectId} project={project} onOpen={() => setOpen(project)} />
        ))}
      </Stack>
      <Modal
        opened={open !== null}
        onClose={() => setOpen(null)}
        title={open === null || open === "new" ? t`Add a project` : <bdi>{projectName(open.projectId)}</bdi>}
        closeButtonProps={{ "aria-label": t`Close` }}
      >
        {open !== null && (
          <ProjectForm key={open === "new" ? "new" : open.projectId} project={open === "new" ? null : open} onDone={() => setOpen(null)} />
        )}
      </Modal>
    </>
  );
}

function ProjectLine({ project, onOpen }: { readonly project: Project; readonly onOpen: () => void }): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  const { queues, queueName, projectName } = useDirectory();
  const retire = useRetire("projectsList");
  const own = queues.filter((queue) => !queue.retired && queue.projectId === project.projectId);
  const name = projectName(project.projectId);
  const put = (retired: boolean, version: number): Promise<Project> =>
    callApi("projectUpdate", { params: { projectId: project.projectId }, body: { retired, version } });
  return (
    <article className={styles["card"]} data-retired={project.retired} data-testid="project">
      <Group justify="space-between">
        <Title order={2} size="h3">
          <bdi>{name}</bdi>
          {project.retired && <span className={styles["quiet"]}> · {t({ message: "retired", context: "a thing" })}</span>}
        </Title>
        <Group gap="xs">
          {!project.retired && (
            <Button variant="default" size="compact-md" onClick={onOpen}>
              {t({ message: "Change", context: "button" })}
            </Button>
          )}
          <Button
            variant="subtle"
            size="compact-md"
            onClick={() => retire({ name, version: project.version, retired: project.retired }, put)}
          >
            {project.retired ? t({ message: "Use again", context: "button" }) : t({ message: "Retire", context: "button, a thing" })}
          </Button>
        </Group>
      </Group>
      {!project.retired && (
        <p className={styles["sentence"]}>
          <Plural value={own.length} _0="No queue belongs to it yet." one="# queue:" other="# queues:" />{" "}
          {own.length > 0 && <bdi>{format.list(own.map((queue) => queueName(queue.queueId)))}</bdi>}
        </p>
      )}
    </article>
  );
}

function ProjectForm({ project, onDone }: { readonly project: Project | null; readonly onDone: () => void }): ReactNode {
  const { t, i18n } = useLingui();
  const create = useApiMutation("projectCreate", ["projectsList"]);
  const update = useApiMutation("projectUpdate", ["projectsList"]);
  const [name, setName] = useState(project === null || project.inHouse ? "" : project.name);
  const [nameAudioId, setNameAudioId] = useState(project?.nameAudioId ?? null);
  const audio = useAudio();
  const named = audio.nameChoices(nameAudioId);
  // An organisation that works for itself may have a voice in the ear without having a client's name.
  const isNameless = project?.inHouse === true && name.trim() === "";
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const onSuccess = (): void => {
      toastDone(i18n, project === null ? t`The project is added. Now give it a queue.` : t`The project is saved.`);
      onDone();
    };
    if (project === null) create.mutate({ body: { name: name.trim() } }, { onSuccess });
    else {
      const body = { ...(isNameless ? {} : { name: name.trim() }), nameAudioId, version: project.version };
      update.mutate({ params: { projectId: project.projectId }, body }, { onSuccess });
    }
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label={t`Name of the project`}
          description={t`The client's name, as agents and reports show it.`}
          required={project?.inHouse !== true}
          data-autofocus
          dir="auto"
          maxLength={NAME_CHARS_MAX}
          value={name}
          onChange={(event) => setName(normaliseInput(event.currentTarget.value))}
        />
        {project !== null && (
          <Select
            label={t`Its name in the agent's ear`}
            description={t`Heard by the agent alone before a call of it connects by itself. Add recordings under Prompts.`}
            placeholder={t`The shipped sentence`}
            data={named}
            clearable
            clearButtonProps={{ "aria-label": t`The shipped sentence` }}
            nothingFoundMessage={t`Nothing found`}
            value={nameAudioId}
            onChange={setNameAudioId}
          />
        )}
        <Problem failure={create.error ?? update.error} />
        <Group justify="flex-end">
          <Button type="submit" loading={create.isPending || update.isPending}>
            {project === null ? t`Add the project` : t`Save`}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
