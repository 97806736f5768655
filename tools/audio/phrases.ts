export type Language = "en" | "ru" | "fa";

/**
 * One phrase that callers hear. `text` is what is shown to people; `spoken` is what the synthesiser is given, a sentence
 * each, where reading the text as it stands would go wrong (stress, short vowels, the link between two words).
 */
export interface Phrase {
  readonly audioId: string;
  readonly language: Language;
  readonly text: string;
  readonly spoken: readonly string[];
}

interface PhraseInThreeLanguages {
  readonly audioId: string;
  readonly en: string;
  readonly ru: string;
  readonly fa: string;
  /** Persian by sound, a sentence each, since its writing leaves the short vowels out. */
  readonly faSounds: readonly string[];
}

const THANKS_FOR_CALLING = "az tam'Ase Som'A sepAsgoz'Ari:m";
const HELLO_AND_THANKS = `sal'Am, ${THANKS_FOR_CALLING}`;
const SORRY = "mota?assefAn'e";
const CALL_LATER = "l'otfan b'a?dan tam'As b'egi:ri:d";
const GOODBYE = "xodAnegahd'Ar";

const PHRASES: readonly PhraseInThreeLanguages[] = [
  {
    audioId: "greeting.notice",
    en: "Hello, and thank you for calling. Calls are recorded for quality.",
    ru: "Здравствуйте! Спасибо за звонок. Для контроля качества разговор записывается.",
    fa: "سلام، از تماس شما سپاسگزاریم. برای ارتقای کیفیت پاسخگویی، مکالمه ضبط می‌شود.",
    faSounds: [HELLO_AND_THANKS, "bar'Aje erteq1'Aje kejfi:j'ate pAsoxgu:j'i:, mokAlem'e z'abt mi:Savad"],
  },
  {
    audioId: "greeting.plain",
    en: "Hello, and thank you for calling.",
    ru: "Здравствуйте! Спасибо за звонок.",
    fa: "سلام، از تماس شما سپاسگزاریم.",
    faSounds: [HELLO_AND_THANKS],
  },
  {
    audioId: "queue.allBusy",
    en: "All our agents are busy at the moment. Please hold the line, and we will answer you as soon as we can.",
    ru: "Сейчас все операторы заняты. Пожалуйста, оставайтесь на линии.",
    fa: "در حال حاضر همهٔ کارشناسان ما مشغول پاسخگویی هستند. لطفاً پشت خط بمانید.",
    faSounds: ["dar h'Ale hAz'er, ham'eje kArSenAs'Ane mA maSq1'u:le pAsoxgu:j'i: hastand", "l'otfan poSte x'at b'emAni:d"],
  },
  {
    audioId: "queue.pleaseHold",
    en: "Thank you for holding. An agent will be with you shortly.",
    ru: "Спасибо за ожидание. Оператор скоро ответит на ваш звонок.",
    fa: "از شکیبایی شما سپاسگزاریم. به‌زودی یکی از کارشناسان ما پاسخگوی شما خواهد بود.",
    faSounds: ["az SakibAj'i:je Som'A sepAsgoz'Ari:m", "bezu:d'i: jek'i: az kArSenAs'Ane mA, pAsoxg'u:je Som'A xAhad b'u:d"],
  },
  {
    audioId: "refuse.nobody",
    en: "We're sorry. Nobody can answer your call at the moment. Please call again later.",
    ru: "К сожалению, сейчас мы не можем ответить на ваш звонок. Пожалуйста, перезвоните позже.",
    fa: "متأسفانه در حال حاضر امکان پاسخگویی نیست. لطفاً بعداً تماس بگیرید.",
    faSounds: [`${SORRY}, dar h'Ale hAz'er emk'Ane pAsoxgu:j'i: n'i:st`, CALL_LATER],
  },
  {
    audioId: "refuse.queueFull",
    en: "We're sorry. Many people are waiting at the moment. Please call again a little later.",
    ru: "К сожалению, сейчас ответа ждёт очень много людей. Пожалуйста, перезвоните немного позже.",
    fa: "متأسفانه در حال حاضر تماس‌گیرندگان زیادی در صف انتظار هستند. لطفاً کمی بعد دوباره تماس بگیرید.",
    faSounds: [
      `${SORRY}, dar h'Ale hAz'er tamAsgi:randeg'Ane zijAd'i: dar s'afe entez'Ar hastand`,
      "l'otfan kam'i: ba?d dobAr'e tam'As b'egi:ri:d",
    ],
  },
  {
    audioId: "refuse.waitTooLong",
    en: "We're sorry to have kept you waiting. No agent has become free. Your call has been noted. Goodbye.",
    ru: "Просим извинить нас за долгое ожидание. К сожалению, никто из операторов не освободился. Ваш звонок отмечен. До свидания.",
    fa: "از اینکه منتظر ماندید پوزش می‌خواهیم. متأسفانه هیچ‌یک از کارشناسان ما آزاد نشد. تماس شما ثبت شد. خدانگهدار.",
    faSounds: [
      "az 'i:nke montaz'er mAndi:d, pu:z'eS m'i:xAhi:m",
      `${SORRY}, hi:tSj'ek az kArSenAs'Ane mA AzAd n'aSod`,
      "tam'Ase Som'A s'abt Sod",
      GOODBYE,
    ],
  },
  {
    audioId: "refuse.tooManyCalls",
    en: "All our lines are busy. Please call again in a few minutes.",
    ru: "Все линии заняты. Пожалуйста, перезвоните через несколько минут.",
    fa: "همهٔ خطوط ما مشغول است. لطفاً چند دقیقهٔ دیگر تماس بگیرید.",
    faSounds: ["ham'eje xot'u:te mA maSq1'u:l ast", "l'otfan tSand daq1i:q1'eje digar tam'As b'egi:ri:d"],
  },
  {
    audioId: "refuse.technical",
    en: "We're sorry. There is a technical fault on our side. Please call again later.",
    ru: "К сожалению, у нас техническая неполадка. Пожалуйста, перезвоните позже.",
    fa: "متأسفانه مشکلی فنی پیش آمده است. لطفاً بعداً تماس بگیرید.",
    faSounds: [`${SORRY}, moSkel'i: fann'i: pi:S Amad'e ast`, CALL_LATER],
  },
  {
    audioId: "agent.cutOff",
    en: "You were cut off from the agent. Please stay on the line.",
    ru: "Связь с оператором прервалась. Не кладите трубку, сейчас мы вас соединим.",
    fa: "ارتباط با کارشناس قطع شد. لطفاً گوشی را نگه دارید تا دوباره وصل شوید.",
    faSounds: ["erteb'At bA kArSen'As q1'at? Sod", "l'otfan gu:S'i: rA neg'ah dAri:d, tA dobAr'e v'asl Savi:d"],
  },
  {
    audioId: "agent.incoming",
    en: "Here is your next call.",
    ru: "Вам звонят, соединяем.",
    fa: "تماس تازه‌ای دارید.",
    faSounds: ["tam'Ase tAze?'i: dAr'i:d"],
  },
  {
    audioId: "call.goodbye",
    en: "Thank you for calling. Goodbye.",
    ru: "Спасибо за звонок. До свидания.",
    fa: "از تماس شما سپاسگزاریم. خدانگهدار.",
    faSounds: [THANKS_FOR_CALLING, GOODBYE],
  },
  {
    audioId: "test.caller",
    en: "Hello. This is a test call. I would like to know when my order will arrive. Thank you, goodbye.",
    ru: "Здравствуйте! Это проверочный звонок. Я хочу узнать, когда привезут мой заказ. Спасибо, до свидания.",
    fa: "سلام. این یک تماس آزمایشی است. می‌خواستم بدانم سفارش من چه زمانی به دستم می‌رسد. ممنونم، خدانگهدار.",
    faSounds: [
      "sal'Am",
      "i:n jek tam'Ase AzmAjeS'i: ast",
      "m'i:xAstam b'edAnam, sefAr'eSe man tSe zamAn'i: be d'astam m'i:resad",
      `mamn'u:nam, ${GOODBYE}`,
    ],
  },
  {
    audioId: "notice.recorded",
    en: "Calls are recorded for quality.",
    ru: "Для контроля качества разговор записывается.",
    fa: "برای ارتقای کیفیت پاسخگویی، مکالمه ضبط می‌شود.",
    faSounds: ["bar'Aje erteq1'Aje kejfi:j'ate pAsoxgu:j'i:, mokAlem'e z'abt mi:Savad"],
  },
  {
    audioId: "greeting.isp",
    en: "Hello. You have reached the support line of your internet provider.",
    ru: "Здравствуйте! Вы позвонили в службу поддержки интернет-провайдера.",
    fa: "سلام، با پشتیبانی اینترنت تماس گرفته‌اید.",
    faSounds: ["sal'Am, bA poStibAn'i:je i:ntern'et tam'As gereft'ei:d"],
  },
  {
    audioId: "greeting.bank",
    en: "Hello. You have reached the bank's customer service.",
    ru: "Здравствуйте! Вы позвонили в банк.",
    fa: "سلام، با مرکز ارتباط با مشتریان بانک تماس گرفته‌اید.",
    faSounds: ["sal'Am, bA mark'aze ertebAt'e bA moStarij'Ane bAnk tam'As gereft'ei:d"],
  },
  {
    audioId: "greeting.taxi",
    en: "Hello. You have reached the taxi service.",
    ru: "Здравствуйте! Вы позвонили в службу заказа такси.",
    fa: "سلام، با مرکز تاکسی تماس گرفته‌اید.",
    faSounds: ["sal'Am, bA mark'aze tAks'i: tam'As gereft'ei:d"],
  },
  {
    audioId: "greeting.shop",
    en: "Hello. You have reached the shop's customer service.",
    ru: "Здравствуйте! Вы позвонили в магазин.",
    fa: "سلام، با بخش مشتریان فروشگاه تماس گرفته‌اید.",
    faSounds: ["sal'Am, bA b'axSe moStarij'Ane foru:Sg'Ah tam'As gereft'ei:d"],
  },
  {
    audioId: "greeting.clinic",
    en: "Hello. You have reached the clinic. In an emergency, please hang up and call an ambulance.",
    ru: "Здравствуйте! Вы позвонили в клинику. Если нужна срочная помощь, положите трубку и вызовите скорую.",
    fa: "سلام، با درمانگاه تماس گرفته‌اید. در موارد اورژانسی، گوشی را بگذارید و با اورژانس تماس بگیرید.",
    faSounds: [
      "sal'Am, bA darmAng'Ah tam'As gereft'ei:d",
      "dar mavAr'ede u:rZAns'i:, gu:S'i: rA b'egozAri:d, va bA u:rZ'Ans tam'As b'egi:ri:d",
    ],
  },
  {
    audioId: "greeting.outsourcer",
    en: "Hello. You have reached the contact centre.",
    ru: "Здравствуйте! Вы позвонили в контакт-центр.",
    fa: "سلام، به مرکز تماس خوش آمدید.",
    faSounds: ["sal'Am, be mark'aze tam'As x'oS Amadi:d"],
  },
  {
    audioId: "refuse.closed",
    en: "We're closed at the moment. Please call again during working hours.",
    ru: "Сейчас нерабочее время. Пожалуйста, позвоните в рабочие часы.",
    fa: "اکنون خارج از ساعت کاری هستیم. لطفاً در ساعات کاری تماس بگیرید.",
    faSounds: ["akn'u:n xAredZ az sA?'ate kAr'i: h'asti:m", "l'otfan dar sA?'Ate kAr'i: tam'As b'egi:ri:d"],
  },
  {
    audioId: "test.hello",
    en: "Hello, this is a test call. Please say something now, for example, count from one to five.",
    ru: "Здравствуйте! Это проверочный звонок. Скажите, пожалуйста, что-нибудь. Например, посчитайте до пяти.",
    fa: "سلام! این یک تماس آزمایشی است. لطفاً چیزی بگویید. مثلاً تا پنج بشمارید.",
    faSounds: ["sal'Am", "i:n jek tam'Ase AzmAjeS'i: ast", "l'otfan tS'i:zi: b'egu:ji:d", "mas'alan tA p'andZ b'eSomAri:d"],
  },
  {
    audioId: "test.heard",
    en: "Thank you, I heard you clearly. This test call ends now, goodbye.",
    ru: "Спасибо, вас хорошо слышно. Проверка закончена. До свидания.",
    fa: "ممنونم، صدای شما را به‌خوبی شنیدم. این تماس پایان می‌یابد. خدانگهدار.",
    faSounds: ["mamn'u:nam, sed'Aje Som'A rA bexu:b'i: Seni:dam", "i:n tam'As pAj'An m'i:jAbad", GOODBYE],
  },
  {
    audioId: "test.notHeard",
    en: "I could not hear you. Please check your microphone. Goodbye.",
    ru: "Вас не слышно. Проверьте, пожалуйста, микрофон. До свидания.",
    fa: "صدای شما شنیده نشد. لطفاً میکروفون خود را بررسی کنید. خدانگهدار.",
    faSounds: ["sed'Aje Som'A Seni:d'e n'aSod", "l'otfan mi:krof'one x'od rA barras'i: k'oni:d", GOODBYE],
  },
];

