import type { CallId, ContactId, Instant, NumberId, OfferId, PersonId, PhoneId, ProjectId, RecordingId } from "@allo/kernel";
import { utf8Encode } from "@allo/kernel";
import type { EdgeEvent } from "@allo/contract";
import type { LegFigures, MediaEngine } from "@allo/media";
import type { SipFlow } from "@allo/sip";
import { pino } from "pino";
import { expect, it, vi } from "vitest";
import { createCalls } from "./calls.ts";
import { legFigures } from "./fixtures/leg-figures.ts";
import type { SipEndpoint } from "@allo/node-net";

const offer = utf8Encode(
  ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", "m=audio 40000 RTP/AVP 8", "a=rtpmap:8 PCMA/8000", ""].join(
    "\r\n",
  ),
);
const flow: SipFlow = {
  id: "f",
  transport: "udp",
  local: { address: "127.0.0.1", port: 5060 },
  remote: { address: "127.0.0.1", port: 5062 },
};
const AGENT_LEG = "leg_agent";

/** An edge whose legs only count. */
function world(over: Partial<Parameters<typeof createCalls>[0]> = {}) {
  const counters = new Map<string, LegFigures>();
  const count = (legId: string, packetsReceived: number, lastPacketAt: Instant): void =>
    void counters.set(legId, legFigures({ packetsReceived, lastPacketAt }));
  const events: EdgeEvent[] = [];
  const placed: string[] = [];
  /** Devices that ring: given a leg, or null, they are picked up, or not. */
  const pickUps: ((legId: string | null) => void)[] = [];
  const dialled: string[] = [];
  const engine = new Proxy({} as MediaEngine, {
    get: (_target, name) => {
      if (name === "openPlainLeg") return () => Promise.resolve({ port: 40_002 });
      if (name === "legFigures") return (legId: string) => Promise.resolve(counters.get(legId) ?? null);
      return () => undefined;
    },
  });
  const sip = { run: () => undefined, stack: new Proxy({}, { get: () => () => [] }) } as unknown as SipEndpoint;
  let ids = 0;
  const calls = createCalls({
    ...over,
    clock: { now: () => 10_000 },
    ids: { next: (prefix) => `${prefix}_${String((ids += 1))}` },
    engine,
    sip: () => sip,
    log: pino({ level: "silent" }),
    bindAddress: "127.0.0.1",
    report: (event) => void events.push(event),
    legFor: ({ phoneId }, then) => {
      if (phoneId.startsWith("dev_")) pickUps.push(then);
      else then(AGENT_LEG);
    },
    onJoined: () => undefined,
    onTaken: (legId) => void placed.push(`taken ${legId}`),
    onReleased: (phoneId, { hadPlace }) => void placed.push(`${hadPlace ? "released" : "dismissed"} ${phoneId}`),
    ownAddresses: () => [],
    dialler: () => ({
      dial: ({ destination }) => {
        dialled.push(destination);
        return { legId: "", cancel: () => undefined, hangUp: () => undefined };
      },
    }),
  });
  const of = <K extends EdgeEvent["kind"]>(kind: K) =>
    events.find((event): event is Extract<EdgeEvent, { kind: K }> => event.kind === kind);
  const all = <K extends EdgeEvent["kind"]>(kind: K) => events.filter((event) => event.kind === kind);
  return { calls, count, of, all, placed, pickUps, dialled };
}

async function talk({ calls, count, of }: ReturnType<typeof world>): Promise<CallId> {
  await calls.invite({
    dialogId: "d",
    flow,
    sdp: offer,
    number: {
      numberId: "num_1" as NumberId,
      dialled: ["100"],
      allowedNetworks: [],
      language: "en",
      technicalAudioIds: [],
      callsMax: 1,
    } as unknown as Parameters<typeof calls.invite>[0]["number"],
    caller: { callerNumber: null, callerName: null },
    deviceId: null,
    test: null,
    mediaAddress: "127.0.0.1",
    ringsAtOnce: false,
    refuseAtOnce: false,
  });
  const { callId } = of("callArrived")!;
  calls.command({ kind: "acceptCall", callId, contactId: "con_1" as ContactId, token: "greeting", greeting: [], thenLoop: null });
  // The agent's leg has stood all morning.
  count(AGENT_LEG, 90_000, 9_990);
  calls.command({
    kind: "bridge",
    callId,
    offerId: "off_1" as OfferId,
    phoneId: "phn_1" as PhoneId,
    personId: "per_1" as PersonId,
    recording: null,
    holdLoop: "music.main",
  });
  await vi.waitFor(() => expect(of("callBridged")).toBeDefined());
  await Promise.resolve();
  return callId;
}

