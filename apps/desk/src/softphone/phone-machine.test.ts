import { describe, expect, it } from "vitest";
import { phoneAtRest, PhoneLimits, phoneView, stepPhone, type PhoneCommand, type PhoneEvent, type PhoneState } from "./phone-machine.ts";

function run(events: readonly PhoneEvent[], from: PhoneState = phoneAtRest): { state: PhoneState; commands: PhoneCommand[] } {
  const commands: PhoneCommand[] = [];
  let state = from;
  for (const event of events) {
    const step = stepPhone(state, event);
    state = step.state;
    commands.push(...step.commands);
  }
  return { state, commands };
}
const kinds = (commands: readonly PhoneCommand[]): string[] => commands.map((command) => command.kind);
const toRegistered: readonly PhoneEvent[] = [
  { kind: "wanted" },
  { kind: "lockGot" },
  { kind: "microphoneOn" },
  { kind: "linkUp" },
  { kind: "registered" },
];
const up = run([...toRegistered, { kind: "standingUp", epoch: 1, at: 1_000 }]).state;

describe("the browser phone", () => {
  it("takes the lock, the microphone, the registration and then one standing call, in that order", () => {
    const { state, commands } = run([...toRegistered, { kind: "standingUp", epoch: 1, at: 1_000 }]);
    expect(kinds(commands)).toEqual(["requestLock", "askMicrophone", "startAgent", "dial"]);
    expect(phoneView(state)).toBe("up");
  });
  it("asks no microphone and opens nothing while another tab holds the phone; takes over when that closes", () => {
    const waiting = run([{ kind: "wanted" }, { kind: "lockElsewhere" }]);
    expect(kinds(waiting.commands)).toEqual(["requestLock"]);
    expect(phoneView(waiting.state)).toBe("elsewhere");
    expect(kinds(run([{ kind: "lockGot" }], waiting.state).commands)).toEqual(["askMicrophone"]);
  });
  it("names what is wrong with the microphone, and tries again when asked to", () => {
    const denied = run([{ kind: "wanted" }, { kind: "lockGot" }, { kind: "microphoneFailed", problem: "denied" }]);
    expect(phoneView(denied.state)).toBe("microphoneProblem");
    expect(kinds(run([{ kind: "wanted" }], denied.state).commands)).toEqual(["askMicrophone"]);
  });
  it("dials anew within two seconds when the standing call is lost, waiting longer only after failures in a row", () => {
    const lost = run([{ kind: "standingLost", epoch: 1, cause: "mediaFailed" }], up);
    const armed = lost.commands.find((command) => command.kind === "armRetry");
    expect(armed).toMatchObject({ delayMs: PhoneLimits.retryFirstMs });
    const again = run([{ kind: "retryDue", epoch: 1 }], lost.state);
    expect(again.commands).toEqual([{ kind: "dial", epoch: 2 }]);
    let state = again.state;
    let total = PhoneLimits.retryFirstMs as number;
    for (const epoch of [2, 3]) {
      const failed = run([{ kind: "standingLost", epoch, cause: "failed" }], state);
      const wait = failed.commands.find((command) => command.kind === "armRetry");
      if (wait?.kind === "armRetry") total += wait.delayMs;
      state = run([{ kind: "retryDue", epoch }], failed.state).state;
    }
    expect(total).toBeLessThanOrEqual(2_000);
  });
  it("keeps the standing call while only the signalling link is away", () => {
    const away = run([{ kind: "linkDown" }], up);
    expect(away.commands).toEqual([]);
    expect(phoneView(away.state)).toBe("up");
    expect(run([{ kind: "linkUp" }, { kind: "registered" }], away.state).commands).toEqual([]);
  });
  it("dials after registering anew when both link and media were lost", () => {
    const away = run([{ kind: "linkDown" }, { kind: "standingLost", epoch: 1, cause: "mediaLost" }, { kind: "retryDue", epoch: 1 }], up);
    expect(kinds(away.commands)).not.toContain("dial");
    expect(run([{ kind: "linkUp" }, { kind: "registered" }], away.state).commands).toEqual([{ kind: "dial", epoch: 2 }]);
  });
  it("drops what an earlier standing call still reports", () => {
    const redialled = run(
      [
        { kind: "standingLost", epoch: 1, cause: "x" },
        { kind: "retryDue", epoch: 1 },
      ],
      up,
    ).state;
    expect(stepPhone(redialled, { kind: "standingUp", epoch: 1, at: 5 }).state).toEqual(redialled);
    expect(stepPhone(redialled, { kind: "standingLost", epoch: 1, cause: "late" }).commands).toEqual([]);
  });
  it("replaces a standing call that the server has no proof of, but not sooner than proof can come", () => {
    expect(run([{ kind: "unproven", at: 1_000 + PhoneLimits.unprovenGraceMs - 1 }], up).commands).toEqual([]);
    expect(kinds(run([{ kind: "unproven", at: 1_000 + PhoneLimits.unprovenGraceMs }], up).commands)).toEqual(["hangUpStanding", "dial"]);
  });
  it("doesn't wait for its timer when the network or the computer is back", () => {
    const lost = run([{ kind: "standingLost", epoch: 1, cause: "mediaLost" }], up).state;
    expect(kinds(run([{ kind: "wokeUp" }], lost).commands)).toEqual(["dial"]);
  });
  it("goes home whole: call, registration, microphone and lock", () => {
    const home = run([{ kind: "unwanted" }], up);
    expect(kinds(home.commands)).toEqual(["stopAgent", "stopMicrophone", "releaseLock"]);
    expect(phoneView(home.state)).toBe("off");
  });
  it("says that it can't connect once several calls in a row failed", () => {
    let state = up;
    for (let round = 0; round < 3; round += 1)
      state = run(
        [
          { kind: "standingLost", epoch: state.epoch, cause: "failed" },
          { kind: "retryDue", epoch: state.epoch },
        ],
        state,
      ).state;
    expect(phoneView(state)).toBe("refused");
  });
  it("takes any event in any state without failing", () => {
    const events: readonly PhoneEvent[] = [
      { kind: "wanted" },
      { kind: "unwanted" },
      { kind: "lockElsewhere" },
      { kind: "lockGot" },
      { kind: "microphoneOn" },
      { kind: "microphoneFailed", problem: "busy" },
      { kind: "linkUp" },
      { kind: "linkDown" },
      { kind: "registered" },
      { kind: "unregistered", cause: null },
      { kind: "standingUp", epoch: 1, at: 1 },
      { kind: "standingLost", epoch: 1, cause: "x" },
      { kind: "unproven", at: 9e9 },
      { kind: "retryDue", epoch: 1 },
      { kind: "wokeUp" },
    ];
    for (const first of events)
      for (const second of events) {
        let state = up;
        for (const event of [first, second]) {
          const step = stepPhone(state, event);
          state = step.state;
          // Never dials without an identity and a voice, whatever came before.
          if (step.commands.some((command) => command.kind === "dial"))
            expect([state.registered, state.microphone.kind], `${first.kind} ${second.kind}`).toEqual([true, "on"]);
        }
      }
  });
});
