import type { LineBand, LineVerdict } from "@allo/contract";
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";

export const lineBandWords: Readonly<Record<LineBand, MessageDescriptor>> = {
  good: msg({ message: "Good", context: "line quality" }),
  fair: msg({ message: "Fair", context: "line quality" }),
  poor: msg({ message: "Poor", context: "line quality" }),
};

/** Which side sounds bad, and why: one sentence, said to whoever is in the call. */
export function lineSentence(verdict: LineVerdict): MessageDescriptor {
  const { band, side, trouble } = verdict;
  if (band === "good" || side === null) return msg`The line is good on both sides.`;
  if (side === "both") return bothSides[trouble ?? "unknown"];
  return (side === "customer" ? customerSide : agentSide)[trouble ?? "unknown"];
}

type Trouble = NonNullable<LineVerdict["trouble"]> | "unknown";

const customerSide: Readonly<Record<Trouble, MessageDescriptor>> = {
  loss: msg`The customer's line loses words; the agent's side is good.`,
  jitter: msg`The customer's line is unsteady; the agent's side is good.`,
  delay: msg`The customer's line is slow: pauses help. The agent's side is good.`,
  unknown: msg`The customer's line is poor; the agent's side is good.`,
};
const agentSide: Readonly<Record<Trouble, MessageDescriptor>> = {
  loss: msg`The network between the agent and the server loses words.`,
  jitter: msg`The network between the agent and the server is unsteady.`,
  delay: msg`The network between the agent and the server is slow.`,
  unknown: msg`The network between the agent and the server is poor.`,
};
const bothSides: Readonly<Record<Trouble, MessageDescriptor>> = {
  loss: msg`Both lines lose words: the server's own network may be the cause.`,
  jitter: msg`Both lines are unsteady: the server's own network may be the cause.`,
  delay: msg`Both lines are slow: the server's own network may be the cause.`,
  unknown: msg`Both lines are poor: the server's own network may be the cause.`,
};
