// Callers against a callee of the test: a SIP stack of its own on a loopback socket that answers, echoes sound, refuses or is silent.
import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { randomBytes } from "node:crypto";
import { afterEach, expect, test } from "vitest";
import { createPrng } from "@allo/kernel";
import { generateTone, toneShare } from "@allo/media";
import { createFlowHub } from "@allo/node-net";
import { parseTelephoneEvent, digitOfEvent, parseRtp } from "@allo/rtp";
import { createAnswer, parseSdp, readAudio } from "@allo/sdp";
import { createSipStack, headerGet, type SipCallResult, type SipCommand, type SipRequest, type SipUserEvent } from "@allo/sip";
import { createCallers, type CallerEvent, type PlacedCall } from "./index.ts";

const clock = { now: () => Math.floor(performance.timeOrigin + performance.now()) };
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

type Manner = { readonly answer?: boolean; readonly status?: number; readonly rings?: boolean };
type Callee = {
  readonly port: number;
  readonly invites: SipRequest[];
  readonly digits: string[];
  readonly packets: () => number;
  readonly hangUp: () => void;
};

/** Answers with 180 and 200, sends each packet of sound back, and hangs up when told. */
async function callee(manner: Manner = {}): Promise<Callee> {
  const ids = { next: (prefix: string) => `${prefix}${randomBytes(8).toString("hex")}` };
  const stack = createSipStack({ ids, prng: createPrng("callee") });
  const invites: SipRequest[] = [];
  const digits: string[] = [];
  const timers = new Set<NodeJS.Timeout>();
  const dialogs: string[] = [];
  const echo: Socket = createSocket("udp4");
  let packets = 0;
  let lastEvent = -1;
  await new Promise<void>((resolve) => echo.bind(0, "127.0.0.1", resolve));
  echo.on("message", (bytes, from) => {
    packets += 1;
    const rtp = parseRtp(bytes);
    if (!rtp.ok) return;
    if (rtp.value.payloadType === 101) {
      const event = parseTelephoneEvent(bytes, rtp.value.payloadStart);
      if (event !== null && rtp.value.timestamp !== lastEvent) digits.push(digitOfEvent(event.event) ?? "?");
      lastEvent = rtp.value.timestamp;
    } else echo.send(bytes, from.port, from.address);
  });
  const run = ({ commands }: SipCallResult): void => drain(commands);
  const drain = (commands: readonly SipCommand[]): void => {
    for (const command of commands) {
      if (command.kind === "sendBytes") hub.send(command.flowId, command.to, command.bytes);
      else if (command.kind === "emit") heed(command.event);
      else if (command.kind === "armTimer") {
        const { timerId } = command;
        timers.add(setTimeout(() => drain(stack.handle({ kind: "timerFired", at: clock.now(), timerId })), command.afterMs));
      }
    }
  };
  const heed = (event: SipUserEvent): void => {
    if (event.kind !== "inviteReceived") return;
    invites.push(event.request);
    if (manner.status !== undefined) {
      run(stack.inviteReject(event.dialogId, { status: manner.status, headers: [{ name: "Reason", value: "Q.850;cause=17" }] }));
      return;
    }
    if (manner.rings !== false) run(stack.inviteProgress(event.dialogId, { status: 180 }));
    if (manner.answer === false) return;
    const parsed = parseSdp(event.sdp ?? new Uint8Array());
    const audio = parsed.ok ? readAudio(parsed.session) : null;
    if (!parsed.ok || audio === null || !audio.ok) throw new Error("the caller offers no audio");
    const local = {
      origin: { sessionId: "1", version: 1, address: "127.0.0.1" },
      port: echo.address().port,
      direction: "sendrecv" as const,
    };
    run(stack.inviteAccept(event.dialogId, { sdp: createAnswer(parsed.session, audio.audio, local) }));
    dialogs.push(event.dialogId);
  };
  const hub = createFlowHub({
    onMessage: (flow, bytes) => drain(stack.handle({ kind: "messageReceived", at: clock.now(), flow, bytes })),
    onFlowClosed: () => undefined,
  });
  const listener = await hub.listenUdp({ address: "127.0.0.1", port: 0 });
  closers.push(async () => {
    for (const timer of timers) clearTimeout(timer);
    echo.close();
    await hub.close();
  });
  return {
    port: listener.local.port,
    invites,
    digits,
    packets: () => packets,
    hangUp: () => dialogs.splice(0).forEach((dialogId) => run(stack.dialogEnd(dialogId))),
  };
}

async function makeCallers() {
  const callers = await createCallers({ bindAddress: "127.0.0.1", clock });
  closers.push(callers.close);
  return callers;
}

function eventsOf(call: PlacedCall): { readonly kinds: () => readonly string[]; readonly end: () => CallerEvent | undefined } {
  const events: CallerEvent[] = [];
  call.on((event) => events.push(event));
  return { kinds: () => events.map(({ kind }) => kind), end: () => events.find(({ kind }) => kind === "ended") };
}

