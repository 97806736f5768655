import { expect, test } from "vitest";
import type { CallId, ContactId, NumberId, OfferId, PartyId, PersonId, PhoneId, RecordingId } from "@allo/kernel";
import { beginCall, beginDialling, stepCall } from "./call-machine.ts";
import type { CallCommand, CallEvent, CallState } from "./call-types.ts";

const technical = { audioIds: ["en/refuse.technical"] };
const policy = { waiting: false, hold: false, maskPaused: true };
const recording = { recordingId: "rec_1" as RecordingId, keyBase64: "AA==", filePath: "/r", policy };
const waitingRecording = { ...recording, recordingId: "rec_w" as RecordingId, policy: { ...policy, waiting: true } };
const events = {
  accepted: {
    kind: "accepted",
    at: 1,
    contactId: "con_1" as ContactId,
    token: "greeting",
    greeting: ["en/greeting.notice"],
    thenLoop: "music.main",
  },
  refused: {
    kind: "refused",
    at: 1,
    contactId: null,
    audioIds: ["en/refuse.tooManyCalls"],
    sipStatus: 486,
    cause: { by: "system", why: "tooManyCalls" },
  },
  playOrdered: { kind: "playOrdered", at: 1, token: "hold", audioIds: ["en/queue.pleaseHold"], thenLoop: "music.main" },
  farewellOrdered: { kind: "farewellOrdered", at: 1, audioIds: ["en/refuse.nobody"], cause: { by: "system", why: "nobodySignedIn" } },
  bridgeOrdered: {
    kind: "bridgeOrdered",
    at: 1,
    offerId: "off_1" as OfferId,
    phoneId: "phn_1" as PhoneId,
    personId: "per_1" as PersonId,
    legId: "leg_agent",
    recording,
    holdLoop: "music.main",
  },
  holdOrdered: { kind: "holdOrdered", at: 1, loop: "music.main", reminder: { afterMs: 60_000, everyMs: 30_000, audioId: "tone.reminder" } },
  resumeOrdered: { kind: "resumeOrdered", at: 1 },
  muteOrdered: { kind: "muteOrdered", at: 1, muted: true },
  digitsOrdered: { kind: "digitsOrdered", at: 1, digits: "42#" },
  recordingPauseOrdered: { kind: "recordingPauseOrdered", at: 1, paused: true },
  recordOrdered: { kind: "recordOrdered", at: 1, recording: waitingRecording },
  goOnOrdered: { kind: "recordingPauseOrdered", at: 1, paused: false },
  fieldPauseOrdered: { kind: "fieldPauseOrdered", at: 1_000, limitMs: 20_000, renewed: false },
  fieldPauseRenewed: { kind: "fieldPauseOrdered", at: 11_000, limitMs: 20_000, renewed: true },
  fieldPauseEnded: { kind: "fieldPauseEnded", at: 1 },
  fieldPauseOver: { kind: "timerFired", at: 1, timer: "fieldPause" },
  keysMaskOrdered: { kind: "keysMaskOrdered", at: 1, masked: true },
  unrecordedBridge: {
    kind: "bridgeOrdered",
    at: 1,
    offerId: "off_1" as OfferId,
    phoneId: "phn_1" as PhoneId,
    personId: "per_1" as PersonId,
    legId: "leg_agent",
    recording: null,
    holdLoop: "music.main",
  },
  stepAsideOrdered: { kind: "stepAsideOrdered", at: 1, loop: "music.main", reminder: null },
  partyJoinOrdered: {
    kind: "partyJoinOrdered",
    at: 1,
    partyId: "pty_1" as PartyId,
    phoneId: "phn_2" as PhoneId,
    personId: "per_2" as PersonId,
    legId: "leg_second",
    seat: { kind: "aside" },
  },
  partySeatOrdered: { kind: "partySeatOrdered", at: 1, partyId: "pty_1" as PartyId, seat: { kind: "talk" } },
  partyMuteOrdered: { kind: "partyMuteOrdered", at: 1, partyId: "pty_1" as PartyId, muted: true },
  partyPartOrdered: { kind: "partyPartOrdered", at: 1, partyId: "pty_1" as PartyId },
  handOverOrdered: { kind: "handOverOrdered", at: 1, partyId: "pty_1" as PartyId, loop: "music.main" },
  secondMediaStopped: { kind: "agentMediaStopped", at: 5, legId: "leg_second" },
  detachOrdered: { kind: "detachOrdered", at: 1, audioIds: ["en/agent.cutOff"], thenLoop: "music.main" },
  hangUpOrdered: { kind: "hangUpOrdered", at: 1, cause: { by: "agent", why: "hungUp" } },
  greetingEnded: { kind: "sequenceEnded", at: 1, token: "greeting", completed: true },
  farewellEnded: { kind: "sequenceEnded", at: 1, token: "farewell", completed: true },
  staleEnded: { kind: "sequenceEnded", at: 1, token: "another", completed: true },
  calleeRings: { kind: "calleeProgressed", at: 1, early: false },
  calleeSpeaksEarly: { kind: "calleeProgressed", at: 1, early: true },
  calleeAnswered: { kind: "calleeAnswered", at: 1 },
  calleeFailed: { kind: "calleeFailed", at: 1, cause: { by: "caller", why: "busy" } },
  pickUpOrdered: {
    kind: "pickUpOrdered",
    at: 1,
    phoneId: "phn_1" as PhoneId,
    personId: "per_1" as PersonId,
    legId: "leg_agent",
    recording,
    holdLoop: "music.main",
  },
  outsideCallOrdered: {
    kind: "outsideCallOrdered",
    at: 1,
    partyId: "pty_9" as PartyId,
    legId: "leg_outside",
    ringback: "tone.ring",
    recorded: false,
    loop: "music.main",
    reminder: null,
  },
  outsideRings: { kind: "outsideProgressed", at: 1, partyId: "pty_9" as PartyId, early: false },
  outsideSpeaksEarly: { kind: "outsideProgressed", at: 1, partyId: "pty_9" as PartyId, early: true },
  outsideAnswered: { kind: "outsideAnswered", at: 1, partyId: "pty_9" as PartyId },
  outsideGone: { kind: "outsideGone", at: 1, partyId: "pty_9" as PartyId, cause: { by: "carrier", why: "outsideLeft" } },
  outsideMediaStopped: { kind: "outsideMediaStopped", at: 1, partyId: "pty_9" as PartyId },
  passOnOrdered: { kind: "passOnOrdered", at: 1, partyId: "pty_9" as PartyId, talkMsMax: 7_200_000 },
  noticeEnded: { kind: "sequenceEnded", at: 1, token: "notice", completed: true },
  passedOnTooLong: { kind: "timerFired", at: 1, timer: "passedOn" },
  noticeLost: { kind: "timerFired", at: 1, timer: "notice" },
  digitPressed: { kind: "digitPressed", at: 1 },
  callerGone: { kind: "callerGone", at: 1, cause: { by: "caller", why: "hungUp" } },
  customerReplaced: { kind: "customerReplaced", at: 1, legId: "leg_other" },
  callerMediaStopped: { kind: "callerMediaStopped", at: 1 },
  callerLegDied: { kind: "callerLegDied", at: 1 },
  agentMediaStopped: { kind: "agentMediaStopped", at: 5, legId: "leg_agent" },
  agentHungUp: { kind: "agentHungUp", at: 5, legId: "leg_agent" },
  secondHungUp: { kind: "agentHungUp", at: 5, legId: "leg_second" },
  agentMediaFlowing: { kind: "agentMediaFlowing", at: 7, personId: "per_1" as PersonId, phoneId: "phn_1" as PhoneId, legId: "leg_new" },
  coreSilence: { kind: "timerFired", at: 1, timer: "coreSilence" },
  lastSentence: { kind: "timerFired", at: 1, timer: "lastSentence" },
} as const satisfies Record<string, CallEvent>;

