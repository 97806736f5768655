/*
 * How names are compared: folded to what a person means, then spelled in ASCII. PostgreSQL's trigrams see letters only as the database's
 * locale does, and in locale C those are ASCII's alone; so each letter beyond a-z becomes a group of capitals. Folded text has no
 * capitals, and a group's first letter stands in no other place, so `like`, which minds the case, matches as the folded text would.
 */

export const searchLimits = { termsMax: 6, fragmentDigitsMin: 3, keyCharsMax: 2_000 } as const;

/** What a person typed, as the search door takes it. Both empty: nothing to look for. */
export type SearchTerms = { readonly terms: readonly string[]; readonly fragments: readonly string[] };

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUV";
const GROUP_DIGITS = 2;
/** First letters of short groups, for the letters that names are mostly made of. */
const GROUP_MARKS = "XYZ";
const LONG_MARK = "W";
const LONG_GROUP_DIGITS = 5;
/** Code points that get short groups: Latin with marks, Cyrillic, Arabic and Persian; fewer than there are short groups. */
const SHORT_RANGES: readonly { readonly from: number; readonly to: number }[] = [
  { from: 0x80, to: 0x24f },
  { from: 0x400, to: 0x52f },
  { from: 0x600, to: 0x6ff },
];
const DIGIT_ZEROS: readonly number[] = [0x0660, 0x06f0]; // Arabic, Persian
const SAME_LETTERS: Readonly<Record<string, string>> = { ё: "е", ي: "ی", ى: "ی", ك: "ک", ة: "ه", أ: "ا", إ: "ا", آ: "ا", ؤ: "و", ئ: "ی" };

/** Lower case, one spelling of each letter and digit, words apart by one space. */
export function foldName(text: string): string {
  const folded = [...text.normalize("NFKC").toLowerCase()].map((char) => SAME_LETTERS[char] ?? latinDigit(char)).join("");
  return folded
    .normalize("NFD")
    .replaceAll(/(?<=[a-z])\p{Mn}+/gu, "") // marks on Latin letters; "й" keeps its own
    .normalize("NFC")
    .replaceAll(/[\u064b-\u065f\u0640]/gu, "") // vowel signs and the lengthening stroke
    .replaceAll(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

/** Folded words in ASCII, each after a space, so that "begins a word" is " term". */
export function searchWords(texts: readonly string[]): string {
  const words = texts.flatMap((text) => foldName(text).split(" ")).filter((word) => word !== "");
  return words
    .map((word) => ` ${spell(word)}`)
    .join("")
    .slice(0, searchLimits.keyCharsMax);
}

/** Numbers in E.164 as digits, each after a space. */
export function searchDigits(numbers: readonly string[]): string {
  return numbers
    .map((number) => ` ${latinDigits(number).replaceAll(/\D/g, "")}`)
    .join("")
    .slice(0, searchLimits.keyCharsMax);
}

/** Takes apart what was typed: names as terms, numbers as fragments of digits without their prefixes. */
export function readSearch(typed: string): SearchTerms {
  const text = latinDigits(typed.normalize("NFKC"));
  // A number may be typed with spaces, brackets and dashes: what stands together as one is one.
  const numbers = [...text.matchAll(/\+?\d[\d\s().\-/]*\d|\d/g)].map(([match]) => match);
  const digits = numbers.map((match) => match.replaceAll(/\D/g, "")).join("");
  const isNumber = digits.length >= searchLimits.fragmentDigitsMin;
  const rest = isNumber ? numbers.reduce((left, match) => left.replace(match, " "), text) : text;
  const terms = foldName(rest)
    .split(" ")
    .filter((word) => word !== "")
    .slice(0, searchLimits.termsMax)
    .map(spell);
  return { terms, fragments: isNumber ? numberFragments(digits) : [] };
}

/** What the digits may be of a number in E.164: as typed, without a trunk prefix (0, or 8 as in Russia), without 00. */
export function numberFragments(digits: string): readonly string[] {
  const trimmed = digits.replace(/^0+/, "");
  const all = [digits, trimmed, ...(digits.startsWith("8") ? [digits.slice(1)] : [])];
  return [...new Set(all)].filter((fragment) => fragment.length >= searchLimits.fragmentDigitsMin);
}

export function latinDigits(text: string): string {
  return [...text].map(latinDigit).join("");
}

function latinDigit(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  const zero = DIGIT_ZEROS.find((first) => code >= first && code <= first + 9);
  return zero === undefined ? char : String(code - zero);
}

function spell(word: string): string {
  return [...word].map((char) => (/[a-z0-9]/.test(char) ? char : group(char.codePointAt(0) ?? 0))).join("");
}

function group(code: number): string {
  let place = 0;
  for (const { from, to } of SHORT_RANGES) {
    if (code >= from && code <= to) return shortGroup(place + code - from);
    place += to - from + 1;
  }
  return LONG_MARK + inDigits(code, LONG_GROUP_DIGITS);
}

function shortGroup(place: number): string {
  const perMark = DIGITS.length ** GROUP_DIGITS;
  return GROUP_MARKS.charAt(Math.floor(place / perMark)) + inDigits(place % perMark, GROUP_DIGITS);
}

function inDigits(value: number, count: number): string {
  let text = "";
  for (let rest = value, i = 0; i < count; i += 1, rest = Math.floor(rest / DIGITS.length))
    text = DIGITS.charAt(rest % DIGITS.length) + text;
  return text;
}
