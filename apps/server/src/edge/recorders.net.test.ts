// Recorders elsewhere over real sockets: SIPp plays one, by the letter of its messages, and both its streams are heard; another is a stack of the test's own that hears both
// sides of a talk and reads what it is told of it.
import { execFileSync, spawnSync } from "node:child_process";
import { createHash, createHmac, randomBytes, randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EdgeEvent, RecorderConfig, RecorderLogLine, RecorderState } from "@allo/contract";
import type { RecordedCall } from "@allo/call";
import { createPrng, utf8Decode, utf8Encode, type CallId, type ContactId, type Hash, type PersonId, type RecordingId } from "@allo/kernel";
import { toneShare } from "@allo/media";
import { createMediaEngine } from "@allo/node-media";
import { createFlowHub, createSipEndpoint, type OwnCertificate, type SipEndpoint } from "@allo/node-net";
import {
  createDigestServer,
  createSipStack,
  digestCredentials,
  headerGet,
  multipartParts,
  type SipRequest,
  type SipUserEvent,
} from "@allo/sip";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from "vitest";
import { recordingServer } from "../../../../conformance/sipp/recording-server.ts";
import { hasSipp } from "../../../../conformance/sipp/scenario.ts";
import { ToneVoice } from "./fixtures/tone-voice.ts";
import { createRecorders, type CopyOrder, type Recorders } from "./recorders.ts";

const [CUSTOMER_HZ, AGENT_HZ, COLLEAGUE_HZ] = [700, 1_100, 1_700] as const;
const TONES = [CUSTOMER_HZ, AGENT_HZ, COLLEAGUE_HZ];
const REC = "rec_1" as RecordingId;
const hash: Hash = {
  md5Hex: (text) => createHash("md5").update(text).digest("hex"),
  sha256Hex: (text) => createHash("sha256").update(text).digest("hex"),
};
const ids = { next: (prefix: string) => `${prefix}_${randomBytes(10).toString("hex")}` };
const clock = { now: () => Date.now() };
const timers = {
  arm: (afterMs: number, fire: () => void) => {
    const timer = setTimeout(fire, afterMs);
    return () => clearTimeout(timer);
  },
};
const log = pino({ level: "silent" });
const engine = createMediaEngine({ clock, workers: 1, bindAddress: "127.0.0.1", onLog: () => undefined });
const people = { customer: CUSTOMER_HZ, agent: AGENT_HZ, colleague: COLLEAGUE_HZ } as const;
const voices: ToneVoice[] = [];
const closers: (() => Promise<void> | void)[] = [];

beforeAll(async () => {
  for (const [name, frequencyHz] of Object.entries(people)) {
    const voice = new ToneVoice(frequencyHz, TONES);
    await voice.openLeg(engine, `leg_${name}`);
    voices.push(voice);
  }
});
afterAll(async () => {
  for (const voice of voices) voice.close();
  await engine.close();
});
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const talk: RecordedCall = {
  left: ["leg_customer"],
  right: ["leg_agent"],
  isPaused: false,
  parties: [
    { who: { kind: "customer" }, side: "left", isHeard: true, hears: true },
    { who: { kind: "person", personId: "per_ann" as PersonId }, side: "right", isHeard: true, hears: true },
  ],
};
const quiet = (call: RecordedCall, isPaused: boolean): RecordedCall => ({
  left: [],
  right: [],
  isPaused,
  parties: call.parties.map((party) => ({ ...party, isHeard: false, hears: false })),
});
const conference: RecordedCall = {
  ...talk,
  right: ["leg_agent", "leg_colleague"],
  parties: [...talk.parties, { who: { kind: "person", personId: "per_bob" as PersonId }, side: "right", isHeard: true, hears: true }],
};
const copy: CopyOrder = {
  recordingId: REC,
  recorderId: "rcd_1",
  callId: "cal_1" as CallId,
  contactId: "con_1" as ContactId,
  nearLegId: "leg_customer",
  customer: () => ({ number: "+4930123456", name: "O'Neill & <Sons>" }),
  numberOf: () => null,
};

