import { utf8Decode, utf8Encode } from "@allo/kernel";
import { describe, expect, it } from "vitest";
import { ANSWER, CONTACT, OFFER, pair, REQUEST, talking } from "./fixtures/world.ts";
import type { Named, Sent } from "./fixtures/world.ts";
import type { SipCommand, SipStack } from "./index.ts";

describe("a call", () => {
  it.each(["udp", "tcp", "ws"] as const)("rings, is answered, talks and is hung up over %s, and leaves nothing behind", (transport) => {
    const { world, caller, callee, ours, theirs } = talking(transport);
    expect(world.of("caller", "inviteAnswered")[0]).toMatchObject({ dialogId: ours, ackNeeded: false, sdp: ANSWER });
    expect(world.of("callee", "ackReceived")[0]).toMatchObject({ dialogId: theirs, sdp: null });
    world.do("callee", callee.dialogEnd(theirs));
    world.advance(120_000);
    expect(world.of("caller", "dialogEnded")).toMatchObject([{ dialogId: ours, cause: "byeReceived" }]);
    expect(world.of("callee", "dialogEnded")).toMatchObject([{ dialogId: theirs, cause: "byeSent" }]);
    const empty = { serverTransactions: 0, clientTransactions: 0, dialogs: 0 };
    expect([caller.counts(), callee.counts(), world.armed]).toEqual([empty, empty, 0]);
    expect(world.do("callee", callee.dialogEnd(theirs)).failure).toBe("unknownHandle");
  });

  it("sip-rtp 6.1.1: gets its 100 at once, before the application has said anything", () => {
    const { world, call } = pair();
    call();
    world.advance(2);
    expect(world.lines("callee")).toEqual(["SIP/2.0 100 Trying"]);
  });

  it.each(["udp", "ws"] as const)(
    "sip-rtp 6.1.2: repeats its 200 from T1 to T2 until the ACK, and ends with BYE after 64·T1, over %s",
    (transport) => {
      const { world, callee, call } = pair(transport);
      world.loses = (sent) => sent.line.startsWith("ACK");
      call();
      world.advance(10);
      const { dialogId } = world.of("callee", "inviteReceived")[0] as Named<"inviteReceived">;
      world.do("callee", callee.inviteAccept(dialogId, { sdp: ANSWER }));
      world.advance(31_000);
      const at = world.wire.filter((sent) => sent.from === "callee" && sent.line.startsWith("SIP/2.0 200")).map((sent) => sent.at - 10);
      expect(at).toEqual([0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500]);
      expect(world.lines("caller").filter((line) => line.startsWith("ACK"))).toHaveLength(10);
      world.advance(2_000);
      expect(world.of("callee", "dialogEnded")).toMatchObject([{ cause: "ackTimeout" }]);
      expect(world.lines("callee").at(-1)).toMatch(/^BYE/);
      expect(world.of("caller", "dialogEnded")).toMatchObject([{ cause: "byeReceived" }]);
    },
  );

  it("sip-rtp 6.1.3: acknowledges a 2xx end to end with a branch of its own, and again for each repeated 2xx", () => {
    const { world, callee, call } = pair();
    let lost = 0;
    world.loses = (sent) => sent.line.startsWith("ACK") && lost++ === 0;
    call();
    world.advance(10);
    world.do("callee", callee.inviteAccept((world.of("callee", "inviteReceived")[0] as Named<"inviteReceived">).dialogId, { sdp: ANSWER }));
    world.advance(5_000);
    const acks = world.wire.filter((sent) => sent.line.startsWith("ACK"));
    expect(acks).toHaveLength(2);
    expect(acks[0]?.line).toBe("ACK sip:192.0.2.2:5060 SIP/2.0");
    const branch = (text: string) => /branch=([^;\r]+)/.exec(text)?.[1];
    const invite = world.wire.find((sent) => sent.line.startsWith("INVITE")) as Sent;
    expect(branch(acks[0]?.text ?? "")).not.toBe(branch(invite.text));
    expect(world.of("callee", "ackReceived")).toHaveLength(1);
  });

  it("sip-rtp 6.1.4: that is refused is acknowledged in its own transaction with the INVITE's branch", () => {
    const { world, callee, call } = pair();
    const ours = call();
    world.advance(10);
    const { dialogId } = world.of("callee", "inviteReceived")[0] as Named<"inviteReceived">;
    world.do("callee", callee.inviteReject(dialogId, { status: 486 }));
    world.advance(100_000);
    const branch = (text: string) => /branch=([^;\r]+)/.exec(text)?.[1];
    const [invite, ack] = world.wire.filter((sent) => sent.from === "caller");
    expect(ack?.line).toBe("ACK sip:100@192.0.2.2 SIP/2.0");
    expect(branch(ack?.text ?? "")).toBe(branch(invite?.text ?? ""));
    expect(world.of("caller", "inviteRejected")).toMatchObject([{ dialogId: ours, status: 486, cause: "response" }]);
    expect(world.lines("callee")).toEqual(["SIP/2.0 100 Trying", "SIP/2.0 486 Busy Here"]);
  });

  it("that nobody answers is repeated A = T1·2ⁿ over UDP and ends with a timeout at 64·T1; over TCP it is sent once", () => {
    for (const [transport, sent] of [
      ["udp", [0, 500, 1_500, 3_500, 7_500, 15_500, 31_500]],
      ["tcp", [0]],
    ] as const) {
      const { world, call } = pair(transport);
      world.loses = () => true;
      call();
      world.advance(40_000);
      expect(world.wire.map((each) => each.at)).toEqual(sent);
      expect(world.of("caller", "inviteRejected")).toMatchObject([{ status: 408, cause: "timeout", response: null }]);
      expect(world.armed).toBe(0);
    }
  });

  it("with a late offer is offered in the 200 and answered in the ACK", () => {
    const { world, caller, callee, call } = pair();
    const ours = call(null);
    world.advance(10);
    const invited = world.of("callee", "inviteReceived")[0] as Named<"inviteReceived">;
    expect(invited.sdp).toBeNull();
    world.do("callee", callee.inviteAccept(invited.dialogId, { sdp: OFFER }));
    world.advance(10);
    expect(world.of("caller", "inviteAnswered")).toMatchObject([{ ackNeeded: true, sdp: OFFER }]);
    expect(world.lines("caller").some((line) => line.startsWith("ACK"))).toBe(false);
    world.do("caller", caller.ackSend(ours, { sdp: ANSWER }));
    world.advance(10);
    expect(world.of("callee", "ackReceived")).toMatchObject([{ sdp: ANSWER }]);
  });

  it("hung up by the callee before the ACK waits with its BYE until the ACK", () => {
    const { world, callee, call } = pair();
    call();
    world.advance(10);
    const { dialogId } = world.of("callee", "inviteReceived")[0] as Named<"inviteReceived">;
    world.loses = (sent) => sent.line.startsWith("ACK") && sent.at < 400;
    world.do("callee", callee.inviteAccept(dialogId, { sdp: ANSWER }));
    world.do("callee", callee.dialogEnd(dialogId));
    world.advance(400);
    expect(world.lines("callee").some((line) => line.startsWith("BYE"))).toBe(false);
    world.advance(400);
    expect(world.lines("callee").filter((line) => line.startsWith("BYE"))).toHaveLength(1);
    expect(world.of("caller", "dialogEnded")).toMatchObject([{ cause: "byeReceived" }]);
  });

  it("hung up by both at once ends once on each side, each BYE answered 200", () => {
    const { world, caller, callee, ours, theirs } = talking();
    world.do("caller", caller.dialogEnd(ours));
    world.do("callee", callee.dialogEnd(theirs));
    world.advance(100_000);
    expect(world.of("caller", "dialogEnded")).toHaveLength(1);
    expect(world.of("callee", "dialogEnded")).toHaveLength(1);
    expect(world.lines("caller").filter((line) => line === "SIP/2.0 200 OK")).toHaveLength(1);
    expect(caller.counts().dialogs + callee.counts().dialogs).toBe(0);
  });
});

