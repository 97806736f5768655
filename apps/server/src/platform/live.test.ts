import { EventEmitter } from "node:events";
import { LiveLimits, type LiveFromServer } from "@allo/contract";
import type { OrganisationId, PersonId, SessionId } from "@allo/kernel";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { WebSocket } from "ws";
import { createLiveHub, liveCloseCodes, liveServerLimits, type LiveServer, type PresenceEvent } from "./live.ts";
import type { Principal } from "./principal.ts";

/** A browser's socket without a network. */
class FakeSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  closedWith: number | null = null;
  readonly heard: LiveFromServer[] = [];
  send(text: string): void {
    this.heard.push(JSON.parse(text) as LiveFromServer);
  }
  close(code: number): void {
    this.closedWith = code;
    this.readyState = 3;
    this.emit("close", code);
  }
  terminate(): void {
    this.readyState = 3;
    this.emit("close", 1006);
  }
  say(message: unknown): void {
    this.emit("message", Buffer.from(JSON.stringify(message)), false);
  }
  kinds(): string[] {
    return this.heard.map((message) => ("sequence" in message ? `${message.kind} ${message.sequence}` : message.kind));
  }
}

const principal = {
  personId: "per_1" as PersonId,
  sessionId: "ses_1" as SessionId,
  organisationId: "org_1" as OrganisationId,
  projectIds: "*",
  name: "A",
  permissions: new Set(),
  roles: [],
} satisfies Principal;
const patch = (at: number) => ({ op: "merge", state: { at } }) as const;

