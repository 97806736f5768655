import { complaintTaken, callBackClerk, lastCodes, mentor, qualitySpecialist, reasonsWith } from "./shared.ts";
import { aroundTheClock, openDays, words, type TradeSpec } from "./trade-spec.ts";

/** Home internet: faults day and night, bills and new connections by day. */
export const isp: TradeSpec = {
  names: words("Internet provider", "Интернет-провайдер", "شرکت اینترنتی"),
  about: words(
    "Faults day and night, bills and new connections by day.",
    "Аварии круглосуточно, счета и подключения днём.",
    "پشتیبانی قطعی‌ها شبانه‌روزی؛ صورت‌حساب و اشتراک تازه در ساعات کاری.",
  ),
  projects: [],
  hours: [
    aroundTheClock("always"),
    {
      key: "office",
      names: words("Subscriber service", "Абонентский отдел", "امور مشترکین"),
      days: openDays({ working: "08:00-20:00", half: "09:00-18:00", off: null }),
    },
  ],
  skills: [
    { key: "router", names: words("Routers and Wi-Fi", "Роутеры и Wi-Fi", "مودم و وای‌فای") },
    { key: "fibre", names: words("Fibre lines", "Оптика (GPON)", "فیبر نوری") },
    { key: "business", names: words("Business customers", "Корпоративные клиенты", "مشترکین سازمانی") },
  ],
  queues: [
    {
      key: "support",
      project: null,
      names: words("Technical support", "Техподдержка", "پشتیبانی فنی"),
      greetingWords: words(
        "Hello, {name} support. What is happening with your internet?",
        "Здравствуйте! {name}, техподдержка. Что случилось с интернетом?",
        "سلام، پشتیبانی {name}. اینترنتتان چه مشکلی دارد؟",
      ),
      serviceLevelSeconds: 30,
      ringTimeoutSeconds: 20,
      waitMaxSeconds: 1_800,
      wrapUpSeconds: 60,
      wrapUpExtensionSeconds: 60,
      priority: 10,
      musicAudioId: "music.main",
    },
    {
      key: "billing",
      project: null,
      names: words("Bills and plans", "Счета и тарифы", "صورت‌حساب و سرویس‌ها"),
      greetingWords: words(
        "Hello, {name}, bills and plans. How can I help you?",
        "Здравствуйте! {name}, абонентский отдел. Чем могу помочь?",
        "سلام، امور مشترکین {name}. چطور می‌توانم کمکتان کنم؟",
      ),
      serviceLevelSeconds: 30,
      ringTimeoutSeconds: 20,
      waitMaxSeconds: 1_200,
      wrapUpSeconds: 45,
      wrapUpExtensionSeconds: 60,
      priority: 5,
      musicAudioId: "music.main",
    },
    {
      key: "connections",
      project: null,
      names: words("New connections", "Подключение", "ثبت‌نام اشتراک جدید"),
      greetingWords: words(
        "Hello, {name}. At which address would you like internet?",
        "Здравствуйте! {name}. По какому адресу подключаем интернет?",
        "سلام، {name}. برای کدام نشانی اینترنت می‌خواهید؟",
      ),
      serviceLevelSeconds: 20,
      ringTimeoutSeconds: 15,
      waitMaxSeconds: 600,
      wrapUpSeconds: 60,
      wrapUpExtensionSeconds: 60,
      priority: 20,
      musicAudioId: "music.bright",
    },
  ],
  numbers: [
    {
      key: "support",
      queue: "support",
      hours: "always",
      label: words("Support line", "Линия поддержки", "خط پشتیبانی"),
      greetingAudioId: "greeting.isp",
    },
    {
      key: "subscribers",
      queue: "billing",
      hours: "office",
      label: words("Bills and plans", "Счета и тарифы", "صورت‌حساب و سرویس‌ها"),
      greetingAudioId: "greeting.isp",
    },
    {
      key: "connections",
      queue: "connections",
      hours: "office",
      label: words("New connections", "Подключение", "ثبت‌نام اشتراک جدید"),
      greetingAudioId: "greeting.isp",
    },
  ],
  wrapUpCodes: [
    { key: "outage", names: words("Internet outage", "Нет интернета", "قطعی اینترنت") },
    { key: "slow", names: words("Slow speed", "Низкая скорость", "کندی سرعت") },
    { key: "router", names: words("Router or Wi-Fi set up", "Настройка роутера и Wi-Fi", "تنظیم مودم و وای‌فای") },
    { key: "areaFault", names: words("Told of a fault in the area", "Сообщили об аварии", "اعلام خرابی منطقه") },
    { key: "visit", names: words("Visit booked", "Оформлен выезд мастера", "ثبت اعزام کارشناس") },
    { key: "bill", names: words("Bill explained", "Разъяснён счёт", "توضیح صورت‌حساب") },
    { key: "payment", names: words("Payment not credited", "Не поступил платёж", "ثبت نشدن پرداخت") },
    { key: "plan", names: words("Plan changed", "Смена тарифа", "تغییر سرویس") },
    { key: "newLine", names: words("New connection ordered", "Заявка на подключение", "ثبت درخواست اشتراک") },
    { key: "ended", names: words("Contract ended", "Расторжение договора", "جمع‌آوری اشتراک") },
    complaintTaken,
    ...lastCodes,
  ],
  reasons: reasonsWith({
    own: [
      { key: "crew", code: null, maxMinutes: 10, names: words("Calling the crew", "Связь с бригадой", "هماهنگی با اکیپ") },
      { key: "tickets", code: null, maxMinutes: 30, names: words("Working on requests", "Работа с заявками", "پیگیری درخواست‌ها") },
    ],
  }),
  roles: [
    qualitySpecialist,
    mentor,
    callBackClerk,
    {
      key: "dispatcher",
      names: words("Crew dispatcher", "Диспетчер бригад", "مسئول اعزام اکیپ"),
      description: words(
        "Reads all calls and customers' cards to send crews; doesn't take calls.",
        "Видит все звонки и карточки, чтобы отправлять бригады; звонки не принимает.",
        "برای اعزام اکیپ همهٔ تماس‌ها و پرونده‌ها را می‌بیند؛ به تماس‌ها پاسخ نمی‌دهد.",
      ),
      permissions: ["contacts.readOwn", "contacts.readAll", "customers.read", "customers.write"],
    },
  ],
  fields: [
    { key: "contract", type: "text", names: words("Contract number", "Номер договора", "شمارهٔ اشتراک") },
    { key: "address", type: "text", names: words("Address of the line", "Адрес подключения", "نشانی محل سرویس") },
    { key: "plan", type: "text", names: words("Plan", "Тариф", "سرویس") },
    { key: "equipment", type: "text", names: words("Router", "Роутер", "مدل مودم") },
    { key: "connectedOn", type: "date", names: words("Customer since", "Абонент с", "تاریخ شروع اشتراک") },
  ],
};
