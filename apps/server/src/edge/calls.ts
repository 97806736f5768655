// The calls of this edge: each a mailbox around the call machine, joining SIP, media and what core orders.
import { randomBytes } from "node:crypto";
import type {
  CallFigures,
  CallsLeft,
  CallTransport,
  CoreCommand,
  EdgeCallSummary,
  EdgeEvent,
  EndCause,
  LineNow,
  ShownCaller,
  TestOrigin,
  TransferAsker,
} from "@allo/contract";
import {
  beginCall,
  beginDialling,
  recordedCallOf,
  stepCall,
  type CallCommand,
  type CallEvent,
  type CallReport,
  type CallState,
  type CallTimer,
  type OutsideParty,
  type RecordingOrder,
} from "@allo/call";
import type { CallId, Clock, DeviceId, IdSource, NumberId, OfferId, PartyId, PersonId, PhoneId, RecordingId } from "@allo/kernel";
import type { MediaEngine, PlainRemote, SequenceItem, WebrtcRemote } from "@allo/media";
import { nextVersion } from "@allo/sdp";
import { parseUri, readRelayedDigit, type Replaces, type SipFlow, type SipUserEvent } from "@allo/sip";
import type { Logger } from "../platform/log.ts";
import { createDigitRelay, type DigitRelay } from "./digit-relay.ts";
import { createAgentShare, type AgentShare } from "./agent-share.ts";
import { legQuality } from "./leg-quality.ts";
import { createLineWatch, type LineWatch } from "./line-watch.ts";
import { browserMediaPlace } from "./browser-media-place.ts";
import {
  answerCaller,
  isHolding,
  isSilentPeer,
  offerToCaller,
  readBrowserOffer,
  readCallerMedia,
  type LocalMedia,
  type MediaHabits,
} from "./session-description.ts";
import { destinationOf } from "./destination.ts";
import type { NumberEntry } from "./admission.ts";
import type { Copies } from "./recorders.ts";
import type { CallerIdentity } from "./caller-identity.ts";
import type { DialCause, DialEvent, Dialling, DialOrder, Referrer, TrunkDialler } from "./trunk-port.ts";
import type { SipEndpoint } from "@allo/node-net";

export const CallShellLimits = {
  /** A talking caller from whom no packet came for so long is gone. */
  callerMediaTimeoutMs: 60_000,
  /** A call of ours that nobody answers is given up. */
  ringMsMax: 60_000,
  /** Core says so soon whether a call may be passed on. */
  transferAnswerMsMax: 10_000,
  /** A caller that core has not answered by then hears ringing. */
  ringingAfterMs: 100,
} as const;

const TRANSPORTS = { udp: "UDP", tcp: "TCP", tls: "TLS", ws: "WS", wss: "WSS" } as const satisfies Record<string, CallTransport>;
/** Master key and salt of AES_CM_128_HMAC_SHA1_80. */
const SRTP_KEY_BYTES = 30;

type Talking = Extract<CallState, { kind: "talking" }>;

/** One SIP dialog with its leg: the customer's, or of somebody outside who was called into the call. */
type Line = {
  /** Of a call of ours: "" before it is answered. */
  dialogId: string;
  legId: string;
  /** Where the signalling comes from. */
  remoteAddress: string;
  local: LocalMedia;
  /** The carrier's side of a call of ours. */
  dialling: Dialling | null;
  /** A carrier's sound before the answer is heard; else our own ringing. */
  hearsEarly: boolean;
  /** Keys that go by SIP INFO, one after another. */
  relay: DigitRelay | null;
  talkLimit?: NodeJS.Timeout;
  sdpVersion: number;
  /** Our description, once made; the answer to the INVITE's offer, or our offer where it had none. */
  sdp: Uint8Array;
  lateOffer: boolean;
  /** The caller says that he sends nothing for now: his silence is no dead line. */
  isSilentByWord: boolean;
};

type Call = Line & {
  state: CallState;
  readonly number: Pick<NumberEntry, "technicalAudioIds">;
  readonly outside: Map<PartyId, Line>;
  /** Who is at the customer's end, as far as the line tells. */
  customer: { readonly number: string | null; readonly name: string | null };
  /** Whom we called in from outside. */
  readonly outsideNumbers: Map<PartyId, string>;
  /** The recording that a recorder elsewhere gets too; null: none. */
  copied: RecordingId | null;
  /** The phone of ours at the customer's end. */
  deviceId: DeviceId | null;
  /** Somebody else who may come to the customer's end. */
  next: NextLine | null;
  /** The carrier was asked to join customer and outsider itself. */
  releaseId: string | null;
  readonly timers: Map<CallTimer, NodeJS.Timeout>;
  ringing: NodeJS.Timeout | undefined;
  readonly agentShare: AgentShare;
  readonly lineWatch: LineWatch;
};

/**
 * Asked for by REFER (we call them) or by an INVITE with Replaces (they call us), under the token by which core answers. Until then the
 * customer's line stays as it is.
 */
type NextLine = {
  readonly token: string;
  readonly how: "refer" | "replaces";
  readonly replaces: Replaces | null;
  readonly wantsNotify: boolean;
  legId: string | null;
  dialling: Dialling | null;
  /** Whoever asked has hung up already. */
  isAlone: boolean;
  readonly invite: TakingOver | null;
  readonly giveUp: NodeJS.Timeout;
};
type TakingOver = {
  readonly dialogId: string;
  readonly sipCallId: string;
  /** The dialog whose place it is to take. */
  readonly replaced: string;
  readonly flow: SipFlow;
  readonly sdp: Uint8Array;
  readonly deviceId: DeviceId;
  readonly mediaAddress: string;
};

export type Calls = {
  readonly count: () => number;
  readonly left: () => CallsLeft;
  readonly has: (callId: CallId) => boolean;
  readonly invite: (call: {
    readonly dialogId: string;
    /** Told at once which call this is. */
    readonly onCall?: (callId: CallId) => void;
    readonly flow: SipFlow;
    readonly sdp: Uint8Array | null;
    readonly number: NumberEntry;
    readonly caller: CallerIdentity;
    readonly deviceId: DeviceId | null;
    readonly test: TestOrigin | null;
    readonly mediaAddress: string;
    /** What the trunk says of descriptions and audio; absent: no trunk brought it. */
    readonly habits?: MediaHabits;
    /** A phone of ours may speak WebRTC; with the address of ours that it came by. */
    readonly webrtc?: { readonly reachedAddress: string } | null;
    /** Whoever requires reliable ringing (RFC 3262) is told of it however soon the call is answered. */
    readonly ringsAtOnce: boolean;
    readonly refuseAtOnce: boolean;
  }) => Promise<void>;
  /** A phone of ours asks to go on in the place of the line of this dialog. */
  readonly takeOver: (taking: TakingOver) => void;
  /** The caller's leg of the call in this dialog. */
  readonly legOf: (dialogId: string) => string | null;
  /** Whether a call goes on in this dialog. */
  readonly knows: (dialogId: string) => boolean;
  /** True where the event's dialog is a call of ours. */
  readonly sipEvent: (event: SipUserEvent) => boolean;
  readonly command: (command: Extract<CoreCommand, { callId: CallId }>) => void;
  readonly mediaEvent: (event: { readonly legId: string; readonly event: CallEvent }) => void;
  readonly agentMediaStopped: (legId: string) => void;
  /** A key in what an agent's phone sends: said to a carrier that wants keys by SIP INFO. */
  readonly agentKeyHeard: (legId: string, digit: string) => void;
  readonly agentMediaFlowing: (fields: { readonly personId: string; readonly phoneId: string; readonly legId: string }) => void;
  /** An agent's device was put down, put its caller on hold or took them back, or pressed a key. */
  readonly agentHungUp: (legId: string) => void;
  readonly agentHolds: (legId: string, held: boolean) => void;
  readonly agentPressed: (legId: string, digit: string) => void;
  /**
   * An agent asks at their phone that the customer goes on to somebody else, or calls somebody beside the talk. The call that it is about;
   * null where that leg has none.
   */
  readonly agentPassesOn: (legId: string, wish: { readonly token: string; readonly destination: string | null }) => CallId | null;
  readonly agentConsults: (legId: string, wish: { readonly token: string; readonly destination: string }) => CallId | null;
  /** The agent speaks with whoever is aside. */
  readonly agentTurnsAside: (legId: string) => void;
  /** Calls of ours that wait for a device to be picked up are given up: core asks anew. */
  readonly giveUpPlacing: () => void;
  readonly summaries: () => readonly EdgeCallSummary[];
  readonly callerLegs: () => ReadonlyMap<string, CallId>;
  /** Reads how each talk sounds now; said every `lineWatchLimits.everyMs`. */
  readonly lookAtLines: () => void;
  readonly endAll: (cause: EndCause) => void;
  /** Everybody in every call hears these words, then the call is ended; at once where there are none. */
  readonly endAllWith: (cause: EndCause, wordsOf: (numberId: NumberId) => readonly string[]) => void;
};