describe("cancelling", () => {
  it("waits for a provisional answer, then ends the INVITE with 487 and the CANCEL with 200", () => {
    const { world, caller, call } = pair();
    const ours = call();
    world.do("caller", caller.inviteCancel(ours, { headers: [{ name: "Reason", value: "SIP;cause=200" }] }));
    expect(world.lines("caller")).toHaveLength(1);
    world.advance(100);
    expect(world.lines("caller")[1]).toMatch(/^CANCEL/);
    expect(world.lines("callee").slice(1).toSorted()).toEqual(["SIP/2.0 200 OK", "SIP/2.0 487 Request Terminated"]);
    expect(world.of("callee", "inviteCancelled")).toMatchObject([{ reason: "SIP;cause=200" }]);
    expect(world.of("caller", "inviteRejected")).toMatchObject([{ dialogId: ours, status: 487 }]);
  });

  it("that crosses the 200 acknowledges it and ends the call with BYE", () => {
    const { world, caller, callee, call } = pair();
    const ours = call();
    world.advance(10);
    const { dialogId } = world.of("callee", "inviteReceived")[0] as Named<"inviteReceived">;
    world.do("callee", callee.inviteAccept(dialogId, { sdp: ANSWER }));
    world.do("caller", caller.inviteCancel(ours));
    world.advance(1_000);
    expect(world.lines("caller").map((line) => line.split(" ")[0])).toEqual(["INVITE", "CANCEL", "ACK", "BYE"]);
    expect(world.of("callee", "dialogEnded")).toMatchObject([{ cause: "byeReceived" }]);
    expect(world.of("caller", "inviteRejected")).toMatchObject([{ status: 487 }]);
    expect(world.of("caller", "inviteAnswered")).toEqual([]);
  });

  it("of an INVITE that is not known gets 481", () => {
    const { world } = pair();
    world.receive("callee", "nobody", REQUEST("CANCEL", ""));
    expect(world.lines("callee")).toEqual(["SIP/2.0 481 Call/Transaction Does Not Exist"]);
  });

  it("happens by itself where a call rings longer than inviteRingMsMax", () => {
    const { world, call } = pair("udp", { inviteRingMsMax: 3_000 });
    call();
    world.advance(4_000);
    expect(world.of("callee", "inviteCancelled")).toHaveLength(1);
  });
});

