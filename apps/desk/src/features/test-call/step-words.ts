import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import type { StepStatus, TestCallStep } from "./test-call-view.ts";

/** What each step is: what happens in it. */
export const stepWords: Readonly<Record<TestCallStep, MessageDescriptor>> = {
  microphone: msg`The browser gives the microphone`,
  line: msg`Your phone connects, sound gets through`,
  calling: msg`The caller dials your number`,
  greeting: msg`The caller hears the greeting`,
  ringing: msg`The call comes to you`,
  answer: msg`You answer`,
  caller: msg`You hear the caller`,
  voice: msg`The caller hears you`,
};

/** A step's status for those who don't see its sign. */
export const statusWords: Readonly<Record<StepStatus, MessageDescriptor>> = {
  waits: msg({ message: "to come", context: "step of a test call" }),
  now: msg({ message: "now", context: "step of a test call" }),
  done: msg({ message: "done", context: "step of a test call" }),
  failed: msg({ message: "failed", context: "step of a test call" }),
};
