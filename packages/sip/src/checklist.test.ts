// Rows of the checklist that belong to no other file: large requests, hops, numbers, what carriers do.
import { utf8Encode } from "@allo/kernel";
import { describe, expect, it } from "vitest";
import { ANSWER, answerByHand, CONTACT, headerOf, lastSent, methodsOf, OFFER, pair, REQUEST, ringing, World } from "./fixtures/world.ts";
import type { Named } from "./fixtures/world.ts";
import {
  assertedIdentities,
  causeOfStatus,
  chooseFinal,
  diversions,
  isIdentityWithheld,
  parseCSeq,
  parseMessage,
  parseUri,
  printUri,
  readReasons,
  readRelayedDigit,
  reasonHeader,
  redirectTargets,
  relayedDigitBody,
  statusOfCause,
} from "./index.ts";
import type { SipFlow, SipRequest, SipResponse } from "./index.ts";

function requestOf(headers: string, body = ""): SipRequest {
  const text = REQUEST("INVITE", `${CONTACT}${headers}`).replace(
    "Content-Length: 0\r\n\r\n",
    `Content-Length: ${body.length}\r\n\r\n${body}`,
  );
  const parsed = parseMessage(utf8Encode(text));
  if (!parsed.ok || parsed.message.kind !== "request") throw new Error("unparsed");
  return parsed.message;
}

describe("sip-rtp 6.1 the transport of large requests", () => {
  const tcp: SipFlow = {
    id: "tcp-1",
    transport: "tcp",
    local: { address: "192.0.2.1", port: 5060 },
    remote: { address: "192.0.2.2", port: 5060 },
  };
  function caller(flowForLarge: (() => SipFlow | null) | null, size: number) {
    const world = new World();
    const stack = world.add("caller", "192.0.2.1", flowForLarge === null ? {} : { flowForLarge });
    world.add("callee", "192.0.2.2");
    const fields = {
      flow: world.flow("caller", "callee"),
      target: "sip:1@192.0.2.2",
      from: "<sip:a@192.0.2.1>",
      to: "<sip:1@192.0.2.2>",
      sdp: OFFER,
    };
    const sent = stack.inviteSend({ ...fields, headers: [{ name: "X-Long", value: "x".repeat(size) }] });
    return { world, stack, sent, bytes: sent.commands.filter((command) => command.kind === "sendBytes") };
  }

  it("sip-rtp 6.1.14: an INVITE over 1300 bytes takes the TCP flow that its owner offers, with TCP in its Via", () => {
    const { bytes } = caller(() => tcp, 1_300);
    expect(bytes).toHaveLength(1);
    expect(bytes[0]).toMatchObject({ flowId: "tcp-1", to: null });
    expect(new TextDecoder().decode((bytes[0] as { bytes: Uint8Array }).bytes)).toContain("Via: SIP/2.0/TCP 192.0.2.1:5060;branch=");
  });

  it("sip-rtp 6.1.14: a smaller one, and one without such a flow, stay on UDP", () => {
    expect(caller(() => tcp, 100).bytes[0]).toMatchObject({ flowId: "udp" });
    expect(caller(() => null, 1_300).bytes[0]).toMatchObject({ flowId: "udp" });
    expect(caller(null, 1_300).bytes[0]).toMatchObject({ flowId: "udp" });
  });

  it("sip-rtp 6.1.14: where the TCP flow fails before any answer, the same request goes over UDP with a branch of its own, once", () => {
    const { world, stack, sent, bytes } = caller(() => tcp, 1_300);
    const closed = stack.handle({ kind: "flowClosed", at: 0, flowId: "tcp-1" });
    const again = closed.filter((command) => command.kind === "sendBytes");
    expect(again).toHaveLength(1);
    expect(again[0]).toMatchObject({ flowId: "udp", to: { address: "192.0.2.2", port: 5060 } });
    const text = (command: unknown) => new TextDecoder().decode((command as { bytes: Uint8Array }).bytes);
    const branch = (command: unknown) => /branch=([^;\r]+)/.exec(text(command))?.[1];
    expect(branch(again[0])).not.toBe(branch(bytes[0]));
    world.run("caller", closed);
    world.advance(10);
    expect(world.of("caller", "inviteRejected")).toEqual([]);
    world.do("caller", stack.inviteCancel(sent.handle as string));
    world.advance(50);
    expect(world.of("caller", "inviteRejected")).toMatchObject([{ dialogId: sent.handle, status: 487, cause: "response" }]);
  });

  it("sip-rtp 6.6.15: a request of 64 KiB is taken, one byte more is refused 513", () => {
    const { world } = pair();
    const head = REQUEST("OPTIONS", "").replace("Content-Length: 0\r\n\r\n", "");
    const filled = (total: number) => {
      const fields = Array.from({ length: 9 }, (_, index) => `X-${index}: ${"y".repeat(7_000)}\r\n`).join("");
      const rest = total - head.length - fields.length - "X-Last: \r\n".length - "Content-Length: 0\r\n\r\n".length;
      return `${head}${fields}X-Last: ${"z".repeat(rest)}\r\nContent-Length: 0\r\n\r\n`;
    };
    world.receive("callee", "nobody", filled(65_536));
    world.receive("callee", "nobody", filled(65_537).replace("z9hG4bKx1", "z9hG4bKx2"));
    expect(methodsOf(world, "callee")).toEqual(["200", "513"]);
  });
});

