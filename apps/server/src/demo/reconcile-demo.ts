// `--reconcile`: compares everything that a stopped demonstration shows with its log, history included.
import type { OrganisationId } from "@allo/kernel";
import { createLogReader } from "../modules/contacts/index.ts";
import { createReconciliation, type QueueDay, type Reconciliation } from "../modules/reporting/index.ts";
import { createDatabase } from "../platform/db.ts";
import { startEmbeddedPostgres } from "../platform/embedded-postgres.ts";
import { readWorldFile, type DemoWorld } from "./world-file.ts";

/** Prints what was compared and what differs. 0: everything agrees; 1: it doesn't, or it could not be told. */
export async function reconcileDemo({
  dataFolder,
  say,
  now = Date.now,
}: {
  readonly dataFolder: string;
  readonly say: (sentence: string) => void;
  readonly now?: () => number;
}): Promise<number> {
  const world = await readWorldFile(dataFolder);
  if (world === null) {
    say(`${dataFolder} holds no demonstration that was made to its end.`);
    return 1;
  }
  const started = await startEmbeddedPostgres({ dataFolder, say });
  if (!started.ok) {
    say(started.failure.sentence);
    return 1;
  }
  const database = createDatabase({ url: started.value.url, log: { warn: (_fields, message) => say(message) } });
  try {
    const log = createLogReader({ database });
    const scope = { organisationId: world.organisationId as OrganisationId, projectIds: "*" as const };
    const from = (await log.began(scope)) ?? world.madeAt;
    const reconcile = createReconciliation({ database, clock: { now }, log });
    const found = await reconcile(scope, { from, to: now(), timeZone: world.timeZone });
    for (const line of describeReconciliation(found, world)) say(line);
    return found.differenceCount === 0 ? 0 : 1;
  } finally {
    await database.close();
    await started.value.stop();
  }
}

/** What was compared, the sums of each queue, then each difference. */
export function describeReconciliation(found: Reconciliation, world: Pick<DemoWorld, "lines">): readonly string[] {
  const { days, contacts, segments, agents, differenceCount, differences } = found;
  const nameOf = new Map(world.lines.flatMap(({ projectName, queueIds }) => queueIds.map((queueId) => [queueId, projectName] as const)));
  return [
    `Compared ${days} days: ${contacts} contacts, ${segments} visits to queues, ${agents} agents at work on a day at most.`,
    ...[...Map.groupBy(found.queueDays, ({ queueId }) => queueId)].map(
      ([queueId, list]) => `  ${nameOf.get(queueId) ?? queueId}: ${describeSums(list)}`,
    ),
    differenceCount === 0 ? "Everything agrees with the log." : `${differenceCount} differences:`,
    ...differences.map(
      ({ check, subject, what, counted, stored, contactIds }) =>
        `  ${check} ${subject}: ${what}: counted ${counted}, stored ${stored}${contactIds.length === 0 ? "" : ` (${contactIds.join(", ")})`}`,
    ),
  ];
}

function describeSums(list: readonly QueueDay[]): string {
  const sum = (of: (day: QueueDay) => number): number => list.reduce((total, day) => total + of(day), 0);
  const answered = sum(({ counters }) => counters.answered);
  const abandoned = sum(({ counters }) => counters.abandoned);
  const base = answered + abandoned - sum(({ counters }) => counters.shortAbandoned);
  const inTarget = sum(({ counters }) => counters.answeredInTarget);
  const level = base === 0 ? "no service level" : `service level ${((100 * inTarget) / base).toFixed(1)} %`;
  const rest = sum(({ counters }) => counters.flowedOut + counters.refused + counters.systemDisconnected + counters.open);
  return `${sum(({ counters }) => counters.offered)} offered, ${answered} answered, ${abandoned} abandoned, ${rest} others, ${level}`;
}
