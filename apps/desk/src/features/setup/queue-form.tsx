import type { Queue } from "@allo/contract";
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Checkbox, Fieldset, Group, NumberInput, Select, Stack, Text, Title } from "@mantine/core";
import type { FormEvent, ReactNode } from "react";
import { callApi } from "../../api/client.ts";
import { useDirectory } from "../../api/lists.ts";
import { useApi, useApiMutation } from "../../api/queries.ts";
import { ClashNotice } from "../../ui/clash-notice.tsx";
import { isolate } from "../../ui/isolate.ts";
import { LevelRows } from "../../ui/level-rows.tsx";
import { LocalizedTextFields } from "../../ui/localized-text-fields.tsx";
import { Problem } from "../../ui/problem.tsx";
import { toastDone, toastProblem } from "../../ui/toasts.tsx";
import { useVersionedDraft, type DraftForm } from "../../ui/versioned-draft.ts";
import { queueDraftOf, queueLabels, showQueueValue, type QueueDraft, outgoingRecordings, outgoingWords } from "./queue-words.ts";
import styles from "./setup.module.css";
import { useAudio } from "./use-audio.ts";
import { useShowWords } from "./use-words.ts";

type NumberKey =
  | "ringTimeoutSeconds"
  | "waitMaxSeconds"
  | "sizeMax"
  | "wrapUpSeconds"
  | "wrapUpExtensionSeconds"
  | "missedRingsMax"
  | "priority"
  | "serviceLevelSeconds"
  | "fieldPauseSeconds"
  | "holdReminderSeconds"
  | "holdReminderEverySeconds";
/** As the contract has them. */
const bounds: Readonly<Record<NumberKey, readonly [number, number]>> = {
  ringTimeoutSeconds: [5, 120],
  waitMaxSeconds: [10, 7_200],
  sizeMax: [1, 5_000],
  wrapUpSeconds: [0, 1_800],
  wrapUpExtensionSeconds: [0, 1_800],
  missedRingsMax: [1, 10],
  priority: [0, 100],
  serviceLevelSeconds: [1, 600],
  fieldPauseSeconds: [10, 600],
  holdReminderSeconds: [0, 1_800],
  holdReminderEverySeconds: [5, 600],
};

/** All settings of a queue; what would change is said before it is saved, and can be undone after. */
export function QueueForm({ queue }: { readonly queue: Queue }): ReactNode {
  const { t, i18n } = useLingui();
  const words = useShowWords();
  const save = useApiMutation("queueUpdate", ["queuesList"]);
  const form = useVersionedDraft<QueueDraft>(queueDraftOf(queue), queue.version);
  const params = { queueId: queue.queueId };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const before = Object.fromEntries(
      Object.keys(form.changes).map((key) => [key, form.base[key as keyof QueueDraft]]),
    ) as Partial<QueueDraft>;
    save.mutate(
      { params, body: { ...form.changes, version: form.version } },
      {
        onSuccess: (saved) =>
          toastDone(i18n, t`Saved: calls follow it from now on.`, () => {
            callApi("queueUpdate", { params, body: { ...before, version: saved.version } }).catch((failure: unknown) =>
              toastProblem(i18n, failure),
            );
          }),
      },
    );
  };
  const show = <K extends keyof QueueDraft>(key: K, value: QueueDraft[K]): string => showQueueValue(key, value, words);
  return (
    <form onSubmit={submit} data-testid="queue-form">
      <Stack>
        <Title order={3}>{t`How it works`}</Title>
        <ClashNotice form={form} label={(key) => i18n._(queueLabels[key])} show={show} />
        <LocalizedTextFields label={t`Name of the queue`} value={form.draft.names} onChange={(names) => form.set({ names })} />
        <LocalizedTextFields
          label={t`Words to greet with`}
          value={form.draft.greetingWords}
          required={false}
          multiline
          onChange={(greetingWords) => form.set({ greetingWords })}
        />
        <ProjectField
          projectId={form.draft.projectId}
          description={t`Can be changed until the first call comes to it: a call and its customer stay in their project.`}
          onChange={(projectId) => form.set({ projectId })}
        />
        <QueueNumbers form={form} />
        <QueueRecording form={form} />
        <QueueSounds form={form} />
        <Changes>
          {(Object.keys(form.changes) as (keyof QueueDraft)[]).map((key) => (
            <li key={key}>
              <Trans>
                {i18n._(queueLabels[key])}: <bdi>{show(key, form.base[key])}</bdi> becomes <bdi>{show(key, form.draft[key])}</bdi>
              </Trans>
            </li>
          ))}
        </Changes>
        <Problem failure={form.clashes.length > 0 ? null : save.error} />
        <Group justify="flex-end">
          <Button type="submit" loading={save.isPending} disabled={!form.isChanged || form.clashes.length > 0}>{t`Save`}</Button>
        </Group>
      </Stack>
    </form>
  );
}

