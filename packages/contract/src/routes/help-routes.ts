import Type from "typebox";
import type { Static } from "typebox";
import { one, type Route } from "../route.ts";
import { AbuseStep, DeskState, HelpAbout, Id, PageQuery, Timestamp, VerifyHow } from "../schemas.ts";
import { nullable } from "../nullable.ts";

const contact = one("contactId");

export const helpApiLimits = {
  /** Shown at once: more agents than that don't wait for leads. */
  openMax: 200,
  periodMsMax: 92 * 86_400_000,
} as const;

/** An agent who asks for a lead now. */
export const OpenHelp = Type.Object({
  contactId: Id,
  projectId: Id,
  queueId: Id,
  agentId: Id,
  agentName: Type.String(),
  about: HelpAbout,
  askedAt: Timestamp,
});
export type OpenHelp = Static<typeof OpenHelp>;
/** The longest waiting first. */
export const HelpBoard = Type.Object({ open: Type.Array(OpenHelp) });
export type HelpBoard = Static<typeof HelpBoard>;

/** A lead who was asked for, and what became of it. */
export const HelpRequest = Type.Object({
  /** Of the contact's: 1, 2 … */
  number: Type.Integer(),
  contactId: Id,
  projectId: Id,
  queueId: Id,
  agentId: Id,
  agentName: nullable(Type.String()),
  about: HelpAbout,
  askedAt: Timestamp,
  endedAt: nullable(Timestamp),
  /** Null while it is open. */
  how: nullable(Type.Enum(["answered", "withdrawn", "talkEnded"])),
  answeredById: nullable(Id),
  answeredByName: nullable(Type.String()),
});
export type HelpRequest = Static<typeof HelpRequest>;

export const HelpFigures = Type.Object({
  from: Timestamp,
  to: Timestamp,
  asked: Type.Integer(),
  answered: Type.Integer(),
  /** Whoever asked did without, or the talk was over before a lead came. */
  unanswered: Type.Integer(),
  /** From asking until a lead was in the talk: the middle one, and what nine of ten stay below. */
  medianMs: nullable(Type.Integer()),
  p90Ms: nullable(Type.Integer()),
});
export type HelpFigures = Static<typeof HelpFigures>;

const period = { from: Timestamp, to: Timestamp };

/** Leads who are asked into a talk, and what is done about abuse. */
export const helpRoutes = {
  callHelp: {
    method: "POST",
    path: "/contacts/:contactId/help",
    access: ["desk.work"],
    tag: "calls",
    summary: "Asks a lead into one's own talk, or no longer asks",
    params: contact,
    body: Type.Object({ asks: Type.Boolean() }),
    response: DeskState,
  },
  callAbuse: {
    method: "POST",
    path: "/contacts/:contactId/abuse",
    access: ["desk.work"],
    tag: "calls",
    summary:
      "What is done about insults or threats in one's own talk: leads are told, the customer is warned, comes to reason, or the call is ended",
    params: contact,
    body: Type.Object({ step: AbuseStep }),
    response: DeskState,
  },
  callVerify: {
    method: "POST",
    path: "/contacts/:contactId/verification",
    access: ["desk.work"],
    tag: "calls",
    summary: "Says that the caller of one's own talk has proved who they are, and how, or has failed to",
    params: contact,
    body: Type.Object({ how: VerifyHow, passed: Type.Boolean() }),
    response: DeskState,
  },
  helpBoardGet: {
    method: "GET",
    path: "/help",
    access: ["calls.monitor"],
    tag: "calls",
    summary: "Agents who ask for a lead now, the longest waiting first",
    response: HelpBoard,
  },
  helpList: {
    method: "GET",
    path: "/help/requests",
    access: ["calls.monitor"],
    tag: "calls",
    summary: "Leads who were asked for, the newest first",
    query: Type.Object({ ...PageQuery, from: Type.Optional(Timestamp), to: Type.Optional(Timestamp) }),
    response: Type.Object({ items: Type.Array(HelpRequest), nextCursor: nullable(Type.String()) }),
  },
  helpFiguresGet: {
    method: "GET",
    path: "/help/figures",
    access: ["calls.monitor"],
    tag: "calls",
    summary: "How often leads were asked for in a period, and how soon they came",
    query: Type.Object(period),
    response: HelpFigures,
  },
} as const satisfies Record<string, Route>;
