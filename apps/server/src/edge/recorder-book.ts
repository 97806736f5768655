// The recorders elsewhere that are set up, where each is reached, and whether it is there: asked by OPTIONS, and told by every session.
import type { RecorderConfig, RecorderLogLine, RecorderState } from "@allo/contract";
import type { Clock, Hash, IdSource, Instant, Prng, Timers } from "@allo/kernel";
import { FlowError, type SipEndpoint } from "@allo/node-net";
import {
  beginHealth,
  createDigestClient,
  createTargetResolver,
  orderByHealth,
  stepHealth,
  type Authenticate,
  type DnsPort,
  type HealthEvent,
  type HealthState,
  type HostPort,
  type PeerAddress,
  type SipFlow,
  type SipUserEvent,
} from "@allo/sip";
import { escapeUser, host } from "./trunk-identity.ts";

export const RecorderBookLimits = {
  /** Names are resolved anew so often. */
  resolveEveryMs: 60_000,
  T1Ms: 500,
  /** A request without any answer is given up after so long. */
  giveUpMs: 4_000,
} as const;

export type RecorderTarget = { readonly peer: PeerAddress; health: HealthState; cancel: (() => void) | null; askedAt: Instant };

export type Recorder = {
  readonly config: RecorderConfig;
  targets: Map<string, RecorderTarget>;
  unresolvedSince: Instant | null;
  resolving: (() => void) | null;
  readonly authenticate: Authenticate | null;
  told: RecorderState["health"];
};

export type OpenRecorderFlow = (peer: PeerAddress, tls: RecorderConfig["tls"]) => Promise<SipFlow>;

export type RecorderBook = {
  readonly configure: (recorders: readonly RecorderConfig[]) => void;
  readonly find: (recorderId: string) => Recorder | undefined;
  readonly admits: (address: string) => boolean;
  /** Its addresses, that which answers best first; none where its name has none. */
  readonly targetsOf: (recorder: Recorder) => Promise<readonly RecorderTarget[]>;
  /** What a session learnt of an address. */
  readonly heard: (recorder: Recorder, target: RecorderTarget, event: HealthEvent) => void;
  /** True where the event answers a question of ours. */
  readonly sipEvent: (event: SipUserEvent) => boolean;
  readonly line: (recorderId: string, what: RecorderLogLine["what"], fields?: Partial<RecorderLogLine>) => void;
  /** Sessions have begun or ended. */
  readonly tell: (recorderId: string) => void;
  readonly states: () => readonly RecorderState[];
  readonly close: () => void;
};

