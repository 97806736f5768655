// REFER and what is told of it (RFC 3515, 4488, 7647), on both sides. Notifications go one after the other.
import { dialogRequest } from "./dialog.ts";
import type { Dialog } from "./dialog.ts";
import type { Leg } from "./leg.ts";
import { stackLimits } from "./limits.ts";
import { contactOf } from "./message-rules.ts";
import { contentTypeOf, headerAll, headerGet, reasonPhrase } from "./message.ts";
import type { SipHeader, SipResponse } from "./message.ts";
import { parseReferTo, printReferTo } from "./replaces.ts";
import type { StackPort } from "./stack-port.ts";
import type { ReferFields, SipCallFailure } from "./stack-types.ts";
import type { ServerTransaction } from "./transaction-layer.ts";
import { utf8Decode, utf8Encode } from "@allo/kernel";

const SIPFRAG = "message/sipfrag";

/** Whom we keep posted. */
type Told = {
  readonly leg: Leg;
  readonly dialog: Dialog;
  readonly event: string;
  readonly queue: { readonly status: number; readonly text: string; readonly why: "noresource" | "timeout" | null }[];
  inFlight: "none" | "some" | "final";
  isOver: boolean;
  readonly timer: number;
};
/** What we asked for. */
type Asked = { readonly leg: Leg; readonly cseq: number; readonly timer: number };

