import type { DialRange } from "@allo/contract";
import { getCountries, getCountryCallingCode, isSupportedCountry, parsePhoneNumberFromString } from "libphonenumber-js/max";
import { latinDigits } from "../../platform/latin-digits.ts";
import type { Destination } from "./core/dial-policy.ts";

const NONE: Destination = { dial: null, country: null, range: "unknown" };
const DIGITS_MAX = 20;
/** Global networks of satellites and ships (ITU-T E.164.1): no country's numbers. */
const SATELLITE_CODES: ReadonlySet<string> = new Set(["870", "878", "881", "882", "883", "888"]);

/** Reads a number as an agent types it, as a phone dials it or as a Refer-To names it. */
export function readDestination(
  text: string,
  { country, emergencyNumbers }: { readonly country: string; readonly emergencyNumbers: readonly string[] },
): Destination {
  const plain = latinDigits(text).trim();
  // Letters, extensions and pauses are refused: a carrier may read them otherwise than we do.
  if (!/^\+?[0-9 ().\-\u00a0]+$/.test(plain)) return NONE;
  const digits = plain.replaceAll(/\D/g, "");
  if (digits.length === 0 || digits.length > DIGITS_MAX) return NONE;
  if (!plain.startsWith("+") && emergencyNumbers.includes(digits)) return { dial: digits, country, range: "emergency" };
  const parsed = isSupportedCountry(country)
    ? parsePhoneNumberFromString(plain, { defaultCountry: country, extract: false })
    : parsePhoneNumberFromString(plain, { extract: false });
  if (parsed === undefined || !parsed.isPossible()) return NONE;
  const dial: string = parsed.number;
  const code: string = parsed.countryCallingCode;
  if (SATELLITE_CODES.has(code)) return { dial, country: null, range: "satellite" };
  if (code === "979") return { dial, country: null, range: "premium" };
  if (code === "808") return { dial, country: null, range: "sharedCost" };
  return { dial, country: parsed.country ?? null, range: rangeOf(parsed.getType()) };
}

function rangeOf(type: string | undefined): DialRange {
  switch (type) {
    case "FIXED_LINE":
    case "MOBILE":
    case "FIXED_LINE_OR_MOBILE":
    case "VOIP":
    case "TOLL_FREE":
    case "UAN":
    case "VOICEMAIL":
      return "ordinary";
    case "PREMIUM_RATE":
      return "premium";
    // Personal numbers and pagers are sold by the minute like them, and abused like them.
    case "SHARED_COST":
    case "PERSONAL_NUMBER":
    case "PAGER":
      return "sharedCost";
    default:
      return "unknown";
  }
}

/** Every country with numbers, and what its numbers begin with. */
export function dialCountries(): readonly { readonly country: string; readonly callingCode: string }[] {
  return getCountries()
    .filter((country) => /^[A-Z]{2}$/.test(country))
    .map((country) => ({ country, callingCode: `+${getCountryCallingCode(country)}` }));
}

/** The number for a list: enough to know it again, not enough to call it. */
export function shownDestination({ dial, range }: Destination): string | null {
  if (dial === null || range === "emergency") return dial;
  if (dial.length <= 8) return `${dial.slice(0, 3)}••••`;
  return `${dial.slice(0, -6)}••••${dial.slice(-2)}`;
}
