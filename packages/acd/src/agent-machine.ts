/*
 * One agent, one state, whatever number of queues they serve: wrap-up and breaks belong to the person, never to a membership.
 * A total function: each state × event pair gives a change or the reason why nothing changed.
 */
import { unreachable } from "@allo/kernel";
import type { ContactId, Instant, OfferId, QueueId } from "@allo/kernel";
import type { AgentChangeCause, AgentState, IgnoredWhy, NotReadyReason, PendingState, SystemReason } from "./router-types.ts";

export type AgentEvent =
  | { readonly kind: "signedIn" }
  | { readonly kind: "signedOut" }
  | { readonly kind: "readyRequested" }
  | { readonly kind: "notReadyRequested"; readonly reason: NotReadyReason; readonly by: "agent" | "supervisor" }
  | { readonly kind: "offered"; readonly offer: OfferId; readonly contact: ContactId; readonly queue: QueueId }
  | { readonly kind: "accepted" }
  | { readonly kind: "bridged" }
  /** The offer is over without a talk; `notReady` when the missed rings are too many. */
  | { readonly kind: "ringEnded"; readonly cause: AgentChangeCause; readonly notReady: SystemReason | null }
  | { readonly kind: "held" }
  | { readonly kind: "resumed" }
  | { readonly kind: "mediaLost" }
  | { readonly kind: "mediaRestored" }
  /** `wrapUpUntil` null: the queue has no wrap-up. */
  | { readonly kind: "contactEnded"; readonly wrapUpUntil: Instant | null }
  | { readonly kind: "wrapUpDone" }
  | { readonly kind: "wrapUpExtended"; readonly byMs: number }
  | { readonly kind: "wrapUpLimit" }
  | { readonly kind: "legLost"; readonly why: "connectionLost" | "recovered" }
  /** After a restart: the edge has them talking. */
  | { readonly kind: "adopted"; readonly contact: ContactId; readonly queue: QueueId }
  /** Asked by a colleague, as what `offered` is by a queue: it rings who is not ready too, and leaves them so afterwards. */
  | { readonly kind: "asked"; readonly offer: OfferId; readonly contact: ContactId; readonly queue: QueueId }
  /** Talks at once, without ringing: their own call, one they listen to, one they pick up. */
  | { readonly kind: "engaged"; readonly contact: ContactId; readonly queue: QueueId }
  /** The contact goes on without this agent, as they wished: no wrap-up, whoever ends it codes it. */
  | { readonly kind: "released"; readonly why: "handedOver" | "transferred" | "parked" | "dialFailed" }
  /** From the talk beside a contact to the contact itself. */
  | { readonly kind: "tookOver"; readonly contact: ContactId; readonly queue: QueueId };

export type AgentPart = { readonly state: AgentState; readonly pending: PendingState };
export type AgentOutcome =
  | ({ readonly kind: "changed"; readonly cause: AgentChangeCause } & AgentPart)
  | { readonly kind: "ignored"; readonly why: IgnoredWhy };

const READY: AgentState = { kind: "ready" };
const OFFLINE: AgentState = { kind: "offline" };
const BY_AGENT = "agent";

/** The next state and what is pending after it, or why the event means nothing now. */
export function stepAgent(part: AgentPart, event: AgentEvent): AgentOutcome {
  switch (part.state.kind) {
    case "offline":
      return stepOffline(event);
    case "notReady":
      return stepNotReady(part, part.state, event);
    case "ready":
      return stepReady(event);
    case "ringing":
      return stepRinging(part, part.state, event);
    case "talking":
      return stepTalking(part, part.state, event);
    case "wrapUp":
      return stepWrapUp(part, part.state, event);
    default:
      return unreachable(part.state);
  }
}

function stepOffline(event: AgentEvent): AgentOutcome {
  if (event.kind === "signedIn") return changed({ kind: "notReady", reason: "justSignedIn" }, null, BY_AGENT, "signedIn");
  if (event.kind === "adopted") return adopt(event, { kind: "offline" });
  return ignored(isContactEvent(event) ? contactWhy(event) : "notSignedIn");
}

