// Phones of agents without a browser: each registers over its person's WebSocket, keeps one standing call to the desk as a browser's
// phone does, and speaks DTLS and SRTP. All share one socket, one SIP engine and one beat, so that thirty cost little more than one.
import { randomBytes, randomInt } from "node:crypto";
import { assert, createPrng, utf8Decode, utf8Encode } from "@allo/kernel";
import { FRAME_SAMPLES } from "@allo/media";
import { createSipEndpoint } from "@allo/node-net";
import { classifyDatagram, RTP_HEADER_BYTES, RTP_PACKET_BYTES_MAX } from "@allo/rtp";
import { createSipStack, type SipFlow, type SipUserEvent } from "@allo/sip";
import { SRTP_TAG_BYTES, SrtpReceiver, SrtpSender } from "@allo/srtp";
import { makePhoneCertificate, shakeHands, type PhoneHandshake } from "./agent-phone-dtls.ts";
import {
  makeCredentials,
  PathChecks,
  readStandingAnswer,
  standingOffer,
  type PathCredentials,
  type RemotePath,
} from "./agent-phone-path.ts";
import {
  agentPhoneLimits as limits,
  type AgentPhone,
  type AgentPhoneFields,
  type AgentPhones,
  type AgentPhonesOptions,
  type AgentPhoneState,
} from "./agent-phone-types.ts";
import { AlarmClock } from "./alarm-clock.ts";
import { bindMedia } from "./bind-media.ts";
import { CallMedia } from "./call-media.ts";
import { createTicker } from "./ticker.ts";

const SOCKET_BUFFER_BYTES = 4_194_304;
const SEND_BUFFERS = 1_024;
const SEND_BUFFER_BYTES = RTP_HEADER_BYTES + FRAME_SAMPLES + SRTP_TAG_BYTES + 16;

type Standing = {
  readonly dialogId: string;
  readonly credentials: PathCredentials;
  readonly media: CallMedia;
  remote: RemotePath | null;
  checks: PathChecks | null;
  handshake: PhoneHandshake | null;
  sender: SrtpSender | null;
  receiver: SrtpReceiver | null;
  answeredAt: number | null;
  readonly cancels: Set<() => void>;
};

type Phone = {
  readonly fields: AgentPhoneFields;
  readonly flow: SipFlow;
  readonly registerCallId: string;
  state: AgentPhoneState;
  isLinked: boolean;
  isClosed: boolean;
  cseq: number;
  registration: string | null;
  attempt: number;
  voiceOpen: boolean;
  packetsSent: number;
  /** Packets heard on standing calls that are over. */
  packetsBefore: number;
  standing: Standing | null;
  cancelRetry: () => void;
  cancelRegister: () => void;
};

const nothing = (): void => undefined;