describe("matching", () => {
  it("sip-rtp 6.1.5: absorbs a repeated INVITE by branch, sent-by and method, and takes the same branch of another sender as new", () => {
    const { world } = pair();
    const invite = REQUEST("INVITE", CONTACT);
    world.receive("callee", "nobody", invite);
    world.receive("callee", "nobody", invite);
    expect(world.of("callee", "inviteReceived")).toHaveLength(1);
    expect(world.lines("callee")).toEqual(["SIP/2.0 100 Trying", "SIP/2.0 100 Trying"]);
    world.receive("callee", "nobody", invite.replace("192.0.2.99:5060;", "192.0.2.99:5999;").replace("raw1", "raw2"));
    expect(world.of("callee", "inviteReceived")).toHaveLength(2);
  });

  it("sip-rtp 6.1.5: falls back to RFC 2543 matching where the branch has no magic cookie", () => {
    const { world } = pair();
    const invite = REQUEST("INVITE", CONTACT, { branch: "1" });
    world.receive("callee", "nobody", invite);
    world.receive("callee", "nobody", invite);
    world.receive("callee", "nobody", invite.replace("CSeq: 1 ", "CSeq: 2 "));
    expect(world.of("callee", "inviteReceived")).toHaveLength(2);
  });

  it("sip-rtp 6.1.7: adds received and rport and answers to the source", () => {
    const { world } = pair();
    world.receive("callee", "nobody", REQUEST("OPTIONS", "").replace("192.0.2.99:5060;", "10.1.1.1:7777;rport;"));
    expect(world.wire[0]?.text).toContain("Via: SIP/2.0/UDP 10.1.1.1:7777;rport=5060;branch=z9hG4bKx1;received=192.0.2.99");
  });

  it("sip-rtp 6.1.8: answers a request that came by two ways 482 on the second, and an INVITE without hops left 483", () => {
    const { world } = pair();
    world.receive("callee", "nobody", REQUEST("INVITE", CONTACT));
    world.receive("callee", "nobody", REQUEST("INVITE", CONTACT, { branch: "z9hG4bKx2" }));
    world.receive("callee", "nobody", REQUEST("INVITE", `${CONTACT}Max-Forwards: 0\r\n`, { branch: "z9hG4bKx3", from: "other" }));
    expect(world.lines("callee")).toEqual(["SIP/2.0 100 Trying", "SIP/2.0 482 Loop Detected", "SIP/2.0 483 Too Many Hops"]);
  });

  it("drops responses that match nothing or passed through others", () => {
    const { world } = pair();
    world.receive(
      "callee",
      "nobody",
      "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKq\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: c\r\nCSeq: 1 BYE\r\n\r\n",
    );
    expect(world.wire).toEqual([]);
    expect(world.of("callee", "messageDropped")).toMatchObject([{ reason: "stray response", status: null }]);
  });
});