function stepNotReady(part: AgentPart, state: AgentState & { kind: "notReady" }, event: AgentEvent): AgentOutcome {
  switch (event.kind) {
    case "signedIn":
      return ignored("alreadySignedIn");
    case "signedOut":
      return changed(OFFLINE, null, BY_AGENT, "signedOut");
    case "readyRequested":
      return changed(READY, null, BY_AGENT, "readyRequested");
    case "notReadyRequested":
      if (state.reason === event.reason) return ignored("alreadySo");
      return changed({ kind: "notReady", reason: event.reason }, part.pending, event.by, "notReadyRequested");
    case "adopted":
      return adopt(event, { kind: "notReady", reason: state.reason });
    case "asked":
      return ask(event, { kind: "notReady", reason: state.reason });
    case "engaged":
      return engage(event, { kind: "notReady", reason: state.reason });
    default:
      return ignored(contactWhy(event));
  }
}

function stepReady(event: AgentEvent): AgentOutcome {
  switch (event.kind) {
    case "signedIn":
      return ignored("alreadySignedIn");
    case "signedOut":
      return changed(OFFLINE, null, BY_AGENT, "signedOut");
    case "readyRequested":
      return ignored("alreadyReady");
    case "notReadyRequested":
      return changed({ kind: "notReady", reason: event.reason }, null, event.by, "notReadyRequested");
    case "offered": {
      const { offer, contact, queue } = event;
      return changed({ kind: "ringing", offer, contact, queue, accepted: false }, null, "system", "offered");
    }
    case "adopted":
      return adopt(event, null);
    case "asked":
      return ask(event, null);
    case "engaged":
      return engage(event, null);
    default:
      return ignored(contactWhy(event));
  }
}

function stepRinging(part: AgentPart, state: AgentState & { kind: "ringing" }, event: AgentEvent): AgentOutcome {
  switch (event.kind) {
    case "signedOut":
      return changed(OFFLINE, null, BY_AGENT, "signedOut");
    case "accepted":
      if (state.accepted) return ignored("alreadySo");
      return changed({ ...state, accepted: true }, part.pending, BY_AGENT, "answered");
    case "bridged": {
      if (!state.accepted) return ignored("notAccepted");
      const { offer, contact, queue } = state;
      return changed({ kind: "talking", offer, contact, queue, held: false, mediaLost: false }, part.pending, "system", "bridged");
    }
    case "ringEnded": {
      if (event.notReady === null || part.pending?.kind === "offline")
        return { kind: "changed", ...next(part.pending), cause: event.cause };
      return changed({ kind: "notReady", reason: event.notReady }, null, "system", "afterMissedRings");
    }
    default:
      return stepEngaged(part, event);
  }
}

function stepTalking(part: AgentPart, state: AgentState & { kind: "talking" }, event: AgentEvent): AgentOutcome {
  switch (event.kind) {
    case "signedOut":
      return pend(part, { kind: "offline" }, BY_AGENT, "signedOut");
    case "held":
      return state.held ? ignored("alreadySo") : changed({ ...state, held: true }, part.pending, BY_AGENT, "held");
    case "resumed":
      return state.held ? changed({ ...state, held: false }, part.pending, BY_AGENT, "resumed") : ignored("alreadySo");
    case "mediaLost":
      return state.mediaLost ? ignored("alreadySo") : changed({ ...state, mediaLost: true }, part.pending, "system", "mediaLost");
    case "mediaRestored":
      return state.mediaLost ? changed({ ...state, mediaLost: false }, part.pending, "system", "mediaRestored") : ignored("alreadySo");
    case "contactEnded": {
      const { contact, queue } = state;
      if (event.wrapUpUntil === null) return { kind: "changed", ...next(part.pending), cause: { by: "system", why: "contactEnded" } };
      return changed({ kind: "wrapUp", contact, queue, until: event.wrapUpUntil, extended: false }, part.pending, "system", "contactEnded");
    }
    case "legLost": {
      // The contact goes on without this agent: whoever ends it codes it, so there is no wrap-up here.
      if (part.pending?.kind === "offline") return changed(OFFLINE, null, "system", event.why);
      return changed({ kind: "notReady", reason: "connectionLost" }, null, "system", event.why);
    }
    case "released":
      return { kind: "changed", ...next(part.pending), cause: { by: "agent", why: event.why } };
    case "tookOver": {
      const { contact, queue } = event;
      return changed(
        { kind: "talking", offer: null, contact, queue, held: false, mediaLost: state.mediaLost },
        part.pending,
        "agent",
        "handedOver",
      );
    }
    default:
      return stepEngaged(part, event);
  }
}

