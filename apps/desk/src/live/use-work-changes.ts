import type { LiveTopics, RouteName } from "@allo/contract";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { apiKey } from "../api/queries.ts";
import { useTopic } from "./live-provider.tsx";

type Kind = LiveTopics["work"]["changed"][number]["kind"];
/** Many changes in a row are read once; a list that changes all the time is still read this often. */
const REFETCH_AFTER_MS = 1_200;
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
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const wanted = useRef(lists);
  wanted.current = lists;
  useEffect(() => {
    if (work === undefined || work.version === seen.current) return;
    const first = seen.current === null;
    seen.current = work.version;
    if (first) return;
    const ids = work.changed.filter((change) => change.kind === kind).map((change) => change.id);
    if (ids.length > 0) setMarked((before) => new Set([...before, ...ids]));
    timer.current ??= setTimeout(() => {
      timer.current = null;
      for (const list of wanted.current) void queries.invalidateQueries({ queryKey: apiKey(list) });
    }, REFETCH_AFTER_MS);
  }, [work, kind, queries]);
  useEffect(() => () => clearTimeout(timer.current ?? undefined), []);
  return { marked, unmark: () => setMarked(nobody) };
}

/** Runs whenever this one thing changed on the server. */
export function useChangeOf(kind: Kind, id: string, run: () => void): void {
  const work = useTopic("work");
  const seen = useRef<number | null>(null);
  const current = useRef(run);
  current.current = run;
  useEffect(() => {
    if (work === undefined || work.version === seen.current) return;
    const before = seen.current;
    seen.current = work.version;
    if (before === null) return;
    // A jump of versions (many at once, or a reconnect) may have passed over this one.
    const passedOver = work.version !== before + 1;
    if (passedOver || work.changed.some((change) => change.kind === kind && change.id === id)) current.current();
  }, [work, kind, id]);
}
