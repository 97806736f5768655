// What several trades have in common.
import type { NamedSpec, ReasonSpec, RoleSpec } from "./trade-spec.ts";
import { words } from "./trade-spec.ts";

export const complaintTaken: NamedSpec = { key: "complaint", names: words("Complaint taken", "Принята жалоба", "ثبت شکایت") };
/** How a call ends in any trade; they stand at the end of the list. */
export const lastCodes: readonly NamedSpec[] = [
  { key: "followUp", names: words("Needs follow-up", "Требует продолжения", "نیاز به پیگیری") },
  { key: "wrongNumber", names: words("Wrong number", "Ошиблись номером", "شمارهٔ اشتباه") },
  { key: "lineDropped", names: words("Line dropped", "Связь прервалась", "ارتباط قطع شد") },
];

/** Breaks with their limits; the trade adds what its agents leave the line for. */
export function reasonsWith({
  breakMinutes = 15,
  lunchMinutes = 60,
  own,
}: {
  readonly breakMinutes?: number;
  readonly lunchMinutes?: number;
  readonly own: readonly ReasonSpec[];
}): readonly ReasonSpec[] {
  return [
    { key: "break", code: "break", maxMinutes: breakMinutes, names: words("Break", "Перерыв", "استراحت") },
    {
      key: "personalBreak",
      code: "personalBreak",
      maxMinutes: 5,
      names: words("Personal break", "Технический перерыв", "استراحت کوتاه"),
    },
    { key: "lunch", code: "lunch", maxMinutes: lunchMinutes, names: words("Lunch", "Обед", "ناهار و نماز") },
    ...own,
    { key: "training", code: "training", maxMinutes: null, names: words("Training", "Обучение", "آموزش") },
    { key: "meeting", code: "meeting", maxMinutes: null, names: words("Meeting", "Совещание", "جلسه") },
  ];
}

export const qualitySpecialist: RoleSpec = {
  key: "quality",
  names: words("Quality specialist", "Специалист по качеству", "کارشناس کنترل کیفیت"),
  description: words(
    "Hears recordings and reads all calls; takes none.",
    "Слушает записи и видит все звонки, сам звонки не принимает.",
    "مکالمه‌های ضبط‌شده و همهٔ تماس‌ها را می‌بیند؛ خودش به تماس‌ها پاسخ نمی‌دهد.",
  ),
  permissions: ["contacts.readOwn", "contacts.readAll", "recordings.play", "customers.read"],
};
export const mentor: RoleSpec = {
  key: "mentor",
  names: words("Mentor", "Наставник", "مربی"),
  description: words(
    "Works as an agent, and sees the floor and colleagues' calls.",
    "Работает оператором, видит мониторинг и звонки коллег.",
    "اپراتور است و پایش زنده و تماس‌های همکاران را هم می‌بیند.",
  ),
  permissions: [
    "desk.work",
    "contacts.readOwn",
    "contacts.readAll",
    "recordings.play",
    "customers.read",
    "customers.write",
    "lostCalls.work",
    "internalCalls.place",
    "floor.read",
  ],
};
export const callBackClerk: RoleSpec = {
  key: "callBack",
  names: words("Call-back clerk", "Оператор обратных звонков", "کارشناس پیگیری تماس‌ها"),
  description: words(
    "Works through lost calls and customers' cards.",
    "Разбирает потерянные звонки и ведёт карточки клиентов.",
    "تماس‌های ازدست‌رفته را پیگیری و پروندهٔ مشتریان را تکمیل می‌کند.",
  ),
  permissions: [
    "desk.work",
    "contacts.readOwn",
    "contacts.readAll",
    "customers.read",
    "customers.write",
    "lostCalls.work",
    "internalCalls.place",
  ],
};
