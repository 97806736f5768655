// One call at the edge: a customer's leg, what it hears, the agent who has the call, and whoever else takes part in the talk.
// Everything that must go on while core is away is decided here (hang-up, music when the agent's media stops, the same agent back);
// the rest core commands. Who hears whom is derived from the state (call-sound.ts), never commanded.

import type { CallId, ContactId, Instant, NumberId, PartyId, PersonId, PhoneId } from "@allo/kernel";
import { unreachable } from "@allo/kernel";
import type { Step } from "@allo/kernel";
import { differenceOf, FAREWELL, NOTICE, soundOf } from "./call-sound.ts";
import type {
  CallCommand,
  CallCommon,
  CallEvent,
  CallReport,
  CallState,
  CallTimer,
  EndCause,
  HoldReminder,
  OutsideParty,
  OwnerSide,
  Party,
  Playing,
  RecordingOpen,
  RecordingOrder,
  Seat,
} from "./call-types.ts";

export const CallLimits = {
  /** A last sentence that never comes to its end (no audio loaded, a dead worker) still ends the call. */
  lastSentenceMsMax: 30_000,
  /** Core said nothing about a new call: the caller hears the technical sentence. */
  coreSilenceMsMax: 4_000,
  /** Beside the customer and the agent who has the call: consulted, in conference, listening. */
  partiesMax: 8,
  /** A field's pause that isn't renewed for so long is over: its screen is gone. */
  fieldPauseLeaseMs: 15_000,
  /** What is said of recording before the talk begins; should its end never come, nothing is recorded. */
  noticeMsMax: 30_000,
} as const;

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

/** A call of ours, to be placed: its agent waits on their standing leg, and hears that it rings. */
export function beginDialling(fields: {
  readonly callId: CallId;
  readonly numberId: NumberId;
  readonly contactId: ContactId;
  readonly arrivedAt: Instant;
  readonly callerLegId: string;
  readonly phoneId: PhoneId;
  readonly personId: PersonId;
  readonly legId: string;
  readonly recording: RecordingOrder | null;
  /** Said to whoever answers, before the recording begins. */
  readonly notice?: readonly string[];
  readonly ringback: string;
  readonly holdLoop: string;
  readonly awayAudioIds?: readonly string[];
}): CallStep {
  const { phoneId, personId, legId, recording, notice = [], ringback, holdLoop, awayAudioIds = [], ...call } = fields;
  const owner: OwnerSide = {
    phoneId,
    personId,
    legId,
    holdLoop,
    awayAudioIds,
    offerId: null,
    recording: null,
    seat: "talk",
    muted: false,
  };
  const state: CallState = { ...call, kind: "dialling", owner, ringback, early: false, recording, notice };
  return {
    state,
    commands: differenceOf(
      { ears: new Map([[fields.callerLegId, { kind: "silence" }]]), muted: new Set(), masked: new Set(), recording: null },
      soundOf(state),
    ),
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
    case "pickUpOrdered":
      return pickUp(state, event);
    case "outsideCallOrdered":
      return callOutside(state, event);
    case "outsideProgressed":
    case "outsideAnswered":
      return outsideMoves(state, event);
    case "outsideGone":
      return outsideGone(state, event.partyId, event.cause);
    case "outsideMediaStopped":
      return outsideFallsSilent(state, event.partyId);
    case "passOnOrdered":
      return passOn(state, event);
    case "holdOrdered":
      if (state.kind !== "talking" || state.held) return ignore(state);
      return reminded(moved(state, held(state, event), [{ kind: "callHeld" }]), event.reminder);
    case "stepAsideOrdered":
      return stepAside(state, event);
    case "resumeOrdered":
      return resume(state);
    case "muteOrdered":
      if (state.kind !== "talking" || state.owner.muted === event.muted) return ignore(state);
      return moved(state, { ...state, owner: { ...state.owner, muted: event.muted } }, [{ kind: "callMuted", muted: event.muted }]);
    case "digitsOrdered":
      return pressDigits(state, event.digits);
    case "recordOrdered":
      return record(state, event.recording);
    case "recordingPauseOrdered":
      return pauseRecording(state, event.paused);
    case "fieldPauseOrdered":
      return pauseForField(state, event);
    case "fieldPauseEnded":
      return state.kind === "talking" && state.recordingPause?.by === "field" ? goOnRecording(state, "field") : ignore(state);
    case "keysMaskOrdered":
      if (state.kind !== "talking" || state.keysMasked === event.masked) return ignore(state);
      return moved(state, { ...state, keysMasked: event.masked }, [{ kind: "keysMasked", masked: event.masked }]);
    case "partyJoinOrdered":
      return joinParty(state, event);
    case "partySeatOrdered":
      return seatParty(state, event);
    case "partyMuteOrdered":
      return muteParty(state, event);
    case "partyPartOrdered":
      return partParty(state, event.partyId);
    case "handOverOrdered":
      return handOver(state, event);
    case "detachOrdered":
      return detach(state, event);
    case "hangUpOrdered":
      return end(state, event.cause, state.kind === "arriving" || state.kind === "refusing" ? "reject" : "hangUp");
    case "sequenceEnded":
      return sequenceEnded(state, event);
    case "calleeProgressed":
      if (state.kind !== "dialling" || (state.early && event.early)) return ignore(state);
      return moved(state, { ...state, early: state.early || event.early }, [{ kind: "calleeRinging" }]);
    case "calleeAnswered":
      return state.kind === "dialling" ? calleeAnswers(state) : ignore(state);
    case "calleeFailed":
      return state.kind === "dialling" ? end(state, event.cause, "nothing") : ignore(state);
    case "digitPressed":
      return { state, commands: [{ kind: "report", report: { kind: "digitPressed" } }] };
    case "callerGone":
      // A caller who gives up before anyone spoke with him abandoned; what BYE says of a conversation is a hang-up.
      return end(state, state.kind === "refusing" || state.kind === "leaving" ? state.cause : event.cause, "nothing");
    case "customerReplaced":
      return state.kind === "talking" || state.kind === "waiting" || state.kind === "passedOn"
        ? moved(state, { ...state, callerLegId: event.legId })
        : ignore(state);
    case "callerMediaStopped":
      // On hold or in the queue a phone may send nothing; in a conversation a minute of nothing means that the line is dead.
      return state.kind === "passedOn" || (state.kind === "talking" && !state.held && state.owner.legId !== null)
        ? end(state, { by: "unknown", why: "lineDropped" }, "hangUp")
        : ignore(state);
    case "callerLegDied":
      return end(state, { by: "system", why: "technical" }, state.kind === "arriving" || state.kind === "refusing" ? "reject" : "hangUp");
    case "agentMediaStopped":
      return agentStops(state, event.legId);
    case "agentHungUp":
      return agentHangsUp(state, event.legId);
    case "agentMediaFlowing":
      return agentFlows(state, event);
    case "timerFired":
      return timerFired(state, event.timer, technical);
    default:
      return unreachable(event);
  }
}