it("gives a call the agent's packets of this call only", async () => {
  const edge = world();
  const callId = await talk(edge);
  edge.count("leg_2", 480, 9_990);
  edge.count(AGENT_LEG, 90_500, 9_990);
  edge.calls.command({ kind: "hangUp", callId, cause: { by: "agent", why: "hungUp" } });
  await vi.waitFor(() => expect(edge.of("callEnded")).toBeDefined());
  expect(edge.of("callEnded")?.figures).toMatchObject({ caller: { packetsReceived: 480 }, agent: { packetsReceived: 500 } });
});

it("says how both legs do in the middle of a talk, and since when one is silent", async () => {
  const edge = world();
  const callId = await talk(edge);
  edge.count("leg_2", 90, 4_000);
  edge.calls.command({ kind: "takeFigures", callId, token: "ask_1" });
  await vi.waitFor(() => expect(edge.of("figuresTaken")).toBeDefined());
  expect(edge.of("figuresTaken")).toMatchObject({
    token: "ask_1",
    caller: { packetsReceived: 90, silentMs: 6_000 },
    agent: { silentMs: 10 },
  });
});

it("tells how a talk sounds, once", async () => {
  const edge = world();
  await talk(edge);
  edge.calls.lookAtLines();
  for (const packets of [300, 600]) {
    edge.count("leg_2", 90 + packets, 9_990);
    edge.count(AGENT_LEG, 90_000 + packets, 9_990);
    edge.calls.lookAtLines();
    await vi.waitFor(() => expect(edge.of("linesJudged")).toBeDefined());
  }
  expect(edge.all("linesJudged")).toMatchObject([{ verdict: { band: "good", side: null } }]);
});

it("has no agent's figures where nobody ever answered", async () => {
  const edge = world();
  await edge.calls.invite({
    dialogId: "d",
    flow,
    sdp: offer,
    number: { numberId: "num_1", technicalAudioIds: [] } as unknown as Parameters<typeof edge.calls.invite>[0]["number"],
    caller: { callerNumber: null, callerName: null },
    deviceId: null,
    test: null,
    mediaAddress: "127.0.0.1",
    ringsAtOnce: false,
    refuseAtOnce: false,
  });
  const { callId } = edge.of("callArrived")!;
  edge.count("leg_2", 5, 9_000);
  edge.calls.command({ kind: "hangUp", callId, cause: { by: "system", why: "technical" } });
  await vi.waitFor(() => expect(edge.of("callEnded")).toBeDefined());
  expect(edge.of("callEnded")?.figures).toMatchObject({ caller: { packetsReceived: 5 }, agent: null });
});

it("tells which phones have a place in a call, and which have it no more", async () => {
  const edge = world();
  const callId = await talk(edge);
  expect(edge.placed).toEqual([`taken ${AGENT_LEG}`]);
  edge.calls.command({ kind: "hangUp", callId, cause: { by: "agent", why: "hungUp" } });
  await vi.waitFor(() => expect(edge.of("callEnded")).toBeDefined());
  expect(edge.placed.slice(1)).toEqual(["released phn_1"]);
  // An order that comes too late: a phone that was picked up for it is let go.
  edge.calls.command({
    kind: "bridge",
    callId,
    offerId: "off_2" as OfferId,
    phoneId: "phn_2" as PhoneId,
    personId: "per_1" as PersonId,
    recording: null,
    holdLoop: "music.main",
  });
  expect(edge.placed.slice(2)).toEqual(["dismissed phn_2"]);
});

