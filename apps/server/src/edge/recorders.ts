// Calls that recorders elsewhere get too (SIPREC, RFC 7866). A call's session with one is decided by its machine; here are its SIP, its two
// legs in the media engine, and what it is told of who takes part. The recorders themselves are in recorder-book.ts.
import { randomBytes } from "node:crypto";
import type { EdgeEvent, RecorderConfig, RecorderLogLine, RecorderState } from "@allo/contract";
import {
  beginRecorderSession,
  stepRecorderSession,
  type RecordedCall,
  type RecorderFailure,
  type RecorderReport,
  type RecorderSessionCommand,
  type RecorderSessionEvent,
  type RecorderSessionState,
  type RecorderSessionTimer,
} from "@allo/call";
import { utf8Encode } from "@allo/kernel";
import type { CallId, Clock, ContactId, Hash, IdSource, Instant, PersonId, Prng, RecordingId, Timers } from "@allo/kernel";
import type { MediaEngine } from "@allo/media";
import type { SipEndpoint } from "@allo/node-net";
import { nextVersion } from "@allo/sdp";
import {
  contentTypeOf,
  headerGet,
  multipartParts,
  printRecordingMetadata,
  recordingMetadataTypes,
  type BodyPart,
  type DnsPort,
  type HealthEvent,
  type HostPort,
  type PeerAddress,
  type SipFlow,
  type SipHeader,
  type SipRequest,
  type SipSendResult,
  type SipUserEvent,
} from "@allo/sip";
import type { Logger } from "../platform/log.ts";
import {
  createRecorderBook,
  flowTrouble,
  ownUri,
  peerKey,
  RecorderBookLimits,
  recorderUri,
  sourceContact,
  type OpenRecorderFlow,
  type Recorder,
  type RecorderTarget,
} from "./recorder-book.ts";
import { createParticipants, type Participants, type PartyNames } from "./recorder-participants.ts";
import {
  describeStreams,
  SIDES,
  STREAM_KEY_BYTES,
  STREAM_LABELS,
  streamPath,
  turnStreams,
  type Side,
  type Stream,
  type Streams,
} from "./recorder-streams.ts";

export const RecorderShellLimits = {
  /** A message longer than this goes by TCP where the recorder takes it (RFC 3261 §18.1.1). */
  udpBytesMax: 1_300,
  /** A recorder that forgot its sessions, or is gone without a word, is found when they are refreshed: after half of this. */
  sessionTimer: { expiresSeconds: 180, minSeconds: 90 },
  /** So many tries of one recording stand in the ladder of its call. */
  triesTracedMax: 5,
} as const;

/** RFC 7866 §6.1.1: whoever doesn't know recording sessions must not take it for a call. */
const SESSION_HEADERS: readonly SipHeader[] = [
  { name: "Require", value: "siprec" },
  { name: "Accept", value: `application/sdp, ${recordingMetadataTypes.request}` },
];

/** What calls want of it: the same as of the recording that stays here. */
export type Copies = {
  readonly begin: (copy: CopyOrder, call: RecordedCall) => void;
  readonly changed: (recordingId: RecordingId, call: RecordedCall) => void;
  readonly end: (recordingId: RecordingId) => void;
  /** People of ours, by name. */
  readonly named: (callId: CallId, names: readonly { readonly personId: PersonId; readonly name: string }[]) => void;
};

/** Who is at the customer's end is asked whenever the recorder is told: it may become another line. */
export type CopyOrder = Pick<PartyNames, "customer" | "numberOf"> & {
  readonly recordingId: RecordingId;
  readonly recorderId: string;
  readonly callId: CallId;
  readonly contactId: ContactId | null;
  /** Of the customer's leg: the copy's legs are best in the same worker. */
  readonly nearLegId: string;
};

export type Recorders = Copies & {
  readonly configure: (recorders: readonly RecorderConfig[]) => void;
  /** Whether one of them is at this address. */
  readonly admits: (address: string) => boolean;
  /** True where the event belongs to a session or a question of ours. */
  readonly sipEvent: (event: SipUserEvent) => boolean;
  /** A session whose connection is gone can be told nothing more: another is begun. */
  readonly flowClosed: (flowId: string) => void;
  /** True where the leg was one of a session; its worker died. */
  readonly legDied: (legId: string) => boolean;
  readonly states: () => readonly RecorderState[];
  readonly endAll: () => void;
};

