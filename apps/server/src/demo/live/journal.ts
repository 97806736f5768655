// What the world did, kept for whoever wants to compare it with what the centre counted: one JSON object a line, in two files of bounded
// size. Numbers of invented callers only.
import { appendFile, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

export const journalLimits = { bytesMax: 16_777_216, flushEveryMs: 2_000 } as const;

/** One call as its caller knows it. */
export type CallRecord = {
  readonly kind: "call";
  /** SIP's Call-ID. */
  readonly sipCallId: string;
  readonly line: string;
  readonly from: string | null;
  readonly placedAt: number;
  readonly answeredAt: number | null;
  /** Somebody was heard after the greeting and the music. */
  readonly pickedUpAt: number | null;
  readonly endedAt: number;
  readonly by: "us" | "peer" | "network";
  readonly status: number | null;
  readonly packetsHeard: number;
  readonly packetsLost: number;
};
/** One talk as its agent knows it. */
export type TalkRecord = {
  readonly kind: "talk";
  readonly contactId: string;
  readonly personId: string;
  readonly from: number;
  readonly to: number;
  readonly packetsHeard: number;
  readonly packetsSent: number;
};
export type WorldRecord = CallRecord | TalkRecord;
export type WorldFigures = {
  readonly at: number;
  readonly startedAt: number;
  readonly callsPlaced: number;
  readonly callsOpen: number;
  readonly callsPickedUp: number;
  readonly callsLost: number;
  readonly callsLeftOut: number;
  readonly agentsIn: number;
  readonly agentsReady: number;
  readonly agentsTalking: number;
};

export type Journal = {
  readonly note: (record: WorldRecord) => void;
  readonly figures: (figures: WorldFigures) => void;
  readonly close: () => Promise<void>;
};

export const journalPath = (dataFolder: string): string => join(dataFolder, "demo", "world.jsonl");
export const figuresPath = (dataFolder: string): string => join(dataFolder, "demo", "figures.json");

/** All records that are kept, oldest first. */
export async function readJournal(dataFolder: string): Promise<readonly WorldRecord[]> {
  const texts = await Promise.all(
    [`${journalPath(dataFolder)}.1`, journalPath(dataFolder)].map((path) => readFile(path, "utf8").catch(() => "")),
  );
  return texts
    .join("")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as WorldRecord);
}

/** Opens the journal of this data folder; lines are written some seconds late. */
export function openJournal(dataFolder: string, onError: (error: unknown) => void): Journal {
  const path = journalPath(dataFolder);
  let lines: string[] = [];
  let newest: WorldFigures | null = null;
  let writing = Promise.resolve();
  const flush = (): Promise<void> => {
    const text = lines.join("");
    const figures = newest;
    lines = [];
    newest = null;
    writing = writing
      .then(async () => {
        if (figures !== null) {
          await writeFile(`${figuresPath(dataFolder)}.new`, `${JSON.stringify(figures)}\n`, { mode: 0o600 });
          await rename(`${figuresPath(dataFolder)}.new`, figuresPath(dataFolder));
        }
        if (text === "") return;
        const size = await stat(path).then(
          (found) => found.size,
          () => 0,
        ); // the first line makes the file
        if (size > journalLimits.bytesMax) await rename(path, `${path}.1`);
        await appendFile(path, text, { mode: 0o600 });
      })
      .catch(onError);
    return writing;
  };
  const timer = setInterval(() => void flush(), journalLimits.flushEveryMs);
  return {
    note: (record) => lines.push(`${JSON.stringify(record)}\n`),
    figures: (figures) => {
      newest = figures;
    },
    close: async () => {
      clearInterval(timer);
      await flush();
    },
  };
}
