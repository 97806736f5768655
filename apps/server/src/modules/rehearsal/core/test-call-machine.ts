/*
 * One test call: the built-in caller calls a number of the organisation for one person, who answers, hears the caller and is heard.
 * What the caller, the contact and the clock say goes in; what the caller is to do comes out, and each end has one result or obstacle.
 */
import type { EndCause, TestCallObstacle, TestCallObstacleCode, TestCallState } from "@allo/contract";
import { SECOND_MS, unreachable } from "@allo/kernel";
import type { ContactId, Instant } from "@allo/kernel";

export const testCallLimits = {
  /** No answer on the SIP port by then: nothing listens there. */
  sipSilentMs: 4 * SECOND_MS,
  /** From the answer to the first packet that the caller hears. */
  firstSoundMs: 4 * SECOND_MS,
  /** In the queue without a ring: then what keeps the agent from it is looked at. */
  waitingMs: 20 * SECOND_MS,
  /** The agent's ears are given so long after the bridge. */
  helloAfterMs: 700,
  /** After the caller's words, until its own echo is gone. */
  echoMs: 300,
  /** From the bridge to the first packet of the agent's. */
  agentSoundMs: 4 * SECOND_MS,
  listeningMs: 15 * SECOND_MS,
  speechNeededMs: 600,
  /** No last words of the caller are longer. */
  lastWordsMs: 20 * SECOND_MS,
  /** After the caller's call ended: until what ended it is known. */
  causeWaitMs: 1_500,
  totalMs: 170 * SECOND_MS,
} as const;

export type TestWords = "hello" | "heard" | "notHeard";
export type CallerEnded = { readonly by: "us" | "peer" | "network"; readonly reason: string; readonly status: number | null };
/** What joins the two: on hold, or while the agent's sound is away, the caller hears music, which is nobody's voice. */
export type TestTalk = "joined" | "held" | "mediaLost";
export type TestContactPhase = "arriving" | "greeting" | "waiting" | "ringing" | "talking" | "ending" | "wrapUp" | "closed";

export type TestCallEvent =
  /** The edge didn't say that the caller is let in. */
  | { readonly kind: "edgeSilent" }
  | { readonly kind: "callerTried" }
  | { readonly kind: "callerAnswered" }
  | { readonly kind: "callerMediaStarted" }
  | { readonly kind: "callerEnded"; readonly end: CallerEnded }
  | {
      readonly kind: "contactChanged";
      readonly contactId: ContactId;
      readonly phase: TestContactPhase;
      readonly cause: EndCause | null;
      /** How the last ring at this agent ended, where it did without a talk. */
      readonly lastRing: string | null;
      readonly talk: TestTalk;
    }
  | { readonly kind: "played"; readonly words: TestWords }
  | {
      readonly kind: "ticked";
      readonly hearing: { readonly levelDbfs: number; readonly speechMs: number };
      /** Whether the edge receives anything of the agent's; the caller can't tell, as gaps are filled with silence. */
      readonly agentLine: "flowing" | "silent" | "unknown";
      readonly agent: { readonly state: string; readonly registered: boolean; readonly proven: boolean };
    }
  | { readonly kind: "cancelled" };

export type TestCallCommand =
  | { readonly kind: "say"; readonly words: TestWords }
  | { readonly kind: "hearAnew" }
  | { readonly kind: "hangUp" };

export type TestCallFacts = {
  readonly state: TestCallState;
  readonly since: Instant;
  readonly startedAt: Instant;
  readonly endedAt: Instant | null;
  readonly contactId: ContactId | null;
  readonly hasTried: boolean;
  readonly heardGreeting: boolean;
  readonly heardAgent: boolean;
  readonly levelDbfs: number | null;
  readonly speechMs: number;
  readonly listeningEndsAt: Instant | null;
  readonly result: "heard" | "notHeard" | null;
  readonly obstacle: TestCallObstacle | null;
  readonly talk: TestTalk;
  readonly helloEndedAt: Instant | null;
  readonly cause: EndCause | null;
  readonly callerEnd: CallerEnded | null;
  readonly callerEndedAt: Instant | null;
  readonly isCancelled: boolean;
  /** Where the caller calls, and where it listens. */
  readonly sip: { readonly address: string; readonly port: number } | null;
  readonly media: { readonly address: string; readonly port: number } | null;
};
export type TestCallStep = { readonly facts: TestCallFacts; readonly commands: readonly TestCallCommand[] };

export function beginTestCall(at: Instant, where: Pick<TestCallFacts, "sip" | "media">): TestCallFacts {
  return {
    state: "placing",
    since: at,
    startedAt: at,
    endedAt: null,
    contactId: null,
    hasTried: false,
    heardGreeting: false,
    heardAgent: false,
    levelDbfs: null,
    speechMs: 0,
    listeningEndsAt: null,
    result: null,
    obstacle: null,
    talk: "joined",
    helloEndedAt: null,
    cause: null,
    callerEnd: null,
    callerEndedAt: null,
    isCancelled: false,
    ...where,
  };
}

