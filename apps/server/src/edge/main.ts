// The edge process: sockets, media workers and the bus around the edge itself. Started by the supervisor.
import { createHash, createHmac, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { createPrng, type Hash } from "@allo/kernel";
import { readWav } from "@allo/media";
import { createMediaEngine } from "@allo/node-media";
import { createSipSockets } from "@allo/node-net";
import { createBusClient } from "../bus/index.ts";
import { createClock } from "../platform/clock.ts";
import { loadConfig } from "../platform/config.ts";
import { createIds } from "../platform/ids.ts";
import { createLogger } from "../platform/log.ts";
import { createEdge, type Door } from "./edge.ts";

const loaded = loadConfig(process.env);
if (!loaded.ok) {
  for (const problem of loaded.failure) process.stderr.write(`${problem.sentence}\n`);
  process.exit(1);
}
const config = loaded.value;
const log = createLogger({ role: "edge", level: config.log.level });
const clock = createClock();

/** Each start has a number of its own: what an earlier start left open is known to be lost. */
function nextEpoch(folder: string): number {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, "epoch");
  let last = 0;
  try {
    last = Number.parseInt(readFileSync(path, "utf8"), 10) || 0;
  } catch {
    // The first start on this data.
  }
  writeFileSync(`${path}.new`, `${last + 1}\n`, { mode: 0o600, flush: true });
  renameSync(`${path}.new`, path);
  return last + 1;
}

const hash: Hash = {
  md5Hex: (text) => createHash("md5").update(text, "utf8").digest("hex"),
  sha256Hex: (text) => createHash("sha256").update(text, "utf8").digest("hex"),
};
const nonceKey = randomBytes(32);

const engine = createMediaEngine({
  clock, workers: config.mediaWorkers, bindAddress: config.bind,
  ...(config.rtpPorts.first === 0 ? {} : { rtpPorts: { min: config.rtpPorts.first, max: config.rtpPorts.last } }),
  onLog: (entry) => log[entry.level](entry.fields, entry.message),
});

const sockets = await createSipSockets({
  bindAddress: config.bind,
  doors: [
    { name: "trunks", port: config.sipPort },
    { name: "devices", port: config.phonePort },
  ],
  admits: (door, address) => door !== "trunks" || edge.admits(address),
  onMessage: (door, flow, bytes) => edge.sipReceived(door as Door, flow, bytes),
  onFlowClosed: (flowId) => edge.flowClosed(flowId),
  clock,
  onLog: (entry) => log[entry.level](entry.fields, entry.message),
}).catch((error: NodeJS.ErrnoException) => {
  // The supervisor turns this into one sentence.
  process.send?.({ kind: "failed", code: error.code ?? "unknown", what: "sip", detail: error.message });
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});

const edge = createEdge({
  epoch: { node: config.nodeName, epoch: nextEpoch(join(config.dataFolder, "edge")) },
  clock, ids: createIds(), prng: createPrng(randomBytes(16).toString("hex")), hash,
  hmac: (message) => createHmac("sha256", nonceKey).update(message).digest(),
  log, engine, bindAddress: config.bind, publicAddress: config.publicAddress,
  localAddressFor: (remote) => localAddressFor(config.bind, remote),
  sendBytes: (flowId, to, bytes) => sockets.send(flowId, to, bytes),
  sendToCore: (message) => bus.send(message),
  loadAudio: async (filePath) => {
    try {
      const wav = readWav(await readFile(filePath));
      return wav.ok && wav.value.sampleRate === 8_000 && wav.value.channels.length === 1 ? (wav.value.channels[0] ?? null) : null;
    } catch (error) {
      log.warn({ err: error }, "a prompt's file can't be opened");
      return null;
    }
  },
  ports: () => ({ sip: sockets.portOf("trunks"), phones: sockets.portOf("devices") }),
});

const bus = createBusClient({
  path: config.bus, log,
  onConnected: () => edge.coreConnected(),
  onMessage: (message) => edge.fromCore(message),
  onDisconnected: () => edge.coreDisconnected(),
});

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  await edge.stop();
  await sockets.close();
  bus.close();
  process.exit(0);
}
process.on("SIGTERM", () => void stop());
process.on("SIGINT", () => void stop());
process.on("message", (message: { kind?: string }) => {
  if (message.kind === "stop") void stop();
});
process.on("disconnect", () => void stop());
process.send?.({ kind: "ready", ports: { sip: sockets.portOf("trunks"), phones: sockets.portOf("devices") } });

/** Bound to every address, we advertise the one in the peer's own network, else the first that isn't loopback. */
function localAddressFor(bind: string, remote: string): string {
  if (bind !== "0.0.0.0" && bind !== "::") return bind;
  if (remote.startsWith("127.") || remote === "::1") return remote;
  const family = remote.includes(":") ? "IPv6" : "IPv4";
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []).filter((each) => !each.internal && each.family === family);
  const near = own.find((each) => each.cidr !== null && sameNetwork(each.address, remote, each.netmask));
  return (near ?? own[0])?.address ?? "127.0.0.1";
}

function sameNetwork(ours: string, theirs: string, netmask: string): boolean {
  if (ours.includes(":")) return false;
  const bits = (address: string): number => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const mask = bits(netmask);
  return ((bits(ours) & mask) >>> 0) === ((bits(theirs) & mask) >>> 0);
}
