import Type from "typebox";
import type { Static } from "typebox";
import { ok, one, type Route } from "../route.ts";
import { AgentStateName, DeskState, Id, LocalizedText } from "../schemas.ts";

export const callLimits = {
  noteCharsMax: 4_000,
  reasonCharsMax: 300,
  targetsMax: 500,
} as const;

const contact = one("contactId");
const party = Type.Object({ contactId: Id, partyId: Id });
/** For who takes the contact: why the customer calls, and what was done. Becomes a note of the contact. */
const note = Type.Optional(Type.String({ maxLength: callLimits.noteCharsMax }));

/** Whom a contact can be given to, with what stands in the way. */
export const CallTargets = Type.Object({
  agents: Type.Array(
    Type.Object({
      personId: Id,
      name: Type.String(),
      state: AgentStateName,
      /** Can be rung now: free of any contact, ready or not, and the phone is proven. */
      available: Type.Boolean(),
    }),
  ),
  queues: Type.Array(
    Type.Object({
      queueId: Id,
      names: LocalizedText,
      waiting: Type.Integer(),
      signedIn: Type.Integer(),
      /** Ready for the next contact. */
      available: Type.Integer(),
    }),
  ),
});
export type CallTargets = Static<typeof CallTargets>;
export const MonitorModeSchema = Type.Enum(["listen", "whisper", "barge"]);

