import type { EndCause, TimelineEntry, TypedTimelineEntry } from "@allo/contract";
import { i18n } from "@lingui/core";
import { beforeEach, describe, expect, it } from "vitest";
import { languages, showLanguage } from "../../i18n/language.ts";
import { durationText } from "../../ui/format.ts";
import { causeWords } from "./cause-words.ts";
import { contactsQuery, isFiltered } from "./contacts-query.ts";
import { playerActOf, rateAfter } from "./player-keys.ts";
import { stretchesOf, timelineSentence, withdrawnWords, type Names } from "./timeline-words.ts";

const cause: EndCause = { by: "unknown", why: "lineDropped" };
type Details = { [K in TypedTimelineEntry["kind"]]: Extract<TypedTimelineEntry, { kind: K }>["details"] };
const every: Details = {
  contactArrived: { numberId: "num_1", queueId: "que_1", language: "en", recorded: true, callerHidden: false },
  callAnswered: {},
  passedOn: {},
  endOrdered: { reason: "The bank has closed" },
  parked: { slot: 7 },
  pickedUp: {},
  parkRecalled: {},
  parkExpired: {},
  dialled: {},
  calleeRinging: {},
  greetingEnded: { completed: true },
  contactQueued: { queueId: "que_1", position: 3 },
  contactRefused: { cause: { by: "system", why: "queueFull" } },
  waitExpired: { cause: { by: "system", why: "longestWaitPassed" } },
  offered: {
    offerId: "o",
    queueId: "que_1",
    expiresAt: 1,
    journalPosition: 1,
    reason: { level: 3, idleMs: 1, eligible: 1, again: false, passedOver: [], passedOverRest: 0 },
  },
  offerWithdrawn: { offerId: "o", cause: "notAnswered" },
  offerAccepted: { offerId: "o" },
  bridged: { offerId: "o" },
  bridgeFailed: { offerId: "o", reason: "phoneGone" },
  requeued: { queueId: "que_1", cause: "declined" },
  held: {},
  resumed: {},
  muted: { muted: true },
  digitPressed: {},
  agentTurned: { to: "aside" },
  partyInvited: { personId: "per_2", how: "monitor", reason: "first week" },
  partyJoined: {},
  partySeated: { place: "whisper" },
  mentorAsked: { asks: true },
  helpAsked: { about: "abuse" },
  helpWithdrawn: {},
  callerVerified: { how: "code", passed: true },
  abuseStepped: { step: "warned" },
  customerMoved: { how: "refer" },
  partyLeft: { why: "notAnswered" },
  handedOver: { toAgentId: "per_2", how: "takeOver" },
  transferred: { queueId: "que_1" },
  soundReported: { findings: ["callerNothing"] },
  agentMediaLost: {},
  agentMediaRestored: {},
  agentDetached: {},
  recordingStarted: { recordingId: "r" },
  recordingPaused: { recordingId: "r", paused: true, reason: "field" },
  keysMasked: { masked: true },
  recordingSaved: { recordingId: "r", durationMs: 65_000 },
  recordingFailed: { recordingId: "r", reason: "full" },
  copyStarted: { recorderId: "rcd_1", again: false },
  copyFailed: { recorderId: "rcd_1", why: "unreachable", status: null },
  copyEnded: { recorderId: "rcd_1", whole: true },
  callEnded: { cause },
  wrapUpStarted: { until: 5 },
  wrapUpExtended: { until: 6 },
  wrapUpEnded: { how: "limit" },
  contactCoded: { wrapUpCodeId: "wuc_1" },
  noteAdded: { noteId: "n" },
  customerTied: { customerId: "cus_1" },
  contactRecovered: {},
  contactClosed: { cause, outcome: "answered" },
};
const kinds = Object.keys(every) as TypedTimelineEntry["kind"][];
const entry = (kind: string, details: object, actorName: string | null = "Anna"): TimelineEntry => ({
  sequence: 1,
  at: 0,
  kind,
  actorId: null,
  actorName,
  details: details as TimelineEntry["details"],
});
const names: Names = {
  queue: () => "Support",
  number: () => "100",
  code: () => "Solved",
  say: (words) => i18n._(words),
  duration: durationText,
  count: String,
  time: (at) => `at ${String(at)}`,
};
const say = (kind: string, details: object, actorName?: string | null): string =>
  i18n._(timelineSentence(entry(kind, details, actorName), names)).replaceAll(/[\u2066-\u2069]/gu, "");

