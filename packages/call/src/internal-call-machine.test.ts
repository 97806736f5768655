import { describe, expect, it } from "vitest";
import fc from "fast-check";
import type { PersonId, PhoneId } from "@allo/kernel";
import {
  beginInternalCall,
  InternalCallLimits,
  stepInternalCall,
  type InternalCallCommand,
  type InternalCallEvent,
  type InternalCallState,
  type InternalHearing,
} from "./internal-call-machine.ts";

const ANN = { phoneId: "phn_ann" as PhoneId, personId: "per_ann" as PersonId };
const BOB = { phoneId: "dev_bob" as PhoneId, personId: "per_bob" as PersonId };
const fetchedAnn: InternalCallEvent = { kind: "legFetched", side: "caller", phoneId: ANN.phoneId, legId: "leg_ann" };
const fetchedBob: InternalCallEvent = { kind: "legFetched", side: "callee", phoneId: BOB.phoneId, legId: "leg_bob" };
const joinBob: InternalCallEvent = { kind: "joinOrdered", ...BOB };

/** Plays events and keeps what each leg hears, as the media engine would. */
class Played {
  state: InternalCallState = beginInternalCall(ANN).state;
  readonly commands: InternalCallCommand[] = [...beginInternalCall(ANN).commands];
  readonly heard = new Map<string, InternalHearing>();
  readonly muted = new Map<string, boolean>();
  constructor(...events: readonly InternalCallEvent[]) {
    this.play(...events);
  }
  play(...events: readonly InternalCallEvent[]): this {
    for (const event of events) {
      const step = stepInternalCall(this.state, event);
      this.state = step.state;
      this.commands.push(...step.commands);
      for (const command of step.commands) {
        if (command.kind === "hear") this.heard.set(command.legId, command.what);
        if (command.kind === "setMuted") this.muted.set(command.legId, command.muted);
      }
    }
    return this;
  }
  told(): readonly string[] {
    return this.commands.flatMap(({ kind }) => (kind.startsWith("tell") ? [kind] : []));
  }
  of<K extends InternalCallCommand["kind"]>(kind: K): readonly Extract<InternalCallCommand, { kind: K }>[] {
    return this.commands.filter((command): command is Extract<InternalCallCommand, { kind: K }> => command.kind === kind);
  }
}
const voice = (legId: string): InternalHearing => ({ kind: "voice", legId });
const talking = (): Played => new Played(fetchedAnn, joinBob, fetchedBob);

