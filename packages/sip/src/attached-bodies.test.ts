// What goes beside a description: multipart/mixed of INVITE and re-INVITE, and what of it a stack reads.
import { utf8Decode, utf8Encode } from "@allo/kernel";
import { describe, expect, it } from "vitest";
import { ANSWER, answerByHand, headerOf, lastSent, OFFER, pair, talking } from "./fixtures/world.ts";
import type { Named } from "./fixtures/world.ts";
import { multipartParts } from "./multipart.ts";

const metadata = { contentType: "application/rs-metadata+xml", disposition: "recording-session", bytes: utf8Encode("<recording/>") };
const knows = { accept: ["application/sdp", "multipart/mixed", "application/rs-metadata+xml", "application/rs-metadata-request"] };
const partsOf = (text: string | undefined): readonly string[] | null => {
  const [head = "", ...rest] = text?.split("\r\n\r\n") ?? [];
  const body = rest.join("\r\n\r\n");
  const type = /^Content-Type: (.*)$/im.exec(head)?.[1] ?? "";
  return multipartParts(type, utf8Encode(body))?.map(({ contentType, bytes }) => `${contentType} ${utf8Decode(bytes)}`) ?? null;
};
const BOTH = ["application/sdp v=0 offer", "application/rs-metadata+xml <recording/>"];

describe("bodies beside a description", () => {
  it("sip-rtp 6.2 RFC 7866: go with the INVITE, with the features that its Contact has", () => {
    const { world, caller } = pair("udp", knows);
    world.do(
      "caller",
      caller.inviteSend({
        flow: world.flow("caller", "callee"),
        target: "sip:record@192.0.2.2",
        from: "<sip:allo@192.0.2.1>",
        to: "<sip:record@192.0.2.2>",
        sdp: OFFER,
        attached: [metadata],
        contact: "<sip:allo@192.0.2.1:5060>;+sip.src",
      }),
    );
    world.advance(10);
    const sent = lastSent(world, "caller", "INVITE");
    expect(headerOf(sent, "Contact")).toBe("<sip:allo@192.0.2.1:5060>;+sip.src");
    expect(partsOf(sent?.text)).toEqual(BOTH);
    expect(world.of("callee", "inviteReceived")[0]?.sdp).toEqual(OFFER);
  });

  it("are sent again with a re-INVITE that met another one (491)", () => {
    const { world, caller, ours } = talking("udp", knows);
    world.do("caller", caller.reInviteSend(ours, { sdp: OFFER, attached: [metadata] }));
    const [, second] = world.wire.filter((sent) => sent.from === "caller" && sent.line.startsWith("INVITE"));
    const field = (name: string) => headerOf(second, name) as string;
    world.receive(
      "caller",
      "callee",
      `SIP/2.0 491 Request Pending\r\nVia: ${field("Via")}\r\nFrom: ${field("From")}\r\nTo: ${field("To")}\r\nCall-ID: ${field("Call-ID")}\r\nCSeq: ${field("CSeq")}\r\nContent-Length: 0\r\n\r\n`,
    );
    world.loses = () => true;
    world.advance(5_000);
    const third = lastSent(world, "caller", "INVITE");
    expect(headerOf(third, "CSeq")).not.toBe(field("CSeq"));
    expect(partsOf(third?.text)).toEqual(BOTH);
  });

  it("are read in an answer, where the description is one of several", () => {
    const { world, call } = pair();
    world.loses = ({ from }) => from === "caller";
    call();
    const body = "--x\r\nContent-Type: application/sdp\r\n\r\nv=0 answer\r\n--x\r\nContent-Type: text/plain\r\n\r\nhello\r\n--x--\r\n";
    const answer = answerByHand(world, "t1", "200 OK", "", body).replace(
      "application/sdp\r\nContent-Length",
      "multipart/mixed;boundary=x\r\nContent-Length",
    );
    world.receive("caller", "callee", answer);
    expect(world.of("caller", "inviteAnswered")[0]?.sdp).toEqual(ANSWER);
  });

  it("are refused with 415 where one of them is unknown and may not be passed over", () => {
    const { world } = pair("udp", { accept: ["application/sdp", "multipart/mixed"] });
    const send = (disposition: string): void => {
      const body = `--x\r\nContent-Type: application/sdp\r\n\r\nv=0 offer\r\n--x\r\nContent-Type: application/isup\r\n${disposition}\r\nabc\r\n--x--\r\n`;
      const head =
        `INVITE sip:100@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK${disposition.length}\r\n` +
        `From: <sip:x@192.0.2.1>;tag=xf\r\nTo: <sip:100@192.0.2.2>\r\nCall-ID: raw${disposition.length}\r\nCSeq: 1 INVITE\r\n` +
        `Contact: <sip:x@192.0.2.1>\r\nContent-Type: multipart/mixed;boundary=x\r\nContent-Length: ${body.length}\r\n\r\n`;
      world.receive("callee", "caller", head + body);
    };
    send("");
    expect(lastSent(world, "callee", "415")).toBeDefined();
    send("Content-Disposition: signal;handling=optional\r\n");
    expect(world.of("callee", "inviteReceived")[0]?.sdp).toEqual(OFFER);
  });

  it("of an UPDATE that describes nothing are given to the application, which needn't answer it", () => {
    const { world, callee, theirs } = talking("udp", { ...knows, methods: ["UPDATE"] });
    const name = callee.dialogName(theirs);
    const [invite] = world.wire.filter((sent) => sent.line.startsWith("INVITE"));
    const body = "please";
    world.receive(
      "caller",
      "callee",
      `UPDATE sip:192.0.2.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKupdate\r\nFrom: <sip:100@192.0.2.2>;tag=${name?.localTag}\r\n` +
        `To: <sip:a@192.0.2.1>;tag=${name?.remoteTag}\r\nCall-ID: ${headerOf(invite, "Call-ID")}\r\nCSeq: 1 UPDATE\r\nContact: <sip:192.0.2.2:5060>\r\n` +
        `Content-Type: application/rs-metadata-request\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect(lastSent(world, "caller", "200")?.text).toContain("1 UPDATE");
    const [told] = world.of("caller", "bodyReceived") as readonly Named<"bodyReceived">[];
    expect(utf8Decode(told?.request.body ?? new Uint8Array())).toBe("please");
  });
});
