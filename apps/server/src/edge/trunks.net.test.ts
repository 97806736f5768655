// Trunks over real sockets: carriers are SIP stacks of the test's own, whose behaviour each test says.
import { createHash, createHmac, randomBytes } from "node:crypto";
import { trunkHabitDefaults, type TrunkConfig, type TrunkLogLine, type TrunkState } from "@allo/contract";
import { createPrng, utf8Encode, type Hash, type NumberId } from "@allo/kernel";
import { createFlowHub, createSipEndpoint, type SipEndpoint } from "@allo/node-net";
import {
  createDigestServer,
  createRegistrar,
  createSipStack,
  digestCredentials,
  headerGet,
  parseMessage,
  printUri,
  type SipFlow,
  type SipRequest,
  type SipUserEvent,
} from "@allo/sip";
import { pino } from "pino";
import { afterEach, describe, expect, it } from "vitest";
import type { NumberEntry } from "./admission.ts";
import type { DialEvent, DialOrder } from "./trunk-port.ts";
import { createTrunks, type Trunks } from "./trunks.ts";
import { hasSipp, OFFER, recv, response, send, sipp } from "../../../../conformance/sipp/scenario.ts";

const hash: Hash = {
  md5Hex: (text) => createHash("md5").update(text).digest("hex"),
  sha256Hex: (text) => createHash("sha256").update(text).digest("hex"),
};
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});
const ids = { next: (prefix: string) => `${prefix}_${randomBytes(10).toString("hex")}` };
const clock = { now: () => Date.now() };
const timers = {
  arm: (afterMs: number, fire: () => void) => {
    const timer = setTimeout(fire, afterMs);
    return () => clearTimeout(timer);
  },
};
const log = pino({ level: "silent" });
const ANSWER = utf8Encode("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n");

type Carrier = {
  readonly port: number;
  readonly requests: SipRequest[];
  readonly sip: SipEndpoint;
  readonly invites: Extract<SipUserEvent, { kind: "inviteReceived" }>[];
  readonly of: (method: string) => SipRequest[];
};

/** A carrier whose word on each INVITE is `onInvite`'s: a status, or 200. Undefined: it says nothing at all. */
async function carrier(options: {
  readonly onInvite?: (nth: number) => number | undefined;
  readonly onOptions?: number | undefined;
  readonly silent?: boolean;
  readonly password?: string;
  readonly transport?: "udp" | "tcp" | "both";
}): Promise<Carrier> {
  const requests: SipRequest[] = [];
  const invites: Carrier["invites"] = [];
  const digest = createDigestServer({
    hash,
    hmac: (message) => createHmac("sha256", "key").update(message).digest(),
    realm: "carrier.example",
  });
  const stored = digestCredentials(hash, { user: "4930", realm: "carrier.example", password: options.password ?? "" });
  const registrar = createRegistrar();
  const stack = createSipStack({ ids, prng: createPrng("carrier"), methods: ["REGISTER"], answersOptions: false });
  const challenge = (request: SipRequest, flow: SipFlow) =>
    options.password === undefined
      ? null
      : digest.verify({ at: clock.now(), source: flow.remote.address, request, credentials: (user) => (user === "4930" ? stored : null) });
  let nth = 0;
  const sip = createSipEndpoint({
    stack,
    clock,
    sendBytes: (flowId, to, bytes) => void hub.send(flowId, to, bytes),
    onEvent: (event) => {
      if (event.kind === "inviteReceived") {
        const verdict = challenge(event.request, event.flow);
        if (verdict?.kind === "challenged") {
          sip.run(stack.inviteReject(event.dialogId, { status: 401, headers: verdict.headers }));
          return;
        }
        invites.push(event);
        nth += 1;
        const status = options.onInvite?.(nth) ?? 200;
        if (status === 180) sip.run(stack.inviteProgress(event.dialogId, { status: 180 }));
        else if (status === 200) sip.run(stack.inviteAccept(event.dialogId, { sdp: ANSWER }));
        else sip.run(stack.inviteReject(event.dialogId, { status }));
      } else if (event.kind === "requestReceived") {
        if (event.request.method === "OPTIONS") {
          sip.run(stack.respond(event.transactionId, { status: options.onOptions ?? 200 }));
          return;
        }
        const verdict = challenge(event.request, event.flow);
        if (verdict?.kind === "challenged") {
          sip.run(stack.respond(event.transactionId, { status: 401, headers: verdict.headers }));
          return;
        }
        const answer = registrar.register({
          at: clock.now(),
          request: event.request,
          flow: event.flow,
          identity: printUri(event.request.to.uri),
        });
        sip.run(stack.respond(event.transactionId, { status: answer.status, headers: answer.headers }));
      }
    },
  });
  const hub = createFlowHub({
    onMessage: (flow, bytes) => {
      const parsed = parseMessage(bytes);
      if (parsed.ok && parsed.message.kind === "request") requests.push(parsed.message);
      if (options.silent !== true) sip.receive(flow, bytes);
    },
    onFlowClosed: (flow) => sip.flowClosed(flow.id),
  });
  const listener = await (options.transport === "tcp"
    ? hub.listenTcp({ address: "127.0.0.1", port: 0 })
    : hub.listenUdp({ address: "127.0.0.1", port: 0 }));
  if (options.transport === "both") await hub.listenTcp({ address: "127.0.0.1", port: listener.local.port });
  closers.push(async () => {
    sip.close();
    await hub.close();
  });
  return { port: listener.local.port, requests, invites, sip, of: (method) => requests.filter((each) => each.method === method) };
}

