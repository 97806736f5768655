// One simulated agent at the desk: (state, event) → (state, commands). It sees what the desk's screen shows and does what its buttons do;
// nothing here knows about callers.
import { SECOND_MS, type Instant, type Prng } from "@allo/kernel";
import { beginConversation, listen, speak, spoken, type Conversation } from "./conversation.ts";
import { between, exponential, pickOne, pickWeighted } from "../../history/draws.ts";
import type { Duty } from "./roster.ts";

export const agentMachineLimits = {
  answerMsMin: 1_000,
  answerMsMax: 6_000,
  missShare: 0.015,
  /** After missed rings made them not ready. */
  comeBackMsMin: 15_000,
  comeBackMsMax: 50_000,
  holdMsMin: 6_000,
  holdMsMax: 22_000,
  /** Looking something up before one's next sentence. */
  thinkMsMin: 800,
  thinkMsMax: 7_000,
  /** Calls that the agent ends, by the speaker's own drawn time. */
  endsShare: 0.12,
  endsAfterMsMin: 45_000,
  endsAfterMsMax: 240_000,
  /** A line on which nothing was heard for so long is hung up. */
  deadAirMs: 45_000,
  talkMsMax: 900_000,
  noteShare: 0.6,
  leaveUncodedShare: 0.03,
  wrapUpMsMin: 2_000,
  /** Before the desk ends the wrap-up by itself. */
  wrapUpSpareMs: 1_500,
  /** A button pressed without effect is pressed again after so long. */
  pressAgainMs: 4_000,
} as const;

/** What the desk's screen shows of a contact. */
export type DeskContactView = {
  readonly contactId: string;
  readonly offerId: string | null;
  readonly queueId: string;
  readonly connectedAt: Instant | null;
  readonly heldSince: Instant | null;
  readonly wrapUpEndsAt: Instant | null;
};
export type DeskView = {
  readonly state: "offline" | "notReady" | "ready" | "ringing" | "talking" | "wrapUp";
  readonly reasonId: string | null;
  readonly pendingReasonId: string | null;
  readonly systemCause: string | null;
  readonly proven: boolean;
  readonly contact: DeskContactView | null;
};

/** What is known of the queue's line, for the work after the call. */
export type AgentLine = {
  readonly wrapUpSecondsMean: number;
  readonly wrapUpCodes: readonly { readonly wrapUpCodeId: string; readonly weight: number }[];
  readonly notes: readonly string[];
  readonly holdShare: number;
};
export type AgentWorld = {
  /** 1 is the mean handle time. */
  readonly speed: number;
  readonly lineOf: (queueId: string) => AgentLine | undefined;
  readonly reasonOf: (what: "break" | "lunch" | "away") => string | undefined;
};

type RingPlan = { readonly offerId: string; readonly answerAt: Instant | null };
type TalkPlan = {
  readonly contactId: string;
  readonly conversation: Conversation;
  readonly sayAt: Instant | null;
  readonly holdAt: Instant | null;
  readonly resumeAt: Instant | null;
  readonly endAt: Instant;
  readonly heardAt: Instant;
  readonly speechMs: number;
};
type WrapPlan = { readonly contactId: string; readonly finishAt: Instant | null };

export type AgentState = {
  readonly isIn: boolean;
  readonly ring: RingPlan | null;
  readonly talk: TalkPlan | null;
  readonly wrap: WrapPlan | null;
  readonly comeBackAt: Instant | null;
  /** The last button and when it was pressed. */
  readonly pressed: { readonly what: string; readonly at: Instant } | null;
  /** Numbers the draws: each offer and talk has a stream of its own. */
  readonly drawn: number;
};

export type AgentEvent =
  /** Some five times a second. `desk` null: not signed in. */
  | { readonly kind: "ticked"; readonly at: Instant; readonly duty: Duty; readonly desk: DeskView | null; readonly speechMs: number }
  | { readonly kind: "spoken"; readonly at: Instant; readonly speechMs: number };

export type AgentCommand =
  | { readonly kind: "signIn" }
  | { readonly kind: "signOut" }
  | { readonly kind: "goReady" }
  | { readonly kind: "goNotReady"; readonly reasonId: string }
  | { readonly kind: "accept"; readonly offerId: string }
  | { readonly kind: "hold" | "resume" | "hangUp"; readonly contactId: string }
  | { readonly kind: "finishWrapUp"; readonly contactId: string; readonly wrapUpCodeId: string; readonly note: string }
  /** Opens the microphone for a conversation, or closes it. */
  | { readonly kind: "voice"; readonly open: boolean }
  | { readonly kind: "say"; readonly what: "opening" | "detail" | "farewell"; readonly index: number };
export type AgentStep = { readonly state: AgentState; readonly commands: readonly AgentCommand[] };

export const agentAtHome: AgentState = { isIn: false, ring: null, talk: null, wrap: null, comeBackAt: null, pressed: null, drawn: 0 };

