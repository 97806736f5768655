import { useRef } from "react";

export type Held<Row> = { readonly shown: readonly Row[]; /** Rows that came in above or between what is shown. */ readonly fresh: number };

/**
 * Rows in the order in which one is looking at them: those known keep their places, those that follow the last known one are
 * put behind it, and those that came before it are only counted until one asks for them. Pure.
 */
export function holdOrder<Row>(held: readonly string[], rows: readonly Row[], keyOf: (row: Row) => string): Held<Row> {
  const byKey = new Map(rows.map((row) => [keyOf(row), row]));
  const known = held.filter((key) => byKey.has(key));
  if (known.length === 0) return { shown: rows, fresh: 0 };
  const knownKeys = new Set(known);
  const lastKnown = rows.findLastIndex((row) => knownKeys.has(keyOf(row)));
  const behind = rows.slice(lastKnown + 1);
  const shown = [...known.flatMap((key) => byKey.get(key) ?? []), ...behind];
  return { shown, fresh: rows.length - shown.length };
}

/** Keeps rows where they are while the question (`about`) stays the same; `release` takes the server's order again. */
export function useHeldRows<Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
  about: string,
): Held<Row> & { readonly release: () => void } {
  const held = useRef<{ about: string; keys: readonly string[] }>({ about, keys: [] });
  if (held.current.about !== about) held.current = { about, keys: [] };
  const result = holdOrder(held.current.keys, rows, keyOf);
  held.current.keys = result.shown.map(keyOf);
  return {
    ...result,
    release: () => {
      held.current.keys = [];
    },
  };
}

/** A live, sorted list that stands still while the pointer or the keyboard is in it. */
export function useCalmOrder<Row>(sorted: readonly Row[], keyOf: (row: Row) => string, calm: boolean): readonly Row[] {
  const order = useRef<readonly string[]>([]);
  const places = new Map(order.current.map((key, place) => [key, place]));
  const shown = calm ? [...sorted].sort((a, b) => (places.get(keyOf(a)) ?? Infinity) - (places.get(keyOf(b)) ?? Infinity) || 0) : sorted;
  order.current = shown.map(keyOf);
  return shown;
}