const begun = beginCall({ callId: "cal_1" as CallId, numberId: "num_1" as NumberId, arrivedAt: 0, callerLegId: "leg_caller" });
const dialled = beginDialling({
  callId: "cal_1" as CallId,
  numberId: "num_1" as NumberId,
  contactId: "con_1" as ContactId,
  arrivedAt: 0,
  callerLegId: "leg_caller",
  phoneId: "phn_1" as PhoneId,
  personId: "per_1" as PersonId,
  legId: "leg_agent",
  recording,
  ringback: "tone.ring",
  holdLoop: "music.main",
});
const told = beginDialling({
  callId: "cal_1" as CallId,
  numberId: "num_1" as NumberId,
  contactId: "con_1" as ContactId,
  arrivedAt: 0,
  callerLegId: "leg_caller",
  phoneId: "phn_1" as PhoneId,
  personId: "per_1" as PersonId,
  legId: "leg_agent",
  recording,
  notice: ["en/notice.recorded"],
  ringback: "tone.ring",
  holdLoop: "music.main",
});
const run = (...names: (keyof typeof events)[]) => runFrom(begun.state, ...names);
const runFrom = (first: CallState, ...names: (keyof typeof events)[]): { state: CallState; commands: CallCommand[] } => {
  let state = first;
  let commands: CallCommand[] = [];
  for (const name of names) {
    const step = stepCall(state, events[name], technical);
    state = step.state;
    commands = [...step.commands];
  }
  return { state, commands };
};
const reports = (commands: readonly CallCommand[]) => commands.flatMap((command) => (command.kind === "report" ? [command.report] : []));

