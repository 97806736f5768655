import type { MessagePort } from "node:worker_threads";
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { must } from "@allo/kernel";
import { dgramSockets } from "./dgram-sockets.ts";
import { EpollSockets, OpenDescriptors } from "./epoll-sockets.ts";
import { loadLibc } from "./libc.ts";
import { MediaRoom } from "./media-room.ts";
import type { MediaSockets } from "./media-socket.ts";
import { RelayRing } from "./relay-ring.ts";
import { followClock } from "./thread.ts";
import type { Wake } from "./wake.ts";
import { armWake, wakeUp } from "./wake.ts";
import type {
  FromHandshake,
  FromMediaWorker,
  MediaWorkerData,
  PeerLink,
  ToHandshake,
  ToMediaWorker,
  WorkerReply,
} from "./worker-messages.ts";

// A media worker's thread: wires ports and the tick to the room. No decision is taken here. It runs in one of two ways: on Node's
// event loop, or in a loop of its own around epoll_wait, where messages are fetched when the wake has rung.

/**
 * The own loop gives Node's a turn at least this often: timers of the engine's innards, profilers, what V8 put off. Within it, too, a socket
 * notices that its source fell silent: a phone whose NAT changed its mind is heard again in under a second.
 */
const TURN_INTERVAL_MS = 500;

type Peer = {
  readonly send: (bytes: Uint8Array) => void;
  readonly receive: () => void;
  /** Packets that found no room since the last question. */
  readonly takeDropped: () => number;
  readonly close: () => void;
};

const port = must(parentPort, "runs as a worker thread");
const settings = workerData as MediaWorkerData;
const clock = followClock(settings.clock);
/** While packets are served: when they were found. One reading of the clock for all that came at once. */
let servedAt: number | null = null;
const now = (): number => servedAt ?? clock();
let turnAt = clock() + TURN_INTERVAL_MS;
/** What is said to the engine before the thread sleeps again, together. */
let outbox: FromMediaWorker[] = [];
const peers = new Map<number, Peer>();
let handshakePort = settings.handshakePort;
let recorderPort = settings.recorderPort;
const epoll =
  settings.loop === null
    ? null
    : new EpollSockets(loadLibc(), { wakeFd: settings.loop.wake.fd, descriptors: new OpenDescriptors(settings.loop.descriptors) });
const sockets: MediaSockets = epoll ?? dgramSockets;
const room = new MediaRoom({
  now,
  sockets,
  rtpPorts: settings.rtpPorts,
  postEvent: (event) => post({ kind: "event", event }),
  postRelay: (workerIndex, bytes) => peers.get(workerIndex)?.send(bytes),
  postPiece: (piece, transfer) => recorderPort.postMessage(piece, [...transfer]),
  postHandshake: (message: ToHandshake) => handshakePort.postMessage(message),
  onLateTicks: (count, skipped) => post({ kind: "lateTicks", count, skipped }),
});

if (settings.loop === null || epoll === null) {
  listenToHandshake();
  port.on("message", (messages: readonly ToMediaWorker[]) => {
    for (const message of messages) receive(message);
  });
  tick();
} else {
  // Whoever died here before may have left the wake as rung.
  armWake(settings.loop.wake);
  drain();
  setImmediate(runLoop, epoll, settings.loop.wake);
}

function tick(): void {
  setTimeout(tick, room.runDueTicks());
}

/** The own loop, for as long as the thread lives; after messages, whose promises need it, and twice a second Node's loop has a turn. */
function runLoop(own: EpollSockets, wake: Wake): void {
  stay(own, wake);
  const at = clock();
  if (at >= turnAt) {
    turnAt = at + TURN_INTERVAL_MS;
    own.releaseSilent(at);
    reportDropped();
  }
  setImmediate(runLoop, own, wake);
}

/** Until messages came or a turn is due. Nothing else stands in this function: it is compiled anew while it runs. */
function stay(own: EpollSockets, wake: Wake): void {
  for (;;) {
    const restMs = room.runDueTicks();
    sendOutbox();
    const ready = own.wait(Math.ceil(restMs));
    const at = clock();
    servedAt = at;
    const woken = own.serve(ready, at);
    if (woken) {
      armWake(wake);
      for (const peer of peers.values()) peer.receive();
    }
    servedAt = null;
    if ((woken && drain()) || at >= turnAt) return;
  }
}

