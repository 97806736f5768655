// RFC 3262: provisional answers that are acknowledged, on both sides.
import { dialogRequest } from "./dialog.ts";
import type { Dialog } from "./dialog.ts";
import type { EarlyFork, Leg, ProgressFields, ReliableSending } from "./leg.ts";
import { stackLimits } from "./limits.ts";
import { SDP, sdpOf } from "./message-rules.ts";
import { headerGet, headerTokens } from "./message.ts";
import type { SipRequest, SipResponse } from "./message.ts";
import type { StackPort } from "./stack-port.ts";
import type { ServerTransaction } from "./transaction-layer.ts";
import { parseDecimal } from "./uri.ts";

const TAG = "100rel";
const RSEQ_FIRST_MAX = 10_000;
const RSEQ_MAX = 2 ** 32 - 1;

export function createReliableProgress(port: StackPort) {
  function isReliable(request: SipRequest, fields: ProgressFields): boolean {
    if (fields.status === 100 || !port.supported.includes(TAG)) return false;
    if (headerTokens(request, "Require").includes(TAG)) return true;
    return fields.isReliable === true && headerTokens(request, "Supported").includes(TAG);
  }

  function sendNow(leg: Leg, sending: ReliableSending, fields: ProgressFields): boolean {
    const invite = leg.serverInvite;
    if (invite === null) return false;
    const { request } = invite.transaction;
    // RFC 6337 §3.1.1: what was described reliably is not described again.
    const sdp = sending.described ? null : (fields.sdp ?? null);
    const headers = fields.headers ?? [];
    if (!isReliable(request, fields)) return port.inviteResponse(leg, { status: fields.status, headers, sdp });
    const rseq = sending.rseq + 1;
    const reliably = [...headers, { name: "Require", value: TAG }, { name: "RSeq", value: String(rseq) }];
    if (!port.inviteResponse(leg, { status: fields.status, headers: reliably, sdp })) return false;
    sending.rseq = rseq;
    const intervalMs = port.T1Ms(leg);
    sending.waiting = { rseq, cseq: request.cseq.number, sdp, intervalMs, timers: [] };
    armRepeat(leg, sending, port.timers.arm({ owner: "leg", legId: leg.id, kind: "reliableGiveUp" }, 64 * intervalMs, port.out()));
    return true;
  }

  function armRepeat(leg: Leg, sending: ReliableSending, giveUp: number): void {
    const { waiting } = sending;
    if (waiting === null) return;
    const repeat = port.timers.arm({ owner: "leg", legId: leg.id, kind: "repeatReliable" }, waiting.intervalMs, port.out());
    waiting.timers = [giveUp, repeat];
  }

  function stop(leg: Leg): void {
    const waiting = leg.reliable?.waiting;
    if (!waiting) return;
    for (const timerId of waiting.timers) port.timers.cancel(timerId, port.out());
    waiting.timers = [];
  }

  return {
    stop,

    /** Sends a provisional answer, or queues it behind one that waits for its PRACK. */
    send(leg: Leg, fields: ProgressFields): boolean {
      leg.reliable ??= { rseq: port.prng.below(RSEQ_FIRST_MAX), waiting: null, queue: [], heldAccept: null, described: false };
      const sending = leg.reliable;
      if (sending.waiting === null) return sendNow(leg, sending, fields);
      if (sending.queue.length >= stackLimits.progressQueueMax) return false;
      sending.queue.push(fields);
      return true;
    },

    /** RFC 3262 §3: a 2xx waits for the PRACK of an answer that described media; what else waits is forgotten. True where it is held. */
    holdsAccept(leg: Leg, accept: { readonly sdp: Uint8Array; readonly headers: ProgressFields["headers"] }): boolean {
      const sending = leg.reliable;
      if (sending === null) return false;
      sending.queue.length = 0;
      if (sending.waiting === null) return false;
      if (sending.waiting.sdp === null) {
        stop(leg);
        return false;
      }
      sending.heldAccept = { sdp: accept.sdp, headers: accept.headers ?? [] };
      return true;
    },

    repeat(leg: Leg): void {
      const sending = leg.reliable;
      if (!sending?.waiting || leg.serverInvite === null) return;
      port.layer.respondAgain(leg.serverInvite.transaction, port.out());
      sending.waiting.intervalMs *= 2;
      armRepeat(leg, sending, sending.waiting.timers[0] as number);
    },

    /** RFC 3262 §3: no PRACK in 64·T1 fails the call. */
    giveUp(leg: Leg): void {
      if (leg.serverInvite === null || !leg.reliable?.waiting) return;
      port.refuse(leg.serverInvite.transaction, 504);
      port.emit({ kind: "inviteCancelled", dialogId: leg.id, reason: "no PRACK" });
      port.removeLeg(leg);
    },

    prackReceived(transaction: ServerTransaction, leg: Leg): void {
      const { request } = transaction;
      const sending = leg.reliable;
      const waiting = sending?.waiting ?? null;
      const rack = /^([0-9]{1,10})\s+([0-9]{1,10})\s+(\S+)$/.exec((headerGet(request, "RAck") ?? "").trim());
      if (rack === null && headerGet(request, "RAck") !== null) return port.refuse(transaction, 400);
      const isOurs = waiting !== null && Number(rack?.[1]) === waiting.rseq && Number(rack?.[2]) === waiting.cseq && rack?.[3] === "INVITE";
      if (sending === null || waiting === null || !isOurs) return port.refuse(transaction, 481);
      const invited = leg.inviteOffer;
      const body = sdpOf(request);
      const wasOffer = invited === null && waiting.sdp !== null && !sending.described;
      if (wasOffer && body === null) return port.refuse(transaction, 400);
      stop(leg);
      sending.waiting = null;
      if (waiting.sdp !== null) {
        sending.described = true;
        leg.localSdp = waiting.sdp;
        leg.remoteSdp = wasOffer ? body : invited;
      }
      if (body !== null && !wasOffer) {
        // RFC 3262 §5: a new offer, allowed once the first is answered.
        if (!sending.described || leg.offerIn !== null || leg.offerOut !== null) port.refuse(transaction, 500, [port.retryAfter()]);
        else {
          leg.offerIn = transaction.id;
          port.await(transaction, leg);
        }
      } else {
        port.answer(transaction, 200);
        port.emit({ kind: "progressAcknowledged", dialogId: leg.id, sdp: wasOffer ? body : null });
      }
      if (leg.serverInvite === null) return;
      if (sending.heldAccept !== null) port.acceptNow(leg, sending.heldAccept);
      else {
        const next = sending.queue.shift();
        if (next !== undefined) sendNow(leg, sending, next);
      }
    },

    /** A provisional answer came. "repeat": it was seen before, or overtook one that is still to come; it says nothing now. */
    received(
      leg: Leg,
      fields: {
        readonly response: SipResponse;
        readonly dialog: Dialog | null;
        readonly early: EarlyFork;
        readonly toTag: string;
        readonly hasOffered: boolean;
      },
    ): "plain" | "sent" | "owed" | "repeat" {
      const { response, dialog, early, toTag } = fields;
      const said = headerGet(response, "RSeq");
      const rseq = said === null ? null : parseDecimal(said.trim(), RSEQ_MAX);
      const isOn = port.supported.includes(TAG) && leg.progress !== "never";
      if (dialog === null || rseq === null || !isOn || !headerTokens(response, "Require").includes(TAG)) return "plain";
      if (early.rseq !== null && rseq !== early.rseq + 1) return "repeat";
      early.rseq = rseq;
      const rack = `${rseq} ${response.cseq.number} INVITE`;
      const sdp = sdpOf(response);
      if (sdp !== null && !fields.hasOffered && !early.complete) {
        leg.pracksOwed.push({ dialog, toTag, rack, offer: sdp });
        return "owed";
      }
      if (sdp !== null) early.complete = true;
      sendPrack(leg, dialog, rack, null);
      return "sent";
    },

    /** Answers the oldest offer that waits. */
    answerOffer(leg: Leg, sdp: Uint8Array): "sent" | "none" | "failed" {
      const owed = leg.pracksOwed.shift();
      if (owed === undefined) return "none";
      const early = leg.early.get(owed.toTag);
      if (early !== undefined) early.complete = true;
      leg.localSdp = sdp;
      leg.remoteSdp = owed.offer;
      return sendPrack(leg, owed.dialog, owed.rack, sdp) ? "sent" : "failed";
    },
  };

  function sendPrack(leg: Leg, dialog: Dialog, rack: string, sdp: Uint8Array | null): boolean {
    const request = dialogRequest(dialog, {
      method: "PRACK",
      headers: [{ name: "RAck", value: rack }],
      body: sdp === null ? null : { contentType: SDP, bytes: sdp },
    });
    return port.sendRequestIn(leg, dialog, request, { leg: null, kind: "quiet" }) !== null;
  }
}
