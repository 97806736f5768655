import Type from "typebox";
import type { Static } from "typebox";
import type { Route } from "../route.ts";
import { Id, Timestamp } from "../schemas.ts";

export const reconciliationPeriodMsMax = 8 * 86_400_000;

/** Something that is stored or shown otherwise than the event log says. */
export const ReconciliationDifference = Type.Object({
  check: Type.Enum(["log", "segment", "row", "queueDay", "agentTime", "lostCall", "today"]),
  /** A contact, a queue with its day, a person. */
  subject: Type.String(),
  what: Type.String(),
  counted: Type.String(),
  stored: Type.String(),
  contactIds: Type.Array(Id),
});
export type ReconciliationDifference = Static<typeof ReconciliationDifference>;
const Count = Type.Integer({ minimum: 0 });
export const ReconciliationState = Type.Object({
  from: Timestamp,
  to: Timestamp,
  days: Count,
  contacts: Count,
  /** Visits to queues. */
  segments: Count,
  /** At work on the busiest day. */
  agents: Count,
  queueDays: Type.Array(
    Type.Object({
      queueId: Id,
      /** When the day began. */
      day: Timestamp,
      offered: Count,
      answered: Count,
      answeredInTarget: Count,
      abandoned: Count,
      shortAbandoned: Count,
      flowedOut: Count,
      refused: Count,
      systemDisconnected: Count,
      open: Count,
      handled: Count,
      handleMs: Count,
      holdMs: Count,
      serviceLevel: Type.Union([Type.Number(), Type.Null()]),
    }),
  ),
  differenceCount: Count,
  /** The first thousand. */
  differences: Type.Array(ReconciliationDifference),
});
export type ReconciliationState = Static<typeof ReconciliationState>;

/** Figures against the event log. */
export const reconciliationRoutes = {
  reconciliationGet: {
    method: "GET",
    path: "/reconciliation",
    access: ["audit.read"],
    tag: "floor",
    summary: "Counts a period of at most eight days anew from the event log and says where facts, lists and figures differ from it",
    query: Type.Object({ from: Timestamp, to: Timestamp }),
    response: ReconciliationState,
  },
} as const satisfies Record<string, Route>;
