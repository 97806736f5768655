import { doctorParts, type DoctorFinding, type DoctorPart, type DoctorRun, type Trunk } from "@allo/contract";
import { plural } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";
import { Button, CopyButton, Group, Loader, Select, Text, TextInput, Title } from "@mantine/core";
import { IconCopy, IconStethoscope } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { useApi, useApiMutation } from "../../api/queries.ts";
import { useLive } from "../../live/live-client.ts";
import { phoneView } from "../../softphone/phone-machine.ts";
import { usePhone } from "../../softphone/phone-store.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Problem } from "../../ui/problem.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { DateTime } from "../../ui/values.tsx";
import { useDesk } from "../desk/use-desk.ts";
import { useMay } from "../session/session.ts";
import styles from "../setup/setup.module.css";
import { SaidLine } from "../trunks/said-line.tsx";
import { sideNames } from "../trunks/trunk-words.ts";
import trunkStyles from "../trunks/trunks.module.css";
import { probeRelays } from "./browser-probe.ts";
import own from "./doctor.module.css";
import { countsOf, doctorSentence, partNames, runText, toneOf } from "./doctor-words.ts";

const LOOK_EVERY_MS = 700;

/** Places real probes everywhere at once, and says which side is wrong. */
export function DoctorSection(): ReactNode {
  const { t } = useLingui();
  const may = useMay();
  const link = useLive((state) => state.link);
  const desk = useDesk();
  const isPhoneOff = usePhone((state) => phoneView(state.phone)) === "off";
  const [isRunning, setRunning] = useState(false);
  const [chosen, setChosen] = useState<string | null>(null);
  const [isProbing, setProbing] = useState(false);
  const [testCall, setTestCall] = useState<TestCall>({ trunkId: null, number: "" });
  const trunks = useApi("trunksList", {});
  const runs = useApi("doctorRunsList", {}, isRunning ? { everyMs: LOOK_EVERY_MS } : {});
  const begin = useApiMutation("doctorRunCreate", ["doctorRunsList"]);
  const items = runs.data?.items;
  const newest = items?.[0];
  // The one that was begun is looked at until it is over.
  const goesOn = newest !== undefined && newest.endedAt === null;
  if (isRunning && begin.data !== undefined && items?.find((run) => run.runId === begin.data.runId)?.endedAt != null) setRunning(false);
  if (!isRunning && goesOn) setRunning(true);

  const start = async (): Promise<void> => {
    setChosen(null);
    setProbing(true);
    const { trunkId, number } = testCall;
    const asked = trunkId === null || number.trim() === "" ? null : { trunkId, number: number.trim() };
    const relays = await probeRelays(may("desk.work")).catch(() => null);
    setProbing(false);
    const pathProven = desk === undefined || isPhoneOff ? null : desk.phone.proven;
    begin.mutate(
      { body: { now: Date.now(), socketOpen: link === "open", pathProven, relays, testCall: asked } },
      { onSuccess: () => setRunning(true) },
    );
  };
  if (items === undefined)
    return runs.error === null ? <SkeletonRows rows={4} height={60} /> : <Problem failure={runs.error} onRetry={runs.refetch} />;
  const shown = items.find((run) => run.runId === chosen) ?? newest;
  const button = (
    <Button
      leftSection={<IconStethoscope size={16} aria-hidden />}
      loading={isProbing || begin.isPending || goesOn}
      onClick={() => void start()}
    >
      {newest === undefined ? t`Look at everything` : t`Look again`}
    </Button>
  );
  return (
    <>
      <Text
        size="sm"
        className={styles["sentence"]}
      >{t`Calls without sound, phones that don't register, calls that break off: the doctor knocks at the exchange's own doors, asks each trunk's carrier, looks at certificates, clocks and audio ports, and tries this browser's way. It disturbs no call and takes some seconds.`}</Text>
      <TestCallFields
        trunks={(trunks.data?.items ?? []).filter((trunk) => trunk.enabled && !trunk.retired)}
        value={testCall}
        onChange={setTestCall}
      />
      {newest !== undefined && <div>{button}</div>}
      <Problem failure={begin.error} />
      {newest === undefined && (
        <EmptyState icon={IconStethoscope} title={t`Nothing was looked at yet`} action={button}>
          {t`What is found stands here, with the side that has to do something.`}
        </EmptyState>
      )}
      {shown !== undefined && <RunView run={shown} />}
      {items.length > 1 && <History runs={items} shown={shown?.runId ?? null} onChoose={setChosen} />}
    </>
  );
}

type TestCall = { readonly trunkId: string | null; readonly number: string };

