import { queueSettingKeys, type LocalizedText, type Queue, type QueueSettings } from "@allo/contract";
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";

/** All that is set of a queue. */
export type QueueDraft = QueueSettings;

export function queueDraftOf(queue: Queue): QueueDraft {
  return Object.fromEntries(queueSettingKeys.map((key) => [key, queue[key]])) as QueueDraft;
}

export const queueLabels: Readonly<Record<keyof QueueDraft, MessageDescriptor>> = {
  names: msg`Name`,
  projectId: msg`Project`,
  greetingWords: msg`Words to greet with`,
  ringTimeoutSeconds: msg`Rings at one agent for`,
  waitMaxSeconds: msg`Longest wait`,
  sizeMax: msg`Most callers waiting at once`,
  wrapUpSeconds: msg`Time for wrap-up`,
  wrapUpExtensionSeconds: msg`Extended once by`,
  missedRingsMax: msg`Missed rings in a row before not ready`,
  priority: msg`Priority among queues`,
  serviceLevelSeconds: msg`Target: answered within`,
  recordCalls: msg`Calls are recorded`,
  recordFrom: msg`Recorded from`,
  recordHold: msg`The agent is recorded while the customer is on hold`,
  maskKeysPaused: msg`Keys are hidden while the recording is paused`,
  fieldPauseSeconds: msg`Longest pause while a field is filled in`,
  recordOutgoing: msg`Recording of calls out`,
  recordOutside: msg`People outside are recorded too`,
  recorderId: msg`Recorder elsewhere`,
  musicAudioId: msg`Music while waiting`,
  requirements: msg`Skills asked for`,
  autoAnswer: msg`Calls connect by themselves`,
  holdReminderSeconds: msg`Reminds of a customer on hold after`,
  holdReminderEverySeconds: msg`Reminds again every`,
};

export const outgoingRecordings = ["off", "notice", "told"] as const satisfies readonly QueueDraft["recordOutgoing"][];
export const outgoingWords: Readonly<Record<QueueDraft["recordOutgoing"], MessageDescriptor>> = {
  off: msg({ message: "Not recorded", context: "calls out" }),
  notice: msg({ message: "After a spoken notice", context: "calls out" }),
  told: msg({ message: "Once the agent has told the customer", context: "calls out" }),
};

export type ShowWords = {
  readonly seconds: (value: number) => string;
  readonly count: (value: number) => string;
  readonly yesNo: (value: boolean) => string;
  readonly names: (value: LocalizedText) => string;
  readonly audio: (audioId: string) => string;
  readonly skill: (skillId: string) => string;
  readonly project: (projectId: string) => string;
  readonly recordFrom: (value: QueueSettings["recordFrom"]) => string;
  /** Null: none. */
  readonly recorder: (recorderId: string | null) => string;
  readonly outgoing: (value: QueueDraft["recordOutgoing"]) => string;
  readonly none: string;
};

/** A setting's value as a short text: for the list of changes, and for clashes. */
export function showQueueValue<K extends keyof QueueDraft>(key: K, value: QueueDraft[K], words: ShowWords): string {
  if (typeof value === "boolean") return words.yesNo(value);
  if (typeof value === "number") return key.endsWith("Seconds") ? words.seconds(value) : words.count(value);
  if (value === "agent" || value === "answer") return words.recordFrom(value);
  if (key === "recorderId") return words.recorder(value as QueueDraft["recorderId"]);
  if (key === "recordOutgoing") return words.outgoing(value as QueueDraft["recordOutgoing"]);
  if (typeof value === "string") return key === "projectId" ? words.project(value) : words.audio(value);
  if (Array.isArray(value))
    return value.length === 0 ? words.none : value.map((each) => `${words.skill(each.skillId)} ${words.count(each.level)}`).join(", ");
  return words.names(value as LocalizedText);
}

/** The names that are filled in, in all languages. */
export function allNames(names: LocalizedText): string {
  const filled = [...new Set([names.en, names.ru, names.fa].filter((name) => name.trim() !== ""))];
  return filled.length === 0 ? "—" : filled.join(" / ");
}
