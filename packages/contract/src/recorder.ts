// A recorder elsewhere that gets the calls of some queues too (SIPREC, RFC 7866). What the edge is told of it, and what the edge tells.
import type { Instant } from "@allo/kernel";
import type { TrunkTransportName } from "./trunk.ts";

export const recorderLimits = {
  /** Lines of one recorder's log that are kept. */
  logLinesMax: 200,
} as const;

export const recorderPauses = ["silence", "inactive"] as const;
/** While a recording is paused: silence in streams that go on, or streams that stop, and the recorder is told so. */
export type RecorderPause = (typeof recorderPauses)[number];

/** What the edge must know of a recorder. Its password is in it: it goes over the bus and nowhere else. */
export type RecorderConfig = {
  readonly recorderId: string;
  readonly host: string;
  /** Null: SRV says, else the usual port of the transport. */
  readonly port: number | null;
  readonly transport: TrunkTransportName;
  /** The user part of the address that is called; null: none. */
  readonly user: string | null;
  /** What it asks for by digest. */
  readonly account: { readonly user: string; readonly password: string } | null;
  /** Audio sealed by keys in the descriptions (SDES), over TLS alone. */
  readonly srtp: boolean;
  readonly pausedAs: RecorderPause;
  /** Asked whether it is there so often; 0: never. */
  readonly optionsSeconds: number;
  readonly tls: {
    /** PEM of the authority that its certificate must come from; null: those of the system. */
    readonly caPem: string | null;
    /** SHA-256 of its certificate, "AB:CD:…"; it alone decides where it is given. */
    readonly fingerprint: string | null;
  };
};

export type RecorderTroubleName = "noAnswer" | "connectionFailed" | "nameUnresolved" | "busy" | "certificate";

/** A recorder at this moment, as the edge sees it. */
export type RecorderState = {
  readonly recorderId: string;
  readonly at: Instant;
  readonly health: "unknown" | "up" | "degraded" | "down";
  readonly since: Instant;
  readonly trouble: RecorderTroubleName | null;
  readonly lastStatus: number | null;
  readonly roundTripMs: number | null;
  /** Calls that it gets now, and those that it should get and doesn't. */
  readonly sessions: number;
  readonly missing: number;
};

/** Why a call doesn't come to its recorder, or no longer. */
export type CopyTrouble =
  | "noMedia"
  | "unreachable"
  | "noAnswer"
  | "refused"
  /** It took none of the streams. */
  | "noStreams"
  /** It ended the session, or its line is gone, while the talk went on. */
  | "dropped"
  /** The recorder isn't set up any more. */
  | "notSetUp";

/** A line of a recorder's log: what happened, without numbers or names of people. */
export type RecorderLogLine = {
  readonly at: Instant;
  readonly what: "up" | "degraded" | "down" | "sessionBegan" | "sessionFailed" | "sessionEnded";
  readonly status: number | null;
  readonly trouble: RecorderTroubleName | CopyTrouble | null;
};
