// The edge process: sockets, media workers and the bus around the edge itself. Started by the supervisor.
import { createHash, createHmac, randomBytes, randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { availableParallelism, networkInterfaces, type NetworkInterfaceInfo } from "node:os";
import { isIP } from "node:net";
import { join } from "node:path";
import { createPrng, type Hash } from "@allo/kernel";
import { parseWav, SAMPLE_RATE } from "@allo/media";
import { createMediaEngine } from "@allo/node-media";
import { createFlowHub, FlowError, type OwnCertificate, type TlsListener } from "@allo/node-net";
import type { HostPort, SipFlow } from "@allo/sip";
import { createBusClient } from "../bus/index.ts";
import { createClock } from "../platform/clock.ts";
import { loadConfig } from "../platform/config.ts";
import { createIds } from "../platform/ids.ts";
import { createLogger } from "../platform/log.ts";
import { joinSupervisor } from "../platform/supervised.ts";
import { createDns } from "./dns.ts";
import { createEdge, type Door } from "./edge.ts";
import { createNetworkList } from "./network-list.ts";
import { probeNetwork } from "./probe-network.ts";

const loaded = loadConfig(process.env);
if (!loaded.ok) {
  for (const problem of loaded.failure) process.stderr.write(`${problem.sentence}\n`);
  process.exit(1);
}
const config = loaded.value;
const log = createLogger({ role: "edge", level: config.log.level });
const clock = createClock();
const supervised = joinSupervisor({
  onStop: async (hurry) => {
    await edge.stop({ drainMsMax: config.drainMsMax, hurry });
    await hub.close();
    bus.close();
  },
});

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
  clock,
  workers: config.mediaWorkers,
  sockets: config.mediaSockets,
  bindAddress: config.bind,
  ...(config.rtpPorts.first === 0 ? {} : { rtpPorts: { min: config.rtpPorts.first, max: config.rtpPorts.last } }),
  onLog: (entry) => log[entry.level](entry.fields, entry.message),
});

/** An address of RFC 5737 that is nobody's: what we name to it, we name to the world. */
const SOMEBODY_OUTSIDE = "203.0.113.1";
const doorOfPort = new Map<number, Door>();
const hub = createFlowHub({
  onMessage: (flow, bytes) => edge.sipReceived(doorOf(flow), flow, bytes),
  onFlowClosed: (flow) => edge.flowClosed(flow.id),
  accepts: (remote, local) => edge.admits(doorOfPort.get(local.port) ?? "devices", remote.address, remote.port),
  onError: (error) => log.warn({ code: error.code, err: error.cause }, "a SIP socket reports an error"),
});
const doorOf = (flow: SipFlow): Door => {
  if (flow.transport === "tls") return edge.isCarrier(flow.remote.address) ? "trunks" : "devices";
  return doorOfPort.get(flow.local.port) ?? "devices";
};
let ports = { sip: 0, phones: 0, tls: config.sipTlsPort };
let trunkUdpId = "";
let secureDoor: Promise<TlsListener> | null = null;
const localNetworks = createNetworkList(config.localNetworks);
/** What a peer sees of us: the public address, except in networks that need no way round by it. */
const advertisedFor = (remote: string): string => {
  const isNear = localNetworks.has(remote) || remote.startsWith("127.") || remote === "::1" || isBeside(remote);
  return (isNear ? undefined : config.publicAddress) ?? localAddressFor(config.bind, remote);
};
let lastUse = processorUse();
const edge = createEdge({
  epoch: { node: config.nodeName, epoch: nextEpoch(join(config.dataFolder, "edge")) },
  clock,
  ids: createIds(clock),
  prng: createPrng(randomBytes(16).toString("hex")),
  hash,
  hmac: (message) => createHmac("sha256", nonceKey).update(message).digest(),
  log,
  engine,
  bindAddress: config.bind,
  publicAddress: config.publicAddress,
  ownAddresses: () => ownInterfaces("IPv4").map(({ address }) => address),
  localAddressFor: (remote) => localAddressFor(config.bind, remote),
  advertisedFor,
  timers: {
    arm: (afterMs, fire) => {
      const timer = setTimeout(fire, afterMs);
      return () => clearTimeout(timer);
    },
  },
  dns: createDns(),
  openFlow: async (peer, tls) => {
    const remote = { address: peer.address, port: peer.port };
    const local = { address: advertisedFor(peer.address), port: peer.transport === "tls" ? ports.tls : ports.sip };
    if (peer.transport === "tcp") return await hub.connectTcp(remote, local);
    if (peer.transport === "tls")
      return await hub.connectTls(remote, { name: peer.host, caPem: tls.caPem, fingerprint: tls.fingerprint }, local);
    const flow = hub.udpFlow(trunkUdpId, remote);
    if (flow === null) throw new FlowError("connectFailed", { operation: "udp flow", cause: new Error("the trunk door is closed") });
    return flow;
  },
  newUuid: () => Buffer.from(randomUUID().replaceAll("-", ""), "hex").toString("base64"),
  openPhoneFlow: (remote) => hub.connectTcp(remote, { address: advertisedFor(remote.address), port: ports.phones }),
  probeNetwork: (admit) =>
    probeNetwork({
      bindAddress: config.bind,
      ownAddresses: ownInterfaces("IPv4").map(({ address }) => address),
      ports: { ...ports, tls: secureDoor === null ? 0 : ports.tls },
      audioPorts: config.rtpPorts,
      publicAddress: config.publicAddress,
      named: advertisedFor(SOMEBODY_OUTSIDE),
      admit,
    }),
  certify: (certificate) => void openSecureDoor(certificate),
  sendBytes: (flowId, to, bytes) => hub.send(flowId, to, bytes),
  sendToCore: (message) => bus.send(message),
  onStopping: (waiting) => supervised.stopping(waiting),
  loadAudio: async (filePath) => {
    try {
      const wav = parseWav(await readFile(filePath));
      return wav.ok && wav.value.sampleRate === SAMPLE_RATE && wav.value.channels === 1 ? wav.value.samples : null;
    } catch (error) {
      log.warn({ err: error }, "a prompt's file can't be opened");
      return null;
    }
  },
  ports: () => ports,
  busyShare: () => {
    const last = lastUse;
    lastUse = processorUse();
    const wallMs = Math.max(1, lastUse.atMs - last.atMs);
    // This thread may be full, or with the media workers the machine. Time for which others kept us waiting is neither.
    return Math.max((lastUse.threadMs - last.threadMs) / wallMs, (lastUse.processMs - last.processMs) / wallMs / availableParallelism());
  },
});

