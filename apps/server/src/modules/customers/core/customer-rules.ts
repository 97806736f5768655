/* What a customer's card may hold; pure. */
import { fail, ok } from "@allo/kernel";
import type { Result } from "@allo/kernel";

export type FieldKind = { readonly fieldId: string; readonly type: "text" | "number" | "date"; readonly retired: boolean };
export type FieldFault = { readonly path: string; readonly code: "unknownField" | "notNumeric" | "notADate" };

/** Values as they are stored: empty ones are left out, what stood in a retired field stays. */
export function checkFields(
  given: Readonly<Record<string, string>>,
  kinds: readonly FieldKind[],
  before: Readonly<Record<string, string>>,
): Result<Readonly<Record<string, string>>, FieldFault> {
  const known = new Map(kinds.map((kind) => [kind.fieldId, kind]));
  const kept: Record<string, string> = {};
  for (const [fieldId, value] of Object.entries(before)) if (known.get(fieldId)?.retired === true) kept[fieldId] = value;
  for (const [fieldId, text] of Object.entries(given)) {
    const kind = known.get(fieldId);
    if (kind === undefined) return fail({ path: `fields.${fieldId}`, code: "unknownField" });
    const value = text.trim();
    if (kind.retired || value === "") continue;
    if (kind.type === "number" && !/^-?\d{1,15}(?:\.\d{1,9})?$/.test(value)) return fail({ path: `fields.${fieldId}`, code: "notNumeric" });
    if (kind.type === "date" && !isDay(value)) return fail({ path: `fields.${fieldId}`, code: "notADate" });
    kept[fieldId] = value;
  }
  return ok(kept);
}

/** A day of the Gregorian calendar as YYYY-MM-DD, however screens show it. */
export function isDay(text: string): boolean {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (match === null) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
  return days !== undefined && day >= 1 && day <= days;
}
