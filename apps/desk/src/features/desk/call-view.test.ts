import type { DeskState } from "@allo/contract";
import { describe, expect, it } from "vitest";
import { deskContact, deskState, internalCall } from "../../testing/desk-fixtures.ts";
import { callView, colleagueOf, hangUpEnds, stateOf, voiceOpen, type DeskContact } from "./call-view.ts";

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

describe("hanging up", () => {
  type Party = DeskContact["parties"][number];
  const party = (change: Partial<Party>): Party => ({
    partyId: "pty_1aaa",
    personId: "per_2aaa",
    name: "Boris",
    number: null,
    how: "consult",
    place: "aside",
    state: "joined",
    joinedAt: 1,
    muted: false,
    ...change,
  });
  const ends = (change: Partial<DeskContact>) => hangUpEnds(deskContact({ connectedAt: 1, ...change }));
  it("ends what is heard at the moment, and never a customer who is on hold for somebody else", () => {
    expect(ends({})).toBe("call");
    expect(ends({ heldSince: 2 })).toBe("call");
    expect(ends({ heldSince: 2, parties: [party({ state: "asked", joinedAt: null })] })).toBe("ring");
    expect(ends({ heldSince: 2, parties: [party({ state: "asked", how: "transfer", personId: null, number: "+442079460999" })] })).toBe(
      "ring",
    );
    expect(ends({ heldSince: 2, aside: true, parties: [party({})] })).toBe("aside");
    // Back with the customer, who is spoken with.
    expect(ends({ parties: [party({})] })).toBe("call");
    expect(ends({ parties: [party({ state: "asked" })] })).toBe("call");
  });
  it("says that it is for all where others speak with the customer too; a lead who looks on is none of them", () => {
    expect(ends({ parties: [party({ place: "talk" })] })).toBe("all");
    expect(ends({ parties: [party({ how: "monitor", place: "barge" })] })).toBe("call");
    expect(ends({ role: "consult", partyId: "pty_1aaa", parties: [party({})] })).toBe("call");
  });
  it("in a larger conference is about whoever is asked next", () => {
    const contact = deskContact({
      parties: [party({ place: "talk" }), party({ partyId: "pty_2aaa", personId: "per_3aaa", state: "asked" })],
    });
    expect(colleagueOf(contact)?.partyId).toBe("pty_2aaa");
    expect(hangUpEnds({ ...contact, heldSince: 2 })).toBe("ring");
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
