// One call at the edge: a caller's leg, what it hears, and the agent's standing leg while they talk. Everything that must go on
// while core is away is decided here (hang-up, music when the agent's media stops, the same agent back); the rest core commands.

import type { CallId, ContactId, Instant, NumberId, OfferId, PersonId, PhoneId, RecordingId } from "@allo/kernel";
import { unreachable } from "@allo/kernel";
import type { Step } from "@allo/kernel";

export const CallLimits = {
  /** A last sentence that never comes to its end (no audio loaded, a dead worker) still ends the call. */
  lastSentenceMsMax: 30_000,
  /** Core said nothing about a new call: the caller hears the technical sentence. */
  coreSilenceMsMax: 4_000,
} as const;

export type EndCause = {
  readonly by: "caller" | "agent" | "system" | "carrier" | "unknown";
  readonly why: string;
  readonly sipStatus?: number;
  readonly q850?: number;
};

/** The agent's part of a talking call. `legId` is null while the standing leg is away. */
export type AgentSide = {
  readonly phoneId: PhoneId;
  readonly personId: PersonId;
  readonly offerId: OfferId;
  readonly legId: string | null;
  readonly recordingId: RecordingId | null;
  readonly holdLoop: string;
  readonly held: boolean;
  readonly muted: boolean;
};

export type RecordingOrder = { readonly recordingId: RecordingId; readonly keyBase64: string; readonly filePath: string };

type Common = {
  readonly callId: CallId;
  readonly numberId: NumberId;
  readonly arrivedAt: Instant;
  readonly callerLegId: string;
  readonly contactId: ContactId | null;
};

/** What the caller hears outside a conversation: a sentence that core waits for, then a loop. */
type Playing = { readonly token: string | null; readonly thenLoop: string | null };

export type CallState =
  | (Common & { readonly kind: "arriving" })
  /** The sentence plays as early media; then the final response. */
  | (Common & { readonly kind: "refusing"; readonly cause: EndCause; readonly sipStatus: number })
  | (Common & { readonly kind: "waiting"; readonly playing: Playing })
  /** The last sentence plays; then BYE. */
  | (Common & { readonly kind: "leaving"; readonly cause: EndCause })
  | (Common & { readonly kind: "bridged"; readonly agent: AgentSide })
  /** The agent's media is away: the caller hears music, the agent's side is kept for the same person. */
  | (Common & { readonly kind: "agentLost"; readonly agent: AgentSide; readonly since: Instant })
  | (Common & { readonly kind: "ended"; readonly cause: EndCause });

export type CallEvent = { readonly at: Instant } & (
  | {
      readonly kind: "accepted";
      readonly contactId: ContactId;
      readonly token: string;
      readonly greeting: readonly string[];
      readonly thenLoop: string | null;
    }
  | {
      readonly kind: "refused";
      readonly contactId: ContactId | null;
      readonly audioIds: readonly string[];
      readonly sipStatus: number;
      readonly cause: EndCause;
    }
  | { readonly kind: "playOrdered"; readonly token: string; readonly audioIds: readonly string[]; readonly thenLoop: string | null }
  | { readonly kind: "farewellOrdered"; readonly audioIds: readonly string[]; readonly cause: EndCause }
  /** `legId`: the phone's standing leg, or null where it has none with proven media now. */
  | {
      readonly kind: "bridgeOrdered";
      readonly offerId: OfferId;
      readonly phoneId: PhoneId;
      readonly personId: PersonId;
      readonly legId: string | null;
      readonly recording: RecordingOrder | null;
      readonly holdLoop: string;
    }
  | { readonly kind: "holdOrdered"; readonly loop: string }
  | { readonly kind: "resumeOrdered" }
  | { readonly kind: "muteOrdered"; readonly muted: boolean }
  | { readonly kind: "detachOrdered"; readonly audioIds: readonly string[]; readonly thenLoop: string }
  | { readonly kind: "hangUpOrdered"; readonly cause: EndCause }
  /** The sequence with this token came to its end on the caller's leg. */
  | { readonly kind: "sequenceEnded"; readonly token: string; readonly completed: boolean }
  | { readonly kind: "digitPressed" }
  /** The caller's side ended by signalling: BYE, CANCEL, no ACK, connection gone. */
  | { readonly kind: "callerGone"; readonly cause: EndCause }
  | { readonly kind: "callerMediaStopped" }
  /** The worker that carried the caller's leg died. */
  | { readonly kind: "callerLegDied" }
  | { readonly kind: "agentMediaStopped"; readonly legId: string }
  /** The person's standing leg has media: the first time, again, or a new leg after a refresh. */
  | { readonly kind: "agentMediaFlowing"; readonly personId: PersonId; readonly phoneId: PhoneId; readonly legId: string }
  | { readonly kind: "timerFired"; readonly timer: CallTimer }
);