export function createRecorderBook(options: {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: IdSource;
  readonly prng: Prng;
  readonly hash: Hash;
  readonly sip: () => SipEndpoint;
  readonly dns: DnsPort;
  readonly openFlow: OpenRecorderFlow;
  readonly localFor: (remote: string, transport: PeerAddress["transport"]) => HostPort;
  /** Calls that it gets now, and those that it should get and doesn't. */
  readonly sessionsOf: (recorderId: string) => { readonly sessions: number; readonly missing: number };
  /** An address that answered before answers no longer. */
  readonly onDown: (target: RecorderTarget) => void;
  readonly onState: (state: RecorderState) => void;
  readonly onLine: (recorderId: string, line: RecorderLogLine) => void;
}): RecorderBook {
  const { clock, timers, ids } = options;
  const resolver = createTargetResolver({ dns: options.dns, prng: options.prng });
  const recorders = new Map<string, Recorder>();
  /** Questions of ours in flight. */
  const pings = new Map<string, { readonly recorder: Recorder; readonly target: RecorderTarget }>();
  const isLive = (recorder: Recorder): boolean => recorders.get(recorder.config.recorderId) === recorder;

  const line: RecorderBook["line"] = (recorderId, what, fields = {}) =>
    options.onLine(recorderId, { at: clock.now(), status: null, trouble: null, ...fields, what });

  const leave = (recorder: Recorder): void => {
    recorder.resolving?.();
    for (const target of recorder.targets.values()) target.cancel?.();
  };

  const configure = (next: readonly RecorderConfig[]): void => {
    const wanted = new Map(next.map((config) => [config.recorderId, config]));
    for (const [recorderId, recorder] of recorders) {
      const config = wanted.get(recorderId);
      if (config !== undefined && JSON.stringify(config) === JSON.stringify(recorder.config)) {
        wanted.delete(recorderId);
        continue;
      }
      leave(recorder);
      recorders.delete(recorderId);
    }
    for (const config of wanted.values()) {
      const recorder: Recorder = {
        config,
        targets: new Map(),
        unresolvedSince: null,
        resolving: null,
        authenticate: authenticateOf(config),
        told: "unknown",
      };
      recorders.set(config.recorderId, recorder);
      void refresh(recorder);
    }
  };

  const authenticateOf = ({ account }: RecorderConfig): Authenticate | null =>
    account === null
      ? null
      : createDigestClient({
          hash: options.hash,
          newCnonce: () => ids.next("cn"),
          user: account.user,
          password: account.password,
          realm: null,
        });

  const refresh = async (recorder: Recorder): Promise<void> => {
    recorder.resolving?.();
    recorder.resolving = timers.arm(RecorderBookLimits.resolveEveryMs, () => void refresh(recorder));
    const at = clock.now();
    const { host: name, port, transport } = recorder.config;
    const peers = await resolver.resolve({ host: name, port, transport }, at);
    if (!isLive(recorder)) return;
    recorder.unresolvedSince = peers.length > 0 ? null : (recorder.unresolvedSince ?? at);
    const next = new Map<string, RecorderTarget>();
    for (const peer of peers) {
      const key = peerKey(peer);
      next.set(key, recorder.targets.get(key) ?? { peer, health: beginHealth(at), cancel: null, askedAt: at });
    }
    for (const [key, target] of recorder.targets) if (!next.has(key)) target.cancel?.();
    const isNew = [...next].filter(([key]) => !recorder.targets.has(key));
    recorder.targets = next;
    for (const [, target] of isNew) heard(recorder, target, { kind: "started", at });
    tell(recorder);
  };

  const heard: RecorderBook["heard"] = (recorder, target, event) => {
    if (!isLive(recorder)) return;
    const step = stepHealth(target.health, event, recorder.config.optionsSeconds * 1_000);
    const before = target.health.kind;
    target.health = step.state;
    for (const command of step.commands) {
      if (command.kind === "ping") void ping(recorder, target);
      else {
        target.cancel?.();
        target.cancel = timers.arm(command.afterMs, () => heard(recorder, target, { kind: "timerFired", at: clock.now() }));
      }
    }
    if (event.kind !== "timerFired") tell(recorder);
    if (before !== "down" && step.state.kind === "down") options.onDown(target);
  };

  const ping = async (recorder: Recorder, target: RecorderTarget): Promise<void> => {
    const { peer } = target;
    target.askedAt = clock.now();
    let flow: SipFlow;
    try {
      flow = await options.openFlow(peer, recorder.config.tls);
    } catch (error) {
      heard(recorder, target, { kind: "missed", at: clock.now(), reason: flowTrouble(error), byPing: true });
      return;
    }
    if (!isLive(recorder)) return;
    const sip = options.sip();
    const local = options.localFor(peer.address, peer.transport);
    const uri = recorderUri(recorder.config, peer);
    const transactionId = sip.send(
      sip.stack.requestSend({
        method: "OPTIONS",
        flow,
        target: uri,
        from: `<${ownUri(local)}>`,
        to: `<${uri}>`,
        headers: [{ name: "Contact", value: sourceContact(local, peer.transport) }],
        authenticate: recorder.authenticate ?? undefined,
        timing: { T1Ms: RecorderBookLimits.T1Ms, giveUpMs: RecorderBookLimits.giveUpMs },
      }),
    );
    if (transactionId === null) heard(recorder, target, { kind: "missed", at: clock.now(), reason: "connectionFailed", byPing: true });
    else pings.set(transactionId, { recorder, target });
  };

  const tell = (recorder: Recorder): void => {
    const state = stateOf(recorder);
    if (state.health !== recorder.told) {
      recorder.told = state.health;
      const { lastStatus: status, trouble } = state;
      if (state.health !== "unknown")
        line(recorder.config.recorderId, state.health, { status, trouble: state.health === "up" ? null : trouble });
    }
    options.onState(state);
  };

  const stateOf = ({ config: { recorderId }, targets, unresolvedSince }: Recorder): RecorderState => {
    const at = clock.now();
    const counted = { recorderId, at, ...options.sessionsOf(recorderId) };
    // It is as well as the best of its addresses.
    const best = [...targets.values()].map(({ health }) => health).toSorted((a, b) => RANK[a.kind] - RANK[b.kind])[0];
    if (best === undefined) {
      const isUnresolved = unresolvedSince !== null;
      return {
        ...counted,
        health: isUnresolved ? "down" : "unknown",
        since: unresolvedSince ?? at,
        trouble: isUnresolved ? "nameUnresolved" : null,
        lastStatus: null,
        roundTripMs: null,
      };
    }
    const { kind, since, reason, lastStatus, roundTripMs } = best;
    return { ...counted, health: kind, since, trouble: reason, lastStatus, roundTripMs };
  };

  return {
    configure,
    find: (recorderId) => recorders.get(recorderId),
    admits: (address) => [...recorders.values()].some(({ targets }) => [...targets.values()].some(({ peer }) => peer.address === address)),
    targetsOf: async (recorder) => {
      // Just set up, or its name could not be resolved so far.
      if (recorder.targets.size === 0) await refresh(recorder);
      return orderByHealth([...recorder.targets.values()], ({ health }) => health, clock.now());
    },
    heard,
    sipEvent: (event) => {
      if ((event.kind !== "requestAnswered" && event.kind !== "requestFailed") || event.dialogId !== null) return false;
      const asked = pings.get(event.transactionId);
      if (asked === undefined) return false;
      pings.delete(event.transactionId);
      const { recorder, target } = asked;
      const at = clock.now();
      if (event.kind === "requestFailed") {
        const reason = event.cause === "timeout" ? "noAnswer" : "connectionFailed";
        heard(recorder, target, { kind: "missed", at, reason, byPing: true });
        return true;
      }
      const { status } = event.response;
      heard(recorder, target, {
        kind: "answered",
        at,
        status,
        roundTripMs: Math.max(0, at - target.askedAt),
        retryAfterSeconds: null,
        byPing: true,
      });
      return true;
    },
    line,
    tell: (recorderId) => {
      const recorder = recorders.get(recorderId);
      if (recorder !== undefined) tell(recorder);
    },
    states: () => [...recorders.values()].map(stateOf),
    close: () => {
      for (const recorder of recorders.values()) leave(recorder);
      recorders.clear();
    },
  };
}