/** A number to be called as part of the look; nothing chosen, none is. */
function TestCallFields({
  trunks,
  value,
  onChange,
}: {
  readonly trunks: readonly Trunk[];
  readonly value: TestCall;
  readonly onChange: (value: TestCall) => void;
}): ReactNode {
  const { t } = useLingui();
  if (trunks.length === 0) return null;
  return (
    <div className={trunkStyles["pair"]}>
      <Select
        label={t`Also place a test call by`}
        description={t`Tells whether sound goes both ways. It takes some seconds and may cost what a call costs.`}
        placeholder={t`No test call`}
        clearable
        data={trunks.map((trunk) => ({ value: trunk.trunkId, label: trunk.name }))}
        value={value.trunkId}
        onChange={(trunkId) => onChange({ ...value, trunkId })}
      />
      {value.trunkId !== null && (
        <TextInput
          label={t`Number to call`}
          description={t`Best a number that echoes, which many carriers have: then both directions are proven.`}
          type="tel"
          dir="ltr"
          maxLength={60}
          value={value.number}
          onChange={(event) => onChange({ ...value, number: event.currentTarget.value })}
        />
      )}
    </div>
  );
}

function RunView({ run }: { readonly run: DoctorRun }): ReactNode {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const isOver = run.endedAt !== null;
  return (
    <article className={styles["card"]} data-testid="doctor-run" aria-busy={!isOver}>
      <Group justify="space-between">
        <div role="status">
          <Title order={2} size="h3">
            {isOver ? <Verdict run={run} /> : t`Looking…`}
          </Title>
          <Text size="sm" c="var(--text-quiet)">
            <DateTime at={run.startedAt} show="row" /> · <bdi>{run.byName}</bdi>
          </Text>
        </div>
        {isOver && (
          <CopyButton value={runText(run, i18n, format)}>
            {({ copied, copy }) => (
              <Button variant="default" size="compact-md" leftSection={<IconCopy size={16} aria-hidden />} onClick={copy}>
                {copied ? t`Copied` : t`Copy as text`}
              </Button>
            )}
          </CopyButton>
        )}
      </Group>
      {doctorParts.map((part) => (
        <Part key={part} part={part} isDone={run.done.includes(part)} findings={run.findings.filter((finding) => finding.part === part)} />
      ))}
    </article>
  );
}

function Verdict({ run }: { readonly run: DoctorRun }): ReactNode {
  const { t } = useLingui();
  const { bad, warning } = countsOf(run);
  if (bad > 0) return t`${plural(bad, { one: "# thing is wrong", other: "# things are wrong" })}`;
  if (warning > 0)
    return t`${plural(warning, { one: "Nothing is wrong, # thing to look at", other: "Nothing is wrong, # things to look at" })}`;
  return t`Nothing is wrong`;
}

function Part({
  part,
  isDone,
  findings,
}: {
  readonly part: DoctorPart;
  readonly isDone: boolean;
  readonly findings: readonly DoctorFinding[];
}): ReactNode {
  const { t, i18n } = useLingui();
  const format = useFormat();
  if (isDone && findings.length === 0) return null;
  const rank = { bad: 0, warning: 1, good: 2, quiet: 3 } as const;
  const sorted = findings.toSorted((a, b) => rank[toneOf(a)] - rank[toneOf(b)]);
  return (
    <section className={own["part"]} aria-label={i18n._(partNames[part])}>
      <Group gap="xs">
        <Title order={3} size="h4">
          {i18n._(partNames[part])}
        </Title>
        {!isDone && <Loader size="xs" role="img" aria-label={t`Looking…`} />}
      </Group>
      <ul className={trunkStyles["says"]}>
        {sorted.map((finding, index) => (
          <SaidLine key={`${finding.code} ${String(index)}`} said={{ tone: toneOf(finding), text: doctorSentence(finding, i18n, format) }}>
            {finding.trunkName !== null && <bdi>{finding.trunkName} · </bdi>}
            {finding.side !== "none" && <strong>{i18n._(sideNames[finding.side])}: </strong>}
          </SaidLine>
        ))}
      </ul>
    </section>
  );
}

function History({
  runs,
  shown,
  onChoose,
}: {
  readonly runs: readonly DoctorRun[];
  readonly shown: string | null;
  readonly onChoose: (runId: string) => void;
}): ReactNode {
  const { t } = useLingui();
  return (
    <section aria-label={t`Earlier looks`}>
      <Title order={3}>{t`Earlier looks`}</Title>
      {runs.map((run) => (
        <div key={run.runId} className={styles["line"]}>
          <span className={styles["grow"]}>
            <DateTime at={run.startedAt} show="row" />{" "}
            <span className={styles["quiet"]}>
              · <bdi>{run.byName}</bdi> · {run.endedAt === null ? t`Looking…` : <Verdict run={run} />}
            </span>
          </span>
          <Button variant="subtle" size="compact-sm" disabled={run.runId === shown} onClick={() => onChoose(run.runId)}>
            {t({ message: "Show", context: "button" })}
          </Button>
        </div>
      ))}
    </section>
  );
}
