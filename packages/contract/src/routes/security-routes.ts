import Type from "typebox";
import type { Static } from "typebox";
import { type Route } from "../route.ts";
import { Timestamp } from "../schemas.ts";

/** Why a source isn't answered: floods, wrong passwords, never says who it is, sends what can't be read, names itself a scanner. */
export const blockReasons = ["flood", "wrongPassword", "neverProves", "malformed", "scanner"] as const;
export type BlockReason = (typeof blockReasons)[number];

/** A source that the exchange doesn't answer for a while: an address, a network of neighbours, or a phone's user name. */
export const BlockedSource = Type.Object({
  source: Type.String(),
  kind: Type.Enum(["address", "network", "user"]),
  why: Type.Enum([...blockReasons]),
  since: Timestamp,
  until: Timestamp,
  dropped: Type.Integer({ description: "Messages not looked at since then" }),
});
export type BlockedSource = Static<typeof BlockedSource>;
/** Called on the trunks' port, but no number lists it: it heard nothing. */
export const UnlistedSource = Type.Object({ address: Type.String(), since: Timestamp, last: Timestamp, count: Type.Integer() });
export type UnlistedSource = Static<typeof UnlistedSource>;

export const SecurityState = Type.Object({
  /** False while the exchange is away: then nothing is known. */
  known: Type.Boolean(),
  at: Timestamp,
  blocked: Type.Array(BlockedSource),
  unlisted: Type.Array(UnlistedSource),
  /** New calls are refused because the exchange is full. */
  shedding: Type.Boolean(),
});
export type SecurityState = Static<typeof SecurityState>;

/** Who is not answered by the exchange, and why. */
export const securityRoutes = {
  securityStateGet: {
    method: "GET",
    path: "/security",
    access: ["setup.manage"],
    tag: "security",
    summary: "Sources that the exchange doesn't answer: blocked ones, and unknown ones on the trunks' port",
    response: SecurityState,
  },
  sourceLift: {
    method: "POST",
    path: "/security/lift",
    access: ["setup.manage"],
    tag: "security",
    summary: "Answers a blocked source again",
    body: Type.Object({ source: Type.String({ minLength: 1, maxLength: 120 }) }),
    response: SecurityState,
  },
} as const satisfies Record<string, Route>;
