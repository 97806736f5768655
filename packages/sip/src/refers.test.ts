import { utf8Encode } from "@allo/kernel";
import { describe, expect, it } from "vitest";
import { ANSWER, answerByHand, headerOf, lastSent, methodsOf, OFFER, pair, REQUEST, ringing } from "./fixtures/world.ts";
import type { Named } from "./fixtures/world.ts";
import { parseReferTo, parseReplaces, parseUri, printReferTo } from "./index.ts";
import type { SipStackOptions, Uri } from "./index.ts";

const REFERRING: Partial<SipStackOptions> = { supported: ["replaces", "norefersub"], methods: ["REFER"] };
const TARGET = parseUri("sip:200@192.0.2.9") as Uri;

function talkingAbout(options: Partial<SipStackOptions> = REFERRING) {
  const all = ringing("udp", options);
  all.world.do("callee", all.callee.inviteAccept(all.theirs, { sdp: ANSWER }));
  all.world.advance(10);
  const refer = (fields: { withoutNotify?: boolean } = {}) => {
    const sent = all.world.do("caller", all.caller.referSend(all.ours, { target: TARGET, referredBy: "<sip:boss@192.0.2.1>", ...fields }));
    all.world.advance(10);
    return { referId: sent.handle as string, received: all.world.of("callee", "referReceived").at(-1) as Named<"referReceived"> };
  };
  return { ...all, refer };
}