describe("sip-rtp 6.1 numbers and hops", () => {
  it("sip-rtp 6.1.8: an onward call carries the hops that were left to it, 70 where it begins", () => {
    const { world, caller } = pair();
    const fields = { flow: world.flow("caller", "callee"), target: "sip:1@192.0.2.2", from: "<sip:a@x>", to: "<sip:1@x>", sdp: OFFER };
    world.do("caller", caller.inviteSend(fields));
    world.do("caller", caller.inviteSend({ ...fields, maxForwards: 41 }));
    expect(world.wire.map((sent) => headerOf(sent, "Max-Forwards"))).toEqual(["70", "41"]);
  });

  it("sip-rtp 6.1.9: a CSeq is below 2³¹ and rises in each direction by itself", () => {
    expect(parseCSeq("2147483647 INVITE")).toEqual({ number: 2_147_483_647, method: "INVITE" });
    expect(parseCSeq("2147483648 INVITE")).toBeNull();
    const { world, caller, callee, ours, theirs } = ringing();
    world.do("callee", callee.inviteAccept(theirs, { sdp: ANSWER }));
    world.advance(10);
    world.do("callee", callee.dialogRequestSend(theirs, { method: "INFO" }));
    world.do("caller", caller.dialogRequestSend(ours, { method: "INFO" }));
    world.do("caller", caller.dialogRequestSend(ours, { method: "INFO" }));
    const numbers = world.wire
      .filter((sent) => sent.from === "caller" && !sent.line.startsWith("SIP"))
      .map((sent) => Number.parseInt(headerOf(sent, "CSeq") ?? ""));
    expect(numbers.slice(-2).map((number) => number - (numbers[0] as number))).toEqual([1, 2]);
  });

  it("sip-rtp 6.1.11: OPTIONS in a call is answered as outside it, without the application", () => {
    const { world, caller, callee, ours, theirs } = ringing();
    world.do("callee", callee.inviteAccept(theirs, { sdp: ANSWER }));
    world.advance(10);
    world.do("caller", caller.dialogRequestSend(ours, { method: "OPTIONS" }));
    world.advance(10);
    expect(world.of("caller", "requestAnswered")).toMatchObject([{ response: { status: 200 } }]);
    expect(world.of("callee", "requestReceived")).toEqual([]);
  });

  it("sip-rtp 6.1.13: a request of a scheme that is no telephone's gets 416, a tel number does not", () => {
    const { world } = pair();
    world.receive("callee", "nobody", REQUEST("INVITE", CONTACT).replace("sip:100@192.0.2.2 SIP", "http:x SIP"));
    world.receive(
      "callee",
      "nobody",
      REQUEST("INVITE", CONTACT, { branch: "z9hG4bKtel", from: "t" }).replace("sip:100@192.0.2.2 SIP", "tel:+74951234567 SIP"),
    );
    expect(methodsOf(world, "callee")).toEqual(["416", "100"]);
  });
});

