import type { Drain } from "./routes/drain-routes.ts";
import type { HelpBoard } from "./routes/help-routes.ts";
import type { TestCall } from "./routes/test-call-routes.ts";
import type { DeskState, FloorState } from "./schemas.ts";

/**
 * The one WebSocket for live data, /api/v1/live. The session cookie and the Origin decide who speaks; what may be subscribed
 * follows from permissions. Each topic: a snapshot with a sequence, then deltas numbered on without gaps; after a reconnect the
 * client names the last sequence it has, and gets the deltas after it or a new snapshot.
 */
export const LiveLimits = {
  deltasKeptPerTopic: 500,
  heartbeatMs: 5_000,
  silenceBeforeLostMs: 12_000,
  bytesBufferedMax: 1_048_576,
} as const;

export type LiveTopics = {
  /** One's own desk: each delta replaces the whole state, it is small. */
  readonly desk: DeskState;
  readonly floor: FloorState;
  /** One's own test call, the last there was; null where there was none. Each delta replaces the whole. */
  readonly testCall: TestCall | null;
  /** Whether the exchange takes new calls, and how many are left. Each delta replaces the whole. */
  readonly drain: Drain;
  /** Agents who ask for a lead. Each delta replaces the whole. */
  readonly help: HelpBoard;
  /** Counts up whenever queues, codes, reasons, people, numbers or prompts change: lists are fetched again. */
  readonly setup: { readonly version: number; readonly changed: readonly string[] };
  /** Contacts, lost calls or customers changed: open lists mark themselves. */
  readonly work: {
    readonly version: number;
    readonly changed: readonly { readonly kind: "contact" | "lostCall" | "customer"; readonly id: string }[];
  };
};
export type LiveTopic = keyof LiveTopics;

export type LiveFromClient =
  | {
      readonly kind: "subscribe";
      readonly topic: LiveTopic;
      /** The last sequence seen and the server's `stream` it came from. */ readonly after?: {
        readonly stream: string;
        readonly sequence: number;
      };
    }
  | { readonly kind: "unsubscribe"; readonly topic: LiveTopic }
  | { readonly kind: "pong" };

export type LiveFromServer =
  | { readonly kind: "hello"; readonly serverTime: number; readonly version: string }
  | {
      [T in LiveTopic]: {
        readonly kind: "snapshot";
        readonly topic: T;
        readonly stream: string;
        readonly sequence: number;
        readonly state: LiveTopics[T];
      };
    }[LiveTopic]
  | { readonly kind: "delta"; readonly topic: LiveTopic; readonly stream: string; readonly sequence: number; readonly patch: LivePatch }
  | { readonly kind: "ping"; readonly serverTime: number }
  /** The session ended (signed out elsewhere, blocked, lapsed): show the sign-in page. */
  | { readonly kind: "sessionEnded" };

/** A change of a topic's state. `replace`: the whole; `merge`: top-level keys; `rows`: upserts and removals in a keyed list. */
export type LivePatch =
  | { readonly op: "replace"; readonly state: unknown }
  | { readonly op: "merge"; readonly state: Readonly<Record<string, unknown>> }
  | {
      readonly op: "rows";
      readonly list: string;
      readonly key: string;
      readonly upsert: readonly Readonly<Record<string, unknown>>[];
      readonly remove: readonly string[];
    };

/** Applies a patch; pure. Server tests and the desk share it, so both see the same state. */
export function applyLivePatch<S extends object>(state: S, patch: LivePatch): S {
  if (patch.op === "replace") return patch.state as S;
  if (patch.op === "merge") return { ...state, ...patch.state };
  const rows = ((state as Record<string, unknown>)[patch.list] ?? []) as readonly Readonly<Record<string, unknown>>[];
  const changed = new Map(patch.upsert.map((row) => [String(row[patch.key]), row]));
  const removed = new Set(patch.remove);
  const kept = rows.flatMap((row) => {
    const id = String(row[patch.key]);
    if (removed.has(id)) return [];
    const next = changed.get(id);
    changed.delete(id);
    return [next ?? row];
  });
  return { ...state, [patch.list]: [...kept, ...changed.values()] };
}
