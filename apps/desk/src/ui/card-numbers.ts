import { normaliseInput } from "./format.ts";

/** ISO/IEC 7812-1: a card's number has so many digits, its last by the Luhn formula. */
const DIGITS_MIN = 13;
const DIGITS_MAX = 19;
/** As printed: 4-4-4-4, 4-6-5 or in one piece. What begins with fewer is a telephone number. */
const GROUP_DIGITS_MIN = 4;
const LAST_GROUP_DIGITS_MIN = 3;
const SHOWN_DIGITS = 4;
/** Digits in groups, a space, a narrow one or a dash between two of them. */
const RUN = /\d+(?:[ \u00a0\u202f-]\d+)*/gu;
/** Of banks and payment systems; the others are of airlines, fuel, telephones. */
const FIRST_DIGIT = /^[2-69]/u;

type Found = { readonly from: number; readonly to: number };

/** Where a payment card's number seems to stand, written in whichever digits. */
export function cardNumbersIn(text: string): readonly Found[] {
  const found: Found[] = [];
  for (const run of normaliseInput(text).matchAll(RUN)) {
    const groups = [...run[0].matchAll(/\d+/gu)].map((group) => ({ from: run.index + group.index, digits: group[0] }));
    for (let first = 0; first < groups.length; first += 1) {
      const last = lastOfCard(groups.map(({ digits }) => digits).slice(first));
      const [begin, end] = [groups[first], last === null ? undefined : groups[first + last]];
      if (last === null || begin === undefined || end === undefined) continue;
      found.push({ from: begin.from, to: end.from + end.digits.length });
      first += last;
    }
  }
  return found;
}

/** The text with all of each card's number hidden but the last digits, by which people know it. */
export function hideCardNumbers(text: string): string {
  let hidden = text;
  for (const { from, to } of cardNumbersIn(text).toReversed()) {
    const number = hidden.slice(from, to);
    const digits = number.replaceAll(/[ \u00a0\u202f-]/gu, "").length;
    let seen = 0;
    const shown = [...number].map((each) => {
      if (/[ \u00a0\u202f-]/u.test(each)) return each;
      seen += 1;
      return seen > digits - SHOWN_DIGITS ? each : "•";
    });
    hidden = hidden.slice(0, from) + shown.join("") + hidden.slice(to);
  }
  return hidden;
}

/** Which group ends a card's number that begins with the first; null where none does. */
function lastOfCard(groups: readonly string[]): number | null {
  let digits = "";
  for (const [index, group] of groups.entries()) {
    digits += group;
    if (digits.length > DIGITS_MAX) return null;
    const isWhole = digits.length >= DIGITS_MIN && group.length >= LAST_GROUP_DIGITS_MIN;
    if (isWhole && FIRST_DIGIT.test(digits) && passesLuhn(digits)) return index;
    if (group.length < GROUP_DIGITS_MIN) return null;
  }
  return null;
}

function passesLuhn(digits: string): boolean {
  const sum = [...digits].toReversed().reduce((total, digit, place) => {
    const value = Number(digit) * (place % 2 === 0 ? 1 : 2);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}