describe("sip-rtp 6.2 RFC 3515, 7647: REFER", () => {
  it("is given to the application with target and Referred-By, accepted 202, told of by NOTIFY 100 and the final, and both sides hear the end", () => {
    const { world, callee, ours, theirs, refer } = talkingAbout();
    const { referId, received } = refer();
    expect(received).toMatchObject({ dialogId: theirs, referredBy: "<sip:boss@192.0.2.1>", wantsNotify: true });
    expect(received.target).toMatchObject({ uri: TARGET, method: "INVITE", replaces: null });
    world.do("callee", callee.respond(received.transactionId, { status: 202 }));
    world.do("callee", callee.referNotify(received.transactionId, { status: 180 }));
    world.do("callee", callee.referNotify(received.transactionId, { status: 200 }));
    expect(world.do("callee", callee.referNotify(received.transactionId, { status: 200 })).failure).toBe("wrongState");
    world.advance(100);
    expect(world.of("caller", "referAnswered")).toMatchObject([{ referId, dialogId: ours, willNotify: true, response: { status: 202 } }]);
    expect(world.of("caller", "referNotified")).toMatchObject([
      { status: 100, isFinal: false },
      { status: 180, isFinal: false },
      { referId, status: 200, isFinal: true },
    ]);
    const final = lastSent(world, "callee", "NOTIFY");
    expect([headerOf(final, "Event"), headerOf(final, "Subscription-State"), headerOf(final, "Content-Type")]).toEqual([
      "refer",
      "terminated;reason=noresource",
      "message/sipfrag;version=2.0",
    ]);
    expect(final?.text.endsWith("\r\n\r\nSIP/2.0 200 OK\r\n")).toBe(true);
    expect(world.of("callee", "referSettled")).toMatchObject([{ referId: received.transactionId, isDelivered: true }]);
    expect(world.do("callee", callee.referNotify(received.transactionId, { status: 200 })).failure).toBe("unknownHandle");
  });

  it("that is refused is told by its answer alone", () => {
    const { world, callee, refer } = talkingAbout();
    const { received } = refer();
    world.do("callee", callee.respond(received.transactionId, { status: 603 }));
    world.advance(10);
    expect(world.of("caller", "referAnswered")).toMatchObject([{ willNotify: false, response: { status: 603 } }]);
    expect(methodsOf(world, "callee")).not.toContain("NOTIFY");
  });

  it("that asks for no notifications (RFC 4488) gets 200 with Refer-Sub: false and none", () => {
    const { world, callee, refer } = talkingAbout();
    const { received } = refer({ withoutNotify: true });
    expect(received.wantsNotify).toBe(false);
    world.do("callee", callee.respond(received.transactionId, { status: 200 }));
    world.advance(10);
    expect(world.of("caller", "referAnswered")).toMatchObject([{ willNotify: false, response: { status: 200 } }]);
    expect(methodsOf(world, "callee")).not.toContain("NOTIFY");
    world.advance(500_000);
    expect(world.of("caller", "referNotified")).toEqual([]);
  });

  it("goes on to be told of where the transferor hangs up first", () => {
    const { world, caller, callee, ours, refer } = talkingAbout();
    const { received } = refer();
    world.do("callee", callee.respond(received.transactionId, { status: 202 }));
    world.advance(10);
    world.do("caller", caller.dialogEnd(ours));
    world.advance(10);
    expect(world.of("callee", "dialogEnded")).toMatchObject([{ cause: "byeReceived" }]);
    world.do("callee", callee.referNotify(received.transactionId, { status: 200 }));
    world.advance(10);
    expect(lastSent(world, "callee", "NOTIFY")?.text).toContain("SIP/2.0 200 OK");
    expect(world.of("callee", "referSettled")).toMatchObject([{ isDelivered: false }]);
  });

  it("holds our BYE until the final notification is answered", () => {
    const { world, callee, theirs, refer } = talkingAbout();
    const { received } = refer();
    world.do("callee", callee.respond(received.transactionId, { status: 202 }));
    world.advance(10);
    world.do("callee", callee.referNotify(received.transactionId, { status: 200 }));
    world.do("callee", callee.dialogEnd(theirs));
    expect(methodsOf(world, "callee")).not.toContain("BYE");
    world.advance(10);
    expect(methodsOf(world, "callee").filter((each) => each === "NOTIFY" || each === "BYE")).toEqual(["NOTIFY", "NOTIFY", "BYE"]);
    expect(world.of("caller", "dialogEnded")).toMatchObject([{ cause: "byeReceived" }]);
  });

  it("that a second follows in the dialog is told of with an id", () => {
    const { world, callee, refer } = talkingAbout();
    for (const status of [200, 503]) {
      const { referId, received } = refer();
      world.do("callee", callee.respond(received.transactionId, { status: 202 }));
      world.do("callee", callee.referNotify(received.transactionId, { status }));
      world.advance(50);
      expect(world.of("caller", "referNotified").at(-1)).toMatchObject({ referId, status, isFinal: true });
    }
    expect(headerOf(lastSent(world, "callee", "NOTIFY"), "Event")).toBe(
      `refer;id=${Number.parseInt(headerOf(lastSent(world, "caller", "REFER"), "CSeq") ?? "")}`,
    );
  });

  it("that is never told of ends for the caller with 408, and one that is never settled is closed with reason timeout", () => {
    const { world, callee, refer } = talkingAbout();
    const { received } = refer();
    world.do("callee", callee.respond(received.transactionId, { status: 202 }));
    world.loses = (sent) => sent.line.startsWith("NOTIFY") && sent.at > 30;
    world.advance(400_000);
    expect(world.of("caller", "referNotified").at(-1)).toMatchObject({ status: 408, isFinal: true });
    expect(headerOf(lastSent(world, "callee", "NOTIFY"), "Subscription-State")).toBe("terminated;reason=timeout");
    expect(world.of("callee", "referSettled")).toMatchObject([{ isDelivered: false }]);
  });

  it.each([
    ["without Refer-To", "", "400"],
    ["with one that is malformed", "Refer-To: <sip:a@b\r\n", "400"],
    ["with two", "Refer-To: <sip:a@b>\r\nRefer-To: <sip:c@d>\r\n", "400"],
    ["with a malformed Replaces in it", "Refer-To: <sip:a@b?Replaces=x%3Bto-tag%3D1>\r\n", "400"],
  ])("%s gets %s", (_name, header, status) => {
    const { world, refer } = talkingAbout();
    refer();
    const text = (lastSent(world, "caller", "REFER")?.text ?? "")
      .replace(/^Refer-To: .*\r\n/m, header)
      .replace(/branch=[^;\r]+/, "branch=z9hG4bKbad")
      .replace(/CSeq: (\d+)/, "CSeq: 20000");
    world.receive("callee", "caller", text);
    expect(methodsOf(world, "callee").at(-1)).toBe(status);
    expect(world.of("callee", "referReceived")).toHaveLength(1);
  });

  it("is not served where the application has no REFER: 405", () => {
    const { world, refer } = talkingAbout();
    refer();
    const text = (lastSent(world, "caller", "REFER")?.text ?? "").replace(/branch=[^;\r]+/, "branch=z9hG4bKplain");
    const plain = world.add("plain", "192.0.2.5", { methods: ["INFO"] });
    world.receive("plain", "caller", text);
    expect(plain.counts().dialogs).toBe(0);
    expect(methodsOf(world, "plain")).toEqual(["405"]);
  });

  it("a NOTIFY that nobody asked for gets 481, of another event 489, without sipfrag 415, and without a status line 400", () => {
    const { world, callee, refer } = talkingAbout();
    const { received } = refer();
    world.loses = (sent) => sent.line.startsWith("NOTIFY");
    world.do("callee", callee.respond(received.transactionId, { status: 202 }));
    world.advance(10);
    const notify = lastSent(world, "callee", "NOTIFY")?.text as string;
    let cseq = 20_000;
    const send = (change: (text: string) => string) => {
      cseq += 1;
      world.receive(
        "caller",
        "callee",
        change(notify.replace(/branch=[^;\r]+/, `branch=z9hG4bKn${cseq}`).replace(/CSeq: (\d+)/, `CSeq: ${cseq}`)),
      );
      return methodsOf(world, "caller").at(-1);
    };
    expect(send((text) => text.replace("Event: refer", "Event: refer;id=77"))).toBe("481");
    expect(send((text) => text.replace("Event: refer", "Event: presence"))).toBe("489");
    expect(send((text) => text.replace("message/sipfrag", "text/plain"))).toBe("415");
    expect(send((text) => text.replace("SIP/2.0 100", "SIP/2.0 xyz"))).toBe("400");
    expect(send((text) => text)).toBe("200");
  });
});

