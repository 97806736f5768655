import type { Column } from "./data-table.tsx";

export { useNarrow } from "./use-narrow.ts";

/** On a narrow screen only the named columns, in that order and as wide as there is room; the rest stands in the row's panel. */
export function shownColumns<Row>(columns: readonly Column<Row>[], narrow: boolean, kept: readonly string[]): readonly Column<Row>[] {
  if (!narrow) return columns;
  return kept
    .flatMap((id) => columns.filter((column) => column.id === id))
    .map((column) => ({ ...column, width: column.width.replace(/minmax\(\d+px/u, "minmax(0px") }));
}