function recorderAt(port: number, over: Partial<RecorderConfig> = {}): RecorderConfig {
  return {
    recorderId: "rcd_1",
    host: "127.0.0.1",
    port,
    transport: "udp",
    user: "record",
    account: null,
    srtp: false,
    pausedAs: "silence",
    optionsSeconds: 0,
    tls: { caPem: null, fingerprint: null },
    ...over,
  };
}

type Ours = {
  readonly recorders: Recorders;
  readonly events: EdgeEvent[];
  readonly lines: RecorderLogLine[];
  readonly states: RecorderState[];
  /** How many 2xx to INVITEs of ours came. */
  readonly answers: () => number;
};

/** Our side: recorders on real sockets. */
async function ours(config: RecorderConfig): Promise<Ours> {
  const [events, lines, states]: [EdgeEvent[], RecorderLogLine[], RecorderState[]] = [[], [], []];
  let answers = 0;
  const stack = createSipStack({
    ids,
    prng: createPrng("edge"),
    methods: ["UPDATE"],
    supported: ["timer"],
    accept: ["application/sdp", "multipart/mixed", "application/rs-metadata-request"],
  });
  const sip: SipEndpoint = createSipEndpoint({
    stack,
    clock,
    sendBytes: (flowId, to, bytes) => void hub.send(flowId, to, bytes),
    onEvent: (event) => {
      if (event.kind === "inviteAnswered") answers += 1;
      recorders.sipEvent(event);
    },
  });
  const hub = createFlowHub({
    onMessage: (flow, bytes) => sip.receive(flow, bytes),
    onFlowClosed: ({ id }) => {
      sip.flowClosed(id);
      recorders.flowClosed(id);
    },
  });
  const listener = await hub.listenUdp({ address: "127.0.0.1", port: 0 });
  const recorders: Recorders = createRecorders({
    clock,
    timers,
    ids,
    prng: createPrng("recorders"),
    hash,
    engine,
    sip: () => sip,
    log,
    dns: { naptr: async () => null, srv: async () => null, addresses: async () => null },
    bindAddress: "127.0.0.1",
    openFlow: async (peer, tls) => {
      const remote = { address: peer.address, port: peer.port };
      if (peer.transport === "tcp") return await hub.connectTcp(remote);
      if (peer.transport === "tls") return await hub.connectTls(remote, { name: peer.host, ...tls });
      const flow = hub.udpFlow(listener.id, remote);
      if (flow === null) throw new Error("no flow");
      return flow;
    },
    localFor: () => ({ address: "127.0.0.1", port: listener.local.port }),
    newUuid: () => Buffer.from(randomUUID().replaceAll("-", ""), "hex").toString("base64"),
    report: (event) => void events.push(event),
    onSipCallId: () => undefined,
    onState: (state) => void states.push(state),
    onLine: (_recorderId, line) => void lines.push(line),
  });
  closers.push(async () => {
    recorders.endAll();
    sip.close();
    await hub.close();
  });
  recorders.configure([config]);
  return { recorders, events, lines, states, answers: () => answers };
}

const wordsOf = (events: readonly EdgeEvent[]): readonly string[] =>
  events.map((event) => {
    if (event.kind === "copyStarted") return event.again ? "again" : "started";
    if (event.kind === "copyFailed") return `failed ${event.why} ${String(event.status)}`;
    return event.kind === "copyEnded" ? (event.whole ? "whole" : "part") : event.kind;
  });

