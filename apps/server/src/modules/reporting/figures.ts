import type { FloorQueue } from "@allo/contract";
import type { Clock, OrganisationId } from "@allo/kernel";
import type { Database, Scope } from "../../platform/db.ts";
import type { ContactFacts, Projection } from "../contacts/index.ts";
import { averageHandleMs, averageSpeedOfAnswerMs, serviceLevel, type Counters } from "./core/kpi.ts";
import { Today } from "./core/today.ts";
import { segmentsOf } from "./segments.ts";
import { segmentClearInTx, segmentListBetween, segmentPutInTx, type SegmentRecord } from "./store/segment-store.ts";

export type Figures = {
  readonly projection: Projection;
  /** Reads today's segments of an organisation; after the follower has caught up, and when its time zone changes. */
  load(organisationId: OrganisationId): Promise<void>;
  today(organisationId: OrganisationId, queueId: string): Counters;
  /** Forgets an organisation's facts; the follower's `replay` makes them again. */
  clear(organisationId: OrganisationId): Promise<void>;
};

/** Facts in PostgreSQL and today's sums in memory, both from the contacts' log. */
export function createFigures({
  database,
  clock,
  timeZoneOf,
}: {
  readonly database: Database;
  readonly clock: Clock;
  readonly timeZoneOf: (organisationId: OrganisationId) => string;
}): Figures {
  const days = new Map<OrganisationId, Today>();
  const dayOf = (organisationId: OrganisationId): Today => {
    const now = clock.now();
    let day = days.get(organisationId);
    if (day === undefined) {
      day = new Today(timeZoneOf(organisationId), now);
      days.set(organisationId, day);
    }
    day.roll(now);
    return day;
  };

  return {
    projection: {
      name: "segments",
      async apply(scope: Scope, all: readonly ContactFacts[]) {
        const byContact = all.map((facts) => ({ contactId: facts.contactId, segments: recordsOf(facts) }));
        await database.withScope(
          scope,
          (tx) =>
            segmentPutInTx(
              tx,
              byContact.flatMap(({ segments }) => segments),
            ),
          { isRemade: true },
        );
        const day = dayOf(scope.organisationId);
        for (const { contactId, segments } of byContact) day.put(contactId, segments);
      },
    },
    async load(organisationId) {
      const day = new Today(timeZoneOf(organisationId), clock.now());
      days.set(organisationId, day); // what is projected while it is read is newer than what is read
      const rows = await database.withScope({ organisationId, projectIds: "*" }, (tx) => segmentListBetween(tx, day.day));
      for (const [contactId, segments] of Map.groupBy(rows, (row) => row.contactId)) if (!day.has(contactId)) day.put(contactId, segments);
    },
    today: (organisationId, queueId) => dayOf(organisationId).of(queueId),
    async clear(organisationId) {
      await database.withScope({ organisationId, projectIds: "*" }, (tx) => segmentClearInTx(tx));
      days.delete(organisationId);
    },
  };
}

/** As the floor shows it. Both ways of being turned away are one figure there. */
export function presentToday(counters: Counters, serviceLevelSeconds: number): FloorQueue["today"] {
  return {
    offered: counters.offered,
    answered: counters.answered,
    abandoned: counters.abandoned,
    shortAbandoned: counters.shortAbandoned,
    refused: counters.refused + counters.flowedOut,
    systemDisconnected: counters.systemDisconnected,
    answeredInTarget: counters.answeredInTarget,
    serviceLevel: serviceLevel(counters),
    asaMs: averageSpeedOfAnswerMs(counters),
    ahtMs: averageHandleMs(counters),
    longestWaitMs: counters.longestWaitMs,
    serviceLevelSeconds,
  };
}

function recordsOf(facts: ContactFacts): readonly SegmentRecord[] {
  const { organisationId, projectId, contactId, lastSequence: sequence, numberId } = facts;
  return segmentsOf(facts).map((segment) => ({
    ...segment,
    organisationId,
    projectId,
    contactId,
    sequence,
    numberId,
    agentId: facts.segments[segment.visit - 1]?.agentId ?? null,
  }));
}
