import type { WorkplaceRow } from "@allo/contract";

export type WorkplaceFilter = "all" | "notEquipped" | "skipped" | "stale";

/** The rows that a lead asked for. */
export function narrowed(rows: readonly WorkplaceRow[], filter: WorkplaceFilter): readonly WorkplaceRow[] {
  switch (filter) {
    case "all":
      return rows;
    case "notEquipped":
    case "skipped":
      return rows.filter(({ standing }) => standing === filter);
    case "stale":
      return rows.filter(({ stale }) => stale);
    default:
      return filter satisfies never;
  }
}