test.skipIf(!hasSipp)(
  "sip-rtp 6.2 RFC 7866: a recorder of SIPp gets an INVITE as recording sessions are begun, each side in its stream, changes with their metadata, and a BYE",
  { timeout: 40_000 },
  async () => {
    const server = await recordingServer();
    closers.push(server.close);
    const { recorders, events } = await ours(recorderAt(server.port, { pausedAs: "inactive" }));
    const [left, right] = server.ears;
    const hearEach = async (): Promise<void> => {
      await expect.poll(() => toneShare(left.heard().slice(-4_000), CUSTOMER_HZ)).toBeGreaterThan(0.6);
      await expect.poll(() => toneShare(right.heard().slice(-4_000), AGENT_HZ)).toBeGreaterThan(0.6);
    };
    recorders.begin(copy, talk);
    await hearEach();
    recorders.changed(REC, quiet(talk, true));
    await expect.poll(() => server.told().at(-1)).toContain("a=inactive");
    const packets = left.packets() + right.packets();
    const heard = (voices[0] as ToneVoice).frames;
    await expect.poll(() => (voices[0] as ToneVoice).frames).toBeGreaterThan(heard + 20);
    expect(left.packets() + right.packets() - packets).toBeLessThan(6);
    recorders.changed(REC, talk);
    await expect.poll(() => left.packets() + right.packets()).toBeGreaterThan(packets + 100);
    await hearEach();
    recorders.changed(REC, conference);
    await expect.poll(() => server.told().at(-1)).toContain("sip:per_bob@127.0.0.1");
    await expect.poll(() => toneShare(right.heard().slice(-4_000), COLLEAGUE_HZ)).toBeGreaterThan(0.2);
    recorders.end(REC);
    await server.ended;
    expect(wordsOf(events)).toEqual(["started", "whole"]);
    const modes = server.told().map((message) => /<datamode>(\w+)</u.exec(message)?.[1]);
    expect(modes).toEqual(["complete", "partial", "partial", "partial"]);
  },
);

type Srs = {
  readonly port: number;
  readonly ears: { readonly customer: ToneVoice; readonly agents: ToneVoice };
  /** The documents of metadata that came, oldest first. */
  readonly told: string[];
  readonly invites: SipRequest[];
  readonly descriptions: string[];
  readonly ended: string[];
  readonly hangUp: () => void;
  /** Says which streams it takes from now on: a direction for each, or one that it refuses. */
  readonly takes: (...wishes: readonly ("recvonly" | "inactive" | "refused")[]) => void;
  /** Is gone without a word. */
  readonly vanish: () => Promise<void>;
  /** Asks for all metadata, in a re-INVITE that describes what stands already. */
  readonly askForAll: () => void;
  dialogId: string;
};

