// The user-agent core of RFC 3261 §8, §9, §12–§15 over the transaction layer. One mutable engine: no IO, no clock.
import { utf8Encode } from "@allo/kernel";
import { headerGet, headerTokens } from "./message.ts";
import type { SipHeader, SipParseFailure, SipRequest, SipResponse } from "./message.ts";
import { dialogFromRequest, dialogFromResponse, dialogKey, dialogRequest, isBehindNat, keyOf, nextHop, refreshTarget } from "./dialog.ts";
import type { Dialog } from "./dialog.ts";
import type { AckWait, ClientInvite, Leg, LegTimer, RequestOwner } from "./leg.ts";
import { stackLimits } from "./limits.ts";
import {
  acceptsSdp,
  contactOf,
  contentFault,
  flowContact,
  isElsewhere,
  KNOWN_METHODS,
  OWN_METHODS,
  SDP,
  sdpOf,
  udpTarget,
} from "./message-rules.ts";
import { parseMessage } from "./parse.ts";
import { authorisedRequest } from "./digest-client.ts";
import { createRequest, createResponse, serializeMessage } from "./serialize.ts";
import type {
  Authenticate,
  HostPort,
  InviteFields,
  RequestTiming,
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
/** RFC 3261 §14.2: Retry-After of a 500 to overlapping INVITEs is chosen from 0 to 10 s. */
const OVERLAP_RETRY_SECONDS_MAX = 10;
/** A proxy and its server may each ask, and one of them again because its nonce has aged. */
const CHALLENGES_MAX = 3;

/** Builds the engine. See README.md for the life of a call on it. */
export function createSipStack(options: SipStackOptions): SipStack {
  const timing = {
    T1Ms: options.T1Ms ?? defaultTiming.T1Ms,
    T2Ms: options.T2Ms ?? defaultTiming.T2Ms,
    T4Ms: options.T4Ms ?? defaultTiming.T4Ms,
  };
  const { ids, prng } = options;
  const methods = [...OWN_METHODS, ...(options.methods ?? ["INFO", "UPDATE", "REGISTER"])];
  const supported = options.supported ?? [];
  const accept = options.accept ?? [SDP, "application/dtmf-relay", "application/dtmf"];
  const serverTransactionsMax = options.serverTransactionsMax ?? stackLimits.serverTransactionsMax;
  const dialogsMax = options.dialogsMax ?? stackLimits.dialogsMax;
  const ringMsMax = options.inviteRingMsMax ?? INVITE_RING_MS_MAX;
  const timers = new TimerTable<TransactionTimer | LegTimer>();
  const legs = new Map<string, Leg>();
  const legByDialog = new Map<string, Leg>();
  /** Requests that wait for respond(): transaction id → its leg, if any. */
  const pending = new Map<string, { readonly transaction: ServerTransaction; readonly leg: Leg | null }>();
  const legByInvite = new Map<string, Leg>();
  const requestOwners = new Map<string, RequestOwner>();
  let out: SipCommand[] = [];

  const layer = new TransactionLayer(
    {
      ids,
      timing,
      timers,
      clientTransactionsMax: options.clientTransactionsMax ?? stackLimits.clientTransactionsMax,
    },
    { onRequest, onAck, onResponse, onClientFailed, onServerFailed, onDropped: (flow, reason) => drop(flow, reason, null) },
  );

  const allowHeader: SipHeader = { name: "Allow", value: methods.join(", ") };
  const supportedHeaders: readonly SipHeader[] = supported.length > 0 ? [{ name: "Supported", value: supported.join(", ") }] : [];

  function emit(event: SipUserEvent): void {
    out.push({ kind: "emit", event });
  }

  function drop(flow: SipFlow, reason: string, status: number | null): void {
    emit({ kind: "messageDropped", flowId: flow.id, reason, status });
  }

  function collect(act: () => SipCallFailure | null): SipCallResult {
    out = [];
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
    const room = tagOf(message.to) === null ? serverTransactionsMax : serverTransactionsMax * 1.25;
    if (message.method !== "ACK" && layer.servers.size >= room && layer.find(message) === null) {
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
    const content = contentFault(request, accept);
    if (content !== null) return refuse(transaction, content.status, content.headers);
    if (method === "INVITE" && !acceptsSdp(request)) return refuse(transaction, 406);
    if (leg !== null) return inDialog(transaction, leg);
    switch (method) {
      case "INVITE":
        return newInvite(transaction);
      case "BYE":
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
    const leg = newLeg({ flow, localTag, useSource: isBehindNat(request, flow), ownsCallId: false });
    leg.dialog = dialog;
    leg.serverInvite = { transaction, isReInvite: false };
    legByDialog.set(keyOf(dialog), leg);
    ownInvite(leg, transaction.id);
    answer(transaction, 100);
    emit({ kind: "inviteReceived", dialogId: leg.id, request, flow, sdp: sdpOf(request) });
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
    if (request.method === "BYE") return byeReceived(transaction, leg);
    if (request.method === "INVITE") return reInviteReceived(transaction, leg, dialog);
    if (request.method === "UPDATE" && request.body.length > 0 && (leg.clientInvite !== null || leg.serverInvite !== null)) {
      return leg.clientInvite !== null ? refuse(transaction, 491) : refuse(transaction, 500, [retryAfter()]);
    }
    if (request.method === "OPTIONS") return answerOptions(transaction);
    pending.set(transaction.id, { transaction, leg });
    emit({ kind: "requestReceived", transactionId: transaction.id, dialogId: leg.id, request, flow });
  }

  function reInviteReceived(transaction: ServerTransaction, leg: Leg, dialog: Dialog): void {
    const { request } = transaction;
    // RFC 3261 §14.2: our own INVITE in progress is glare; a second one of the peer's overlaps.
    if (leg.clientInvite !== null) return refuse(transaction, 491);
    if (leg.serverInvite !== null) return refuse(transaction, 500, [retryAfter()]);
    if (leg.ackWaits.size > 0) return refuse(transaction, 491);
    leg.serverInvite = { transaction, isReInvite: true };
    ownInvite(leg, transaction.id);
    refreshTarget(dialog, request);
    answer(transaction, 100);
    pending.set(transaction.id, { transaction, leg });
    emit({ kind: "reInviteReceived", dialogId: leg.id, transactionId: transaction.id, request, sdp: sdpOf(request) });
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
    } else endLeg(leg, "byeReceived", transaction.request);
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
    leg.flow = flow;
    leg.flowLost = false;
    emit({ kind: "ackReceived", dialogId: leg.id, request, sdp: wait.lateOffer ? sdpOf(request) : null });
    if (leg.byeWanted !== null) sendBye(leg, leg.byeWanted, "byeSent");
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
        ? [{ name: "Contact", value: contactOf(leg) }, ...(fields.status >= 200 ? [allowHeader, ...supportedHeaders] : [])]
        : [];
    const response = createResponse(request, fields.status, {
      toTag: leg.localTag,
      headers: [...dialogHeaders, ...fields.headers],
      body: fields.sdp === null ? null : { contentType: SDP, bytes: fields.sdp },
      ...(fields.reason === undefined ? {} : { reason: fields.reason }),
    });
    return layer.respond(invite.transaction, response, out);
  }

  /** After our 2xx: repeat it T1→T2 until the ACK, on every transport (RFC 3261 §13.3.1.4). */
  function awaitAck(leg: Leg, transaction: ServerTransaction): void {
    const cseq = transaction.request.cseq.number;
    leg.ackWaits.set(cseq, {
      transaction,
      lateOffer: sdpOf(transaction.request) === null,
      retransmitMs: timing.T1Ms,
      repeatTimer: timers.arm({ owner: "leg", legId: leg.id, kind: "repeat2xx", cseq }, timing.T1Ms, out),
      giveUpTimer: timers.arm({ owner: "leg", legId: leg.id, kind: "ackGiveUp", cseq }, 64 * timing.T1Ms, out),
    });
  }

  function stopAckWait(leg: Leg, cseq: number, wait: AckWait): void {
    timers.cancel(wait.repeatTimer, out);
    timers.cancel(wait.giveUpTimer, out);
    leg.ackWaits.delete(cseq);
  }

  // ---- Answers that come in ----

  function onResponse(transaction: ClientTransaction, response: SipResponse): void {
    if (transaction.kind === "invite") {
      const leg = legByInvite.get(transaction.id);
      if (leg !== undefined) inviteResponseReceived(leg, transaction, response);
      return;
    }
    if (response.status < 200) return;
    const owner = requestOwners.get(transaction.id);
    requestOwners.delete(transaction.id);
    if (owner === undefined) return;
    if (isChallenge(response) && requestSentAgain(transaction, owner, response)) return;
    if (owner.kind === "bye" && owner.leg !== null) removeLeg(owner.leg);
    if (owner.kind !== "user") return;
    const { leg } = owner;
    if (leg?.dialog && transaction.request.method === "UPDATE" && response.status < 300) refreshTarget(leg.dialog, response);
    emit({ kind: "requestAnswered", transactionId: owner.handle ?? transaction.id, dialogId: leg?.id ?? null, response });
    if (leg !== null && legs.has(leg.id) && leg.phase === "confirmed" && (response.status === 481 || response.status === 408))
      peerGone(leg);
  }

  function inviteResponseReceived(leg: Leg, transaction: ClientTransaction, response: SipResponse): void {
    const invite = leg.clientInvite?.transaction === transaction ? leg.clientInvite : null;
    const toTag = tagOf(response.to) ?? "";
    if (response.status < 200) {
      if (invite === null) return;
      if (!invite.progressed) {
        invite.progressed = true;
        if (invite.cancel === "wanted") sendCancel(leg, invite);
        else if (!invite.isReInvite) invite.ringTimer = timers.arm({ owner: "leg", legId: leg.id, kind: "ring" }, ringMsMax, out);
      }
      if (response.status === 100 || invite.isReInvite) return;
      if (toTag !== "" && leg.dialog === null && !leg.forks.has(toTag) && leg.forks.size < stackLimits.forksMax) {
        const fork = dialogFromResponse(transaction.request, response);
        leg.forks.set(toTag, fork);
        legByDialog.set(keyOf(fork), leg);
      }
      emit({ kind: "inviteProgressed", dialogId: leg.id, response, sdp: sdpOf(response) });
      return;
    }
    if (response.status < 300) return inviteSucceeded(leg, transaction, invite, response, toTag);
    if (invite === null) return;
    clearClientInvite(leg, invite);
    legByInvite.delete(transaction.id);
    if (isChallenge(response) && inviteSentAgain(leg, transaction, invite, response)) return;
    if (invite.isReInvite && response.status === 491 && !invite.retried && leg.phase === "confirmed") {
      // RFC 3261 §14.1: the owner of the Call-ID waits 2.1–4 s, the other side 0–2 s, in steps of 10 ms.
      const afterMs = leg.ownsCallId ? 2_100 + 10 * prng.below(191) : 10 * prng.below(201);
      retries.set(leg.id, { sdp: invite.sdp, headers: invite.headers });
      leg.retryTimer = timers.arm({ owner: "leg", legId: leg.id, kind: "reInviteRetry" }, afterMs, out);
      return;
    }
    emit({
      kind: "inviteRejected",
      dialogId: leg.id,
      status: response.status,
      cause: "response",
      response,
      isReInvite: invite.isReInvite,
    });
    if (!invite.isReInvite) removeLeg(leg);
    else if (response.status === 481 || response.status === 408) peerGone(leg);
  }

  /** RFC 3261 §22.2: the same request with credentials, the next CSeq and a branch of its own. */
  function inviteSentAgain(leg: Leg, transaction: ClientTransaction, invite: ClientInvite, response: SipResponse): boolean {
    if (invite.cancel !== "none" || leg.phase === "ending" || invite.challenges >= CHALLENGES_MAX) return false;
    const { request } = transaction;
    const header = leg.authenticate?.({ request, response }) ?? null;
    if (header === null) return false;
    const cseq = invite.isReInvite && leg.dialog !== null ? (leg.dialog.localCSeq += 1) : request.cseq.number + 1;
    return startInvite(leg, {
      request: authorisedRequest(request, header, cseq),
      to: transaction.to,
      isReInvite: invite.isReInvite,
      sdp: invite.sdp,
      headers: invite.headers,
      retried: invite.retried,
      challenges: invite.challenges + 1,
    });
  }

  function requestSentAgain(transaction: ClientTransaction, owner: RequestOwner, response: SipResponse): boolean {
    const { leg } = owner;
    const challenges = owner.challenges ?? 0;
    const { request, flow, to } = transaction;
    if (owner.kind !== "user" || request.method === "BYE" || challenges >= CHALLENGES_MAX) return false;
    const header = (owner.authenticate ?? leg?.authenticate)?.({ request, response }) ?? null;
    if (header === null) return false;
    const cseq = leg?.dialog ? (leg.dialog.localCSeq += 1) : request.cseq.number + 1;
    const again = layer.sendRequest({ request: authorisedRequest(request, header, cseq), flow, to, timing: owner.timing }, out);
    if (again === null) return false;
    requestOwners.set(again.id, { ...owner, handle: owner.handle ?? transaction.id, challenges: challenges + 1 });
    return true;
  }

  const retries = new Map<string, { readonly sdp: Uint8Array | null; readonly headers: readonly SipHeader[] }>();

  function inviteSucceeded(
    leg: Leg,
    transaction: ClientTransaction,
    invite: ClientInvite | null,
    response: SipResponse,
    toTag: string,
  ): void {
    const cseq = transaction.request.cseq.number;
    const known = leg.acks.get(`${cseq}|${toTag}`);
    if (known !== undefined) {
      // RFC 3261 §13.2.2.4: every repeated 2xx is acknowledged again.
      out.push({ kind: "sendBytes", flowId: leg.flow.id, to: known.to, bytes: known.bytes });
      return;
    }
    if (invite === null || (leg.dialog !== null && !invite.isReInvite)) {
      if (leg.ackOwed !== null && leg.dialog !== null && tagOf(leg.dialog.remote) === toTag) return;
      // Another fork answered too: acknowledged, then ended.
      const other = dialogFromResponse(transaction.request, response);
      sendAck(leg, other, transaction.request, null);
      sendRequestIn(leg, other, dialogRequest(other, { method: "BYE" }), { leg: null, kind: "quiet" });
      return;
    }
    clearClientInvite(leg, invite);
    if (!invite.isReInvite) {
      leg.dialog = dialogFromResponse(transaction.request, response);
      for (const fork of leg.forks.values()) legByDialog.delete(keyOf(fork));
      const early = leg.forks.get(toTag);
      if (early !== undefined) leg.dialog.remoteCSeq = early.remoteCSeq;
      leg.forks.clear();
      legByDialog.set(keyOf(leg.dialog), leg);
      leg.phase = "confirmed";
    } else if (leg.dialog !== null) refreshTarget(leg.dialog, response);
    const dialog = leg.dialog as Dialog;
    if (invite.cancel !== "none" || leg.phase === "ending") {
      sendAck(leg, dialog, transaction.request, null);
      if (!invite.isReInvite)
        emit({ kind: "inviteRejected", dialogId: leg.id, status: 487, cause: "response", response, isReInvite: false });
      sendBye(leg, invite.cancelHeaders, null);
      return;
    }
    const ackNeeded = invite.sdp === null;
    if (ackNeeded) leg.ackOwed = { invite: transaction.request, dialog };
    else sendAck(leg, dialog, transaction.request, null);
    emit({ kind: "inviteAnswered", dialogId: leg.id, response, sdp: sdpOf(response), isReInvite: invite.isReInvite, ackNeeded });
  }

  function onClientFailed(transaction: ClientTransaction, cause: "timeout" | "transport"): void {
    if (transaction.kind === "invite") {
      const leg = legByInvite.get(transaction.id);
      const invite = leg?.clientInvite;
      legByInvite.delete(transaction.id);
      if (leg === undefined || !invite || invite.transaction !== transaction) return;
      clearClientInvite(leg, invite);
      emit({
        kind: "inviteRejected",
        dialogId: leg.id,
        status: cause === "timeout" ? 408 : 503,
        cause,
        response: null,
        isReInvite: invite.isReInvite,
      });
      if (!invite.isReInvite) removeLeg(leg);
      else if (cause === "timeout") peerGone(leg);
      return;
    }
    const owner = requestOwners.get(transaction.id);
    requestOwners.delete(transaction.id);
    if (owner === undefined) return;
    if (owner.kind === "bye" && owner.leg !== null) removeLeg(owner.leg);
    if (owner.kind !== "user") return;
    emit({ kind: "requestFailed", transactionId: owner.handle ?? transaction.id, dialogId: owner.leg?.id ?? null, cause });
    if (cause === "timeout" && owner.leg !== null && legs.has(owner.leg.id) && owner.leg.phase === "confirmed") peerGone(owner.leg);
  }

  function onServerFailed(transaction: ServerTransaction, cause: "timeout" | "transport"): void {
    pending.delete(transaction.id);
    const leg = legByInvite.get(transaction.id);
    if (leg === undefined || leg.serverInvite?.transaction !== transaction) return;
    legByInvite.delete(transaction.id);
    const { isReInvite } = leg.serverInvite;
    leg.serverInvite = null;
    if (isReInvite) return;
    emit({ kind: "inviteCancelled", dialogId: leg.id, reason: cause === "transport" ? "flow closed" : "timeout" });
    removeLeg(leg);
  }

  // ---- Requests that go out ----

  function targetOf(leg: Leg, dialog: Dialog): HostPort | null {
    if (leg.flow.transport !== "udp") return null;
    if (options.inDialogTarget === "source" || (options.inDialogTarget === undefined && leg.useSource)) return leg.flow.remote;
    return nextHop(dialog, leg.flow.remote);
  }

  function sendRequestIn(leg: Leg, dialog: Dialog, request: SipRequest, owner: RequestOwner): ClientTransaction | null {
    if (leg.flowLost) return null;
    const transaction = layer.sendRequest({ request, flow: leg.flow, to: targetOf(leg, dialog) }, out);
    if (transaction !== null && transaction.kind === "other") requestOwners.set(transaction.id, owner);
    return transaction;
  }

  function sendAck(leg: Leg, dialog: Dialog, invite: SipRequest, sdp: Uint8Array | null): boolean {
    const cseq = invite.cseq.number;
    const request = dialogRequest(dialog, {
      method: "ACK",
      cseq,
      // RFC 3261 §13.2.2.4: an ACK has the credentials of its INVITE.
      headers: invite.headers.filter(({ name }) => name === "Authorization" || name === "Proxy-Authorization"),
      body: sdp === null ? null : { contentType: SDP, bytes: sdp },
    });
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

  function startInvite(
    leg: Leg,
    fields: {
      request: SipRequest;
      to: HostPort | null;
      isReInvite: boolean;
      sdp: Uint8Array | null;
      headers: readonly SipHeader[];
      retried: boolean;
      challenges?: number;
    },
  ): boolean {
    const transaction = layer.sendRequest({ request: fields.request, flow: leg.flow, to: fields.to, timing: leg.timing }, out);
    if (transaction === null) return false;
    ownInvite(leg, transaction.id);
    leg.clientInvite = {
      transaction,
      isReInvite: fields.isReInvite,
      sdp: fields.sdp,
      headers: fields.headers,
      retried: fields.retried,
      challenges: fields.challenges ?? 0,
      progressed: false,
      cancel: "none",
      cancelHeaders: [],
      ringTimer: null,
    };
    return true;
  }

  function startReInvite(leg: Leg, dialog: Dialog, sdp: Uint8Array | null, headers: readonly SipHeader[], retried: boolean): boolean {
    if (leg.flowLost) return false;
    const request = dialogRequest(dialog, {
      method: "INVITE",
      headers: [{ name: "Contact", value: contactOf(leg) }, allowHeader, ...supportedHeaders, ...headers],
      body: sdp === null ? null : { contentType: SDP, bytes: sdp },
    });
    return startInvite(leg, { request, to: targetOf(leg, dialog), isReInvite: true, sdp, headers, retried });
  }

  // ---- Legs ----

  function newLeg(fields: {
    flow: SipFlow;
    localTag: string;
    useSource: boolean;
    ownsCallId: boolean;
    contact?: string | undefined;
    authenticate?: Authenticate | undefined;
    timing?: RequestTiming | undefined;
  }): Leg {
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
    retries.delete(leg.id);
  }

  function removeLeg(leg: Leg): void {
    stopTimers(leg);
    legs.delete(leg.id);
    if (leg.dialog !== null) legByDialog.delete(keyOf(leg.dialog));
    for (const fork of leg.forks.values()) legByDialog.delete(keyOf(fork));
    for (const [id, waiting] of pending) if (waiting.leg === leg) pending.delete(id);
    for (const id of leg.inviteIds) legByInvite.delete(id);
  }

  function endLeg(leg: Leg, cause: SipDialogEndCause, request: SipRequest | null): void {
    emit({ kind: "dialogEnded", dialogId: leg.id, cause, request });
    removeLeg(leg);
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
      case "ring":
        cancelInvite(leg, []);
        return;
      case "cancelGiveUp": {
        const invite = leg.clientInvite;
        if (invite === null) return;
        invite.ringTimer = null;
        leg.clientInvite = null;
        emit({ kind: "inviteRejected", dialogId: leg.id, status: 487, cause: "timeout", response: null, isReInvite: false });
        removeLeg(leg);
        return;
      }
      case "reInviteRetry": {
        leg.retryTimer = null;
        const retry = retries.get(leg.id);
        retries.delete(leg.id);
        if (retry === undefined || leg.dialog === null) return;
        if (leg.clientInvite === null && leg.serverInvite === null && startReInvite(leg, leg.dialog, retry.sdp, retry.headers, true))
          return;
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
    const isFinal = fields.status >= 200;
    const isReInvite = transaction.kind === "invite";
    const refreshes = leg !== null && fields.status < 300 && (isReInvite || transaction.request.method === "UPDATE");
    const response = createResponse(transaction.request, fields.status, {
      toTag: leg?.localTag ?? ids.next("t"),
      body: fields.body ?? null,
      headers: [
        ...(refreshes ? [{ name: "Contact", value: contactOf(leg) }, allowHeader, ...supportedHeaders] : []),
        ...(fields.headers ?? []),
      ],
      ...(fields.reason === undefined ? {} : { reason: fields.reason }),
    });
    if (!layer.respond(transaction, response, out)) return "invalidHeader";
    if (!isFinal) return null;
    pending.delete(transactionId);
    if (leg === null) return null;
    if (isReInvite) {
      leg.serverInvite = null;
      legByInvite.delete(transaction.id);
      if (fields.status < 300) awaitAck(leg, transaction);
    } else if (refreshes && leg.dialog !== null) refreshTarget(leg.dialog, transaction.request);
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
        ...supportedHeaders,
        ...(fields.headers ?? []),
      ],
      body: fields.sdp === null ? null : { contentType: SDP, bytes: fields.sdp },
    });
    const leg = newLeg({
      flow: fields.flow,
      localTag: tag,
      useSource: fields.inDialogTarget === undefined ? isElsewhere(uri, fields.flow) : fields.inDialogTarget === "source",
      ownsCallId: true,
      contact: fields.contact,
      authenticate: fields.authenticate,
      timing: fields.timing,
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
    if (leg.ackWaits.size > 0 && !leg.flowLost) leg.byeWanted ??= headers;
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
        }
        return null;
      }).commands,

    inviteProgress: (dialogId, fields) =>
      withLeg(dialogId, (leg) => {
        if (leg.serverInvite === null || leg.serverInvite.isReInvite || fields.status < 101 || fields.status > 199) return "wrongState";
        return inviteResponse(leg, { status: fields.status, headers: fields.headers ?? [], sdp: fields.sdp ?? null })
          ? null
          : "invalidHeader";
      }),

    inviteAccept: (dialogId, fields) =>
      withLeg(dialogId, (leg) => {
        const invite = leg.serverInvite;
        if (invite === null || invite.isReInvite) return "wrongState";
        if (!inviteResponse(leg, { status: 200, headers: fields.headers ?? [], sdp: fields.sdp })) return "invalidHeader";
        leg.serverInvite = null;
        legByInvite.delete(invite.transaction.id);
        leg.phase = "confirmed";
        awaitAck(leg, invite.transaction);
        return null;
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
        return sendAck(leg, owed.dialog, owed.invite, fields.sdp) ? null : "invalidHeader";
      }),

    dialogEnd: (dialogId, fields) => withLeg(dialogId, (leg) => dialogEnd(leg, fields?.headers ?? [])),

    reInviteSend: (dialogId, fields) =>
      withLeg(dialogId, (leg) => {
        const busy =
          leg.clientInvite !== null ||
          leg.serverInvite !== null ||
          leg.ackWaits.size > 0 ||
          leg.ackOwed !== null ||
          leg.retryTimer !== null;
        if (leg.phase !== "confirmed" || leg.dialog === null || busy) return "wrongState";
        return startReInvite(leg, leg.dialog, fields.sdp, fields.headers ?? [], false) ? null : "wrongState";
      }),

    dialogRequestSend: (dialogId, fields) =>
      withHandle(() => {
        const leg = legs.get(dialogId);
        if (leg === undefined || leg.phase === "ending") return { failure: "unknownHandle" };
        const dialog = leg.dialog ?? [...leg.forks.values()][0] ?? null;
        if (dialog === null || leg.flowLost || OWN_METHODS.slice(0, 4).includes(fields.method)) return { failure: "wrongState" };
        const contact = fields.method === "UPDATE" ? [{ name: "Contact", value: contactOf(leg) }] : [];
        const request = dialogRequest(dialog, {
          method: fields.method,
          headers: [...contact, ...(fields.headers ?? [])],
          body: fields.body ?? null,
        });
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

function isChallenge(response: SipResponse): boolean {
  return response.status === 401 || response.status === 407;
}
