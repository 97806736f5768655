// Taking turns on a line as people do: by listening. Both sides use it, and it doesn't know whether a person or another of its kind is
// at the other end.
import type { Instant } from "@allo/kernel";

export const conversationLimits = {
  /** Silence after the other spoke that means: your turn. */
  pauseMs: 900,
  /** Nobody says anything: somebody begins. */
  nobodySpeaksMs: 4_500,
  /** Who talks for so long is interrupted. */
  monologueMs: 25_000,
  /** After the last word, before hanging up. */
  afterFarewellMs: 1_200,
} as const;

export type Turn =
  | { readonly kind: "listening"; readonly since: Instant; readonly heardAt: Instant | null; readonly speechMs: number }
  | { readonly kind: "speaking"; readonly since: Instant };
export type Conversation = { readonly turn: Turn; readonly said: number };

export function beginConversation(at: Instant, speechMs: number): Conversation {
  return { turn: { kind: "listening", since: at, heardAt: null, speechMs }, said: 0 };
}

/** Notes what was heard, and says whether it is one's turn now. */
export function listen(
  conversation: Conversation,
  heard: { readonly at: Instant; readonly speechMs: number },
): { readonly conversation: Conversation; readonly mine: boolean } {
  const { turn } = conversation;
  if (turn.kind === "speaking") return { conversation, mine: false };
  const spoke = heard.speechMs > turn.speechMs;
  const next: Turn = { ...turn, speechMs: Math.max(turn.speechMs, heard.speechMs), heardAt: spoke ? heard.at : turn.heardAt };
  const { pauseMs, nobodySpeaksMs, monologueMs } = conversationLimits;
  const mine =
    next.heardAt === null
      ? heard.at - next.since >= nobodySpeaksMs
      : heard.at - next.heardAt >= pauseMs || heard.at - next.since >= monologueMs;
  return { conversation: { ...conversation, turn: next }, mine };
}

export function speak(conversation: Conversation, at: Instant): Conversation {
  return { turn: { kind: "speaking", since: at }, said: conversation.said + 1 };
}

/** What one said is said, or was cut. What was heard meanwhile doesn't count. */
export function spoken(conversation: Conversation, heard: { readonly at: Instant; readonly speechMs: number }): Conversation {
  if (conversation.turn.kind === "listening") return conversation;
  return { ...conversation, turn: { kind: "listening", since: heard.at, heardAt: null, speechMs: heard.speechMs } };
}
