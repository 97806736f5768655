// What an agent hears besides talk: the ring of a contact, or what is said to them instead; the tone that a customer still waits.
import type { HoldReminder } from "@allo/contract";
import { SECOND_MS } from "@allo/kernel";
import type { VoiceConfig } from "../routing/index.ts";

/** The project isn't named: it has no recording of its own. */
const INCOMING = "agent.incoming";
const BEGINS = "tone.accept";
const WAITS = "tone.reminder";

/** Null: it rings. Else what is said before the contact connects by itself. */
export function announcementOf(config: Pick<VoiceConfig, "queues" | "projects"> | null, queueId: string): readonly string[] | null {
  const queue = config?.queues.find((each) => each.queueId === queueId);
  if (queue === undefined || !queue.autoAnswer) return null;
  const project = config?.projects.find((each) => each.projectId === queue.projectId);
  return [BEGINS, project?.nameAudioId ?? INCOMING];
}

/** Null: the queue wants none. */
export function holdReminderOf(config: Pick<VoiceConfig, "queues"> | null, queueId: string): HoldReminder | null {
  const queue = config?.queues.find((each) => each.queueId === queueId);
  if (queue === undefined || queue.holdReminderSeconds === 0) return null;
  return {
    afterMs: queue.holdReminderSeconds * SECOND_MS,
    everyMs: queue.holdReminderEverySeconds * SECOND_MS,
    audioId: WAITS,
  };
}
