import type { DeskState, Me } from "@allo/contract";
import { rolePermissions } from "@allo/contract";

/** A desk as a test needs it: ready, idle, phone proven, unless changed. */
export function deskState(change: Partial<DeskState> = {}): DeskState {
  return {
    state: "ready",
    since: 1_000,
    reasonId: null,
    pendingReasonId: null,
    systemCause: null,
    missedRings: 0,
    phone: { registered: true, proven: true },
    device: null,
    devices: [],
    contact: null,
    lastDial: null,
    dialRefusal: null,
    internalCall: null,
    lastInternalCall: null,
    missedInternalCalls: 0,
    notCodedCount: 0,
    queueIds: ["que_1aaa"],
    parked: [],
    ...change,
  };
}

export function internalCall(change: Partial<NonNullable<DeskState["internalCall"]>> = {}): NonNullable<DeskState["internalCall"]> {
  return {
    internalCallId: "int_1aaa",
    personId: "per_2aaa",
    name: "Boris",
    side: "caller",
    phase: "ringing",
    offerId: null,
    startedAt: 500,
    ringEndsAt: null,
    answeredAt: null,
    heldSince: null,
    muted: false,
    otherHeldSince: null,
    otherAwaySince: null,
    customersWaiting: 0,
    ...change,
  };
}

export function deskContact(change: Partial<NonNullable<DeskState["contact"]>> = {}): NonNullable<DeskState["contact"]> {
  return {
    contactId: "con_1aaa",
    callId: "cal_1aaa",
    offerId: null,
    queueId: "que_1aaa",
    projectId: "prj_1aaa",
    projectName: "Telecom",
    language: "en",
    callerNumber: "+74951234567",
    customer: null,
    queuedAt: 500,
    offeredAt: null,
    ringEndsAt: null,
    connectedAt: null,
    heldSince: null,
    muted: false,
    mediaLostSince: null,
    recording: "on",
    recordingPausedSince: null,
    recordingPausedBy: null,
    keysMasked: false,
    recordable: false,
    endedAt: null,
    cause: null,
    wrapUpEndsAt: null,
    wrapUpExtended: false,
    codeOwed: true,
    direction: "in",
    dialling: false,
    ringingSince: null,
    role: "owner",
    partyId: null,
    ownerName: "",
    aside: false,
    parties: [],
    partyLeft: null,
    handover: null,
    notes: [],
    noteDraft: "",
    earlierToday: [],
    ...change,
  };
}

export const agentMe: Me = {
  personId: "per_1aaa",
  sessionId: "ses_1aaa",
  name: "Anna",
  email: "anna@example.org",
  roles: ["agent"],
  permissions: [...rolePermissions.agent],
  language: "en",
  theme: "light",
  organisation: { organisationId: "org_1aaa", name: "Example", defaultCountry: "RU", timeZone: "Europe/Moscow" },
};