/** A test call that can't be placed at all. */
export function failedTestCall(at: Instant, code: TestCallObstacleCode, details: Partial<TestCallObstacle> = {}): TestCallFacts {
  const facts = beginTestCall(at, { sip: null, media: null });
  return { ...facts, state: "failed", endedAt: at, obstacle: obstacleOf(code, details) };
}

export function isOver({ state }: Pick<TestCallFacts, "state">): boolean {
  return state === "ended" || state === "failed";
}

/** What stands in this agent's way of being called; null: nothing. */
export function agentObstacle(agent: {
  readonly state: string;
  readonly registered: boolean;
  readonly proven: boolean;
}): TestCallObstacle | null {
  const { state, registered, proven } = agent;
  if (state === "ringing" || state === "talking" || state === "wrapUp") return obstacleOf("inCall", { agentState: state });
  if (!registered) return obstacleOf("phoneNotConnected", { agentState: state, proven });
  if (state !== "ready") return obstacleOf("notReady", { agentState: state });
  return null;
}

/** Total: an event that means nothing in this state changes nothing. */
export function stepTestCall(facts: TestCallFacts, event: TestCallEvent, at: Instant): TestCallStep {
  if (isOver(facts)) return still(facts);
  switch (event.kind) {
    case "edgeSilent":
      return still({ ...facts, state: "failed", since: at, endedAt: at, obstacle: obstacleOf("edgeAway") });
    case "callerTried":
      return still({ ...facts, hasTried: true });
    case "callerAnswered":
      return still(facts.state === "placing" ? enter({ ...facts, hasTried: true }, "greeting", at) : { ...facts, hasTried: true });
    case "callerMediaStarted":
      return still({ ...facts, heardGreeting: true });
    case "callerEnded": {
      const ended = { ...facts, callerEnd: event.end, callerEndedAt: at };
      // Who hung up is known by the contact, whose end may come a moment later.
      return ended.contactId !== null && ended.cause === null && !isSettled(ended) ? still(ended) : still(conclude(ended, at));
    }
    case "contactChanged":
      return contactChanged(facts, event, at);
    case "played":
      return played(facts, event.words, at);
    case "ticked":
      return ticked(facts, event, at);
    case "cancelled":
      return facts.isCancelled ? still(facts) : { facts: { ...facts, isCancelled: true }, commands: [{ kind: "hangUp" }] };
    default:
      return unreachable(event);
  }
}

function contactChanged(
  facts: TestCallFacts,
  event: Extract<TestCallEvent, { readonly kind: "contactChanged" }>,
  at: Instant,
): TestCallStep {
  const { phase, cause, lastRing, contactId, talk } = event;
  const known: TestCallFacts = { ...facts, contactId, hasTried: true, cause: cause ?? facts.cause, talk };
  if (facts.callerEnd !== null) return still(known.cause === null ? known : conclude(known, at));
  switch (phase) {
    case "arriving":
    case "greeting":
      return still(known);
    case "waiting":
      if (known.state === "ringing") return missed(known, lastRing, at);
      return still(known.state === "placing" || known.state === "greeting" ? enter(known, "waiting", at) : known);
    case "ringing":
      return still(isBeforeTalk(known) ? enter(known, "ringing", at) : known);
    case "talking":
      // The caller has heard the greeting, or it will have been said below why not.
      if (isBeforeTalk(known)) return still(enter(known, "answered", at));
      // What was heard meanwhile was music.
      return { facts: known, commands: known.state === "listening" && facts.talk !== talk ? [{ kind: "hearAnew" }] : [] };
    case "ending":
    case "wrapUp":
    case "closed":
      return still(known);
    default:
      return unreachable(phase);
  }
}

/** The ring was over without a talk. */
function missed(facts: TestCallFacts, lastRing: string | null, at: Instant): TestCallStep {
  if (lastRing === "declined") return fail(facts, obstacleOf("agentHungUp"));
  if (lastRing === "notAnswered") return fail(facts, obstacleOf("notAnswered"));
  if (lastRing === "bridgeFailed") return fail(facts, obstacleOf("phoneNotConnected", { proven: false }));
  return still(enter(facts, "waiting", at)); // withdrawn: the phone may come back
}

function played(facts: TestCallFacts, words: TestWords, at: Instant): TestCallStep {
  if (words === "hello") return still(facts.state === "callerSpeaking" ? { ...facts, helloEndedAt: at } : facts);
  return facts.state === words ? { facts, commands: [{ kind: "hangUp" }] } : still(facts);
}

