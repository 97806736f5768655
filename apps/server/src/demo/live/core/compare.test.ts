import { expect, test } from "vitest";
import { compareWithWorld, type ListedContact, type PlacedRecord, type TalkedRecord } from "./compare.ts";

const listed = { from: 0, to: 900_000 };
const call = (placedAt: number, fields: Partial<PlacedRecord> = {}): PlacedRecord => ({
  line: "bank",
  from: "+1",
  placedAt,
  answeredAt: placedAt + 50,
  packetsHeard: 900,
  ...fields,
});
const contact = (contactId: string, startedAt: number, fields: Partial<ListedContact> = {}): ListedContact => ({
  contactId,
  line: "bank",
  from: "+1",
  startedAt,
  agentIsSimulated: true,
  talkMs: null,
  ...fields,
});
const talk = (contactId: string, fields: Partial<TalkedRecord> = {}): TalkedRecord => ({
  contactId,
  personId: "per_1",
  packetsHeard: 500,
  packetsSent: 500,
  ...fields,
});

test("each contact is one call: the same number twice needs two calls", () => {
  const contacts = [contact("a", 1_020), contact("b", 1_900), contact("c", 90_000)];
  expect(compareWithWorld(contacts, { calls: [call(1_000), call(1_850)], talks: [], listed })).toMatchObject({
    contacts: 3,
    withoutCall: ["c"],
    withoutContact: 0,
  });
});

test("callers without a number are told apart by line and time", () => {
  const contacts = [contact("a", 1_020, { from: null }), contact("b", 1_030, { from: null, line: "taxi" })];
  const calls = [call(1_000, { from: null }), call(1_000, { from: null, line: "taxi" })];
  expect(compareWithWorld(contacts, { calls, talks: [], listed })).toMatchObject({ withoutCall: [], withoutContact: 0 });
  expect(compareWithWorld(contacts, { calls: [call(1_000, { from: null })], talks: [], listed })).toMatchObject({ withoutCall: ["b"] });
});

test("an answered call that the centre doesn't have is counted, one that was never answered isn't", () => {
  const calls = [call(1_000), call(2_000, { answeredAt: null })];
  expect(compareWithWorld([], { calls, talks: [], listed }).withoutContact).toBe(1);
  // Of one that was placed when the list was taken nothing can be said, nor of one before the time that was asked for.
  expect(compareWithWorld([], { calls, talks: [], listed: { from: 0, to: 3_000 } }).withoutContact).toBe(0);
  expect(compareWithWorld([], { calls, talks: [], listed: { from: 1_500, to: 900_000 } }).withoutContact).toBe(0);
});

test("a talk has sound both ways, or is named", () => {
  const contacts = ["fine", "deaf", "dumb", "unheard", "unknown"].map((id, index) => contact(id, index * 60_000, { talkMs: 60_000 }));
  const calls = contacts.map(({ contactId, startedAt }) => call(startedAt, contactId === "unheard" ? { packetsHeard: 3 } : {}));
  const talks = [talk("fine"), talk("deaf", { packetsHeard: 0 }), talk("dumb", { packetsSent: 0 }), talk("unheard")];
  expect(compareWithWorld(contacts, { calls, talks, listed })).toMatchObject({
    talks: 5,
    withoutSound: ["deaf", "dumb", "unheard", "unknown"],
  });
});

test("a guest's talk and one that was over at once aren't asked for sound", () => {
  const contacts = [contact("guest", 0, { talkMs: 60_000, agentIsSimulated: false }), contact("short", 60_000, { talkMs: 300 })];
  expect(compareWithWorld(contacts, { calls: [call(0), call(60_000)], talks: [], listed })).toMatchObject({ talks: 0, withoutSound: [] });
});
