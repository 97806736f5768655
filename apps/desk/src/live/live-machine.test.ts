import type { LiveFromServer } from "@allo/contract";
import { describe, expect, it } from "vitest";
import { liveAtRest, ReconnectLimits, stepLive, topicState, type LiveCommand, type LiveEvent, type LiveState } from "./live-machine.ts";

function run(events: readonly LiveEvent[], from: LiveState = liveAtRest): { state: LiveState; commands: LiveCommand[] } {
  const commands: LiveCommand[] = [];
  let state = from;
  for (const event of events) {
    const step = stepLive(state, event);
    state = step.state;
    commands.push(...step.commands);
  }
  return { state, commands };
}
const received = (message: LiveFromServer): LiveEvent => ({ kind: "received", at: 1_000, message });
const opened: readonly LiveEvent[] = [
  { kind: "started", at: 0 },
  { kind: "wantedChanged", topics: ["setup"] },
  { kind: "opened", at: 0 },
];
const snapshot = received({ kind: "snapshot", topic: "setup", stream: "a", sequence: 4, state: { version: 1, changed: [] } });
const delta = (sequence: number, stream = "a"): LiveEvent =>
  received({ kind: "delta", topic: "setup", stream, sequence, patch: { op: "merge", state: { version: sequence } } });
const sent = (commands: readonly LiveCommand[]) => commands.flatMap((command) => (command.kind === "send" ? [command.message] : []));

