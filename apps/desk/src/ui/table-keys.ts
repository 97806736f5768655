/** Where the row under the keyboard goes; null: the key isn't the table's. Pure. */
export function rowAfterKey(options: {
  readonly key: string;
  readonly active: number;
  readonly count: number;
  readonly pageRows: number;
}): number | null {
  const { key, active, count, pageRows } = options;
  if (count === 0) return null;
  const clamp = (row: number): number => Math.max(0, Math.min(count - 1, row));
  switch (key) {
    case "ArrowDown":
      return clamp(active + 1);
    case "ArrowUp":
      return clamp(active - 1);
    case "PageDown":
      return clamp(active + pageRows);
    case "PageUp":
      return clamp(active - pageRows);
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return null;
  }
}

export type Sort = { readonly column: string; readonly descending: boolean };

/** Pressing a heading: ascending, descending, then as the server gave it. */
export function sortAfterPress(sort: Sort | null, column: string): Sort | null {
  if (sort?.column !== column) return { column, descending: false };
  return sort.descending ? null : { column, descending: true };
}