describe("dialogs", () => {
  it("sip-rtp 6.1.6: the callee keeps Record-Route in order, the caller reversed, and a strict router takes the Request-URI", () => {
    const { world, callee } = pair();
    const routed = `${CONTACT}Record-Route: <sip:192.0.2.77;lr>, <sip:192.0.2.78;lr>\r\n`;
    world.receive("callee", "nobody", REQUEST("INVITE", routed));
    const { dialogId } = world.of("callee", "inviteReceived")[0] as Named<"inviteReceived">;
    world.do("callee", callee.inviteAccept(dialogId, { sdp: ANSWER }));
    const tag = /To: .*;tag=([^\r]+)/.exec(world.wire.at(-1)?.text ?? "")?.[1] as string;
    expect(world.wire.at(-1)?.text).toContain("Record-Route: <sip:192.0.2.77;lr>, <sip:192.0.2.78;lr>\r\n");
    world.receive("callee", "nobody", REQUEST("ACK", "", { to: `;tag=${tag}`, branch: "z9hG4bKack" }));
    world.do("callee", callee.dialogEnd(dialogId));
    const bye = world.wire.at(-1)?.text ?? "";
    expect(bye).toMatch(/^BYE sip:x@192\.0\.2\.99 SIP/);
    expect(bye).toContain("Route: <sip:192.0.2.77;lr>\r\nRoute: <sip:192.0.2.78;lr>\r\n");
  });

  it("sip-rtp 6.1.6: the caller reverses Record-Route and swaps in a strict router", () => {
    const { world, caller, call } = pair();
    world.loses = () => true;
    const ours = call();
    const via = /Via: ([^\r]+)/.exec(world.wire[0]?.text ?? "")?.[1] as string;
    const id = /Call-ID: ([^\r]+)/.exec(world.wire[0]?.text ?? "")?.[1] as string;
    const cseq = /CSeq: (\d+)/.exec(world.wire[0]?.text ?? "")?.[1] as string;
    const from = /From: ([^\r]+)/.exec(world.wire[0]?.text ?? "")?.[1] as string;
    world.receive(
      "caller",
      "callee",
      `SIP/2.0 200 OK\r\nVia: ${via}\r\nFrom: ${from}\r\nTo: <sip:100@192.0.2.2>;tag=zz\r\nCall-ID: ${id}\r\nCSeq: ${cseq} INVITE\r\nContact: <sip:end@192.0.2.2>\r\nRecord-Route: <sip:192.0.2.78;lr>, <sip:192.0.2.77>\r\nContent-Type: application/sdp\r\nContent-Length: 1\r\n\r\nv`,
    );
    world.do("caller", caller.dialogEnd(ours));
    const bye = world.wire.at(-1)?.text ?? "";
    expect(bye).toMatch(/^BYE sip:192\.0\.2\.77 SIP/);
    expect(bye).toContain("Route: <sip:192.0.2.78;lr>\r\nRoute: <sip:end@192.0.2.2>\r\n");
    expect(Number(/CSeq: (\d+)/.exec(bye)?.[1])).toBe(Number(cseq) + 1);
  });

  it("sip-rtp 6.1.9: a request whose CSeq is lower than the last gets 500", () => {
    const { world, caller, ours } = talking();
    world.do("caller", caller.dialogRequestSend(ours, { method: "OPTIONS" }));
    world.advance(10);
    const options = world.wire.find((sent) => sent.line.startsWith("OPTIONS")) as Sent;
    world.receive("callee", "caller", options.text.replace(/CSeq: \d+/, "CSeq: 1").replace(/branch=[^;\r]+/, "branch=z9hG4bKold"));
    expect(world.lines("callee").at(-1)).toBe("SIP/2.0 500 Server Internal Error");
  });

  it("sip-rtp 6.1.10: a request of an unknown dialog gets 481, an ACK nothing", () => {
    const { world } = pair();
    world.receive("callee", "nobody", REQUEST("BYE", "", { to: ";tag=gone" }));
    world.receive("callee", "nobody", REQUEST("ACK", "", { to: ";tag=gone", branch: "z9hG4bKx9" }));
    expect(world.lines("callee")).toEqual(["SIP/2.0 481 Call/Transaction Does Not Exist"]);
  });

  it("a re-INVITE reaches the application, is answered, acknowledged and refreshes the target", () => {
    const { world, caller, callee, ours, theirs } = talking();
    world.do("caller", caller.reInviteSend(ours, { sdp: utf8Encode("v=0 hold") }));
    world.advance(10);
    const again = world.of("callee", "reInviteReceived")[0] as Named<"reInviteReceived">;
    expect(again).toMatchObject({ dialogId: theirs, sdp: utf8Encode("v=0 hold") });
    world.do("callee", callee.respond(again.transactionId, { status: 200, body: { contentType: "application/sdp", bytes: ANSWER } }));
    world.advance(10);
    expect(world.of("caller", "inviteAnswered").at(-1)).toMatchObject({ isReInvite: true, ackNeeded: false });
    expect(world.of("callee", "ackReceived")).toHaveLength(2);
  });

  it("both re-inviting at once get 491 and one retry each settles it, the owner of the Call-ID waiting longer", () => {
    const { world, caller, callee, ours, theirs } = talking();
    world.onEvent = (on, event) => {
      if (event.kind !== "reInviteReceived") return;
      const stack = world.stacks.get(on) as SipStack;
      world.run(on, stack.respond(event.transactionId, { status: 200, body: { contentType: "application/sdp", bytes: ANSWER } }).commands);
    };
    world.do("caller", caller.reInviteSend(ours, { sdp: OFFER }));
    world.do("callee", callee.reInviteSend(theirs, { sdp: OFFER }));
    const began = world.now;
    world.advance(10_000);
    expect(world.wire.filter((sent) => sent.line.includes("491"))).toHaveLength(2);
    expect(world.of("caller", "inviteAnswered").filter((event) => event.isReInvite)).toHaveLength(1);
    expect(world.of("callee", "inviteAnswered").filter((event) => event.isReInvite)).toHaveLength(1);
    const retryAt = (name: string) =>
      (world.wire.filter((sent) => sent.from === name && sent.line.startsWith("INVITE")).at(-1)?.at ?? 0) - began;
    expect(retryAt("caller")).toBeGreaterThanOrEqual(2_100);
    expect(retryAt("caller")).toBeLessThanOrEqual(4_010);
    expect(retryAt("callee")).toBeLessThanOrEqual(2_010);
  });

  it("an INFO is given to the application and its answer comes back; 481 to it ends the dialog", () => {
    const { world, caller, callee, ours, theirs } = talking();
    world.do(
      "caller",
      caller.dialogRequestSend(ours, { method: "INFO", body: { contentType: "application/dtmf-relay", bytes: utf8Encode("Signal=1") } }),
    );
    world.advance(10);
    const asked = world.of("callee", "requestReceived")[0] as Named<"requestReceived">;
    expect(asked.dialogId).toBe(theirs);
    world.do("callee", callee.respond(asked.transactionId, { status: 481 }));
    world.advance(10);
    expect(world.of("caller", "requestAnswered")).toMatchObject([{ dialogId: ours, response: { status: 481 } }]);
    expect(world.of("caller", "dialogEnded")).toMatchObject([{ cause: "peerGone" }]);
  });

  it("on a closed connection outlive it until they are ended, and an unanswered call on it is cancelled", () => {
    const { world, callee, theirs, call } = talking("ws");
    call();
    world.advance(10);
    world.run("callee", callee.handle({ kind: "flowClosed", at: world.now, flowId: "callee-caller" }));
    expect(world.of("callee", "inviteCancelled")).toMatchObject([{ reason: "flow closed" }]);
    expect(world.of("callee", "dialogEnded")).toEqual([]);
    world.do("callee", callee.dialogEnd(theirs));
    expect(world.of("callee", "dialogEnded")).toMatchObject([{ cause: "flowClosed" }]);
    expect(callee.counts().dialogs).toBe(0);
  });

  it("behind NAT are reached at their source, not at their Contact", () => {
    const { world, callee } = pair();
    world.receive(
      "callee",
      "nobody",
      REQUEST("INVITE", "Contact: <sip:x@10.0.0.5:5070>\r\n").replace("192.0.2.99:5060;", "10.0.0.5:5070;rport;"),
    );
    const { dialogId } = world.of("callee", "inviteReceived")[0] as Named<"inviteReceived">;
    const accepted = callee.inviteAccept(dialogId, { sdp: ANSWER });
    const tag = /To: .*;tag=([^\r]+)/.exec(utf8Decode((accepted.commands[0] as Extract<SipCommand, { kind: "sendBytes" }>).bytes))?.[1];
    world.receive("callee", "nobody", REQUEST("ACK", "", { to: `;tag=${tag}`, branch: "z9hG4bKack" }));
    expect(callee.dialogEnd(dialogId).commands.find((command) => command.kind === "sendBytes")).toMatchObject({
      to: { address: "192.0.2.99", port: 5060 },
    });
  });
});

