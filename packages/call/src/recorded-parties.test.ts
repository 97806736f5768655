import { expect, test } from "vitest";
import type { CallId, ContactId, NumberId, OfferId, PartyId, PersonId, PhoneId, RecordingId } from "@allo/kernel";
import { beginCall, stepCall } from "./call-machine.ts";
import type { CallEvent, CallState } from "./call-types.ts";
import { recordedCallOf } from "./recorded-parties.ts";

const AT = 1_000;
const policy = { waiting: false, hold: false, maskPaused: true };
const bridge: CallEvent = {
  at: AT,
  kind: "bridgeOrdered",
  offerId: "off_1" as OfferId,
  phoneId: "pho_1" as PhoneId,
  personId: "per_1" as PersonId,
  legId: "leg_agent",
  recording: { recordingId: "rec_1" as RecordingId, keyBase64: "", filePath: "", policy },
  holdLoop: "music.main",
};
const join = (seat: Extract<CallEvent, { kind: "partyJoinOrdered" }>["seat"]): CallEvent => ({
  at: AT,
  kind: "partyJoinOrdered",
  partyId: "par_1" as PartyId,
  phoneId: "pho_2" as PhoneId,
  personId: "per_2" as PersonId,
  legId: "leg_other",
  seat,
});
const after = (...events: readonly CallEvent[]): ReturnType<typeof recordedCallOf> => {
  let state: CallState = beginCall({
    callId: "cal_1" as CallId,
    numberId: "num_1" as NumberId,
    arrivedAt: AT,
    callerLegId: "leg_customer",
  } as Parameters<typeof beginCall>[0]).state;
  const accepted: CallEvent = {
    at: AT,
    kind: "accepted",
    contactId: "con_1" as ContactId,
    token: "greeting",
    greeting: [],
    thenLoop: "music.main",
  };
  for (const event of [accepted, bridge, ...events]) state = stepCall(state, event, { audioIds: [] }).state;
  return recordedCallOf(state);
};
const who = ({ parties }: ReturnType<typeof recordedCallOf>): readonly string[] =>
  parties.map(({ who: each, isHeard, hears }) => {
    const name = each.kind === "person" ? each.personId : each.kind;
    return `${name}${isHeard ? " heard" : ""}${hears ? " hears" : ""}`;
  });

test("in a talk the customer is one stream, the agent the other, and each hears the other", () => {
  const call = after();
  expect([call.left, call.right, call.isPaused]).toEqual([["leg_customer"], ["leg_agent"], false]);
  expect(who(call)).toEqual(["customer heard hears", "per_1 heard hears"]);
});

test("on hold nobody is heard, and everybody still takes part", () => {
  const call = after({ at: AT, kind: "holdOrdered", loop: "music.main", reminder: null });
  expect([call.left, call.right]).toEqual([[], []]);
  expect(who(call)).toEqual(["customer", "per_1"]);
});

test("a pause is told from a hold", () => {
  const call = after({ at: AT, kind: "recordingPauseOrdered", paused: true });
  expect([call.left, call.right, call.isPaused]).toEqual([[], [], true]);
  expect(who(call)).toEqual(["customer", "per_1"]);
});

test("a colleague in the talk is in the agents' stream; one who only listens takes no part", () => {
  const conference = after(join({ kind: "talk" }));
  expect(conference.right).toEqual(["leg_agent", "leg_other"]);
  expect(who(conference)).toEqual(["customer heard hears", "per_1 heard hears", "per_2 heard hears"]);
  expect(who(after(join({ kind: "monitor", mode: "listen" })))).toEqual(["customer heard hears", "per_1 heard hears"]);
  expect(who(after(join({ kind: "aside" })))).toEqual(["customer heard hears", "per_1 heard hears"]);
});
