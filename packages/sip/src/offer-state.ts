// Which offers of a leg are open, on either side, and in which early dialog (RFC 3264, 3311, 6337). Questions to a leg's state.
import type { Dialog } from "./dialog.ts";
import type { EarlyFork, Leg } from "./leg.ts";
import { stackLimits } from "./limits.ts";
import type { SipRequest } from "./message.ts";

/** Whether an offer of ours waits for its answer: the peer's offer is glare then (RFC 3311 §5.2). `tag`: the peer's. */
export function hasOfferOut(leg: Leg, tag: string): boolean {
  if (leg.offerOut !== null) return true;
  const invite = leg.clientInvite;
  if (
    invite !== null &&
    invite.sdp !== null &&
    (invite.isReInvite || leg.early.get(earlyKey(invite.transaction.request, tag))?.complete !== true)
  ) {
    return true;
  }
  // Our offer in a 2xx, or in a reliable answer, whose answer is still to come.
  return [...leg.ackWaits.values()].some((wait) => wait.lateOffer) || (leg.inviteOffer === null && leg.reliable?.waiting?.sdp != null);
}

/** Whether an offer of the peer's waits for our answer. */
export function hasOfferIn(leg: Leg): boolean {
  if (leg.offerIn !== null || leg.pracksOwed.length > 0 || leg.ackOwed !== null) return true;
  const invite = leg.serverInvite;
  return invite !== null && (invite.isReInvite || leg.reliable?.described !== true);
}

/** Another exchange of INVITE or of offer and answer is open. */
export function isBusy(leg: Leg): boolean {
  return (
    leg.clientInvite !== null ||
    leg.serverInvite !== null ||
    leg.ackWaits.size > 0 ||
    leg.ackOwed !== null ||
    leg.retryTimer !== null ||
    leg.offerOut !== null ||
    leg.offerIn !== null
  );
}

export function earlyKey(request: SipRequest, toTag: string): string {
  return `${request.cseq.number}|${toTag}`;
}

export function earlyOf(leg: Leg, key: string): EarlyFork {
  const known = leg.early.get(key);
  if (known !== undefined) return known;
  const early: EarlyFork = { rseq: null, sdp: null, complete: false };
  if (leg.early.size < stackLimits.forksMax) leg.early.set(key, early);
  return early;
}

/** RFC 3311 §5.1: before the answer, once the first offer is answered reliably. */
export function earlyDialogToUpdate(leg: Leg): Dialog | null {
  if (leg.phase !== "inviting" || leg.offerOut !== null || leg.offerIn !== null || leg.retryTimer !== null) return null;
  if (leg.serverInvite !== null) return leg.reliable?.described === true ? leg.dialog : null;
  const invite = leg.clientInvite;
  if (invite === null) return null;
  for (const [tag, fork] of leg.forks) if (leg.early.get(earlyKey(invite.transaction.request, tag))?.complete === true) return fork;
  return null;
}

export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
