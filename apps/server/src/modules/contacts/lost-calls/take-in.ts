/* What a batch of callers' moments makes of the lost calls; pure. */
import type { EndCause } from "@allo/contract";
import type { ContactId, CustomerId, Instant, LostCallId, ProjectId, QueueId } from "@allo/kernel";
import type { ContactFacts } from "../core/contact-facts.ts";
import { isOwed, type CallerMoment, type LostCallState } from "./lost-call-rules.ts";

/** Of one caller's calls the entry names so many, the latest first. */
export const CONTACT_IDS_MAX = 50;

/** A lost call as calls change it; what people do with it stands beside. */
export type LostEntry = {
  readonly lostCallId: LostCallId;
  readonly projectId: ProjectId;
  /** Null: anonymous; such calls are never merged. */
  readonly callerIndex: string | null;
  readonly sealedCaller: string | null;
  readonly sealedBy: ContactId;
  readonly customerId: CustomerId | null;
  readonly queueId: QueueId | null;
  readonly lastAt: Instant;
  readonly waitMs: number;
  readonly callCount: number;
  readonly cause: EndCause;
  readonly state: LostCallState;
  readonly settledAt: Instant | null;
  /** Since when a call back is owed: a fault of ours lost the caller. */
  readonly owedSince: Instant | null;
  readonly contactIds: readonly ContactId[];
};
export type CallerOf = Pick<ContactFacts, "contactId" | "projectId" | "callerIndex" | "sealedCaller" | "customerId" | "queueId">;
export type TakenIn = {
  readonly inserted: readonly LostEntry[];
  readonly changed: readonly LostEntry[];
  /** The entry in which each lost contact is counted. */
  readonly ties: ReadonlyMap<ContactId, LostCallId>;
};

/** Takes moments in, oldest first: one open entry per caller and project, until they are answered. */
export function takeIn(
  moments: readonly { readonly facts: CallerOf; readonly moment: CallerMoment }[],
  known: {
    readonly open: readonly LostEntry[];
    readonly answered: readonly { readonly projectId: ProjectId; readonly callerIndex: string; readonly at: Instant }[];
    readonly nextId: () => LostCallId;
  },
): TakenIn {
  const openOf = new Map<string, LostEntry>();
  const inserted = new Map<LostCallId, LostEntry>();
  const changed = new Map<LostCallId, LostEntry>();
  const ties = new Map<ContactId, LostCallId>();
  for (const entry of known.open) if (entry.callerIndex !== null) openOf.set(callerKey(entry.projectId, entry.callerIndex), entry);
  const answers = Map.groupBy(known.answered, ({ projectId, callerIndex }) => callerKey(projectId, callerIndex));

  const keep = (entry: LostEntry): void => {
    (inserted.has(entry.lostCallId) ? inserted : changed).set(entry.lostCallId, entry);
    if (entry.callerIndex === null) return;
    const key = callerKey(entry.projectId, entry.callerIndex);
    if (entry.state === "open") openOf.set(key, entry);
    else openOf.delete(key);
  };

  for (const { facts, moment } of moments) {
    const key = facts.callerIndex === null ? null : callerKey(facts.projectId, facts.callerIndex);
    const open = key === null ? undefined : openOf.get(key);
    if (moment.how === "answered") {
      // The caller was answered: what was lost of them before is settled.
      if (open !== undefined && open.lastAt <= moment.at) keep({ ...open, state: "calledAgain", settledAt: moment.at });
      continue;
    }
    // The contacts of one caller may be projected in another order than they happened.
    const later = key === null ? [] : (answers.get(key) ?? []).flatMap(({ at }) => (at > moment.at ? [at] : []));
    const settledAt = later.length === 0 ? null : Math.min(...later);
    if (open !== undefined && settledAt === null) {
      keep(merged(open, facts, moment));
      ties.set(facts.contactId, open.lostCallId);
      continue;
    }
    const entry: LostEntry = {
      lostCallId: known.nextId(),
      projectId: facts.projectId,
      callerIndex: facts.callerIndex,
      sealedCaller: facts.sealedCaller,
      sealedBy: facts.contactId,
      customerId: facts.customerId,
      queueId: facts.queueId,
      lastAt: moment.at,
      waitMs: moment.waitMs,
      callCount: 1,
      cause: moment.cause,
      state: settledAt === null ? "open" : "calledAgain",
      settledAt,
      owedSince: isOwed(moment.cause) ? moment.at : null,
      contactIds: [facts.contactId],
    };
    inserted.set(entry.lostCallId, entry);
    if (key !== null && entry.state === "open") openOf.set(key, entry);
    ties.set(facts.contactId, entry.lostCallId);
  }
  return { inserted: [...inserted.values()], changed: [...changed.values()], ties };
}

/** An entry shows its latest call. */
function merged(entry: LostEntry, facts: CallerOf, moment: Extract<CallerMoment, { readonly how: "lost" }>): LostEntry {
  const isLatest = entry.lastAt <= moment.at;
  return {
    ...entry,
    callCount: entry.callCount + 1,
    contactIds: [facts.contactId, ...entry.contactIds].slice(0, CONTACT_IDS_MAX),
    customerId: facts.customerId ?? entry.customerId,
    owedSince: isOwed(moment.cause) ? Math.min(moment.at, entry.owedSince ?? moment.at) : entry.owedSince,
    ...(isLatest
      ? {
          sealedCaller: facts.sealedCaller,
          sealedBy: facts.contactId,
          queueId: facts.queueId,
          waitMs: moment.waitMs,
          cause: moment.cause,
          lastAt: moment.at,
        }
      : {}),
  };
}

function callerKey(projectId: ProjectId, callerIndex: string): string {
  return `${projectId} ${callerIndex}`;
}
