import type { ContactRow } from "@allo/contract";
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";

/** How a contact came out, in words. */
export const outcomeWords: Readonly<Record<NonNullable<ContactRow["outcome"]>, MessageDescriptor>> = {
  answered: msg({ message: "Answered", context: "outcome of a call" }),
  abandoned: msg({ message: "Abandoned", context: "outcome of a call" }),
  abandonedRinging: msg({ message: "Abandoned while ringing", context: "outcome of a call" }),
  refused: msg({ message: "Not taken into the queue", context: "outcome of a call" }),
  notReached: msg({ message: "Not reached", context: "outcome of a call" }),
  systemDisconnect: msg({ message: "Cut off by the system", context: "outcome of a call" }),
};
