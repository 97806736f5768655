import type { DeviceState, EdgeEvent } from "@allo/contract";
import type { DeviceId, OfferId, PersonId, PhoneId } from "@allo/kernel";
import type { Binding, SipUserEvent } from "@allo/sip";
import { beforeEach, expect, it } from "vitest";
import { createDevicePhones, DevicePhoneLimits, type DevicePhones } from "./device-phones.ts";

const PHONE = "dev_1" as PhoneId;
const ANN = "per_ann" as PersonId;
const OFFER = "off_1" as OfferId;
const ANSWER = new TextEncoder().encode(
  "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 6000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n",
);

/** One phone, registered over UDP, at an edge whose sockets and time the test has. */
class World {
  now = 1_000_000;
  readonly timers: { readonly at: number; readonly fire: () => void }[] = [];
  readonly sent: { readonly method: string; readonly id: string }[] = [];
  readonly reported: EdgeEvent[] = [];
  readonly stopped: string[] = [];
  state: DeviceState | null = null;
  readonly devices: DevicePhones;

  constructor() {
    const binding = {
      addressOfRecord: "sip:d1@allo",
      contact: "sip:d1@192.0.2.9:5062",
      flow: { id: "udp", transport: "udp", local: { address: "192.0.2.1", port: 5070 }, remote: { address: "192.0.2.9", port: 5062 } },
      expiresAt: Number.MAX_SAFE_INTEGER,
    } as unknown as Binding;
    const done = { commands: [], failure: null };
    const begin = (method: string) => () => {
      const id = `${method}${this.sent.length}`;
      this.sent.push({ method, id });
      return { ...done, handle: id };
    };
    const stack = {
      inviteSend: begin("INVITE"),
      requestSend: begin("OPTIONS"),
      inviteCancel: begin("CANCEL"),
      dialogEnd: begin("BYE"),
      dialogName: () => null,
    };
    const engine = { openPlainLeg: () => Promise.resolve({ port: 4_000 }) };
    this.devices = createDevicePhones({
      clock: { now: () => this.now },
      timers: { arm: (afterMs: number, fire: () => void) => this.#arm(afterMs, fire) },
      ids: { next: (prefix: string) => `${prefix}_${this.sent.length}_${this.now}` },
      engine: new Proxy(engine, { get: (target, name) => target[name as keyof typeof target] ?? (() => undefined) }) as never,
      sip: () => ({ stack, run: () => undefined, send: ({ handle }: { readonly handle: string }) => handle }) as never,
      log: { warn: () => undefined, error: () => undefined } as never,
      bindAddress: "0.0.0.0",
      advertisedFor: () => "192.0.2.1",
      ownAddresses: () => [],
      mediaPlaceOf: () => null,
      bindingsOf: () => [binding],
      openFlow: () => Promise.reject(new Error("no TCP")),
      report: (event) => void this.reported.push(event),
      onSipCallId: () => undefined,
      onState: (_deviceId, state) => {
        this.state = state;
      },
      onHungUp: () => undefined,
      onMediaStopped: (legId) => void this.stopped.push(legId),
      onHold: () => undefined,
      onPassOn: () => null,
      onConsult: () => null,
      onSpeaksOn: () => undefined,
      onTurnsAside: () => undefined,
      onDigit: () => undefined,
    });
    const device = { deviceId: PHONE as string as DeviceId, username: "d1", realm: "allo", ha1Md5: "", ha1Sha256: "" };
    this.devices.configure([{ ...device, dialableNumberIds: [], autoAnswer: false, offersSrtp: false }]);
    this.devices.heard([{ kind: "bindingAdded", binding } as never], "Played");
  }
  #arm(afterMs: number, fire: () => void): () => void {
    const timer = { at: this.now + afterMs, fire };
    this.timers.push(timer);
    return () => void this.timers.splice(this.timers.indexOf(timer), this.timers.includes(timer) ? 1 : 0);
  }
  advance(ms: number): void {
    this.now += ms;
    for (const timer of [...this.timers]) if (timer.at <= this.now && this.timers.includes(timer)) this.#fire(timer);
    this.devices.tick();
  }
  #fire(timer: (typeof this.timers)[number]): void {
    this.timers.splice(this.timers.indexOf(timer), 1);
    timer.fire();
  }
  say(event: unknown): void {
    this.devices.sipEvent(event as SipUserEvent);
  }
  invites(): readonly string[] {
    return this.sent.flatMap(({ method, id }) => (method === "INVITE" ? [id] : []));
  }
  /** It is called for an offer; the dialog. */
  async ring(offerId = OFFER): Promise<string> {
    const before = this.invites().length;
    this.devices.ring({ phoneId: PHONE, offerId, shown: { number: null, name: null } });
    await expect.poll(() => this.invites().length).toBe(before + 1);
    return this.invites().at(-1) ?? "";
  }
  answered(dialogId: string): void {
    this.say({ kind: "inviteAnswered", dialogId, isReInvite: false, sdp: ANSWER });
  }
  rejected(dialogId: string, status: number | null): void {
    const why = status === null ? { cause: "timeout", status: null } : { cause: "response", status };
    this.say({ kind: "inviteRejected", dialogId, isReInvite: false, ...why });
  }
  answersQuestion(): void {
    const transactionId = this.sent.findLast(({ method }) => method === "OPTIONS")?.id;
    this.say({ kind: "requestAnswered", transactionId, dialogId: null, response: { status: 200 } });
  }
  bridged(): string | null | undefined {
    let got: string | null | undefined;
    this.devices.legFor({ phoneId: PHONE, personId: ANN, offerId: OFFER, shown: null }, (legId) => {
      got = legId;
    });
    return got;
  }
}

