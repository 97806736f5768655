import { randomBytes, randomInt } from "node:crypto";
import type { Instant } from "@allo/kernel";
import type { Codec, LegFigures, MediaEvent, PlainLegOpened, PlainRemote, Sequence, WebrtcRemote } from "@allo/media";
import {
  DtmfDetector,
  encodeG711,
  fillDtmf,
  FRAME_MS,
  FRAME_SAMPLES,
  isSpeechLoud,
  Mixer,
  SAMPLE_RATE,
  SequencePlayer,
  SILENCE_BYTE,
  SpeechMeter,
  STATIC_PAYLOAD_TYPE,
  transcodeTable,
} from "@allo/media";
import type { DigitPace, DigitStep, RtpHeader } from "@allo/rtp";
import {
  buildRtcp,
  createRtpHeader,
  DigitSender,
  digitOfEvent,
  FarEndStats,
  parseRtcp,
  parseRtpInto,
  parseTelephoneEvent,
  RTCP_INTERVAL_MS,
  RTP_HEADER_BYTES,
  RTP_PACKET_BYTES_MAX,
  RtpOutStream,
  RtpReceiveStats,
  TELEPHONE_EVENT_BYTES,
  TelephoneEventDetector,
  writeRtpHeader,
  writeTelephoneEvent,
} from "@allo/rtp";
import { KeyMask } from "./key-mask.ts";
import type { LegTransport, MediaLeg } from "./media-leg.ts";
import type { MediaSockets, RtpPorts } from "./media-socket.ts";
import { PacketPacker, type AudioPiece } from "./packet-packer.ts";
import type { PlainTransport } from "./plain-transport.ts";
import { openPlainTransport } from "./plain-transport.ts";
import { RecordingTap } from "./recording-tap.ts";
import type { WebrtcTransport } from "./webrtc-transport.ts";
import { openWebrtcTransport } from "./webrtc-transport.ts";
import type {
  EncodedAudioMessage,
  FromHandshake,
  RecordingPiece,
  RecordingSide,
  ToHandshake,
  WebrtcOpenedInWorker,
  WorkerPath,
} from "./worker-messages.ts";

/** A bridged peer silent for so long is filled with silence, so that the listener's own clocks and NATs stay awake. */
const COMFORT_AFTER_MS = 100;
/** Ticks later than this are not caught up: nobody wants to hear a prompt five times as fast. */
const CATCH_UP_TICKS_MAX = 10;
const HOUSEKEEPING_TICKS = 5;
/** Late ticks are summed up and told once in so many ticks (10 s). */
const LATE_REPORT_TICKS = 500;
/** Behind a packet, for what a transport appends. */
const ROOM_BYTES = 64;
const SEND_BUFFER_BYTES = RTP_PACKET_BYTES_MAX + ROOM_BYTES;
/** Payloads longer than this are no G.711 of ours (100 ms). */
const PAYLOAD_BYTES_MAX = 800;
/** Speech that was heard a moment ago is still being heard. */
const SPEECH_HOLD_MS = 60;
const KEY_VOLUME_DBM0 = 10;
/** How telephone-events are named between workers. */
const INTERNAL_EVENT_PAYLOAD_TYPE = 127;
/** The source number of what the room itself plays. Legs are numbered from 1. */
const OWN_SOURCE = 0;

type PacketKind = Codec | "event";
type Relayed = {
  readonly source: number;
  readonly kind: PacketKind;
  readonly header: RtpHeader;
  readonly bytes: Uint8Array;
  readonly at: Instant;
  readonly isSpeech: boolean;
};

export type MediaRoomDeps = {
  readonly now: () => Instant;
  readonly sockets: MediaSockets;
  readonly rtpPorts: RtpPorts;
  readonly postEvent: (event: MediaEvent) => void;
  readonly postRelay: (workerIndex: number, bytes: Uint8Array) => void;
  readonly postPiece: (piece: RecordingPiece, transfer: readonly ArrayBuffer[]) => void;
  readonly postHandshake: (message: ToHandshake) => void;
  readonly onLateTicks: (count: number, skipped: number) => void;
};