/** A recorder that hears both sides. `word`: what it says to each new session; undefined: 200. */
async function recorder(
  options: {
    readonly word?: (nth: number) => number | undefined;
    /** What it takes of each stream at first. */
    readonly wishes?: readonly ("recvonly" | "inactive" | "refused")[];
    readonly password?: string;
    readonly certificate?: OwnCertificate;
    readonly keys?: readonly string[];
  } = {},
): Promise<Srs> {
  const ears = { customer: new ToneVoice(300, TONES), agents: new ToneVoice(300, TONES) };
  const ports = [await ears.customer.open(), await ears.agents.open()];
  const digest = createDigestServer({ hash, hmac: (message) => createHmac("sha256", "key").update(message).digest(), realm: "srs" });
  const stored = digestCredentials(hash, { user: "allo", realm: "srs", password: options.password ?? "" });
  const stack = createSipStack({
    ids,
    prng: createPrng("srs"),
    methods: ["UPDATE"],
    supported: ["siprec", "timer"],
    accept: ["application/sdp", "multipart/mixed", "application/rs-metadata+xml"],
  });
  let [nth, version, wishes] = [0, 0, options.wishes ?? []];
  const answerTo = (offer: string): Uint8Array => {
    version += 1;
    const isStopped = offer.includes("a=inactive");
    const lines = ["v=0", `o=srs 1 ${String(version)} IN IP4 127.0.0.1`, "s=-", "c=IN IP4 127.0.0.1", "t=0 0"];
    const protocol = options.keys === undefined ? "RTP/AVP" : "RTP/SAVP";
    for (const [index, port] of ports.entries()) {
      const wish = wishes[index] ?? "recvonly";
      lines.push(`m=audio ${String(wish === "refused" ? 0 : port)} ${protocol} 8`, `a=${isStopped ? "inactive" : wish}`);
      if (options.keys !== undefined) lines.push(`a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${options.keys[index] ?? ""}`);
    }
    return utf8Encode(`${lines.join("\r\n")}\r\n`);
  };
  const take = (request: SipRequest): string => {
    srs.invites.push(request);
    const parts = multipartParts(headerGet(request, "Content-Type") ?? "", request.body) ?? [];
    const of = (type: string): string => utf8Decode(parts.find(({ contentType }) => contentType === type)?.bytes ?? new Uint8Array());
    srs.told.push(of("application/rs-metadata+xml"));
    srs.descriptions.push(of("application/sdp"));
    return of("application/sdp");
  };
  const onEvent = (event: SipUserEvent): void => {
    if (event.kind === "inviteReceived") {
      if (options.password !== undefined) {
        const { request, flow } = event;
        const verdict = digest.verify({
          at: clock.now(),
          source: flow.remote.address,
          request,
          credentials: (user) => (user === "allo" ? stored : null),
        });
        if (verdict.kind === "challenged") {
          sip.run(stack.inviteReject(event.dialogId, { status: 401, headers: verdict.headers }));
          return;
        }
      }
      nth += 1;
      const offer = take(event.request);
      const status = options.word?.(nth) ?? 200;
      srs.dialogId = event.dialogId;
      if (status === 200) sip.run(stack.inviteAccept(event.dialogId, { sdp: answerTo(offer) }));
      else sip.run(stack.inviteReject(event.dialogId, { status }));
    } else if (event.kind === "reInviteReceived") {
      const bytes = answerTo(take(event.request));
      sip.run(stack.respond(event.transactionId, { status: 200, body: { contentType: "application/sdp", bytes } }));
    } else if (event.kind === "bodyReceived") {
      // The streams stand as they stood: the stack has answered.
      take(event.request);
    } else if (event.kind === "dialogEnded") srs.ended.push(event.cause);
  };
  const sip = createSipEndpoint({ stack, clock, sendBytes: (flowId, to, bytes) => void hub.send(flowId, to, bytes), onEvent });
  const hub = createFlowHub({ onMessage: (flow, bytes) => sip.receive(flow, bytes), onFlowClosed: (flow) => sip.flowClosed(flow.id) });
  const at = { address: "127.0.0.1", port: 0 };
  const listener = await (options.certificate === undefined
    ? hub.listenUdp(at)
    : hub.listenTls({ ...at, certificate: options.certificate }));
  // What is too long for UDP comes by TCP to the same port.
  if (options.certificate === undefined) await hub.listenTcp({ address: "127.0.0.1", port: listener.local.port });
  closers.push(async () => {
    ears.customer.close();
    ears.agents.close();
    sip.close();
    await hub.close();
  });
  const srs: Srs = {
    port: listener.local.port,
    ears,
    told: [],
    invites: [],
    descriptions: [],
    ended: [],
    hangUp: () => void sip.run(stack.dialogEnd(srs.dialogId)),
    takes: (...next) => {
      wishes = next;
      sip.run(stack.reInviteSend(srs.dialogId, { sdp: answerTo("") }));
    },
    vanish: () => hub.close(),
    askForAll: () => {
      const attached = [{ contentType: "application/rs-metadata-request", bytes: utf8Encode("SRS: why not\r\n") }];
      sip.run(stack.reInviteSend(srs.dialogId, { sdp: answerTo(srs.descriptions.at(-1) ?? ""), attached }));
    },
    dialogId: "",
  };
  return srs;
}

/** What a reader of XML that is not ours says against these documents; nothing where they are well-formed. */
const xmlFaults = (documents: readonly string[]): readonly string[] =>
  documents
    .map((input) => spawnSync("xmllint", ["--noout", "--nonet", "-"], { input, encoding: "utf8" }).stderr ?? "")
    .filter((said) => said !== "");

