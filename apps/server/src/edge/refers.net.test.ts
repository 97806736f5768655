// A customer's side that passes a talk on by REFER, played by SIPp, against the calls of the edge on real sockets; who comes says a tone.
import { randomBytes } from "node:crypto";
import type { CoreCommand, EdgeEvent } from "@allo/contract";
import {
  createPrng,
  type CallId,
  type ContactId,
  type NumberId,
  type OfferId,
  type PartyId,
  type PersonId,
  type PhoneId,
  type ProjectId,
} from "@allo/kernel";
import { createMediaEngine } from "@allo/node-media";
import { createFlowHub, createSipEndpoint, type SipEndpoint } from "@allo/node-net";
import { createSipStack } from "@allo/sip";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { answered, bye, hasSipp, pause, recv, request, response, send, sipp } from "../../../../conformance/sipp/scenario.ts";
import { createCalls, type Calls } from "./calls.ts";
import { ToneVoice } from "./fixtures/tone-voice.ts";
import type { DialEvent, DialOrder } from "./trunk-port.ts";

const [ANN_HZ, THIRD_HZ] = [1_000, 1_700] as const;
const TONES = [ANN_HZ, THIRD_HZ];
const engine = createMediaEngine({ clock: { now: () => Date.now() }, workers: 1, bindAddress: "127.0.0.1", onLog: () => undefined });
const ann = new ToneVoice(ANN_HZ, TONES);
const third = new ToneVoice(THIRD_HZ, TONES);
const events: EdgeEvent[] = [];
/** What core answers a wish with. */
let decides: (asked: Extract<EdgeEvent, { kind: "transferAsked" }>) => void = () => undefined;
let isTaken = true;
let dialled: { readonly order: DialOrder; readonly onEvent: (event: DialEvent) => void } | null = null;
let endpoint: SipEndpoint;
let calls: Calls;
let thirdPort = 0;
let port = 0;
let closeHub: () => Promise<void>;

beforeAll(async () => {
  let sequence = 0;
  const clock = { now: () => Date.now() };
  const ids = { next: (prefix: string) => `${prefix}_${(sequence += 1)}${randomBytes(8).toString("hex")}` };
  const stack = createSipStack({ ids, prng: createPrng("refers"), supported: ["replaces", "norefersub"], methods: ["REFER", "INFO"] });
  const hub = createFlowHub({
    onMessage: (flow, bytes) => endpoint.receive(flow, bytes),
    onFlowClosed: (flow) => endpoint.flowClosed(flow.id),
  });
  endpoint = createSipEndpoint({
    stack,
    clock,
    sendBytes: (flowId, to, bytes) => void hub.send(flowId, to, bytes),
    onEvent: (event) => {
      if (event.kind !== "inviteReceived") {
        calls.sipEvent(event);
        return;
      }
      void calls.invite({
        dialogId: event.dialogId,
        flow: event.flow,
        sdp: event.sdp,
        number: { numberId: "num_1" as NumberId, technicalAudioIds: [] },
        caller: { callerNumber: null, callerName: null },
        deviceId: null,
        test: null,
        mediaAddress: "127.0.0.1",
        ringsAtOnce: false,
        refuseAtOnce: false,
      } as never);
    },
  });
  await ann.openLeg(engine, "leg_ann");
  thirdPort = await third.open();
  // The line of who comes is played by the test: it has no dialog of the engine's.
  const dialogName: typeof stack.dialogName = (dialogId) =>
    dialogId === "d_third" ? { callId: "third@carrier", localTag: "ours", remoteTag: "theirs" } : stack.dialogName(dialogId);
  calls = createCalls({
    clock,
    ids,
    engine,
    sip: () => ({ ...endpoint, stack: { ...stack, dialogName } }),
    log: pino({ level: "silent" }),
    bindAddress: "127.0.0.1",
    report: (event) => {
      events.push(event);
      if (event.kind === "callArrived") beginTalk(event.callId);
      if (event.kind === "transferAsked") decides(event);
    },
    legFor: (_order, then) => then("leg_ann"),
    onTaken: () => undefined,
    onReleased: () => undefined,
    onJoined: () => undefined,
    ownAddresses: () => [],
    referrerOf: (dialogId) => ({
      trunkId: "trk_1",
      isTaken,
      isReleased: true,
      target: dialogId === "d_third" ? "sip:2065550100@127.0.0.1;user=phone" : null,
    }),
    dialler: () => ({
      dial: (dialOrder, onEvent) => {
        const habits = { codecs: ["PCMA"], srtp: "off", ptimeMs: 20, keys: "auto", keysPayloadType: 101 } as const;
        const media = { trunkId: "trk_1", localAddress: "127.0.0.1", habits, hearsEarly: true } as const;
        third.speakTo(Number(/m=audio (\d+)/u.exec(new TextDecoder().decode(dialOrder.sdpOffer(media)))?.[1]));
        dialled = { order: dialOrder, onEvent };
        return { legId: dialOrder.legId, cancel: () => undefined, hangUp: () => onEvent({ kind: "ended", by: "us", q850: 16 }) };
      },
    }),
  });
  port = (await hub.listenUdp({ address: "127.0.0.1", port: 0 })).local.port;
  closeHub = () => hub.close();
});
afterAll(async () => {
  ann.close();
  third.close();
  endpoint.close();
  await closeHub();
  await engine.close();
});
beforeEach(() => {
  events.length = 0;
  dialled = null;
  isTaken = true;
  decides = ({ callId, token, destination }) =>
    order({
      kind: "moveCustomer",
      callId,
      token,
      trunkIds: ["trk_1"],
      destination,
      callerId: { number: null, name: null },
      projectId: "prj_1" as ProjectId,
      talkMsMax: 60_000,
      isEmergency: false,
    });
});

