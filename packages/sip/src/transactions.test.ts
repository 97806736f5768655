import { describe, expect, it } from "vitest";
import { beginClient, stepClient } from "./client-transaction.ts";
import type { ClientEvent, ClientState } from "./client-transaction.ts";
import { beginInviteClient, stepInviteClient } from "./invite-client-transaction.ts";
import type { InviteClientEvent, InviteClientState } from "./invite-client-transaction.ts";
import { beginInviteServer, stepInviteServer } from "./invite-server-transaction.ts";
import type { InviteServerEvent, InviteServerState } from "./invite-server-transaction.ts";
import { beginServer, stepServer } from "./server-transaction.ts";
import type { ServerEvent, ServerState } from "./server-transaction.ts";
import type { TransactionCommand, TransactionTiming } from "./transaction-types.ts";

const UDP: TransactionTiming = { T1Ms: 500, T2Ms: 4_000, T4Ms: 5_000, isReliable: false };
const TCP: TransactionTiming = { ...UDP, isReliable: true };

type AnyStep = { readonly state: { readonly kind: string }; readonly commands: readonly TransactionCommand<string>[] };

function show({ state, commands }: AnyStep): string {
  const list = commands.map((each) =>
    "timer" in each ? `${each.kind === "armTimer" ? `${each.timer}=${each.afterMs}` : `-${each.timer}`}` : each.kind,
  );
  return `${state.kind}${"retransmitMs" in state ? `(${String(state.retransmitMs)})` : ""}: ${list.join(" ") || "nothing"}`;
}

/** Every state × event of a machine on both kinds of transport, as lines. */
function matrix<S extends { readonly kind: string }, E extends { readonly kind: string; readonly timer?: string }>(
  states: readonly S[],
  events: readonly E[],
  step: (state: S, event: E, timing: TransactionTiming) => AnyStep,
): string[] {
  return states.flatMap((state) =>
    events.flatMap((event) => {
      const name = event.timer === undefined ? event.kind : `timer ${event.timer}`;
      const [udp, tcp] = [show(step(state, event, UDP)), show(step(state, event, TCP))];
      return udp === tcp ? [`${state.kind} + ${name} → ${udp}`] : [`${state.kind} + ${name} → udp ${udp} | tcp ${tcp}`];
    }),
  );
}

const timers = <T extends string>(...names: T[]) => names.map((timer) => ({ kind: "timerFired" as const, timer }));
const plain = <K extends string>(...kinds: K[]) => kinds.map((kind) => ({ kind }));

