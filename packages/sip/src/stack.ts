// The user-agent core of RFC 3261 §8, §9, §12–§15 over the transaction layer. One mutable engine: no IO, no clock.
import { utf8Encode } from "@allo/kernel";
import { headerGet, headerTokens } from "./message.ts";
import type { SipHeader, SipParseFailure, SipRequest, SipResponse } from "./message.ts";
import { dialogFromRequest, dialogKey, dialogRequest, isBehindNat, keyOf, nextHop, refreshTarget } from "./dialog.ts";
import type { Dialog } from "./dialog.ts";
import type { AckWait, ClientInvite, InviteStart, Leg, LegTimer, Orphan } from "./leg.ts";
import { createAnswers } from "./answers.ts";
import { stackLimits } from "./limits.ts";
import { earlyDialogToUpdate, hasOfferIn, hasOfferOut, isBusy, isSame } from "./offer-state.ts";
import {
  acceptsSdp,
  contactOf,
  contentFault,
  describedBody,
  flowContact,
  isElsewhere,
  KNOWN_METHODS,
  OWN_METHODS,
  SDP,
  sdpOf,
  udpTarget,
} from "./message-rules.ts";
import type { BodyPart } from "./multipart.ts";
import { parseMessage } from "./parse.ts";
import { createRefers } from "./refers.ts";
import { createReliableProgress } from "./reliable-progress.ts";
import { parseReplaces, printReplaces } from "./replaces.ts";
import { createRequest, createResponse, serializeMessage } from "./serialize.ts";
import { createSessionKeeper } from "./session-keeper.ts";
import { answerSession, sessionAnswerHeaders, sessionRequestHeaders, sessionTimerLimits } from "./session-timer.ts";
import type { AgreedSession } from "./session-timer.ts";
import type { RequestOwner, StackTimer } from "./stack-port.ts";
import type {
  Authenticate,
  HostPort,
  InviteFields,
  ResponseFields,
  SipCallFailure,
  SipCallResult,
  SipCommand,
  SipDialogEndCause,
  SipFlow,
  SipSendResult,
  SipStack,
  SipStackOptions,
  SipUserEvent,
} from "./stack-types.ts";
import { TimerTable } from "./timer-table.ts";
import { TransactionLayer } from "./transaction-layer.ts";
import type { ClientTransaction, ServerTransaction, TransactionTimer } from "./transaction-layer.ts";
import { defaultTiming } from "./transaction-types.ts";
import { paramSet, parseNameAddr, parseUri, tagOf } from "./uri.ts";

/** RFC 3261 §16.6: timer C is more than three minutes. */
const INVITE_RING_MS_MAX = 185_000;
/** Methods that have calls of their own. */
const CALLED_BY_NAME: ReadonlySet<string> = new Set(["INVITE", "ACK", "CANCEL", "BYE", "PRACK", "UPDATE", "REFER"]);
/** RFC 3261 §14.2: Retry-After of a 500 to overlapping INVITEs is chosen from 0 to 10 s. */
const OVERLAP_RETRY_SECONDS_MAX = 10;
/** What a Via of ours takes: branch, address, rport. */
const VIA_BYTES = 120;