type Open = Exclude<CallState, { kind: "ended" }>;
type Talking = Extract<CallState, { kind: "talking" }>;

function ignore(state: CallState): CallStep {
  return { state, commands: [] };
}

/** What is heard goes from one state to the next, lines of nobody's are given back; then `reports`. */
function moved(before: CallState, after: CallState, reports: readonly CallReport[] = []): CallStep {
  const kept = new Set(outsideOf(after).map(({ partyId }) => partyId));
  const dropped = outsideOf(before).filter(({ partyId }) => !kept.has(partyId));
  return {
    state: after,
    commands: [
      ...differenceOf(soundOf(before), soundOf(after)),
      ...dropped.map(({ partyId }) => ({ kind: "dropOutside", partyId }) as const),
      ...reports.map((report) => ({ kind: "report", report }) as const),
    ],
  };
}

function outsideOf(state: CallState): readonly OutsideParty[] {
  if (state.kind === "talking") return state.outside;
  return state.kind === "passedOn" ? [state.outside] : [];
}

/** After the end only what core waits for must be answered: the outcome of a bridge, of a party's joining, of a handover. */
function late(state: CallState, event: CallEvent): CallStep {
  switch (event.kind) {
    case "bridgeOrdered":
      return said(state, { kind: "bridgeFailed", offerId: event.offerId, reason: "callGone" });
    case "partyJoinOrdered":
      return said(state, { kind: "partyFailed", partyId: event.partyId, reason: "callGone" });
    case "handOverOrdered":
      return said(state, { kind: "handOverFailed", partyId: event.partyId, reason: "callGone" });
    case "pickUpOrdered":
      return said(state, { kind: "pickUpFailed", personId: event.personId, reason: "callGone" });
    case "outsideCallOrdered":
      return notCalled(state, event.partyId);
    default:
      return ignore(state);
  }
}

function said(state: CallState, report: CallReport): CallStep {
  return { state, commands: [{ kind: "report", report }] };
}

function accept(state: Extract<CallState, { kind: "arriving" }>, event: Extract<CallEvent, { kind: "accepted" }>): CallStep {
  const playing: Playing = { token: event.token, audioIds: event.greeting, thenLoop: event.thenLoop, nth: 1 };
  const step = moved(state, { ...state, kind: "waiting", contactId: event.contactId, playing, recording: null }, [
    { kind: "callAnswered" },
  ]);
  return { state: step.state, commands: [{ kind: "cancelTimer", timer: "coreSilence" }, { kind: "answer" }, ...step.commands] };
}