function stepWrapUp(part: AgentPart, state: AgentState & { kind: "wrapUp" }, event: AgentEvent): AgentOutcome {
  switch (event.kind) {
    case "signedOut":
      return changed(OFFLINE, null, BY_AGENT, "signedOut");
    case "wrapUpDone":
      return { kind: "changed", ...next(part.pending), cause: { by: "agent", why: "wrapUpDone" } };
    case "wrapUpLimit":
      return { kind: "changed", ...next(part.pending), cause: { by: "timer", why: "wrapUpLimit" } };
    case "wrapUpExtended":
      if (state.extended) return ignored("alreadyExtended");
      if (event.byMs <= 0) return ignored("notExtendable");
      return changed({ ...state, until: state.until + event.byMs, extended: true }, part.pending, BY_AGENT, "wrapUpExtended");
    default:
      return stepEngaged(part, event);
  }
}

/** What ringing, talking and wrap-up share: wishes for later are noted, never acted on at once. */
function stepEngaged(part: AgentPart, event: AgentEvent): AgentOutcome {
  switch (event.kind) {
    case "signedIn": // the same person back at another browser before the end: the leaving is off
      return part.pending?.kind === "offline" ? pend(part, null, BY_AGENT, "signedIn") : ignored("alreadySignedIn");
    case "readyRequested":
      return part.pending?.kind === "notReady" ? pend(part, null, BY_AGENT, "pendingCancelled") : ignored("alreadyReady");
    case "notReadyRequested":
      if (part.pending?.kind === "offline") return ignored("notSignedIn");
      return pend(part, { kind: "notReady", reason: event.reason }, event.by, "pendingChosen");
    default:
      return ignored(contactWhy(event));
  }
}

function pend(part: AgentPart, pending: PendingState, by: AgentChangeCause["by"], why: AgentChangeCause["why"]): AgentOutcome {
  const now = part.pending;
  if (pending?.kind === now?.kind && (pending?.kind !== "notReady" || (now?.kind === "notReady" && now.reason === pending.reason))) {
    return ignored("alreadySo");
  }
  return changed(part.state, pending, by, why);
}

function next(pending: PendingState): AgentPart {
  if (pending === null) return { state: READY, pending: null };
  if (pending.kind === "offline") return { state: OFFLINE, pending: null };
  return { state: { kind: "notReady", reason: pending.reason }, pending: null };
}

function adopt(event: AgentEvent & { kind: "adopted" }, pending: PendingState): AgentOutcome {
  const { contact, queue } = event;
  return changed({ kind: "talking", offer: null, contact, queue, held: false, mediaLost: false }, pending, "system", "recovered");
}

function ask({ offer, contact, queue }: AgentEvent & { kind: "asked" }, pending: PendingState): AgentOutcome {
  return changed({ kind: "ringing", offer, contact, queue, accepted: false }, pending, "agent", "asked");
}

function engage({ contact, queue }: AgentEvent & { kind: "engaged" }, pending: PendingState): AgentOutcome {
  return changed({ kind: "talking", offer: null, contact, queue, held: false, mediaLost: false }, pending, "agent", "engaged");
}

function changed(state: AgentState, pending: PendingState, by: AgentChangeCause["by"], why: AgentChangeCause["why"]): AgentOutcome {
  return { kind: "changed", state, pending, cause: { by, why } };
}

function ignored(why: IgnoredWhy): AgentOutcome {
  return { kind: "ignored", why };
}

function isContactEvent(event: AgentEvent): boolean {
  return contactWhy(event) !== "notSignedIn";
}

function contactWhy(event: AgentEvent): IgnoredWhy {
  switch (event.kind) {
    case "accepted":
    case "bridged":
    case "ringEnded":
      return "notRinging";
    case "held":
    case "resumed":
    case "mediaLost":
    case "mediaRestored":
    case "contactEnded":
    case "legLost":
    case "released":
    case "tookOver":
      return "notTalking";
    case "wrapUpDone":
    case "wrapUpExtended":
    case "wrapUpLimit":
      return "notInWrapUp";
    case "offered":
    case "adopted":
    case "asked":
    case "engaged":
      return "notAvailable";
    case "signedIn":
    case "signedOut":
    case "readyRequested":
    case "notReadyRequested":
      return "notSignedIn";
    default:
      return unreachable(event);
  }
}
