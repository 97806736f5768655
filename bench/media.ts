/*
 * npm run bench -- media [--json] [--calls 200] [--modes relayed,recorded,churn] [--with dgram,ffi,c] [--seconds 5] [--rounds 3]
 * [--workers 1]: what a talking call costs the media engine. A call is two bridged legs of G.711, 50 packets a second each way.
 * CPU is that of the engine's process, all threads; packets are made and received by a process of its own (phone-load.ts). Engines
 * are started anew for each figure; the ways to be compared take turns in every round, and `ratio` is the median of what one round
 * gave against dgram, since a machine's speed drifts. "c" is relay.c, which does nothing but relay. In the mode churn ten calls a
 * second are set up and taken down beside. `rssMbPerCall` is how the process grows from 100 calls to 400. On loopback the sender
 * also pays for delivery, so figures compare with each other, not with a network card.
 */
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { must } from "@allo/kernel";
import type { MediaEngine, PlainRemote } from "@allo/media";
import { createMediaEngine } from "@allo/node-media";
import type { LoadMeasured } from "./load.ts";
import { answerOf, LOAD_SOCKETS, measureLoad, median, mediansOf, ownCpuMs, round3, startLoad, tell } from "./load.ts";
import { cpuMsOf, statFields } from "./process-tree.ts";

const WAYS = ["dgram", "ffi", "c"] as const;
const MODES = ["relayed", "recorded", "churn"] as const;
type Way = (typeof WAYS)[number];
type Mode = (typeof MODES)[number];
type Figure = {
  readonly cpuMsPerCallSecond: number;
  readonly loadCpuMsPerCallSecond: number;
  readonly lossPercent: number;
  readonly delayP50Ms: number;
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
  readonly lateTicks: number;
};
type Row = { readonly calls: number; readonly mode: Mode; readonly way: Way; readonly ratio: number | null } & Figure;

const PHONES = fileURLToPath(new URL("phone-load.ts", import.meta.url));
const WARM_UP_MS = 2_000;
const CHURN_INTERVAL_MS = 100;
const CHURN_CALL_MS = 1_000;
const GROWTH_FROM_CALLS = 100;
const GROWTH_TO_CALLS = 400;

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    calls: { type: "string", default: "200" },
    modes: { type: "string", default: "relayed,recorded,churn" },
    with: { type: "string", default: "dgram,ffi,c" },
    seconds: { type: "string", default: "5" },
    rounds: { type: "string", default: "3" },
    workers: { type: "string", default: "1" },
  },
});
const [seconds, rounds, workers] = [Number(values.seconds), Number(values.rounds), Number(values.workers)];
const folder = await mkdtemp(join(tmpdir(), "allo-bench-"));
try {
  const relay = buildRelay();
  const ways = WAYS.filter((way) => values.with.split(",").includes(way) && (way !== "c" || relay !== null));
  const modes = MODES.filter((mode) => values.modes.split(",").includes(mode));
  // First, while the process is as small as it will be.
  const growth = ways.includes("ffi") ? await measureGrowth() : null;
  const rows: Row[] = [];
  for (const calls of values.calls.split(",").map(Number)) {
    for (const mode of modes) rows.push(...(await compare(calls, mode, ways, relay)));
  }
  if (values.json) console.log(JSON.stringify({ bench: "media", seconds, rounds, workers, rows, growth }));
  else {
    console.table(rows);
    console.log(growth ?? "");
  }
} finally {
  await rm(folder, { recursive: true });
}

async function compare(calls: number, mode: Mode, ways: readonly Way[], relay: string | null): Promise<readonly Row[]> {
  const figures = new Map<Way, Figure[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const way of ways) {
      if (way === "c" && mode !== "relayed") continue;
      const figure = way === "c" ? await measureRelay(calls, must(relay)) : await measureEngine({ calls, mode, sockets: way });
      figures.set(way, [...(figures.get(way) ?? []), figure]);
    }
  }
  const base = figures.get("dgram");
  return [...figures].map(([way, all]) => ({
    calls,
    mode,
    way,
    ratio: base === undefined ? null : round3(median(all.map((figure, i) => figure.cpuMsPerCallSecond / must(base[i]).cpuMsPerCallSecond))),
    ...mediansOf(all),
  }));
}

async function measureEngine(settings: {
  readonly calls: number;
  readonly mode: Mode;
  readonly sockets: "dgram" | "ffi";
}): Promise<Figure> {
  const { calls, mode } = settings;
  const load = startLoad(PHONES);
  let lateTicks = 0;
  const engine = startEngine(settings.sockets, (count) => (lateTicks += count));
  try {
    const theirs = (await answerOf(load, "ports")).ports;
    const ours: number[] = [];
    for (let call = 0; call < calls; call += 1) ours.push(...(await openCall(engine, call, theirs)));
    if (mode === "recorded") {
      for (let call = 0; call < calls; call += 1) {
        const filePath = join(folder, `${call}.rec`);
        engine.startRecording({ recordingId: `${call}`, left: `${2 * call}`, right: `${2 * call + 1}`, key: randomBytes(32), filePath });
      }
    }
    tell(load, { kind: "talk", ports: ours });
    await sleep(WARM_UP_MS);
    const churn = mode === "churn" ? startChurn(engine, calls, theirs) : null;
    const figure = await measureLoad(load, seconds, ownCpuMs);
    await churn?.();
    return { ...perCall(figure, calls), lateTicks };
  } finally {
    load.kill();
    await engine.close();
  }
}