export type PhoneWanted = {
  readonly phoneId: PhoneId;
  readonly personId: PersonId;
  readonly offerId: OfferId | null;
  /** Shown on a device that is called. */
  readonly shown: ShownCaller | null;
  /** The device's person has dialled it there: that call of theirs is it. */
  readonly dialToken?: string | undefined;
  /** The call that it is wanted for; a talk between colleagues has none. */
  readonly callId?: CallId;
};

export function createCalls(options: {
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly engine: MediaEngine;
  readonly sip: () => SipEndpoint;
  readonly log: Logger;
  readonly bindAddress: string;
  /** IPv4 addresses of this machine now, loopback left out. */
  readonly ownAddresses: () => readonly string[];
  readonly report: (event: EdgeEvent) => void;
  /**
   * The leg of a person's phone: at once the standing leg of a browser whose media is proven, or a device that is picked up; a device
   * that isn't yet is called. Null: it can't be had.
   */
  readonly legFor: (order: PhoneWanted, then: (legId: string | null) => void) => void;
  readonly onJoined: (legId: string) => void;
  /** A leg has its place in a call. */
  readonly onTaken: (legId: string, callId: CallId) => void;
  /** By which messages of the call are known, said once for each of its lines and tries. */
  readonly onSipCallId?: (sipCallId: string, callId: CallId) => void;
  /** A phone has no place in its call any more, or got none. */
  readonly onReleased: (phoneId: PhoneId, how: { readonly hadPlace: boolean; readonly why?: EndCause | null }) => void;
  /** Whom the agent dialled has answered. */
  readonly onReached?: (legId: string) => void;
  /** Where calls of ours go out. */
  readonly dialler: () => TrunkDialler;
  /** A call came, moved on or ended. */
  readonly onChanged?: () => void;
  /** Recorders elsewhere that get recordings too; absent: none. */
  readonly copies?: Copies;
  /** The trunk of a dialog, and what its carrier does with transfers. */
  readonly referrerOf?: (dialogId: string) => Referrer | null;
}): Calls {
  const { clock, engine } = options;
  const calls = new Map<CallId, Call>();
  const byDialog = new Map<string, { readonly call: Call; readonly line: Line; readonly partyId: PartyId | null }>();
  const byCallerLeg = new Map<string, CallId>();
  /** Calls of ours whose agent's phone isn't picked up yet. */
  const awaitingPhone = new Map<CallId, PhoneId>();
  /** Lines that may come to a customer's end, by their dialog. */
  const takingOver = new Map<string, Call>();
  const byOutsideLeg = new Map<string, { readonly call: Call; readonly partyId: PartyId }>();

  const feed = (call: Call, event: CallEvent): void => {
    const before = call.state;
    const wasEnded = before.kind === "ended";
    const step = stepCall(call.state, event, { audioIds: call.number.technicalAudioIds });
    call.state = step.state;
    const figures = !wasEnded && step.state.kind === "ended" ? figuresOf(call) : null;
    for (const command of step.commands) execute(call, command, figures);
    if (step.state.kind !== "talking") call.agentShare.settle();
    if (before !== step.state) tellPhones(before, step.state);
    if (before !== step.state && call.copied !== null) options.copies?.changed(call.copied, recordedCallOf(step.state));
    if (!wasEnded && step.state.kind === "ended") forget(call);
    else if (step.state.kind !== before.kind) options.onChanged?.();
  };

  const execute = (call: Call, command: CallCommand, figures: Promise<CallFigures | null> | null): void => {
    const sip = options.sip();
    switch (command.kind) {
      case "answerEarly":
        sip.run(sip.stack.inviteProgress(call.dialogId, { status: 183, sdp: call.sdp }));
        return;
      case "answer":
        sip.run(sip.stack.inviteAccept(call.dialogId, { sdp: call.sdp }));
        return;
      case "reject":
        sip.run(
          sip.stack.inviteReject(call.dialogId, {
            status: command.sipStatus,
            ...(command.sipStatus === 503 ? { headers: [{ name: "Retry-After", value: "30" }] } : {}),
          }),
        );
        return;
      case "hangUp":
        if (call.dialling !== null) call.dialling.hangUp();
        else
          sip.run(
            sip.stack.dialogEnd(call.dialogId, { headers: [{ name: "Reason", value: 'Q.850;cause=16;text="Normal call clearing"' }] }),
          );
        return;
      case "playTo":
        engine.setPath(command.legId, { kind: "sequence", token: command.token, items: sequenceOf(command.audioIds, command.thenLoop) });
        return;
      case "join":
        joined(call, command.legId);
        engine.setPath(command.legId, { kind: "bridge", peerLegId: command.peerLegId });
        return;
      case "mix": {
        if (command.voices.length > 0) joined(call, command.legId);
        const voices = command.voices.map((legId) => ({ legId }));
        const over = command.over === undefined ? null : { token: "over", items: sequenceOf([command.over], null) };
        engine.setPath(command.legId, { kind: "mix", voices, ...(over === null ? {} : { over }) });
        return;
      }
      case "silence":
        engine.setPath(command.legId, { kind: "silence" });
        return;
      case "setMuted":
        engine.setMuted(command.legId, command.muted);
        return;
      case "setMasked":
        engine.setMasked(command.legId, command.masked);
        return;
      case "pressDigits":
        pressTowards(call, command);
        return;
      case "startRecording":
        engine.startRecording({
          recordingId: command.order.recordingId,
          left: command.left,
          right: command.right,
          key: new Uint8Array(Buffer.from(command.order.keyBase64, "base64")),
          filePath: command.order.filePath,
        });
        copy(call, command.order);
        return;
      case "setRecordingLegs":
        engine.setRecordingLegs(command.recordingId, { left: command.left, right: command.right });
        return;
      case "stopRecording":
        engine.stopRecording(command.recordingId);
        if (call.copied === command.recordingId) endCopy(call);
        return;
      case "closeCallerLeg":
        // The figures were asked for before this: a leg's commands keep their order.
        engine.closeLeg(call.legId);
        return;
      case "dropOutside":
        dropOutside(call, command.partyId);
        return;
      case "armTimer":
        clearTimeout(call.timers.get(command.timer));
        call.timers.set(
          command.timer,
          setTimeout(() => feed(call, { kind: "timerFired", at: clock.now(), timer: command.timer }), command.afterMs),
        );
        return;
      case "cancelTimer":
        clearTimeout(call.timers.get(command.timer));
        call.timers.delete(command.timer);
        return;
      case "report":
        reportOf(call, command.report, figures);
    }
  };

  /** A recorder elsewhere gets what is recorded here, too. */
  const copy = (call: Call, { recordingId, copyTo = null }: RecordingOrder): void => {
    if (copyTo === null || options.copies === undefined) return;
    const { callId, contactId } = call.state;
    call.copied = recordingId;
    options.copies.begin(
      {
        recordingId,
        recorderId: copyTo,
        callId,
        contactId,
        nearLegId: call.legId,
        customer: () => call.customer,
        numberOf: (partyId) => call.outsideNumbers.get(partyId) ?? null,
      },
      recordedCallOf(call.state),
    );
  };

  const endCopy = (call: Call): void => {
    if (call.copied !== null) options.copies?.end(call.copied);
    call.copied = null;
  };

  const tellPhones = (before: CallState, after: CallState): void => {
    const [were, are] = [sidesOf(before), sidesOf(after)];
    for (const { legId } of are) if (legId !== null && !were.some((side) => side.legId === legId)) options.onTaken(legId, after.callId);
    const why = before.kind === "dialling" && after.kind === "ended" ? (after.cause as EndCause) : null;
    for (const { phoneId } of were) if (!are.some((side) => side.phoneId === phoneId)) options.onReleased(phoneId, { hadPlace: true, why });
  };

  /** Gives an order that needs a phone to its call; a phone that got no place in it is let go. */
  const withPhone = (call: Call, wanted: PhoneWanted, give: (legId: string | null) => void): void => {
    options.legFor({ ...wanted, callId: call.state.callId }, (legId) => {
      give(legId);
      if (legId !== null && !sidesOf(call.state).some((side) => side.legId === legId))
        options.onReleased(wanted.phoneId, { hadPlace: false });
    });
  };

  /** Keys for the carrier's side, in the way that its trunk wants them. */
  const pressTowards = (call: Call, { legId, digits }: { readonly legId: string; readonly digits: string }): void => {
    const line = [call, ...call.outside.values()].find((each) => each.legId === legId);
    if (line === undefined || line.local.habits?.keys !== "info") {
      engine.sendDigits(legId, digits);
      return;
    }
    line.relay ??= createDigitRelay({
      send: (body) => {
        const sip = options.sip();
        return sip.send(sip.stack.dialogRequestSend(line.dialogId, { method: "INFO", body }));
      },
      wait: (ms, then) => void setTimeout(() => call.state.kind !== "ended" && then(), ms),
      sound: (rest) => engine.sendDigits(legId, rest),
    });
    line.relay.press(digits);
  };

  /** Whoever has the call is measured; that a leg of a phone hears somebody ends its ringing. */
  const joined = (call: Call, legId: string): void => {
    options.onJoined(legId);
    if (call.state.kind === "talking" && legId === call.state.owner.legId) call.agentShare.begin(legId);
  };

  const reportOf = (call: Call, report: CallReport, figures: Promise<CallFigures | null> | null): void => {
    const at = clock.now();
    const { callId } = call.state;
    if (report.kind === "calleeAnswered" && call.state.kind === "talking" && call.state.owner.legId !== null)
      options.onReached?.(call.state.owner.legId);
    if (report.kind !== "callEnded") {
      options.report({ ...report, at, callId } as EdgeEvent);
      if (report.kind === "passedOn") release(call, report.partyId);
      return;
    }
    const cause = report.cause as EndCause;
    void (figures ?? Promise.resolve(null)).then((known) => options.report({ kind: "callEnded", at, callId, cause, figures: known }));
  };

  const figuresOf = async (call: Call): Promise<CallFigures | null> => {
    try {
      const [caller, agent] = await Promise.all([engine.legFigures(call.legId), call.agentShare.total()]);
      return { caller: caller === null ? null : legQuality(caller), agent };
    } catch (error) {
      options.log.warn({ err: error, callId: call.state.callId }, "figures of a call are missing");
      return null;
    }
  };

  /** What the caller's description asks for, in the manner of his leg. */
  const readMedia = (
    line: Line,
    sdp: Uint8Array,
    how: { readonly isAnswer: boolean } = { isAnswer: false },
  ): PlainRemote | WebrtcRemote | "held" | null =>
    line.local.browser === undefined ? readCallerMedia(sdp, line.remoteAddress, { ...line.local, ...how }) : readBrowserOffer(sdp);
  const turnTo = (line: Line, remote: PlainRemote | WebrtcRemote): void => {
    if ("iceUfrag" in remote) engine.updateWebrtcLeg(line.legId, remote);
    else engine.updatePlainLeg(line.legId, remote);
  };

  /** RFC 3264 §8.4: whoever holds gets no audio of ours until they take it back. */
  const heedHold = (legId: string, sdp: Uint8Array): void => engine.setWanted(legId, !isHolding(sdp));

  /** A re-INVITE, UPDATE or PRACK: an offer, or a wish for ours. What does not change keeps its version (RFC 3264 §8). */
  const changeMedia = (line: Line, transactionId: string, offer: Uint8Array | null): void => {
    const sip = options.sip();
    const before = { version: line.sdpVersion, sdp: line.sdp };
    const remote = offer === null ? "held" : readMedia(line, offer);
    const isReadable = offer === null || (remote !== null && answerCaller(offer, line.local, line.sdpVersion) !== null);
    if (!isReadable) {
      sip.run(sip.stack.respond(transactionId, { status: 488 }));
      return;
    }
    const next = nextVersion(before, (version) =>
      offer === null ? offerToCaller(line.local, version, line.sdp) : (answerCaller(offer, line.local, version) ?? line.sdp),
    );
    if (offer === null) line.lateOffer = true;
    line.sdpVersion = next.version;
    line.sdp = next.sdp;
    if (remote !== null && remote !== "held") turnTo(line, remote);
    if (offer !== null) {
      line.isSilentByWord = isSilentPeer(offer);
      heedHold(line.legId, offer);
    }
    sip.run(sip.stack.respond(transactionId, { status: 200, body: { contentType: "application/sdp", bytes: next.sdp } }));
  };

  /** The talk of the agent who speaks on this leg. */
  const talkOf = (legId: string): (Call & { readonly state: Talking }) | null => {
    for (const call of calls.values())
      if (call.state.kind === "talking" && call.state.owner.legId === legId) return call as Call & { readonly state: Talking };
    return null;
  };

  /** Both legs as they are now, for whoever asks in the middle of a talk. */
  const takeFigures = async (call: Call, token: string): Promise<void> => {
    const { callId } = call.state;
    const agentLegId = call.agentShare.legId();
    const lineOf = async (legId: string | null): Promise<LineNow | null> => {
      const figures = legId === null ? null : await engine.legFigures(legId).catch(() => null);
      if (figures === null) return null;
      const { packetsReceived, packetsLost, jitterMs, lastPacketAt } = figures;
      return { packetsReceived, packetsLost, jitterMs, silentMs: lastPacketAt === null ? null : Math.max(0, clock.now() - lastPacketAt) };
    };
    const [caller, agent] = await Promise.all([lineOf(call.legId), lineOf(agentLegId)]);
    options.report({ kind: "figuresTaken", at: clock.now(), callId, token, caller, agent });
  };

  /** Tells how a talk sounds where it is otherwise than before. */
  const judgeLines = async (call: Call): Promise<void> => {
    const verdict = await call.lineWatch.look({ callerLegId: call.legId, agentLegId: call.agentShare.legId() });
    if (verdict === undefined || call.state.kind === "ended") return;
    options.report({ kind: "linesJudged", at: clock.now(), callId: call.state.callId, verdict });
  };

  // ---- Another line in the customer's place

  /** RFC 3515: the customer's side asks us to call somebody instead of it. */
  const referred = (call: Call, event: Extract<SipUserEvent, { kind: "referReceived" }>): void => {
    const sip = options.sip();
    const { transactionId, target, wantsNotify } = event;
    const by = askerOf(call);
    const destination = destinationOf(target.uri);
    // To join two calls that both end here would be the desk's to do, where it is asked and seen.
    const isOurs = target.replaces !== null && isDialogOfOurs(target.replaces);
    const isRefused =
      by === null || target.method !== "INVITE" || destination === null || isOurs || call.state.kind !== "talking" || call.next !== null;
    if (isRefused) {
      sip.run(sip.stack.respond(transactionId, { status: 603 }));
      return;
    }
    call.next = {
      token: transactionId,
      how: "refer",
      replaces: target.replaces,
      wantsNotify,
      legId: null,
      dialling: null,
      isAlone: false,
      invite: null,
      giveUp: setTimeout(() => notCome(call, transactionId, 503), CallShellLimits.transferAnswerMsMax),
    };
    sip.run(sip.stack.respond(transactionId, { status: 202 }));
    options.report({ kind: "transferAsked", at: clock.now(), callId: call.state.callId, token: transactionId, destination, by });
  };

  const askerOf = ({ deviceId, dialogId }: Call): TransferAsker | null => {
    if (deviceId !== null) return { kind: "device", deviceId };
    const trunk = options.referrerOf?.(dialogId) ?? null;
    return trunk?.isTaken === true ? { kind: "trunk", trunkId: trunk.trunkId } : null;
  };

  const isDialogOfOurs = ({ callId, toTag, fromTag }: Replaces): boolean => {
    const { stack } = options.sip();
    for (const dialogId of byDialog.keys()) {
      const name = stack.dialogName(dialogId);
      if (name?.callId === callId && name.localTag === toTag && name.remoteTag === fromTag) return true;
    }
    return false;
  };

  const tellReferrer = (next: NextLine, status: number): void => {
    const sip = options.sip();
    if (next.how === "refer" && next.wantsNotify) sip.run(sip.stack.referNotify(next.token, { status }));
  };

  /** Nobody comes: who asked is told, and the talk goes on with them, unless they have left. */
  const notCome = (call: Call, token: string, status: number): void => {
    const { next } = call;
    if (next === null || next.token !== token) return;
    call.next = null;
    clearTimeout(next.giveUp);
    next.dialling?.hangUp();
    if (next.legId !== null) engine.closeLeg(next.legId);
    if (next.invite !== null && takingOver.delete(next.invite.dialogId)) {
      const sip = options.sip();
      sip.run(sip.stack.inviteReject(next.invite.dialogId, { status }));
    }
    tellReferrer(next, status);
    options.report({ kind: "transferEnded", at: clock.now(), callId: call.state.callId, token, status });
    if (next.isAlone) feed(call, { kind: "callerGone", at: clock.now(), cause: { by: "caller", why: "hungUp" } });
  };

  /** The talk goes on with another line; the old one is ended as soon as it has been told. */
  const come = (
    call: Call,
    next: NextLine,
    line: {
      readonly dialogId: string;
      readonly legId: string;
      readonly local: LocalMedia;
      readonly sdp: Uint8Array;
      readonly from: string;
      readonly number: string | null;
    },
  ): void => {
    const old = { dialogId: call.dialogId, legId: call.legId, dialling: call.dialling };
    call.next = null;
    clearTimeout(next.giveUp);
    clearTimeout(call.talkLimit);
    byDialog.delete(old.dialogId);
    byCallerLeg.delete(old.legId);
    call.dialogId = line.dialogId;
    call.legId = line.legId;
    call.local = line.local;
    call.sdp = line.sdp;
    call.sdpVersion = 1;
    call.lateOffer = false;
    call.remoteAddress = line.from;
    call.relay = null;
    call.isSilentByWord = false;
    call.dialling = next.dialling;
    call.deviceId = next.invite?.deviceId ?? null;
    call.customer = { number: line.number, name: null };
    byDialog.set(line.dialogId, { call, line: call, partyId: null });
    byCallerLeg.set(line.legId, call.state.callId);
    feed(call, { kind: "customerReplaced", at: clock.now(), legId: line.legId });
    engine.closeLeg(old.legId);
    tellReferrer(next, 200);
    const sip = options.sip();
    if (old.dialling !== null) old.dialling.hangUp();
    else if (!next.isAlone) sip.run(sip.stack.dialogEnd(old.dialogId));
    options.report({ kind: "transferEnded", at: clock.now(), callId: call.state.callId, token: next.token, status: 200 });
  };

  /** Core lets the REFER be done. */
  const moveCustomer = async (call: Call, order: Extract<CoreCommand, { kind: "moveCustomer" }>): Promise<void> => {
    const { next } = call;
    if (next === null || next.token !== order.token || next.legId !== null) return;
    clearTimeout(next.giveUp);
    const legId = options.ids.next("leg");
    next.legId = legId;
    const mediaTimeoutMs = CallShellLimits.callerMediaTimeoutMs;
    let local: LocalMedia = {
      address: options.bindAddress,
      port: 0,
      sessionId: String(Math.trunc(clock.now())),
      srtpKey: new Uint8Array(randomBytes(SRTP_KEY_BYTES)),
    };
    let sdp: Uint8Array = new Uint8Array();
    try {
      const { bindAddress } = options;
      local = {
        ...local,
        port: (await engine.openPlainLeg({ legId, nearLegId: call.legId, bindAddress, remote: null, mediaTimeoutMs })).port,
      };
    } catch (error) {
      options.log.error({ err: error, callId: call.state.callId }, "no media socket for a transfer");
      next.legId = null;
      notCome(call, next.token, 503);
      return;
    }
    if (call.next !== next) {
      engine.closeLeg(legId);
      return;
    }
    next.dialling = options.dialler().dial(
      {
        legId,
        trunkIds: order.trunkIds,
        destination: order.destination,
        callerId: { ...order.callerId, isAnonymous: false },
        projectId: order.projectId,
        isEmergency: order.isEmergency,
        replaces: next.replaces,
        ringMsMax: CallShellLimits.ringMsMax,
        onSipCallId: (sipCallId) => options.onSipCallId?.(sipCallId, call.state.callId),
        sdpOffer: (media) => {
          local = { ...local, address: media.localAddress, habits: media.habits };
          sdp = offerToCaller(local, 1);
          return sdp;
        },
      },
      (event) => {
        if (call.next !== next) {
          // In the customer's place by now, or given up.
          if (next.dialling !== null && call.dialling === next.dialling) dialled(call, event, order.talkMsMax);
          return;
        }
        if (event.kind === "progressed") tellReferrer(next, Math.min(event.status, 199));
        else if (event.kind === "failed") notCome(call, next.token, event.cause.sipStatus ?? 503);
        else if (event.kind === "answered") {
          const { dialogId, remoteAddress } = event;
          const remote = event.sdp === null ? "held" : readCallerMedia(event.sdp, remoteAddress, { ...local, isAnswer: true });
          if (remote === null) {
            // Nothing that can be heard, or in clear where the trunk wants it sealed.
            notCome(call, next.token, 488);
            return;
          }
          if (remote !== "held") engine.updatePlainLeg(legId, remote);
          if (event.sdp !== null) heedHold(legId, event.sdp);
          come(call, next, { dialogId, legId, local, sdp, from: remoteAddress, number: order.destination });
          armTalkLimit(call, order.talkMsMax);
        }
      },
    );
  };

  /** Core lets the phone go on in the customer's place. */
  const allowTakingOver = async (call: Call, token: string): Promise<void> => {
    const { next } = call;
    if (next === null || next.token !== token || next.invite === null || next.legId !== null) return;
    const { dialogId, flow, sdp: offer, mediaAddress } = next.invite;
    const legId = options.ids.next("leg");
    next.legId = legId;
    const srtpKey = new Uint8Array(randomBytes(SRTP_KEY_BYTES));
    const remote = readCallerMedia(offer, flow.remote.address, { srtpKey });
    if (remote === null) {
      next.legId = null;
      notCome(call, token, 488);
      return;
    }
    let port = 0;
    try {
      const { bindAddress } = options;
      const mediaTimeoutMs = CallShellLimits.callerMediaTimeoutMs;
      const opening = { legId, nearLegId: call.legId, bindAddress, remote: remote === "held" ? null : remote, mediaTimeoutMs };
      ({ port } = await engine.openPlainLeg(opening));
    } catch (error) {
      options.log.error({ err: error, callId: call.state.callId }, "no media socket for a call that is picked up");
      next.legId = null;
      notCome(call, token, 503);
      return;
    }
    if (call.next !== next) {
      engine.closeLeg(legId);
      return;
    }
    const local: LocalMedia = { address: mediaAddress, port, sessionId: String(Math.trunc(clock.now())), srtpKey };
    const sdp = answerCaller(offer, local, 1);
    if (sdp === null) {
      notCome(call, token, 488);
      return;
    }
    heedHold(legId, offer);
    takingOver.delete(dialogId);
    const sip = options.sip();
    sip.run(sip.stack.inviteAccept(dialogId, { sdp }));
    come(call, next, { dialogId, legId, local, sdp, from: flow.remote.address, number: null });
  };

  /** The agent has left two lines of one carrier to themselves: it may join them itself. Until it has, they stay joined here. */
  const release = (call: Call, partyId: PartyId): void => {
    const outside = call.outside.get(partyId);
    const customers = options.referrerOf?.(call.dialogId) ?? null;
    const others = outside === undefined ? null : (options.referrerOf?.(outside.dialogId) ?? null);
    if (outside === undefined || customers?.isReleased !== true || others?.trunkId !== customers.trunkId) return;
    const { stack, send } = options.sip();
    const name = stack.dialogName(outside.dialogId);
    const target = others.target === null ? null : parseUri(others.target);
    if (name === null || target === null) return;
    const replaces: Replaces = { callId: name.callId, toTag: name.remoteTag, fromTag: name.localTag, earlyOnly: false };
    call.releaseId = send(stack.referSend(call.dialogId, { target, replaces }));
  };
  const released = (call: Call): void => {
    call.releaseId = null;
    feed(call, { kind: "hangUpOrdered", at: clock.now(), cause: { by: "system", why: "released" } });
  };
  const notReleased = (call: Call, referId: string): void => {
    if (call.releaseId !== referId) return;
    call.releaseId = null;
    options.log.info({ callId: call.state.callId }, "the carrier does not join two of its lines itself: they stay joined here");
  };

  const armTalkLimit = (call: Call, talkMsMax: number): void => {
    call.talkLimit = setTimeout(
      () => feed(call, { kind: "hangUpOrdered", at: clock.now(), cause: { by: "system", why: "tooLong" } }),
      talkMsMax,
    );
  };

  const forget = (call: Call): void => {
    if (call.next !== null) notCome(call, call.next.token, 487);
    clearTimeout(call.ringing);
    endCopy(call);
    for (const timer of call.timers.values()) clearTimeout(timer);
    clearTimeout(call.talkLimit);
    calls.delete(call.state.callId);
    byDialog.delete(call.dialogId);
    byCallerLeg.delete(call.legId);
    for (const partyId of call.outside.keys()) dropOutside(call, partyId);
    options.onChanged?.();
  };

  const dropOutside = (call: Call, partyId: PartyId): void => {
    const line = call.outside.get(partyId);
    if (line === undefined) return;
    call.outside.delete(partyId);
    byDialog.delete(line.dialogId);
    byOutsideLeg.delete(line.legId);
    clearTimeout(line.talkLimit);
    line.dialling?.hangUp();
    engine.closeLeg(line.legId);
  };

  type CallOutside = Extract<CoreCommand, { kind: "callOutside" }>;

  /** Somebody outside is called into a call: a leg for them, then the carriers in turn. */
  const callOutside = async (call: Call, order: CallOutside): Promise<void> => {
    const { callId, partyId, ringback, recorded, loop, reminder = null } = order;
    if (call.outside.has(partyId)) return; // said again after a reconnect
    const legId = options.ids.next("leg");
    const local: LocalMedia = {
      address: options.bindAddress,
      port: 0,
      sessionId: String(Math.trunc(clock.now())),
      srtpKey: new Uint8Array(randomBytes(SRTP_KEY_BYTES)),
    };
    const line: Line = {
      legId,
      local,
      dialogId: "",
      remoteAddress: "",
      dialling: null,
      hearsEarly: true,
      relay: null,
      sdpVersion: 1,
      sdp: new Uint8Array(),
      lateOffer: false,
      isSilentByWord: false,
    };
    call.outside.set(partyId, line);
    call.outsideNumbers.set(partyId, order.destination);
    byOutsideLeg.set(legId, { call, partyId });
    try {
      const mediaTimeoutMs = CallShellLimits.callerMediaTimeoutMs;
      line.local.port = (await engine.openPlainLeg({ legId, bindAddress: options.bindAddress, remote: null, mediaTimeoutMs })).port;
    } catch (error) {
      options.log.error({ err: error, callId }, "no media socket for a call of ours");
      dropOutside(call, partyId);
      const cause: EndCause = { by: "system", why: "technical" };
      options.report({ kind: "outsideFailed", at: clock.now(), callId, partyId, cause });
      return;
    }
    feed(call, { kind: "outsideCallOrdered", at: clock.now(), partyId, legId, ringback, recorded, loop, reminder });
    // The call has gone on without them.
    if (call.outside.get(partyId) !== line) return;
    line.dialling = options.dialler().dial(dialOrder(line, order), (event) => outsideDialled(call, partyId, event, order.talkMsMax));
  };

  const outsideDialled = (call: Call, partyId: PartyId, event: DialEvent, talkMsMax: number): void => {
    const line = call.outside.get(partyId);
    const at = clock.now();
    if (line === undefined) return;
    switch (event.kind) {
      case "progressed":
        feed(call, { kind: "outsideProgressed", at, partyId, early: takeEarlyMedia(line, event.sdp) });
        return;
      case "answered":
        byDialog.set(event.dialogId, { call, line, partyId });
        if (!takeAnswer(line, event)) {
          feed(call, { kind: "outsideGone", at, partyId, cause: { by: "carrier", why: "codecMismatch" } });
          return;
        }
        line.talkLimit = setTimeout(
          () => feed(call, { kind: "outsideGone", at: clock.now(), partyId, cause: { by: "system", why: "tooLong" } }),
          talkMsMax,
        );
        feed(call, { kind: "outsideAnswered", at, partyId });
        return;
      case "failed":
        feed(call, { kind: "outsideGone", at, partyId, cause: causeOfDial(event.cause) });
        return;
      case "ended":
        if (call.releaseId !== null && event.by === "carrier") {
          released(call);
          return;
        }
        feed(call, {
          kind: "outsideGone",
          at,
          partyId,
          cause: event.by === "carrier" ? { by: "carrier", why: "outsideLeft" } : { by: "unknown", why: "lineDropped" },
        });
        return;
      case "inDialog":
        heard(event.event);
    }
  };

  /** True where the carrier says something itself. */
  const takeEarlyMedia = (line: Line, sdp: Uint8Array | null): boolean => {
    const remote = sdp === null ? null : readCallerMedia(sdp, "", { ...line.local, isAnswer: true });
    if (remote === null || remote === "held") return false;
    engine.updatePlainLeg(line.legId, { ...remote, behindNat: false, signalledFrom: null });
    return line.hearsEarly;
  };

  /** False where nothing of it can be heard. Without a description what came with a ring before it holds. */
  const takeAnswer = (line: Line, event: Extract<DialEvent, { kind: "answered" }>): boolean => {
    line.dialogId = event.dialogId;
    line.remoteAddress = event.remoteAddress;
    const remote = event.sdp === null ? "held" : readCallerMedia(event.sdp, event.remoteAddress, { ...line.local, isAnswer: true });
    if (remote !== null && remote !== "held") engine.updatePlainLeg(line.legId, remote);
    if (event.sdp !== null) heedHold(line.legId, event.sdp);
    return remote !== null;
  };

  const dialOrder = (line: Line, order: Place | CallOutside): DialOrder => ({
    legId: line.legId,
    trunkIds: order.trunkIds,
    destination: order.destination,
    callerId: { ...order.callerId, isAnonymous: false },
    projectId: order.projectId,
    isEmergency: order.isEmergency,
    ringMsMax: CallShellLimits.ringMsMax,
    onSipCallId: (sipCallId) => options.onSipCallId?.(sipCallId, order.callId),
    sdpOffer: (media) => {
      line.local = { ...line.local, address: media.localAddress, habits: media.habits };
      line.hearsEarly = media.hearsEarly;
      line.sdp = offerToCaller(line.local, line.sdpVersion);
      return line.sdp;
    },
  });

  type Place = Extract<CoreCommand, { kind: "placeCall" }>;

  /** A call of ours: its agent's phone first, which a device has to be picked up for. */
  const placeByPhone = (order: Place): void => {
    const { callId, phoneId, personId, destination, dialToken } = order;
    awaitingPhone.set(callId, phoneId);
    options.onChanged?.();
    options.legFor({ phoneId, personId, offerId: null, shown: { number: destination, name: null }, dialToken, callId }, (legId) => {
      const isWanted = awaitingPhone.delete(callId);
      if (isWanted) options.onChanged?.();
      if (!isWanted) {
        // Given up meanwhile.
        if (legId !== null) options.onReleased(phoneId, { hadPlace: false });
      } else if (legId === null) {
        options.report({ kind: "callEnded", at: clock.now(), callId, cause: { by: "system", why: "phoneGone" }, figures: null });
      } else void place(order, legId);
    });
  };

  const giveUpPlacing = (callId: CallId, cause: EndCause): void => {
    const phoneId = awaitingPhone.get(callId);
    if (phoneId === undefined || !awaitingPhone.delete(callId)) return;
    options.report({ kind: "callEnded", at: clock.now(), callId, cause, figures: null });
    options.onReleased(phoneId, { hadPlace: true });
    options.onChanged?.();
  };

  /** A leg for the customer, then the carriers in turn. */
  const place = async (order: Place, legId: string): Promise<void> => {
    const { callId, contactId, numberId, phoneId, personId, holdLoop, awayAudioIds = [], ringback, recording, notice } = order;
    const at = clock.now();
    const failed = (why: EndCause["why"]): void =>
      options.report({ kind: "callEnded", at: clock.now(), callId, cause: { by: "system", why }, figures: null });
    const callerLegId = options.ids.next("leg");
    const begun = beginDialling({
      callId,
      contactId,
      numberId,
      arrivedAt: at,
      callerLegId,
      phoneId,
      personId,
      legId,
      recording,
      notice,
      ringback,
      holdLoop,
      awayAudioIds,
    });
    const call: Call = {
      state: begun.state,
      dialogId: "",
      number: { technicalAudioIds: [] },
      legId: callerLegId,
      outside: new Map(),
      customer: { number: order.destination, name: null },
      outsideNumbers: new Map(),
      copied: null,
      remoteAddress: "",
      sdpVersion: 1,
      sdp: new Uint8Array(),
      lateOffer: false,
      isSilentByWord: false,
      deviceId: null,
      dialling: null,
      hearsEarly: true,
      relay: null,
      next: null,
      releaseId: null,
      ringing: undefined,
      local: {
        address: options.bindAddress,
        port: 0,
        sessionId: String(Math.trunc(at)),
        srtpKey: new Uint8Array(randomBytes(SRTP_KEY_BYTES)),
      },
      timers: new Map(),
      agentShare: createAgentShare((each) => engine.legFigures(each)),
      lineWatch: createLineWatch((each) => engine.legFigures(each)),
    };
    calls.set(callId, call);
    byCallerLeg.set(callerLegId, callId);
    options.onTaken(legId, callId);
    options.onChanged?.();
    try {
      const mediaTimeoutMs = CallShellLimits.callerMediaTimeoutMs;
      call.local.port = (
        await engine.openPlainLeg({ legId: callerLegId, bindAddress: options.bindAddress, remote: null, mediaTimeoutMs })
      ).port;
    } catch (error) {
      options.log.error({ err: error, callId }, "no media socket for a call of ours");
      forget(call);
      options.onReleased(phoneId, { hadPlace: true });
      failed("technical");
      return;
    }
    if (call.state.kind === "ended") {
      engine.closeLeg(callerLegId);
      return;
    }
    for (const command of begun.commands) execute(call, command, null);
    call.dialling = options.dialler().dial(dialOrder(call, order), (event) => {
      // Another line may have taken its place: what is said of it after that is about nobody in the call.
      if (call.dialling === null || call.dialling === ours) dialled(call, event, order.talkMsMax);
    });
    const ours = call.dialling;
  };

  /** Whoever asked for a transfer may leave before it is done: the agent waits for the one who comes. */
  const staysWithout = (call: Call): boolean => {
    if (call.next?.how !== "refer") return false;
    call.next.isAlone = true;
    return true;
  };

  const dialled = (call: Call, event: DialEvent, talkMsMax: number): void => {
    const at = clock.now();
    switch (event.kind) {
      case "progressed": {
        feed(call, { kind: "calleeProgressed", at, early: takeEarlyMedia(call, event.sdp) });
        return;
      }
      case "answered": {
        if (call.state.kind === "ended") return;
        byDialog.set(event.dialogId, { call, line: call, partyId: null });
        if (!takeAnswer(call, event)) {
          // Answered with nothing that can be heard, or in clear where the trunk wants it sealed: no call at all is better.
          feed(call, { kind: "hangUpOrdered", at, cause: { by: "carrier", why: "codecMismatch" } });
          return;
        }
        armTalkLimit(call, talkMsMax);
        feed(call, { kind: "calleeAnswered", at });
        return;
      }
      case "failed":
        feed(call, { kind: "calleeFailed", at, cause: causeOfDial(event.cause) });
        return;
      case "ended":
        if (staysWithout(call)) return;
        if (call.releaseId !== null && event.by === "carrier") {
          released(call);
          return;
        }
        feed(call, {
          kind: "callerGone",
          at,
          cause: event.by === "carrier" ? { by: "caller", why: "hungUp" } : { by: "unknown", why: "lineDropped" },
        });
        return;
      case "inDialog":
        heard(event.event);
    }
  };

  const heard: Calls["sipEvent"] = (event) => self.sipEvent(event);

  const self: Calls = {
    count: () => calls.size,
    has: (callId) => calls.has(callId) || awaitingPhone.has(callId),
    left: () => {
      const left = { talking: 0, waiting: 0, beginning: awaitingPhone.size };
      for (const { state } of calls.values()) if (state.kind !== "ended") left[partOf(state)] += 1;
      return left;
    },

    invite: async (incoming) => {
      const sip = options.sip();
      const callId = options.ids.next("cal") as CallId;
      const callerLegId = options.ids.next("leg");
      const srtpKey = new Uint8Array(randomBytes(SRTP_KEY_BYTES));
      const webrtc = incoming.webrtc ?? null;
      const browser = webrtc === null || incoming.sdp === null ? null : readBrowserOffer(incoming.sdp);
      const described =
        incoming.sdp === null || browser !== null
          ? "held"
          : readCallerMedia(incoming.sdp, incoming.flow.remote.address, {
              srtpKey,
              ...(incoming.habits === undefined ? {} : { habits: incoming.habits }),
            });
      const remote = described === "held" ? null : described;
      if (described === null) {
        sip.run(sip.stack.inviteReject(incoming.dialogId, { status: 488 }));
        return;
      }
      const at = clock.now();
      // Taken at once, so that a CANCEL which overtakes the socket's opening finds its call.
      const begun = beginCall({ callId, numberId: incoming.number.numberId, arrivedAt: at, callerLegId });
      const call: Call = {
        state: begun.state,
        dialogId: incoming.dialogId,
        number: incoming.number,
        legId: callerLegId,
        outside: new Map(),
        customer: { number: incoming.caller.callerNumber, name: incoming.caller.callerName },
        outsideNumbers: new Map(),
        copied: null,
        remoteAddress: incoming.flow.remote.address,
        sdpVersion: 1,
        sdp: new Uint8Array(),
        lateOffer: incoming.sdp === null,
        isSilentByWord: false,
        deviceId: incoming.deviceId,
        dialling: null,
        hearsEarly: true,
        relay: null,
        next: null,
        releaseId: null,
        local: {
          address: incoming.mediaAddress,
          port: 0,
          sessionId: String(Math.trunc(at)),
          srtpKey,
          ...(incoming.habits === undefined ? {} : { habits: incoming.habits }),
        },
        timers: new Map(),
        ringing: undefined,
        agentShare: createAgentShare((legId) => engine.legFigures(legId)),
        lineWatch: createLineWatch((legId) => engine.legFigures(legId)),
      };
      calls.set(callId, call);
      byDialog.set(incoming.dialogId, { call, line: call, partyId: null });
      incoming.onCall?.(callId);
      byCallerLeg.set(callerLegId, callId);
      options.onChanged?.();
      try {
        const mediaTimeoutMs = CallShellLimits.callerMediaTimeoutMs;
        if (webrtc === null || browser === null) {
          const { bindAddress } = options;
          call.local.port = (await engine.openPlainLeg({ legId: callerLegId, bindAddress, remote, mediaTimeoutMs })).port;
        } else {
          const place = browserMediaPlace({
            bindAddress: options.bindAddress,
            reachedAddress: webrtc.reachedAddress,
            mediaAddress: incoming.mediaAddress,
            ownAddresses: options.ownAddresses(),
          });
          const opened = await engine.openWebrtcLeg({ legId: callerLegId, ...place.listen, remote: browser, mediaTimeoutMs });
          call.local = { ...call.local, port: opened.port, browser: { ...opened, alsoAt: place.alsoAt } };
        }
      } catch (error) {
        options.log.error({ err: error, callId }, "no media socket for a new call");
        forget(call);
        sip.run(sip.stack.inviteReject(incoming.dialogId, { status: 503, headers: [{ name: "Retry-After", value: "5" }] }));
        return;
      }
      if (call.state.kind === "ended") {
        engine.closeLeg(callerLegId);
        return;
      }
      const ours =
        incoming.sdp === null ? offerToCaller(call.local, call.sdpVersion) : answerCaller(incoming.sdp, call.local, call.sdpVersion);
      if (ours === null) {
        forget(call);
        engine.closeLeg(callerLegId);
        sip.run(sip.stack.inviteReject(incoming.dialogId, { status: 488 }));
        return;
      }
      call.sdp = ours;
      if (incoming.sdp !== null) heedHold(callerLegId, incoming.sdp);
      options.report({
        kind: "callArrived",
        at,
        callId,
        numberId: incoming.number.numberId,
        callerNumber: incoming.caller.callerNumber,
        callerName: incoming.caller.callerName,
        transport: TRANSPORTS[incoming.flow.transport],
        sourceAddress: incoming.flow.remote.address,
        deviceId: incoming.deviceId,
        ...(incoming.test === null ? {} : { test: incoming.test }),
      });
      const ring = (): void => {
        if (call.state.kind === "arriving") sip.run(sip.stack.inviteProgress(incoming.dialogId, { status: 180 }));
      };
      if (incoming.ringsAtOnce) ring();
      else call.ringing = setTimeout(ring, CallShellLimits.ringingAfterMs);
      for (const command of begun.commands) execute(call, command, null);
      if (incoming.refuseAtOnce) feed(call, { kind: "timerFired", at: clock.now(), timer: "coreSilence" });
    },

    takeOver: (taking) => {
      const sip = options.sip();
      const call = byDialog.get(taking.replaced)?.call;
      const canBe = call !== undefined && (call.state.kind === "talking" || call.state.kind === "waiting") && call.next === null;
      if (!canBe) {
        sip.run(sip.stack.inviteReject(taking.dialogId, { status: 603 }));
        return;
      }
      const token = taking.dialogId;
      takingOver.set(taking.dialogId, call);
      options.onSipCallId?.(taking.sipCallId, call.state.callId);
      call.next = {
        token,
        how: "replaces",
        replaces: null,
        wantsNotify: false,
        legId: null,
        dialling: null,
        isAlone: false,
        invite: taking,
        giveUp: setTimeout(() => notCome(call, token, 503), CallShellLimits.transferAnswerMsMax),
      };
      options.report({ kind: "pickUpAsked", at: clock.now(), callId: call.state.callId, token, deviceId: taking.deviceId });
    },
    legOf: (dialogId) => byDialog.get(dialogId)?.line.legId ?? null,
    knows: (dialogId) => byDialog.has(dialogId),

    sipEvent: (event) => {
      const dialogId = "dialogId" in event ? event.dialogId : null;
      const taken = dialogId === null ? undefined : takingOver.get(dialogId);
      if (taken !== undefined && event.kind === "inviteCancelled") {
        takingOver.delete(event.dialogId);
        notCome(taken, event.dialogId, 487);
        return true;
      }
      const known = dialogId === null ? undefined : byDialog.get(dialogId);
      if (known === undefined) return false;
      const { call, line, partyId } = known;
      const at = clock.now();
      const sip = options.sip();
      switch (event.kind) {
        case "inviteCancelled":
          feed(call, { kind: "callerGone", at, cause: { by: "caller", why: "cancelled", sipStatus: 487 } });
          return true;
        case "progressAcknowledged":
        case "ackReceived":
          if (line.lateOffer && event.sdp !== null) {
            const remote = readMedia(line, event.sdp, { isAnswer: true });
            const cause: EndCause = { by: "system", why: "codecMismatch" };
            if (remote === null && partyId !== null) feed(call, { kind: "outsideGone", at, partyId, cause });
            else if (remote === null) feed(call, { kind: "hangUpOrdered", at, cause });
            else {
              if (remote !== "held") turnTo(line, remote);
              heedHold(line.legId, event.sdp);
            }
          }
          return true;
        case "requestAnswered":
          line.relay?.answered(event.transactionId, event.response.status);
          return true;
        case "requestFailed":
          line.relay?.answered(event.transactionId, null);
          return true;
        case "reInviteReceived":
          changeMedia(line, event.transactionId, event.sdp);
          return true;
        case "requestReceived": {
          const { request, transactionId } = event;
          if (request.method === "INFO") {
            const pressed = readRelayedDigit(request);
            if (pressed !== null && partyId === null) feed(call, { kind: "digitPressed", at });
            sip.run(sip.stack.respond(transactionId, { status: pressed !== null || request.body.length === 0 ? 200 : 415 }));
          } else if (request.method === "UPDATE" || request.method === "PRACK") changeMedia(line, transactionId, request.body);
          else sip.run(sip.stack.respond(transactionId, { status: 501 }));
          return true;
        }
        case "referReceived":
          // Somebody outside was called for this talk and no other.
          if (partyId === null) referred(call, event);
          else sip.run(sip.stack.respond(event.transactionId, { status: 603 }));
          return true;
        case "referAnswered":
          if (event.response.status >= 300) notReleased(call, event.referId);
          return true;
        case "referNotified":
          if (event.referId !== call.releaseId || !event.isFinal) return true;
          if (event.status < 300) released(call);
          else notReleased(call, event.referId);
          return true;
        case "dialogEnded":
          // Either line is hung up by the carrier once it has joined them.
          if (call.releaseId !== null && event.cause === "byeReceived") {
            released(call);
            return true;
          }
          if (partyId !== null) {
            feed(call, { kind: "outsideGone", at, partyId, cause: endedBy(event.cause) });
            return true;
          }
          if (event.cause === "byeReceived" && staysWithout(call)) return true;
          feed(call, { kind: "callerGone", at, cause: endedBy(event.cause) });
          return true;
        default:
          return true;
      }
    },

    command: (command) => {
      if (command.kind === "placeCall") {
        // Said again after a reconnect: it is under way.
        if (!calls.has(command.callId) && !awaitingPhone.has(command.callId)) placeByPhone(command);
        return;
      }
      const call = calls.get(command.callId);
      const at = clock.now();
      if (call === undefined) {
        // The call ended while the order was on its way; core waits for the outcome of a bridge, a joining and a handover.
        const { callId } = command;
        if (command.kind === "bridge") options.report({ kind: "bridgeFailed", at, callId, offerId: command.offerId, reason: "callGone" });
        else if (command.kind === "joinParty")
          options.report({ kind: "partyFailed", at, callId, partyId: command.partyId, reason: "callGone" });
        else if (command.kind === "handOver")
          options.report({ kind: "handOverFailed", at, callId, partyId: command.partyId, reason: "callGone" });
        else if (command.kind === "pickUp")
          options.report({ kind: "pickUpFailed", at, callId, personId: command.personId, reason: "callGone" });
        else if (command.kind === "callOutside") {
          const cause: EndCause = { by: "system", why: "technical" };
          options.report({ kind: "outsideFailed", at, callId, partyId: command.partyId, cause });
        }
        if (command.kind === "bridge" || command.kind === "joinParty" || command.kind === "pickUp")
          options.onReleased(command.phoneId, { hadPlace: false });
        if (command.kind === "hangUp" || command.kind === "playAndHangUp") giveUpPlacing(callId, command.cause);
        return;
      }
      switch (command.kind) {
        case "nameParticipants":
          options.copies?.named(command.callId, command.names);
          return;
        case "acceptCall":
          feed(call, {
            kind: "accepted",
            at,
            contactId: command.contactId,
            token: command.token,
            greeting: command.greeting,
            thenLoop: command.thenLoop,
          });
          return;
        case "refuseCall":
          feed(call, {
            kind: "refused",
            at,
            contactId: command.contactId,
            audioIds: command.audioIds,
            sipStatus: command.sipStatus,
            cause: command.cause,
          });
          return;
        case "play":
          feed(call, { kind: "playOrdered", at, token: command.token, audioIds: command.audioIds, thenLoop: command.thenLoop });
          return;
        case "playAndHangUp":
          feed(call, { kind: "farewellOrdered", at, audioIds: command.audioIds, cause: command.cause });
          return;
        case "bridge": {
          const { offerId, phoneId, personId, recording, holdLoop, awayAudioIds = [] } = command;
          withPhone(call, { phoneId, personId, offerId, shown: null }, (legId) =>
            feed(call, { kind: "bridgeOrdered", at: clock.now(), offerId, phoneId, personId, legId, recording, holdLoop, awayAudioIds }),
          );
          return;
        }
        case "pickUp": {
          const { phoneId, personId, recording, holdLoop, awayAudioIds = [] } = command;
          withPhone(call, { phoneId, personId, offerId: null, shown: null }, (legId) =>
            feed(call, { kind: "pickUpOrdered", at: clock.now(), phoneId, personId, legId, recording, holdLoop, awayAudioIds }),
          );
          return;
        }
        case "callOutside":
          void callOutside(call, command);
          return;
        case "passOn":
          feed(call, { kind: "passOnOrdered", at, partyId: command.partyId, talkMsMax: command.talkMsMax });
          return;
        case "record":
          feed(call, { kind: "recordOrdered", at, recording: command.recording });
          return;
        case "hold":
          feed(call, { kind: "holdOrdered", at, loop: command.loop, reminder: command.reminder ?? null });
          return;
        case "resume":
          feed(call, { kind: "resumeOrdered", at });
          return;
        case "mute":
          feed(call, { kind: "muteOrdered", at, muted: command.muted });
          return;
        case "sendDigits":
          feed(call, { kind: "digitsOrdered", at, digits: command.digits });
          return;
        case "pauseRecording":
          feed(call, { kind: "recordingPauseOrdered", at, paused: command.paused });
          return;
        case "pauseForField":
          feed(call, { kind: "fieldPauseOrdered", at, limitMs: command.limitMs, renewed: command.renewed });
          return;
        case "endFieldPause":
          feed(call, { kind: "fieldPauseEnded", at });
          return;
        case "maskKeys":
          feed(call, { kind: "keysMaskOrdered", at, masked: command.masked });
          return;
        case "stepAside":
          feed(call, { kind: "stepAsideOrdered", at, loop: command.loop, reminder: command.reminder ?? null });
          return;
        case "joinParty": {
          const { partyId, phoneId, personId, seat } = command;
          withPhone(call, { phoneId, personId, offerId: null, shown: null }, (legId) =>
            feed(call, { kind: "partyJoinOrdered", at: clock.now(), partyId, phoneId, personId, legId, seat }),
          );
          return;
        }
        case "seatParty":
          feed(call, { kind: "partySeatOrdered", at, partyId: command.partyId, seat: command.seat });
          return;
        case "muteParty":
          feed(call, { kind: "partyMuteOrdered", at, partyId: command.partyId, muted: command.muted });
          return;
        case "partParty":
          feed(call, { kind: "partyPartOrdered", at, partyId: command.partyId });
          return;
        case "handOver":
          feed(call, { kind: "handOverOrdered", at, partyId: command.partyId, loop: command.loop });
          return;
        case "moveCustomer":
          void moveCustomer(call, command);
          return;
        case "refuseTransfer":
          notCome(call, command.token, command.status);
          return;
        case "allowPickUp":
          void allowTakingOver(call, command.token);
          return;
        case "takeFigures":
          void takeFigures(call, command.token);
          return;
        case "detachAgent":
          feed(call, { kind: "detachOrdered", at, audioIds: command.audioIds, thenLoop: command.thenLoop });
          return;
        case "hangUp":
          feed(call, { kind: "hangUpOrdered", at, cause: command.cause });
      }
    },

    mediaEvent: ({ legId, event }) => {
      const outside = byOutsideLeg.get(legId);
      if (outside !== undefined) {
        const { call, partyId } = outside;
        const { at } = event;
        if (event.kind === "callerMediaStopped") feed(call, { kind: "outsideMediaStopped", at, partyId });
        if (event.kind === "callerLegDied") feed(call, { kind: "outsideGone", at, partyId, cause: { by: "system", why: "technical" } });
        return;
      }
      const callId = byCallerLeg.get(legId);
      const call = callId === undefined ? undefined : calls.get(callId);
      if (call === undefined || (event.kind === "callerMediaStopped" && call.isSilentByWord)) return;
      feed(call, event);
    },
    agentKeyHeard: (legId, digit) => {
      for (const call of calls.values()) {
        if (call.local.habits?.keys !== "info" || call.state.kind !== "talking") continue;
        if (call.state.owner.legId === legId && !call.state.held && !call.state.owner.muted)
          pressTowards(call, { legId: call.legId, digits: digit });
      }
    },
    agentMediaStopped: (legId) => {
      for (const call of calls.values()) {
        if (call.agentShare.legId() === legId) call.agentShare.settle();
        feed(call, { kind: "agentMediaStopped", at: clock.now(), legId });
      }
    },
    agentMediaFlowing: (fields) => {
      for (const call of calls.values()) {
        feed(call, { kind: "agentMediaFlowing", at: clock.now(), ...fields } as CallEvent);
      }
    },
    agentHungUp: (legId) => {
      for (const call of calls.values()) feed(call, { kind: "agentHungUp", at: clock.now(), legId });
    },
    agentHolds: (legId, held) => {
      for (const call of calls.values()) {
        if (call.state.kind !== "talking" || call.state.owner.legId !== legId) continue;
        feed(
          call,
          // Whoever holds at their own phone hears nothing of ours: there is no ear to remind.
          held
            ? { kind: "holdOrdered", at: clock.now(), loop: call.state.owner.holdLoop, reminder: null }
            : { kind: "resumeOrdered", at: clock.now() },
        );
      }
    },
    agentPressed: (legId, digit) => {
      for (const call of calls.values()) {
        if (call.state.kind === "talking" && call.state.owner.legId === legId && call.state.owner.seat === "talk")
          feed(call, { kind: "digitsOrdered", at: clock.now(), digits: digit });
      }
    },
    agentPassesOn: (legId, wish) => {
      const call = talkOf(legId);
      if (call === null) return null;
      const { callId, owner } = call.state;
      options.report({ kind: "phoneTransferAsked", at: clock.now(), callId, phoneId: owner.phoneId, ...wish });
      // From now on the phone may be put down without ending anything.
      feed(call, { kind: "holdOrdered", at: clock.now(), loop: owner.holdLoop, reminder: null });
      return callId;
    },
    agentConsults: (legId, wish) => {
      const call = talkOf(legId);
      if (call === null) return null;
      const { callId, owner } = call.state;
      options.report({ kind: "phoneConsultAsked", at: clock.now(), callId, phoneId: owner.phoneId, ...wish });
      return callId;
    },
    agentTurnsAside: (legId) => {
      const call = talkOf(legId);
      if (call !== null) feed(call, { kind: "stepAsideOrdered", at: clock.now(), loop: call.state.owner.holdLoop, reminder: null });
    },
    giveUpPlacing: () => {
      for (const callId of awaitingPhone.keys()) giveUpPlacing(callId, { by: "system", why: "phoneGone" });
    },
    summaries: () => [...calls.values()].flatMap((call) => summaryOf(call.state)),
    callerLegs: () => byCallerLeg,
    lookAtLines: () => {
      for (const call of calls.values()) void judgeLines(call);
    },

    endAll: (cause) => {
      for (const callId of awaitingPhone.keys()) giveUpPlacing(callId, cause);
      for (const call of calls.values()) feed(call, { kind: "hangUpOrdered", at: clock.now(), cause });
    },
    endAllWith: (cause, wordsOf) => {
      for (const callId of awaitingPhone.keys()) giveUpPlacing(callId, cause);
      for (const call of calls.values()) {
        const at = clock.now();
        const audioIds = wordsOf(call.state.numberId);
        if (audioIds.length === 0) feed(call, { kind: "hangUpOrdered", at, cause });
        else feed(call, { kind: "farewellOrdered", at, audioIds, cause, toAll: true });
      }
    },
  };
  return self;
}

