import type { ContactId, CustomerId, LostCallId, ProjectId, QueueId } from "@allo/kernel";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CallerMoment } from "./lost-call-rules.ts";
import { CONTACT_IDS_MAX, takeIn, type CallerOf, type LostEntry, type TakenIn } from "./take-in.ts";

type Given = { readonly facts: CallerOf; readonly moment: CallerMoment };

const caller = (contact: string, callerIndex: string | null, customer: string | null = null): CallerOf => ({
  contactId: `con_${contact}` as ContactId,
  projectId: "prj_one" as ProjectId,
  callerIndex,
  sealedCaller: `sealed ${contact}`,
  customerId: customer as CustomerId | null,
  queueId: "que_one" as QueueId,
});
const lost = (contact: string, at: number, callerIndex: string | null = "anna"): Given => ({
  facts: caller(contact, callerIndex),
  moment: { how: "lost", at, waitMs: at, cause: { by: "caller", why: "hungUp" } },
});
const answered = (contact: string, at: number, callerIndex = "anna"): Given => ({
  facts: caller(contact, callerIndex),
  moment: { how: "answered", at },
});
const take = (moments: readonly Given[], known: Partial<Parameters<typeof takeIn>[1]> = {}): TakenIn => {
  let last = 0;
  return takeIn(moments, { open: [], answered: [], nextId: () => `los_new${(last += 1)}` as LostCallId, ...known });
};
const old: LostEntry = {
  lostCallId: "los_old" as LostCallId,
  projectId: "prj_one" as ProjectId,
  callerIndex: "anna",
  sealedCaller: "sealed old",
  sealedBy: "con_old" as ContactId,
  customerId: "cus_anna" as CustomerId,
  queueId: "que_one" as QueueId,
  lastAt: 10,
  waitMs: 4,
  callCount: 1,
  cause: { by: "caller", why: "hungUp" },
  state: "open",
  settledAt: null,
  owedSince: null,
  contactIds: ["con_old" as ContactId],
};

describe("what callers' moments make of the lost calls", () => {
  it("merges a caller's lost calls into the open entry, which shows the latest", () => {
    const { inserted, changed, ties } = take([lost("a", 20), lost("b", 30)], { open: [old] });
    expect(inserted).toEqual([]);
    expect(changed).toEqual([
      {
        ...old,
        callCount: 3,
        contactIds: ["con_b", "con_a", "con_old"],
        sealedCaller: "sealed b",
        sealedBy: "con_b",
        lastAt: 30,
        waitMs: 30,
      },
    ]);
    expect([...ties.values()]).toEqual(["los_old", "los_old"]);
  });

  it("counts a call that came late to be told, and goes on showing the later one", () => {
    const [entry] = take([lost("a", 5)], { open: [old] }).changed;
    expect(entry).toMatchObject({ callCount: 2, lastAt: 10, sealedBy: "con_old", waitMs: 4, contactIds: ["con_a", "con_old"] });
  });

  it("settles what was lost before the caller was answered, and begins anew after it", () => {
    const { inserted, changed } = take([lost("a", 20), answered("b", 30), lost("c", 40)], { open: [old] });
    expect(changed).toMatchObject([{ lostCallId: "los_old", state: "calledAgain", settledAt: 30, callCount: 2 }]);
    expect(inserted).toMatchObject([{ lostCallId: "los_new1", state: "open", callCount: 1, contactIds: ["con_c"] }]);
  });

  it("takes a call that was answered later in as settled", () => {
    const known = { projectId: "prj_one" as ProjectId, callerIndex: "anna" };
    const { inserted } = take([lost("a", 20)], {
      answered: [
        { ...known, at: 15 },
        { ...known, at: 50 },
        { ...known, at: 25 },
      ],
    });
    expect(inserted).toMatchObject([{ state: "calledAgain", settledAt: 25 }]);
  });

  it("owes a call back to whom a fault of ours lost, once, since the first, also where they hang up by themselves later", () => {
    const cut = (contact: string, at: number): Given => ({
      ...lost(contact, at),
      moment: { how: "lost", at, waitMs: 0, cause: { by: "system", why: "edgeLost" } },
    });
    expect(take([cut("a", 20)]).inserted).toMatchObject([{ owedSince: 20, cause: { why: "edgeLost" } }]);
    expect(take([lost("a", 20), cut("b", 30), lost("c", 40)], { open: [old] }).changed).toMatchObject([
      { lostCallId: "los_old", owedSince: 30, callCount: 4, cause: { why: "hungUp" } },
    ]);
    expect(take([cut("b", 5)], { open: [{ ...old, owedSince: 8 }] }).changed).toMatchObject([{ owedSince: 5, lastAt: 10 }]);
    expect(take([lost("a", 20)]).inserted).toMatchObject([{ owedSince: null }]);
  });

  it("never merges callers without a number", () => {
    expect(take([lost("a", 20, null), lost("b", 21, null)]).inserted).toHaveLength(2);
  });

  it("names a bounded number of an entry's contacts", () => {
    const [entry] = take(Array.from({ length: CONTACT_IDS_MAX + 5 }, (_, index) => lost(String(index), index))).inserted;
    expect(entry?.callCount).toBe(CONTACT_IDS_MAX + 5);
    expect(entry?.contactIds).toHaveLength(CONTACT_IDS_MAX);
    expect(entry?.contactIds[0]).toBe(`con_${CONTACT_IDS_MAX + 4}`);
  });

  it("keeps at most one open entry for each caller, and makes of a batch what it makes of its parts", () => {
    const moment = fc.record({ name: fc.constantFrom("anna", "boris", "cyrus"), isLost: fc.boolean() });
    fc.assert(
      fc.property(fc.array(moment, { maxLength: 30 }), fc.nat(30), (all, cut) => {
        const moments = all.map(({ name, isLost }, index) =>
          isLost ? lost(String(index), index, name) : answered(String(index), index, name),
        );
        const entriesAfter = (parts: readonly (readonly Given[])[]): readonly LostEntry[] => {
          const entries = new Map<string, LostEntry>();
          let last = 0;
          for (const part of parts) {
            const open = [...entries.values()].filter(({ state }) => state === "open");
            const { inserted, changed } = takeIn(part, { open, answered: [], nextId: () => `los_${(last += 1)}` as LostCallId });
            for (const entry of [...changed, ...inserted]) entries.set(entry.lostCallId, entry);
          }
          return [...entries.values()].toSorted((a, b) => a.lostCallId.localeCompare(b.lostCallId));
        };
        const whole = entriesAfter([moments]);
        expect(entriesAfter([moments.slice(0, cut), moments.slice(cut)])).toEqual(whole);
        const open = whole.filter(({ state }) => state === "open").map(({ callerIndex }) => callerIndex);
        expect(new Set(open).size).toBe(open.length);
        expect(whole.reduce((sum, { callCount }) => sum + callCount, 0)).toBe(all.filter(({ isLost }) => isLost).length);
      }),
    );
  });
});
