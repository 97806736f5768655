import { describe, expect, it } from "vitest";
import { arrayHeadset, manyReportsHeadset, oneReportHeadset } from "./headset-fixtures.ts";
import { headsetAtRest, HeadsetLimits, stepHeadset, type HeadsetCommand, type HeadsetEvent, type HeadsetState } from "./headset-machine.ts";
import { headsetLayout, lightReports, readKeys, type Collection, type HeadsetLayout } from "./headset-report.ts";

const layoutOf = (collections: readonly Collection[]): HeadsetLayout => {
  const layout = headsetLayout(collections);
  if (layout === null) throw new Error("no telephony in it");
  return layout;
};
const lights = { offHook: false, ring: false, mute: false, hold: false };

describe("a headset's descriptors", () => {
  it("tell where hook and mute stand when all keys share a report", () => {
    const layout = layoutOf(oneReportHeadset);
    expect(readKeys(layout, 2, Uint8Array.of(0b0000_0001, 0))).toEqual([
      { key: "hook", on: true, toggles: false },
      { key: "mute", on: false, toggles: true },
    ]);
    expect(readKeys(layout, 2, Uint8Array.of(0b0000_0101, 0))[1]).toEqual({ key: "mute", on: true, toggles: true });
    expect(readKeys(layout, 1, Uint8Array.of(3))).toEqual([]);
    expect(lightReports(layout, { ...lights, offHook: true, hold: true })).toEqual([{ reportId: 2, bytes: Uint8Array.of(0b0001_0001, 0) }]);
  });
  it("tell the same when each has a report of its own, deep in other collections", () => {
    const layout = layoutOf(manyReportsHeadset);
    expect(readKeys(layout, 9, Uint8Array.of(0b100))).toEqual([{ key: "hook", on: true, toggles: false }]);
    expect(readKeys(layout, 8, Uint8Array.of(1))).toEqual([{ key: "mute", on: true, toggles: true }]);
    expect(lightReports(layout, { ...lights, ring: true }).map(({ reportId, bytes }) => [reportId, bytes[0]])).toEqual([
      [23, 0],
      [24, 1],
      [9, 0],
    ]);
  });
  it("may give keys as an array of usages", () => {
    const layout = layoutOf(arrayHeadset);
    expect(readKeys(layout, 0, Uint8Array.of(1))).toEqual([{ key: "hook", on: true, toggles: true }]);
    expect(readKeys(layout, 0, Uint8Array.of(2))).toEqual([{ key: "mute", on: true, toggles: true }]);
    expect(readKeys(layout, 0, Uint8Array.of(0))).toEqual([]);
  });
  it("are refused without a hook switch, and read without harm when they lie", () => {
    expect(
      headsetLayout([
        { usagePage: 0x0c, inputReports: [{ reportId: 1, items: [{ usages: [0x0c_00e9], reportSize: 1, reportCount: 1 }] }] },
      ]),
    ).toBeNull();
    expect(headsetLayout([{ inputReports: [{ items: [{ usages: [0x0b_0020], reportSize: 9e9, reportCount: 9e9 }] }] }])).toBeNull();
    expect(readKeys(layoutOf(oneReportHeadset), 2, new Uint8Array())).toEqual([
      { key: "hook", on: false, toggles: false },
      { key: "mute", on: false, toggles: true },
    ]);
  });
});

const ringing: HeadsetEvent = { kind: "callChanged", call: { kind: "ringing", offerId: "off_1" }, at: 0 };
const talking = (at: number, muted = false, held = false): HeadsetEvent => ({
  kind: "callChanged",
  call: { kind: "talking", contactId: "con_1", muted, held },
  at,
});
const over: HeadsetEvent = { kind: "callChanged", call: { kind: "none" }, at: 0 };
const hook = (on: boolean, at = 10_000): HeadsetEvent => ({ kind: "keysRead", keys: [{ key: "hook", on, toggles: false }], at });
const press = (key: "hook" | "mute", at = 10_000): readonly HeadsetEvent[] => [
  { kind: "keysRead", keys: [{ key, on: true, toggles: true }], at },
  { kind: "keysRead", keys: [{ key, on: false, toggles: true }], at: at + 50 },
];
function run(events: readonly HeadsetEvent[], from: HeadsetState = stepHeadset(headsetAtRest, { kind: "connected" }).state) {
  let state = from;
  const commands: HeadsetCommand[] = [];
  for (const event of events) {
    const step = stepHeadset(state, event);
    state = step.state;
    commands.push(...step.commands);
  }
  return {
    state,
    commands,
    acts: commands.filter(({ kind }) => kind !== "showLights"),
    lights: commands.findLast((each) => each.kind === "showLights"),
  };
}

