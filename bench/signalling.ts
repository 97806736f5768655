/*
 * npm run bench -- signalling [--json] [--rates 20,50,100,200] [--seconds 10]: calls set up and torn down a second by the whole program.
 * One call: INVITE, 200, ACK, BYE by SIPp (a peer that is not ours), zero length, its contact committed before the 200. CPU is user and
 * system time of all our processes, PostgreSQL included, read from /proc before and after; SIPp's own is not counted. Memory is the
 * proportional set size of the same processes at the end of each run.
 */
import { parseArgs } from "node:util";
import { openCentre } from "../conformance/call/centre.ts";
import { cpuByProgram, memoryByProgram } from "./program-figures.ts";
import { runSipp } from "./sipp.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    rates: { type: "string", default: "20,50,100,200" },
    seconds: { type: "string", default: "10" },
  },
});
const rates = values.rates.split(",").map(Number);
const seconds = Number(values.seconds);

type Row = {
  readonly callsPerSecondAsked: number;
  readonly callsPerSecondDone: number;
  readonly done: number;
  readonly failed: number;
  readonly cpuMsPerCall: number;
  readonly cpuMsPerCallBy: Readonly<Record<string, number>>;
  readonly setUpMsP50: number;
  readonly setUpMsP99: number;
  readonly memoryMegabytes: number;
  readonly memoryMegabytesBy: Readonly<Record<string, number>>;
};

const centre = await openCentre();
const [number] = (await centre.admin.call("numbersList")).items;
if (number === undefined) throw new Error("the wizard made no number");
await centre.admin.call("numberUpdate", { params: { numberId: number.numberId }, body: { callsMax: 5_000, version: number.version } });
const rows: Row[] = [];
try {
  await run(100, 5); // warm: plans, pages, code
  for (const rate of rates) rows.push(await run(rate, seconds));
} finally {
  await centre.program.stop();
}
if (values.json) process.stdout.write(`${JSON.stringify({ bench: "signalling", seconds, rows })}\n`);
else console.table(rows.map(({ cpuMsPerCallBy, memoryMegabytesBy: _by, ...row }) => ({ ...row, ...cpuMsPerCallBy })));

async function run(rate: number, forSeconds: number): Promise<Row> {
  const before = cpuByProgram(centre.program);
  const ran = await runSipp({
    port: centre.program.sipPort,
    service: centre.number,
    scenario: "hungUpAtOnce",
    callsPerSecond: rate,
    calls: rate * forSeconds,
  });
  const { done, failed, setUpsMs: setUps } = ran;
  const after = cpuByProgram(centre.program);
  const memory = memoryByProgram(centre.program);
  const spent = Object.fromEntries([...after].map(([name, ms]) => [name, ms - (before.get(name) ?? 0)]));
  const total = Object.values(spent).reduce((sum, ms) => sum + ms, 0);
  const perCall = (ms: number): number => round(ms / Math.max(1, done));
  return {
    callsPerSecondAsked: rate,
    callsPerSecondDone: round(done / (ran.elapsedMs / 1_000)),
    done,
    failed,
    cpuMsPerCall: perCall(total),
    cpuMsPerCallBy: Object.fromEntries(Object.entries(spent).map(([name, ms]) => [name, perCall(ms)])),
    setUpMsP50: percentile(setUps, 0.5),
    setUpMsP99: percentile(setUps, 0.99),
    memoryMegabytes: Object.values(memory).reduce((sum, megabytes) => sum + megabytes, 0),
    memoryMegabytesBy: memory,
  };
}

function percentile(sorted: readonly number[], share: number): number {
  return round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
