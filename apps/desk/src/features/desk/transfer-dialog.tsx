import type { CallTargets } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Alert, Button, Group, Modal, Radio, SegmentedControl, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { IconPhoneCalling, IconTransfer, IconUsersGroup } from "@tabler/icons-react";
import { useMemo, useState, type ReactNode } from "react";
import { useApi } from "../../api/queries.ts";
import { useLanguage } from "../../i18n/language.ts";
import { CardNumberNotice } from "../../ui/card-number-notice.tsx";
import { localized } from "../../ui/format.ts";
import { Problem } from "../../ui/problem.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import { useFormat } from "../../ui/use-format.ts";
import styles from "./call-parties.module.css";
import { DialProblem } from "./dial-problem.tsx";
import { useDeskAct } from "./use-desk.ts";

const NOTE_CHARS_MAX = 4_000;
const NUMBER_CHARS_MAX = 60;
type Choice = { readonly kind: "agent" | "queue"; readonly id: string };

/** To whom, and what they should know: a colleague or somebody outside, to speak with first or to pass the call to, or a queue. */
export function TransferDialog({
  contactId,
  draft,
  onClose,
}: {
  readonly contactId: string;
  readonly draft: string;
  readonly onClose: () => void;
}): ReactNode {
  const { t } = useLingui();
  const targets = useApi("callTargets", { params: { contactId } });
  const [note, setNote] = useState(draft);
  const [chosen, setChosen] = useState<Choice | null>(null);
  const [place, setPlace] = useState<"inside" | "outside">("inside");
  const [number, setNumber] = useState("");
  const outside = useDeskAct("callOutside");
  const consult = useDeskAct("callConsult");
  const pass = useDeskAct("callTransferToAgent");
  const send = useDeskAct("callTransferToQueue");
  const pending = consult.isPending || pass.isPending || send.isPending || outside.isPending;
  const params = { contactId };
  const done = { onSuccess: onClose };
  const isInside = place === "inside";
  const personId = isInside && chosen?.kind === "agent" ? chosen.id : null;
  const queueId = isInside && chosen?.kind === "queue" ? chosen.id : null;
  const dialled = isInside ? "" : number.trim();
  const speakFirst = (): void => {
    if (personId !== null) consult.mutate({ params, body: { personId, note } }, done);
    else if (dialled !== "") outside.mutate({ params, body: { number: dialled, how: "consult", note } }, done);
  };
  const passAtOnce = (): void => {
    if (personId !== null) pass.mutate({ params, body: { personId, note } }, done);
    else if (dialled !== "") outside.mutate({ params, body: { number: dialled, how: "transfer", note } }, done);
  };
  const isChosen = personId !== null || dialled !== "";
  const outsideHow = outside.isPending ? outside.variables.body.how : null;
  return (
    <Modal opened onClose={onClose} title={t`Transfer the call`} size="lg" closeButtonProps={{ "aria-label": t`Close` }}>
      <Stack>
        <SegmentedControl
          fullWidth
          aria-label={t`To whom`}
          value={place}
          onChange={(value) => setPlace(value === "outside" ? "outside" : "inside")}
          data={[
            { value: "inside", label: t`A colleague or a queue` },
            { value: "outside", label: t`A number outside` },
          ]}
        />
        {isInside && targets.isPending && <SkeletonRows rows={4} />}
        {isInside && targets.error !== null && <Problem failure={targets.error} />}
        {isInside && targets.data !== undefined && <Targets targets={targets.data} chosen={chosen} onChoose={setChosen} />}
        {!isInside && (
          <>
            <TextInput
              label={t`Number`}
              description={t`As it is written down; numbers abroad begin with "+" and the country's code. The customer hears music until you bring them together.`}
              type="tel"
              dir="ltr"
              value={number}
              onChange={(event) => setNumber(event.currentTarget.value)}
              onKeyDown={(event) => {
                if (event.key !== "Enter" || pending) return;
                event.preventDefault();
                speakFirst();
              }}
              maxLength={NUMBER_CHARS_MAX}
              autoComplete="off"
              autoFocus
            />
            {outside.error !== null && <DialProblem failure={outside.error} />}
          </>
        )}
        <div>
          <Textarea
            label={t`Why the customer calls, and what you have done`}
            description={t`Whoever takes the call reads it as it rings. It stays with the call as a note.`}
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
            maxLength={NOTE_CHARS_MAX}
            autosize
            minRows={2}
            maxRows={6}
            dir="auto"
          />
          <CardNumberNotice text={note} onHide={setNote} />
        </div>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>{t`Cancel`}</Button>
          {queueId === null ? (
            <>
              <Button
                variant="default"
                disabled={!isChosen || pending}
                loading={pass.isPending || outsideHow === "transfer"}
                leftSection={<IconTransfer size={18} aria-hidden />}
                onClick={passAtOnce}
              >
                {t({ message: "Transfer at once", context: "button" })}
              </Button>
              <Button
                disabled={!isChosen || pending}
                loading={consult.isPending || outsideHow === "consult"}
                leftSection={<IconPhoneCalling size={18} aria-hidden />}
                onClick={speakFirst}
              >
                {t({ message: "Speak first", context: "button" })}
              </Button>
            </>
          ) : (
            <Button
              disabled={pending}
              loading={send.isPending}
              leftSection={<IconUsersGroup size={18} aria-hidden />}
              onClick={() => send.mutate({ params, body: { queueId, note } }, done)}
            >
              {t({ message: "Transfer to the queue", context: "button" })}
            </Button>
          )}
        </Group>
      </Stack>
    </Modal>
  );
}