describe("sip-rtp 6.6 what carriers do", () => {
  const proxied = "Record-Route: <sip:192.0.2.80;lr>\r\n";

  it("sip-rtp 6.6.1: ACK and BYE name the Contact of the 200 and go by its Record-Route, whatever private address it holds; CSeq of the ACK is the INVITE's", () => {
    const { world, caller, call } = pair();
    world.loses = () => true;
    const ours = call();
    const accepted = answerByHand(world, "t", "200 OK", proxied, "v=0 a").replace("<sip:t@192.0.2.2>", "<sip:gw@10.1.2.3:5080>");
    const commands = caller.handle({ kind: "messageReceived", at: 0, flow: world.flow("caller", "callee"), bytes: utf8Encode(accepted) });
    world.run("caller", commands);
    world.do("caller", caller.dialogEnd(ours));
    const [invite, ack, bye] = world.wire;
    expect([ack?.line, bye?.line]).toEqual(["ACK sip:gw@10.1.2.3:5080 SIP/2.0", "BYE sip:gw@10.1.2.3:5080 SIP/2.0"]);
    expect([headerOf(ack, "Route"), headerOf(bye, "Route")]).toEqual(["<sip:192.0.2.80;lr>", "<sip:192.0.2.80;lr>"]);
    expect(Number.parseInt(headerOf(ack, "CSeq") ?? "")).toBe(Number.parseInt(headerOf(invite, "CSeq") ?? "x"));
    const sentTo = commands.find((command) => command.kind === "sendBytes");
    expect(sentTo).toMatchObject({ to: { address: "192.0.2.80", port: 5060 } });
  });

  it("sip-rtp 6.6.1: our 200 repeats Record-Route, and our Contact is the same in 180, 200 and later requests", () => {
    const { world, callee } = pair();
    world.receive("callee", "nobody", REQUEST("INVITE", `${CONTACT}${proxied}`));
    const { dialogId } = world.of("callee", "inviteReceived")[0] as Named<"inviteReceived">;
    world.do("callee", callee.inviteProgress(dialogId, { status: 180 }));
    world.do("callee", callee.inviteAccept(dialogId, { sdp: ANSWER }));
    expect(headerOf(lastSent(world, "callee", "200"), "Record-Route")).toBe("<sip:192.0.2.80;lr>");
    expect(headerOf(lastSent(world, "callee", "180"), "Contact")).toBe(headerOf(lastSent(world, "callee", "200"), "Contact"));
  });

  it("sip-rtp 6.6.2: with inDialogTarget source, a peer's private Contact stays the Request-URI and the packets go where its messages come from", () => {
    const { world, caller } = pair();
    world.loses = () => true;
    const flow = world.flow("caller", "callee");
    const sent = world.do(
      "caller",
      caller.inviteSend({ flow, target: "sip:1@192.0.2.2", from: "<sip:a@x>", to: "<sip:1@x>", sdp: OFFER, inDialogTarget: "source" }),
    );
    const accepted = answerByHand(world, "t", "200 OK", "", "v=0 a").replace("<sip:t@192.0.2.2>", "<sip:gw@10.1.2.3:5080>");
    world.receive("caller", "callee", accepted);
    const ended = caller.dialogEnd(sent.handle as string).commands.find((command) => command.kind === "sendBytes");
    expect(ended).toMatchObject({ to: { address: "192.0.2.2", port: 5060 } });
    expect(new TextDecoder().decode((ended as { bytes: Uint8Array }).bytes)).toMatch(/^BYE sip:gw@10\.1\.2\.3:5080 /);
  });

  it("sip-rtp 6.6.6: outbound proxy, domain of the From, Request-URI and Contact are each the trunk's own", () => {
    const { world, caller } = pair();
    const flow = world.flow("caller", "callee");
    const fields = {
      flow,
      target: "sip:+7495@carrier.example",
      from: "<sip:account@accounts.example>",
      to: "<sip:+7495@carrier.example>",
      sdp: OFFER,
    };
    const routes = ["<sip:192.0.2.2;lr>"];
    const sent = world.do("caller", caller.inviteSend({ ...fields, routes, contact: "<sip:account@203.0.113.5:5090>" }));
    const invite = world.wire[0];
    expect(invite?.line).toBe("INVITE sip:+7495@carrier.example SIP/2.0");
    expect([headerOf(invite, "Route"), headerOf(invite, "Contact")]).toEqual(["<sip:192.0.2.2;lr>", "<sip:account@203.0.113.5:5090>"]);
    expect(headerOf(invite, "From")).toMatch(/^<sip:account@accounts\.example>;tag=/);
    expect(sent.failure).toBeNull();
  });

  it("sip-rtp 6.6.20: over TLS the Via says so and the Contact keeps to it", () => {
    const world = new World("tls");
    const caller = world.add("caller", "192.0.2.1");
    world.add("callee", "192.0.2.2");
    const fields = {
      flow: world.flow("caller", "callee"),
      target: "sip:1@192.0.2.2;transport=tls",
      from: "<sip:a@x>",
      to: "<sip:1@x>",
      sdp: OFFER,
    };
    world.do("caller", caller.inviteSend(fields));
    world.advance(40_000);
    expect(headerOf(world.wire[0], "Via")).toMatch(/^SIP\/2\.0\/TLS 192\.0\.2\.1:5060;branch=/);
    expect(headerOf(world.wire[0], "Contact")).toBe("<sip:192.0.2.1:5060;transport=tls>");
    // Nothing is repeated where the transport does that.
    expect(world.wire.filter((sent) => sent.line.startsWith("INVITE"))).toHaveLength(1);
  });

  it("sip-rtp 6.6.10: a 183 without description, a 180 after a 183, and rings of several tags are all told, each with its own description", () => {
    const { world, call } = pair();
    world.loses = () => true;
    call();
    world.receive("caller", "callee", answerByHand(world, "a", "183 Progress"));
    world.receive("caller", "callee", answerByHand(world, "a", "183 Progress", "", "v=0 early"));
    world.receive("caller", "callee", answerByHand(world, "a", "180 Ringing"));
    world.receive("caller", "callee", answerByHand(world, "b", "180 Ringing"));
    expect(world.of("caller", "inviteProgressed").map((event) => [event.response.status, event.sdp === null ? null : "described"])).toEqual(
      [
        [183, null],
        [183, "described"],
        [180, null],
        [180, null],
      ],
    );
    world.receive("caller", "callee", answerByHand(world, "a", "200 OK"));
    expect(world.of("caller", "inviteAnswered")).toMatchObject([{ sdp: utf8Encode("v=0 early") }]);
  });

  it("sip-rtp 6.6.12: 100rel is offered, required or left out as the trunk has it", () => {
    const { world, caller } = pair("udp", { supported: ["100rel", "timer"] });
    const fields = { flow: world.flow("caller", "callee"), target: "sip:1@192.0.2.2", from: "<sip:a@x>", to: "<sip:1@x>", sdp: OFFER };
    for (const reliableProgress of ["offered", "required", "never"] as const)
      world.do("caller", caller.inviteSend({ ...fields, reliableProgress, sessionTimer: null }));
    expect(world.wire.map((sent) => [headerOf(sent, "Supported"), headerOf(sent, "Require")])).toEqual([
      ["100rel", null],
      ["100rel", "100rel"],
      [null, null],
    ]);
  });

  it("sip-rtp 6.6.16: user=phone, tgrp and npdi are kept as they came", () => {
    const text = "sip:+74951234567;npdi;rn=+7495;tgrp=tg-1;trunk-context=example.com@192.0.2.2;user=phone";
    const uri = parseUri(text);
    expect(uri === null ? null : printUri(uri)).toBe(text);
    expect(uri).toMatchObject({ kind: "sip", user: "+74951234567;npdi;rn=+7495;tgrp=tg-1;trunk-context=example.com" });
  });
});

