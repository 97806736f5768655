// RFC 3261 §17 and §18: matches messages to transactions, runs their machines, sends and absorbs retransmissions.
import type { IdSource } from "@allo/kernel";
import { beginClient, stepClient } from "./client-transaction.ts";
import type { ClientEvent, ClientState, ClientTimer } from "./client-transaction.ts";
import { beginInviteClient, stepInviteClient } from "./invite-client-transaction.ts";
import type { InviteClientEvent, InviteClientState, InviteClientTimer } from "./invite-client-transaction.ts";
import { beginInviteServer, stepInviteServer } from "./invite-server-transaction.ts";
import type { InviteServerEvent, InviteServerState, InviteServerTimer } from "./invite-server-transaction.ts";
import type { SipRequest, SipResponse, Via } from "./message.ts";
import { createRequest, branchOf, printVia, serializeMessage, withTopVia } from "./serialize.ts";
import { beginServer, stepServer } from "./server-transaction.ts";
import type { ServerEvent, ServerState, ServerTimer } from "./server-transaction.ts";
import { stackLimits } from "./limits.ts";
import type { HostPort, RequestTiming, SipCommand, SipFlow } from "./stack-types.ts";
import type { TimerTable } from "./timer-table.ts";
import type { TransactionCommand, TransactionTiming } from "./transaction-types.ts";
import { paramGet, paramSet, printUri, tagOf } from "./uri.ts";

const MAGIC_COOKIE = "z9hG4bK";
const NOBODY = { displayName: null, uri: { kind: "other", scheme: "sip", rest: "" }, params: [] } as const;
/** What is left of a request that was answered for good. */
const SETTLED: Omit<SipRequest, "method" | "cseq"> = {
  kind: "request",
  uri: NOBODY.uri,
  headers: [],
  body: new Uint8Array(0),
  vias: [],
  from: NOBODY,
  to: NOBODY,
  callId: "",
};

export type ServerTransaction = {
  readonly id: string;
  readonly key: string;
  readonly mergeKey: string | null;
  /** Once it is answered for good, what is left of it: see `settle`. */
  request: SipRequest;
  readonly flow: SipFlow;
  /** Where its answers go. */
  readonly target: HostPort | null;
  readonly timers: Map<string, number>;
  lastResponse: Uint8Array | null;
  hasFinal: boolean;
} & ({ readonly kind: "invite"; state: InviteServerState } | { readonly kind: "other"; state: ServerState });

export type ClientTransaction = {
  readonly id: string;
  key: string;
  request: SipRequest;
  bytes: Uint8Array;
  flow: SipFlow;
  to: HostPort | null;
  readonly timers: Map<string, number>;
  ack: Uint8Array | null;
  timing: TransactionTiming;
  /** The UDP flow that it would have gone over, were it not too large (RFC 3261 §18.1.1). */
  smallFlow: { readonly flow: SipFlow; readonly to: HostPort | null; readonly request: SipRequest } | null;
} & ({ readonly kind: "invite"; state: InviteClientState } | { readonly kind: "other"; state: ClientState });

export type TransactionTimer = {
  readonly owner: "transaction";
  readonly side: "client" | "server";
  readonly key: string;
  readonly timer: string;
};

/** What the layer tells its user, in order with the commands it pushed. */
export type TransactionUser = {
  readonly onRequest: (transaction: ServerTransaction) => void;
  /** An ACK that belongs to no failure response: the ACK of a 2xx. */
  readonly onAck: (request: SipRequest, flow: SipFlow) => void;
  readonly onResponse: (transaction: ClientTransaction, response: SipResponse) => void;
  readonly onClientFailed: (transaction: ClientTransaction, cause: "timeout" | "transport") => void;
  readonly onServerFailed: (transaction: ServerTransaction, cause: "timeout" | "transport") => void;
  readonly onDropped: (flow: SipFlow, reason: string) => void;
};

