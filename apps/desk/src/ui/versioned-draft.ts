import { useReducer, useRef } from "react";

/** An edit of something that others may change meanwhile. Pure; keys are compared by value. */
export type VersionedDraft<T extends object> = {
  /** As the server had it when last read. */
  readonly base: T;
  readonly draft: T;
  /** Changed here and, differently, elsewhere: the person decides. `theirs` is what the value becomes by the other choice. */
  readonly clashes: readonly { readonly key: keyof T; readonly theirs: T[keyof T] }[];
};
export type DraftEvent<T extends object> =
  | { readonly kind: "changed"; readonly change: Partial<T> }
  /** The server has something newer. */
  | { readonly kind: "renewed"; readonly theirs: T }
  | { readonly kind: "decided"; readonly key: keyof T; readonly whose: "mine" | "theirs" };

export function beginDraft<T extends object>(base: T): VersionedDraft<T> {
  return { base, draft: base, clashes: [] };
}

export function stepDraft<T extends object>(state: VersionedDraft<T>, event: DraftEvent<T>): VersionedDraft<T> {
  switch (event.kind) {
    case "changed":
      return { ...state, draft: { ...state.draft, ...event.change } };
    case "renewed":
      return renew(state, event.theirs);
    case "decided": {
      const clash = state.clashes.find((each) => each.key === event.key);
      if (clash === undefined) return state;
      const clashes = state.clashes.filter((each) => each !== clash);
      return event.whose === "mine" ? { ...state, clashes } : { ...state, clashes, draft: { ...state.draft, [clash.key]: clash.theirs } };
    }
    default:
      return event satisfies never;
  }
}

/** What isn't touched here becomes theirs; what is touched stays, and is a clash where theirs changed too and differs. */
function renew<T extends object>(state: VersionedDraft<T>, theirs: T): VersionedDraft<T> {
  const draft: T = { ...theirs };
  const clashes: { key: keyof T; theirs: T[keyof T] }[] = [];
  for (const key of Object.keys(theirs) as (keyof T)[]) {
    const merged = merge(state.base[key], state.draft[key], theirs[key]);
    draft[key] = merged.mine;
    if (!same(merged.mine, merged.theirs)) clashes.push({ key, theirs: merged.theirs });
  }
  return { base: theirs, draft, clashes };
}

/** Both changes in one value, part by part; the two differ only in the parts that were changed to different things. */
function merge<V>(base: V, mine: V, theirs: V): { readonly mine: V; readonly theirs: V } {
  if (same(mine, base)) return { mine: theirs, theirs };
  if (same(theirs, base)) return { mine, theirs: mine };
  if (!isCompound(base) || !isCompound(mine) || !isCompound(theirs)) return { mine, theirs };
  const [ofMine, ofTheirs]: [Record<string, unknown>, Record<string, unknown>] = [{}, {}];
  for (const key of Object.keys(theirs)) {
    const part = merge(base[key], mine[key], theirs[key]);
    ofMine[key] = part.mine;
    ofTheirs[key] = part.theirs;
  }
  return { mine: ofMine as V, theirs: ofTheirs as V };
}

function isCompound(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What the draft changes of its base. */
export function changesOf<T extends object>({ base, draft }: Pick<VersionedDraft<T>, "base" | "draft">): Partial<T> {
  const changed: Partial<T> = {};
  for (const key of Object.keys(draft) as (keyof T)[]) if (!same(draft[key], base[key])) changed[key] = draft[key];
  return changed;
}

export function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

export type DraftForm<T extends object> = VersionedDraft<T> & {
  readonly version: number;
  readonly changes: Partial<T>;
  readonly isChanged: boolean;
  readonly set: (change: Partial<T>) => void;
  readonly decide: (key: keyof T, whose: "mine" | "theirs") => void;
};

/** An edit that follows `current` as it is read anew: by its version it knows that someone else changed it. */
export function useVersionedDraft<T extends object>(current: T, version: number): DraftForm<T> {
  const [state, dispatch] = useReducer(
    stepDraft as (state: VersionedDraft<T>, event: DraftEvent<T>) => VersionedDraft<T>,
    current,
    beginDraft,
  );
  const seen = useRef(version);
  if (seen.current !== version) {
    seen.current = version;
    dispatch({ kind: "renewed", theirs: current });
  }
  const changes = changesOf(state);
  return {
    ...state,
    version,
    changes,
    isChanged: Object.keys(changes).length > 0,
    set: (change) => dispatch({ kind: "changed", change }),
    decide: (key, whose) => dispatch({ kind: "decided", key, whose }),
  };
}
