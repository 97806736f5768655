import type { WorkplaceRow } from "@allo/contract";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { useApi } from "../../api/queries.ts";
import { useNow } from "../../ui/clock.tsx";
import { useMay } from "../session/session.ts";

/** Checks come a few a day and person: looked at again every minute. */
const FRESH_MS = 60_000;

/** Everyone's last check, for leads; undefined until it is known. */
export function useWorkplaces(): readonly WorkplaceRow[] | undefined {
  const may = useMay()("floor.read");
  return useApi("workplacesList", {}, { enabled: may, keepPrevious: true }).data?.items;
}

/** Reads the checks anew once a minute while the floor is looked at. */
export function useFreshWorkplaces(): void {
  const queries = useQueryClient();
  const minute = Math.floor(useNow() / FRESH_MS);
  useEffect(() => {
    void queries.invalidateQueries({ queryKey: ["workplacesList"] });
  }, [queries, minute]);
}

/** By person, for marks on rows. */
export function useWorkplacesByPerson(): ReadonlyMap<string, WorkplaceRow> {
  const rows = useWorkplaces();
  return useMemo(() => new Map(rows?.map((row) => [row.personId, row])), [rows]);
}
