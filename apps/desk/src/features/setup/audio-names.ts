import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";

const names: Readonly<Record<string, MessageDescriptor>> = {
  "greeting.notice": msg`Greeting with the recording notice`,
  "greeting.plain": msg`Greeting without the notice`,
  "queue.allBusy": msg`All agents are busy`,
  "queue.pleaseHold": msg`Thank you for holding`,
  "refuse.nobody": msg`Nobody can answer now`,
  "refuse.queueFull": msg`Too many people are waiting`,
  "refuse.waitTooLong": msg`The longest wait has passed`,
  "refuse.tooManyCalls": msg`All lines are busy`,
  "refuse.technical": msg`Technical fault`,
  "agent.cutOff": msg`Cut off from the agent`,
  "call.goodbye": msg`Goodbye`,
  "music.main": msg`Calm music`,
  "music.bright": msg`Lively music`,
  "tone.ring": msg`Ringing tone`,
  "tone.accept": msg`Tone at the beginning`,
  "tone.end": msg`Tone at the end`,
  "test.caller": msg`Voice of a test caller`,
};

/** What a piece of audio is, in words. */
export function audioName(audioId: string): MessageDescriptor {
  return names[audioId] ?? { id: audioId, message: audioId };
}
export const musicIds: readonly string[] = ["music.main", "music.bright"];
export const greetingIds: readonly string[] = ["greeting.notice", "greeting.plain"];
