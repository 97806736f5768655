/*
 * npm run bench -- attack [--json] [--seconds 12] [--calls 100] [--rate 5000]: an edge process under attack while calls talk, everything on
 * loopback and bounded in count and time. Core is played here and accepts each call at once, so that what is measured is the edge. Talking:
 * a caller sends G.711 every 20 ms and hears music; lost is what is missing in either direction by sequence number. Good calls: INVITE to
 * 200 from a listed address, ten a second. Each attack comes from other addresses of 127/8 and is compared with the quiet phase before it.
 */
import { fork, type ChildProcess } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket as Stream } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { CoreCommand, EdgeConfig, EdgeEvent, FromEdge } from "@allo/contract";
import type { CallId, ContactId, NumberId } from "@allo/kernel";
import { createBusServer, type BusConnection } from "../apps/server/src/bus/index.ts";
import { createLogger } from "../apps/server/src/platform/log.ts";
import { cpuMsOf, statFields } from "./process-tree.ts";

const LISTED = "127.0.0.1";
const FLOOD_SOURCES = 200;
const FLOOD_RATE_MAX = 10_000;
const HALF_OPEN = 50_000;
const STREAMS = 1_000;
const STREAM_SOURCES = 20;
const GOOD_CALLS_PER_SECOND = 10;
const SECONDS_MAX = 60;
const PACKET_MS = 20;

type Phase = {
  readonly phase: string;
  readonly attackSent: number;
  readonly goodCalls: number;
  readonly goodFailed: number;
  readonly setUpMsP50: number;
  readonly setUpMsP99: number;
  readonly packetsToCallers: number;
  readonly lostToCallers: number;
  readonly packetsToExchange: number;
  readonly lostToExchange: number;
  readonly foreignHeard: number;
  readonly edgeCpuMsPerSecond: number;
};

if (process.send !== undefined && process.argv.includes("--flood")) await flood();
else await bench();

// ---- The attacker: a process of its own ------------------------------------------------------------------------------------------

type FloodOrder = {
  readonly kind: "bogus" | "halfOpen" | "injection";
  readonly rate: number;
  readonly seconds: number;
  readonly port: number;
  readonly trunkPort: number;
  readonly legPorts: readonly number[];
};

async function flood(): Promise<void> {
  const order = await new Promise<FloodOrder>((resolve) => process.once("message", (message) => resolve(message as FloodOrder)));
  const sockets = await Promise.all(
    Array.from({ length: order.kind === "injection" ? 1 : FLOOD_SOURCES }, (_each, index) => bind(`127.0.1.${String(index + 1)}`)),
  );
  const payload = new Uint8Array(172);
  payload.set([0x80, 0x00, 0, 1, 0, 0, 0, 0, 0xde, 0xad, 0xbe, 0xef]);
  payload.fill(0x2a, 12);
  const total = Math.min(order.kind === "halfOpen" ? HALF_OPEN : order.rate * order.seconds, FLOOD_RATE_MAX * SECONDS_MAX);
  const rate = order.kind === "halfOpen" ? HALF_OPEN / order.seconds : order.rate;
  const startedAt = performance.now();
  let sent = 0;
  while (sent < total && performance.now() - startedAt < order.seconds * 1_500) {
    const due = Math.min(total, Math.floor(((performance.now() - startedAt) / 1_000) * rate));
    for (; sent < due; sent += 1) {
      const socket = sockets[sent % sockets.length] as Socket;
      if (order.kind === "injection") {
        payload[2] = (sent >> 8) & 255;
        payload[3] = sent & 255;
        socket.send(payload, order.legPorts[sent % order.legPorts.length] ?? 9, LISTED);
      } else {
        const method = order.kind === "halfOpen" || sent % 2 === 0 ? "INVITE" : "REGISTER";
        // Every fourth bogus one knocks on the trunks' port.
        const port = order.kind === "bogus" && sent % 4 === 0 ? order.trunkPort : order.port;
        socket.send(
          request(method, `b${String(process.pid)}x${String(sent)}`, socket.address().address, socket.address().port),
          port,
          LISTED,
        );
      }
    }
    await sleep(2);
  }
  process.send?.({ sent });
  for (const socket of sockets) socket.close();
}