describe("sip-rtp 6.2 RFC 3891: Replaces", () => {
  /** A call between "caller" and "callee", and a third party who knows its name. */
  function replacing(from: "callee" | "caller" = "callee", phase: "early" | "confirmed" = "confirmed") {
    const all = ringing("udp", REFERRING);
    const { world, caller, callee, ours, theirs } = all;
    world.do("callee", callee.inviteProgress(theirs, { status: 180 }));
    if (phase === "confirmed") world.do("callee", callee.inviteAccept(theirs, { sdp: ANSWER }));
    world.advance(10);
    const name = callee.dialogName(theirs) ?? { callId: "", localTag: "", remoteTag: "" };
    const [toTag, fromTag] = from === "callee" ? [name.localTag, name.remoteTag] : [name.remoteTag, name.localTag];
    const third = world.add("third", "192.0.2.3", REFERRING);
    const invite = (change: { toTag?: string; earlyOnly?: boolean } = {}) => {
      const replaces = { callId: name.callId, toTag, fromTag, earlyOnly: false, ...change };
      const address = from === "callee" ? "192.0.2.2" : "192.0.2.1";
      const fields = { target: `sip:x@${address}`, from: "<sip:c@192.0.2.3>", to: `<sip:x@${address}>`, sdp: OFFER, replaces };
      world.do("third", third.inviteSend({ flow: world.flow("third", from), ...fields }));
      world.advance(10);
    };
    return { ...all, caller, ours, third, invite };
  }

  it("names the dialog that it takes the place of, and the application accepts it and ends the old one", () => {
    const { world, callee, theirs, invite } = replacing();
    invite();
    expect(headerOf(lastSent(world, "third", "INVITE"), "Require")).toBe("replaces");
    const arrived = world.of("callee", "inviteReceived").at(-1) as Named<"inviteReceived">;
    expect(arrived.replaces).toBe(theirs);
    world.do("callee", callee.inviteAccept(arrived.dialogId, { sdp: ANSWER }));
    world.do("callee", callee.dialogEnd(theirs));
    world.advance(10);
    expect(world.of("third", "inviteAnswered")).toHaveLength(1);
    expect(world.of("caller", "dialogEnded")).toMatchObject([{ cause: "byeReceived" }]);
  });

  it("that matches nothing gets 481, one that is early-only for an answered call 486, and one for a call that is over 603", () => {
    const { world, callee, theirs, invite } = replacing();
    invite({ toTag: "other" });
    invite({ earlyOnly: true });
    world.do("callee", callee.dialogEnd(theirs));
    world.advance(10);
    invite();
    expect(world.of("third", "inviteRejected").map((event) => event.status)).toEqual([481, 486, 603]);
    expect(world.of("callee", "inviteReceived")).toHaveLength(1);
  });

  it("may name a call that we are ringing, but not one that rings us: 481", () => {
    const ringingUs = replacing("callee", "early");
    ringingUs.invite();
    expect(ringingUs.world.of("third", "inviteRejected")).toMatchObject([{ status: 481 }]);
    const weRing = replacing("caller", "early");
    weRing.invite({ earlyOnly: true });
    expect(weRing.world.of("caller", "inviteReceived")).toMatchObject([{ replaces: weRing.ours }]);
  });

  it("that is malformed gets 400, twice 400, and is left unread where it is not served", () => {
    const { world } = pair("udp", REFERRING);
    const contact = "Contact: <sip:x@192.0.2.99>\r\n";
    world.receive("callee", "nobody", REQUEST("INVITE", `${contact}Replaces: a;to-tag=1\r\n`));
    world.receive(
      "callee",
      "nobody",
      REQUEST("INVITE", `${contact}Replaces: a;to-tag=1;from-tag=2\r\nReplaces: b;to-tag=1;from-tag=2\r\n`, { branch: "z9hG4bKr2" }),
    );
    expect(methodsOf(world, "callee")).toEqual(["400", "400"]);
    const plain = pair("udp", {});
    plain.world.receive("callee", "nobody", REQUEST("INVITE", `${contact}Replaces: a;to-tag=1;from-tag=2\r\n`));
    expect(plain.world.of("callee", "inviteReceived")).toMatchObject([{ replaces: null }]);
  });

  it("goes through Refer-To and back unchanged, whatever the Call-ID holds, and takes no other header along", () => {
    const replaces = { callId: "a@b;%x", toTag: "1", fromTag: "2", earlyOnly: true };
    const printed = printReferTo({ uri: TARGET, replaces: { ...replaces, callId: "12*(34@host" } });
    expect(parseReferTo(printed)).toMatchObject({ uri: TARGET, replaces: { ...replaces, callId: "12*(34@host" } });
    const hostile = parseReferTo("<sip:200@192.0.2.9;method=INVITE?Replaces=c%3Bto-tag%3D1%3Bfrom-tag%3D2&Route=%3Csip:evil%3E>");
    expect(hostile).toMatchObject({ uri: TARGET, method: "INVITE", replaces: { callId: "c", toTag: "1", fromTag: "2", earlyOnly: false } });
    expect(parseReplaces("c;to-tag=1;to-tag=2;from-tag=3")).toBeNull();
  });
});