function order(command: Parameters<Calls["command"]>[0] & CoreCommand): void {
  calls.command(command);
}
function beginTalk(callId: CallId): void {
  order({ kind: "acceptCall", callId, contactId: "con_1" as ContactId, token: "greeting", greeting: [], thenLoop: null });
  order({
    kind: "bridge",
    callId,
    offerId: "off_1" as OfferId,
    phoneId: "phn_ann" as PhoneId,
    personId: "per_ann" as PersonId,
    recording: null,
    holdLoop: "music.main",
  });
}
const refer = (to: string): string =>
  send(request("REFER", { inDialog: true, cseq: 2, contact: true, more: `Refer-To: ${to}\n` }), { repeats: true });
const notified = (pattern: string, state: "active" | "terminated"): readonly string[] => [
  recv("NOTIFY", { expects: [{ pattern }, { header: "Subscription-State", pattern: state }] }),
  send(response("200 OK")),
];
const thirdSdp = (): Uint8Array =>
  new TextEncoder().encode(
    [
      "v=0",
      "o=- 1 1 IN IP4 127.0.0.1",
      "s=-",
      "c=IN IP4 127.0.0.1",
      "t=0 0",
      `m=audio ${thirdPort} RTP/AVP 8`,
      "a=rtpmap:8 PCMA/8000",
      "",
    ].join("\r\n"),
  );
const comes = async (): Promise<void> => {
  await expect.poll(() => dialled).not.toBeNull();
  dialled?.onEvent({ kind: "progressed", status: 180, sdp: null, trunkId: "trk_1" });
  dialled?.onEvent({ kind: "answered", sdp: thirdSdp(), trunkId: "trk_1", dialogId: "d_third", remoteAddress: "127.0.0.1" });
};
const leaves = (): void => dialled?.onEvent({ kind: "ended", by: "carrier", q850: 16 });
const endsOf = () => events.filter((event) => event.kind === "transferEnded").map(({ status }) => status);

test.skipIf(!hasSipp)(
  "sip-rtp 6.2 RFC 3515: a REFER is told of as the call to its target goes on; who answers talks on in the place of who asked",
  { timeout: 40_000 },
  async () => {
    const running = sipp(
      [
        ...answered("600"),
        refer("<sip:2065550100@127.0.0.1>"),
        recv(202),
        ...notified("SIP/2.0 100", "active"),
        ...notified("SIP/2.0 180", "active"),
        ...notified("SIP/2.0 200", "terminated"),
        recv("BYE"),
        send(response("200 OK")),
      ],
      { port },
    );
    await comes();
    await running;
    expect(events.find(({ kind }) => kind === "transferAsked")).toMatchObject({
      destination: "2065550100",
      by: { kind: "trunk", trunkId: "trk_1" },
    });
    expect(endsOf()).toEqual([200]);
    await expect.poll(() => [ann.hears(), third.hears()]).toEqual([[THIRD_HZ], [ANN_HZ]]);
    leaves();
    await expect.poll(() => events.at(-1)).toMatchObject({ kind: "callEnded", cause: { by: "caller", why: "hungUp" } });
    await expect.poll(() => ann.hears()).toEqual([]);
    expect(calls.count()).toBe(0);
  },
);

test.skipIf(!hasSipp)(
  "sip-rtp 6.2 RFC 3515: who asked may hang up at once; the agent stays for the one who comes",
  { timeout: 40_000 },
  async () => {
    const running = sipp(
      [
        ...answered("600"),
        refer("<tel:2065550100>"),
        recv(202),
        ...notified("SIP/2.0 100", "active"),
        ...bye(3),
        ...notified("SIP/2.0 180", "active"),
        ...notified("SIP/2.0 200", "terminated"),
      ],
      { port },
    );
    await expect.poll(() => dialled).not.toBeNull();
    await expect.poll(() => endpoint.stack.counts().dialogs).toBe(0);
    expect(events.some(({ kind }) => kind === "callEnded")).toBe(false);
    await comes();
    await running;
    await expect.poll(() => [ann.hears(), third.hears()]).toEqual([[THIRD_HZ], [ANN_HZ]]);
    order({
      kind: "hangUp",
      callId: events[0]?.kind === "callArrived" ? events[0].callId : ("" as CallId),
      cause: { by: "agent", why: "hungUp" },
    });
    await expect.poll(() => calls.count()).toBe(0);
  },
);