/** Nothing where there is but one project. */
export function ProjectField({
  projectId,
  description,
  onChange,
}: {
  readonly projectId: string;
  readonly description?: string;
  readonly onChange: (projectId: string) => void;
}): ReactNode {
  const { t } = useLingui();
  const { projectChoices, projectName } = useDirectory();
  if (projectChoices.length === 0) return null;
  // A retired queue may belong to a retired project.
  const isOffered = projectId === "" || projectChoices.some((choice) => choice.value === projectId);
  return (
    <Select
      label={t`Project`}
      {...(description === undefined ? {} : { description })}
      data={isOffered ? [...projectChoices] : [...projectChoices, { value: projectId, label: projectName(projectId) }]}
      required
      allowDeselect={false}
      searchable
      nothingFoundMessage={t`Nothing found`}
      value={projectId === "" ? null : projectId}
      onChange={(value) => value !== null && onChange(value)}
    />
  );
}

function QueueNumber({
  form,
  name,
  suffix,
  description,
}: {
  readonly form: DraftForm<QueueDraft>;
  readonly name: NumberKey;
  readonly suffix: string;
  readonly description?: string;
}): ReactNode {
  const { i18n } = useLingui();
  return (
    <NumberInput
      label={i18n._(queueLabels[name])}
      {...(description === undefined ? {} : { description })}
      min={bounds[name][0]}
      max={bounds[name][1]}
      allowDecimal={false}
      clampBehavior="blur"
      required
      suffix={suffix}
      value={form.draft[name]}
      onChange={(value) => typeof value === "number" && form.set({ [name]: value })}
    />
  );
}

function QueueNumbers({ form }: { readonly form: DraftForm<QueueDraft> }): ReactNode {
  const { t } = useLingui();
  const field = (key: NumberKey, suffix: string, description?: string): ReactNode => (
    <QueueNumber form={form} name={key} suffix={suffix} {...(description === undefined ? {} : { description })} />
  );
  const seconds = ` ${t({ message: "s", context: "seconds" })}`;
  return (
    <div className={styles["grid"]}>
      {field("waitMaxSeconds", seconds)}
      {field("sizeMax", "")}
      {field("serviceLevelSeconds", seconds)}
      {field("ringTimeoutSeconds", seconds)}
      {field("missedRingsMax", "")}
      {field("wrapUpSeconds", seconds)}
      {field("wrapUpExtensionSeconds", seconds)}
      {field("priority", "")}
      {field("holdReminderSeconds", seconds, t`On the screen and by a tone that the agent alone hears. 0: never.`)}
      {field("holdReminderEverySeconds", seconds, t`The tone, until the agent is back.`)}
    </div>
  );
}

/** What of its calls is kept. Of calls that aren't recorded there is nothing to choose. */
function QueueRecording({ form }: { readonly form: DraftForm<QueueDraft> }): ReactNode {
  const { t, i18n } = useLingui();
  const words = useShowWords();
  const { draft } = form;
  return (
    <Fieldset legend={t`Recording`} p="sm">
      <Stack gap="sm">
        <Checkbox
          label={t`Record calls`}
          description={t`The number's greeting should then say so: choose the one with the recording notice.`}
          checked={draft.recordCalls}
          onChange={(event) => form.set({ recordCalls: event.currentTarget.checked })}
        />
        {draft.recordCalls && (
          <>
            <Select
              label={i18n._(queueLabels.recordFrom)}
              description={t`The greeting with its notice is always heard first, and never recorded.`}
              data={(["agent", "answer"] as const).map((value) => ({ value, label: words.recordFrom(value) }))}
              allowDeselect={false}
              value={draft.recordFrom}
              onChange={(value) => form.set({ recordFrom: value === "answer" ? "answer" : "agent" })}
            />
            <Checkbox
              label={i18n._(queueLabels.recordHold)}
              description={t`And a colleague asked meanwhile. The customer on hold is never recorded.`}
              checked={draft.recordHold}
              onChange={(event) => form.set({ recordHold: event.currentTarget.checked })}
            />
            <Checkbox
              label={i18n._(queueLabels.maskKeysPaused)}
              description={t`A card's number that the customer types on the phone is neither kept nor heard by the agent.`}
              checked={draft.maskKeysPaused}
              onChange={(event) => form.set({ maskKeysPaused: event.currentTarget.checked })}
            />
            <QueueNumber
              form={form}
              name="fieldPauseSeconds"
              suffix={` ${t({ message: "s", context: "seconds" })}`}
              description={t`Then the recording goes on by itself. Which fields pause it is set with the customer fields.`}
            />
          </>
        )}
        {(draft.recordCalls || draft.recordOutgoing !== "off") && <QueueRecorder form={form} />}
      </Stack>
    </Fieldset>
  );
}