/** All legs of one worker: packets in, 20 ms ticks in, packets out. */
export class MediaRoom {
  readonly #deps: MediaRoomDeps;
  readonly #legs = new Map<string, MediaLeg>();
  readonly #legsByNumber = new Map<number, MediaLeg>();
  readonly #transports = new Map<string, PlainTransport | WebrtcTransport>();
  /** Who hears a leg, by the number of the leg that is heard; it may live in another worker. */
  readonly #listeners = new Map<number, Set<MediaLeg>>();
  readonly #mixer = new Mixer();
  readonly #overFrame = new Uint8Array(FRAME_SAMPLES);
  readonly #packedFrame = new Uint8Array(FRAME_SAMPLES);
  readonly #toneFrame = new Int16Array(FRAME_SAMPLES);
  /** Keys that parties of mixes press, by voice. */
  readonly #mixedKeys = new Map<number, TelephoneEventDetector>();
  readonly #audio = new Map<string, EncodedAudioMessage>();
  readonly #sendBuffers: readonly Uint8Array[];
  readonly #relayHeader = createRtpHeader();
  #nextBuffer = 0;
  #nextTickAt: Instant;
  #ticks = 0;
  #lateTicks = 0;
  #skippedTicks = 0;

  constructor(deps: MediaRoomDeps) {
    this.#deps = deps;
    this.#sendBuffers = deps.sockets.createSendBuffers(SEND_BUFFER_BYTES);
    this.#nextTickAt = deps.now() + FRAME_MS;
  }

  async openPlain(options: {
    readonly legId: string;
    readonly number: number;
    readonly bindAddress: string;
    readonly remote: PlainRemote | null;
    readonly mediaTimeoutMs: number | null;
  }): Promise<PlainLegOpened> {
    const cell: { leg: MediaLeg | null } = { leg: null };
    const transport = await openPlainTransport({
      sockets: this.#deps.sockets,
      bindAddress: options.bindAddress,
      ports: this.#deps.rtpPorts,
      now: this.#deps.now,
      onRtp: (header, bytes, at) => cell.leg && this.#received(cell.leg, header, bytes, at),
      onRtcp: (bytes, at) => cell.leg && this.#reported(cell.leg, bytes, at),
    });
    transport.setRemote(options.remote);
    cell.leg = this.#add(options, transport, randomBytes(4).readUInt32BE());
    return { port: transport.port };
  }

  async openWebrtc(options: {
    readonly legId: string;
    readonly number: number;
    readonly bindAddress: string;
    readonly sources: readonly string[] | null;
    readonly remote: WebrtcRemote | null;
    readonly mediaTimeoutMs: number | null;
  }): Promise<WebrtcOpenedInWorker> {
    const cell: { leg: MediaLeg | null } = { leg: null };
    const ssrc = randomBytes(4).readUInt32BE();
    const transport = await openWebrtcTransport({
      legId: options.legId,
      number: options.number,
      bindAddress: options.bindAddress,
      sources: options.sources,
      sockets: this.#deps.sockets,
      ports: this.#deps.rtpPorts,
      remote: options.remote,
      now: this.#deps.now,
      postHandshake: this.#deps.postHandshake,
      onEvent: this.#deps.postEvent,
      onRtp: (header, bytes, at) => cell.leg && this.#received(cell.leg, header, bytes, at),
      onRtcp: (bytes, at) => cell.leg && this.#reported(cell.leg, bytes, at),
    });
    cell.leg = this.#add(options, transport, ssrc);
    return { port: transport.port, iceUfrag: transport.iceUfrag, icePwd: transport.icePwd, ssrc };
  }

  updatePlain(legId: string, remote: PlainRemote | null): void {
    const transport = this.#transports.get(legId);
    if (transport?.kind === "plain") transport.setRemote(remote);
  }

  updateWebrtc(legId: string, remote: WebrtcRemote): void {
    const transport = this.#transports.get(legId);
    if (transport?.kind === "webrtc") transport.setRemote(remote);
  }

  closeLeg(legId: string): void {
    const leg = this.#legs.get(legId);
    if (leg === undefined) return;
    this.#endSequence(leg);
    this.#stopListening(leg);
    for (const tap of leg.taps) tap.flush();
    if (leg.transport.ready) this.#sendReport(leg, this.#deps.now(), true);
    this.#legs.delete(legId);
    this.#legsByNumber.delete(leg.number);
    this.#transports.delete(legId);
    leg.transport.close();
  }

