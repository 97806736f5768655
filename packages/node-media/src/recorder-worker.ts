import { parentPort, workerData } from "node:worker_threads";
import type { Instant } from "@allo/kernel";
import { must } from "@allo/kernel";
import { RecordingWriter } from "./recording-writer.ts";
import { followClock } from "./thread.ts";
import type { FromRecorder, RecorderWorkerData, RecordingPiece, ToRecorder } from "./worker-messages.ts";

// The recorder's thread: encrypts and writes, one thing after another. Blocking here blocks no packet.

const WRITE_INTERVAL_MS = 100;
/** How long an ended recording waits for the last pieces. */
const FLUSH_TIMEOUT_MS = 1_000;

type Open = {
  readonly writer: RecordingWriter;
  readonly flushed: Set<number>;
  ending: { readonly endedAt: Instant; readonly awaited: Set<number>; readonly dueAt: Instant } | null;
};

const engine = must(parentPort, "runs as a worker thread");
const now = followClock((workerData as RecorderWorkerData).clock);
const recordings = new Map<number, Open>();
let closeRequest: number | null = null;

engine.on("message", (message: ToRecorder) => receive(message));
setInterval(writeDue, WRITE_INTERVAL_MS);

function receive(message: ToRecorder): void {
  switch (message.kind) {
    case "mediaPort":
      message.port.on("message", (piece: RecordingPiece) => pieceReceived(message.workerIndex, piece));
      return;
    case "start": {
      const { recordingNumber, recordingId } = message;
      try {
        recordings.set(recordingNumber, { writer: new RecordingWriter(message), flushed: new Set(), ending: null });
      } catch (error) {
        failed(recordingId, error);
      }
      return;
    }
    case "stop": {
      const open = recordings.get(message.recordingNumber);
      if (open === undefined) return;
      const awaited = new Set(message.workers.filter((worker) => !open.flushed.has(worker)));
      open.ending = { endedAt: message.endedAt, awaited, dueAt: now() + FLUSH_TIMEOUT_MS };
      return finishWhenFlushed(message.recordingNumber, open);
    }
    case "workerGone":
      for (const [recordingNumber, open] of recordings) {
        open.ending?.awaited.delete(message.workerIndex);
        finishWhenFlushed(recordingNumber, open);
      }
      return;
    case "close":
      closeRequest = message.request;
      return answerWhenClosed();
  }
}

function pieceReceived(workerIndex: number, piece: RecordingPiece): void {
  const open = recordings.get(piece.recordingNumber);
  if (open === undefined) return;
  if (piece.kind === "piece") return open.writer.place(piece);
  open.flushed.add(workerIndex);
  open.ending?.awaited.delete(workerIndex);
  finishWhenFlushed(piece.recordingNumber, open);
}

function writeDue(): void {
  const at = now();
  for (const [recordingNumber, open] of recordings) {
    if (open.ending !== null) {
      if (at >= open.ending.dueAt) finish(recordingNumber, open);
      continue;
    }
    attempt(recordingNumber, open, () => open.writer.writeDue(at));
  }
}

function finishWhenFlushed(recordingNumber: number, open: Open): void {
  if (open.ending?.awaited.size === 0) finish(recordingNumber, open);
}

function finish(recordingNumber: number, open: Open): void {
  const endedAt = open.ending?.endedAt ?? now();
  attempt(recordingNumber, open, () => {
    const saved = open.writer.finish(endedAt);
    recordings.delete(recordingNumber);
    post({ kind: "event", event: { kind: "recordingSaved", recordingId: open.writer.recordingId, at: Math.round(now()), ...saved } });
  });
  answerWhenClosed();
}

/** A disc that fails ends this recording, not the others. */
function attempt(recordingNumber: number, open: Open, write: () => void): void {
  try {
    write();
  } catch (error) {
    recordings.delete(recordingNumber);
    open.writer.abandon();
    failed(open.writer.recordingId, error);
  }
}

function failed(recordingId: string, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  post({ kind: "event", event: { kind: "recordingFailed", recordingId, at: Math.round(now()), reason } });
}

function answerWhenClosed(): void {
  if (closeRequest === null || recordings.size > 0) return;
  post({ kind: "reply", request: closeRequest });
  closeRequest = null;
}

function post(message: FromRecorder): void {
  engine.postMessage(message);
}