function trunkOf(ports: readonly number[], over: Partial<TrunkConfig> = {}): TrunkConfig {
  return {
    trunkId: "trk_1",
    kind: "address",
    enabled: true,
    targets: ports.map((port, index) => ({ host: "127.0.0.1", port, transport: "udp", priority: index, weight: 0 })),
    account: null,
    domain: "carrier.example",
    fromDomain: null,
    registrationSeconds: 600,
    externalAddress: null,
    networks: ["192.0.2.0/24"],
    inbound: null,
    numberIds: ["num_1" as NumberId],
    rules: { dialled: [], callerOut: [], reached: [], callerIn: [] },
    callerIds: { choice: "passThrough", numbers: [] },
    limits: { callsMax: 10, callsPerSecond: 10 },
    tls: { caPem: null, fingerprint: null },
    ...over,
    habits: { ...trunkHabitDefaults, t1Ms: 100, giveUpMs: 400, optionsSeconds: 0, ...over.habits },
  };
}

/** Our side: the trunks on a real socket. */
async function edge(config: readonly TrunkConfig[]) {
  const states = new Map<string, TrunkState>();
  const lines: TrunkLogLine[] = [];
  const stack = createSipStack({ ids, prng: createPrng("edge"), methods: ["REGISTER"], answersOptions: false });
  const sip = createSipEndpoint({
    stack,
    clock,
    sendBytes: (flowId, to, bytes) => void hub.send(flowId, to, bytes),
    onEvent: (event) => void trunks.sipEvent(event),
  });
  const hub = createFlowHub({ onMessage: (flow, bytes) => sip.receive(flow, bytes), onFlowClosed: (flow) => sip.flowClosed(flow.id) });
  const udp = await hub.listenUdp({ address: "127.0.0.1", port: 0 });
  const trunks: Trunks = createTrunks({
    clock,
    timers,
    ids,
    prng: createPrng("trunks"),
    hash,
    sip: () => sip,
    log,
    dns: {
      naptr: () => Promise.resolve({ records: [], ttlSeconds: 60 }),
      srv: () => Promise.resolve({ records: [], ttlSeconds: 60 }),
      addresses: () => Promise.resolve({ records: [], ttlSeconds: 60 }),
    },
    openFlow: async (peer) => {
      const remote = { address: peer.address, port: peer.port };
      if (peer.transport === "tcp") return await hub.connectTcp(remote);
      return hub.udpFlow(udp.id, remote) as SipFlow;
    },
    localFor: () => udp.local,
    numberFor: (dialled, numberIds) =>
      dialled === "+4930600" && numberIds.includes("num_1") ? ({ numberId: "num_1" } as unknown as NumberEntry) : null,
    isCallLive: () => true,
    probeCertificate: () => Promise.resolve(null),
    packetsOf: () => Promise.resolve({ packetsReceived: 0, packetsSent: 400 }),
    onState: (state) => states.set(state.trunkId, state),
    onLine: (_trunkId, line) => lines.push(line),
  });
  closers.push(async () => {
    await trunks.stop();
    trunks.configure([]);
    sip.close();
    await hub.close();
  });
  trunks.configure(config);
  await expect.poll(() => config.every(({ trunkId }) => (states.get(trunkId)?.targets.length ?? 0) > 0)).toBe(true);
  const dial = (over: Partial<DialOrder> = {}) => {
    const events: DialEvent[] = [];
    const dialling = trunks.dial(
      {
        legId: "leg_1",
        trunkIds: config.map(({ trunkId }) => trunkId),
        destination: "+4940123",
        callerId: { number: "+4930600", name: "Allo", isAnonymous: false },
        sdpOffer: () => utf8Encode("v=0\r\n"),
        ...over,
      },
      (event) => events.push(event),
    );
    return { ...dialling, events, kinds: () => events.map((event) => event.kind) };
  };
  return { trunks, states, lines, dial, said: () => lines.map((line) => line.what) };
}

