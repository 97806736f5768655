import type { Language, LocalizedText } from "@allo/contract";

/** Intl's name of each language of the screen: Persian with the Jalali calendar and its own digits. */
export const intlLocales: Readonly<Record<Language, string>> = { en: "en-GB", ru: "ru-RU", fa: "fa-IR-u-ca-persian-nu-arabext" };

const SECOND_MS = 1_000;
const MINUTE_S = 60;
const HOUR_S = 3_600;

export type Format = {
  readonly language: Language;
  readonly timeZone: string;
  readonly number: (value: number) => string;
  readonly percent: (share: number) => string;
  /** 25 Nov 2026, 14:05 */
  readonly dateTime: (at: number) => string;
  /** 25 Nov, 14:05: where there is no room for the year. */
  readonly shortDateTime: (at: number) => string;
  readonly date: (at: number) => string;
  readonly time: (at: number) => string;
  readonly timeWithSeconds: (at: number) => string;
  /** m:ss, or h:mm:ss from an hour on; never negative. */
  readonly duration: (ms: number) => string;
  /** A phone number as people of its country read it; Latin digits, to be shown left to right. */
  readonly phone: (number: string) => string;
  /** Latin digits of a text turned into the language's. */
  readonly digits: (text: string) => string;
  readonly list: (words: readonly string[]) => string;
  readonly compare: (a: string, b: string) => number;
};

/** Everything that turns values into text. No screen formats a date, a number or a duration otherwise. */
export function createFormat(options: { readonly language: Language; readonly timeZone: string; readonly country: string }): Format {
  const { language, country } = options;
  const locale = intlLocales[language];
  const timeZone = isTimeZone(options.timeZone) ? options.timeZone : "UTC";
  const dates = (given: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
    new Intl.DateTimeFormat(locale, { timeZone, hourCycle: "h23", ...given });
  const day = dates({ day: "numeric", month: "short", year: "numeric" });
  const moment = dates({ day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
  const shortMoment = dates({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  const clock = dates({ hour: "2-digit", minute: "2-digit" });
  const clockSeconds = dates({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });
  const list = new Intl.ListFormat(locale, { type: "conjunction" });
  const collator = new Intl.Collator(language === "fa" ? "fa" : locale, { numeric: true });
  const digits = (text: string): string =>
    language === "fa" ? text.replaceAll(/\d/gu, (digit) => String.fromCodePoint(0x06f0 + Number(digit))) : text;
  return {
    language,
    timeZone,
    number: (value) => number.format(value),
    percent: (share) => percent.format(share),
    dateTime: (at) => moment.format(at),
    shortDateTime: (at) => shortMoment.format(at),
    date: (at) => day.format(at),
    time: (at) => clock.format(at),
    timeWithSeconds: (at) => clockSeconds.format(at),
    duration: (ms) => digits(durationText(ms)),
    phone: (value) => phoneText(value, country),
    digits,
    list: (words) => list.format(words),
    compare: (a, b) => collator.compare(a, b),
  };
}

/** m:ss in Latin digits. */
export function durationText(ms: number): string {
  const whole = Math.max(0, Math.floor(ms / SECOND_MS));
  const seconds = String(whole % MINUTE_S).padStart(2, "0");
  const minutes = Math.floor(whole / MINUTE_S) % MINUTE_S;
  if (whole < HOUR_S) return `${String(minutes)}:${seconds}`;
  return `${String(Math.floor(whole / HOUR_S))}:${String(minutes).padStart(2, "0")}:${seconds}`;
}

/** How numbers are grouped where they are at home, and what stands before them there instead of the country's code. */
const groupings: readonly {
  readonly country: string;
  readonly code: string;
  readonly trunk: string;
  readonly national: RegExp;
  readonly groups: string;
}[] = [
  { country: "RU", code: "+7 ", trunk: "8 ", national: /^\+7(\d{3})(\d{3})(\d{2})(\d{2})$/u, groups: "$1 $2-$3-$4" },
  { country: "IR", code: "+98 ", trunk: "0", national: /^\+98(9\d{2})(\d{3})(\d{2})(\d{2})$/u, groups: "$1 $2 $3 $4" },
  { country: "IR", code: "+98 ", trunk: "0", national: /^\+98([1-8]\d)(\d{4})(\d{4})$/u, groups: "$1 $2 $3" },
  { country: "GB", code: "+44 ", trunk: "0", national: /^\+44(2\d)(\d{4})(\d{4})$/u, groups: "$1 $2 $3" },
  { country: "GB", code: "+44 ", trunk: "0", national: /^\+44(11\d|1\d1)(\d{3})(\d{4})$/u, groups: "$1 $2 $3" },
  { country: "GB", code: "+44 ", trunk: "0", national: /^\+44([17]\d{3})(\d{6})$/u, groups: "$1 $2" },
  { country: "US", code: "+1 ", trunk: "+1 ", national: /^\+1(\d{3})(\d{3})(\d{4})$/u, groups: "$1 $2 $3" },
];

/** 8 495 123-45-67, 0912 345 67 89, 020 7946 0123 at home; abroad the country's code stays; others in groups of three. */
export function phoneText(number: string, country: string): string {
  const known = groupings.find((each) => each.national.test(number));
  if (known !== undefined) return number.replace(known.national, `${known.country === country ? known.trunk : known.code}${known.groups}`);
  const other = /^\+(\d{2})(\d{6,})$/u.exec(number);
  if (other !== null)
    return `+${String(other[1])} ${String(other[2])
      .replaceAll(/(\d{3})(?=\d{2})/gu, "$1 ")
      .trim()}`;
  return number;
}

/** A name in the reader's language, else in the first language that has one. */
export function localized(names: LocalizedText, language: Language): string {
  return [names[language], names.en, names.ru, names.fa].find((name) => name.trim() !== "") ?? "—";
}

/** What people type, with Persian and Arabic digits made Latin and the Arabic ي and ك made Persian. */
export function normaliseInput(text: string): string {
  return normaliseDigits(text).replaceAll("ي", "ی").replaceAll("ى", "ی").replaceAll("ك", "ک");
}

export function normaliseDigits(text: string): string {
  return text.replaceAll(/[۰-۹٠-٩]/gu, (digit) => {
    const code = digit.codePointAt(0) ?? 0;
    return String(code >= 0x06f0 ? code - 0x06f0 : code - 0x0660);
  });
}

export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
