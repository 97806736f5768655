// `npm stop`: stops the Allo that runs on this data folder as a signal does, says what it waits for, and ends when it has ended.
// `npm stop -- --now` waits for no call.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { loadConfig } from "../platform/config.ts";
import { isAlive } from "../platform/process-table.ts";
import { lockHolder } from "./instance-lock.ts";
import { supervisorLimits as limits } from "./limits.ts";
import { readWaiting, waitingSentence } from "./stop-note.ts";

const POLL_MS = 200;

process.exit(await stop(process.argv.slice(2)));

async function stop(args: readonly string[]): Promise<number> {
  const unknown = args.find((arg) => arg !== "--now");
  if (unknown !== undefined) return complain(`"${unknown}" isn't understood: npm stop, or npm stop -- --now.`);
  const loaded = loadConfig(process.env);
  if (!loaded.ok) return complain(loaded.failure.map(({ sentence }) => sentence).join("\n"));
  const { dataFolder, roles } = loaded.value;
  const holders = new Set(roles.flatMap((role) => lockHolder({ folder: join(dataFolder, "run"), name: role }) ?? []));
  if (holders.size === 0) return complain(`No Allo runs on ${dataFolder}.`);
  const isNow = args.includes("--now");
  for (const pid of holders) {
    if (!signal(pid)) return complain(`Process ${pid} may not be stopped by this user.`);
  }
  if (isNow) {
    // The second one is taken for impatience only after a while.
    await sleep(limits.repeatedSignalMs + POLL_MS);
    for (const pid of holders) signal(pid);
  }
  let said = "";
  while ([...holders].some(isAlive)) {
    const waiting = readWaiting(dataFolder);
    const sentence = waiting === undefined ? "" : waitingSentence(waiting, Date.now());
    const words = sentence.replace(/in \d+ s/, "");
    if (words !== said && sentence !== "") process.stdout.write(`${sentence}\n`);
    said = words;
    await sleep(POLL_MS);
  }
  process.stdout.write("Allo has stopped.\n");
  return 0;
}

/** False where this user may not. */
function signal(pid: number): boolean {
  try {
    process.kill(pid, "SIGTERM");
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "EPERM");
  }
}

function complain(sentence: string): number {
  process.stderr.write(`${sentence}\n`);
  return 1;
}
