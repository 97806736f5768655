import type { SoundFinding } from "@allo/contract";
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";

/** What Allo knows, said to the agent. `seconds` is written by the caller, where something has been silent for so long. */
export function findingSentence(finding: SoundFinding, seconds: string | null): MessageDescriptor {
  if (finding === "callerNothing" && seconds !== null) return msg`Nothing has come from the customer's line for ${seconds}: it isn't you.`;
  return sentences[finding];
}

const sentences: Readonly<Record<SoundFinding, MessageDescriptor>> = {
  callerNothing: msg`Nothing comes from the customer's line: it isn't you.`,
  callerLoss: msg`Much of what the customer says is lost on the way to us: it isn't you.`,
  callerSilent: msg`The customer's line carries silence: the microphone there may be off, or nobody speaks.`,
  agentMuted: msg`Your microphone is off in Allo: turn it on.`,
  agentSilent: msg`Your microphone sends silence: look for the mute switch on the headset, or choose another microphone.`,
  agentNothing: msg`Nothing comes from your browser: the network between you and the server is cut. It is being brought back.`,
  agentLoss: msg`Much of the sound between you and the server is lost: the network here is poor.`,
  browserBlocked: msg`The browser blocks sound on this page: press “Turn the sound on”.`,
  onHold: msg`The call is on hold: the customer hears music, and you hear nothing.`,
  nothingWrong: msg`Sound comes and goes in both directions as far as Allo can see. Look at the headset's volume, and ask the customer to do the same.`,
};

/** The same in two or three words, for lists and the timeline. */
export const findingWords: Readonly<Record<SoundFinding, MessageDescriptor>> = {
  callerNothing: msg({ message: "nothing from the customer's line", context: "no sound" }),
  callerLoss: msg({ message: "losses on the customer's line", context: "no sound" }),
  callerSilent: msg({ message: "silence on the customer's line", context: "no sound" }),
  agentMuted: msg({ message: "the agent's microphone off in Allo", context: "no sound" }),
  agentSilent: msg({ message: "silence from the agent's microphone", context: "no sound" }),
  agentNothing: msg({ message: "nothing from the agent's browser", context: "no sound" }),
  agentLoss: msg({ message: "losses on the agent's network", context: "no sound" }),
  browserBlocked: msg({ message: "sound blocked by the browser", context: "no sound" }),
  onHold: msg({ message: "the call was on hold", context: "no sound" }),
  nothingWrong: msg({ message: "no fault seen", context: "no sound" }),
};
