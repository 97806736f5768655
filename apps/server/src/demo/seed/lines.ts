/* The outsourcer and its three clients: what callers, agents and screens are told about them. Written, not drawn. */
import type { Language, LocalizedText } from "@allo/contract";
import type { LineKey } from "../world-file.ts";

export const organisationSeed = {
  name: "Meridian Contact Services",
  timeZone: "Asia/Yerevan",
  country: "AM",
  language: "en",
  /** Under example.com, which belongs to nobody (RFC 2606). */
  mailDomain: "meridian.example.com",
} as const;

/** Codes of the wrap-up beyond those that a new organisation begins with; `key` is this file's own name of each. */
export const codeSeeds = {
  resolved: { en: "Resolved", ru: "Вопрос решён", fa: "حل شد" },
  followUp: { en: "Needs follow-up", ru: "Требует продолжения", fa: "نیاز به پیگیری" },
  information: { en: "Information given", ru: "Дана консультация", fa: "اطلاع‌رسانی شد" },
  complaint: { en: "Complaint taken", ru: "Принята жалоба", fa: "ثبت شکایت" },
  order: { en: "Order taken", ru: "Принят заказ", fa: "ثبت سفارش" },
  wrongNumber: { en: "Wrong number", ru: "Ошиблись номером", fa: "شمارهٔ اشتباه" },
  dropped: { en: "Line dropped", ru: "Связь прервалась", fa: "ارتباط قطع شد" },
  cardBlocked: { en: "Card blocked", ru: "Карта заблокирована", fa: "کارت مسدود شد" },
  cardDelivery: { en: "Card delivery", ru: "Доставка карты", fa: "ارسال کارت" },
  dispute: { en: "Payment disputed", ru: "Платёж оспорен", fa: "اعتراض به تراکنش" },
  orderCancelled: { en: "Order cancelled", ru: "Заказ отменён", fa: "لغو سفارش" },
  lostItem: { en: "Item left in a car", ru: "Забытая вещь", fa: "شیء جامانده در خودرو" },
  lineFault: { en: "Line fault reported", ru: "Заявка о неисправности", fa: "ثبت خرابی خط" },
  engineer: { en: "Engineer booked", ru: "Назначен мастер", fa: "اعزام کارشناس" },
  bill: { en: "Bill explained", ru: "Разъяснён счёт", fa: "توضیح صورت‌حساب" },
} as const satisfies Record<string, LocalizedText>;
export type CodeKey = keyof typeof codeSeeds;

export const skillSeeds = {
  english: { en: "English", ru: "Английский язык", fa: "زبان انگلیسی" },
  russian: { en: "Russian", ru: "Русский язык", fa: "زبان روسی" },
  persian: { en: "Persian", ru: "Персидский язык", fa: "زبان فارسی" },
} as const satisfies Record<string, LocalizedText>;
export type SkillKey = keyof typeof skillSeeds;

export type FieldSeed = { readonly key: string; readonly names: LocalizedText; readonly type: "text" | "number" | "date" };
/** Own fields of customers. */
export const fieldSeeds: readonly FieldSeed[] = [
  { key: "account", names: { en: "Account ending", ru: "Последние цифры счёта", fa: "چهار رقم آخر حساب" }, type: "text" },
  { key: "address", names: { en: "Usual address", ru: "Обычный адрес", fa: "نشانی همیشگی" }, type: "text" },
  { key: "plan", names: { en: "Plan", ru: "Тариф", fa: "سرویس" }, type: "text" },
  { key: "since", names: { en: "Customer since", ru: "Клиент с", fa: "تاریخ اشتراک" }, type: "date" },
];

export type LineSeed = {
  readonly key: LineKey;
  readonly projectName: string;
  readonly language: Language;
  readonly skill: SkillKey;
  readonly number: string;
  readonly label: string;
  /** Used where the shipped catalogue has it. */
  readonly greetingAudioId: string;
  readonly queue: {
    readonly names: LocalizedText;
    readonly greetingWords: LocalizedText;
    readonly serviceLevelSeconds: number;
    readonly ringTimeoutSeconds: number;
    readonly wrapUpSeconds: number;
    readonly wrapUpExtensionSeconds: number;
    readonly waitMaxSeconds: number;
  };
  readonly share: number;
  readonly handleSecondsMedian: number;
  readonly handleSigma: number;
  readonly patienceSecondsMean: number;
  readonly wrapUpSecondsMean: number;
  readonly holdShare: number;
  readonly customers: number;
  readonly codes: readonly { readonly code: CodeKey; readonly weight: number }[];
  /** What agents write down after a call. */
  readonly notes: readonly string[];
  /** What stands on some customers' cards. */
  readonly cardNotes: readonly string[];
};

