import type { Language } from "@allo/contract";

/** The parts of the glossary, in this order. */
export const termGroups = ["people", "state", "call", "queue", "afterCall", "telephony", "organisation"] as const;
export type TermGroup = (typeof termGroups)[number];

/** In each language: the label first, then what people also say. */
type Words = Readonly<Record<Language, readonly [string, ...string[]]>>;
type TermOf = { readonly group: TermGroup; readonly words: Words };
const term = (group: TermGroup, en: Words["en"], ru: Words["ru"], fa: Words["fa"]): TermOf => ({ group, words: { en, ru, fa } });

/** The words of the product that stand on its screens today. What each means: meanings-en.ts, -ru, -fa. */
export const terms = {
  agent: term("people", ["agent", "operator"], ["оператор"], ["اپراتور", "کارشناس"]),
  teamLead: term("people", ["team lead", "lead"], ["руководитель группы", "тимлид", "старший"], ["سرگروه", "سرشیفت"]),
  supervisor: term("people", ["supervisor"], ["супервизор"], ["سرپرست", "سوپروایزر"]),
  administrator: term("people", ["administrator", "admin"], ["администратор"], ["مدیر سیستم", "ادمین"]),
  customer: term("people", ["customer", "subscriber"], ["клиент", "абонент"], ["مشتری", "مشترک"]),
  caller: term("people", ["caller"], ["звонящий"], ["تماس‌گیرنده"]),
  client: term("people", ["client"], ["заказчик"], ["کارفرما"]),
  carrier: term("people", ["carrier", "telephone company"], ["провайдер связи"], ["ارائه‌دهندهٔ خط"]),

  ready: term("state", ["ready", "available", "online"], ["На линии", "Готов"], ["آماده", "آزاد"]),
  notReady: term("state", ["not ready", "unavailable", "away"], ["Не на линии", "Не готов"], ["در دسترس نیست"]),
  reason: term("state", ["reason", "aux"], ["Причина"], ["علت"]),
  break: term("state", ["break"], ["Перерыв"], ["استراحت"]),
  personalBreak: term("state", ["personal break"], ["Технический перерыв"], ["استراحت کوتاه"]),
  lunch: term("state", ["lunch"], ["Обед"], ["ناهار و نماز"]),
  ringing: term("state", ["ringing", "reserved"], ["Вызов"], ["در حال زنگ"]),
  talking: term("state", ["talking"], ["Разговор"], ["در حال مکالمه"]),
  hold: term("state", ["hold"], ["Удержание"], ["هلد"]),
  mute: term("state", ["mute"], ["Микрофон выключен", "без звука"], ["بی‌صدا"]),
  wrapUp: term("state", ["wrap-up", "after-call work", "ACW"], ["Постобработка", "поствызов"], ["پس از تماس (ACW)"]),
  offline: term("state", ["offline", "signed out"], ["Не в системе"], ["خارج از سیستم"]),
  missedRing: term("state", ["missed ring", "ring no answer"], ["Пропущен вызов"], ["بی‌پاسخ"]),

  contact: term("call", ["contact", "call", "interaction"], ["контакт", "звонок"], ["تعامل", "تماس"]),
  answer: term("call", ["answer"], ["Ответить"], ["پاسخ"]),
  decline: term("call", ["decline", "reject"], ["Отклонить"], ["رد تماس"]),
  internalCall: term(
    "call",
    ["internal call", "call to a colleague"],
    ["внутренний звонок", "звонок коллеге"],
    ["تماس داخلی", "تماس با همکار"],
  ),
  hangUp: term("call", ["hang up", "end the call"], ["Завершить", "положить трубку"], ["پایان تماس"]),
  disconnected: term("call", ["disconnected", "dropped"], ["Связь прервалась"], ["ارتباط قطع شد"]),
  recording: term("call", ["recording"], ["запись разговора"], ["مکالمهٔ ضبط‌شده"]),
  recordingNotice: term("call", ["recording notice"], ["предупреждение о записи"], ["اعلام ضبط مکالمه"]),
  testCall: term("call", ["test call"], ["проверочный звонок", "тестовый звонок"], ["تماس آزمایشی"]),
  noSound: term("call", ["no sound", "one-way audio"], ["нет звука"], ["صدا نیست", "قطع صدا"]),

  queue: term("queue", ["queue", "split"], ["очередь"], ["صف"]),
  waiting: term("queue", ["waiting"], ["В очереди"], ["در صف"]),
  skill: term("queue", ["skill"], ["навык", "скилл"], ["مهارت"]),
  priority: term("queue", ["priority"], ["приоритет"], ["اولویت"]),
  abandoned: term("queue", ["abandoned"], ["потерянный", "LCR", "доля потерянных"], ["رهاشده"]),
  lostCall: term("queue", ["lost call"], ["потерянный звонок"], ["تماس ازدست‌رفته"]),
  serviceLevel: term("queue", ["service level", "SL"], ["уровень сервиса", "SL"], ["سطح خدمت", "SL"]),
  asa: term("queue", ["ASA", "average speed of answer"], ["среднее время ответа", "ASA"], ["میانگین زمان پاسخگویی", "ASA"]),
  aht: term("queue", ["AHT", "average handle time"], ["среднее время обработки", "AHT"], ["میانگین زمان رسیدگی", "AHT"]),
  floor: term("queue", ["floor", "monitoring"], ["Мониторинг"], ["پایش زنده"]),
  wallboard: term("queue", ["wallboard"], ["табло"], ["تابلوی سالن"]),

  wrapUpCode: term("afterCall", ["wrap-up code", "result", "disposition"], ["результат", "диспозиция"], ["نتیجهٔ تماس"]),
  notCoded: term("afterCall", ["not coded"], ["без результата"], ["بدون نتیجه"]),
  note: term("afterCall", ["note", "comment"], ["комментарий", "заметка"], ["یادداشت"]),
  customerCard: term("afterCall", ["customer card", "profile"], ["карточка клиента"], ["پروندهٔ مشتری"]),
  ownField: term("afterCall", ["field of the customer card"], ["поле карточки"], ["فیلد پرونده"]),

  number: term("telephony", ["number", "DID"], ["номер"], ["شماره"]),
  extension: term("telephony", ["extension"], ["внутренний номер"], ["داخلی"]),
  trunk: term("telephony", ["trunk", "SIP trunk"], ["транк", "SIP-транк", "внешняя линия"], ["ترانک"]),
  browserPhone: term("telephony", ["phone in the browser", "softphone"], ["телефон в браузере", "софтфон"], ["تلفن مرورگر", "سافت‌فون"]),
  provenSound: term("telephony", ["proven sound path"], ["проверенный путь звука"], ["مسیر صدای تأییدشده"]),
  prompt: term("telephony", ["prompt", "announcement"], ["фраза", "ролик"], ["پیام گویا"]),
  greeting: term("telephony", ["greeting"], ["приветствие"], ["پیام خوش‌آمدگویی"]),
  holdMusic: term("telephony", ["music while waiting"], ["музыка ожидания"], ["موسیقی انتظار"]),
  openingHours: term("telephony", ["opening hours", "business hours"], ["часы работы", "рабочее время"], ["ساعت کاری"]),
  network: term("telephony", ["allowed network"], ["разрешённая сеть"], ["شبکهٔ مجاز"]),
  certificate: term("telephony", ["certificate", "HTTPS", "TLS"], ["сертификат", "HTTPS", "TLS"], ["گواهی امنیتی", "HTTPS", "TLS"]),

  organisation: term("organisation", ["organisation", "tenant"], ["организация"], ["سازمان"]),
  project: term("organisation", ["project"], ["проект"], ["پروژه"]),
  role: term("organisation", ["role"], ["роль"], ["نقش"]),
  permission: term("organisation", ["permission", "right"], ["право"], ["مجوز دسترسی"]),
  auditList: term("organisation", ["audit list"], ["журнал изменений", "аудит"], ["فهرست تغییرها"]),
  preset: term("organisation", ["ready-made set-up", "preset"], ["готовый набор", "шаблон"], ["تنظیمات آماده"]),
  workplaceCheck: term("organisation", ["workplace check"], ["проверка рабочего места"], ["بررسی محل کار"]),
  retire: term("organisation", ["retire", "archive"], ["вывести из работы", "архивировать"], ["کنار گذاشتن"]),
} as const satisfies Record<string, TermOf>;
export type TermId = keyof typeof terms;

export const termIds = Object.keys(terms) as readonly TermId[];

export function isTerm(text: string): text is TermId {
  return Object.hasOwn(terms, text);
}

/** The word that screens show. */
export function termLabel(id: TermId, language: Language): string {
  return terms[id].words[language][0];
}

/** The parts of the glossary with those of their words that a search finds: in any of the languages, with what people also say. */
export function termsFound(
  typed: string,
  language: Language,
  fold: (text: string) => string,
): readonly { readonly group: TermGroup; readonly ids: readonly TermId[] }[] {
  const wanted = fold(typed).trim();
  const has = (id: TermId): boolean =>
    wanted === "" ||
    Object.values(terms[id].words)
      .flat()
      .some((word) => fold(word).includes(wanted));
  return termGroups
    .map((group) => ({
      group,
      ids: termIds
        .filter((id) => terms[id].group === group && has(id))
        .toSorted((a, b) => termLabel(a, language).localeCompare(termLabel(b, language), language)),
    }))
    .filter(({ ids }) => ids.length > 0);
}
