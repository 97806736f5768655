import type { ContactId, CustomerId, Instant, OrganisationId, ProjectId, RecordingId, Result } from "@allo/kernel";
import type { Scope } from "../../../platform/db.ts";

/** A recording as the module that makes recordings knows it. */
export type StoredRecording = {
  readonly organisationId: OrganisationId;
  readonly projectId: ProjectId;
  readonly recordingId: RecordingId;
  readonly contactId: ContactId;
  readonly state: "prepared" | "recording" | "saved" | "cut" | "failed" | "unused";
  readonly wrappedKey: Uint8Array;
  /** Contact or customer, by whose key the recording's is wrapped. */
  readonly keySubject: string;
  /** Below the data folder. */
  readonly filePath: string;
  readonly startedAt: Instant | null;
};

/** The same with what was noted of it when it ended. */
export type ShelvedRecording = StoredRecording & {
  readonly bytes: number | null;
  readonly sha256Hex: string | null;
  /** The engine's word for what went wrong; "" where nothing did. */
  readonly failure: string;
};

export type RecordingFailureSums = { readonly calls: number; readonly since: Instant | null; readonly last: Instant | null };

export type RecordingShelf = {
  find(scope: Scope, recordingId: string): Promise<StoredRecording | null>;
  /** Those that failed from `from` on, and after the last one that was saved had begun. */
  failures(scope: Scope, from: Instant): Promise<RecordingFailureSums>;
  /** All recordings of these contacts, or the one of them that is named. */
  listOf(scope: Scope, contactIds: readonly ContactId[], recordingId?: string): Promise<readonly ShelvedRecording[]>;
  /** Wraps the keys of a contact's recordings by the customer's; those that are already, stay. */
  rewrap(scope: Scope, contactId: ContactId, customerId: CustomerId): Promise<void>;
};

export type RecordingKeys = {
  unwrapRecordingKey(organisationId: OrganisationId, subjectId: string, wrapped: Uint8Array): Result<Uint8Array, "noKey" | "tampered">;
};
