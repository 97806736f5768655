import { isSupportedCountry, parsePhoneNumberFromString, type PhoneNumber } from "libphonenumber-js/max";

/** A number of the world, in E.164; null where no numbering plan knows it. */
export function validNumber(text: string, country: string): string | null {
  const parsed = parse(text, country);
  return parsed?.isValid() === true ? parsed.number : null;
}

/** Numbering plans grow faster than the tables of them: one written out in full, of a length that may be, is taken at its word. */
export function numberWrittenOut(text: string, country: string): string | null {
  if (!/^[+0]/.test(text)) return null;
  const parsed = parse(text, country);
  return parsed?.isPossible() === true ? parsed.number : null;
}

function parse(text: string, country: string): PhoneNumber | undefined {
  return isSupportedCountry(country) ? parsePhoneNumberFromString(text, country) : parsePhoneNumberFromString(text);
}