describe("a call out", () => {
  it("rings, is answered and hung up, with the number in the carrier's form and the caller where the trunk says", async () => {
    const peer = await carrier({});
    const it = await edge([
      trunkOf([peer.port], {
        account: { user: "acct7", authUser: null, password: "x", realm: null },
        rules: {
          dialled: [{ match: "+*", strip: 1, prepend: "00" }],
          callerOut: [{ match: "+49*", strip: 3, prepend: "0" }],
          reached: [],
          callerIn: [],
        },
        habits: { ...trunkHabitDefaults, fromUserIsAccount: true, callerIdIn: ["pAssertedIdentity", "diversion"], userPhone: true },
      }),
    ]);
    const call = it.dial();
    await expect.poll(call.kinds).toEqual(["answered"]);
    const invite = peer.of("INVITE")[0] as SipRequest;
    expect(printUri(invite.uri)).toBe("sip:004940123@carrier.example;user=phone");
    expect(headerGet(invite, "From")).toContain('"Allo" <sip:acct7@carrier.example>');
    expect(headerGet(invite, "P-Asserted-Identity")).toBe('"Allo" <sip:030600@carrier.example;user=phone>');
    expect(headerGet(invite, "Diversion")).toContain("sip:030600@carrier.example");
    expect(headerGet(invite, "Contact")).toContain("line=trk_1");
    call.hangUp();
    await expect.poll(call.kinds).toEqual(["answered", "ended"]);
    expect(call.events[1]).toMatchObject({ by: "us" });
    await expect.poll(() => peer.of("BYE").length).toBe(1);
    expect(it.states.get("trk_1")?.calls).toBe(0);
  });

  it("sip-rtp 6.6.5: hides the caller who wants it, and still says to the carrier whose call it is", async () => {
    const peer = await carrier({});
    const it = await edge([trunkOf([peer.port], { habits: { ...trunkHabitDefaults, callerIdIn: ["from", "pAssertedIdentity"] } })]);
    const call = it.dial({ callerId: { number: "+4930600", name: "Allo", isAnonymous: true } });
    await expect.poll(call.kinds).toEqual(["answered"]);
    const invite = peer.of("INVITE")[0] as SipRequest;
    expect(headerGet(invite, "From")).toMatch(/^"Anonymous" <sip:anonymous@anonymous\.invalid>/);
    expect(headerGet(invite, "Privacy")).toBe("id");
    expect(headerGet(invite, "P-Asserted-Identity")).toBe("<sip:+4930600@carrier.example>");
    call.hangUp();
    await expect.poll(call.kinds).toEqual(["answered", "ended"]);
  });

  it("sip-rtp 6.6.15: goes by TCP where it would be too long for UDP, and by UDP where TCP isn't there", async () => {
    const both = await carrier({ transport: "both" });
    const habits = { ...trunkHabitDefaults, udpBytesMax: 500 };
    const it = await edge([trunkOf([both.port], { habits })]);
    const call = it.dial();
    await expect.poll(call.kinds).toEqual(["answered"]);
    expect(headerGet(both.of("INVITE")[0] as SipRequest, "Via")).toContain("SIP/2.0/TCP");
    call.hangUp();
    await expect.poll(call.kinds).toEqual(["answered", "ended"]);
    const udpOnly = await carrier({});
    const other = await edge([trunkOf([udpOnly.port], { habits })]);
    const second = other.dial();
    await expect.poll(second.kinds).toEqual(["answered"]);
    expect(headerGet(udpOnly.of("INVITE")[0] as SipRequest, "Via")).toContain("SIP/2.0/UDP");
    second.hangUp();
    await expect.poll(second.kinds).toEqual(["answered", "ended"]);
  });

  it("answers the carrier's challenge", async () => {
    const peer = await carrier({ password: "secret" });
    const it = await edge([
      trunkOf([peer.port], { account: { user: "4930", authUser: null, password: "secret", realm: "carrier.example" } }),
    ]);
    const call = it.dial();
    await expect.poll(call.kinds).toEqual(["answered"]);
    expect(peer.of("INVITE")).toHaveLength(2);
    call.hangUp();
    await expect.poll(call.kinds).toEqual(["answered", "ended"]);
  });

  it("sip-rtp 6.6.17: goes on after silence, a 503 and a closed port, to the next trunk at last, and says so in the log", async () => {
    const silent = await carrier({ silent: true });
    const busy = await carrier({ onInvite: () => 503 });
    const good = await carrier({});
    const it = await edge([
      trunkOf([silent.port, busy.port]),
      trunkOf([1, good.port], {
        trunkId: "trk_2",
        targets: [
          { host: "127.0.0.1", port: 1, transport: "tcp", priority: 0, weight: 0 },
          { host: "127.0.0.1", port: good.port, transport: "udp", priority: 1, weight: 0 },
        ],
      }),
    ]);
    const call = it.dial();
    await expect.poll(call.kinds).toEqual(["answered"]);
    expect(call.events[0]).toMatchObject({ trunkId: "trk_2" });
    expect(it.lines.filter((line) => line.what === "wentOn").map(({ status, trouble }) => status ?? trouble)).toEqual([
      "noAnswer",
      503,
      "connectionFailed",
    ]);
    // RFC 3261 §17.1.1.3: the 503 is acknowledged.
    expect(busy.of("ACK")).toHaveLength(1);
    const branches = [silent, busy, good].map((each) => headerGet(each.of("INVITE")[0] as SipRequest, "Via")?.split("branch=")[1]);
    expect(new Set(branches).size).toBe(3);
    // The one that said 503 is put aside; the silent one is tried after it has answered something.
    expect(it.states.get("trk_1")?.targets.map((target) => target.health)).toEqual(["down", "degraded"]);
    call.hangUp();
    await expect.poll(call.kinds).toEqual(["answered", "ended"]);
  });

  it.each([
    [404, "unknownNumber", 1],
    [484, "unknownNumber", 28],
    [486, "busy", 17],
    [603, "declined", 21],
  ] as const)("sip-rtp 6.6.17: ends with a %i without asking another target", async (status, why, q850) => {
    const first = await carrier({ onInvite: () => status });
    const second = await carrier({});
    const it = await edge([trunkOf([first.port, second.port])]);
    const call = it.dial();
    await expect.poll(call.kinds).toEqual(["failed"]);
    expect(call.events[0]).toEqual({ kind: "failed", cause: { why, sipStatus: status, q850, trunkId: "trk_1" } });
    expect(second.of("INVITE")).toHaveLength(0);
  });

  it("is cancelled while it rings, and before any word came", async () => {
    const ringing = await carrier({ onInvite: () => 180 });
    const it = await edge([trunkOf([ringing.port])]);
    const call = it.dial();
    await expect.poll(call.kinds).toEqual(["progressed"]);
    call.cancel();
    await expect.poll(call.kinds).toEqual(["progressed", "failed"]);
    expect(call.events[1]).toMatchObject({ cause: { why: "cancelled" } });
    await expect.poll(() => ringing.of("CANCEL").length).toBe(1);
    const early = it.dial();
    early.cancel();
    await expect.poll(early.kinds).toEqual(["failed"]);
  });

  it("sip-rtp 6.6.19: is refused here when the trunk is full or calls come too fast, and the next trunk is taken", async () => {
    const one = await carrier({});
    const two = await carrier({});
    const it = await edge([
      trunkOf([one.port], { limits: { callsMax: 1, callsPerSecond: 10 } }),
      trunkOf([two.port], { trunkId: "trk_2", limits: { callsMax: 10, callsPerSecond: 1 } }),
    ]);
    const calls = [it.dial(), it.dial(), it.dial()];
    await expect.poll(() => calls.map((call) => call.kinds()[0])).toEqual(["answered", "answered", "failed"]);
    expect(calls.map((call) => (call.events[0] as { trunkId?: string }).trunkId)).toEqual(["trk_1", "trk_2", undefined]);
    expect(calls[2]?.events[0]).toMatchObject({ cause: { why: "limitReached", sipStatus: 503 } });
    expect(it.lines.filter((line) => line.what === "limitReached").map((line) => line.trouble)).toEqual([
      "calls",
      "calls",
      "callsPerSecond",
    ]);
    const help = it.dial({ isEmergency: true });
    await expect.poll(help.kinds).toEqual(["answered"]);
    help.hangUp();
    for (const call of calls) call.hangUp();
    await expect.poll(() => calls.slice(0, 2).every((call) => call.kinds().includes("ended"))).toBe(true);
  });

  it("shows a number of the trunk's pool, by project where there is one", async () => {
    const peer = await carrier({ onInvite: () => 486 });
    const it = await edge([
      trunkOf([peer.port], {
        callerIds: {
          choice: "perProject",
          numbers: [
            { number: "+4930601", projectId: "prj_a" as never },
            { number: "+4930602", projectId: null },
          ],
        },
      }),
    ]);
    for (const projectId of ["prj_a", "prj_b"] as never[]) {
      const call = it.dial({ projectId });
      await expect.poll(call.kinds).toEqual(["failed"]);
    }
    expect(peer.of("INVITE").map((invite) => headerGet(invite, "From")?.match(/sip:([^@]*)/)?.[1])).toEqual(["+4930601", "+4930602"]);
  });
});