/** What can be done with a call beside answering it. Each answers with the desk of who asked. */
export const callRoutes = {
  callPlace: {
    method: "POST",
    path: "/calls",
    access: ["desk.work"],
    tag: "calls",
    summary: "Calls a number for a queue, with a number of that queue as the caller; of a lost call it counts as an attempt",
    body: Type.Object({
      /** As people write it: spaces, brackets, Persian digits, with or without the country's code. */
      number: Type.String({ minLength: 1, maxLength: 60 }),
      /** Absent: the first queue that one serves. */
      queueId: Type.Optional(Id),
      /** With no queue: the first of this project. */
      projectId: Type.Optional(Id),
      lostCallId: Type.Optional(Id),
    }),
    response: DeskState,
  },
  callTargets: {
    method: "GET",
    path: "/contacts/:contactId/targets",
    access: ["desk.work"],
    tag: "calls",
    summary: "Colleagues and queues that this contact can be given to",
    params: contact,
    response: CallTargets,
  },
  callConsult: {
    method: "POST",
    path: "/contacts/:contactId/consult",
    access: ["desk.work"],
    tag: "calls",
    summary: "Rings a colleague to speak with, while the customer is on hold",
    params: contact,
    body: Type.Object({ personId: Id, note }),
    response: DeskState,
  },
  callTransferToAgent: {
    method: "POST",
    path: "/contacts/:contactId/transfer-to-agent",
    access: ["desk.work"],
    tag: "calls",
    summary: "Rings a colleague, who has the customer as soon as they answer; unanswered the customer stays here, on hold",
    params: contact,
    body: Type.Object({ personId: Id, note }),
    response: DeskState,
  },
  callTransferToQueue: {
    method: "POST",
    path: "/contacts/:contactId/transfer-to-queue",
    access: ["desk.work"],
    tag: "calls",
    summary: "Sends the customer to a queue of the same project; one's own part is over",
    params: contact,
    body: Type.Object({ queueId: Id, note }),
    response: DeskState,
  },
  callOutside: {
    method: "POST",
    path: "/contacts/:contactId/outside",
    access: ["desk.work"],
    tag: "calls",
    summary:
      "Calls a number into the talk, past the rules for calls out, while the customer is on hold: to speak with first, or to leave the customer with",
    params: contact,
    body: Type.Object({
      /** As people write it. */
      number: Type.String({ minLength: 1, maxLength: 60 }),
      how: Type.Enum(["consult", "transfer"]),
      note,
    }),
    response: DeskState,
  },
  callPark: {
    method: "POST",
    path: "/contacts/:contactId/park",
    access: ["desk.work"],
    tag: "calls",
    summary: "Leaves the customer in a slot, to music, for anybody of the project to pick up; one's own part is over",
    params: contact,
    response: DeskState,
  },
  callPickUp: {
    method: "POST",
    path: "/contacts/:contactId/pick-up",
    access: ["desk.work"],
    tag: "calls",
    summary: "Takes a parked customer out of the slot and speaks with them",
    params: contact,
    response: DeskState,
  },
  callRecord: {
    method: "POST",
    path: "/contacts/:contactId/record",
    access: ["desk.work"],
    tag: "calls",
    summary: "Begins the recording of a call out: whoever asks has told the customer of it",
    params: contact,
    response: DeskState,
  },
  callTurn: {
    method: "POST",
    path: "/contacts/:contactId/turn",
    access: ["desk.work"],
    tag: "calls",
    summary: "Speaks with the colleague aside, or with the customer again; the other one waits to music",
    params: contact,
    body: Type.Object({ to: Type.Enum(["customer", "colleague"]) }),
    response: DeskState,
  },
  callConference: {
    method: "POST",
    path: "/contacts/:contactId/conference",
    access: ["desk.work"],
    tag: "calls",
    summary: "Brings everybody into one talk with the customer",
    params: contact,
    response: DeskState,
  },
  callComplete: {
    method: "POST",
    path: "/contacts/:contactId/complete",
    access: ["desk.work"],
    tag: "calls",
    summary: "Hands the contact over to somebody who is in the call, or leaves the customer with somebody outside; one's own part is over",
    params: contact,
    body: Type.Object({ partyId: Id, note }),
    response: DeskState,
  },
  callPartyRemove: {
    method: "POST",
    path: "/contacts/:contactId/parties/:partyId/remove",
    access: ["desk.work"],
    tag: "calls",
    summary: "Takes somebody out of the call, or stops ringing them; whoever was asked leaves by the same",
    params: party,
    response: DeskState,
  },
  callMonitor: {
    method: "POST",
    path: "/contacts/:contactId/monitor",
    access: ["calls.monitor"],
    tag: "calls",
    summary: "Listens to a talk, speaks to its agent alone, or to everybody; said again it changes the mode. The agent sees it",
    params: contact,
    /** The reason is needed when one comes in. */
    body: Type.Object({ mode: MonitorModeSchema, reason: Type.Optional(Type.String({ maxLength: callLimits.reasonCharsMax })) }),
    response: DeskState,
  },
  callMentor: {
    method: "POST",
    path: "/contacts/:contactId/mentor",
    access: ["calls.mentor"],
    tag: "calls",
    summary: "Goes into a trainee's talk: hears both, is heard by the trainee alone, and can do nothing else there",
    params: contact,
    /** Needed where the trainee hasn't asked. */
    body: Type.Object({ reason: Type.Optional(Type.String({ maxLength: callLimits.reasonCharsMax })) }),
    response: DeskState,
  },
  callMentorAsk: {
    method: "POST",
    path: "/contacts/:contactId/ask-mentor",
    access: ["desk.work"],
    tag: "calls",
    summary: "Asks one's mentors into one's own talk, or no longer asks",
    params: contact,
    body: Type.Object({ asks: Type.Boolean() }),
    response: DeskState,
  },
  callTakeOver: {
    method: "POST",
    path: "/contacts/:contactId/take-over",
    access: ["calls.monitor"],
    tag: "calls",
    summary: "Goes on with the customer in the agent's place, from listening, whispering or having joined; the agent is free",
    params: contact,
    body: Type.Object({ reason: Type.Optional(Type.String({ maxLength: callLimits.reasonCharsMax })) }),
    response: DeskState,
  },
  callEnd: {
    method: "POST",
    path: "/contacts/:contactId/end",
    access: ["calls.monitor"],
    tag: "calls",
    summary: "Ends a talk of a customer and a number outside that goes on without an agent",
    params: contact,
    body: Type.Object({ reason: Type.String({ minLength: 1, maxLength: callLimits.reasonCharsMax }) }),
    response: ok,
  },
} as const satisfies Record<string, Route>;