export function createRefers(port: StackPort) {
  const told = new Map<string, Told>();
  const asked = new Map<string, Asked>();

  function arm(referId: string): number {
    return port.timers.arm({ owner: "refer", referId }, stackLimits.referMsMax, port.out());
  }

  function pump(referId: string, sub: Told): void {
    if (sub.inFlight !== "none") return;
    const next = sub.queue.shift();
    if (next === undefined) return;
    const state = next.why === null ? `active;expires=${Math.round(stackLimits.referMsMax / 1_000)}` : `terminated;reason=${next.why}`;
    const request = dialogRequest(sub.dialog, {
      method: "NOTIFY",
      headers: [
        { name: "Contact", value: contactOf(sub.leg) },
        { name: "Event", value: sub.event },
        { name: "Subscription-State", value: state },
      ],
      body: { contentType: `${SIPFRAG};version=2.0`, bytes: utf8Encode(`SIP/2.0 ${next.status} ${next.text}\r\n`) },
    });
    sub.inFlight = next.why === null ? "some" : "final";
    if (port.sendRequestIn(sub.leg, sub.dialog, request, { leg: null, kind: "notify", referId }) === null) settle(referId, sub, false);
  }

  function settle(referId: string, sub: Told, isDelivered: boolean): void {
    told.delete(referId);
    port.timers.cancel(sub.timer, port.out());
    port.emit({ kind: "referSettled", referId, dialogId: sub.leg.id, isDelivered });
    // A BYE that waited for the last word.
    if (sub.leg.byeWanted !== null && sub.leg.ackWaits.size === 0 && sub.leg.phase === "confirmed" && !holdsBye(sub.leg)) {
      port.sendBye(sub.leg, sub.leg.byeWanted, "byeSent");
    }
  }

  function holdsBye(leg: Leg): boolean {
    for (const sub of told.values()) if (sub.leg === leg && sub.isOver) return true;
    return false;
  }

  function forget(referId: string, of: Asked): void {
    asked.delete(referId);
    port.timers.cancel(of.timer, port.out());
  }

  return {
    /** RFC 3515 §2.4.2: a REFER without one readable Refer-To is refused before the application sees it. */
    received(transaction: ServerTransaction, leg: Leg): void {
      const { request } = transaction;
      const value = headerGet(request, "Refer-To");
      const target = value === null ? null : parseReferTo(value);
      if (target === null) return port.refuse(transaction, 400);
      const wantsNotify = !(headerGet(request, "Refer-Sub")?.trim().toLowerCase() === "false" && port.supported.includes("norefersub"));
      const referredBy = headerGet(request, "Referred-By");
      port.await(transaction, leg);
      const base = { transactionId: transaction.id, dialogId: leg.id, request, target, referredBy, wantsNotify };
      port.emit({ kind: "referReceived", ...base });
    },

    /** Whether an accepted REFER is told of; the header of its 2xx where it is not. */
    acceptHeaders(transaction: ServerTransaction): readonly SipHeader[] {
      const isQuiet =
        headerGet(transaction.request, "Refer-Sub")?.trim().toLowerCase() === "false" && port.supported.includes("norefersub");
      return isQuiet ? [{ name: "Refer-Sub", value: "false" }] : [];
    },

    /** The application accepted: the first notification, 100, goes out at once (RFC 3515 §2.4.4). */
    accepted(transaction: ServerTransaction, leg: Leg, dialog: Dialog): void {
      const isFirst = !leg.hasBeenReferred;
      leg.hasBeenReferred = true;
      const event = isFirst ? "refer" : `refer;id=${transaction.request.cseq.number}`;
      const sub: Told = { leg, dialog, event, queue: [], inFlight: "none", isOver: false, timer: arm(transaction.id) };
      told.set(transaction.id, sub);
      sub.queue.push({ status: 100, text: reasonPhrase(100), why: null });
      pump(transaction.id, sub);
    },

    notify(referId: string, fields: { readonly status: number; readonly reason?: string }): SipCallFailure | null {
      const sub = told.get(referId);
      if (sub === undefined) return "unknownHandle";
      if (sub.isOver || fields.status < 100 || fields.status > 699) return "wrongState";
      const text = fields.reason ?? reasonPhrase(fields.status);
      if (/[\r\n]/.test(text)) return "invalidHeader";
      const isFinal = fields.status >= 200;
      // Only the last of several provisional words matters to whoever still waits.
      if (sub.queue.length >= stackLimits.progressQueueMax) sub.queue.shift();
      sub.isOver = isFinal;
      sub.queue.push({ status: fields.status, text, why: isFinal ? "noresource" : null });
      pump(referId, sub);
      return null;
    },

    notifyAnswered(referId: string, status: number | null): void {
      const sub = told.get(referId);
      if (sub === undefined) return;
      const wasFinal = sub.inFlight === "final";
      sub.inFlight = "none";
      const isRefused = status === null || status >= 300;
      if (wasFinal || isRefused) settle(referId, sub, !isRefused);
      else pump(referId, sub);
    },

    holdsBye,

    send(leg: Leg, dialog: Dialog, fields: ReferFields): { failure: SipCallFailure } | { handle: string } {
      const headers: SipHeader[] = [
        { name: "Contact", value: contactOf(leg) },
        { name: "Refer-To", value: printReferTo({ uri: fields.target, replaces: fields.replaces ?? null }) },
        ...(fields.referredBy === undefined ? [] : [{ name: "Referred-By", value: fields.referredBy }]),
        ...(fields.withoutNotify === true
          ? [
              { name: "Refer-Sub", value: "false" },
              { name: "Supported", value: "norefersub" },
            ]
          : []),
        ...(fields.headers ?? []),
      ];
      const request = dialogRequest(dialog, { method: "REFER", headers });
      const transaction = port.sendRequestIn(leg, dialog, request, { leg, kind: "refer" });
      if (transaction === null) return { failure: "invalidHeader" };
      asked.set(transaction.id, { leg, cseq: request.cseq.number, timer: arm(transaction.id) });
      return { handle: transaction.id };
    },

    answered(referId: string, leg: Leg, response: SipResponse): void {
      const of = asked.get(referId);
      // RFC 4488 §4: only the callee's word ends the expectation of notifications.
      const willNotify = of !== undefined && response.status < 300 && headerGet(response, "Refer-Sub")?.trim().toLowerCase() !== "false";
      if (of !== undefined && !willNotify) forget(referId, of);
      port.emit({ kind: "referAnswered", referId, dialogId: leg.id, response, willNotify });
    },

    failed(referId: string): void {
      const of = asked.get(referId);
      if (of !== undefined) forget(referId, of);
    },

    /** A NOTIFY in a dialog. False: it is about something else than a REFER of ours. */
    notified(transaction: ServerTransaction, leg: Leg): boolean {
      const { request } = transaction;
      const event = (headerGet(request, "Event") ?? "").split(";").map((part) => part.trim());
      if (event[0]?.toLowerCase() !== "refer") return false;
      const id = event.find((part) => part.toLowerCase().startsWith("id="))?.slice(3);
      const found = [...asked].find(([, each]) => each.leg === leg && (id === undefined || String(each.cseq) === id));
      if (found === undefined) {
        port.refuse(transaction, 481);
        return true;
      }
      const [referId, of] = found;
      const status = /^SIP\/2\.0 ([1-6][0-9]{2})(?: |\r|\n|$)/i.exec(utf8Decode(request.body.subarray(0, 512)))?.[1];
      const state = (headerGet(request, "Subscription-State") ?? "").split(";")[0]?.trim().toLowerCase();
      if (contentTypeOf(request) !== SIPFRAG) {
        port.refuse(transaction, 415, [{ name: "Accept", value: SIPFRAG }]);
        return true;
      }
      if (status === undefined || state === "" || headerAll(request, "Event").length !== 1) {
        port.refuse(transaction, 400);
        return true;
      }
      port.answer(transaction, 200);
      const isFinal = state === "terminated";
      if (isFinal) forget(referId, of);
      port.emit({ kind: "referNotified", referId, dialogId: leg.id, status: Number(status), isFinal });
      return true;
    },

    timerFired(referId: string): void {
      const of = asked.get(referId);
      if (of !== undefined) {
        asked.delete(referId);
        port.emit({ kind: "referNotified", referId, dialogId: of.leg.id, status: 408, isFinal: true });
        return;
      }
      const sub = told.get(referId);
      if (sub === undefined) return;
      if (sub.isOver) return settle(referId, sub, false);
      sub.isOver = true;
      sub.queue.push({ status: 408, text: reasonPhrase(408), why: "timeout" });
      pump(referId, sub);
      if (sub.inFlight === "some") settle(referId, sub, false);
    },

    /** The leg is gone. `byPeer`: whoever asked may still be told (RFC 7647 §3), until he refuses to listen. */
    legGone(leg: Leg, byPeer: boolean): void {
      for (const [referId, of] of asked) if (of.leg === leg) forget(referId, of);
      if (byPeer) return;
      for (const [referId, sub] of told) {
        if (sub.leg !== leg) continue;
        told.delete(referId);
        port.timers.cancel(sub.timer, port.out());
      }
    },
  };
}
