/*
 * npm run bench -- media [--json] [--calls 50,200] [--seconds 10] [--workers 1]: what a talking call costs the media engine.
 * A call is two bridged legs of G.711, 50 packets a second each way. CPU is that of the engine's process, all threads; the packets
 * are made and received by a process of its own, which writes the time of sending into each. The engine's threads are started anew
 * for each figure. On loopback the sender also pays for delivery, so figures compare with each other, not with a network card.
 */
import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import type { Socket } from "node:dgram";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHistogram } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { must } from "@allo/kernel";
import { createMediaEngine } from "@allo/node-media";

const FRAME_MS = 20;
const PACKET_BYTES = 172;
/** Sockets of the generator: one alone would overflow at a hiccup, since the kernel bounds its buffer. */
const GENERATOR_SOCKETS = 16;
const MARK = 0x616c6c6f;
const WARM_UP_MS = 2_000;
const STRAGGLER_MS = 500;

type ToGenerator = { readonly kind: "legs"; readonly ports: readonly number[] } | { readonly kind: "begin" } | { readonly kind: "end" };
type FromGenerator =
  | { readonly kind: "ports"; readonly ports: readonly number[] }
  | { readonly kind: "figures"; readonly figures: GeneratorFigures };
type GeneratorFigures = {
  readonly sent: number;
  readonly received: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
};
type Row = {
  readonly calls: number;
  readonly mode: "relayed" | "recorded";
  readonly cpuMsPerCallSecond: number;
  readonly packetsSent: number;
  readonly lossPercent: number;
  readonly delayP50Ms: number;
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
  readonly lateTicks: number;
};

if (process.argv.includes("--generator")) await generate();
else await measureAll();

async function measureAll(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: "boolean", default: false },
      calls: { type: "string", default: "50,200" },
      seconds: { type: "string", default: "10" },
      workers: { type: "string", default: "1" },
    },
  });
  const rows: Row[] = [];
  for (const calls of values.calls.split(",").map(Number)) {
    for (const mode of ["relayed", "recorded"] as const) {
      rows.push(await measure({ calls, mode, seconds: Number(values.seconds), workers: Number(values.workers) }));
    }
  }
  if (values.json) console.log(JSON.stringify({ bench: "media", seconds: Number(values.seconds), workers: Number(values.workers), rows }));
  else console.table(rows);
}

async function measure(settings: {
  readonly calls: number;
  readonly mode: Row["mode"];
  readonly seconds: number;
  readonly workers: number;
}): Promise<Row> {
  const { calls, mode, seconds, workers } = settings;
  const folder = await mkdtemp(join(tmpdir(), "allo-bench-"));
  const generator = fork(fileURLToPath(import.meta.url), ["--generator"], { execArgv: ["--conditions=source"] });
  let lateTicks = 0;
  const engine = createMediaEngine({
    clock: { now: () => Date.now() },
    workers,
    onLog: (entry) => {
      if (entry.level === "error") console.error(entry.message, entry.fields);
      lateTicks += typeof entry.fields["count"] === "number" ? entry.fields["count"] : 0;
    },
  });
  try {
    const theirs = await answerOf(generator, "ports");
    const ours: number[] = [];
    for (let leg = 0; leg < 2 * calls; leg += 1) {
      const remote = {
        address: "127.0.0.1",
        port: must(theirs.ports[leg % GENERATOR_SOCKETS]),
        codec: "PCMU",
        dtmfPayloadType: null,
        behindNat: false,
        signalledFrom: null,
      } as const;
      ours.push((await engine.openPlainLeg({ legId: `${leg}`, bindAddress: "127.0.0.1", remote, mediaTimeoutMs: null })).port);
    }
    for (let leg = 0; leg < 2 * calls; leg += 1) engine.setPath(`${leg}`, { kind: "bridge", peerLegId: `${leg ^ 1}` });
    if (mode === "recorded") {
      for (let call = 0; call < calls; call += 1) {
        const filePath = join(folder, `${call}.rec`);
        engine.startRecording({ recordingId: `${call}`, left: `${2 * call}`, right: `${2 * call + 1}`, key: randomBytes(32), filePath });
      }
    }
    tell(generator, { kind: "legs", ports: ours });
    await sleep(WARM_UP_MS);
    tell(generator, { kind: "begin" });
    const cpuBefore = process.cpuUsage();
    const startedAt = performance.now();
    await sleep(seconds * 1_000);
    const cpu = process.cpuUsage(cpuBefore);
    const measuredSeconds = (performance.now() - startedAt) / 1_000;
    tell(generator, { kind: "end" });
    const { figures } = await answerOf(generator, "figures");
    return {
      calls,
      mode,
      cpuMsPerCallSecond: round((cpu.user + cpu.system) / 1_000 / calls / measuredSeconds),
      packetsSent: figures.sent,
      lossPercent: round(figures.sent === 0 ? 0 : (100 * (figures.sent - figures.received)) / figures.sent),
      delayP50Ms: round(figures.p50Us / 1_000),
      delayP99Ms: round(figures.p99Us / 1_000),
      delayMaxMs: round(figures.maxUs / 1_000),
      lateTicks,
    };
  } finally {
    generator.kill();
    await engine.close();
    await rm(folder, { recursive: true });
  }
}