describe("registration and health", () => {
  it("sip-rtp 6.6.7: registers with user and password, and takes it back when the trunk goes", async () => {
    const peer = await carrier({ password: "secret" });
    const account = { user: "4930", authUser: null, password: "secret", realm: null };
    const it = await edge([trunkOf([peer.port], { kind: "registration", account })]);
    await expect.poll(() => it.states.get("trk_1")?.registration?.kind).toBe("registered");
    const register = peer.of("REGISTER").at(-1) as SipRequest;
    expect(printUri(register.to.uri)).toBe("sip:4930@carrier.example");
    expect(headerGet(register, "Contact")).toContain("sip:4930@127.0.0.1:");
    it.trunks.configure([]);
    await expect.poll(() => headerGet(peer.of("REGISTER").at(-1) as SipRequest, "Expires")).toBe("0");
  });

  it("says which side refuses: wrong password, and waits a minute at least before it asks again", async () => {
    const peer = await carrier({ password: "secret" });
    const account = { user: "4930", authUser: null, password: "wrong", realm: null };
    const it = await edge([trunkOf([peer.port], { kind: "registration", account })]);
    await expect
      .poll(() => it.states.get("trk_1")?.registration)
      .toMatchObject({ kind: "waiting", trouble: "credentialsRefused", status: 401 });
    expect((it.states.get("trk_1")?.registration?.retryAt ?? 0) - Date.now()).toBeGreaterThan(25_000);
    expect(peer.of("REGISTER")).toHaveLength(2);
  });

  it("sip-rtp 6.6.8: asks each target by OPTIONS; one that answers 404 is up, one that is silent is down with its reason", async () => {
    const up = await carrier({ onOptions: 404 });
    const down = await carrier({ silent: true });
    const it = await edge([
      trunkOf([up.port, down.port], { habits: { ...trunkHabitDefaults, t1Ms: 100, giveUpMs: 400, optionsSeconds: 30 } }),
    ]);
    await expect
      .poll(() => it.states.get("trk_1")?.targets.map(({ health, reason }) => [health, reason]))
      .toEqual([
        ["up", null],
        ["down", "noAnswer"],
      ]);
    expect(it.said()).toEqual(["targetUp", "targetDown"]);
  });
});

