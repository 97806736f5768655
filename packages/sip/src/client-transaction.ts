// RFC 3261 §17.1.2, non-INVITE.
import type { Step } from "@allo/kernel";
import { giveUpMs } from "./transaction-types.ts";
import type { TransactionCommand, TransactionTiming } from "./transaction-types.ts";

export type ClientTimer = "E" | "F" | "K";
export type ClientState =
  | { readonly kind: "trying"; readonly retransmitMs: number }
  | { readonly kind: "proceeding" }
  | { readonly kind: "completed" }
  | { readonly kind: "terminated" };
export type ClientEvent =
  | { readonly kind: "timerFired"; readonly timer: ClientTimer }
  | { readonly kind: "provisionalReceived" | "finalReceived" | "transportFailed" };
type Out = Step<ClientState, TransactionCommand<ClientTimer>>;

export function beginClient(timing: TransactionTiming): Out {
  const commands: TransactionCommand<ClientTimer>[] = [
    { kind: "sendRequest" },
    { kind: "armTimer", timer: "F", afterMs: giveUpMs(timing) },
  ];
  if (!timing.isReliable) commands.push({ kind: "armTimer", timer: "E", afterMs: timing.T1Ms });
  return { state: { kind: "trying", retransmitMs: timing.T1Ms }, commands };
}

export function stepClient(state: ClientState, event: ClientEvent, timing: TransactionTiming): Out {
  switch (state.kind) {
    case "trying":
    case "proceeding":
      switch (event.kind) {
        case "timerFired":
          if (event.timer === "F") return end([{ kind: "passTimeout" }]);
          if (event.timer !== "E") return stay(state);
          if (state.kind === "proceeding") return { state, commands: resend(timing.T2Ms) };
          {
            const retransmitMs = Math.min(state.retransmitMs * 2, timing.T2Ms);
            return { state: { kind: "trying", retransmitMs }, commands: resend(retransmitMs) };
          }
        case "provisionalReceived":
          return { state: { kind: "proceeding" }, commands: [{ kind: "passResponse" }] };
        case "finalReceived":
          if (timing.isReliable) return end([{ kind: "passResponse" }]);
          return {
            state: { kind: "completed" },
            commands: [
              { kind: "cancelTimer", timer: "E" },
              { kind: "cancelTimer", timer: "F" },
              { kind: "armTimer", timer: "K", afterMs: timing.T4Ms },
              { kind: "passResponse" },
            ],
          };
        case "transportFailed":
          return end([{ kind: "passTransportFailure" }]);
      }
    // The switch above returns in each of its cases.
    // oxlint-disable-next-line no-fallthrough
    case "completed":
      return event.kind === "timerFired" && event.timer === "K" ? end([]) : stay(state);
    case "terminated":
      return stay(state);
  }
}

function resend(afterMs: number): TransactionCommand<ClientTimer>[] {
  return [{ kind: "sendRequest" }, { kind: "armTimer", timer: "E", afterMs }];
}

function stay(state: ClientState): Out {
  return { state, commands: [] };
}

function end(commands: readonly TransactionCommand<ClientTimer>[]): Out {
  return { state: { kind: "terminated" }, commands };
}