function request(method: string, id: string, address: string, port: number, body = ""): string {
  const target = method === "REGISTER" ? `sip:${LISTED}` : `sip:600@${LISTED}`;
  return [
    `${method} ${target} SIP/2.0`,
    `Via: SIP/2.0/UDP ${address}:${String(port)};branch=z9hG4bK${id};rport`,
    "Max-Forwards: 70",
    `From: <sip:1000@${address}>;tag=${id}`,
    `To: <${method === "REGISTER" ? `sip:1000@${LISTED}` : target}>`,
    `Call-ID: ${id}@${address}`,
    `CSeq: 1 ${method}`,
    `Contact: <sip:1000@${address}:${String(port)}>`,
    ...(body === "" ? [] : ["Content-Type: application/sdp"]),
    `Content-Length: ${String(body.length)}`,
    "",
    body,
  ].join("\r\n");
}

async function bind(address: string): Promise<Socket> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(0, address, resolve);
  });
  socket.removeAllListeners("error");
  socket.on("error", () => undefined);
  return socket;
}

// ---- The bench -------------------------------------------------------------------------------------------------------------------

type Talker = {
  readonly socket: Socket;
  readonly id: string;
  callId: CallId | null;
  toTag: string;
  legPort: number;
  sequence: number;
  heardFirst: number;
  heardLast: number;
  heard: number;
  foreign: number;
};

async function bench(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: "boolean", default: false },
      seconds: { type: "string", default: "12" },
      calls: { type: "string", default: "100" },
      rate: { type: "string", default: "5000" },
    },
  });
  const seconds = Math.min(Number(values.seconds), SECONDS_MAX);
  const rate = Math.min(Number(values.rate), FLOOD_RATE_MAX);
  const folder = mkdtempSync(join(tmpdir(), "allo-attack-"));
  const exchange = await startEdge(folder);
  const rows: Phase[] = [];
  try {
    const talkers: Talker[] = [];
    for (let n = 0; n < Number(values.calls); n += 1) talkers.push(await dial(exchange, `talk${String(n)}`));
    const legPorts = talkers.map((talker) => talker.legPort);
    const stopTalking = talk(talkers);
    await measure("warm", exchange, talkers, 3, () => Promise.resolve(0));
    const order = { rate, seconds, port: exchange.phones, trunkPort: exchange.sip, legPorts };
    const phases: readonly (readonly [string, () => Promise<number>])[] = [
      ["quiet", () => Promise.resolve(0)],
      [`${String(rate)}/s bogus REGISTER and INVITE`, () => attack({ ...order, kind: "bogus" })],
      [`${String(HALF_OPEN)} half-open INVITEs`, () => attack({ ...order, kind: "halfOpen" })],
      [`slow streams, ${String(STREAMS)}`, () => slowStreams(exchange.phones, seconds)],
      ["RTP from a third address", () => attack({ ...order, kind: "injection" })],
      ["quiet again", () => Promise.resolve(0)],
    ];
    for (const [name, run] of phases) rows.push(await measure(name, exchange, talkers, seconds, run));
    stopTalking();
    for (const talker of talkers) talker.socket.close();
  } finally {
    await exchange.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  if (values.json) process.stdout.write(`${JSON.stringify({ bench: "attack", seconds, rate, rows })}\n`);
  else console.table(rows);
}

type Exchange = {
  readonly sip: number;
  readonly phones: number;
  readonly pid: number;
  readonly legs: (callId: CallId | null) => Promise<{ received: number; lost: number }>;
  readonly callOf: (from: string) => CallId | null;
  readonly stop: () => Promise<void>;
};