describe("a registered phone behind NAT", () => {
  it("is called, acknowledged and hung up at the address its messages come from, though its Contact says otherwise", () => {
    const { world, caller, callee } = pair();
    const sent = world.do(
      "caller",
      caller.inviteSend({
        flow: world.flow("caller", "callee"),
        target: "sip:phone@10.0.0.7:5062",
        from: "<sip:a@x>",
        to: "<sip:phone@x>",
        sdp: OFFER,
      }),
    );
    world.advance(10);
    const { dialogId } = world.of("callee", "inviteReceived")[0] as Named<"inviteReceived">;
    const accepted = callee.inviteAccept(dialogId, { sdp: ANSWER }).commands;
    const inside = accepted.map((command) =>
      command.kind === "sendBytes"
        ? { ...command, bytes: utf8Encode(utf8Decode(command.bytes).replace("sip:192.0.2.2:5060>", "sip:10.0.0.7:5062>")) }
        : command,
    );
    world.run("callee", inside);
    world.advance(10);
    world.do("caller", caller.dialogEnd(sent.handle as string));
    world.advance(10);
    expect(world.lines("caller").map((line) => line.split(" ")[0])).toEqual(["INVITE", "ACK", "BYE"]);
    expect(world.wire.find((each) => each.line.startsWith("BYE"))?.line).toBe("BYE sip:10.0.0.7:5062 SIP/2.0");
    expect(world.of("callee", "dialogEnded")).toMatchObject([{ cause: "byeReceived" }]);
  });
});

