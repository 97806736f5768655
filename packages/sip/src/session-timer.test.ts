import { utf8Encode } from "@allo/kernel";
import { describe, expect, it } from "vitest";
import { ANSWER, answerByHand, headerOf, lastSent, methodsOf, OFFER, pair, REQUEST, ringing } from "./fixtures/world.ts";
import type { Named } from "./fixtures/world.ts";
import { sessionDelays, parseSessionExpires } from "./session-timer.ts";
import type { SipStackOptions } from "./index.ts";

const TIMED: Partial<SipStackOptions> = {
  supported: ["timer"],
  methods: ["UPDATE"],
  sessionTimer: { expiresSeconds: 1_800, minSeconds: 90 },
};

function timed(options: Partial<SipStackOptions> = TIMED) {
  const all = ringing("udp", options);
  all.world.do("callee", all.callee.inviteAccept(all.theirs, { sdp: ANSWER }));
  all.world.advance(10);
  return all;
}

describe("sip-rtp 6.2 RFC 4028: session timers", () => {
  it("are asked for with 1800 s and at least 90, agreed in the 2xx, and the caller refreshes at half of it by UPDATE", () => {
    const { world } = timed();
    expect(headerOf(world.wire[0], "Session-Expires")).toBe("1800");
    expect(headerOf(world.wire[0], "Min-SE")).toBe("90");
    const accepted = lastSent(world, "callee", "200");
    expect([headerOf(accepted, "Session-Expires"), headerOf(accepted, "Require")]).toEqual(["1800;refresher=uac", "timer"]);
    world.advance(899_000);
    expect(methodsOf(world, "caller")).toEqual(["INVITE", "ACK"]);
    world.advance(2_000);
    const update = lastSent(world, "caller", "UPDATE");
    expect(headerOf(update, "Session-Expires")).toBe("1800;refresher=uac");
    expect(update?.text).not.toContain("Content-Type");
    world.advance(10 * 3_600_000);
    expect(world.wire.filter((sent) => sent.line.startsWith("UPDATE")).length).toBeGreaterThan(35);
    expect(world.wire.some((sent) => sent.line.startsWith("BYE"))).toBe(false);
    expect(world.of("callee", "requestReceived")).toEqual([]);
  });

  it("that nobody refreshes end by BYE of the other side a third of the interval, at most 32 s, before the end", () => {
    const { world, theirs } = timed();
    const agreedAt = world.now;
    world.loses = (sent) => sent.from === "caller" && sent.at > agreedAt;
    world.advance(1_800_000);
    expect(world.of("callee", "dialogEnded")).toMatchObject([{ dialogId: theirs, cause: "sessionExpired" }]);
    const bye = world.wire.find((sent) => sent.from === "callee" && sent.line.startsWith("BYE"))?.at ?? 0;
    expect(bye - agreedAt).toBeGreaterThanOrEqual(1_767_900);
    expect(bye - agreedAt).toBeLessThanOrEqual(1_768_010);
    expect([sessionDelays(90, false).expireMs, sessionDelays(1_800, false).expireMs, sessionDelays(90, true)]).toEqual([
      60_000,
      1_768_000,
      { refreshMs: 45_000, expireMs: 90_000 },
    ]);
  });

  it("are refreshed by a re-INVITE with the same description where the peer allows no UPDATE, and that is answered 200 without the application", () => {
    const { world } = timed({ ...TIMED, methods: [] });
    world.advance(901_000);
    const again = world.wire.findLast((sent) => sent.from === "caller" && sent.line.startsWith("INVITE"));
    expect(again?.text.endsWith("v=0 offer")).toBe(true);
    expect(methodsOf(world, "caller")).toEqual(["INVITE", "ACK", "INVITE", "ACK"]);
    expect(lastSent(world, "callee", "200")?.text.endsWith("v=0 answer")).toBe(true);
    expect(world.of("callee", "reInviteReceived")).toEqual([]);
    expect(world.of("caller", "inviteAnswered")).toHaveLength(1);
    world.advance(4 * 3_600_000);
    expect(world.of("caller", "dialogEnded")).toEqual([]);
  });

  it("shorter than we allow are refused 422 with Min-SE, and a caller tries again with that, same Call-ID and next CSeq", () => {
    const world = pair("udp", TIMED).world;
    const callee = world.add("strict", "192.0.2.3", { ...TIMED, sessionTimer: { expiresSeconds: 7_200, minSeconds: 3_600 } });
    const caller = world.stacks.get("caller");
    const fields = { target: "sip:1@192.0.2.3", from: "<sip:a@192.0.2.1>", to: "<sip:1@192.0.2.3>", sdp: OFFER };
    world.do("caller", caller?.inviteSend({ flow: world.flow("caller", "strict"), ...fields }) as never);
    world.advance(10);
    const [first, second] = world.wire.filter((sent) => sent.line.startsWith("INVITE"));
    expect(headerOf(lastSent(world, "strict", "422"), "Min-SE")).toBe("3600");
    expect([headerOf(second, "Session-Expires"), headerOf(second, "Min-SE")]).toEqual(["3600", "3600"]);
    expect(headerOf(second, "Call-ID")).toBe(headerOf(first, "Call-ID"));
    expect(Number.parseInt(headerOf(second, "CSeq") ?? "")).toBe(Number.parseInt(headerOf(first, "CSeq") ?? "") + 1);
    const invited = world.of("strict", "inviteReceived");
    expect(invited).toHaveLength(1);
    world.do("strict", callee.inviteAccept((invited[0] as Named<"inviteReceived">).dialogId, { sdp: ANSWER }));
    world.advance(10);
    expect(world.of("caller", "inviteAnswered")).toHaveLength(1);
  });

  it("with 422 over and over give up after three tries", () => {
    const { world, call } = pair("udp", TIMED);
    world.loses = () => true;
    call();
    for (let tries = 0; tries < 6; tries += 1) {
      const invite = world.wire.findLast((sent) => sent.line.startsWith("INVITE"));
      const text = answerByHand(world, "x", "422 Too Small", `Min-SE: ${2_000 + 100 * tries}\r\n`)
        .replace(/^Via: .*$/m, `Via: ${headerOf(invite, "Via")}`)
        .replace(/^CSeq: .*$/m, `CSeq: ${headerOf(invite, "CSeq")}`);
      world.receive("caller", "callee", text);
    }
    expect(world.wire.filter((sent) => sent.line.startsWith("INVITE"))).toHaveLength(4);
    expect(world.of("caller", "inviteRejected")).toMatchObject([{ status: 422 }]);
  });

  it("of 60 s, as some clients ask, are refused 422 Min-SE 90", () => {
    const { world } = pair("udp", TIMED);
    world.receive("callee", "nobody", REQUEST("INVITE", "Contact: <sip:x@192.0.2.99>\r\nSupported: timer\r\nSession-Expires: 60\r\n"));
    expect(headerOf(lastSent(world, "callee", "422"), "Min-SE")).toBe("90");
    expect(world.of("callee", "inviteReceived")).toEqual([]);
  });

  it("that were not asked for do not start: a 2xx with Session-Expires to an INVITE without timer support", () => {
    const { world, caller, call } = pair("udp", {});
    world.loses = () => true;
    call();
    world.receive("caller", "callee", answerByHand(world, "t", "200 OK", "Session-Expires: 90;refresher=uac\r\n", "v=0 a"));
    const armed = world.armed;
    world.advance(3_600_000);
    expect(armed).toBeGreaterThan(0);
    expect(world.wire.some((sent) => sent.line.startsWith("BYE") || sent.line.startsWith("UPDATE"))).toBe(false);
    expect(caller.counts().dialogs).toBe(1);
  });

  it("asked for by a proxy of a caller who does not know them make us the refresher, without Require", () => {
    const { world, callee } = pair("udp", TIMED);
    world.receive("callee", "nobody", REQUEST("INVITE", "Contact: <sip:x@192.0.2.99>\r\nSession-Expires: 600\r\nAllow: UPDATE\r\n"));
    const { dialogId } = world.of("callee", "inviteReceived")[0] as Named<"inviteReceived">;
    world.do("callee", callee.inviteAccept(dialogId, { sdp: ANSWER }));
    const accepted = lastSent(world, "callee", "200");
    expect([headerOf(accepted, "Session-Expires"), headerOf(accepted, "Require")]).toEqual(["600;refresher=uas", null]);
  });

  it("not asked for by a caller who knows them are kept by us: he owes no refresh, and is asked by his own UPDATE whether he is there", () => {
    const { world, callee } = pair("udp", TIMED);
    world.receive("callee", "nobody", REQUEST("INVITE", "Contact: <sip:x@192.0.2.99>\r\nSupported: timer\r\nAllow: UPDATE\r\n"));
    const { dialogId } = world.of("callee", "inviteReceived")[0] as Named<"inviteReceived">;
    world.do("callee", callee.inviteAccept(dialogId, { sdp: ANSWER }));
    const accepted = lastSent(world, "callee", "200");
    expect([headerOf(accepted, "Session-Expires"), headerOf(accepted, "Require")]).toEqual(["1800;refresher=uas", null]);
    const tag = /;tag=([^\r]+)/.exec(headerOf(accepted, "To") ?? "")?.[1];
    world.receive("callee", "nobody", REQUEST("ACK", "", { to: `;tag=${tag}`, branch: "z9hG4bKack" }));
    world.advance(901_000);
    expect(lastSent(world, "callee", "UPDATE")?.line).toBe("UPDATE sip:x@192.0.2.99 SIP/2.0");
    world.advance(60_000);
    expect(world.of("callee", "dialogEnded")).toMatchObject([{ cause: "peerGone" }]);
  });

  it("keep the refresher through requests of the other side: its own re-INVITE says uas where the peer refreshes", () => {
    const { world, callee, theirs } = timed();
    world.do("callee", callee.reInviteSend(theirs, { sdp: utf8Encode("v=0 change") }));
    const again = lastSent(world, "callee", "INVITE");
    expect(headerOf(again, "Session-Expires")).toBe("1800;refresher=uas");
  });

  it("whose refresh is refused 405 are refreshed by re-INVITE, and 481 ends the call", () => {
    const { world, caller, ours } = timed();
    world.loses = (sent) => sent.from === "caller" && sent.at > 1_000;
    world.advance(901_000);
    const update = lastSent(world, "caller", "UPDATE");
    const answer = (request: typeof update, status: string) =>
      `SIP/2.0 ${status}\r\n${["Via", "From", "To", "Call-ID", "CSeq"].map((name) => `${name}: ${headerOf(request, name)}\r\n`).join("")}Content-Length: 0\r\n\r\n`;
    world.receive("caller", "callee", answer(update, "405 Not Allowed"));
    const invite = lastSent(world, "caller", "INVITE");
    expect(invite?.at).toBe(world.now);
    world.receive("caller", "callee", answer(invite, "481 Gone"));
    expect(world.of("caller", "dialogEnded")).toMatchObject([{ dialogId: ours, cause: "peerGone" }]);
    expect(caller.counts().dialogs).toBe(1);
  });

  it("leave nothing armed when the call ends", () => {
    const { world, caller, ours } = timed();
    world.do("caller", caller.dialogEnd(ours));
    world.advance(60_000);
    expect(world.armed).toBe(0);
  });

  it.each([
    ["90", { seconds: 90, refresher: null }],
    ["1800;refresher=uas", { seconds: 1_800, refresher: "uas" }],
    ["1800 ; Refresher=UAC;x=1", { seconds: 1_800, refresher: "uac" }],
    ["", null],
    ["-5", null],
    ["99999999999", null],
    ["90;;", null],
  ] as const)("read Session-Expires %j", (value, expected) => {
    expect(parseSessionExpires(value)).toEqual(expected);
  });
});
