// RFC 3261 §17.2.1 with the Accepted state of RFC 6026 §7.1: 2xx are retransmitted by the dialog, not here.
import type { Step } from "@allo/kernel";
import { longMs } from "./transaction-types.ts";
import type { TransactionCommand, TransactionTiming } from "./transaction-types.ts";

export type InviteServerTimer = "G" | "H" | "I" | "L";
export type InviteServerState =
  | { readonly kind: "proceeding"; readonly hasResponse: boolean }
  | { readonly kind: "completed"; readonly retransmitMs: number }
  | { readonly kind: "confirmed" }
  | { readonly kind: "accepted" }
  | { readonly kind: "terminated" };
export type InviteServerEvent =
  | { readonly kind: "timerFired"; readonly timer: InviteServerTimer }
  | {
      readonly kind: "requestReceived" | "ackReceived" | "provisionalSent" | "successSent" | "failureSent" | "transportFailed";
    };
type Out = Step<InviteServerState, TransactionCommand<InviteServerTimer>>;

export function beginInviteServer(): Out {
  return { state: { kind: "proceeding", hasResponse: false }, commands: [] };
}

export function stepInviteServer(state: InviteServerState, event: InviteServerEvent, timing: TransactionTiming): Out {
  switch (state.kind) {
    case "proceeding":
      switch (event.kind) {
        case "requestReceived":
          return { state, commands: state.hasResponse ? [{ kind: "sendResponse" }] : [] };
        case "provisionalSent":
          return { state: { kind: "proceeding", hasResponse: true }, commands: [{ kind: "sendResponse" }] };
        case "successSent":
          return {
            state: { kind: "accepted" },
            commands: [{ kind: "sendResponse" }, { kind: "armTimer", timer: "L", afterMs: longMs(timing) }],
          };
        case "failureSent": {
          const commands: TransactionCommand<InviteServerTimer>[] = [{ kind: "sendResponse" }];
          if (!timing.isReliable) commands.push({ kind: "armTimer", timer: "G", afterMs: timing.T1Ms });
          commands.push({ kind: "armTimer", timer: "H", afterMs: longMs(timing) });
          return { state: { kind: "completed", retransmitMs: timing.T1Ms }, commands };
        }
        case "transportFailed":
          return end([{ kind: "passTransportFailure" }]);
        // An ACK before the final response has nothing to acknowledge; no timer runs here.
        case "ackReceived":
        case "timerFired":
          return stay(state);
      }
    // The switch above returns in each of its cases.
    // oxlint-disable-next-line no-fallthrough
    case "completed":
      switch (event.kind) {
        case "requestReceived":
          return { state, commands: [{ kind: "sendResponse" }] };
        case "ackReceived":
          if (timing.isReliable) return end([]);
          return {
            state: { kind: "confirmed" },
            commands: [
              { kind: "cancelTimer", timer: "G" },
              { kind: "cancelTimer", timer: "H" },
              { kind: "armTimer", timer: "I", afterMs: timing.T4Ms },
            ],
          };
        case "timerFired": {
          if (event.timer === "H") return end([{ kind: "passTimeout" }]);
          if (event.timer !== "G") return stay(state);
          const retransmitMs = Math.min(state.retransmitMs * 2, timing.T2Ms);
          return {
            state: { kind: "completed", retransmitMs },
            commands: [{ kind: "sendResponse" }, { kind: "armTimer", timer: "G", afterMs: retransmitMs }],
          };
        }
        case "transportFailed":
          return end([{ kind: "passTransportFailure" }]);
        // A second answer of the user is refused by the layer above; it changes nothing here.
        case "provisionalSent":
        case "successSent":
        case "failureSent":
          return stay(state);
      }
    // The switch above returns in each of its cases.
    // oxlint-disable-next-line no-fallthrough
    case "confirmed":
      return event.kind === "timerFired" && event.timer === "I" ? end([]) : stay(state);
    case "accepted":
      if (event.kind === "ackReceived") return { state, commands: [{ kind: "passAck" }] };
      if (event.kind === "successSent") return { state, commands: [{ kind: "sendResponse" }] };
      return event.kind === "timerFired" && event.timer === "L" ? end([]) : stay(state);
    case "terminated":
      return stay(state);
  }
}

function stay(state: InviteServerState): Out {
  return { state, commands: [] };
}

function end(commands: readonly TransactionCommand<InviteServerTimer>[]): Out {
  return { state: { kind: "terminated" }, commands };
}
