// RFC 3261 §17.1.1 with the Accepted state of RFC 6026 §7.2.
import type { Step } from "@allo/kernel";
import { giveUpMs, longMs } from "./transaction-types.ts";
import type { TransactionCommand, TransactionTiming } from "./transaction-types.ts";

export type InviteClientTimer = "A" | "B" | "D" | "M";
export type InviteClientState =
  | { readonly kind: "calling"; readonly retransmitMs: number }
  | { readonly kind: "proceeding" }
  | { readonly kind: "completed" }
  | { readonly kind: "accepted" }
  | { readonly kind: "terminated" };
export type InviteClientEvent =
  | { readonly kind: "timerFired"; readonly timer: InviteClientTimer }
  | { readonly kind: "provisionalReceived" | "successReceived" | "failureReceived" | "transportFailed" };
type Out = Step<InviteClientState, TransactionCommand<InviteClientTimer>>;

/** RFC 3261 §17.1.1.2: timer D is at least 32 s on an unreliable transport, whatever T1 is. */
const TIMER_D_MS = 32_000;

export function beginInviteClient(timing: TransactionTiming): Out {
  const commands: TransactionCommand<InviteClientTimer>[] = [{ kind: "sendRequest" }];
  if (!timing.isReliable) commands.push({ kind: "armTimer", timer: "A", afterMs: timing.T1Ms });
  commands.push({ kind: "armTimer", timer: "B", afterMs: giveUpMs(timing) });
  return { state: { kind: "calling", retransmitMs: timing.T1Ms }, commands };
}

export function stepInviteClient(state: InviteClientState, event: InviteClientEvent, timing: TransactionTiming): Out {
  switch (state.kind) {
    case "calling":
    case "proceeding":
      switch (event.kind) {
        case "timerFired":
          if (state.kind !== "calling") return stay(state);
          if (event.timer === "A") {
            const retransmitMs = state.retransmitMs * 2;
            return {
              state: { kind: "calling", retransmitMs },
              commands: [{ kind: "sendRequest" }, { kind: "armTimer", timer: "A", afterMs: retransmitMs }],
            };
          }
          return event.timer === "B" ? end([{ kind: "passTimeout" }]) : stay(state);
        case "provisionalReceived":
          return {
            state: { kind: "proceeding" },
            commands: state.kind === "calling" ? [...cancelCalling(), { kind: "passResponse" }] : [{ kind: "passResponse" }],
          };
        case "successReceived":
          return {
            state: { kind: "accepted" },
            commands: [...cancelCalling(), { kind: "armTimer", timer: "M", afterMs: longMs(timing) }, { kind: "passResponse" }],
          };
        case "failureReceived":
          if (timing.isReliable) return end([{ kind: "sendAck" }, { kind: "passResponse" }]);
          return {
            state: { kind: "completed" },
            commands: [
              ...cancelCalling(),
              { kind: "sendAck" },
              { kind: "armTimer", timer: "D", afterMs: Math.max(TIMER_D_MS, longMs(timing)) },
              { kind: "passResponse" },
            ],
          };
        case "transportFailed":
          return end([{ kind: "passTransportFailure" }]);
      }
    // The switch above returns in each of its cases.
    // oxlint-disable-next-line no-fallthrough
    case "completed":
      if (event.kind === "failureReceived") return { state, commands: [{ kind: "sendAck" }] };
      if (event.kind === "timerFired" && event.timer === "D") return end([]);
      // RFC 3261 §17.1.1.2: the failure was already reported; a lost ACK is the peer's timer H.
      return event.kind === "transportFailed" ? end([]) : stay(state);
    case "accepted":
      if (event.kind === "successReceived") return { state, commands: [{ kind: "passResponse" }] };
      return event.kind === "timerFired" && event.timer === "M" ? end([]) : stay(state);
    case "terminated":
      return stay(state);
  }
}

function cancelCalling(): TransactionCommand<InviteClientTimer>[] {
  return [
    { kind: "cancelTimer", timer: "A" },
    { kind: "cancelTimer", timer: "B" },
  ];
}

function stay(state: InviteClientState): Out {
  return { state, commands: [] };
}

function end(commands: readonly TransactionCommand<InviteClientTimer>[]): Out {
  return { state: { kind: "terminated" }, commands };
}