function ticked(facts: TestCallFacts, event: Extract<TestCallEvent, { readonly kind: "ticked" }>, at: Instant): TestCallStep {
  const { hearing, agent } = event;
  const hasSound = event.agentLine !== "silent" && facts.talk !== "mediaLost";
  const inState = at - facts.since;
  if (facts.callerEnd !== null) return still(at - (facts.callerEndedAt ?? at) >= testCallLimits.causeWaitMs ? conclude(facts, at) : facts);
  if (facts.isCancelled || facts.obstacle !== null) return still(facts); // hanging up
  if (at - facts.startedAt >= testCallLimits.totalMs && !isSettled(facts))
    return fail(facts, obstacleOf("timedOut", { agentState: agent.state }));
  switch (facts.state) {
    case "placing":
      if (!facts.hasTried && inState >= testCallLimits.sipSilentMs) return fail(facts, obstacleOf("sipUnreachable", { ...facts.sip }));
      return still(facts);
    case "greeting":
      return facts.heardGreeting || inState < testCallLimits.firstSoundMs
        ? still(facts)
        : fail(facts, obstacleOf("noAudioFromUs", { ...facts.media }));
    case "waiting":
      if (inState < testCallLimits.waitingMs) return still(facts);
      if (!agent.registered || !agent.proven)
        return fail(facts, obstacleOf("phoneNotConnected", { agentState: agent.state, proven: agent.proven }));
      return fail(facts, agentObstacle(agent) ?? obstacleOf("timedOut", { agentState: agent.state }));
    case "answered":
      if (inState < testCallLimits.helloAfterMs) return still(facts);
      return { facts: enter(facts, "callerSpeaking", at), commands: [{ kind: "say", words: "hello" }] };
    case "callerSpeaking":
      if (!hasSound && inState >= testCallLimits.agentSoundMs) return fail(facts, obstacleOf("noAudioFromAgent"));
      return callerSpeaking({ ...facts, levelDbfs: hearing.levelDbfs }, at);
    case "listening":
      if (!hasSound && at >= (facts.listeningEndsAt ?? at)) return fail(facts, obstacleOf("noAudioFromAgent"));
      return facts.talk === "joined"
        ? listening({ ...facts, levelDbfs: hearing.levelDbfs, speechMs: Math.round(hearing.speechMs) }, at)
        : listening({ ...facts, levelDbfs: null, speechMs: 0 }, at);
    case "heard":
    case "notHeard":
      return {
        facts: { ...facts, levelDbfs: hearing.levelDbfs },
        commands: inState < testCallLimits.lastWordsMs ? [] : [{ kind: "hangUp" }],
      };
    case "ringing":
    case "ended":
    case "failed":
      return still(facts);
    default:
      return unreachable(facts.state);
  }
}

function callerSpeaking(facts: TestCallFacts, at: Instant): TestCallStep {
  if (facts.helloEndedAt === null || at - facts.helloEndedAt < testCallLimits.echoMs) return still(facts);
  return {
    facts: { ...enter(facts, "listening", at), speechMs: 0, listeningEndsAt: at + testCallLimits.listeningMs },
    commands: [{ kind: "hearAnew" }],
  };
}

function listening(facts: TestCallFacts, at: Instant): TestCallStep {
  if (facts.speechMs >= testCallLimits.speechNeededMs)
    return { facts: { ...enter(facts, "heard", at), result: "heard", heardAgent: true }, commands: [{ kind: "say", words: "heard" }] };
  if (at < (facts.listeningEndsAt ?? at)) return still(facts);
  return { facts: { ...enter(facts, "notHeard", at), result: "notHeard" }, commands: [{ kind: "say", words: "notHeard" }] };
}

/** The caller's call is over: what it was, in one word. */
function conclude(facts: TestCallFacts, at: Instant): TestCallFacts {
  const over = (state: "ended" | "failed", obstacle: TestCallObstacle | null): TestCallFacts => ({
    ...facts,
    state,
    since: at,
    endedAt: at,
    obstacle,
  });
  const { cause, callerEnd } = facts;
  if (facts.obstacle !== null) return over("failed", facts.obstacle);
  if (facts.isCancelled || facts.result !== null) return over("ended", null);
  if (callerEnd?.reason === "noAnswerToInvite") return over("failed", obstacleOf("sipUnreachable", { ...facts.sip }));
  if (cause?.by === "agent") return over("failed", obstacleOf("agentHungUp"));
  return over("failed", obstacleOf("refused", { sipStatus: callerEnd?.status ?? null, cause: cause?.why ?? null }));
}

function isSettled({ result, obstacle, isCancelled }: TestCallFacts): boolean {
  return result !== null || obstacle !== null || isCancelled;
}

function isBeforeTalk({ state }: TestCallFacts): boolean {
  return state === "placing" || state === "greeting" || state === "waiting" || state === "ringing";
}

/** It can't come to a good end any more: the caller hangs up, and its end closes the test. */
function fail(facts: TestCallFacts, obstacle: TestCallObstacle): TestCallStep {
  return { facts: { ...facts, obstacle }, commands: [{ kind: "hangUp" }] };
}

function enter(facts: TestCallFacts, state: TestCallState, at: Instant): TestCallFacts {
  return { ...facts, state, since: at };
}

function still(facts: TestCallFacts): TestCallStep {
  return { facts, commands: [] };
}

function obstacleOf(code: TestCallObstacleCode, details: Partial<TestCallObstacle> = {}): TestCallObstacle {
  return { code, address: null, port: null, sipStatus: null, cause: null, agentState: null, proven: null, ...details };
}