export function stepAgent(world: AgentWorld, prng: Prng, state: AgentState, event: AgentEvent): AgentStep {
  if (event.kind === "spoken") {
    const { talk } = state;
    if (talk === null) return stay(state);
    return stay({ ...state, talk: { ...talk, conversation: spoken(talk.conversation, event), sayAt: null } });
  }
  const { desk } = event;
  if (desk === null) {
    if (event.duty.kind === "home") return stay({ ...agentAtHome, drawn: state.drawn });
    return press({ ...agentAtHome, drawn: state.drawn, pressed: state.pressed }, "signIn", event.at, { kind: "signIn" });
  }
  const cleared: AgentState = {
    ...state,
    isIn: true,
    ring: desk.state === "ringing" ? state.ring : null,
    talk: desk.state === "talking" ? state.talk : null,
    wrap: desk.state === "wrapUp" ? state.wrap : null,
    comeBackAt: desk.state === "notReady" ? state.comeBackAt : null,
  };
  // The microphone is closed when a talk is over, whatever came after it.
  const closing: readonly AgentCommand[] = state.talk !== null && cleared.talk === null ? [{ kind: "voice", open: false }] : [];
  const step = atDesk(world, prng, cleared, { ...event, desk });
  return { state: step.state, commands: [...closing, ...step.commands] };
}

type Seen = { readonly at: Instant; readonly duty: Duty; readonly desk: DeskView; readonly speechMs: number };

function atDesk(world: AgentWorld, prng: Prng, state: AgentState, seen: Seen): AgentStep {
  switch (seen.desk.state) {
    case "offline":
      return stay(state); // the desk opens in a moment
    case "notReady":
      return notReady(world, prng, state, seen);
    case "ready":
      return leaveReady(world, state, seen);
    case "ringing":
      return ringing(prng, state, seen);
    case "talking":
      return talking(world, prng, state, seen);
    case "wrapUp":
      return wrapUp(world, prng, state, seen);
    default:
      return seen.desk.state satisfies never;
  }
}

function notReady(world: AgentWorld, prng: Prng, state: AgentState, { at, duty, desk }: Seen): AgentStep {
  if (duty.kind === "home") return press(state, "signOut", at, { kind: "signOut" });
  if (duty.kind === "break") {
    const reasonId = world.reasonOf(duty.what);
    if (reasonId === undefined || desk.reasonId === reasonId) return stay(state);
    return press(state, `goNotReady ${reasonId}`, at, { kind: "goNotReady", reasonId });
  }
  if (desk.systemCause !== null) {
    // Somebody has to notice first that calls no longer come.
    if (state.comeBackAt === null) {
      const { comeBackMsMin, comeBackMsMax } = agentMachineLimits;
      const own = prng.child(`come-back/${state.drawn}`);
      return stay({ ...state, drawn: state.drawn + 1, comeBackAt: at + Math.round(between(own, comeBackMsMin, comeBackMsMax)) });
    }
    if (at < state.comeBackAt) return stay(state);
  }
  return desk.proven ? press(state, "goReady", at, { kind: "goReady" }) : stay(state);
}

function leaveReady(world: AgentWorld, state: AgentState, { at, duty }: Seen): AgentStep {
  if (duty.kind === "work") return stay(state);
  // Home goes by the break's reason: a person without a reason can't be set not ready.
  const reasonId = world.reasonOf(duty.kind === "break" ? duty.what : "break");
  return reasonId === undefined ? stay(state) : press(state, `goNotReady ${reasonId}`, at, { kind: "goNotReady", reasonId });
}

function ringing(prng: Prng, state: AgentState, { at, desk }: Seen): AgentStep {
  const offerId = desk.contact?.offerId ?? null;
  if (offerId === null) return stay(state);
  if (state.ring?.offerId !== offerId) {
    const own = prng.child(`offer/${state.drawn}`);
    const { missShare, answerMsMin, answerMsMax } = agentMachineLimits;
    const answerAt = own.next() < missShare ? null : at + Math.round(between(own, answerMsMin, answerMsMax));
    return stay({ ...state, drawn: state.drawn + 1, ring: { offerId, answerAt } });
  }
  if (state.ring.answerAt === null || at < state.ring.answerAt) return stay(state);
  // The microphone opens first: the caller must hear somebody at once.
  const step = press(state, `accept ${offerId}`, at, { kind: "accept", offerId });
  return step.commands.length === 0 ? step : { ...step, commands: [{ kind: "voice", open: true }, ...step.commands] };
}

function talking(world: AgentWorld, prng: Prng, state: AgentState, seen: Seen): AgentStep {
  const { at, desk, speechMs } = seen;
  const contact = desk.contact;
  if (contact === null) return stay(state);
  if (state.talk?.contactId !== contact.contactId) return beginTalk(world, prng, state, { at, contact, speechMs });
  const { talk } = state;
  const heardAt = speechMs > talk.speechMs ? at : talk.heardAt;
  const next: AgentState = { ...state, talk: { ...talk, heardAt, speechMs: Math.max(speechMs, talk.speechMs) } };
  const { contactId } = contact;
  if (contact.heldSince !== null) {
    if (talk.resumeAt === null || at < talk.resumeAt) return stay(next);
    return press(next, `resume ${contactId}`, at, { kind: "resume", contactId });
  }
  if (talk.holdAt !== null && talk.resumeAt !== null && at >= talk.holdAt && at < talk.resumeAt)
    return press(next, `hold ${contactId}`, at, { kind: "hold", contactId });
  const isDead = at - heardAt > agentMachineLimits.deadAirMs;
  if (at >= talk.endAt || isDead) return press(next, `hangUp ${contactId}`, at, { kind: "hangUp", contactId });
  return converse(prng, next, talk, { at, speechMs });
}

