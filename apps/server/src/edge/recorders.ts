// The recorders elsewhere of this edge (SIPREC, RFC 7866): which calls they get, and how they fare. A call's session with one is decided by
// its machine; here are its SIP, its two legs in the media engine, and what it is told of who takes part.
import { randomBytes } from "node:crypto";
import type { EdgeEvent, RecorderConfig, RecorderLogLine, RecorderState } from "@allo/contract";
import {
  beginRecorderSession,
  stepRecorderSession,
  type RecordedCall,
  type RecordedParty,
  type RecorderFailure,
  type RecorderReport,
  type RecorderSessionCommand,
  type RecorderSessionEvent,
  type RecorderSessionState,
  type RecorderSessionTimer,
} from "@allo/call";
import { utf8Encode, type CallId, type Clock, type ContactId, type Hash, type IdSource, type Instant, type PartyId } from "@allo/kernel";
import type { PersonId, Prng, RecordingId, Timers } from "@allo/kernel";
import type { LegPath, MediaEngine, PlainRemote } from "@allo/media";
import { FlowError, type SipEndpoint } from "@allo/node-net";
import { chooseCrypto, createRecordingOffer, nextVersion, readRecordingAnswer, type RemoteAudio, type SdpCrypto } from "@allo/sdp";
import {
  beginHealth,
  contentTypeOf,
  createDigestClient,
  createTargetResolver,
  headerGet,
  multipartParts,
  orderByHealth,
  printRecordingMetadata,
  recordingMetadataTypes,
  stepHealth,
  type Authenticate,
  type BodyPart,
  type DnsPort,
  type HealthState,
  type HostPort,
  type PeerAddress,
  type RecordedParticipant,
  type SipFlow,
  type SipHeader,
  type SipRequest,
  type SipUserEvent,
} from "@allo/sip";
import type { Logger } from "../platform/log.ts";
import { escapeUser, host } from "./trunk-identity.ts";

export const RecorderShellLimits = {
  /** Names are resolved anew so often. */
  resolveEveryMs: 60_000,
  T1Ms: 500,
  /** An INVITE without any answer is given up for another address. */
  giveUpMs: 4_000,
  /** A message longer than this goes by TCP where the recorder takes it (RFC 3261 §18.1.1). */
  udpBytesMax: 1_300,
  /** So many tries of one call stand in its ladder. */
  triesTracedMax: 5,
} as const;

/** Master key and salt of AES_CM_128_HMAC_SHA1_80, the one suite that the media engine speaks. */
const SRTP_KEY_BYTES = 30;
const SDES_SUITE = "AES_CM_128_HMAC_SHA1_80";
/** By which the streams are named in description and metadata. */
const LABELS = { left: "1", right: "2" } as const;
const SIDES = ["left", "right"] as const;
type Side = (typeof SIDES)[number];

/** What calls want of it: the same as of the recording that stays here. */
export type Copies = {
  readonly begin: (copy: CopyOrder, call: RecordedCall) => void;
  readonly changed: (recordingId: RecordingId, call: RecordedCall) => void;
  readonly end: (recordingId: RecordingId) => void;
  /** People of ours, by name. */
  readonly named: (callId: CallId, names: readonly { readonly personId: PersonId; readonly name: string }[]) => void;
};

export type CopyOrder = {
  readonly recordingId: RecordingId;
  readonly recorderId: string;
  readonly callId: CallId;
  readonly contactId: ContactId | null;
  /** Of the customer's leg: the copy's legs are best in the same worker. */
  readonly nearLegId: string;
  /** Read whenever the recorder is told who takes part: the customer's line may become another one. */
  readonly customer: () => { readonly number: string | null; readonly name: string | null };
  readonly numberOf: (partyId: PartyId) => string | null;
};

export type Recorders = Copies & {
  readonly configure: (recorders: readonly RecorderConfig[]) => void;
  /** Whether one of them is at this address. */
  readonly admits: (address: string) => boolean;
  /** True where the event belongs to a session or a question of ours. */
  readonly sipEvent: (event: SipUserEvent) => boolean;
  /** True where the leg was one of a session; its worker died. */
  readonly legDied: (legId: string) => boolean;
  readonly states: () => readonly RecorderState[];
  readonly endAll: () => void;
};

type Target = { readonly peer: PeerAddress; health: HealthState; cancel: (() => void) | null; askedAt: Instant };

type Recorder = {
  readonly config: RecorderConfig;
  targets: Map<string, Target>;
  unresolvedSince: Instant | null;
  resolving: (() => void) | null;
  readonly authenticate: Authenticate | null;
  told: RecorderState["health"];
};

/** One of the two streams. */
type Stream = { readonly id: string; readonly legId: string; readonly port: number; readonly key: Uint8Array; remote: PlainRemote | null };