const reached: Record<
  | Exclude<CallState["kind"], "talking">
  | "talking"
  | "talking, held"
  | "talking, lost"
  | "talking, consulting"
  | "talking, calling outside"
  | "talking, with somebody outside"
  | "talking, the notice being read",
  (keyof typeof events)[]
> = {
  arriving: [],
  refusing: ["refused"],
  waiting: ["accepted"],
  leaving: ["accepted", "farewellOrdered"],
  talking: ["accepted", "greetingEnded", "bridgeOrdered"],
  "talking, held": ["accepted", "greetingEnded", "bridgeOrdered", "holdOrdered"],
  "talking, lost": ["accepted", "greetingEnded", "bridgeOrdered", "agentMediaStopped"],
  "talking, consulting": ["accepted", "greetingEnded", "bridgeOrdered", "partyJoinOrdered", "stepAsideOrdered"],
  "talking, calling outside": ["accepted", "greetingEnded", "bridgeOrdered", "outsideCallOrdered"],
  "talking, with somebody outside": ["accepted", "greetingEnded", "bridgeOrdered", "outsideCallOrdered", "outsideAnswered"],
  "talking, the notice being read": ["calleeAnswered"],
  passedOn: ["accepted", "greetingEnded", "bridgeOrdered", "outsideCallOrdered", "outsideAnswered", "passOnOrdered"],
  dialling: [],
  ended: ["accepted", "callerGone"],
};

test("every state answers every event, as the table says", () => {
  const table = Object.fromEntries(
    Object.entries(reached).map(([kind, path]) => [
      kind,
      Object.fromEntries(
        Object.keys(events).map((name) => {
          const first = kind === "dialling" ? dialled.state : kind === "talking, the notice being read" ? told.state : begun.state;
          const { state, commands } = runFrom(first, ...path, name as keyof typeof events);
          const does = commands.map((command) => (command.kind === "report" ? `report ${command.report.kind}` : command.kind));
          return [name, does.length === 0 && state.kind === kind.split(",")[0] ? "-" : `${state.kind}: ${does.join(", ")}`];
        }),
      ),
    ]),
  );
  expect(table).toMatchSnapshot();
});

test("nothing is answered before core has the contact", () => {
  expect(begun.commands.some((command) => command.kind === "answer" || command.kind === "answerEarly")).toBe(false);
});

test("a core that says nothing leads to the technical sentence as early media and 503", () => {
  const refusing = run("coreSilence");
  expect(refusing.commands).toContainEqual({
    kind: "playTo",
    legId: "leg_caller",
    token: "farewell",
    audioIds: technical.audioIds,
    thenLoop: null,
  });
  expect(refusing.commands.some((command) => command.kind === "answer")).toBe(false);
  const over = run("coreSilence", "farewellEnded");
  expect(over.commands).toContainEqual({ kind: "reject", sipStatus: 503 });
  expect(reports(over.commands)).toContainEqual({ kind: "callEnded", cause: { by: "system", why: "technical" } });
});

