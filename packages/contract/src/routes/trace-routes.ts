import Type from "typebox";
import type { Static } from "typebox";
import { one, type Route } from "../route.ts";
import { Id, Timestamp } from "../schemas.ts";

export const traceLimits = {
  /** Days for which the messages of a call are kept; 0: none are kept. */
  keepDaysMax: 90,
  keepDaysDefault: 14,
} as const;

const Place = Type.Object({ address: Type.String(), port: Type.Integer() });

/** Who stands under a line of the ladder; the first one is Allo. */
export const TraceParty = Type.Object({
  partyId: Type.String(),
  kind: Type.Enum(["allo", "peer"]),
  transport: Type.Enum(["udp", "tcp", "tls", "ws", "wss"]),
  place: Place,
});
export type TraceParty = Static<typeof TraceParty>;

/** Where an offer or answer wants its audio. */
export const TraceMedia = Type.Object({
  address: Type.String(),
  port: Type.Integer(),
  profile: Type.String(),
  codecs: Type.Array(Type.String()),
  direction: Type.Enum(["sendrecv", "sendonly", "recvonly", "inactive"]),
});
export type TraceMedia = Static<typeof TraceMedia>;

export const TraceStep = Type.Object({
  at: Timestamp,
  from: Type.String(),
  to: Type.String(),
  /** "INVITE", "180 Ringing": of the message itself, never translated. */
  label: Type.String(),
  kind: Type.Enum(["request", "progress", "success", "failure", "unreadable"]),
  cseq: Type.String(),
  /** The same message went this way before. */
  isRepeat: Type.Boolean(),
  media: Type.Union([TraceMedia, Type.Null()]),
  /** The message, proofs and keys hidden. */
  text: Type.String(),
});
export type TraceStep = Static<typeof TraceStep>;

export const CallTrace = Type.Object({
  callId: Id,
  parties: Type.Array(TraceParty),
  steps: Type.Array(TraceStep),
  /** Messages beyond the limit of one call. */
  leftOut: Type.Integer({ minimum: 0 }),
  keptUntil: Timestamp,
});
export type CallTrace = Static<typeof CallTrace>;

export const TraceSettings = Type.Object({
  keepDays: Type.Integer({ minimum: 0, maximum: traceLimits.keepDaysMax }),
  version: Type.Integer({ minimum: 0 }),
});
export type TraceSettings = Static<typeof TraceSettings>;

/** The SIP messages of calls. */
export const traceRoutes = {
  contactTraceGet: {
    method: "GET",
    path: "/contacts/:contactId/trace",
    access: ["traces.read"],
    tag: "contacts",
    summary: "The SIP messages of a contact's calls as ladders; empty where none are kept",
    params: one("contactId"),
    response: Type.Object({ items: Type.Array(CallTrace) }),
  },
  contactTraceText: {
    method: "GET",
    path: "/contacts/:contactId/trace.txt",
    access: ["traces.read"],
    tag: "contacts",
    summary: "The same as text; each download is logged",
    params: one("contactId"),
    bytes: "text/plain",
  },
  contactTracePcap: {
    method: "GET",
    path: "/contacts/:contactId/trace.pcap",
    access: ["traces.read"],
    tag: "contacts",
    summary: "The same as a capture file for packet analysers; each download is logged",
    params: one("contactId"),
    bytes: "application/vnd.tcpdump.pcap",
  },
  traceSettingsGet: {
    method: "GET",
    path: "/trace-settings",
    access: ["setup.manage"],
    tag: "setup",
    summary: "For how long SIP messages are kept",
    response: TraceSettings,
  },
  traceSettingsPut: {
    method: "PUT",
    path: "/trace-settings",
    access: ["setup.manage"],
    tag: "setup",
    summary: "Sets for how long SIP messages are kept",
    body: TraceSettings,
    response: TraceSettings,
  },
} as const satisfies Record<string, Route>;