/** One try to reach the recorder, and what came of it: none of it outlives it. */
type Attempt = {
  readonly streams: Readonly<Record<Side, Stream>>;
  readonly target: Target;
  readonly flow: SipFlow;
  readonly local: HostPort;
  readonly sessionId: string;
  /** Both streams are sealed by keys in the descriptions. */
  readonly isSealed: boolean;
  /** Our last description said that nothing is sent. */
  isInactive: boolean;
  dialogId: string | null;
  description: { readonly version: number; readonly sdp: Uint8Array } | null;
};

type Participant = { readonly id: string; readonly joinedAt: Instant; leftAt: Instant | null; party: RecordedParty; aor: string; name: string | null };

type Session = {
  readonly order: CopyOrder;
  state: RecorderSessionState;
  readonly startedAt: Instant;
  readonly sessionId: string;
  readonly participants: Map<string, Participant>;
  /** What the recorder was told of each, as it was told. */
  told: Map<string, string>;
  readonly timers: Map<RecorderSessionTimer, () => void>;
  /** Counts the tries: what comes of an earlier one is nobody's. */
  tries: number;
  /** The address of the last one: the next goes to another, where there is one. */
  tried: string | null;
  attempt: Attempt | null;
};

export function createRecorders(options: {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: IdSource;
  readonly prng: Prng;
  readonly hash: Hash;
  readonly engine: MediaEngine;
  readonly sip: () => SipEndpoint;
  readonly log: Logger;
  readonly dns: DnsPort;
  readonly bindAddress: string;
  readonly openFlow: (peer: PeerAddress, tls: RecorderConfig["tls"]) => Promise<SipFlow>;
  /** What we advertise towards a peer. */
  readonly localFor: (remote: string, transport: PeerAddress["transport"]) => HostPort;
  /** A UUID in base64 (RFC 7865 §6.10). */
  readonly newUuid: () => string;
  readonly report: (event: EdgeEvent) => void;
  /** Which SIP Call-ID tells of this call. */
  readonly onSipCallId: (sipCallId: string, callId: CallId) => void;
  readonly onState: (state: RecorderState) => void;
  readonly onLine: (recorderId: string, line: RecorderLogLine) => void;
}): Recorders {
  const { clock, timers, ids, prng, engine } = options;
  const resolver = createTargetResolver({ dns: options.dns, prng });
  const recorders = new Map<string, Recorder>();
  const sessions = new Map<RecordingId, Session>();
  const byDialog = new Map<string, { readonly session: Session; readonly attempt: Attempt }>();
  const byLeg = new Map<string, Session>();
  /** Questions of ours in flight. */
  const pings = new Map<string, { readonly recorder: Recorder; readonly target: Target }>();
  const names = new Map<CallId, Map<PersonId, string>>();

  const line = (recorderId: string, what: RecorderLogLine["what"], fields: Partial<RecorderLogLine> = {}): void =>
    options.onLine(recorderId, { at: clock.now(), status: null, trouble: null, ...fields, what });
  const isLive = (recorder: Recorder): boolean => recorders.get(recorder.config.recorderId) === recorder;

  // ---- The recorders themselves

  const configure = (next: readonly RecorderConfig[]): void => {
    const wanted = new Map(next.map((config) => [config.recorderId, config]));
    for (const [recorderId, recorder] of recorders) {
      const config = wanted.get(recorderId);
      if (config !== undefined && JSON.stringify(config) === JSON.stringify(recorder.config)) {
        wanted.delete(recorderId);
        continue;
      }
      recorder.resolving?.();
      for (const target of recorder.targets.values()) target.cancel?.();
      recorders.delete(recorderId);
    }
    for (const config of wanted.values()) {
      const { account } = config;
      const recorder: Recorder = {
        config,
        targets: new Map(),
        unresolvedSince: null,
        resolving: null,
        authenticate:
          account === null
            ? null
            : createDigestClient({
                hash: options.hash,
                newCnonce: () => ids.next("cn"),
                user: account.user,
                password: account.password,
                realm: null,
              }),
        told: "unknown",
      };
      recorders.set(config.recorderId, recorder);
      void refresh(recorder);
    }
  };

  const refresh = async (recorder: Recorder): Promise<void> => {
    recorder.resolving?.();
    recorder.resolving = timers.arm(RecorderShellLimits.resolveEveryMs, () => void refresh(recorder));
    const at = clock.now();
    const { host: name, port, transport } = recorder.config;
    const peers = await resolver.resolve({ host: name, port, transport }, at);
    if (!isLive(recorder)) return;
    recorder.unresolvedSince = peers.length > 0 ? null : (recorder.unresolvedSince ?? at);
    const next = new Map<string, Target>();
    for (const peer of peers) {
      const key = keyOf(peer);
      next.set(key, recorder.targets.get(key) ?? { peer, health: beginHealth(at), cancel: null, askedAt: at });
    }
    for (const [key, target] of recorder.targets) if (!next.has(key)) target.cancel?.();
    const isNew = [...next].filter(([key]) => !recorder.targets.has(key));
    recorder.targets = next;
    for (const [, target] of isNew) health(recorder, target, { kind: "started", at });
    tell(recorder);
  };

  const health = (recorder: Recorder, target: Target, event: Parameters<typeof stepHealth>[1]): void => {
    if (!isLive(recorder)) return;
    const step = stepHealth(target.health, event, recorder.config.optionsSeconds * 1_000);
    target.health = step.state;
    for (const command of step.commands) {
      if (command.kind === "ping") void ping(recorder, target);
      else {
        target.cancel?.();
        target.cancel = timers.arm(command.afterMs, () => health(recorder, target, { kind: "timerFired", at: clock.now() }));
      }
    }
    if (event.kind !== "timerFired") tell(recorder);
  };

  const ping = async (recorder: Recorder, target: Target): Promise<void> => {
    target.askedAt = clock.now();
    let flow: SipFlow;
    try {
      flow = await options.openFlow(target.peer, recorder.config.tls);
    } catch (error) {
      health(recorder, target, { kind: "missed", at: clock.now(), reason: openTrouble(error), byPing: true });
      return;
    }
    if (!isLive(recorder)) return;
    const sip = options.sip();
    const local = options.localFor(target.peer.address, target.peer.transport);
    const uri = uriOf(recorder.config, target.peer);
    const transactionId = sip.send(
      sip.stack.requestSend({
        method: "OPTIONS",
        flow,
        target: uri,
        from: `<sip:allo@${place(local)}>`,
        to: `<${uri}>`,
        headers: [{ name: "Contact", value: contactOf(local, target.peer.transport) }],
        authenticate: recorder.authenticate ?? undefined,
        timing: { T1Ms: RecorderShellLimits.T1Ms, giveUpMs: RecorderShellLimits.giveUpMs },
      }),
    );
    if (transactionId === null) health(recorder, target, { kind: "missed", at: clock.now(), reason: "connectionFailed", byPing: true });
    else pings.set(transactionId, { recorder, target });
  };

  const tell = (recorder: Recorder): void => {
    const state = stateOf(recorder);
    if (state.health !== recorder.told) {
      recorder.told = state.health;
      if (state.health !== "unknown")
        line(recorder.config.recorderId, state.health, {
          status: state.lastStatus,
          trouble: state.health === "up" ? null : state.trouble,
        });
    }
    options.onState(state);
  };

  const stateOf = ({ config: { recorderId }, targets, unresolvedSince }: Recorder): RecorderState => {
    const at = clock.now();
    const own = [...sessions.values()].filter(({ order }) => order.recorderId === recorderId);
    const recording = own.filter(({ state }) => state.kind === "recording").length;
    // One that is being called for the first time is missed by nobody yet.
    const missing = own.filter(({ state }) => state.kind !== "over" && state.kind !== "recording" && state.failures > 0).length;
    const counted = { recorderId, at, sessions: recording, missing };
    // It is as well as the best of its addresses.
    const best = [...targets.values()].map(({ health: each }) => each).toSorted((a, b) => RANK[a.kind] - RANK[b.kind])[0];
    if (best === undefined) {
      const isUnresolved = unresolvedSince !== null;
      return {
        ...counted,
        health: isUnresolved ? "down" : "unknown",
        since: unresolvedSince ?? at,
        trouble: isUnresolved ? "nameUnresolved" : null,
        lastStatus: null,
        roundTripMs: null,
      };
    }
    const { kind, since, reason, lastStatus, roundTripMs } = best;
    return { ...counted, health: kind, since, trouble: reason, lastStatus, roundTripMs };
  };

  // ---- Sessions

  const feed = (session: Session, event: RecorderSessionEvent): void => {
    const step = stepRecorderSession(session.state, event);
    session.state = step.state;
    for (const command of step.commands) execute(session, command);
    if (step.state.kind === "over") sessions.delete(session.order.recordingId);
    const recorder = recorders.get(session.order.recorderId);
    if (recorder !== undefined && step.commands.some(({ kind }) => kind === "report" || kind === "end")) tell(recorder);
  };

  const execute = (session: Session, command: RecorderSessionCommand): void => {
    switch (command.kind) {
      case "open":
        void open(session);
        return;
      case "call":
        call(session, command);
        return;
      case "change":
        change(session, command);
        return;
      case "end":
        endAttempt(session);
        return;
      case "hear":
        for (const side of SIDES) hear(session, side, command[side], command.isSent);
        return;
      case "armTimer":
        session.timers.get(command.timer)?.();
        session.timers.set(
          command.timer,
          timers.arm(command.afterMs, () => feed(session, { kind: "timerFired", timer: command.timer })),
        );
        return;
      case "cancelTimer":
        session.timers.get(command.timer)?.();
        session.timers.delete(command.timer);
        return;
      case "report":
        report(session, command.report);
    }
  };

  const report = ({ order: { recordingId, recorderId, callId } }: Session, said: RecorderReport): void => {
    options.report({ ...said, at: clock.now(), callId, recordingId, recorderId });
    switch (said.kind) {
      case "copyStarted":
        line(recorderId, "sessionBegan");
        return;
      case "copyFailed":
        line(recorderId, "sessionFailed", { status: said.status, trouble: said.why });
        return;
      case "copyEnded":
        line(recorderId, "sessionEnded");
    }
  };

  const failed = (session: Session, tries: number, failure: RecorderFailure): void => {
    if (session.tries === tries) feed(session, { kind: "openFailed", failure });
  };

  /** Two legs to send from, and a flow to the address that answers best. */
  const open = async (session: Session): Promise<void> => {
    const tries = (session.tries += 1);
    const { order } = session;
    const recorder = recorders.get(order.recorderId);
    if (recorder === undefined) {
      queueMicrotask(() => failed(session, tries, { why: "notSetUp", status: null }));
      return;
    }
    // Just set up, or its name could not be resolved so far.
    if (recorder.targets.size === 0) await refresh(recorder);
    const targets = orderByHealth([...recorder.targets.values()], ({ health: each }) => each, clock.now());
    const target = targets.find(({ peer }) => keyOf(peer) !== session.tried) ?? targets[0];
    if (target === undefined) {
      failed(session, tries, { why: "unreachable", status: null });
      return;
    }
    session.tried = keyOf(target.peer);
    const opened: Stream[] = [];
    const giveBack = (failure: RecorderFailure): void => {
      for (const { legId } of opened) {
        byLeg.delete(legId);
        engine.closeLeg(legId);
      }
      failed(session, tries, failure);
    };
    try {
      const { bindAddress } = options;
      const { nearLegId } = order;
      while (opened.length < SIDES.length) {
        const legId = ids.next("leg");
        const { port } = await engine.openPlainLeg({ legId, nearLegId, bindAddress, remote: null, mediaTimeoutMs: null });
        opened.push({ id: options.newUuid(), legId, port, key: new Uint8Array(randomBytes(SRTP_KEY_BYTES)), remote: null });
      }
    } catch (error) {
      options.log.error({ err: error, callId: order.callId }, "no media socket for a recorder elsewhere");
      giveBack({ why: "noMedia", status: null });
      return;
    }
    let flow: SipFlow;
    try {
      flow = await options.openFlow(target.peer, recorder.config.tls);
    } catch (error) {
      health(recorder, target, { kind: "missed", at: clock.now(), reason: openTrouble(error), byPing: false });
      giveBack({ why: "unreachable", status: null });
      return;
    }
    const [left, right] = opened;
    if (session.tries !== tries || session.state.kind !== "opening" || left === undefined || right === undefined) {
      giveBack({ why: "noMedia", status: null });
      return;
    }
    for (const { legId } of opened) byLeg.set(legId, session);
    session.attempt = {
      streams: { left, right },
      target,
      flow,
      local: options.localFor(target.peer.address, target.peer.transport),
      sessionId: String(Math.trunc(clock.now())),
      isSealed: recorder.config.srtp,
      isInactive: false,
      dialogId: null,
      description: null,
    };
    session.told = new Map();
    feed(session, { kind: "opened" });
  };

  const call = (session: Session, { call: recorded, isInactive }: Extract<RecorderSessionCommand, { kind: "call" }>): void => {
    const { attempt, order } = session;
    const recorder = recorders.get(order.recorderId);
    const refuse = (failure: RecorderFailure): void => queueMicrotask(() => feed(session, { kind: "failed", failure }));
    if (attempt === null || recorder === undefined) {
      refuse({ why: "unreachable", status: null });
      return;
    }
    const { config } = recorder;
    if (config.srtp && attempt.flow.transport !== "tls") {
      refuse({ why: "refused", status: 488 });
      return;
    }
    const sdp = describe(attempt, isInactive);
    const metadata = metadataOf(session, attempt, recorded, { isComplete: true });
    const callId = ids.next("cid");
    const uri = uriOf(config, attempt.target.peer);
    const invite = (flow: SipFlow, bytesMax: number | null) => {
      const sip = options.sip();
      return sip.stack.inviteSend({
        flow,
        callId,
        target: uri,
        from: `<sip:allo@${place(attempt.local)}>`,
        to: `<${uri}>`,
        sdp,
        attached: [metadata],
        headers: SESSION_HEADERS,
        contact: contactOf(attempt.local, attempt.target.peer.transport),
        authenticate: recorder.authenticate ?? undefined,
        timing: { T1Ms: RecorderShellLimits.T1Ms, giveUpMs: RecorderShellLimits.giveUpMs },
        reliableProgress: "never",
        ...(bytesMax === null ? {} : { bytesMax }),
      });
    };
    const send = (result: ReturnType<typeof invite>): void => {
      if (result.handle === null) {
        options.log.warn({ failure: result.failure, recorderId: config.recorderId }, "a recording session could not be written");
        refuse({ why: "unreachable", status: null });
        return;
      }
      attempt.dialogId = result.handle;
      byDialog.set(result.handle, { session, attempt });
      if (session.tries <= RecorderShellLimits.triesTracedMax * 2) options.onSipCallId(callId, order.callId);
      options.sip().run(result);
    };
    const first = invite(attempt.flow, attempt.flow.transport === "udp" ? RecorderShellLimits.udpBytesMax : null);
    if (first.failure !== "tooLarge") {
      send(first);
      return;
    }
    // By TCP where the recorder takes it; else the network may cut it up.
    const { tries } = session;
    options.openFlow({ ...attempt.target.peer, transport: "tcp" }, config.tls).then(
      (flow) => session.tries === tries && session.attempt === attempt && send(invite(flow, null)),
      () => session.tries === tries && session.attempt === attempt && send(invite(attempt.flow, null)),
    );
  };

  const change = (
    session: Session,
    { call: recorded, isInactive, isComplete }: Extract<RecorderSessionCommand, { kind: "change" }>,
  ): void => {
    const { attempt } = session;
    if (attempt === null || attempt.dialogId === null) return;
    const sdp = describe(attempt, isInactive);
    const attached = [metadataOf(session, attempt, recorded, { isComplete })];
    const sip = options.sip();
    const failure = sip.run(sip.stack.reInviteSend(attempt.dialogId, { sdp, attached, headers: SESSION_HEADERS }));
    if (failure !== null) queueMicrotask(() => session.attempt === attempt && feed(session, { kind: "changeFailed", isBusy: true }));
  };

  const endAttempt = (session: Session): void => {
    const { attempt } = session;
    session.tries += 1;
    session.attempt = null;
    if (attempt === null) return;
    for (const side of SIDES) {
      const { legId } = attempt.streams[side];
      byLeg.delete(legId);
      engine.closeLeg(legId);
    }
    if (attempt.dialogId === null) return;
    const sip = options.sip();
    // An answer that crosses this is ended by the stack.
    sip.run(sip.stack.dialogEnd(attempt.dialogId));
  };

  const hear = ({ attempt }: Session, side: Side, voices: readonly string[], isSent: boolean): void => {
    if (attempt === null) return;
    const { legId, remote } = attempt.streams[side];
    engine.setPath(legId, pathOf(voices));
    engine.updatePlainLeg(legId, isSent ? remote : null);
  };

  // ---- What is said of the streams

  const describe = (attempt: Attempt, isInactive: boolean): Uint8Array => {
    attempt.isInactive = isInactive;
    return describeAs(attempt, () => (isInactive ? "inactive" : "sendonly"));
  };

  const describeAs = (attempt: Attempt, directionOf: (side: Side) => "sendonly" | "inactive"): Uint8Array => {
    attempt.description = nextVersion(attempt.description, (version) =>
      createRecordingOffer({
        sessionId: attempt.sessionId,
        version,
        address: attempt.local.address,
        streams: SIDES.map((side) => ({
          port: attempt.streams[side].port,
          label: LABELS[side],
          direction: directionOf(side),
          crypto: attempt.isSealed ? cryptoOf(attempt.streams[side].key) : null,
        })),
      }),
    );
    return attempt.description.sdp;
  };

  /** Where the streams go from now on. False: it is no description. */
  const takeRemote = (attempt: Attempt, sdp: Uint8Array): boolean => {
    const read = readRecordingAnswer(sdp, SIDES.length);
    if (read === null) return false;
    for (const [index, side] of SIDES.entries()) {
      const stream = attempt.streams[side];
      stream.remote = remoteOf(read[index] ?? null, stream.key, attempt.isSealed);
    }
    return true;
  };

  /** Whether the recorder takes something of what we offered; of streams that say nothing there is nothing to take. */
  const takeAnswer = (attempt: Attempt, sdp: Uint8Array): boolean =>
    takeRemote(attempt, sdp) && (attempt.isInactive || SIDES.some((side) => attempt.streams[side].remote !== null));

  const metadataOf = (session: Session, attempt: Attempt, recorded: RecordedCall, { isComplete }: { readonly isComplete: boolean }): BodyPart => {
    const { order, startedAt, sessionId } = session;
    const { left, right } = attempt.streams;
    noteParticipants(session, attempt, recorded);
    const streamOf = { left: left.id, right: right.id };
    const said = new Map<string, RecordedParticipant>();
    for (const [key, { id, joinedAt, leftAt, party, aor, name }] of session.participants) {
      const isThere = leftAt === null;
      said.set(key, {
        id,
        aor,
        name,
        joinedAt,
        leftAt,
        sends: isThere && party.isHeard ? [streamOf[party.side]] : [],
        hears: isThere && party.hears ? [streamOf[party.side === "left" ? "right" : "left"]] : [],
      });
    }
    const participants = [...said].filter(([key, each]) => isComplete || session.told.get(key) !== JSON.stringify(each));
    for (const [key, each] of participants) session.told.set(key, JSON.stringify(each));
    // Who has left is told once.
    for (const [key, { leftAt }] of session.participants) if (leftAt !== null) session.participants.delete(key);
    const text = printRecordingMetadata({
      mode: isComplete ? "complete" : "partial",
      session: {
        id: sessionId,
        sipSessionId: null,
        startedAt,
        endedAt: null,
        references: [
          ...(order.contactId === null ? [] : [{ name: "contact", value: order.contactId }]),
          { name: "call", value: order.callId },
          { name: "recording", value: order.recordingId },
        ],
      },
      participants: participants.map(([, each]) => each),
      streams: isComplete ? SIDES.map((side) => ({ id: streamOf[side], label: LABELS[side] })) : [],
    });
    const { metadata: contentType, disposition } = recordingMetadataTypes;
    return { contentType, disposition, bytes: utf8Encode(text) };
  };

  const noteParticipants = (session: Session, attempt: Attempt, { parties }: RecordedCall): void => {
    const at = clock.now();
    const here = new Set<string>();
    const { callId } = session.order;
    for (const party of parties) {
      const { user, name } = identityOf(session.order, party, names.get(callId));
      const key = `${party.who.kind} ${user}`;
      const aor = user === "anonymous" ? "sip:anonymous@anonymous.invalid" : `sip:${escapeUser(user)}@${host(attempt.local.address)}`;
      here.add(key);
      const known = session.participants.get(key);
      if (known === undefined) session.participants.set(key, { id: options.newUuid(), joinedAt: at, leftAt: null, party, aor, name });
      else Object.assign(known, { party, aor, name, leftAt: null });
    }
    for (const [key, participant] of session.participants) if (!here.has(key)) participant.leftAt ??= at;
  };

  // ---- What recorders say

  const sessionEvent = (session: Session, attempt: Attempt, event: SipUserEvent): void => {
    const isOver = session.attempt !== attempt;
    const recorder = recorders.get(session.order.recorderId);
    const at = clock.now();
    const alive = (status: number): void => {
      if (recorder !== undefined)
        health(recorder, attempt.target, { kind: "answered", at, status, roundTripMs: null, retryAfterSeconds: null, byPing: false });
    };
    switch (event.kind) {
      case "inviteAnswered": {
        if (isOver) return;
        const isTaken = event.sdp !== null && takeAnswer(attempt, event.sdp);
        if (event.isReInvite) {
          feed(session, isTaken || event.sdp === null ? { kind: "changeAnswered" } : { kind: "dropped" });
          return;
        }
        alive(200);
        feed(session, isTaken ? { kind: "answered" } : { kind: "failed", failure: { why: "noStreams", status: 200 } });
        return;
      }
      case "inviteRejected": {
        if (event.isReInvite) {
          if (!isOver) feed(session, { kind: "changeFailed", isBusy: event.status === 491 });
          return;
        }
        byDialog.delete(event.dialogId);
        if (event.cause === "response") alive(event.status);
        else if (recorder !== undefined && !isOver)
          health(recorder, attempt.target, {
            kind: "missed",
            at,
            reason: event.cause === "timeout" ? "noAnswer" : "connectionFailed",
            byPing: false,
          });
        if (isOver) return;
        attempt.dialogId = null;
        feed(session, {
          kind: "failed",
          failure:
            event.cause === "response"
              ? { why: "refused", status: event.status }
              : { why: event.cause === "timeout" ? "noAnswer" : "unreachable", status: null },
        });
        return;
      }
      case "dialogEnded":
        byDialog.delete(event.dialogId);
        if (isOver) return;
        attempt.dialogId = null;
        feed(session, { kind: "dropped" });
        return;
      case "reInviteReceived":
        offered(session, attempt, event);
        return;
      case "requestReceived":
        if (event.request.method === "UPDATE") offered(session, attempt, event);
        else respond(event.transactionId, 405);
        return;
      case "referReceived":
        respond(event.transactionId, 603);
        return;
      case "ackReceived":
        if (!isOver && event.sdp !== null && takeRemote(attempt, event.sdp)) hearAnew(session);
        return;
      case "bodyReceived":
        if (!isOver && asksForAll(event.request)) feed(session, { kind: "allWanted" });
        return;
      default:
        return;
    }
  };

  /** Where the streams go may be another place now. */
  const hearAnew = (session: Session): void => {
    if (session.state.kind === "recording") feed(session, { kind: "changed", call: session.state.call });
  };

  const respond = (transactionId: string, status: number): void => {
    const sip = options.sip();
    sip.run(sip.stack.respond(transactionId, { status }));
  };

  /** The recorder changes its side of the streams, or asks for all metadata: what we send stays as it is. */
  const offered = (
    session: Session,
    attempt: Attempt,
    { transactionId, request, ...event }: Extract<SipUserEvent, { kind: "reInviteReceived" | "requestReceived" }>,
  ): void => {
    const sip = options.sip();
    if (session.attempt !== attempt || attempt.description === null) {
      respond(transactionId, 481);
      return;
    }
    const sdp = "sdp" in event ? event.sdp : descriptionIn(request);
    if (sdp !== null && !takeRemote(attempt, sdp)) {
      respond(transactionId, 488);
      return;
    }
    const isSent = (side: Side): boolean => !attempt.isInactive && (sdp === null || attempt.streams[side].remote !== null);
    const bytes = describeAs(attempt, (side) => (isSent(side) ? "sendonly" : "inactive"));
    sip.run(sip.stack.respond(transactionId, { status: 200, body: { contentType: "application/sdp", bytes } }));
    hearAnew(session);
    if (asksForAll(request)) feed(session, { kind: "allWanted" });
  };

  return {
    configure,
    admits: (address) => [...recorders.values()].some(({ targets }) => [...targets.values()].some(({ peer }) => peer.address === address)),
    states: () => [...recorders.values()].map(stateOf),

    begin: (order, recorded) => {
      if (sessions.has(order.recordingId)) return; // said again after a reconnect
      const recorder = recorders.get(order.recorderId);
      const { state, commands } = beginRecorderSession(recorded, recorder?.config.pausedAs ?? "silence");
      const session: Session = {
        order,
        state,
        startedAt: clock.now(),
        sessionId: options.newUuid(),
        participants: new Map(),
        told: new Map(),
        timers: new Map(),
        tries: 0,
        tried: null,
        attempt: null,
      };
      sessions.set(order.recordingId, session);
      for (const command of commands) execute(session, command);
    },
    changed: (recordingId, recorded) => {
      const session = sessions.get(recordingId);
      if (session !== undefined) feed(session, { kind: "changed", call: recorded });
    },
    end: (recordingId) => {
      const session = sessions.get(recordingId);
      if (session === undefined) return;
      const { callId } = session.order;
      feed(session, { kind: "stopped" });
      if (![...sessions.values()].some(({ order }) => order.callId === callId)) names.delete(callId);
    },
    named: (callId, said) => {
      const own = [...sessions.values()].filter(({ order }) => order.callId === callId);
      if (own.length === 0) return;
      const known = names.get(callId) ?? new Map<PersonId, string>();
      const isNews = said.some(({ personId, name }) => known.get(personId) !== name);
      for (const { personId, name } of said) known.set(personId, name);
      names.set(callId, known);
      if (isNews) for (const session of own) feed(session, { kind: "allWanted" });
    },

    sipEvent: (event) => {
      if ((event.kind === "requestAnswered" || event.kind === "requestFailed") && event.dialogId === null) {
        const asked = pings.get(event.transactionId);
        if (asked === undefined) return false;
        pings.delete(event.transactionId);
        const at = clock.now();
        if (event.kind === "requestFailed") {
          const reason = event.cause === "timeout" ? "noAnswer" : "connectionFailed";
          health(asked.recorder, asked.target, { kind: "missed", at, reason, byPing: true });
        } else {
          health(asked.recorder, asked.target, {
            kind: "answered",
            at,
            status: event.response.status,
            roundTripMs: Math.max(0, at - asked.target.askedAt),
            retryAfterSeconds: null,
            byPing: true,
          });
        }
        return true;
      }
      const dialogId = "dialogId" in event ? event.dialogId : null;
      const found = dialogId === null ? undefined : byDialog.get(dialogId);
      if (found === undefined) return false;
      sessionEvent(found.session, found.attempt, event);
      return true;
    },
    legDied: (legId) => {
      const session = byLeg.get(legId);
      if (session === undefined) return false;
      // Both legs are in one worker: the first that is told of ends the try.
      const failure: RecorderFailure = { why: "noMedia", status: null };
      feed(session, session.state.kind === "calling" ? { kind: "failed", failure } : { kind: "dropped" });
      return true;
    },
    endAll: () => {
      for (const session of sessions.values()) feed(session, { kind: "stopped" });
      for (const recorder of recorders.values()) {
        recorder.resolving?.();
        for (const target of recorder.targets.values()) target.cancel?.();
      }
      recorders.clear();
    },
  };
}

