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

/** Where to scroll so that a row is wholly seen below the headings that stay; null: it is already. Pure. */
export function scrollTopFor(options: {
  readonly row: number;
  readonly rowHeight: number;
  readonly headHeight: number;
  readonly scrollTop: number;
  readonly viewHeight: number;
}): number | null {
  const { row, rowHeight, scrollTop } = options;
  const top = row * rowHeight;
  const bottom = top + rowHeight;
  const room = options.viewHeight - options.headHeight;
  if (top < scrollTop) return top;
  return bottom > scrollTop + room ? bottom - room : null;
}
