import { hoursLimits, intervalsProblem, weekdays, type HoursInterval, type HoursWeek, type Weekday } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { ActionIcon, Button, TextInput } from "@mantine/core";
import { IconArrowBarDown, IconPlus, IconX } from "@tabler/icons-react";
import { useState, type KeyboardEvent, type ReactNode } from "react";
import { normaliseDigits } from "../../ui/format.ts";
import { useFormat } from "../../ui/use-format.ts";
import { readTime, shiftTime, weekdayName, weekOrder } from "./hours-words.ts";
import styles from "./hours.module.css";

const STEP_MINUTES = 15;
const LAST_FROM_MINUTE = 24 * 60 - 1;
const LAST_TO_MINUTE = 24 * 60;

export function isWeekWhole(week: HoursWeek): boolean {
  return weekdays.every((weekday) => intervalsProblem(week[weekday]) === null);
}

/** Seven rows of times; all of it by keyboard. */
export function HoursWeekFields({ week, onChange }: { readonly week: HoursWeek; readonly onChange: (week: HoursWeek) => void }): ReactNode {
  const { t } = useLingui();
  const { language } = useFormat();
  const order = weekOrder(language);
  const copyDown = (from: number): void => {
    const below = order.slice(from + 1).map((weekday): [Weekday, HoursInterval[]] => [weekday, week[order[from] ?? "monday"]]);
    onChange({ ...week, ...Object.fromEntries(below) });
  };
  return (
    <div className={styles["week"]}>
      {order.map((weekday, index) => {
        const name = weekdayName(weekday, language, "long");
        return (
          <div key={weekday} className={styles["day"]} role="group" aria-label={name} data-testid="weekday">
            <span className={styles["name"]}>{name}</span>
            <Intervals intervals={week[weekday]} of={name} onChange={(intervals) => onChange({ ...week, [weekday]: intervals })} />
            {index < order.length - 1 && (
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={t`Copy ${name} to all days below`}
                title={t`Copy to all days below`}
                onClick={() => copyDown(index)}
              >
                <IconArrowBarDown size={16} aria-hidden />
              </ActionIcon>
            )}
          </div>
        );
      })}
    </div>
  );
}

/** The times of one day; without any it is closed. */
export function Intervals({
  intervals,
  of,
  onChange,
}: {
  readonly intervals: readonly HoursInterval[];
  /** Whose they are, for who hears the screen. */
  readonly of: string;
  readonly onChange: (intervals: HoursInterval[]) => void;
}): ReactNode {
  const { t } = useLingui();
  const problem = intervalsProblem(intervals);
  const put = (index: number, change: Partial<HoursInterval>): void =>
    onChange(intervals.map((each, at) => (at === index ? { ...each, ...change } : each)));
  return (
    <div className={styles["times"]}>
      {intervals.length === 0 && <span className={styles["closed"]}>{t({ message: "closed", context: "a day" })}</span>}
      {intervals.map((interval, index) => (
        // Times have no identity but their place.
        // oxlint-disable-next-line react/no-array-index-key
        <span key={index} className={styles["interval"]}>
          <TimeField label={t`${of}: opens at`} value={interval.from} latest={LAST_FROM_MINUTE} onChange={(from) => put(index, { from })} />
          <span aria-hidden>–</span>
          <TimeField label={t`${of}: closes at`} value={interval.to} latest={LAST_TO_MINUTE} onChange={(to) => put(index, { to })} />
          {interval.to <= interval.from && <span className={styles["note"]}>{t`next day`}</span>}
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t`${of}: remove these times`}
            onClick={() => onChange(intervals.filter((_each, at) => at !== index))}
          >
            <IconX size={16} aria-hidden />
          </ActionIcon>
        </span>
      ))}
      {intervals.length < hoursLimits.intervalsPerDayMax && (
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<IconPlus size={14} aria-hidden />}
          aria-label={t`${of}: add times`}
          onClick={() => onChange([...intervals, nextInterval(intervals)])}
        >{t`Add times`}</Button>
      )}
      {problem !== null && (
        <span role="alert" className={styles["problem"]}>
          {problem === "overlap" ? t`These times overlap.` : t`It would close when it opens.`}
        </span>
      )}
    </div>
  );
}

/** A time as people type it: 9, 9:30, 930, ۹:۳۰; arrows move it by a quarter of an hour. */
function TimeField({
  label,
  value,
  latest,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly latest: number;
  readonly onChange: (time: string) => void;
}): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  const [typed, setTyped] = useState<string | null>(null);
  const read = (text: string): string | null => {
    const time = readTime(normaliseDigits(text));
    return time === null || (time === "24:00" && latest < LAST_TO_MINUTE) ? null : time;
  };
  const isWrong = typed !== null && read(typed) === null;
  const leave = (): void => {
    const time = typed === null ? null : read(typed);
    if (time !== null && time !== value) onChange(time);
    if (typed !== null && (time !== null || typed.trim() === "")) setTyped(null);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "Enter") {
      // A time is confirmed by it; the form isn't sent before the others are written.
      event.preventDefault();
      leave();
    }
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    event.preventDefault();
    const time = (typed === null ? null : read(typed)) ?? value;
    setTyped(null);
    onChange(shiftTime(time, event.key === "ArrowUp" ? STEP_MINUTES : -STEP_MINUTES, latest));
  };
  return (
    <TextInput
      aria-label={label}
      className={styles["time"]}
      dir="ltr"
      inputMode="numeric"
      maxLength={7}
      value={typed ?? format.digits(value)}
      error={isWrong && t`Not a time`}
      onFocus={(event) => event.currentTarget.select()}
      onChange={(event) => {
        const text = event.currentTarget.value;
        setTyped(text);
        // A whole time counts at once, so that the sentence below follows; a half one waits.
        const time = /\d{1,2}\D\d{2}/u.test(normaliseDigits(text)) ? read(text) : null;
        if (time !== null) onChange(time);
      }}
      onBlur={leave}
      onKeyDown={onKey}
    />
  );
}

/** A working day, or what follows the times that are there. */
function nextInterval(intervals: readonly HoursInterval[]): HoursInterval {
  const last = intervals.at(-1);
  if (last === undefined) return { from: "09:00", to: "18:00" };
  const from = last.to > last.from && last.to < "22:00" ? shiftTime(last.to, 60, LAST_FROM_MINUTE) : "00:00";
  return { from, to: shiftTime(from, 60, LAST_TO_MINUTE) };
}