/** Builds the engine. See README.md for the life of a call on it. */
export function createSipStack(options: SipStackOptions): SipStack {
  const timing = {
    T1Ms: options.T1Ms ?? defaultTiming.T1Ms,
    T2Ms: options.T2Ms ?? defaultTiming.T2Ms,
    T4Ms: options.T4Ms ?? defaultTiming.T4Ms,
  };
  const { ids, prng } = options;
  const supported = options.supported ?? [];
  const served = [
    ...OWN_METHODS,
    ...(supported.includes("100rel") ? ["PRACK"] : []),
    ...(options.methods ?? ["INFO", "UPDATE", "REGISTER"]),
  ];
  // Whoever takes REFER tells of it by NOTIFY, and hears of its own.
  const methods = [...new Set([...served, ...(served.includes("REFER") ? ["NOTIFY"] : [])])];
  const sessionTimer = supported.includes("timer")
    ? (options.sessionTimer ?? {
        expiresSeconds: sessionTimerLimits.expiresSecondsDefault,
        minSeconds: sessionTimerLimits.minSecondsDefault,
      })
    : null;
  const accept = options.accept ?? [SDP, "application/dtmf-relay", "application/dtmf"];
  const serverTransactionsMax = options.serverTransactionsMax ?? stackLimits.serverTransactionsMax;
  const answeredTransactionsMax = options.answeredTransactionsMax ?? options.serverTransactionsMax ?? stackLimits.answeredTransactionsMax;
  const dialogsMax = options.dialogsMax ?? stackLimits.dialogsMax;
  const tryingAfterMs = options.tryingAfterMs ?? 0;
  const ringMsMax = options.inviteRingMsMax ?? INVITE_RING_MS_MAX;
  const timers = new TimerTable<TransactionTimer | StackTimer>();
  const legs = new Map<string, Leg>();
  const legByDialog = new Map<string, Leg>();
  /** Requests that wait for respond(): transaction id → its leg, if any. */
  const pending = new Map<string, { readonly transaction: ServerTransaction; readonly leg: Leg | null }>();
  const legByInvite = new Map<string, Leg>();
  const requestOwners = new Map<string, RequestOwner>();
  const orphans = new Map<string, Orphan>();
  /** Names of dialogs that have ended (RFC 3891 §3: Replaces that names one is declined). */
  const endedDialogs = new Set<string>();
  let out: SipCommand[] = [];

  const layer = new TransactionLayer(
    {
      ids,
      timing,
      timers,
      clientTransactionsMax: options.clientTransactionsMax ?? stackLimits.clientTransactionsMax,
      ...(options.flowForLarge === undefined ? {} : { flowForLarge: options.flowForLarge }),
    },
    {
      onRequest,
      onAck,
      onResponse: (transaction, response) => answers.onResponse(transaction, response),
      onClientFailed: (transaction, cause) => answers.onClientFailed(transaction, cause),
      onServerFailed: (transaction, cause) => answers.onServerFailed(transaction, cause),
      onDropped: (flow, reason) => drop(flow, reason, null),
    },
  );

  const allowHeader: SipHeader = { name: "Allow", value: methods.join(", ") };
  const supportedHeaders: readonly SipHeader[] = supported.length > 0 ? [{ name: "Supported", value: supported.join(", ") }] : [];

  const port = {
    prng,
    supported,
    supportedHeaders,
    layer,
    timers,
    out: () => out,
    emit,
    T1Ms,
    answer,
    refuse,
    await: (transaction: ServerTransaction, leg: Leg) => void pending.set(transaction.id, { transaction, leg }),
    inviteResponse,
    acceptNow,
    sendRequestIn,
    refreshByInvite: (leg: Leg, sdp: Uint8Array) =>
      leg.dialog !== null && startReInvite(leg, leg.dialog, { sdp, headers: [], isRetried: false, isRefresh: true }),
    isBusy,
    glareDelayMs: (leg: Leg) => answers.glareDelayMs(leg),
    retryAfter,
    sendBye,
    peerGone,
    removeLeg: (leg: Leg) => removeLeg(leg),
  };
  const progress = createReliableProgress(port);
  const sessions = createSessionKeeper(port);
  const refers = createRefers(port);
  const answers = createAnswers({
    ...port,
    legs,
    legByDialog,
    legByInvite,
    pending,
    requestOwners,
    orphans,
    progress,
    sessions,
    refers,
    ringMsMax,
    noteAllow,
    sendAck,
    sendCancel,
    startInvite,
    clearClientInvite,
    dropOrphan,
  });

  function emit(event: SipUserEvent): void {
    out.push({ kind: "emit", event });
  }

  function drop(flow: SipFlow, reason: string, status: number | null): void {
    emit({ kind: "messageDropped", flowId: flow.id, reason, status });
  }

  function collect(act: () => SipCallFailure | null): SipCallResult {
    out = [];
    layer.settle();
    const failure = act();
    const commands = out;
    out = [];
    return { commands, failure };
  }

  // ---- Requests that come in (RFC 3261 §8.2) ----

  function messageReceived(bytes: Uint8Array, flow: SipFlow): void {
    // RFC 5626 §4.4.1: a keep-alive of CRLFs only is no message.
    if (bytes.length <= 4 && bytes.every((byte) => byte === 13 || byte === 10 || byte === 0)) return;
    const parsed = parseMessage(bytes);
    if (!parsed.ok) {
      answerFailure(parsed, flow);
      return;
    }
    const { message } = parsed;
    if (message.kind === "response") {
      layer.responseReceived(message, flow, out);
      return;
    }
    // Requests inside dialogs keep a quarter of room: a full house can still hang up.
    const more = tagOf(message.to) === null ? 1 : 1.25;
    const isFull = layer.openCount >= serverTransactionsMax * more || layer.servers.size >= answeredTransactionsMax * more;
    if (message.method !== "ACK" && isFull && layer.find(message) === null) {
      answerStateless(message, flow, 503, [{ name: "Retry-After", value: String(stackLimits.overloadRetryAfterSeconds) }]);
      return;
    }
    layer.requestReceived(message, flow, out);
  }

  function onRequest(transaction: ServerTransaction): void {
    const { request } = transaction;
    const { method } = request;
    if (method === "CANCEL") return onCancel(transaction);
    if (!KNOWN_METHODS.includes(method)) return refuse(transaction, 501, [allowHeader]);
    if (!methods.includes(method)) return refuse(transaction, 405, [allowHeader]);
    if (request.uri.kind === "other" && request.uri.scheme !== "tel") return refuse(transaction, 416);
    // RFC 3261 §10.3: what is registered is a SIP address.
    if (method === "REGISTER" && request.to.uri.kind !== "sip") return refuse(transaction, 400);
    const toTag = tagOf(request.to);
    const leg = toTag === null ? null : (legByDialog.get(dialogKey(request.callId, toTag, tagOf(request.from) ?? "")) ?? null);
    if (toTag !== null && leg === null) return refuse(transaction, 481);
    if (layer.isMerged(transaction)) return refuse(transaction, 482);
    // A call taken here makes further calls: a loop ends where its hops do. Other requests end here in any case (RFC 3261 §8.2).
    if (method === "INVITE" && Number(headerGet(request, "Max-Forwards") ?? "70") === 0) return refuse(transaction, 483);
    const unknown = headerTokens(request, "Require").filter((tag) => !supported.includes(tag));
    if (unknown.length > 0) return refuse(transaction, 420, [{ name: "Unsupported", value: unknown.join(", ") }]);
    // A notification's body is judged by whoever asked for it.
    const content = method === "NOTIFY" ? null : contentFault(request, accept);
    if (content !== null) return refuse(transaction, content.status, content.headers);
    if (method === "INVITE" && !acceptsSdp(request)) return refuse(transaction, 406);
    if (method === "INVITE" || method === "UPDATE") {
      const session = answerSession(request, sessionTimer);
      if (session.kind === "malformed") return refuse(transaction, 400);
      if (session.kind === "tooSmall") return refuse(transaction, 422, [{ name: "Min-SE", value: String(session.minSeconds) }]);
    }
    if (leg !== null) return inDialog(transaction, leg);
    switch (method) {
      case "INVITE":
        return newInvite(transaction);
      case "BYE":
      case "PRACK":
      case "UPDATE":
        return refuse(transaction, 481);
      case "OPTIONS":
        if (options.answersOptions ?? true) return answerOptions(transaction);
        break;
      default:
        break;
    }
    pending.set(transaction.id, { transaction, leg: null });
    emit({ kind: "requestReceived", transactionId: transaction.id, dialogId: null, request, flow: transaction.flow });
  }

  function newInvite(transaction: ServerTransaction): void {
    const { request, flow } = transaction;
    if (legs.size >= dialogsMax) {
      return refuse(transaction, 503, [{ name: "Retry-After", value: String(stackLimits.overloadRetryAfterSeconds) }]);
    }
    const localTag = ids.next("t");
    const dialog = dialogFromRequest(request, localTag, prng.below(10_000) + 1);
    if (dialog === null) return refuse(transaction, 400, [], "Missing Contact");
    const replaced = replacedBy(request);
    if (typeof replaced === "number") return refuse(transaction, replaced);
    const offer = sdpOf(request);
    const leg = newLeg({ flow, localTag, useSource: isBehindNat(request, flow), ownsCallId: false, inviteOffer: offer });
    leg.dialog = dialog;
    noteAllow(leg, request);
    leg.serverInvite = { transaction, isReInvite: false };
    legByDialog.set(keyOf(dialog), leg);
    ownInvite(leg, transaction.id);
    // RFC 3261 §17.2.1: a 100 is needed only where the user's own answer isn't sure to come within 200 ms.
    if (tryingAfterMs > 0) timers.arm({ owner: "leg", legId: leg.id, kind: "trying" }, tryingAfterMs, out);
    else answer(transaction, 100);
    emit({ kind: "inviteReceived", dialogId: leg.id, request, flow, sdp: offer, replaces: replaced?.id ?? null });
  }

  /** RFC 3891 §3: the leg that the INVITE is to take the place of, null where it names none, or the status that refuses it. */
  function replacedBy(request: SipRequest): Leg | null | number {
    const value = supported.includes("replaces") ? headerGet(request, "Replaces") : null;
    if (value === null) return null;
    const named = parseReplaces(value);
    if (named === null) return 400;
    const key = dialogKey(named.callId, named.toTag, named.fromTag);
    const leg = legByDialog.get(key);
    if (leg === undefined) return endedDialogs.has(key) ? 603 : 481;
    if (leg.phase === "ending") return 603;
    if (leg.phase === "confirmed") return named.earlyOnly ? 486 : leg;
    // An early dialog may be taken over only by whoever the one that began it sent here.
    return leg.clientInvite !== null ? leg : 481;
  }

  function noteAllow(leg: Leg, message: SipRequest | SipResponse): void {
    const allowed = headerTokens(message, "Allow");
    if (allowed.length > 0) leg.peerAllows = allowed;
  }

  function inDialog(transaction: ServerTransaction, leg: Leg): void {
    const { request, flow } = transaction;
    const dialog = leg.dialog ?? leg.forks.get(tagOf(request.from) ?? "") ?? null;
    if (dialog === null) return refuse(transaction, 481);
    // RFC 3261 §12.2.2: numbers rise; a lower one is an old or foreign request.
    if (dialog.remoteCSeq !== null && request.cseq.number < dialog.remoteCSeq) return refuse(transaction, 500);
    dialog.remoteCSeq = request.cseq.number;
    leg.flow = flow;
    leg.flowLost = false;
    if (leg.phase === "ending") {
      // Both sides hang up at once: each BYE is answered 200; nothing else is served any more.
      return request.method === "BYE" ? answer(transaction, 200) : refuse(transaction, 481);
    }
    noteAllow(leg, request);
    switch (request.method) {
      case "BYE":
        return byeReceived(transaction, leg);
      case "INVITE":
        return reInviteReceived(transaction, leg, dialog);
      case "PRACK":
        if (headerGet(request, "RAck") === null) return refuse(transaction, 400);
        progress.prackReceived(transaction, leg);
        if (leg.offerIn === transaction.id) break;
        return;
      case "UPDATE":
        // A refresh that changes nothing is answered here (RFC 3311 §5.2, RFC 4028 §9).
        if (sdpOf(request) === null) {
          answerUpdate(transaction, leg);
          if (request.body.length > 0) emit({ kind: "bodyReceived", dialogId: leg.id, request });
          return;
        }
        if (hasOfferOut(leg, tagOf(request.from) ?? "")) return refuse(transaction, 491);
        if (hasOfferIn(leg)) return refuse(transaction, 500, [retryAfter()]);
        leg.offerIn = transaction.id;
        break;
      case "OPTIONS":
        return answerOptions(transaction);
      case "REFER":
        return leg.phase === "confirmed" ? refers.received(transaction, leg) : refuse(transaction, 403);
      case "NOTIFY":
        if (refers.notified(transaction, leg)) return;
        // Nobody asked for it (RFC 6665 §4.1.3), unless the application serves NOTIFY.
        if (!(options.methods ?? []).includes("NOTIFY")) return refuse(transaction, 489);
        break;
      default:
        break;
    }
    pending.set(transaction.id, { transaction, leg });
    emit({ kind: "requestReceived", transactionId: transaction.id, dialogId: leg.id, request, flow });
  }

  function reInviteReceived(transaction: ServerTransaction, leg: Leg, dialog: Dialog): void {
    const { request } = transaction;
    // RFC 3261 §14.2: our own INVITE in progress is glare; a second one of the peer's overlaps.
    if (leg.clientInvite !== null) return refuse(transaction, 491);
    if (leg.serverInvite !== null) return refuse(transaction, 500, [retryAfter()]);
    if (leg.ackWaits.size > 0 || leg.offerOut !== null) return refuse(transaction, 491);
    if (leg.offerIn !== null) return refuse(transaction, 500, [retryAfter()]);
    leg.serverInvite = { transaction, isReInvite: true };
    ownInvite(leg, transaction.id);
    refreshTarget(dialog, request);
    pending.set(transaction.id, { transaction, leg });
    const sdp = sdpOf(request);
    if (sdp !== null && leg.localSdp !== null && leg.remoteSdp !== null && isSame(sdp, leg.remoteSdp)) {
      // The same description again is a refresh and never refused (RFC 4028 §9); ours repeats with its version (RFC 3264 §8).
      respond(transaction.id, { status: 200, body: { contentType: SDP, bytes: leg.localSdp } });
      if (sdp !== request.body) emit({ kind: "bodyReceived", dialogId: leg.id, request });
      return;
    }
    answer(transaction, 100);
    emit({ kind: "reInviteReceived", dialogId: leg.id, transactionId: transaction.id, request, sdp });
  }

  /** An UPDATE that describes nothing: a refresh of session and target. */
  function answerUpdate(transaction: ServerTransaction, leg: Leg): void {
    const { request } = transaction;
    const agreed = leg.phase === "confirmed" ? agreedSession(request) : null;
    answer(transaction, 200, [
      { name: "Contact", value: contactOf(leg) },
      allowHeader,
      ...supportedHeaders,
      ...sessionAnswerHeaders(agreed),
    ]);
    if (leg.dialog !== null) refreshTarget(leg.dialog, request);
    if (leg.phase === "confirmed") sessions.start(leg, agreed, "uas");
  }

  function agreedSession(request: SipRequest): AgreedSession | null {
    const session = answerSession(request, sessionTimer);
    return session.kind === "agreed" ? session : null;
  }

  function byeReceived(transaction: ServerTransaction, leg: Leg): void {
    answer(transaction, 200);
    const invite = leg.serverInvite;
    // RFC 3261 §15.1.2: requests that still wait in the dialog get 487.
    if (invite !== null) answer(invite.transaction, 487);
    if (invite !== null && !invite.isReInvite) {
      emit({ kind: "inviteCancelled", dialogId: leg.id, reason: headerGet(transaction.request, "Reason") });
      removeLeg(leg);
    } else if (leg.phase === "inviting" && leg.clientInvite !== null) {
      // A callee may not BYE before its 2xx is acknowledged; the INVITE's own answer decides.
    } else {
      for (const [id, waiting] of pending) if (waiting.leg === leg && id !== invite?.transaction.id) answer(waiting.transaction, 487);
      emit({ kind: "dialogEnded", dialogId: leg.id, cause: "byeReceived", request: transaction.request });
      removeLeg(leg, true);
    }
  }

  function onCancel(transaction: ServerTransaction): void {
    const invite = layer.findCancelled(transaction.request);
    if (invite === null) return refuse(transaction, 481);
    const leg = legByInvite.get(invite.id) ?? null;
    const toTag = leg?.localTag ?? ids.next("t");
    layer.respond(transaction, createResponse(transaction.request, 200, { toTag }), out);
    if (leg === null || invite.hasFinal) return;
    answer(invite, 487);
    pending.delete(invite.id);
    legByInvite.delete(invite.id);
    const isReInvite = leg.serverInvite?.isReInvite ?? false;
    leg.serverInvite = null;
    if (isReInvite) return;
    emit({ kind: "inviteCancelled", dialogId: leg.id, reason: headerGet(transaction.request, "Reason") });
    removeLeg(leg);
  }

  function onAck(request: SipRequest, flow: SipFlow): void {
    const leg = legByDialog.get(dialogKey(request.callId, tagOf(request.to) ?? "", tagOf(request.from) ?? ""));
    const wait = leg?.ackWaits.get(request.cseq.number);
    // RFC 3261 §13.3.1.4: an ACK is never answered; a repeated or foreign one is only noise.
    if (leg === undefined || wait === undefined) return;
    stopAckWait(leg, request.cseq.number, wait);
    layer.acknowledged(wait.transaction);
    leg.flow = flow;
    leg.flowLost = false;
    const answered = wait.lateOffer ? sdpOf(request) : null;
    if (answered !== null) leg.remoteSdp = answered;
    emit({ kind: "ackReceived", dialogId: leg.id, request, sdp: answered });
    if (leg.byeWanted !== null && !refers.holdsBye(leg)) sendBye(leg, leg.byeWanted, "byeSent");
  }

  function answerOptions(transaction: ServerTransaction): void {
    answer(transaction, 200, [allowHeader, { name: "Accept", value: accept.join(", ") }, ...supportedHeaders]);
  }

  // ---- Answers ----

  function answer(transaction: ServerTransaction, status: number, headers: readonly SipHeader[] = [], reason?: string): void {
    const leg = legByInvite.get(transaction.id);
    const toTag = status === 100 ? undefined : (leg?.localTag ?? ids.next("t"));
    layer.respond(
      transaction,
      createResponse(transaction.request, status, {
        headers,
        ...(toTag === undefined ? {} : { toTag }),
        ...(reason === undefined ? {} : { reason }),
      }),
      out,
    );
  }

  function refuse(transaction: ServerTransaction, status: number, headers: readonly SipHeader[] = [], reason?: string): void {
    answer(transaction, status, headers, reason);
    drop(transaction.flow, `refused ${transaction.request.method.slice(0, 16)}`, status);
  }

  function answerStateless(request: SipRequest, flow: SipFlow, status: number, headers: readonly SipHeader[]): void {
    const printed = serializeMessage(createResponse(request, status, { headers, toTag: ids.next("t") }));
    if (printed.ok)
      out.push({ kind: "sendBytes", flowId: flow.id, to: flow.transport === "udp" ? flow.remote : null, bytes: printed.value });
    drop(flow, "overload", status);
  }

  /** Answers bytes that did not parse from what could be saved of them, without state; to the source only. */
  function answerFailure(failure: SipParseFailure, flow: SipFlow): void {
    drop(flow, failure.reason, failure.statusCode);
    if (failure.statusCode === null) return;
    let text = `SIP/2.0 ${failure.statusCode} ${failure.statusCode === 400 ? "Bad Request" : "Refused"}\r\n`;
    for (const { name, value } of failure.salvaged) {
      if (value.includes("\r") || value.includes("\n")) return;
      const tagged = name === "To" && !value.toLowerCase().includes("tag=") ? `${value};tag=${ids.next("t")}` : value;
      text += `${name}: ${tagged}\r\n`;
    }
    const bytes = utf8Encode(`${text}Content-Length: 0\r\n\r\n`);
    out.push({ kind: "sendBytes", flowId: flow.id, to: flow.transport === "udp" ? flow.remote : null, bytes });
  }

  function inviteResponse(
    leg: Leg,
    fields: { status: number; headers: readonly SipHeader[]; sdp: Uint8Array | null; reason?: string },
  ): boolean {
    const invite = leg.serverInvite;
    if (invite === null) return false;
    const { request } = invite.transaction;
    const dialogHeaders =
      fields.status < 300
        ? [
            { name: "Contact", value: contactOf(leg) },
            ...(fields.status >= 200 ? [allowHeader, ...supportedHeaders, ...sessionAnswerHeaders(agreedSession(request))] : []),
          ]
        : [];
    const response = createResponse(request, fields.status, {
      toTag: leg.localTag,
      headers: [...dialogHeaders, ...fields.headers],
      body: fields.sdp === null ? null : { contentType: SDP, bytes: fields.sdp },
      ...(fields.reason === undefined ? {} : { reason: fields.reason }),
    });
    return layer.respond(invite.transaction, response, out);
  }

  /** Our 2xx to the first INVITE. */
  function acceptNow(leg: Leg, fields: { readonly sdp: Uint8Array; readonly headers: readonly SipHeader[] }): boolean {
    const invite = leg.serverInvite;
    if (invite === null) return false;
    const isDescribed = leg.reliable?.described === true;
    if (!inviteResponse(leg, { status: 200, headers: fields.headers, sdp: isDescribed ? null : fields.sdp })) return false;
    leg.serverInvite = null;
    legByInvite.delete(invite.transaction.id);
    leg.phase = "confirmed";
    if (!isDescribed) {
      leg.localSdp = fields.sdp;
      leg.remoteSdp = leg.inviteOffer;
    }
    if (leg.reliable !== null) leg.reliable.heldAccept = null;
    sessions.start(leg, agreedSession(invite.transaction.request), "uas");
    awaitAck(leg, invite.transaction, leg.inviteOffer === null && !isDescribed);
    return true;
  }

  /** After our 2xx: repeat it T1→T2 until the ACK, on every transport (RFC 3261 §13.3.1.4). */
  function awaitAck(leg: Leg, transaction: ServerTransaction, lateOffer: boolean): void {
    const cseq = transaction.request.cseq.number;
    leg.ackWaits.set(cseq, {
      transaction,
      lateOffer,
      retransmitMs: T1Ms(leg),
      repeatTimer: timers.arm({ owner: "leg", legId: leg.id, kind: "repeat2xx", cseq }, T1Ms(leg), out),
      giveUpTimer: timers.arm({ owner: "leg", legId: leg.id, kind: "ackGiveUp", cseq }, 64 * T1Ms(leg), out),
    });
  }

  function T1Ms(leg: Leg): number {
    return leg.timing?.T1Ms ?? timing.T1Ms;
  }

  function stopAckWait(leg: Leg, cseq: number, wait: AckWait): void {
    timers.cancel(wait.repeatTimer, out);
    timers.cancel(wait.giveUpTimer, out);
    leg.ackWaits.delete(cseq);
  }

  // ---- Requests that go out ----

  function targetOf(leg: Leg, dialog: Dialog): HostPort | null {
    if (leg.flow.transport !== "udp") return null;
    if (options.inDialogTarget === "source" || (options.inDialogTarget === undefined && leg.useSource)) return leg.flow.remote;
    return nextHop(dialog, leg.flow.remote);
  }

  function sendRequestIn(leg: Leg, dialog: Dialog, request: SipRequest, owner: RequestOwner): ClientTransaction | null {
    if (leg.flowLost) return null;
    const transaction = layer.sendRequest({ request, flow: leg.flow, to: targetOf(leg, dialog), timing: leg.timing }, out);
    if (transaction !== null && transaction.kind === "other") requestOwners.set(transaction.id, owner);
    return transaction;
  }

  /** RFC 3261 §13.2.2.4: the ACK of a 2xx, with the credentials of its INVITE. */
  function sendAck(leg: Leg, dialog: Dialog, invite: SipRequest, sdp: Uint8Array | null): boolean {
    const cseq = invite.cseq.number;
    const credentials = invite.headers.filter((header) => header.name === "Authorization" || header.name === "Proxy-Authorization");
    const body = sdp === null ? null : { contentType: SDP, bytes: sdp };
    const request = dialogRequest(dialog, { method: "ACK", cseq, headers: credentials, body });
    const bytes = layer.printDirect(request, leg.flow);
    if (bytes === null) return false;
    const to = targetOf(leg, dialog);
    leg.acks.set(`${cseq}|${tagOf(dialog.remote) ?? ""}`, { bytes, to });
    if (leg.acks.size > stackLimits.forksMax) leg.acks.delete(leg.acks.keys().next().value as string);
    out.push({ kind: "sendBytes", flowId: leg.flow.id, to, bytes });
    return true;
  }

  function sendBye(leg: Leg, headers: readonly SipHeader[], cause: SipDialogEndCause | null): void {
    const dialog = leg.dialog as Dialog;
    if (leg.ackOwed !== null) sendAck(leg, leg.ackOwed.dialog, leg.ackOwed.invite, null);
    leg.ackOwed = null;
    stopTimers(leg);
    leg.phase = "ending";
    const sent = sendRequestIn(leg, dialog, dialogRequest(dialog, { method: "BYE", headers }), { leg, kind: "bye" });
    if (cause !== null) emit({ kind: "dialogEnded", dialogId: leg.id, cause: leg.flowLost ? "flowClosed" : cause, request: null });
    if (sent === null) removeLeg(leg);
  }

  function sendCancel(leg: Leg, invite: ClientInvite): void {
    invite.cancel = "sent";
    const { request, flow, to } = invite.transaction;
    const via = request.vias[0];
    const branch = via?.params.find((param) => param.name === "branch")?.value;
    if (typeof branch !== "string") return;
    // RFC 3261 §9.1: the same branch, Request-URI, Route, To, From, Call-ID and CSeq number as the INVITE.
    const cancel = createRequest({
      method: "CANCEL",
      uri: request.uri,
      vias: [],
      from: request.from,
      to: request.to,
      callId: request.callId,
      cseq: request.cseq.number,
      headers: [...request.headers.filter((header) => header.name === "Route"), ...invite.cancelHeaders],
    });
    const transaction = layer.sendRequest({ request: cancel, flow, to, branch }, out);
    if (transaction !== null) requestOwners.set(transaction.id, { leg: null, kind: "quiet" });
    if (invite.ringTimer !== null) timers.cancel(invite.ringTimer, out);
    invite.ringTimer = timers.arm({ owner: "leg", legId: leg.id, kind: "cancelGiveUp" }, 64 * timing.T1Ms, out);
  }

  function cancelInvite(leg: Leg, headers: readonly SipHeader[]): boolean {
    const invite = leg.clientInvite;
    if (invite === null || invite.isReInvite || invite.cancel !== "none") return false;
    invite.cancelHeaders = headers;
    invite.cancel = "wanted";
    if (invite.progressed) sendCancel(leg, invite);
    return true;
  }

  function startInvite(leg: Leg, fields: InviteStart): boolean {
    const transaction = layer.sendRequest({ request: fields.request, flow: leg.flow, to: fields.to, timing: leg.timing }, out);
    if (transaction === null) return false;
    ownInvite(leg, transaction.id);
    leg.clientInvite = {
      transaction,
      isReInvite: fields.isReInvite,
      sdp: fields.sdp,
      headers: fields.headers,
      attached: fields.attached ?? [],
      retried: fields.retried,
      challenges: fields.challenges ?? 0,
      isRefresh: fields.isRefresh ?? false,
      sessionRetries: fields.sessionRetries ?? 0,
      progressed: false,
      cancel: "none",
      cancelHeaders: [],
      ringTimer: null,
    };
    return true;
  }

  function newBoundary(): string {
    return ids.next("part");
  }

  function startReInvite(
    leg: Leg,
    dialog: Dialog,
    fields: {
      readonly sdp: Uint8Array | null;
      readonly headers: readonly SipHeader[];
      readonly attached?: readonly BodyPart[];
      readonly isRetried: boolean;
      readonly isRefresh: boolean;
    },
  ): boolean {
    if (leg.flowLost) return false;
    const { sdp, headers, attached = [] } = fields;
    const request = dialogRequest(dialog, {
      method: "INVITE",
      headers: [{ name: "Contact", value: contactOf(leg) }, allowHeader, ...supportedHeaders, ...sessions.headers(leg), ...headers],
      body: describedBody(sdp, attached, newBoundary),
    });
    const to = targetOf(leg, dialog);
    return startInvite(leg, {
      request,
      to,
      isReInvite: true,
      sdp,
      headers,
      attached,
      retried: fields.isRetried,
      isRefresh: fields.isRefresh,
    });
  }

  function startUpdate(
    leg: Leg,
    dialog: Dialog,
    retry: { readonly sdp: Uint8Array; readonly headers: readonly SipHeader[]; readonly isRetried: boolean },
  ): boolean {
    const request = dialogRequest(dialog, {
      method: "UPDATE",
      headers: [{ name: "Contact", value: contactOf(leg) }, allowHeader, ...supportedHeaders, ...sessions.headers(leg), ...retry.headers],
      body: { contentType: SDP, bytes: retry.sdp },
    });
    const transaction = sendRequestIn(leg, dialog, request, { leg, kind: "update", ...retry });
    if (transaction !== null) leg.offerOut = transaction.id;
    return transaction !== null;
  }

  // ---- Legs ----

  function newLeg(
    fields: Pick<Leg, "flow" | "localTag" | "useSource" | "ownsCallId"> &
      Partial<Pick<Leg, "inviteOffer" | "timer" | "timing" | "progress">> & {
        readonly contact?: string | undefined;
        readonly authenticate?: Authenticate | undefined;
      },
  ): Leg {
    const leg: Leg = {
      id: ids.next("dlg"),
      phase: "inviting",
      flow: fields.flow,
      flowLost: false,
      useSource: fields.useSource,
      contact: fields.contact ?? null,
      authenticate: fields.authenticate ?? null,
      timing: fields.timing,
      localTag: fields.localTag,
      ownsCallId: fields.ownsCallId,
      inviteIds: new Set(),
      dialog: null,
      forks: new Map(),
      serverInvite: null,
      clientInvite: null,
      retryTimer: null,
      ackWaits: new Map(),
      acks: new Map(),
      ackOwed: null,
      byeWanted: null,
      localSdp: null,
      remoteSdp: null,
      offerOut: null,
      offerIn: null,
      peerAllows: null,
      reliable: null,
      early: new Map(),
      pracksOwed: [],
      timer: fields.timer ?? null,
      session: null,
      inviteOffer: fields.inviteOffer ?? null,
      hasBeenReferred: false,
      progress: fields.progress ?? "offered",
      retry: null,
    };
    legs.set(leg.id, leg);
    return leg;
  }

  function ownInvite(leg: Leg, transactionId: string): void {
    legByInvite.set(transactionId, leg);
    leg.inviteIds.add(transactionId);
  }

  function clearClientInvite(leg: Leg, invite: ClientInvite): void {
    if (invite.ringTimer !== null) timers.cancel(invite.ringTimer, out);
    invite.ringTimer = null;
    leg.clientInvite = null;
  }

  function stopTimers(leg: Leg): void {
    for (const [cseq, wait] of leg.ackWaits) stopAckWait(leg, cseq, wait);
    if (leg.clientInvite !== null && leg.clientInvite.ringTimer !== null) timers.cancel(leg.clientInvite.ringTimer, out);
    if (leg.retryTimer !== null) timers.cancel(leg.retryTimer, out);
    leg.retryTimer = null;
    leg.retry = null;
    progress.stop(leg);
    sessions.stop(leg);
  }

  /** `byPeer`: the peer hung up; what it asked for by REFER may still be told to it. */
  function removeLeg(leg: Leg, byPeer = false): void {
    const invite = leg.clientInvite;
    if (invite !== null) {
      const { transaction, isReInvite } = invite;
      const timer = timers.arm({ owner: "orphan", transactionId: transaction.id }, 64 * timing.T1Ms, out);
      orphans.set(transaction.id, { leg, isReInvite, timer, isEnded: false });
    }
    stopTimers(leg);
    refers.legGone(leg, byPeer);
    legs.delete(leg.id);
    if (leg.dialog !== null) {
      const key = keyOf(leg.dialog);
      legByDialog.delete(key);
      if (endedDialogs.size >= stackLimits.endedDialogsMax) endedDialogs.delete(endedDialogs.keys().next().value as string);
      endedDialogs.add(key);
    }
    for (const fork of leg.forks.values()) legByDialog.delete(keyOf(fork));
    for (const [id, waiting] of pending) if (waiting.leg === leg) pending.delete(id);
    for (const id of leg.inviteIds) legByInvite.delete(id);
  }

  function dropOrphan(transactionId: string): void {
    const orphan = orphans.get(transactionId);
    if (orphan === undefined) return;
    timers.cancel(orphan.timer, out);
    orphans.delete(transactionId);
  }

  /** RFC 5057: the peer no longer knows the dialog; RFC 3261 §12.2.1.2 sends BYE all the same. */
  function peerGone(leg: Leg): void {
    sendBye(leg, [], "peerGone");
  }

  function retryAfter(): SipHeader {
    return { name: "Retry-After", value: String(prng.below(OVERLAP_RETRY_SECONDS_MAX + 1)) };
  }

  // ---- Timers and flows ----

  function legTimerFired(target: LegTimer): void {
    const leg = legs.get(target.legId);
    if (leg === undefined) return;
    switch (target.kind) {
      case "repeatReliable":
        return progress.repeat(leg);
      case "reliableGiveUp":
        return progress.giveUp(leg);
      case "sessionRefresh":
        return sessions.refresh(leg);
      case "sessionExpire":
        return sessions.expire(leg);
      case "repeat2xx": {
        const wait = leg.ackWaits.get(target.cseq);
        if (wait === undefined) return;
        layer.respondAgain(wait.transaction, out);
        wait.retransmitMs = Math.min(wait.retransmitMs * 2, timing.T2Ms);
        wait.repeatTimer = timers.arm(target, wait.retransmitMs, out);
        return;
      }
      case "ackGiveUp": {
        const wait = leg.ackWaits.get(target.cseq);
        if (wait === undefined) return;
        stopAckWait(leg, target.cseq, wait);
        sendBye(leg, leg.byeWanted ?? [], leg.byeWanted === null ? "ackTimeout" : "byeSent");
        return;
      }
      case "trying": {
        const invite = leg.serverInvite?.transaction;
        if (invite !== undefined && invite.lastResponse === null) answer(invite, 100);
        return;
      }
      case "ring": {
        const invite = leg.clientInvite;
        if (invite === null || !invite.isReInvite) return void cancelInvite(leg, []);
        // A re-INVITE that nobody answers any more: the call goes on as it was.
        clearClientInvite(leg, invite);
        legByInvite.delete(invite.transaction.id);
        layer.forget(invite.transaction, out);
        if (invite.isRefresh) return sessions.refused(leg, null, "transport");
        emit({ kind: "inviteRejected", dialogId: leg.id, status: 408, cause: "timeout", response: null, isReInvite: true });
        return;
      }
      case "cancelGiveUp": {
        const invite = leg.clientInvite;
        if (invite === null) return;
        invite.ringTimer = null;
        emit({ kind: "inviteRejected", dialogId: leg.id, status: 487, cause: "timeout", response: null, isReInvite: false });
        removeLeg(leg);
        return;
      }
      case "retry": {
        leg.retryTimer = null;
        const { retry, dialog } = leg;
        leg.retry = null;
        if (retry === null || dialog === null || leg.phase !== "confirmed") return;
        const isFree = !isBusy(leg);
        if (retry.kind === "update") {
          if (isFree && retry.sdp !== null && startUpdate(leg, dialog, { sdp: retry.sdp, headers: retry.headers, isRetried: true })) return;
          emit({ kind: "updateRejected", dialogId: leg.id, status: 491, response: null });
          return;
        }
        if (isFree && startReInvite(leg, dialog, { ...retry, isRetried: true, isRefresh: false })) return;
        emit({ kind: "inviteRejected", dialogId: leg.id, status: 491, cause: "response", response: null, isReInvite: true });
      }
    }
  }

  function flowClosed(flowId: string): void {
    for (const leg of legs.values()) if (leg.flow.id === flowId) leg.flowLost = true;
    layer.flowClosed(flowId, out);
  }

  // ---- The calls of the application ----

  function withLeg(dialogId: string, act: (leg: Leg) => SipCallFailure | null): SipCallResult {
    return collect(() => {
      const leg = legs.get(dialogId);
      return leg === undefined || leg.phase === "ending" ? "unknownHandle" : act(leg);
    });
  }

  function withHandle(act: () => { failure: SipCallFailure } | { handle: string }): SipSendResult<string> {
    let handle: string | null = null;
    const result = collect(() => {
      const made = act();
      if ("failure" in made) return made.failure;
      handle = made.handle;
      return null;
    });
    return { ...result, handle };
  }

  function respond(transactionId: string, fields: ResponseFields): SipCallFailure | null {
    const waiting = pending.get(transactionId);
    if (waiting === undefined) return "unknownHandle";
    const { transaction, leg } = waiting;
    const { request } = transaction;
    const isFinal = fields.status >= 200;
    const isReInvite = transaction.kind === "invite";
    const isAccepted = isFinal && fields.status < 300;
    const refreshes = leg !== null && fields.status < 300 && (isReInvite || request.method === "UPDATE");
    const isRefer = leg !== null && request.method === "REFER";
    const agreed = refreshes && isAccepted && leg.phase === "confirmed" ? agreedSession(request) : null;
    const response = createResponse(transaction.request, fields.status, {
      toTag: leg?.localTag ?? ids.next("t"),
      body: fields.body ?? null,
      headers: [
        ...(refreshes ? [{ name: "Contact", value: contactOf(leg) }, allowHeader, ...supportedHeaders] : []),
        ...sessionAnswerHeaders(agreed),
        ...(isRefer && isAccepted ? [{ name: "Contact", value: contactOf(leg) }, ...refers.acceptHeaders(transaction)] : []),
        ...(fields.headers ?? []),
      ],
      ...(fields.reason === undefined ? {} : { reason: fields.reason }),
    });
    if (!layer.respond(transaction, response, out)) return "invalidHeader";
    if (!isFinal) return null;
    pending.delete(transactionId);
    if (leg === null) return null;
    if (leg.offerIn === transactionId) leg.offerIn = null;
    const offered = sdpOf(request);
    if (isAccepted && fields.body && offered !== null && (isReInvite || request.method === "UPDATE" || request.method === "PRACK")) {
      leg.localSdp = fields.body.bytes;
      leg.remoteSdp = offered;
    }
    if (isReInvite) {
      leg.serverInvite = null;
      legByInvite.delete(transaction.id);
      if (isAccepted) {
        if (offered === null && fields.body) leg.localSdp = fields.body.bytes;
        sessions.start(leg, agreed, "uas");
        awaitAck(leg, transaction, offered === null);
      }
    } else if (refreshes && leg.dialog !== null) {
      refreshTarget(leg.dialog, request);
      if (leg.phase === "confirmed") sessions.start(leg, agreed, "uas");
    }
    if (isRefer && isAccepted && leg.dialog !== null && refers.acceptHeaders(transaction).length === 0) {
      refers.accepted(transaction, leg, leg.dialog);
    }
    return null;
  }

  function inviteSend(fields: InviteFields): { failure: SipCallFailure } | { handle: string } {
    if (legs.size >= dialogsMax) return { failure: "tooMany" };
    const uri = parseUri(fields.target);
    const from = parseNameAddr(fields.from);
    const to = parseNameAddr(fields.to);
    const routes = (fields.routes ?? []).map((route) => parseNameAddr(route));
    if (uri === null || from === null || to === null || routes.includes(null)) return { failure: "invalidAddress" };
    if (fields.contact !== undefined && parseNameAddr(fields.contact) === null) return { failure: "invalidAddress" };
    const tag = ids.next("t");
    const timer = fields.sessionTimer === undefined ? sessionTimer : supported.includes("timer") ? fields.sessionTimer : null;
    const reliable = fields.reliableProgress ?? "offered";
    const tags = supported.filter((each) => (each !== "100rel" || reliable !== "never") && (each !== "timer" || timer !== null));
    const required = [
      ...(reliable === "required" && supported.includes("100rel") ? ["100rel"] : []),
      ...(fields.replaces === undefined ? [] : ["replaces"]),
    ];
    const request = createRequest({
      method: "INVITE",
      uri,
      vias: [],
      from: { ...from, params: paramSet(from.params, "tag", tag) },
      to,
      callId: fields.callId ?? ids.next("cid"),
      cseq: prng.below(10_000) + 1,
      headers: [
        ...(fields.routes ?? []).map((route) => ({ name: "Route", value: route })),
        { name: "Contact", value: fields.contact ?? flowContact(fields.flow) },
        allowHeader,
        ...(tags.length > 0 ? [{ name: "Supported", value: tags.join(", ") }] : []),
        ...(required.length > 0 ? [{ name: "Require", value: required.join(", ") }] : []),
        ...(fields.replaces === undefined ? [] : [{ name: "Replaces", value: printReplaces(fields.replaces) }]),
        ...(timer === null ? [] : sessionRequestHeaders({ seconds: timer.expiresSeconds, minSeconds: timer.minSeconds, refresher: null })),
        ...(fields.headers ?? []),
      ],
      ...(fields.maxForwards === undefined ? {} : { maxForwards: fields.maxForwards }),
      body: describedBody(fields.sdp, fields.attached ?? [], newBoundary),
    });
    if (fields.bytesMax !== undefined) {
      const printed = serializeMessage(request);
      if (printed.ok && printed.value.length + VIA_BYTES > fields.bytesMax) return { failure: "tooLarge" };
    }
    const leg = newLeg({
      flow: fields.flow,
      localTag: tag,
      useSource: fields.inDialogTarget === undefined ? isElsewhere(uri, fields.flow) : fields.inDialogTarget === "source",
      ownsCallId: true,
      contact: fields.contact,
      authenticate: fields.authenticate,
      timing: fields.timing,
      timer,
      progress: reliable,
    });
    if (!startInvite(leg, { request, to: udpTarget(fields.flow), isReInvite: false, sdp: fields.sdp, headers: [], retried: false })) {
      removeLeg(leg);
      return { failure: "invalidHeader" };
    }
    return { handle: leg.id };
  }

  function dialogEnd(leg: Leg, headers: readonly SipHeader[]): SipCallFailure | null {
    if (leg.serverInvite !== null && !leg.serverInvite.isReInvite) {
      inviteResponse(leg, { status: 480, headers, sdp: null });
      progress.stop(leg);
      removeLeg(leg);
      return null;
    }
    if (leg.phase === "inviting") return cancelInvite(leg, headers) ? null : "wrongState";
    if (leg.serverInvite !== null) {
      answer(leg.serverInvite.transaction, 487);
      pending.delete(leg.serverInvite.transaction.id);
      leg.serverInvite = null;
    }
    // RFC 3261 §15: the callee waits with BYE until its 2xx is acknowledged or given up.
    // RFC 7647: and whoever asked for a transfer hears its outcome first.
    if ((leg.ackWaits.size > 0 || refers.holdsBye(leg)) && !leg.flowLost) leg.byeWanted ??= headers;
    else sendBye(leg, headers, "byeSent");
    return null;
  }

  return {
    handle: (event) =>
      collect(() => {
        if (event.kind === "messageReceived") messageReceived(event.bytes, event.flow);
        else if (event.kind === "flowClosed") flowClosed(event.flowId);
        else {
          const target = timers.take(event.timerId);
          if (target?.owner === "transaction") layer.timerFired(target, out);
          else if (target?.owner === "leg") legTimerFired(target);
          else if (target?.owner === "refer") refers.timerFired(target.referId);
          else if (target?.owner === "orphan") {
            orphans.delete(target.transactionId);
            layer.forgetClient(target.transactionId, out);
          }
        }
        return null;
      }).commands,

    inviteProgress: (dialogId, fields) =>
      withLeg(dialogId, (leg) => {
        if (leg.serverInvite === null || leg.serverInvite.isReInvite || fields.status < 101 || fields.status > 199) return "wrongState";
        if (leg.reliable?.heldAccept != null) return "wrongState";
        return progress.send(leg, fields) ? null : "invalidHeader";
      }),

    inviteAccept: (dialogId, fields) =>
      withLeg(dialogId, (leg) => {
        const invite = leg.serverInvite;
        if (invite === null || invite.isReInvite || leg.reliable?.heldAccept != null) return "wrongState";
        const accept = { sdp: fields.sdp, headers: fields.headers ?? [] };
        if (progress.holdsAccept(leg, accept)) return null;
        return acceptNow(leg, accept) ? null : "invalidHeader";
      }),

    inviteReject: (dialogId, fields) =>
      withLeg(dialogId, (leg) => {
        if (leg.serverInvite === null || leg.serverInvite.isReInvite || fields.status < 300 || fields.status > 699) return "wrongState";
        const { status, headers = [], reason } = fields;
        if (!inviteResponse(leg, { status, headers, sdp: null, ...(reason === undefined ? {} : { reason }) })) return "invalidHeader";
        removeLeg(leg);
        return null;
      }),

    inviteSend: (fields) => withHandle(() => inviteSend(fields)),
    inviteCancel: (dialogId, fields) => withLeg(dialogId, (leg) => (cancelInvite(leg, fields?.headers ?? []) ? null : "wrongState")),

    ackSend: (dialogId, fields) =>
      withLeg(dialogId, (leg) => {
        const owed = leg.ackOwed;
        if (owed === null) return "wrongState";
        leg.ackOwed = null;
        leg.localSdp = fields.sdp;
        leg.remoteSdp = owed.offer;
        return sendAck(leg, owed.dialog, owed.invite, fields.sdp) ? null : "invalidHeader";
      }),

    prackSend: (dialogId, fields) =>
      withLeg(dialogId, (leg) => {
        const sent = progress.answerOffer(leg, fields.sdp);
        return sent === "sent" ? null : sent === "none" ? "wrongState" : "invalidHeader";
      }),

    updateSend: (dialogId, fields) =>
      withLeg(dialogId, (leg) => {
        const { sdp, headers = [] } = fields;
        const confirmed = leg.phase === "confirmed" && !isBusy(leg) ? leg.dialog : null;
        const dialog = confirmed ?? earlyDialogToUpdate(leg);
        if (dialog === null) return "wrongState";
        return startUpdate(leg, dialog, { sdp, headers, isRetried: false }) ? null : "invalidHeader";
      }),

    referSend: (dialogId, fields) =>
      withHandle(() => {
        const leg = legs.get(dialogId);
        if (leg === undefined || leg.phase === "ending") return { failure: "unknownHandle" };
        if (leg.phase !== "confirmed" || leg.dialog === null || leg.flowLost) return { failure: "wrongState" };
        return refers.send(leg, leg.dialog, fields);
      }),

    referNotify: (referId, fields) => collect(() => refers.notify(referId, fields)),

    dialogName: (dialogId) => {
      const dialog = legs.get(dialogId)?.dialog;
      if (!dialog) return null;
      return { callId: dialog.callId, localTag: tagOf(dialog.local) ?? "", remoteTag: tagOf(dialog.remote) ?? "" };
    },

    dialogEnd: (dialogId, fields) => withLeg(dialogId, (leg) => dialogEnd(leg, fields?.headers ?? [])),

    reInviteSend: (dialogId, fields) =>
      withLeg(dialogId, (leg) => {
        if (leg.phase !== "confirmed" || leg.dialog === null || isBusy(leg)) return "wrongState";
        const { sdp, headers = [], attached = [] } = fields;
        return startReInvite(leg, leg.dialog, { sdp, headers, attached, isRetried: false, isRefresh: false }) ? null : "wrongState";
      }),

    dialogRequestSend: (dialogId, fields) =>
      withHandle(() => {
        const leg = legs.get(dialogId);
        if (leg === undefined || leg.phase === "ending") return { failure: "unknownHandle" };
        const dialog = leg.dialog ?? [...leg.forks.values()][0] ?? null;
        if (dialog === null || leg.flowLost || CALLED_BY_NAME.has(fields.method)) return { failure: "wrongState" };
        const request = dialogRequest(dialog, { method: fields.method, headers: fields.headers ?? [], body: fields.body ?? null });
        const transaction = sendRequestIn(leg, dialog, request, { leg, kind: "user" });
        return transaction === null ? { failure: "invalidHeader" } : { handle: transaction.id };
      }),

    dialogAdjust: (dialogId, habits) =>
      withLeg(dialogId, (leg) => {
        if (habits.contact !== undefined && parseNameAddr(habits.contact) === null) return "invalidAddress";
        if (habits.contact !== undefined) leg.contact = habits.contact;
        if (habits.inDialogTarget !== undefined) leg.useSource = habits.inDialogTarget === "source";
        return null;
      }),

    respond: (transactionId, fields) => collect(() => respond(transactionId, fields)),

    requestSend: (fields) =>
      withHandle(() => {
        const uri = parseUri(fields.target);
        const from = parseNameAddr(fields.from);
        const to = parseNameAddr(fields.to);
        if (uri === null || from === null || to === null) return { failure: "invalidAddress" };
        const request = createRequest({
          method: fields.method,
          uri,
          vias: [],
          from: { ...from, params: paramSet(from.params, "tag", ids.next("t")) },
          to,
          callId: fields.callId ?? ids.next("cid"),
          cseq: fields.cseq ?? prng.below(10_000) + 1,
          headers: fields.headers ?? [],
          body: fields.body ?? null,
        });
        const transaction = layer.sendRequest({ request, flow: fields.flow, to: udpTarget(fields.flow), timing: fields.timing }, out);
        if (transaction === null) return { failure: "invalidHeader" };
        requestOwners.set(transaction.id, {
          leg: null,
          kind: "user",
          authenticate: fields.authenticate ?? null,
          timing: fields.timing,
        });
        return { handle: transaction.id };
      }),

    counts: () => ({ serverTransactions: layer.servers.size, clientTransactions: layer.clients.size, dialogs: legs.size }),
  };
}
