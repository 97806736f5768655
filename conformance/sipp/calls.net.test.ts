// Calls that SIPp makes and takes, by scenarios of our own, against a small user agent on the real engine and real sockets.
import { afterAll, beforeAll, describe, it } from "vitest";
import { startLossyRelay } from "@allo/testkit";
import { ack, answered, bye, hasSipp, HOLD, invite, OFFER, pause, recv, recvInto, request, response, send, sipp } from "./scenario.ts";
import { startUa } from "./ua.ts";
import type { Ua } from "./ua.ts";

let ua: Ua;
beforeAll(async () => {
  ua = await startUa();
});
afterAll(async () => {
  await ua.close();
});

const skipped = "(skipped where sipp is not installed)";
const call = (steps: readonly string[]): Promise<void> => sipp(steps, { port: ua.port });

describe.skipIf(!hasSipp)(`SIPp as the caller ${skipped}`, () => {
  it.concurrent("sip-rtp 6.1.1: gets 100 before anything else, is answered and hangs up", () =>
    call([send(invite("answer"), { repeats: true }), recv(100), recv(180), recv(200), ack(), ...bye()]));

  it.concurrent("sip-rtp 6.2 RFC 7616: is challenged, comes again with credentials and is answered", () =>
    call([
      send(invite("guarded"), { repeats: true }),
      recv(100, { optional: true }),
      recv(401, { auth: true }),
      send(request("ACK", { user: "guarded", branch: "[branch-2]", toTag: "[peer_tag_param]" })),
      send(invite("guarded", { cseq: 2, more: "[authentication]\n" }), { repeats: true }),
      recv(100, { optional: true }),
      recv(180),
      recv(200),
      ack(2),
      ...bye(3),
    ]));

  it.concurrent("sip-rtp 6.1.4: is refused, and its late ACK in the same transaction ends the repeated 486", () =>
    call([
      send(invite("busy"), { repeats: true }),
      recv(100, { optional: true }),
      recv(486),
      pause(700),
      send(request("ACK", { user: "busy", branch: "[branch-4]", toTag: "[peer_tag_param]" })),
    ]));

  it.concurrent("is redirected with 302 and a Contact", () =>
    call([
      send(invite("moved"), { repeats: true }),
      recv(100, { optional: true }),
      recv(302, { expects: [{ header: "Contact", pattern: "sip:there@" }] }),
      send(request("ACK", { user: "moved", branch: "[branch-2]", toTag: "[peer_tag_param]" })),
    ]));

  it.concurrent("cancels while it rings: 200 to the CANCEL, 487 to the INVITE", () =>
    call([
      send(invite("ring"), { repeats: true }),
      recv(100, { optional: true }),
      recv(180),
      send(request("CANCEL", { user: "ring", branch: "[branch-3]" }), { repeats: true }),
      recv(200),
      recv(487),
      send(request("ACK", { user: "ring", branch: "[branch-5]", toTag: "[peer_tag_param]" })),
    ]));

  it.concurrent("cancels what is answered already: 200 to the CANCEL, the call stands and is hung up", () =>
    call([
      send(invite("answer"), { repeats: true }),
      recv(100, { optional: true }),
      recv(180, { optional: true }),
      recv(200, { expects: [{ header: "CSeq", pattern: "INVITE" }] }),
      send(request("CANCEL", { branch: "[branch-4]" }), { repeats: true }),
      recv(200, { expects: [{ header: "CSeq", pattern: "CANCEL" }] }),
      ack(),
      ...bye(),
    ]));

  it.concurrent("hears early media before the answer", () =>
    call([
      send(invite("early"), { repeats: true }),
      recv(100, { optional: true }),
      recv(183, { expects: [{ pattern: "m=audio 40000 RTP/AVP 8" }] }),
      recv(200),
      ack(),
      ...bye(),
    ]));

  it.concurrent("sip-rtp 6.6.11: offers late: the offer is in the 200, the answer in the ACK", () =>
    call([
      send(invite("answer", { body: "" }), { repeats: true }),
      recv(100, { optional: true }),
      recv(180),
      recv(200, { expects: [{ pattern: "m=audio 40000 RTP/AVP 0 8 101" }] }),
      ack(1, OFFER),
      ...bye(),
    ]));

  it.concurrent("sip-rtp 6.6.12: requires 100rel, acknowledges the 183 by PRACK and gets a 200 that describes nothing", () =>
    call([
      send(invite("reliable", { more: "Require: 100rel\nSupported: 100rel\n" }), { repeats: true }),
      recv(100, { optional: true }),
      recvInto(183, { header: "RSeq", pattern: "[0-9]+", variable: "rseq" }),
      send(request("PRACK", { inDialog: true, cseq: 2, more: "RAck: [$rseq] 1 INVITE\n" }), { repeats: true }),
      recv(200, { expects: [{ header: "CSeq", pattern: "PRACK" }] }),
      recv(200, {
        expects: [
          { header: "CSeq", pattern: "INVITE" },
          { header: "Content-Length", pattern: " 0" },
        ],
      }),
      ack(),
      ...bye(3),
    ]));

  it.concurrent("sip-rtp 6.2 RFC 3311: holds by UPDATE and is answered recvonly, then refreshes by an empty one", () =>
    call([
      ...answered("answer"),
      send(request("UPDATE", { inDialog: true, cseq: 2, contact: true, body: HOLD }), { repeats: true }),
      recv(200, { expects: [{ pattern: "a=recvonly" }] }),
      send(request("UPDATE", { inDialog: true, cseq: 3, contact: true }), { repeats: true }),
      recv(200, { expects: [{ header: "Content-Length", pattern: " 0" }] }),
      ...bye(4),
    ]));

  it.concurrent("is held by our own UPDATE", () =>
    call([
      ...answered("updates"),
      recv("UPDATE", { expects: [{ pattern: "m=audio" }] }),
      send(response("200 OK", { contact: true, body: OFFER })),
      ...bye(),
    ]));

  it.concurrent("sip-rtp 6.6.4: refreshes by a re-INVITE that changes nothing and gets the same description back", () =>
    call([
      ...answered("answer"),
      send(request("INVITE", { inDialog: true, cseq: 2, contact: true, body: OFFER }), { repeats: true }),
      recv(100, { optional: true }),
      recv(200, { expects: [{ pattern: "o=- 7 1 IN" }] }),
      ack(2),
      ...bye(3),
    ]));

  it.concurrent("sip-rtp 6.1 glare: both re-INVITE at once, each gets 491, and ours comes again", () =>
    call([
      ...answered("glare"),
      recv("INVITE"),
      send(response("491 Request Pending")),
      recv("ACK"),
      recv("INVITE", { timeoutMs: 5_000 }),
      send(request("INVITE", { inDialog: true, cseq: 5, contact: true, body: OFFER, branch: "[branch]" })),
      recv(491),
      send(request("ACK", { inDialog: true, cseq: 5, branch: "[branch-2]" })),
      pause(100),
      ...bye(6),
    ]));

  it.concurrent("is hung up by us at the moment it hangs up: each BYE is answered 200", () =>
    call([...answered("hangup"), recv("BYE"), send(request("BYE", { inDialog: true, cseq: 2 })), recv(200)]));

  it.concurrent("sip-rtp 6.2 RFC 3515: transfers by REFER and hears 100, 180 and 200 by NOTIFY", () => {
    const notified = (pattern: string, state: string) => [
      recv("NOTIFY", { expects: [{ pattern }, { header: "Subscription-State", pattern: state }] }),
      send(response("200 OK")),
    ];
    return call([
      ...answered("answer"),
      send(request("REFER", { inDialog: true, cseq: 2, contact: true, more: "Refer-To: <sip:200@127.0.0.1>\n" }), { repeats: true }),
      recv(202),
      ...notified("SIP/2.0 100", "active"),
      ...notified("SIP/2.0 180", "active"),
      ...notified("SIP/2.0 200", "terminated"),
      ...bye(3),
    ]);
  });

  it.concurrent("is transferred by our REFER and tells of it", () => {
    const notify = (cseq: number, status: string, state: string) => [
      send(
        request("NOTIFY", {
          inDialog: true,
          cseq,
          contact: true,
          more: `Event: refer\nSubscription-State: ${state}\n`,
          type: "message/sipfrag",
          body: `SIP/2.0 ${status}\n`,
        }),
        { repeats: true },
      ),
      recv(200),
    ];
    return call([
      ...answered("transfers"),
      recv("REFER", { expects: [{ header: "Refer-To", pattern: "sip:200@127.0.0.1" }] }),
      send(response("202 Accepted", { contact: true })),
      ...notify(2, "100 Trying", "active;expires=60"),
      ...notify(3, "200 OK", "terminated;reason=noresource"),
      ...bye(4),
    ]);
  });

  it.concurrent("sip-rtp 6.2 RFC 3891: replaces a call that does not exist: 481", () =>
    call([
      send(invite("answer", { more: "Require: replaces\nReplaces: gone@nowhere;to-tag=1;from-tag=2\n" }), { repeats: true }),
      recv(100, { optional: true }),
      recv(481),
      send(request("ACK", { branch: "[branch-2]", toTag: "[peer_tag_param]" })),
    ]));

  it.concurrent("sip-rtp 6.1.8: with Max-Forwards 0 gets 483", () =>
    call([
      send(request("INVITE", { contact: true, body: OFFER, maxForwards: 0 }), { repeats: true }),
      recv(100, { optional: true }),
      recv(483),
      send(request("ACK", { branch: "[branch-2]", toTag: "[peer_tag_param]" })),
    ]));

  it.concurrent("sip-rtp 6.1.14: with 9 KiB of headers in one datagram is answered", () =>
    call([
      ...answered("answer", `${Array.from({ length: 9 }, (_, index) => `X-Long-${index}: ${"x".repeat(1_000)}\n`).join("")}`),
      ...bye(),
    ]));

  it.concurrent("sip-rtp 6.6.18: offers T.38 alone and gets 488", () =>
    call([
      send(invite("answer", { body: OFFER.replace(/m=audio[^]*/, "m=image 6000 udptl t38\n") }), { repeats: true }),
      recv(100, { optional: true }),
      recv(488),
      send(request("ACK", { branch: "[branch-2]", toTag: "[peer_tag_param]" })),
    ]));

  it.concurrent("sip-rtp 6.6.8: pings with OPTIONS and gets 200 with Allow", () =>
    call([
      send(request("OPTIONS", {}), { repeats: true }),
      recv(200, { expects: [{ header: "Allow", pattern: "INVITE, ACK, CANCEL, BYE, OPTIONS" }] }),
    ]));

  it.concurrent("gets a digit from us by INFO", () =>
    call([...answered("digits"), recv("INFO", { expects: [{ pattern: "Signal=5" }] }), send(response("200 OK")), ...bye()]));

  it.concurrent("sip-rtp 6.1.2: loses a fifth of all datagrams both ways, has others doubled and late, and all its calls come through", async ({
    expect,
  }) => {
    const impairment = { loss: 0.2, duplicate: 0.1, reorder: 0.2, reorderMs: 30, jitterMs: 10 };
    const relay = await startLossyRelay({
      target: { address: "127.0.0.1", port: ua.port },
      seed: "sipp",
      towardsTarget: impairment,
      towardsPeer: impairment,
    });
    const tolerant = [
      send(invite("answer"), { repeats: true }),
      recv(100, { optional: true }),
      recv(180, { optional: true }),
      recv(200, { timeoutMs: 15_000 }),
      ack(),
      ...bye(),
    ];
    await sipp(tolerant, { port: relay.port, calls: 12, rate: 12 });
    expect(relay.counts().lost).toBeGreaterThan(5);
    await relay.close();
  });
});

