import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";

const words: Readonly<Record<string, MessageDescriptor>> = {
  offline: msg({ message: "not signed in", context: "why an agent doesn't get a call" }),
  notReady: msg({ message: "not ready", context: "why an agent doesn't get a call" }),
  mediaNotProven: msg({ message: "no phone", context: "why an agent doesn't get a call" }),
  ringing: msg({ message: "another call rings", context: "why an agent doesn't get a call" }),
  talking: msg({ message: "talking", context: "why an agent doesn't get a call" }),
  wrapUp: msg({ message: "wrap-up", context: "why an agent doesn't get a call" }),
  lacksSkill: msg({ message: "lacks a skill", context: "why an agent doesn't get a call" }),
  missedThisContact: msg({ message: "missed this call", context: "why an agent doesn't get a call" }),
  lowerLevel: msg({ message: "lower level", context: "why an agent doesn't get a call" }),
  shorterIdle: msg({ message: "free for a shorter time", context: "why an agent doesn't get a call" }),
  notMember: msg({ message: "not a member", context: "why an agent doesn't get a call" }),
  queueAtCapacity: msg({ message: "others are first", context: "why an agent doesn't get a call" }),
};
const other: MessageDescriptor = msg({ message: "another reason", context: "why an agent doesn't get a call" });

/** Why an agent doesn't get a contact, by the router's code ("notReady:break" counts as not ready). */
export function whyWord(code: string): MessageDescriptor {
  return words[code.split(":")[0] ?? ""] ?? other;
}

/** How many agents each reason keeps from a contact, the most frequent first. */
export function whyCounts(why: readonly { readonly code: string }[]): readonly { readonly code: string; readonly count: number }[] {
  const counts = new Map<string, number>();
  for (const { code } of why) {
    const kind = code.split(":")[0] ?? code;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([code, count]) => ({ code, count })).sort((a, b) => b.count - a.count);
}
