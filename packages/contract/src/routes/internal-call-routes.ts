import Type from "typebox";
import type { Static } from "typebox";
import { one, type Route } from "../route.ts";
import { AgentStateName, DeskState, Id, InternalOutcome, page, PageQuery, Timestamp } from "../schemas.ts";

export const colleagueLimits = {
  /** So many are shown; who isn't among them is sought by name. */
  shownMax: 100,
  soughtCharsMax: 100,
} as const;

/** Somebody of the organisation who can be called, or can't now. */
export const Colleague = Type.Object({
  personId: Id,
  name: Type.String(),
  state: AgentStateName,
  /** Can be rung now: at the desk, in no call, and the phone is proven. */
  available: Type.Boolean(),
});
export type Colleague = Static<typeof Colleague>;

/** A call between colleagues that is over. */
export const InternalCall = Type.Object({
  internalCallId: Id,
  callerId: Id,
  callerName: Type.String(),
  calleeId: Id,
  calleeName: Type.String(),
  startedAt: Timestamp,
  answeredAt: Type.Union([Timestamp, Type.Null()]),
  endedAt: Timestamp,
  outcome: InternalOutcome,
  /** It rang at who was called, and they neither took it nor said no. */
  missed: Type.Boolean(),
});
export type InternalCall = Static<typeof InternalCall>;

const call = one("internalCallId");

/** Colleagues call each other: no contact with a customer, and no figure counts it. Answered and declined as any offer. */
export const internalCallRoutes = {
  colleaguesList: {
    method: "GET",
    path: "/colleagues",
    access: ["internalCalls.place"],
    tag: "calls",
    summary: "Colleagues by name with their presence, those who can be called first",
    query: Type.Object({ q: Type.Optional(Type.String({ maxLength: colleagueLimits.soughtCharsMax })) }),
    response: Type.Object({ items: Type.Array(Colleague) }),
  },
  internalCallPlace: {
    method: "POST",
    path: "/internal-calls",
    access: ["internalCalls.place"],
    tag: "calls",
    summary: "Rings a colleague; one's own phone first, where that is a device",
    body: Type.Object({ personId: Id }),
    response: DeskState,
  },
  internalCallHangUp: {
    method: "POST",
    path: "/internal-calls/:internalCallId/hang-up",
    access: ["desk.work"],
    tag: "calls",
    summary: "Ends a call with a colleague; before the answer it is given up",
    params: call,
    response: DeskState,
  },
  internalCallHold: {
    method: "PUT",
    path: "/internal-calls/:internalCallId/hold",
    access: ["desk.work"],
    tag: "calls",
    summary: "Lets the colleague wait to music, or speaks with them again",
    params: call,
    body: Type.Object({ held: Type.Boolean() }),
    response: DeskState,
  },
  internalCallMute: {
    method: "PUT",
    path: "/internal-calls/:internalCallId/mute",
    access: ["desk.work"],
    tag: "calls",
    summary: "Turns one's own microphone off or on",
    params: call,
    body: Type.Object({ muted: Type.Boolean() }),
    response: DeskState,
  },
  internalCallsSeen: {
    method: "POST",
    path: "/internal-calls/seen",
    access: ["internalCalls.place"],
    tag: "calls",
    summary: "One has seen which colleagues' calls one missed: the desk counts them no longer",
    response: DeskState,
  },
  internalCallsList: {
    method: "GET",
    path: "/internal-calls",
    access: ["internalCalls.place", "internalCalls.readAll"],
    tag: "calls",
    summary: "Calls between colleagues, newest first: one's own, or everybody's where one may see them; a look at everybody's is logged",
    query: Type.Object({
      ...PageQuery,
      whose: Type.Optional(Type.Enum(["own", "all"])),
      /** Of `all`: those that this person took part in. */
      personId: Type.Optional(Id),
    }),
    response: page(InternalCall),
  },
} as const satisfies Record<string, Route>;
