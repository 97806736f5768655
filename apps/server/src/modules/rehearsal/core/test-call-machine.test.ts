import { describe, expect, it } from "vitest";
import type { ContactId } from "@allo/kernel";
import {
  agentObstacle,
  beginTestCall,
  failedTestCall,
  isOver,
  stepTestCall,
  testCallLimits,
  type TestCallCommand,
  type TestCallEvent,
  type TestCallFacts,
  type TestContactPhase,
  type TestTalk,
} from "./test-call-machine.ts";

const SIP = { address: "127.0.0.1", port: 5060 };
const MEDIA = { address: "127.0.0.1", port: 41_000 };
const READY = { state: "ready", registered: true, proven: true };
const TICK_MS = 200;

/** A test call on a clock that the test moves; the caller's ears hear what `hears` says. */
class Rehearsal {
  facts: TestCallFacts = beginTestCall(0, { sip: SIP, media: MEDIA });
  now = 0;
  readonly commands: TestCallCommand[] = [];
  agent = READY;
  hears = { levelDbfs: -96, speechPerTickMs: 0 };
  agentLine: "flowing" | "silent" | "unknown" = "flowing";
  #speechMs = 0;

  tell(event: TestCallEvent): this {
    const step = stepTestCall(this.facts, event, this.now);
    this.facts = step.facts;
    for (const command of step.commands) {
      this.commands.push(command);
      if (command.kind === "hearAnew") this.#speechMs = 0;
    }
    return this;
  }
  pass(ms: number): this {
    for (let passed = 0; passed < ms; passed += TICK_MS) {
      this.now += TICK_MS;
      this.#speechMs += this.hears.speechPerTickMs;
      const hearing = { levelDbfs: this.hears.levelDbfs, speechMs: this.#speechMs };
      this.tell({ kind: "ticked", hearing, agentLine: this.agentLine, agent: this.agent });
    }
    return this;
  }
  contact(phase: TestContactPhase, more: { cause?: TestCallFacts["cause"]; lastRing?: string; talk?: TestTalk } = {}): this {
    const { cause = null, lastRing = null, talk = "joined" } = more;
    return this.tell({ kind: "contactChanged", contactId: "con_1" as ContactId, phase, cause, lastRing, talk });
  }
  callerEnds(by: "us" | "peer" | "network", reason: string, status: number | null = null): this {
    return this.tell({ kind: "callerEnded", end: { by, reason, status } });
  }
  /** As far as the talk. */
  answered(): this {
    this.tell({ kind: "callerTried" }).contact("arriving").tell({ kind: "callerAnswered" }).contact("greeting");
    this.tell({ kind: "callerMediaStarted" }).pass(1_000).contact("waiting").contact("ringing").pass(2_000);
    return this.contact("talking");
  }
  listening(): this {
    return this.answered().pass(1_000).tell({ kind: "played", words: "hello" }).pass(600);
  }
  said(): readonly string[] {
    return this.commands.map((command) => (command.kind === "say" ? command.words : command.kind));
  }
}

describe("a test call that goes well", () => {
  it("goes from the INVITE to the voice that was heard, and hangs up after saying so", () => {
    const call = new Rehearsal();
    const seen: string[] = [call.facts.state];
    const look = (): void => void (seen.at(-1) === call.facts.state || seen.push(call.facts.state));
    call.tell({ kind: "callerTried" }).contact("arriving");
    look();
    call.tell({ kind: "callerAnswered" }).contact("greeting").tell({ kind: "callerMediaStarted" });
    look();
    call.contact("waiting");
    look();
    call.contact("ringing");
    look();
    call.contact("talking");
    look();
    call.pass(1_000);
    look();
    call.tell({ kind: "played", words: "hello" }).pass(600);
    look();
    expect(call.facts.listeningEndsAt).toBe(call.facts.since + testCallLimits.listeningMs);
    call.hears = { levelDbfs: -20, speechPerTickMs: 200 };
    call.pass(600);
    look();
    call.tell({ kind: "played", words: "heard" });
    call.callerEnds("us", "hungUp").contact("wrapUp", { cause: { by: "caller", why: "hungUp" } });
    look();
    expect(seen).toEqual(["placing", "greeting", "waiting", "ringing", "answered", "callerSpeaking", "listening", "heard", "ended"]);
    expect(call.said()).toEqual(["hello", "hearAnew", "heard", "hangUp"]);
    expect(call.facts).toMatchObject({ result: "heard", heardAgent: true, obstacle: null, levelDbfs: -20, contactId: "con_1" });
  });

  it("says that nothing was heard where the microphone is silent all the while, and that is an end like another", () => {
    const call = new Rehearsal().listening().pass(testCallLimits.listeningMs);
    expect(call.facts).toMatchObject({ state: "notHeard", result: "notHeard", speechMs: 0 });
    call
      .tell({ kind: "played", words: "notHeard" })
      .callerEnds("us", "hungUp")
      .contact("wrapUp", { cause: { by: "caller", why: "hungUp" } });
    expect(call.facts).toMatchObject({ state: "ended", result: "notHeard", heardAgent: false, obstacle: null });
  });

  it("an agent who hangs up while the caller says what it heard has been heard all the same", () => {
    const call = new Rehearsal().listening();
    call.hears = { levelDbfs: -20, speechPerTickMs: 200 };
    call
      .pass(1_000)
      .callerEnds("peer", "hungUp")
      .contact("wrapUp", { cause: { by: "agent", why: "hungUp" } });
    expect(call.facts).toMatchObject({ state: "ended", result: "heard", obstacle: null });
  });

  it("the music of a hold, or of a phone that is gone for a moment, is nobody's voice", () => {
    for (const talk of ["held", "mediaLost"] as const) {
      const call = new Rehearsal().listening().contact("talking", { talk });
      call.hears = { levelDbfs: -15, speechPerTickMs: 200 };
      expect(call.pass(3_000).facts).toMatchObject({ state: "listening", speechMs: 0 });
      call.hears = { levelDbfs: -96, speechPerTickMs: 0 };
      expect(call.contact("talking").pass(200).facts).toMatchObject({ state: "listening", speechMs: 0 });
      call.hears = { levelDbfs: -20, speechPerTickMs: 200 };
      expect(call.pass(600).facts.state).toBe("heard");
    }
  });

  it("what the person said while the caller spoke is not counted", () => {
    const call = new Rehearsal().answered();
    call.hears = { levelDbfs: -20, speechPerTickMs: 200 };
    call.pass(4_000);
    expect(call.facts.state).toBe("callerSpeaking");
    call.hears = { levelDbfs: -96, speechPerTickMs: 0 };
    call.tell({ kind: "played", words: "hello" }).pass(600);
    expect(call.facts).toMatchObject({ state: "listening", speechMs: 0 });
  });
});

describe("what stands in the way has its name", () => {
  const failed = (call: Rehearsal): unknown => {
    expect(call.commands.at(-1)).toEqual({ kind: "hangUp" });
    call.callerEnds("us", "hungUp").contact("wrapUp", { cause: { by: "caller", why: "hungUp" } });
    expect(call.facts.state).toBe("failed");
    return call.facts.obstacle;
  };

  it.each([
    ["nothing answers on the SIP port", (call: Rehearsal) => call.pass(testCallLimits.sipSilentMs), { code: "sipUnreachable", ...SIP }],
    [
      "answered, and no sound of ours comes",
      (call: Rehearsal) => call.contact("arriving").tell({ kind: "callerAnswered" }).pass(testCallLimits.firstSoundMs),
      { code: "noAudioFromUs", ...MEDIA },
    ],
    [
      "it rang in vain",
      (call: Rehearsal) => call.contact("greeting").contact("ringing").pass(20_000).contact("waiting", { lastRing: "notAnswered" }),
      { code: "notAnswered" },
    ],
    [
      "it was declined",
      (call: Rehearsal) => call.contact("greeting").contact("ringing").contact("waiting", { lastRing: "declined" }),
      { code: "agentHungUp" },
    ],
    [
      "the phone could not be joined",
      (call: Rehearsal) => call.contact("ringing").contact("waiting", { lastRing: "bridgeFailed" }),
      { code: "phoneNotConnected", proven: false },
    ],
    [
      "it waits because the phone's media path isn't proven",
      (call: Rehearsal) => {
        call.agent = { state: "ready", registered: true, proven: false };
        return call.contact("waiting").pass(testCallLimits.waitingMs);
      },
      { code: "phoneNotConnected", proven: false },
    ],
    [
      "it waits because the person went on a break",
      (call: Rehearsal) => {
        call.agent = { state: "notReady", registered: true, proven: true };
        return call.contact("waiting").pass(testCallLimits.waitingMs);
      },
      { code: "notReady", agentState: "notReady" },
    ],
    [
      "it waits because a customer came first",
      (call: Rehearsal) => {
        call.agent = { state: "talking", registered: true, proven: true };
        return call.contact("waiting").pass(testCallLimits.waitingMs);
      },
      { code: "inCall", agentState: "talking" },
    ],
    ["it waits, and nobody knows why", (call: Rehearsal) => call.contact("waiting").pass(testCallLimits.waitingMs), { code: "timedOut" }],
    [
      "the agent's sound never comes",
      (call: Rehearsal) => {
        call.answered();
        call.agentLine = "silent";
        return call.pass(6_000);
      },
      { code: "noAudioFromAgent" },
    ],
    [
      "the agent's sound stops before the person is asked to speak",
      (call: Rehearsal) => {
        call.listening();
        call.agentLine = "silent";
        return call.pass(testCallLimits.listeningMs);
      },
      { code: "noAudioFromAgent" },
    ],
    [
      "it rings for longer than a test may take",
      (call: Rehearsal) => call.contact("ringing").pass(testCallLimits.totalMs),
      { code: "timedOut", agentState: "ready" },
    ],
  ])("%s", (_, story, obstacle) => {
    expect(failed(story(new Rehearsal()))).toMatchObject(obstacle);
  });

  it.each([
    [
      "a number that takes no call from here",
      () => new Rehearsal().callerEnds("peer", "refused", 404),
      { code: "refused", sipStatus: 404 },
    ],
    ["an INVITE that SIP gave up", () => new Rehearsal().callerEnds("network", "noAnswerToInvite"), { code: "sipUnreachable", ...SIP }],
    [
      "an agent who hangs up in the middle",
      () =>
        new Rehearsal()
          .answered()
          .callerEnds("peer", "hungUp")
          .contact("wrapUp", { cause: { by: "agent", why: "hungUp" } }),
      { code: "agentHungUp" },
    ],
    [
      "too many calls, the cause known after the final answer",
      () =>
        new Rehearsal()
          .contact("arriving")
          .callerEnds("peer", "refused", 486)
          .contact("ending", { cause: { by: "system", why: "tooManyCalls" } }),
      { code: "refused", sipStatus: 486, cause: "tooManyCalls" },
    ],
    [
      "an end whose cause nobody says",
      () => new Rehearsal().answered().callerEnds("peer", "hungUp").pass(testCallLimits.causeWaitMs),
      { code: "refused", cause: null },
    ],
    ["an edge that doesn't let the caller in", () => new Rehearsal().tell({ kind: "edgeSilent" }), { code: "edgeAway" }],
  ])("%s", (_, story, obstacle) => {
    const { facts } = story();
    expect(facts).toMatchObject({ state: "failed", obstacle });
    expect(facts.endedAt).not.toBeNull();
  });

  it("a ring that was withdrawn waits again: the phone may come back", () => {
    const call = new Rehearsal().contact("ringing").contact("waiting", { lastRing: "withdrawn" });
    expect(call.facts).toMatchObject({ state: "waiting", obstacle: null });
    expect(call.contact("ringing").facts.state).toBe("ringing");
  });

  it("before it begins, the agent's own state says what is missing", () => {
    expect(agentObstacle(READY)).toBeNull();
    expect(agentObstacle({ state: "ready", registered: true, proven: false })).toBeNull(); // the proof may come while the greeting plays
    expect(agentObstacle({ ...READY, registered: false })).toMatchObject({ code: "phoneNotConnected" });
    expect(agentObstacle({ ...READY, state: "notReady" })).toMatchObject({ code: "notReady" });
    expect(agentObstacle({ ...READY, state: "offline" })).toMatchObject({ code: "notReady", agentState: "offline" });
    for (const state of ["ringing", "talking", "wrapUp"]) expect(agentObstacle({ ...READY, state })).toMatchObject({ code: "inCall" });
    expect(failedTestCall(7, "limit")).toMatchObject({ state: "failed", endedAt: 7, obstacle: { code: "limit" } });
  });
});

it("cancelled at any point it ends without a result and without an obstacle, once", () => {
  for (const story of [
    () => new Rehearsal(),
    () => new Rehearsal().contact("waiting"),
    () => new Rehearsal().answered(),
    () => new Rehearsal().listening(),
  ]) {
    const call = story().tell({ kind: "cancelled" }).tell({ kind: "cancelled" });
    expect(call.said().filter((word) => word === "hangUp")).toEqual(["hangUp"]);
    call.callerEnds("us", "cancelled").contact("closed", { cause: { by: "caller", why: "abandoned" } });
    expect(call.facts).toMatchObject({ state: "ended", result: null, obstacle: null });
  }
});

it("nothing changes a test call that is over, whatever comes late", () => {
  const late: readonly TestCallEvent[] = [
    { kind: "edgeSilent" },
    { kind: "callerTried" },
    { kind: "callerAnswered" },
    { kind: "callerMediaStarted" },
    { kind: "callerEnded", end: { by: "peer", reason: "hungUp", status: null } },
    { kind: "contactChanged", contactId: "con_1" as ContactId, phase: "talking", cause: null, lastRing: null, talk: "joined" },
    { kind: "played", words: "heard" },
    { kind: "ticked", hearing: { levelDbfs: 0, speechMs: 900 }, agentLine: "unknown", agent: READY },
    { kind: "cancelled" },
  ];
  for (const facts of [failedTestCall(1, "noNumber"), { ...beginTestCall(1, { sip: null, media: null }), state: "ended" as const }]) {
    expect(isOver(facts)).toBe(true);
    for (const event of late) expect(stepTestCall(facts, event, 9)).toEqual({ facts, commands: [] });
  }
});

it("is total: every event in every state gives a state, and an end is reached within the time a test may take", () => {
  const walk = (seed: number): TestCallFacts => {
    const call = new Rehearsal();
    let rest = seed;
    const draw = (below: number): number => {
      rest = (Math.imul(rest, 1_103_515_245) + 12_345) & 0x7fff_ffff;
      return (rest >> 8) % below;
    };
    const phases: readonly TestContactPhase[] = ["arriving", "greeting", "waiting", "ringing", "talking", "ending", "wrapUp", "closed"];
    for (let step = 0; step < 30; step += 1) {
      const phase = phases[draw(phases.length)] ?? "waiting";
      const events: readonly (() => unknown)[] = [
        () => call.tell({ kind: "callerTried" }),
        () => call.tell({ kind: "callerAnswered" }),
        () => call.tell({ kind: "callerMediaStarted" }),
        () => call.contact(phase, { lastRing: ["declined", "notAnswered", "withdrawn"][draw(3)] ?? "" }),
        () => call.tell({ kind: "played", words: (["hello", "heard", "notHeard"] as const)[draw(3)] ?? "hello" }),
        () => call.pass(200 * draw(20)),
      ];
      events[draw(events.length)]?.();
    }
    call.pass(testCallLimits.totalMs + 1_000);
    if (call.said().includes("hangUp")) call.callerEnds("us", "hungUp").pass(testCallLimits.causeWaitMs + TICK_MS);
    return call.facts;
  };
  for (let seed = 1; seed <= 300; seed += 1) {
    const facts = walk(seed);
    expect(isOver(facts), `seed ${seed}: ${facts.state}`).toBe(true);
  }
});
