// What the engine makes of answers to its requests, and of their absence (RFC 3261 §13.2.2, §14.1, §22.2). One part of it, with its state
// given from the core.
import { authorisedRequest } from "./digest-client.ts";
import { dialogFromResponse, dialogRequest, keyOf, refreshTarget } from "./dialog.ts";
import type { Dialog } from "./dialog.ts";
import type { ClientInvite, InviteStart, Leg, LegRetry, Orphan } from "./leg.ts";
import { stackLimits } from "./limits.ts";
import { SDP, sdpOf } from "./message-rules.ts";
import { headerGet } from "./message.ts";
import type { SipRequest, SipResponse } from "./message.ts";
import { earlyKey, earlyOf, isSame } from "./offer-state.ts";
import type { createRefers } from "./refers.ts";
import type { createReliableProgress } from "./reliable-progress.ts";
import { createRequest } from "./serialize.ts";
import type { createSessionKeeper } from "./session-keeper.ts";
import { readMinSe, sessionOfAnswer, sessionRequestHeaders, sessionTimerLimits } from "./session-timer.ts";
import type { RequestOwner, StackPort } from "./stack-port.ts";
import type { ClientTransaction, ServerTransaction } from "./transaction-layer.ts";
import { tagOf } from "./uri.ts";

/** Headers that a request sent again gets anew. */
const MADE_ANEW: ReadonlySet<string> = new Set([
  "Via",
  "From",
  "To",
  "Call-ID",
  "CSeq",
  "Max-Forwards",
  "Content-Type",
  "Content-Length",
  "Session-Expires",
  "Min-SE",
]);
/** A proxy and its server may each ask, and one of them again because its nonce has aged. */
const CHALLENGES_MAX = 3;

export type AnswersCore = Pick<StackPort, "emit" | "layer" | "out" | "peerGone" | "prng" | "sendBye" | "sendRequestIn" | "timers"> & {
  readonly legs: Map<string, Leg>;
  readonly legByDialog: Map<string, Leg>;
  readonly legByInvite: Map<string, Leg>;
  readonly pending: Map<string, unknown>;
  readonly requestOwners: Map<string, RequestOwner>;
  readonly orphans: Map<string, Orphan>;
  readonly progress: ReturnType<typeof createReliableProgress>;
  readonly sessions: ReturnType<typeof createSessionKeeper>;
  readonly refers: ReturnType<typeof createRefers>;
  readonly ringMsMax: number;
  readonly removeLeg: (leg: Leg) => void;
  readonly noteAllow: (leg: Leg, message: SipRequest | SipResponse) => void;
  readonly sendAck: (leg: Leg, dialog: Dialog, invite: SipRequest, sdp: Uint8Array | null) => boolean;
  readonly sendCancel: (leg: Leg, invite: ClientInvite) => void;
  readonly startInvite: (leg: Leg, fields: InviteStart) => boolean;
  readonly clearClientInvite: (leg: Leg, invite: ClientInvite) => void;
  readonly dropOrphan: (transactionId: string) => void;
};

