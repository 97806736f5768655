// What the demonstration's living world needs to know of the organisation that was made for it: written once, at the end of the making,
// so that its being there says that everything else is.
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import type { Language } from "@allo/contract";

export const WORLD_FILE_VERSION = 1;

export type LineKey = "bank" | "taxi" | "isp";
export type DemoGuest = { readonly personId: string; readonly name: string; readonly email: string; readonly password: string };
export type DemoAgent = DemoGuest & {
  readonly language: Language;
  /** The lines whose queues this agent serves. */
  readonly lines: readonly LineKey[];
  /** 1 handles calls in the mean time, 1.2 takes a fifth longer. */
  readonly speed: number;
};
export type DemoLine = {
  readonly key: LineKey;
  readonly projectName: string;
  readonly projectId: string;
  /** What callers dial, in E.164. */
  readonly number: string;
  readonly numberId: string;
  readonly language: Language;
  readonly queueIds: readonly string[];
  /** Of all calls, 0 to 1; all lines together are 1. */
  readonly share: number;
  readonly handleSecondsMedian: number;
  /** Of the lognormal: standard deviation of the logarithm. */
  readonly handleSigma: number;
  readonly patienceSecondsMean: number;
  readonly wrapUpSecondsMean: number;
  readonly wrapUpCodes: readonly { readonly wrapUpCodeId: string; readonly weight: number }[];
  /** What agents write down, in the line's language. */
  readonly notes: readonly string[];
  /** Of answered calls, 0 to 1. */
  readonly holdShare: number;
};
export type DemoWorld = {
  readonly version: typeof WORLD_FILE_VERSION;
  readonly seed: string;
  readonly madeAt: number;
  readonly timeZone: string;
  readonly organisationId: string;
  readonly guests: { readonly administrator: DemoGuest; readonly lead: DemoGuest; readonly agent: DemoGuest };
  readonly agents: readonly DemoAgent[];
  readonly lines: readonly DemoLine[];
  readonly reasons: readonly { readonly reasonId: string; readonly code: string }[];
  readonly customers: readonly { readonly line: LineKey; readonly number: string; readonly name: string }[];
  /** Of a day's calls, by half-hour of the local day; sums to 1. */
  readonly halfHourShares: readonly number[];
  /** From Monday; their mean is 1. */
  readonly weekdayFactors: readonly number[];
};

/** `<data>/demo/world.json` */
export function worldFilePath(dataFolder: string): string {
  return join(dataFolder, "demo", "world.json");
}

/** Null where none was written: the demonstration was never made, or not to its end. */
export async function readWorldFile(dataFolder: string): Promise<DemoWorld | null> {
  let text: string;
  try {
    text = await readFile(worldFilePath(dataFolder), "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
  const world = JSON.parse(text) as DemoWorld;
  if (world.version !== WORLD_FILE_VERSION) throw new Error(`The demonstration's folder was made by another version of Allo: remove it.`);
  return world;
}

/** It holds passwords, so only its owner may read it. Whole or not there at all. */
export async function writeWorldFile(dataFolder: string, world: DemoWorld): Promise<void> {
  const path = worldFilePath(dataFolder);
  await mkdir(join(dataFolder, "demo"), { recursive: true, mode: 0o700 });
  const file = await open(`${path}.new`, "w", 0o600);
  try {
    await file.writeFile(`${JSON.stringify(world, null, 1)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}