export type CallTimer = "coreSilence" | "lastSentence";

export type CallCommand =
  /** 183 with SDP, so that the caller hears something without being billed. */
  | { readonly kind: "answerEarly" }
  | { readonly kind: "answer" }
  | { readonly kind: "reject"; readonly sipStatus: number }
  | { readonly kind: "hangUp" }
  | {
      readonly kind: "playTo";
      readonly legId: string;
      readonly token: string;
      readonly audioIds: readonly string[];
      readonly thenLoop: string | null;
    }
  | { readonly kind: "join"; readonly legId: string; readonly peerLegId: string }
  | { readonly kind: "silence"; readonly legId: string }
  | { readonly kind: "setMuted"; readonly legId: string; readonly muted: boolean }
  | { readonly kind: "startRecording"; readonly order: RecordingOrder; readonly left: string; readonly right: string }
  | { readonly kind: "setRecordingLegs"; readonly recordingId: RecordingId; readonly left: string | null; readonly right: string | null }
  | { readonly kind: "stopRecording"; readonly recordingId: RecordingId }
  | { readonly kind: "closeCallerLeg" }
  | { readonly kind: "armTimer"; readonly timer: CallTimer; readonly afterMs: number }
  | { readonly kind: "cancelTimer"; readonly timer: CallTimer }
  | { readonly kind: "report"; readonly report: CallReport };

/** What the edge tells core; the shell adds the call's id and the time. */
export type CallReport =
  | { readonly kind: "callAnswered" }
  | { readonly kind: "playEnded"; readonly token: string; readonly completed: boolean }
  | { readonly kind: "callBridged"; readonly offerId: OfferId; readonly phoneId: PhoneId }
  | { readonly kind: "bridgeFailed"; readonly offerId: OfferId; readonly reason: "phoneGone" | "callGone" | "noMedia" }
  | { readonly kind: "callHeld" }
  | { readonly kind: "callResumed" }
  | { readonly kind: "callMuted"; readonly muted: boolean }
  | { readonly kind: "digitPressed" }
  | { readonly kind: "agentMediaLost"; readonly phoneId: PhoneId }
  | { readonly kind: "agentMediaRestored"; readonly phoneId: PhoneId }
  | { readonly kind: "recordingStarted"; readonly recordingId: RecordingId }
  | { readonly kind: "callEnded"; readonly cause: EndCause };

type CallStep = Step<CallState, CallCommand>;

/** A new call; nothing is answered yet. */
export function beginCall(fields: {
  readonly callId: CallId;
  readonly numberId: NumberId;
  readonly arrivedAt: Instant;
  readonly callerLegId: string;
}): CallStep {
  return {
    state: { kind: "arriving", contactId: null, ...fields },
    commands: [{ kind: "armTimer", timer: "coreSilence", afterMs: CallLimits.coreSilenceMsMax }],
  };
}

/** Decides one step. Total: an event that a state has no use for changes nothing (late commands of core, late timers). */
export function stepCall(state: CallState, event: CallEvent, technical: { readonly audioIds: readonly string[] }): CallStep {
  if (state.kind === "ended") return late(state, event);
  switch (event.kind) {
    case "accepted":
      return state.kind === "arriving" ? accept(state, event) : ignore(state);
    case "refused":
      return state.kind === "arriving" ? refuse({ ...state, contactId: event.contactId }, event) : ignore(state);
    case "playOrdered":
      return state.kind === "waiting" ? play(state, event) : ignore(state);
    case "farewellOrdered":
      return farewell(state, event);
    case "bridgeOrdered":
      return bridge(state, event);
    case "holdOrdered":
      return state.kind === "bridged" && !state.agent.held ? hold(state, event.loop) : ignore(state);
    case "resumeOrdered":
      return resume(state);
    case "muteOrdered":
      return mute(state, event.muted);
    case "detachOrdered":
      return detach(state, event);
    case "hangUpOrdered":
      return end(state, event.cause, state.kind === "arriving" || state.kind === "refusing" ? "reject" : "hangUp");
    case "sequenceEnded":
      return sequenceEnded(state, event);
    case "digitPressed":
      return { state, commands: [{ kind: "report", report: { kind: "digitPressed" } }] };
    case "callerGone":
      // A caller who gives up before anyone spoke with him abandoned; what BYE says of a conversation is a hang-up.
      return end(state, state.kind === "refusing" || state.kind === "leaving" ? state.cause : event.cause, "nothing");
    case "callerMediaStopped":
      // On hold or in the queue a phone may send nothing; in a conversation a minute of nothing means that the line is dead.
      return state.kind === "bridged" && !state.agent.held ? end(state, { by: "unknown", why: "lineDropped" }, "hangUp") : ignore(state);
    case "callerLegDied":
      return end(state, { by: "system", why: "technical" }, state.kind === "arriving" || state.kind === "refusing" ? "reject" : "hangUp");
    case "agentMediaStopped":
      return state.kind === "bridged" && state.agent.legId === event.legId ? loseAgent(state, event.at) : ignore(state);
    case "agentMediaFlowing":
      return agentFlows(state, event);
    case "timerFired":
      return timerFired(state, event.timer, technical);
    default:
      return unreachable(event);
  }
}

