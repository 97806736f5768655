import Type from "typebox";
import type { Static } from "typebox";
import { recorderPauses } from "../recorder.ts";
import { list, one, type Route } from "../route.ts";
import { Id, Name, Timestamp } from "../schemas.ts";
import { trunkTransports } from "../trunk.ts";
import { nullable } from "../nullable.ts";

/** A name of DNS, an IPv4 address, or an IPv6 one in brackets. */
const Host = Type.String({ minLength: 1, maxLength: 253, pattern: "^(\\[[0-9A-Fa-f:.]+\\]|[0-9A-Za-z]([0-9A-Za-z._-]*[0-9A-Za-z])?)$" });
const User = Type.String({ minLength: 1, maxLength: 128, pattern: "^[!-~]+$" });
/** Of the address that is called: what needs no escaping there. */
const CalledUser = Type.String({ minLength: 1, maxLength: 128, pattern: "^[0-9A-Za-z._+-]+$" });
const Password = Type.String({ minLength: 1, maxLength: 256 });

/** A recorder as administrators set it up; its password is apart. */
export const RecorderSettings = Type.Object({
  name: Name,
  enabled: Type.Boolean(),
  host: Host,
  port: nullable(Type.Integer({ minimum: 1, maximum: 65_535 })),
  transport: Type.Enum([...trunkTransports]),
  /** The user part of the address that is called. */
  user: nullable(CalledUser),
  /** By which we show ourselves where it asks; null: it knows us by our address. */
  accountUser: nullable(User),
  /** Audio sealed with keys in the descriptions; only over TLS. */
  srtp: Type.Boolean(),
  pausedAs: Type.Enum([...recorderPauses]),
  /** 0: never. */
  optionsSeconds: Type.Integer({ minimum: 0, maximum: 3_600 }),
  tls: Type.Object({
    caPem: nullable(Type.String({ minLength: 1, maxLength: 65_536 })),
    fingerprint: nullable(Type.String({ pattern: "^([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$" })),
  }),
});
export type RecorderSettings = Static<typeof RecorderSettings>;

const healthTroubles = ["noAnswer", "connectionFailed", "nameUnresolved", "busy", "certificate"] as const;

export const Recorder = Type.Intersect([
  Type.Object({
    recorderId: Id,
    /** A password is kept; which one is never said. */
    hasPassword: Type.Boolean(),
    retired: Type.Boolean(),
    version: Type.Integer(),
    /** As the edge saw it last; null: no edge has spoken of it. */
    state: nullable(
      Type.Object({
        recorderId: Id,
        at: Timestamp,
        health: Type.Enum(["unknown", "up", "degraded", "down"]),
        since: Timestamp,
        trouble: nullable(Type.Enum([...healthTroubles])),
        lastStatus: nullable(Type.Integer()),
        roundTripMs: nullable(Type.Number()),
        sessions: Type.Integer(),
        missing: Type.Integer(),
      }),
    ),
  }),
  RecorderSettings,
]);
export type Recorder = Static<typeof Recorder>;

export const RecorderLogEntry = Type.Object({
  at: Timestamp,
  what: Type.Enum(["up", "degraded", "down", "sessionBegan", "sessionFailed", "sessionEnded"]),
  status: nullable(Type.Integer()),
  trouble: nullable(Type.Enum([...healthTroubles, "noMedia", "unreachable", "refused", "noStreams", "dropped", "notSetUp"])),
});
export type RecorderLogEntry = Static<typeof RecorderLogEntry>;

/** A recorder that queues send talks to, and that doesn't get them. */
export const RecorderTroubleShown = Type.Object({ recorderId: Id, name: Type.String(), since: Timestamp, missing: Type.Integer() });

/** Recorders elsewhere. */
export const recorderRoutes = {
  recordersList: {
    method: "GET",
    path: "/recorders",
    access: ["setup.manage"],
    tag: "setup",
    summary: "Recorders elsewhere with their state now",
    response: list(Recorder),
  },
  recorderCreate: {
    method: "POST",
    path: "/recorders",
    access: ["setup.manage"],
    tag: "setup",
    summary: "Adds a recorder elsewhere (SIPREC)",
    body: Type.Intersect([RecorderSettings, Type.Object({ password: nullable(Password) })]),
    response: Recorder,
  },
  recorderUpdate: {
    method: "PATCH",
    path: "/recorders/:recorderId",
    access: ["setup.manage"],
    tag: "setup",
    summary: "Changes or retires a recorder; a password that isn't said stays as it is",
    params: one("recorderId"),
    body: Type.Intersect([
      Type.Partial(RecorderSettings),
      Type.Object({ password: Type.Optional(nullable(Password)), retired: Type.Optional(Type.Boolean()), version: Type.Integer() }),
    ]),
    response: Recorder,
  },
  recorderTroublesList: {
    method: "GET",
    path: "/recorder-troubles",
    access: ["floor.read"],
    tag: "floor",
    summary: "Recorders elsewhere that talks don't come to now, the one that lacks most first",
    response: list(RecorderTroubleShown),
  },
  recorderLog: {
    method: "GET",
    path: "/recorders/:recorderId/log",
    access: ["setup.manage"],
    tag: "setup",
    summary: "What happened with a recorder, newest first; kept in memory",
    params: one("recorderId"),
    response: list(RecorderLogEntry),
  },
} as const satisfies Record<string, Route>;