/** Whoever of ours has a place in the call. */
function sidesOf(state: CallState): readonly { readonly phoneId: PhoneId; readonly legId: string | null }[] {
  if (state.kind === "dialling") return [state.owner];
  if (state.kind === "leaving") return state.alsoHeardBy;
  return state.kind === "talking" ? [state.owner, ...state.parties] : [];
}

/** What became of a call of ours, in the words that calls end by. */
function causeOfDial({ why, sipStatus, q850 }: DialCause): EndCause {
  const more = { ...(sipStatus === null ? {} : { sipStatus }), ...(q850 === null ? {} : { q850 }) };
  switch (why) {
    case "busy":
    case "declined":
    case "noAnswer":
      return { by: "caller", why, ...more };
    case "unknownNumber":
      return { by: "carrier", why, ...more };
    case "noTrunk":
    case "limitReached":
      return { by: "system", why: "noTrunk", ...more };
    case "cancelled":
      return { by: "agent", why: "cancelled", ...more };
    case "unreachable":
    case "refused":
    case "carrierFailed":
      return { by: "carrier", why: "notReached", ...more };
  }
}

function sequenceOf(audioIds: readonly string[], thenLoop: string | null): readonly SequenceItem[] {
  const items: SequenceItem[] = audioIds.map((audioId) => ({ kind: "audio", audioId }));
  return thenLoop === null ? items : [...items, { kind: "loop", audioId: thenLoop }];
}