/** RFC 7866 §6.1.1: whoever doesn't know recording sessions must not take it for a call. */
const SESSION_HEADERS: readonly SipHeader[] = [
  { name: "Require", value: "siprec" },
  { name: "Accept", value: `application/sdp, ${recordingMetadataTypes.request}` },
];

const RANK: Readonly<Record<HealthState["kind"], number>> = { up: 0, degraded: 1, unknown: 2, down: 3 };

/** The user part of who takes part, and their name where it is known. */
function identityOf(
  order: CopyOrder,
  { who }: RecordedParty,
  known: ReadonlyMap<PersonId, string> | undefined,
): { readonly user: string; readonly name: string | null } {
  switch (who.kind) {
    case "customer": {
      const { number, name } = order.customer();
      return { user: number ?? "anonymous", name };
    }
    case "person":
      return { user: who.personId, name: known?.get(who.personId) ?? null };
    case "outside":
      return { user: order.numberOf(who.partyId) ?? who.partyId, name: null };
  }
}

function pathOf(voices: readonly string[]): LegPath {
  const [only, ...others] = voices;
  if (only === undefined) return { kind: "silence" };
  return others.length === 0 ? { kind: "bridge", peerLegId: only } : { kind: "mix", voices: voices.map((legId) => ({ legId })) };
}

