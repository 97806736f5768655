// Callers: many calls on one SIP socket and one media socket. The SIP engine decides; here are its sockets, its timers and one beat.
import { randomBytes, randomInt } from "node:crypto";
import { isIP } from "node:net";
import { assert, createPrng, utf8Encode } from "@allo/kernel";
import type { EncodedAudio } from "@allo/media";
import { createFlowHub, createSipEndpoint } from "@allo/node-net";
import { RTP_HEADER_BYTES, RTP_PACKET_BYTES_MAX } from "@allo/rtp";
import { createAnswer, createOffer, parseSdp, readAudio, type RemoteAudio, type SessionDescription } from "@allo/sdp";
import { createSipStack, headerGet, parseMessage, type SipCallResult, type SipFlow, type SipUserEvent } from "@allo/sip";
import { FRAME_SAMPLES } from "@allo/media";
import { bindMedia } from "./bind-media.ts";
import { callerLimits } from "./caller-limits.ts";
import type { CallerEnd, CallerEvent, Callers, CallersOptions, CallTarget, PlacedCall, PlaceFields } from "./caller-types.ts";
import { CallMedia, encodeVoice } from "./call-media.ts";
import { createTicker } from "./ticker.ts";

const MEDIA_BUFFER_BYTES = 1_048_576;
const SEND_BUFFERS = 64;
const WORDS_CHARS_MAX = 200;

type Call = {
  readonly callId: string;
  readonly fields: PlaceFields;
  readonly media: CallMedia;
  readonly listeners: Set<(event: CallerEvent) => void>;
  readonly sessionId: string;
  dialogId: string | null;
  state: "calling" | "early" | "answered" | "ended";
  remote: CallTarget | null;
  hasRung: boolean;
  hasTried: boolean;
  hungUp: boolean;
  /** Why we ended it, where the peer's answer will not say so. */
  ending: Pick<CallerEnd, "by" | "reason" | "status" | "words"> | null;
  placedAt: number;
  sdpVersion: number;
};

