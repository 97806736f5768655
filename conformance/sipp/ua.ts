// A user agent as small as can be on the real engine and real sockets. What it does with a call is said by the user part that was dialled.
import { createHash, createHmac, randomBytes } from "node:crypto";
import { createPrng, utf8Encode } from "@allo/kernel";
import { createFlowHub, createSipEndpoint } from "@allo/node-net";
import { createAnswer, createOffer, parseSdp, readAudio } from "@allo/sdp";
import { createDigestServer, createSipStack, digestCredentials, parseUri } from "@allo/sip";
import type { InviteFields, SipCallResult, SipStackOptions, SipUserEvent } from "@allo/sip";

export const USER = "sipp";
export const PASSWORD = "a-long-password-of-a-peer";
const SDP = "application/sdp";
const hash = (algorithm: string) => (text: string) => createHash(algorithm).update(text).digest("hex");
const hashes = { md5Hex: hash("md5"), sha256Hex: hash("sha256") };

type Invite = Extract<SipUserEvent, { kind: "inviteReceived" }>;

/** What it does once a call stands, by the name dialled; "answer" does nothing more. */
export type Ua = {
  readonly port: number;
  readonly events: SipUserEvent[];
  readonly of: <K extends SipUserEvent["kind"]>(kind: K) => Extract<SipUserEvent, { kind: K }>[];
  readonly counts: () => { readonly serverTransactions: number; readonly clientTransactions: number; readonly dialogs: number };
  readonly tcpPort: number;
  /** Calls a peer on loopback; null in `sdp` asks for its offer. */
  readonly call: (fields: { readonly port: number } & Partial<InviteFields>) => string;
  readonly stack: ReturnType<typeof createSipStack>;
  readonly run: (result: SipCallResult) => void;
  readonly close: () => Promise<void>;
};

