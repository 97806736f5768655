/*
 * npm run bench -- demo [--minutes 60] [--rate 300] [--agents 30] [--days 90] [--seed 7] [--warm-up 2] [--shaped] [--json]
 *                       [--data folder] [--keep]
 * What the whole demonstration costs while it lives: a fresh folder, organisation and history made, then calls at a steady rate (with
 * --shaped by the hour of the day). CPU is user and system time of all its processes, PostgreSQL and the callers and agents included,
 * from /proc before and after; memory is the proportional set size (shared pages counted once), the highest of samples every ten seconds.
 * Then: is each live contact a call that crossed SIP, with RTP both ways where somebody answered; do the figures reconcile with the log.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { freePort } from "@allo/testkit";
import { compareLive, listLiveContacts } from "../apps/server/src/demo/live/check.ts";
import { figuresPath, readJournal, type WorldFigures } from "../apps/server/src/demo/live/journal.ts";
import { commandOf, cpuMsOf, processTree, readOrEmpty, statFields } from "./process-tree.ts";

const SAMPLE_EVERY_MS = 10_000;
const MAKING_MS_MAX = 900_000;
const FIRST_FIGURES_MS_MAX = 30_000;
/** What the figures must stay within. */
const BOUNDS = { cpuPercentMax: 50, memoryMegabytesMax: 1_536 } as const;
const MAIN = fileURLToPath(new URL("../apps/server/src/demo/main.ts", import.meta.url));
const NODE_FLAGS = ["--conditions=source", "--disable-warning=ExperimentalWarning"];

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    rate: { type: "string", default: "300" },
    agents: { type: "string", default: "30" },
    days: { type: "string", default: "90" },
    seed: { type: "string", default: "7" },
    "warm-up": { type: "string", default: "2" },
    shaped: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    data: { type: "string" },
    keep: { type: "boolean", default: false },
  },
});

type Sample = {
  readonly cpuMs: ReadonlyMap<string, number>;
  readonly pss: ReadonlyMap<string, number>;
  readonly rss: ReadonlyMap<string, number>;
};

const folder = values.data ?? mkdtempSync(join(tmpdir(), "allo-demo-bench-"));
const [httpPort, sipPort, phonePort] = await Promise.all([freePort(), freePort(), freePort()]);
const where = [
  "--data",
  folder,
  "--port",
  String(httpPort),
  "--sip-port",
  String(sipPort),
  "--phone-port",
  String(phonePort),
  "--rtp-ports",
  "0",
];
const url = `http://127.0.0.1:${httpPort}/`;
const startedAt = performance.now();
const wallStartedAt = Date.now();
const child = spawn(
  process.execPath,
  [
    ...NODE_FLAGS,
    MAIN,
    ...where,
    ...["--rate", values.rate, "--agents", values.agents, "--days", values.days, "--seed", values.seed],
    ...(values.shaped ? [] : ["--steady"]),
  ],
  { stdio: ["ignore", "pipe", "inherit"] },
);
let output = "";
child.stdout.setEncoding("utf8").on("data", (text: string) => {
  output += text;
  if (!values.json) process.stderr.write(text);
});
const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
process.once("SIGINT", () => child.kill("SIGTERM"));
process.once("exit", () => child.kill("SIGTERM"));

await until(() => output.includes("Ctrl-C ends the demonstration"), MAKING_MS_MAX);
const readySeconds = Math.round((performance.now() - startedAt) / 1_000);
const contactsMade = Number(/, (\d+) contacts\.\n(?!.*History)/s.exec(output)?.[1] ?? 0);
await until(() => existsSync(figuresPath(folder)) && figures().at > wallStartedAt, FIRST_FIGURES_MS_MAX);
const since = figures().startedAt;
await sleep(Number(values["warm-up"]) * 60_000);

const before = { ...sample(), at: performance.now(), world: figures() };
let last = before;
const peak = { pss: 0, rss: 0, by: new Map<string, number>() };
for (const endAt = before.at + Number(values.minutes) * 60_000; performance.now() < endAt;) {
  await sleep(Math.min(SAMPLE_EVERY_MS, Math.max(1, endAt - performance.now())));
  last = { ...sample(), at: performance.now(), world: figures() };
  peak.pss = Math.max(peak.pss, total(last.pss));
  peak.rss = Math.max(peak.rss, total(last.rss));
  for (const [name, megabytes] of last.pss) peak.by.set(name, Math.max(peak.by.get(name) ?? 0, megabytes));
}
const contacts = await listLiveContacts(folder, { url, since });
child.kill("SIGTERM");
await exited;
const compared = await compareLive(folder, contacts);
const records = await readJournal(folder);
const calls = records.filter((record) => record.kind === "call").filter(({ placedAt }) => placedAt >= since);
const talks = records.filter((record) => record.kind === "talk").filter(({ from }) => from >= since);