async function answerOf<K extends FromGenerator["kind"]>(generator: ChildProcess, kind: K): Promise<FromGenerator & { kind: K }> {
  for (;;) {
    const [message] = (await once(generator, "message")) as [FromGenerator];
    if (message.kind === kind) return message as FromGenerator & { kind: K };
  }
}

function tell(generator: ChildProcess, message: ToGenerator): void {
  generator.send(message);
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

/** The process that plays all phones. Each packet bears a mark, whether it counts, and the time it was sent. */
async function generate(): Promise<void> {
  const delays = createHistogram();
  let sent = 0;
  let received = 0;
  let counting = false;
  const sockets: Socket[] = [];
  for (let i = 0; i < GENERATOR_SOCKETS; i += 1) sockets.push(await openSocket());
  for (const socket of sockets) {
    socket.on("message", (packet) => {
      if (packet.length !== PACKET_BYTES || packet.readUInt32BE(12) !== MARK || packet[16] !== 1) return;
      received += 1;
      delays.record(Math.max(1, Math.round((performance.now() - packet.readDoubleBE(17)) * 1_000)));
    });
  }
  process.on("disconnect", () => process.exit(0));
  process.on("message", (message: ToGenerator) => {
    if (message.kind === "legs") talk(message.ports);
    else if (message.kind === "begin") counting = true;
    else {
      counting = false;
      setTimeout(() => {
        const us = (percentile: number): number => delays.percentile(percentile);
        process.send?.({ kind: "figures", figures: { sent, received, p50Us: us(50), p99Us: us(99), maxUs: delays.max } });
      }, STRAGGLER_MS);
    }
  });
  process.send?.({ kind: "ports", ports: sockets.map((socket) => socket.address().port) });

  function talk(ports: readonly number[]): void {
    const packets = ports.map((_, leg) => newPacket(leg));
    const startedAt = performance.now();
    let next = 0;
    // Legs are spread evenly over the 20 ms, as callers are.
    const send = (): void => {
      const due = Math.floor(((performance.now() - startedAt) * ports.length) / FRAME_MS);
      for (; next < due; next += 1) {
        const leg = next % ports.length;
        const packet = must(packets[leg]);
        packet.writeUInt16BE((packet.readUInt16BE(2) + 1) & 0xffff, 2);
        packet.writeUInt32BE((packet.readUInt32BE(4) + 160) >>> 0, 4);
        packet[16] = counting ? 1 : 0;
        packet.writeDoubleBE(performance.now(), 17);
        must(sockets[leg % GENERATOR_SOCKETS]).send(packet, must(ports[leg]), "127.0.0.1");
        if (counting) sent += 1;
      }
      setTimeout(send, 1);
    };
    send();
  }
}

async function openSocket(): Promise<Socket> {
  const socket = createSocket({ type: "udp4", lookup: (hostname, _options, callback) => callback(null, hostname, 4) });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  socket.setRecvBufferSize(1_048_576);
  return socket;
}

function newPacket(leg: number): Buffer {
  const packet = Buffer.alloc(PACKET_BYTES, 0xd5);
  packet[0] = 0x80;
  packet[1] = 0;
  packet.writeUInt16BE(leg & 0xffff, 2);
  packet.writeUInt32BE(leg * 7_919, 4);
  packet.writeUInt32BE(0x1000_0000 + leg, 8);
  packet.writeUInt32BE(MARK, 12);
  return packet;
}