describe.skipIf(!hasSipp)(`SIPp as the callee ${skipped}`, () => {
  /** Runs the scenario and calls it once its socket stands. */
  const callee = (steps: readonly string[], from: Ua, fields: Partial<Parameters<Ua["call"]>[0]> = {}): Promise<void> =>
    sipp(steps, { onPort: (port) => from.call({ port, ...fields }) });

  it.concurrent("forks: two branches answer, the first is kept, the other acknowledged and ended", async ({ expect }) => {
    const own = await startUa();
    await callee(
      [
        recv("INVITE"),
        send(response("180 Ringing", { tag: "one", contact: true })),
        send(response("180 Ringing", { tag: "two", contact: true })),
        send(response("200 OK", { tag: "one", contact: true, body: OFFER })),
        send(response("200 OK", { tag: "two", contact: true, body: OFFER })),
        // An ACK that comes while SIPp still sends is not seen by it.
        recv("ACK", { optional: true }),
        recv("ACK", { optional: true }),
        recv("BYE", { expects: [{ header: "To", pattern: "tag=two" }] }),
        send(response("200 OK")),
      ],
      own,
    );
    expect(own.of("inviteAnswered")).toHaveLength(1);
    await own.close();
  });

  it.concurrent("answers reliably: our PRACK names it, and the 200 after it describes nothing", async ({ expect }) => {
    const own = await startUa();
    await callee(
      [
        recv("INVITE", { expects: [{ header: "Supported", pattern: "100rel" }] }),
        send(response("183 Session Progress", { tag: "one", contact: true, more: "Require: 100rel\nRSeq: 41\n", body: OFFER })),
        recv("PRACK", { expects: [{ header: "RAck", pattern: "41 [0-9]+ INVITE" }] }),
        send(response("200 OK")),
        pause(50),
      ],
      own,
    );
    expect(own.of("inviteProgressed")).toHaveLength(1);
    await own.close();
  });

  it.concurrent("wants a longer session (422) and gets the INVITE again with it", async ({ expect }) => {
    const own = await startUa({ stack: { supported: ["timer"], sessionTimer: { expiresSeconds: 300, minSeconds: 90 } } });
    await callee(
      [
        recv("INVITE", { expects: [{ header: "Session-Expires", pattern: "300" }] }),
        send(response("422 Session Interval Too Small", { tag: "s", more: "Min-SE: 600\n" })),
        recv("ACK"),
        recv("INVITE", {
          expects: [
            { header: "Session-Expires", pattern: "600" },
            { header: "Min-SE", pattern: "600" },
          ],
        }),
        send(response("486 Busy Here", { tag: "s" })),
        recv("ACK"),
      ],
      own,
    );
    await expect.poll(() => own.of("inviteRejected").map((event) => event.status)).toEqual([486]);
    await own.close();
  });

  it.concurrent("agrees on a session of 90 s that we refresh by UPDATE, then refreshes no more and is hung up (all timers 100 times as fast)", async ({
    expect,
  }) => {
    const own = await startUa({
      hurry: 100,
      stack: { supported: ["timer"], T1Ms: 50_000, T2Ms: 400_000, sessionTimer: { expiresSeconds: 90, minSeconds: 90 } },
    });
    const more = "Require: timer\nSession-Expires: 90;refresher=uac\nAllow: INVITE, ACK, BYE, CANCEL, UPDATE\n";
    await callee(
      [
        recv("INVITE"),
        send(response("200 OK", { tag: "t", contact: true, more, body: OFFER })),
        recv("ACK"),
        recv("UPDATE", { expects: [{ header: "Session-Expires", pattern: "90;refresher=uac" }] }),
        send(response("200 OK", { contact: true, more: more.replace("=uac", "=uas") })),
        recv("BYE", { timeoutMs: 3_000 }),
        send(response("200 OK")),
      ],
      own,
    );
    await expect.poll(() => own.of("dialogEnded").map((event) => event.cause)).toEqual(["sessionExpired"]);
    await own.close();
  });

  it.concurrent("is cancelled while it rings, and a 200 that crosses is acknowledged and ended", async ({ expect }) => {
    const own = await startUa();
    let handle = "";
    const run = sipp(
      [
        recv("INVITE"),
        send(response("180 Ringing", { tag: "c", contact: true })),
        recv("CANCEL", { timeoutMs: 5_000 }),
        send(response("200 OK")),
        pause(10),
      ],
      { onPort: (port) => (handle = own.call({ port })) },
    );
    await expect.poll(() => own.of("inviteProgressed").length).toBe(1);
    own.run(own.stack.inviteCancel(handle));
    await run;
    await own.close();
  });

  it.concurrent("offers late and has its answer in our ACK", async () => {
    const own = await startUa();
    await callee(
      [
        recv("INVITE", { expects: [{ header: "Content-Length", pattern: " 0" }] }),
        send(response("200 OK", { tag: "l", contact: true, body: OFFER })),
        recv("ACK", { expects: [{ pattern: "m=audio 40000 RTP/AVP 8 101" }] }),
      ],
      own,
      { sdp: null },
    );
    await own.close();
  });

  it.concurrent("is given up by the time that its trunk allows, not by 64·T1", async ({ expect }) => {
    const own = await startUa();
    const began = performance.now();
    await sipp([recv("INVITE"), pause(700)], {
      onPort: (port) => own.call({ port, timing: { T1Ms: 100, giveUpMs: 400 } }),
    });
    await expect.poll(() => own.of("inviteRejected").map((event) => event.cause)).toEqual(["timeout"]);
    expect(performance.now() - began).toBeLessThan(8_000);
    await own.close();
  });
});