function refuse(
  state: Extract<CallState, { kind: "arriving" }>,
  order: { readonly audioIds: readonly string[]; readonly sipStatus: number; readonly cause: EndCause },
): CallStep {
  const { cause, sipStatus, audioIds } = order;
  const step = moved(state, { ...state, kind: "refusing", cause, sipStatus, audioIds });
  return {
    state: step.state,
    commands: [
      { kind: "cancelTimer", timer: "coreSilence" },
      { kind: "answerEarly" },
      ...step.commands,
      { kind: "armTimer", timer: "lastSentence", afterMs: CallLimits.lastSentenceMsMax },
    ],
  };
}

function play(
  state: Extract<CallState, { kind: "waiting" }>,
  order: { readonly token: string; readonly audioIds: readonly string[]; readonly thenLoop: string | null },
): CallStep {
  const { token, audioIds, thenLoop } = order;
  const cut: CallCommand[] =
    state.playing.token === null ? [] : [{ kind: "report", report: { kind: "playEnded", token: state.playing.token, completed: false } }];
  const step = moved(state, { ...state, playing: { token, audioIds, thenLoop, nth: state.playing.nth + 1 } });
  return { state: step.state, commands: [...cut, ...step.commands] };
}

function farewell(
  state: Open,
  order: { readonly audioIds: readonly string[]; readonly cause: EndCause; readonly toAll?: boolean },
): CallStep {
  if (state.kind === "arriving") return refuse(state, { audioIds: order.audioIds, sipStatus: 480, cause: order.cause });
  if (state.kind === "refusing" || state.kind === "leaving") return ignore(state);
  // Nobody there has heard a word of ours yet.
  if (state.kind === "dialling") return end(state, order.cause, "hangUp");
  const talked = order.toAll === true && state.kind === "talking" ? [state.owner, ...state.parties] : [];
  const alsoHeardBy = talked.flatMap(({ phoneId, legId }) => (legId === null ? [] : [{ phoneId, legId }]));
  const step = moved(state, { ...common(state), kind: "leaving", cause: order.cause, audioIds: order.audioIds, alsoHeardBy });
  return {
    state: step.state,
    commands: [...step.commands, { kind: "armTimer", timer: "lastSentence", afterMs: CallLimits.lastSentenceMsMax }],
  };
}

function bridge(state: Open, order: Extract<CallEvent, { kind: "bridgeOrdered" }>): CallStep {
  const { offerId, phoneId, personId, legId, holdLoop, awayAudioIds = [] } = order;
  if (state.kind !== "waiting") return said(state, { kind: "bridgeFailed", offerId, reason: "callGone" });
  if (legId === null) return said(state, { kind: "bridgeFailed", offerId, reason: "phoneGone" });
  const side = { phoneId, personId, offerId, legId, holdLoop, awayAudioIds, seat: "talk", muted: false } as const;
  return beginTalk(state, side, order.recording, { kind: "callBridged", offerId, phoneId });
}

function pickUp(state: Open, order: Extract<CallEvent, { kind: "pickUpOrdered" }>): CallStep {
  const { phoneId, personId, legId, recording, holdLoop, awayAudioIds = [] } = order;
  if (state.kind !== "waiting") return said(state, { kind: "pickUpFailed", personId, reason: "callGone" });
  if (legId === null) return said(state, { kind: "pickUpFailed", personId, reason: "phoneGone" });
  const side = { phoneId, personId, offerId: null, legId, holdLoop, awayAudioIds, seat: "talk", muted: false } as const;
  return beginTalk(state, side, recording, { kind: "pickedUp", phoneId, personId });
}

function beginTalk(
  state: Extract<CallState, { kind: "waiting" }>,
  side: Omit<OwnerSide, "recording"> & { readonly legId: string },
  recording: RecordingOrder | null,
  report: CallReport,
): CallStep {
  // Without a new one, what runs since the customer waits goes on in its file.
  const owner: OwnerSide = { ...side, recording: openOf(recording) ?? state.recording };
  const step = moved(state, talkOf(state, owner));
  const recorded = recording === null ? [] : startRecording(recording, { left: state.callerLegId, right: side.legId });
  return {
    state: step.state,
    commands: [...step.commands, ...recorded, { kind: "report", report }],
  };
}

/** A talk as it begins. */
function talkOf(state: CallState, owner: OwnerSide): Talking {
  return {
    ...common(state),
    kind: "talking",
    owner,
    held: false,
    parties: [],
    outside: [],
    recordingPause: null,
    keysMasked: false,
    reminder: null,
    notice: null,
  };
}

function openOf(order: RecordingOrder | null): RecordingOpen | null {
  return order === null ? null : { recordingId: order.recordingId, policy: order.policy };
}

function startRecording(order: RecordingOrder, legs: { readonly left: string | null; readonly right: string | null }): CallCommand[] {
  return [
    { kind: "startRecording", order, ...legs },
    { kind: "report", report: { kind: "recordingStarted", recordingId: order.recordingId } },
  ];
}

