import { createHash } from "node:crypto";
import { createPrng, utf8Decode, utf8Encode } from "@allo/kernel";
import type { Hash } from "@allo/kernel";
import { describe, expect, it } from "vitest";
import { createDigestClient, createSipStack, headerAll, headerGet, parseMessage } from "./index.ts";
import type { SipCommand, SipFlow, SipRequest, SipUserEvent } from "./index.ts";

const hash: Hash = {
  md5Hex: (text) => createHash("md5").update(text).digest("hex"),
  sha256Hex: (text) => createHash("sha256").update(text).digest("hex"),
};
const flow: SipFlow = {
  id: "udp",
  transport: "udp",
  local: { address: "192.0.2.1", port: 5060 },
  remote: { address: "192.0.2.2", port: 5060 },
};
const MD5 = 'Digest realm="carrier.example", nonce="n1", qop="auth", algorithm=MD5';
const SHA = 'Digest realm="carrier.example", nonce="n2", qop="auth", algorithm=SHA-256';

/** Our stack against a carrier that the test plays by hand. */
function trunk(realm: string | null = "carrier.example") {
  let serial = 0;
  const stack = createSipStack({ ids: { next: (prefix) => `${prefix}${(serial += 1)}` }, prng: createPrng("seed") });
  const sent: SipRequest[] = [];
  const events: SipUserEvent[] = [];
  const run = (commands: readonly SipCommand[]): void => {
    for (const command of commands) {
      if (command.kind === "emit") events.push(command.event);
      else if (command.kind === "sendBytes") {
        const parsed = parseMessage(command.bytes);
        if (parsed.ok && parsed.message.kind === "request") sent.push(parsed.message);
      }
    }
  };
  const authenticate = createDigestClient({ hash, newCnonce: () => `c${(serial += 1)}`, user: "4930", password: "pw", realm });
  const answer = (request: SipRequest, status: number, headers: readonly string[] = []): void => {
    const text = [
      `SIP/2.0 ${status} Any`,
      ...headerAll(request, "Via").map((value) => `Via: ${value}`),
      `From: ${headerGet(request, "From") ?? ""}`,
      `To: ${headerGet(request, "To") ?? ""};tag=peer`,
      `Call-ID: ${request.callId}`,
      `CSeq: ${request.cseq.number} ${request.method}`,
      ...headers,
      "Content-Length: 0",
      "",
      "",
    ].join("\r\n");
    run(stack.handle({ kind: "messageReceived", at: 0, flow, bytes: utf8Encode(text) }));
  };
  return {
    stack,
    sent,
    events,
    run,
    answer,
    authenticate,
    of: (method: string) => sent.filter((request) => request.method === method),
    call: () => {
      const result = stack.inviteSend({
        flow,
        target: "sip:+49301@carrier.example",
        from: "<sip:4930@carrier.example>",
        to: "<sip:+49301@carrier.example>",
        sdp: utf8Encode("v=0"),
        authenticate,
      });
      run(result.commands);
      return result.handle as string;
    },
  };
}

