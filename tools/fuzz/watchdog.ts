// A thread that looks whether cases still end. One that never does blocks the thread that runs it, so nobody there could say so.
import { writeSync } from "node:fs";
import { workerData } from "node:worker_threads";

const { beat, hangMs, seed } = workerData as { beat: Int32Array; hangMs: number; seed: string };
const LOOK_MS = 1_000;
let seen = -1;
let since = performance.now();

setInterval(() => {
  const now = Atomics.load(beat, 0);
  if (now !== seen || Atomics.load(beat, 1) === 1) {
    seen = now;
    since = performance.now();
  } else if (performance.now() - since > hangMs) {
    writeSync(2, `a case hangs: number ${String(now)} of seed ${seed}\n`);
    process.kill(process.pid, "SIGKILL");
  }
}, LOOK_MS);
