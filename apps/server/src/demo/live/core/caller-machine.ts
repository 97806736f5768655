// One caller from the first ring to the last word: (state, event) → (state, commands). A caller sees only what a telephone gives: that it
// was answered, what it hears, that it was hung up.
import type { Instant } from "@allo/kernel";
import type { CallPlan } from "./arrivals.ts";
import { beginConversation, conversationLimits, listen, speak, spoken, type Conversation } from "./conversation.ts";

export const callerMachineLimits = {
  /** The greeting begins by then; which sources were heard until then are the centre's own. */
  greetingSettledMs: 1_500,
  /** Whoever isn't answered at all by the exchange gives up. */
  unansweredMs: 30_000,
  /** A caller who has said goodbye waits so long for the other to hang up. */
  goodbyeMs: 4_000,
} as const;

/** What the telephone at one's ear gives. */
export type Hearing = { readonly speechMs: number; readonly sourcesBegun: number };

export type CallerState =
  | { readonly kind: "calling"; readonly since: Instant }
  /** Greeting, music, sentences. `before`: sources heard when the greeting had begun. */
  | { readonly kind: "waiting"; readonly since: Instant; readonly before: number | null }
  | { readonly kind: "talking"; readonly since: Instant; readonly conversation: Conversation; readonly goodbyeAt: Instant | null }
  | { readonly kind: "leaving" }
  | { readonly kind: "over" };

export type CallerEvent =
  | { readonly kind: "answered"; readonly at: Instant }
  | { readonly kind: "ticked"; readonly at: Instant; readonly hearing: Hearing }
  | { readonly kind: "spoken"; readonly at: Instant; readonly hearing: Hearing }
  | { readonly kind: "ended"; readonly at: Instant };

export type Utterance = "opening" | "detail" | "farewell";
export type CallerCommand =
  | { readonly kind: "say"; readonly what: Utterance; readonly index: number }
  /** What is heard from here on is a person's. */
  | { readonly kind: "hearAnew" }
  | { readonly kind: "hangUp" }
  /** Nobody took the call. */
  | { readonly kind: "wasLost" };
export type CallerStep = { readonly state: CallerState; readonly commands: readonly CallerCommand[] };

export function beginCaller(at: Instant): CallerState {
  return { kind: "calling", since: at };
}

export function stepCaller(plan: CallPlan, state: CallerState, event: CallerEvent): CallerStep {
  if (event.kind === "ended") {
    const wasLost = state.kind === "calling" || state.kind === "waiting";
    return { state: { kind: "over" }, commands: wasLost ? [{ kind: "wasLost" }] : [] };
  }
  switch (state.kind) {
    case "calling":
      if (event.kind === "answered") return { state: { kind: "waiting", since: event.at, before: null }, commands: [] };
      return event.at - state.since > Math.max(plan.patienceMs, callerMachineLimits.unansweredMs) ? leaveLost() : stay(state);
    case "waiting":
      return event.kind === "ticked" ? wait(plan, state, event) : stay(state);
    case "talking":
      return event.kind === "answered" ? stay(state) : talk(plan, state, event);
    case "leaving":
    case "over":
      return stay(state);
    default:
      return state satisfies never;
  }
}

function wait(
  plan: CallPlan,
  state: CallerState & { readonly kind: "waiting" },
  { at, hearing }: { readonly at: Instant; readonly hearing: Hearing },
): CallerStep {
  const waitedMs = at - state.since;
  if (state.before === null)
    return waitedMs < callerMachineLimits.greetingSettledMs ? stay(state) : stay({ ...state, before: hearing.sourcesBegun });
  if (hearing.sourcesBegun > state.before)
    return {
      state: { kind: "talking", since: at, conversation: beginConversation(at, 0), goodbyeAt: null },
      commands: [{ kind: "hearAnew" }],
    };
  return waitedMs > plan.patienceMs ? leaveLost() : stay(state);
}

function talk(
  plan: CallPlan,
  state: CallerState & { readonly kind: "talking" },
  event: { readonly kind: "ticked" | "spoken"; readonly at: Instant; readonly hearing: Hearing },
): CallerStep {
  const { at, hearing } = event;
  if (state.goodbyeAt !== null) {
    const isSaid = event.kind === "spoken" || state.conversation.turn.kind === "listening";
    const conversation = event.kind === "spoken" ? spoken(state.conversation, { at, speechMs: hearing.speechMs }) : state.conversation;
    if (isSaid && at - state.goodbyeAt >= callerMachineLimits.goodbyeMs + conversationLimits.afterFarewellMs)
      return { state: { kind: "leaving" }, commands: [{ kind: "hangUp" }] };
    return stay({ ...state, conversation });
  }
  if (event.kind === "spoken") return stay({ ...state, conversation: spoken(state.conversation, { at, speechMs: hearing.speechMs }) });
  const { conversation, mine } = listen(state.conversation, { at, speechMs: hearing.speechMs });
  if (!mine) return stay({ ...state, conversation });
  const isDone = at - state.since >= plan.talkMs;
  const what: Utterance = conversation.said === 0 ? "opening" : isDone ? "farewell" : "detail";
  const index = what === "detail" ? plan.matter + conversation.said : plan.matter;
  return {
    state: { ...state, conversation: speak(conversation, at), goodbyeAt: what === "farewell" ? at : null },
    commands: [{ kind: "say", what, index }],
  };
}

function leaveLost(): CallerStep {
  return { state: { kind: "leaving" }, commands: [{ kind: "wasLost" }, { kind: "hangUp" }] };
}

function stay(state: CallerState): CallerStep {
  return { state, commands: [] };
}