/** Where nobody has set one up, there is nothing to choose. */
function QueueRecorder({ form }: { readonly form: DraftForm<QueueDraft> }): ReactNode {
  const { t, i18n } = useLingui();
  const words = useShowWords();
  const list = useApi("recordersList", {});
  const { recorderId } = form.draft;
  const known = (list.data?.items ?? []).filter((each) => !each.retired || each.recorderId === recorderId);
  if (known.length === 0 && recorderId === null) return null;
  return (
    <Select
      label={i18n._(queueLabels.recorderId)}
      description={t`It gets the same talks, live. Where it doesn't answer, the call goes on and is recorded here alone.`}
      data={[{ value: "", label: words.recorder(null) }, ...known.map((each) => ({ value: each.recorderId, label: isolate(each.name) }))]}
      allowDeselect={false}
      value={recorderId ?? ""}
      onChange={(value) => form.set({ recorderId: value === null || value === "" ? null : value })}
    />
  );
}

function QueueSounds({ form }: { readonly form: DraftForm<QueueDraft> }): ReactNode {
  const { t, i18n } = useLingui();
  const { skills, skillName } = useDirectory();
  const audio = useAudio();
  const choices = skills.filter((skill) => !skill.retired).map((skill) => ({ value: skill.skillId, label: skillName(skill.skillId) }));
  const rows = form.draft.requirements.map((each) => ({ id: each.skillId, level: each.level }));
  return (
    <>
      <Checkbox
        label={i18n._(queueLabels.autoAnswer)}
        description={t`A ready agent hears a tone and the project's name, which the customer doesn't hear, and is connected without a press. For teams that do nothing but take calls.`}
        checked={form.draft.autoAnswer}
        onChange={(event) => form.set({ autoAnswer: event.currentTarget.checked })}
      />
      <Select
        label={t`Recording of calls out`}
        description={t`Whoever is called must know of it first: by a spoken notice, or from the agent, who then presses a button.`}
        data={outgoingRecordings.map((value) => ({ value, label: i18n._(outgoingWords[value]) }))}
        allowDeselect={false}
        value={form.draft.recordOutgoing}
        onChange={(value) => value !== null && form.set({ recordOutgoing: value as QueueDraft["recordOutgoing"] })}
      />
      <Checkbox
        label={t`Record people outside too`}
        description={t`Those whom an agent calls into a call. Without this their voice is not written, and recording ends when the agent leaves the customer with them.`}
        checked={form.draft.recordOutside}
        onChange={(event) => form.set({ recordOutside: event.currentTarget.checked })}
      />
      <Select
        label={t`Music while waiting`}
        data={audio.choices("music", form.draft.musicAudioId)}
        allowDeselect={false}
        value={form.draft.musicAudioId}
        onChange={(value) => value !== null && form.set({ musicAudioId: value })}
      />
      <Fieldset legend={t`Skills asked for`} p="sm">
        <Text size="sm" c="dimmed" mb="sm">{t`Only agents with all of them, at this level or above, get its calls.`}</Text>
        {choices.length === 0 && rows.length === 0 ? (
          <Text size="sm">{t`No skills are defined.`}</Text>
        ) : (
          <LevelRows
            rows={rows}
            choices={choices}
            nameOf={skillName}
            addLabel={t`Add a skill`}
            onChange={(next) => form.set({ requirements: next.map((each) => ({ skillId: each.id, level: each.level })) })}
          />
        )}
      </Fieldset>
    </>
  );
}

/** What saving would change, line by line. */
export function Changes({ children }: { readonly children: readonly ReactNode[] }): ReactNode {
  const { t } = useLingui();
  if (children.length === 0) return null;
  return (
    <div role="status">
      <Text size="sm" fw={600}>{t`What will change`}</Text>
      <ul className={styles["changes"]}>{children}</ul>
    </div>
  );
}
