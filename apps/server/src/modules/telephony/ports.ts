import type { CoreCommand, FromCore } from "@allo/contract";
import type { OrganisationId, Result } from "@allo/kernel";
import type { ContactKeys } from "../contacts/index.ts";

/** The way to the edge. What is sent while it is away is lost; the edge's next hello says what has to be said again. */
export type EdgePort = {
  send(command: CoreCommand): void;
  tell(message: FromCore): void;
};

export type VoiceKeys = ContactKeys & {
  newRecordingKey(organisationId: OrganisationId, subjectId: string): { readonly key: Uint8Array; readonly wrapped: Uint8Array };
  unwrapRecordingKey(organisationId: OrganisationId, subjectId: string, wrapped: Uint8Array): Result<Uint8Array, "noKey" | "tampered">;
};
