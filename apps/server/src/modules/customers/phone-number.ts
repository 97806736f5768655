import { numberWrittenOut, validNumber } from "../../platform/world-number.ts";
import { latinDigits } from "./core/search-key.ts";

const RUSSIAN_TRUNK = /^8(?=\d{10}$)/;

/** An extension of a telephone system, which has no number of the world. */
const INTERNAL = /^\d{2,6}$/;

/** Reads a number as a person types it: in E.164, or the digits of an internal one; null where it is neither. */
export function readPhone(text: string, country: string): string | null {
  const plain = latinDigits(text).trim();
  if (!/^[+\d(][\d\s().\-/\u00a0]*$/.test(plain)) return null;
  const digits = plain.replaceAll(/\D/g, "");
  const written = plain.startsWith("00") ? `+${digits.slice(2)}` : plain;
  for (const candidate of [written, `+${digits}`, `+${digits.replace(RUSSIAN_TRUNK, "7")}`]) {
    const number = validNumber(candidate, country);
    if (number !== null) return number;
  }
  return numberWrittenOut(written, country) ?? (INTERNAL.test(plain) ? plain : null);
}
