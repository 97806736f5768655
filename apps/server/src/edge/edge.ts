// The edge as a whole: SIP in, media beside it, core over the bus. Sockets and processes are given from outside.
import {
  BusLimits,
  type CoreCommand,
  type EdgeConfig,
  type EdgeEvent,
  type EndCause,
  type FromCore,
  type FromEdge,
  type NetworkProbe,
} from "@allo/contract";
import type { Clock, Epoch, Hash, Hmac, IdSource, PersonId, PhoneId, Prng, Timers } from "@allo/kernel";
import type { MediaEngine, MediaEvent } from "@allo/media";
import {
  addressOfRecord,
  createDigestServer,
  createRegistrar,
  createSipStack,
  headerGet,
  headerTokens,
  recordingMetadataTypes,
  statelessChallenge,
  unescapeUser,
  type BindingChange,
  type DnsPort,
  type HostPort,
  type PeerAddress,
  type SipFlow,
  type SipHeader,
  type SipRequest,
  type SipUserEvent,
} from "@allo/sip";
import { must, utf8Decode, utf8Encode } from "@allo/kernel";
import type { Logger } from "../platform/log.ts";
import { plainAddress } from "../platform/plain-address.ts";
import { createAdmission, createAdmittedCallers, type Admission, type DeviceEntry, type NumberEntry } from "./admission.ts";
import { callerIdentity } from "./caller-identity.ts";
import { createCalls, type Calls } from "./calls.ts";
import { createSipTrace } from "./sip-trace.ts";
import { createLoadShedder, shedderLimits } from "./load-shedder.ts";
import { createShield, isScanner } from "./shield.ts";
import { lineWatchLimits } from "./line-watch.ts";
import { createOutbox } from "./outbox.ts";
import { createDevicePhones, DevicePhoneLimits, type DevicePhones } from "./device-phones.ts";
import { createInternalCalls, type InternalCalls } from "./internal-calls.ts";
import { createRecorders, type Recorders } from "./recorders.ts";
import { createPhones, PhoneShellLimits, type Phones } from "./phones.ts";
import { createSipEndpoint, type SipEndpoint } from "@allo/node-net";
import { stepDrain, type DrainEvent, type DrainState } from "./drain-machine.ts";
import { createSoftphones, SOFTPHONE_FLOW } from "./softphones.ts";
import { probeCertificate } from "./probe-certificate.ts";
import { createCallProbes } from "./probe-call.ts";
import { destinationOf } from "./destination.ts";
import { createTrunks, type IncomingVerdict, type OpenFlow, type Trunks } from "./trunks.ts";

export const EdgeLimits = {
  /** Calls at once while core has not yet said its own limit. */
  callsMaxDefault: 500,
  figuresEveryMs: 5_000,
  /** Most calls are answered sooner, and need no 100. */
  tryingAfterMs: 150,
  /** After a restart of ours a phone over UDP, which sees no connection close, is known again by then. */
  registrationSecondsMax: 300,
  userAgentCharsMax: 120,
  /** A trunk that takes no more calls now is asked again after so long. */
  trunkRetryAfterSeconds: 5,
  /** Whoever calls while we run empty is told to come again after so long: by then we are back, or somebody else answers. */
  drainRetryAfterSeconds: 120,
  /** At the very end core has so long to take the last events in. */
  lastEventsMsMax: 1_000,
} as const;

/** Which door a SIP message came through. */
export type Door = "trunks" | "devices";

export type EdgeDeps = {
  readonly epoch: Epoch;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly prng: Prng;
  readonly hash: Hash;
  readonly hmac: Hmac;
  readonly log: Logger;
  readonly engine: MediaEngine;
  readonly bindAddress: string;
  readonly publicAddress: string | undefined;
  /** IPv4 addresses of this machine now, loopback left out. */
  readonly ownAddresses: () => readonly string[];
  /** The local address that this peer reaches us by. */
  readonly localAddressFor: (remote: string) => string;
  /** The address that this peer sees of us: the public one, except in our own networks. */
  readonly advertisedFor: (remote: string) => string;
  readonly timers: Timers;
  readonly dns: DnsPort;
  /** Opens a flow to a carrier, or gives the one that stands. */
  readonly openFlow: OpenFlow;
  /** A UUID in base64, as RFC 7865 wants ids. */
  readonly newUuid: () => string;
  /** Opens a TCP connection to a phone, or gives the one that stands. */
  readonly openPhoneFlow: (remote: HostPort) => Promise<SipFlow>;
  readonly certify: (certificate: { readonly certPem: string; readonly keyPem: string }) => void;
  /** Knocks at our own doors; a source that it names is let in at the carriers' until it says otherwise. */
  readonly probeNetwork: (admit: (address: string, port: number) => () => void) => Promise<NetworkProbe>;
  readonly sendBytes: (flowId: string, to: HostPort | null, bytes: Uint8Array) => void;
  readonly sendToCore: (message: FromEdge) => void;
  /** While a stop waits: how many calls are left, and when they will be ended. */
  readonly onStopping?: (waiting: { readonly callsLeft: number; readonly endsAt: number }) => void;
  readonly loadAudio: (filePath: string) => Promise<Int16Array | null>;
  readonly ports: () => { readonly sip: number; readonly phones: number; readonly tls: number };
  /** How much of the processor time that this thread or process could have had was used since it was asked last: 0 to 1. Absent: never full. */
  readonly busyShare?: () => number;
};

export type Edge = {
  /** Whether an address may speak at this door at all; asked before a byte is parsed or a connection accepted. */
  readonly admits: (door: Door, address: string, port: number) => boolean;
  /** Whether a carrier of a trunk is at this address: on the port of TLS, which all share, it decides the door. */
  readonly isCarrier: (address: string) => boolean;
  readonly sipReceived: (door: Door, flow: SipFlow, bytes: Uint8Array) => void;
  readonly flowClosed: (flowId: string) => void;
  readonly coreConnected: () => void;
  readonly coreDisconnected: () => void;
  readonly fromCore: (message: FromCore) => void;
  readonly figures: () => { readonly calls: number; readonly eventsBuffered: number };
  /**
   * Takes no new calls and waits until those that are there have ended, `drainMsMax` at most or until somebody is in a `hurry`; what is left
   * then is told so and ended with its cause. Saves recordings, sends what can be sent.
   */
  readonly stop: (how: { readonly drainMsMax: number; readonly hurry: AbortSignal }) => Promise<void>;
};

