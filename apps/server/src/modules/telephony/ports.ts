import type { CoreCommand, EdgeConfig } from "@allo/contract";
import type { Epoch, OrganisationId } from "@allo/kernel";
import type { ContactKeys } from "../contacts/index.ts";

/** The way to the edge (bus/edge-link.ts). What is sent while it is away is lost; the edge's next hello says what has to be said again. */
export type EdgePort = {
  send(command: CoreCommand): unknown;
  /** Events of this epoch up to this sequence are durable. */
  seen(epoch: Epoch, through: number): void;
  configure(config: EdgeConfig): void;
};

export type VoiceKeys = ContactKeys & {
  newRecordingKey(organisationId: OrganisationId, subjectId: string): { readonly key: Uint8Array; readonly wrapped: Uint8Array };
};
