// Who stands on the screenshots: people, queues and customers as a centre in each language has them.
import type { Language } from "@allo/contract";

export type Cast = {
  readonly locale: string;
  readonly timeZone: string;
  readonly organisation: string;
  readonly administrator: string;
  readonly number: string;
  readonly queue: string;
  /** Besides the first; the second's wrap-up is short, the third has no one signed in. */
  readonly queues: readonly [string, string, string];
  readonly greeting: string;
  /** The first works in the browser, the second too; the others are in other states. */
  readonly agents: readonly string[];
  readonly customers: readonly CastCustomer[];
  readonly unknownNumbers: readonly string[];
  readonly fields: readonly [string, string];
  readonly skills: readonly string[];
  readonly note: string;
  readonly customerNote: string;
  /** One that works, one that the carrier refuses. */
  readonly trunks: readonly [string, string];
  readonly phones: readonly [string, string];
  /** Why a lead goes into a call. */
  readonly reason: string;
};
export type CastCustomer = {
  readonly name: string;
  readonly number: string;
  readonly email?: string;
  readonly fields?: readonly [string, string];
};

const en: Cast = {
  locale: "en-GB",
  timeZone: "Europe/London",
  organisation: "Meridian Water",
  administrator: "Margaret Whitfield",
  number: "600",
  queue: "Support",
  queues: ["Billing", "New connections", "Emergencies"],
  greeting: "Meridian Water support, how can I help?",
  agents: ["Sarah Collins", "James Okafor", "Priya Natarajan", "Tom Beckett", "Eleanor Hughes-Fitzgerald", "Wei Zhang", "Daniel Price"],
  customers: [
    { name: "Alice Thornton", number: "02079460123", email: "alice.thornton@example.com", fields: ["MW-204881", "2025-03-14"] },
    { name: "Bright & Sons Bakery Ltd", number: "02079460155", email: "office@brightbakery.example", fields: ["MW-118204", ""] },
    { name: "Mohammed Iqbal", number: "07911123461" },
    { name: "Catherine Anne Worthington-Smythe", number: "02079460188" },
    { name: "Oliver Grant", number: "07911123112", email: "oliver.grant@example.com" },
    { name: "Rosa Delgado", number: "02079460101" },
    { name: "Harbour View Residents' Association", number: "02079460144" },
    { name: "Ned Low", number: "07911123777" },
  ],
  unknownNumbers: ["02079460199", "07911123333", "02079460178", "02079460166"],
  fields: ["Account number", "Customer since"],
  skills: ["Leak triage", "Business customers"],
  note: "Meter was read twice in March. Promised a corrected bill by Friday; she prefers e-mail.",
  customerNote: "Prefers to be called after 17:00. The meter is in the cellar, the key is with the neighbour.",
  trunks: ["Northern Telecom", "City Carrier"],
  phones: ["Sarah's desk, 2nd floor", "Reception"],
  reason: "The customer asked for a lead",
};

const ru: Cast = {
  locale: "ru-RU",
  timeZone: "Europe/Moscow",
  organisation: "Городские сети",
  administrator: "Соколова Марина Викторовна",
  number: "600",
  queue: "Поддержка",
  queues: ["Расчёты и платежи", "Новые подключения", "Аварийная служба"],
  greeting: "Городские сети, оператор Анна, здравствуйте! Чем я могу помочь?",
  agents: [
    "Сидорова Анна Павловна",
    "Кузнецов Дмитрий Олегович",
    "Ахметова Гульнара Рашидовна",
    "Беляев Илья Сергеевич",
    "Константинопольская Елизавета Владимировна",
    "Ким Александр",
    "Петренко Ольга Ивановна",
  ],
  customers: [
    { name: "Орлова Наталья Сергеевна", number: "84951234567", email: "orlova@example.ru", fields: ["ГС-204881", "2025-03-14"] },
    { name: "ООО «Пекарня на Садовой»", number: "84951234555", email: "office@pekarnya.example", fields: ["ГС-118204", ""] },
    { name: "Ибрагимов Тимур Маратович", number: "89161234461" },
    { name: "Преображенская Александра Константиновна", number: "84951234588" },
    { name: "Громов Олег", number: "89161234112", email: "gromov@example.ru" },
    { name: "Лебедева Роза Яковлевна", number: "84951234501" },
    { name: "ТСЖ «Набережная, 12»", number: "84951234544" },
    { name: "Цой Лев", number: "89161234777" },
  ],
  unknownNumbers: ["84951234599", "89161234333", "84951234578", "84951234566"],
  fields: ["Лицевой счёт", "Клиент с"],
  skills: ["Аварии и утечки", "Юридические лица"],
  note: "В марте показания сняли дважды. Обещан перерасчёт до пятницы, удобнее по почте.",
  customerNote: "Звонить после 17:00. Счётчик в подвале, ключ у соседей.",
  trunks: ["Северная связь", "Городской провайдер"],
  phones: ["Стол Сидоровой, 2-й этаж", "Стойка у входа"],
  reason: "Клиент просит руководителя",
};

const fa: Cast = {
  locale: "fa-IR",
  timeZone: "Asia/Tehran",
  organisation: "آب و برق سپیدرود",
  administrator: "مریم حسینی",
  number: "600",
  queue: "پشتیبانی",
  queues: ["صورت‌حساب و پرداخت", "انشعاب جدید", "حوادث و فوریت‌ها"],
  greeting: "سپیدرود، سارا هستم، بفرمایید؛ چطور می‌توانم کمکتان کنم؟",
  agents: ["سارا احمدی", "رضا کریمی", "نگار رستگار", "امیرحسین جعفری", "سیده فاطمه موسوی‌نژاد اصفهانی", "کیان صادقی", "پریسا یوسفی"],
  customers: [
    { name: "زهرا محمدی", number: "02188776655", email: "z.mohammadi@example.ir", fields: ["۲۰۴۸۸۱", "2025-03-14"] },
    { name: "نانوایی برادران نیک‌پی", number: "02188776600", email: "office@nikpay.example", fields: ["۱۱۸۲۰۴", ""] },
    { name: "محمدرضا قاسمی", number: "09123456789" },
    { name: "سید علی‌اکبر طباطبایی یزدی", number: "02188776611" },
    { name: "گلناز شریفی", number: "09351234567", email: "golnaz@example.ir" },
    { name: "حسن پورعلی", number: "02144556677" },
    { name: "مجتمع مسکونی بهاران", number: "02144556600" },
    { name: "لیلا راد", number: "09191112233" },
  ],
  unknownNumbers: ["02188776699", "09121112233", "02144556688", "02166554433"],
  fields: ["شمارهٔ اشتراک", "مشترک از"],
  skills: ["رسیدگی به نشتی", "مشترکان حقوقی"],
  note: "کنتور در اسفند دو بار خوانده شده است. قرار شد قبض اصلاح‌شده تا جمعه فرستاده شود؛ ایمیل را ترجیح می‌دهند.",
  customerNote: "پس از ساعت ۱۷ تماس گرفته شود. کنتور در زیرزمین است و کلید نزد همسایه است.",
  trunks: ["مخابرات شمال", "ارائه‌دهندهٔ شهری"],
  phones: ["میز سارا، طبقهٔ دوم", "پذیرش"],
  reason: "مشتری درخواست گفتگو با سرگروه دارد",
};

export const casts: Readonly<Record<Language, Cast>> = { en, ru, fa };
