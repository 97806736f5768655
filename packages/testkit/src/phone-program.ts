// A phone that is not ours, as a program: spoken to by lines, with a file for what it says and one for what it hears. It doesn't outlive us.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildWav, generateTone, SAMPLE_RATE, WAV_HEADER_BYTES } from "@allo/media";

const folders = new Set<string>();

/** A folder of its own, which is there as long as we are: what a phone heard is asked for after its end too. */
export function makePhoneFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `allo-${name}-`));
  if (folders.size === 0)
    process.once("exit", () => {
      for (const each of folders) rmSync(each, { recursive: true, force: true });
    });
  folders.add(folder);
  return folder;
}

/** Writes what a phone says all the time; gives the path. */
export function writeTone(folder: string, { toneHz, seconds }: { readonly toneHz: number; readonly seconds: number }): string {
  const path = join(folder, "tone.wav");
  const samples = generateTone({ frequencyHz: toneHz, durationMs: seconds * 1_000, amplitude: 8_000 });
  writeFileSync(path, buildWav({ sampleRate: SAMPLE_RATE, channels: 1, samples }));
  return path;
}

/** The samples of a WAV file that may not be there yet, and grows. */
export function readHeard(path: string | undefined): Int16Array {
  if (path === undefined || !existsSync(path)) return new Int16Array();
  const bytes = readFileSync(path).subarray(WAV_HEADER_BYTES);
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + (bytes.length & ~1)));
}

export type PhoneProgram = {
  readonly exited: Promise<void>;
  readonly output: () => string;
  /** Called after each piece of output. */
  readonly onOutput: (listener: () => void) => void;
  readonly say: (line: string) => void;
  /** How often its output has said so. */
  readonly times: (what: RegExp) => number;
  readonly end: () => Promise<void>;
  readonly kill: () => void;
};

export function startPhoneProgram(file: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): PhoneProgram {
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"], env });
  let output = "";
  let listener: () => void = () => undefined;
  const collect = (bytes: Buffer): void => {
    output += bytes.toString("utf8");
    listener();
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  child.stdin.on("error", () => undefined); // it has ended
  // Left alone it would spin on its closed standard input.
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  const exited = new Promise<void>((resolve) =>
    child.once("exit", () => {
      process.off("exit", kill);
      resolve();
    }),
  );
  return {
    exited,
    output: () => output,
    onOutput: (next) => {
      listener = next;
    },
    say: (line) => void child.stdin.write(`${line}\n`),
    times: (what) => output.match(what)?.length ?? 0,
    end: async () => {
      child.kill("SIGTERM");
      await exited;
    },
    kill,
  };
}
