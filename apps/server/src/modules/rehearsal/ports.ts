import type { AgentView } from "@allo/acd";
import type { CoreCommand, EdgeConfig, Language } from "@allo/contract";
import type { CallId, NumberId, OrganisationId, PersonId } from "@allo/kernel";
import type { VoiceConfig } from "../routing/index.ts";

/** What a test call needs to know of the organisation: its numbers, who serves which queue, and the sounds. */
export type TestCallDirectory = {
  config(organisationId: OrganisationId): VoiceConfig | null;
  audioFor(organisationId: OrganisationId, audioId: string, language: Language): string;
  edgeConfig(): EdgeConfig;
};

/** The edge: where its SIP port is, and the way to let the caller in. */
export type TestCallEdge = {
  isConnected(): boolean;
  ports(): { readonly sip: number; readonly phones: number } | null;
  send(command: CoreCommand): boolean;
  /** True when the edge has said that the caller is let in; false where it is away or silent. */
  admit(command: Extract<CoreCommand, { readonly kind: "admitCaller" }>): Promise<boolean>;
};

export type TestCallRouting = { agent(organisationId: OrganisationId, personId: PersonId): AgentView | undefined };
export type TestCallPhones = (personId: PersonId) => { readonly registered: boolean; readonly proven: boolean } | undefined;

export type TestCallLines = (callId: CallId) => Promise<{ readonly agent: { readonly silentMs: number | null } | null }>;

/** A number that can be called, with the spelling to dial. */
export type CallableNumber = {
  readonly numberId: NumberId;
  readonly dialled: string;
  readonly number: string;
  readonly label: string;
  readonly language: Language;
  readonly queueId: string;
};