test("core's late acceptance of a refused call changes nothing", () => {
  expect(run("coreSilence", "accepted").commands).toEqual([]);
});

test("the agent's media lost: the caller hears music, and is back with the same person on another leg", () => {
  const lost = run("accepted", "greetingEnded", "bridgeOrdered", "agentMediaStopped");
  expect(lost.commands).toContainEqual({ kind: "playTo", legId: "leg_caller", token: "loop", audioIds: [], thenLoop: "music.main" });
  const back = run("accepted", "greetingEnded", "bridgeOrdered", "agentMediaStopped", "agentMediaFlowing");
  expect(back.state).toMatchObject({ kind: "talking", owner: { legId: "leg_new" } });
  expect(back.commands).toContainEqual({ kind: "join", legId: "leg_caller", peerLegId: "leg_new" });
  expect(back.commands).toContainEqual({ kind: "setRecordingLegs", recordingId: "rec_1", left: "leg_caller", right: "leg_new" });
  expect(reports(back.commands)).toEqual([{ kind: "agentMediaRestored", phoneId: "phn_1" }]);
});

test("who is called hears nothing of the agent before answering; the agent hears that it rings, then what the carrier says", () => {
  expect(dialled.commands).toContainEqual({ kind: "playTo", legId: "leg_agent", token: "loop", audioIds: [], thenLoop: "tone.ring" });
  const early = runFrom(dialled.state, "calleeSpeaksEarly");
  expect(early.commands).toEqual([
    { kind: "join", legId: "leg_agent", peerLegId: "leg_caller" },
    { kind: "report", report: { kind: "calleeRinging" } },
  ]);
  const answered = runFrom(dialled.state, "calleeSpeaksEarly", "calleeAnswered");
  expect(answered.commands).toContainEqual({ kind: "join", legId: "leg_caller", peerLegId: "leg_agent" });
  expect(reports(answered.commands)).toContainEqual({ kind: "calleeAnswered", phoneId: "phn_1" });
  expect(answered.commands.some(({ kind }) => kind === "startRecording")).toBe(true);
  const busy = runFrom(dialled.state, "calleeFailed");
  expect(busy.commands).toContainEqual({ kind: "silence", legId: "leg_agent" });
  expect(reports(busy.commands)).toEqual([{ kind: "callEnded", cause: { by: "caller", why: "busy" } }]);
});

test("another person's phone never takes the call", () => {
  const lost = run("accepted", "greetingEnded", "bridgeOrdered", "agentMediaStopped").state;
  const step = stepCall(lost, { ...events.agentMediaFlowing, personId: "per_2" as PersonId }, technical);
  expect(step.commands).toEqual([]);
});

test("a call on hold whose agent comes back stays on hold", () => {
  const { state, commands } = run("accepted", "greetingEnded", "bridgeOrdered", "holdOrdered", "agentMediaStopped", "agentMediaFlowing");
  expect(state).toMatchObject({ kind: "talking", held: true, owner: { legId: "leg_new" } });
  expect(commands.some((command) => command.kind === "join")).toBe(false);
});

test("the end frees the agent's leg, saves the recording and is told once", () => {
  const { commands } = run("accepted", "greetingEnded", "bridgeOrdered", "callerGone");
  expect(commands).toContainEqual({ kind: "silence", legId: "leg_agent" });
  expect(commands).toContainEqual({ kind: "stopRecording", recordingId: "rec_1" });
  expect(reports(commands)).toEqual([{ kind: "callEnded", cause: { by: "caller", why: "hungUp" } }]);
  expect(run("accepted", "callerGone", "callerGone").commands).toEqual([]);
});

test("a bridge that comes after the caller left is answered, so that the offer doesn't hang", () => {
  expect(reports(run("accepted", "callerGone", "bridgeOrdered").commands)).toEqual([
    { kind: "bridgeFailed", offerId: "off_1", reason: "callGone" },
  ]);
});

