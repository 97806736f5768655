import type { DialPolicy } from "@allo/contract";
import { normaliseDigits } from "../../ui/format.ts";

type Rate = DialPolicy["rates"][number];

/** A price list as lines of prefix and price a minute, as it is pasted from a carrier's. */
export function ratesText(rates: readonly Rate[]): string {
  return rates.map(({ prefix, perMinute }) => `${prefix} ${String(perMinute)}`).join("\n");
}

/** The list, or the number of the first line that can't be read. */
export function readRates(text: string): { readonly ok: true; readonly rates: Rate[] } | { readonly ok: false; readonly line: number } {
  const rates: Rate[] = [];
  const seen = new Set<string>();
  for (const [index, raw] of text.split("\n").entries()) {
    const line = normaliseDigits(raw).trim();
    if (line === "") continue;
    const match = /^\+?([1-9]\d{0,14})[\s;,\t]+(\d{1,6}(?:[.,٫]\d{1,4})?)$/u.exec(line);
    const prefix = match === null ? "" : `+${match[1] ?? ""}`;
    if (match === null || seen.has(prefix)) return { ok: false, line: index + 1 };
    seen.add(prefix);
    rates.push({ prefix, perMinute: Number((match[2] ?? "").replace(/[,٫]/u, ".")) });
  }
  return { ok: true, rates };
}