/** Where one stream is wanted, and how; null: it isn't, or only in clear where it is to be sealed. */
function remoteOf(audio: RemoteAudio | null, key: Uint8Array, isSealed: boolean): PlainRemote | null {
  if (audio === null || audio.remote === null || audio.direction === "inactive" || audio.direction === "sendonly") return null;
  const crypto = isSealed ? chooseCrypto(audio.cryptos, [SDES_SUITE]) : null;
  const theirs = crypto?.keys[0]?.keySalt;
  if (isSealed && theirs === undefined) return null;
  return {
    address: audio.remote.address,
    port: audio.remote.port,
    codec: audio.codec.name,
    dtmfPayloadType: null,
    // Keys that the parties press are no part of what is kept here either.
    keysElsewhere: true,
    behindNat: false,
    signalledFrom: null,
    packetMs: 20,
    srtp: theirs === undefined ? null : { send: key, receive: theirs },
  };
}

function cryptoOf(keySalt: Uint8Array): SdpCrypto {
  return { tag: 1, suite: SDES_SUITE, keys: [{ keySalt, lifetimeLog2: null, mki: null }], sessionParams: [] };
}

function asksForAll(request: SipRequest): boolean {
  const type = contentTypeOf(request);
  return type === recordingMetadataTypes.request || partsOf(request).some(({ contentType }) => contentType === recordingMetadataTypes.request);
}