function record(state: Open, order: RecordingOrder): CallStep {
  if (state.kind === "talking")
    return state.owner.recording?.recordingId === order.recordingId || state.notice !== null ? ignore(state) : recordFromNow(state, order);
  if (state.kind !== "waiting" || state.recording !== null) return ignore(state);
  const next: CallState = { ...state, recording: openOf(order) };
  return { state: next, commands: startRecording(order, { left: state.callerLegId, right: null }) };
}

/** One that core gives anew takes the place of one that is known to have failed; what was kept out of that is kept out of it, too. */
function recordFromNow(state: Talking, recording: RecordingOrder): CallStep {
  const failed = state.owner.recording;
  const next: Talking = { ...state, owner: { ...state.owner, recording: openOf(recording) } };
  const sound = soundOf(next).recording;
  const right = sound?.right ?? null;
  const commands: CallCommand[] = [
    ...(failed === null ? [] : [{ kind: "stopRecording", recordingId: failed.recordingId } as const]),
    ...startRecording(recording, { left: sound?.left ?? null, right: typeof right === "string" ? right : null }),
    // Its policy may hide keys in a pause where the other one's did not.
    ...differenceOf({ ...soundOf(state), recording: null }, { ...soundOf(next), recording: null }),
  ];
  if (sound !== null && typeof right === "object" && right !== null) commands.push({ kind: "setRecordingLegs", ...sound });
  if (failed !== null && state.recordingPause !== null) {
    const { recordingId } = recording;
    commands.push({ kind: "report", report: { kind: "recordingPaused", recordingId, paused: true, reason: state.recordingPause.by } });
  }
  return { state: next, commands };
}

/** The notice has been heard to its end, or wasn't: then nothing is recorded. */
function noticeEnds(state: Talking, completed: boolean): CallStep {
  if (state.notice === null) return ignore(state);
  const { recording } = state.notice;
  const step = moved(state, { ...state, notice: null });
  const commands: readonly CallCommand[] = [{ kind: "cancelTimer", timer: "notice" }, ...step.commands];
  if (recording === null || !completed || step.state.kind !== "talking") return { state: step.state, commands };
  const recorded = recordFromNow(step.state, recording);
  return { state: recorded.state, commands: [...commands, ...recorded.commands] };
}

function pauseRecording(state: Open, paused: boolean): CallStep {
  if (state.kind !== "talking" || state.owner.recording === null) return ignore(state);
  if (!paused) return state.recordingPause === null ? ignore(state) : goOnRecording(state, "agent");
  if (state.recordingPause?.by === "agent") return ignore(state);
  const { recordingId } = state.owner.recording;
  return withoutFieldTimer(
    state,
    moved(state, { ...state, recordingPause: { by: "agent" } }, [{ kind: "recordingPaused", recordingId, paused: true, reason: "agent" }]),
  );
}

/** A pause of the agent's own stays as it is; one that ran out isn't renewed. */
function pauseForField(state: Open, order: Extract<CallEvent, { kind: "fieldPauseOrdered" }>): CallStep {
  if (state.kind !== "talking" || state.owner.recording === null) return ignore(state);
  const { recordingPause: pause } = state;
  if (pause?.by === "agent" || (pause === null && order.renewed)) return ignore(state);
  const endsAt = pause?.endsAt ?? order.at + order.limitMs;
  const afterMs = Math.max(0, Math.min(CallLimits.fieldPauseLeaseMs, endsAt - order.at));
  const step = moved(
    state,
    { ...state, recordingPause: { by: "field", endsAt } },
    pause === null ? [{ kind: "recordingPaused", recordingId: state.owner.recording.recordingId, paused: true, reason: "field" }] : [],
  );
  return { state: step.state, commands: [...step.commands, { kind: "armTimer", timer: "fieldPause", afterMs }] };
}

function goOnRecording(state: Talking, reason: "agent" | "field" | "limit"): CallStep {
  const recordingId = state.owner.recording?.recordingId ?? null;
  return withoutFieldTimer(
    state,
    moved(
      state,
      { ...state, recordingPause: null },
      recordingId === null ? [] : [{ kind: "recordingPaused", recordingId, paused: false, reason }],
    ),
  );
}

function withoutFieldTimer(before: Talking, step: CallStep): CallStep {
  if (before.recordingPause?.by !== "field") return step;
  return { state: step.state, commands: [...step.commands, { kind: "cancelTimer", timer: "fieldPause" }] };
}

