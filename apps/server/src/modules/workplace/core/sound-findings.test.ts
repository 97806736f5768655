import type { BrowserLine, LineNow } from "@allo/contract";
import { expect, it } from "vitest";
import { callerSilentMs, soundFindings, type LineFacts } from "./sound-findings.ts";

const flowing: LineNow = { packetsReceived: 1_000, packetsLost: 0, jitterMs: 2, silentMs: 20 };
const browser: BrowserLine = {
  packetsReceived: 1_000,
  packetsLost: 0,
  jitterMs: 1,
  roundTripMs: 5,
  heardDbfs: -25,
  spokenDbfs: -25,
  microphoneLabel: null,
  outputLabel: null,
  soundBlocked: false,
  holdsPhone: true,
};
const facts = (change: Partial<LineFacts>): LineFacts => ({
  caller: flowing,
  agent: flowing,
  browser,
  muted: false,
  held: false,
  ...change,
});

it("says that nothing is wrong only where nothing is", () => {
  expect(soundFindings(facts({}))).toEqual(["nothingWrong"]);
});

it("tells the customer's dead line from a silent one", () => {
  expect(soundFindings(facts({ caller: { ...flowing, silentMs: 6_000 } }))).toEqual(["callerNothing"]);
  expect(soundFindings(facts({ caller: { ...flowing, silentMs: null } }))).toEqual(["callerNothing"]);
  expect(soundFindings(facts({ browser: { ...browser, heardDbfs: -90 } }))).toEqual(["callerSilent"]);
  expect(callerSilentMs(facts({ caller: { ...flowing, silentMs: 6_000 } }))).toBe(6_000);
  expect(callerSilentMs(facts({}))).toBeNull();
});

it("tells a muted agent from a microphone that sends silence, and both from a browser that sends nothing", () => {
  expect(soundFindings(facts({ muted: true, browser: { ...browser, spokenDbfs: -100 } }))).toEqual(["agentMuted"]);
  expect(soundFindings(facts({ browser: { ...browser, spokenDbfs: -100 } }))).toEqual(["agentSilent"]);
  expect(soundFindings(facts({ agent: { ...flowing, silentMs: 9_000 }, muted: true }))).toEqual(["agentNothing"]);
});

it("blames loss only once enough packets were due, on whichever side it is", () => {
  expect(soundFindings(facts({ caller: { ...flowing, packetsLost: 100 } }))).toEqual(["callerLoss"]);
  expect(soundFindings(facts({ caller: { ...flowing, packetsReceived: 20, packetsLost: 10 } }))).toEqual(["nothingWrong"]);
  expect(soundFindings(facts({ browser: { ...browser, packetsLost: 100 } }))).toEqual(["agentLoss"]);
});

it("takes a hold for what it is: silence of the customer's line is no fault then", () => {
  expect(soundFindings(facts({ held: true, caller: { ...flowing, silentMs: 9_000 }, browser: { ...browser, heardDbfs: -100 } }))).toEqual([
    "onHold",
  ]);
});

it("judges by the edge alone where another tab holds the phone, and by the browser alone where the edge is silent", () => {
  const other = { ...browser, holdsPhone: false, heardDbfs: -100, spokenDbfs: -100 };
  expect(soundFindings(facts({ browser: other }))).toEqual(["nothingWrong"]);
  expect(soundFindings(facts({ caller: null, agent: null, browser: { ...browser, spokenDbfs: -100 } }))).toEqual(["agentSilent"]);
});
