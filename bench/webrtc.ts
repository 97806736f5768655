/*
 * npm run bench -- webrtc [--json] [--legs 20,100] [--with dgram,ffi] [--seconds 5] [--rounds 3]: what a browser's leg costs the
 * media engine while it talks: ICE-lite, DTLS-SRTP, G.711 at 50 packets a second each way, two such legs bridged. CPU is that of the
 * engine's process, all threads, after all handshakes; the browsers are a process of their own (browser-load.ts), whose CPU stands
 * beside. `setUpMsPerLeg` is the engine's CPU from opening a leg to its keys. The ways take turns in every round.
 */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { must } from "@allo/kernel";
import type { MediaEngine } from "@allo/media";
import { createMediaEngine } from "@allo/node-media";
import type { FromLoad } from "./load.ts";
import { answerOf, measureLoad, median, mediansOf, ownCpuMs, round3, startLoad, tell } from "./load.ts";

type Way = "dgram" | "ffi";
type Figure = {
  readonly cpuMsPerLegSecond: number;
  readonly loadCpuMsPerLegSecond: number;
  readonly setUpMsPerLeg: number;
  readonly lossPercent: number;
  readonly delayP50Ms: number;
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
};

const WARM_UP_MS = 2_000;
/** Handshakes at once: more would time out on a small machine. */
const CONNECTING_MAX = 4;

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    legs: { type: "string", default: "20,100" },
    with: { type: "string", default: "dgram,ffi" },
    seconds: { type: "string", default: "5" },
    rounds: { type: "string", default: "3" },
  },
});
const [seconds, rounds] = [Number(values.seconds), Number(values.rounds)];
const ways = (["dgram", "ffi"] as const).filter((way) => values.with.split(",").includes(way));
const rows: object[] = [];
for (const legs of values.legs.split(",").map(Number)) {
  const figures = new Map<Way, Figure[]>(ways.map((way) => [way, []]));
  for (let round = 0; round < rounds; round += 1) for (const way of ways) must(figures.get(way)).push(await measure(legs, way));
  const base = figures.get("dgram");
  for (const [way, all] of figures) {
    const ratio = base === undefined ? null : round3(median(all.map((f, i) => f.cpuMsPerLegSecond / must(base[i]).cpuMsPerLegSecond)));
    rows.push({ legs, way, ratio, ...mediansOf(all) });
  }
}
if (values.json) console.log(JSON.stringify({ bench: "webrtc", seconds, rounds, rows }));
else console.table(rows);

async function measure(legs: number, sockets: Way): Promise<Figure> {
  const load = startLoad(fileURLToPath(new URL("browser-load.ts", import.meta.url)));
  const engine = createMediaEngine({ clock: { now: () => Date.now() }, sockets });
  try {
    const { fingerprint } = await answerOf(load, "certificate");
    const cpuBefore = ownCpuMs();
    await connectAll(engine, load, legs, fingerprint);
    const setUpMsPerLeg = (ownCpuMs() - cpuBefore) / legs;
    for (let leg = 0; leg < legs; leg += 1) engine.setPath(`${leg}`, { kind: "bridge", peerLegId: `${leg ^ 1}` });
    tell(load, { kind: "talk", ports: [] });
    await sleep(WARM_UP_MS);
    const { cpuMsPerSecond, loadCpuMsPerSecond, ...delays } = await measureLoad(load, seconds, ownCpuMs);
    return { cpuMsPerLegSecond: cpuMsPerSecond / legs, loadCpuMsPerLegSecond: loadCpuMsPerSecond / legs, setUpMsPerLeg, ...delays };
  } finally {
    load.kill();
    await engine.close();
  }
}

async function connectAll(engine: MediaEngine, load: ChildProcess, legs: number, fingerprint: string): Promise<void> {
  const ready = new Set<string>();
  engine.onEvent((event) => event.kind === "dtlsConnected" && ready.add(event.legId));
  const connected = new Set<number>();
  load.on("message", (message: FromLoad) => message.kind === "connected" && connected.add(message.index));
  for (let index = 0; index < legs; index += 1) {
    const remote = {
      iceUfrag: `b${index}`,
      icePwd: "0".repeat(24),
      fingerprint,
      codec: "PCMU",
      payloadType: 0,
      dtmfPayloadType: 101,
    } as const;
    const opened = await engine.openWebrtcLeg({ legId: `${index}`, bindAddress: "127.0.0.1", remote, mediaTimeoutMs: null });
    tell(load, { kind: "connect", leg: { index, ...opened } });
    while (index + 1 - connected.size >= CONNECTING_MAX) await once(load, "message");
  }
  while (connected.size < legs || ready.size < legs) await sleep(10);
}