/** Opens the sockets. Rejects where the address isn't this machine's. */
export async function createCallers(options: CallersOptions): Promise<Callers> {
  const { bindAddress, clock } = options;
  assert(
    isIP(bindAddress) !== 0 && bindAddress !== "0.0.0.0" && bindAddress !== "::",
    "callers need a literal address that peers can reach",
  );
  const ids = { next: (prefix: string): string => `${prefix}${randomBytes(12).toString("hex")}` };
  const stack = createSipStack({ ids, prng: createPrng(randomBytes(16).toString("hex")), dialogsMax: callerLimits.callsMax * 2 });
  const calls = new Set<Call>();
  const byDialog = new Map<string, Call>();
  /** By the peer's port first: where the peer's own idea of its address is another one, its port still tells. */
  const byPort = new Map<number, Call[]>();
  let isClosed = false;
  let hasCalled = false;

  const hub = createFlowHub({
    onMessage: (flow, bytes) => {
      // The engine keeps 100 to itself; here it says that somebody listens on that port.
      if (isTrying(bytes)) noteTrying(bytes);
      sip.receive(flow, bytes);
    },
    onFlowClosed: (flow) => sip.flowClosed(flow.id),
    onError: (error) => options.log?.warn({ code: error.code }, "a caller's socket reports an error"),
  });
  const listener = await hub.listenUdp({ address: bindAddress, port: 0 });
  const socket = await bindMedia(bindAddress, MEDIA_BUFFER_BYTES);
  const mediaPort = socket.address().port;

  const sip = createSipEndpoint({
    stack,
    clock,
    log: options.log,
    sendBytes: (flowId, to, bytes) => hub.send(flowId, to, bytes),
    onEvent: (event) => heed(event),
  });

  // ---- What the peers say

  function noteTrying(bytes: Uint8Array): void {
    const parsed = parseMessage(bytes);
    if (!parsed.ok) return;
    for (const call of calls) if (call.callId === parsed.message.callId) tried(call);
  }

  function heed(event: SipUserEvent): void {
    const dialogId = "dialogId" in event ? event.dialogId : null;
    const call = dialogId === null ? undefined : byDialog.get(dialogId);
    switch (event.kind) {
      case "inviteProgressed":
        if (call !== undefined) progressed(call, event);
        return;
      case "inviteAnswered":
        if (call !== undefined && !event.isReInvite) answered(call, event.sdp);
        return;
      case "inviteRejected":
        if (call === undefined || event.isReInvite) return;
        end(
          call,
          call.ending ?? {
            by: event.cause === "response" ? "peer" : "network",
            reason: event.cause === "response" ? "refused" : "noAnswerToInvite",
            status: event.cause === "response" ? event.status : null,
            words: event.response === null ? null : wordsOf(headerGet(event.response, "Reason") ?? event.response.reason),
          },
        );
        return;
      case "dialogEnded":
        if (call === undefined) return;
        end(
          call,
          call.ending ?? {
            by: event.cause === "byeReceived" ? "peer" : event.cause === "byeSent" ? "us" : "network",
            reason: event.cause === "byeReceived" || event.cause === "byeSent" ? "hungUp" : "lineDropped",
            status: null,
            words: event.request === null ? null : wordsOf(headerGet(event.request, "Reason")),
          },
        );
        return;
      case "reInviteReceived":
        sip.run(answerReInvite(call, event));
        return;
      case "inviteReceived":
        // Nobody calls a caller.
        sip.run(stack.inviteReject(event.dialogId, { status: 480 }));
        return;
      case "requestReceived":
        sip.run(stack.respond(event.transactionId, { status: 405 }));
        return;
      default:
        return;
    }
  }

  function progressed(call: Call, event: Extract<SipUserEvent, { kind: "inviteProgressed" }>): void {
    tried(call);
    if (event.sdp !== null && call.state === "calling" && readMedia(call, event.sdp)) {
      call.state = "early";
      tell(call, { kind: "earlyMedia" });
    }
    if (event.response.status === 180 && !call.hasRung) {
      call.hasRung = true;
      tell(call, { kind: "ringing" });
    }
  }

  function tried(call: Call): void {
    if (call.hasTried) return;
    call.hasTried = true;
    tell(call, { kind: "trying" });
  }

  function answered(call: Call, sdp: Uint8Array | null): void {
    if (call.state !== "calling" && call.state !== "early") return;
    tried(call);
    // RFC 3261 §13.2.1: a 2xx without a description where the provisional answer had one means that one.
    if (!(sdp === null ? call.media.hasAnswer : readMedia(call, sdp))) {
      call.ending = { by: "us", reason: "mediaMismatch", status: null, words: null };
      hangUp(call);
      return;
    }
    call.state = "answered";
    tell(call, { kind: "answered" });
  }

  function readMedia(call: Call, sdp: Uint8Array): boolean {
    const audio = audioOf(sdp)?.audio ?? null;
    if (audio === null || audio.kind !== "plain") return false;
    call.media.answered({
      codec: audio.codec.name,
      payloadType: audio.codec.payloadType,
      eventPayloadType: audio.telephoneEventPayloadType,
      sends: audio.direction === "sendrecv" || audio.direction === "recvonly",
    });
    setRemote(call, audio.remote ?? call.remote);
    return true;
  }

  function answerReInvite(call: Call | undefined, event: Extract<SipUserEvent, { kind: "reInviteReceived" }>): SipCallResult {
    const offer = event.sdp === null ? null : audioOf(event.sdp);
    if (call === undefined || (event.sdp !== null && (offer === null || offer.audio.kind !== "plain")))
      return stack.respond(event.transactionId, { status: 488 });
    call.sdpVersion += 1;
    const local = localAudio(call);
    if (event.sdp !== null) readMedia(call, event.sdp);
    const bytes = offer === null ? createOffer(local) : createAnswer(offer.session, offer.audio, local);
    return stack.respond(event.transactionId, { status: 200, body: { contentType: "application/sdp", bytes } });
  }

  const localAudio = (call: Call) => ({
    origin: { sessionId: call.sessionId, version: call.sdpVersion, address: bindAddress },
    port: mediaPort,
    direction: "sendrecv" as const,
  });

  // ---- A call's end

  function hangUp(call: Call): void {
    if (call.state === "ended" || call.dialogId === null) return;
    if (call.state === "answered" || call.ending?.reason === "mediaMismatch")
      call.ending ??= { by: "us", reason: "hungUp", status: null, words: null };
    else call.ending ??= { by: "us", reason: "cancelled", status: null, words: null };
    if (call.hungUp) return;
    call.hungUp = true;
    sip.run(stack.dialogEnd(call.dialogId));
    // Nobody has answered a word yet: there is nothing to wait for. The engine cancels, should one come after all.
    if (call.state === "calling" && !call.hasTried && call.ending !== null) end(call, call.ending);
  }

  function end(call: Call, how: CallerEnd): void {
    if (call.state === "ended") return;
    call.state = "ended";
    setRemote(call, null);
    calls.delete(call);
    if (call.dialogId !== null) byDialog.delete(call.dialogId);
    call.media.stop();
    if (calls.size === 0) ticker.stop();
    tell(call, { kind: "ended", ...how });
    call.listeners.clear();
  }

  function tell(call: Call, event: CallerEvent): void {
    for (const each of [...call.listeners]) {
      try {
        each(event);
      } catch (error) {
        options.log?.warn({ err: error, kind: event.kind }, "a listener of a call failed");
      }
    }
  }

  // ---- Sound

  function setRemote(call: Call, remote: CallTarget | null): void {
    if (call.remote !== null) {
      const left = (byPort.get(call.remote.port) ?? []).filter((each) => each !== call);
      if (left.length === 0) byPort.delete(call.remote.port);
      else byPort.set(call.remote.port, left);
    }
    call.remote = remote;
    if (remote !== null) byPort.set(remote.port, [...(byPort.get(remote.port) ?? []), call]);
  }

  socket.on("message", (bytes: Buffer, from) => {
    if (bytes.length > RTP_PACKET_BYTES_MAX) return;
    const of = byPort.get(from.port);
    if (of === undefined) return;
    const call = of.length === 1 ? of[0] : (of.find(({ remote }) => remote?.address === from.address) ?? of[0]);
    if (call?.media.received(bytes, clock.now()) === true) tell(call, { kind: "mediaStarted" });
  });

  // Node sends after the call has returned: each packet has bytes of its own until the ring comes round.
  const buffers = Array.from({ length: callerLimits.callsMax + SEND_BUFFERS }, () => new Uint8Array(RTP_HEADER_BYTES + FRAME_SAMPLES));
  let nextBuffer = 0;
  let beats = 0;
  const ticker = createTicker(() => {
    const now = clock.now();
    beats += 1;
    const looks = beats % 50 === 0;
    for (const call of [...calls]) {
      if (looks) supervise(call, now);
      const { remote, media } = call;
      media.tick(now);
      if (remote === null || call.state === "ended") continue;
      const bytes = buffers[nextBuffer] as Uint8Array;
      const length = media.writePacket(bytes);
      if (length === 0) continue;
      nextBuffer = (nextBuffer + 1) % buffers.length;
      socket.send(bytes, 0, length, remote.port, remote.address);
    }
  });

  /** Once a second: what waits for a peer that says nothing more is ended. */
  function supervise(call: Call, now: number): void {
    if (call.state === "calling" && !call.hasTried && now - call.placedAt > callerLimits.answerlessMs) {
      call.ending ??= { by: "network", reason: "noAnswerToInvite", status: null, words: null };
      hangUp(call);
    } else if (call.state !== "answered" && now - call.placedAt > callerLimits.ringingMs) {
      call.ending ??= { by: "us", reason: "ringingTooLong", status: null, words: null };
      hangUp(call);
    } else if (call.state === "answered" && now - (call.media.lastPacketAt ?? call.placedAt) > callerLimits.peerSilentMs) {
      call.ending ??= { by: "network", reason: "lineDropped", status: null, words: null };
      hangUp(call);
    }
  }

  // ---- The front door

  const place = (fields: PlaceFields): PlacedCall => {
    const call: Call = {
      callId: `${randomBytes(12).toString("hex")}@${hostOf(bindAddress)}`,
      fields,
      media: new CallMedia({ ssrc: randomInt(2 ** 32), sequence: randomInt(2 ** 15), timestamp: randomInt(2 ** 32) }),
      listeners: new Set(),
      sessionId: String(randomInt(2 ** 47)),
      dialogId: null,
      state: "calling",
      remote: null,
      hasRung: false,
      hasTried: false,
      hungUp: false,
      ending: null,
      placedAt: clock.now(),
      sdpVersion: 1,
    };
    if (isClosed || calls.size >= callerLimits.callsMax) {
      queueMicrotask(() => end(call, { by: "us", reason: "tooManyCalls", status: null, words: null }));
      return handleOf(call);
    }
    calls.add(call);
    hasCalled = true;
    ticker.start();
    const flow = hub.udpFlow(listener.id, fields.target) as SipFlow;
    const host = fields.domain ?? `${hostOf(fields.target.address)}:${fields.target.port}`;
    const target = `sip:${encodeURIComponent(fields.number).replaceAll("%2B", "+")}@${host}`;
    const sent = stack.inviteSend({
      flow,
      target,
      from: fromOf(fields.from, hostOf(bindAddress)),
      to: `<${target}>`,
      sdp: createOffer(localAudio(call)),
      callId: call.callId,
      headers: fields.from.number === null ? [{ name: "Privacy", value: "id" }] : [],
    });
    call.dialogId = sent.handle;
    if (sent.handle !== null) byDialog.set(sent.handle, call);
    sip.run(sent);
    if (sent.failure !== null) queueMicrotask(() => end(call, { by: "us", reason: "refused", status: null, words: sent.failure }));
    return handleOf(call);
  };

  const handleOf = (call: Call): PlacedCall => ({
    callId: call.callId,
    on: (each) => {
      call.listeners.add(each);
      return () => call.listeners.delete(each);
    },
    state: () => call.state,
    play: (voice: Int16Array | EncodedAudio) =>
      call.state === "ended" ? Promise.resolve("cut") : call.media.play(voice instanceof Int16Array ? encodeVoice(voice) : voice),
    stopPlaying: () => call.media.stop(),
    hearing: () => call.media.hearing(),
    hearAnew: () => call.media.hearAnew(),
    sendDigits: (digits) => call.state !== "ended" && call.media.pressKeys(digits),
    onFrame: (each) => call.media.onFrame(each),
    hangUp: () => hangUp(call),
  });

  return {
    source: listener.local,
    media: { address: bindAddress, port: mediaPort },
    place,
    open: () => calls.size,
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      for (const call of [...calls]) hangUp(call);
      // A BYE just given to the engine is not on the wire yet, and may have to be said once more.
      if (hasCalled) await new Promise((resolve) => setTimeout(resolve, callerLimits.closingMs));
      for (const call of [...calls]) end(call, call.ending ?? { by: "us", reason: "hungUp", status: null, words: null });
      ticker.stop();
      sip.close();
      socket.close();
      await hub.close();
    },
  };
}

const TRYING = utf8Encode("SIP/2.0 100 ");

function isTrying(bytes: Uint8Array): boolean {
  return TRYING.every((byte, index) => bytes[index] === byte);
}

function audioOf(sdp: Uint8Array): { readonly session: SessionDescription; readonly audio: RemoteAudio } | null {
  const parsed = parseSdp(sdp);
  if (!parsed.ok) return null;
  const read = readAudio(parsed.session);
  return read.ok ? { session: parsed.session, audio: read.audio } : null;
}

function fromOf(from: PlaceFields["from"], host: string): string {
  if (from.number === null) return '"Anonymous" <sip:anonymous@anonymous.invalid>';
  const name = from.name === undefined || from.name === "" ? "" : `"${from.name.replaceAll(/[\p{Cc}"\\]/gu, " ")}" `;
  return `${name}<sip:${encodeURIComponent(from.number).replaceAll("%2B", "+")}@${host}>`;
}

function hostOf(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}

function wordsOf(text: string | null | undefined): string | null {
  return text === null || text === undefined ? null : text.replaceAll(/\p{Cc}/gu, " ").slice(0, WORDS_CHARS_MAX);
}
