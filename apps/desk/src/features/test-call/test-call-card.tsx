import type { TestCall } from "@allo/contract";
import { Trans, useLingui } from "@lingui/react/macro";
import { Anchor, Button, Group, Stack, Text, ThemeIcon, Title, VisuallyHidden } from "@mantine/core";
import { IconCheck, IconMicrophone, IconPhone, IconPhoneCall } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useEffect, useState, type ReactNode } from "react";
import { languageNames } from "../../i18n/language.ts";
import { microphonePermission } from "../../softphone/microphone.ts";
import { callView } from "../desk/call-view.ts";
import { useCallActs } from "../desk/use-call-acts.ts";
import { useDesk } from "../desk/use-desk.ts";
import { ObstacleNote } from "./obstacle-note.tsx";
import { stepWords } from "./step-words.ts";
import { TestCallSteps } from "./test-call-steps.tsx";
import styles from "./test-call.module.css";
import { useTestCall, type TestCallRun } from "./use-test-call.ts";
import { VoiceMeter } from "./voice-meter.tsx";

export type TestCallCardProps = {
  /** Which number is called; absent: the one whose queue the person serves. */
  readonly numberId?: string | undefined;
  /** Offered beside the test, where it may be left out. */
  readonly skip?: ReactNode;
  /** What comes once one was heard. */
  readonly next?: ReactNode;
};

/** A real call to oneself, in place: steps, the answer button, the voice as the caller hears it, what is in the way and its remedy. */
export function TestCallCard({ numberId, skip, next }: TestCallCardProps): ReactNode {
  const { i18n } = useLingui();
  const run = useTestCall({ numberId, finishesWrapUp: true });
  const { view } = run;
  const current = view.steps.find(({ status }) => status === "now" || status === "failed");
  return (
    <div data-testid="test-call" data-stage={view.stage}>
      <VisuallyHidden role="status">{current !== undefined && view.stage === "running" && i18n._(stepWords[current.step])}</VisuallyHidden>
      <div className={styles["columns"]}>
        <TestCallSteps view={view} />
        <Stack gap="md">
          {view.stage === "idle" && <Begin run={run} skip={skip} />}
          {view.stage === "running" && <Running run={run} />}
          {view.stage === "stopped" && <Stopped run={run} skip={skip} />}
          {view.stage === "heard" && <Heard run={run} next={next} />}
        </Stack>
      </div>
    </div>
  );
}

function Begin({ run, skip }: { readonly run: TestCallRun; readonly skip: ReactNode }): ReactNode {
  const { t } = useLingui();
  const [permission, setPermission] = useState<"granted" | "denied" | "prompt">("granted");
  useEffect(() => void microphonePermission().then(setPermission), []);
  return (
    <div className={styles["act"]}>
      <Text>
        <Trans>The program calls you now, as a customer would. It rings here: answer, and say something.</Trans>
      </Text>
      {permission !== "granted" && (
        <Text size="sm" c="dimmed">
          <Trans>The browser will ask for the microphone: customers hear you through it. Choose “Allow”.</Trans>
        </Text>
      )}
      <Button size="lg" onClick={run.begin} leftSection={<IconPhoneCall size={20} aria-hidden />} data-testid="test-call-begin">
        {t`Place the test call`}
      </Button>
      {skip}
    </div>
  );
}

function Running({ run }: { readonly run: TestCallRun }): ReactNode {
  const { t } = useLingui();
  const desk = useDesk();
  const view = callView(desk);
  const acts = useCallActs(view);
  const state = run.call?.state;
  if (state === "ringing" || (view.kind === "ringing" && run.call !== null)) {
    return (
      <div className={styles["act"]} data-ringing>
        <Text fw={600}>
          <Trans>It rings. Answer!</Trans>
        </Text>
        {/* Enter answers: nothing else on this page waits for it. */}
        <Button
          key="answer"
          size="xl"
          autoFocus
          onClick={acts.answer}
          loading={acts.pending === "answer"}
          leftSection={<IconPhone size={24} aria-hidden />}
          data-testid="test-call-answer"
        >
          {t({ message: "Answer", context: "button" })}
        </Button>
        <Text size="sm" c="dimmed">
          <Trans>Enter answers too.</Trans>
        </Text>
      </div>
    );
  }
  return (
    <div className={styles["act"]}>
      <Words run={run} />
      <Button variant="default" size="compact-md" onClick={run.stop}>{t`Stop the test call`}</Button>
    </div>
  );
}