const RANK: Readonly<Record<HealthState["kind"], number>> = { up: 0, degraded: 1, unknown: 2, down: 3 };

export function peerKey({ transport, address, port }: PeerAddress): string {
  return `${transport} ${address}:${port}`;
}

export function flowTrouble(error: unknown): "certificate" | "connectionFailed" {
  return error instanceof FlowError && error.code === "certificateRefused" ? "certificate" : "connectionFailed";
}

/** The address that is called there. */
export function recorderUri({ user, host: name, port }: RecorderConfig, { transport }: PeerAddress): string {
  return `sip:${user === null ? "" : `${escapeUser(user)}@`}${name}${port === null ? "" : `:${port}`}${transportParameter(transport)}`;
}

export function ownUri({ address, port }: HostPort, transport: PeerAddress["transport"] = "udp"): string {
  return `sip:allo@${host(address)}:${port}${transportParameter(transport)}`;
}

/** RFC 7866 §6.1.1: by this a recorder knows who sends it recordings. */
export function sourceContact(local: HostPort, transport: PeerAddress["transport"]): string {
  return `<${ownUri(local, transport)}>;+sip.src`;
}

function transportParameter(transport: PeerAddress["transport"]): string {
  return transport === "udp" ? "" : `;transport=${transport}`;
}
