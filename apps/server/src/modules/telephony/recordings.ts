import { join } from "node:path";
import type { QueueSettings, RecordingOrder } from "@allo/contract";
import type { Clock, ContactId, Epoch, IdSource, Instant, OrganisationId, RecordingId, Timers } from "@allo/kernel";
import { MINUTE_MS, SECOND_MS } from "@allo/kernel";
import type { Database } from "../../platform/db.ts";
import type { Logger } from "../../platform/log.ts";
import type { ContactFacts, Contacts, ContactStimulus, EdgeSource, LogRecord, LogWriter, RecordingPolicy } from "../contacts/index.ts";
import type { VoiceDirectory } from "../routing/index.ts";
import type { VoiceKeys } from "./ports.ts";
import { isDoneWithin } from "./promises.ts";
import {
  recordingListUnfinished,
  recordingOwnerFetch,
  recordingRecord,
  type RecordingEvent,
  type RecordingOwner,
} from "./store/recording-store.ts";

export const recordingLimits = {
  /** The key must be durable before the first packet; an agent doesn't wait longer for it. */
  readyMsMax: 1_500,
  /** A talk whose recording failed is recorded again: first after so long, for what failed may be over by then, … */
  againFirstMs: 10 * SECOND_MS,
  /** … then each time after so long, … */
  againEveryMs: MINUTE_MS,
  /** … and so often at most in one contact: each try is a file and a key. */
  againMax: 5,
} as const;

/** When the talk is to be recorded again; null: it has been tried often enough. */
export function recordAgainAfterMs({ recordings }: Pick<ContactFacts, "recordings">): number | null {
  const failed = recordings.filter(({ state }) => state === "failed").length;
  if (failed === 0 || failed > recordingLimits.againMax) return null;
  return failed === 1 ? recordingLimits.againFirstMs : recordingLimits.againEveryMs;
}

export type Recordings = {
  /** Chooses id, key and file; `record` makes the row, in one transaction with the contact's event. */
  readonly prepare: (facts: ContactFacts) => { readonly recordingId: RecordingId; readonly record: LogRecord };
  /** The prepared row is durable when this resolves. */
  readonly hold: (contactId: ContactId, durable: Promise<void>) => void;
  /** Whether a recording stands ready for the next bridge. */
  readonly isFresh: (facts: ContactFacts) => boolean;
  /** Whether one that was begun while the caller waited goes on in the next bridge. */
  readonly isRunning: (facts: ContactFacts) => boolean;
  /** Gives it away, once its row is durable; null where that takes too long. */
  readonly ready: (facts: ContactFacts) => Promise<RecordingOrder | null>;
  readonly heed: (
    recordingId: RecordingId,
    stimulus: ContactStimulus,
    event: RecordingEvent,
    from: { readonly at: Instant; readonly source: EdgeSource },
  ) => Promise<void> | null;
  /** Whose recording it is, as far as it stands open. */
  readonly contactOf: (recordingId: RecordingId) => ContactId | null;
  /** It was never given to an edge. */
  readonly uncommitted: (facts: ContactFacts, recordingId: RecordingId, reason: string) => LogRecord;
  /** The contact is over: a recording that never began is marked so. */
  readonly closed: (facts: ContactFacts) => void;
  /** Recordings whose edge is gone end where they are. */
  readonly cutLapsed: (alive: Epoch) => Promise<void>;
};

/** How the calls of a queue are recorded, as their contacts keep it. A call out has no wait to be kept. */
export function recordingPolicyOf(
  queue: QueueSettings,
  direction: "in" | "out",
  isRecorderInUse: (recorderId: string) => boolean,
): RecordingPolicy {
  const { recorderId } = queue;
  return {
    waiting: direction === "in" && queue.recordFrom === "answer",
    hold: queue.recordHold,
    maskPaused: queue.maskKeysPaused,
    fieldPauseMs: queue.fieldPauseSeconds * SECOND_MS,
    ...(recorderId !== null && isRecorderInUse(recorderId) ? { copyTo: recorderId } : {}),
  };
}

type Deps = {
  readonly contacts: Contacts;
  readonly database: Database;
  readonly writer: LogWriter;
  readonly keys: VoiceKeys;
  readonly ids: IdSource;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly directory: VoiceDirectory;
  readonly dataFolder: string;
  readonly log: Logger;
};