function calleeAnswers(state: Extract<CallState, { kind: "dialling" }>): CallStep {
  const { recording, callerLegId } = state;
  const isTold = state.notice.length > 0;
  const owner: OwnerSide = { ...state.owner, recording: isTold ? null : openOf(recording) };
  const step = moved(state, { ...talkOf(state, owner), notice: isTold ? { audioIds: state.notice, recording } : null });
  const recorded: readonly CallCommand[] = isTold
    ? [{ kind: "armTimer", timer: "notice", afterMs: CallLimits.noticeMsMax }]
    : recording === null
      ? []
      : startRecording(recording, { left: owner.legId === null ? null : callerLegId, right: owner.legId });
  return {
    state: step.state,
    commands: [
      ...step.commands,
      ...recorded,
      { kind: "report", report: { kind: "calleeAnswered", phoneId: owner.phoneId } },
      ...(owner.legId === null ? [{ kind: "report", report: { kind: "agentMediaLost", phoneId: owner.phoneId } } as const] : []),
    ],
  };
}

type HoldOrder = { readonly loop: string; readonly reminder: HoldReminder | null };

function held(state: Talking, { loop, reminder }: HoldOrder): Talking {
  return { ...state, held: true, owner: { ...state.owner, holdLoop: loop }, reminder: reminder === null ? null : { ...reminder, nth: 0 } };
}

/** The first tone is on its way. */
function reminded(step: CallStep, reminder: HoldReminder | null): CallStep {
  if (reminder === null) return step;
  return { ...step, commands: [...step.commands, { kind: "armTimer", timer: "holdReminder", afterMs: reminder.afterMs }] };
}

/** To whoever the agent speaks with: the customer, or somebody outside; a customer on hold hears music and nothing else. */
function pressDigits(state: Open, digits: string): CallStep {
  if (state.kind !== "talking") return ignore(state);
  const { owner, held, outside } = state;
  const aside = owner.seat === "aside" ? outside.find(({ seat, progress }) => seat === "aside" && progress === "answered") : undefined;
  const legId = aside?.legId ?? (held ? null : state.callerLegId);
  return legId === null ? ignore(state) : { state, commands: [{ kind: "pressDigits", legId, digits }] };
}

function notCalled(state: CallState, partyId: PartyId): CallStep {
  const report: CallReport = { kind: "outsideFailed", partyId, cause: { by: "system", why: "technical" } };
  return {
    state,
    commands: [
      { kind: "dropOutside", partyId },
      { kind: "report", report },
    ],
  };
}

function callOutside(state: Open, order: Extract<CallEvent, { kind: "outsideCallOrdered" }>): CallStep {
  const { partyId, legId, ringback, recorded, loop, reminder } = order;
  if (state.kind !== "talking" || state.parties.length + state.outside.length >= CallLimits.partiesMax) return notCalled(state, partyId);
  const party: OutsideParty = { partyId, legId, seat: "aside", progress: "calling", ringback, recorded };
  const before = state.held ? { ...state, owner: { ...state.owner, holdLoop: loop } } : held(state, order);
  const step = moved(state, { ...before, owner: { ...before.owner, seat: "aside" }, outside: [...state.outside, party] }, [
    ...(state.held ? [] : [{ kind: "callHeld" } as const]),
    ...(state.owner.seat === "aside" ? [] : [{ kind: "agentTurned", to: "aside" } as const]),
  ]);
  return state.held ? step : reminded(step, reminder);
}

function outsideMoves(state: Open, event: Extract<CallEvent, { kind: "outsideProgressed" | "outsideAnswered" }>): CallStep {
  if (state.kind !== "talking") return ignore(state);
  const { partyId } = event;
  const party = state.outside.find((each) => each.partyId === partyId);
  if (party === undefined || party.progress === "answered") return ignore(state);
  const answered = event.kind === "outsideAnswered";
  const progress = answered ? "answered" : event.early || party.progress === "early" ? "early" : "calling";
  return moved(state, withOutside(state, partyId, { progress }), [{ kind: answered ? "outsideAnswered" : "outsideRinging", partyId }]);
}

function outsideGone(state: Open, partyId: PartyId, cause: EndCause): CallStep {
  if (state.kind === "passedOn") return state.outside.partyId === partyId ? end(state, cause, "hangUp") : ignore(state);
  if (state.kind !== "talking") return ignore(state);
  const party = state.outside.find((each) => each.partyId === partyId);
  if (party === undefined) return ignore(state);
  const report: CallReport = party.progress === "answered" ? { kind: "partyLeft", partyId } : { kind: "outsideFailed", partyId, cause };
  return seatedAgain(state, { ...state, outside: state.outside.filter((each) => each.partyId !== partyId) }, report);
}

/** Who hears music may send nothing; who talks and sends nothing for a minute has gone. */
function outsideFallsSilent(state: Open, partyId: PartyId): CallStep {
  const party = outsideOf(state).find((each) => each.partyId === partyId);
  const isTalking = party?.progress === "answered" && soundOf(state).ears.get(party.legId)?.kind === "voices";
  return isTalking ? outsideGone(state, partyId, { by: "unknown", why: "lineDropped" }) : ignore(state);
}

