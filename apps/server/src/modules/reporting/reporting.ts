import type { Clock, OrganisationId, Timers } from "@allo/kernel";
import type { Database } from "../../platform/db.ts";
import { describeError } from "../../platform/describe-error.ts";
import type { Api } from "../../platform/http.ts";
import type { LiveHub } from "../../platform/live.ts";
import { createLogReader, type LogFollower, type LostCalls } from "../contacts/index.ts";
import type { Customers } from "../customers/index.ts";
import { createFigures, type Figures } from "./figures.ts";
import { createFloor, type Floor, type FloorSource } from "./floor.ts";
import { registerReconciliation } from "./reconciliation-api.ts";
import { createReconciliation } from "./reconciliation.ts";
import { createWorkFeed, type WorkFeed } from "./work-feed.ts";

export type Reporting = {
  readonly figures: Figures;
  readonly floor: Floor;
  readonly work: WorkFeed;
  /** After the follower has caught up. */
  start(): Promise<void>;
  /** Something of the setup changed: names, members, the time zone. */
  setupChanged(organisationId: OrganisationId): void;
  close(): void;
};

/** Facts, today's figures, the floor and the feed of changes; follows the log once `follower.start` is called. */
export function createReporting({
  database,
  clock,
  timers,
  live,
  api,
  follower,
  lostCalls,
  customers,
  source,
  organisations,
  onFloorMoved,
  log,
}: {
  readonly database: Database;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly live: LiveHub;
  readonly api: Api;
  readonly follower: LogFollower;
  readonly lostCalls: Pick<LostCalls, "events">;
  readonly customers: Pick<Customers, "events">;
  readonly source: FloorSource;
  readonly organisations: () => readonly OrganisationId[];
  /** Says when the router's view of an organisation changes. */
  readonly onFloorMoved: (listener: (organisationId: OrganisationId) => void) => void;
  readonly log: { error(fields: object, message: string): void };
}): Reporting {
  const zones = new Map<OrganisationId, string>();
  const timeZoneOf = (organisationId: OrganisationId): string => source.config(organisationId)?.timeZone ?? "UTC";
  const figures = createFigures({ database, clock, timeZoneOf });
  const floor = createFloor({ source, figures, live, clock, timers });
  const work = createWorkFeed({ live, clock, timers });

  const load = async (organisationId: OrganisationId): Promise<void> => {
    zones.set(organisationId, timeZoneOf(organisationId));
    await figures.load(organisationId);
    floor.touch(organisationId);
  };

  follower.follow(figures.projection);
  follower.onProjected(({ organisationId, facts }) => {
    for (const { contactId, projectId } of facts) work.changed({ organisationId, projectId }, { kind: "contact", id: contactId });
    floor.touch(organisationId);
  });
  lostCalls.events.on("lostCallChanged", ({ organisationId, projectId, lostCallId }) =>
    work.changed({ organisationId, projectId }, { kind: "lostCall", id: lostCallId }),
  );
  customers.events.on("customerChanged", ({ organisationId, projectId, customerId }) =>
    work.changed({ organisationId, projectId }, { kind: "customer", id: customerId }),
  );
  onFloorMoved((organisationId) => floor.touch(organisationId));
  api.on("floorGet", ({ principal }) => Promise.resolve(floor.state(principal)));
  registerReconciliation({
    api,
    reconcile: createReconciliation({ database, clock, log: createLogReader({ database }) }),
    timeZoneOf,
    todayOf: (organisationId) =>
      new Map((source.config(organisationId)?.queues ?? []).map(({ queueId }) => [queueId, figures.today(organisationId, queueId)])),
    settled: () => follower.settled(),
  });

  return {
    figures,
    floor,
    work,
    async start() {
      for (const organisationId of organisations()) await load(organisationId);
    },
    setupChanged(organisationId) {
      floor.touch(organisationId);
      if (zones.get(organisationId) === timeZoneOf(organisationId)) return;
      load(organisationId).catch((error: unknown) =>
        log.error({ event: "figuresNotRead", error: describeError(error) }, "Today's figures could not be read for the new time zone"),
      );
    },
    close() {
      floor.close();
      work.close();
    },
  };
}