// The doors open when the edge stands behind them.
try {
  ports = {
    sip: await openDoor("trunks", config.sipPort, "ALLO_SIP_PORT"),
    phones: await openDoor("devices", config.phonePort, "ALLO_SIP_PHONE_PORT"),
    tls: config.sipTlsPort,
  };
} catch (error) {
  await supervised.failed(error instanceof Error ? error.message : String(error));
}

const bus = createBusClient({
  path: config.bus,
  log,
  onConnected: () => edge.coreConnected(),
  onMessage: (message) => edge.fromCore(message),
  onDisconnected: () => edge.coreDisconnected(),
});

supervised.ready({ sip: ports.sip, phone: ports.phones });

/** TLS has one port for all: a carrier's address is a trunk's, every other shows its user and password. */
async function openSecureDoor(certificate: OwnCertificate): Promise<void> {
  try {
    if (secureDoor !== null) {
      (await secureDoor).setCertificate(certificate);
      return;
    }
    secureDoor = hub.listenTls({
      address: config.bind,
      port: config.sipTlsPort,
      advertised: (remote) => ({ address: advertisedFor(remote.address), port: ports.tls }),
      certificate,
    });
    const { local } = await secureDoor;
    ports = { ...ports, tls: local.port };
    log.info({ event: "tlsDoorOpen", port: local.port }, "SIP over TLS is open");
  } catch (error) {
    secureDoor = null;
    log.error({ err: error, port: config.sipTlsPort }, "SIP over TLS can't be opened: carriers and phones that speak it will not reach us");
  }
}

/** UDP and TCP on one port. Port 0: any that is free for both. */
async function openDoor(door: Door, port: number, setting: string): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      // With port 0 the advertised port isn't known before the socket is bound: then the bound address is what peers see.
      let bound = port;
      const advertised = (remote: HostPort): HostPort => ({ address: advertisedFor(remote.address), port: bound });
      const udp = await hub.listenUdp({ address: config.bind, port, advertised });
      bound = udp.local.port;
      doorOfPort.set(bound, door);
      if (door === "trunks") trunkUdpId = udp.id;
      try {
        await hub.listenTcp({ address: config.bind, port: bound, advertised });
        return bound;
      } catch (error) {
        await udp.close();
        doorOfPort.delete(udp.local.port);
        if (port !== 0 || attempt >= 10) throw error;
      }
    } catch (error) {
      const cause = error instanceof FlowError ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
      if (cause?.code === "EADDRINUSE")
        throw new Error(`Port ${port} is taken by another program: stop it, or choose another with ${setting}.`, { cause: error });
      throw error;
    }
  }
}

/** Bound to every address, we advertise the one in the peer's own network, else the first that isn't loopback. */
function localAddressFor(bind: string, remote: string): string {
  if (bind !== "0.0.0.0" && bind !== "::") return bind;
  if (remote.startsWith("127.") || remote === "::1") return remote;
  const own = ownInterfaces(remote.includes(":") ? "IPv6" : "IPv4");
  const near = own.find((each) => each.cidr !== null && sameNetwork(each.address, remote, each.netmask));
  return (near ?? own[0])?.address ?? "127.0.0.1";
}

/** A peer in a network of one of our interfaces. */
function isBeside(remote: string): boolean {
  return isIP(remote) === 4 && ownInterfaces("IPv4").some((each) => sameNetwork(each.address, remote, each.netmask));
}

function ownInterfaces(family: "IPv4" | "IPv6"): readonly NetworkInterfaceInfo[] {
  return Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter((each) => !each.internal && each.family === family);
}

function sameNetwork(ours: string, theirs: string, netmask: string): boolean {
  if (ours.includes(":")) return false;
  const bits = (address: string): number => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const mask = bits(netmask);
  return (bits(ours) & mask) >>> 0 === (bits(theirs) & mask) >>> 0;
}

function processorUse(): { readonly atMs: number; readonly threadMs: number; readonly processMs: number } {
  const thread = process.threadCpuUsage();
  const all = process.cpuUsage();
  return { atMs: performance.now(), threadMs: (thread.user + thread.system) / 1_000, processMs: (all.user + all.system) / 1_000 };
}
