// What a new organisation begins with, in the words of the glossary.
import type { LocalizedText } from "@allo/contract";

export const wrapUpCodeSeeds: readonly LocalizedText[] = [
  { en: "Resolved", ru: "Вопрос решён", fa: "حل شد" },
  { en: "Needs follow-up", ru: "Требует продолжения", fa: "نیاز به پیگیری" },
  { en: "Information given", ru: "Дана консультация", fa: "اطلاع‌رسانی شد" },
  { en: "Complaint taken", ru: "Принята жалоба", fa: "ثبت شکایت" },
  { en: "Order taken", ru: "Принят заказ", fa: "ثبت سفارش" },
  { en: "Wrong number", ru: "Ошиблись номером", fa: "شمارهٔ اشتباه" },
  { en: "Line dropped", ru: "Связь прервалась", fa: "ارتباط قطع شد" },
];

export type ReasonSeed = {
  readonly code: string;
  readonly system: boolean;
  readonly maxMinutes: number | null;
  readonly names: LocalizedText;
};

export const reasonSeeds: readonly ReasonSeed[] = [
  { code: "break", system: false, maxMinutes: 15, names: { en: "Break", ru: "Перерыв", fa: "استراحت" } },
  { code: "personalBreak", system: false, maxMinutes: 5, names: { en: "Personal break", ru: "Технический перерыв", fa: "استراحت کوتاه" } },
  { code: "lunch", system: false, maxMinutes: 60, names: { en: "Lunch", ru: "Обед", fa: "ناهار و نماز" } },
  { code: "training", system: false, maxMinutes: null, names: { en: "Training", ru: "Обучение", fa: "آموزش" } },
  { code: "meeting", system: false, maxMinutes: null, names: { en: "Meeting", ru: "Совещание", fa: "جلسه" } },
  {
    code: "justSignedIn",
    system: true,
    maxMinutes: null,
    names: { en: "Just signed in", ru: "Только что в системе", fa: "تازه وارد شده" },
  },
  {
    code: "afterMissedRings",
    system: true,
    maxMinutes: null,
    names: { en: "After missed rings", ru: "После пропущенных вызовов", fa: "پس از تماس‌های بی‌پاسخ" },
  },
  { code: "connectionLost", system: true, maxMinutes: null, names: { en: "Connection lost", ru: "Нет связи", fa: "قطع ارتباط" } },
  {
    code: "supervisorForced",
    system: true,
    maxMinutes: null,
    names: { en: "Set by a supervisor", ru: "По решению супервизора", fa: "به دستور سرپرست" },
  },
];

/** What an agent greets with, on the screen while it rings, until the organisation writes its own words. */
export function greetingWordsSeed(organisationName: string): LocalizedText {
  // Each name is isolated, so that a Latin one doesn't turn a Persian sentence around (UAX #9: FSI … PDI).
  const name = `\u2068${organisationName.slice(0, GREETING_NAME_CHARS_MAX)}\u2069`;
  return {
    en: `Hello, you have reached ${name}. How can I help you?`,
    ru: `Здравствуйте! Вы позвонили в ${name}. Чем могу помочь?`,
    fa: `سلام، با ${name} تماس گرفته‌اید. چطور می‌توانم کمکتان کنم؟`,
  };
}
/** The words with the name fit the 120 characters of a localised text. */
const GREETING_NAME_CHARS_MAX = 56;

/** The one project of an organisation that works for itself; no screen shows it. */
export const HIDDEN_PROJECT_NAME = "In-house";