export type TransactionLayerOptions = {
  readonly ids: IdSource;
  readonly timing: { readonly T1Ms: number; readonly T2Ms: number; readonly T4Ms: number };
  readonly clientTransactionsMax: number;
  readonly timers: Pick<TimerTable<TransactionTimer>, "arm" | "cancel">;
  readonly flowForLarge?: (flow: SipFlow) => SipFlow | null;
};

export class TransactionLayer {
  readonly servers = new Map<string, ServerTransaction>();
  readonly serversById = new Map<string, ServerTransaction>();
  readonly clients = new Map<string, ClientTransaction>();
  readonly #merges = new Map<string, string>();
  #settling: ServerTransaction[] = [];
  #finalCount = 0;
  readonly #options: TransactionLayerOptions;
  readonly #user: TransactionUser;

  constructor(options: TransactionLayerOptions, user: TransactionUser) {
    this.#options = options;
    this.#user = user;
  }

  timing(flow: SipFlow): TransactionTiming {
    return { ...this.#options.timing, isReliable: flow.transport !== "udp" };
  }

  /** The transaction that a request belongs to, if it stands. */
  find(request: SipRequest): ServerTransaction | null {
    return this.servers.get(serverKey(request, request.method)) ?? null;
  }

  /** The INVITE that a CANCEL names (RFC 3261 §9.2). */
  findCancelled(cancel: SipRequest): ServerTransaction | null {
    return this.servers.get(serverKey(cancel, "INVITE")) ?? null;
  }

  /** Whether another transaction already carries this very request (RFC 3261 §8.2.2.2). */
  isMerged(transaction: ServerTransaction): boolean {
    return transaction.mergeKey !== null && this.#merges.get(transaction.mergeKey) !== transaction.key;
  }

  /** Takes a request that has no transaction yet, or repeats one. `received` and `rport` are filled in from the flow. */
  requestReceived(request: SipRequest, flow: SipFlow, out: SipCommand[]): void {
    const method = request.method === "ACK" ? "INVITE" : request.method;
    const known = this.servers.get(serverKey(request, method));
    if (request.method === "ACK") {
      // RFC 6026: a transaction that sent 2xx does not own the ACK.
      if (known?.kind === "invite" && known.state.kind !== "accepted") {
        this.#stepServer(known, { kind: "ackReceived" }, out);
      } else this.#user.onAck(request, flow);
      return;
    }
    if (known !== undefined) {
      this.#stepServer(known, { kind: "requestReceived" }, out);
      return;
    }
    const stamped = stampVia(request, flow);
    const key = serverKey(request, method);
    const fromTag = tagOf(request.from);
    const mergeKey =
      tagOf(request.to) === null && fromTag !== null && method !== "CANCEL"
        ? `${request.callId}|${fromTag}|${request.cseq.number}|${method}`
        : null;
    const base = {
      id: this.#options.ids.next("stx"),
      key,
      mergeKey,
      request: stamped,
      flow,
      target: responseTarget(stamped, flow),
      timers: new Map<string, number>(),
      lastResponse: null,
      hasFinal: false,
    };
    const timing = this.timing(flow);
    const first = method === "INVITE" ? null : beginServer(timing);
    const transaction: ServerTransaction =
      first === null ? { ...base, kind: "invite", state: beginInviteServer().state } : { ...base, kind: "other", state: first.state };
    this.servers.set(key, transaction);
    this.serversById.set(transaction.id, transaction);
    if (mergeKey !== null && !this.#merges.has(mergeKey)) this.#merges.set(mergeKey, key);
    if (first !== null) for (const command of first.commands) this.#runServer(transaction, command, out);
    this.#user.onRequest(transaction);
  }

  /** Takes a response; one that matches nothing is dropped (RFC 3261 §18.1.2). */
  responseReceived(response: SipResponse, flow: SipFlow, out: SipCommand[]): void {
    const top = response.vias[0];
    // RFC 3261 §8.1.3.3: a response with more Via than ours went astray.
    if (top === undefined || response.vias.length > 1) return this.#user.onDropped(flow, "misrouted response");
    const transaction = this.clients.get(`${branchOf(top) ?? ""}|${response.cseq.method}`);
    if (transaction === undefined) return this.#user.onDropped(flow, "stray response");
    if (transaction.kind === "invite") {
      if (response.status >= 300 && transaction.ack === null) transaction.ack = failureAck(transaction.request, response);
      const kind = response.status < 200 ? "provisionalReceived" : response.status < 300 ? "successReceived" : "failureReceived";
      this.#stepClient(transaction, { kind }, out, response);
    } else {
      this.#stepClient(transaction, { kind: response.status < 200 ? "provisionalReceived" : "finalReceived" }, out, response);
    }
  }

  /**
   * Sends a response through its transaction. False where a final one was sent before, where the transaction is gone, or where
   * it can't be printed. RFC 4320 §4: a non-INVITE gets no provisional response and never a 408.
   */
  respond(transaction: ServerTransaction, response: SipResponse, out: SipCommand[]): boolean {
    if (transaction.hasFinal || !this.serversById.has(transaction.id)) return false;
    const printed = serializeMessage(response);
    if (!printed.ok) return false;
    const { status } = response;
    if (transaction.kind === "other" && (status < 200 || status === 408)) return true;
    transaction.lastResponse = printed.value;
    transaction.hasFinal = status >= 200;
    if (transaction.hasFinal) {
      this.#finalCount += 1;
      this.#settling.push(transaction);
    }
    if (transaction.kind === "invite") {
      this.#stepServer(transaction, { kind: status < 200 ? "provisionalSent" : status < 300 ? "successSent" : "failureSent" }, out);
    } else this.#stepServer(transaction, { kind: "finalSent" }, out);
    return true;
  }

  /** Server transactions that have no final answer yet. */
  get openCount(): number {
    return this.servers.size - this.#finalCount;
  }

  /**
   * Lets go of requests that were answered for good: their transactions stand for another half minute, only to know repetitions by
   * their key. Called when nobody reads them any more, at the next turn.
   */
  settle(): void {
    for (const transaction of this.#settling) {
      const { method, cseq } = transaction.request;
      transaction.request = { ...SETTLED, method, cseq: { number: cseq.number, method: cseq.method } };
    }
    if (this.#settling.length > 0) this.#settling = [];
  }

  /** The 2xx was acknowledged: it is repeated no more (RFC 6026 §7.1). */
  acknowledged(transaction: ServerTransaction): void {
    transaction.lastResponse = null;
  }

  /** Sends a 2xx again; the dialog owns that clock (RFC 3261 §13.3.1.4). */
  respondAgain(transaction: ServerTransaction, out: SipCommand[]): void {
    if (transaction.lastResponse !== null) this.#sendResponse(transaction, out);
  }

  /** Begins a client transaction; the request gets its Via here. Null where the limit is reached or it can't be printed. */
  sendRequest(
    fields: {
      readonly request: SipRequest;
      readonly flow: SipFlow;
      readonly to: HostPort | null;
      readonly branch?: string;
      readonly timing?: RequestTiming | undefined;
    },
    out: SipCommand[],
  ): ClientTransaction | null {
    if (this.clients.size >= this.#options.clientTransactionsMax) return null;
    const branch = fields.branch ?? this.newBranch();
    let { flow, to } = fields;
    let request = pushVia(fields.request, ourVia(flow, branch));
    let printed = serializeMessage(request);
    if (!printed.ok) return null;
    const isLarge = flow.transport === "udp" && printed.value.length > stackLimits.udpRequestBytesMax;
    const stream = isLarge ? (this.#options.flowForLarge?.(flow) ?? null) : null;
    const smallFlow = stream === null ? null : { flow, to, request: fields.request };
    if (stream !== null) {
      flow = stream;
      to = null;
      request = pushVia(fields.request, ourVia(flow, branch));
      printed = serializeMessage(request);
      if (!printed.ok) return null;
    }
    const timing: TransactionTiming = { ...this.timing(flow), ...fields.timing };
    const base = {
      id: this.#options.ids.next("ctx"),
      key: `${branch}|${request.method}`,
      request,
      bytes: printed.value,
      flow,
      to,
      timers: new Map<string, number>(),
      ack: null,
      timing,
      smallFlow,
    };
    if (request.method === "INVITE") {
      const { state, commands } = beginInviteClient(timing);
      const transaction: ClientTransaction = { ...base, kind: "invite", state };
      this.clients.set(transaction.key, transaction);
      for (const command of commands) this.#runClient(transaction, command, out, null);
      return transaction;
    }
    const { state, commands } = beginClient(timing);
    const transaction: ClientTransaction = { ...base, kind: "other", state };
    this.clients.set(transaction.key, transaction);
    for (const command of commands) this.#runClient(transaction, command, out, null);
    return transaction;
  }

  /** Prints and sends a request outside any transaction: the ACK of a 2xx. Null where it can't be printed. */
  printDirect(request: SipRequest, flow: SipFlow): Uint8Array | null {
    const printed = serializeMessage(pushVia(request, ourVia(flow, this.newBranch())));
    return printed.ok ? printed.value : null;
  }

  newBranch(): string {
    return `${MAGIC_COOKIE}${this.#options.ids.next("b")}`;
  }

  timerFired(target: TransactionTimer, out: SipCommand[]): void {
    if (target.side === "server") {
      const transaction = this.servers.get(target.key);
      if (transaction === undefined) return;
      transaction.timers.delete(target.timer);
      this.#stepServer(transaction, { kind: "timerFired", timer: target.timer as never }, out);
    } else {
      const transaction = this.clients.get(target.key);
      if (transaction === undefined) return;
      transaction.timers.delete(target.timer);
      this.#stepClient(transaction, { kind: "timerFired", timer: target.timer as never }, out, null);
    }
  }

  /** The connection is gone: what waits on it fails now. */
  flowClosed(flowId: string, out: SipCommand[]): void {
    for (const transaction of this.clients.values()) {
      if (transaction.flow.id === flowId) this.#stepClient(transaction, { kind: "transportFailed" }, out, null);
    }
    for (const transaction of this.servers.values()) {
      if (transaction.flow.id === flowId) this.#stepServer(transaction, { kind: "transportFailed" }, out);
    }
  }

  #stepServer(transaction: ServerTransaction, event: InviteServerEvent | ServerEvent, out: SipCommand[]): void {
    const timing = this.timing(transaction.flow);
    if (transaction.kind === "invite") {
      const { state, commands } = stepInviteServer(transaction.state, event as InviteServerEvent, timing);
      transaction.state = state;
      this.#finishServer(transaction, commands, out);
    } else {
      const { state, commands } = stepServer(transaction.state, event as ServerEvent, timing);
      transaction.state = state;
      this.#finishServer(transaction, commands, out);
    }
  }

  #finishServer(
    transaction: ServerTransaction,
    commands: readonly TransactionCommand<InviteServerTimer | ServerTimer>[],
    out: SipCommand[],
  ): void {
    if (transaction.state.kind === "terminated") {
      for (const timerId of transaction.timers.values()) this.#options.timers.cancel(timerId, out);
      if (this.servers.delete(transaction.key) && transaction.hasFinal) this.#finalCount -= 1;
      this.serversById.delete(transaction.id);
      if (transaction.mergeKey !== null && this.#merges.get(transaction.mergeKey) === transaction.key) {
        this.#merges.delete(transaction.mergeKey);
      }
    }
    for (const command of commands) this.#runServer(transaction, command, out);
  }

  #runServer(transaction: ServerTransaction, command: TransactionCommand<string>, out: SipCommand[]): void {
    switch (command.kind) {
      case "armTimer":
      case "cancelTimer":
        this.#setTimer(transaction, "server", command, out);
        return;
      case "sendResponse":
        this.#sendResponse(transaction, out);
        return;
      case "passTimeout":
        this.#user.onServerFailed(transaction, "timeout");
        return;
      case "passTransportFailure":
        this.#user.onServerFailed(transaction, "transport");
        return;
      default:
        return;
    }
  }

  #sendResponse(transaction: ServerTransaction, out: SipCommand[]): void {
    const bytes = transaction.lastResponse;
    if (bytes === null) return;
    out.push({ kind: "sendBytes", flowId: transaction.flow.id, to: transaction.target, bytes });
  }

  #stepClient(
    transaction: ClientTransaction,
    event: InviteClientEvent | ClientEvent,
    out: SipCommand[],
    response: SipResponse | null,
  ): void {
    if (event.kind === "transportFailed" && this.#goesBackToUdp(transaction, out)) return;
    const { timing } = transaction;
    let commands: readonly TransactionCommand<InviteClientTimer | ClientTimer>[];
    if (transaction.kind === "invite") {
      const step = stepInviteClient(transaction.state, event as InviteClientEvent, timing);
      transaction.state = step.state;
      commands = step.commands;
    } else {
      const step = stepClient(transaction.state, event as ClientEvent, timing);
      transaction.state = step.state;
      commands = step.commands;
    }
    if (transaction.state.kind === "terminated") {
      for (const timerId of transaction.timers.values()) this.#options.timers.cancel(timerId, out);
      this.clients.delete(transaction.key);
    }
    for (const command of commands) this.#runClient(transaction, command, out, response);
  }

  /** RFC 3261 §18.1.1: where the stream for a large request can't be had, it goes over UDP after all, with a branch of its own. */
  #goesBackToUdp(transaction: ClientTransaction, out: SipCommand[]): boolean {
    const { smallFlow, state } = transaction;
    if (smallFlow === null || (state.kind !== "calling" && state.kind !== "trying")) return false;
    const branch = this.newBranch();
    const request = pushVia(smallFlow.request, ourVia(smallFlow.flow, branch));
    const printed = serializeMessage(request);
    if (!printed.ok) return false;
    for (const timerId of transaction.timers.values()) this.#options.timers.cancel(timerId, out);
    transaction.timers.clear();
    this.clients.delete(transaction.key);
    transaction.key = `${branch}|${request.method}`;
    transaction.request = request;
    transaction.bytes = printed.value;
    transaction.flow = smallFlow.flow;
    transaction.to = smallFlow.to;
    transaction.timing = { ...transaction.timing, isReliable: false };
    transaction.smallFlow = null;
    this.clients.set(transaction.key, transaction);
    const begun = transaction.kind === "invite" ? beginInviteClient(transaction.timing) : beginClient(transaction.timing);
    (transaction as { state: unknown }).state = begun.state;
    for (const command of begun.commands) this.#runClient(transaction, command, out, null);
    return true;
  }

