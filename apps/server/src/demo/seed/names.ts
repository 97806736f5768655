/* Names of people who don't exist, as they are common where the three lines' customers live. */
import type { Prng } from "@allo/kernel";
import type { Language } from "@allo/contract";
import { isTrue, pickOne } from "../history/draws.ts";

const ENGLISH_FIRST =
  "Olivia Amelia Isla Ava Grace Freya Emily Sophie Charlotte Alice Hannah Lucy Ruby Megan Chloe Zara Priya Aisha Nadia Eleanor Margaret Joan Patricia Susan Karen Rachel Claire Fiona Catriona Bronwen Oliver George Harry Jack Arthur Noah Thomas William James Henry Samuel Daniel Callum Rhys Euan Hamish Imran Arjun Tariq Kwame David Peter Graham Stephen Alan Martin Neil Colin Derek Stuart".split(
    " ",
  );
const ENGLISH_LAST =
  "Smith Jones Taylor Brown Williams Wilson Johnson Davies Patel Robinson Wright Thompson Evans Walker White Roberts Green Hall Wood Jackson Clarke Khan Lewis Harris Clark Turner Cooper Hill Ward Morris Moore Baker Harrison King Morgan Allen James Phillips Scott Watson Davis Parker Price Bennett Young Griffiths Mitchell Kelly Cook Campbell Stewart Murray Fraser MacDonald Ferguson Hussain Begum Singh Chaudhry Okafor Mensah O'Connor Gallagher Pritchard Llewellyn Ashworth Hargreaves Fairbairn Whitaker".split(
    " ",
  );

const RUSSIAN_WOMEN =
  "Анна Мария Елена Ольга Наталья Татьяна Ирина Светлана Екатерина Юлия Анастасия Дарья Ксения Полина Виктория Галина Людмила Нина Валентина Вера Надежда Любовь Алина Марина Оксана Яна Лариса Евгения Диана Алёна".split(
    " ",
  );
const RUSSIAN_MEN =
  "Александр Сергей Дмитрий Андрей Алексей Максим Евгений Иван Михаил Николай Владимир Артём Роман Павел Игорь Олег Виктор Юрий Константин Денис Антон Кирилл Илья Никита Тимур Руслан Геннадий Борис Степан Фёдор".split(
    " ",
  );
/** Father's name: as it makes the patronymics, men's and women's. */
const RUSSIAN_FATHERS = [
  ["Александрович", "Александровна"],
  ["Сергеевич", "Сергеевна"],
  ["Дмитриевич", "Дмитриевна"],
  ["Андреевич", "Андреевна"],
  ["Алексеевич", "Алексеевна"],
  ["Евгеньевич", "Евгеньевна"],
  ["Иванович", "Ивановна"],
  ["Михайлович", "Михайловна"],
  ["Николаевич", "Николаевна"],
  ["Владимирович", "Владимировна"],
  ["Романович", "Романовна"],
  ["Павлович", "Павловна"],
  ["Игоревич", "Игоревна"],
  ["Олегович", "Олеговна"],
  ["Викторович", "Викторовна"],
  ["Юрьевич", "Юрьевна"],
  ["Константинович", "Константиновна"],
  ["Борисович", "Борисовна"],
  ["Геннадьевич", "Геннадьевна"],
  ["Ильич", "Ильинична"],
  ["Фёдорович", "Фёдоровна"],
  ["Рустамович", "Рустамовна"],
] as const;
/** Men's and women's forms. */
const RUSSIAN_LAST = [
  ..."Иванов Смирнов Кузнецов Попов Васильев Петров Соколов Михайлов Новиков Фёдоров Морозов Волков Алексеев Лебедев Семёнов Егоров Павлов Козлов Степанов Николаев Орлов Андреев Макаров Никитин Захаров Зайцев Соловьёв Борисов Яковлев Григорьев Романов Воробьёв Сергеев Фролов Гусев Киселёв Ильин Максимов Поляков Сорокин Виноградов Ковалёв Белов Медведев Антонов Тарасов Жуков Баранов Филиппов Комаров Давыдов Беляев Герасимов Богданов Осипов Сидоров Матвеев Титов Марков Миронов Крылов Куликов Карпов Мельников Власов Денисов Гаврилов Тихонов Казаков Быков Ахметов Сафин Галиев"
    .split(" ")
    .map((name) => [name, `${name}а`] as const),
  ["Вишневский", "Вишневская"],
  ["Заболоцкий", "Заболоцкая"],
  ["Островский", "Островская"],
  ["Черных", "Черных"],
  ["Бондаренко", "Бондаренко"],
  ["Шевчук", "Шевчук"],
  ["Толстой", "Толстая"],
] as const;

const PERSIAN_WOMEN =
  "فاطمه زهرا مریم سارا نرگس مینا لیلا الهام نازنین شیما پریسا مهسا نگار سمیرا شیرین آزاده نسرین فریبا مهناز پروین سپیده هانیه یاسمن ترانه کیمیا بهاره رویا گلناز ستاره ریحانه".split(
    " ",
  );
const PERSIAN_MEN =
  "علی محمد حسین رضا مهدی امیر حمید سعید مجید بهرام کامران آرش سیاوش بابک فرهاد نیما پویا کیان آرمان سهراب داریوش ایرج منوچهر مسعود وحید ناصر جواد احسان پیمان شهرام".split(
    " ",
  );
const PERSIAN_LAST = [
  ..."محمدی حسینی احمدی کریمی موسوی جعفری رضایی قاسمی صادقی مرادی حیدری رحیمی ابراهیمی اکبری نوری عباسی شریفی سلیمانی زارع میرزایی یوسفی باقری کاظمی امینی هاشمی طاهری نظری فتحی بهرامی خسروی تهرانی اصفهانی شیرازی یزدانی پارسا راد آذری نیکنام فروزان مهرجویی دهقان صالحی بختیاری گلستانی کیانی رستمی جلالی ملکی فرهادی زند".split(
    " ",
  ),
  "آقایی‌فر",
  "نیک‌پور",
  "حسن‌زاده",
  "علی‌پور",
  "رحمان‌زاده",
];

export type DrawnName = { readonly full: string; readonly isWoman: boolean };

/** `formal`: Russian with its patronymic, surname first, as files of customers have it. */
export function drawName(language: Language, prng: Prng, { formal }: { readonly formal: boolean }): DrawnName {
  const isWoman = isTrue(prng, 0.53);
  switch (language) {
    case "en":
      return { full: `${pickOne(prng, ENGLISH_FIRST)} ${pickOne(prng, ENGLISH_LAST)}`, isWoman };
    case "ru": {
      const first = pickOne(prng, isWoman ? RUSSIAN_WOMEN : RUSSIAN_MEN);
      const last = pickOne(prng, RUSSIAN_LAST)[isWoman ? 1 : 0];
      const father = pickOne(prng, RUSSIAN_FATHERS)[isWoman ? 1 : 0];
      return { full: formal ? `${last} ${first} ${father}` : `${first} ${last}`, isWoman };
    }
    case "fa":
      return { full: `${pickOne(prng, isWoman ? PERSIAN_WOMEN : PERSIAN_MEN)} ${pickOne(prng, PERSIAN_LAST)}`, isWoman };
  }
}

/** Names that no two people of the list share. */
export function drawNames(language: Language, prng: Prng, count: number, style: { readonly formal: boolean }): readonly string[] {
  const names = new Set<string>();
  for (let tries = 0; names.size < count && tries < count * 50; tries += 1) names.add(drawName(language, prng, style).full);
  return [...names];
}
