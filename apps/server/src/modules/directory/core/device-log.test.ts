import type { DeviceContact, DeviceState } from "@allo/contract";
import { describe, expect, it } from "vitest";
import { deviceLogEntries } from "./device-log.ts";

const contact = (change: Partial<DeviceContact> = {}): DeviceContact => ({
  address: "10.0.0.5",
  port: 5060,
  transport: "udp",
  userAgent: "Phone 1.0",
  since: 900,
  expiresAt: 99_000,
  answers: true,
  roundTripMs: null,
  blockedUntil: null,
  lastAnswerAt: null,
  ...change,
});
const state = (change: Partial<DeviceState> = {}): DeviceState => ({
  at: 1_000,
  contacts: [contact()],
  call: "idle",
  canRing: true,
  lastSeenAt: 900,
  trouble: null,
  ...change,
});
const whats = (before: DeviceState | undefined, after: DeviceState): unknown[] =>
  deviceLogEntries(before, after).map(({ at, what, trouble, status }) => [at, what, trouble, status]);

describe("what happened at a phone", () => {
  it("begins with where it is registered, and with which software", () => {
    expect(deviceLogEntries(undefined, state())).toEqual([
      { at: 900, what: "registered", address: "10.0.0.5:5060", transport: "udp", userAgent: "Phone 1.0", trouble: null, status: null },
    ]);
    const sixth = state({ contacts: [contact({ address: "2001:db8::5" })] });
    expect(deviceLogEntries(undefined, sixth)).toMatchObject([{ address: "[2001:db8::5]:5060" }]);
  });

  it("is nothing where only its registration was renewed or its answer took longer", () => {
    expect(whats(state(), state({ at: 2_000, contacts: [contact({ expiresAt: 120_000, roundTripMs: 30 })] }))).toEqual([]);
  });

  it("a phone that goes is told once, with why", () => {
    const trouble = { at: 2_000, what: "expired", status: null } as const;
    expect(whats(state(), state({ at: 2_000, contacts: [], trouble }))).toEqual([[2_000, "gone", "expired", null]]);
    const moved = state({ at: 2_000, contacts: [contact({ port: 5062, since: 2_000 })] });
    expect(whats(state(), moved)).toEqual([
      [2_000, "gone", null, null],
      [2_000, "registered", null, null],
    ]);
  });

  it("silence and answers again, calls, and troubles of calls each stand there", () => {
    const silent = state({ at: 2_000, contacts: [contact({ answers: false })], trouble: { at: 2_000, what: "noAnswer", status: null } });
    expect(whats(state(), silent)).toEqual([
      [2_000, "silent", null, null],
      [2_000, "trouble", "noAnswer", null],
    ]);
    expect(whats(silent, { ...silent, at: 3_000, contacts: [contact()] })).toEqual([[3_000, "answersAgain", null, null]]);
    expect(whats(state(), state({ at: 2_000, call: "ringing" }))).toEqual([[2_000, "ringing", null, null]]);
    expect(whats(state({ call: "ringing" }), state({ at: 2_000, call: "talking" }))).toEqual([[2_000, "talking", null, null]]);
    expect(whats(state({ call: "talking" }), state({ at: 2_000 }))).toEqual([[2_000, "callOver", null, null]]);
    expect(whats(state(), state({ at: 2_000, call: "dialling" }))).toEqual([[2_000, "dialled", null, null]]);
    expect(whats(state({ call: "dialling" }), state({ at: 2_000, call: "talking" }))).toEqual([[2_000, "reached", null, null]]);
    expect(whats(state({ call: "dialling" }), state({ at: 2_000 }))).toEqual([]);
    const busy = { at: 2_500, what: "busy", status: 486 } as const;
    expect(whats(state({ call: "ringing" }), state({ at: 2_500, trouble: busy }))).toEqual([[2_500, "trouble", "busy", 486]]);
    expect(whats(state({ trouble: busy }), state({ at: 4_000, trouble: busy }))).toEqual([]);
  });
});
