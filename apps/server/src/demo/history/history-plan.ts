/* What a history is drawn from: the organisation as it was made, and how much of it there shall be. */
import type { AgentConfig, QueueConfig } from "@allo/acd";
import type { Language } from "@allo/contract";
import type {
  CustomerId,
  Instant,
  NumberId,
  OrganisationId,
  PersonId,
  ProjectId,
  QueueId,
  ReasonId,
  SkillId,
  WrapUpCodeId,
} from "@allo/kernel";
import type { LineKey } from "../world-file.ts";

export type HistoryLine = {
  readonly key: LineKey;
  readonly projectId: ProjectId;
  readonly numberId: NumberId;
  readonly queueId: QueueId;
  readonly language: Language;
  readonly share: number;
  readonly handleSecondsMedian: number;
  readonly handleSigma: number;
  readonly patienceSecondsMean: number;
  readonly wrapUpSecondsMean: number;
  readonly wrapUpCodes: readonly { readonly wrapUpCodeId: WrapUpCodeId; readonly weight: number }[];
  readonly notes: readonly string[];
  readonly holdShare: number;
  readonly greetingMs: number;
  readonly serviceLevelMs: number;
  readonly wrapUpMs: number;
  readonly musicAudioId: string;
  readonly requirements: readonly { readonly skill: SkillId; readonly level: 1 | 2 | 3 | 4 | 5 }[];
  /** Of callers whom nobody knows; `index` is drawn. */
  readonly strangerNumber: (index: number) => string;
  readonly customers: readonly { readonly customerId: CustomerId; readonly number: string }[];
  readonly agents: readonly { readonly personId: PersonId; readonly speed: number }[];
};

export type HistoryPlan = {
  readonly seed: string;
  readonly organisationId: OrganisationId;
  /** Of the days of the calendar, and of shifts: `zoneOffset(at)` is added to UTC. */
  readonly zoneOffset: (at: Instant) => number;
  /** Everything is over by then. */
  readonly endAt: Instant;
  readonly days: number;
  /** Calls of a mean day at the end of the period, over all lines. */
  readonly callsPerDay: number;
  readonly queues: readonly QueueConfig[];
  readonly agentConfigs: readonly AgentConfig[];
  readonly lines: readonly HistoryLine[];
  readonly reasons: { readonly break: ReasonId; readonly lunch: ReasonId; readonly training: ReasonId };
  readonly halfHourShares: readonly number[];
  readonly weekdayFactors: readonly number[];
  readonly blindIndex: (number: string) => string;
};

/** Days of the past that were not like others, counted back from the last. */
export const specialDays = {
  /** The provider's network was down from the morning on. */
  outage: { daysAgo: 23, fromHour: 10, toHour: 15, factor: 3.4 },
  /** A holiday in all three countries. */
  holiday: { daysAgo: 46, factor: 0.38 },
  /** Our own telephony failed for a moment: calls were cut. */
  failure: { daysAgo: 37, hour: 12, minute: 41 },
} as const;

export const historyLimits = {
  /** The first of the days has so much fewer calls than the last. */
  growth: 0.14,
  /** After this no call begins, so that all are over at the end. */
  lastCallBeforeEndMs: 20 * 60_000,
  talkMsMin: 8_000,
  talkMsMax: 14 * 60_000,
  wrapUpMsMin: 4_000,
} as const;