/** Everybody else is out; the two have the call for themselves. */
function passOn(state: Open, { partyId, talkMsMax }: Extract<CallEvent, { kind: "passOnOrdered" }>): CallStep {
  if (state.kind !== "talking") return ignore(state);
  const party = state.outside.find((each) => each.partyId === partyId);
  if (party?.progress !== "answered") return ignore(state);
  const recording = party.recorded ? state.owner.recording : null;
  // Who paused the recording has gone.
  const resumed: CallReport[] =
    state.recordingPause !== null && recording !== null
      ? [{ kind: "recordingPaused", recordingId: recording.recordingId, paused: false, reason: "agent" }]
      : [];
  const step = moved(state, { ...common(state), kind: "passedOn", outside: { ...party, seat: "talk" }, recording }, [
    ...resumed,
    ...(state.keysMasked ? [{ kind: "keysMasked", masked: false } as const] : []),
    { kind: "passedOn", partyId },
  ]);
  return {
    state: step.state,
    commands: [{ kind: "armTimer", timer: "passedOn", afterMs: talkMsMax }, ...withoutFieldTimer(state, step).commands],
  };
}

function stepAside(state: Open, order: HoldOrder): CallStep {
  if (state.kind !== "talking" || (state.held && state.owner.seat === "aside")) return ignore(state);
  const before = state.held ? { ...state, owner: { ...state.owner, holdLoop: order.loop } } : held(state, order);
  const step = moved(state, { ...before, owner: { ...before.owner, seat: "aside" } }, [
    ...(state.held ? [] : [{ kind: "callHeld" } as const]),
    ...(state.owner.seat === "aside" ? [] : [{ kind: "agentTurned", to: "aside" } as const]),
  ]);
  return state.held ? step : reminded(step, order.reminder);
}

function resume(state: Open): CallStep {
  if (state.kind !== "talking" || (!state.held && state.owner.seat === "talk")) return ignore(state);
  const step = moved(state, { ...state, held: false, reminder: null, owner: { ...state.owner, seat: "talk" } }, [
    ...(state.held ? [{ kind: "callResumed" } as const] : []),
    ...(state.owner.seat === "talk" ? [] : [{ kind: "agentTurned", to: "talk" } as const]),
  ]);
  return state.reminder === null ? step : { ...step, commands: [...step.commands, { kind: "cancelTimer", timer: "holdReminder" }] };
}

/** The customer still waits: the agent hears it once more, and again later. */
function remind(state: Open): CallStep {
  if (state.kind !== "talking" || !state.held || state.reminder === null) return ignore(state);
  const reminder = { ...state.reminder, nth: state.reminder.nth + 1 };
  return reminded(moved(state, { ...state, reminder }), { ...reminder, afterMs: reminder.everyMs });
}

function joinParty(state: Open, order: Extract<CallEvent, { kind: "partyJoinOrdered" }>): CallStep {
  const { partyId, phoneId, personId, legId, seat } = order;
  if (state.kind !== "talking") return said(state, { kind: "partyFailed", partyId, reason: "callGone" });
  if (legId === null) return said(state, { kind: "partyFailed", partyId, reason: "phoneGone" });
  // Said again after a reconnect: they are there.
  if (state.parties.some((party) => party.partyId === partyId)) return said(state, { kind: "partyJoined", partyId, phoneId });
  const isIn = state.owner.personId === personId || state.parties.some((party) => party.personId === personId);
  if (isIn || state.parties.length + state.outside.length >= CallLimits.partiesMax)
    return said(state, { kind: "partyFailed", partyId, reason: "tooMany" });
  const parties = [...state.parties, { partyId, phoneId, personId, legId, seat, muted: false }];
  return moved(state, { ...state, parties }, [{ kind: "partyJoined", partyId, phoneId }]);
}

function seatParty(state: Open, { partyId, seat }: { readonly partyId: PartyId; readonly seat: Seat }): CallStep {
  if (state.kind === "talking" && seat.kind !== "monitor" && state.outside.some((party) => party.partyId === partyId))
    return moved(state, withOutside(state, partyId, { seat: seat.kind }), [{ kind: "partySeated", partyId, seat }]);
  if (state.kind !== "talking" || !state.parties.some((party) => party.partyId === partyId)) return ignore(state);
  return moved(state, withParty(state, partyId, { seat }), [{ kind: "partySeated", partyId, seat }]);
}

function muteParty(state: Open, { partyId, muted }: { readonly partyId: PartyId; readonly muted: boolean }): CallStep {
  if (state.kind !== "talking" || !state.parties.some((party) => party.partyId === partyId && party.muted !== muted)) return ignore(state);
  return moved(state, withParty(state, partyId, { muted }), [{ kind: "partyMuted", partyId, muted }]);
}