test("a desk phone that is put down ends the talk; with the customer on hold it ends nothing, and its agent may come back", () => {
  const talked = run("accepted", "greetingEnded", "bridgeOrdered", "agentHungUp");
  expect(reports(talked.commands)).toEqual([{ kind: "callEnded", cause: { by: "agent", why: "hungUp" } }]);
  const held = run("accepted", "greetingEnded", "bridgeOrdered", "holdOrdered", "agentHungUp");
  expect(held.state).toMatchObject({ kind: "talking", held: true, owner: { legId: null } });
  expect(reports(held.commands)).toEqual([{ kind: "agentMediaLost", phoneId: "phn_1" }]);
  const consulting = run("accepted", "greetingEnded", "bridgeOrdered", "partyJoinOrdered", "stepAsideOrdered", "secondHungUp");
  expect(reports(consulting.commands)).toContainEqual({ kind: "partyLeft", partyId: "pty_1" });
  expect(reports(runFrom(dialled.state, "agentHungUp").commands)).toEqual([
    { kind: "callEnded", cause: { by: "agent", why: "cancelled" } },
  ]);
});

test("another phone of the same person doesn't take the call from the one they speak on, but from one that is lost", () => {
  const other = { ...events.agentMediaFlowing, phoneId: "dev_1" as PhoneId };
  expect(stepCall(run("accepted", "greetingEnded", "bridgeOrdered").state, other, technical).commands).toEqual([]);
  const lost = run("accepted", "greetingEnded", "bridgeOrdered", "agentMediaStopped").state;
  expect(stepCall(lost, other, technical).state).toMatchObject({ kind: "talking", owner: { legId: "leg_new", phoneId: "dev_1" } });
});

const recordedLegs = (commands: readonly CallCommand[]) =>
  commands.flatMap((command) => (command.kind === "setRecordingLegs" ? [[command.left, command.right]] : []));
const maskedNow = (commands: readonly CallCommand[]) =>
  commands.flatMap((command) => (command.kind === "setMasked" ? [[command.legId, command.masked]] : []));

test("a field that is filled in pauses the recording, hides the customer's keys meanwhile, and says why", () => {
  const paused = run("accepted", "bridgeOrdered", "fieldPauseOrdered");
  expect(recordedLegs(paused.commands)).toEqual([[null, null]]);
  expect(maskedNow(paused.commands)).toEqual([["leg_caller", true]]);
  expect(reports(paused.commands)).toEqual([{ kind: "recordingPaused", recordingId: "rec_1", paused: true, reason: "field" }]);
  expect(paused.commands).toContainEqual({ kind: "armTimer", timer: "fieldPause", afterMs: 15_000 });
  const left = runFrom(paused.state, "fieldPauseEnded");
  expect(recordedLegs(left.commands)).toEqual([["leg_caller", "leg_agent"]]);
  expect(maskedNow(left.commands)).toEqual([["leg_caller", false]]);
  expect(reports(left.commands)).toMatchObject([{ paused: false, reason: "field" }]);
  expect(left.commands).toContainEqual({ kind: "cancelTimer", timer: "fieldPause" });
});

test("a field's pause is renewed up to its limit and no further; a screen that is gone ends it, and nothing begins it again", () => {
  const renewed = run("accepted", "bridgeOrdered", "fieldPauseOrdered", "fieldPauseRenewed");
  // 20 s from the beginning at 1 s: at 11 s ten are left.
  expect(renewed.commands).toEqual([{ kind: "armTimer", timer: "fieldPause", afterMs: 10_000 }]);
  const over = runFrom(renewed.state, "fieldPauseOver");
  expect(reports(over.commands)).toEqual([{ kind: "recordingPaused", recordingId: "rec_1", paused: false, reason: "limit" }]);
  expect(runFrom(over.state, "fieldPauseRenewed").commands).toEqual([]);
  expect(runFrom(over.state, "fieldPauseEnded").commands).toEqual([]);
});

test("a pause of the agent's own is neither ended nor shortened by a field", () => {
  const own = run("accepted", "bridgeOrdered", "recordingPauseOrdered");
  for (const event of ["fieldPauseOrdered", "fieldPauseEnded", "fieldPauseOver"] as const)
    expect(runFrom(own.state, event).commands, event).toEqual([]);
  // Wished for while a field had it paused: it stays when the field is left.
  const wished = run("accepted", "bridgeOrdered", "fieldPauseOrdered", "recordingPauseOrdered");
  expect(reports(wished.commands)).toMatchObject([{ paused: true, reason: "agent" }]);
  expect(wished.commands).toContainEqual({ kind: "cancelTimer", timer: "fieldPause" });
  expect(runFrom(wished.state, "fieldPauseEnded").commands).toEqual([]);
  expect(reports(runFrom(wished.state, "goOnOrdered").commands)).toMatchObject([{ paused: false, reason: "agent" }]);
});

