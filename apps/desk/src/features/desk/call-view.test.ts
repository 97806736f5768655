import type { DeskState } from "@allo/contract";
import { describe, expect, it } from "vitest";
import { deskContact, deskState, internalCall } from "../../testing/desk-fixtures.ts";
import { callView, stateOf, voiceOpen } from "./call-view.ts";

const view = (change: Partial<DeskState>) => callView(deskState(change));

describe("what the call bar shows", () => {
  it("is nothing without a contact, and before anything is known", () => {
    expect(callView(undefined).kind).toBe("none");
    expect(view({ state: "ready" }).kind).toBe("none");
  });
  it("is the ringing contact with the time it waited", () => {
    expect(view({ state: "ringing", contact: deskContact({ offerId: "ofr_1aaa", queuedAt: 500 }) })).toMatchObject({
      kind: "ringing",
      offerId: "ofr_1aaa",
      since: 500,
    });
  });
  it("is the call, and whether the customer hears music", () => {
    expect(view({ state: "talking", contact: deskContact({ connectedAt: 900, heldSince: 950, mediaLostSince: 960 }) })).toMatchObject({
      kind: "talking",
      since: 900,
      held: true,
      soundLost: true,
    });
  });
  it("is the wrap-up until it ends", () => {
    expect(view({ state: "wrapUp", contact: deskContact({ endedAt: 990 }) })).toMatchObject({ kind: "wrapUp", since: 990 });
  });
});

describe("a call with a colleague", () => {
  const withColleague = (state: DeskState["state"], change = {}) => deskState({ state, internalCall: internalCall(change) });
  it("stands where a contact would, and rings here only with an offer", () => {
    expect(callView(withColleague("talking"))).toMatchObject({ kind: "colleague", offerId: null, since: 500, held: false });
    expect(callView(withColleague("ringing", { offerId: "off_1aaa" }))).toMatchObject({ kind: "colleague", offerId: "off_1aaa" });
    expect(callView(withColleague("talking", { phase: "talking", answeredAt: 900, heldSince: 950 }))).toMatchObject({
      since: 900,
      held: true,
    });
  });
  it("has the words of a call", () => {
    expect(stateOf(withColleague("talking"), 10, null)).toBe("dialling");
    expect(stateOf(withColleague("ringing", { offerId: "off_1aaa" }), 10, null)).toBe("ringing");
    expect(stateOf(withColleague("talking", { phase: "talking", answeredAt: 900 }), 10, null)).toBe("talking");
    expect(stateOf(withColleague("talking", { phase: "talking", answeredAt: 900, heldSince: 950 }), 10, null)).toBe("hold");
  });
  it("lets the voice out unless it is muted", () => {
    expect(voiceOpen(withColleague("talking"))).toBe(true);
    expect(voiceOpen(withColleague("talking", { muted: true }))).toBe(false);
    expect(voiceOpen(deskState())).toBe(false);
  });
});

describe("the agent's badge", () => {
  it("shows hold, and a break that is over its time", () => {
    expect(stateOf(deskState({ state: "talking", contact: deskContact({ heldSince: 1 }) }), 10, null)).toBe("hold");
    const rest = deskState({ state: "notReady", since: 0 });
    expect(stateOf(rest, 10 * 60_000, 10)).toBe("notReady");
    expect(stateOf(rest, 10 * 60_000 + 1, 10)).toBe("breakOverdue");
    expect(stateOf(rest, 1e12, null)).toBe("notReady");
  });
});

describe("the voice", () => {
  it("goes out in a conversation only, and not while muted", () => {
    expect(voiceOpen(deskState({ state: "talking", contact: deskContact({}) }))).toBe(true);
    expect(voiceOpen(deskState({ state: "talking", contact: deskContact({ muted: true }) }))).toBe(false);
    expect(voiceOpen(deskState({ state: "wrapUp", contact: deskContact({}) }))).toBe(false);
    expect(voiceOpen(deskState({ state: "ready" }))).toBe(false);
  });
  it("isn't cut by a live link that is away before anything was known", () => {
    expect(voiceOpen(undefined)).toBe(true);
  });
});