describe("the four transaction machines", () => {
  it("begin as RFC 3261 figures 5 to 8 draw them", () => {
    expect(
      [beginInviteClient(UDP), beginInviteClient(TCP), beginClient(UDP), beginClient(TCP), beginInviteServer(), beginServer(UDP)].map(show),
    ).toEqual([
      "calling(500): sendRequest A=500 B=32000",
      "calling(500): sendRequest B=32000",
      "trying(500): sendRequest F=32000 E=500",
      "trying(500): sendRequest F=32000",
      "proceeding: nothing",
      "trying: late=32000",
    ]);
  });

  it("INVITE client: the whole matrix, with D at least 32 s and M absorbing 2xx (RFC 6026)", () => {
    const states: InviteClientState[] = [
      { kind: "calling", retransmitMs: 500 },
      ...plain("proceeding", "completed", "accepted", "terminated"),
    ];
    const events: InviteClientEvent[] = [
      ...timers("A", "B", "D", "M"),
      ...plain("provisionalReceived", "successReceived", "failureReceived", "transportFailed"),
    ];
    expect(matrix(states, events, stepInviteClient)).toMatchInlineSnapshot(`
      [
        "calling + timer A → calling(1000): sendRequest A=1000",
        "calling + timer B → terminated: passTimeout",
        "calling + timer D → calling(500): nothing",
        "calling + timer M → calling(500): nothing",
        "calling + provisionalReceived → proceeding: -A -B passResponse",
        "calling + successReceived → accepted: -A -B M=32000 passResponse",
        "calling + failureReceived → udp completed: -A -B sendAck D=32000 passResponse | tcp terminated: sendAck passResponse",
        "calling + transportFailed → terminated: passTransportFailure",
        "proceeding + timer A → proceeding: nothing",
        "proceeding + timer B → proceeding: nothing",
        "proceeding + timer D → proceeding: nothing",
        "proceeding + timer M → proceeding: nothing",
        "proceeding + provisionalReceived → proceeding: passResponse",
        "proceeding + successReceived → accepted: -A -B M=32000 passResponse",
        "proceeding + failureReceived → udp completed: -A -B sendAck D=32000 passResponse | tcp terminated: sendAck passResponse",
        "proceeding + transportFailed → terminated: passTransportFailure",
        "completed + timer A → completed: nothing",
        "completed + timer B → completed: nothing",
        "completed + timer D → terminated: nothing",
        "completed + timer M → completed: nothing",
        "completed + provisionalReceived → completed: nothing",
        "completed + successReceived → completed: nothing",
        "completed + failureReceived → completed: sendAck",
        "completed + transportFailed → terminated: nothing",
        "accepted + timer A → accepted: nothing",
        "accepted + timer B → accepted: nothing",
        "accepted + timer D → accepted: nothing",
        "accepted + timer M → terminated: nothing",
        "accepted + provisionalReceived → accepted: nothing",
        "accepted + successReceived → accepted: passResponse",
        "accepted + failureReceived → accepted: nothing",
        "accepted + transportFailed → accepted: nothing",
        "terminated + timer A → terminated: nothing",
        "terminated + timer B → terminated: nothing",
        "terminated + timer D → terminated: nothing",
        "terminated + timer M → terminated: nothing",
        "terminated + provisionalReceived → terminated: nothing",
        "terminated + successReceived → terminated: nothing",
        "terminated + failureReceived → terminated: nothing",
        "terminated + transportFailed → terminated: nothing",
      ]
    `);
  });

  it("non-INVITE client: the whole matrix, with E rising to T2 and K only on UDP", () => {
    const states: ClientState[] = [{ kind: "trying", retransmitMs: 2_000 }, ...plain("proceeding", "completed", "terminated")];
    const events: ClientEvent[] = [...timers("E", "F", "K"), ...plain("provisionalReceived", "finalReceived", "transportFailed")];
    expect(matrix(states, events, stepClient)).toMatchInlineSnapshot(`
      [
        "trying + timer E → trying(4000): sendRequest E=4000",
        "trying + timer F → terminated: passTimeout",
        "trying + timer K → trying(2000): nothing",
        "trying + provisionalReceived → proceeding: passResponse",
        "trying + finalReceived → udp completed: -E -F K=5000 passResponse | tcp terminated: passResponse",
        "trying + transportFailed → terminated: passTransportFailure",
        "proceeding + timer E → proceeding: sendRequest E=4000",
        "proceeding + timer F → terminated: passTimeout",
        "proceeding + timer K → proceeding: nothing",
        "proceeding + provisionalReceived → proceeding: passResponse",
        "proceeding + finalReceived → udp completed: -E -F K=5000 passResponse | tcp terminated: passResponse",
        "proceeding + transportFailed → terminated: passTransportFailure",
        "completed + timer E → completed: nothing",
        "completed + timer F → completed: nothing",
        "completed + timer K → terminated: nothing",
        "completed + provisionalReceived → completed: nothing",
        "completed + finalReceived → completed: nothing",
        "completed + transportFailed → completed: nothing",
        "terminated + timer E → terminated: nothing",
        "terminated + timer F → terminated: nothing",
        "terminated + timer K → terminated: nothing",
        "terminated + provisionalReceived → terminated: nothing",
        "terminated + finalReceived → terminated: nothing",
        "terminated + transportFailed → terminated: nothing",
      ]
    `);
  });

  it("INVITE server: the whole matrix, with G rising to T2, H on every transport, I only on UDP, L absorbing INVITEs (RFC 6026)", () => {
    const states: InviteServerState[] = [
      { kind: "proceeding", hasResponse: true },
      { kind: "completed", retransmitMs: 4_000 },
      ...plain("confirmed", "accepted", "terminated"),
    ];
    const events: InviteServerEvent[] = [
      ...timers("G", "H", "I", "L"),
      ...plain("requestReceived", "ackReceived", "provisionalSent", "successSent", "failureSent", "transportFailed"),
    ];
    expect(matrix(states, events, stepInviteServer)).toMatchInlineSnapshot(`
      [
        "proceeding + timer G → proceeding: nothing",
        "proceeding + timer H → proceeding: nothing",
        "proceeding + timer I → proceeding: nothing",
        "proceeding + timer L → proceeding: nothing",
        "proceeding + requestReceived → proceeding: sendResponse",
        "proceeding + ackReceived → proceeding: nothing",
        "proceeding + provisionalSent → proceeding: sendResponse",
        "proceeding + successSent → accepted: sendResponse L=32000",
        "proceeding + failureSent → udp completed(500): sendResponse G=500 H=32000 | tcp completed(500): sendResponse H=32000",
        "proceeding + transportFailed → terminated: passTransportFailure",
        "completed + timer G → completed(4000): sendResponse G=4000",
        "completed + timer H → terminated: passTimeout",
        "completed + timer I → completed(4000): nothing",
        "completed + timer L → completed(4000): nothing",
        "completed + requestReceived → completed(4000): sendResponse",
        "completed + ackReceived → udp confirmed: -G -H I=5000 | tcp terminated: nothing",
        "completed + provisionalSent → completed(4000): nothing",
        "completed + successSent → completed(4000): nothing",
        "completed + failureSent → completed(4000): nothing",
        "completed + transportFailed → terminated: passTransportFailure",
        "confirmed + timer G → confirmed: nothing",
        "confirmed + timer H → confirmed: nothing",
        "confirmed + timer I → terminated: nothing",
        "confirmed + timer L → confirmed: nothing",
        "confirmed + requestReceived → confirmed: nothing",
        "confirmed + ackReceived → confirmed: nothing",
        "confirmed + provisionalSent → confirmed: nothing",
        "confirmed + successSent → confirmed: nothing",
        "confirmed + failureSent → confirmed: nothing",
        "confirmed + transportFailed → confirmed: nothing",
        "accepted + timer G → accepted: nothing",
        "accepted + timer H → accepted: nothing",
        "accepted + timer I → accepted: nothing",
        "accepted + timer L → terminated: nothing",
        "accepted + requestReceived → accepted: nothing",
        "accepted + ackReceived → accepted: passAck",
        "accepted + provisionalSent → accepted: nothing",
        "accepted + successSent → accepted: sendResponse",
        "accepted + failureSent → accepted: nothing",
        "accepted + transportFailed → accepted: nothing",
        "terminated + timer G → terminated: nothing",
        "terminated + timer H → terminated: nothing",
        "terminated + timer I → terminated: nothing",
        "terminated + timer L → terminated: nothing",
        "terminated + requestReceived → terminated: nothing",
        "terminated + ackReceived → terminated: nothing",
        "terminated + provisionalSent → terminated: nothing",
        "terminated + successSent → terminated: nothing",
        "terminated + failureSent → terminated: nothing",
        "terminated + transportFailed → terminated: nothing",
      ]
    `);
  });

  it("non-INVITE server: the whole matrix, with J only on UDP and no answer after the peer's F (RFC 4320)", () => {
    const states: ServerState[] = plain("trying", "proceeding", "completed", "terminated");
    const events: ServerEvent[] = [...timers("J", "late"), ...plain("requestReceived", "provisionalSent", "finalSent", "transportFailed")];
    expect(matrix(states, events, stepServer)).toMatchInlineSnapshot(`
      [
        "trying + timer J → trying: nothing",
        "trying + timer late → terminated: nothing",
        "trying + requestReceived → trying: nothing",
        "trying + provisionalSent → proceeding: sendResponse",
        "trying + finalSent → udp completed: -late sendResponse J=32000 | tcp terminated: -late sendResponse",
        "trying + transportFailed → terminated: passTransportFailure",
        "proceeding + timer J → proceeding: nothing",
        "proceeding + timer late → terminated: nothing",
        "proceeding + requestReceived → proceeding: sendResponse",
        "proceeding + provisionalSent → proceeding: sendResponse",
        "proceeding + finalSent → udp completed: -late sendResponse J=32000 | tcp terminated: -late sendResponse",
        "proceeding + transportFailed → terminated: passTransportFailure",
        "completed + timer J → terminated: nothing",
        "completed + timer late → completed: nothing",
        "completed + requestReceived → completed: sendResponse",
        "completed + provisionalSent → completed: nothing",
        "completed + finalSent → completed: nothing",
        "completed + transportFailed → terminated: passTransportFailure",
        "terminated + timer J → terminated: nothing",
        "terminated + timer late → terminated: nothing",
        "terminated + requestReceived → terminated: nothing",
        "terminated + provisionalSent → terminated: nothing",
        "terminated + finalSent → terminated: nothing",
        "terminated + transportFailed → terminated: nothing",
      ]
    `);
  });
});