describe.skipIf(!hasSipp)("SIPp as the carrier (skipped where sipp is not installed)", () => {
  const digest = 'Digest realm="carrier.example", nonce="n-7f3", qop="auth", algorithm=MD5';
  const account = { user: "4930", authUser: "auth-4930", password: "secret", realm: "carrier.example" };
  /** A SIPp that takes one call; where it listens, and how it ends. */
  const atSipp = async (steps: readonly string[]) => {
    let done: Promise<void> = Promise.resolve();
    const port = await new Promise<number>((resolve) => {
      done = sipp(steps, { onPort: resolve });
    });
    return { port, done };
  };
  const takesTheCall = [
    send(response("180 Ringing", { tag: "gw", contact: true })),
    send(response("200 OK", { tag: "gw", contact: true, body: OFFER }), { repeats: true }),
    recv("ACK"),
    recv("BYE"),
    send(response("200 OK")),
  ];

  it("sip-rtp 6.6.6: challenges the INVITE, and takes it with the user that is for the password and an ACK that has it too", async () => {
    const peer = await atSipp([
      recv("INVITE"),
      send(response("407 Proxy Authentication Required", { tag: "px", more: `Proxy-Authenticate: ${digest}\n` })),
      recv("ACK"),
      recv("INVITE", {
        expects: [
          { header: "Proxy-Authorization", pattern: 'username="auth-4930".*nc=00000001' },
          { header: "From", pattern: "sip:[+]4930600@from.example" },
        ],
      }),
      ...takesTheCall,
    ]);
    const it = await edge([trunkOf([peer.port], { account, fromDomain: "from.example" })]);
    const call = it.dial();
    await expect.poll(() => call.kinds().at(-1)).toBe("answered");
    expect(call.kinds()).toContain("progressed");
    call.hangUp();
    await expect.poll(() => call.kinds().at(-1)).toBe("ended");
    await peer.done;
  });

  it("sip-rtp 6.6.7: challenges the REGISTER, grants less than was asked for, and hears when it is taken back", async () => {
    const peer = await atSipp([
      recv("REGISTER"),
      send(response("401 Unauthorized", { tag: "r", more: `WWW-Authenticate: ${digest}\n` })),
      recv("REGISTER", { expects: [{ header: "Authorization", pattern: 'uri="sip:carrier.example"' }] }),
      send(response("200 OK", { tag: "r", more: "[last_Contact:];expires=120\n" })),
      recv("REGISTER", { expects: [{ header: "Expires", pattern: "0" }] }),
      send(response("200 OK", { tag: "r" })),
    ]);
    const it = await edge([trunkOf([peer.port], { kind: "registration", account })]);
    await expect.poll(() => it.states.get("trk_1")?.registration?.kind).toBe("registered");
    it.trunks.configure([]);
    await peer.done;
  });

  it("sip-rtp 6.6.17: says 503, and its neighbour takes the call", async () => {
    const busy = await atSipp([
      recv("INVITE"),
      send(response("503 Service Unavailable", { tag: "b", more: "Retry-After: 60\n" })),
      recv("ACK"),
    ]);
    const good = await atSipp([recv("INVITE"), ...takesTheCall]);
    const it = await edge([trunkOf([busy.port, good.port])]);
    const call = it.dial();
    await expect.poll(() => call.kinds().at(-1)).toBe("answered");
    call.hangUp();
    await Promise.all([busy.done, good.done]);
    expect(it.lines.find((line) => line.what === "wentOn")).toMatchObject({ status: 503 });
  });
});