  setPath(legId: string, path: WorkerPath): void {
    const leg = this.#legs.get(legId);
    if (leg === undefined) return;
    if (path.kind === "bridge" && leg.path.kind === "bridge" && leg.path.peerNumber === path.peerNumber) return;
    this.#endSequence(leg);
    // Voices that are heard before and after go on in their buffers.
    if (path.kind === "mix") this.#mixer.listen(leg.number, path.voices);
    this.#stopListening(leg, path.kind);
    switch (path.kind) {
      case "silence":
        leg.path = { kind: "silence" };
        return;
      case "sequence":
        leg.path = { kind: "sequence", player: this.#playerOf(path) };
        return;
      case "bridge":
        return this.#bridge(leg, path.peerNumber);
      case "mix":
        leg.path = { kind: "mix", voices: path.voices, over: path.over === null ? null : this.#playerOf(path.over) };
        return;
    }
  }

  setMuted(legId: string, muted: boolean): void {
    const leg = this.#legs.get(legId);
    if (leg !== undefined) leg.muted = muted;
  }

  setWanted(legId: string, wanted: boolean): void {
    const leg = this.#legs.get(legId);
    if (leg === undefined || leg.wanted === wanted) return;
    leg.wanted = wanted;
    leg.packer?.clear();
  }

  setMasked(legId: string, masked: boolean): void {
    const leg = this.#legs.get(legId);
    if (leg === undefined || masked === (leg.mask !== null)) return;
    if (masked) {
      leg.tones ??= new DtmfDetector();
      leg.mask = new KeyMask(leg.tones);
      return;
    }
    const held = leg.mask?.drain() ?? [];
    leg.mask = null;
    for (const { codec, header, bytes, at } of held) this.#said(leg, codec, header, bytes, at);
  }

  sendDigits(legId: string, digits: string, pace: DigitPace): void {
    const leg = this.#legs.get(legId);
    if (leg !== undefined) this.#press(leg, digits, pace);
  }

  /** The handshake worker's answer for a browser's leg. */
  handshakeSaid(message: FromHandshake): void {
    const leg = this.#legsByNumber.get(message.number);
    const transport = leg === undefined ? undefined : this.#transports.get(leg.legId);
    if (transport?.kind === "webrtc") transport.handshakeSaid(message);
  }

  /** Another worker wants what this leg says, or no longer. */
  subscribe(legId: string, workerIndex: number, wanted: boolean): void {
    const leg = this.#legs.get(legId);
    if (wanted) leg?.subscribers.add(workerIndex);
    else leg?.subscribers.delete(workerIndex);
  }

  setAudio(audioId: string, audio: EncodedAudioMessage | null): void {
    if (audio === null) this.#audio.delete(audioId);
    else this.#audio.set(audioId, audio);
  }

  tap(options: {
    readonly legId: string;
    readonly recordingNumber: number;
    readonly side: RecordingSide;
    readonly codec: Codec;
    readonly startedAt: Instant;
  }): void {
    const leg = this.#legs.get(options.legId);
    if (leg === undefined) return;
    const { recordingNumber, side, codec, startedAt } = options;
    const tap = new RecordingTap({ recordingNumber, side, codec, startedAt, at: this.#deps.now(), send: this.#deps.postPiece });
    leg.taps = [...leg.taps, tap];
  }

  untap(options: { readonly legId: string; readonly recordingNumber: number; readonly side: RecordingSide }): void {
    const leg = this.#legs.get(options.legId);
    if (leg === undefined) return;
    const ended = leg.taps.filter((tap) => tap.recordingNumber === options.recordingNumber && tap.side === options.side);
    leg.taps = leg.taps.filter((tap) => !ended.includes(tap));
    for (const tap of ended) tap.flush();
  }

  /** Gives the recorder all that is left of a recording that ends. */
  flushRecording(recordingNumber: number): void {
    for (const leg of this.#legs.values()) {
      const ended = leg.taps.filter((tap) => tap.recordingNumber === recordingNumber);
      if (ended.length === 0) continue;
      leg.taps = leg.taps.filter((tap) => tap.recordingNumber !== recordingNumber);
      for (const tap of ended) tap.flush();
    }
    this.#deps.postPiece({ kind: "flushed", recordingNumber }, []);
  }

  figures(legId: string): LegFigures | null {
    const leg = this.#legs.get(legId);
    if (leg === undefined) return null;
    return {
      packetsReceived: leg.stats.packetsReceived,
      packetsSent: leg.out.packetsSent,
      packetsLost: Math.max(0, leg.stats.packetsLost),
      jitterMs: leg.stats.jitterMs,
      lastPacketAt: roundInstant(leg.stats.lastPacketAt),
      farEnd: leg.farEnd.packetsLost === null ? null : { packetsLost: leg.farEnd.packetsLost, jitterMs: leg.farEnd.jitterMs },
      roundTripMs: leg.farEnd.roundTripMs,
      speech: leg.meter.counters(),
    };
  }

  closeAll(): void {
    for (const legId of this.#legs.keys()) this.closeLeg(legId);
  }

  /** Does the ticks that are due and says in how many milliseconds the next one is. */
  runDueTicks(): number {
    const now = this.#deps.now();
    const due = Math.floor((now - this.#nextTickAt) / FRAME_MS) + 1;
    if (due > 0) {
      const skipped = Math.max(0, due - CATCH_UP_TICKS_MAX);
      this.#lateTicks += due - 1;
      this.#skippedTicks += skipped;
      this.#nextTickAt += due * FRAME_MS;
      for (let i = skipped; i < due; i += 1) this.#tick(now);
    }
    return Math.max(0, this.#nextTickAt - this.#deps.now());
  }

  /** A packet of a leg in another worker: source number, then RTP with our internal payload types. */
  relayed(message: Uint8Array): void {
    const source = new DataView(message.buffer, message.byteOffset).getUint32(0);
    const bytes = message.subarray(4);
    const header = this.#relayHeader;
    if (parseRtpInto(header, bytes) !== null) return;
    const kind =
      header.payloadType === INTERNAL_EVENT_PAYLOAD_TYPE ? "event" : header.payloadType === STATIC_PAYLOAD_TYPE.PCMU ? "PCMU" : "PCMA";
    const isSpeech = kind !== "event" && isSpeechLoud(kind, bytes, header.payloadStart, header.payloadEnd);
    const packet: Relayed = { source, kind, header, bytes, at: this.#deps.now(), isSpeech };
    this.#hear(packet);
  }

  #add(
    options: { readonly legId: string; readonly number: number; readonly mediaTimeoutMs: number | null },
    transport: PlainTransport | WebrtcTransport,
    ssrc: number,
  ): MediaLeg {
    const now = this.#deps.now();
    const leg: MediaLeg = {
      legId: options.legId,
      number: options.number,
      transport,
      out: new RtpOutStream({
        ssrc,
        firstSequence: randomInt(0x8000),
        firstTimestamp: randomBytes(4).readUInt32BE(),
        clockRate: SAMPLE_RATE,
      }),
      stats: new RtpReceiveStats(SAMPLE_RATE),
      farEnd: new FarEndStats(SAMPLE_RATE),
      meter: new SpeechMeter(),
      hearsSpeechUntil: Number.NEGATIVE_INFINITY,
      detector: new TelephoneEventDetector(),
      mediaTimeoutMs: options.mediaTimeoutMs,
      openedAt: now,
      cname: randomBytes(12).toString("base64url"),
      path: { kind: "silence" },
      muted: false,
      wanted: true,
      mask: null,
      tones: null,
      keys: null,
      packer: null,
      relayedKeys: null,
      flowing: false,
      stopped: false,
      lastRelayedAt: Number.NEGATIVE_INFINITY,
      // Reports of legs opened together do not fall into one tick (RFC 3550 §6.3.5).
      nextRtcpAt: now + RTCP_INTERVAL_MS * (0.5 + randomInt(1_000) / 1_000),
      subscribers: new Set(),
      taps: [],
    };
    this.#legs.set(leg.legId, leg);
    this.#legsByNumber.set(leg.number, leg);
    this.#transports.set(leg.legId, transport);
    return leg;
  }

  #received(leg: MediaLeg, header: RtpHeader, bytes: Uint8Array, at: Instant): void {
    leg.stats.received(header, at);
    if (!leg.flowing) {
      leg.flowing = true;
      leg.stopped = false;
      this.#deps.postEvent({ kind: "mediaFlowing", legId: leg.legId, at: Math.round(at) });
    }
    const payloadBytes = header.payloadEnd - header.payloadStart;
    if (payloadBytes === 0 || payloadBytes > PAYLOAD_BYTES_MAX) return;
    const kind = this.#kindOf(leg.transport, header.payloadType);
    if (kind === null) return;
    if (kind === "event") this.#eventReceived(leg, header, bytes, at);
    const { mask } = leg;
    if (mask === null) {
      if (kind !== "event" && leg.transport.dtmfPayloadType === null && !leg.transport.keysElsewhere) {
        leg.tones ??= new DtmfDetector();
        this.#keyHeard(leg, leg.tones.received(kind, bytes, header.payloadStart, header.payloadEnd), at);
      }
      this.#said(leg, kind, header, bytes, at);
    } else if (kind === "event") mask.keyPressed(at);
    else {
      const { key, due } = mask.take(kind, header, bytes, at);
      this.#keyHeard(leg, key, at);
      for (const held of due) this.#said(leg, held.codec, held.header, held.bytes, held.at);
    }
  }

  /** Gives what a leg says, and may be heard, to the recordings and to all who hear it. */
  #said(leg: MediaLeg, kind: PacketKind, header: RtpHeader, bytes: Uint8Array, at: Instant): void {
    if (kind !== "event") {
      if (leg.muted) bytes.fill(SILENCE_BYTE[kind], header.payloadStart, header.payloadEnd);
      if (leg.path.kind === "bridge" || leg.path.kind === "mix")
        leg.meter.received(kind, bytes, header.payloadStart, header.payloadEnd, at < leg.hearsSpeechUntil);
      for (const tap of leg.taps) {
        tap.take({
          codec: kind,
          ssrc: header.ssrc,
          timestamp: header.timestamp,
          bytes,
          start: header.payloadStart,
          end: header.payloadEnd,
          at,
        });
      }
    }
    for (const workerIndex of leg.subscribers) this.#deps.postRelay(workerIndex, packetForWorker(leg.number, kind, header, bytes));
    this.#hear({ source: leg.number, kind, header, bytes, at, isSpeech: leg.meter.isSpeech });
  }

  /** Gives a packet to all who hear its source. */
  #hear(packet: Relayed): void {
    const { source, kind, header, bytes } = packet;
    // Before the relays: the last of them makes its packet where this one lies.
    if (kind === "event") this.#keyInMix(packet);
    else {
      const { ssrc, timestamp, payloadStart, payloadEnd } = header;
      if (packet.isSpeech) this.#speechInMix(source, packet.at);
      this.#mixer.put(source, { codec: kind, ssrc, timestamp, bytes, start: payloadStart, end: payloadEnd });
    }
    const listeners = this.#listeners.get(source);
    if (listeners === undefined) return;
    let left = listeners.size;
    for (const listener of listeners) {
      left -= 1;
      this.#relay(listener, packet, left === 0 ? "last" : "more");
    }
  }

  #speechInMix(source: number, at: Instant): void {
    for (const number of this.#mixer.listenersOf(source) ?? []) {
      const listener = this.#legsByNumber.get(number);
      if (listener !== undefined) listener.hearsSpeechUntil = at + SPEECH_HOLD_MS;
    }
  }

  /** Events cannot be summed: a key that a party presses is pressed anew towards each who hears it. */
  #keyInMix(packet: Relayed): void {
    const { source, header, bytes } = packet;
    const listeners = this.#mixer.listenersOf(source);
    if (listeners === undefined) return;
    const event = parseTelephoneEvent(bytes, header.payloadStart, header.payloadEnd);
    if (event === null) return;
    const detector = this.#mixedKeys.get(source) ?? new TelephoneEventDetector();
    this.#mixedKeys.set(source, detector);
    const digit = detector.received({ ssrc: header.ssrc, timestamp: header.timestamp, event });
    if (digit === null) return;
    for (const number of listeners) {
      const listener = this.#legsByNumber.get(number);
      if (listener !== undefined && !listener.transport.keysElsewhere) this.#press(listener, digit, {});
    }
  }

  /** A key that this listener can't be sent as it came: it has no events, or packets of another length. It is pressed anew. */
  #pressRelayed(listener: MediaLeg, { header, bytes }: Relayed): void {
    const event = parseTelephoneEvent(bytes, header.payloadStart, header.payloadEnd);
    if (event === null || listener.transport.keysElsewhere) return;
    listener.relayedKeys ??= new TelephoneEventDetector();
    const digit = listener.relayedKeys.received({ ssrc: header.ssrc, timestamp: header.timestamp, event });
    if (digit !== null) this.#press(listener, digit, {});
  }

  #kindOf(transport: LegTransport, payloadType: number): PacketKind | null {
    if (payloadType === transport.dtmfPayloadType) return "event";
    if (payloadType === STATIC_PAYLOAD_TYPE.PCMU) return "PCMU";
    if (payloadType === STATIC_PAYLOAD_TYPE.PCMA) return "PCMA";
    return payloadType === transport.payloadType ? transport.codec : null;
  }

  #eventReceived(leg: MediaLeg, header: RtpHeader, bytes: Uint8Array, at: Instant): void {
    const event = parseTelephoneEvent(bytes, header.payloadStart, header.payloadEnd);
    if (event === null) return;
    const digit = leg.detector.received({ ssrc: header.ssrc, timestamp: header.timestamp, event });
    if (digit === null) return;
    const durationMs = Math.round((event.duration * 1_000) / SAMPLE_RATE);
    this.#deps.postEvent({ kind: "digit", legId: leg.legId, at: Math.round(at), digit, durationMs });
  }

