import {
  judgeLines,
  legMos,
  lineBand,
  type CallFigures,
  type LegQuality,
  type TimelineEntry,
  type TypedTimelineEntry,
} from "@allo/contract";
import { useLingui } from "@lingui/react";
import { useLingui as useMacro } from "@lingui/react/macro";
import { Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { isolate } from "../../ui/isolate.ts";
import { useFormat } from "../../ui/use-format.ts";
import { lineBandWords, lineSentence } from "../workplace/line-words.ts";
import styles from "./contacts.module.css";

/** Speech quieter than this, and louder than that, is told so: what people hear as too quiet and too loud on a telephone. */
const QUIET_DBFS = -35;
const LOUD_DBFS = -12;

/** How both lines of an ended call were, with what was measured; nothing where nothing was. */
export function ContactLines({ timeline }: { readonly timeline: readonly TimelineEntry[] }): ReactNode {
  const { _ } = useLingui();
  const { t } = useMacro();
  const figures = figuresOf(timeline);
  const rows = useRows();
  if (figures === null) return null;
  const verdict = judgeLines(figures);
  const shown = rows
    .map(({ label, value }) => ({
      label,
      customer: figures.caller === null ? null : value(figures.caller),
      agent: figures.agent === null ? null : value(figures.agent),
    }))
    .filter(({ customer, agent }) => customer !== null || agent !== null);
  if (shown.length === 0) return null;
  return (
    <section data-testid="contact-lines">
      <Title order={3}>{t({ message: "Sound", context: "title" })}</Title>
      {verdict !== null && verdict.band !== "good" && <Text size="sm">{_(lineSentence(verdict))}</Text>}
      <table className={styles["lines"]}>
        <thead>
          <tr>
            <td />
            <th scope="col">{t`Customer's line`}</th>
            <th scope="col">{t`Agent's line`}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ label, customer, agent }) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td>{customer ?? "—"}</td>
              <td>{agent ?? "—"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

type Row = { readonly label: string; readonly value: (leg: LegQuality) => string | null };

function useRows(): readonly Row[] {
  const { _ } = useLingui();
  const { t } = useMacro();
  const format = useFormat();
  const share = (value: number): string => {
    const least = format.percent(0.01);
    return value > 0 && value < 0.01 ? t`under ${least}` : format.percent(value);
  };
  const milliseconds = (value: number): string => {
    const whole = isolate(format.number(Math.round(value)));
    return t`${whole} ms`;
  };
  const level = (dbfs: number): string => {
    const decibels = isolate(format.number(Math.round(dbfs)));
    if (dbfs < QUIET_DBFS) return t`quiet (${decibels} dB)`;
    return dbfs > LOUD_DBFS ? t`loud (${decibels} dB)` : t`normal (${decibels} dB)`;
  };
  return [
    {
      label: t({ message: "Quality", context: "line" }),
      value: (leg) => {
        const mos = legMos(leg);
        return mos === null ? null : `${_(lineBandWords[lineBand(mos)])} (${isolate(format.number(mos))})`;
      },
    },
    {
      label: t`Lost on the way to us`,
      value: ({ packetsReceived, packetsLost }) => {
        const sent = packetsReceived + packetsLost;
        return sent === 0 ? null : share(packetsLost / sent);
      },
    },
    { label: t`Lost on the way there`, value: ({ farLostShare }) => (farLostShare == null ? null : share(farLostShare)) },
    { label: t`Unsteadiness (jitter)`, value: ({ packetsReceived, jitterMs }) => (packetsReceived === 0 ? null : milliseconds(jitterMs)) },
    { label: t`There and back`, value: ({ roundTripMs }) => (roundTripMs == null ? null : milliseconds(roundTripMs)) },
    { label: t`Loudness of speech`, value: ({ speech }) => (speech?.levelDbfs == null ? null : level(speech.levelDbfs)) },
    { label: t`Jumps of loudness`, value: ({ speech }) => (speech == null ? null : format.number(speech.loudnessJumps)) },
    { label: t`Cut off by overload`, value: ({ speech }) => (speech == null ? null : share(speech.clippedShare)) },
    { label: t`Silent`, value: ({ speech }) => (speech == null ? null : share(1 - speech.speechShare)) },
    { label: t`Spoke over the other`, value: ({ speech }) => (speech == null ? null : share(speech.talkOverShare)) },
  ];
}

function figuresOf(timeline: readonly TimelineEntry[]): CallFigures | null {
  const ended = (timeline as readonly TypedTimelineEntry[]).findLast((entry) => entry.kind === "callEnded");
  return ended?.kind === "callEnded" ? (ended.details.figures ?? null) : null;
}
