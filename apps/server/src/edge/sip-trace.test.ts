import type { CallId, ContactId, Instant, NumberId } from "@allo/kernel";
import { utf8Encode } from "@allo/kernel";
import { describe, expect, it } from "vitest";
import { callIdOf, createSipTrace, sipTraceLimits } from "./sip-trace.ts";

const flow = { transport: "udp", local: { address: "192.0.2.1", port: 5060 }, remote: { address: "198.51.100.7", port: 5060 } } as const;
const at = (ms: number): Instant => ms as Instant;
const invite = (callId: string, line = "INVITE sip:1@allo SIP/2.0"): Uint8Array =>
  utf8Encode(`${line}\r\nVia: x\r\nCall-ID: ${callId}\r\n\r\n`);
const CALL = "cal_1" as CallId;

describe("the messages of a call at the edge", () => {
  it("gives the messages from before the call had a name too, in order, once, some seconds after the end", () => {
    const trace = createSipTrace();
    trace.note("in", flow, invite("a@x"), at(0));
    trace.claim("a@x", CALL);
    trace.about(CALL, { numberId: "num_1" as NumberId });
    trace.note("out", flow, invite("a@x", "SIP/2.0 200 OK"), at(20));
    trace.about(CALL, { contactId: "con_1" as ContactId });
    trace.ended(CALL, { hadTrouble: false }, at(1_000));
    trace.note("out", flow, invite("a@x", "SIP/2.0 200 OK"), at(1_100));
    expect(trace.take(at(1_000 + sipTraceLimits.lingerMs - 1))).toEqual([]);
    const [taken, ...more] = trace.take(at(1_000 + sipTraceLimits.lingerMs));
    expect(more).toEqual([]);
    expect(taken).toMatchObject({ callId: CALL, contactId: "con_1", numberId: "num_1", leftOut: 0 });
    expect(taken?.entries.map(({ direction, at: when }) => `${direction} ${when}`)).toEqual(["in 0", "out 20", "out 1100"]);
    expect(trace.take(at(99_000))).toEqual([]);
    expect(trace.size()).toBe(0);
  });

  it("joins the messages of several dialogs of one call, claimed before or after they were sent", () => {
    const trace = createSipTrace();
    trace.claim("b@allo", CALL);
    trace.note("out", flow, invite("b@allo"), at(5));
    trace.note("in", flow, invite("a@x"), at(0));
    trace.claim("a@x", CALL);
    trace.ended(CALL, { hadTrouble: true }, at(10));
    expect(trace.take(at(10_000))[0]?.entries.map(({ text }) => callIdOf(text))).toEqual(["a@x", "b@allo"]);
  });

  it("forgets what no call claims and holds no more than its limit", () => {
    const trace = createSipTrace({ ...sipTraceLimits, callIdsMax: 10 });
    for (let serial = 0; serial < 50; serial += 1) trace.note("in", flow, invite(`stranger-${serial}`), at(serial));
    expect(trace.size()).toBe(10);
    trace.note("in", flow, invite("later"), at(sipTraceLimits.strangerMsMax + 100));
    expect(trace.size()).toBe(1);
    trace.take(at(3 * sipTraceLimits.strangerMsMax));
    expect(trace.size()).toBe(0);
  });

  it("keeps the first messages of an endless dialogue and counts the rest", () => {
    const trace = createSipTrace({ ...sipTraceLimits, messagesPerCallIdMax: 3 });
    trace.claim("a@x", CALL);
    for (let serial = 0; serial < 10; serial += 1) trace.note("in", flow, invite("a@x"), at(serial));
    trace.ended(CALL, { hadTrouble: false }, at(10));
    expect(trace.take(at(20_000))[0]).toMatchObject({ leftOut: 7, entries: [{ at: 0 }, { at: 1 }, { at: 2 }] });
  });

  it("under a flood of calls gives away those with trouble and some of the others", () => {
    const trace = createSipTrace({ ...sipTraceLimits, givenPerSecondMax: 2 });
    for (let serial = 0; serial < 6; serial += 1) {
      trace.claim(`c${serial}`, `cal_${serial}` as CallId);
      trace.note("in", flow, invite(`c${serial}`), at(serial));
      trace.ended(`cal_${serial}` as CallId, { hadTrouble: serial === 5 }, at(10));
    }
    expect(trace.take(at(20_000)).map(({ callId }) => callId)).toEqual(["cal_0", "cal_1", "cal_5"]);
    expect(trace.lost()).toEqual({ calls: 3, messages: 0 });
    expect(trace.size()).toBe(0);
  });

  it("knows whose a call of ours is before its first message, and gives every try of it", () => {
    const trace = createSipTrace();
    trace.begun(CALL, { contactId: "con_1" as ContactId, numberId: "num_1" as NumberId });
    for (const name of ["try-1", "try-2"]) {
      trace.claim(name, CALL);
      trace.note("out", flow, invite(name), at(1));
      trace.note("in", flow, invite(name, "SIP/2.0 404 Not Found"), at(2));
    }
    trace.ended(CALL, { hadTrouble: true }, at(3));
    const [taken] = trace.take(at(9_000));
    expect(taken).toMatchObject({ contactId: "con_1", numberId: "num_1" });
    expect(taken?.entries).toHaveLength(4);
    expect(trace.size()).toBe(0);
  });

  it("keeps what it said to a phone that rings for long before a call claims it, and forgets it when none does", () => {
    const trace = createSipTrace();
    trace.note("out", flow, invite("phone"), at(0));
    trace.note("out", flow, invite("nobody"), at(0));
    trace.take(at(60_000));
    trace.claim("phone", CALL);
    trace.ended(CALL, { hadTrouble: false }, at(60_001));
    expect(trace.take(at(70_000))[0]?.entries).toHaveLength(1);
    trace.take(at(sipTraceLimits.ownMsMax + 1));
    expect(trace.size()).toBe(0);
  });

  it("holds what has settled while nobody takes it, and counts what it gives up", () => {
    const trace = createSipTrace({ ...sipTraceLimits, heldMax: 2, callIdsMax: 4 });
    for (let serial = 0; serial < 4; serial += 1) {
      trace.claim(`c${serial}`, `cal_${serial}` as CallId);
      trace.note("in", flow, invite(`c${serial}`), at(serial));
      trace.ended(`cal_${serial}` as CallId, { hadTrouble: true }, at(10));
    }
    trace.note("in", flow, invite("one too many"), at(11));
    trace.hold(at(20_000));
    expect(trace.lost()).toEqual({ calls: 2, messages: 1 });
    expect(trace.lost()).toEqual({ calls: 0, messages: 0 });
    expect(trace.take(at(20_000)).map(({ callId }) => callId)).toEqual(["cal_2", "cal_3"]);
  });

  it("hides secrets before anything leaves", () => {
    const trace = createSipTrace();
    trace.claim("a@x", CALL);
    trace.note(
      "in",
      flow,
      utf8Encode('INVITE sip:1@a SIP/2.0\r\nCall-ID: a@x\r\nAuthorization: Digest username="u", response="feedface"\r\n\r\n'),
      at(1),
    );
    trace.ended(CALL, { hadTrouble: false }, at(2));
    expect(JSON.stringify(trace.take(at(9_000)))).not.toContain("feedface");
  });

  it("reads a Call-ID in any spelling and ignores bytes without one", () => {
    expect(callIdOf("OPTIONS sip:a SIP/2.0\r\ni : x1\r\n\r\n")).toBe("x1");
    expect(callIdOf("OPTIONS sip:a SIP/2.0\r\ncall-id:x2\r\n\r\n")).toBe("x2");
    for (const text of ["", "\r\n\r\n", "Call-ID: first line", "a\r\nCall-ID:   \r\n"]) expect(callIdOf(text)).toBeNull();
  });
});