const elapsedMs = last.at - before.at;
const cpuBy = Object.fromEntries([...last.cpuMs].map(([name, ms]) => [name, percent(ms - (before.cpuMs.get(name) ?? 0), elapsedMs)]));
const cpuPercent = percent(total(last.cpuMs) - total(before.cpuMs), elapsedMs);
const reconciled = spawnSync(process.execPath, [...NODE_FLAGS, MAIN, ...where, "--reconcile"], { encoding: "utf8" });
const problems = [
  ...(cpuPercent > BOUNDS.cpuPercentMax ? [`CPU is over ${BOUNDS.cpuPercentMax} % of a core`] : []),
  ...(peak.pss > BOUNDS.memoryMegabytesMax ? [`memory is over ${BOUNDS.memoryMegabytesMax} MB`] : []),
  ...(compared.withoutCall.length > 0 ? [`contacts without a call: ${compared.withoutCall.join(", ")}`] : []),
  ...(compared.withoutContact > 0 ? [`${compared.withoutContact} answered calls without a contact`] : []),
  ...(compared.withoutSound.length > 0 ? [`talks without sound both ways: ${compared.withoutSound.join(", ")}`] : []),
  ...(compared.contacts === 0 ? ["nobody called"] : []),
  ...(reconciled.status === 0 ? [] : [`the figures don't reconcile:\n${reconciled.stdout}${reconciled.stderr}`]),
];
const result = {
  bench: "demo",
  minutes: Math.round(elapsedMs / 6_000) / 10,
  agents: Number(values.agents),
  readySeconds,
  contactsOfHistory: contactsMade,
  cpuPercentOfACore: cpuPercent,
  cpuPercentBy: cpuBy,
  memoryMegabytes: Math.round(peak.pss),
  memoryMegabytesBy: Object.fromEntries([...peak.by].map(([name, megabytes]) => [name, Math.round(megabytes)])),
  residentMegabytesSummed: Math.round(peak.rss),
  callsPlacedAnHour: Math.round(((last.world.callsPlaced - before.world.callsPlaced) * 3_600_000) / elapsedMs),
  sipCallsPlaced: calls.length,
  liveContacts: compared.contacts,
  talksWithSoundBothWays: compared.talks - compared.withoutSound.length,
  rtpPacketsHeardByCallers: calls.reduce((sum, { packetsHeard }) => sum + packetsHeard, 0),
  rtpPacketsLostToCallers: calls.reduce((sum, { packetsLost }) => sum + packetsLost, 0),
  rtpPacketsHeardByAgents: talks.reduce((sum, { packetsHeard }) => sum + packetsHeard, 0),
  callersWhoWereNotAnswered: last.world.callsLost - before.world.callsLost,
  reconciled: reconciled.status === 0,
  problems,
};
if (values.json) console.log(JSON.stringify(result));
else {
  const { cpuPercentBy, memoryMegabytesBy, problems: _, ...rows } = result;
  console.table(rows);
  console.table(
    Object.fromEntries(
      Object.keys(memoryMegabytesBy).map((name) => [
        name,
        { cpuPercent: cpuPercentBy[name] ?? 0, megabytes: memoryMegabytesBy[name] ?? 0 },
      ]),
    ),
  );
  console.log(reconciled.stdout.trim());
  console.log(problems.length === 0 ? "Everything is within its bounds." : problems.join("\n"));
}
if (!values.keep && values.data === undefined) rmSync(folder, { recursive: true, force: true });
process.exit(problems.length === 0 ? 0 : 1);

function figures(): WorldFigures {
  return JSON.parse(readFileSync(figuresPath(folder), "utf8")) as WorldFigures;
}

function sample(): Sample {
  const cpuMs = new Map<string, number>();
  const pss = new Map<string, number>();
  const rss = new Map<string, number>();
  const add = (to: Map<string, number>, name: string, value: number): void => void to.set(name, (to.get(name) ?? 0) + value);
  for (const pid of processTree(child.pid ?? 0)) {
    const fields = statFields(pid);
    if (fields === null) continue;
    const name = programOf(pid);
    add(cpuMs, name, cpuMsOf(fields));
    const memory = readOrEmpty(`/proc/${pid}/smaps_rollup`);
    add(pss, name, Number(/^Pss:\s+(\d+)/m.exec(memory)?.[1] ?? 0) / 1_024);
    add(rss, name, Number(/^Rss:\s+(\d+)/m.exec(memory)?.[1] ?? 0) / 1_024);
  }
  return { cpuMs, pss, rss };
}

function programOf(pid: number): string {
  const command = commandOf(pid);
  if (/live\/main\.(ts|js)/.test(command)) return "world";
  return /(edge|core|demo)\/main\.(?:ts|js)/.exec(command)?.[1]?.replace("demo", "supervisor") ?? "postgres";
}

function total(by: ReadonlyMap<string, number>): number {
  return [...by.values()].reduce((sum, value) => sum + value, 0);
}

function percent(part: number, whole: number): number {
  return Math.round((part / whole) * 1_000) / 10;
}

async function until(condition: () => boolean, msMax: number): Promise<void> {
  const deadline = performance.now() + msMax;
  while (!condition()) {
    if (child.exitCode !== null || performance.now() > deadline) throw new Error("The demonstration did not get ready.");
    await sleep(200);
  }
}
