// RFC 3261 §17.2.2, non-INVITE, with RFC 4320: no 408 is ever sent, and an answer later than timer F of the peer is not sent.
import type { Step } from "@allo/kernel";
import { longMs } from "./transaction-types.ts";
import type { TransactionCommand, TransactionTiming } from "./transaction-types.ts";

/** "late" ends a transaction that nobody answered while the peer still waited (RFC 4320 §4.2). */
export type ServerTimer = "J" | "late";
export type ServerState =
  | { readonly kind: "trying" }
  | { readonly kind: "proceeding" }
  | { readonly kind: "completed" }
  | { readonly kind: "terminated" };
export type ServerEvent =
  | { readonly kind: "timerFired"; readonly timer: ServerTimer }
  | { readonly kind: "requestReceived" | "provisionalSent" | "finalSent" | "transportFailed" };
type Out = Step<ServerState, TransactionCommand<ServerTimer>>;

export function beginServer(timing: TransactionTiming): Out {
  return { state: { kind: "trying" }, commands: [{ kind: "armTimer", timer: "late", afterMs: longMs(timing) }] };
}

export function stepServer(state: ServerState, event: ServerEvent, timing: TransactionTiming): Out {
  switch (state.kind) {
    case "trying":
    case "proceeding":
      switch (event.kind) {
        case "requestReceived":
          return { state, commands: state.kind === "proceeding" ? [{ kind: "sendResponse" }] : [] };
        case "provisionalSent":
          return { state: { kind: "proceeding" }, commands: [{ kind: "sendResponse" }] };
        case "finalSent":
          if (timing.isReliable) return end([{ kind: "cancelTimer", timer: "late" }, { kind: "sendResponse" }]);
          return {
            state: { kind: "completed" },
            commands: [
              { kind: "cancelTimer", timer: "late" },
              { kind: "sendResponse" },
              { kind: "armTimer", timer: "J", afterMs: longMs(timing) },
            ],
          };
        case "transportFailed":
          return end([{ kind: "passTransportFailure" }]);
        case "timerFired":
          return event.timer === "late" ? end([]) : stay(state);
      }
    // The switch above returns in each of its cases.
    // oxlint-disable-next-line no-fallthrough
    case "completed":
      if (event.kind === "requestReceived") return { state, commands: [{ kind: "sendResponse" }] };
      if (event.kind === "timerFired" && event.timer === "J") return end([]);
      return event.kind === "transportFailed" ? end([{ kind: "passTransportFailure" }]) : stay(state);
    case "terminated":
      return stay(state);
  }
}

function stay(state: ServerState): Out {
  return { state, commands: [] };
}

function end(commands: readonly TransactionCommand<ServerTimer>[]): Out {
  return { state: { kind: "terminated" }, commands };
}