/** Rows and keys of the recordings; the bytes are the edge's. */
export function createRecordings({ contacts, database, writer, keys, ids, clock, timers, directory, dataFolder, log }: Deps): Recordings {
  const prepared = new Map<RecordingId, Omit<RecordingOrder, "policy">>();
  /** Given to an edge, which has not said yet that it began. */
  const given = new Set<RecordingId>();
  const durable = new Map<ContactId, Promise<void>>();
  const owners = new Map<RecordingId, RecordingOwner>();
  /** The recording that the next bridge may begin: its key has not been given to an edge yet, so that no key ever begins a second file. */
  const fresh = (facts: ContactFacts): Omit<RecordingOrder, "policy"> | undefined => {
    const recordingId = facts.recordings.findLast(({ state }) => state === "prepared")?.recordingId;
    return recordingId === undefined ? undefined : prepared.get(recordingId);
  };

  const ownerOf = async (recordingId: RecordingId): Promise<RecordingOwner | null> =>
    owners.get(recordingId) ?? database.withDoors((tx) => recordingOwnerFetch(tx, recordingId));

  const store = async (
    recordingId: RecordingId,
    stimulus: ContactStimulus,
    event: RecordingEvent,
    from: { readonly at: Instant; readonly source: EdgeSource },
  ): Promise<void> => {
    const owner = await ownerOf(recordingId);
    if (owner === null) return;
    const record = recordingRecord(owner, recordingId, from.at, event);
    const scope = { organisationId: owner.organisationId, projectIds: [owner.projectId] } as const;
    await contacts.load(scope, owner.contactId);
    const applied = contacts.apply(owner.contactId, stimulus, { ...from, alongside: [record] });
    await applied?.appended?.durable;
  };

  return {
    prepare(facts) {
      const recordingId = ids.next("rec") as RecordingId;
      const at = clock.now();
      const { key, wrapped } = keys.newRecordingKey(facts.organisationId, facts.contactId);
      const filePath = join("recordings", facts.organisationId, ...dayParts(at), `${recordingId}.alr`);
      prepared.set(recordingId, { recordingId, keyBase64: Buffer.from(key).toString("base64"), filePath: join(dataFolder, filePath) });
      owners.set(recordingId, { organisationId: facts.organisationId, projectId: facts.projectId, contactId: facts.contactId });
      return { recordingId, record: recordingRecord(facts, recordingId, at, { kind: "prepared", filePath, wrappedKey: wrapped }) };
    },

    hold: (contactId, promise) => void durable.set(contactId, promise),

    isFresh: (facts) => fresh(facts) !== undefined,
    isRunning: (facts) =>
      facts.policy.recording?.waiting === true &&
      facts.recordings.some(({ recordingId, state }) => state === "recording" || (state === "prepared" && given.has(recordingId))),

    async ready(facts) {
      const recording = fresh(facts);
      if (recording === undefined) return null;
      prepared.delete(recording.recordingId);
      const isDurable = await isDoneWithin(timers, durable.get(facts.contactId) ?? Promise.resolve(), recordingLimits.readyMsMax);
      if (!isDurable) return null;
      given.add(recording.recordingId);
      const chosen = facts.policy.recording;
      const { waiting, hold, maskPaused } = chosen ?? { waiting: false, hold: false, maskPaused: true };
      const copyTo = chosen?.copyTo ?? null;
      return { ...recording, policy: { waiting, hold, maskPaused }, ...(copyTo === null ? {} : { copyTo }) };
    },

    heed(recordingId, stimulus, event, from) {
      const owner = owners.get(recordingId);
      if (owner === undefined || contacts.facts(owner.contactId) === undefined) return store(recordingId, stimulus, event, from);
      const applied = contacts.apply(owner.contactId, stimulus, {
        ...from,
        alongside: [recordingRecord(owner, recordingId, from.at, event)],
      });
      given.delete(recordingId);
      if (event.kind === "saved" || event.kind === "failed") owners.delete(recordingId);
      return applied?.appended?.durable ?? null;
    },

    contactOf: (recordingId) => owners.get(recordingId)?.contactId ?? null,
    uncommitted(facts, recordingId, reason) {
      owners.delete(recordingId);
      return recordingRecord(facts, recordingId, clock.now(), { kind: "failed", reason });
    },

    closed(facts) {
      durable.delete(facts.contactId);
      for (const { recordingId, state } of facts.recordings) {
        given.delete(recordingId);
        if (state === "prepared") {
          writer.append([recordingRecord(facts, recordingId, clock.now(), { kind: "unused" })]);
          owners.delete(recordingId);
        }
        prepared.delete(recordingId);
      }
    },

    async cutLapsed(alive) {
      for (const organisationId of directory.organisations()) {
        try {
          await cutOf(organisationId, alive);
        } catch (error) {
          log.error({ err: error, organisationId }, "recordings of a lost edge could not be closed");
        }
      }
    },
  };

  async function cutOf(organisationId: OrganisationId, alive: Epoch): Promise<void> {
    const scope = { organisationId, projectIds: "*" } as const;
    for (const { recordingId, contactId, projectId, state } of await database.withScope(scope, recordingListUnfinished)) {
      const facts = await contacts.load(scope, contactId);
      if (facts !== null && facts.edge.node === alive.node && facts.edge.epoch === alive.epoch) continue;
      prepared.delete(recordingId);
      writer.append([
        recordingRecord({ organisationId, projectId, contactId }, recordingId, clock.now(), {
          kind: state === "prepared" ? "unused" : "cut",
        }),
      ]);
    }
  }
}

/** Year, month and day in UTC: folders that stay small. */
function dayParts(at: Instant): readonly string[] {
  return new Date(at).toISOString().slice(0, 10).split("-");
}
