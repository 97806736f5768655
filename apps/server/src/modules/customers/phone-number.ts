import { isSupportedCountry, parsePhoneNumberFromString } from "libphonenumber-js/max";
import { latinDigits } from "./core/search-key.ts";

const RUSSIAN_TRUNK = /^8(?=\d{10}$)/;

/** An extension of a telephone system, which has no number of the world. */
const INTERNAL = /^\d{2,6}$/;

/** Reads a number as a person types it: in E.164, or the digits of an internal one; null where it is neither. */
export function readPhone(text: string, country: string): string | null {
  const plain = latinDigits(text).trim();
  if (!/^[+\d(][\d\s().\-/\u00a0]*$/.test(plain)) return null;
  const digits = plain.replaceAll(/\D/g, "");
  const candidates = [plain.startsWith("00") ? `+${digits.slice(2)}` : plain, `+${digits}`, `+${digits.replace(RUSSIAN_TRUNK, "7")}`];
  for (const candidate of candidates) {
    const parsed = isSupportedCountry(country) ? parsePhoneNumberFromString(candidate, country) : parsePhoneNumberFromString(candidate);
    if (parsed?.isValid() === true) return parsed.number;
  }
  // Numbering plans grow faster than the tables of them: one written out in full, of a length that may be, is taken at its word.
  if (/^[+0]/.test(plain)) {
    const written = candidates[0] as string;
    const parsed = isSupportedCountry(country) ? parsePhoneNumberFromString(written, country) : parsePhoneNumberFromString(written);
    if (parsed?.isPossible() === true) return parsed.number;
  }
  return INTERNAL.test(plain) ? plain : null;
}
