import { useLingui } from "@lingui/react/macro";
import { useMemo } from "react";
import { useFormat } from "./use-format.ts";
import { same } from "./versioned-draft.ts";

/** What a field is called on its form, and its value in words. */
type FieldWord<V> = {
  readonly label: string;
  /** `other`: the value that it is told apart from; only what differs need be said. */
  readonly say: (value: V, other: V) => string;
};
export type FieldWords<T extends object> = { readonly [K in keyof T]-?: FieldWord<T[K]> };

export const NOTHING = "—";

/** The parts in which two compound values differ, each by its name. */
export function sayParts<T extends object>(words: FieldWords<T>): (value: T, other: T) => string {
  return (value, other) =>
    (Object.keys(words) as (keyof T)[])
      .filter((key) => !same(value[key], other[key]))
      .map((key) => `${words[key].label}: ${words[key].say(value[key], other[key])}`)
      .join(" · ");
}

/** The same where there may be none at all. */
export function sayPartsOrNone<T extends object>(words: FieldWords<T>): (value: T | null, other: T | null) => string {
  return (value, other) => (value === null ? NOTHING : sayParts(words)(value, other ?? ({} as T)));
}

type Sayings = {
  readonly text: (value: string | null) => string;
  readonly number: (value: number | null) => string;
  readonly yesNo: (value: boolean) => string;
  readonly list: (values: readonly string[]) => string;
  /** The end of a long text in PEM, by which two are told apart. */
  readonly pem: (value: string | null) => string;
};

const PEM_CHARS_SHOWN = 16;

/** Values of the usual kinds in words. */
export function useSayings(): Sayings {
  const { t } = useLingui();
  const format = useFormat();
  return useMemo(
    () => ({
      text: (value) => (value === null || value === "" ? NOTHING : `\u2068${value}\u2069`),
      number: (value) => (value === null ? NOTHING : format.number(value)),
      yesNo: (value) => (value ? t({ message: "yes", context: "a setting" }) : t({ message: "no", context: "a setting" })),
      list: (values) => (values.length === 0 ? NOTHING : values.map((each) => `\u2068${each}\u2069`).join(", ")),
      pem: (value) =>
        value === null || value === ""
          ? NOTHING
          : `\u2066…${value
              .replace(/-----END[^]*$/u, "")
              .replaceAll(/\s/gu, "")
              .slice(-PEM_CHARS_SHOWN)}\u2069`,
    }),
    [t, format],
  );
}