function beginTalk(
  world: AgentWorld,
  prng: Prng,
  state: AgentState,
  { at, contact, speechMs }: { readonly at: Instant; readonly contact: DeskContactView; readonly speechMs: number },
): AgentStep {
  const own = prng.child(`talk/${state.drawn}`);
  const { holdMsMin, holdMsMax, endsShare, endsAfterMsMin, endsAfterMsMax, talkMsMax } = agentMachineLimits;
  const holds = own.next() < (world.lineOf(contact.queueId)?.holdShare ?? 0);
  const holdAt = holds ? at + Math.round(between(own, 15_000, 40_000)) : null;
  const ends = own.next() < endsShare;
  const talk: TalkPlan = {
    contactId: contact.contactId,
    conversation: speak(beginConversation(at, speechMs), at),
    sayAt: null,
    holdAt,
    resumeAt: holdAt === null ? null : holdAt + Math.round(between(own, holdMsMin, holdMsMax)),
    endAt: at + (ends ? Math.round(between(own, endsAfterMsMin, endsAfterMsMax)) : talkMsMax),
    heardAt: at,
    speechMs,
  };
  return {
    state: { ...state, drawn: state.drawn + 1, talk },
    commands: [
      { kind: "voice", open: true },
      { kind: "say", what: "opening", index: 0 },
    ],
  };
}

function converse(
  prng: Prng,
  state: AgentState,
  talk: TalkPlan,
  { at, speechMs }: { readonly at: Instant; readonly speechMs: number },
): AgentStep {
  const { conversation, mine } = listen(talk.conversation, { at, speechMs });
  const heard = { ...(state.talk ?? talk), conversation };
  if (!mine) return stay({ ...state, talk: { ...heard, sayAt: conversation.turn.kind === "listening" ? null : talk.sayAt } });
  if (talk.sayAt === null) {
    const { thinkMsMin, thinkMsMax } = agentMachineLimits;
    const think = between(prng.child(`think/${state.drawn}/${conversation.said}`), thinkMsMin, thinkMsMax);
    return stay({ ...state, talk: { ...heard, sayAt: at + Math.round(think) } });
  }
  if (at < talk.sayAt) return stay({ ...state, talk: { ...heard, sayAt: talk.sayAt } });
  return {
    state: { ...state, talk: { ...heard, conversation: speak(conversation, at), sayAt: null } },
    commands: [{ kind: "say", what: "detail", index: conversation.said }],
  };
}

function wrapUp(world: AgentWorld, prng: Prng, state: AgentState, { at, desk }: Seen): AgentStep {
  const contact = desk.contact;
  if (contact === null) return stay(state);
  const line = world.lineOf(contact.queueId);
  const own = prng.child(`wrap-up/${state.drawn}`);
  if (state.wrap?.contactId !== contact.contactId) {
    const { leaveUncodedShare, wrapUpMsMin, wrapUpSpareMs } = agentMachineLimits;
    const leaves = line === undefined || own.next() < leaveUncodedShare;
    const wanted = at + Math.max(wrapUpMsMin, exponential(own, (line?.wrapUpSecondsMean ?? 0) * SECOND_MS * world.speed));
    const latest = contact.wrapUpEndsAt === null ? wanted : contact.wrapUpEndsAt - wrapUpSpareMs;
    const finishAt = leaves ? null : Math.round(Math.max(at, Math.min(wanted, latest)));
    return stay({ ...state, wrap: { contactId: contact.contactId, finishAt } });
  }
  if (line === undefined || state.wrap.finishAt === null || at < state.wrap.finishAt) return stay(state);
  if (line.wrapUpCodes.length === 0) return stay(state);
  const code = pickWeighted(own.child("code"), line.wrapUpCodes);
  const words = own.child("note");
  const note = words.next() < agentMachineLimits.noteShare && line.notes.length > 0 ? pickOne(words, line.notes) : "";
  const { contactId } = contact;
  return press(state, `finish ${contactId}`, at, { kind: "finishWrapUp", contactId, wrapUpCodeId: code.wrapUpCodeId, note });
}

/** Presses a button, unless it was pressed a moment ago and the desk hasn't answered yet. */
function press(state: AgentState, what: string, at: Instant, command: AgentCommand): AgentStep {
  if (state.pressed?.what === what && at - state.pressed.at < agentMachineLimits.pressAgainMs) return stay(state);
  return { state: { ...state, pressed: { what, at } }, commands: [command] };
}

function stay(state: AgentState): AgentStep {
  return { state, commands: [] };
}