describe("sip-rtp 6.1 forking and cancelling", () => {
  it("sip-rtp 6.1.6: forks that answer are acknowledged and ended each through its own route set", () => {
    const { world, call } = pair();
    world.loses = () => true;
    call();
    world.receive("caller", "callee", answerByHand(world, "one", "200 OK", "Record-Route: <sip:192.0.2.71;lr>\r\n", "v=0 a"));
    world.receive("caller", "callee", answerByHand(world, "two", "200 OK", "Record-Route: <sip:192.0.2.72;lr>\r\n", "v=0 b"));
    const out = world.wire.slice(1).map((sent) => [sent.line.split(" ")[0], headerOf(sent, "Route")]);
    expect(out).toEqual([
      ["ACK", "<sip:192.0.2.71;lr>"],
      ["ACK", "<sip:192.0.2.72;lr>"],
      ["BYE", "<sip:192.0.2.72;lr>"],
    ]);
  });

  it("sip-rtp 6.1.6: a 2xx that crosses our CANCEL is acknowledged and ended through its route set", () => {
    const { world, caller, call } = pair();
    world.loses = () => true;
    const ours = call();
    world.receive("caller", "callee", answerByHand(world, "one", "180 Ringing"));
    world.do("caller", caller.inviteCancel(ours));
    world.receive("caller", "callee", answerByHand(world, "one", "200 OK", "Record-Route: <sip:192.0.2.71;lr>\r\n", "v=0 a"));
    const out = world.wire.slice(2).map((sent) => [sent.line.split(" ")[0], headerOf(sent, "Route")]);
    expect(out).toEqual([
      ["ACK", "<sip:192.0.2.71;lr>"],
      ["BYE", "<sip:192.0.2.71;lr>"],
    ]);
  });

  it("a 487 that comes long after our CANCEL was given up is still acknowledged, and a 2xx then ended", () => {
    for (const [status, sent] of [
      ["487 Terminated", ["ACK"]],
      ["200 OK", ["ACK", "BYE"]],
    ] as const) {
      const { world, caller, call } = pair();
      world.loses = () => true;
      const ours = call();
      world.receive("caller", "callee", answerByHand(world, "one", "180 Ringing"));
      world.do("caller", caller.inviteCancel(ours));
      world.advance(33_000);
      expect(world.of("caller", "inviteRejected")).toMatchObject([{ status: 487, cause: "timeout" }]);
      const before = world.wire.length;
      world.receive("caller", "callee", answerByHand(world, "one", status));
      expect(world.wire.slice(before).map((each) => each.line.split(" ")[0])).toEqual(sent);
      world.advance(200_000);
      expect([caller.counts().clientTransactions, world.armed]).toEqual([0, 0]);
    }
  });

  it("a 2xx to our re-INVITE that comes after we hung up is acknowledged, and nothing stays behind", () => {
    const all = ringing();
    const { world, caller, callee, ours, theirs } = all;
    world.do("callee", callee.inviteAccept(theirs, { sdp: ANSWER }));
    world.advance(10);
    world.do("caller", caller.reInviteSend(ours, { sdp: utf8Encode("v=0 hold") }));
    world.advance(10);
    const asked = world.of("callee", "reInviteReceived")[0] as Named<"reInviteReceived">;
    world.loses = (sent) => sent.line.startsWith("BYE");
    world.do("callee", callee.respond(asked.transactionId, { status: 200, body: { contentType: "application/sdp", bytes: ANSWER } }));
    world.do("caller", caller.dialogEnd(ours));
    world.advance(10);
    expect(methodsOf(world, "caller").slice(-3)).toEqual(["INVITE", "BYE", "ACK"]);
    expect(world.of("callee", "ackReceived")).toHaveLength(2);
  });

  it("a 2xx that answers without description takes the last one of the same callee's ringing", () => {
    const { world, call } = pair();
    world.loses = () => true;
    call();
    world.receive("caller", "callee", answerByHand(world, "one", "183 Progress", "", "v=0 one"));
    world.receive("caller", "callee", answerByHand(world, "two", "183 Progress", "", "v=0 two"));
    world.receive("caller", "callee", answerByHand(world, "one", "200 OK"));
    expect(world.of("caller", "inviteAnswered")).toMatchObject([{ sdp: utf8Encode("v=0 one") }]);
  });

  it("a 3xx reaches the application with its response", () => {
    const { world, call } = pair();
    world.loses = () => true;
    call();
    world.receive("caller", "callee", answerByHand(world, "x", "302 Moved"));
    expect(world.of("caller", "inviteRejected")).toMatchObject([{ status: 302, response: { status: 302 } }]);
  });
});
