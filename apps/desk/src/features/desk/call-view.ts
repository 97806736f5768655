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

/** The colleague who is in the agent's call, or is being asked. Leads who look after it are another matter. */
export function colleagueOf(contact: DeskContact): DeskContact["parties"][number] | undefined {
  return contact.parties.find(({ how }) => how !== "monitor");
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