function endedBy(cause: Extract<SipUserEvent, { kind: "dialogEnded" }>["cause"]): EndCause {
  switch (cause) {
    case "byeReceived":
      return { by: "caller", why: "hungUp" };
    case "byeSent":
      return { by: "system", why: "hungUp" };
    case "ackTimeout":
      return { by: "caller", why: "noAck" };
    case "peerGone":
    case "sessionExpired":
    case "flowClosed":
      return { by: "unknown", why: "lineDropped" };
  }
}

function summaryOf(state: CallState): readonly EdgeCallSummary[] {
  if (state.kind === "ended") return [];
  const talk = state.kind === "talking" ? state : null;
  const dialling = state.kind === "dialling" ? state : null;
  return [
    {
      callId: state.callId,
      contactId: state.contactId,
      numberId: state.numberId,
      arrivedAt: state.arrivedAt,
      phase: phaseOf(state),
      personId: talk?.owner.personId ?? dialling?.owner.personId ?? null,
      held: talk?.held ?? false,
      muted: talk?.owner.muted ?? false,
      pausedRecordingId: talk?.recordingPause == null ? null : (talk.owner.recording?.recordingId ?? null),
      pausedBy: talk?.recordingPause?.by ?? null,
      keysMasked: talk?.keysMasked ?? false,
      parties: talk?.parties.map(({ partyId, personId, seat }) => ({ partyId, personId, seat })) ?? [],
      outside: outsideOf(state).map(({ partyId, seat, progress }) => ({ partyId, seat, answered: progress === "answered" })),
    },
  ];
}

function partOf(state: Exclude<CallState, { kind: "ended" }>): keyof CallsLeft {
  if (state.kind === "talking" || state.kind === "passedOn") return "talking";
  return state.kind === "waiting" || state.kind === "leaving" ? "waiting" : "beginning";
}

function outsideOf(state: CallState): readonly OutsideParty[] {
  if (state.kind === "talking") return state.outside;
  return state.kind === "passedOn" ? [state.outside] : [];
}

function phaseOf(state: Exclude<CallState, { kind: "ended" }>): EdgeCallSummary["phase"] {
  switch (state.kind) {
    case "arriving":
    case "refusing":
      return "arriving";
    case "leaving":
      return "answered";
    case "waiting":
      return "waiting";
    case "dialling":
      return "dialling";
    case "talking":
      return state.owner.legId === null ? "agentLost" : "bridged";
    case "passedOn":
      return "passedOn";
  }
}
