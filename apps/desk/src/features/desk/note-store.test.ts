import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { setApiPorts } from "../../api/client.ts";
import { forgetNote, leaveNote, NoteLimits, saveNote, useNotes, writeNote } from "./note-store.ts";

let sent: string[] = [];
let away = false;
let restore = (): void => undefined;
beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  away = false;
  restore = setApiPorts({
    fetch: (_url, init) => {
      if (away) return Promise.reject(new TypeError("away"));
      sent.push((JSON.parse(String(init?.body)) as { text: string }).text);
      return Promise.resolve(new Response('{"ok":true}'));
    },
  });
});
afterEach(() => {
  forgetNote("con_1aaa");
  restore();
  vi.useRealTimers();
});
const status = () => useNotes.getState()["con_1aaa"]?.status;

describe("a note", () => {
  it("is saved once typing pauses, not at every letter", async () => {
    for (const text of ["a", "as", "asks"]) writeNote("con_1aaa", text);
    expect(status()).toBe("typing");
    await vi.advanceTimersByTimeAsync(NoteLimits.saveAfterMs);
    expect(sent).toEqual(["asks"]);
    expect(status()).toBe("saved");
  });
  it("is kept and tried again while the server is away", async () => {
    away = true;
    writeNote("con_1aaa", "asks");
    await vi.advanceTimersByTimeAsync(NoteLimits.saveAfterMs);
    expect(status()).toBe("unsaved");
    away = false;
    await vi.advanceTimersByTimeAsync(NoteLimits.retryAfterMs);
    expect(sent).toEqual(["asks"]);
    expect(status()).toBe("saved");
  });
  it("of a contact that has gone on is saved at once, and is not in the field when it comes again", async () => {
    writeNote("con_1aaa", "asks");
    await leaveNote("con_1aaa");
    expect(sent).toEqual(["asks"]);
    expect(status()).toBeUndefined();
    away = true;
    writeNote("con_1aaa", "asks again");
    await leaveNote("con_1aaa");
    expect(status()).toBe("unsaved");
    away = false;
    await vi.advanceTimersByTimeAsync(NoteLimits.retryAfterMs);
    expect(sent).toEqual(["asks", "asks again"]);
    expect(status()).toBeUndefined();
  });
  it("typed on while it was being saved is saved again", async () => {
    writeNote("con_1aaa", "one");
    const saving = saveNote("con_1aaa");
    writeNote("con_1aaa", "one two");
    await saving;
    expect(status()).toBe("typing");
    await vi.advanceTimersByTimeAsync(NoteLimits.saveAfterMs);
    expect(sent).toEqual(["one", "one two"]);
  });
});