function Targets({
  targets,
  chosen,
  onChoose,
}: {
  readonly targets: CallTargets;
  readonly chosen: Choice | null;
  readonly onChoose: (choice: Choice) => void;
}): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  const language = useLanguage((state) => state.language);
  const [sought, setSought] = useState("");
  const matches = (name: string): boolean => name.toLocaleLowerCase(language).includes(sought.trim().toLocaleLowerCase(language));
  const agents = useMemo(
    () => targets.agents.toSorted((a, b) => Number(b.available) - Number(a.available) || format.compare(a.name, b.name)),
    [targets.agents, format],
  );
  if (agents.length + targets.queues.length === 0)
    return <Alert color="gray">{t`Nobody else is at the desk now, and the project has no other queue. The call stays with you.`}</Alert>;
  return (
    <>
      <TextInput
        label={t`Find a colleague or a queue`}
        value={sought}
        onChange={(event) => setSought(event.currentTarget.value)}
        // It comes with the list, after the dialog has looked for what to focus.
        autoFocus
        data-autofocus
      />
      <Radio.Group
        label={t`To whom`}
        value={chosen === null ? "" : `${chosen.kind} ${chosen.id}`}
        onChange={(value) => {
          const [kind, id] = value.split(" ");
          if ((kind === "agent" || kind === "queue") && id !== undefined) onChoose({ kind, id });
        }}
      >
        <div className={styles["targets"]}>
          {agents
            .filter(({ name }) => matches(name))
            .map((agent) => (
              <div key={agent.personId} className={styles["target"]}>
                <Radio value={`agent ${agent.personId}`} disabled={!agent.available} label={<bdi>{agent.name}</bdi>} />
                <StateBadge state={agent.state} />
              </div>
            ))}
          {targets.queues
            .filter(({ names }) => matches(localized(names, language)))
            .map((queue) => {
              const waiting = format.number(queue.waiting);
              const available = format.number(queue.available);
              return (
                <div key={queue.queueId} className={styles["target"]}>
                  <Radio value={`queue ${queue.queueId}`} label={<bdi>{localized(queue.names, language)}</bdi>} />
                  <Text size="sm" c="dimmed" component="span">
                    {queue.signedIn === 0 ? t`Queue: nobody works in it now` : t`Queue: waiting ${waiting}, free agents ${available}`}
                  </Text>
                </div>
              );
            })}
        </div>
      </Radio.Group>
    </>
  );
}
