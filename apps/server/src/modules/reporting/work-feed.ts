// The live topic "work": which contacts, lost calls and customers changed, for lists to mark themselves. A key stands for the projects a
// person may see, so that nobody is told even the id of what belongs to another project.
import type { LiveTopics, Permission } from "@allo/contract";
import type { Clock, OrganisationId, ProjectId, Timers } from "@allo/kernel";
import type { LiveHub } from "../../platform/live.ts";
import type { Principal } from "../../platform/http.ts";
import { reachKey } from "../../platform/principal.ts";

export const workLimits = {
  /** Changes of this time are said together: four times a second at most. */
  coalesceMs: 250,
  /** More than these in one delta: the version alone says enough. */
  changesPerDeltaMax: 200,
  /** Different sets of projects that are watched. */
  keysMax: 1_000,
} as const;

type Change = LiveTopics["work"]["changed"][number];
export type WorkFeed = {
  changed(place: { readonly organisationId: OrganisationId; readonly projectId: ProjectId }, change: Change): void;
  close(): void;
};
const MAY_WATCH: readonly Permission[] = ["contacts.readOwn", "contacts.readAll", "lostCalls.work", "customers.read"];

type Watched = {
  readonly organisationId: OrganisationId;
  readonly projectIds: readonly ProjectId[] | "*";
  version: number;
  readonly waiting: Map<string, Change>;
  cancel: (() => void) | undefined;
};

export function createWorkFeed({
  live,
  clock,
  timers,
}: {
  readonly live: LiveHub;
  readonly clock: Clock;
  readonly timers: Timers;
}): WorkFeed {
  const watched = new Map<string, Watched>();

  const keyOf = ({ organisationId, projectIds }: Principal): string => {
    const key = reachKey({ organisationId, projectIds });
    const known = watched.get(key);
    watched.delete(key); // the one used last is forgotten last
    watched.set(key, known ?? { organisationId, projectIds, version: clock.now(), waiting: new Map(), cancel: undefined });
    const [oldest] = watched.keys();
    if (watched.size > workLimits.keysMax && oldest !== undefined) {
      watched.get(oldest)?.cancel?.();
      watched.delete(oldest);
    }
    return key;
  };

  const say = (key: string, feed: Watched): void => {
    feed.cancel = undefined;
    feed.version += 1;
    const changed = feed.waiting.size > workLimits.changesPerDeltaMax ? [] : [...feed.waiting.values()];
    feed.waiting.clear();
    live.publish("work", key, { op: "merge", state: { version: feed.version, changed } });
  };

  live.provide("work", {
    key: keyOf,
    allowed: (principal) => MAY_WATCH.some((permission) => principal.permissions.has(permission)),
    snapshot: (principal) => Promise.resolve({ version: watched.get(keyOf(principal))?.version ?? 0, changed: [] }),
  });

  return {
    changed({ organisationId, projectId }, change) {
      for (const [key, feed] of watched) {
        if (feed.organisationId !== organisationId || (feed.projectIds !== "*" && !feed.projectIds.includes(projectId))) continue;
        feed.waiting.set(`${change.kind} ${change.id}`, change);
        feed.cancel ??= timers.arm(workLimits.coalesceMs, () => say(key, feed));
      }
    },
    close() {
      for (const feed of watched.values()) feed.cancel?.();
      watched.clear();
    },
  };
}
