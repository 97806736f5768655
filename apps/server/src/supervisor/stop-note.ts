// What a stop waits for, said on the terminal and noted in the data folder, where `npm run stop` reads it.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../platform/config.ts";

export type Waiting = { readonly callsLeft: number; readonly endsAt: number };

/** Says the first time, and whenever there are fewer calls; the note is always the newest. */
export function tellWaiting(
  config: Pick<Config, "dataFolder">,
  { say, now }: { readonly say: (sentence: string) => void; readonly now: () => number },
): { tell(waiting: Waiting): void; over(): void } {
  const path = notePath(config.dataFolder);
  let said: number | undefined;
  return {
    tell(waiting) {
      if (said !== waiting.callsLeft) say(waitingSentence(waiting, now()));
      said = waiting.callsLeft;
      try {
        mkdirSync(join(config.dataFolder, "run"), { recursive: true, mode: 0o700 });
        writeFileSync(`${path}.new`, JSON.stringify(waiting), { mode: 0o600 });
        renameSync(`${path}.new`, path);
      } catch {
        // A full disk: the terminal has said it, and the stop goes on.
      }
    },
    over() {
      rmSync(path, { force: true });
    },
  };
}

/** What a stop that is under way waits for; undefined where none waits. */
export function readWaiting(dataFolder: string): Waiting | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(notePath(dataFolder), "utf8"));
    if (typeof value !== "object" || value === null || !("callsLeft" in value) || !("endsAt" in value)) return undefined;
    const { callsLeft, endsAt } = value;
    return typeof callsLeft === "number" && typeof endsAt === "number" ? { callsLeft, endsAt } : undefined;
  } catch {
    return undefined;
  }
}

export function waitingSentence({ callsLeft, endsAt }: Waiting, now: number): string {
  const seconds = Math.max(0, Math.round((endsAt - now) / 1_000));
  if (callsLeft === 0) return "No call is left.";
  return `No new calls are taken. Calls left: ${callsLeft}. Those that haven't ended in ${seconds} s are told so and ended.`;
}

function notePath(dataFolder: string): string {
  return join(dataFolder, "run", "stopping.json");
}