describe("sip-rtp 6.2 RFC 3326: Reason", () => {
  it.each([
    [16, 200],
    [17, 486],
    [21, 403],
    [34, 503],
    [38, 503],
    [102, 504],
  ])("Q.850 cause %i and status %i stand for each other", (cause, status) => {
    if (status >= 300) expect(statusOfCause(cause)).toBe(status);
    const back = causeOfStatus(status);
    expect(status < 300 ? back : statusOfCause(back)).toBe(status < 300 ? 16 : status);
  });

  it("unknown causes and statuses have a place to go: 480 and 31", () => {
    expect(statusOfCause(127)).toBe(500);
    expect([statusOfCause(31), statusOfCause(999), causeOfStatus(499), causeOfStatus(404), causeOfStatus(487)]).toEqual([
      480, 480, 31, 1, 16,
    ]);
  });

  it("is read with several values, quotes and rubbish behind, and written so that it reads back", () => {
    const request = requestOf(
      'Reason: SIP;cause=200;text="Call completed elsewhere", Q.850 ;cause=16\r\nReason: Q.850;cause=99999\r\nReason: ;;\r\n',
    );
    expect(readReasons(request)).toEqual([
      { protocol: "SIP", cause: 200, text: "Call completed elsewhere" },
      { protocol: "Q.850", cause: 16, text: null },
      { protocol: "Q.850", cause: null, text: null },
    ]);
    const written = reasonHeader({ protocol: "Q.850", cause: 17, text: 'User "busy"' });
    expect(readReasons({ headers: [written] })).toEqual([{ protocol: "Q.850", cause: 17, text: 'User "busy"' }]);
  });

  it("of a peer's CANCEL reaches the application", () => {
    const { world, caller, ours } = ringing();
    world.do(
      "caller",
      caller.inviteCancel(ours, { headers: [reasonHeader({ protocol: "SIP", cause: 200, text: "Call completed elsewhere" })] }),
    );
    world.advance(10);
    expect(world.of("callee", "inviteCancelled")).toMatchObject([{ reason: 'SIP;cause=200;text="Call completed elsewhere"' }]);
  });
});