/** `hurry` divides every timer of the engine: a session of 90 s is over in less than one with 100. */
export async function startUa(options: { readonly stack?: Partial<SipStackOptions>; readonly hurry?: number } = {}): Promise<Ua> {
  let serial = 0;
  const hurry = options.hurry ?? 1;
  const clock = { now: () => performance.now() };
  const stack = createSipStack({
    ids: { next: (prefix) => `${prefix}${(serial += 1)}-${randomBytes(8).toString("hex")}` },
    prng: createPrng("sipp"),
    supported: ["100rel", "replaces", "norefersub"],
    methods: ["UPDATE", "INFO", "REFER"],
    ...options.stack,
  });
  const key = randomBytes(32);
  const digest = createDigestServer({
    hash: hashes,
    hmac: (message) => createHmac("sha256", key).update(message).digest(),
    realm: "allo",
    // SIPp knows no other.
    algorithms: ["MD5"],
  });
  const credentials = digestCredentials(hashes, { user: USER, realm: "allo", password: PASSWORD });
  const events: SipUserEvent[] = [];
  const dialled = new Map<string, string>();

  const hub = createFlowHub({
    onMessage: (flow, bytes) => endpoint.receive(flow, bytes),
    onFlowClosed: (flow) => endpoint.flowClosed(flow.id),
  });
  const endpoint = createSipEndpoint({
    stack,
    clock,
    arm: (afterMs, ring) => {
      const timer = setTimeout(ring, afterMs / hurry);
      return () => clearTimeout(timer);
    },
    sendBytes: (flowId, to, bytes) => void hub.send(flowId, to, bytes),
    onEvent: (event) => {
      events.push(event);
      heed(event);
    },
  });
  const udp = await hub.listenUdp({ address: "127.0.0.1", port: 0 });
  const tcp = await hub.listenTcp({ address: "127.0.0.1", port: 0 });
  const offer = (version: number): Uint8Array =>
    createOffer({ origin: { sessionId: "7", version, address: "127.0.0.1" }, port: 40_000, direction: "sendrecv" });
  const answerTo = (sdp: Uint8Array | null): Uint8Array | null => {
    if (sdp === null) return offer(1);
    const parsed = parseSdp(sdp);
    const read = parsed.ok ? readAudio(parsed.session) : null;
    if (!parsed.ok || read?.ok !== true) return null;
    return createAnswer(parsed.session, read.audio, {
      origin: { sessionId: "7", version: 1, address: "127.0.0.1" },
      port: 40_000,
      direction: "sendrecv",
    });
  };

  const incoming = (event: Invite): void => {
    const { dialogId, request } = event;
    const user = request.uri.kind === "sip" ? (request.uri.user ?? "") : "";
    dialled.set(dialogId, user);
    const sdp = answerTo(event.sdp);
    if (sdp === null) return void endpoint.run(stack.inviteReject(dialogId, { status: 488 }));
    if (user === "guarded") {
      const verdict = digest.verify({
        at: Date.now(),
        source: "sipp",
        request,
        credentials: (name) => (name === USER ? credentials : null),
      });
      if (verdict.kind === "challenged") return void endpoint.run(stack.inviteReject(dialogId, { status: 401, headers: verdict.headers }));
    }
    if (user === "busy") return void endpoint.run(stack.inviteReject(dialogId, { status: 486 }));
    if (user === "moved") {
      const headers = [{ name: "Contact", value: "<sip:there@127.0.0.1>" }];
      return void endpoint.run(stack.inviteReject(dialogId, { status: 302, headers }));
    }
    if (user === "early") endpoint.run(stack.inviteProgress(dialogId, { status: 183, sdp }));
    else if (user === "reliable") endpoint.run(stack.inviteProgress(dialogId, { status: 183, sdp, isReliable: true }));
    else endpoint.run(stack.inviteProgress(dialogId, { status: 180 }));
    if (user === "ring") return;
    endpoint.run(stack.inviteAccept(dialogId, { sdp }));
    if (event.replaces !== null) endpoint.run(stack.dialogEnd(event.replaces));
  };

  const heed = (event: SipUserEvent): void => {
    switch (event.kind) {
      case "inviteReceived":
        return incoming(event);
      case "ackReceived": {
        const user = dialled.get(event.dialogId);
        if (user === "hangup") endpoint.run(stack.dialogEnd(event.dialogId));
        if (user === "glare" && !dialled.has(`${event.dialogId} once`)) {
          dialled.set(`${event.dialogId} once`, "");
          endpoint.run(stack.reInviteSend(event.dialogId, { sdp: offer(2) }));
        }
        if (user === "transfers") endpoint.send(stack.referSend(event.dialogId, { target: parseUri("sip:200@127.0.0.1") as never }));
        if (user === "updates") endpoint.run(stack.updateSend(event.dialogId, { sdp: offer(2) }));
        if (user === "digits") {
          const body = { contentType: "application/dtmf-relay", bytes: utf8Encode("Signal=5\r\nDuration=160\r\n") };
          endpoint.send(stack.dialogRequestSend(event.dialogId, { method: "INFO", body }));
        }
        return;
      }
      case "reInviteReceived":
      case "requestReceived": {
        const { request, transactionId } = event;
        const sdp = request.method === "INFO" ? null : answerTo(request.body.length === 0 ? null : request.body);
        endpoint.run(stack.respond(transactionId, { status: 200, ...(sdp === null ? {} : { body: { contentType: SDP, bytes: sdp } }) }));
        return;
      }
      case "referReceived":
        endpoint.run(stack.respond(event.transactionId, { status: 202 }));
        endpoint.run(stack.referNotify(event.transactionId, { status: 180 }));
        endpoint.run(stack.referNotify(event.transactionId, { status: 200 }));
        return;
      case "inviteAnswered":
        if (event.ackNeeded) endpoint.run(stack.ackSend(event.dialogId, { sdp: answerTo(event.sdp) ?? offer(1) }));
        return;
      default:
        return;
    }
  };

  return {
    port: udp.local.port,
    tcpPort: tcp.local.port,
    events,
    of: (kind) => events.filter((event) => event.kind === kind) as never,
    counts: () => stack.counts(),
    stack,
    run: (result) => void endpoint.run(result),
    call: ({ port, ...fields }) => {
      const flow = hub.udpFlow(udp.id, { address: "127.0.0.1", port });
      if (flow === null) throw new Error("no flow");
      const invite = {
        flow,
        target: `sip:sipp@127.0.0.1:${port}`,
        from: "<sip:allo@127.0.0.1>",
        to: "<sip:sipp@127.0.0.1>",
        sdp: offer(1),
        ...fields,
      };
      const handle = endpoint.send(stack.inviteSend(invite));
      if (handle === null) throw new Error("not sent");
      return handle;
    },
    close: async () => {
      endpoint.close();
      await hub.close();
    },
  };
}