  /** Ends a client transaction without a word. */
  forget(transaction: ClientTransaction, out: SipCommand[]): void {
    for (const timerId of transaction.timers.values()) this.#options.timers.cancel(timerId, out);
    transaction.timers.clear();
    this.clients.delete(transaction.key);
  }

  /** As forget, for one of an id; nothing where it has ended. */
  forgetClient(transactionId: string, out: SipCommand[]): void {
    for (const transaction of this.clients.values()) if (transaction.id === transactionId) return this.forget(transaction, out);
  }

  #runClient(transaction: ClientTransaction, command: TransactionCommand<string>, out: SipCommand[], response: SipResponse | null): void {
    const { flow, to } = transaction;
    switch (command.kind) {
      case "armTimer":
      case "cancelTimer":
        this.#setTimer(transaction, "client", command, out);
        return;
      case "sendRequest":
        out.push({ kind: "sendBytes", flowId: flow.id, to, bytes: transaction.bytes });
        return;
      case "sendAck":
        if (transaction.ack !== null) out.push({ kind: "sendBytes", flowId: flow.id, to, bytes: transaction.ack });
        return;
      case "passResponse":
        if (response !== null) this.#user.onResponse(transaction, response);
        return;
      case "passTimeout":
        this.#user.onClientFailed(transaction, "timeout");
        return;
      case "passTransportFailure":
        this.#user.onClientFailed(transaction, "transport");
        return;
      default:
        return;
    }
  }

  #setTimer(
    transaction: ServerTransaction | ClientTransaction,
    side: "client" | "server",
    command: Extract<TransactionCommand<string>, { readonly timer: string }>,
    out: SipCommand[],
  ): void {
    const old = transaction.timers.get(command.timer);
    if (old !== undefined) this.#options.timers.cancel(old, out);
    transaction.timers.delete(command.timer);
    if (command.kind === "armTimer") {
      const target: TransactionTimer = { owner: "transaction", side, key: transaction.key, timer: command.timer };
      transaction.timers.set(command.timer, this.#options.timers.arm(target, command.afterMs, out));
    }
  }
}

