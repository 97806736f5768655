import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import type { KeyAction } from "./keys.ts";

/** What each key does, in words. */
export const keyWords: Readonly<Record<KeyAction, MessageDescriptor>> = {
  answer: msg({ message: "Answer", context: "button" }),
  decline: msg({ message: "Decline", context: "button" }),
  mute: msg`Microphone off and on`,
  hold: msg`Hold and back`,
  hangUp: msg({ message: "Hang up", context: "button" }),
  askLead: msg`Ask a lead into the call`,
  ready: msg`Go ready`,
  commands: msg`Commands`,
  search: msg`Search`,
  sheet: msg`This sheet`,
  help: msg`Help for this page`,
};