test("a call is answered, both sides hear, keys arrive, and the caller hangs up", async () => {
  const peer = await callee();
  const callers = await makeCallers();
  const call = callers.place({
    target: { address: "127.0.0.1", port: peer.port },
    number: "+442079460000",
    from: { number: "+442079460123", name: 'Ann "A" Caller' },
  });
  const events = eventsOf(call);
  const heard: number[] = [];
  call.onFrame((samples) => heard.push(...samples));
  await expect.poll(events.kinds).toEqual(["trying", "ringing", "answered", "mediaStarted"]);
  expect(call.state()).toBe("answered");
  expect(peer.invites[0]?.uri).toMatchObject({ user: "+442079460000" });
  expect(headerGet(peer.invites[0] as SipRequest, "Privacy")).toBeNull();

  expect(await call.play(generateTone({ frequencyHz: 700, durationMs: 800 }))).toBe("completed");
  await expect.poll(() => toneShare(Int16Array.from(heard.slice(-6_400)), 700)).toBeGreaterThan(0.7);
  expect(call.hearing().speechMs).toBeGreaterThan(600);
  expect(call.hearing().lostPackets).toBe(0);
  const cut = call.play(generateTone({ frequencyHz: 700, durationMs: 5_000 }));
  call.stopPlaying();
  expect(await cut).toBe("cut");

  expect(call.sendDigits("12#")).toBe(true);
  expect(call.sendDigits("not a key")).toBe(false);
  await expect.poll(() => peer.digits.join("")).toBe("12#");
  call.hangUp();
  call.hangUp();
  await expect.poll(events.end).toMatchObject({ by: "us", reason: "hungUp", status: null });
  expect(callers.open()).toBe(0);
  expect(await call.play(new Int16Array(160))).toBe("cut");
});

test("the peer hangs up, and the caller is told; sound goes no further", async () => {
  const peer = await callee();
  const call = (await makeCallers()).place({ target: { address: "127.0.0.1", port: peer.port }, number: "600", from: { number: null } });
  const events = eventsOf(call);
  await expect.poll(events.kinds).toContain("mediaStarted");
  expect(headerGet(peer.invites[0] as SipRequest, "Privacy")).toBe("id");
  expect(peer.invites[0]?.from.uri).toMatchObject({ host: "anonymous.invalid" });
  const saying = call.play(generateTone({ frequencyHz: 500, durationMs: 10_000 }));
  peer.hangUp();
  await expect.poll(events.end).toMatchObject({ by: "peer", reason: "hungUp" });
  expect(await saying).toBe("cut");
});

test("a refused call says the status and the reason", async () => {
  const peer = await callee({ status: 486 });
  const call = (await makeCallers()).place({ target: { address: "127.0.0.1", port: peer.port }, number: "600", from: { number: "1" } });
  const events = eventsOf(call);
  await expect.poll(events.end).toMatchObject({ by: "peer", reason: "refused", status: 486, words: "Q.850;cause=17" });
});

test("a call that is given up while it rings is cancelled", async () => {
  const peer = await callee({ answer: false });
  const call = (await makeCallers()).place({ target: { address: "127.0.0.1", port: peer.port }, number: "600", from: { number: "1" } });
  const events = eventsOf(call);
  await expect.poll(events.kinds).toContain("ringing");
  call.hangUp();
  await expect.poll(events.end).toMatchObject({ by: "us", reason: "cancelled" });
});

test("nobody on the port: the caller says so long before SIP's own timer", async () => {
  const silent = createSocket("udp4");
  await new Promise<void>((resolve) => silent.bind(0, "127.0.0.1", resolve));
  closers.push(async () => void silent.close());
  const startedAt = performance.now();
  const call = (await makeCallers()).place({
    target: { address: "127.0.0.1", port: silent.address().port },
    number: "6",
    from: { number: "1" },
  });
  const events = eventsOf(call);
  await expect.poll(events.end).toMatchObject({ by: "network", reason: "noAnswerToInvite", status: null });
  expect(performance.now() - startedAt).toBeLessThan(20_000);
  expect(events.kinds()).toEqual(["ended"]);
});

test("sixty calls share two sockets, and closing ends them all at the peer", async () => {
  const peer = await callee();
  const callers = await makeCallers();
  const calls = Array.from({ length: 60 }, () =>
    callers.place({ target: { address: "127.0.0.1", port: peer.port }, number: "600", from: { number: "1" } }),
  );
  // The callee echoes all of them from one port: the callers' side must then go by the address as well, and gives the sound to the first.
  await expect.poll(() => calls.filter((call) => call.state() === "answered").length).toBe(60);
  await expect.poll(peer.packets).toBeGreaterThan(600);
  await callers.close();
  expect(calls.every((call) => call.state() === "ended")).toBe(true);
});