describe("a contact's log in words", () => {
  beforeEach(() => showLanguage("en"));
  it("says who did what, and says of a dropped line that nobody hung up", () => {
    expect(say("contactQueued", every.contactQueued)).toBe("In the queue Support, place 3");
    expect(say("offerWithdrawn", every.offerWithdrawn)).toBe("No longer rings at Anna: not answered");
    expect(say("callEnded", every.callEnded)).toBe("Line dropped");
    expect(say("callEnded", { cause: { by: "agent", why: "hungUp" } })).toBe("The agent ended the call");
    expect(say("recordingSaved", every.recordingSaved)).toBe("Recording saved: 1:05");
    expect(say("customerTied", every.customerTied, null)).toBe("The customer was recognised by the number");
  });
  it("names an entry that a newer server may add, and a cause it doesn't know", () => {
    expect(say("teleported", {})).toBe("Event: teleported");
    expect(i18n._(withdrawnWords("brandNew"))).toBe("for another reason");
  });
  it("has a sentence of its own for every kind, in each language", async () => {
    for (const language of languages) {
      await showLanguage(language);
      const said = kinds.map((kind) => say(kind, every[kind]));
      expect(said.filter((sentence) => sentence.trim() === "" || sentence.includes("{"))).toEqual([]);
      expect(new Set(said).size).toBe(kinds.length);
    }
  });
  it("has words for every cause", () => {
    const whys: readonly EndCause["why"][] = [
      "hungUp",
      "abandoned",
      "lineDropped",
      "nobodySignedIn",
      "queueFull",
      "longestWaitPassed",
      "tooManyCalls",
      "technical",
      "edgeLost",
      "coreLost",
      "cancelled",
      "noAck",
      "codecMismatch",
      "shutdown",
    ];
    expect(new Set(whys.map((why) => i18n._(causeWords({ by: "system", why })))).size).toBe(whys.length);
  });
});

describe("waits and holds", () => {
  const at = (kind: string, seconds: number) => ({ kind, at: seconds * 1_000 });
  it("are measured from the log: a missed ring makes no second wait, a hold ends with the call", () => {
    expect(
      stretchesOf([
        at("contactQueued", 1),
        at("offered", 2),
        at("requeued", 5),
        at("bridged", 9),
        at("held", 20),
        at("resumed", 25),
        at("held", 30),
        at("callEnded", 31),
        at("contactClosed", 32),
      ]),
    ).toEqual([
      { kind: "wait", from: 1_000, to: 9_000 },
      { kind: "hold", from: 20_000, to: 25_000 },
      { kind: "hold", from: 30_000, to: 31_000 },
    ]);
  });
  it("stay open while they last", () => {
    expect(stretchesOf([at("contactQueued", 1)])).toEqual([{ kind: "wait", from: 1_000, to: null }]);
  });
  it("begin anew when a talk is lost and the caller is queued again", () => {
    expect(stretchesOf([at("contactQueued", 1), at("bridged", 2), at("held", 3), at("requeued", 4), at("bridged", 6)])).toEqual([
      { kind: "wait", from: 1_000, to: 2_000 },
      { kind: "hold", from: 3_000, to: 4_000 },
      { kind: "wait", from: 4_000, to: 6_000 },
    ]);
  });
});

describe("the list's question", () => {
  it("turns days of the organisation's zone into moments, and strips a number's spelling", () => {
    expect(
      contactsQuery({ from: "2026-11-21", to: "2026-11-21", number: "8 (495) 123-45", notCoded: true, contact: "con_1" }, "Europe/Moscow"),
    ).toEqual({
      from: Date.UTC(2026, 10, 20, 21),
      to: Date.UTC(2026, 10, 21, 21) - 1,
      number: "849512345",
      notCoded: true,
    });
  });
  it("is filtered by anything but the open row", () => {
    expect([isFiltered({ contact: "con_1" }), isFiltered({ queueId: "que_1" })]).toEqual([false, true]);
  });
});

describe("the player's keys", () => {
  const key = (name: string, shiftKey = false) => playerActOf({ key: name, shiftKey });
  it("play, move and change the speed; others are left alone", () => {
    expect([key(" "), key("ArrowRight"), key("ArrowLeft", true), key("Home"), key("ArrowUp"), key("a")]).toEqual([
      { kind: "toggle" },
      { kind: "seekBy", seconds: 5 },
      { kind: "seekBy", seconds: -1 },
      { kind: "seekTo", share: 0 },
      { kind: "rateBy", steps: 1 },
      null,
    ]);
  });
  it("stay within the speeds there are", () => {
    expect([rateAfter(1, 1), rateAfter(2, 1), rateAfter(0.75, -1), rateAfter(1.25, -1)]).toEqual([1.25, 2, 0.75, 1]);
  });
});