const hears = ({ ears }: Srs): readonly (readonly number[])[] => [ears.customer.hears(), ears.agents.hears()];
const count = (text: string | undefined, what: string): number => (text ?? "").split(what).length - 1;

describe("a recorder elsewhere", () => {
  it("hears each side in a stream of its own, and is told who takes part as that changes", async () => {
    const srs = await recorder();
    const { recorders, events, states } = await ours(recorderAt(srs.port));
    recorders.begin(copy, talk);
    await expect.poll(() => hears(srs)).toEqual([[CUSTOMER_HZ], [AGENT_HZ]]);
    expect(wordsOf(events)).toEqual(["started"]);
    expect(states.at(-1)).toMatchObject({ sessions: 1, missing: 0 });
    const [first] = srs.told;
    expect(first).toContain("<datamode>complete</datamode>");
    expect(first).toContain('aor="sip:+4930123456@127.0.0.1"');
    expect(first).toContain("<name>O&apos;Neill &amp; &lt;Sons&gt;</name>");
    expect([count(first, "<participant "), count(first, "<stream "), count(first, "<send>"), count(first, "<recv>")]).toEqual([2, 2, 2, 2]);
    expect(first).toContain("<allo:contact>con_1</allo:contact>");

    recorders.named(copy.callId, [{ personId: "per_ann" as PersonId, name: "Ann" }]);
    await expect.poll(() => srs.told.at(-1)).toContain("<name>Ann</name>");

    recorders.changed(REC, conference);
    await expect.poll(() => hears(srs)).toEqual([[CUSTOMER_HZ], [AGENT_HZ, COLLEAGUE_HZ]]);
    await expect.poll(() => srs.told.at(-1)).toContain("sip:per_bob@127.0.0.1");
    expect(srs.told.at(-1)).toContain("<datamode>partial</datamode>");
    expect(count(srs.told.at(-1), "<participant ")).toBe(1);

    recorders.changed(REC, talk);
    await expect.poll(() => count(srs.told.at(-1), "<disassociate-time>")).toBe(1);
    await expect.poll(() => hears(srs)).toEqual([[CUSTOMER_HZ], [AGENT_HZ]]);

    recorders.changed(REC, quiet(talk, false));
    await expect.poll(() => hears(srs)).toEqual([[], []]);
    await expect.poll(() => count(srs.told.at(-1), "<send>")).toBe(0);

    recorders.changed(REC, talk);
    await expect.poll(() => hears(srs)).toEqual([[CUSTOMER_HZ], [AGENT_HZ]]);
    recorders.end(REC);
    await expect.poll(() => srs.ended).toEqual(["byeReceived"]);
    expect(wordsOf(events)).toEqual(["started", "whole"]);
    expect(srs.told.length).toBeGreaterThan(5);
    expect(xmlFaults(srs.told)).toEqual([]);
  });

  it("gets silence in a pause, or nothing at all and a description that says so", async () => {
    for (const pausedAs of ["silence", "inactive"] as const) {
      const srs = await recorder();
      const { recorders } = await ours(recorderAt(srs.port, { pausedAs }));
      recorders.begin(copy, talk);
      await expect.poll(() => hears(srs)).toEqual([[CUSTOMER_HZ], [AGENT_HZ]]);
      recorders.changed(REC, quiet(talk, true));
      await expect.poll(() => srs.told.length).toBe(2);
      if (pausedAs === "silence") await expect.poll(() => hears(srs)).toEqual([[], []]);
      expect(count(srs.descriptions.at(-1), "a=inactive")).toBe(pausedAs === "inactive" ? 2 : 0);
      const frames = srs.ears.customer.frames;
      const heard = (voices[0] as ToneVoice).frames;
      await expect.poll(() => (voices[0] as ToneVoice).frames).toBeGreaterThan(heard + 20);
      if (pausedAs === "silence") expect(srs.ears.customer.frames).toBeGreaterThan(frames + 10);
      else expect(srs.ears.customer.frames).toBeLessThan(frames + 4);
      recorders.changed(REC, talk);
      await expect.poll(() => srs.ears.customer.frames).toBeGreaterThan(frames + 25);
      await expect.poll(() => hears(srs)).toEqual([[CUSTOMER_HZ], [AGENT_HZ]]);
      expect(count(srs.descriptions.at(-1), "a=sendonly")).toBe(2);
      recorders.end(REC);
      await expect.poll(() => srs.ended.length).toBe(1);
    }
  });

  it("that refuses is tried again while the call lasts; the gap is told once, and that it has the rest", async () => {
    const srs = await recorder({ word: (nth) => (nth === 1 ? 503 : undefined) });
    const { recorders, events, lines } = await ours(recorderAt(srs.port));
    recorders.begin(copy, talk);
    await expect.poll(() => wordsOf(events)).toEqual(["failed refused 503", "started"]);
    await expect.poll(() => hears(srs)).toEqual([[CUSTOMER_HZ], [AGENT_HZ]]);
    srs.hangUp();
    await expect.poll(() => wordsOf(events)).toEqual(["failed refused 503", "started", "failed dropped null", "again"]);
    recorders.end(REC);
    expect(wordsOf(events).at(-1)).toBe("part");
    expect(lines.map(({ what }) => what)).toEqual([
      "degraded",
      "sessionFailed",
      "up",
      "sessionBegan",
      "sessionFailed",
      "sessionBegan",
      "sessionEnded",
    ]);
  });

  it("may take the streams later, stop them and refuse one: it has the talk while it takes it, and what is missing there is told", async () => {
    const srs = await recorder({ wishes: ["inactive", "inactive"] });
    const { recorders, events, states } = await ours(recorderAt(srs.port));
    recorders.begin(copy, talk);
    await expect.poll(() => wordsOf(events)).toEqual(["failed noStreams null"]);
    expect(states.at(-1)).toMatchObject({ sessions: 0, missing: 1 });
    srs.takes("recvonly", "recvonly");
    await expect.poll(() => hears(srs)).toEqual([[CUSTOMER_HZ], [AGENT_HZ]]);
    expect(wordsOf(events)).toEqual(["failed noStreams null", "started"]);
    expect(states.at(-1)).toMatchObject({ sessions: 1, missing: 0 });
    expect(srs.invites).toHaveLength(1);

    srs.takes("inactive", "inactive");
    await expect.poll(() => wordsOf(events).at(-1)).toBe("failed noStreams null");
    const frames = srs.ears.customer.frames;
    const heard = (voices[0] as ToneVoice).frames;
    await expect.poll(() => (voices[0] as ToneVoice).frames).toBeGreaterThan(heard + 20);
    expect(srs.ears.customer.frames).toBeLessThan(frames + 4);
    srs.takes("refused", "recvonly");
    await expect.poll(() => wordsOf(events).at(-1)).toBe("again");
    recorders.end(REC);
    await expect.poll(() => srs.ended).toEqual(["byeReceived"]);
    expect(wordsOf(events).at(-1)).toBe("part");
  });

  it("that is gone without a word is missed as soon as it is told something, or its connection breaks", async () => {
    const silent = await recorder();
    const told = await ours(recorderAt(silent.port));
    told.recorders.begin(copy, talk);
    await expect.poll(() => wordsOf(told.events)).toEqual(["started"]);
    await silent.vanish();
    told.recorders.changed(REC, conference);

    const broken = await recorder();
    const connected = await ours(recorderAt(broken.port, { transport: "tcp" }));
    connected.recorders.begin(copy, talk);
    await expect.poll(() => wordsOf(connected.events)).toEqual(["started"]);
    await broken.vanish();
    await expect.poll(() => wordsOf(connected.events)).toEqual(["started", "failed dropped null"]);
    connected.recorders.end(REC);

    await expect.poll(() => wordsOf(told.events), { timeout: 10_000 }).toEqual(["started", "failed dropped null"]);
    told.recorders.end(REC);
  });

  it("that isn't there costs the call nothing: it is told, and the end of the call ends the tries", async () => {
    const { recorders, events, states } = await ours(recorderAt(9, { transport: "tcp" }));
    recorders.begin(copy, talk);
    await expect.poll(() => wordsOf(events)).toEqual(["failed unreachable null"]);
    expect(states.at(-1)).toMatchObject({ sessions: 0, missing: 1 });
    recorders.end(REC);
    expect(wordsOf(events)).toEqual(["failed unreachable null"]);
  });

  it("may ask who we are, and for all of the metadata again", async () => {
    const password = "of-the-archive";
    const srs = await recorder({ password });
    const { recorders } = await ours(recorderAt(srs.port, { account: { user: "allo", password } }));
    recorders.begin(copy, talk);
    await expect.poll(() => hears(srs)).toEqual([[CUSTOMER_HZ], [AGENT_HZ]]);
    expect(headerGet(srs.invites[0] as SipRequest, "Authorization")).toContain('realm="srs"');
    srs.askForAll();
    await expect.poll(() => srs.told.length).toBe(2);
    expect(srs.told[1]).toContain("<datamode>complete</datamode>");
    expect(count(srs.told[1], "<participant ")).toBe(2);
    await expect.poll(() => hears(srs)).toEqual([[CUSTOMER_HZ], [AGENT_HZ]]);
  });

  it("is asked whether it is there, and how it fares is told", async () => {
    const srs = await recorder();
    const { states, lines } = await ours(recorderAt(srs.port, { optionsSeconds: 30 }));
    await expect.poll(() => states.at(-1)).toMatchObject({ health: "up", trouble: null, lastStatus: 200 });
    expect(lines).toMatchObject([{ what: "up" }]);
    const away = await ours(recorderAt(9, { transport: "tcp", optionsSeconds: 30 }));
    await expect.poll(() => away.states.at(-1)).toMatchObject({ health: "down", trouble: "connectionFailed" });
  });

  it("by TLS gets sealed streams alone", async () => {
    const folder = mkdtempSync(join(tmpdir(), "allo-recorder-"));
    closers.push(() => rmSync(folder, { recursive: true, force: true }));
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    const named = ["-subj", "/CN=recorder", "-addext", "subjectAltName=IP:127.0.0.1"];
    execFileSync("openssl", [...made, "-keyout", key, "-out", cert, ...named], { stdio: "ignore" });
    const certificate = { certPem: readFileSync(cert, "utf8"), keyPem: readFileSync(key, "utf8") };
    const keys = [randomBytes(30).toString("base64"), randomBytes(30).toString("base64")];
    const srs = await recorder({ certificate, keys });
    const sealed = { transport: "tls", srtp: true, tls: { caPem: certificate.certPem, fingerprint: null } } as const;
    const { recorders, events } = await ours(recorderAt(srs.port, sealed));
    recorders.begin(copy, talk);
    await expect.poll(() => wordsOf(events)).toEqual(["started"]);
    expect(srs.descriptions[0]).toMatch(/m=audio \d+ RTP\/SAVP 8 0/u);
    expect(count(srs.descriptions[0], "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:")).toBe(2);
    // What comes can be read by whoever has the keys alone: as plain audio it is noise.
    await expect.poll(() => srs.ears.customer.frames).toBeGreaterThan(30);
    expect(srs.ears.customer.hears()).not.toEqual([CUSTOMER_HZ]);
    recorders.end(REC);

    const plain = await recorder({ certificate });
    const other = await ours(recorderAt(plain.port, sealed));
    other.recorders.begin(copy, talk);
    await expect.poll(() => wordsOf(other.events)).toEqual(["failed noStreams 200"]);
    other.recorders.end(REC);
  });
});