test("keys that the agent has hidden stay so through a pause, and are heard again by whoever gets the call", () => {
  const masked = run("accepted", "bridgeOrdered", "keysMaskOrdered");
  expect(maskedNow(masked.commands)).toEqual([["leg_caller", true]]);
  expect(maskedNow(runFrom(masked.state, "recordingPauseOrdered", "goOnOrdered").commands)).toEqual([]);
  const passed = runFrom(masked.state, "partyJoinOrdered", "handOverOrdered");
  expect(maskedNow(passed.commands)).toEqual([["leg_caller", false]]);
  expect(reports(passed.commands)).toContainEqual({ kind: "keysMasked", masked: false });
});

test("a call handed over to somebody whose sound is away is known to wait for it, and goes on when it is back", () => {
  const passed = run("accepted", "greetingEnded", "bridgeOrdered", "partyJoinOrdered", "secondMediaStopped", "handOverOrdered");
  expect(reports(passed.commands)).toEqual([
    { kind: "handedOver", partyId: "pty_1", phoneId: "phn_2", personId: "per_2" },
    { kind: "agentMediaLost", phoneId: "phn_2" },
  ]);
  const back = { ...events.agentMediaFlowing, personId: "per_2" as PersonId, phoneId: "phn_2" as PhoneId };
  expect(reports(stepCall(passed.state, back, technical).commands)).toEqual([{ kind: "agentMediaRestored", phoneId: "phn_2" }]);
});

test("a caller who has heard the notice is recorded while waiting, in one file with the talks and what lies between them", () => {
  const waiting = run("accepted", "greetingEnded", "recordOrdered");
  expect(waiting.commands).toMatchObject([
    { kind: "startRecording", left: "leg_caller", right: null },
    { kind: "report", report: { kind: "recordingStarted", recordingId: "rec_w" } },
  ]);
  const talking = runFrom(waiting.state, "unrecordedBridge");
  expect(recordedLegs(talking.commands)).toEqual([["leg_caller", "leg_agent"]]);
  expect(talking.commands.map(({ kind }) => kind)).not.toContain("startRecording");
  const between = runFrom(talking.state, "detachOrdered");
  expect(recordedLegs(between.commands)).toEqual([["leg_caller", null]]);
  expect(between.commands.map(({ kind }) => kind)).not.toContain("stopRecording");
  expect(runFrom(between.state, "callerGone").commands).toContainEqual({ kind: "stopRecording", recordingId: "rec_w" });
  // One that core gives anew takes its place: the first is known to have failed.
  const anew = runFrom(waiting.state, "bridgeOrdered");
  expect(anew.commands).toContainEqual({ kind: "stopRecording", recordingId: "rec_w" });
  expect(anew.commands).toContainEqual({ kind: "report", report: { kind: "recordingStarted", recordingId: "rec_1" } });
});

test("a talk whose recording failed is recorded anew, and what was kept out stays out of the new one", () => {
  const talking = run("accepted", "greetingEnded", "bridgeOrdered");
  const anew = runFrom(talking.state, "recordOrdered");
  expect(anew.commands).toMatchObject([
    { kind: "stopRecording", recordingId: "rec_1" },
    { kind: "startRecording", left: "leg_caller", right: "leg_agent" },
    { kind: "report", report: { kind: "recordingStarted", recordingId: "rec_w" } },
  ]);
  expect(runFrom(anew.state, "recordOrdered").commands).toEqual([]);
  expect(reports(runFrom(anew.state, "recordingPauseOrdered").commands)).toMatchObject([{ kind: "recordingPaused", recordingId: "rec_w" }]);

  const paused = runFrom(runFrom(talking.state, "fieldPauseOrdered").state, "recordOrdered");
  expect(paused.commands).toContainEqual({ kind: "startRecording", order: waitingRecording, left: null, right: null });
  expect(reports(paused.commands).at(-1)).toEqual({ kind: "recordingPaused", recordingId: "rec_w", paused: true, reason: "field" });
  const gone = runFrom(paused.state, "fieldPauseEnded");
  expect(recordedLegs(gone.commands)).toEqual([["leg_caller", "leg_agent"]]);
  expect(reports(gone.commands)).toMatchObject([{ kind: "recordingPaused", recordingId: "rec_w", paused: false }]);
});

