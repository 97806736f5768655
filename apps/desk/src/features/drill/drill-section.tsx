import { drillLimits, drillTargets, type Drill, type DrillBoard, type DrillTarget } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Alert, Button, Group, List, Loader, Modal, Radio, Select, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconActivity, IconAlertTriangle, IconPlugOff } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { useApi, useApiMutation } from "../../api/queries.ts";
import { useLive } from "../../live/live-client.ts";
import { Problem } from "../../ui/problem.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { DateTime } from "../../ui/values.tsx";
import styles from "../setup/setup.module.css";
import { SaidLine } from "../trunks/said-line.tsx";
import trunkStyles from "../trunks/trunks.module.css";
import { drillSentences, drillVerdict, obstacleSentences, stageNames, targetHints, targetNames } from "./drill-words.ts";

const LOOK_EVERY_MS = 700;
/** Calls come and go: whether one may be begun is seen soon. */
const REST_EVERY_MS = 4_000;
const CALLER_COUNTS = [1, 3, drillLimits.callersUsual, drillLimits.callersMax] as const;

/** Kills a process for real while callers of our own listen, and says what they went through. */
export function DrillSection(): ReactNode {
  const { t } = useLingui();
  const [isRunning, setRunning] = useState(false);
  const [chosen, setChosen] = useState<string | null>(null);
  const board = useApi("drillsGet", {}, { everyMs: isRunning ? LOOK_EVERY_MS : REST_EVERY_MS });
  const goesOn = board.data?.now != null;
  if (board.data !== undefined && isRunning !== goesOn) setRunning(goesOn);
  // Core's death takes this page's connection along: what was last heard stays, and it is said that nothing is heard.
  const isOutOfTouch = useLive((state) => state.link) !== "open" || board.error !== null;
  if (board.data === undefined)
    return board.error === null ? <SkeletonRows rows={4} /> : <Problem failure={board.error} onRetry={board.refetch} />;
  const { now, items } = board.data;
  const shown = items.find(({ drillId }) => drillId === chosen) ?? items[0];
  return (
    <Stack data-testid="drill">
      <Text
        size="sm"
        className={styles["sentence"]}
      >{t`A drill kills a part of the program for real, as a fault would, and shows what callers go through. Callers of its own call in and listen; they are marked as a test, are offered to nobody and counted by no figure. It takes about half a minute.`}</Text>
      {now === null ? <Begin board={board.data} onBegun={() => setChosen(null)} /> : <GoingOn drill={now} isOutOfTouch={isOutOfTouch} />}
      {now === null && shown !== undefined && <Result drill={shown} />}
      {items.length > 1 && <Earlier drills={items} shown={shown?.drillId ?? null} onChoose={setChosen} />}
    </Stack>
  );
}

function Begin({ board, onBegun }: { readonly board: DrillBoard; readonly onBegun: () => void }): ReactNode {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const [target, setTarget] = useState<DrillTarget>("core");
  const [callerCount, setCallerCount] = useState<number>(drillLimits.callersUsual);
  const [asks, setAsks] = useState(false);
  const obstacle = board.obstacles[target];
  const calls = format.number(board.callsOpen);
  return (
    <section className={styles["card"]} aria-label={t`A new drill`}>
      <Radio.Group label={t`What is killed`} value={target} onChange={(value) => setTarget(value as DrillTarget)}>
        <Stack gap="xs" mt="xs">
          {drillTargets.map((each) => (
            <Radio key={each} value={each} label={i18n._(targetNames[each])} description={i18n._(targetHints[each])} />
          ))}
        </Stack>
      </Radio.Group>
      <Select
        label={t`Callers who listen`}
        maw={220}
        allowDeselect={false}
        data={CALLER_COUNTS.map((count) => ({ value: String(count), label: format.number(count) }))}
        value={String(callerCount)}
        onChange={(value) => value !== null && setCallerCount(Number(value))}
      />
      {obstacle !== null && (
        <Alert
          variant="light"
          color="yellow"
          icon={<IconAlertTriangle aria-hidden />}
          styles={{ message: { color: "var(--text)" } }}
          role="status"
        >
          {i18n._(obstacleSentences[obstacle])} {obstacle === "callsGoOn" && t`Calls now: ${calls}.`}
        </Alert>
      )}
      <Group>
        <Button
          leftSection={<IconActivity size={16} aria-hidden />}
          disabled={obstacle !== null}
          onClick={() => setAsks(true)}
        >{t`Begin a drill…`}</Button>
      </Group>
      <Confirm key={target} opened={asks} onClose={() => setAsks(false)} onBegun={onBegun} target={target} callerCount={callerCount} />
    </section>
  );
}

type ConfirmProps = {
  readonly opened: boolean;
  readonly target: DrillTarget;
  readonly callerCount: number;
  readonly onClose: () => void;
  readonly onBegun: () => void;
};