const PHONE_FLOW = "ws:";
const RETRY_WHEN_DRAINED = [{ name: "Retry-After", value: String(EdgeLimits.drainRetryAfterSeconds) }];
const DIGEST_REALM = "allo";
const SDP = "application/sdp";

export function createEdge(deps: EdgeDeps): Edge {
  const { clock, engine, log } = deps;
  const outbox = createOutbox(BusLimits.edgeEventsBufferedMax);
  const doors = new Map<string, Door>();
  const audioVersions = new Map<string, number>();
  /** Addresses under which each device has registered. */
  const deviceAddresses = new Map<string, Set<string>>();
  /** The same for carriers that register with us: trunk by user. */
  const registeredTrunks = new Map<string, string>();
  let admission: Admission = createAdmission({ numbers: [], devices: [] });
  const admitted = createAdmittedCallers();
  /** Sources of the network doctor's own questions. */
  const ownProbes = new Set<string>();
  let config: EdgeConfig | null = null;
  let whenSeen: (() => void) | null = null;
  let coreIsHere = false;

  const shield = createShield();
  const shedder = createLoadShedder();
  let shieldTold = -1;
  /** From where the bytes in hand came, while they are taken. */
  let source: string | null = null;
  const trace = createSipTrace();
  const flowsSeen = new Map<string, SipFlow>();
  /** We speak first there: our messages are kept from the first one. */
  const opened = (flow: SipFlow): SipFlow => {
    flowsSeen.set(flow.id, flow);
    return flow;
  };

  const report = (event: EdgeEvent): void => {
    if (event.kind === "callArrived") trace.about(event.callId, { numberId: event.numberId });
    else if (event.kind === "callEnded") trace.ended(event.callId, { hadTrouble: hadTrouble(event.cause) }, clock.now());
    const sequence = outbox.push(event);
    if (coreIsHere) deps.sendToCore({ kind: "edgeEvent", sequence, event });
  };

  const stack = createSipStack({
    ids: deps.ids,
    prng: deps.prng,
    tryingAfterMs: EdgeLimits.tryingAfterMs,
    methods: ["REGISTER", "UPDATE", "INFO", "REFER"],
    supported: ["100rel", "timer", "replaces", "norefersub"],
    accept: [SDP, "application/dtmf-relay", "application/dtmf", "multipart/mixed", recordingMetadataTypes.request],
    answersOptions: false,
    // RFC 3261 §18.1.1: by a connection that stands to the same place; who opens one for an INVITE asks with `bytesMax`.
    flowForLarge: (flow) =>
      [...flowsSeen.values()].find(
        ({ transport, remote }) => transport === "tcp" && remote.address === flow.remote.address && remote.port === flow.remote.port,
      ) ?? null,
  });
  const digest = createDigestServer({ hash: deps.hash, hmac: deps.hmac, realm: DIGEST_REALM });
  const registrar = createRegistrar({ expiresSecondsMax: EdgeLimits.registrationSecondsMax });

  const softphones = createSoftphones({ clock, publicAddress: deps.publicAddress });
  /** By the socket itself, or by core where a softphone's WebSocket ends. */
  const sendBytes: EdgeDeps["sendBytes"] = (flowId, to, bytes) => {
    if (flowId.startsWith(SOFTPHONE_FLOW))
      deps.sendToCore({ kind: "phoneFrame", flowId: flowId.slice(SOFTPHONE_FLOW.length), text: utf8Decode(bytes) });
    else deps.sendBytes(flowId, to, bytes);
  };

  const sip: SipEndpoint = createSipEndpoint({
    stack,
    clock,
    log,
    sendBytes: (flowId, to, bytes) => {
      if (flowId.startsWith(PHONE_FLOW))
        deps.sendToCore({ kind: "phoneFrame", flowId: flowId.slice(PHONE_FLOW.length), text: utf8Decode(bytes) });
      else {
        const seen = flowsSeen.get(flowId);
        if (seen !== undefined) trace.note("out", { ...seen, remote: to ?? seen.remote }, bytes, clock.now());
        sendBytes(flowId, to, bytes);
      }
    },
    onEvent: (event) => sipEvent(event),
  });

  const phones: Phones = createPhones({
    clock,
    ids: deps.ids,
    engine,
    sip: () => sip,
    log,
    bindAddress: deps.bindAddress,
    publicAddress: deps.publicAddress,
    ownAddresses: deps.ownAddresses,
    agentMediaTimeoutMs: () => config?.limits.agentMediaTimeoutMs ?? PhoneShellLimits.agentMediaTimeoutMs,
    report,
    closeWebSocket: (flowId) => deps.sendToCore({ kind: "phoneClose", flowId: flowId.slice(PHONE_FLOW.length) }),
    onLegReady: ({ personId, phoneId }, legId) => legFlowing({ personId, phoneId, legId }),
    onLegGone: (legId) => legLost(legId),
  });

  const devices: DevicePhones = createDevicePhones({
    clock,
    timers: deps.timers,
    ids: deps.ids,
    engine,
    sip: () => sip,
    log,
    bindAddress: deps.bindAddress,
    advertisedFor: deps.advertisedFor,
    ownAddresses: deps.ownAddresses,
    mediaPlaceOf: softphones.mediaPlace,
    bindingsOf: (username) => [...(deviceAddresses.get(username) ?? [])].flatMap((identity) => registrar.bindings(clock.now(), identity)),
    openFlow: async (remote) => opened(await deps.openPhoneFlow(remote)),
    report,
    onSipCallId: (sipCallId, callId) => trace.claim(sipCallId, callId),
    onState: (deviceId, state) => {
      if (coreIsHere) deps.sendToCore({ kind: "deviceState", deviceId, state });
    },
    onHungUp: (legId) => {
      calls.agentHungUp(legId);
      internalCalls.hungUp(legId);
    },
    onMediaStopped: (legId) => legLost(legId),
    onHold: (legId, held) => {
      calls.agentHolds(legId, held);
      internalCalls.held(legId, held);
    },
    onPassOn: (legId, wish) => calls.agentPassesOn(legId, wish),
    onConsult: (legId, wish) => calls.agentConsults(legId, wish),
    onSpeaksOn: (who) => calls.agentMediaFlowing(who),
    onTurnsAside: (legId) => calls.agentTurnsAside(legId),
    onDigit: (legId, digit) => calls.agentPressed(legId, digit),
  });

  /** A person's leg, in whichever call it is. */
  const legLost = (legId: string): void => {
    calls.agentMediaStopped(legId);
    internalCalls.legLost(legId);
  };
  const legFlowing = (leg: { readonly personId: PersonId; readonly phoneId: PhoneId; readonly legId: string }): void => {
    calls.agentMediaFlowing(leg);
    internalCalls.legFlowing(leg);
  };
  const legFor: Parameters<typeof createCalls>[0]["legFor"] = (order, then) => {
    if (devices.isDevice(order.phoneId)) devices.legFor(order, then);
    else then(phones.provenLeg(order.phoneId));
  };
  const phoneReleased = (phoneId: PhoneId, { hadPlace, why }: { readonly hadPlace: boolean; readonly why?: EndCause | null }): void => {
    if (hadPlace) devices.released(phoneId, why);
    else devices.dismiss(phoneId);
  };

  const internalCalls: InternalCalls = createInternalCalls({
    clock,
    timers: deps.timers,
    engine,
    legFor,
    stopRinging: (phoneId) => devices.stopRinging(phoneId),
    onTaken: (legId) => {
      phones.joined(legId);
      devices.taken(legId);
    },
    onReached: (legId) => devices.reached(legId),
    onReleased: phoneReleased,
    isDraining: () => draining.kind !== "open",
    report,
  });

  const calls: Calls = createCalls({
    clock,
    ids: deps.ids,
    engine,
    sip: () => sip,
    log,
    bindAddress: deps.bindAddress,
    ownAddresses: deps.ownAddresses,
    report,
    legFor,
    onJoined: (legId) => phones.joined(legId),
    onTaken: (legId, callId) => {
      devices.taken(legId);
      const sipCallId = devices.sipCallIdOf(legId);
      if (sipCallId !== null) trace.claim(sipCallId, callId);
    },
    onSipCallId: (sipCallId, callId) => trace.claim(sipCallId, callId),
    onReached: (legId) => devices.reached(legId),
    onReleased: phoneReleased,
    dialler: () => trunks,
    copies: {
      begin: (order, call) => recorders.begin(order, call),
      changed: (recordingId, call) => recorders.changed(recordingId, call),
      end: (recordingId) => recorders.end(recordingId),
      named: (callId, names) => recorders.named(callId, names),
    },
    onChanged: () => callsChanged(),
    referrerOf: (dialogId) => trunks.referrerOf(dialogId),
  });

  const trunks: Trunks = createTrunks({
    clock,
    timers: deps.timers,
    ids: deps.ids,
    prng: deps.prng,
    hash: deps.hash,
    sip: () => sip,
    log,
    dns: deps.dns,
    openFlow: (peer, tls) => openFlow(peer, tls),
    localFor: (remote, transport): HostPort => localFor(remote, transport),
    numberFor: (dialled, numberIds) => admission.numberAmong(dialled, numberIds),
    probeCertificate: (peer, tls) => probeCertificate(peer, tls, clock.now()),
    packetsOf: async (dialogId) => {
      const legId = calls.legOf(dialogId);
      return legId === null ? null : await engine.legFigures(legId).catch(() => null);
    },
    isCallLive: (dialogId) => calls.knows(dialogId),
    onState: (state) => {
      if (coreIsHere) deps.sendToCore({ kind: "trunkState", state });
    },
    onLine: (trunkId, line) => {
      if (coreIsHere) deps.sendToCore({ kind: "trunkLine", trunkId, line });
    },
  });
  const recorders: Recorders = createRecorders({
    clock,
    timers: deps.timers,
    ids: deps.ids,
    prng: deps.prng,
    hash: deps.hash,
    engine,
    sip: () => sip,
    log,
    dns: deps.dns,
    bindAddress: deps.bindAddress,
    openFlow: (peer, tls) => openFlow(peer, tls),
    localFor: (remote, transport): HostPort => localFor(remote, transport),
    newUuid: deps.newUuid,
    report,
    onSipCallId: (sipCallId, callId) => trace.claim(sipCallId, callId),
    onState: (state) => {
      if (coreIsHere) deps.sendToCore({ kind: "recorderState", state });
    },
    onLine: (recorderId, line) => {
      if (coreIsHere) deps.sendToCore({ kind: "recorderLine", recorderId, line });
    },
  });
  /** What comes by a connection of ours comes from whom we called, not from a phone. */
  const openFlow: OpenFlow = async (peer, tls) => {
    const flow = opened(await deps.openFlow(peer, tls));
    if (flow.transport !== "udp") doors.set(flow.id, "trunks");
    return flow;
  };
  const callProbes = createCallProbes({
    clock,
    ids: deps.ids,
    engine,
    bindAddress: deps.bindAddress,
    dialler: () => trunks,
    sip: () => sip,
  });
  const localFor = (remote: string, transport: PeerAddress["transport"]): HostPort => ({
    address: deps.advertisedFor(remote),
    port: transport === "tls" ? deps.ports().tls : deps.ports().sip,
  });

  // ---- Running empty

  const STOPPED: EndCause = { by: "system", why: "shutdown" };
  const drained = Promise.withResolvers<void>();
  let draining: DrainState = { kind: "open" };
  let drainTimer: (() => void) | null = null;

  const drain = (event: DrainEvent): void => {
    const before = draining;
    const step = stepDrain(before, event);
    draining = step.state;
    for (const command of step.commands) {
      switch (command.kind) {
        case "leaveCarriers":
        case "returnToCarriers":
          trunks.setLeft(command.kind === "leaveCarriers");
          break;
        case "sayLastWords":
          calls.endAllWith(STOPPED, (numberId) => config?.numbers.find((each) => each.numberId === numberId)?.technicalAudioIds ?? []);
          break;
        case "endCalls":
          calls.endAll(STOPPED);
          break;
        case "armTimer":
          drainTimer?.();
          drainTimer = deps.timers.arm(command.afterMs, () => drain({ kind: "timerFired", at: clock.now() }));
          break;
        case "cancelTimer":
          drainTimer?.();
          break;
        case "finish":
          drained.resolve();
      }
    }
    if (before !== draining) {
      log.info({ event: "drain", state: draining.kind, calls: countLeft() }, "whether new calls are taken has changed");
      tellDrain();
    }
  };

  const tellDrain = (): void => {
    if (draining.kind !== "open" && draining.kind !== "over" && draining.endsAt !== null)
      deps.onStopping?.({ callsLeft: countLeft(), endsAt: draining.endsAt });
    if (!coreIsHere) return;
    deps.sendToCore({
      kind: "drainState",
      at: clock.now(),
      draining:
        draining.kind === "open"
          ? null
          : {
              since: draining.since,
              by: draining.kind === "draining" ? draining.by : "stop",
              endsAt: draining.kind === "over" ? null : draining.endsAt,
            },
      left: calls.left(),
    });
  };

  const countLeft = (): number => {
    const { talking, waiting, beginning } = calls.left();
    return talking + waiting + beginning;
  };

  const callsChanged = (): void => {
    if (draining.kind === "open") return;
    tellDrain();
    drain({ kind: "callsCounted", at: clock.now(), calls: countLeft() });
  };

  const sipEvent = (event: SipUserEvent): void => {
    if (event.kind === "inviteReceived") {
      incoming(event);
      return;
    }
    if (trunks.sipEvent(event) || recorders.sipEvent(event) || calls.sipEvent(event) || phones.sipEvent(event) || devices.sipEvent(event))
      return;
    if (event.kind === "requestReceived") outsideRequest(event);
    else if (event.kind === "referReceived") sip.run(stack.respond(event.transactionId, { status: 603 }));
    else if (event.kind === "messageDropped") {
      if (source !== null && event.reason !== "overload") shield.malformed(source, clock.now());
      log.debug({ reason: event.reason, status: event.status }, "SIP message dropped");
    }
  };

  const incoming = (event: Extract<SipUserEvent, { kind: "inviteReceived" }>): void => {
    const { dialogId, request, flow } = event;
    const reject = (status: number, headers: readonly { name: string; value: string }[] = []): void => {
      sip.run(stack.inviteReject(dialogId, { status, headers }));
    };
    if (event.replaces !== null) {
      takeOver(event, event.replaces);
      return;
    }
    if (flow.id.startsWith(PHONE_FLOW)) {
      void phones.invite(event);
      return;
    }
    // Who is known by name may still call for help.
    const retry = refusesNow();
    if (retry !== null && doors.get(flow.id) !== "devices") {
      reject(503, retry);
      return;
    }
    const dialled = request.uri.kind === "sip" && request.uri.user !== null ? unescapeUser(request.uri.user) : "";
    const address = plainAddress(flow.remote.address);
    let device: DeviceEntry | null = null;
    let number: NumberEntry | null = null;
    let byTrunk: IncomingVerdict = { kind: "stranger" };
    const builtIn = doors.get(flow.id) === "trunks" ? admitted.find(address, flow.remote.port, clock.now()) : null;
    if (builtIn === null && doors.get(flow.id) !== "devices") byTrunk = trunks.incoming(request, flow);
    if (doors.get(flow.id) === "devices" || byTrunk.kind === "challenge") {
      const verdict = verify(request, flow);
      if (verdict.kind === "challenged") {
        reject(401, verdict.headers);
        return;
      }
      if (verdict.kind === "trunk") byTrunk = trunks.incomingBy(verdict.trunkId, request, flow);
      else {
        device = verdict.device;
        number = admission.numberForDevice(dialled, device);
        if (number === null) {
          phoneDials(event, device, retry);
          return;
        }
        if (retry !== null) {
          reject(503, retry);
          return;
        }
      }
    } else if (builtIn !== null) number = admission.numberForTest(dialled, builtIn.numberId);
    else if (byTrunk.kind === "stranger") number = admission.numberFor(dialled, address);
    if (byTrunk.kind === "refused" && byTrunk.status === 503) {
      reject(503, [{ name: "Retry-After", value: String(EdgeLimits.trunkRetryAfterSeconds) }]);
      return;
    }
    if (byTrunk.kind === "refused" && byTrunk.status === 488) {
      reject(488);
      return;
    }
    if (byTrunk.kind === "taken") ({ number } = byTrunk);
    if (number === null) {
      reject(404);
      return;
    }
    if (calls.count() >= (config?.limits.callsMax ?? EdgeLimits.callsMaxDefault)) {
      reject(503, [{ name: "Retry-After", value: "30" }]);
      return;
    }
    const caller = callerIdentity(request, device === null);
    const softphone = softphones.mediaPlace(flow.id);
    if (byTrunk.kind === "taken") trunks.callBegan(byTrunk.trunkId, dialogId, { flow });
    void calls.invite({
      dialogId,
      onCall: (callId) => trace.claim(request.callId, callId),
      ringsAtOnce: headerTokens(request, "Require").some((tag) => tag.toLowerCase() === "100rel"),
      flow,
      sdp: event.sdp,
      number,
      deviceId: device?.deviceId ?? null,
      caller: byTrunk.kind === "taken" ? { ...caller, callerNumber: trunks.callerNumber(byTrunk.trunkId, caller.callerNumber) } : caller,
      // The built-in caller is on this machine: the way round by the public address needn't lead back to it.
      mediaAddress:
        byTrunk.kind === "taken"
          ? byTrunk.media.localAddress
          : builtIn !== null
            ? deps.localAddressFor(address)
            : softphone === null
              ? deps.advertisedFor(address)
              : softphone.mediaAddress,
      webrtc: device === null ? null : { reachedAddress: softphone?.reachedAddress ?? deps.localAddressFor(address) },
      ...(byTrunk.kind === "taken" ? { habits: byTrunk.media.habits } : {}),
      test: builtIn?.test ?? null,
      refuseAtOnce: outbox.isFull(),
    });
  };

  /** No calls are begun now; with what they are turned away. */
  const refusesNow = (): readonly SipHeader[] | null => {
    if (draining.kind !== "open") return RETRY_WHEN_DRAINED;
    if (!shedder.refusesCalls()) return null;
    const seconds = shedderLimits.retryAfterSecondsMin + deps.prng.below(shedderLimits.retryAfterSecondsSpread);
    return [{ name: "Retry-After", value: String(seconds) }];
  };

  /** A phone of ours dials what is no number of ours: aside of its talk, or anew; core says what becomes of it. */
  const phoneDials = (
    event: Extract<SipUserEvent, { kind: "inviteReceived" }>,
    { deviceId }: DeviceEntry,
    retry: readonly SipHeader[] | null,
  ): void => {
    const { dialogId, request } = event;
    const destination = destinationOf(request.uri);
    const besideCallId = devices.consult(event, deviceId, destination ?? "");
    if (besideCallId !== null) {
      trace.claim(request.callId, besideCallId);
      return;
    }
    const isFull = calls.count() >= (config?.limits.callsMax ?? EdgeLimits.callsMaxDefault);
    if (destination === null) sip.run(stack.inviteReject(dialogId, { status: 484 }));
    else if (!coreIsHere) sip.run(stack.inviteReject(dialogId, { status: 503, headers: RETRY_WHEN_DRAINED }));
    else if (!devices.dial(event, deviceId, { destination, onlyForHelp: retry !== null || isFull }))
      sip.run(stack.inviteReject(dialogId, { status: 486 }));
  };

  /** RFC 3891: a phone of ours wants to go on in the place of another line. Who may, core says; carriers and browsers never. */
  const takeOver = ({ dialogId, request, flow, sdp }: Extract<SipUserEvent, { kind: "inviteReceived" }>, replaced: string): void => {
    if (doors.get(flow.id) !== "devices" || flow.id.startsWith(PHONE_FLOW)) {
      sip.run(stack.inviteReject(dialogId, { status: 403 }));
      return;
    }
    const verdict = verify(request, flow);
    if (verdict.kind === "challenged") sip.run(stack.inviteReject(dialogId, { status: 401, headers: verdict.headers }));
    else if (verdict.kind === "trunk" || sdp === null) sip.run(stack.inviteReject(dialogId, { status: 403 }));
    else {
      const mediaAddress = deps.advertisedFor(plainAddress(flow.remote.address));
      calls.takeOver({ dialogId, sipCallId: request.callId, replaced, flow, sdp, deviceId: verdict.device.deviceId, mediaAddress });
    }
  };

  /** REGISTER, OPTIONS and the rest outside a dialog. */
  const outsideRequest = (event: Extract<SipUserEvent, { kind: "requestReceived" }>): void => {
    const { request, flow, transactionId } = event;
    const respond = (status: number, headers: readonly { name: string; value: string }[] = []): void => {
      sip.run(stack.respond(transactionId, { status, headers }));
    };
    const onPhone = flow.id.startsWith(PHONE_FLOW);
    const onDevices = doors.get(flow.id) === "devices";
    if (request.method === "OPTIONS" && !onDevices) {
      // A carrier that asks how we are sends its calls elsewhere.
      if (draining.kind === "open" || onPhone) respond(200);
      else respond(503, RETRY_WHEN_DRAINED);
      return;
    }
    if (onPhone) {
      const phone = phones.byFlow(flow.id);
      if (request.method !== "REGISTER" || phone === null) {
        respond(phone === null ? 403 : 405);
        return;
      }
      const outcome = registrar.register({ at: clock.now(), request, flow, identity: phone.addressOfRecord });
      respond(outcome.status, outcome.headers);
      if (outcome.status === 200) phones.registered(phone.phoneId, registrar.bindings(clock.now(), phone.addressOfRecord).length > 0);
      return;
    }
    if (!onDevices && !trunks.challenges(plainAddress(flow.remote.address))) {
      respond(405);
      return;
    }
    const verdict = verify(request, flow);
    if (verdict.kind === "challenged") {
      respond(401, verdict.headers);
      return;
    }
    if (verdict.kind === "trunk" && request.method === "REGISTER") {
      trunkRegisters(event, verdict);
      return;
    }
    if (verdict.kind === "trunk" && request.method !== "OPTIONS") {
      respond(405);
      return;
    }
    if (request.method === "OPTIONS") {
      respond(200);
      return;
    }
    if (request.method !== "REGISTER" || verdict.kind === "trunk") {
      respond(405);
      return;
    }
    // A device may write any domain of ours, but only its own name before it.
    const { uri } = request.to;
    const host = uri.kind === "sip" ? uri.host : DIGEST_REALM;
    const identity = addressOfRecord({
      kind: "sip",
      scheme: "sip",
      user: verdict.device.username,
      password: null,
      host,
      port: null,
      params: [],
      headers: null,
    });
    const outcome = registrar.register({ at: clock.now(), request, flow, identity: identity ?? "" });
    respond(outcome.status, outcome.headers);
    if (identity !== null && outcome.status === 200) {
      const known = deviceAddresses.get(verdict.device.username) ?? new Set();
      deviceAddresses.set(verdict.device.username, known.add(identity));
    }
    devicesChanged(outcome.changes, headerGet(request, "User-Agent")?.slice(0, EdgeLimits.userAgentCharsMax) ?? null);
  };

  /** A carrier's equipment that registers with us: a digest trunk without addresses of its own. */
  const trunkRegisters = (
    { request, flow, transactionId }: Extract<SipUserEvent, { kind: "requestReceived" }>,
    { trunkId, username }: { readonly trunkId: string; readonly username: string },
  ): void => {
    const host = request.to.uri.kind === "sip" ? request.to.uri.host : DIGEST_REALM;
    const identity = `sip:${username}@${host}`;
    const outcome = registrar.register({ at: clock.now(), request, flow, identity });
    sip.run(stack.respond(transactionId, { status: outcome.status, headers: outcome.headers }));
    if (outcome.status !== 200) return;
    registeredTrunks.set(identity, trunkId);
    trunkBindingsChanged(identity, trunkId);
  };

  const trunkBindingsChanged = (identity: string, trunkId: string): void => {
    const newest = registrar.bindings(clock.now(), identity).toSorted((a, b) => b.expiresAt - a.expiresAt)[0];
    trunks.peerRegistered(trunkId, newest === undefined ? null : { until: newest.expiresAt, flow: newest.flow, contact: newest.contact });
    if (newest === undefined) registeredTrunks.delete(identity);
  };

  const devicesChanged = (changes: readonly BindingChange[], userAgent: string | null): void => {
    for (const { binding } of changes) {
      const trunkId = registeredTrunks.get(binding.addressOfRecord);
      if (trunkId !== undefined) {
        trunkBindingsChanged(binding.addressOfRecord, trunkId);
      }
    }
    // A browser phone's registration is told by its own machine.
    devices.heard(
      changes.filter(({ binding }) => !registeredTrunks.has(binding.addressOfRecord) && !binding.flow.id.startsWith(PHONE_FLOW)),
      userAgent,
    );
  };

  /**
   * SIP.js and JsSIP know MD5 alone and see but one challenge, the last: softphones get that one; what they send is under TLS. Some phones
   * stumble over a challenge that they don't know instead of passing it over (RFC 8760 §2.4).
   */
  const challengesFor = (flow: SipFlow, challenges: readonly SipHeader[], userAgent: string | null): readonly SipHeader[] =>
    flow.id.startsWith(SOFTPHONE_FLOW) || isStumbling(userAgent)
      ? challenges.filter(({ value }) => value.includes("algorithm=MD5"))
      : challenges;

  const verify = (
    request: SipRequest,
    flow: SipFlow,
  ):
    | { readonly kind: "accepted"; readonly device: DeviceEntry }
    | { readonly kind: "trunk"; readonly trunkId: string; readonly username: string }
    | { readonly kind: "challenged"; readonly headers: readonly { name: string; value: string }[] } => {
    const at = clock.now();
    const address = plainAddress(flow.remote.address);
    const verdict = digest.verify({
      at,
      source: flow.remote.address,
      request,
      credentials: (username) => {
        const account = admission.deviceByUsername(username) ?? trunks.inboundAccount(username);
        return account === null ? null : { md5: account.ha1Md5, sha256: account.ha1Sha256 };
      },
    });
    if (verdict.kind === "challenged") {
      if (verdict.isWrong && verdict.user !== null) {
        shield.failed(address, verdict.user, at);
        const wronged = admission.deviceByUsername(verdict.user);
        if (wronged !== null) devices.noteTrouble(wronged.deviceId, "wrongPassword");
      } else shield.challenged(address, at);
      return { kind: "challenged", headers: challengesFor(flow, verdict.headers, userAgentOf(request)) };
    }
    // A name that was guessed at too often hears what everybody hears, from anywhere but its own phone.
    const device = admission.deviceByUsername(verdict.user);
    const trunk = device === null ? trunks.inboundAccount(verdict.user) : null;
    if ((device === null && trunk === null) || shield.isLocked(verdict.user, address, at))
      return {
        kind: "challenged",
        headers: challengesFor(flow, digest.challenge({ at, source: flow.remote.address }), userAgentOf(request)),
      };
    shield.proved(address, verdict.user, at);
    softphones.proved(flow.id);
    if (device !== null) return { kind: "accepted", device };
    return { kind: "trunk", trunkId: must(trunk).trunkId, username: verdict.user };
  };

  /** Strangers at the phones' door: what they cost is bounded before a byte is read, and who doesn't say who they are costs no state. */
  const isTakenAtDevices = (flow: SipFlow, bytes: Uint8Array): boolean => {
    const at = clock.now();
    const address = plainAddress(flow.remote.address);
    if (!shield.admits(address, at)) return false;
    const challenge = statelessChallenge(bytes, flow, {
      challenge: (userAgent) => challengesFor(flow, digest.challenge({ at, source: flow.remote.address }), userAgent),
      hmac: deps.hmac,
    });
    if (challenge === null) return true;
    if (isScanner(challenge.userAgent)) {
      shield.scanned(address, at);
      return false;
    }
    shield.challenged(address, at);
    sendBytes(flow.id, challenge.to, challenge.bytes);
    return false;
  };

  /** The person wants their device in the call that waits for them. */
  const callPhone = ({ phoneId, personId, shown }: Extract<CoreCommand, { kind: "callPhone" }>): void => {
    if (!devices.isDevice(phoneId)) return;
    devices.legFor({ phoneId, personId, offerId: null, shown, waitMsMax: DevicePhoneLimits.ownRingMsMax }, (legId) => {
      if (legId !== null) legFlowing({ personId, phoneId, legId });
    });
  };

  const mediaEvent = (event: MediaEvent): void => {
    const at = event.at;
    switch (event.kind) {
      case "sequenceEnded":
        if (phones.isPhoneLeg(event.legId)) phones.sequenceEnded(event.legId, event.token, event.completed);
        else if (devices.isLeg(event.legId)) devices.sequenceEnded(event.legId);
        else calls.mediaEvent({ legId: event.legId, event: { kind: "sequenceEnded", at, token: event.token, completed: event.completed } });
        return;
      case "digit":
        callProbes.digit(event.legId, event.digit);
        if (phones.isPhoneLeg(event.legId) || devices.isLeg(event.legId)) calls.agentKeyHeard(event.legId, event.digit);
        calls.mediaEvent({ legId: event.legId, event: { kind: "digitPressed", at } });
        return;
      case "mediaStopped":
        if (phones.isPhoneLeg(event.legId)) legLost(event.legId);
        else if (devices.isLeg(event.legId)) devices.mediaStopped(event.legId);
        else calls.mediaEvent({ legId: event.legId, event: { kind: "callerMediaStopped", at } });
        return;
      case "mediaFlowing": {
        devices.mediaFlowing(event.legId);
        const phone = phones.ofLeg(event.legId) ?? devices.ofLeg(event.legId);
        if (phone !== null) legFlowing({ personId: phone.personId, phoneId: phone.phoneId, legId: event.legId });
        return;
      }
      case "consentFresh":
        phones.consentFresh(event.legId);
        return;
      case "dtlsConnected":
        phones.keysStand(event.legId);
        return;
      case "dtlsFailed":
        log.warn({ reason: event.reason }, "a browser phone's keys could not be agreed");
        if (phones.isPhoneLeg(event.legId)) phones.legDied(event.legId);
        else if (devices.isLeg(event.legId)) devices.legDied(event.legId);
        else calls.mediaEvent({ legId: event.legId, event: { kind: "callerLegDied", at } });
        return;
      case "recordingSaved":
        report({
          kind: "recordingSaved",
          at,
          recordingId: event.recordingId as never,
          durationMs: event.durationMs,
          bytes: event.bytes,
          sha256Hex: event.sha256Hex,
        });
        return;
      case "recordingFailed":
        report({ kind: "recordingFailed", at, recordingId: event.recordingId as never, reason: event.reason });
        return;
      case "workerDied":
        log.error({ legs: event.legIds.length, recordings: event.recordingIds.length }, "a media worker died");
        for (const recordingId of event.recordingIds)
          report({ kind: "recordingFailed", at, recordingId: recordingId as never, reason: "workerDied" });
        for (const legId of event.legIds) {
          if (recorders.legDied(legId)) continue;
          if (phones.isPhoneLeg(legId)) phones.legDied(legId);
          else if (devices.isLeg(legId)) devices.legDied(legId);
          else calls.mediaEvent({ legId, event: { kind: "callerLegDied", at } });
        }
    }
  };
  engine.onEvent(mediaEvent);

  const configure = async (next: EdgeConfig): Promise<void> => {
    config = next;
    const before = admission;
    admission = createAdmission(next);
    trunks.configure(next.trunks);
    recorders.configure(next.recorders ?? []);
    devices.configure(next.devices);
    // A retired device, or one whose password was changed, is registered no longer.
    for (const [username, addresses] of deviceAddresses) {
      const known = admission.deviceByUsername(username);
      if (known !== null && known.ha1Sha256 === before.deviceByUsername(username)?.ha1Sha256) continue;
      for (const address of addresses) devicesChanged(registrar.identityRemoved(address), null);
      deviceAddresses.delete(username);
    }
    const wanted = new Map(next.audio.map((audio) => [audio.audioId, audio]));
    for (const audioId of audioVersions.keys()) {
      if (!wanted.has(audioId)) {
        audioVersions.delete(audioId);
        engine.removeAudio(audioId);
      }
    }
    for (const audio of next.audio) {
      if (audioVersions.get(audio.audioId) === audio.version) continue;
      audioVersions.set(audio.audioId, audio.version);
      const samples = await deps.loadAudio(audio.filePath);
      if (samples === null) log.error({ audioId: audio.audioId }, "a prompt's file can't be read: callers will not hear it");
      else engine.setAudio(audio.audioId, samples);
    }
  };

  const ticker = setInterval(() => {
    if (coreIsHere) for (const taken of trace.take(clock.now())) deps.sendToCore({ kind: "callTrace", ...taken });
    else trace.hold(clock.now());
    const lost = trace.lost();
    if (lost.calls + lost.messages > 0) log.warn(lost, "SIP messages of calls were not kept: too many at once");
    phones.tick();
    devices.tick();
    for (const flowId of softphones.lapsed()) {
      deps.sendToCore({ kind: "phoneClose", flowId: flowId.slice(SOFTPHONE_FLOW.length) });
      flowClosed(flowId);
    }
    devicesChanged(registrar.expire(clock.now()), null);
    shield.tidy(clock.now());
  }, PhoneShellLimits.tickMs);
  const tellShield = (): void => {
    const at = clock.now();
    const version = shield.version() * 2 + Number(shedder.refusesCalls());
    if (!coreIsHere || version === shieldTold) return;
    shieldTold = version;
    deps.sendToCore({
      kind: "shieldState",
      at,
      blocked: shield.blocked(at),
      unlisted: shield.unlistedSources(),
      shedding: shedder.refusesCalls(),
    });
  };
  const loadTimer = setInterval(() => {
    shedder.sample(deps.busyShare?.() ?? 0);
    tellShield();
  }, shedderLimits.sampleEveryMs);
  const figuresTimer = setInterval(() => {
    if (coreIsHere)
      deps.sendToCore({
        kind: "edgeFigures",
        at: clock.now(),
        callsOpen: calls.count(),
        legsOpen: calls.count() + phones.summaries().length + devices.count(),
        eventsBuffered: outbox.size(),
      });
  }, EdgeLimits.figuresEveryMs);
  const linesTimer = setInterval(() => calls.lookAtLines(), lineWatchLimits.everyMs);

  /** What core hasn't seen when we end, it would have to guess. */
  const lastEventsSeen = async (): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = deps.timers.arm(EdgeLimits.lastEventsMsMax, resolve);
    whenSeen = resolve;
    if (!coreIsHere || outbox.size() === 0) resolve();
    await promise;
    cancel();
  };

  /** Whether an address is a trunk's, or of a network that some number lists. */
  const isTrunk = (address: string, port: number): boolean =>
    admission.isListed(plainAddress(address)) ||
    trunks.admits(address) ||
    recorders.admits(plainAddress(address)) ||
    admitted.has(address, port, clock.now()) ||
    ownProbes.has(`${address} ${port}`);

  const sipReceived: Edge["sipReceived"] = (door, flow, bytes) => {
    if (door === "devices" && !isTakenAtDevices(flow, bytes)) return;
    doors.set(flow.id, door);
    flowsSeen.set(flow.id, flow);
    trace.note("in", flow, bytes, clock.now());
    source = door === "devices" ? plainAddress(flow.remote.address) : null;
    sip.receive(flow, bytes);
    source = null;
  };
  const flowClosed = (flowId: string): void => {
    doors.delete(flowId);
    flowsSeen.delete(flowId);
    softphones.closed(flowId);
    devicesChanged(registrar.flowClosed(flowId), null);
    sip.flowClosed(flowId);
    recorders.flowClosed(flowId);
  };

  return {
    admits: (door, address, port) => {
      const plain = plainAddress(address);
      if (door === "devices") return !shield.isBlocked(plain, clock.now());
      if (isTrunk(address, port)) return true;
      shield.unlisted(plain, clock.now());
      return false;
    },
    isCarrier: (address) => trunks.admits(plainAddress(address)) || recorders.admits(plainAddress(address)),
    sipReceived,
    flowClosed,
    coreConnected: () => {
      calls.giveUpPlacing();
      deps.sendToCore({
        kind: "edgeHello",
        epoch: deps.epoch,
        calls: calls.summaries(),
        internalCalls: internalCalls.list(),
        phones: phones.summaries(),
        resendFrom: outbox.oldest(),
        ports: deps.ports(),
      });
    },
    coreDisconnected: () => {
      coreIsHere = false;
      whenSeen?.();
      // The WebSockets died with core; the media of browser phones did not.
      for (const flowId of phones.flowIds()) {
        registrar.flowClosed(flowId);
        phones.closeFlow(flowId);
      }
      // So did those of softphones; their calls go on, and what they send next comes by another socket.
      for (const flowId of softphones.flowIds()) flowClosed(flowId);
    },
    fromCore: (message) => {
      switch (message.kind) {
        case "coreHello":
          outbox.acknowledge(message.seenThrough);
          coreIsHere = true;
          shieldTold = -1;
          for (const entry of outbox.after(message.seenThrough)) deps.sendToCore({ kind: "edgeEvent", ...entry });
          for (const state of trunks.states()) deps.sendToCore({ kind: "trunkState", state });
          for (const state of recorders.states()) deps.sendToCore({ kind: "recorderState", state });
          for (const told of devices.states()) deps.sendToCore({ kind: "deviceState", ...told });
          tellDrain();
          return;
        case "eventsSeen":
          outbox.acknowledge(message.through);
          if (outbox.size() === 0) whenSeen?.();
          return;
        case "edgeConfig":
          void configure(message.config);
          return;
        case "probeTrunk":
          trunks.probe(message.trunkId).then(
            (probe) => deps.sendToCore({ kind: "trunkProbed", token: message.token, probe }),
            (error: unknown) => log.warn({ err: error }, "a trunk could not be looked at"),
          );
          return;
        case "probeCall":
          callProbes.place(message).then(
            (probe) => deps.sendToCore({ kind: "callProbed", token: message.token, probe }),
            (error: unknown) => log.warn({ err: error }, "a test call could not be placed"),
          );
          return;
        case "probeNetwork":
          deps
            .probeNetwork((address, port) => {
              const source = `${address} ${port}`;
              ownProbes.add(source);
              return () => void ownProbes.delete(source);
            })
            .then(
              (probe) => deps.sendToCore({ kind: "networkProbed", token: message.token, probe }),
              (error: unknown) => log.warn({ err: error }, "the network could not be looked at"),
            );
          return;
        case "ownCertificate":
          deps.certify(message.certificate);
          return;
        case "coreCommand": {
          const { command } = message;
          if ("contactId" in command && "callId" in command) trace.about(command.callId, { contactId: command.contactId });
          if (command.kind === "ringPhone") {
            if (devices.isDevice(command.phoneId)) devices.ring(command);
            else phones.ring(command.phoneId, command.audioId);
          } else if (command.kind === "stopRinging") {
            if (devices.isDevice(command.phoneId)) devices.stopRinging(command.phoneId);
            else phones.stopRinging(command.phoneId);
          } else if (command.kind === "tellPhone") devices.tell(command);
          else if (command.kind === "releasePhone") devices.dismiss(command.phoneId);
          else if (command.kind === "callPhone") callPhone(command);
          else if (isInternal(command)) internalCalls.command(command);
          else if (command.kind === "announcePhone") phones.announce(command.phoneId, command.token, command.audioIds);
          else if (command.kind === "admitCaller") {
            admitted.admit(command, clock.now());
            deps.sendToCore({ kind: "callerAdmitted", testCallId: command.test.testCallId });
          } else if (command.kind === "dismissCaller") admitted.dismiss(command.testCallId);
          else if (command.kind === "placeCall" && draining.kind !== "open" && !command.isEmergency && !calls.has(command.callId))
            report({ kind: "callEnded", at: clock.now(), callId: command.callId, cause: STOPPED, figures: null });
          else {
            if (command.kind === "placeCall" && !calls.has(command.callId)) trace.begun(command.callId, command);
            calls.command(command);
          }
          return;
        }
        case "phoneOpen":
          phones.open({ ...message, flowId: PHONE_FLOW + message.flowId });
          return;
        case "phoneFrame": {
          const flow = phones.flow(PHONE_FLOW + message.flowId);
          const softphone = flow === null ? softphones.flow(SOFTPHONE_FLOW + message.flowId) : null;
          if (flow !== null) sip.receive(flow, utf8Encode(message.text));
          else if (softphone !== null) sipReceived("devices", softphone, utf8Encode(message.text));
          return;
        }
        case "softphoneOpen": {
          const isWelcome = !shield.isBlocked(plainAddress(message.remoteAddress), clock.now()) && softphones.open(message) !== null;
          if (!isWelcome) deps.sendToCore({ kind: "phoneClose", flowId: message.flowId });
          return;
        }
        case "phoneClose": {
          if (softphones.flow(SOFTPHONE_FLOW + message.flowId) !== null) {
            flowClosed(SOFTPHONE_FLOW + message.flowId);
            return;
          }
          const flowId = PHONE_FLOW + message.flowId;
          registrar.flowClosed(flowId);
          phones.closeFlow(flowId);
          return;
        }
        case "sessionEnded":
          phones.sessionEnded(message.sessionId);
          return;
        case "liftBlock":
          shield.lift(message.source);
          tellShield();
          return;
        case "drain":
          drain({ kind: message.on ? "begun" : "takenBack", at: clock.now() });
      }
    },
    figures: () => ({ calls: calls.count(), eventsBuffered: outbox.size() }),
    stop: async ({ drainMsMax, hurry }) => {
      const insisted = (): void => drain({ kind: "hurried", at: clock.now() });
      drain({ kind: "stopOrdered", at: clock.now(), limitMs: hurry.aborted ? 0 : drainMsMax, calls: countLeft() });
      hurry.addEventListener("abort", insisted);
      await drained.promise;
      hurry.removeEventListener("abort", insisted);
      clearInterval(ticker);
      clearInterval(figuresTimer);
      clearInterval(loadTimer);
      clearInterval(linesTimer);
      internalCalls.endAll();
      devices.endAll();
      recorders.endAll();
      await trunks.stop();
      await engine.close();
      await lastEventsSeen();
      sip.close();
    },
  };
}

function isInternal(command: CoreCommand): command is Parameters<InternalCalls["command"]>[0] {
  return "internalCallId" in command;
}

function userAgentOf(request: SipRequest): string | null {
  return headerGet(request, "User-Agent");
}

/** baresip before 2.0, as distributions still carry it. */
function isStumbling(userAgent: string | null): boolean {
  return userAgent !== null && /^baresip v?[01]\./i.test(userAgent);
}

/** A call that nobody simply ended: its messages are kept however many calls there are. */
function hadTrouble({ why }: EndCause): boolean {
  return why !== "hungUp" && why !== "abandoned" && why !== "closed";
}