describe("a call between colleagues", () => {
  it("fetches the caller's phone, rings in it, fetches the other's when core says so, and joins the two", () => {
    const call = new Played();
    expect(call.of("fetchLeg")).toEqual([{ kind: "fetchLeg", side: "caller", ...ANN }]);
    call.play(fetchedAnn);
    expect(call.heard.get("leg_ann")).toEqual({ kind: "ringback" });
    expect(call.told()).toEqual(["tellReady"]);
    call.play(joinBob);
    expect(call.heard.get("leg_ann")).toEqual({ kind: "ringback" });
    expect(call.of("fetchLeg").at(-1)).toEqual({ kind: "fetchLeg", side: "callee", ...BOB });
    call.play(fetchedBob);
    expect([call.heard.get("leg_ann"), call.heard.get("leg_bob")]).toEqual([voice("leg_bob"), voice("leg_ann")]);
    expect(call.told()).toEqual(["tellReady", "tellJoined"]);
    expect(call.of("takeLeg").map(({ legId }) => legId)).toEqual(["leg_ann", "leg_bob"]);
  });

  it("lets whoever is held hear music and whoever holds hear nothing, and says so once", () => {
    const call = talking().play({ kind: "holdOrdered", side: "caller", held: true }, { kind: "holdOrdered", side: "caller", held: true });
    expect([call.heard.get("leg_ann"), call.heard.get("leg_bob")]).toEqual([{ kind: "silence" }, { kind: "music" }]);
    expect(call.of("tellSide")).toEqual([{ kind: "tellSide", side: "caller", held: true, away: false }]);
    call.play({ kind: "holdOrdered", side: "caller", held: false });
    expect([call.heard.get("leg_ann"), call.heard.get("leg_bob")]).toEqual([voice("leg_bob"), voice("leg_ann")]);
  });

  it("takes a device's own hold for the same, and nobody else's", () => {
    const call = talking().play(
      { kind: "heldByPhone", legId: "leg_bob", held: true },
      { kind: "heldByPhone", legId: "leg_cat", held: true },
    );
    expect([call.heard.get("leg_ann"), call.heard.get("leg_bob")]).toEqual([{ kind: "music" }, { kind: "silence" }]);
    expect(call.of("tellSide")).toHaveLength(1);
  });

  it("turns one microphone off, and on again on another leg and at the end", () => {
    const call = talking().play({ kind: "muteOrdered", side: "callee", muted: true });
    expect(call.muted.get("leg_bob")).toBe(true);
    call.play({ kind: "legLost", legId: "leg_bob" }, { kind: "legFlowing", ...BOB, legId: "leg_bob2" });
    expect([call.muted.get("leg_bob"), call.muted.get("leg_bob2")]).toEqual([false, true]);
    call.play({ kind: "endOrdered", why: "ordered" });
    expect(call.muted.get("leg_bob2")).toBe(false);
  });

  it("waits to music for a sound that is away, and goes on when it is back", () => {
    const call = talking().play({ kind: "legLost", legId: "leg_ann" });
    expect(call.heard.get("leg_bob")).toEqual({ kind: "music" });
    expect(call.of("armReturn")).toEqual([{ kind: "armReturn", afterMs: InternalCallLimits.returnMsMax }]);
    expect(call.of("tellSide")).toEqual([{ kind: "tellSide", side: "caller", held: false, away: true }]);
    call.play({ kind: "legFlowing", ...ANN, legId: "leg_ann2" });
    expect([call.heard.get("leg_ann2"), call.heard.get("leg_bob")]).toEqual([voice("leg_bob"), voice("leg_ann2")]);
    expect(call.of("cancelReturn")).toHaveLength(1);
    expect(call.play({ kind: "returnTimePassed" }).state.kind).toBe("talking");
  });

  it("is over when the sound doesn't come back, or both are away", () => {
    for (const last of [{ kind: "returnTimePassed" }, { kind: "legLost", legId: "leg_bob" }] as const) {
      const call = talking().play({ kind: "legLost", legId: "leg_ann" }, last);
      expect(call.state.kind).toBe("over");
      expect(call.of("tellEnded")).toEqual([{ kind: "tellEnded", why: "phoneGone" }]);
    }
  });

  it("goes on ringing while the caller's sound is away, and waits for it when the other one has answered", () => {
    const call = new Played(fetchedAnn, { kind: "legLost", legId: "leg_ann" }, joinBob, fetchedBob);
    expect(call.heard.get("leg_bob")).toEqual({ kind: "music" });
    call.play({ kind: "legFlowing", ...ANN, legId: "leg_ann2" });
    expect([call.heard.get("leg_ann2"), call.heard.get("leg_bob")]).toEqual([voice("leg_bob"), voice("leg_ann2")]);
    const back = new Played(fetchedAnn, { kind: "legLost", legId: "leg_ann" }, { kind: "legFlowing", ...ANN, legId: "leg_ann2" });
    expect(back.heard.get("leg_ann2")).toEqual({ kind: "ringback" });
  });

  it("is over when a phone can't be had: the caller's, the other's, or the caller's while it rings", () => {
    const none = { legId: null } as const;
    for (const events of [
      [{ ...fetchedAnn, ...none }],
      [fetchedAnn, joinBob, { ...fetchedBob, ...none }],
      [fetchedAnn, { kind: "legLost", legId: "leg_ann" }, { kind: "returnTimePassed" }],
    ] as readonly InternalCallEvent[][]) {
      const call = new Played(...events);
      expect(call.state.kind).toBe("over");
      expect(call.of("tellEnded")).toEqual([{ kind: "tellEnded", why: "phoneGone" }]);
    }
  });

  it("is ended by a device that is put down, or by order: both phones are free and quiet", () => {
    for (const last of [
      { kind: "hungUp", legId: "leg_bob" },
      { kind: "endOrdered", why: "ordered" },
    ] as const) {
      const call = talking().play(last);
      expect(call.of("releasePhone")).toEqual([
        { kind: "releasePhone", phoneId: ANN.phoneId, hadPlace: true },
        { kind: "releasePhone", phoneId: BOB.phoneId, hadPlace: true },
      ]);
      expect([call.heard.get("leg_ann"), call.heard.get("leg_bob")]).toEqual([{ kind: "silence" }, { kind: "silence" }]);
    }
  });

  it("frees a phone whose sound is away as one that was had", () => {
    const call = talking().play({ kind: "legLost", legId: "leg_bob" }, { kind: "endOrdered", why: "ordered" });
    expect(call.of("releasePhone").at(-1)).toEqual({ kind: "releasePhone", phoneId: BOB.phoneId, hadPlace: true });
  });

  it("frees a phone that is picked up when it is over already", () => {
    const call = new Played({ kind: "endOrdered", why: "ordered" }, fetchedAnn);
    expect(call.of("releasePhone").at(-1)).toEqual({ kind: "releasePhone", phoneId: ANN.phoneId, hadPlace: false });
    expect(call.of("takeLeg")).toEqual([]);
  });

  it("ends exactly once, hears only legs that are in it, and joins nobody to themselves, whatever comes in whatever order", () => {
    const side = fc.constantFrom("caller" as const, "callee" as const);
    const legId = fc.constantFrom("leg_ann", "leg_bob", "leg_bob2");
    const event: fc.Arbitrary<InternalCallEvent> = fc.oneof(
      fc.constantFrom(fetchedAnn, fetchedBob, joinBob, { kind: "returnTimePassed" } as const),
      fc.record({ kind: fc.constant("holdOrdered" as const), side, held: fc.boolean() }),
      fc.record({ kind: fc.constant("muteOrdered" as const), side, muted: fc.boolean() }),
      fc.record({ kind: fc.constant("legLost" as const), legId }),
      fc.record({ kind: fc.constant("hungUp" as const), legId }),
      fc.record({ kind: fc.constant("heldByPhone" as const), legId, held: fc.boolean() }),
      fc.constant({ kind: "legFlowing" as const, ...BOB, legId: "leg_bob2" }),
      fc.constant({ kind: "legFlowing" as const, ...ANN, legId: "leg_ann" }),
      fc.constant({ kind: "endOrdered" as const, why: "ordered" as const }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        const call = new Played(fetchedAnn, joinBob, fetchedBob, ...events);
        expect(call.of("tellEnded")).toHaveLength(call.state.kind === "over" ? 1 : 0);
        for (const [legId, what] of call.heard) {
          if (what.kind !== "voice") continue;
          expect(what.legId).not.toBe(legId);
          // Both or neither, but where one of them holds, which was excluded above.
          expect(call.heard.get(what.legId)).toEqual(voice(legId));
        }
        if (call.state.kind === "over") expect([...call.heard.values()].every(({ kind }) => kind === "silence")).toBe(true);
      }),
    );
  });
});
