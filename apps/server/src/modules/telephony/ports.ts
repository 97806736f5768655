import type { CoreCommand, EdgeConfig, EdgeEvent, Permission } from "@allo/contract";
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

/** Everybody who may sign in. */
export type PhoneBook = (organisationId: OrganisationId) => readonly { readonly personId: PersonId; readonly name: string }[];

/** What calls out need of the modules that own numbers and carriers. */
export type CallingOut = {
  readonly gate: DialGate;
  /** Trunks by which an organisation calls out, in the order of trying. */
  readonly trunksOf: (organisationId: OrganisationId) => readonly string[];
  /** The exchange is running empty: nobody calls out but for help. */
  readonly isDraining: () => boolean;
  /** Whether this person may do something by a phone alone, without a desk: call, pass a talk on, take one over. */
  readonly may: (organisationId: OrganisationId, personId: PersonId, permission: Permission) => Promise<boolean>;
};

/** What the edge says of lines that want to come to a customer's end. */
export type TransferEvent = Extract<EdgeEvent, { readonly kind: "transferAsked" | "transferEnded" | "pickUpAsked" }>;

/** What an agent asks for at their own phone, in a call or in none, and that it rings at somebody outside whom they asked for. */
export type PhoneWish = Extract<
  EdgeEvent,
  { readonly kind: "phoneTransferAsked" | "phoneConsultAsked" | "phoneConsultOver" | "phoneDialAsked" | "outsideRinging" }
>;