export function createAnswers(core: AnswersCore) {
  const {
    clearClientInvite,
    dropOrphan,
    emit,
    layer,
    legByDialog,
    legByInvite,
    legs,
    noteAllow,
    orphans,
    peerGone,
    pending,
    prng,
    progress,
    refers,
    removeLeg,
    requestOwners,
    ringMsMax,
    sendAck,
    sendBye,
    sendCancel,
    sendRequestIn,
    sessions,
    startInvite,
    timers,
  } = core;

  function onResponse(transaction: ClientTransaction, response: SipResponse): void {
    if (transaction.kind === "invite") {
      const leg = legByInvite.get(transaction.id);
      if (leg !== undefined) inviteResponseReceived(leg, transaction, response);
      else orphanAnswered(transaction, response);
      return;
    }
    if (response.status < 200) return;
    const owner = requestOwners.get(transaction.id);
    requestOwners.delete(transaction.id);
    if (owner === undefined) return;
    if (isChallenge(response) && requestSentAgain(transaction, owner, response)) return;
    const id = owner.handle ?? transaction.id;
    const { leg } = owner;
    switch (owner.kind) {
      case "bye":
        if (leg !== null) removeLeg(leg);
        return;
      case "quiet":
        return;
      case "notify":
        return refers.notifyAnswered(owner.referId ?? "", response.status);
      case "refresh":
        if (leg === null || !legs.has(leg.id)) return;
        if (response.status >= 300) return sessions.refused(leg, response, "response");
        if (leg.dialog !== null) refreshTarget(leg.dialog, response);
        return sessions.answered(leg, response);
      case "update":
        if (leg !== null && legs.has(leg.id)) updateAnswered(leg, owner, response);
        return;
      case "refer":
        if (leg !== null && legs.has(leg.id)) refers.answered(id, leg, response);
        break;
      case "user":
        emit({ kind: "requestAnswered", transactionId: id, dialogId: leg?.id ?? null, response });
    }
    if (leg !== null && legs.has(leg.id) && leg.phase === "confirmed" && (response.status === 481 || response.status === 408))
      peerGone(leg);
  }

  function updateAnswered(leg: Leg, owner: RequestOwner, response: SipResponse): void {
    leg.offerOut = null;
    noteAllow(leg, response);
    if (response.status < 300) {
      if (leg.dialog !== null) refreshTarget(leg.dialog, response);
      const sdp = sdpOf(response);
      if (owner.sdp !== undefined && sdp !== null) {
        leg.localSdp = owner.sdp;
        leg.remoteSdp = sdp;
      }
      sessions.answered(leg, response);
      emit({ kind: "updateAnswered", dialogId: leg.id, response, sdp });
      return;
    }
    if (response.status === 491 && owner.isRetried !== true && owner.sdp !== undefined) {
      return retryLater(leg, { kind: "update", sdp: owner.sdp, headers: owner.headers ?? [] });
    }
    emit({ kind: "updateRejected", dialogId: leg.id, status: response.status, response });
    if (leg.phase === "confirmed" && (response.status === 481 || response.status === 408)) peerGone(leg);
  }

  /** A 2xx to an INVITE whose leg is gone is acknowledged all the same; a new dialog that it opens is ended at once. */
  function orphanAnswered(transaction: ClientTransaction, response: SipResponse): void {
    const orphan = orphans.get(transaction.id);
    if (orphan === undefined || response.status < 200 || response.status >= 300) return;
    const { leg } = orphan;
    const dialog = orphan.isReInvite && leg.dialog !== null ? leg.dialog : dialogFromResponse(transaction.request, response);
    sendAck(leg, dialog, transaction.request, null);
    if (orphan.isReInvite || orphan.isEnded) return;
    orphan.isEnded = true;
    sendRequestIn(leg, dialog, dialogRequest(dialog, { method: "BYE" }), { leg: null, kind: "quiet" });
  }

  /** RFC 3261 §14.1: the owner of the Call-ID waits 2.1–4 s, the other side 0–2 s, in steps of 10 ms. */
  function glareDelayMs(leg: Leg): number {
    return leg.ownsCallId ? 2_100 + 10 * prng.below(191) : 10 * prng.below(201);
  }

  function retryLater(leg: Leg, retry: LegRetry): void {
    leg.retry = retry;
    leg.retryTimer = timers.arm({ owner: "leg", legId: leg.id, kind: "retry" }, glareDelayMs(leg), core.out());
  }

  function inviteResponseReceived(leg: Leg, transaction: ClientTransaction, response: SipResponse): void {
    const invite = leg.clientInvite?.transaction === transaction ? leg.clientInvite : null;
    const toTag = tagOf(response.to) ?? "";
    if (response.status < 200) {
      if (invite === null) return;
      if (!invite.progressed) {
        invite.progressed = true;
        if (invite.cancel === "wanted") sendCancel(leg, invite);
        else invite.ringTimer = timers.arm({ owner: "leg", legId: leg.id, kind: "ring" }, ringMsMax, core.out());
      }
      if (response.status === 100) return;
      if (!invite.isReInvite && toTag !== "" && leg.dialog === null && !leg.forks.has(toTag) && leg.forks.size < stackLimits.forksMax) {
        const fork = dialogFromResponse(transaction.request, response);
        leg.forks.set(toTag, fork);
        legByDialog.set(keyOf(fork), leg);
      }
      noteAllow(leg, response);
      const early = earlyOf(leg, earlyKey(transaction.request, toTag));
      const dialog = invite.isReInvite ? leg.dialog : (leg.forks.get(toTag) ?? null);
      const key = earlyKey(transaction.request, toTag);
      const reliably = progress.received(leg, { response, dialog, early, toTag: key, hasOffered: invite.sdp !== null });
      if (reliably === "repeat" || invite.isReInvite) return;
      const sdp = sdpOf(response);
      early.sdp = sdp ?? early.sdp;
      emit({ kind: "inviteProgressed", dialogId: leg.id, response, sdp, prackNeeded: reliably === "owed" });
      return;
    }
    if (response.status < 300) return inviteSucceeded(leg, transaction, invite, response, toTag);
    if (invite === null) return;
    clearClientInvite(leg, invite);
    legByInvite.delete(transaction.id);
    leg.early.clear();
    if (isChallenge(response) && inviteSentAgain(leg, transaction, invite, response)) return;
    if (invite.isRefresh && leg.phase === "confirmed") return sessions.refused(leg, response, "response");
    if (response.status === 422 && retryWithLongerSession(leg, invite, response)) return;
    if (invite.isReInvite && response.status === 491 && !invite.retried && leg.phase === "confirmed") {
      return retryLater(leg, { kind: "invite", sdp: invite.sdp, headers: invite.headers, attached: invite.attached });
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
      attached: invite.attached,
      retried: invite.retried,
      challenges: invite.challenges + 1,
      isRefresh: invite.isRefresh,
      sessionRetries: invite.sessionRetries,
    });
  }

  function requestSentAgain(transaction: ClientTransaction, owner: RequestOwner, response: SipResponse): boolean {
    const { leg } = owner;
    const challenges = owner.challenges ?? 0;
    const { request, flow, to } = transaction;
    if (request.method === "BYE" || request.method === "CANCEL" || challenges >= CHALLENGES_MAX) return false;
    const header = (owner.authenticate ?? leg?.authenticate)?.({ request, response }) ?? null;
    if (header === null) return false;
    const cseq = leg?.dialog ? (leg.dialog.localCSeq += 1) : request.cseq.number + 1;
    const again = layer.sendRequest({ request: authorisedRequest(request, header, cseq), flow, to, timing: owner.timing }, core.out());
    if (again === null) return false;
    requestOwners.set(again.id, { ...owner, handle: owner.handle ?? transaction.id, challenges: challenges + 1 });
    return true;
  }

  /** RFC 4028 §7.3: the same INVITE again with the interval that the peer wants at least. */
  function retryWithLongerSession(leg: Leg, invite: ClientInvite, response: SipResponse): boolean {
    const minSeconds = readMinSe(response);
    const asked = invite.transaction.request;
    const isUsable = minSeconds !== null && minSeconds <= sessionTimerLimits.expiresSecondsMax;
    if (!isUsable || headerGet(asked, "Session-Expires") === null || invite.cancel !== "none") return false;
    if (invite.sessionRetries >= sessionTimerLimits.retriesMax || invite.isReInvite) return false;
    const seconds = Math.max(leg.timer?.expiresSeconds ?? 0, minSeconds);
    const request = createRequest({
      method: "INVITE",
      uri: asked.uri,
      vias: [],
      from: asked.from,
      to: asked.to,
      callId: asked.callId,
      cseq: asked.cseq.number + 1,
      maxForwards: Number(headerGet(asked, "Max-Forwards") ?? 70),
      headers: [
        ...asked.headers.filter((header) => !MADE_ANEW.has(header.name)),
        ...sessionRequestHeaders({ seconds, minSeconds, refresher: null }),
      ],
      body: asked.body.length === 0 ? null : { contentType: headerGet(asked, "Content-Type") ?? SDP, bytes: asked.body },
    });
    const { sdp, transaction } = invite;
    const again = {
      request,
      to: transaction.to,
      isReInvite: false,
      sdp,
      headers: [],
      attached: invite.attached,
      retried: false,
      challenges: invite.challenges,
      sessionRetries: invite.sessionRetries + 1,
    };
    return startInvite(leg, again);
  }

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
      core.out().push({ kind: "sendBytes", flowId: leg.flow.id, to: known.to, bytes: known.bytes });
      return;
    }
    if (invite === null || (leg.dialog !== null && !invite.isReInvite)) {
      if (leg.ackOwed !== null && leg.dialog !== null && tagOf(leg.dialog.remote) === toTag) return;
      // Another fork answered too: acknowledged, then ended, both through its own route set.
      const other = dialogFromResponse(transaction.request, response);
      sendAck(leg, other, transaction.request, null);
      sendRequestIn(leg, other, dialogRequest(other, { method: "BYE" }), { leg: null, kind: "quiet" });
      return;
    }
    clearClientInvite(leg, invite);
    noteAllow(leg, response);
    const early = leg.early.get(earlyKey(transaction.request, toTag)) ?? null;
    leg.early.clear();
    leg.pracksOwed.length = 0;
    if (!invite.isReInvite) {
      leg.dialog = dialogFromResponse(transaction.request, response);
      for (const fork of leg.forks.values()) legByDialog.delete(keyOf(fork));
      const fork = leg.forks.get(toTag);
      if (fork !== undefined) {
        // PRACK and UPDATE have used numbers of the early dialog.
        leg.dialog.remoteCSeq = fork.remoteCSeq;
        leg.dialog.localCSeq = fork.localCSeq;
      }
      leg.forks.clear();
      legByDialog.set(keyOf(leg.dialog), leg);
      leg.phase = "confirmed";
    } else if (leg.dialog !== null) refreshTarget(leg.dialog, response);
    const dialog = leg.dialog as Dialog;
    if (leg.phase === "ending") {
      // We hung up while our re-INVITE was under way.
      sendAck(leg, dialog, transaction.request, null);
      return;
    }
    if (invite.cancel !== "none") {
      sendAck(leg, dialog, transaction.request, null);
      emit({ kind: "inviteRejected", dialogId: leg.id, status: 487, cause: "response", response, isReInvite: false });
      sendBye(leg, invite.cancelHeaders, null);
      return;
    }
    const described = sdpOf(response);
    const sdp = described ?? (invite.isReInvite ? null : (early?.sdp ?? null));
    const ackNeeded = invite.sdp === null && early?.complete !== true;
    if (ackNeeded) leg.ackOwed = { invite: transaction.request, dialog, offer: described };
    else sendAck(leg, dialog, transaction.request, null);
    const isUnchanged = sdp === null || (leg.remoteSdp !== null && isSame(sdp, leg.remoteSdp));
    if (invite.sdp !== null && sdp !== null) {
      leg.localSdp = invite.sdp;
      leg.remoteSdp = sdp;
    }
    if (invite.isReInvite) sessions.answered(leg, response);
    else sessions.start(leg, sessionOfAnswer(response, leg.timer !== null), "uac");
    if (invite.isRefresh && isUnchanged) return;
    emit({ kind: "inviteAnswered", dialogId: leg.id, response, sdp, isReInvite: invite.isReInvite, ackNeeded });
  }

  function onClientFailed(transaction: ClientTransaction, cause: "timeout" | "transport"): void {
    if (transaction.kind === "invite") {
      const leg = legByInvite.get(transaction.id);
      const invite = leg?.clientInvite;
      legByInvite.delete(transaction.id);
      if (leg === undefined || !invite || invite.transaction !== transaction) return dropOrphan(transaction.id);
      clearClientInvite(leg, invite);
      if (invite.isRefresh) return sessions.refused(leg, null, cause);
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
    const { leg } = owner;
    const id = owner.handle ?? transaction.id;
    const isThere = leg !== null && legs.has(leg.id);
    switch (owner.kind) {
      case "bye":
        if (leg !== null) removeLeg(leg);
        return;
      case "quiet":
        return;
      case "notify":
        return refers.notifyAnswered(owner.referId ?? "", null);
      case "refresh":
        if (isThere) sessions.refused(leg, null, cause);
        return;
      case "update":
        if (!isThere) return;
        leg.offerOut = null;
        emit({ kind: "updateRejected", dialogId: leg.id, status: cause === "timeout" ? 408 : 503, response: null });
        break;
      case "refer":
        refers.failed(id);
        emit({ kind: "requestFailed", transactionId: id, dialogId: leg?.id ?? null, cause });
        break;
      case "user":
        emit({ kind: "requestFailed", transactionId: id, dialogId: leg?.id ?? null, cause });
    }
    if (cause === "timeout" && isThere && legs.has(leg.id) && leg.phase === "confirmed") peerGone(leg);
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

  return { onResponse, onClientFailed, onServerFailed, glareDelayMs };
}

function isChallenge(response: SipResponse): boolean {
  return response.status === 401 || response.status === 407;
}
