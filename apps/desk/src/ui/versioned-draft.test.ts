import { describe, expect, it } from "vitest";
import { beginDraft, changesOf, stepDraft, type VersionedDraft } from "./versioned-draft.ts";

type Card = { readonly name: string; readonly note: string; readonly tags: readonly string[] };
const base: Card = { name: "Peter", note: "", tags: ["a"] };
const edited = (change: Partial<Card>): VersionedDraft<Card> => stepDraft(beginDraft(base), { kind: "changed", change });

describe("an edit of something that others change too", () => {
  it("sends only what was changed, by value", () => {
    expect(changesOf(edited({ note: "mine", tags: ["a"] }))).toEqual({ note: "mine" });
  });
  it("takes in what was changed elsewhere and keeps what was changed here", () => {
    const state = stepDraft(edited({ note: "mine" }), { kind: "renewed", theirs: { ...base, name: "Peter B." } });
    expect(state.draft).toEqual({ name: "Peter B.", note: "mine", tags: ["a"] });
    expect(state.clashes).toEqual([]);
    expect(changesOf(state)).toEqual({ note: "mine" });
  });
  it("asks where both changed the same, and does what is chosen", () => {
    const state = stepDraft(edited({ note: "mine" }), { kind: "renewed", theirs: { ...base, note: "theirs" } });
    expect(state.clashes).toEqual([{ key: "note", theirs: "theirs" }]);
    const mine = stepDraft(state, { kind: "decided", key: "note", whose: "mine" });
    expect([mine.draft.note, mine.clashes, changesOf(mine)]).toEqual(["mine", [], { note: "mine" }]);
    const theirs = stepDraft(state, { kind: "decided", key: "note", whose: "theirs" });
    expect([theirs.draft.note, theirs.clashes, changesOf(theirs)]).toEqual(["theirs", [], {}]);
  });
  it("sees no clash where both came to the same value", () => {
    const state = stepDraft(edited({ tags: ["b"] }), { kind: "renewed", theirs: { ...base, tags: ["b"] } });
    expect([state.clashes, changesOf(state)]).toEqual([[], {}]);
  });
  it("merges the parts of a compound value, and asks only about those that both changed", () => {
    type Trunk = { readonly habits: { readonly prack: string; readonly keys: string; readonly codecs: readonly string[] } };
    const habits = { prack: "auto", keys: "auto", codecs: ["PCMA"] };
    const mine: VersionedDraft<Trunk> = stepDraft(beginDraft<Trunk>({ habits }), {
      kind: "changed",
      change: { habits: { ...habits, prack: "required", keys: "info" } },
    });
    const apart = stepDraft(mine, { kind: "renewed", theirs: { habits: { ...habits, codecs: ["PCMU"] } } });
    expect([apart.clashes, apart.draft.habits]).toEqual([[], { prack: "required", keys: "info", codecs: ["PCMU"] }]);
    const both = stepDraft(mine, { kind: "renewed", theirs: { habits: { prack: "auto", keys: "tones", codecs: ["PCMU"] } } });
    expect(both.draft.habits).toEqual({ prack: "required", keys: "info", codecs: ["PCMU"] });
    const taken = stepDraft(both, { kind: "decided", key: "habits", whose: "theirs" });
    expect([both.clashes.length, taken.draft.habits]).toEqual([1, { prack: "required", keys: "tones", codecs: ["PCMU"] }]);
  });
  it("ignores a decision about what isn't asked", () => {
    const state = edited({ note: "mine" });
    expect(stepDraft(state, { kind: "decided", key: "name", whose: "theirs" })).toBe(state);
  });
});