async function startEdge(folder: string): Promise<Exchange> {
  const audio = fileURLToPath(new URL("../apps/server/audio/", import.meta.url));
  const config: EdgeConfig = {
    version: 1,
    numbers: [
      {
        numberId: "num_1" as NumberId,
        dialled: ["600"],
        allowedNetworks: [`${LISTED}/32`],
        language: "en",
        technicalAudioIds: [],
        callsMax: 1_000,
      },
    ],
    devices: [],
    trunks: [],
    audio: [{ audioId: "music.main", filePath: join(audio, "music.main.wav"), version: 1 }],
    limits: { callsMax: 1_000, agentMediaTimeoutMs: 2_000 },
  };
  const path = join(folder, "bus.sock");
  const server = await createBusServer({ path, log: createLogger({ role: "bench", level: "error" }) });
  const calls = new Map<string, CallId>();
  const figures = new Map<string, (legs: { received: number; lost: number }) => void>();
  let connection: BusConnection | null = null;
  const command = (given: CoreCommand): void => connection?.send({ kind: "coreCommand", command: given });
  const onEvent = (event: EdgeEvent): void => {
    if (event.kind === "callArrived") {
      calls.set(event.callerNumber ?? "", event.callId);
      const contactId = "con_1" as ContactId;
      command({ kind: "acceptCall", callId: event.callId, contactId, token: "greeting", greeting: [], thenLoop: "music.main" });
    } else if (event.kind === "figuresTaken")
      figures.get(event.token)?.({ received: event.caller?.packetsReceived ?? 0, lost: event.caller?.packetsLost ?? 0 });
  };
  const connected = Promise.withResolvers<undefined>();
  server.onMessage((message: FromEdge, from) => {
    connection = from;
    if (message.kind === "edgeHello") {
      from.send({ kind: "edgeConfig", config });
      from.send({ kind: "coreHello", epoch: { node: "bench", epoch: 1 }, seenThrough: 0 });
      connected.resolve(undefined);
    } else if (message.kind === "edgeEvent") {
      onEvent(message.event);
      from.send({ kind: "eventsSeen", through: message.sequence });
    }
  });
  const edge: ChildProcess = fork(fileURLToPath(new URL("../apps/server/src/edge/main.ts", import.meta.url)), {
    execArgv: ["--conditions=source"],
    env: {
      ...process.env,
      ALLO_DATA: folder,
      ALLO_SIP_PORT: "0",
      ALLO_SIP_PHONE_PORT: "0",
      ALLO_RTP_PORTS: "0",
      ALLO_BUS: path,
      ALLO_LOG: "error",
    },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ports = await new Promise<{ sip: number; phone: number }>((resolve, reject) => {
    edge.on("message", (message: { kind: string; ports?: { sip: number; phone: number }; sentence?: string }) => {
      if (message.kind === "ready" && message.ports !== undefined) resolve(message.ports);
      if (message.kind === "failed") reject(new Error(message.sentence));
    });
    edge.once("exit", () => reject(new Error("the edge ended")));
  });
  await connected.promise;
  await sleep(500); // the music is read
  let token = 0;
  return {
    sip: ports.sip,
    phones: ports.phone,
    pid: edge.pid ?? 0,
    callOf: (from) => calls.get(from) ?? null,
    legs: async (callId) => {
      if (callId === null) return { received: 0, lost: 0 };
      return new Promise((resolve) => {
        token += 1;
        figures.set(`f${String(token)}`, resolve);
        command({ kind: "takeFigures", callId, token: `f${String(token)}` });
      });
    },
    stop: async () => {
      const ended = new Promise((resolve) => edge.once("exit", resolve));
      // Nobody hangs up here: asked to stop, it would wait minutes for a hundred talks to end.
      edge.kill("SIGKILL");
      await ended;
      await server.close();
    },
  };
}

/** A call from the listed address: resolves when it is answered and acknowledged. */
async function dial(exchange: Exchange, id: string): Promise<Talker> {
  const socket = await bind(LISTED);
  socket.setRecvBufferSize(1_048_576);
  const talker: Talker = {
    socket,
    id,
    callId: null,
    toTag: "",
    legPort: 0,
    sequence: 0,
    heardFirst: -1,
    heardLast: -1,
    heard: 0,
    foreign: 0,
  };
  const { port } = socket.address();
  const sdp = `v=0\r\no=- 1 1 IN IP4 ${LISTED}\r\ns=-\r\nc=IN IP4 ${LISTED}\r\nt=0 0\r\nm=audio ${String(port)} RTP/AVP 0\r\n`;
  const invite = request("INVITE", id, LISTED, port, sdp).replaceAll("sip:1000@", `sip:${id}@`);
  const answered = Promise.withResolvers<undefined>();
  socket.on("message", (bytes, from) => {
    if ((bytes[0] ?? 0) >> 6 === 2) {
      // RFC 5761 §4: RTCP of a neighbouring leg goes to the port above its own, which may be this one.
      if (((bytes[1] ?? 0) & 0x7f) >= 64 && ((bytes[1] ?? 0) & 0x7f) < 96) return;
      if (from.port !== talker.legPort) talker.foreign += 1;
      const sequence = ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
      const extended = talker.heardLast < 0 ? sequence : talker.heardLast + (((sequence - talker.heardLast + 0x18000) & 0xffff) - 0x8000);
      if (talker.heardFirst < 0) talker.heardFirst = extended;
      talker.heardLast = Math.max(talker.heardLast, extended);
      talker.heard += 1;
      return;
    }
    const text = bytes.toString("latin1");
    if (text.startsWith("SIP/2.0 200") && /CSeq: 1 INVITE/.test(text)) {
      talker.toTag = /\r\nTo:[^\r]*;tag=([^;\r]+)/.exec(text)?.[1] ?? "";
      talker.legPort = Number(/m=audio (\d+)/.exec(text)?.[1] ?? 0);
      socket.send(inDialog(talker, "ACK", 1, port), exchange.sip, LISTED);
      answered.resolve(undefined);
    } else if (/^SIP\/2\.0 [3-6]/.test(text)) answered.reject(new Error(text.split("\r\n")[0]));
  });
  const again = setInterval(() => socket.send(invite, exchange.sip, LISTED), 500);
  const late = setTimeout(() => answered.reject(new Error("not answered")), 10_000);
  socket.send(invite, exchange.sip, LISTED);
  try {
    await answered.promise;
  } finally {
    clearInterval(again);
    clearTimeout(late);
  }
  talker.callId = exchange.callOf(id);
  return talker;
}

function inDialog({ id, toTag }: Talker, method: string, cseq: number, port: number): string {
  return request(method, `${id}${method}`, LISTED, port)
    .replace(`Call-ID: ${id}${method}@`, `Call-ID: ${id}@`)
    .replace(/From: .*/, `From: <sip:${id}@${LISTED}>;tag=${id}`)
    .replace(/To: (<[^>]*>)/, `To: <sip:600@${LISTED}>;tag=${toTag}`)
    .replace(/^(\w+) \S+/, `${method} sip:600@${LISTED}`)
    .replace(/CSeq: .*/, `CSeq: ${String(cseq)} ${method}`);
}

/** All of them speak, a packet each 20 ms. */
function talk(talkers: readonly Talker[]): () => void {
  const packet = new Uint8Array(172).fill(0xd5);
  const startedAt = performance.now();
  let ticks = 0;
  const timer = setInterval(() => {
    const due = Math.floor((performance.now() - startedAt) / PACKET_MS);
    for (; ticks < due; ticks += 1)
      for (const talker of talkers) {
        const { sequence } = talker;
        const bytes = Buffer.from(packet);
        bytes[0] = 0x80;
        bytes[1] = 0;
        bytes.writeUInt16BE(sequence & 0xffff, 2);
        bytes.writeUInt32BE((sequence * 160) >>> 0, 4);
        bytes.writeUInt32BE(0x1000 + talker.legPort, 8);
        talker.socket.send(bytes, talker.legPort, LISTED);
        talker.sequence += 1;
      }
  }, 5);
  return () => clearInterval(timer);
}

async function measure(
  phase: string,
  exchange: Exchange,
  talkers: readonly Talker[],
  seconds: number,
  run: () => Promise<number>,
): Promise<Phase> {
  const legs = async () => Promise.all(talkers.map((talker) => exchange.legs(talker.callId)));
  const before = await legs();
  for (const talker of talkers) Object.assign(talker, { heardFirst: -1, heardLast: -1, heard: 0, foreign: 0 });
  const cpuBefore = cpuOf(exchange.pid);
  const startedAt = performance.now();
  const attacking = run();
  const setUps: number[] = [];
  let failed = 0;
  const good: Promise<void>[] = [];
  for (let n = 0; n < seconds * GOOD_CALLS_PER_SECOND; n += 1) {
    good.push(
      goodCall(exchange, `good${String(n)}p${String(Math.trunc(startedAt))}`).then(
        (ms) => void setUps.push(ms),
        () => void (failed += 1),
      ),
    );
    await sleep(Math.max(0, startedAt + (n + 1) * (1_000 / GOOD_CALLS_PER_SECOND) - performance.now()));
  }
  const attackSent = await attacking;
  await Promise.all(good);
  const elapsed = (performance.now() - startedAt) / 1_000;
  const cpu = cpuOf(exchange.pid) - cpuBefore;
  const after = await legs();
  const heard = talkers.reduce((sum, talker) => sum + talker.heard, 0);
  const expected = talkers.reduce((sum, talker) => sum + (talker.heardFirst < 0 ? 0 : talker.heardLast - talker.heardFirst + 1), 0);
  const sum = (of: (index: number) => number): number => talkers.reduce((total, _talker, index) => total + of(index), 0);
  setUps.sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round((setUps[Math.min(setUps.length - 1, Math.floor(setUps.length * share))] ?? Number.NaN) * 10) / 10;
  return {
    phase,
    attackSent,
    goodCalls: setUps.length,
    goodFailed: failed,
    setUpMsP50: at(0.5),
    setUpMsP99: at(0.99),
    packetsToCallers: heard,
    lostToCallers: expected - heard,
    packetsToExchange: sum((index) => (after[index]?.received ?? 0) - (before[index]?.received ?? 0)),
    lostToExchange: sum((index) => (after[index]?.lost ?? 0) - (before[index]?.lost ?? 0)),
    foreignHeard: talkers.reduce((total, talker) => total + talker.foreign, 0),
    edgeCpuMsPerSecond: Math.round(cpu / elapsed),
  };
}

async function goodCall(exchange: Exchange, id: string): Promise<number> {
  const startedAt = performance.now();
  const call = await dial(exchange, id);
  const ms = performance.now() - startedAt;
  call.socket.send(inDialog(call, "BYE", 2, call.socket.address().port), exchange.sip, LISTED);
  await sleep(200);
  call.socket.close();
  return ms;
}

async function attack(order: FloodOrder): Promise<number> {
  const attacker = fork(fileURLToPath(import.meta.url), ["--flood"], { execArgv: ["--conditions=source"] });
  const sent = new Promise<number>((resolve, reject) => {
    attacker.once("message", (message) => resolve((message as { sent: number }).sent));
    attacker.once("exit", () => reject(new Error("the attacker ended early")));
  });
  attacker.send(order);
  const count = await sent;
  attacker.disconnect();
  return count;
}

/** Connections that begin a message and never end it, from few addresses; kept up as they are closed, so many in all. */
async function slowStreams(port: number, seconds: number): Promise<number> {
  const streams = new Set<Stream>();
  const until = performance.now() + seconds * 1_000;
  let opened = 0;
  while (performance.now() < until && opened < STREAMS * 5) {
    while (streams.size < STREAMS && opened < STREAMS * 5) {
      opened += 1;
      const stream = connect({ port, host: LISTED, localAddress: `127.0.2.${String((opened % STREAM_SOURCES) + 1)}` });
      streams.add(stream);
      stream.on("error", () => undefined);
      stream.on("close", () => streams.delete(stream));
      stream.write("OPTIONS sip:a@b SIP/2.0\r\n");
    }
    for (const stream of streams) stream.write("X");
    await sleep(500);
  }
  for (const stream of streams) stream.destroy();
  return opened;
}

function cpuOf(pid: number): number {
  return cpuMsOf(statFields(pid) ?? []);
}
