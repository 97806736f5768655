import { startThread } from "./thread.ts";

export type ShrinkOrder = {
  readonly filePath: string;
  readonly targetPath: string;
  readonly key: Uint8Array;
  /** What was noted when it was saved; null where nothing was. */
  readonly expectedSha256Hex: string | null;
};
export type ShrinkResult =
  | {
      readonly ok: true;
      readonly bytes: number;
      readonly sha256Hex: string;
      readonly beforeSha256Hex: string;
      readonly durationMs: number;
    }
  /** "damaged": another file than was saved. "notAlike": what was made of it doesn't sound like it. The original is left alone. */
  | { readonly ok: false; readonly reason: "missing" | "damaged" | "notAlike" | "failed"; readonly error?: unknown };

/** How long a thread may take over one recording: some hours of sound. */
const SHRINK_TIMEOUT_MS = 30 * 60_000;

/**
 * Makes an Opus file of a saved recording in a thread of its own, under the same key, and compares both. The original stays where it is;
 * the target is there whole or not at all.
 */
export async function shrinkRecording(order: ShrinkOrder): Promise<ShrinkResult> {
  const thread = startThread("shrink-worker", order, []);
  return new Promise((resolve) => {
    let settled = false;
    const settle = (result: ShrinkResult): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timeout);
      resolve(result);
      void thread.terminate();
    };
    const timeout = setTimeout(() => settle({ ok: false, reason: "failed", error: new Error("took too long") }), SHRINK_TIMEOUT_MS);
    thread.once("message", (result: ShrinkResult) => settle(result));
    thread.once("error", (error) => settle({ ok: false, reason: "failed", error }));
    thread.once("exit", () => settle({ ok: false, reason: "failed", error: new Error("the thread ended") }));
  });
}
