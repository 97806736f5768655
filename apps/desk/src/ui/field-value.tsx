import type { CustomerField } from "@allo/contract";
import type { ReactNode } from "react";
import { isDay } from "./is-day.ts";
import { useFormat } from "./use-format.ts";

/** What stands in one of the organisation's own fields: a date as the reader's calendar has it, all else as it was typed. */
export function FieldValue({ type, text }: { readonly type: CustomerField["type"]; readonly text: string }): ReactNode {
  const format = useFormat();
  // Noon in Greenwich is the same day in every zone that people are called in.
  return type === "date" && isDay(text) ? format.date(Date.parse(`${text}T12:00:00Z`)) : <bdi>{text}</bdi>;
}