export const lineSeeds: readonly LineSeed[] = [
  {
    key: "bank",
    projectName: "Harbourline Bank",
    language: "en",
    skill: "english",
    // 020 7946 0xxx: Ofcom keeps it for drama.
    number: "+44 20 7946 0018",
    label: "Harbourline Bank, cards and accounts",
    greetingAudioId: "greeting.bank",
    queue: {
      names: { en: "Cards and accounts", ru: "Карты и счета", fa: "کارت‌ها و حساب‌ها" },
      greetingWords: {
        en: "Good day, Harbourline Bank, cards and accounts. How may I help you?",
        ru: "Добрый день, банк Harbourline, карты и счета. Чем могу помочь?",
        fa: "سلام، بانک هاربرلاین، بخش کارت‌ها و حساب‌ها. بفرمایید.",
      },
      serviceLevelSeconds: 20,
      ringTimeoutSeconds: 20,
      wrapUpSeconds: 90,
      wrapUpExtensionSeconds: 60,
      waitMaxSeconds: 1_800,
    },
    share: 0.34,
    handleSecondsMedian: 165,
    handleSigma: 0.55,
    patienceSecondsMean: 260,
    wrapUpSecondsMean: 34,
    holdShare: 0.14,
    customers: 680,
    codes: [
      { code: "information", weight: 30 },
      { code: "resolved", weight: 26 },
      { code: "cardBlocked", weight: 12 },
      { code: "cardDelivery", weight: 10 },
      { code: "dispute", weight: 9 },
      { code: "followUp", weight: 7 },
      { code: "complaint", weight: 4 },
      { code: "dropped", weight: 1 },
      { code: "wrongNumber", weight: 1 },
    ],
    notes: [
      "Card reported lost in a taxi last night. Blocked, replacement to the home address, 5 working days.",
      "Asked why a payment of £42.60 shows twice: one is a pre-authorisation and drops off by Friday.",
      "New card hasn't come after ten days. Reordered with tracked delivery, old one cancelled.",
      "Doesn't recognise a payment to an online shop. Dispute opened, card blocked, letter with the form on its way.",
      "Changed the mobile number on file after security questions.",
      "Wanted the IBAN and BIC for a transfer from abroad. Sent by secure message.",
      "Forgotten PIN: reminder by post, two to three days. Told not to try a third time at the machine.",
      "Travelling to Portugal from the 3rd to the 17th. Note set so that the card isn't stopped.",
      "Overdraft fee explained. One refunded as goodwill, balance alert switched on.",
      "Standing order for the rent failed for lack of funds. Will pay by hand today.",
      "Unhappy about the wait at the branch. Complaint taken, answer promised within three days.",
      "Locked out of the app after a new phone. Device re-registered together, works.",
      "Contactless refused at a station barrier: daily limit was reached, explained.",
      "Mother of the account holder called: no authority on the account, told what we need.",
      "Direct debit of the old gym still runs. Cancelled here, advised to write to the gym too.",
      "Cash machine kept the card at the supermarket. Replacement ordered.",
      "Asked for a mortgage appointment: passed on, call back tomorrow between 10 and 12.",
      "Statement for the tax office: last April to March, by post.",
    ],
    cardNotes: [
      "Hard of hearing: speak slowly, please.",
      "Prefers to be called back after six in the evening.",
      "Power of attorney with her daughter, on file since March.",
      "Fraud victim last year: always ask all three security questions.",
      "Student account.",
    ],
  },
  {
    key: "taxi",
    projectName: "Такси «Вираж»",
    language: "ru",
    skill: "russian",
    // No subscriber's number begins with a nought.
    number: "+7 495 010-20-30",
    label: "Такси «Вираж», заказ машин",
    greetingAudioId: "greeting.taxi",
    queue: {
      names: { en: "Taxi orders", ru: "Заказ такси", fa: "سفارش تاکسی" },
      greetingWords: {
        en: "Virazh Taxi, good day. Where shall we pick you up?",
        ru: "Такси «Вираж», здравствуйте! Откуда вас забрать?",
        fa: "تاکسی ویراژ، سلام. مبدأ شما کجاست؟",
      },
      serviceLevelSeconds: 15,
      ringTimeoutSeconds: 15,
      wrapUpSeconds: 45,
      wrapUpExtensionSeconds: 30,
      waitMaxSeconds: 900,
    },
    share: 0.42,
    handleSecondsMedian: 74,
    handleSigma: 0.45,
    patienceSecondsMean: 160,
    wrapUpSecondsMean: 14,
    holdShare: 0.06,
    customers: 840,
    codes: [
      { code: "order", weight: 62 },
      { code: "information", weight: 12 },
      { code: "orderCancelled", weight: 9 },
      { code: "lostItem", weight: 4 },
      { code: "complaint", weight: 5 },
      { code: "resolved", weight: 4 },
      { code: "wrongNumber", weight: 2 },
      { code: "dropped", weight: 2 },
    ],
    notes: [
      "Подача к третьему подъезду, въезд со двора. Двое взрослых и ребёнок, нужно бустерное кресло.",
      "В аэропорт к 6:40, рейс в 8:55. Большой багаж, подан универсал.",
      "Машина опаздывает на 12 минут, водитель в пробке у моста. Предупредили, согласны подождать.",
      "Отмена: планы изменились, машина ещё не выехала.",
      "Забыт зонт в белой машине вчера около 19:00. Водителю сообщено, завезёт завтра до обеда.",
      "Жалоба: водитель курил в салоне. Передано старшему смены, перезвонят сегодня.",
      "Просит водителя, который везёт без музыки. Отмечено в карточке.",
      "Стоимость до вокзала назвали, пока думает.",
      "Заказ на завтра, 7:15, к поликлинике. Пассажир с тростью, помочь сесть.",
      "Поменяли адрес назначения: теперь к торговому центру, доплата согласована.",
      "Нужен чек для отчёта за поездку от 14-го. Отправлен на почту.",
      "Водитель не находит вход: шлагбаум, код 27 и кнопка вызова.",
      "Едут с собакой в переноске, водитель согласен.",
      "Оплата картой не прошла, расплатились наличными.",
      "Встреча с табличкой: зал прилёта, фамилия Орлов.",
      "Ошиблись номером: искали доставку пиццы.",
    ],
    cardNotes: [
      "Всегда просит тихую машину без радио.",
      "Колясочник: нужен водитель, который поможет.",
      "Корпоративный договор, оплата по счёту раз в месяц.",
      "Подъезд с торца, звонить по домофону 48.",
      "Ездит с собакой, предупреждать водителя.",
    ],
  },
  {
    key: "isp",
    projectName: "اینترنت آوند",
    language: "fa",
    skill: "persian",
    // No subscriber's number begins with a nought.
    number: "+98 21 0120 3040",
    label: "اینترنت آوند، پشتیبانی",
    greetingAudioId: "greeting.isp",
    queue: {
      names: { en: "Internet support", ru: "Поддержка интернета", fa: "پشتیبانی اینترنت" },
      greetingWords: {
        en: "Avand Internet support, hello. What can I do for you?",
        ru: "Поддержка «Аванд Интернет», здравствуйте! Слушаю вас.",
        fa: "سلام، پشتیبانی اینترنت آوند. چطور می‌توانم کمکتان کنم؟",
      },
      serviceLevelSeconds: 30,
      ringTimeoutSeconds: 20,
      wrapUpSeconds: 120,
      wrapUpExtensionSeconds: 60,
      waitMaxSeconds: 1_800,
    },
    share: 0.24,
    handleSecondsMedian: 245,
    handleSigma: 0.58,
    patienceSecondsMean: 360,
    wrapUpSecondsMean: 48,
    holdShare: 0.2,
    customers: 480,
    codes: [
      { code: "resolved", weight: 36 },
      { code: "lineFault", weight: 20 },
      { code: "engineer", weight: 12 },
      { code: "bill", weight: 12 },
      { code: "information", weight: 10 },
      { code: "followUp", weight: 6 },
      { code: "complaint", weight: 3 },
      { code: "dropped", weight: 1 },
    ],
    notes: [
      "مودم خاموش و روشن شد؛ چراغ DSL ثابت شد و اینترنت وصل است.",
      "سرعت شب‌ها افت می‌کند. تست خط گرفته شد، نویز بالاست؛ برای کارشناس فنی ارجاع شد.",
      "قطعی سراسری در منطقهٔ ۴ را توضیح دادم. زمان تقریبی رفع: ساعت ۱۸.",
      "رمز وای‌فای را فراموش کرده بود؛ با هم از پنل مودم عوض کردیم.",
      "تمدید سرویس انجام شده ولی فعال نشده بود؛ تسویه ثبت شد و وصل است.",
      "اعزام کارشناس برای فردا بین ساعت ۹ تا ۱۲ هماهنگ شد.",
      "دربارهٔ ترافیک اضافه سؤال داشت؛ بستهٔ ۵۰ گیگ پیشنهاد شد، فکر می‌کند.",
      "صورت‌حساب این ماه بیشتر از معمول بود؛ بدهی ماه قبل توضیح داده شد.",
      "تغییر نشانی: برای نشانی جدید امکان‌سنجی ثبت شد، نتیجه تا سه روز دیگر.",
      "از تأخیر کارشناس گله داشت. عذرخواهی شد و نوبت زودتر گرفته شد.",
      "مودم جدید خریده؛ تنظیمات PPPoE را قدم‌به‌قدم انجام دادیم.",
      "تلویزیون به وای‌فای وصل نمی‌شد؛ باند ۲٫۴ فعال شد.",
      "پینگ بازی بالاست؛ با کابل بهتر شد، پیشنهاد جابه‌جایی مودم.",
      "درخواست آی‌پی ثابت دارد؛ هزینه و شرایط گفته شد.",
      "تماس وسط صحبت قطع شد؛ دوباره تماس می‌گیرد.",
      "سیم‌کشی داخل ساختمان مشکل دارد؛ توصیه شد برق‌کار ساختمان ببیند.",
    ],
    cardNotes: [
      "ترجیح می‌دهد عصرها با او تماس گرفته شود.",
      "مودم شخصی دارد، تنظیماتش متفاوت است.",
      "دفتر شرکت؛ قطعی برایشان خیلی مهم است.",
      "سالمند است؛ لطفاً شمرده صحبت کنید.",
      "ساختمان بیست واحدی، جعبهٔ تقسیم در پارکینگ.",
    ],
  },
];