test.skipIf(!hasSipp)(
  "sip-rtp 6.2 RFC 3891: a REFER with Replaces names the dialog whose place is taken; a busy target is told and the talk goes on as it was",
  { timeout: 40_000 },
  async () => {
    const running = sipp(
      [
        ...answered("600"),
        refer("<sip:200@127.0.0.1?Replaces=other%40pbx%3Bto-tag%3Dt1%3Bfrom-tag%3Df1>"),
        recv(202),
        ...notified("SIP/2.0 100", "active"),
        ...notified("SIP/2.0 486", "terminated"),
        ...bye(3),
      ],
      { port },
    );
    await expect.poll(() => dialled).not.toBeNull();
    expect(dialled?.order).toMatchObject({
      destination: "200",
      trunkIds: ["trk_1"],
      replaces: { callId: "other@pbx", toTag: "t1", fromTag: "f1", earlyOnly: false },
    });
    dialled?.onEvent({ kind: "failed", cause: { why: "busy", sipStatus: 486, q850: 17, trunkId: "trk_1" } });
    await running;
    expect(endsOf()).toEqual([486]);
    expect(events.at(-1)).toMatchObject({ kind: "callEnded", cause: { by: "caller", why: "hungUp" } });
  },
);

const passOnBy = async (callId: CallId): Promise<void> => {
  const partyId = "pty_third" as PartyId;
  const to = { projectId: "prj_1" as ProjectId, trunkIds: ["trk_1"], destination: "+12065550100", callerId: { number: null, name: null } };
  const how = { isEmergency: false, talkMsMax: 60_000, ringback: "tone.ring", loop: "music.main", recorded: false };
  order({ kind: "callOutside", callId, partyId, ...to, ...how });
  await comes();
  order({ kind: "passOn", callId, partyId, talkMsMax: 60_000 });
};
const callIdNow = async (): Promise<CallId> => {
  await expect.poll(() => events[0]?.kind).toBe("callArrived");
  return events[0]?.kind === "callArrived" ? events[0].callId : ("" as CallId);
};
const asked = recv("REFER", {
  expects: [{ header: "Refer-To", pattern: "sip:2065550100@127.0.0.1.*Replaces=third%40carrier%3Bto-tag%3Dtheirs%3Bfrom-tag%3Dours" }],
});

test.skipIf(!hasSipp)(
  "sip-rtp 6.2 RFC 5589: an agent who leaves two lines of one carrier asks it to join them; it does, and both are free",
  { timeout: 40_000 },
  async () => {
    const notify = request("NOTIFY", {
      inDialog: true,
      cseq: 2,
      contact: true,
      more: "Event: refer\nSubscription-State: terminated;reason=noresource\n",
      type: "message/sipfrag",
      body: "SIP/2.0 200 OK\n",
    });
    const running = sipp(
      [
        ...answered("600"),
        asked,
        send(response("202 Accepted", { contact: true })),
        send(notify, { repeats: true }),
        recv(200),
        recv("BYE"),
        send(response("200 OK")),
      ],
      { port },
    );
    await passOnBy(await callIdNow());
    await running;
    expect(events.findLast(({ kind }) => kind === "callEnded")).toMatchObject({ cause: { by: "system", why: "released" } });
    expect(calls.count()).toBe(0);
  },
);

test.skipIf(!hasSipp)(
  "sip-rtp 6.2 RFC 5589: a carrier that declines to join its lines has them joined by us, as before",
  { timeout: 40_000 },
  async () => {
    const running = sipp([...answered("600"), asked, send(response("603 Decline")), pause(500), ...bye(2)], { port });
    await passOnBy(await callIdNow());
    await running;
    // The peer has its answer before the figures of the call are taken.
    await expect.poll(() => events.findLast(({ kind }) => kind === "callEnded")).toMatchObject({ cause: { by: "caller", why: "hungUp" } });
  },
);

test.skipIf(!hasSipp)(
  "what the gate refuses is told as 603, and a trunk that may not ask is declined at once",
  { timeout: 40_000 },
  async () => {
    decides = ({ callId, token }) => order({ kind: "refuseTransfer", callId, token, status: 603 });
    await sipp(
      [
        ...answered("600"),
        refer("<sip:900123456@127.0.0.1>"),
        recv(202),
        ...notified("SIP/2.0 100", "active"),
        ...notified("SIP/2.0 603", "terminated"),
        ...bye(3),
      ],
      { port },
    );
    isTaken = false;
    await sipp([...answered("600"), refer("<sip:200@127.0.0.1>"), recv(603), ...bye(3)], { port });
    expect(events.filter(({ kind }) => kind === "transferAsked")).toHaveLength(1);
    expect(dialled).toBeNull();
  },
);