/** With the last one aside gone the agent sits before the customer again, who stays on hold until called back. */
function partParty(state: Open, partyId: PartyId): CallStep {
  if (state.kind !== "talking" || ![...state.parties, ...state.outside].some((party) => party.partyId === partyId)) return ignore(state);
  const parties = state.parties.filter((party) => party.partyId !== partyId);
  const outside = state.outside.filter((party) => party.partyId !== partyId);
  return seatedAgain(state, { ...state, parties, outside }, { kind: "partyLeft", partyId });
}

function seatedAgain(before: Talking, after: Talking, report: CallReport): CallStep {
  const { owner, parties, outside } = after;
  const isAlone =
    owner.seat === "aside" && ![...parties.map(({ seat }) => seat.kind), ...outside.map(({ seat }) => seat)].includes("aside");
  return moved(before, { ...after, owner: isAlone ? { ...owner, seat: "talk" } : owner }, [
    report,
    ...(isAlone ? [{ kind: "agentTurned", to: "talk" } as const] : []),
  ]);
}

function handOver(state: Open, { partyId, loop }: { readonly partyId: PartyId; readonly loop: string }): CallStep {
  if (state.kind !== "talking") return said(state, { kind: "handOverFailed", partyId, reason: "callGone" });
  const party = state.parties.find((each) => each.partyId === partyId);
  if (party === undefined) return said(state, { kind: "handOverFailed", partyId, reason: "partyGone" });
  const { phoneId, personId, legId, muted } = party;
  const owner: OwnerSide = {
    phoneId,
    personId,
    legId,
    muted,
    offerId: null,
    recording: state.owner.recording,
    holdLoop: loop,
    awayAudioIds: state.owner.awayAudioIds ?? [],
    seat: "talk",
  };
  const parties = state.parties.filter((each) => each.partyId !== partyId);
  return withoutFieldTimer(
    state,
    moved(state, { ...state, owner, parties, held: false, reminder: null, recordingPause: null, keysMasked: false }, [
      { kind: "handedOver", partyId, phoneId, personId },
      // Nobody waits for them as for a party any longer: their time to come back is an agent's.
      ...(legId === null ? [{ kind: "agentMediaLost", phoneId } as const] : []),
      ...leftBehind(state),
    ]),
  );
}

/** Who paused the recording and masked the keys has gone; the next agent doesn't know of it. */
function leftBehind({ owner, recordingPause, keysMasked }: Talking): readonly CallReport[] {
  return [
    ...(recordingPause !== null && owner.recording !== null
      ? [{ kind: "recordingPaused", recordingId: owner.recording.recordingId, paused: false, reason: "agent" } as const]
      : []),
    ...(keysMasked ? [{ kind: "keysMasked", masked: false } as const] : []),
  ];
}

function detach(state: Open, order: { readonly audioIds: readonly string[]; readonly thenLoop: string }): CallStep {
  if (state.kind !== "talking") return ignore(state);
  const { audioIds, thenLoop } = order;
  const recording = state.owner.recording?.policy.waiting === true ? state.owner.recording : null;
  const playing: Playing = { token: null, audioIds, thenLoop, nth: 1 };
  return withoutFieldTimer(state, moved(state, { ...common(state), kind: "waiting", playing, recording }, leftBehind(state)));
}

function sequenceEnded(state: Open, event: { readonly token: string; readonly completed: boolean }): CallStep {
  if (event.token === FAREWELL && event.completed) {
    if (state.kind === "refusing") return end(state, state.cause, "reject");
    if (state.kind === "leaving") return end(state, state.cause, "hangUp");
    return ignore(state);
  }
  if (event.token === NOTICE && state.kind === "talking") return noticeEnds(state, event.completed);
  if (state.kind !== "waiting" || state.playing.token !== event.token) return ignore(state);
  return moved(state, { ...state, playing: { ...state.playing, token: null, audioIds: [] } }, [
    { kind: "playEnded", token: event.token, completed: event.completed },
  ]);
}

/** An agent's or a party's media stopped: their place is kept. Whoever they leave alone hears music. */
function agentStops(state: Open, legId: string): CallStep {
  if (state.kind === "dialling" && state.owner.legId === legId) return moved(state, { ...state, owner: { ...state.owner, legId: null } });
  if (state.kind !== "talking") return ignore(state);
  if (state.owner.legId === legId)
    return moved(state, { ...state, owner: { ...state.owner, legId: null } }, [{ kind: "agentMediaLost", phoneId: state.owner.phoneId }]);
  const party = state.parties.find((each) => each.legId === legId);
  if (party === undefined) return ignore(state);
  const { partyId } = party;
  return moved(state, withParty(state, partyId, { legId: null }), [{ kind: "partyMediaLost", partyId }]);
}

/**
 * A desk phone was put down: who talks with the customer ends the call, a party leaves it. With the customer on hold it ends nothing: they
 * go on hearing music, and the agent may come back.
 */