const FAREWELL = "farewell";
const LOOP = "loop";

function ignore(state: CallState): CallStep {
  return { state, commands: [] };
}

/** After the end only one thing must be answered: core waits for the outcome of a bridge. */
function late(state: CallState, event: CallEvent): CallStep {
  if (event.kind !== "bridgeOrdered") return ignore(state);
  return { state, commands: [{ kind: "report", report: { kind: "bridgeFailed", offerId: event.offerId, reason: "callGone" } }] };
}

function accept(state: Extract<CallState, { kind: "arriving" }>, event: Extract<CallEvent, { kind: "accepted" }>): CallStep {
  return {
    state: { ...state, kind: "waiting", contactId: event.contactId, playing: { token: event.token, thenLoop: event.thenLoop } },
    commands: [
      { kind: "cancelTimer", timer: "coreSilence" },
      { kind: "answer" },
      { kind: "playTo", legId: state.callerLegId, token: event.token, audioIds: event.greeting, thenLoop: null },
      { kind: "report", report: { kind: "callAnswered" } },
    ],
  };
}

function refuse(
  state: Extract<CallState, { kind: "arriving" }>,
  order: { readonly audioIds: readonly string[]; readonly sipStatus: number; readonly cause: EndCause },
): CallStep {
  return {
    state: { ...state, kind: "refusing", cause: order.cause, sipStatus: order.sipStatus },
    commands: [
      { kind: "cancelTimer", timer: "coreSilence" },
      { kind: "answerEarly" },
      { kind: "playTo", legId: state.callerLegId, token: FAREWELL, audioIds: order.audioIds, thenLoop: null },
      { kind: "armTimer", timer: "lastSentence", afterMs: CallLimits.lastSentenceMsMax },
    ],
  };
}

function play(
  state: Extract<CallState, { kind: "waiting" }>,
  order: { readonly token: string; readonly audioIds: readonly string[]; readonly thenLoop: string | null },
): CallStep {
  const cut: CallCommand[] =
    state.playing.token === null ? [] : [{ kind: "report", report: { kind: "playEnded", token: state.playing.token, completed: false } }];
  return {
    state: { ...state, playing: { token: order.token, thenLoop: order.thenLoop } },
    commands: [...cut, { kind: "playTo", legId: state.callerLegId, token: order.token, audioIds: order.audioIds, thenLoop: null }],
  };
}

function farewell(
  state: Exclude<CallState, { kind: "ended" }>,
  order: { readonly audioIds: readonly string[]; readonly cause: EndCause },
): CallStep {
  if (state.kind === "arriving") return refuse(state, { audioIds: order.audioIds, sipStatus: 480, cause: order.cause });
  if (state.kind === "refusing" || state.kind === "leaving") return ignore(state);
  return {
    state: { ...common(state), kind: "leaving", cause: order.cause },
    commands: [
      ...partAgent(state),
      { kind: "playTo", legId: state.callerLegId, token: FAREWELL, audioIds: order.audioIds, thenLoop: null },
      { kind: "armTimer", timer: "lastSentence", afterMs: CallLimits.lastSentenceMsMax },
    ],
  };
}