test("on hold the agent is recorded only where the policy says so, the customer never", () => {
  expect(recordedLegs(run("accepted", "bridgeOrdered", "holdOrdered").commands)).toEqual([[null, null]]);
  const kept = { ...recording, policy: { ...policy, hold: true } };
  const waiting = run("accepted").state;
  const talking = stepCall(waiting, { ...events.bridgeOrdered, recording: kept }, technical).state;
  expect(recordedLegs(runFrom(talking, "holdOrdered").commands)).toEqual([[null, "leg_agent"]]);
  const consulting = runFrom(talking, "stepAsideOrdered", "partyJoinOrdered");
  expect(recordedLegs(consulting.commands)).toEqual([[null, ["leg_agent", "leg_second"]]]);
});

test("a last sentence for all: customer, agent and whoever else talks hear it, then every leg is free and the call is ended with its cause", () => {
  const talking = run("accepted", "greetingEnded", "bridgeOrdered", "partyJoinOrdered", "muteOrdered").state;
  const cause = { by: "system", why: "shutdown" } as const;
  const said = stepCall(talking, { kind: "farewellOrdered", at: 1, audioIds: ["en/refuse.technical"], cause, toAll: true }, technical);
  const words = { kind: "playTo", token: "farewell", audioIds: ["en/refuse.technical"], thenLoop: null };
  for (const legId of ["leg_caller", "leg_agent", "leg_second"]) expect(said.commands).toContainEqual({ ...words, legId });
  expect(said.commands).toContainEqual({ kind: "stopRecording", recordingId: "rec_1" });
  const over = stepCall(said.state, events.farewellEnded, technical);
  for (const legId of ["leg_agent", "leg_second"]) expect(over.commands).toContainEqual({ kind: "silence", legId });
  expect(reports(over.commands)).toEqual([{ kind: "callEnded", cause }]);
});

test("a customer whose agent's line breaks hears a sentence, then music; on hold they go on with the music; back is the same talk", () => {
  const order = { ...events.bridgeOrdered, awayAudioIds: ["en/agent.cutOff"] };
  const talking = stepCall(run("accepted", "greetingEnded").state, order, technical).state;
  const lost = stepCall(talking, events.agentMediaStopped, technical);
  const music = { kind: "playTo", legId: "leg_caller", token: "loop", thenLoop: "music.main" };
  expect(lost.commands).toContainEqual({ ...music, audioIds: ["en/agent.cutOff"] });
  const back = stepCall(lost.state, events.agentMediaFlowing, technical);
  expect(back.commands).toContainEqual({ kind: "join", legId: "leg_caller", peerLegId: "leg_new" });
  const held = stepCall(talking, events.holdOrdered, technical);
  expect(held.commands).toContainEqual({ ...music, audioIds: [] });
  expect(stepCall(held.state, events.agentMediaStopped, technical).commands.some(({ kind }) => kind === "playTo")).toBe(false);
});

