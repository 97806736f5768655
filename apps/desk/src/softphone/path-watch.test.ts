import { describe, expect, it } from "vitest";
import { PathLimits, pathUnknown, stepPath, type PathEvent, type PathWatch } from "./path-watch.ts";

/** Samples at the usual pace until `untilMs`; `packetsAt` says what has been received by then. */
function follow(
  untilMs: number,
  packetsAt: (at: number) => number | null,
  options: { readonly everyMs?: number; readonly events?: readonly PathEvent[]; readonly chance?: number } = {},
): { readonly watch: PathWatch; readonly verdicts: readonly { readonly at: number; readonly verdict: string }[] } {
  const { everyMs = PathLimits.sampleMs, events = [], chance = 0 } = options;
  const samples: PathEvent[] = [];
  for (let at = 0; at <= untilMs; at += everyMs) samples.push({ kind: "sampled", at, packets: packetsAt(at) });
  let watch = pathUnknown(chance);
  const verdicts: { at: number; verdict: string }[] = [];
  for (const event of [...samples, ...events].toSorted((a, b) => a.at - b.at)) {
    const step = stepPath(watch, event);
    watch = step.watch;
    if (step.verdict !== null) verdicts.push({ at: event.at, verdict: step.verdict });
  }
  return { watch, verdicts };
}
const talk = (at: number): number => Math.floor(at / 20);
/** Received until `goneAt`, and again from `backAt` on. */
const gap =
  (goneAt: number, backAt: number) =>
  (at: number): number =>
    talk(Math.min(at, goneAt)) + talk(Math.max(0, at - backAt));

describe("the path of the standing call", () => {
  it("is well while packets come, and unknown while there is no call", () => {
    expect(follow(60_000, talk).verdicts).toEqual([]);
    expect(follow(60_000, () => null).verdicts).toEqual([]);
  });
  it("is lost half a second after the last packet, and back with the next one", () => {
    const { verdicts } = follow(6_000, gap(3_000, 3_700));
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(["lost", "back"]);
    expect(verdicts[0]?.at).toBeLessThanOrEqual(3_000 + PathLimits.silentMs + PathLimits.sampleMs);
    expect(verdicts[0]?.at).toBeGreaterThanOrEqual(3_000 + PathLimits.silentMs - PathLimits.sampleMs);
  });
  it("isn't lost by what a bad radio does in a talk", () => {
    expect(follow(6_000, gap(3_000, 3_250)).verdicts).toEqual([]);
  });
  it("is lost at another moment at each desk, so that a server that stops for half a second isn't asked by all of them at once", () => {
    const lostAfter = (chance: number): number => (follow(6_000, gap(3_000, 9_000), { chance, everyMs: 10 }).verdicts[0]?.at ?? 0) - 3_000;
    const chances = Array.from({ length: 100 }, (_, index) => index / 100);
    const asking = chances.filter((chance) => lostAfter(chance) <= 500);
    expect(asking.length).toBeGreaterThan(0);
    expect(asking.length).toBeLessThan(30);
    expect(lostAfter(0.999)).toBeLessThanOrEqual(PathLimits.silentMs + PathLimits.patienceMsMax + 20);
  });
  it("is believed lost sooner when the browser says that its network changed; the hint alone says nothing", () => {
    const hint: PathEvent = { kind: "networkHinted", at: 3_010 };
    expect(follow(6_000, talk, { events: [hint] }).verdicts).toEqual([]);
    expect(follow(6_000, gap(3_000, 9_000), { events: [hint] }).verdicts[0]?.at).toBeLessThanOrEqual(
      3_000 + PathLimits.silentAfterHintMs + PathLimits.sampleMs,
    );
  });
  it("is tried again each second while it is lost, at once when a network comes, and not more often than the limit", () => {
    const long = follow(300_000, gap(3_000, 400_000)).verdicts;
    expect((long[1]?.at ?? 0) - (long[0]?.at ?? 0)).toBeLessThanOrEqual(PathLimits.againMs + PathLimits.sampleMs);
    for (const { at } of long)
      expect(long.filter((each) => each.at > at - 60_000 && each.at <= at).length).toBeLessThanOrEqual(PathLimits.lossesPerMinuteMax);
    const hinted = follow(5_000, gap(3_000, 400_000), { events: [{ kind: "networkHinted", at: 4_000 }] }).verdicts;
    expect(hinted.some(({ at }) => at > 4_000 && at <= 4_000 + PathLimits.sampleMs)).toBe(true);
  });
  it("begins anew after the computer slept, for nobody looked meanwhile", () => {
    const slept = (at: number): number => talk(at < 3_000 ? at : 3_000) + talk(Math.max(0, at - 63_200));
    const samples = follow(3_000, slept).watch;
    const first = stepPath(samples, { kind: "sampled", at: 63_000, packets: slept(63_000) });
    expect(first.verdict).toBeNull();
    expect(stepPath(first.watch, { kind: "sampled", at: 63_300, packets: slept(63_300) }).verdict).toBeNull();
  });
  it("begins anew with another standing call", () => {
    const { watch } = follow(3_000, talk);
    expect(stepPath(watch, { kind: "sampled", at: 3_400, packets: 0 }).verdict).toBeNull();
    expect(
      stepPath(stepPath(watch, { kind: "sampled", at: 3_400, packets: 0 }).watch, { kind: "sampled", at: 3_500, packets: 0 }).verdict,
    ).toBeNull();
  });
});
