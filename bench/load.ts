// Between a bench and the process that plays its phones or browsers: what they tell each other, and how that process counts. Each
// packet bears a mark, whether it counts, and the time it was sent.
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createHistogram } from "node:perf_hooks";
import { must } from "@allo/kernel";

export type LoadFigures = {
  readonly sent: number;
  readonly received: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
  readonly cpuMs: number;
};
export type BrowserLeg = {
  readonly index: number;
  readonly port: number;
  readonly iceUfrag: string;
  readonly icePwd: string;
  readonly fingerprint: string;
};
export type ToLoad =
  /** Talk to these ports from now on, instead of those before. */
  | { readonly kind: "talk"; readonly ports: readonly number[] }
  /** A browser's leg: connect to it, then say so. */
  | { readonly kind: "connect"; readonly leg: BrowserLeg }
  | { readonly kind: "begin" }
  | { readonly kind: "end" };
export type FromLoad =
  | { readonly kind: "ports"; readonly ports: readonly number[] }
  | { readonly kind: "certificate"; readonly fingerprint: string }
  | { readonly kind: "connected"; readonly index: number }
  | { readonly kind: "figures"; readonly figures: LoadFigures };

export const FRAME_MS = 20;
export const PACKET_BYTES = 172;
/** Sockets of the load: one alone would overflow at a hiccup, since the kernel bounds its buffer. */
export const LOAD_SOCKETS = 16;
const MARK = 0x616c6c6f;
const STRAGGLER_MS = 500;

export function startLoad(program: string): ChildProcess {
  return fork(program, [], { execArgv: ["--conditions=source"] });
}

export async function answerOf<K extends FromLoad["kind"]>(load: ChildProcess, kind: K): Promise<FromLoad & { kind: K }> {
  for (;;) {
    const [message] = (await once(load, "message")) as [FromLoad];
    if (message.kind === kind) return message as FromLoad & { kind: K };
  }
}

export function tell(load: ChildProcess, message: ToLoad): void {
  load.send(message);
}

export type LoadMeasured = {
  readonly cpuMsPerSecond: number;
  readonly loadCpuMsPerSecond: number;
  readonly lossPercent: number;
  readonly delayP50Ms: number;
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
};

/** Counts for so many seconds; `cpuMs` says what the measured process has used so far. */
export async function measureLoad(load: ChildProcess, seconds: number, cpuMs: () => number): Promise<LoadMeasured> {
  tell(load, { kind: "begin" });
  const [cpuBefore, startedAt] = [cpuMs(), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  const [cpu, elapsed] = [cpuMs() - cpuBefore, (performance.now() - startedAt) / 1_000];
  tell(load, { kind: "end" });
  const { figures } = await answerOf(load, "figures");
  return {
    cpuMsPerSecond: cpu / elapsed,
    loadCpuMsPerSecond: figures.cpuMs / elapsed,
    lossPercent: figures.sent === 0 ? 100 : round3((100 * (figures.sent - figures.received)) / figures.sent),
    delayP50Ms: round3(figures.p50Us / 1_000),
    delayP99Ms: round3(figures.p99Us / 1_000),
    delayMaxMs: round3(figures.maxUs / 1_000),
  };
}

export function ownCpuMs(): number {
  const cpu = process.cpuUsage();
  return (cpu.user + cpu.system) / 1_000;
}

export function mediansOf<F extends Readonly<Record<string, number>>>(all: readonly F[]): F {
  const names = Object.keys(must(all[0]));
  return Object.fromEntries(names.map((name) => [name, round3(median(all.map((figure) => must(figure[name]))))])) as F;
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return must(sorted[Math.floor(sorted.length / 2)]);
}

export function round3(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

/** In the load's process: what was sent and came back, and how long it took. */
export class Tally {
  readonly #delays = createHistogram();
  #sent = 0;
  #received = 0;
  #counting = false;
  #cpuBefore = 0;

  begin(): void {
    [this.#sent, this.#received, this.#counting] = [0, 0, true];
    this.#delays.reset();
    this.#cpuBefore = ownCpuMs();
  }

  end(): void {
    this.#counting = false;
    const cpuMs = ownCpuMs() - this.#cpuBefore;
    setTimeout(() => {
      const us = (percentile: number): number => this.#delays.percentile(percentile);
      const figures = { sent: this.#sent, received: this.#received, p50Us: us(50), p99Us: us(99), maxUs: this.#delays.max, cpuMs };
      process.send?.({ kind: "figures", figures } satisfies FromLoad);
    }, STRAGGLER_MS);
  }

  /** Makes the next packet of a stream from the one before. */
  stamp(packet: Buffer): void {
    packet.writeUInt16BE((packet.readUInt16BE(2) + 1) & 0xffff, 2);
    packet.writeUInt32BE((packet.readUInt32BE(4) + 160) >>> 0, 4);
    packet[16] = this.#counting ? 1 : 0;
    packet.writeDoubleBE(performance.now(), 17);
    if (this.#counting) this.#sent += 1;
  }

  received(packet: Uint8Array, length: number): void {
    if (length !== PACKET_BYTES) return;
    const view = new DataView(packet.buffer, packet.byteOffset, length);
    if (view.getUint32(12) !== MARK || packet[16] !== 1) return;
    this.#received += 1;
    this.#delays.record(Math.max(1, Math.round((performance.now() - view.getFloat64(17)) * 1_000)));
  }
}

/** A packet of G.711 with room behind it for a tag. */
export function newPacket(leg: number, roomBytes = 0): Buffer {
  const packet = Buffer.alloc(PACKET_BYTES + roomBytes, 0xd5);
  packet[0] = 0x80;
  packet[1] = 0;
  packet.writeUInt16BE(leg & 0xffff, 2);
  packet.writeUInt32BE(leg * 7_919, 4);
  packet.writeUInt32BE(0x1000_0000 + leg, 8);
  packet.writeUInt32BE(MARK, 12);
  return packet;
}

/**
 * How many packets of `streams`, spread evenly over the 20 ms as callers are, are due since the talk began. Time goes in steps of a
 * millisecond, as a network card of a busy machine gathers what comes.
 */
export function packetsDue(startedAt: number, streams: number): number {
  return Math.floor((Math.floor(performance.now() - startedAt) * streams) / FRAME_MS);
}