function bridge(state: Exclude<CallState, { kind: "ended" }>, order: Extract<CallEvent, { kind: "bridgeOrdered" }>): CallStep {
  const failed = (reason: "phoneGone" | "callGone" | "noMedia"): CallStep => ({
    state,
    commands: [{ kind: "report", report: { kind: "bridgeFailed", offerId: order.offerId, reason } }],
  });
  if (state.kind !== "waiting") return failed("callGone");
  if (order.legId === null) return failed("phoneGone");
  const agent: AgentSide = {
    phoneId: order.phoneId,
    personId: order.personId,
    offerId: order.offerId,
    legId: order.legId,
    recordingId: order.recording?.recordingId ?? null,
    holdLoop: order.holdLoop,
    held: false,
    muted: false,
  };
  const recording: CallCommand[] =
    order.recording === null
      ? []
      : [
          { kind: "startRecording", order: order.recording, left: state.callerLegId, right: order.legId },
          { kind: "report", report: { kind: "recordingStarted", recordingId: order.recording.recordingId } },
        ];
  return {
    state: { ...common(state), kind: "bridged", agent },
    commands: [
      { kind: "setMuted", legId: order.legId, muted: false },
      ...joinBoth(state.callerLegId, order.legId),
      ...recording,
      { kind: "report", report: { kind: "callBridged", offerId: order.offerId, phoneId: order.phoneId } },
    ],
  };
}

function hold(state: Extract<CallState, { kind: "bridged" }>, loop: string): CallStep {
  const { agent } = state;
  return {
    state: { ...state, agent: { ...agent, held: true, holdLoop: loop } },
    commands: [
      { kind: "playTo", legId: state.callerLegId, token: LOOP, audioIds: [], thenLoop: loop },
      ...(agent.legId === null ? [] : [{ kind: "silence", legId: agent.legId } as const]),
      // Nobody speaks with anybody on hold: what each says to the room is not recorded.
      ...(agent.recordingId === null
        ? []
        : [{ kind: "setRecordingLegs", recordingId: agent.recordingId, left: null, right: null } as const]),
      { kind: "report", report: { kind: "callHeld" } },
    ],
  };
}

function resume(state: Exclude<CallState, { kind: "ended" }>): CallStep {
  if (state.kind === "agentLost" && state.agent.held) {
    return { state: { ...state, agent: { ...state.agent, held: false } }, commands: [{ kind: "report", report: { kind: "callResumed" } }] };
  }
  if (state.kind !== "bridged" || !state.agent.held || state.agent.legId === null) return ignore(state);
  const { agent } = state;
  return {
    state: { ...state, agent: { ...agent, held: false } },
    commands: [...rejoin(state.callerLegId, { ...agent, held: false }), { kind: "report", report: { kind: "callResumed" } }],
  };
}

function mute(state: Exclude<CallState, { kind: "ended" }>, muted: boolean): CallStep {
  if (state.kind !== "bridged" && state.kind !== "agentLost") return ignore(state);
  if (state.agent.muted === muted) return ignore(state);
  const { legId } = state.agent;
  return {
    state: { ...state, agent: { ...state.agent, muted } },
    commands: [
      ...(legId === null ? [] : [{ kind: "setMuted", legId, muted } as const]),
      { kind: "report", report: { kind: "callMuted", muted } },
    ],
  };
}

function detach(
  state: Exclude<CallState, { kind: "ended" }>,
  order: { readonly audioIds: readonly string[]; readonly thenLoop: string },
): CallStep {
  if (state.kind !== "bridged" && state.kind !== "agentLost") return ignore(state);
  return {
    state: { ...common(state), kind: "waiting", playing: { token: null, thenLoop: order.thenLoop } },
    commands: [
      ...partAgent(state),
      { kind: "playTo", legId: state.callerLegId, token: LOOP, audioIds: order.audioIds, thenLoop: order.thenLoop },
    ],
  };
}

function sequenceEnded(
  state: Exclude<CallState, { kind: "ended" }>,
  event: { readonly token: string; readonly completed: boolean },
): CallStep {
  if (event.token === FAREWELL && event.completed) {
    if (state.kind === "refusing") return end(state, state.cause, "reject");
    if (state.kind === "leaving") return end(state, state.cause, "hangUp");
    return ignore(state);
  }
  if (state.kind !== "waiting" || state.playing.token !== event.token) return ignore(state);
  const { thenLoop } = state.playing;
  return {
    state: { ...state, playing: { token: null, thenLoop } },
    commands: [
      thenLoop === null
        ? { kind: "silence", legId: state.callerLegId }
        : { kind: "playTo", legId: state.callerLegId, token: LOOP, audioIds: [], thenLoop },
      { kind: "report", report: { kind: "playEnded", token: event.token, completed: event.completed } },
    ],
  };
}