/** One try to reach the recorder, and what came of it: none of it outlives it. */
type Attempt = {
  readonly streams: Streams;
  readonly target: RecorderTarget;
  /** What its INVITE went by. */
  flow: SipFlow;
  readonly local: HostPort;
  readonly sessionId: string;
  /** Both streams are sealed by keys in the descriptions. */
  readonly isSealed: boolean;
  /** Our last description said that nothing is sent. */
  isInactive: boolean;
  dialogId: string | null;
  description: { readonly version: number; readonly sdp: Uint8Array } | null;
};

type Session = {
  readonly order: CopyOrder;
  state: RecorderSessionState;
  readonly startedAt: Instant;
  /** In the metadata: the same in every try. */
  readonly sessionId: string;
  readonly participants: Participants;
  readonly timers: Map<RecorderSessionTimer, () => void>;
  /** Counts the tries: what comes of an earlier one is nobody's. */
  tries: number;
  /** The address of the last one: the next goes to another, where there is one. */
  tried: string | null;
  /** Tries that stand in the call's ladder. */
  traced: number;
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
  readonly openFlow: OpenRecorderFlow;
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
  const { clock, timers, ids, engine, newUuid } = options;
  const sessions = new Map<RecordingId, Session>();
  const byDialog = new Map<string, { readonly session: Session; readonly attempt: Attempt }>();
  const byLeg = new Map<string, Session>();
  const names = new Map<CallId, Map<PersonId, string>>();

  const book = createRecorderBook({
    ...options,
    sessionsOf: (recorderId) => {
      const own = [...sessions.values()].filter(({ order }) => order.recorderId === recorderId).map(({ state }) => state);
      return {
        sessions: own.filter((state) => state.kind === "recording" && !state.isMissed).length,
        // One that is being called for the first time is missed by nobody yet.
        missing: own.filter((state) => state.kind !== "over" && state.isMissed).length,
      };
    },
    // Whether its sessions stand is known once they are told something: whoever doesn't answer that either has none.
    onDown: ({ peer }) => {
      for (const session of sessions.values())
        if (session.attempt !== null && peerKey(session.attempt.target.peer) === peerKey(peer)) feed(session, { kind: "allWanted" });
    },
  });

  const feed = (session: Session, event: RecorderSessionEvent): void => {
    const step = stepRecorderSession(session.state, event);
    session.state = step.state;
    for (const command of step.commands) execute(session, command);
    if (step.state.kind === "over") sessions.delete(session.order.recordingId);
    if (step.commands.some(({ kind }) => kind === "report" || kind === "end")) book.tell(session.order.recorderId);
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
        hear(session, command);
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
        book.line(recorderId, "sessionBegan");
        return;
      case "copyFailed":
        book.line(recorderId, "sessionFailed", { status: said.status, trouble: said.why });
        return;
      case "copyEnded":
        book.line(recorderId, "sessionEnded");
    }
  };

  // ---- One try

  /** Two legs to send from, and a flow to the address that answers best. */
  const open = async (session: Session): Promise<void> => {
    const tries = (session.tries += 1);
    const { order } = session;
    const opened: Stream[] = [];
    const giveUp = (failure: RecorderFailure): void => {
      for (const { legId } of opened) engine.closeLeg(legId);
      if (session.tries === tries) feed(session, { kind: "openFailed", failure });
    };
    const recorder = book.find(order.recorderId);
    const targets = recorder === undefined ? [] : await book.targetsOf(recorder);
    const target = targets.find(({ peer }) => peerKey(peer) !== session.tried) ?? targets[0];
    if (recorder === undefined || target === undefined) {
      // Told after whoever began the session has returned.
      queueMicrotask(() => giveUp({ why: recorder === undefined ? "notSetUp" : "unreachable", status: null }));
      return;
    }
    session.tried = peerKey(target.peer);
    try {
      const { bindAddress } = options;
      const { nearLegId } = order;
      while (opened.length < SIDES.length) {
        const legId = ids.next("leg");
        const { port } = await engine.openPlainLeg({ legId, nearLegId, bindAddress, remote: null, mediaTimeoutMs: null });
        opened.push({ id: newUuid(), legId, port, key: new Uint8Array(randomBytes(STREAM_KEY_BYTES)), remote: null, isRefused: false });
      }
    } catch (error) {
      options.log.error({ err: error, callId: order.callId }, "no media socket for a recorder elsewhere");
      giveUp({ why: "noMedia", status: null });
      return;
    }
    let flow: SipFlow;
    try {
      flow = await options.openFlow(target.peer, recorder.config.tls);
    } catch (error) {
      book.heard(recorder, target, { kind: "missed", at: clock.now(), reason: flowTrouble(error), byPing: false });
      giveUp({ why: "unreachable", status: null });
      return;
    }
    const [left, right] = opened;
    if (session.tries !== tries || left === undefined || right === undefined) {
      giveUp({ why: "noMedia", status: null });
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
    session.participants.forget();
    feed(session, { kind: "opened" });
  };

  const call = (session: Session, { call: recorded, isInactive }: Extract<RecorderSessionCommand, { kind: "call" }>): void => {
    const { attempt, order } = session;
    const recorder = book.find(order.recorderId);
    const fail = (failure: RecorderFailure): void => queueMicrotask(() => feed(session, { kind: "failed", failure }));
    if (attempt === null || recorder === undefined) {
      fail({ why: "notSetUp", status: null });
      return;
    }
    const { flow, target, isSealed } = attempt;
    if (isSealed && flow.transport !== "tls") {
      fail({ why: "refused", status: 488 });
      return;
    }
    const sipCallId = ids.next("cid");
    const sdp = describe(attempt, isInactive);
    const attached = [metadataOf(session, attempt, recorded, { isComplete: true })];
    const send = (result: SipSendResult<string>): void => {
      if (result.handle === null) {
        options.log.warn({ failure: result.failure, recorderId: order.recorderId }, "a recording session could not be written");
        fail({ why: "unreachable", status: null });
        return;
      }
      attempt.dialogId = result.handle;
      byDialog.set(result.handle, { session, attempt });
      if (session.traced < RecorderShellLimits.triesTracedMax) {
        session.traced += 1;
        options.onSipCallId(sipCallId, order.callId);
      }
      options.sip().run(result);
    };
    const invite = (by: SipFlow, bytesMax: number | null): SipSendResult<string> =>
      inviteBy(by, { recorder, attempt, sipCallId, sdp, attached, bytesMax });
    const first = invite(flow, flow.transport === "udp" ? RecorderShellLimits.udpBytesMax : null);
    if (first.failure !== "tooLarge") {
      send(first);
      return;
    }
    // By TCP where the recorder takes it; else the network may cut it up.
    const sendBy = (by: SipFlow): void => {
      if (session.attempt !== attempt) return;
      attempt.flow = by;
      send(invite(by, null));
    };
    options.openFlow({ ...target.peer, transport: "tcp" }, recorder.config.tls).then(sendBy, () => sendBy(flow));
  };

  const inviteBy = (
    flow: SipFlow,
    fields: {
      readonly recorder: Recorder;
      readonly attempt: Attempt;
      readonly sipCallId: string;
      readonly sdp: Uint8Array;
      readonly attached: readonly BodyPart[];
      readonly bytesMax: number | null;
    },
  ): SipSendResult<string> => {
    const { recorder, attempt, sipCallId, sdp, attached, bytesMax } = fields;
    const { peer } = attempt.target;
    const uri = recorderUri(recorder.config, peer);
    return options.sip().stack.inviteSend({
      flow,
      callId: sipCallId,
      target: uri,
      from: `<${ownUri(attempt.local)}>`,
      to: `<${uri}>`,
      sdp,
      attached,
      headers: SESSION_HEADERS,
      contact: sourceContact(attempt.local, peer.transport),
      authenticate: recorder.authenticate ?? undefined,
      timing: { T1Ms: RecorderBookLimits.T1Ms, giveUpMs: RecorderBookLimits.giveUpMs },
      reliableProgress: "never",
      sessionTimer: RecorderShellLimits.sessionTimer,
      ...(bytesMax === null ? {} : { bytesMax }),
    });
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
    if (failure === null) return;
    queueMicrotask(() => {
      if (session.attempt === attempt) feed(session, { kind: "changeFailed", isBusy: true });
    });
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

  const hear = ({ attempt }: Session, voices: Extract<RecorderSessionCommand, { kind: "hear" }>): void => {
    if (attempt === null) return;
    for (const side of SIDES) {
      const { legId, remote } = attempt.streams[side];
      engine.setPath(legId, streamPath(voices[side]));
      engine.updatePlainLeg(legId, voices.isSent ? remote : null);
    }
  };

  // ---- What is said

  const describe = (attempt: Attempt, isInactive: boolean): Uint8Array => {
    attempt.isInactive = isInactive;
    return describeAs(attempt, { isAnswer: false, directionOf: () => (isInactive ? "inactive" : "sendonly") });
  };

  const describeAs = (attempt: Attempt, how: Pick<Parameters<typeof describeStreams>[1], "isAnswer" | "directionOf">): Uint8Array => {
    const { streams, sessionId, isSealed, local } = attempt;
    attempt.description = nextVersion(attempt.description, (version) =>
      describeStreams(streams, { sessionId, version, address: local.address, isSealed, ...how }),
    );
    return attempt.description.sdp;
  };

  const metadataOf = (session: Session, attempt: Attempt, recorded: RecordedCall, how: { readonly isComplete: boolean }): BodyPart => {
    const { order, startedAt, sessionId, participants } = session;
    const { isComplete } = how;
    const streamIds = { left: attempt.streams.left.id, right: attempt.streams.right.id };
    const text = printRecordingMetadata({
      mode: isComplete ? "complete" : "partial",
      session: {
        id: sessionId,
        startedAt,
        references: [
          ...(order.contactId === null ? [] : [{ name: "contact", value: order.contactId }]),
          { name: "call", value: order.callId },
          { name: "recording", value: order.recordingId },
        ],
      },
      participants: participants.news(recorded, { at: clock.now(), isComplete, domain: attempt.local.address, streamIds }),
      streams: isComplete ? SIDES.map((side) => ({ id: streamIds[side], label: STREAM_LABELS[side] })) : [],
    });
    const { metadata: contentType, disposition } = recordingMetadataTypes;
    return { contentType, disposition, bytes: utf8Encode(text) };
  };

  // ---- What recorders say

  /** How many of the streams the recorder takes as they are offered; null: it refuses all of them. Of silent ones there is nothing to take. */
  const turned = ({ streams, isSealed, isInactive }: Attempt, sdp: Uint8Array | null): number | null => {
    const turn = sdp === null ? null : turnStreams(streams, sdp, isSealed);
    if (turn === null) return null;
    return isInactive ? turn.kept : turn.wanted;
  };

  const sessionEvent = (session: Session, attempt: Attempt, event: SipUserEvent): void => {
    const isOver = session.attempt !== attempt;
    const learn = (health: HealthEvent): void => {
      const recorder = book.find(session.order.recorderId);
      if (recorder !== undefined) book.heard(recorder, attempt.target, health);
    };
    const answered = (status: number): void =>
      learn({ kind: "answered", at: clock.now(), status, roundTripMs: null, retryAfterSeconds: null, byPing: false });
    switch (event.kind) {
      case "inviteAnswered": {
        if (isOver) return;
        const taken = turned(attempt, event.sdp);
        if (event.isReInvite) {
          feed(session, taken === null ? { kind: "dropped" } : { kind: "changeAnswered", taken });
          return;
        }
        answered(200);
        feed(session, taken === null ? { kind: "failed", failure: { why: "noStreams", status: 200 } } : { kind: "answered", taken });
        return;
      }
      case "inviteRejected": {
        if (event.isReInvite) {
          if (isOver) return;
          // Whoever can't be reached any more has no session with us: it is told of no more changes.
          feed(session, event.cause === "response" ? { kind: "changeFailed", isBusy: event.status === 491 } : { kind: "dropped" });
          return;
        }
        byDialog.delete(event.dialogId);
        if (isOver) return;
        attempt.dialogId = null;
        if (event.cause === "response") {
          answered(event.status);
          feed(session, { kind: "failed", failure: { why: "refused", status: event.status } });
          return;
        }
        const isSilent = event.cause === "timeout";
        learn({ kind: "missed", at: clock.now(), reason: isSilent ? "noAnswer" : "connectionFailed", byPing: false });
        feed(session, { kind: "failed", failure: { why: isSilent ? "noAnswer" : "unreachable", status: null } });
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
        if (event.request.method === "UPDATE") offered(session, attempt, { ...event, sdp: descriptionIn(event.request) });
        else respond(event.transactionId, 405);
        return;
      case "referReceived":
        respond(event.transactionId, 603);
        return;
      case "ackReceived":
        if (!isOver && event.sdp !== null) takeAnew(session, turned(attempt, event.sdp));
        return;
      case "bodyReceived":
        if (!isOver && asksForAll(event.request)) feed(session, { kind: "allWanted" });
        return;
      default:
        return;
    }
  };

  /** Where the streams go may be another place now, and nowhere may be one. */
  const takeAnew = (session: Session, taken: number | null): void => {
    if (session.state.kind !== "recording") return;
    feed(session, { kind: "changed", call: session.state.call });
    feed(session, { kind: "taken", taken: taken ?? 0 });
  };

  const respond = (transactionId: string, status: number): void => {
    const sip = options.sip();
    sip.run(sip.stack.respond(transactionId, { status }));
  };

  /** The recorder changes its side of the streams, or asks for all metadata: what we send stays as it is. */
  const offered = (
    session: Session,
    attempt: Attempt,
    { transactionId, request, sdp }: { readonly transactionId: string; readonly request: SipRequest; readonly sdp: Uint8Array | null },
  ): void => {
    if (session.attempt !== attempt) {
      respond(transactionId, 481);
      return;
    }
    const taken = turned(attempt, sdp);
    if (sdp !== null && taken === null) {
      respond(transactionId, 488);
      return;
    }
    const isSent = (side: Side): boolean => !attempt.isInactive && (sdp === null || attempt.streams[side].remote !== null);
    const directionOf = (side: Side): "sendonly" | "inactive" => (isSent(side) ? "sendonly" : "inactive");
    const bytes = describeAs(attempt, { isAnswer: sdp !== null, directionOf });
    const sip = options.sip();
    sip.run(sip.stack.respond(transactionId, { status: 200, body: { contentType: "application/sdp", bytes } }));
    if (sdp !== null) takeAnew(session, taken);
    if (asksForAll(request)) feed(session, { kind: "allWanted" });
  };

  return {
    configure: book.configure,
    admits: book.admits,
    states: book.states,

    begin: (order, recorded) => {
      if (sessions.has(order.recordingId)) return; // said again after a reconnect
      const { state, commands } = beginRecorderSession(recorded, book.find(order.recorderId)?.config.pausedAs ?? "silence");
      const { callId, customer, numberOf } = order;
      const personName = (personId: PersonId): string | null => names.get(callId)?.get(personId) ?? null;
      const session: Session = {
        order,
        state,
        startedAt: clock.now(),
        sessionId: newUuid(),
        participants: createParticipants({ newUuid, names: { customer, numberOf, personName } }),
        timers: new Map(),
        tries: 0,
        tried: null,
        traced: 0,
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
      if (book.sipEvent(event)) return true;
      const dialogId = "dialogId" in event ? event.dialogId : null;
      const found = dialogId === null ? undefined : byDialog.get(dialogId);
      if (found === undefined) return false;
      sessionEvent(found.session, found.attempt, event);
      return true;
    },
    flowClosed: (flowId) => {
      for (const session of sessions.values()) {
        if (session.attempt?.flow.id !== flowId) continue;
        const failure: RecorderFailure = { why: "unreachable", status: null };
        feed(session, session.state.kind === "calling" ? { kind: "failed", failure } : { kind: "dropped" });
      }
    },
    legDied: (legId) => {
      const session = byLeg.get(legId);
      if (session === undefined) return false;
      // Both legs may be in one worker: the first that is told of ends the try.
      const failure: RecorderFailure = { why: "noMedia", status: null };
      feed(session, session.state.kind === "calling" ? { kind: "failed", failure } : { kind: "dropped" });
      return true;
    },
    endAll: () => {
      for (const session of sessions.values()) feed(session, { kind: "stopped" });
      book.close();
    },
  };
}

function asksForAll(request: SipRequest): boolean {
  return bodiesOf(request).some(({ contentType }) => contentType === recordingMetadataTypes.request);
}

function descriptionIn(request: SipRequest): Uint8Array | null {
  return bodiesOf(request).find(({ contentType }) => contentType === "application/sdp")?.bytes ?? null;
}

function bodiesOf(request: SipRequest): readonly BodyPart[] {
  const contentType = contentTypeOf(request);
  if (contentType === "multipart/mixed") return multipartParts(headerGet(request, "Content-Type") ?? "", request.body) ?? [];
  return contentType === null ? [] : [{ contentType, bytes: request.body }];
}
