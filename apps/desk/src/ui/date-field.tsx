import { parseDate } from "@internationalized/date";
import { useLingui } from "@lingui/react/macro";
import { IconCalendar, IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { useContext, type ReactNode } from "react";
import {
  Button,
  Calendar,
  CalendarCell,
  CalendarGrid,
  CalendarGridBody,
  CalendarGridHeader,
  CalendarHeaderCell,
  CalendarStateContext,
  DateInput,
  DatePicker,
  DateSegment,
  Dialog,
  Group,
  I18nProvider,
  Label,
  Popover,
  Text,
} from "react-aria-components";
import { useLanguage } from "../i18n/language.ts";
import styles from "./date-field.module.css";
import type { Day } from "./is-day.ts";
import { intlLocales } from "./format.ts";

/** The month before the year: Intl puts a Persian year first. */
function MonthHeading(): ReactNode {
  const language = useLanguage((state) => state.language);
  const shown = useContext(CalendarStateContext)?.visibleRange.start;
  if (shown === undefined) return null;
  const at = shown.toDate("UTC");
  const part = (given: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat(intlLocales[language], { timeZone: "UTC", ...given }).format(at);
  const text =
    language === "fa"
      ? `${part({ month: "long" })} ${part({ year: "numeric" }).replaceAll(/[^\u06F0-\u06F9]/gu, "")}`
      : part({ month: "long", year: "numeric" });
  return <h2 className={styles["month"]}>{text}</h2>;
}

export type DateFieldProps = {
  readonly label: string;
  readonly description?: string;
  readonly value: Day | null;
  readonly onChange: (day: Day | null) => void;
};

/** A day, typed or chosen: Gregorian in English and Russian, Jalali with Persian digits in Persian; its value is the same in all. */
export function DateField({ label, description, value, onChange }: DateFieldProps): ReactNode {
  const { t } = useLingui();
  const language = useLanguage((state) => state.language);
  const [Back, Forth] = language === "fa" ? [IconChevronRight, IconChevronLeft] : [IconChevronLeft, IconChevronRight];
  return (
    <I18nProvider locale={intlLocales[language]}>
      <DatePicker
        className={styles["field"] ?? ""}
        value={value === null ? null : parseDate(value)}
        onChange={(date) => onChange(date === null ? null : date.toString())}
        granularity="day"
      >
        <Label className={styles["label"] ?? ""}>{label}</Label>
        {description !== undefined && (
          <Text slot="description" className={styles["description"] ?? ""}>
            {description}
          </Text>
        )}
        <Group className={styles["group"] ?? ""}>
          <DateInput className={styles["input"] ?? ""}>
            {(segment) => <DateSegment segment={segment} className={styles["segment"] ?? ""} />}
          </DateInput>
          <Button className={styles["button"] ?? ""} aria-label={t`Calendar`}>
            <IconCalendar size={16} aria-hidden />
          </Button>
        </Group>
        <Popover className={styles["popover"] ?? ""}>
          <Dialog className={styles["dialog"] ?? ""} aria-label={label}>
            <Calendar>
              <header className={styles["head"]}>
                <Button slot="previous" className={styles["button"] ?? ""}>
                  <Back size={18} aria-hidden />
                </Button>
                <MonthHeading />
                <Button slot="next" className={styles["button"] ?? ""}>
                  <Forth size={18} aria-hidden />
                </Button>
              </header>
              <CalendarGrid>
                <CalendarGridHeader>
                  {(day) => <CalendarHeaderCell className={styles["weekday"] ?? ""}>{day}</CalendarHeaderCell>}
                </CalendarGridHeader>
                <CalendarGridBody>{(date) => <CalendarCell date={date} className={styles["day"] ?? ""} />}</CalendarGridBody>
              </CalendarGrid>
            </Calendar>
          </Dialog>
        </Popover>
      </DatePicker>
    </I18nProvider>
  );
}