function loseAgent(state: Extract<CallState, { kind: "bridged" }>, at: Instant): CallStep {
  const { agent } = state;
  return {
    state: { ...common(state), kind: "agentLost", agent: { ...agent, legId: null }, since: at },
    commands: [
      { kind: "playTo", legId: state.callerLegId, token: LOOP, audioIds: [], thenLoop: agent.holdLoop },
      ...(agent.recordingId === null
        ? []
        : [{ kind: "setRecordingLegs", recordingId: agent.recordingId, left: null, right: null } as const]),
      { kind: "report", report: { kind: "agentMediaLost", phoneId: agent.phoneId } },
    ],
  };
}

/** The same login is back, on the same leg or on a new one: the same call goes on. */
function agentFlows(state: Exclude<CallState, { kind: "ended" }>, event: Extract<CallEvent, { kind: "agentMediaFlowing" }>): CallStep {
  if (state.kind !== "bridged" && state.kind !== "agentLost") return ignore(state);
  if (state.agent.personId !== event.personId || state.agent.legId === event.legId) return ignore(state);
  const agent: AgentSide = { ...state.agent, legId: event.legId, phoneId: event.phoneId };
  const wasLost = state.kind === "agentLost";
  return {
    state: { ...common(state), kind: "bridged", agent },
    commands: [
      ...rejoin(state.callerLegId, agent),
      ...(wasLost ? [{ kind: "report", report: { kind: "agentMediaRestored", phoneId: event.phoneId } } as const] : []),
    ],
  };
}

function timerFired(
  state: Exclude<CallState, { kind: "ended" }>,
  timer: CallTimer,
  technical: { readonly audioIds: readonly string[] },
): CallStep {
  if (timer === "coreSilence") {
    if (state.kind !== "arriving") return ignore(state);
    return refuse(state, { audioIds: technical.audioIds, sipStatus: 503, cause: { by: "system", why: "technical" } });
  }
  if (state.kind === "refusing") return end(state, state.cause, "reject");
  if (state.kind === "leaving") return end(state, state.cause, "hangUp");
  return ignore(state);
}

function end(state: Exclude<CallState, { kind: "ended" }>, cause: EndCause, how: "hangUp" | "reject" | "nothing"): CallStep {
  const sip: CallCommand[] =
    how === "hangUp"
      ? [{ kind: "hangUp" }]
      : how === "reject"
        ? [{ kind: "reject", sipStatus: state.kind === "refusing" ? state.sipStatus : (cause.sipStatus ?? 480) }]
        : [];
  return {
    state: { ...common(state), kind: "ended", cause },
    commands: [
      { kind: "cancelTimer", timer: "coreSilence" },
      { kind: "cancelTimer", timer: "lastSentence" },
      ...sip,
      ...partAgent(state),
      { kind: "closeCallerLeg" },
      { kind: "report", report: { kind: "callEnded", cause } },
    ],
  };
}

/** Frees the agent's standing leg and closes the recording. */
function partAgent(state: CallState): readonly CallCommand[] {
  if (state.kind !== "bridged" && state.kind !== "agentLost") return [];
  const { legId, recordingId, muted } = state.agent;
  return [
    ...(legId === null ? [] : [{ kind: "silence", legId } as const]),
    ...(legId === null || !muted ? [] : [{ kind: "setMuted", legId, muted: false } as const]),
    ...(recordingId === null ? [] : [{ kind: "stopRecording", recordingId } as const]),
  ];
}

function rejoin(callerLegId: string, agent: AgentSide): readonly CallCommand[] {
  const legId = agent.legId;
  if (legId === null) return [];
  const media: readonly CallCommand[] = agent.held
    ? [{ kind: "silence", legId }]
    : [
        ...joinBoth(callerLegId, legId),
        ...(agent.recordingId === null
          ? []
          : [{ kind: "setRecordingLegs", recordingId: agent.recordingId, left: callerLegId, right: legId } as const]),
      ];
  return [{ kind: "setMuted", legId, muted: agent.muted }, ...media];
}

function joinBoth(callerLegId: string, agentLegId: string): readonly CallCommand[] {
  return [
    { kind: "join", legId: callerLegId, peerLegId: agentLegId },
    { kind: "join", legId: agentLegId, peerLegId: callerLegId },
  ];
}

function common(state: CallState): Common {
  return {
    callId: state.callId,
    numberId: state.numberId,
    arrivedAt: state.arrivedAt,
    callerLegId: state.callerLegId,
    contactId: state.contactId,
  };
}
