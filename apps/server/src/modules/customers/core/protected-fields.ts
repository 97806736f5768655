/* Which values of a card are for verified callers only; pure. */
import { fail, ok } from "@allo/kernel";
import type { Result } from "@allo/kernel";

export type ProtectedKind = { readonly fieldId: string; readonly verifyLevel: number };
type Values = Readonly<Record<string, string>>;

/** The fields that stay shut at this level. */
export function shutFields(kinds: readonly ProtectedKind[], level: number): ReadonlySet<string> {
  return new Set(kinds.flatMap(({ fieldId, verifyLevel }) => (verifyLevel > level ? [fieldId] : [])));
}

/** The values that may be seen, and which fields say nothing: not even whether they have one. */
export function openValues(values: Values, shut: ReadonlySet<string>): { readonly fields: Values; readonly withheld: readonly string[] } {
  return {
    fields: Object.fromEntries(Object.entries(values).filter(([fieldId]) => !shut.has(fieldId))),
    withheld: [...shut],
  };
}

/** What is to be stored: a shut field keeps its value, and nobody gives it another. */
export function guardedValues(given: Values, before: Values, shut: ReadonlySet<string>): Result<Values, { readonly path: string }> {
  const touched = Object.keys(given).find((fieldId) => shut.has(fieldId) && (given[fieldId] ?? "").trim() !== "");
  if (touched !== undefined) return fail({ path: `fields.${touched}` });
  const kept = Object.fromEntries(Object.entries(before).filter(([fieldId]) => shut.has(fieldId)));
  return ok({ ...Object.fromEntries(Object.entries(given).filter(([fieldId]) => !shut.has(fieldId))), ...kept });
}
