import { useMediaQuery } from "@mantine/hooks";
import type { Column } from "./data-table.tsx";

/** A telephone, or a window as narrow as one. */
export function useNarrow(): boolean {
  return useMediaQuery("(max-width: 699px)", false, { getInitialValueInEffect: false });
}

/** On a narrow screen only the named columns; the rest stands in the row's panel. */
export function shownColumns<Row>(columns: readonly Column<Row>[], narrow: boolean, kept: readonly string[]): readonly Column<Row>[] {
  return narrow ? columns.filter((column) => kept.includes(column.id)).map((column, index) => (index === 0 ? { ...column, width: "minmax(0, 1fr)" } : column)) : columns;
}
