// What a trunk's habits do in a call of ours: which sound is heard before the answer, and how keys go.
import type { EdgeEvent } from "@allo/contract";
import type { CallId, ContactId, NumberId, PersonId, PhoneId, ProjectId } from "@allo/kernel";
import { utf8Decode, utf8Encode } from "@allo/kernel";
import type { LegPath, MediaEngine } from "@allo/media";
import type { SipEndpoint } from "@allo/node-net";
import type { SipBody, SipUserEvent } from "@allo/sip";
import { pino } from "pino";
import { describe, expect, it, vi } from "vitest";
import { createCalls } from "./calls.ts";
import type { MediaHabits } from "./session-description.ts";
import type { DialEvent, DialOrder } from "./trunk-port.ts";

const AGENT_LEG = "leg_agent";
const callId = "cal_1" as CallId;
const habits: MediaHabits = { codecs: ["PCMA"], srtp: "off", ptimeMs: 20, keys: "auto", keysPayloadType: 101 };
const described = utf8Encode("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n");

/** A call of ours that the carrier was asked for, with an engine and a stack that only note what they are told. */
async function dialled(trunk: { readonly habits?: Partial<MediaHabits>; readonly hearsEarly?: boolean }) {
  const events: EdgeEvent[] = [];
  const infos: string[] = [];
  const pressed: string[] = [];
  const paths = new Map<string, LegPath>();
  const engine = new Proxy({} as MediaEngine, {
    get: (_target, name) => {
      if (name === "openPlainLeg") return () => Promise.resolve({ port: 40_002 });
      if (name === "legFigures") return () => Promise.resolve(null);
      if (name === "sendDigits") return (_legId: string, digits: string) => void pressed.push(digits);
      if (name === "setPath") return (legId: string, path: LegPath) => void paths.set(legId, path);
      return () => undefined;
    },
  });
  const stack = {
    dialogRequestSend: (_dialogId: string, { body }: { readonly body: SipBody }) => {
      infos.push(utf8Decode(body.bytes).split("\r\n")[0] ?? "");
      return `info${infos.length}`;
    },
  };
  const sip = { run: () => undefined, send: (handle: string) => handle, stack } as unknown as SipEndpoint;
  const carrier = Promise.withResolvers<(event: DialEvent) => void>();
  let ids = 0;
  const calls = createCalls({
    clock: { now: () => 10_000 },
    ids: { next: (prefix) => `${prefix}_${String((ids += 1))}` },
    engine,
    sip: () => sip,
    log: pino({ level: "silent" }),
    bindAddress: "127.0.0.1",
    report: (event) => void events.push(event),
    legFor: (_wanted, then) => then(AGENT_LEG),
    onJoined: () => undefined,
    onTaken: () => undefined,
    onReleased: () => undefined,
    ownAddresses: () => [],
    dialler: () => ({
      dial: (order: DialOrder, onEvent: (event: DialEvent) => void) => {
        order.sdpOffer({
          trunkId: "trk_1",
          localAddress: "127.0.0.1",
          habits: { ...habits, ...trunk.habits },
          hearsEarly: trunk.hearsEarly !== false,
        });
        carrier.resolve(onEvent);
        return { legId: order.legId, cancel: () => undefined, hangUp: () => undefined };
      },
    }),
  });
  calls.command({
    kind: "placeCall",
    callId,
    contactId: "con_1" as ContactId,
    numberId: "num_1" as NumberId,
    phoneId: "phn_1" as PhoneId,
    personId: "per_1" as PersonId,
    projectId: "prj_1" as ProjectId,
    trunkIds: ["trk_1"],
    destination: "+442079460123",
    callerId: { number: null, name: null },
    recording: null,
    notice: [],
    ringback: "tone.ringback",
    holdLoop: "music.main",
    talkMsMax: 60_000,
    isEmergency: false,
  });
  const says = await carrier.promise;
  const answer = (): void => says({ kind: "answered", sdp: described, trunkId: "trk_1", dialogId: "d", remoteAddress: "127.0.0.1" });
  const infoAnswered = (nth: number, status: number): void => {
    const event = { kind: "requestAnswered", dialogId: "d", transactionId: `info${nth}`, response: { status } };
    says({ kind: "inDialog", event: event as unknown as SipUserEvent });
  };
  return { calls, says, answer, infoAnswered, infos, pressed, agentHears: () => paths.get(AGENT_LEG), events };
}

describe("a call of ours before it is answered", () => {
  const ring = { kind: "progressed", status: 183, sdp: described, trunkId: "trk_1" } as const;

  it("sip-rtp 6.6.10: is heard as the carrier sends it, or our own ringing goes on where the trunk says so", async () => {
    const theirs = await dialled({});
    expect(theirs.agentHears()).toMatchObject({ kind: "sequence", items: [{ kind: "loop", audioId: "tone.ringback" }] });
    theirs.says(ring);
    expect(theirs.agentHears()?.kind).toBe("bridge");
    const own = await dialled({ hearsEarly: false });
    own.says(ring);
    expect(own.agentHears()).toMatchObject({ kind: "sequence", items: [{ kind: "loop", audioId: "tone.ringback" }] });
    own.says({ kind: "answered", sdp: null, trunkId: "trk_1", dialogId: "d", remoteAddress: "127.0.0.1" });
    expect(own.agentHears()?.kind).toBe("bridge");
  });
});

describe("keys in a call of ours", () => {
  it("sip-rtp 6.6.13: go by the media, or by SIP INFO one after another where the trunk says so", async () => {
    const usual = await dialled({});
    usual.answer();
    usual.calls.command({ kind: "sendDigits", callId, digits: "12" });
    expect([usual.pressed, usual.infos]).toEqual([["12"], []]);
    const byInfo = await dialled({ habits: { keys: "info" } });
    byInfo.answer();
    byInfo.calls.command({ kind: "sendDigits", callId, digits: "12" });
    expect([byInfo.pressed, byInfo.infos]).toEqual([[], ["Signal=1"]]);
    byInfo.infoAnswered(1, 200);
    await vi.waitFor(() => expect(byInfo.infos).toEqual(["Signal=1", "Signal=2"]));
    // A key on the agent's own phone goes the same way.
    byInfo.infoAnswered(2, 200);
    byInfo.calls.agentKeyHeard(AGENT_LEG, "#");
    await vi.waitFor(() => expect(byInfo.infos.at(-1)).toBe("Signal=#"));
  });

  it("sip-rtp 6.6.13: are sounded from the one on that the carrier refuses by SIP INFO", async () => {
    const byInfo = await dialled({ habits: { keys: "info" } });
    byInfo.answer();
    byInfo.calls.command({ kind: "sendDigits", callId, digits: "12" });
    byInfo.infoAnswered(1, 415);
    expect(byInfo.pressed).toEqual(["12"]);
  });
});

it("a carrier that answers in clear where the trunk wants sealed audio is left again, and the cause says why", async () => {
  const { answer, events } = await dialled({ habits: { srtp: "required" } });
  answer();
  await vi.waitFor(() => expect(events.find((event) => event.kind === "callEnded")).toMatchObject({ cause: { why: "codecMismatch" } }));
});