/** RFC 3261 §18.2.2 and RFC 3581 §4: to the source; to the port of sent-by where the peer did not ask for rport. */
export function responseTarget(request: SipRequest, flow: SipFlow): HostPort | null {
  if (flow.transport !== "udp") return null;
  const via = request.vias[0];
  if (via === undefined || paramGet(via.params, "rport") !== undefined) return flow.remote;
  return { address: flow.remote.address, port: via.port ?? 5060 };
}

/** RFC 3261 §17.2.3: branch, sent-by and method; without the magic cookie the header fields of RFC 2543. */
function serverKey(request: SipRequest, method: string): string {
  const via = request.vias[0] as Via;
  const branch = branchOf(via);
  // Branches are case-sensitive tokens to us; the bare cookie names nothing (RFC 4475 §3.2.1).
  if (branch !== null && branch.startsWith(MAGIC_COOKIE) && branch.length > MAGIC_COOKIE.length) {
    return `${branch}|${via.host}:${via.port ?? 5060}|${method}`;
  }
  return `2543|${request.callId}|${tagOf(request.from) ?? ""}|${request.cseq.number}|${printVia({ ...via, params: [] })}|${branch ?? ""}|${printUri(
    request.uri,
  )}|${method}`;
}

/** RFC 3261 §18.2.1 and RFC 3581 §4: the request with where it came from in its topmost Via. */
export function stampVia(request: SipRequest, flow: SipFlow): SipRequest {
  const via = request.vias[0] as Via;
  let params = paramSet(via.params, "received", flow.remote.address);
  if (paramGet(params, "rport") !== undefined) params = paramSet(params, "rport", String(flow.remote.port));
  return withTopVia(request, { ...via, params });
}

