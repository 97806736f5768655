import { numberWrittenOut, validNumber } from "../../platform/world-number.ts";
import type { Caller } from "../contacts/index.ts";

const ANONYMOUS = /^(anonymous|unknown|unavailable|restricted|private|withheld|)$/i;
/** Longest digits of E.164 with room for prefixes; what is longer is no number of a person. */
const RAW_CHARS_MAX = 40;

export type ReadCaller = { readonly state: "number" | "raw" | "anonymous"; readonly caller: Caller };

/** The caller's number as the network gave it, in E.164 where it can be read as a number of the world or of the organisation's country. */
export function readCaller(given: { readonly number: string | null; readonly name: string | null }, defaultCountry: string): ReadCaller {
  const text = given.number?.trim() ?? "";
  const name = given.name !== null && !ANONYMOUS.test(given.name.trim()) ? given.name.trim() : null;
  // RFC 3323: a hidden caller is "anonymous" in words; RFC 3261 §20.20 lets the name say so too.
  if (ANONYMOUS.test(text)) return { state: "anonymous", caller: { number: null, name } };
  const international = text.startsWith("00") ? `+${text.slice(2)}` : text;
  const number = validNumber(international, defaultCountry) ?? numberWrittenOut(international, defaultCountry);
  if (number !== null) return { state: "number", caller: { number, name } };
  return { state: "raw", caller: { number: text.slice(0, RAW_CHARS_MAX), name } };
}
