import type { MessagePort, Worker } from "node:worker_threads";
import { MessageChannel } from "node:worker_threads";
import type { Clock } from "@allo/kernel";
import type {
  Codec,
  LegFigures,
  LegPath,
  MediaEngine,
  MediaEvent,
  PlainLegOpened,
  PlainLegOptions,
  PlainRemote,
  RecordedSide,
  RecordingLegs,
  RecordingOptions,
  WebrtcLegOpened,
  WebrtcLegOptions,
  WebrtcRemote,
} from "@allo/media";
import { encodeG711 } from "@allo/media";
import { OpenDescriptors } from "./epoll-sockets.ts";
import type { DigitPace } from "@allo/rtp";
import type { RtpPorts } from "./media-socket.ts";
import { createRingMemory } from "./relay-ring.ts";
import type { SocketsChosen, SocketsWanted } from "./sockets-choice.ts";
import { chooseSockets } from "./sockets-choice.ts";
import { clockBaseOf, startThread } from "./thread.ts";
import type { Wake } from "./wake.ts";
import { createWake, wakeUp } from "./wake.ts";
import type {
  FromHandshakeToEngine,
  FromMediaWorker,
  FromRecorder,
  HandshakeWorkerData,
  MediaWorkerData,
  RecorderWorkerData,
  RecordingSide,
  ToHandshakeFromEngine,
  ToMediaWorker,
  ToRecorder,
  WebrtcOpenedInWorker,
  WorkerPath,
  WorkerReply,
} from "./worker-messages.ts";

export type MediaEngineLog = {
  readonly level: "info" | "warn" | "error";
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
};
export type MediaEngineOptions = {
  readonly clock: Clock;
  /** Media workers; 1 where absent. One carries some 450 bridged calls on a core. */
  readonly workers?: number;
  /** The address for legs whose own `bindAddress` is empty. */
  readonly bindAddress?: string;
  readonly rtpPorts?: RtpPorts;
  /** By which sockets media goes; "auto" where absent. */
  readonly sockets?: SocketsWanted;
  readonly onLog?: (entry: MediaEngineLog) => void;
};

const EFD_NONBLOCK = 0o4000;
const EFD_CLOEXEC = 0o2000000;
/** How long `close` waits for a thread before it ends it. */
const CLOSE_TIMEOUT_MS = 5_000;

type EngineLeg = {
  readonly number: number;
  readonly workerIndex: number;
  codec: Codec | null;
  /** The legs that this one hears. */
  hears: readonly string[];
  /** Messages that wait until the worker has opened the leg; null since then. */
  waiting: ToMediaWorker[] | null;
};
type EngineRecording = {
  readonly recordingId: string;
  readonly number: number;
  readonly startedAt: number;
  readonly codec: Codec;
  readonly legs: { left: readonly string[]; right: readonly string[] };
};
type Slot = {
  readonly index: number;
  readonly worker: Worker;
  readonly descriptors: OpenDescriptors;
  alive: boolean;
  /** What goes to the worker when the turn at hand is over, together. */
  outbox: ToMediaWorker[];
};
type Asked = { readonly workerIndex: number; readonly answer: (reply: WorkerReply) => void };

/** Starts the media threads and gives the port through which call control commands them. */
export function createMediaEngine(options: MediaEngineOptions): MediaEngine {
  return new ThreadedMediaEngine(options);
}

/** The engine's own thread: knows which worker owns which leg, and nothing of packets. */
export class ThreadedMediaEngine implements MediaEngine {
  readonly #options: MediaEngineOptions;
  readonly #legs = new Map<string, EngineLeg>();
  readonly #recordings = new Map<string, EngineRecording>();
  /** How many legs of a worker hear a leg of another: key "legId>workerIndex". */
  readonly #subscriptions = new Map<string, number>();
  readonly #audio = new Map<string, { readonly PCMU: Uint8Array; readonly PCMA: Uint8Array }>();
  readonly #listeners: ((event: MediaEvent) => void)[] = [];
  readonly #asked = new Map<number, Asked>();
  readonly #slots: Slot[] = [];
  readonly #sockets: SocketsChosen;
  /** By slot, for the engine's whole life: a worker that takes another's place is woken by the same one. */
  readonly #wakes: Wake[] = [];
  #handshake!: Worker;
  #recorder!: Worker;
  #recorderAsked = new Map<number, () => void>();
  #fingerprint!: Promise<string>;
  #nextNumber = 1;
  #nextRequest = 1;
  #closing: Promise<void> | null = null;