describe("a challenged INVITE", () => {
  it("sip-rtp 6.2 RFC 7616: is sent again with the first challenge that we support, a new branch, CSeq+1, and under the same handle", () => {
    const carrier = trunk();
    const handle = carrier.call();
    const first = carrier.sent[0] as SipRequest;
    carrier.answer(first, 407, [
      'Proxy-Authenticate: Digest realm="carrier.example", nonce="n0", qop="auth", algorithm=SHA-512-256',
      `Proxy-Authenticate: ${SHA}`,
      `Proxy-Authenticate: ${MD5}`,
    ]);
    const [, second] = carrier.of("INVITE") as [SipRequest, SipRequest];
    expect(headerGet(second, "Proxy-Authorization")).toContain("algorithm=SHA-256, qop=auth, nc=00000001");
    expect(second.callId).toBe(first.callId);
    expect(second.cseq.number).toBe(first.cseq.number + 1);
    expect(headerGet(second, "Via")).not.toBe(headerGet(first, "Via"));
    expect(headerGet(second, "From")).toBe(headerGet(first, "From"));
    expect(utf8Decode(second.body)).toBe("v=0");
    expect(carrier.of("ACK")).toHaveLength(1);
    carrier.answer(second, 200, ["Contact: <sip:gw@192.0.2.2>"]);
    expect(carrier.events.map((event) => event.kind)).toEqual(["inviteAnswered"]);
    expect(carrier.events[0]).toMatchObject({ dialogId: handle });
    // RFC 3261 §13.2.2.4
    expect(headerGet(carrier.of("ACK")[1] as SipRequest, "Proxy-Authorization")).toBe(headerGet(second, "Proxy-Authorization"));
  });

  it("goes through a proxy and a server that each ask, and once more where a nonce has aged", () => {
    const carrier = trunk(null);
    carrier.call();
    carrier.answer(carrier.sent[0] as SipRequest, 407, [`Proxy-Authenticate: ${MD5}`]);
    carrier.answer(carrier.of("INVITE")[1] as SipRequest, 401, ['WWW-Authenticate: Digest realm="inner", nonce="n5"']);
    const third = carrier.of("INVITE")[2] as SipRequest;
    expect(headerGet(third, "Proxy-Authorization")).toContain('realm="carrier.example"');
    expect(headerGet(third, "Authorization")).toContain('realm="inner"');
    carrier.answer(third, 407, [`Proxy-Authenticate: ${MD5.replace("n1", "n9")}, stale=true`]);
    expect(headerGet(carrier.of("INVITE")[3] as SipRequest, "Proxy-Authorization")).toContain('nonce="n9"');
  });

  it("is given up where the password was wrong, where the realm is a stranger's, and where it was cancelled meanwhile", () => {
    const wrong = trunk();
    wrong.call();
    wrong.answer(wrong.sent[0] as SipRequest, 401, [`WWW-Authenticate: ${MD5}`]);
    wrong.answer(wrong.of("INVITE")[1] as SipRequest, 401, [`WWW-Authenticate: ${MD5}`]);
    expect(wrong.of("INVITE")).toHaveLength(2);
    expect(wrong.events).toMatchObject([{ kind: "inviteRejected", status: 401 }]);

    const stranger = trunk();
    stranger.call();
    stranger.answer(stranger.sent[0] as SipRequest, 401, ['WWW-Authenticate: Digest realm="stranger", nonce="x"']);
    expect(stranger.of("INVITE")).toHaveLength(1);

    const cancelled = trunk();
    const handle = cancelled.call();
    cancelled.run(cancelled.stack.inviteCancel(handle).commands);
    cancelled.answer(cancelled.sent[0] as SipRequest, 401, [`WWW-Authenticate: ${MD5}`]);
    expect(cancelled.of("INVITE")).toHaveLength(1);
  });

  it("tells nobody the password who challenges a BYE", () => {
    const carrier = trunk();
    const handle = carrier.call();
    carrier.answer(carrier.sent[0] as SipRequest, 200, ["Contact: <sip:gw@192.0.2.2>"]);
    carrier.run(carrier.stack.dialogEnd(handle).commands);
    carrier.answer(carrier.of("BYE")[0] as SipRequest, 407, [`Proxy-Authenticate: ${MD5}`]);
    expect(carrier.of("BYE")).toHaveLength(1);
    expect(headerGet(carrier.of("BYE")[0] as SipRequest, "Proxy-Authorization")).toBeNull();
  });
});

describe("a challenged REGISTER", () => {
  it("is sent again and answered under the id that it was sent with; a nonce that comes again is counted on", () => {
    const carrier = trunk();
    const register = () => {
      const result = carrier.stack.requestSend({
        method: "REGISTER",
        flow,
        target: "sip:carrier.example",
        from: "<sip:4930@carrier.example>",
        to: "<sip:4930@carrier.example>",
        authenticate: carrier.authenticate,
      });
      carrier.run(result.commands);
      return result.handle;
    };
    const handle = register();
    carrier.answer(carrier.sent[0] as SipRequest, 401, [`WWW-Authenticate: ${MD5}`]);
    carrier.answer(carrier.sent[1] as SipRequest, 200);
    expect(carrier.events).toMatchObject([{ kind: "requestAnswered", transactionId: handle, response: { status: 200 } }]);
    register();
    carrier.answer(carrier.sent[2] as SipRequest, 401, [`WWW-Authenticate: ${MD5}`]);
    expect(headerGet(carrier.sent[3] as SipRequest, "Authorization")).toContain("nc=00000002");
  });
});

describe("a trunk's habits", () => {
  it("sip-rtp 6.6.3: keep one Contact, and send in-dialog requests to the source where the peer's Contact is private", () => {
    const carrier = trunk();
    const result = carrier.stack.inviteSend({
      flow,
      target: "sip:1@carrier.example",
      from: "<sip:4930@carrier.example>",
      to: "<sip:1@carrier.example>",
      sdp: utf8Encode("v=0"),
      contact: "<sip:4930@203.0.113.9:5060;line=abc>",
      inDialogTarget: "source",
      timing: { giveUpMs: 4_000 },
    });
    carrier.run(result.commands);
    expect(headerGet(carrier.sent[0] as SipRequest, "Contact")).toBe("<sip:4930@203.0.113.9:5060;line=abc>");
    expect(result.commands).toContainEqual(expect.objectContaining({ kind: "armTimer", afterMs: 4_000 }));
    carrier.answer(carrier.sent[0] as SipRequest, 200, ["Contact: <sip:gw@10.0.0.7>"]);
    const ended = carrier.stack.dialogEnd(result.handle as string);
    expect(ended.commands).toContainEqual(expect.objectContaining({ kind: "sendBytes", to: flow.remote }));
  });
});