describe("forks", () => {
  it("that answer both: the first is kept, the other acknowledged and ended", () => {
    const { world, call } = pair();
    world.loses = () => true;
    call();
    const first = world.wire[0] as Sent;
    const field = (name: string) => new RegExp(`${name}: ([^\r]+)`).exec(first.text)?.[1] as string;
    const answer = (tag: string, status: string) =>
      `SIP/2.0 ${status}\r\nVia: ${field("Via")}\r\nFrom: ${field("From")}\r\nTo: <sip:100@192.0.2.2>;tag=${tag}\r\nCall-ID: ${field("Call-ID")}\r\nCSeq: ${field("CSeq")}\r\nContact: <sip:${tag}@192.0.2.2>\r\nContent-Length: 0\r\n\r\n`;
    for (const [tag, status] of [
      ["one", "180 Ringing"],
      ["two", "180 Ringing"],
      ["two", "200 OK"],
      ["one", "200 OK"],
    ] as const) {
      world.receive("caller", "callee", answer(tag, status));
    }
    expect(world.of("caller", "inviteProgressed")).toHaveLength(2);
    expect(world.of("caller", "inviteAnswered")).toHaveLength(1);
    expect(world.wire.slice(1).map((sent) => sent.line)).toEqual([
      "ACK sip:two@192.0.2.2 SIP/2.0",
      "ACK sip:one@192.0.2.2 SIP/2.0",
      "BYE sip:one@192.0.2.2 SIP/2.0",
    ]);
  });
});