  constructor(options: MediaEngineOptions) {
    this.#options = options;
    this.#sockets = chooseSockets(options.sockets ?? "auto");
    const { kind } = this.#sockets;
    this.#log("info", "media sockets", { sockets: kind, reason: this.#sockets.kind === "dgram" ? this.#sockets.reason : "tried out" });
    this.#startHandshake();
    this.#startRecorder();
    for (let index = 0; index < (options.workers ?? 1); index += 1) this.#startMediaWorker(index);
  }

  async openPlainLeg(leg: PlainLegOptions): Promise<PlainLegOpened> {
    const { legId, remote, mediaTimeoutMs } = leg;
    const opened = this.#register(legId, remote?.codec ?? null, leg.nearLegId ?? null);
    const value = await this.#open(legId, opened, (request) => ({
      kind: "openPlain",
      request,
      legId,
      number: opened.number,
      bindAddress: this.#bindAddress(leg.bindAddress),
      remote,
      mediaTimeoutMs,
    }));
    return { port: (value as PlainLegOpened).port };
  }

  updatePlainLeg(legId: string, remote: PlainRemote | null): void {
    const leg = this.#legs.get(legId);
    if (leg === undefined) return;
    if (remote !== null) leg.codec = remote.codec;
    this.#toLeg(leg, { kind: "updatePlain", legId, remote });
  }

  async openWebrtcLeg(leg: WebrtcLegOptions): Promise<WebrtcLegOpened> {
    const { legId, remote, mediaTimeoutMs } = leg;
    const opened = this.#register(legId, remote?.codec ?? null, leg.nearLegId ?? null);
    const value = await this.#open(legId, opened, (request) => ({
      kind: "openWebrtc",
      request,
      legId,
      number: opened.number,
      bindAddress: this.#bindAddress(leg.bindAddress),
      sources: leg.sources ?? null,
      remote,
      mediaTimeoutMs,
    }));
    return { ...(value as WebrtcOpenedInWorker), fingerprint: await this.#fingerprint };
  }

  updateWebrtcLeg(legId: string, remote: WebrtcRemote): void {
    const leg = this.#legs.get(legId);
    if (leg === undefined) return;
    leg.codec = remote.codec;
    this.#toLeg(leg, { kind: "updateWebrtc", legId, remote });
  }

  closeLeg(legId: string): void {
    const leg = this.#legs.get(legId);
    if (leg === undefined) return;
    this.#subscribe(leg, []);
    this.#toLeg(leg, { kind: "closeLeg", legId });
    this.#forget(legId);
  }

  setPath(legId: string, path: LegPath): void {
    const leg = this.#legs.get(legId);
    if (leg === undefined) return;
    const hears = heardBy(legId, path).filter((voice) => this.#legs.has(voice));
    this.#subscribe(leg, hears);
    this.#toLeg(leg, { kind: "setPath", legId, path: this.#workerPath(path, hears) });
  }

  setMuted(legId: string, muted: boolean): void {
    const leg = this.#legs.get(legId);
    if (leg !== undefined) this.#toLeg(leg, { kind: "setMuted", legId, muted });
  }

  setWanted(legId: string, wanted: boolean): void {
    const leg = this.#legs.get(legId);
    if (leg !== undefined) this.#toLeg(leg, { kind: "setWanted", legId, wanted });
  }

  setMasked(legId: string, masked: boolean): void {
    const leg = this.#legs.get(legId);
    if (leg !== undefined) this.#toLeg(leg, { kind: "setMasked", legId, masked });
  }

  sendDigits(legId: string, digits: string, pace: DigitPace = {}): void {
    const leg = this.#legs.get(legId);
    if (leg !== undefined) this.#toLeg(leg, { kind: "sendDigits", legId, digits, pace });
  }

  startRecording(options: RecordingOptions): void {
    if (this.#recordings.has(options.recordingId)) return;
    const startedAt = this.#options.clock.now();
    const recording: EngineRecording = {
      recordingId: options.recordingId,
      number: this.#nextNumber++,
      startedAt,
      // Where both sides speak one law the recording is exactly what they sent.
      codec: this.#codecOf([...legsOfSide(options.left), ...legsOfSide(options.right)]) ?? "PCMU",
      legs: { left: [], right: [] },
    };
    this.#recordings.set(options.recordingId, recording);
    const { recordingId, key, filePath } = options;
    this.#toRecorder({ kind: "start", recordingNumber: recording.number, recordingId, filePath, key, codec: recording.codec, startedAt });
    this.setRecordingLegs(recordingId, options);
  }

  setRecordingLegs(recordingId: string, legs: RecordingLegs): void {
    const recording = this.#recordings.get(recordingId);
    if (recording === undefined) return;
    for (const side of ["left", "right"] as const) this.#setSide(recording, side, legsOfSide(legs[side]));
  }

  stopRecording(recordingId: string): void {
    const recording = this.#recordings.get(recordingId);
    if (recording === undefined) return;
    this.#recordings.delete(recordingId);
    const workers: number[] = [];
    for (const slot of this.#slots) {
      if (!slot.alive) continue;
      workers.push(slot.index);
      this.#toWorker(slot.index, { kind: "flushRecording", recordingNumber: recording.number });
    }
    this.#toRecorder({ kind: "stop", recordingNumber: recording.number, endedAt: this.#options.clock.now(), workers });
  }

  setAudio(audioId: string, samples: Int16Array): void {
    const audio = { PCMU: sharedBytes(samples.length), PCMA: sharedBytes(samples.length) };
    encodeG711("PCMU", samples, audio.PCMU);
    encodeG711("PCMA", samples, audio.PCMA);
    this.#audio.set(audioId, audio);
    for (const slot of this.#slots) this.#toWorker(slot.index, { kind: "setAudio", audioId, audio });
  }

  removeAudio(audioId: string): void {
    this.#audio.delete(audioId);
    for (const slot of this.#slots) this.#toWorker(slot.index, { kind: "setAudio", audioId, audio: null });
  }

  async legFigures(legId: string): Promise<LegFigures | null> {
    const leg = this.#legs.get(legId);
    if (leg === undefined) return null;
    const reply = await this.#ask(leg.workerIndex, (request) => ({ kind: "figures", request, legId }));
    return reply.ok ? (reply.value as LegFigures | null) : null;
  }

  onEvent(listener: (event: MediaEvent) => void): void {
    this.#listeners.push(listener);
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  /** The thread of a media worker, for tests that end one. */
  workerThread(index: number): Worker | undefined {
    return this.#slots[index]?.worker;
  }

  /** The recorder's thread, for the same. */
  recorderThread(): Worker {
    return this.#recorder;
  }

  /** Which worker owns a leg. */
  workerOfLeg(legId: string): number | null {
    return this.#legs.get(legId)?.workerIndex ?? null;
  }

  async #closeAll(): Promise<void> {
    for (const recordingId of this.#recordings.keys()) this.stopRecording(recordingId);
    const alive = this.#slots.filter((slot) => slot.alive);
    await withTimeout(Promise.all(alive.map((slot) => this.#ask(slot.index, (request) => ({ kind: "close", request })))), CLOSE_TIMEOUT_MS);
    const recorderDone = new Promise<void>((resolve) => {
      const request = this.#nextRequest++;
      this.#recorderAsked.set(request, resolve);
      this.#toRecorder({ kind: "close", request });
    });
    await withTimeout(recorderDone, CLOSE_TIMEOUT_MS);
    this.#legs.clear();
    // Node aborts the whole process where a thread is ended that still makes a key.
    await withTimeout(
      this.#fingerprint.catch(() => undefined),
      CLOSE_TIMEOUT_MS,
    );
    await Promise.all([...this.#slots.map((slot) => slot.worker.terminate()), this.#handshake.terminate(), this.#recorder.terminate()]);
    for (const slot of this.#slots) this.#closeDescriptors(slot.descriptors.takeAll());
    this.#closeDescriptors(this.#wakes.map((wake) => wake.fd));
  }

  #bindAddress(address: string): string {
    return address !== "" ? address : (this.#options.bindAddress ?? "127.0.0.1");
  }

  #register(legId: string, codec: Codec | null, nearLegId: string | null): EngineLeg {
    if (this.#closing !== null) throw new Error("the media engine is closed");
    if (this.#legs.has(legId)) throw new Error(`a leg ${legId} is open already`);
    const near = nearLegId === null ? undefined : this.#legs.get(nearLegId);
    const leg: EngineLeg = {
      number: this.#nextNumber++,
      workerIndex: near?.workerIndex ?? this.#leastLoadedWorker(),
      codec,
      hears: [],
      waiting: [],
    };
    this.#legs.set(legId, leg);
    return leg;
  }

  #leastLoadedWorker(): number {
    const load = this.#slots.map(() => 0);
    for (const leg of this.#legs.values()) load[leg.workerIndex] = (load[leg.workerIndex] ?? 0) + 1;
    return load.indexOf(Math.min(...load));
  }

  async #open(
    legId: string,
    leg: EngineLeg,
    messageOf: (request: number) => ToMediaWorker,
  ): Promise<(WorkerReply & { ok: true })["value"]> {
    const reply = await this.#ask(leg.workerIndex, messageOf);
    if (!reply.ok) {
      if (this.#legs.get(legId) === leg) this.#forget(legId);
      throw new Error(`media leg was not opened: ${reply.message}`);
    }
    const waiting = leg.waiting ?? [];
    leg.waiting = null;
    for (const message of waiting) this.#toWorker(leg.workerIndex, message);
    return reply.value;
  }

  #forget(legId: string): void {
    this.#legs.delete(legId);
    for (const recording of this.#recordings.values()) {
      for (const side of ["left", "right"] as const) recording.legs[side] = recording.legs[side].filter((known) => known !== legId);
    }
  }

  #codecOf(legIds: readonly string[]): Codec | null {
    for (const legId of legIds) {
      const codec = this.#legs.get(legId)?.codec ?? null;
      if (codec !== null) return codec;
    }
    return null;
  }

  #setSide(recording: EngineRecording, side: RecordingSide, legIds: readonly string[]): void {
    const { number, codec, startedAt } = recording;
    const before = recording.legs[side];
    const after = legIds.filter((legId) => this.#legs.has(legId));
    recording.legs[side] = after;
    for (const legId of before) {
      const leg = this.#legs.get(legId);
      if (leg !== undefined && !after.includes(legId)) this.#toLeg(leg, { kind: "untap", legId, recordingNumber: number, side });
    }
    for (const legId of after) {
      const leg = this.#legs.get(legId);
      if (leg !== undefined && !before.includes(legId))
        this.#toLeg(leg, { kind: "tap", legId, recordingNumber: number, side, codec, startedAt });
    }
  }

  /** A voice that has gone is heard as silence. */
  #workerPath(path: LegPath, hears: readonly string[]): WorkerPath {
    if (path.kind !== "bridge" && path.kind !== "mix") return path;
    const voices = hears.flatMap((legId) => this.#legs.get(legId)?.number ?? []);
    const over = path.kind === "mix" ? (path.over ?? null) : null;
    const [only] = voices;
    if (over !== null || voices.length > 1) return { kind: "mix", voices, over };
    return only === undefined ? { kind: "silence" } : { kind: "bridge", peerNumber: only };
  }

  /** The listener hears these legs from now on: their workers are asked for what it did not hear before. */
  #subscribe(listener: EngineLeg, hears: readonly string[]): void {
    const before = listener.hears;
    listener.hears = hears;
    for (const legId of hears) if (!before.includes(legId)) this.#subscriptionChanged(legId, listener.workerIndex, true);
    for (const legId of before) if (!hears.includes(legId)) this.#subscriptionChanged(legId, listener.workerIndex, false);
  }

  #subscriptionChanged(legId: string, workerIndex: number, wanted: boolean): void {
    const key = `${legId}>${workerIndex}`;
    const before = this.#subscriptions.get(key) ?? 0;
    const peer = this.#legs.get(legId);
    if (wanted ? peer === undefined || peer.workerIndex === workerIndex : before === 0) return;
    const count = before + (wanted ? 1 : -1);
    if (count === 0) this.#subscriptions.delete(key);
    else this.#subscriptions.set(key, count);
    if (peer !== undefined && (before === 0 || count === 0)) this.#toLeg(peer, { kind: "subscribe", legId, workerIndex, wanted });
  }

  #toLeg(leg: EngineLeg, message: ToMediaWorker): void {
    if (leg.waiting === null) this.#toWorker(leg.workerIndex, message);
    else leg.waiting.push(message);
  }

  #toWorker(index: number, message: ToMediaWorker, transfer: MessagePort[] = []): void {
    const slot = this.#slots[index];
    if (slot?.alive !== true) return;
    if (slot.outbox.push(message) === 1) queueMicrotask(() => this.#send(slot));
    if (transfer.length > 0) this.#send(slot, transfer);
  }

  #send(slot: Slot, transfer: MessagePort[] = []): void {
    const messages = slot.outbox;
    if (messages.length === 0 || !slot.alive) return;
    slot.outbox = [];
    slot.worker.postMessage(messages, transfer);
    const wake = this.#wakes[slot.index];
    if (wake !== undefined) wakeUp(wake);
  }

  #ask(workerIndex: number, messageOf: (request: number) => ToMediaWorker): Promise<WorkerReply> {
    const request = this.#nextRequest++;
    return new Promise((answer) => {
      this.#asked.set(request, { workerIndex, answer });
      this.#toWorker(workerIndex, messageOf(request));
    });
  }

  #toRecorder(message: ToRecorder, transfer: MessagePort[] = []): void {
    this.#recorder.postMessage(message, transfer);
  }

  #emit(event: MediaEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #log(level: MediaEngineLog["level"], message: string, fields: Readonly<Record<string, unknown>>): void {
    this.#options.onLog?.({ level, message, fields });
  }

  #startMediaWorker(index: number): void {
    const handshake = new MessageChannel();
    const recorder = new MessageChannel();
    const descriptors = new OpenDescriptors();
    const wake = this.#wakeOf(index);
    const data: MediaWorkerData = {
      role: "media",
      index,
      clock: clockBaseOf(this.#options.clock),
      rtpPorts: this.#options.rtpPorts ?? "ephemeral",
      handshakePort: handshake.port1,
      recorderPort: recorder.port1,
      loop: wake === null ? null : { wake, descriptors: descriptors.memory },
    };
    const worker = startThread("media-worker", data, [handshake.port1, recorder.port1]);
    this.#connectHandshake(index, handshake.port2);
    this.#toRecorder({ kind: "mediaPort", workerIndex: index, port: recorder.port2 }, [recorder.port2]);
    const slot: Slot = { index, worker, descriptors, alive: true, outbox: [] };
    this.#slots[index] = slot;
    for (const other of this.#slots) {
      if (other.index === index || !other.alive) continue;
      this.#connectPeers(index, other.index);
    }
    for (const [audioId, audio] of this.#audio) this.#toWorker(index, { kind: "setAudio", audioId, audio });
    worker.on("message", (messages: readonly FromMediaWorker[]) => {
      for (const message of messages) this.#fromWorker(index, message);
    });
    worker.on("error", (error) => this.#log("error", "media worker failed", { index, error: String(error) }));
    worker.on("exit", () => this.#workerEnded(slot));
  }

  /** The eventfd by which the worker of a slot is woken; null where workers run on Node's sockets. */
  #wakeOf(index: number): Wake | null {
    if (this.#sockets.kind === "dgram") return null;
    const known = this.#wakes[index];
    if (known !== undefined) return known;
    const fd = this.#sockets.libc.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (fd < 0) throw new Error("no descriptor is left for a media worker");
    return (this.#wakes[index] = createWake(fd));
  }

  #connectPeers(a: number, b: number): void {
    const [wakeA, wakeB] = [this.#wakeOf(a), this.#wakeOf(b)];
    if (wakeA === null || wakeB === null) {
      const { port1, port2 } = new MessageChannel();
      this.#toWorker(a, { kind: "peer", index: b, link: { kind: "port", port: port1 } }, [port1]);
      return this.#toWorker(b, { kind: "peer", index: a, link: { kind: "port", port: port2 } }, [port2]);
    }
    const [fromA, fromB] = [createRingMemory(), createRingMemory()];
    this.#toWorker(a, { kind: "peer", index: b, link: { kind: "rings", out: fromA, in: fromB, wake: wakeB } });
    this.#toWorker(b, { kind: "peer", index: a, link: { kind: "rings", out: fromB, in: fromA, wake: wakeA } });
  }

  /** What a thread left open that has ended: nobody else knows of it. */
  #closeDescriptors(fds: readonly number[]): void {
    if (this.#sockets.kind === "ffi") for (const fd of fds) this.#sockets.libc.close(fd);
  }

  #fromWorker(index: number, message: FromMediaWorker): void {
    switch (message.kind) {
      case "reply": {
        const asked = this.#asked.get(message.request);
        this.#asked.delete(message.request);
        asked?.answer(message.reply);
        return;
      }
      case "event":
        return this.#emit(message.event);
      case "lateTicks":
        return this.#log("warn", "media ticks were late", { worker: index, count: message.count, skipped: message.skipped });
      case "relayDropped":
        return this.#log("warn", "packets between media workers were dropped", { worker: index, dropped: message.count });
    }
  }

  #workerEnded(slot: Slot): void {
    slot.alive = false;
    this.#closeDescriptors(slot.descriptors.takeAll());
    for (const [request, asked] of this.#asked) {
      if (asked.workerIndex !== slot.index) continue;
      this.#asked.delete(request);
      asked.answer({ ok: false, message: "the media worker ended" });
    }
    if (this.#closing !== null) return;
    const legIds = [...this.#legs].filter(([, leg]) => leg.workerIndex === slot.index).map(([legId]) => legId);
    for (const legId of legIds) {
      const leg = this.#legs.get(legId);
      if (leg !== undefined) this.#subscribe(leg, []);
    }
    for (const legId of legIds) this.#forget(legId);
    this.#toRecorder({ kind: "workerGone", workerIndex: slot.index });
    this.#startMediaWorker(slot.index);
    // Recordings are written by their own thread: they live on, without the sides that are gone.
    this.#emit({ kind: "workerDied", at: this.#options.clock.now(), legIds, recordingIds: [] });
  }

  #connectHandshake(workerIndex: number, port: MessagePort): void {
    const message: ToHandshakeFromEngine = { kind: "mediaPort", workerIndex, port, wake: this.#wakes[workerIndex] ?? null };
    this.#handshake.postMessage(message, [port]);
  }

  #startHandshake(): void {
    const data: HandshakeWorkerData = { role: "handshake" };
    const worker = startThread("handshake-worker", data, []);
    this.#handshake = worker;
    this.#fingerprint = new Promise((resolve, reject) => {
      worker.on("message", (message: FromHandshakeToEngine) => resolve(message.fingerprint));
      worker.on("exit", () => reject(new Error("the handshake worker ended before it had a certificate")));
    });
    // Whoever opens a browser's leg sees the failure; without one nobody has to.
    this.#fingerprint.catch(() => undefined);
    worker.on("error", (error) => this.#log("error", "handshake worker failed", { error: String(error) }));
    worker.on("exit", () => {
      if (this.#closing === null) this.#handshakeEnded();
    });
  }

  /** A new certificate and new ports: browsers that were shaking hands time out, those that talk keep their keys. */
  #handshakeEnded(): void {
    this.#startHandshake();
    for (const slot of this.#slots) {
      const channel = new MessageChannel();
      this.#toWorker(slot.index, { kind: "handshakePort", port: channel.port1 }, [channel.port1]);
      this.#connectHandshake(slot.index, channel.port2);
    }
  }

  #startRecorder(): void {
    const data: RecorderWorkerData = { role: "recorder", clock: clockBaseOf(this.#options.clock) };
    const worker = startThread("recorder-worker", data, []);
    this.#recorder = worker;
    worker.on("message", (message: FromRecorder) => {
      if (message.kind === "event") return this.#emit(message.event);
      this.#recorderAsked.get(message.request)?.();
      this.#recorderAsked.delete(message.request);
    });
    worker.on("error", (error) => this.#log("error", "recorder failed", { error: String(error) }));
    worker.on("exit", () => {
      if (this.#closing === null) this.#recorderEnded();
    });
  }

  /** What was written stays readable up to its last whole chunk; what runs is told to be lost. */
  #recorderEnded(): void {
    const lost = [...this.#recordings.values()];
    this.#recordings.clear();
    this.#startRecorder();
    for (const slot of this.#slots) {
      const channel = new MessageChannel();
      this.#toWorker(slot.index, { kind: "recorderPort", port: channel.port1 }, [channel.port1]);
      this.#toRecorder({ kind: "mediaPort", workerIndex: slot.index, port: channel.port2 }, [channel.port2]);
    }
    const at = this.#options.clock.now();
    for (const { recordingId } of lost) this.#emit({ kind: "recordingFailed", recordingId, at, reason: "the recorder ended" });
  }
}

/** Whom a leg hears on a path: each once, and never itself. */
function heardBy(legId: string, path: LegPath): readonly string[] {
  if (path.kind === "bridge") return [path.peerLegId];
  if (path.kind !== "mix") return [];
  return [...new Set(path.voices.map((voice) => voice.legId))].filter((voice) => voice !== legId);
}

function legsOfSide(side: RecordedSide): readonly string[] {
  if (side === null) return [];
  return typeof side === "string" ? [side] : [...new Set(side)];
}

function sharedBytes(length: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(length));
}

async function withTimeout(promise: Promise<unknown>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  await Promise.race([promise, timeout]);
  clearTimeout(timer);
}