function Words({ run }: { readonly run: TestCallRun }): ReactNode {
  const { call } = run;
  switch (call?.state) {
    case undefined:
      return (
        <Text>
          <IconMicrophone size={20} aria-hidden />{" "}
          <Trans>Getting your phone ready. If the browser asks for the microphone, choose “Allow”.</Trans>
        </Text>
      );
    case "placing":
      return <Trans>The caller dials.</Trans>;
    case "greeting":
      return <Trans>The caller hears your greeting.</Trans>;
    case "waiting":
      return <Trans>The caller waits in the queue for you.</Trans>;
    case "answered":
    case "callerSpeaking":
      return (
        <>
          <Text fw={600}>
            <Trans>Listen: the caller speaks.</Trans>
          </Text>
          <VoiceMeter call={call} />
        </>
      );
    case "listening":
      return (
        <>
          <Text fw={600}>
            <Trans>Now say something: count to five.</Trans>
          </Text>
          <VoiceMeter call={call} />
        </>
      );
    default:
      return <Trans>One moment…</Trans>;
  }
}

function Stopped({ run, skip }: { readonly run: TestCallRun; readonly skip: ReactNode }): ReactNode {
  const { t } = useLingui();
  if (run.view.obstacle === null) return null;
  return (
    <>
      <ObstacleNote obstacle={run.view.obstacle} />
      <Group>
        <Button onClick={run.begin} autoFocus data-testid="test-call-again">{t`Try again`}</Button>
        <WholeStory call={run.call} />
        {skip}
      </Group>
    </>
  );
}

function Heard({ run, next }: { readonly run: TestCallRun; readonly next: ReactNode }): ReactNode {
  const { t } = useLingui();
  const { call } = run;
  // The caller still says goodbye, and what that leaves of wrap-up is finished here: only then is there a way on.
  const isOver = useDesk()?.contact?.contactId !== call?.contactId;
  return (
    <Stack gap="lg" data-testid="test-call-heard" data-over={isOver}>
      <Group gap="md" wrap="nowrap" role="status">
        <ThemeIcon size={44} radius="xl" variant="light" color="green" aria-hidden>
          <IconCheck size={26} />
        </ThemeIcon>
        <div>
          <Title order={2} size="h3">
            <Trans>You were heard</Trans>
          </Title>
          <Text c="dimmed">
            <Trans>Your centre takes calls, and this place of work is fit for them.</Trans>
          </Text>
        </div>
      </Group>
      {call !== null && call.number !== null && (
        <dl className={styles["facts"]}>
          <dt>{t`Number`}</dt>
          <dd>
            <bdi dir="ltr">{call.number.number}</bdi> {call.number.label !== "" && <bdi>({call.number.label})</bdi>}
          </dd>
          <dt>{t`Language of the call`}</dt>
          <dd>
            <bdi>{languageNames[call.number.language]}</bdi>
          </dd>
        </dl>
      )}
      {isOver ? (
        <>
          <Group>
            <WholeStory call={call} />
            <Button variant="subtle" size="compact-md" onClick={run.begin}>{t`Once more`}</Button>
          </Group>
          {next}
        </>
      ) : (
        <Text size="sm" c="dimmed">
          <Trans>One moment…</Trans>
        </Text>
      )}
    </Stack>
  );
}

function WholeStory({ call }: { readonly call: TestCall | null }): ReactNode {
  const { t } = useLingui();
  if (call === null || call.contactId === null) return null;
  return (
    <Anchor component={Link} underline="always" to="/contacts/$contactId" params={{ contactId: call.contactId } as never}>
      {call.result === null ? t`The course of this call` : t`The course of this call, with its recording`}
    </Anchor>
  );
}
