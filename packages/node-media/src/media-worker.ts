import type { MessagePort } from "node:worker_threads";
import { parentPort, workerData } from "node:worker_threads";
import { must } from "@allo/kernel";
import { MediaRoom } from "./media-room.ts";
import { followClock } from "./thread.ts";
import type { FromHandshake, FromMediaWorker, MediaWorkerData, ToHandshake, ToMediaWorker, WorkerReply } from "./worker-messages.ts";

// A media worker's thread: wires ports and the tick to the room. No decision is taken here.

const port = must(parentPort, "runs as a worker thread");
const settings = workerData as MediaWorkerData;
const now = followClock(settings.clock);
const peers = new Map<number, MessagePort>();
let handshakePort = settings.handshakePort;
let recorderPort = settings.recorderPort;
const room = new MediaRoom({
  now,
  rtpPorts: settings.rtpPorts,
  postEvent: (event) => post({ kind: "event", event }),
  postRelay: (workerIndex, bytes) => peers.get(workerIndex)?.postMessage(bytes, bytes.buffer instanceof ArrayBuffer ? [bytes.buffer] : []),
  postPiece: (piece, transfer) => recorderPort.postMessage(piece, [...transfer]),
  postHandshake: (message: ToHandshake) => handshakePort.postMessage(message),
  onLateTicks: (count, skipped) => post({ kind: "lateTicks", count, skipped }),
});

handshakePort.on("message", (message: FromHandshake) => room.handshakeSaid(message));
port.on("message", (message: ToMediaWorker) => receive(message));
tick();

function tick(): void {
  setTimeout(tick, room.runDueTicks());
}

function receive(message: ToMediaWorker): void {
  switch (message.kind) {
    case "peer":
      peers.get(message.index)?.close();
      peers.set(message.index, message.port);
      message.port.on("message", (bytes: Uint8Array) => room.relayed(bytes));
      return;
    case "handshakePort":
      handshakePort = message.port;
      handshakePort.on("message", (said: FromHandshake) => room.handshakeSaid(said));
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
  port.postMessage(message);
}
