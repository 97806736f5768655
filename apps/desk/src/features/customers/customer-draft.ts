import type { BodyOf, Customer } from "@allo/contract";
import { normaliseInput } from "../../ui/format.ts";

type CustomerWrite = BodyOf<"customerCreate">;

/** A card as a form holds it; each own field is a key of its own, so that two people can change different ones. */
export type CustomerDraft = {
  readonly name: string;
  readonly note: string;
  readonly language: Customer["language"];
  readonly identities: Customer["identities"];
} & { readonly [field: `field:${string}`]: string };

export function draftOf(
  customer: Pick<Customer, "name" | "note" | "language" | "identities" | "fields">,
  fieldIds: readonly string[],
): CustomerDraft {
  const fields = Object.fromEntries(
    [...new Set([...fieldIds, ...Object.keys(customer.fields)])].map((id) => [`field:${id}`, customer.fields[id] ?? ""]),
  );
  const { name, note, language, identities } = customer;
  return { name, note, language, identities, ...fields };
}

export const emptyCustomer: Pick<Customer, "name" | "note" | "language" | "identities" | "fields"> = {
  name: "",
  note: "",
  language: null,
  identities: [{ kind: "phone", value: "" }],
  fields: {},
};

/** What is sent: trimmed, without identities that were left empty. */
export function writeOf(draft: CustomerDraft): CustomerWrite {
  const fields = Object.entries(draft).flatMap(([key, value]) =>
    key.startsWith("field:") && typeof value === "string" && value.trim() !== ""
      ? [[key.slice("field:".length), normaliseInput(value).trim()] as const]
      : [],
  );
  return {
    name: normaliseInput(draft.name).trim(),
    note: draft.note.trim(),
    language: draft.language,
    identities: draft.identities
      .map((each) => ({ kind: each.kind, value: normaliseInput(each.value).trim() }))
      .filter((each) => each.value !== ""),
    fields: Object.fromEntries(fields),
  };
}

/** Only what was changed: what someone else changes elsewhere on the card stays theirs. */
export function updateOf(draft: CustomerDraft, changes: Partial<CustomerDraft>): Partial<CustomerWrite> {
  const whole = writeOf(draft);
  const keys = Object.keys(changes);
  return {
    ...(keys.includes("name") ? { name: whole.name } : {}),
    ...(keys.includes("note") ? { note: whole.note } : {}),
    ...(keys.includes("language") ? { language: whole.language } : {}),
    ...(keys.includes("identities") ? { identities: whole.identities } : {}),
    ...(keys.some((key) => key.startsWith("field:")) ? { fields: whole.fields } : {}),
  };
}
