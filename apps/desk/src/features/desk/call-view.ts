import type { DeskState } from "@allo/contract";
import type { StateName } from "../../ui/state-badge.tsx";

export type DeskContact = NonNullable<DeskState["contact"]>;
type DeskInternalCall = NonNullable<DeskState["internalCall"]>;
/** What the call bar and the desk show. */
export type CallView =
  | { readonly kind: "none" }
  | { readonly kind: "ringing"; readonly contact: DeskContact; readonly offerId: string; readonly since: number }
  | {
      readonly kind: "talking";
      readonly contact: DeskContact;
      readonly since: number;
      readonly held: boolean;
      /** The caller hears music because this browser's sound stopped. */ readonly soundLost: boolean;
    }
  | { readonly kind: "wrapUp"; readonly contact: DeskContact; readonly since: number }
  /** With a colleague: no customer and no contact. `offerId`: it rings here. */
  | {
      readonly kind: "colleague";
      readonly call: DeskInternalCall;
      readonly offerId: string | null;
      readonly since: number;
      readonly held: boolean;
    };
/** Those with a customer. */
export type ContactView = Exclude<CallView, { kind: "none" | "colleague" }>;

export function callView(desk: DeskState | undefined): CallView {
  const contact = desk?.contact ?? null;
  if (desk === undefined) return { kind: "none" };
  if (contact === null) return colleagueView(desk);
  if (desk.state === "ringing" && contact.offerId !== null)
    return { kind: "ringing", contact, offerId: contact.offerId, since: contact.queuedAt };
  if (desk.state === "talking") {
    return {
      kind: "talking",
      contact,
      since: contact.connectedAt ?? desk.since,
      held: contact.heldSince !== null,
      soundLost: contact.mediaLostSince !== null,
    };
  }
  if (desk.state === "wrapUp") return { kind: "wrapUp", contact, since: contact.endedAt ?? desk.since };
  return { kind: "none" };
}

function colleagueView({ internalCall: call }: DeskState): CallView {
  if (call === null) return { kind: "none" };
  const { offerId, answeredAt, startedAt, heldSince } = call;
  return { kind: "colleague", call, offerId, since: answeredAt ?? startedAt, held: heldSince !== null };
}

/** The state word of the agent's own badge. */
export function stateOf(desk: DeskState, now: number, reasonMaxMinutes: number | null): StateName {
  const view = callView(desk);
  if (view.kind === "talking") return talkState(view);
  if (view.kind === "colleague") return colleagueState(view);
  if (desk.state === "notReady" && reasonMaxMinutes !== null && now - desk.since > reasonMaxMinutes * 60_000) return "breakOverdue";
  return desk.state;
}

function listensOnly({ parties, partyId }: DeskContact): boolean {
  return parties.some((party) => party.partyId === partyId && party.place === "listen");
}

/** Colleagues and people outside in the agent's call, or asked into it. Leads who look after it are another matter. */
export function companionsOf({ parties }: DeskContact): DeskContact["parties"] {
  return parties.filter(({ how }) => how !== "monitor");
}

/** The one of them whom the buttons are about: who is asked or spoken with aside, else the first who speaks with all. */
export function colleagueOf(contact: DeskContact): DeskContact["parties"][number] | undefined {
  const companions = companionsOf(contact);
  return companions.find(({ place }) => place === "aside") ?? companions[0];
}

/**
 * What hanging up ends: whoever is heard at the moment. With the customer on hold it is the ring or the talk aside, never the customer's
 * call: they are not lost by one press too many.
 */
export function hangUpEnds(contact: DeskContact): "call" | "all" | "ring" | "aside" {
  const colleague = contact.role === "owner" ? colleagueOf(contact) : undefined;
  if (colleague === undefined) return "call";
  if (colleague.place === "talk") return "all";
  if (colleague.state === "asked") return contact.heldSince === null ? "call" : "ring";
  return contact.aside ? "aside" : "call";
}

/** The state word of a talk. */
export function talkState(view: Extract<CallView, { kind: "talking" }>): StateName {
  const { aside, parties, role, dialling } = view.contact;
  if (dialling) return "dialling";
  if (role !== "owner") return "talking";
  if (aside && parties.some(({ place, state }) => place === "aside" && state === "joined")) return "consulting";
  return view.held ? "hold" : "talking";
}

/** The same of a call with a colleague. */
export function colleagueState({ call, offerId, held }: Extract<CallView, { kind: "colleague" }>): StateName {
  if (call.phase !== "talking") return offerId === null ? "dialling" : "ringing";
  return held ? "hold" : "talking";
}

/** The voice goes out only in a conversation. Unknown counts as one, so that nobody is cut off by a lost live link. */
export function voiceOpen(desk: DeskState | undefined): boolean {
  if (desk === undefined) return true;
  const { contact, internalCall, state } = desk;
  if (state !== "ringing" && state !== "talking") return false;
  return contact === null ? internalCall?.muted === false : !contact.muted && !listensOnly(contact);
}
