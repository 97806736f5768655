import type { InternalOutcome } from "@allo/contract";
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";

/** What became of a call between colleagues, in words. */
export const internalOutcomeWords: Readonly<Record<InternalOutcome, MessageDescriptor>> = {
  answered: msg({ message: "Answered", context: "call between colleagues" }),
  notAnswered: msg({ message: "Not answered", context: "call between colleagues" }),
  declined: msg({ message: "Declined", context: "call between colleagues" }),
  notAvailable: msg({ message: "Couldn't be reached", context: "call between colleagues" }),
  givenUp: msg({ message: "Given up by the caller", context: "call between colleagues" }),
  failed: msg({ message: "Didn't come about", context: "call between colleagues" }),
};
