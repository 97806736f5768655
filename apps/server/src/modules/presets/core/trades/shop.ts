import { callBackClerk, complaintTaken, lastCodes, qualitySpecialist, reasonsWith } from "./shared.ts";
import { openDays, words, type TradeSpec } from "./trade-spec.ts";

/** An online or high-street shop: orders, deliveries, returns. */
export const shop: TradeSpec = {
  names: words("Shop", "Магазин", "فروشگاه"),
  about: words(
    "Orders, deliveries and returns, seven days a week.",
    "Заказы, доставка и возвраты без выходных.",
    "سفارش، ارسال و مرجوعی در همهٔ روزهای هفته.",
  ),
  projects: [],
  hours: [
    {
      key: "daily",
      names: words("Customer service", "Служба заботы о клиентах", "خدمات مشتریان"),
      days: openDays({ working: "09:00-21:00", half: "09:00-21:00", off: "10:00-18:00" }),
    },
    {
      key: "returns",
      names: words("Returns desk", "Отдел возвратов", "واحد مرجوعی"),
      days: openDays({ working: "10:00-18:00", half: "10:00-14:00", off: null }),
    },
  ],
  skills: [
    { key: "electronics", names: words("Electronics", "Электроника", "کالای دیجیتال") },
    { key: "clothes", names: words("Clothes and sizes", "Одежда и размеры", "پوشاک و سایز") },
    { key: "wholesale", names: words("Wholesale", "Оптовые покупатели", "فروش عمده") },
  ],
  queues: [
    {
      key: "orders",
      project: null,
      names: words("Orders", "Заказы", "سفارش‌ها"),
      greetingWords: words(
        "Hello, {name}. What are you looking for?",
        "Здравствуйте! {name}. Что вас заинтересовало?",
        "سلام، فروشگاه {name}. دنبال چه کالایی هستید؟",
      ),
      serviceLevelSeconds: 20,
      ringTimeoutSeconds: 15,
      waitMaxSeconds: 900,
      wrapUpSeconds: 45,
      wrapUpExtensionSeconds: 60,
      priority: 20,
      musicAudioId: "music.bright",
    },
    {
      key: "delivery",
      project: null,
      names: words("Delivery", "Доставка", "ارسال و تحویل"),
      greetingWords: words(
        "Hello, {name}, delivery. May I have your order number?",
        "Здравствуйте! {name}, доставка. Назовите, пожалуйста, номер заказа.",
        "سلام، واحد ارسال {name}. شمارهٔ سفارشتان را بفرمایید.",
      ),
      serviceLevelSeconds: 30,
      ringTimeoutSeconds: 20,
      waitMaxSeconds: 900,
      wrapUpSeconds: 30,
      wrapUpExtensionSeconds: 60,
      priority: 15,
      musicAudioId: "music.bright",
    },
    {
      key: "returns",
      project: null,
      names: words("Returns and warranty", "Возвраты и гарантия", "مرجوعی و گارانتی"),
      greetingWords: words(
        "Hello, {name}, returns. What is wrong with the item?",
        "Здравствуйте! {name}, возвраты. Что случилось с товаром?",
        "سلام، واحد مرجوعی {name}. کالا چه ایرادی دارد؟",
      ),
      serviceLevelSeconds: 40,
      ringTimeoutSeconds: 20,
      waitMaxSeconds: 1_200,
      wrapUpSeconds: 60,
      wrapUpExtensionSeconds: 60,
      priority: 10,
      musicAudioId: "music.main",
    },
  ],
  numbers: [
    {
      key: "orders",
      queue: "orders",
      hours: "daily",
      label: words("Orders", "Заказы", "سفارش‌ها"),
      greetingAudioId: "greeting.shop",
    },
    {
      key: "delivery",
      queue: "delivery",
      hours: "daily",
      label: words("Delivery", "Доставка", "ارسال و تحویل"),
      greetingAudioId: "greeting.shop",
    },
    {
      key: "returns",
      queue: "returns",
      hours: "returns",
      label: words("Returns and warranty", "Возвраты и гарантия", "مرجوعی و گارانتی"),
      greetingAudioId: "greeting.shop",
    },
  ],
  wrapUpCodes: [
    { key: "ordered", names: words("Order taken", "Принят заказ", "ثبت سفارش") },
    { key: "status", names: words("Order status told", "Сообщили статус заказа", "اعلام وضعیت سفارش") },
    { key: "advice", names: words("Advice on goods", "Консультация по товару", "مشاورهٔ خرید") },
    { key: "notInStock", names: words("Not in stock", "Нет в наличии", "ناموجود بودن کالا") },
    { key: "rescheduled", names: words("Delivery moved", "Перенос доставки", "تغییر زمان تحویل") },
    { key: "late", names: words("Delivery late", "Опаздывает курьер", "تأخیر در ارسال") },
    { key: "cancelled", names: words("Order cancelled", "Отмена заказа", "لغو سفارش") },
    { key: "returned", names: words("Return registered", "Оформлен возврат", "ثبت مرجوعی") },
    { key: "refund", names: words("Asked about a refund", "Возврат денег", "پیگیری بازگشت وجه") },
    { key: "payment", names: words("Payment failed", "Не прошла оплата", "پرداخت ناموفق") },
    { key: "warranty", names: words("Warranty case", "Гарантийный случай", "استفاده از گارانتی") },
    complaintTaken,
    ...lastCodes,
  ],
  reasons: reasonsWith({
    own: [
      { key: "warehouse", code: null, maxMinutes: 10, names: words("Asking the warehouse", "Уточнение на складе", "استعلام از انبار") },
      { key: "messages", code: null, maxMinutes: 30, names: words("Answering messages", "Ответы на сообщения", "پاسخ به پیام‌ها") },
    ],
  }),
  roles: [
    qualitySpecialist,
    callBackClerk,
    {
      key: "returnsClerk",
      names: words("Returns clerk", "Специалист по возвратам", "کارشناس مرجوعی"),
      description: words(
        "Reads all calls and keeps customers' cards; takes no calls.",
        "Видит все звонки и ведёт карточки клиентов, звонки не принимает.",
        "همهٔ تماس‌ها و پروندهٔ مشتریان را می‌بیند؛ به تماس‌ها پاسخ نمی‌دهد.",
      ),
      permissions: ["contacts.readOwn", "contacts.readAll", "customers.read", "customers.write"],
    },
  ],
  fields: [
    { key: "lastOrder", type: "text", names: words("Last order", "Последний заказ", "آخرین سفارش") },
    { key: "address", type: "text", names: words("Delivery address", "Адрес доставки", "نشانی تحویل") },
    { key: "card", type: "text", names: words("Loyalty card", "Карта покупателя", "باشگاه مشتریان") },
    { key: "birthday", type: "date", names: words("Birthday", "День рождения", "روز تولد") },
  ],
};