test("the agent is reminded of a customer on hold, again and again until they are back, and in a consultation over the talk", () => {
  const reminder = { afterMs: 60_000, everyMs: 30_000, audioId: "tone.reminder" };
  const tone = { kind: "timerFired", at: 2, timer: "holdReminder" } as const;
  const heard = run("accepted", "greetingEnded", "bridgeOrdered", "holdOrdered");
  expect(heard.commands).toContainEqual({ kind: "armTimer", timer: "holdReminder", afterMs: reminder.afterMs });
  const first = stepCall(heard.state, tone, technical);
  expect(first.commands).toEqual([
    { kind: "mix", legId: "leg_agent", voices: [], over: "tone.reminder" },
    { kind: "armTimer", timer: "holdReminder", afterMs: reminder.everyMs },
  ]);
  expect(stepCall(first.state, tone, technical).commands).toContainEqual({
    kind: "mix",
    legId: "leg_agent",
    voices: [],
    over: "tone.reminder",
  });
  const joined = stepCall(first.state, { ...events.partyJoinOrdered, seat: { kind: "aside" } }, technical);
  const aside = stepCall(joined.state, events.stepAsideOrdered, technical);
  // What was heard already isn't heard once more because the talk changed.
  expect(aside.commands.filter(({ kind }) => kind === "mix")).toEqual([]);
  expect(stepCall(aside.state, tone, technical).commands).toContainEqual(
    expect.objectContaining({ kind: "mix", legId: "leg_agent", over: "tone.reminder" }),
  );
  const back = stepCall(aside.state, { kind: "resumeOrdered", at: 3 }, technical);
  expect(back.commands).toContainEqual({ kind: "cancelTimer", timer: "holdReminder" });
  expect(stepCall(back.state, tone, technical).commands).toEqual([]);
});

test("another line takes the customer's place: agent and recording go on with it, the old one is heard by nobody", () => {
  const { commands } = run("accepted", "greetingEnded", "bridgeOrdered", "customerReplaced");
  expect(commands).toEqual([
    { kind: "join", legId: "leg_other", peerLegId: "leg_agent" },
    { kind: "join", legId: "leg_agent", peerLegId: "leg_other" },
    { kind: "setRecordingLegs", recordingId: "rec_1", left: "leg_other", right: "leg_agent" },
  ]);
  // On hold it hears the music that the other one heard.
  expect(run("accepted", "greetingEnded", "bridgeOrdered", "holdOrdered", "customerReplaced").commands).toEqual([
    { kind: "playTo", legId: "leg_other", token: "loop", audioIds: [], thenLoop: "music.main" },
  ]);
});

test("an agent leaves the customer with somebody outside: the two go on, and either ends it for both", () => {
  const together = ["accepted", "greetingEnded", "bridgeOrdered", "outsideCallOrdered", "outsideAnswered", "passOnOrdered"] as const;
  const left = run(...together);
  expect(left.state.kind).toBe("passedOn");
  expect(left.commands).toContainEqual({ kind: "join", legId: "leg_caller", peerLegId: "leg_outside" });
  expect(left.commands).toContainEqual({ kind: "join", legId: "leg_outside", peerLegId: "leg_caller" });
  expect(left.commands).toContainEqual({ kind: "silence", legId: "leg_agent" });
  // Whoever is outside has not been told of a recording: it ends with the agent's part.
  expect(left.commands).toContainEqual({ kind: "stopRecording", recordingId: "rec_1" });
  for (const end of ["callerGone", "outsideGone", "callerMediaStopped", "outsideMediaStopped", "passedOnTooLong"] as const) {
    const { state, commands } = run(...together, end);
    expect(state.kind, end).toBe("ended");
    expect(commands, end).toContainEqual({ kind: "dropOutside", partyId: "pty_9" });
    expect(
      commands.some(({ kind }) => kind === "hangUp"),
      end,
    ).toBe(end !== "callerGone");
  }
});

test("whoever is called hears the notice alone; the talk and its recording begin after it, and never without it", () => {
  const answered = runFrom(told.state, "calleeAnswered");
  expect(answered.commands).toContainEqual({
    kind: "playTo",
    legId: "leg_caller",
    token: "notice",
    audioIds: ["en/notice.recorded"],
    thenLoop: null,
  });
  expect(answered.commands.some(({ kind }) => kind === "startRecording")).toBe(false);
  const talking = runFrom(told.state, "calleeAnswered", "noticeEnded");
  expect(talking.commands).toContainEqual({ kind: "join", legId: "leg_caller", peerLegId: "leg_agent" });
  expect(talking.commands).toContainEqual({ kind: "startRecording", order: recording, left: "leg_caller", right: "leg_agent" });
  const unheard = runFrom(told.state, "calleeAnswered", "noticeLost");
  expect(unheard.commands).toContainEqual({ kind: "join", legId: "leg_caller", peerLegId: "leg_agent" });
  expect(unheard.commands.some(({ kind }) => kind === "startRecording")).toBe(false);
});
