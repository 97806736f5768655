import type { Language } from "./phrases.ts";

/**
 * What the callers and agents of the demonstration say. A conversation takes one opening, some details and a farewell; `voice` is the
 * synthesiser's, so that callers don't all sound like one person.
 */
export interface DemoUtterance {
  readonly line: "bank" | "taxi" | "isp" | "agent";
  readonly language: Language;
  readonly role: "opening" | "detail" | "farewell";
  readonly voice: "slt" | "ru" | "ru+f2" | "ru+m3" | "fa+f2" | "fa+m3" | "fa";
  readonly text: string;
  readonly spoken: readonly string[];
}

const plain = (
  line: DemoUtterance["line"],
  language: Language,
  role: DemoUtterance["role"],
  voice: DemoUtterance["voice"],
  text: string,
): DemoUtterance => ({ line, language, role, voice, text, spoken: [text] });

const persian = (
  line: DemoUtterance["line"],
  role: DemoUtterance["role"],
  voice: DemoUtterance["voice"],
  text: string,
  spoken: readonly string[],
): DemoUtterance => ({ line, language: "fa", role, voice, text, spoken });

/** In the order of their files: `<line>/<language>-<n>.wav`, n from 1 within its line and language. */
export const DEMO_UTTERANCES: readonly DemoUtterance[] = [
  plain("bank", "en", "opening", "slt", "Good morning. I paid with my card yesterday, and the amount was taken twice."),
  plain("bank", "en", "opening", "slt", "Hello. My card was swallowed by a cash machine, and I would like to block it."),
  plain("bank", "en", "opening", "slt", "Hi. A transfer to my landlord has not arrived, and it is three days late now."),
  plain("bank", "en", "opening", "slt", "Hello, I would like to know what a savings account pays at the moment."),
  plain("bank", "en", "detail", "slt", "Yes, that's right. The last four digits are five, nine, one, two."),
  plain("bank", "en", "detail", "slt", "It was on Tuesday, in the evening, I think about seven o'clock."),
  plain("bank", "en", "detail", "slt", "I understand. And how long will that take, please?"),
  plain("bank", "en", "farewell", "slt", "Thank you very much, you have been a great help. Goodbye."),

  plain("taxi", "ru", "opening", "ru", "Здравствуйте! Нужна машина на Садовую, дом двенадцать, прямо сейчас."),
  plain("taxi", "ru", "opening", "ru+f2", "Добрый день! Я заказала такси полчаса назад, а машины всё нет."),
  plain("taxi", "ru", "opening", "ru+m3", "Здравствуйте! Я забыл в машине сумку, поездка была утром."),
  plain("taxi", "ru", "opening", "ru", "Добрый вечер! Сколько будет стоить поездка в аэропорт завтра в пять утра?"),
  plain("taxi", "ru", "detail", "ru+f2", "Да, второй подъезд, въезд со двора."),
  plain("taxi", "ru", "detail", "ru", "Нас будет трое, и один большой чемодан."),
  plain("taxi", "ru", "detail", "ru+m3", "Хорошо, а когда приедет машина?"),
  plain("taxi", "ru", "farewell", "ru", "Спасибо большое, буду ждать. До свидания."),

  persian("isp", "opening", "fa", "سلام، اینترنت من از دیروز قطع است.", ["sal'Am, i:ntern'ete man az di:r'u:z q1'at? ast"]),
  persian("isp", "opening", "fa+f2", "سلام، سرعت اینترنت خیلی کم شده است.", ["sal'Am, sor?'ate i:ntern'et xejl'i: k'am Sode ast"]),
  persian("isp", "opening", "fa+m3", "سلام، می‌خواهم سرویس خود را تمدید کنم.", ["sal'Am, m'i:xAham serv'i:se x'od rA tamd'i:d k'onam"]),
  persian("isp", "opening", "fa+f2", "سلام، صورت‌حساب این ماه من اشتباه است.", ["sal'Am, su:rathes'Abe i:n m'Ahe man eStebAh ast"]),
  persian("isp", "detail", "fa", "بله، چراغ مودم قرمز است.", ["b'ale, tSer'Aq1e mod'em q1erm'ez ast"]),
  persian("isp", "detail", "fa+f2", "مودم را یک بار خاموش و روشن کردم، درست نشد.", [
    "mod'em rA jek b'Ar xAm'u:S va roS'an k'ardam, dor'ost n'aSod",
  ]),
  persian("isp", "detail", "fa+m3", "چه زمانی درست می‌شود؟", ["tSe zamAn'i: dor'ost m'i:Savad"]),
  persian("isp", "farewell", "fa", "خیلی ممنون از راهنمایی شما. خدانگهدار.", ["xejl'i: mamn'u:n az rAhnamAj'i:je Som'A", "xodAnegahd'Ar"]),

  plain("agent", "en", "opening", "slt", "Good day, how can I help you?"),
  plain("agent", "en", "detail", "slt", "One moment please, I am opening your card."),
  plain("agent", "en", "detail", "slt", "Could you tell me when that happened, please?"),
  plain("agent", "en", "farewell", "slt", "That is arranged. Thank you for calling, goodbye."),
  plain("agent", "ru", "opening", "ru+f2", "Добрый день! Слушаю вас."),
  plain("agent", "ru", "detail", "ru+f2", "Одну минуту, смотрю ваш заказ."),
  plain("agent", "ru", "detail", "ru+f2", "Назовите, пожалуйста, номер подъезда."),
  plain("agent", "ru", "farewell", "ru+f2", "Машина уже едет. Спасибо за звонок, до свидания!"),
  persian("agent", "opening", "fa+f2", "سلام، بفرمایید. چطور می‌توانم کمک کنم؟", [
    "sal'Am, befarmAj'i:d",
    "tSet'or m'i:tavAnam kom'ak k'onam",
  ]),
  persian("agent", "detail", "fa+f2", "یک لحظه لطفاً، وضعیت خط شما را بررسی می‌کنم.", [
    "jek lahz'e l'otfan, vaz?ij'ate x'ate Som'A rA barras'i: m'i:konam",
  ]),
  persian("agent", "detail", "fa+f2", "لطفاً مودم را یک بار خاموش و روشن کنید.", ["l'otfan mod'em rA jek b'Ar xAm'u:S va roS'an k'oni:d"]),
  persian("agent", "farewell", "fa+f2", "مشکل ثبت شد. از تماس شما سپاسگزاریم.", ["moSk'el s'abt Sod", "az tam'Ase Som'A sepAsgoz'Ari:m"]),
];