describe("a headset's buttons", () => {
  it("answer once, however long the server takes, and light up at once", () => {
    const { acts, lights: shown } = run([ringing, hook(true), hook(true), ringing]);
    expect(acts).toEqual([{ kind: "answer", offerId: "off_1" }]);
    expect(shown).toMatchObject({ lights: { offHook: true, ring: false } });
    expect(run([ringing, ...press("hook")]).acts).toEqual([{ kind: "answer", offerId: "off_1" }]);
  });
  it("hang up, by a switch that goes down or by one more press", () => {
    expect(run([ringing, hook(true), talking(0), hook(true), hook(false)]).acts).toContainEqual({ kind: "hangUp", contactId: "con_1" });
    expect(run([talking(0), ...press("hook")]).acts).toEqual([{ kind: "hangUp", contactId: "con_1" }]);
  });
  it("don't hang up what the screen answered in the moment of the press, and are told again what stands", () => {
    const { acts, lights: shown } = run([ringing, talking(1_000), hook(true, 1_010), hook(false, 1_000 + HeadsetLimits.hangUpGraceMs - 1)]);
    expect(acts).toEqual([]);
    expect(shown).toMatchObject({ lights: { offHook: true } });
    expect(run([ringing, talking(1_000), hook(false, 1_000 + HeadsetLimits.hangUpGraceMs)]).acts).toHaveLength(1);
  });
  it("take their own echo of a light for no press", () => {
    expect(run([ringing, talking(0), hook(true), over, hook(false)]).acts).toEqual([]);
    const echo: HeadsetEvent = { kind: "keysRead", keys: [{ key: "mute", on: true, toggles: false }], at: 9_000 };
    expect(run([talking(0, true), echo]).acts).toEqual([]);
  });
  it("mute there and back though the screen is still behind", () => {
    const { acts, lights: shown } = run([talking(0), ...press("mute"), ...press("mute")]);
    expect(acts).toEqual([
      { kind: "mute", contactId: "con_1", muted: true },
      { kind: "mute", contactId: "con_1", muted: false },
    ]);
    expect(shown).toMatchObject({ lights: { mute: false } });
    expect(run([talking(0), ...press("mute"), talking(0, true), talking(0, false)]).lights).toMatchObject({ lights: { mute: false } });
  });
  it("do nothing where nothing rings, and put a lifted device back", () => {
    const { acts, lights: shown } = run([hook(true), ...press("mute")]);
    expect(acts).toEqual([]);
    expect(shown).toMatchObject({ lights: { offHook: false } });
  });
  it("may be tried again when answering was refused", () => {
    expect(run([ringing, hook(true), { kind: "actFailed" }, hook(false), hook(true)]).acts).toHaveLength(2);
  });
  it("are dead while unplugged; what is plugged in amid a talk shows it", () => {
    expect(run([{ kind: "disconnected" }, ringing, hook(true)]).commands).toEqual([]);
    const { lights: shown } = run([{ kind: "disconnected" }, talking(0, true, true), { kind: "connected" }]);
    expect(shown).toEqual({ kind: "showLights", lights: { offHook: true, ring: false, mute: true, hold: true } });
  });
  it("take any three events in any order without failing, and never act on a call that isn't there", () => {
    const all: readonly HeadsetEvent[] = [
      { kind: "connected" },
      { kind: "disconnected" },
      ringing,
      talking(0),
      over,
      hook(true),
      hook(false),
      ...press("hook"),
      ...press("mute"),
      { kind: "actFailed" },
    ];
    for (const a of all)
      for (const b of all)
        for (const c of all) {
          let state = headsetAtRest;
          for (const event of [a, b, c]) {
            const step = stepHeadset(state, event);
            for (const command of step.commands) {
              if (command.kind === "answer") expect(state.call.kind).toBe("ringing");
              if (command.kind === "hangUp" || command.kind === "mute") expect(state.call.kind).toBe("talking");
            }
            state = step.state;
          }
        }
  });
});
