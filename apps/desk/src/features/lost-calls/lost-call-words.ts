import type { LostCall } from "@allo/contract";
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";

/** How a lost call was settled. */
export const settledWords: Readonly<Record<LostCall["state"], MessageDescriptor>> = {
  open: msg({ message: "To call back", context: "lost calls" }),
  calledAgain: msg({ message: "Called again and was answered", context: "lost calls" }),
  calledBack: msg({ message: "Called back", context: "lost calls" }),
  unreachable: msg({ message: "Unreachable", context: "lost calls" }),
  dismissed: msg({ message: "Dismissed", context: "lost calls" }),
};
