import { describe, expect, it } from "vitest";
import { placeCard, type Box } from "./place-card.ts";

const screen = { width: 1_440, height: 900 };
const card = { width: 360, height: 240 };
const at = (target: Box | null, change: Partial<Parameters<typeof placeCard>[0]> = {}) =>
  placeCard({ target, card, screen, rightToLeft: false, ...change });

describe("a tour's card", () => {
  it("stands in the middle where there is nothing to point at", () => {
    expect(at(null)).toEqual({ top: 330, left: 540 });
    expect(at(null, { awaitsTarget: true })).toEqual({ top: 648, left: 1_068 });
    expect(at(null, { awaitsTarget: true, rightToLeft: true })).toEqual({ top: 648, left: 12 });
  });
  it("stands below its target, along where the line begins", () => {
    const target = { top: 10, left: 100, width: 200, height: 40 };
    expect(at(target)).toEqual({ top: 64, left: 100 });
    expect(at({ ...target, left: 1_000 }, { rightToLeft: true })).toEqual({ top: 64, left: 840 });
  });
  it("goes above, then beside, where there is no room", () => {
    expect(at({ top: 800, left: 100, width: 200, height: 40 })).toEqual({ top: 546, left: 100 });
    const tall = { top: 60, left: 100, width: 300, height: 800 };
    expect(at(tall)).toEqual({ top: 60, left: 414 });
    expect(at({ ...tall, left: 900 }, { rightToLeft: true })).toEqual({ top: 60, left: 526 });
    expect(at({ ...tall, left: 1_100 })).toEqual({ top: 60, left: 726 });
  });
  it("never leaves a screen of 390 pixels", () => {
    const narrow = { width: 390, height: 780 };
    const small = { width: 366, height: 260 };
    for (const target of [null, { top: 5, left: 300, width: 80, height: 40 }, { top: 0, left: 0, width: 390, height: 780 }]) {
      const { top, left } = at(target, { screen: narrow, card: small });
      expect(left).toBe(12);
      expect(top).toBeGreaterThanOrEqual(12);
      expect(top + small.height).toBeLessThanOrEqual(780);
    }
  });
});
