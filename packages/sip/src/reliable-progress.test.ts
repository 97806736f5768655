import { utf8Encode } from "@allo/kernel";
import { describe, expect, it } from "vitest";
import { ANSWER, answerByHand, headerOf, lastSent, methodsOf, OFFER, pair, ringing } from "./fixtures/world.ts";
import type { Named } from "./fixtures/world.ts";

const RELIABLE = { supported: ["100rel"], methods: ["UPDATE"] };
const early = { status: 183, sdp: ANSWER, isReliable: true };

describe("sip-rtp 6.2 RFC 3262: reliable provisional answers", () => {
  it("carry RSeq one higher each and are acknowledged by PRACK with RAck; the 2xx after one that described media holds no description", () => {
    const { world, callee, theirs } = ringing("udp", RELIABLE);
    world.do("callee", callee.inviteProgress(theirs, early));
    world.do("callee", callee.inviteProgress(theirs, { status: 180, isReliable: true }));
    expect(methodsOf(world, "callee")).toEqual(["100", "183"]);
    world.advance(50);
    expect(methodsOf(world, "callee")).toEqual(["100", "183", "200", "180", "200"]);
    const [first, second] = ["183", "180"].map((status) => Number(headerOf(lastSent(world, "callee", status), "RSeq")));
    expect(second).toBe((first as number) + 1);
    const pracks = world.wire.filter((sent) => sent.line.startsWith("PRACK"));
    const cseq = headerOf(world.wire[0], "CSeq");
    expect(pracks.map((sent) => headerOf(sent, "RAck"))).toEqual([`${first} ${cseq}`, `${second} ${cseq}`]);
    expect(world.of("callee", "progressAcknowledged")).toHaveLength(2);
    world.do("callee", callee.inviteAccept(theirs, { sdp: ANSWER }));
    world.advance(50);
    expect(lastSent(world, "callee", "200")?.text).not.toContain("v=0");
    expect(world.of("caller", "inviteAnswered")).toMatchObject([{ sdp: ANSWER, ackNeeded: false }]);
  });

  it("are repeated from T1, doubled without a ceiling, and fail the call with a 5xx after 64·T1 without PRACK", () => {
    const { world, callee, theirs } = ringing("udp", RELIABLE);
    world.loses = (sent) => sent.line.startsWith("PRACK");
    const began = world.now;
    world.do("callee", callee.inviteProgress(theirs, early));
    world.advance(40_000);
    const at = world.wire.filter((sent) => sent.from === "callee" && sent.line.includes("183")).map((sent) => sent.at - began);
    expect(at).toEqual([0, 500, 1_500, 3_500, 7_500, 15_500, 31_500]);
    expect(world.of("callee", "inviteCancelled")).toMatchObject([{ reason: "no PRACK" }]);
    expect(world.of("caller", "inviteRejected")).toMatchObject([{ status: 504 }]);
    expect(world.of("caller", "inviteProgressed").filter((event) => event.response.status === 183)).toHaveLength(1);
    expect(callee.counts().dialogs).toBe(0);
  });

  it("hold back the 2xx while one that described media is unacknowledged", () => {
    const { world, callee, theirs } = ringing("udp", RELIABLE);
    world.loses = (sent) => sent.line.startsWith("PRACK") && sent.at < 400;
    world.do("callee", callee.inviteProgress(theirs, early));
    world.do("callee", callee.inviteAccept(theirs, { sdp: ANSWER }));
    expect(world.do("callee", callee.inviteAccept(theirs, { sdp: ANSWER })).failure).toBe("wrongState");
    world.advance(400);
    expect(methodsOf(world, "callee")).toEqual(["100", "183"]);
    world.advance(600);
    expect(world.of("caller", "inviteAnswered")).toHaveLength(1);
    expect(world.of("callee", "ackReceived")).toHaveLength(1);
  });

  it("do not hold back the 2xx where they described nothing, and a late PRACK is still answered 200", () => {
    const { world, callee, theirs } = ringing("udp", RELIABLE);
    world.do("callee", callee.inviteProgress(theirs, { status: 180, isReliable: true }));
    world.do("callee", callee.inviteAccept(theirs, { sdp: ANSWER }));
    world.advance(50);
    expect(world.of("caller", "inviteAnswered")).toMatchObject([{ sdp: ANSWER }]);
    expect(methodsOf(world, "callee")).toEqual(["100", "180", "200", "200"]);
  });

  it("are used without being asked for where the caller requires them, and never towards one who does not know them", () => {
    const { world, callee, caller } = pair("udp", RELIABLE);
    const call = (reliableProgress: "never" | "required") => {
      const flow = world.flow("caller", "callee");
      const fields = { flow, target: "sip:1@192.0.2.2", from: "<sip:a@192.0.2.1>", to: "<sip:1@192.0.2.2>", sdp: OFFER, reliableProgress };
      world.do("caller", caller.inviteSend(fields));
      world.advance(10);
      return (world.of("callee", "inviteReceived").at(-1) as Named<"inviteReceived">).dialogId;
    };
    world.do("callee", callee.inviteProgress(call("required"), { status: 180 }));
    expect(headerOf(lastSent(world, "callee", "180"), "Require")).toBe("100rel");
    world.do("callee", callee.inviteProgress(call("never"), early));
    expect(headerOf(lastSent(world, "callee", "183"), "RSeq")).toBeNull();
    expect(headerOf(lastSent(world, "caller", "INVITE"), "Supported")).toBeNull();
  });

  it("with an offer (late offer) are answered in the PRACK, after which neither 2xx nor ACK describes anything", () => {
    const { world, caller, callee, ours, theirs } = ringing("udp", RELIABLE, null);
    world.do("callee", callee.inviteProgress(theirs, { status: 183, sdp: OFFER, isReliable: true }));
    world.advance(10);
    expect(world.of("caller", "inviteProgressed").at(-1)).toMatchObject({ sdp: OFFER, prackNeeded: true });
    expect(methodsOf(world, "caller")).toEqual(["INVITE"]);
    world.do("caller", caller.prackSend(ours, { sdp: ANSWER }));
    expect(world.do("caller", caller.prackSend(ours, { sdp: ANSWER })).failure).toBe("wrongState");
    world.advance(10);
    expect(world.of("callee", "progressAcknowledged")).toMatchObject([{ sdp: ANSWER }]);
    world.do("callee", callee.inviteAccept(theirs, { sdp: OFFER }));
    world.advance(10);
    expect(world.of("caller", "inviteAnswered")).toMatchObject([{ ackNeeded: false }]);
    expect(lastSent(world, "caller", "ACK")?.text).not.toContain("v=0");
    expect(world.of("callee", "ackReceived")).toMatchObject([{ sdp: null }]);
  });

  it("that a PRACK names wrongly get 481, and a PRACK without readable RAck 400", () => {
    const { world, callee, theirs } = ringing("udp", RELIABLE);
    world.loses = (sent) => sent.line.startsWith("PRACK");
    world.do("callee", callee.inviteProgress(theirs, early));
    world.advance(10);
    const prack = lastSent(world, "caller", "PRACK")?.text as string;
    const again = (rack: string, cseq: number) =>
      prack
        .replace(/^RAck: .*$/m, `RAck: ${rack}`)
        .replace(/^CSeq: .*$/m, `CSeq: ${cseq} PRACK`)
        .replace(/branch=[^;\r]+/, `branch=z9hG4bKp${cseq}`);
    world.receive("callee", "caller", again("4000000000 1 INVITE", 20_001));
    world.receive("callee", "caller", again("x", 20_002));
    expect(methodsOf(world, "callee").slice(-2)).toEqual(["481", "400"]);
    expect(world.of("callee", "progressAcknowledged")).toEqual([]);
  });

  it("that come again or out of order say nothing and are not acknowledged twice", () => {
    const { world, call } = pair("udp", RELIABLE);
    world.loses = () => true;
    call();
    for (const rseq of [7, 7, 9, 8]) {
      world.receive("caller", "callee", answerByHand(world, "one", "180 Ringing", `Require: 100rel\r\nRSeq: ${rseq}\r\n`));
    }
    expect(world.wire.filter((sent) => sent.line.startsWith("PRACK")).map((sent) => headerOf(sent, "RAck")?.split(" ")[0])).toEqual([
      "7",
      "8",
    ]);
    expect(world.of("caller", "inviteProgressed")).toHaveLength(2);
  });

  it("of two forks are counted and acknowledged apart, each in its own dialog", () => {
    const { world, call } = pair("udp", RELIABLE);
    world.loses = () => true;
    call();
    for (const [tag, rseq] of [
      ["one", 5],
      ["two", 90],
      ["one", 6],
    ] as const) {
      world.receive("caller", "callee", answerByHand(world, tag, "183 Progress", `Require: 100rel\r\nRSeq: ${rseq}\r\n`, `v=0 ${tag}`));
    }
    const pracks = world.wire.filter((sent) => sent.line.startsWith("PRACK"));
    expect(pracks.map((sent) => [sent.line.split(" ")[1], headerOf(sent, "RAck")?.split(" ")[0]])).toEqual([
      ["sip:one@192.0.2.2", "5"],
      ["sip:two@192.0.2.2", "90"],
      ["sip:one@192.0.2.2", "6"],
    ]);
    world.receive("caller", "callee", answerByHand(world, "two", "200 OK"));
    expect(world.of("caller", "inviteAnswered")).toMatchObject([{ sdp: utf8Encode("v=0 two") }]);
    const cseq = (sent: { text: string } | undefined) => Number(/^CSeq: (\d+)/m.exec(sent?.text ?? "")?.[1]);
    expect(cseq(lastSent(world, "caller", "ACK"))).toBe(cseq(world.wire[0]));
  });

  it("are left to a 420 where the stack does not serve them and the caller requires them", () => {
    const { world, call } = pair("udp", {});
    call();
    world.advance(10);
    const invite = world.wire[0]?.text as string;
    world.receive(
      "callee",
      "caller",
      invite.replace("Call-ID: ", "Require: 100rel\r\nCall-ID: x").replace(/branch=[^;\r]+/, "branch=z9hG4bKreq"),
    );
    expect(world.lines("callee").at(-1)).toBe("SIP/2.0 420 Bad Extension");
  });
});