let world: World;
beforeEach(() => {
  world = new World();
});

it("one that rang for long is in the talk as soon as it is picked up, whether or not its first packet has come", async () => {
  const dialogId = await world.ring();
  world.say({ kind: "inviteProgressed", dialogId });
  world.advance(DevicePhoneLimits.mediaTimeoutMs);
  // Nothing comes from a phone that rings; the engine says so once.
  const legId = "leg_0_1000000";
  world.devices.mediaStopped(legId);
  expect(world.stopped).toEqual([]);
  world.answered(dialogId);
  expect(world.bridged()).toBe(legId);
  world.devices.taken(legId);
  expect(world.invites()).toHaveLength(1);
  expect(world.sent.some(({ method }) => method === "BYE")).toBe(false);
  // What never says anything in the talk is away after its time.
  world.advance(DevicePhoneLimits.mediaTimeoutMs);
  expect(world.stopped).toEqual([legId]);
});

it("one that turns calls away is offered them less and less often, whatever it answers to questions, until it takes one", async () => {
  const pauses: number[] = [];
  for (let nth = 0; nth < 6; nth += 1) {
    world.rejected(await world.ring(`off_${nth}` as OfferId), 503);
    expect(world.state).toMatchObject({ canRing: false, trouble: { what: "turnsAway", status: 503 } });
    const pauseMs = (world.state?.contacts[0]?.blockedUntil ?? 0) - world.now;
    pauses.push(pauseMs / 1_000);
    world.advance(pauseMs - 1);
    world.answersQuestion();
    expect(world.state?.canRing).toBe(false);
    world.advance(1);
    expect(world.state?.canRing).toBe(true);
  }
  expect(pauses).toEqual([30, 60, 120, 240, 480, 480]);
  world.answered(await world.ring("off_taken" as OfferId));
  world.devices.released(PHONE);
  world.rejected(await world.ring("off_last" as OfferId), 503);
  expect((world.state?.contacts[0]?.blockedUntil ?? 0) - world.now).toBe(DevicePhoneLimits.turnedAwayMs);
});

it("a call into nothing is asked about soon; a second one on end is a phone that takes none", async () => {
  world.rejected(await world.ring(), null);
  expect(world.state).toMatchObject({ canRing: false, trouble: { what: "noAnswer" }, contacts: [{ blockedUntil: null }] });
  world.advance(DevicePhoneLimits.askAgainMs);
  world.answersQuestion();
  expect(world.state?.canRing).toBe(true);
  world.rejected(await world.ring("off_2" as OfferId), null);
  world.advance(DevicePhoneLimits.askAgainMs);
  world.answersQuestion();
  expect(world.state?.canRing).toBe(false);
  world.advance(DevicePhoneLimits.turnedAwayMs);
  expect(world.state?.canRing).toBe(true);
});