function agentHangsUp(state: Open, legId: string): CallStep {
  if (state.kind === "dialling")
    return state.owner.legId === legId ? end(state, { by: "agent", why: "cancelled" }, "hangUp") : ignore(state);
  if (state.kind !== "talking") return ignore(state);
  const party = state.parties.find((each) => each.legId === legId);
  if (party !== undefined) return partParty(state, party.partyId);
  if (state.owner.legId !== legId) return ignore(state);
  return state.held || state.owner.seat === "aside" ? agentStops(state, legId) : end(state, { by: "agent", why: "hungUp" }, "hangUp");
}

/** The same login is back, on the same leg or on a new one: the same call goes on. */
function agentFlows(state: Open, event: Extract<CallEvent, { kind: "agentMediaFlowing" }>): CallStep {
  if (state.kind === "dialling" && state.owner.personId === event.personId && state.owner.legId !== event.legId)
    return moved(state, { ...state, owner: { ...state.owner, legId: event.legId, phoneId: event.phoneId } });
  if (state.kind !== "talking") return ignore(state);
  const { personId, phoneId, legId } = event;
  if (state.owner.personId === personId) {
    // A phone of theirs that isn't the one they speak on changes nothing while that one does.
    if (state.owner.legId === legId || (state.owner.legId !== null && state.owner.phoneId !== phoneId)) return ignore(state);
    const wasLost = state.owner.legId === null;
    return moved(state, { ...state, owner: { ...state.owner, legId, phoneId } }, wasLost ? [{ kind: "agentMediaRestored", phoneId }] : []);
  }
  const party = state.parties.find((each) => each.personId === personId);
  if (party === undefined || party.legId === legId || (party.legId !== null && party.phoneId !== phoneId)) return ignore(state);
  const { partyId } = party;
  return moved(state, withParty(state, partyId, { legId, phoneId }), party.legId === null ? [{ kind: "partyMediaRestored", partyId }] : []);
}

function timerFired(state: Open, timer: CallTimer, technical: { readonly audioIds: readonly string[] }): CallStep {
  if (timer === "coreSilence") {
    if (state.kind !== "arriving") return ignore(state);
    return refuse(state, { audioIds: technical.audioIds, sipStatus: 503, cause: { by: "system", why: "technical" } });
  }
  if (timer === "fieldPause")
    return state.kind === "talking" && state.recordingPause?.by === "field" ? goOnRecording(state, "limit") : ignore(state);
  if (timer === "holdReminder") return remind(state);
  if (timer === "passedOn") return state.kind === "passedOn" ? end(state, { by: "system", why: "tooLong" }, "hangUp") : ignore(state);
  if (timer === "notice") return state.kind === "talking" ? noticeEnds(state, false) : ignore(state);
  if (state.kind === "refusing") return end(state, state.cause, "reject");
  if (state.kind === "leaving") return end(state, state.cause, "hangUp");
  return ignore(state);
}

function end(state: Open, cause: EndCause, how: "hangUp" | "reject" | "nothing"): CallStep {
  const sip: CallCommand[] =
    how === "hangUp"
      ? [{ kind: "hangUp" }]
      : how === "reject"
        ? [{ kind: "reject", sipStatus: state.kind === "refusing" ? state.sipStatus : (cause.sipStatus ?? 480) }]
        : [];
  // The difference to nothing at all frees every agent's standing leg and closes the recording.
  const step = moved(state, { ...common(state), kind: "ended", cause });
  return {
    state: step.state,
    commands: [
      { kind: "cancelTimer", timer: "coreSilence" },
      { kind: "cancelTimer", timer: "lastSentence" },
      ...(state.kind === "talking" && state.recordingPause?.by === "field" ? [{ kind: "cancelTimer", timer: "fieldPause" } as const] : []),
      ...(state.kind === "passedOn" ? [{ kind: "cancelTimer", timer: "passedOn" } as const] : []),
      ...(state.kind === "talking" && state.notice !== null ? [{ kind: "cancelTimer", timer: "notice" } as const] : []),
      ...sip,
      ...step.commands,
      { kind: "closeCallerLeg" },
      { kind: "report", report: { kind: "callEnded", cause } },
    ],
  };
}

function withParty(state: Talking, partyId: PartyId, change: Partial<Pick<Party, "seat" | "muted" | "legId" | "phoneId">>): Talking {
  return { ...state, parties: state.parties.map((party) => (party.partyId === partyId ? { ...party, ...change } : party)) };
}

function withOutside(state: Talking, partyId: PartyId, change: Partial<Pick<OutsideParty, "seat" | "progress">>): Talking {
  return { ...state, outside: state.outside.map((party) => (party.partyId === partyId ? { ...party, ...change } : party)) };
}

function common(state: CallCommon): CallCommon {
  return {
    callId: state.callId,
    numberId: state.numberId,
    arrivedAt: state.arrivedAt,
    callerLegId: state.callerLegId,
    contactId: state.contactId,
  };
}