function ourVia(flow: SipFlow, branch: string): Via {
  const params = [{ name: "branch", value: branch }, ...(flow.transport === "udp" ? [{ name: "rport", value: null }] : [])];
  return { transport: flow.transport.toUpperCase(), host: hostText(flow.local.address), port: flow.local.port, params };
}

/** An address as it stands in a URI or Via: IPv6 in brackets. */
export function hostText(address: string): string {
  return address.includes(":") && !address.startsWith("[") ? `[${address}]` : address;
}

function pushVia(request: SipRequest, via: Via): SipRequest {
  return { ...request, vias: [via, ...request.vias], headers: [{ name: "Via", value: printVia(via) }, ...request.headers] };
}

/** RFC 3261 §17.1.1.3: the ACK of a failure keeps the INVITE's branch, Request-URI and Route, and takes the response's To. */
function failureAck(invite: SipRequest, response: SipResponse): Uint8Array | null {
  const ack = createRequest({
    method: "ACK",
    uri: invite.uri,
    vias: invite.vias.slice(0, 1),
    from: invite.from,
    to: response.to,
    callId: invite.callId,
    cseq: invite.cseq.number,
    headers: invite.headers.filter((header) => header.name === "Route"),
  });
  const printed = serializeMessage(ack);
  return printed.ok ? printed.value : null;
}
