import type { Hours, NotReadyReason, PhoneNumber, Project, Queue, QueueMember, Skill, WrapUpCode } from "@allo/contract";
import type { NumberId, OrganisationId, PersonId, QueueId } from "@allo/kernel";

export type SkillLevel = { readonly skillId: string; readonly level: number };

/** A device with its digest secrets; never leaves the server as it is. */
export type DeviceRecord = {
  readonly deviceId: string;
  readonly personId: string | null;
  readonly name: string;
  readonly username: string;
  /** What colleagues dial at their phones to pass a call on to its person; null: nothing. */
  readonly extension: string | null;
  readonly realm: string;
  readonly ha1Md5: string;
  readonly ha1Sha256: string;
  /** It answers by itself where it is asked to. */
  readonly autoAnswer: boolean;
  /** Over TLS its audio is sealed. */
  readonly offersSrtp: boolean;
  readonly retired: boolean;
  readonly version: number;
};

/** A greeting, music or a project's name that the organisation has added. */
export type OwnPrompt = {
  readonly audioId: string;
  readonly kind: "greeting" | "music" | "name";
  readonly title: string;
  /** It says that calls are recorded. */
  readonly saysNotice: boolean;
  readonly retired: boolean;
};

/** A recording of the organisation's: in place of a shipped prompt, or of an own one in one language. */
export type PromptRecord = {
  readonly audioId: string;
  readonly language: "en" | "ru" | "fa" | "any";
  readonly fileName: string;
  readonly durationMs: number;
  readonly version: number;
  readonly replacedAt: number;
  readonly replacedBy: string;
};

/** What an organisation has set up, as the tables hold it. Retired things are in it: history names them. */
export type SetupParts = {
  readonly projects: readonly Project[];
  readonly hours: readonly Hours[];
  readonly skills: readonly Skill[];
  readonly queues: readonly Queue[];
  readonly members: ReadonlyMap<QueueId, readonly QueueMember[]>;
  readonly personSkills: ReadonlyMap<PersonId, readonly SkillLevel[]>;
  /** By trainee. */
  readonly mentors: ReadonlyMap<PersonId, readonly PersonId[]>;
  readonly numbers: readonly PhoneNumber[];
  /** All spellings by which each number is dialled. */
  readonly dialled: ReadonlyMap<NumberId, readonly string[]>;
  readonly devices: readonly DeviceRecord[];
  /** Whose calls ring at a device; everybody else's ring in the browser. */
  readonly phoneChoices: ReadonlyMap<PersonId, string>;
  readonly wrapUpCodes: readonly WrapUpCode[];
  readonly reasons: readonly NotReadyReason[];
  readonly prompts: readonly PromptRecord[];
  readonly ownPrompts: readonly OwnPrompt[];
};

/** Everything an organisation has set up, in memory, replaced whole after each committed change. */
export type OrganisationConfig = SetupParts & {
  readonly organisationId: OrganisationId;
  readonly name: string;
  /** IANA name. */
  readonly timeZone: string;
  /** ISO 3166 alpha-2. */
  readonly defaultCountry: string;
  /** Counts up with each change. */
  readonly version: number;
};
