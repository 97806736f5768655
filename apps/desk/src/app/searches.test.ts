import { describe, expect, it } from "vitest";
import { readContactsSearch, readCustomersSearch, readInternalCallsSearch, readLostCallsSearch, readPeopleSearch } from "./searches.ts";

describe("what an address says about a room", () => {
  it("is taken where it is sound, and dropped where it isn't", () => {
    expect(
      readContactsSearch({
        from: "2026-11-21",
        to: "tomorrow",
        queueId: "que_1aaa",
        agentId: "<b>",
        outcome: "abandoned",
        notCoded: "yes",
        number: 4951234,
        contact: "con_1aaa",
        x: 1,
      }),
    ).toEqual({
      from: "2026-11-21",
      queueId: "que_1aaa",
      outcome: "abandoned",
      number: "4951234",
      contact: "con_1aaa",
    });
    expect(readContactsSearch({ outcome: "lost", notCoded: true, number: "" })).toEqual({ notCoded: true });
  });
  it("is the same for the other rooms", () => {
    expect(readLostCallsSearch({ state: "settled", queueId: "que_1aaa" })).toEqual({ state: "settled", queueId: "que_1aaa" });
    expect(readLostCallsSearch({ state: "open", queueId: 5 })).toEqual({});
    expect(readInternalCallsSearch({ whose: "all", personId: "per_1aaa" })).toEqual({ whose: "all", personId: "per_1aaa" });
    expect(readInternalCallsSearch({ whose: "mine", personId: "per_1aaa" })).toEqual({});
    expect(readCustomersSearch({ q: "Ива", customer: "cus_1aaa" })).toEqual({ q: "Ива", customer: "cus_1aaa" });
    expect(readPeopleSearch({ status: "blocked", person: "x", q: "a".repeat(101) })).toEqual({ status: "blocked" });
  });
});
