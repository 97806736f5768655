// `npm run demo`: an outsourcer with a past, whose people and callers live. The program is the ordinary one on a data folder of its own;
// beside it runs the world (live/), which reaches it only as callers and agents do.
import { fork, type ChildProcess } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { runMigrations } from "../platform/migrate.ts";
import { VERSION } from "../platform/version.ts";
import type { ReadyPorts } from "../supervisor/protocol.ts";
import { runProgram } from "../supervisor/run-program.ts";
import { StartError } from "../supervisor/start-problem.ts";
import { prepareDemoFolder } from "./demo-folder.ts";
import { writeWorldSettings } from "./live/world-settings.ts";
import type { MakingMessage, MakingOrder } from "./making-protocol.ts";
import { demoEnvironment, demoUsage, readDemoOptions, type DemoOptions } from "./options.ts";
import { createProgressSayer } from "./progress.ts";
import { reconcileDemo } from "./reconcile-demo.ts";
import { readWorldFile, type DemoGuest } from "./world-file.ts";

const here = import.meta.dirname;
const extension = extname(import.meta.filename); // .ts from the sources, .js when emitted

process.exit(await main());

async function main(): Promise<number> {
  const read = readDemoOptions(process.argv.slice(2), process.cwd());
  if (!read.ok) {
    for (const sentence of read.failure) complain(sentence);
    return 1;
  }
  const options = read.value;
  if (options === null) {
    say(demoUsage);
    return 0;
  }
  if (options.reconcile) return reconcileDemo({ dataFolder: options.dataFolder, say });
  const folder = await prepareDemoFolder(options.dataFolder);
  if (folder.kind === "foreign") {
    complain(`${options.dataFolder} holds something else than a demonstration: choose another folder by --data.`);
    return 1;
  }
  if (folder.kind === "toBeMade" && folder.wasHalfMade) say("An earlier making was interrupted: beginning anew.");
  const env = demoEnvironment(options, process.env);
  for (const name of Object.keys(process.env)) if (!Object.hasOwn(env, name)) delete process.env[name];
  Object.assign(process.env, env);
  return runProgram({
    entries: {
      edge: join(here, "..", "edge", `main${extension}`),
      core: join(here, "..", "core", `main${extension}`),
    },
    drillEntry: join(here, "..", "drill", `main${extension}`),
    migrate: runMigrations,
    prepare: async (databaseUrl) => {
      if (folder.kind === "toBeMade") await make(options, databaseUrl);
    },
    companion: {
      name: "world",
      entry: join(here, "live", `main${extension}`),
      environment: (ports) =>
        writeWorldSettings({
          url: urlOf(options, ports),
          sip: { address: reachable(options.bind), port: ports.sip ?? options.sipPort },
          callsPerHour: options.callsPerHour,
          talkSecondsMax: options.talkSecondsMax,
          steady: options.steady,
        }),
    },
    onReady: (ports) => void greet(options, ports),
  });
}

/** Makes organisation and history in a process of its own, with progress on the terminal. */
async function make(options: DemoOptions, databaseUrl: string): Promise<void> {
  const child = fork(join(here, `making${extension}`), [], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const stop = (): void => void child.kill();
  const signals = ["SIGINT", "SIGTERM", "SIGHUP", "disconnect"] as const;
  for (const signal of signals) process.on(signal, stop);
  try {
    const order: MakingOrder = {
      databaseUrl,
      dataFolder: options.dataFolder,
      version: VERSION,
      seed: options.seed,
      agents: options.agents,
      days: options.days,
      customers: options.customers,
    };
    child.send(order);
    const problem = await followMaking(child);
    if (problem !== null) throw new StartError("database", problem);
  } finally {
    for (const signal of signals) process.off(signal, stop);
  }
}

/** Null where it was made, else the sentence. */
function followMaking(child: ChildProcess): Promise<string | null> {
  const progress = createProgressSayer(say, () => performance.now());
  let answer: string | null | undefined;
  return new Promise((resolve) => {
    child.on("message", (message: MakingMessage) => {
      if (message.kind === "progress") progress(message.progress);
      else answer = message.kind === "made" ? null : `The demonstration can't be made: ${message.reason.replace(/\.$/, "")}.`;
    });
    child.once("exit", () => resolve(answer === undefined ? "The making of the demonstration was interrupted: start it again." : answer));
  });
}

/** Says where to go and who one may be; the same stands in a file, for a terminal that has scrolled away. */
async function greet(options: DemoOptions, ports: ReadyPorts): Promise<void> {
  const world = await readWorldFile(options.dataFolder);
  if (world === null) return;
  const { guests, lines } = world;
  const row = (role: string, { email, password }: DemoGuest): string => `  ${role.padEnd(14)} ${email.padEnd(30)} ${password}`;
  const text = [
    `Open ${urlOf(options, ports)} and sign in as one of these:`,
    row("agent", guests.agent),
    row("lead", guests.lead),
    row("administrator", guests.administrator),
    "",
    `Some ${options.callsPerHour} callers an hour for ${lines.map(({ projectName }) => projectName).join(", ")}: go ready as the agent, and one is yours.`,
  ].join("\n");
  const path = join(options.dataFolder, "demo", "logins.txt");
  await mkdir(join(options.dataFolder, "demo"), { recursive: true, mode: 0o700 });
  await writeFile(path, `${text}\n`, { mode: 0o600 });
  say(`\n${text}\n\nThe logins stand in ${path} too. Ctrl-C ends the demonstration.`);
}

function urlOf(options: DemoOptions, ports: ReadyPorts): string {
  const address = reachable(options.bind);
  return `http://${address.includes(":") ? `[${address}]` : address}:${ports.http ?? options.httpPort}/`;
}

/** An address of this machine that reaches what listens on `bind`. */
function reachable(bind: string): string {
  return bind === "0.0.0.0" ? "127.0.0.1" : bind === "::" ? "::1" : bind;
}

function say(sentence: string): void {
  process.stdout.write(`${sentence}\n`);
}

function complain(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}