it("ends the talk of an agent who puts their desk phone down, and holds it for one who holds there", async () => {
  const edge = world();
  await talk(edge);
  edge.calls.agentHolds(AGENT_LEG, true);
  expect(edge.all("callHeld")).toHaveLength(1);
  edge.calls.agentHolds(AGENT_LEG, false);
  expect(edge.all("callResumed")).toHaveLength(1);
  edge.calls.agentHungUp(AGENT_LEG);
  await vi.waitFor(() => expect(edge.of("callEnded")).toBeDefined());
  expect(edge.of("callEnded")?.cause).toEqual({ by: "agent", why: "hungUp" });
});

it("calls out only when the agent's device is picked up; given up or not picked up, nobody is dialled and the phone is let go", async () => {
  const edge = world();
  const place = (callId: string): void =>
    edge.calls.command({
      kind: "placeCall",
      callId: callId as CallId,
      contactId: "con_1" as ContactId,
      numberId: "num_1" as NumberId,
      phoneId: "dev_1" as PhoneId,
      personId: "per_1" as PersonId,
      projectId: "prj_1" as ProjectId,
      trunkIds: ["trk_1"],
      destination: "+14155550199",
      callerId: { number: null, name: null },
      recording: null,
      notice: [],
      ringback: "tone.ring",
      holdLoop: "music.main",
      talkMsMax: 60_000,
      isEmergency: false,
    });
  place("cal_no");
  place("cal_no"); // said again after a reconnect
  expect(edge.pickUps).toHaveLength(1);
  edge.pickUps[0]?.(null);
  expect(edge.of("callEnded")).toMatchObject({ callId: "cal_no", cause: { by: "system", why: "phoneGone" } });

  place("cal_off");
  edge.calls.command({ kind: "hangUp", callId: "cal_off" as CallId, cause: { by: "agent", why: "cancelled" } });
  expect(edge.all("callEnded").at(-1)).toMatchObject({ callId: "cal_off", cause: { by: "agent", why: "cancelled" } });
  expect(edge.placed).toEqual(["released dev_1"]);
  edge.pickUps[1]?.(AGENT_LEG);
  expect([edge.dialled, edge.placed.at(-1)]).toEqual([[], "dismissed dev_1"]);

  place("cal_on");
  edge.pickUps[2]?.(AGENT_LEG);
  await vi.waitFor(() => expect(edge.dialled).toEqual(["+14155550199"]));
  edge.calls.agentHungUp(AGENT_LEG);
  expect(edge.placed.at(-1)).toBe("released dev_1");
});

it("gives a recorded call to the recorder elsewhere that its order names, as it is and changes, until the recording ends", async () => {
  const said: string[] = [];
  let who: { readonly number: string | null } = { number: "" };
  const edge = world({
    copies: {
      begin: ({ recorderId, contactId, customer }, call) => {
        who = customer();
        said.push(`begin ${recorderId} ${String(contactId)} ${call.left.join()}|${call.right.join()}`);
      },
      changed: (recordingId, call) =>
        void said.push(`${recordingId} ${call.left.join()}|${call.right.join()}${call.isPaused ? " paused" : ""}`),
      end: (recordingId) => void said.push(`end ${recordingId}`),
      named: (_callId, names) => void said.push(`named ${names.map(({ name }) => name).join()}`),
    },
  });
  const callId = await talk(edge);
  edge.calls.command({
    kind: "record",
    callId,
    recording: {
      recordingId: "rec_1" as RecordingId,
      keyBase64: "",
      filePath: "/nowhere",
      policy: { waiting: false, hold: false, maskPaused: true },
      copyTo: "rcd_1",
    },
  });
  expect(said[0]).toBe(`begin rcd_1 con_1 leg_2|${AGENT_LEG}`);
  expect(who.number).toBeNull();
  edge.calls.command({ kind: "nameParticipants", callId, names: [{ personId: "per_1" as PersonId, name: "Ann" }] });
  edge.calls.command({ kind: "pauseRecording", callId, paused: true });
  edge.calls.command({ kind: "pauseRecording", callId, paused: false });
  edge.calls.command({ kind: "hangUp", callId, cause: { by: "agent", why: "hungUp" } });
  await vi.waitFor(() => expect(edge.of("callEnded")).toBeDefined());
  expect(said.slice(1)).toEqual([`rec_1 leg_2|${AGENT_LEG}`, "named Ann", "rec_1 | paused", `rec_1 leg_2|${AGENT_LEG}`, "end rec_1"]);
});
