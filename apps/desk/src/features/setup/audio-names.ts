import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";

const names: Readonly<Record<string, MessageDescriptor>> = {
  "greeting.notice": msg`Greeting with the recording notice`,
  "greeting.plain": msg`Greeting without the notice`,
  "greeting.isp": msg`Greeting of an internet provider`,
  "greeting.bank": msg`Greeting of a bank`,
  "greeting.taxi": msg`Greeting of a taxi service`,
  "greeting.shop": msg`Greeting of a shop`,
  "greeting.clinic": msg`Greeting of a clinic`,
  "greeting.outsourcer": msg`Greeting of a contact centre`,
  "notice.recorded": msg`Recording notice alone`,
  "queue.allBusy": msg`All agents are busy`,
  "queue.pleaseHold": msg`Thank you for holding`,
  "refuse.nobody": msg`Nobody can answer now`,
  "refuse.queueFull": msg`Too many people are waiting`,
  "refuse.waitTooLong": msg`The longest wait has passed`,
  "refuse.tooManyCalls": msg`All lines are busy`,
  "refuse.technical": msg`Technical fault`,
  "refuse.closed": msg`Outside working hours`,
  "agent.cutOff": msg`Cut off from the agent`,
  "agent.incoming": msg`In the agent's ear: a call comes`,
  "call.goodbye": msg`Goodbye`,
  "music.main": msg`Calm music`,
  "music.bright": msg`Lively music`,
  "tone.ring": msg`Ringing tone`,
  "tone.accept": msg`Tone at the beginning`,
  "tone.end": msg`Tone at the end`,
  "tone.reminder": msg`Tone that a customer is on hold`,
  "test.caller": msg`Voice of a test caller`,
  "test.hello": msg`Test call: please say something`,
  "test.heard": msg`Test call: you were heard`,
  "test.notHeard": msg`Test call: you were not heard`,
};

/** What a piece of audio is, in words. */
export function audioName(audioId: string): MessageDescriptor {
  return names[audioId] ?? { id: audioId, message: audioId };
}
export const musicIds: readonly string[] = ["music.main", "music.bright"];
export const greetingIds: readonly string[] = [
  "greeting.notice",
  "greeting.plain",
  "greeting.isp",
  "greeting.bank",
  "greeting.taxi",
  "greeting.shop",
  "greeting.clinic",
  "greeting.outsourcer",
];
