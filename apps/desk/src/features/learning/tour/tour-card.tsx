import type { TourName } from "@allo/contract";
import { Trans, useLingui } from "@lingui/react/macro";
import { ActionIcon, Button, Group, Stack, Text, Title } from "@mantine/core";
import { useElementSize, useViewportSize } from "@mantine/hooks";
import { IconCircle, IconCircleCheck, IconPhoneCall, IconX } from "@tabler/icons-react";
import { useEffect, useId, useRef, type KeyboardEvent, type ReactNode } from "react";
import { useLanguage } from "../../../i18n/language.ts";
import { useFormat } from "../../../ui/use-format.ts";
import { ObstacleNote } from "../../test-call/obstacle-note.tsx";
import { stepWords } from "../../test-call/step-words.ts";
import type { TestCallRun } from "../../test-call/use-test-call.ts";
import { VoiceMeter } from "../../test-call/voice-meter.tsx";
import { HelpWords } from "../help/help-words.tsx";
import styles from "../learning.module.css";
import type { LearningTexts } from "../use-texts.ts";
import { placeCard } from "./place-card.ts";
import type { TourStep } from "./tour-steps.ts";
import { stepText } from "./tour-texts.ts";
import { useTargetBox } from "./use-target-box.ts";

export type TourCardProps = {
  readonly tour: TourName;
  readonly step: TourStep;
  readonly position: { readonly index: number; readonly count: number };
  readonly isDone: boolean;
  readonly run: TestCallRun;
  readonly texts: LearningTexts;
  readonly onBack: () => void;
  readonly onNext: () => void;
  readonly onLeave: () => void;
};

/** A step of a tour beside what it points at. The page under it stays alive: the step is done there. */
export function TourCard(props: TourCardProps): ReactNode {
  const { t } = useLingui();
  const { tour, step, position, texts, onLeave } = props;
  const text = stepText(texts.tours, tour, step.id);
  const titleId = useId();
  const rightToLeft = useLanguage((state) => state.direction === "rtl");
  const box = useTargetBox(step.target);
  const { ref, width, height } = useElementSize<HTMLElement>();
  const screen = useViewportSize();
  // Unseen until it is measured, and yet able to take the focus.
  // The observed size is that of the content: padding and border stand around it.
  const card = { width: width + CARD_FRAME, height: height + CARD_FRAME };
  const place = placeCard({ target: box, card, screen, rightToLeft, awaitsTarget: step.target !== null });
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    onLeave();
  };
  return (
    <>
      {box !== null && (
        <div className={styles["spot"]} aria-hidden style={{ top: box.top, left: box.left, width: box.width, height: box.height }} />
      )}
      <section
        ref={ref}
        role="dialog"
        aria-labelledby={titleId}
        className={styles["card"]}
        style={{ top: place.top, left: place.left, opacity: width === 0 ? 0 : 1 }}
        onKeyDown={onKey}
        data-testid="tour-card"
        data-step={step.id}
      >
        <Group justify="space-between" wrap="nowrap" align="start">
          <Title order={2} size="h4" id={titleId}>
            {text.title}
          </Title>
          <ActionIcon variant="subtle" color="gray" size="sm" onClick={onLeave} aria-label={t`Go on with the tour later`}>
            <IconX size={16} aria-hidden />
          </ActionIcon>
        </Group>
        <Stack gap="sm" mt="xs">
          <Text size="sm">
            <HelpWords text={text.text} texts={texts} />
          </Text>
          {text.task !== undefined && <Task {...props} task={text.task} />}
          {step.withCall === true && <CallPart step={step} run={props.run} />}
          <Foot key={`${tour}${step.id}`} {...props} isFirst={position.index === 0} />
        </Stack>
      </section>
    </>
  );
}

const CARD_FRAME = 34;

function Task({ task, isDone, texts }: TourCardProps & { readonly task: string }): ReactNode {
  const { t } = useLingui();
  return (
    <Group gap="xs" wrap="nowrap" align="start" className={styles["task"]} data-done={isDone} role="status">
      {isDone ? (
        <IconCircleCheck size={20} aria-label={t({ message: "Done", context: "task of a tour" })} />
      ) : (
        <IconCircle size={20} aria-hidden />
      )}
      <Text size="sm" fw={600}>
        <HelpWords text={task} texts={texts} />
      </Text>
    </Group>
  );
}

/** What a step with the test call shows of it. */
function CallPart({ step, run }: { readonly step: TourStep; readonly run: TestCallRun }): ReactNode {
  const { t, i18n } = useLingui();
  const { view, call } = run;
  if (view.stage === "stopped" && view.obstacle !== null && step.id !== "note" && step.id !== "code") {
    return (
      <>
        <ObstacleNote obstacle={view.obstacle} />
        <Button size="compact-md" onClick={run.begin}>{t`Try again`}</Button>
      </>
    );
  }
  if (step.id === "call") {
    const current = view.steps.find(({ status }) => status === "now");
    if (view.stage !== "idle")
      return (
        <Text size="sm" c="dimmed" role="status">
          {current === undefined ? "" : i18n._(stepWords[current.step])}…
        </Text>
      );
    return (
      <Button onClick={run.begin} leftSection={<IconPhoneCall size={18} aria-hidden />} data-testid="tour-call">
        {t`Place the test call`}
      </Button>
    );
  }
  return step.id === "speak" && call !== null ? <VoiceMeter call={call} /> : null;
}

function Foot({
  step,
  position: { index, count },
  isDone,
  isFirst,
  onBack,
  onNext,
}: TourCardProps & { readonly isFirst: boolean }): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  const next = useRef<HTMLButtonElement>(null);
  // The card takes the focus when a step is shown, except where the page itself is asked for a key or a word.
  const takesFocus = step.isDone === undefined;
  useEffect(() => {
    if (takesFocus) next.current?.focus({ preventScroll: true });
  }, [takesFocus]);
  const last = index === count - 1;
  return (
    <Group justify="space-between" gap="xs">
      <Text size="xs" c="dimmed">
        <Trans>
          {format.number(index + 1)} of {format.number(count)}
        </Trans>
      </Text>
      <Group gap="xs">
        {!isFirst && !last && <Button size="compact-md" variant="default" onClick={onBack}>{t`Back`}</Button>}
        <Button ref={next} size="compact-md" variant={isDone ? "filled" : "default"} onClick={onNext} data-testid="tour-next">
          {last ? t({ message: "Close the tour", context: "button" }) : isDone ? t`Next` : t`Skip this step`}
        </Button>
      </Group>
    </Group>
  );
}