/**
 * Russian words that the synthesiser reads wrongly by their letters: silent consonants, and prepositions, which in speech
 * belong to the next word and carry no stress ("за звонок" is one word to the ear; "к" alone would be read as a letter).
 */
const RUSSIAN_BY_SOUND: readonly (readonly [words: string, sounds: string])[] = [
  ["Здравствуйте", "zd@-r'Astvujt;i"],
  ["за звонок", "zVzvVn'ok"],
  ["за ожидание", "zVVZyd'An;ijI"],
  ["за долгое", "zVd'olgVjI"],
  ["К сожалению", "ksVZal;'en;iju"],
  ["Пожалуйста", "pVZ'AlustV"],
  ["пожалуйста", "pVZ'AlustV"],
  ["в банк", "vb'ank"],
  ["в магазин", "vmVgVz;'in"],
  ["в контакт-центр", "fkVnt'aktts'Entr"],
  ["до пяти", "dVp;It;'i"],
  ["До свидания", "dVsv;id'An;ijV"],
  ["до свидания", "dVsv;id'An;ijV"],
  ["из операторов", "izVp;ir'AtVrVf"],
  ["у нас", "un'As"],
  ["сейчас мы вас", "s;ijtS;'As my vVs"],
  ["сейчас мы не можем", "s;ijtS;'As my n;i m'oZym"],
];

/** Every phrase in every language, in the order of the catalogue. */
export const SPOKEN_PHRASES: readonly Phrase[] = PHRASES.flatMap((phrase) => [
  { audioId: phrase.audioId, language: "en", text: phrase.en, spoken: sentencesOf(phrase.en) },
  { audioId: phrase.audioId, language: "ru", text: phrase.ru, spoken: sentencesOf(phrase.ru).map(bySoundWhereReadWrongly) },
  { audioId: phrase.audioId, language: "fa", text: phrase.fa, spoken: phrase.faSounds },
]);

function sentencesOf(text: string): string[] {
  return text.split(/(?<=[.!?])\s+/u);
}

function bySoundWhereReadWrongly(sentence: string): string {
  return RUSSIAN_BY_SOUND.reduce((rest, [words, sounds]) => rest.replaceAll(words, `[[${sounds}]]`), sentence);
}
