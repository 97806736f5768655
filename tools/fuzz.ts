// Damaged inputs against the parsers and the whole engine: no throw, no hang, no memory that grows, print stable, nothing that stays.
// npm run fuzz -- [--seconds 20 | --cases 5000000] [--seed text] [--target sip|stream|stack|sdp|rtp|rtcp|stun|wav|dtls] [--only number]
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Worker } from "node:worker_threads";
import { createPrng } from "@allo/kernel";
import { createTargets, type FuzzTarget } from "./fuzz/targets.ts";

/** One case that takes longer than this counts as a hang, unless it takes less when tried again: others may have had the processor. */
const CASE_MS_MAX = 500;
const SLOW_TRIES_MAX = 3;
const SHOWN_BYTES_MAX = 3_000;
/** A case that has not ended after this never will. */
const HANG_MS = 20_000;
/** Memory is looked at so often; what is kept after collection may be this much more at the end than after the first look. */
const LOOK_EVERY_CASES = 20_000;
const GROWTH_BYTES_MAX = 24 * 1024 * 1024;
/** Shares of the cases where a number of them is given: what is cheap and meets everybody's bytes gets most. */
const SHARES: Readonly<Record<string, number>> = { sip: 22, stream: 8, stack: 2, sdp: 18, rtp: 15, rtcp: 13, stun: 12, wav: 9, dtls: 1 };

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const beat = new Int32Array(new SharedArrayBuffer(8));
let input: Uint8Array = new Uint8Array(0);
let stray: unknown;

await main();

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seconds: { type: "string" },
      cases: { type: "string" },
      seed: { type: "string", default: "smoke" },
      target: { type: "string" },
      only: { type: "string" },
    },
  });
  const targets = await createTargets();
  const chosen = Object.entries(targets).filter(([name]) => values.target === undefined || name === values.target);
  const seconds = values.cases === undefined ? Number(values.seconds ?? "20") : Infinity;
  const cases = Number(values.cases ?? Infinity);
  if (!(seconds > 0) || !(cases > 0) || chosen.length === 0) {
    process.stderr.write(
      `usage: fuzz [--seconds 20 | --cases number] [--seed text] [--target ${Object.keys(targets).join("|")}] [--only number]\n`,
    );
    process.exitCode = 2;
    return;
  }
  process.on("unhandledRejection", (cause) => (stray = cause));
  const watchdog = new Worker(new URL("./fuzz/watchdog.ts", import.meta.url), { workerData: { beat, hangMs: HANG_MS, seed: values.seed } });
  watchdog.unref();
  const began = performance.now();
  const shares = chosen.reduce((sum, [name]) => sum + (SHARES[name] ?? 1), 0);
  let sum = 0;
  for (const [name, run] of chosen) {
    const count = await fuzz(name, run, {
      seed: values.seed,
      first: values.only === undefined ? 0 : Number(values.only),
      cases: values.only === undefined ? Math.ceil((cases * (SHARES[name] ?? 1)) / shares) : 1,
      ms: (seconds * 1_000) / chosen.length,
    });
    if (count === null) {
      process.exitCode = 1;
      break;
    }
    sum += count;
  }
  if (process.exitCode === undefined) {
    const took = (performance.now() - began) / 1_000;
    process.stdout.write(`${sum} cases in ${took.toFixed(0)} s on ${cpus()[0]?.model ?? "?"}, seed ${values.seed}: none failed\n`);
  }
  await watchdog.terminate();
}

/** Runs the cases of one target; null where one failed, after telling of it. */
async function fuzz(
  name: string,
  run: FuzzTarget,
  fields: { readonly seed: string; readonly first: number; readonly cases: number; readonly ms: number },
): Promise<number | null> {
  const began = performance.now();
  const end = began + fields.ms;
  let slowestMs = 0;
  let kept: number | null = null;
  let growth = 0;
  let count = 0;
  for (; count < fields.cases && performance.now() < end; count += 1) {
    const number = fields.first + count;
    Atomics.add(beat, 0, 1);
    try {
      for (let tries = 1; ; tries += 1) {
        const caseBegan = performance.now();
        const running = run(createPrng(`${fields.seed}/${name}/${number}`), (bytes) => (input = bytes));
        if (running !== undefined) await running;
        // Promises that nobody waits for say so in the next turn.
        if (name === "dtls" && count % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
        if (stray !== undefined) throw stray instanceof Error ? stray : new Error(String(stray));
        const tookMs = performance.now() - caseBegan;
        if (tookMs <= CASE_MS_MAX) {
          slowestMs = Math.max(slowestMs, tookMs);
          break;
        }
        if (tries === SLOW_TRIES_MAX) throw new Error(`took ${Math.round(tookMs)} ms`);
      }
    } catch (cause) {
      const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
      const again = `--target ${name} --seed ${fields.seed} --only ${number}`;
      process.stdout.write(
        `${name}: failed, ${again}\n${text}\nlast input (its first ${SHOWN_BYTES_MAX} bytes), base64: ${Buffer.from(input.subarray(0, SHOWN_BYTES_MAX)).toString("base64")}\n`,
      );
      return null;
    }
    if (count > 0 && count % LOOK_EVERY_CASES === 0) {
      Atomics.store(beat, 1, 1);
      await new Promise((resolve) => setImmediate(resolve));
      collect();
      Atomics.store(beat, 1, 0);
      const { heapUsed, external } = process.memoryUsage();
      kept ??= heapUsed + external;
      growth = heapUsed + external - kept;
      if (growth > GROWTH_BYTES_MAX) {
        process.stdout.write(
          `${name}: ${Math.round(growth / 1024 / 1024)} MiB more are kept after ${count} cases than after ${LOOK_EVERY_CASES}\n`,
        );
        return null;
      }
    }
  }
  const perSecond = Math.round((count / (performance.now() - began)) * 1_000);
  const memory = kept === null ? "" : `, ${(growth / 1024).toFixed(0)} KiB more kept at the end`;
  process.stdout.write(`${name}: ${count} cases, ${perSecond}/s, slowest ${slowestMs.toFixed(1)} ms${memory}\n`);
  return count;
}
