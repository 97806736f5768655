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
  { kind: "linkUp", at: 500 },
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
  it("makes another standing call beside one whose path fell silent, over a link that is opened anew, and ends the old one last", () => {
    const lost = run([{ kind: "pathLost", at: 9_000 }], up);
    expect(lost.commands).toEqual([{ kind: "renewLink" }]);
    expect(phoneView(lost.state)).toBe("up");
    const dialled = run([{ kind: "linkRenewed", at: 9_100 }], lost.state);
    expect(dialled.commands).toEqual([{ kind: "dialSpare", epoch: 2 }]);
    const taken = run(
      [
        { kind: "standingUp", epoch: 2, at: 9_150 },
        { kind: "mediaUp", epoch: 2, at: 9_200 },
      ],
      dialled.state,
    );
    expect(taken.commands).toEqual([{ kind: "useSpare" }]);
    expect(taken.state).toMatchObject({ epoch: 2, standing: { kind: "up", since: 9_200 }, spare: { kind: "none" } });
    expect(run([{ kind: "standingLost", epoch: 1, cause: "ended" }], taken.state).commands).toEqual([]);
  });
  it("makes the spare over a link that came back by itself", () => {
    const lost = run([{ kind: "linkDown" }, { kind: "pathLost", at: 9_000 }, { kind: "linkUp", at: 9_200 }], up);
    expect(kinds(lost.commands)).toEqual(["renewLink", "dialSpare"]);
  });
  it("lets a false alarm pass before a spare is dialled, and makes use of one that is under way", () => {
    const passed = run([{ kind: "pathLost", at: 9_000 }, { kind: "pathBack" }, { kind: "linkRenewed", at: 9_100 }], up);
    expect(kinds(passed.commands)).toEqual(["renewLink"]);
    const late = run([{ kind: "pathLost", at: 9_000 }, { kind: "linkRenewed", at: 9_100 }, { kind: "pathBack" }], up);
    expect(kinds(run([{ kind: "mediaUp", epoch: 2, at: 9_300 }], late.state).commands)).toEqual(["useSpare"]);
  });
  it("opens the link again and again while nothing is received, and gives up a spare that hangs", () => {
    const spare = run(
      [
        { kind: "pathLost", at: 9_000 },
        { kind: "pathLost", at: 10_000 },
        { kind: "linkRenewed", at: 10_100 },
      ],
      up,
    );
    expect(kinds(spare.commands)).toEqual(["renewLink", "renewLink", "dialSpare"]);
    expect(run([{ kind: "pathLost", at: 10_100 + PhoneLimits.spareMs - 1 }], spare.state).commands).toEqual([]);
    const anew = run(
      [
        { kind: "pathLost", at: 10_100 + PhoneLimits.spareMs },
        { kind: "linkRenewed", at: 13_200 },
      ],
      spare.state,
    );
    expect(anew.commands).toEqual([{ kind: "dropSpare" }, { kind: "renewLink" }, { kind: "dialSpare", epoch: 3 }]);
    expect(run([{ kind: "mediaUp", epoch: 2, at: 13_300 }], anew.state).commands).toEqual([]);
  });
  it("goes on with the spare when the old call ends first, and with the old call when the spare fails", () => {
    const spare = run(
      [
        { kind: "pathLost", at: 9_000 },
        { kind: "linkRenewed", at: 9_100 },
      ],
      up,
    ).state;
    const ended = run(
      [
        { kind: "standingUp", epoch: 2, at: 9_150 },
        { kind: "standingLost", epoch: 1, cause: "mediaLost" },
      ],
      spare,
    );
    expect(ended.commands).toEqual([{ kind: "useSpare" }]);
    expect(phoneView(run([{ kind: "mediaUp", epoch: 2, at: 9_200 }], ended.state).state)).toBe("up");
    const failed = run([{ kind: "standingLost", epoch: 2, cause: "failed" }], spare);
    expect(failed.commands).toEqual([{ kind: "dropSpare" }]);
    expect(failed.state).toMatchObject({ epoch: 1, standing: { kind: "up" } });
  });
  it("makes no spare where no standing call is up", () => {
    expect(run([{ kind: "pathLost", at: 900 }], run(toRegistered).state).commands).toEqual([]);
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
    expect(run([{ kind: "linkUp", at: 500 }, { kind: "registered" }], away.state).commands).toEqual([]);
  });
  it("dials after registering anew when both link and media were lost", () => {
    const away = run([{ kind: "linkDown" }, { kind: "standingLost", epoch: 1, cause: "mediaLost" }, { kind: "retryDue", epoch: 1 }], up);
    expect(kinds(away.commands)).not.toContain("dial");
    expect(run([{ kind: "linkUp", at: 500 }, { kind: "registered" }], away.state).commands).toEqual([{ kind: "dial", epoch: 2 }]);
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
      { kind: "linkUp", at: 500 },
      { kind: "linkDown" },
      { kind: "registered" },
      { kind: "unregistered", cause: null },
      { kind: "standingUp", epoch: 1, at: 1 },
      { kind: "standingLost", epoch: 1, cause: "x" },
      { kind: "unproven", at: 9e9 },
      { kind: "retryDue", epoch: 1 },
      { kind: "wokeUp" },
      { kind: "pathLost", at: 9e9 },
      { kind: "pathBack" },
      { kind: "linkRenewed", at: 9e9 },
      { kind: "mediaUp", epoch: 2, at: 9e9 },
      { kind: "standingLost", epoch: 2, cause: "x" },
    ];
    for (const first of events)
      for (const second of events)
        for (const third of events) {
          let state = up;
          for (const event of [first, second, third]) {
            const step = stepPhone(state, event);
            state = step.state;
            const name = `${first.kind} ${second.kind} ${third.kind}`;
            // Never dials without an identity and a voice, whatever came before.
            if (step.commands.some((command) => command.kind === "dial"))
              expect([state.registered, state.microphone.kind], name).toEqual([true, "on"]);
            if (step.commands.some((command) => command.kind === "dialSpare"))
              expect([state.standing.kind, state.microphone.kind], name).toEqual(["up", "on"]);
            if (state.spare.kind !== "none") expect(state.standing.kind, name).toBe("up");
          }
        }
  });
});