describe("the live hub", () => {
  let now: number;
  let hub: LiveServer;
  let answer: (state: unknown) => void;
  let presence: PresenceEvent[];
  const open = (): FakeSocket => {
    const socket = new FakeSocket();
    hub.attach(socket as unknown as WebSocket, principal);
    return socket;
  };
  /** Lets promises that are already settled run. */
  const settle = () => vi.advanceTimersByTimeAsync(0);

  beforeEach(() => {
    vi.useFakeTimers();
    now = 1_000;
    presence = [];
    hub = createLiveHub({ clock: { now: () => now }, version: "1", log: { warn: () => undefined } });
    hub.onPresence((event) => presence.push(event));
    for (const topic of ["floor", "desk"] as const) {
      hub.provide(topic, { key: () => "k", allowed: () => true, snapshot: () => new Promise((resolve) => (answer = resolve as never)) });
    }
  });
  afterEach(() => {
    hub.close();
    vi.useRealTimers();
  });

  it("sends what came while the snapshot was read after it, and nothing before", async () => {
    const socket = open();
    socket.say({ kind: "subscribe", topic: "floor" });
    hub.publish("floor", "k", patch(1));
    hub.publish("floor", "k", patch(2));
    expect(socket.kinds()).toEqual(["hello"]);
    answer({ at: 2 });
    await settle();
    hub.publish("floor", "k", patch(3));
    expect(socket.kinds()).toEqual(["hello", "snapshot 0", "delta 1", "delta 2", "delta 3"]);
  });

  it("reads the snapshot again when more came meanwhile than is kept", async () => {
    const socket = open();
    socket.say({ kind: "subscribe", topic: "floor" });
    for (let count = 0; count <= LiveLimits.deltasKeptPerTopic; count += 1) hub.publish("floor", "k", patch(count));
    answer({ at: "old" });
    await settle();
    expect(socket.kinds()).toEqual(["hello"]);
    answer({ at: "new" });
    await settle();
    expect(socket.kinds()).toEqual(["hello", `snapshot ${LiveLimits.deltasKeptPerTopic + 1}`]);
  });

  it("keeps nothing from before a delta that gives the whole state: who has less is given a snapshot", async () => {
    const whole = (at: number) => ({ op: "replace", state: { at } }) as const;
    const [socket, back, late] = [open(), open(), open()];
    socket.say({ kind: "subscribe", topic: "floor" });
    answer({ at: 0 });
    await settle();
    for (const at of [1, 2, 3]) hub.publish("floor", "k", whole(at));
    const [, snapshot] = socket.heard;
    const stream = snapshot?.kind === "snapshot" ? snapshot.stream : "";
    back.say({ kind: "subscribe", topic: "floor", after: { stream, sequence: 2 } });
    late.say({ kind: "subscribe", topic: "floor", after: { stream, sequence: 1 } });
    answer({ at: 3 });
    await settle();
    expect(socket.kinds()).toEqual(["hello", "snapshot 0", "delta 1", "delta 2", "delta 3"]);
    expect(back.kinds()).toEqual(["hello", "delta 3"]);
    expect(late.kinds()).toEqual(["hello", "snapshot 3"]);
  });

  it("says a whole state once, however often it is published", async () => {
    const socket = open();
    socket.say({ kind: "subscribe", topic: "floor" });
    answer({ at: 0 });
    await settle();
    for (const at of [1, 1, 2, 1]) hub.publish("floor", "k", { op: "replace", state: { at } });
    hub.publish("floor", "k", patch(5));
    hub.publish("floor", "k", { op: "replace", state: { at: 1 } });
    expect(socket.kinds()).toEqual(["hello", "snapshot 0", "delta 1", "delta 2", "delta 3", "delta 4", "delta 5"]);
    expect(socket.heard.at(-1)).toMatchObject({ topic: "floor", patch: { op: "replace", state: { at: 1 } } });
  });

  it("gives the whole state that came while the snapshot was read, in its place", async () => {
    const socket = open();
    socket.say({ kind: "subscribe", topic: "floor" });
    for (const at of [1, 2]) hub.publish("floor", "k", { op: "replace", state: { at } });
    hub.publish("floor", "k", patch(3));
    answer({ at: 0 });
    await settle();
    expect(socket.kinds()).toEqual(["hello", "snapshot 2", "delta 3"]);
    expect(socket.heard.at(1)).toMatchObject({ state: { at: 2 } });
  });

  it("cuts a tab that doesn't keep up, and only that one", async () => {
    const [slow, quick] = [open(), open()];
    for (const socket of [slow, quick]) {
      socket.say({ kind: "subscribe", topic: "floor" });
      answer({ at: 0 });
      await settle();
    }
    slow.bufferedAmount = LiveLimits.bytesBufferedMax + 1;
    hub.publish("floor", "k", patch(1));
    expect(slow.closedWith).toBe(liveCloseCodes.tooSlow);
    expect(quick.kinds().at(-1)).toBe("delta 1");
    expect(hub.figures().sockets).toBe(1);
  });

  it("pings, counts a silent tab as gone, and says so once", async () => {
    const socket = open();
    socket.say({ kind: "subscribe", topic: "desk" });
    answer({});
    await settle();
    expect(presence.map((event) => event.online)).toEqual([true]);
    now += LiveLimits.heartbeatMs;
    await vi.advanceTimersByTimeAsync(liveServerLimits.sweepEveryMs);
    expect(socket.kinds().at(-1)).toBe("ping");
    socket.say({ kind: "pong" });
    now += LiveLimits.silenceBeforeLostMs;
    await vi.advanceTimersByTimeAsync(liveServerLimits.sweepEveryMs);
    expect(socket.closedWith).toBeNull();
    now += 1;
    await vi.advanceTimersByTimeAsync(liveServerLimits.sweepEveryMs);
    expect(socket.closedWith).toBe(liveCloseCodes.silent);
    expect(presence.map((event) => event.online)).toEqual([true, false]);
  });

  it("keeps a channel for those who come back, and forgets it later", async () => {
    const socket = open();
    socket.say({ kind: "subscribe", topic: "floor" });
    answer({});
    await settle();
    socket.close(1001);
    now += liveServerLimits.unwatchedKeptMs;
    await vi.advanceTimersByTimeAsync(liveServerLimits.sweepEveryMs);
    expect(hub.figures()).toEqual({ sockets: 0, channels: 1 });
    now += 1;
    await vi.advanceTimersByTimeAsync(liveServerLimits.sweepEveryMs);
    expect(hub.figures().channels).toBe(0);
  });
});
