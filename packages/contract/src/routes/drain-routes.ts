import Type from "typebox";
import type { Static } from "typebox";
import { type Route } from "../route.ts";
import { Timestamp } from "../schemas.ts";
import { nullable } from "../nullable.ts";

/** Calls that are still at the exchange. */
export const CallsLeft = Type.Object({
  talking: Type.Integer({ minimum: 0 }),
  waiting: Type.Integer({ minimum: 0, description: "Greeted, or in a queue" }),
  beginning: Type.Integer({ minimum: 0, description: "Not answered yet, either way" }),
});
export type CallsLeft = Static<typeof CallsLeft>;

/** Whether the exchange takes new calls, and what is left of those it had. */
export const Drain = Type.Object({
  /** False while the exchange is away: then nothing is known. */
  known: Type.Boolean(),
  at: Timestamp,
  /** Null: new calls are taken. */
  draining: nullable(
    Type.Object({
      since: Timestamp,
      by: Type.Enum(["operator", "stop"], { description: "Ordered here, or because the program is being stopped" }),
      byName: nullable(Type.String({ description: "Who ordered it, where that is still known" })),
      endsAt: nullable(Timestamp),
    }),
  ),
  left: CallsLeft,
});
export type Drain = Static<typeof Drain>;

/** Letting the exchange run empty before it is stopped. */
export const drainRoutes = {
  drainGet: {
    method: "GET",
    path: "/drain",
    access: ["setup.manage"],
    tag: "setup",
    summary: "Whether new calls are taken, and how many are left",
    response: Drain,
  },
  drainBegin: {
    method: "POST",
    path: "/drain",
    access: ["setup.manage"],
    tag: "setup",
    summary: "Takes no new calls; those that are there go on to their end",
    response: Drain,
  },
  drainCancel: {
    method: "DELETE",
    path: "/drain",
    access: ["setup.manage"],
    tag: "setup",
    summary: "Takes new calls again",
    response: Drain,
  },
} as const satisfies Record<string, Route>;
