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
