import type { EndCause } from "@allo/contract";
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";

/** Who ended it and why, as a clause. Where it isn't known who ended it, nobody is said to have hung up. */
export function causeWords(cause: EndCause): MessageDescriptor {
  switch (cause.why) {
    case "hungUp":
      if (cause.by === "caller") return msg({ message: "The customer ended the call", context: "cause" });
      return cause.by === "agent"
        ? msg({ message: "The agent ended the call", context: "cause" })
        : msg({ message: "The call was ended", context: "cause" });
    case "abuse":
      return msg({ message: "The agent ended the call because of insults or threats", context: "cause" });
    case "abandoned":
      return msg({ message: "The caller left before anyone answered", context: "cause" });
    case "lineDropped":
      return msg({ message: "Line dropped", context: "cause" });
    case "nobodySignedIn":
      return msg({ message: "Nobody was signed in", context: "cause" });
    case "queueFull":
      return msg({ message: "The queue was full", context: "cause" });
    case "longestWaitPassed":
      return msg({ message: "The longest wait had passed", context: "cause" });
    case "tooManyCalls":
      return msg({ message: "Too many calls at once", context: "cause" });
    case "closed":
      return msg({ message: "Outside opening hours", context: "cause" });
    case "technical":
      return msg({ message: "A technical fault", context: "cause" });
    case "edgeLost":
      return msg({ message: "The telephone part of the program stopped", context: "cause" });
    case "coreLost":
      return msg({ message: "The deciding part of the program stopped", context: "cause" });
    case "cancelled":
      return msg({ message: "The caller hung up before the call was taken in", context: "cause" });
    case "noAck":
      return msg({ message: "The caller's side never confirmed the answer", context: "cause" });
    case "codecMismatch":
      return msg({ message: "The two sides had no sound format in common", context: "cause" });
    case "shutdown":
      return msg({ message: "The program was being stopped", context: "cause" });
    case "busy":
      return msg({ message: "The line was busy", context: "cause" });
    case "noAnswer":
      return msg({ message: "Nobody answered", context: "cause" });
    case "declined":
      return msg({ message: "The call was declined", context: "cause" });
    case "unknownNumber":
      return msg({ message: "The carrier doesn't know this number", context: "cause" });
    case "notReached":
      return msg({ message: "The carrier couldn't put the call through", context: "cause" });
    case "noTrunk":
      return msg({ message: "No trunk was free to call out by", context: "cause" });
    case "phoneGone":
      return msg({ message: "The agent's phone was gone", context: "cause" });
    case "tooLong":
      return msg({ message: "The longest time for outgoing calls had passed", context: "cause" });
    case "outsideLeft":
      return msg({ message: "The number outside hung up", context: "cause" });
    case "endedByLead":
      return msg({ message: "A lead ended the call", context: "cause" });
    case "released":
      return msg({ message: "The carrier joined the customer and the number outside itself", context: "cause" });
    default:
      return cause.why satisfies never;
  }
}
