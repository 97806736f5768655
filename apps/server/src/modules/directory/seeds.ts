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

/** The one project of an organisation that works for itself; no screen shows it. */
export const HIDDEN_PROJECT_NAME = "In-house";
