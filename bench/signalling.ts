/*
 * npm run bench -- signalling [--json] [--rates 20,50,100,200] [--seconds 10]: calls set up and torn down a second by the whole program.
 * One call: INVITE, 200, ACK, BYE by SIPp (a peer that is not ours), zero length, its contact committed before the 200. CPU is user and
 * system time of all our processes, PostgreSQL included, read from /proc before and after; SIPp's own is not counted. Memory is the
 * proportional set size of the same processes at the end of each run.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openCentre } from "../conformance/call/centre.ts";
import { commandOf, cpuMsOf, parentOf, processTree, pssKilobytesOf, statFields } from "./process-tree.ts";

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

const SCENARIO = `<?xml version="1.0" encoding="UTF-8"?>
<scenario name="set up and tear down">
  <send retrans="500" start_rtd="1"><![CDATA[
    INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    From: <sip:0207946[call_number]@[local_ip]:[local_port]>;tag=[pid]b[call_number]
    To: <sip:[service]@[remote_ip]:[remote_port]>
    Call-ID: [call_id]
    CSeq: 1 INVITE
    Contact: <sip:bench@[local_ip]:[local_port]>
    Max-Forwards: 70
    Content-Type: application/sdp
    Content-Length: [len]

    v=0
    o=- 1 1 IN IP4 [local_ip]
    s=-
    c=IN IP4 [local_ip]
    t=0 0
    m=audio [auto_media_port] RTP/AVP 0
    a=rtpmap:0 PCMU/8000
  ]]></send>
  <recv response="100" optional="true"/>
  <recv response="180" optional="true"/>
  <recv response="183" optional="true"/>
  <recv response="200" rrs="true" rtd="1"/>
  <send><![CDATA[
    ACK [next_url] SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    From: <sip:0207946[call_number]@[local_ip]:[local_port]>;tag=[pid]b[call_number]
    To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
    Call-ID: [call_id]
    CSeq: 1 ACK
    Max-Forwards: 70
    Content-Length: 0

  ]]></send>
  <send retrans="500"><![CDATA[
    BYE [next_url] SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    From: <sip:0207946[call_number]@[local_ip]:[local_port]>;tag=[pid]b[call_number]
    To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
    Call-ID: [call_id]
    CSeq: 2 BYE
    Max-Forwards: 70
    Content-Length: 0

  ]]></send>
  <recv response="200"/>
</scenario>
`.replaceAll("\n    ", "\n");

const centre = await openCentre();
const [number] = (await centre.admin.call("numbersList")).items;
if (number === undefined) throw new Error("the wizard made no number");
await centre.admin.call("numberUpdate", { params: { numberId: number.numberId }, body: { callsMax: 5_000, version: number.version } });
const rows: Row[] = [];
try {
  await run(20, 3); // warm: plans, pages, code
  for (const rate of rates) rows.push(await run(rate, seconds));
} finally {
  await centre.program.stop();
}
if (values.json) process.stdout.write(`${JSON.stringify({ bench: "signalling", seconds, rows })}\n`);
else console.table(rows.map(({ cpuMsPerCallBy, memoryMegabytesBy: _by, ...row }) => ({ ...row, ...cpuMsPerCallBy })));

async function run(rate: number, forSeconds: number): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), "allo-sipp-"));
  const scenario = join(folder, "call.xml");
  writeFileSync(scenario, SCENARIO);
  const calls = rate * forSeconds;
  const before = cpuByProgram();
  const startedAt = performance.now();
  await new Promise<void>((resolve, reject) => {
    const sipp = spawn(
      "/usr/bin/sipp",
      [
        `127.0.0.1:${centre.program.sipPort}`,
        "-sf",
        scenario,
        "-s",
        centre.number,
        "-i",
        "127.0.0.1",
        "-r",
        String(rate),
        "-m",
        String(calls),
        "-l",
        "2000",
        "-trace_rtt",
        "-rtt_freq",
        "1",
        "-trace_stat",
        "-fd",
        "1",
        "-stf",
        join(folder, "stat.csv"),
        "-nostdin",
        "-timeout",
        `${forSeconds + 30}s`,
      ],
      { cwd: folder, stdio: "ignore" },
    );
    sipp.once("error", reject);
    sipp.once("exit", () => resolve());
  });
  const elapsedSeconds = (performance.now() - startedAt) / 1_000;
  const after = cpuByProgram();
  const stat = lastRow(join(folder, "stat.csv"));
  const done = Number(stat["SuccessfulCall(C)"] ?? 0);
  const failed = Number(stat["FailedCall(C)"] ?? 0);
  const setUps = responseTimes(folder);
  const memory = memoryByProgram();
  rmSync(folder, { recursive: true, force: true });
  const spent = Object.fromEntries([...after].map(([name, ms]) => [name, ms - (before.get(name) ?? 0)]));
  const total = Object.values(spent).reduce((sum, ms) => sum + ms, 0);
  const perCall = (ms: number): number => round(ms / Math.max(1, done));
  return {
    callsPerSecondAsked: rate,
    callsPerSecondDone: round(done / elapsedSeconds),
    done,
    failed,
    cpuMsPerCall: perCall(total),
    cpuMsPerCallBy: Object.fromEntries(Object.entries(spent).map(([name, ms]) => [name, perCall(ms)])),
    setUpMsP50: percentile(setUps, 0.5),
    setUpMsP99: percentile(setUps, 0.99),
    memoryMegabytes: Math.round(memory.values().reduce((sum, kilobytes) => sum + kilobytes, 0) / 1_024),
    memoryMegabytesBy: Object.fromEntries(memory.entries().map(([name, kilobytes]) => [name, Math.round(kilobytes / 1_024)])),
  };
}

/** CPU milliseconds by program: supervisor, edge, core, PostgreSQL with its backends (those that ended are counted by their parent). */
function cpuByProgram(): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const pid of tree()) {
    const fields = statFields(pid);
    if (fields === null) continue;
    const name = programOf(pid);
    sums.set(name, (sums.get(name) ?? 0) + cpuMsOf(fields));
  }
  return sums;
}

/** Proportional set size by program, kB: what PostgreSQL's processes share is counted once. */
function memoryByProgram(): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const pid of tree()) sums.set(programOf(pid), (sums.get(programOf(pid)) ?? 0) + pssKilobytesOf(pid));
  return sums;
}

function tree(): readonly number[] {
  return processTree(parentOf(centre.program.pidOf("core")) ?? 0);
}

function programOf(pid: number): string {
  const command = commandOf(pid);
  return /postgres/.test(command) ? "postgres" : /edge\/main/.test(command) ? "edge" : /core\/main/.test(command) ? "core" : "supervisor";
}

function lastRow(path: string): Readonly<Record<string, string>> {
  const lines = readFileSync(path, "utf8").trim().split("\n");
  const names = (lines[0] ?? "").split(";");
  const cells = (lines.at(-1) ?? "").split(";");
  return Object.fromEntries(names.map((name, index) => [name, cells[index] ?? ""]));
}

/** INVITE to 200, milliseconds, of each call (SIPp's rtt file). */
function responseTimes(folder: string): readonly number[] {
  const name = readdirSync(folder).find((each) => each.endsWith("_rtt.csv"));
  if (name === undefined) return [];
  return readFileSync(join(folder, name), "utf8")
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => Number(line.split(";")[1]))
    .filter((ms) => Number.isFinite(ms))
    .toSorted((a, b) => a - b);
}

function percentile(sorted: readonly number[], share: number): number {
  return round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
