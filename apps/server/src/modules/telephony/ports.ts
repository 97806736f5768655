import type { CoreCommand, EdgeConfig, EdgeEvent } from "@allo/contract";
import type { Epoch, OrganisationId, PersonId } from "@allo/kernel";
import type { ContactKeys } from "../contacts/index.ts";
import type { DialGate } from "../dialling/index.ts";

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

/** What calls out need of the modules that own numbers and carriers. */
export type CallingOut = {
  readonly gate: DialGate;
  /** Trunks by which an organisation calls out, in the order of trying. */
  readonly trunksOf: (organisationId: OrganisationId) => readonly string[];
  /** The exchange is running empty: nobody calls out but for help. */
  readonly isDraining: () => boolean;
  /** Whether this person may pass a talk on, or take one over, by a phone alone, without a desk. */
  readonly mayPassOn: (organisationId: OrganisationId, personId: PersonId) => Promise<boolean>;
};

/** What the edge says of lines that want to come to a customer's end. */
export type TransferEvent = Extract<EdgeEvent, { readonly kind: "transferAsked" | "transferEnded" | "pickUpAsked" }>;

/** What an agent asks for at their own phone, and that it rings at somebody outside whom they asked for. */
export type PhoneWish = Extract<
  EdgeEvent,
  { readonly kind: "phoneTransferAsked" | "phoneConsultAsked" | "phoneConsultOver" | "outsideRinging" }
>;
