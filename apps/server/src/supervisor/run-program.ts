import { loadConfig, type Role } from "../platform/config.ts";
import { supervisorLimits as limits } from "./limits.ts";
import type { Migrate } from "./database.ts";
import { folderProblem, errorCode } from "./preflight.ts";
import { StartError } from "./start-problem.ts";
import { startSupervisor, type SupervisorOptions } from "./supervisor.ts";

export type Program = {
  readonly entries: Readonly<Record<Role, string>>;
  readonly drillEntry: string;
  readonly migrate: Migrate;
} & Pick<SupervisorOptions, "readSchema" | "prepare" | "companion" | "onReady">;

/**
 * The whole life of the process: settings, start, signals, stop. Progress goes to standard output, the one sentence of a failure to standard
 * error. Returns the exit code.
 */
export async function runProgram({ entries, drillEntry, migrate, readSchema, prepare, companion, onReady }: Program): Promise<number> {
  const loaded = loadConfig(process.env);
  if (!loaded.ok) {
    for (const { sentence } of loaded.failure) complain(sentence);
    return 1;
  }
  const config = loaded.value;
  for (const warning of config.warnings) say(warning);

  // Signals count from the first moment: one that comes while things start is obeyed as soon as they have.
  const signals = catchSignals();
  try {
    const supervisor = await startSupervisor({
      config,
      env: process.env,
      entries,
      drillEntry,
      migrate,
      readSchema,
      prepare,
      companion,
      onReady,
      say,
    });
    signals.obey((how) => void supervisor.stop(how));
    const sentence = await supervisor.ended;
    if (sentence === undefined) {
      say("Allo has stopped.");
      return 0;
    }
    complain(sentence);
    return 1;
  } catch (error) {
    if (error instanceof StartError) complain(error.message);
    else if (["ENOSPC", "EDQUOT", "EACCES", "EROFS"].includes(errorCode(error) ?? ""))
      complain(folderProblem(error, config.dataFolder).message);
    else throw error;
    return 1;
  } finally {
    signals.release();
  }
}

type StopOrder = (how?: { readonly hurry: boolean }) => void;

function catchSignals(): { obey(stop: StopOrder): void; release(): void } {
  let stop: StopOrder | undefined;
  let firstAt: number | undefined;
  const onSignal = (): void => {
    const now = performance.now();
    if (firstAt === undefined) {
      firstAt = now;
      say("Stopping…");
      stop?.();
    } else if (now - firstAt > limits.repeatedSignalMs) {
      stop?.({ hurry: true });
    }
  };
  // `disconnect`: the start script above us was killed.
  const names = ["SIGTERM", "SIGINT", "SIGHUP", "disconnect"] as const;
  for (const name of names) process.on(name, onSignal);
  return {
    obey(order) {
      stop = order;
      if (firstAt !== undefined) order();
    },
    release() {
      for (const name of names) process.off(name, onSignal);
    },
  };
}

function say(sentence: string): void {
  process.stdout.write(`${sentence}\n`);
}

function complain(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}
