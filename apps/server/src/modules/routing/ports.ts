import type { EdgeConfig, Hours, Language, NotReadyReason, PhoneNumber, Project, Queue, QueueMember, WrapUpCode } from "@allo/contract";
import type { NumberId, OrganisationId, PersonId, QueueId } from "@allo/kernel";

/** What routing and telephony need to know of one organisation's configuration. */
export type VoiceConfig = {
  readonly organisationId: OrganisationId;
  /** IANA name, for where a day begins. */
  readonly timeZone: string;
  /** ISO 3166 alpha-2: how a caller's number without a country code is read. */
  readonly defaultCountry: string;
  readonly queues: readonly Queue[];
  readonly members: ReadonlyMap<QueueId, readonly QueueMember[]>;
  readonly personSkills: ReadonlyMap<PersonId, readonly { readonly skillId: string; readonly level: number }[]>;
  /** By trainee. */
  readonly mentors: ReadonlyMap<PersonId, readonly PersonId[]>;
  readonly numbers: readonly PhoneNumber[];
  readonly hours: readonly Hours[];
  readonly projects: readonly Project[];
  readonly reasons: readonly NotReadyReason[];
  readonly wrapUpCodes: readonly WrapUpCode[];
  /** Sounds that the organisation has put in place of shipped ones. */
  readonly prompts: readonly { readonly audioId: string; readonly language: string }[];
  /** Greetings, music and projects' names that the organisation has added; `saysNotice`: it says that calls are recorded. */
  readonly ownPrompts: readonly { readonly audioId: string; readonly saysNotice: boolean }[];
  /** Desk phones and softphones. */
  readonly devices: readonly {
    readonly deviceId: string;
    readonly personId: string | null;
    readonly name: string;
    /** What colleagues dial at their phones to pass a call on to its person. */
    readonly extension: string | null;
    readonly autoAnswer: boolean;
    readonly retired: boolean;
  }[];
  /** Whose calls ring at a device; everybody else's ring in the browser. */
  readonly phoneChoices: ReadonlyMap<PersonId, string>;
};

/** The configuration, always current and in memory; the module that owns it is asked through this. */
export type VoiceDirectory = {
  organisations(): readonly OrganisationId[];
  config(organisationId: OrganisationId): VoiceConfig | null;
  organisationOfNumber(numberId: NumberId): OrganisationId | null;
  /** The edge's id of what a caller hears: the organisation's own where it was replaced, else the shipped one. */
  audioFor(organisationId: OrganisationId, audioId: string, language: Language): string;
  edgeConfig(): EdgeConfig;
  onChanged(listener: (event: { readonly organisationId: OrganisationId }) => void): void;
};