  /** A key by its tones. Who has events says keys by them; its tones are the same keys again. */
  #keyHeard(leg: MediaLeg, digit: string | null, at: Instant): void {
    if (digit !== null && leg.transport.dtmfPayloadType === null && !leg.transport.keysElsewhere)
      this.#deps.postEvent({ kind: "digit", legId: leg.legId, at: Math.round(at), digit, durationMs: FRAME_MS * 2 });
  }

  #press(leg: MediaLeg, digits: string, pace: DigitPace): void {
    leg.packer?.clear();
    leg.keys ??= new DigitSender({ ms: FRAME_MS, samples: FRAME_SAMPLES });
    leg.keys.press(digits, pace);
  }

  /** The last listener's packet is made where the received one lies, if it has the same form and there is room behind it. */
  #relay(listener: MediaLeg, packet: Relayed, turn: "last" | "more"): void {
    const { transport } = listener;
    const codec = transport.codec;
    if (codec === null || !transport.ready || !listener.wanted) return;
    const packer = this.#packerOf(listener, packet.header.payloadEnd - packet.header.payloadStart, packet.kind);
    const payloadType = packet.kind === "event" ? transport.dtmfPayloadType : transport.payloadType;
    if (packet.kind === "event" && (payloadType === null || packer !== null)) return this.#pressRelayed(listener, packet);
    if (listener.keys !== null || payloadType === null) return;
    // While a key is held nothing else is sent: the tick must not fill in between the packets of one event.
    listener.lastRelayedAt = packet.at;
    const { header, bytes } = packet;
    const table = packet.kind === "event" ? null : transcodeTable(packet.kind, codec);
    if (packer !== null) {
      const { ssrc, timestamp, payloadStart: start, payloadEnd: end } = header;
      return this.#pack(listener, packer, { source: packet.source, ssrc, timestamp, bytes, start, end, table }, packet.at);
    }
    const inPlace =
      turn === "last" && table === null && header.payloadStart === RTP_HEADER_BYTES && bytes.length >= header.payloadEnd + ROOM_BYTES;
    const buffer = inPlace ? bytes : this.#takeBuffer();
    if (!listener.out.writeRelayed(buffer, 0, { header, source: packet.source, payloadType, at: packet.at })) return;
    if (inPlace) return transport.sendRtp(bytes, header.payloadEnd);
    let length = RTP_HEADER_BYTES;
    if (table === null) {
      for (let i = header.payloadStart; i < header.payloadEnd; i += 1) buffer[length++] = bytes[i] as number;
    } else {
      for (let i = header.payloadStart; i < header.payloadEnd; i += 1) buffer[length++] = table[bytes[i] as number] as number;
    }
    transport.sendRtp(buffer, length);
  }

  /** What packs audio for this listener; null where it goes as it is. */
  #packerOf(listener: MediaLeg, samples: number, kind: PacketKind): PacketPacker | null {
    const { packetMs } = listener.transport;
    const { packer } = listener;
    if (packetMs === null) {
      if (packer !== null) listener.packer = null;
      return null;
    }
    const wanted = (packetMs * SAMPLE_RATE) / 1_000;
    if (packer !== null && packer.samples === wanted) return packer;
    if (packer === null && (samples === wanted || (kind === "event" && wanted === FRAME_SAMPLES))) return null;
    return (listener.packer = new PacketPacker(wanted));
  }

  #pack(leg: MediaLeg, packer: PacketPacker, piece: AudioPiece, at: Instant): void {
    const { transport } = leg;
    packer.put(piece, (bytes, length, source, gap) => {
      if (gap > 0) leg.out.pause(gap);
      const buffer = this.#takeBuffer();
      for (let i = 0; i < length; i += 1) buffer[RTP_HEADER_BYTES + i] = bytes[i] as number;
      leg.out.writeOwn(buffer, 0, { source, payloadType: transport.payloadType, at, samples: length });
      transport.sendRtp(buffer, RTP_HEADER_BYTES + length);
    });
  }

  /** Sends a frame of our own that lies in the buffer behind the place of its header. */
  #sendOwn(leg: MediaLeg, buffer: Uint8Array, at: Instant): void {
    if (!leg.wanted) return;
    const end = RTP_HEADER_BYTES + FRAME_SAMPLES;
    const packer = this.#packerOf(leg, FRAME_SAMPLES, "PCMA");
    if (packer !== null) {
      // The packets are made where the frame lies.
      const bytes = this.#packedFrame;
      bytes.set(buffer.subarray(RTP_HEADER_BYTES, end));
      return this.#pack(
        leg,
        packer,
        { source: OWN_SOURCE, ssrc: 0, timestamp: null, bytes, start: 0, end: FRAME_SAMPLES, table: null },
        at,
      );
    }
    leg.out.writeOwn(buffer, 0, { source: OWN_SOURCE, payloadType: leg.transport.payloadType, at, samples: FRAME_SAMPLES });
    leg.transport.sendRtp(buffer, end);
  }

  #tick(now: Instant): void {
    this.#ticks += 1;
    this.#mixer.tick();
    for (const leg of this.#legs.values()) this.#tickLeg(leg, now);
    if (this.#ticks % LATE_REPORT_TICKS === 0 && this.#lateTicks > 0) {
      this.#deps.onLateTicks(this.#lateTicks, this.#skippedTicks);
      this.#lateTicks = 0;
      this.#skippedTicks = 0;
    }
    if (this.#ticks % HOUSEKEEPING_TICKS === 0) for (const leg of this.#legs.values()) this.#keepHouse(leg, now);
  }

  #tickLeg(leg: MediaLeg, now: Instant): void {
    const { path, transport } = leg;
    if (leg.keys !== null && this.#tickKeys(leg, now)) return;
    if (path.kind === "bridge" && now - leg.lastRelayedAt < COMFORT_AFTER_MS) return;
    const codec = transport.codec;
    if (codec === null || !transport.ready) return;
    const buffer = this.#takeBuffer();
    const end = RTP_HEADER_BYTES + FRAME_SAMPLES;
    let ended: SequencePlayer | null = null;
    switch (path.kind) {
      case "sequence":
        if (path.player.fill(codec, buffer, RTP_HEADER_BYTES, end)) ended = path.player;
        break;
      case "mix": {
        const over = path.over === null ? null : this.#overFrame;
        if (over !== null && path.over?.fill(codec, over, 0, FRAME_SAMPLES) === true) ended = path.over;
        this.#mixer.fill(leg.number, { codec, bytes: buffer, start: RTP_HEADER_BYTES, over });
        break;
      }
      case "silence":
      case "bridge":
        buffer.fill(SILENCE_BYTE[codec], RTP_HEADER_BYTES, end);
    }
    this.#sendOwn(leg, buffer, now);
    if (ended !== null) this.#sequenceEnded(leg, ended, now);
  }

  /** Sends this frame's part of the keys towards a leg. False: all are said. */
  #tickKeys(leg: MediaLeg, now: Instant): boolean {
    const { transport } = leg;
    // Keys pressed into nothing are gone, as they would be on any telephone.
    const step = leg.keys?.next() ?? null;
    if (step === null) {
      leg.keys = null;
      return false;
    }
    const codec = transport.codec;
    if (codec === null || !transport.ready) return true;
    // The tick does not fill in between the last key and the peer's next packet.
    leg.lastRelayedAt = now;
    if (transport.dtmfPayloadType === null) this.#sendTone(leg, codec, step, now);
    else this.#sendEvent(leg, transport.dtmfPayloadType, step, now);
    return true;
  }

  #sendEvent(leg: MediaLeg, payloadType: number, step: DigitStep, now: Instant): void {
    if (!leg.wanted) return;
    if (step.kind === "pause") leg.out.pause(FRAME_SAMPLES);
    const said = step.kind === "key" ? { ...step, isFirst: step.startSamples === 0 } : { ...step.repeats, isEnd: true, isFirst: false };
    if (said.event === undefined || said.endSamples === undefined) return;
    const buffer = this.#takeBuffer();
    const { event, endSamples: samples, isFirst, isEnd } = said;
    leg.out.writeKey(buffer, 0, { source: OWN_SOURCE, payloadType, at: now, isFirst, samples, octets: TELEPHONE_EVENT_BYTES });
    writeTelephoneEvent(buffer, RTP_HEADER_BYTES, { event, end: isEnd, volume: KEY_VOLUME_DBM0, duration: samples });
    leg.transport.sendRtp(buffer, RTP_HEADER_BYTES + TELEPHONE_EVENT_BYTES);
  }

  #sendTone(leg: MediaLeg, codec: Codec, step: DigitStep, now: Instant): void {
    const buffer = this.#takeBuffer();
    const end = RTP_HEADER_BYTES + FRAME_SAMPLES;
    if (step.kind === "key") {
      fillDtmf(digitOfEvent(step.event) ?? "", step.startSamples, this.#toneFrame);
      encodeG711(codec, this.#toneFrame, buffer.subarray(RTP_HEADER_BYTES, end));
    } else {
      buffer.fill(SILENCE_BYTE[codec], RTP_HEADER_BYTES, end);
    }
    this.#sendOwn(leg, buffer, now);
  }

  #sequenceEnded(leg: MediaLeg, player: SequencePlayer, now: Instant): void {
    const { path } = leg;
    if (path.kind === "mix") {
      const [only, ...others] = path.voices;
      if (others.length > 0) leg.path = { ...path, over: null };
      else {
        // One voice alone needs no mixing.
        this.#mixer.leave(leg.number);
        this.#forgetKeys(path.voices);
        if (only === undefined) leg.path = { kind: "silence" };
        else this.#bridge(leg, only);
      }
    } else {
      leg.path = { kind: "silence" };
    }
    this.#deps.postEvent({ kind: "sequenceEnded", legId: leg.legId, at: Math.round(now), token: player.token, completed: true });
  }

  #keepHouse(leg: MediaLeg, now: Instant): void {
    for (const tap of leg.taps) tap.tick(now);
    const silentSince = leg.stats.lastPacketAt ?? leg.openedAt;
    if (leg.mediaTimeoutMs !== null && !leg.stopped && now - silentSince >= leg.mediaTimeoutMs) {
      leg.stopped = true;
      leg.flowing = false;
      this.#deps.postEvent({
        kind: "mediaStopped",
        legId: leg.legId,
        at: Math.round(now),
        lastPacketAt: roundInstant(leg.stats.lastPacketAt),
      });
    }
    if (now >= leg.nextRtcpAt && leg.transport.ready) {
      leg.nextRtcpAt = now + RTCP_INTERVAL_MS;
      this.#sendReport(leg, now, false);
    }
  }

  #sendReport(leg: MediaLeg, now: Instant, goodbye: boolean): void {
    const { out } = leg;
    const sender =
      out.packetsSent === 0
        ? null
        : { at: now, rtpTimestamp: out.timestampAt(now), packetsSent: out.packetsSent, octetsSent: out.octetsSent };
    leg.transport.sendRtcp(buildRtcp({ ssrc: out.ssrc, cname: leg.cname, sender, block: leg.stats.report(now), goodbye }));
  }

  #reported(leg: MediaLeg, bytes: Uint8Array, at: Instant): void {
    const messages = parseRtcp(bytes);
    if (!messages.ok) return;
    for (const message of messages.value) {
      if (message.kind === "senderReport" && message.ssrc === leg.stats.ssrc) leg.stats.senderReportReceived(message.ntpMiddle, at);
      if (message.kind !== "senderReport" && message.kind !== "receiverReport") continue;
      for (const block of message.blocks) if (block.ssrc === leg.out.ssrc) leg.farEnd.reported(block, at);
    }
  }

  #endSequence(leg: MediaLeg): void {
    const { path } = leg;
    const player = path.kind === "sequence" ? path.player : path.kind === "mix" ? path.over : null;
    if (player === null) return;
    if (path.kind === "sequence") leg.path = { kind: "silence" };
    this.#deps.postEvent({
      kind: "sequenceEnded",
      legId: leg.legId,
      at: Math.round(this.#deps.now()),
      token: player.token,
      completed: false,
    });
  }

  #stopListening(leg: MediaLeg, next: WorkerPath["kind"] = "silence"): void {
    const { path } = leg;
    if (path.kind === "mix") {
      // A mix that follows has its place already.
      if (next !== "mix") this.#mixer.leave(leg.number);
      this.#forgetKeys(path.voices);
    }
    if (path.kind === "bridge") {
      const listeners = this.#listeners.get(path.peerNumber);
      listeners?.delete(leg);
      if (listeners?.size === 0) this.#listeners.delete(path.peerNumber);
    }
    leg.path = { kind: "silence" };
  }

  #forgetKeys(voices: readonly number[]): void {
    for (const voice of voices) if (this.#mixer.listenersOf(voice) === undefined) this.#mixedKeys.delete(voice);
  }

  #bridge(leg: MediaLeg, peerNumber: number): void {
    leg.path = { kind: "bridge", peerNumber };
    // Until the peer's first packet the tick fills in.
    leg.lastRelayedAt = Number.NEGATIVE_INFINITY;
    const listeners = this.#listeners.get(peerNumber) ?? new Set();
    listeners.add(leg);
    this.#listeners.set(peerNumber, listeners);
  }

  #playerOf(sequence: Sequence): SequencePlayer {
    return new SequencePlayer({ token: sequence.token, items: sequence.items, audioOf: (audioId) => this.#audio.get(audioId) });
  }

  #takeBuffer(): Uint8Array {
    const buffer = this.#sendBuffers[this.#nextBuffer] as Uint8Array;
    this.#nextBuffer = (this.#nextBuffer + 1) % this.#sendBuffers.length;
    return buffer;
  }
}

function packetForWorker(source: number, kind: PacketKind, header: RtpHeader, bytes: Uint8Array): Uint8Array {
  const payload = bytes.subarray(header.payloadStart, header.payloadEnd);
  const message = new Uint8Array(4 + RTP_HEADER_BYTES + payload.length);
  new DataView(message.buffer).setUint32(0, source);
  const payloadType = kind === "event" ? INTERNAL_EVENT_PAYLOAD_TYPE : STATIC_PAYLOAD_TYPE[kind];
  const { marker, sequence, timestamp, ssrc } = header;
  writeRtpHeader(message, { payloadType, marker, sequence, timestamp, ssrc }, 4);
  message.set(payload, 4 + RTP_HEADER_BYTES);
  return message;
}

function roundInstant(at: Instant | null): Instant | null {
  return at === null ? null : Math.round(at);
}
