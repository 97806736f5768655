import { dateAt, hoursLimits, intervalsProblem, type HoursException } from "@allo/contract";
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Stack, Text, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { languageNames, languages, useLanguage } from "../../i18n/language.ts";
import { useNow } from "../../ui/clock.tsx";
import { DateField } from "../../ui/date-field.tsx";
import { normaliseInput } from "../../ui/format.ts";
import { emptyLocalizedText } from "../../ui/localized-text-fields.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { Intervals } from "./hours-week.tsx";
import { dateWords } from "./hours-words.ts";
import styles from "./hours.module.css";

const NAME_CHARS_MAX = 120;
const DAY_MS = 86_400_000;

/** A date of its own, with times that go together. */
export function isExceptionWhole(exception: HoursException, all: readonly HoursException[]): boolean {
  return intervalsProblem(exception.intervals) === null && all.filter((each) => each.date === exception.date).length === 1;
}

/** Holidays, short days, a Saturday that is worked: each by its date, in the reader's calendar. */
export function HoursExceptions({
  exceptions,
  onChange,
}: {
  readonly exceptions: readonly HoursException[];
  readonly onChange: (exceptions: HoursException[]) => void;
}): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  const now = useNow();
  const put = (index: number, change: Partial<HoursException>): void =>
    onChange(exceptions.map((each, at) => (at === index ? { ...each, ...change } : each)));
  const add = (): void => {
    const taken = new Set(exceptions.map((each) => each.date));
    let at = now + DAY_MS;
    while (taken.has(dateAt(format.timeZone, at))) at += DAY_MS;
    onChange([...exceptions, { date: dateAt(format.timeZone, at), names: emptyLocalizedText, intervals: [] }]);
  };
  return (
    <Stack gap="sm">
      {exceptions.length === 0 && <Text size="sm" c="var(--text-quiet)">{t`None: each day is as its weekday.`}</Text>}
      {exceptions.map((exception, index) => (
        <Exception
          // A day has no identity but its place: its date is what is being typed.
          // oxlint-disable-next-line react/no-array-index-key
          key={index}
          exception={exception}
          isTwice={exceptions.filter((each) => each.date === exception.date).length > 1}
          onChange={(change) => put(index, change)}
          onRemove={() => onChange(exceptions.filter((_each, at) => at !== index))}
        />
      ))}
      {exceptions.length < hoursLimits.exceptionsMax && (
        <div>
          <Button variant="default" size="compact-md" leftSection={<IconPlus size={16} aria-hidden />} onClick={add}>{t`Add a day`}</Button>
        </div>
      )}
    </Stack>
  );
}

function Exception({
  exception,
  isTwice,
  onChange,
  onRemove,
}: {
  readonly exception: HoursException;
  readonly isTwice: boolean;
  readonly onChange: (change: Partial<HoursException>) => void;
  readonly onRemove: () => void;
}): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  const own = useLanguage((state) => state.language);
  const day = dateWords(exception.date, format);
  const name = (language: (typeof languages)[number], label: string): ReactNode => (
    <TextInput
      key={language}
      label={label}
      lang={language}
      dir={language === "fa" ? "rtl" : "ltr"}
      maxLength={NAME_CHARS_MAX}
      value={exception.names[language]}
      onChange={(event) => onChange({ names: { ...exception.names, [language]: normaliseInput(event.currentTarget.value) } })}
    />
  );
  return (
    <div className={styles["exception"]} role="group" aria-label={day} data-testid="exception">
      <DateField label={t`Day`} value={exception.date} onChange={(date) => date !== null && onChange({ date })} />
      <div className={styles["names"]}>
        {name(own, t({ message: "What day it is", context: "a holiday" }))}
        <details>
          <summary>
            <Trans>In the other languages</Trans>
          </summary>
          {languages.filter((language) => language !== own).map((language) => name(language, languageNames[language]))}
        </details>
      </div>
      <Button
        variant="subtle"
        size="compact-sm"
        color="red"
        leftSection={<IconTrash size={14} aria-hidden />}
        aria-label={t`Remove ${day}`}
        onClick={onRemove}
      >{t`Remove`}</Button>
      <div className={styles["whole"]}>
        <Intervals intervals={exception.intervals} of={day} onChange={(intervals) => onChange({ intervals })} />
        {isTwice && (
          <span role="alert" className={styles["problem"]}>
            {t`This day stands here twice.`}
          </span>
        )}
      </div>
    </div>
  );
}