async function measureRelay(calls: number, relay: string): Promise<Figure> {
  const load = startLoad(PHONES);
  let child: ChildProcess | null = null;
  try {
    const theirs = (await answerOf(load, "ports")).ports;
    child = spawn(relay, [`${2 * calls}`, ...theirs.map(String)], { stdio: ["pipe", "pipe", "inherit"] });
    const { pid } = child;
    const ours: number[] = [];
    for await (const line of createInterface({ input: must(child.stdout) })) if (ours.push(Number(line)) === 2 * calls) break;
    tell(load, { kind: "talk", ports: ours });
    await sleep(WARM_UP_MS);
    const figure = await measureLoad(load, seconds, () => cpuMsOf(must(statFields(must(pid)))));
    return { ...perCall(figure, calls), lateTicks: 0 };
  } finally {
    load.kill();
    child?.kill();
  }
}

function perCall({ cpuMsPerSecond, loadCpuMsPerSecond, ...rest }: LoadMeasured, calls: number): Omit<Figure, "lateTicks"> {
  return { cpuMsPerCallSecond: cpuMsPerSecond / calls, loadCpuMsPerCallSecond: loadCpuMsPerSecond / calls, ...rest };
}

/** How much the process grows with each further talking call, and by how many threads. */
async function measureGrowth(): Promise<{ readonly rssMbPerCall: number; readonly threads: number }> {
  const load = startLoad(PHONES);
  const engine = startEngine("ffi", () => undefined);
  try {
    const theirs = (await answerOf(load, "ports")).ports;
    const ours: number[] = [];
    const talkWith = async (calls: number): Promise<{ readonly rss: number; readonly threads: number }> => {
      for (let call = ours.length / 2; call < calls; call += 1) ours.push(...(await openCall(engine, call, theirs)));
      tell(load, { kind: "talk", ports: ours });
      await sleep(2 * WARM_UP_MS);
      return { rss: process.memoryUsage.rss(), threads: readdirSync("/proc/self/task").length };
    };
    const [before, after] = [await talkWith(GROWTH_FROM_CALLS), await talkWith(GROWTH_TO_CALLS)];
    const perCall = (after.rss - before.rss) / 1_048_576 / (GROWTH_TO_CALLS - GROWTH_FROM_CALLS);
    return { rssMbPerCall: round3(perCall), threads: after.threads - before.threads };
  } finally {
    load.kill();
    await engine.close();
  }
}

function startEngine(sockets: "dgram" | "ffi", onLateTicks: (count: number) => void): MediaEngine {
  return createMediaEngine({
    clock: { now: () => Date.now() },
    workers,
    sockets,
    onLog: (entry) => {
      if (entry.level === "error") console.error(entry.message, entry.fields);
      if (typeof entry.fields["count"] === "number") onLateTicks(entry.fields["count"]);
    },
  });
}

/** Opens and bridges the two legs of a call; returns their ports. */
async function openCall(engine: MediaEngine, call: number, theirs: readonly number[], tag = ""): Promise<readonly number[]> {
  const [a, b] = [`${tag}${2 * call}`, `${tag}${2 * call + 1}`];
  const remoteOf = (leg: number): PlainRemote => ({
    address: "127.0.0.1",
    port: must(theirs[leg % LOAD_SOCKETS]),
    codec: "PCMU",
    dtmfPayloadType: 101,
    behindNat: false,
    signalledFrom: null,
  });
  const common = { bindAddress: "127.0.0.1", mediaTimeoutMs: null };
  const first = await engine.openPlainLeg({ ...common, legId: a, remote: remoteOf(2 * call) });
  // With several workers every other call has its legs apart, which is dearer than calls are in truth.
  const second = await engine.openPlainLeg({ ...common, legId: b, remote: remoteOf(2 * call + 1), nearLegId: call % 2 === 0 ? a : null });
  engine.setPath(a, { kind: "bridge", peerLegId: b });
  engine.setPath(b, { kind: "bridge", peerLegId: a });
  return [first.port, second.port];
}

/** Ten calls a second come and go, each for a second. The answer ends it. */
function startChurn(engine: MediaEngine, calls: number, theirs: readonly number[]): () => Promise<void> {
  let [running, call] = [true, calls];
  const open = async (): Promise<void> => {
    while (running) {
      const number = (call += 1);
      await openCall(engine, number, theirs, "churn");
      setTimeout(() => {
        engine.closeLeg(`churn${2 * number}`);
        engine.closeLeg(`churn${2 * number + 1}`);
      }, CHURN_CALL_MS);
      await sleep(CHURN_INTERVAL_MS);
    }
  };
  const done = open();
  return async () => {
    running = false;
    await done;
    await sleep(CHURN_CALL_MS + CHURN_INTERVAL_MS);
  };
}

function buildRelay(): string | null {
  const program = join(folder, "relay");
  const source = fileURLToPath(new URL("relay.c", import.meta.url));
  return spawnSync("cc", ["-O2", "-o", program, source], { stdio: "inherit" }).status === 0 ? program : null;
}
