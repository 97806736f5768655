import type { AgentChangeCause, RouterView, WhyWaiting } from "@allo/acd";
import type { FloorState, LineVerdict, Queue, QueueMember } from "@allo/contract";
import type { Clock, ContactId, Instant, OrganisationId, PersonId, ProjectId, QueueId, Timers } from "@allo/kernel";
import { SECOND_MS } from "@allo/kernel";
import type { LiveHub } from "../../platform/live.ts";
import { reachKey } from "../../platform/principal.ts";
import type { Principal } from "../../platform/http.ts";
import { buildFloor, floorPatches, type FloorInput } from "./core/floor.ts";
import { presentToday, type Figures } from "./figures.ts";

export const floorLiveLimits = {
  /** Changes of so short a time are said together. */
  coalesceMs: 60,
  deltasPerSecondMax: 4,
  /** Where nothing moves, midnight still does. */
  lookAgainEveryMs: 30_000,
} as const;

/** What the floor needs of routing, directory and identity. */
export type FloorSource = {
  view(organisationId: OrganisationId): RouterView;
  whyWaiting(organisationId: OrganisationId, contactId: ContactId): WhyWaiting | undefined;
  lineOf(contactId: ContactId): LineVerdict | null;
  helpAskedAt(contactId: ContactId): Instant | null;
  parked(organisationId: OrganisationId): FloorInput["parked"];
  passedOn(organisationId: OrganisationId): FloorInput["passedOn"];
  causeOf(organisationId: OrganisationId, personId: PersonId): AgentChangeCause | undefined;
  config(organisationId: OrganisationId): {
    readonly timeZone: string;
    readonly queues: readonly Queue[];
    readonly members: ReadonlyMap<QueueId, readonly QueueMember[]>;
  } | null;
  nameOf(organisationId: OrganisationId, personId: PersonId): string;
};

export type Floor = {
  /** The floor as this person may see it: the queues of their projects, and who serves them. */
  state(principal: Watcher): FloorState;
  /** Something moved: whoever watches is told within a second. */
  touch(organisationId: OrganisationId): void;
  close(): void;
};

export type Watcher = Pick<Principal, "organisationId" | "projectIds" | "permissions">;

/** One watched floor: an organisation's, as far as some projects go. */
type Watched = {
  readonly key: string;
  readonly organisationId: OrganisationId;
  readonly projectIds: readonly ProjectId[] | "*";
  readonly permissions: Watcher["permissions"];
  /** What the deltas said so far add up to. */
  sent: FloorState;
  readonly saidAt: Instant[];
  nextList: number;
  cancel: (() => void) | undefined;
};
const LISTS = ["queues", "agents", "waiting", "parked", "passedOn"] as const;
/** Who may read this reads customers' names and numbers. */
const NAMES_NEED = "contacts.readAll";

export function createFloor({
  source,
  figures,
  live,
  clock,
  timers,
}: {
  readonly source: FloorSource;
  readonly figures: Pick<Figures, "today">;
  readonly live: LiveHub;
  readonly clock: Clock;
  readonly timers: Timers;
}): Floor {
  const watched = new Map<string, Watched>();

  const state: Floor["state"] = ({ organisationId, projectIds, permissions }) => {
    const config = source.config(organisationId);
    const { queues, agents } = source.view(organisationId);
    return buildFloor({
      at: clock.now(),
      timeZone: config?.timeZone ?? "UTC",
      queues: (config?.queues ?? []).filter(({ projectId }) => projectIds === "*" || projectIds.includes(projectId as ProjectId)),
      members: config?.members ?? new Map(),
      queueViews: queues,
      agentViews: agents,
      nameOf: (personId) => source.nameOf(organisationId, personId),
      wasForced: (personId) => source.causeOf(organisationId, personId)?.by === "supervisor",
      todayOf: (queue) => presentToday(figures.today(organisationId, queue.queueId), queue.serviceLevelSeconds),
      lineOf: (contactId) => source.lineOf(contactId),
      helpAskedAt: (contactId) => source.helpAskedAt(contactId),
      parked: source.parked(organisationId),
      passedOn: source.passedOn(organisationId),
      readsNames: permissions.has(NAMES_NEED),
      whyWaiting: (contactId) => source.whyWaiting(organisationId, contactId)?.agents ?? [],
    });
  };

  const keyOf = (watcher: Watcher): string => `${reachKey(watcher)} ${watcher.permissions.has(NAMES_NEED)}`;

  const schedule = (floor: Watched, afterMs: number): void => {
    floor.cancel ??= timers.arm(afterMs, () => {
      floor.cancel = undefined;
      say(floor);
    });
  };

  /** Says what differs, list by list in turn, as far as this second has room; the rest follows when it has. */
  const say = (floor: Watched): void => {
    const now = clock.now();
    while ((floor.saidAt[0] ?? now) <= now - SECOND_MS) floor.saidAt.shift();
    const next = state(floor);
    const patches = new Map(floorPatches(floor.sent, next).map(({ list, patch }) => [list, patch]));
    for (let turn = 0; turn < LISTS.length; turn += 1) {
      const list = LISTS[(floor.nextList + turn) % LISTS.length] ?? "queues";
      const patch = patches.get(list);
      if (patch === undefined) continue;
      if (floor.saidAt.length >= floorLiveLimits.deltasPerSecondMax) {
        floor.nextList = (floor.nextList + turn) % LISTS.length;
        schedule(floor, (floor.saidAt[0] ?? now) + SECOND_MS - now);
        return;
      }
      live.publish("floor", floor.key, patch);
      floor.saidAt.push(now);
      floor.sent = { ...floor.sent, [list]: next[list] };
    }
    floor.sent = { ...floor.sent, at: next.at };
  };

  const watch = (principal: Principal): Watched => {
    const key = keyOf(principal);
    let floor = watched.get(key);
    if (floor === undefined) {
      const { organisationId, projectIds, permissions } = principal;
      floor = { key, organisationId, projectIds, permissions, sent: state(principal), saidAt: [], nextList: 0, cancel: undefined };
      watched.set(key, floor);
    }
    return floor;
  };

  live.provide("floor", {
    key: (principal) => watch(principal).key,
    allowed: (principal) => principal.permissions.has("floor.read"),
    // What the deltas add up to, so that those which follow fit; at most as old as they may be late.
    snapshot: (principal) => Promise.resolve(watch(principal).sent),
  });

  let cancelLook: (() => void) | undefined;
  const lookAgain = (): void => {
    for (const floor of watched.values()) schedule(floor, 0);
    cancelLook = timers.arm(floorLiveLimits.lookAgainEveryMs, lookAgain);
  };
  lookAgain();

  return {
    state,
    touch(organisationId) {
      for (const floor of watched.values()) if (floor.organisationId === organisationId) schedule(floor, floorLiveLimits.coalesceMs);
    },
    close() {
      cancelLook?.();
      for (const floor of watched.values()) floor.cancel?.();
      watched.clear();
    },
  };
}
