import type { MessagePort } from "node:worker_threads";
import { Worker } from "node:worker_threads";
import type { Clock, Instant } from "@allo/kernel";
import type { ClockBase } from "./worker-messages.ts";

/** Starts a thread of this package: from source (.ts, types stripped) or from what the compiler emitted (.js), as we run ourselves. */
export function startThread(
  name: "media-worker" | "handshake-worker" | "recorder-worker" | "shrink-worker",
  workerData: object,
  transferList: MessagePort[],
): Worker {
  const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
  return new Worker(new URL(`./${name}${extension}`, import.meta.url), {
    name,
    workerData,
    transferList,
    // The packages of the house must resolve in the thread as they do here, whatever started this process.
    execArgv: extension === ".ts" ? ["--conditions=source"] : [],
  });
}

export function clockBaseOf(clock: Clock): ClockBase {
  return { instant: clock.now(), monotonicNs: process.hrtime.bigint() };
}

/** The engine's clock inside a thread, with fractions of a millisecond. */
export function followClock(base: ClockBase): () => Instant {
  // Two numbers, not one bigint per packet.
  const [baseSeconds, baseNs] = [Number(base.monotonicNs / 1_000_000_000n), Number(base.monotonicNs % 1_000_000_000n)];
  return () => {
    const [seconds, ns] = process.hrtime();
    return base.instant + (seconds - baseSeconds) * 1_000 + (ns - baseNs) / 1_000_000;
  };
}
