import type { LiveTopics } from "@allo/contract";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { apiKey } from "../api/queries.ts";
import type { RouteName } from "@allo/contract";
import { useTopic } from "./live-provider.tsx";

type Kind = LiveTopics["work"]["changed"][number]["kind"];
/** Many changes in a row are read once. */
const REFETCH_AFTER_MS = 700;
const nobody: ReadonlySet<string> = new Set();

/** Which rows of a kind changed since the room was opened (or since they were looked at); the named lists are read again. */
export function useWorkChanges(
  kind: Kind,
  lists: readonly RouteName[],
): { readonly marked: ReadonlySet<string>; readonly unmark: () => void } {
  const queries = useQueryClient();
  const work = useTopic("work");
  const [marked, setMarked] = useState<ReadonlySet<string>>(nobody);
  const seen = useRef<number | null>(null);
  const wanted = useRef(lists);
  wanted.current = lists;
  useEffect(() => {
    if (work === undefined || work.version === seen.current) return undefined;
    const first = seen.current === null;
    seen.current = work.version;
    if (first) return undefined;
    const ids = work.changed.filter((change) => change.kind === kind).map((change) => change.id);
    if (ids.length > 0) setMarked((before) => new Set([...before, ...ids]));
    const timer = setTimeout(() => {
      for (const list of wanted.current) void queries.invalidateQueries({ queryKey: apiKey(list) });
    }, REFETCH_AFTER_MS);
    return () => clearTimeout(timer);
  }, [work, kind, queries]);
  return { marked, unmark: () => setMarked(nobody) };
}
