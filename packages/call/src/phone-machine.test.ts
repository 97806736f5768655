import { expect, test } from "vitest";
import type { PersonId, PhoneId, SessionId } from "@allo/kernel";
import { beginPhone, stepPhone, type PhoneCommand, type PhoneEvent } from "./phone-machine.ts";

const start = beginPhone({ phoneId: "phn_1" as PhoneId, personId: "per_1" as PersonId, sessionId: "ses_1" as SessionId, flowId: "f1" });
const run = (...events: PhoneEvent[]) => {
  let state = start;
  let commands: readonly PhoneCommand[] = [];
  for (const event of events) ({ state, commands } = stepPhone(state, event));
  return { state, commands };
};
const opened: PhoneEvent = { kind: "legOpened", at: 0, legId: "leg_1", dialogId: "d1" };
const keys: PhoneEvent = { kind: "keysStand", at: 10, legId: "leg_1" };
const consent = (at: number): PhoneEvent => ({ kind: "consentFresh", at, legId: "leg_1" });

test("the media path is proven by keys and consent together, not by registration", () => {
  expect(run({ kind: "registrationChanged", at: 0, registered: true }, opened, keys).state.proven).toBe(false);
  const ready = run(opened, keys, consent(20));
  expect(ready.state.proven).toBe(true);
  expect(ready.commands).toEqual([
    { kind: "legReady", legId: "leg_1" },
    { kind: "report", registered: false, proven: true },
  ]);
});

test("ten seconds without consent: no longer proven; consent again: proven again", () => {
  const stale = run(opened, keys, consent(0), { kind: "ticked", at: 10_001 });
  expect(stale.commands).toEqual([{ kind: "report", registered: false, proven: false }]);
  expect(run(opened, keys, consent(0), { kind: "ticked", at: 10_001 }, consent(10_500)).commands).toEqual([
    { kind: "report", registered: false, proven: true },
  ]);
});

test("thirty seconds without consent close the leg", () => {
  const gone = run(opened, keys, consent(0), { kind: "ticked", at: 30_001 });
  expect(gone.state.leg).toBeNull();
  expect(gone.commands).toContainEqual({ kind: "closeLeg", legId: "leg_1" });
});

test("a flow that closes leaves the media alone", () => {
  const { state, commands } = run(opened, keys, consent(0), { kind: "flowClosed", at: 5, flowId: "f1" });
  expect(state.proven).toBe(true);
  expect(commands).toEqual([]);
});

const second: PhoneEvent = { kind: "legOpened", at: 50, legId: "leg_2", dialogId: "d2" };
const secondKeys: PhoneEvent = { kind: "keysStand", at: 60, legId: "leg_2" };
const secondConsent: PhoneEvent = { kind: "consentFresh", at: 55, legId: "leg_2" };

test("a new standing connection takes over once it can carry sound, and is in the call before the old one is out", () => {
  const opening = run(opened, keys, consent(0), second, secondConsent);
  expect(opening.state).toMatchObject({ leg: { legId: "leg_1" }, next: { legId: "leg_2" }, proven: true });
  expect(opening.commands).toEqual([]);
  const { state, commands } = run(opened, keys, consent(0), second, secondConsent, secondKeys);
  expect(state).toMatchObject({ leg: { legId: "leg_2" }, next: null, proven: true });
  expect(commands).toEqual([
    { kind: "legReady", legId: "leg_2" },
    { kind: "endDialog", dialogId: "d1" },
    { kind: "closeLeg", legId: "leg_1" },
    { kind: "legGone", legId: "leg_1" },
  ]);
});

test("a new standing connection replaces at once one that never carried sound", () => {
  const { state, commands } = run(opened, second);
  expect(state).toMatchObject({ leg: { legId: "leg_2" }, next: null });
  expect(commands).toContainEqual({ kind: "endDialog", dialogId: "d1" });
  expect(commands).toContainEqual({ kind: "legGone", legId: "leg_1" });
});

test("a new standing connection that fails leaves the old one as it was, and a third takes its place", () => {
  const failed = run(opened, keys, consent(0), second, { kind: "dialogEnded", at: 70, dialogId: "d2" });
  expect(failed.state).toMatchObject({ leg: { legId: "leg_1" }, next: null });
  expect(failed.commands).toEqual([
    { kind: "closeLeg", legId: "leg_2" },
    { kind: "legGone", legId: "leg_2" },
  ]);
  const third = run(opened, keys, consent(0), second, { kind: "legOpened", at: 80, legId: "leg_3", dialogId: "d3" });
  expect(third.state).toMatchObject({ leg: { legId: "leg_1" }, next: { legId: "leg_3" } });
  expect(third.commands).toContainEqual({ kind: "closeLeg", legId: "leg_2" });
});

test("the old standing connection goes while the new one isn't ready: that one is awaited in its place", () => {
  const gone = run(opened, keys, consent(0), second, { kind: "dialogEnded", at: 70, dialogId: "d1" });
  expect(gone.state).toMatchObject({ leg: { legId: "leg_2" }, next: null, proven: false });
  const ready = run(opened, keys, consent(0), second, { kind: "legDied", at: 70, legId: "leg_1" }, secondConsent, secondKeys);
  expect(ready.commands).toContainEqual({ kind: "legReady", legId: "leg_2" });
});

test("a new standing connection that isn't ready after thirty seconds is given up", () => {
  const lapsed = run(opened, keys, consent(0), second, consent(30_000), { kind: "ticked", at: 30_051 });
  expect(lapsed.state).toMatchObject({ leg: { legId: "leg_1" }, next: null });
  expect(lapsed.commands).toContainEqual({ kind: "closeLeg", legId: "leg_2" });
});

test("signing out ends the phone: leg, flow and registration", () => {
  const { state, commands } = run(opened, keys, consent(0), { kind: "sessionEnded", at: 60, sessionId: "ses_1" as SessionId });
  expect(state).toMatchObject({ leg: null, flowId: null, registered: false, proven: false });
  expect(commands).toContainEqual({ kind: "closeFlow", flowId: "f1" });
  expect(run(opened, { kind: "sessionEnded", at: 60, sessionId: "ses_other" as SessionId }).state.leg).not.toBeNull();
});

test("news of an old leg changes nothing", () => {
  expect(run(opened, { kind: "consentFresh", at: 1, legId: "leg_0" }).commands).toEqual([]);
});