function reportDropped(): void {
  let count = 0;
  for (const peer of peers.values()) count += peer.takeDropped();
  if (count > 0) post({ kind: "relayDropped", count });
}

/** Takes the messages that wait. True: there were some. */
function drain(): boolean {
  let any = false;
  for (let got = receiveMessageOnPort(port); got !== undefined; got = receiveMessageOnPort(port)) {
    any = true;
    for (const message of got.message as readonly ToMediaWorker[]) receive(message);
  }
  for (let got = receiveMessageOnPort(handshakePort); got !== undefined; got = receiveMessageOnPort(handshakePort)) {
    any = true;
    room.handshakeSaid(got.message as FromHandshake);
  }
  return any;
}

function listenToHandshake(): void {
  handshakePort.on("message", (message: FromHandshake) => room.handshakeSaid(message));
}

function connectPeer(index: number, link: PeerLink): void {
  peers.get(index)?.close();
  if (link.kind === "port") {
    const peerPort: MessagePort = link.port;
    peerPort.on("message", (bytes: Uint8Array) => room.relayed(bytes));
    peers.set(index, {
      send: (bytes) => peerPort.postMessage(bytes, bytes.buffer instanceof ArrayBuffer ? [bytes.buffer] : []),
      receive: () => undefined,
      takeDropped: () => 0,
      close: () => peerPort.close(),
    });
    return;
  }
  const [out, incoming] = [new RelayRing(link.out), new RelayRing(link.in)];
  peers.set(index, {
    send: (bytes) => {
      if (out.write(bytes)) wakeUp(link.wake);
    },
    receive: () => incoming.readAll((bytes) => room.relayed(bytes)),
    takeDropped: () => out.takeDropped(),
    close: () => undefined,
  });
}

function receive(message: ToMediaWorker): void {
  switch (message.kind) {
    case "peer":
      return connectPeer(message.index, message.link);
    case "handshakePort":
      handshakePort = message.port;
      if (settings.loop === null) listenToHandshake();
      return;
    case "recorderPort":
      recorderPort = message.port;
      return;
    case "openPlain":
      return answer(message.request, room.openPlain(message));
    case "openWebrtc":
      return answer(message.request, room.openWebrtc(message));
    case "updatePlain":
      return room.updatePlain(message.legId, message.remote);
    case "updateWebrtc":
      return room.updateWebrtc(message.legId, message.remote);
    case "closeLeg":
      return room.closeLeg(message.legId);
    case "setPath":
      return room.setPath(message.legId, message.path);
    case "setMuted":
      return room.setMuted(message.legId, message.muted);
    case "setWanted":
      return room.setWanted(message.legId, message.wanted);
    case "setMasked":
      return room.setMasked(message.legId, message.masked);
    case "sendDigits":
      return room.sendDigits(message.legId, message.digits, message.pace);
    case "subscribe":
      return room.subscribe(message.legId, message.workerIndex, message.wanted);
    case "setAudio":
      return room.setAudio(message.audioId, message.audio);
    case "tap":
      return room.tap(message);
    case "untap":
      return room.untap(message);
    case "flushRecording":
      return room.flushRecording(message.recordingNumber);
    case "figures":
      return post({ kind: "reply", request: message.request, reply: { ok: true, value: room.figures(message.legId) } });
    case "close":
      room.closeAll();
      return post({ kind: "reply", request: message.request, reply: { ok: true, value: null } });
  }
}

function answer(request: number, opening: Promise<(WorkerReply & { ok: true })["value"]>): void {
  opening.then(
    (value) => post({ kind: "reply", request, reply: { ok: true, value } }),
    (error: unknown) =>
      post({ kind: "reply", request, reply: { ok: false, message: error instanceof Error ? error.message : String(error) } }),
  );
}

function post(message: FromMediaWorker): void {
  if (outbox.push(message) === 1 && epoll === null) setImmediate(sendOutbox);
}

function sendOutbox(): void {
  if (outbox.length === 0) return;
  port.postMessage(outbox);
  outbox = [];
}
