import type { QueueSettings } from "@allo/contract";

/** How much one organisation may set up; all of it is held in memory. */
export const directoryLimits = {
  projectsMax: 200,
  hoursMax: 200,
  queuesMax: 1_000,
  numbersMax: 5_000,
  devicesMax: 5_000,
  skillsMax: 500,
  wrapUpCodesMax: 500,
  reasonsMax: 100,
  membersPerQueueMax: 5_000,
  skillsPerPersonMax: 50,
  mentorsPerPersonMax: 10,
  /** A sentence that callers hear. */
  promptMsMax: 120_000,
  promptMsMin: 100,
  musicMsMax: 900_000,
  /** Named where something can't be retired because it is used. */
  usesNamedMax: 20,
  /** Added ones in use: the edge holds the sound of each in memory. */
  ownPromptsMax: 50,
  deviceSecretChars: 28,
  /** Kept in memory for each phone: 200 bytes an entry. */
  deviceLogEntriesMax: 200,
  /** Calls open at once over all numbers of the installation; the next is refused with its sentence. */
  callsMax: 1_000,
  agentMediaTimeoutMs: 2_000,
} as const;

/** Links by which a phone fetches its configuration. */
export const phoneLinkLimits = {
  validMs: 30 * 60_000,
  windowMs: 15 * 60_000,
  /** Wrong ones of one address; a phone asks for a few names before the right one. */
  attemptsPerAddressMax: 60,
  attemptsMax: 2_000,
  countersMax: 20_000,
} as const;

/** Realm of the digest for devices: part of the stored secrets, so it never changes. */
export const DEVICE_REALM = "allo";

export const LOOPBACK_NETWORKS: readonly string[] = ["127.0.0.0/8", "::1/128"];

export const queueDefaults: Omit<QueueSettings, "names" | "projectId"> = {
  greetingWords: { en: "", ru: "", fa: "" },
  ringTimeoutSeconds: 20,
  waitMaxSeconds: 1_800,
  sizeMax: 100,
  wrapUpSeconds: 60,
  wrapUpExtensionSeconds: 60,
  missedRingsMax: 2,
  priority: 0,
  serviceLevelSeconds: 20,
  recordCalls: true,
  recordFrom: "agent",
  recordHold: false,
  maskKeysPaused: true,
  fieldPauseSeconds: 120,
  recordOutgoing: "off",
  recordOutside: false,
  recorderId: null,
  musicAudioId: "music.main",
  requirements: [],
  autoAnswer: false,
  holdReminderSeconds: 60,
  holdReminderEverySeconds: 30,
};

export const numberDefaults = {
  label: "",
  callsMax: 100,
  greetingAudioId: "greeting.notice",
  closedAudioId: "refuse.closed",
} as const;
