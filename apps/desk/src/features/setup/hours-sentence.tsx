import { dateAt, intervalsProblem, weekdays, type HoursSettings } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { useMemo, type ReactNode } from "react";
import { useNow } from "../../ui/clock.tsx";
import { isTimeZone } from "../../ui/format.ts";
import { useFormat } from "../../ui/use-format.ts";
import { exceptionsWords, nowWords, weekWords } from "./hours-words.ts";
import styles from "./setup.module.css";

const MINUTE_MS = 60_000;

/** What the hours say, and whether they are open at this moment. */
export function HoursSentence({ hours }: { readonly hours: Pick<HoursSettings, "week" | "exceptions" | "timeZone"> }): ReactNode {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const now = Math.floor(useNow() / MINUTE_MS) * MINUTE_MS;
  const timeZone = hours.timeZone ?? format.timeZone;
  const { week, exceptions } = hours;
  const isWhole =
    isTimeZone(timeZone) &&
    weekdays.every((day) => intervalsProblem(week[day]) === null) &&
    exceptions.every((each) => intervalsProblem(each.intervals) === null);
  const words = useMemo(
    () =>
      isWhole
        ? {
            week: capitalised(weekWords(week, i18n, format), format.language),
            days: exceptionsWords(exceptions, dateAt(timeZone, now), i18n, format),
            state: nowWords({ week, exceptions }, { timeZone, now, i18n, language: format.language }),
          }
        : null,
    [isWhole, week, exceptions, timeZone, now, i18n, format],
  );
  if (words === null) return null;
  return (
    <div className={styles["sentence"]} data-testid="hours-sentence">
      <span>{words.week}.</span> {words.days !== "" && <span>{t`Otherwise: ${words.days}.`}</span>}{" "}
      {timeZone !== format.timeZone && (
        <span>
          {t`Time zone`}: <bdi dir="ltr">{timeZone}</bdi>.
        </span>
      )}{" "}
      <strong data-testid="hours-now">{words.state.words}.</strong>
    </div>
  );
}

/** Weekdays are small in Russian, and a sentence begins with one. */
function capitalised(text: string, language: string): string {
  return text.slice(0, 1).toLocaleUpperCase(language) + text.slice(1);
}
