import { presetKinds, type PresetKind } from "@allo/contract";
import { describe, expect, it } from "vitest";
import { words } from "./trades/trade-spec.ts";
import { planUndo, type Current, type CurrentThing, type MadeThing, type Need } from "./undo.ts";

const made = (kind: PresetKind, id: string): MadeThing => ({ kind, key: id, id, names: words(id, id, id) });
const all: readonly MadeThing[] = [
  made("project", "prj"),
  made("hours", "hrs"),
  made("skill", "skl"),
  made("queue", "que"),
  made("number", "num"),
  made("wrapUpCode", "wuc"),
  made("reason", "rsn"),
  made("role", "rol"),
  made("customerField", "fld"),
];
const need = (kind: Need["kind"], id: string): Need => ({ kind, id, name: `name of ${id}` });
/** What was made needs one another as in life, and everything has a neighbour that was there before. */
const needed: Readonly<Record<string, readonly Need[]>> = {
  prj: [need("queue", "que")],
  hrs: [need("number", "num")],
  skl: [need("queue", "que")],
  que: [need("number", "num")],
};
function current(over: Readonly<Record<string, Partial<CurrentThing> | null>> = {}, others: readonly PresetKind[] = presetKinds): Current {
  return {
    thing: (_kind, id) => {
      const change = over[id];
      if (change === null) return null;
      return { names: words(id, id, id), retired: false, changed: false, neededBy: needed[id] ?? [], uses: 0, ...change };
    },
    inUse: (kind) => [
      ...all.filter((each) => each.kind === kind).map((each) => each.id),
      ...(others.includes(kind) ? [`old_${kind}`] : []),
    ],
  };
}
const steps = (now: Current) => Object.fromEntries(planUndo(all, now).map((step) => [step.id, [step.step, step.why]]));

describe("undoing", () => {
  it("takes out of use all that is as it was made, users before what they use", () => {
    const plan = planUndo(all, current());
    expect(plan.map((step) => step.step)).toEqual(all.map(() => "retire"));
    const order = plan.map((step) => step.id);
    for (const [id, needs] of Object.entries(needed))
      for (const each of needs) expect(order.indexOf(each.id)).toBeLessThan(order.indexOf(id));
  });

  it("leaves what was changed since, and what that needs, by name", () => {
    const plan = planUndo(all, current({ num: { changed: true } }));
    const byId = new Map(plan.map((step) => [step.id, step]));
    expect([byId.get("num")?.step, byId.get("num")?.why]).toEqual(["leave", "changed"]);
    expect([byId.get("que")?.step, byId.get("que")?.why, byId.get("que")?.usedBy]).toEqual(["leave", "inUse", ["name of num"]]);
    expect(byId.get("hrs")?.usedBy).toEqual(["name of num"]);
    expect(byId.get("prj")?.usedBy).toEqual(["name of que"]);
    expect(byId.get("wuc")?.step).toBe("retire");
  });

  it("leaves what something of the organisation's own needs now", () => {
    const plan = steps(current({ que: { neededBy: [need("number", "num"), need("number", "num_other")] } }));
    expect([plan["num"], plan["que"], plan["prj"]]).toEqual([
      ["retire", null],
      ["leave", "inUse"],
      ["leave", "inUse"],
    ]);
  });

  it("leaves a role that people hold, with their names", () => {
    const [role] = planUndo([made("role", "rol")], current({ rol: { neededBy: [need("person", "per_1")] } }));
    expect([role?.step, role?.why, role?.usedBy]).toEqual(["leave", "held", ["name of per_1"]]);
  });

  it("retires what has history, and says how much", () => {
    const [queue] = planUndo([made("queue", "que")], current({ que: { neededBy: [], uses: 12 } }));
    expect([queue?.step, queue?.uses]).toEqual(["retire", 12]);
  });

  it("leaves the last wrap-up code, reason and project in use", () => {
    const plan = steps(current({}, []));
    for (const id of ["wuc", "rsn", "prj"]) expect([id, plan[id]]).toEqual([id, ["leave", "lastOne"]]);
    for (const id of ["fld", "rol", "hrs"]) expect([id, plan[id]]).toEqual([id, ["retire", null]]);
  });

  it("keeps one of several where nothing else would stay", () => {
    const two = [made("wrapUpCode", "a"), made("wrapUpCode", "b")];
    const plan = planUndo(two, { ...current(), inUse: () => ["a", "b"] });
    expect(plan.map((step) => step.step)).toEqual(["retire", "leave"]);
  });

  it("passes by what is retired or no longer there", () => {
    const plan = steps(current({ wuc: { retired: true }, rsn: null }));
    expect([plan["wuc"], plan["rsn"]]).toEqual([
      ["gone", null],
      ["gone", null],
    ]);
  });

  it("does nothing the second time", () => {
    const after = Object.fromEntries(all.map((each) => [each.id, { retired: true }]));
    expect(planUndo(all, current(after)).every((step) => step.step === "gone")).toBe(true);
  });
});