/** Opens the socket that all phones share. */
export async function createAgentPhones(options: AgentPhonesOptions): Promise<AgentPhones> {
  const { clock } = options;
  const certificate = await makePhoneCertificate();
  const socket = await bindMedia(options.bindAddress, SOCKET_BUFFER_BYTES);
  const ids = { next: (prefix: string): string => `${prefix}${randomBytes(12).toString("hex")}` };
  const stack = createSipStack({ ids, prng: createPrng(randomBytes(16).toString("hex")), dialogsMax: limits.phonesMax * 2 });
  const phones = new Map<string, Phone>();
  const byDialog = new Map<string, Phone>();
  const byRegistration = new Map<string, Phone>();
  /** Each standing call has a port of its own at the centre. */
  const byPort = new Map<number, Phone>();
  const alarms = new AlarmClock();
  const buffers = Array.from({ length: SEND_BUFFERS }, () => new Uint8Array(SEND_BUFFER_BYTES));
  let nextBuffer = 0;
  let serial = 0;

  const sip = createSipEndpoint({
    stack,
    clock,
    log: options.log,
    arm: (afterMs, ring) => alarms.set(clock.now() + afterMs, ring),
    sendBytes: (flowId, _to, bytes) => {
      const phone = phones.get(flowId);
      if (phone?.isLinked === true) phone.fields.send(utf8Decode(bytes));
    },
    onEvent: (event) => heed(event),
  });

  function heed(event: SipUserEvent): void {
    switch (event.kind) {
      case "requestAnswered":
      case "requestFailed": {
        const phone = byRegistration.get(event.transactionId);
        byRegistration.delete(event.transactionId);
        if (phone?.registration !== event.transactionId) return;
        phone.registration = null;
        if (event.kind === "requestAnswered" && event.response.status === 200) registered(phone);
        else tryAgain(phone, event.kind === "requestAnswered" ? `REGISTER ${event.response.status}` : event.cause);
        return;
      }
      case "inviteAnswered": {
        const phone = byDialog.get(event.dialogId);
        if (phone !== undefined && !event.isReInvite) answered(phone, event.sdp);
        return;
      }
      case "inviteRejected": {
        const phone = byDialog.get(event.dialogId);
        if (phone?.standing?.dialogId === event.dialogId && !event.isReInvite) lose(phone, `INVITE ${event.status}`);
        return;
      }
      case "dialogEnded": {
        const phone = byDialog.get(event.dialogId);
        byDialog.delete(event.dialogId);
        // Without its WebSocket the signalling is gone, not the sound.
        if (phone?.standing?.dialogId === event.dialogId && event.cause !== "flowClosed") lose(phone, event.cause);
        return;
      }
      case "inviteReceived":
        sip.run(stack.inviteReject(event.dialogId, { status: 480 }));
        return;
      case "reInviteReceived":
      case "requestReceived":
        sip.run(stack.respond(event.transactionId, { status: 488 }));
        return;
      default:
        return;
    }
  }

  // ---- One phone's way up

  function setState(phone: Phone, state: AgentPhoneState): void {
    if (phone.state === state) return;
    phone.state = state;
    phone.fields.onState?.(state);
  }

  function register(phone: Phone): void {
    phone.cancelRegister();
    phone.cancelRegister = nothing;
    if (!phone.isLinked || phone.isClosed) return;
    const { personId, domain } = phone.fields;
    if (phone.standing === null) setState(phone, "registering");
    const { address, port } = phone.flow.local;
    const sent = stack.requestSend({
      method: "REGISTER",
      flow: phone.flow,
      target: `sip:${domain}`,
      from: `<sip:${personId}@${domain}>`,
      to: `<sip:${personId}@${domain}>`,
      callId: phone.registerCallId,
      cseq: (phone.cseq += 1),
      headers: [
        { name: "Contact", value: `<sip:${personId}@${address}:${port};transport=ws>` },
        { name: "Expires", value: String(limits.registrationSeconds) },
      ],
    });
    phone.registration = sent.handle;
    if (sent.handle !== null) byRegistration.set(sent.handle, phone);
    sip.run(sent);
    if (sent.failure !== null) tryAgain(phone, sent.failure);
  }

  function registered(phone: Phone): void {
    phone.cancelRegister = alarms.set(clock.now() + limits.registerAgainAfterMs, () => register(phone));
    if (phone.standing === null) dial(phone);
  }

  function dial(phone: Phone): void {
    const { personId, domain } = phone.fields;
    const credentials = makeCredentials();
    const ssrc = randomInt(2 ** 32);
    setState(phone, "dialling");
    const sent = stack.inviteSend({
      flow: phone.flow,
      target: `sip:desk@${domain}`,
      from: `<sip:${personId}@${domain}>`,
      to: `<sip:desk@${domain}>`,
      sdp: standingOffer({ ...credentials, fingerprint: certificate.fingerprint, ssrc }),
    });
    if (sent.handle === null) {
      sip.run(sent);
      return tryAgain(phone, sent.failure ?? "not sent");
    }
    byDialog.set(sent.handle, phone);
    phone.standing = {
      dialogId: sent.handle,
      credentials,
      media: new CallMedia({ ssrc, sequence: randomInt(2 ** 15), timestamp: randomInt(2 ** 32) }),
      remote: null,
      checks: null,
      handshake: null,
      sender: null,
      receiver: null,
      answeredAt: null,
      cancels: new Set(),
    };
    sip.run(sent);
  }

  function answered(phone: Phone, sdp: Uint8Array | null): void {
    const { standing } = phone;
    const remote = sdp === null ? null : readStandingAnswer(sdp);
    if (standing === null || standing.remote !== null) return;
    if (remote === null) return lose(phone, "an answer without a path");
    standing.remote = remote;
    standing.checks = new PathChecks(standing.credentials, remote);
    byPort.set(remote.port, phone);
    const { codec, telephoneEventPayloadType } = remote;
    standing.media.answered({
      codec: codec.name,
      payloadType: codec.payloadType,
      eventPayloadType: telephoneEventPayloadType,
      sends: true,
    });
    setState(phone, "connecting");
    standing.answeredAt = null;
    const givenUpAt = clock.now() + limits.handshakeMsMax;
    const check = (): void => {
      if (phone.standing !== standing || standing.checks === null) return;
      const now = clock.now();
      if (standing.answeredAt !== null && now - standing.answeredAt > limits.pathLostMs) return lose(phone, "pathLost");
      if (standing.sender === null && now > givenUpAt) return lose(phone, "no path");
      const bytes = standing.checks.next();
      socket.send(bytes, 0, bytes.length, remote.port, remote.address);
      later(standing, now + (standing.answeredAt === null ? limits.checkEveryMsFirst : limits.checkEveryMs), check);
    };
    check();
  }

  function checkAnswered(phone: Phone, standing: Standing, remote: RemotePath): void {
    const isFirst = standing.answeredAt === null;
    standing.answeredAt = clock.now();
    if (!isFirst) return;
    standing.handshake = shakeHands({
      certificate,
      remoteFingerprint: remote.fingerprint,
      send: (bytes) => socket.send(bytes, 0, bytes.length, remote.port, remote.address),
      onConnected: ({ local, remote: theirs }) => {
        if (phone.standing !== standing) return;
        standing.sender = new SrtpSender(local);
        standing.receiver = new SrtpReceiver(theirs);
        phone.attempt = 0;
        setState(phone, "up");
      },
      onFailed: (reason) => {
        if (phone.standing === standing) lose(phone, reason);
      },
    });
  }

  function later(standing: Standing, at: number, ring: () => void): void {
    const cancel = alarms.set(at, () => {
      standing.cancels.delete(cancel);
      ring();
    });
    standing.cancels.add(cancel);
  }

  /** The standing call is over for us; it is dialled anew after a pause that doubles. */
  function lose(phone: Phone, reason: string): void {
    drop(phone);
    tryAgain(phone, reason);
  }

  function drop(phone: Phone): void {
    const { standing } = phone;
    if (standing === null) return;
    phone.standing = null;
    phone.packetsBefore += standing.media.hearing().packets;
    for (const cancel of standing.cancels) cancel();
    standing.handshake?.end();
    standing.media.stop();
    if (standing.remote !== null && byPort.get(standing.remote.port) === phone) byPort.delete(standing.remote.port);
    if (byDialog.delete(standing.dialogId)) sip.run(stack.dialogEnd(standing.dialogId));
  }

  function tryAgain(phone: Phone, reason: string): void {
    if (phone.isClosed) return;
    if (phone.standing === null) setState(phone, "waiting");
    options.log?.warn({ personId: phone.fields.personId, reason, attempt: phone.attempt }, "an agent's phone tries again");
    const afterMs = Math.min(limits.retryMsMax, limits.retryMsFirst * 2 ** Math.min(phone.attempt, 10));
    phone.attempt += 1;
    phone.cancelRetry();
    phone.cancelRetry = alarms.set(clock.now() + afterMs, () => register(phone));
  }

  // ---- Sound

  socket.on("message", (bytes: Buffer, from) => {
    const phone = byPort.get(from.port);
    const standing = phone?.standing;
    if (phone === undefined || standing === undefined || standing === null) return;
    const { remote } = standing;
    if (remote === null || remote.address !== from.address || bytes.length > RTP_PACKET_BYTES_MAX) return;
    switch (classifyDatagram(bytes)) {
      case "stun":
        if (standing.checks?.isAnswer(bytes) === true) checkAnswered(phone, standing, remote);
        return;
      case "dtls":
        standing.handshake?.received(bytes);
        return;
      case "rtp": {
        const length = standing.receiver?.unprotectRtp(bytes);
        if (typeof length === "number") standing.media.received(bytes.subarray(0, length), clock.now());
        return;
      }
      default:
        return; // reports of the peer: nobody reads them here
    }
  });

  const ticker = createTicker(() => {
    const now = clock.now();
    alarms.beat(now);
    for (const phone of phones.values()) {
      const { standing } = phone;
      if (standing === null || standing.sender === null || standing.remote === null) continue;
      standing.media.tick(now);
      if (!phone.voiceOpen) continue;
      const bytes = buffers[nextBuffer] as Uint8Array;
      nextBuffer = (nextBuffer + 1) % SEND_BUFFERS;
      const length = standing.media.writePacket(bytes);
      if (length === 0) continue;
      const protectedLength = standing.sender.protectRtp(bytes, length);
      if (protectedLength <= 0) continue;
      phone.packetsSent += 1;
      socket.send(bytes, 0, protectedLength, standing.remote.port, standing.remote.address);
    }
  });
  ticker.start();

  // ---- The front door

  const open = (fields: AgentPhoneFields): AgentPhone => {
    assert(phones.size < limits.phonesMax, "more phones than one socket is made for");
    const flowId = `phone-${(serial += 1)}`;
    const phone: Phone = {
      fields,
      // RFC 7118 §5: a WebSocket's client has no address that anyone could use.
      flow: { id: flowId, transport: "ws", local: { address: `${flowId}.invalid`, port: 9 }, remote: { address: fields.domain, port: 0 } },
      registerCallId: ids.next("reg"),
      state: "off",
      isLinked: false,
      isClosed: false,
      cseq: 0,
      registration: null,
      attempt: 0,
      voiceOpen: false,
      packetsSent: 0,
      packetsBefore: 0,
      standing: null,
      cancelRetry: nothing,
      cancelRegister: nothing,
    };
    phones.set(flowId, phone);
    return {
      state: () => phone.state,
      linkUp: () => {
        phone.isLinked = true;
        register(phone);
      },
      linkDown: () => {
        phone.isLinked = false;
        phone.cancelRegister();
        phone.cancelRetry();
        sip.flowClosed(flowId);
        if (phone.standing !== null && phone.standing.sender === null) drop(phone);
        if (phone.standing === null) setState(phone, "off");
      },
      received: (text) => sip.receive(phone.flow, utf8Encode(text)),
      setVoice: (isOpen) => {
        phone.voiceOpen = isOpen;
      },
      play: (voice) => phone.standing?.media.play(voice) ?? Promise.resolve("cut"),
      stopPlaying: () => phone.standing?.media.stop(),
      hearing: () => {
        const heard = phone.standing?.media.hearing();
        if (heard === undefined) return { packets: phone.packetsBefore, lostPackets: 0, levelDbfs: -96, speechMs: 0, sourcesBegun: 0 };
        return { ...heard, packets: heard.packets + phone.packetsBefore };
      },
      hearAnew: () => phone.standing?.media.hearAnew(),
      onFrame: (listener) => phone.standing?.media.onFrame(listener),
      packetsSent: () => phone.packetsSent,
      close: () => {
        if (phone.isClosed) return;
        phone.isClosed = true;
        phone.cancelRetry();
        phone.cancelRegister();
        drop(phone);
        setState(phone, "off");
        phones.delete(flowId);
      },
    };
  };

  return {
    open,
    close: async () => {
      for (const phone of [...phones.values()]) {
        phone.isClosed = true;
        drop(phone);
      }
      phones.clear();
      ticker.stop();
      await new Promise<void>((resolve) => socket.close(() => resolve()));
    },
  };
}