function descriptionIn(request: SipRequest): Uint8Array | null {
  if (contentTypeOf(request) === "application/sdp") return request.body;
  return partsOf(request).find(({ contentType }) => contentType === "application/sdp")?.bytes ?? null;
}

function partsOf(request: SipRequest): readonly BodyPart[] {
  return contentTypeOf(request) === "multipart/mixed" ? (multipartParts(headerGet(request, "Content-Type") ?? "", request.body) ?? []) : [];
}

function uriOf({ user, host: name, port }: RecorderConfig, { transport }: PeerAddress): string {
  const parameter = transport === "udp" ? "" : `;transport=${transport}`;
  return `sip:${user === null ? "" : `${escapeUser(user)}@`}${name}${port === null ? "" : `:${port}`}${parameter}`;
}

/** RFC 7866 §6.1.1: by this a recorder knows who sends it recordings. */
function contactOf(local: HostPort, transport: PeerAddress["transport"]): string {
  const parameter = transport === "udp" ? "" : `;transport=${transport}`;
  return `<sip:allo@${place(local)}${parameter}>;+sip.src`;
}

function place({ address, port }: HostPort): string {
  return `${host(address)}:${port}`;
}

function keyOf({ transport, address, port }: PeerAddress): string {
  return `${transport} ${address}:${port}`;
}

function openTrouble(error: unknown): "certificate" | "connectionFailed" {
  return error instanceof FlowError && error.code === "certificateRefused" ? "certificate" : "connectionFailed";
}