/** Whoever begins it types the name of what dies. */
function Confirm({ opened, target, callerCount, onClose, onBegun }: ConfirmProps): ReactNode {
  const { t } = useLingui();
  const [typed, setTyped] = useState("");
  const begin = useApiMutation("drillCreate", ["drillsGet"]);
  const isRight = typed.trim().toLowerCase() === target;
  const close = (): void => {
    setTyped("");
    begin.reset();
    onClose();
  };
  const start = (): void =>
    begin.mutate(
      { body: { target, callerCount, confirmation: target } },
      {
        onSuccess: () => {
          close();
          onBegun();
        },
      },
    );
  return (
    <Modal opened={opened} onClose={close} title={t`Kill ${target}?`} closeButtonProps={{ "aria-label": t`Close` }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isRight) start();
        }}
      >
        <Stack>
          <List>
            <List.Item>
              {target === "core"
                ? t`The process is killed without a word and started again: desks and screens are without connection for some seconds.`
                : t`The process is killed without a word and started again: for some seconds nobody can call in or out, and agents' phones connect anew.`}
            </List.Item>
            <List.Item>{t`A customer who calls before that calls the drill off. Who calls in the seconds of the kill meets what a real fault would bring.`}</List.Item>
            <List.Item>{t`It concerns the whole exchange, and stands in the list of who changed what.`}</List.Item>
          </List>
          <TextInput
            label={t`Type ${target} to confirm`}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            dir="ltr"
            autoComplete="off"
            spellCheck={false}
            maxLength={20}
            data-autofocus
          />
          <Problem failure={begin.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>{t`Cancel`}</Button>
            <Button color="red" type="submit" disabled={!isRight} loading={begin.isPending}>{t`Begin the drill`}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function GoingOn({ drill, isOutOfTouch }: { readonly drill: Drill; readonly isOutOfTouch: boolean }): ReactNode {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const cancel = useApiMutation("drillCancel", ["drillsGet"]);
  const isBefore = drill.stage === "placing" || drill.stage === "listening";
  const [waiting, all] = [format.number(drill.waiting), format.number(drill.callerCount)];
  return (
    <section className={styles["card"]} aria-label={t`The drill that goes on`} aria-busy data-testid="drill-now">
      <div role="status">
        <Title order={2} size="h3">
          {i18n._(targetNames[drill.target])}
        </Title>
        <Group gap="xs">
          <Loader size="xs" aria-hidden />
          <Text>{i18n._(stageNames[drill.stage])}</Text>
        </Group>
        {isBefore && <Text size="sm">{t`Hear music: ${waiting} of ${all}.`}</Text>}
      </div>
      {isOutOfTouch && (
        <Alert variant="light" color="blue" icon={<IconPlugOff aria-hidden />} styles={{ message: { color: "var(--text)" } }} role="status">
          {t`This page is without connection itself: nothing is known for the moment. The drill goes on, and its result appears here by itself.`}
        </Alert>
      )}
      <Problem failure={cancel.error} />
      {isBefore && !isOutOfTouch && (
        <Group>
          <Button
            variant="default"
            loading={cancel.isPending}
            onClick={() => cancel.mutate({ params: { drillId: drill.drillId } })}
          >{t`Call it off`}</Button>
        </Group>
      )}
    </section>
  );
}

function Result({ drill }: { readonly drill: Drill }): ReactNode {
  const { i18n } = useLingui();
  const format = useFormat();
  return (
    <article className={styles["card"]} data-testid="drill-result">
      <Title order={2} size="h3">
        {drillVerdict(drill, i18n)}
      </Title>
      <Text size="sm" c="var(--text-quiet)">
        {i18n._(targetNames[drill.target])} · <DateTime at={drill.startedAt} show="row" /> · <bdi>{drill.byName}</bdi> ·{" "}
        <bdi dir="ltr">Allo {drill.version}</bdi>
      </Text>
      <ul className={trunkStyles["says"]}>
        {drillSentences(drill, i18n, format).map((said) => (
          <SaidLine key={said.text} said={said} />
        ))}
      </ul>
    </article>
  );
}

function Earlier({
  drills,
  shown,
  onChoose,
}: {
  readonly drills: readonly Drill[];
  readonly shown: string | null;
  readonly onChoose: (drillId: string) => void;
}): ReactNode {
  const { t, i18n } = useLingui();
  return (
    <section aria-label={t`Earlier drills`}>
      <Title order={3}>{t`Earlier drills`}</Title>
      {drills.map((drill) => (
        <div key={drill.drillId} className={styles["line"]}>
          <span className={styles["grow"]}>
            <DateTime at={drill.startedAt} show="row" />{" "}
            <span className={styles["quiet"]}>
              · <bdi dir="ltr">{drill.target}</bdi> · <bdi dir="ltr">{drill.version}</bdi> · {drillVerdict(drill, i18n)}
            </span>
          </span>
          <Button variant="subtle" size="compact-sm" disabled={drill.drillId === shown} onClick={() => onChoose(drill.drillId)}>
            {t({ message: "Show", context: "button" })}
          </Button>
        </div>
      ))}
    </section>
  );
}