describe("rules of the stack", () => {
  it.each([
    [
      "sip-rtp 6.1.13: a known method that is not served: 405 with Allow",
      REQUEST("PUBLISH", ""),
      /^SIP\/2\.0 405[^]*Allow: INVITE, ACK, CANCEL, BYE, OPTIONS/,
    ],
    ["sip-rtp 6.1.13: an unknown method: 501", REQUEST("FLY", ""), /^SIP\/2\.0 501/],
    [
      "sip-rtp 6.1.13: a body of unknown type: 415 with Accept",
      REQUEST("INVITE", `${CONTACT}Content-Type: a/b\r\n`).replace("Length: 0\r\n\r\n", "Length: 1\r\n\r\nx"),
      /^SIP\/2\.0 415[^]*Accept: application\/sdp/,
    ],
    ["sip-rtp 6.1.13: a caller who takes no SDP: 406", REQUEST("INVITE", `${CONTACT}Accept: text/plain\r\n`), /^SIP\/2\.0 406/],
    ["sip-rtp 6.1.13: another version: 505", REQUEST("OPTIONS", "").replace("SIP/2.0\r\nVia", "SIP/3.0\r\nVia"), /^SIP\/2\.0 505/],
    [
      "sip-rtp 6.1.12: an extension in Require: 420 with Unsupported",
      REQUEST("INVITE", `${CONTACT}Require: 100rel, x\r\n`),
      /^SIP\/2\.0 420[^]*Unsupported: 100rel, x/,
    ],
    ["sip-rtp 6.1.11: OPTIONS: 200 with Allow and Accept", REQUEST("OPTIONS", ""), /^SIP\/2\.0 200[^]*Allow: [^]*Accept: application\/sdp/],
    ["an unknown scheme: 416", REQUEST("OPTIONS", "").replace("sip:100@192.0.2.2 SIP", "zip:x SIP"), /^SIP\/2\.0 416/],
    ["an INVITE without Contact: 400", REQUEST("INVITE", ""), /^SIP\/2\.0 400/],
  ])("%s", (_name, text, expected) => {
    const { world } = pair();
    world.receive("callee", "nobody", text);
    expect(world.wire[0]?.text).toMatch(expected);
    expect(world.of("callee", "inviteReceived")).toEqual([]);
  });

  it("sip-rtp 6.1.16: never sends a 408 to a non-INVITE, and forgets what was not answered in 64·T1", () => {
    const { world, callee } = pair();
    world.receive("callee", "nobody", REQUEST("REGISTER", ""));
    const { transactionId } = world.of("callee", "requestReceived")[0] as Named<"requestReceived">;
    world.do("callee", callee.respond(transactionId, { status: 408 }));
    world.advance(40_000);
    expect(world.wire).toEqual([]);
    expect(callee.counts().serverTransactions).toBe(0);
  });

  it("answers 503 with Retry-After when its transactions are at their limit, but still hears a BYE", () => {
    const { world } = pair("udp", { serverTransactionsMax: 4 });
    for (let i = 0; i < 6; i += 1) world.receive("callee", "nobody", REQUEST("OPTIONS", "", { branch: `z9hG4bKo${i}`, from: `f${i}` }));
    world.receive("callee", "nobody", REQUEST("BYE", "", { to: ";tag=q", branch: "z9hG4bKbye" }));
    expect(world.lines("callee").map((line) => line.slice(8, 11))).toEqual(["200", "200", "200", "200", "503", "503", "481"]);
    expect(world.wire[4]?.text).toContain("Retry-After: 5");
  });

  it("answers a repeated request as before, long after the request itself was let go, and takes others in beside many answered ones", () => {
    const { world, callee } = pair("udp", { answeredTransactionsMax: 50, serverTransactionsMax: 4 });
    for (let i = 0; i < 40; i += 1) world.receive("callee", "nobody", REQUEST("OPTIONS", "", { branch: `z9hG4bKo${i}`, from: `f${i}` }));
    expect(world.wire).toHaveLength(40);
    world.advance(1_000);
    world.receive("callee", "nobody", REQUEST("OPTIONS", "", { branch: "z9hG4bKo3", from: "f3" }));
    expect(world.wire).toHaveLength(41);
    expect(world.wire[40]).toEqual({ ...world.wire[3], at: world.wire[40]?.at });
    expect(callee.counts().serverTransactions).toBe(40);
    world.advance(33_000);
    expect(callee.counts().serverTransactions).toBe(0);
  });

  it("sends a 100 only to an INVITE that its user leaves unanswered, where it may wait for that", () => {
    const { world, callee, call } = pair("udp", { tryingAfterMs: 150 });
    const statuses = (): readonly string[] => world.lines("callee").map((line) => line.slice(8, 11));
    call();
    world.advance(140);
    expect(statuses()).toEqual([]);
    world.advance(20);
    expect(statuses()).toEqual(["100"]);
    call();
    world.advance(10);
    const { dialogId } = world.of("callee", "inviteReceived").at(-1) as Named<"inviteReceived">;
    world.do("callee", callee.inviteAccept(dialogId, { sdp: ANSWER }));
    world.advance(200);
    expect(statuses()).toEqual(["100", "200"]);
  });

  it("refuses application headers with a line break in them and sends nothing", () => {
    const { world, callee, call } = pair();
    call();
    world.advance(10);
    const { dialogId } = world.of("callee", "inviteReceived")[0] as Named<"inviteReceived">;
    const sent = world.wire.length;
    const bad = world.do(
      "callee",
      callee.inviteAccept(dialogId, { sdp: ANSWER, headers: [{ name: "X-Name", value: "a\r\nRoute: <sip:evil>" }] }),
    );
    expect(bad.failure).toBe("invalidHeader");
    expect(world.wire).toHaveLength(sent);
    expect(world.do("callee", callee.inviteAccept(dialogId, { sdp: ANSWER })).failure).toBeNull();
  });
});
