import type { CustomerId, OrganisationId } from "@allo/kernel";
import type { Database } from "../../platform/db.ts";
import type { RecordingShelf, ShelvedRecording, StoredRecording } from "../contacts/index.ts";
import {
  recordingFailureSums,
  recordingRewrapInTx,
  recordingShelvedList,
  recordingStoredFetch,
  recordingWrappedList,
} from "./store/shelf-store.ts";

const CONTACTS_PER_READ = 500;

/** Recordings for those who play them, and for whoever learns whose they are. */
export function createRecordingShelf({
  database,
  keys,
}: {
  readonly database: Database;
  readonly keys: { rewrap(organisationId: OrganisationId, fromSubject: string, toSubject: string, wrapped: Uint8Array): Uint8Array };
}): RecordingShelf {
  return {
    find: (scope, recordingId): Promise<StoredRecording | null> => database.withScope(scope, (tx) => recordingStoredFetch(tx, recordingId)),
    async listOf(scope, contactIds, recordingId) {
      const all: ShelvedRecording[] = [];
      for (let from = 0; from < contactIds.length; from += CONTACTS_PER_READ) {
        const part = contactIds.slice(from, from + CONTACTS_PER_READ);
        all.push(...(await database.withScope(scope, (tx) => recordingShelvedList(tx, part, recordingId ?? null))));
      }
      return all;
    },
    failures: (scope, from) => database.withScope(scope, (tx) => recordingFailureSums(tx, from)),
    async rewrap(scope, contactId, customerId: CustomerId) {
      await database.withScope(scope, async (tx) => {
        for (const { recordingId, keySubject, wrappedKey } of await recordingWrappedList(tx, { contactId, notBy: customerId })) {
          await recordingRewrapInTx(tx, {
            recordingId,
            keySubject: customerId,
            wrappedKey: keys.rewrap(scope.organisationId, keySubject, customerId, wrappedKey),
          });
        }
      });
    },
  };
}