describe("the live connection", () => {
  it("subscribes when it opens, and follows deltas in sequence", () => {
    const { state, commands } = run([...opened, snapshot, delta(5), delta(6)]);
    expect(sent(commands)).toEqual([{ kind: "subscribe", topic: "setup" }]);
    expect(topicState(state, "setup")?.version).toBe(6);
  });
  it("drops what it has seen already", () => {
    const { state } = run([...opened, snapshot, delta(5), delta(5), delta(4)]);
    expect(topicState(state, "setup")?.version).toBe(5);
  });
  it("asks for the whole again over a gap or another stream, and doesn't guess", () => {
    for (const strange of [delta(7), delta(5, "b")]) {
      const { state, commands } = run([...opened, snapshot, strange]);
      expect(sent(commands).at(-1)).toEqual({ kind: "subscribe", topic: "setup" });
      expect(topicState(state, "setup")?.version).toBe(1);
    }
  });
  it("goes on from the last sequence after a reconnect, keeping the last known meanwhile", () => {
    const lost: LiveEvent = { kind: "lost", at: 9_000, chance: 0.5 };
    const away = run([...opened, snapshot, delta(5), lost]);
    expect(away.state.lostSince).toBe(9_000);
    expect(topicState(away.state, "setup")?.version).toBe(5);
    const back = run(
      [
        { kind: "retryDue", at: 9_500 },
        { kind: "opened", at: 9_600 },
      ],
      away.state,
    );
    expect(sent(back.commands)).toEqual([{ kind: "subscribe", topic: "setup", after: { stream: "a", sequence: 5 } }]);
    expect(back.state.lostSince).toBeNull();
  });
  it("gives up a connection that is neither refused nor answered, the first and each later one", () => {
    const first = run([{ kind: "started", at: 0 }]);
    const given: LiveCommand = { kind: "armSilence", delayMs: ReconnectLimits.connectMs };
    expect(first.commands).toEqual([{ kind: "open" }, given]);
    const silent = run([{ kind: "lost", at: 8_000, chance: 0 }], first.state);
    expect(silent.state).toMatchObject({ link: "waiting", lostSince: 8_000 });
    expect(run([{ kind: "retryDue", at: 9_000 }], silent.state).commands).toEqual([{ kind: "open" }, given]);
  });
  it("waits longer after each failure, within its bounds, and says since when it is away", () => {
    let state = run(opened).state;
    const delays: number[] = [];
    for (let round = 0; round < 12; round += 1) {
      const lost = run([{ kind: "lost", at: 100 + round, chance: 1 }], state);
      delays.push(...lost.commands.flatMap((command) => (command.kind === "armRetry" ? [command.delayMs] : [])));
      state = run([{ kind: "retryDue", at: 200 }], lost.state).state;
    }
    expect(delays[0]).toBe(ReconnectLimits.firstMs);
    expect(Math.max(...delays)).toBe(ReconnectLimits.maxMs);
    expect(state.lostSince).toBe(100);
  });
  it("in doubt opens another connection beside the one there is, and keeps the first that answers", () => {
    const doubted = run([...opened, snapshot, { kind: "doubted", at: 5_000 }]);
    expect(doubted.commands.at(-1)).toEqual({ kind: "openSpare" });
    // The old one speaks: it lives.
    const alive = run([delta(5)], doubted.state);
    expect(alive.commands[0]).toEqual({ kind: "dropSpare" });
    expect(run([{ kind: "spareOpened", at: 5_100 }], alive.state).commands).toEqual([]);
    // The new one opens first: it goes on where the old one was.
    const taken = run([{ kind: "spareOpened", at: 5_100 }], doubted.state);
    expect(taken.commands[0]).toEqual({ kind: "takeSpare" });
    expect(sent(taken.commands)).toEqual([{ kind: "subscribe", topic: "setup", after: { stream: "a", sequence: 4 } }]);
    expect(taken.state).toMatchObject({ link: "open", lostSince: null });
  });
  it("doubts no second connection that has just been begun, and tries anew what hangs", () => {
    const doubted = run([...opened, { kind: "doubted", at: 5_000 }]).state;
    expect(run([{ kind: "doubted", at: 6_999 }], doubted).commands).toEqual([]);
    expect(run([{ kind: "doubted", at: 7_000 }], doubted).commands).toEqual([{ kind: "openSpare" }]);
    const failed = run([{ kind: "spareLost" }], doubted).state;
    expect(run([{ kind: "doubted", at: 5_500 }], failed).commands).toEqual([{ kind: "openSpare" }]);
  });
  it("goes on with the second connection when the first one ends before it has opened", () => {
    const lost = run([...opened, { kind: "doubted", at: 5_000 }, { kind: "lost", at: 5_300, chance: 0 }]);
    expect(lost.commands.slice(-2)[0]).toEqual({ kind: "takeSpare" });
    expect(lost.state).toMatchObject({ link: "connecting", lostSince: 5_300 });
    expect(run([{ kind: "opened", at: 5_400 }], lost.state).state).toMatchObject({ link: "open", lostSince: null });
  });
  it("in doubt doesn't wait for its next try, nor long for one that hangs", () => {
    const waiting = run([...opened, { kind: "lost", at: 5_000, chance: 1 }]).state;
    const begun = run([{ kind: "doubted", at: 5_050 }], waiting);
    expect(begun.commands[0]).toEqual({ kind: "open" });
    expect(run([{ kind: "doubted", at: 5_100 }], begun.state).commands).toEqual([]);
    expect(run([{ kind: "doubted", at: 7_100 }], begun.state).commands[0]).toEqual({ kind: "open" });
  });
  it("answers pings and follows the server's clock", () => {
    const { state, commands } = run([...opened, received({ kind: "ping", serverTime: 61_000 })]);
    expect(state.clockOffsetMs).toBe(60_000);
    expect(sent(commands)).toContainEqual({ kind: "pong" });
  });
  it("ends for good when the session ended, and forgets what was seen", () => {
    const { state, commands } = run([...opened, snapshot, received({ kind: "sessionEnded" })]);
    expect(state).toMatchObject({ link: "idle", sessionEnded: true, topics: {} });
    expect(commands.at(-1)).toEqual({ kind: "close" });
    expect(run([{ kind: "lost", at: 1, chance: 0 }], state).commands).toEqual([]);
  });
  it("leaves a topic that nobody looks at", () => {
    const { state, commands } = run([...opened, snapshot, { kind: "wantedChanged", topics: ["floor"] }]);
    expect(sent(commands).slice(-2)).toEqual([
      { kind: "unsubscribe", topic: "setup" },
      { kind: "subscribe", topic: "floor" },
    ]);
    expect(topicState(state, "setup")).toBeUndefined();
  });
});
