import type { Instant } from "@allo/kernel";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gapLimits, gapsOf, type KeptRecording, type TalkFacts } from "./gap-rules.ts";

const NOW = 100_000_000 as Instant;
const talk = (at: number) => ({ at: at as Instant, agentId: "per_ann" });
const contact = (over: Partial<TalkFacts> = {}): TalkFacts => ({
  contactId: "con_1",
  queueId: "que_1",
  record: true,
  isTest: false,
  isOneForAll: false,
  talks: [talk(1_000)],
  endedAt: 60_000 as Instant,
  copy: null,
  ...over,
});
const kept = (over: Partial<KeptRecording> = {}): KeptRecording => ({
  recordingId: "rec_1",
  contactId: "con_1",
  state: "saved",
  startedAt: 1_000 as Instant,
  failure: "",
  isErased: false,
  file: { bytes: 10, expected: 10 },
  ...over,
});
const reasonOf = (recording: Partial<KeptRecording>): string | undefined => gapsOf([contact()], [kept(recording)], NOW).gaps[0]?.reason;

describe("gaps in recordings", () => {
  it("a saved recording whose file has its size is whole", () => {
    expect(gapsOf([contact()], [kept()], NOW)).toEqual({ sums: { talks: 1, notWanted: 0, whole: 1, erased: 0, underWay: 0 }, gaps: [] });
  });

  it("a recording that goes on while the caller waits has all their talks; one that failed has those after it began", () => {
    const twice = contact({ isOneForAll: true, talks: [talk(5_000), talk(9_000)] });
    expect(gapsOf([twice], [kept()], NOW)).toMatchObject({ sums: { talks: 2, whole: 2 }, gaps: [] });
    const failed = kept({ state: "failed" });
    const second = kept({ recordingId: "rec_2", startedAt: 8_990 as Instant });
    expect(gapsOf([twice], [failed, second], NOW)).toMatchObject({ sums: { whole: 1 }, gaps: [{ at: 5_000, reason: "failed" }] });
  });

  it.each([
    [{ state: "failed", failure: "disk full" }, "failed"],
    [{ state: "recording" }, "unfinished"],
    [{ state: "cut" }, "cut"],
    [{ state: "cut", file: { bytes: null, expected: null } }, "fileMissing"],
    [{ file: { bytes: null, expected: 10 } }, "fileMissing"],
    [{ file: { bytes: 9, expected: 10 } }, "fileChanged"],
    [{ state: "unused" }, "neverStarted"],
  ] as const)("%j is a gap: %s", (recording, reason) => {
    expect(reasonOf(recording)).toBe(reason);
  });

  it("a talk that its recorder elsewhere hasn't whole is a gap, where nothing is missing here", () => {
    const failure = { at: 2_000 as Instant, why: "unreachable" };
    const of = (copy: TalkFacts["copy"], over: Partial<KeptRecording> = {}) =>
      gapsOf([contact({ copy })], [kept(over)], NOW).gaps.map(({ reason, detail }) => `${reason} ${detail}`);
    expect(of({ started: 1, failures: [] })).toEqual([]);
    expect(of({ started: 0, failures: [failure] })).toEqual(["copyMissing unreachable"]);
    expect(of({ started: 0, failures: [] })).toEqual(["copyMissing "]);
    expect(of({ started: 2, failures: [failure] })).toEqual(["copyCut unreachable"]);
    expect(of({ started: 0, failures: [failure] }, { state: "failed", failure: "disk full" })).toEqual(["failed disk full"]);
  });

  it("a second talk of the same call wants a recording of its own", () => {
    const { sums, gaps } = gapsOf([contact({ talks: [talk(1_000), talk(30_000)] })], [kept()], NOW);
    expect(sums.whole).toBe(1);
    expect(gaps).toMatchObject([{ reason: "neverStarted", at: 30_000, recordingId: null }]);
  });

  it("names the talk that was not recorded, and its agent, not the one before or after it", () => {
    const twice = contact({ talks: [talk(1_000), { at: 30_000 as Instant, agentId: "per_bob" }] });
    const gapsIn = (...recordings: readonly KeptRecording[]) =>
      gapsOf([twice], recordings, NOW).gaps.map(({ at, agentId, reason }) => `${at} ${agentId} ${reason}`);
    expect(gapsIn(kept({ startedAt: 30_040 as Instant }))).toEqual(["1000 per_ann neverStarted"]);
    const notBegun = kept({ recordingId: "rec_2", state: "failed", startedAt: null, failure: "disk full", file: null });
    expect(gapsIn(kept(), notBegun)).toEqual(["30000 per_bob failed"]);
    expect(gapsIn(kept({ startedAt: 30_040 as Instant }), notBegun)).toEqual(["1000 per_ann failed"]);
    const part = kept({ recordingId: "rec_0", state: "cut", startedAt: 1_000 as Instant });
    expect(gapsIn(part, kept({ startedAt: 9_000 as Instant }), kept({ startedAt: 30_000 as Instant }))).toEqual(["1000 per_ann cut"]);
  });

  it("what is erased, not wanted, a test or still going on is no gap", () => {
    expect(reasonOf({ isErased: true, file: { bytes: null, expected: 10 } })).toBeUndefined();
    expect(gapsOf([contact({ record: false })], [], NOW).sums).toMatchObject({ talks: 1, notWanted: 1 });
    expect(gapsOf([contact({ isTest: true })], [], NOW).sums.talks).toBe(0);
    expect(gapsOf([contact({ endedAt: null })], [kept({ state: "recording" })], NOW).sums.underWay).toBe(1);
    const justEnded = (NOW - gapLimits.savedWithinMs + 1) as Instant;
    expect(gapsOf([contact({ endedAt: justEnded })], [], NOW).sums.underWay).toBe(1);
  });

  it("counts every talk exactly once", () => {
    const states = fc.constantFrom<KeptRecording["state"]>("prepared", "recording", "saved", "cut", "failed", "unused");
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ record: fc.boolean(), talks: fc.nat({ max: 4 }), ended: fc.boolean(), states: fc.array(states, { maxLength: 4 }) }),
          { maxLength: 8 },
        ),
        (world) => {
          const contacts = world.map(({ record, talks, ended }, index) =>
            contact({
              contactId: `con_${index}`,
              record,
              talks: Array.from({ length: talks }, (_, place) => talk(place * 1_000)),
              endedAt: ended ? (60_000 as Instant) : null,
            }),
          );
          const recordings = world.flatMap((each, index) =>
            each.states.map((state, place) => kept({ contactId: `con_${index}`, recordingId: `rec_${index}_${place}`, state })),
          );
          const { sums, gaps } = gapsOf(contacts, recordings, NOW);
          expect(sums.notWanted + sums.whole + sums.erased + sums.underWay + gaps.length).toBe(sums.talks);
        },
      ),
    );
  });
});