describe("sip-rtp 6.2 RFC 3311: UPDATE", () => {
  it("changes a confirmed session and both sides remember it", () => {
    const { world, caller, callee, ours, theirs } = ringing("udp", RELIABLE);
    world.do("callee", callee.inviteAccept(theirs, { sdp: ANSWER }));
    world.advance(10);
    world.do("caller", caller.updateSend(ours, { sdp: utf8Encode("v=0 hold") }));
    expect(world.do("caller", caller.updateSend(ours, { sdp: OFFER })).failure).toBe("wrongState");
    world.advance(10);
    const asked = world.of("callee", "requestReceived")[0] as Named<"requestReceived">;
    expect(asked.request.method).toBe("UPDATE");
    world.do("callee", callee.respond(asked.transactionId, { status: 200, body: { contentType: "application/sdp", bytes: ANSWER } }));
    world.advance(10);
    expect(world.of("caller", "updateAnswered")).toMatchObject([{ dialogId: ours, sdp: ANSWER }]);
    expect(headerOf(lastSent(world, "callee", "200"), "Contact")).toBe("<sip:192.0.2.2:5060>");
  });

  it("changes an early session once the first offer is answered reliably, and not before", () => {
    const { world, caller, callee, ours, theirs } = ringing("udp", RELIABLE);
    expect(world.do("caller", caller.updateSend(ours, { sdp: OFFER })).failure).toBe("wrongState");
    expect(world.do("callee", callee.updateSend(theirs, { sdp: OFFER })).failure).toBe("wrongState");
    world.do("callee", callee.inviteProgress(theirs, early));
    world.advance(10);
    world.do("caller", caller.updateSend(ours, { sdp: utf8Encode("v=0 two") }));
    world.advance(10);
    const asked = world.of("callee", "requestReceived")[0] as Named<"requestReceived">;
    world.do("callee", callee.respond(asked.transactionId, { status: 200, body: { contentType: "application/sdp", bytes: ANSWER } }));
    world.advance(10);
    expect(world.of("caller", "updateAnswered")).toHaveLength(1);
    world.do("callee", callee.inviteAccept(theirs, { sdp: ANSWER }));
    world.advance(10);
    expect(world.of("caller", "inviteAnswered")).toHaveLength(1);
  });

  it("that comes while the first offer waits for an answer gets 500 with Retry-After, and while ours is open 491", () => {
    const { world, caller, callee, ours, theirs } = ringing("udp", RELIABLE);
    world.do("callee", callee.inviteProgress(theirs, { status: 180 }));
    world.advance(10);
    const invite = lastSent(world, "caller", "INVITE")?.text as string;
    const tag = /;tag=([^\r]+)/.exec(headerOf(lastSent(world, "callee", "180"), "To") ?? "")?.[1];
    const update = invite
      .replace("INVITE", "UPDATE")
      .replace(/CSeq: (\d+) INVITE/, (_all, number: string) => `CSeq: ${Number(number) + 1} UPDATE`)
      .replace(/^(To: .*)\r$/m, `$1;tag=${tag}\r`)
      .replace(/branch=[^;\r]+/, "branch=z9hG4bKupd");
    world.receive("callee", "caller", update);
    expect(lastSent(world, "callee", "500")).toBeDefined();
    expect(headerOf(lastSent(world, "callee", "500"), "Retry-After")).toMatch(/^\d+$/);
    world.do("callee", callee.inviteAccept(theirs, { sdp: ANSWER }));
    world.advance(10);
    world.do("caller", caller.updateSend(ours, { sdp: OFFER }));
    world.do("callee", callee.updateSend(theirs, { sdp: OFFER }));
    world.advance(5);
    expect(world.wire.filter((sent) => sent.line.includes("491"))).toHaveLength(2);
  });

  it("of both at once is tried again once, by the owner of the Call-ID after 2.1–4 s, by the other within 2 s", () => {
    const { world, caller, callee, ours, theirs } = ringing("udp", RELIABLE);
    world.do("callee", callee.inviteAccept(theirs, { sdp: ANSWER }));
    world.advance(10);
    world.onEvent = (on, event) => {
      const stack = world.stacks.get(on);
      const body = { contentType: "application/sdp", bytes: ANSWER };
      if (event.kind === "requestReceived" && stack !== undefined)
        world.run(on, stack.respond(event.transactionId, { status: 200, body }).commands);
    };
    const began = world.now;
    world.do("caller", caller.updateSend(ours, { sdp: OFFER }));
    world.do("callee", callee.updateSend(theirs, { sdp: OFFER }));
    world.advance(10_000);
    expect([world.of("caller", "updateAnswered").length, world.of("callee", "updateAnswered").length]).toEqual([1, 1]);
    const retryAt = (name: string) => (lastSent(world, name, "UPDATE")?.at ?? 0) - began;
    expect(retryAt("caller")).toBeGreaterThanOrEqual(2_100);
    expect(retryAt("caller")).toBeLessThanOrEqual(4_010);
    expect(retryAt("callee")).toBeLessThanOrEqual(2_010);
  });

  it("without a description is answered 200 by the stack and refreshes the target", () => {
    const { world, callee, theirs } = ringing("udp", RELIABLE);
    world.do("callee", callee.inviteAccept(theirs, { sdp: ANSWER }));
    world.advance(10);
    const ack = lastSent(world, "caller", "ACK")?.text as string;
    const update = ack
      .replace("ACK ", "UPDATE ")
      .replace(/CSeq: (\d+) ACK/, "CSeq: 20000 UPDATE\r\nContact: <sip:moved@192.0.2.1>")
      .replace(/branch=[^;\r]+/, "branch=z9hG4bKmoved");
    world.receive("callee", "caller", update);
    expect(world.lines("callee").at(-1)).toBe("SIP/2.0 200 OK");
    world.do("callee", callee.dialogEnd(theirs));
    expect(lastSent(world, "callee", "BYE")?.line).toBe("BYE sip:moved@192.0.2.1 SIP/2.0");
  });

  it("outside a dialog gets 481", () => {
    const { world } = ringing("udp", RELIABLE);
    const invite = world.wire[0]?.text as string;
    const update = invite
      .replaceAll("INVITE", "UPDATE")
      .replace(/Call-ID: /, "Call-ID: other")
      .replace(/branch=[^;\r]+/, "branch=z9hG4bKu");
    world.receive("callee", "caller", update);
    expect(world.lines("callee").at(-1)).toBe("SIP/2.0 481 Call/Transaction Does Not Exist");
  });
});