describe("sip-rtp 6.2 RFC 3325, 5806: who the network says it is", () => {
  const headers =
    'P-Asserted-Identity: "A" <sip:+7495@carrier.example>, <tel:+7495>\r\nP-Asserted-Identity: <sip:third@x>\r\n' +
    "Diversion: <sip:600@x>;reason=user-busy;counter=2, <sip:500@x>;reason=unconditional\r\nPrivacy: id;critical\r\n";

  it("is read from a trusted peer, one SIP and one tel identity at most, and diversions with the latest first", () => {
    const request = requestOf(headers);
    expect(assertedIdentities(request, { isTrusted: true }).map((each) => printUri(each.uri))).toEqual([
      "sip:+7495@carrier.example",
      "tel:+7495",
    ]);
    expect(diversions(request, { isTrusted: true }).map((each) => [printUri(each.from.uri), each.reason, each.counter])).toEqual([
      ["sip:600@x", "user-busy", 2],
      ["sip:500@x", "unconditional", null],
    ]);
    expect(isIdentityWithheld(request)).toBe(true);
    expect(isIdentityWithheld(requestOf("Privacy: none\r\n"))).toBe(false);
  });

  it("is nothing from one that isn't, nor from malformed headers", () => {
    const request = requestOf(headers);
    expect([...assertedIdentities(request, { isTrusted: false }), ...diversions(request, { isTrusted: false })]).toEqual([]);
    expect(assertedIdentities(requestOf("P-Asserted-Identity: <sip:a\r\n"), { isTrusted: true })).toEqual([]);
  });
});

describe("sip-rtp 6.4 digits by INFO", () => {
  const info = (type: string, body: string) => readRelayedDigit(requestOf(`Content-Type: ${type}\r\n`, body));
  it("are read as dtmf-relay with a bounded duration, as bare dtmf, and as nothing else", () => {
    expect(info("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n")).toEqual({ digit: "5", durationMs: 160 });
    expect(info("application/dtmf-relay", "Signal= 11\r\nDuration= 999999\r\n")).toEqual({ digit: "#", durationMs: 8_000 });
    expect(info("application/dtmf", "*")).toEqual({ digit: "*", durationMs: 250 });
    expect(info("application/dtmf-relay", "Signal=d\r\n")).toEqual({ digit: "D", durationMs: 250 });
    for (const [type, body] of [
      ["application/dtmf-relay", "Signal=55"],
      ["application/dtmf-relay", ""],
      ["text/plain", "5"],
      ["application/dtmf", "x".repeat(300)],
    ] as const) {
      expect(info(type, body)).toBeNull();
    }
    const body = relayedDigitBody({ digit: "9", durationMs: 120 });
    expect(info(body.contentType, new TextDecoder().decode(body.bytes))).toEqual({ digit: "9", durationMs: 120 });
  });
});

describe("sip-rtp 6.1 the best of several failures", () => {
  it.each([
    [[486, 603, 404], 603],
    [[503, 486], 486],
    [[503, 500], 500],
    [[503], 500],
    [[404, 401, 486], 401],
    [[302, 404], 302],
    [[], null],
  ])("of %j is %s", (statuses, expected) => {
    expect(chooseFinal(statuses)).toBe(expected);
  });

  it("a redirection's Contacts come by their q", () => {
    const text = answerByHand(
      Object.assign(new World(), {
        wire: [
          {
            at: 0,
            from: "x",
            line: "INVITE",
            text: "INVITE x\r\nVia: SIP/2.0/UDP a;branch=z9hG4bKb\r\nFrom: <sip:a@b>;tag=1\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n",
          },
        ],
      }),
      "t",
      "302 Moved",
    );
    const parsed = parseMessage(utf8Encode(text.replace(/^Contact: .*$/m, "Contact: <sip:c@x>;q=0.2, <sip:a@x>, <sip:b@x>;q=0.7")));
    expect(parsed.ok ? redirectTargets(parsed.message as SipResponse).map((each) => printUri(each.uri)) : []).toEqual([
      "sip:a@x",
      "sip:b@x",
      "sip:c@x",
    ]);
  });
});
