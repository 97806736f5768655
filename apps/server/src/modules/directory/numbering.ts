import { parsePhoneNumberFromString, type CountryCode, isSupportedCountry } from "libphonenumber-js/max";
import { latinDigits } from "../../platform/latin-digits.ts";

/** How a number of ours is known and dialled. */
export type Numbering = {
  readonly e164: string | null;
  /** The user parts of a Request-URI by which callers may reach it. */
  readonly dialled: readonly string[];
};

/**
 * Reads a number as an administrator types it: E.164 where it is a valid one of the country, else an internal one of 2 to 15 digits.
 * Null: neither.
 */
export function readNumber(text: string, country: string): Numbering | null {
  const plain = latinDigits(text).trim();
  if (!/^\+?[\d ().\-\u00a0]+$/.test(plain)) return null;
  const digits = plain.replaceAll(/\D/g, "");
  if (digits.length < 2 || digits.length > 15) return null;
  const parsed = isSupportedCountry(country)
    ? parsePhoneNumberFromString(plain, country satisfies CountryCode)
    : parsePhoneNumberFromString(plain);
  if (parsed !== undefined && parsed.isValid()) {
    const national = parsed.formatNational().replaceAll(/\D/g, "");
    const e164 = parsed.number;
    return { e164, dialled: [...new Set([e164, e164.slice(1), national, digits])] };
  }
  return plain.startsWith("+") ? null : { e164: null, dialled: [digits] };
}
