import { describe, expect, it } from "vitest";
import { actionOf, bindingsFrom, chordOf, chordText, defaultKeys, keyActions, rebindFailure } from "./keys.ts";

const press = (code: string, key: string, held: Partial<Record<"ctrlKey" | "shiftKey" | "altKey" | "metaKey", boolean>> = {}) => ({
  code,
  key,
  ctrlKey: false,
  shiftKey: false,
  altKey: false,
  metaKey: false,
  ...held,
});

describe("keys", () => {
  it("don't collide with each other, the browser or a screen reader", () => {
    for (const action of keyActions) {
      const failure = rebindFailure(defaultKeys, action, defaultKeys[action]);
      expect(failure === null || failure.kind === "prints", action).toBe(true);
    }
    expect(new Set(Object.values(defaultKeys)).size).toBe(keyActions.length);
  });
  it("of the call work while a note is typed; those that print don't", () => {
    expect(actionOf(defaultKeys, press("F2", "F2"), true)).toBe("answer");
    expect(actionOf(defaultKeys, press("Slash", "/"), true)).toBeNull();
    expect(actionOf(defaultKeys, press("Slash", "/"), false)).toBe("search");
  });
  it("are the same in every keyboard layout", () => {
    expect(actionOf(defaultKeys, press("KeyK", "л", { ctrlKey: true }), true)).toBe("commands");
    expect(actionOf(defaultKeys, press("KeyK", "ن", { metaKey: true }), true)).toBe("commands");
    expect(chordOf(press("Digit7", "?", { shiftKey: true }))).toBe("Shift+Slash");
    expect(chordOf(press("Slash", "؟", { shiftKey: true }))).toBe("Shift+Slash");
  });
  it("refuse what is taken or reserved when they are changed", () => {
    expect(rebindFailure(defaultKeys, "mute", "F2")).toEqual({ kind: "taken", by: "answer" });
    expect(rebindFailure(defaultKeys, "mute", "F5")).toEqual({ kind: "reserved" });
    expect(rebindFailure(defaultKeys, "mute", "KeyM")).toEqual({ kind: "prints" });
    expect(rebindFailure(defaultKeys, "mute", "Ctrl+KeyM")).toBeNull();
  });
  it("come back from storage only where they are sound", () => {
    expect(bindingsFrom({ mute: "Ctrl+KeyM", hold: "F5", answer: 7 })).toEqual({ ...defaultKeys, mute: "Ctrl+KeyM" });
    expect(bindingsFrom("nonsense")).toEqual(defaultKeys);
  });
  it("are shown as they are pressed", () => {
    expect([chordText("Shift+F2"), chordText("Ctrl+KeyK"), chordText("Shift+Slash")]).toEqual(["Shift + F2", "Ctrl + K", "?"]);
  });
});