describe("a close look", () => {
  it("asks each target and the registration, and measures what the carrier saw of us", async () => {
    const good = await carrier({ password: "secret" });
    const silent = await carrier({ silent: true });
    const account = { user: "4930", authUser: null, password: "secret", realm: null };
    const it = await edge([trunkOf([good.port, silent.port], { kind: "registration", account, externalAddress: "192.168.7.7" })]);
    const probe = await it.trunks.probe("trk_1");
    expect(probe?.targets).toMatchObject([
      { outcome: "answered", status: 200, advertised: "192.168.7.7", seenAs: "127.0.0.1", viaIntact: true },
      { outcome: "noAnswer", status: null, seenAs: null },
    ]);
    expect(probe?.registration).toEqual({ outcome: "answered", status: 200, contactIntact: true });
    expect(await it.trunks.probe("trk_unknown")).toBeNull();
  });
});

describe("a call in", () => {
  const invite = (uri: string, to = uri): SipRequest => {
    const parsed = parseMessage(
      utf8Encode(
        `INVITE ${uri} SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:0301@c>;tag=1\r\nTo: <${to}>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\nContact: <sip:x@192.0.2.7>\r\n\r\n`,
      ),
    );
    if (!parsed.ok || parsed.message.kind !== "request") throw new Error("INVITE does not parse");
    return parsed.message;
  };
  const from = (address: string): SipFlow => ({
    id: "udp-1",
    transport: "udp",
    local: { address: "127.0.0.1", port: 5060 },
    remote: { address, port: 5060 },
  });

  it("sip-rtp 6.6.14: belongs to the trunk whose networks it comes from, and reaches only numbers of that trunk", async () => {
    const it = await edge([
      trunkOf([9], { rules: { dialled: [], callerOut: [], reached: [{ match: "0*", strip: 1, prepend: "+49" }], callerIn: [] } }),
    ]);
    expect(it.trunks.incoming(invite("sip:030600@allo"), from("192.0.2.7"))).toMatchObject({
      kind: "taken",
      trunkId: "trk_1",
      number: { numberId: "num_1" },
    });
    expect(it.trunks.incoming(invite("sip:030600@allo"), from("198.51.100.7"))).toEqual({ kind: "stranger" });
    expect(it.trunks.incoming(invite("sip:030999@allo"), from("192.0.2.7"))).toEqual({ kind: "refused", status: 404 });
    expect(it.trunks.admits("192.0.2.200")).toBe(true);
    expect(it.trunks.admits("198.51.100.7")).toBe(false);
  });

  it("finds the number in To where the carrier calls our account, and lets To choose nothing else", async () => {
    const account = { user: "acct7", authUser: null, password: "x", realm: null };
    const it = await edge([trunkOf([9], { account })]);
    expect(it.trunks.incoming(invite("sip:acct7@allo;line=trk_1", "sip:+4930600@c"), from("192.0.2.7"))).toMatchObject({ kind: "taken" });
    expect(it.trunks.incoming(invite("sip:+4999@allo", "sip:+4930600@c"), from("192.0.2.7"))).toEqual({ kind: "refused", status: 404 });
  });

  it("sip-rtp 6.6.19: gets 503 beyond the calls that the trunk may bring in a second", async () => {
    const it = await edge([trunkOf([9], { limits: { callsMax: 10, callsPerSecond: 2 } })]);
    const verdicts = [1, 2, 3].map(() => it.trunks.incoming(invite("sip:+4930600@allo"), from("192.0.2.7")));
    expect(verdicts.map((each) => (each.kind === "refused" ? each.status : each.kind))).toEqual(["taken", "taken", 503]);
  });
});
