import { parseDate } from "@internationalized/date";
import { useLingui } from "@lingui/react/macro";
import { IconCalendar, IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import type { ReactNode } from "react";
import {
  Button, Calendar, CalendarCell, CalendarGrid, CalendarGridBody, CalendarGridHeader, CalendarHeaderCell, DateInput, DatePicker, DateSegment, Dialog, Group, Heading, I18nProvider, Label, Popover,
} from "react-aria-components";
import { useLanguage } from "../i18n/language.ts";
import styles from "./date-field.module.css";
import type { Day } from "./is-day.ts";
import { intlLocales } from "./format.ts";

export type DateFieldProps = { readonly label: string; readonly value: Day | null; readonly onChange: (day: Day | null) => void };

/** A day, typed or chosen: Gregorian in English and Russian, Jalali with Persian digits in Persian; its value is the same in all. */
export function DateField({ label, value, onChange }: DateFieldProps): ReactNode {
  const { t } = useLingui();
  const language = useLanguage((state) => state.language);
  const [Back, Forth] = language === "fa" ? [IconChevronRight, IconChevronLeft] : [IconChevronLeft, IconChevronRight];
  return (
    <I18nProvider locale={intlLocales[language]}>
      <DatePicker className={styles["field"] ?? ""} value={value === null ? null : parseDate(value)} onChange={(date) => onChange(date === null ? null : date.toString())} granularity="day">
        <Label className={styles["label"] ?? ""}>{label}</Label>
        <Group className={styles["group"] ?? ""}>
          <DateInput className={styles["input"] ?? ""}>{(segment) => <DateSegment segment={segment} className={styles["segment"] ?? ""} />}</DateInput>
          <Button className={styles["button"] ?? ""} aria-label={t`Calendar`}><IconCalendar size={16} aria-hidden /></Button>
        </Group>
        <Popover className={styles["popover"] ?? ""}>
          <Dialog className={styles["dialog"] ?? ""} aria-label={label}>
            <Calendar>
              <header className={styles["head"]}>
                <Button slot="previous" className={styles["button"] ?? ""}><Back size={18} aria-hidden /></Button>
                <Heading className={styles["month"] ?? ""} />
                <Button slot="next" className={styles["button"] ?? ""}><Forth size={18} aria-hidden /></Button>
              </header>
              <CalendarGrid>
                <CalendarGridHeader>{(day) => <CalendarHeaderCell className={styles["weekday"] ?? ""}>{day}</CalendarHeaderCell>}</CalendarGridHeader>
                <CalendarGridBody>{(date) => <CalendarCell date={date} className={styles["day"] ?? ""} />}</CalendarGridBody>
              </CalendarGrid>
            </Calendar>
          </Dialog>
        </Popover>
      </DatePicker>
    </I18nProvider>
  );
}
