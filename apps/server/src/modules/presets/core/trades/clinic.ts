import { callBackClerk, complaintTaken, lastCodes, qualitySpecialist, reasonsWith } from "./shared.ts";
import { openDays, words, type TradeSpec } from "./trade-spec.ts";

/** A clinic: appointments by day, home visits before everything else. */
export const clinic: TradeSpec = {
  names: words("Clinic", "Клиника", "درمانگاه"),
  about: words(
    "Appointments and test results; calls for a doctor at home come first.",
    "Запись и результаты анализов; вызов врача на дом — вне очереди.",
    "نوبت‌دهی و جواب آزمایش؛ درخواست ویزیت در منزل اولویت دارد.",
  ),
  projects: [],
  hours: [
    {
      key: "reception",
      names: words("Reception", "Регистратура", "پذیرش"),
      days: openDays({ working: "08:00-20:00", half: "09:00-16:00", off: null }),
    },
    {
      key: "homeVisits",
      names: words("Home visits", "Вызов врача на дом", "ویزیت در منزل"),
      days: openDays({ working: "07:00-23:00", half: "08:00-22:00", off: "09:00-21:00" }),
    },
  ],
  skills: [
    { key: "children", names: words("Children's reception", "Детская регистратура", "پذیرش کودکان") },
    { key: "insurance", names: words("Insurance", "ДМС и страховые", "بیمه‌ها") },
    { key: "laboratory", names: words("Laboratory", "Лаборатория", "آزمایشگاه") },
  ],
  queues: [
    {
      key: "appointments",
      project: null,
      names: words("Appointments", "Запись на приём", "نوبت‌دهی"),
      greetingWords: words(
        "Hello, {name}. Which doctor would you like to see?",
        "Здравствуйте! {name}. К какому врачу вас записать?",
        "سلام، {name}. برای کدام پزشک نوبت می‌خواهید؟",
      ),
      serviceLevelSeconds: 20,
      ringTimeoutSeconds: 15,
      waitMaxSeconds: 900,
      wrapUpSeconds: 45,
      wrapUpExtensionSeconds: 60,
      priority: 20,
      musicAudioId: "music.main",
    },
    {
      key: "homeVisits",
      project: null,
      names: words("Doctor at home", "Вызов врача на дом", "ویزیت در منزل"),
      greetingWords: words(
        "Hello, {name}, home visits. Who is ill, and at which address?",
        "Здравствуйте! {name}, вызов врача. Кто болен и какой адрес?",
        "سلام، ویزیت در منزل {name}. حال بیمار چطور است و نشانی کجاست؟",
      ),
      serviceLevelSeconds: 15,
      ringTimeoutSeconds: 10,
      waitMaxSeconds: 900,
      wrapUpSeconds: 60,
      wrapUpExtensionSeconds: 60,
      priority: 60,
      musicAudioId: "music.main",
    },
    {
      key: "results",
      project: null,
      names: words("Test results", "Результаты анализов", "جواب آزمایش"),
      greetingWords: words(
        "Hello, {name} laboratory. The patient's name and date of birth, please?",
        "Здравствуйте! {name}, лаборатория. Назовите ФИО и дату рождения пациента.",
        "سلام، آزمایشگاه {name}. نام و تاریخ تولد بیمار را بفرمایید.",
      ),
      serviceLevelSeconds: 30,
      ringTimeoutSeconds: 20,
      waitMaxSeconds: 900,
      wrapUpSeconds: 30,
      wrapUpExtensionSeconds: 60,
      priority: 10,
      musicAudioId: "music.main",
    },
  ],
  numbers: [
    {
      key: "appointments",
      queue: "appointments",
      hours: "reception",
      label: words("Reception", "Регистратура", "پذیرش و نوبت‌دهی"),
      greetingAudioId: "greeting.clinic",
    },
    {
      key: "homeVisits",
      queue: "homeVisits",
      hours: "homeVisits",
      label: words("Doctor at home", "Вызов врача на дом", "ویزیت در منزل"),
      greetingAudioId: "greeting.clinic",
    },
    {
      key: "results",
      queue: "results",
      hours: "reception",
      label: words("Test results", "Результаты анализов", "جواب آزمایش"),
      greetingAudioId: "greeting.clinic",
    },
  ],
  wrapUpCodes: [
    { key: "booked", names: words("Appointment made", "Запись на приём", "ثبت نوبت") },
    { key: "moved", names: words("Appointment moved", "Перенос записи", "تغییر نوبت") },
    { key: "cancelled", names: words("Appointment cancelled", "Отмена записи", "لغو نوبت") },
    { key: "confirmed", names: words("Visit confirmed", "Визит подтверждён", "تأیید حضور") },
    { key: "noSlots", names: words("No free time", "Нет свободного времени", "نوبت خالی نبود") },
    { key: "homeVisit", names: words("Home visit taken", "Принят вызов на дом", "ثبت ویزیت در منزل") },
    { key: "results", names: words("Asked about results", "Вопрос по анализам", "پیگیری جواب آزمایش") },
    { key: "prices", names: words("Prices and services", "Цены и услуги", "اعلام تعرفه و خدمات") },
    { key: "insurance", names: words("Insurance", "Вопрос по страховке", "پرسش دربارهٔ بیمه") },
    { key: "ambulance", names: words("Sent to the ambulance", "Передано в скорую", "ارجاع به اورژانس") },
    complaintTaken,
    ...lastCodes,
  ],
  reasons: reasonsWith({
    own: [
      { key: "doctor", code: null, maxMinutes: 10, names: words("Asking a doctor", "Уточнение у врача", "هماهنگی با پزشک") },
      { key: "frontDesk", code: null, maxMinutes: 30, names: words("At the front desk", "За стойкой регистратуры", "پذیرش حضوری") },
    ],
  }),
  roles: [
    qualitySpecialist,
    callBackClerk,
    {
      key: "seniorReception",
      names: words("Senior receptionist", "Старший администратор регистратуры", "مسئول پذیرش"),
      description: words(
        "Takes calls and sees the floor and all calls.",
        "Принимает звонки, видит мониторинг и все звонки.",
        "به تماس‌ها پاسخ می‌دهد و پایش زنده و همهٔ تماس‌ها را می‌بیند.",
      ),
      permissions: [
        "desk.work",
        "contacts.readOwn",
        "contacts.readAll",
        "customers.read",
        "customers.write",
        "lostCalls.work",
        "floor.read",
      ],
    },
  ],
  fields: [
    { key: "birthDate", type: "date", names: words("Date of birth", "Дата рождения", "تاریخ تولد") },
    { key: "patientCard", type: "text", names: words("Patient's card number", "Номер медкарты", "شمارهٔ پروندهٔ پزشکی") },
    { key: "insurance", type: "text", names: words("Insurance", "Страховая компания", "بیمه") },
    { key: "doctor", type: "text", names: words("Attending doctor", "Лечащий врач", "پزشک معالج") },
  ],
};
