// Taking a ready-made set-up back: what was made goes out of use, unless someone has changed it since or still needs it.
import type { LocalizedText, PresetKind, PresetUndoStep } from "@allo/contract";

/** As it was when it was made. */
export type MadeThing = { readonly kind: PresetKind; readonly key: string; readonly id: string; readonly names: LocalizedText };
export type Need = { readonly kind: PresetKind | "person"; readonly id: string; readonly name: string };
/** As it is now. */
export type CurrentThing = {
  readonly names: LocalizedText;
  readonly retired: boolean;
  /** Edited since it was made, its name or anything else. */
  readonly changed: boolean;
  /** What in use needs it, be it of this set-up or not; people count for roles. */
  readonly neededBy: readonly Need[];
  /** Contacts or customers whose history names it. */
  readonly uses: number;
};
export type Current = {
  /** Null: there is no such thing any more. */
  thing(kind: PresetKind, id: string): CurrentThing | null;
  /** The ids in use of a kind, the program's own left out. */
  inUse(kind: PresetKind): readonly string[];
};

/** The order in which things go: users before what they use. */
const ORDER: readonly PresetKind[] = ["number", "queue", "hours", "skill", "project", "wrapUpCode", "reason", "role", "customerField"];
/** Of these one must stay: agents couldn't finish a call, or go not ready. */
const KEEPS_ONE: ReadonlySet<PresetKind> = new Set(["project", "wrapUpCode", "reason"]);

/** What undoing does to each part, in the order in which it is done. */
export function planUndo(made: readonly MadeThing[], current: Current): readonly PresetUndoStep[] {
  const going = new Set<string>();
  return ORDER.flatMap((kind) => made.filter((each) => each.kind === kind)).map((each): PresetUndoStep => {
    const { kind, key, id } = each;
    const now = current.thing(kind, id);
    const step = (part: Pick<PresetUndoStep, "step" | "why"> & { readonly usedBy?: readonly string[] }): PresetUndoStep => ({
      kind,
      key,
      id,
      names: now?.names ?? each.names,
      uses: now?.uses ?? 0,
      ...part,
      usedBy: [...(part.usedBy ?? [])],
    });
    if (now === null || now.retired) return step({ step: "gone", why: null });
    if (now.changed) return step({ step: "leave", why: "changed" });
    const needs = now.neededBy.filter((need) => !going.has(need.id));
    if (needs.length > 0) {
      const usedBy = needs.map((need) => need.name);
      return step({ step: "leave", why: needs.some((need) => need.kind === "person") ? "held" : "inUse", usedBy });
    }
    if (KEEPS_ONE.has(kind) && !current.inUse(kind).some((other) => other !== id && !going.has(other)))
      return step({ step: "leave", why: "lastOne" });
    going.add(id);
    return step({ step: "retire", why: null });
  });
}
