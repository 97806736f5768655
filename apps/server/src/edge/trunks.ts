// The trunks of this edge: registrations, health, calls out with failover, and whose trunk an incoming call comes by.
import { applyNumberRules, type TrunkConfig, type TrunkLogLine, type TrunkProbe, type TrunkState, type TrunkTrouble } from "@allo/contract";
import type { Clock, Hash, IdSource, Instant, Prng, Timers } from "@allo/kernel";
import { FlowError, type SipEndpoint } from "@allo/node-net";
import {
  beginHealth,
  createDigestClient,
  createTargetResolver,
  goesOn,
  headerAll,
  headerGet,
  orderByHealth,
  orderByWeight,
  paramGet,
  parseNameAddr,
  parseNameAddrList,
  printUri,
  readRegisterOutcome,
  stepHealth,
  stepRegistration,
  unescapeUser,
  type Authenticate,
  type DnsPort,
  type HealthState,
  type HostPort,
  type PeerAddress,
  type RegistrationState,
  type SipFlow,
  type SipRequest,
  type SipSendResult,
  type SipUserEvent,
} from "@allo/sip";
import { isIP } from "node:net";
import type { Logger } from "../platform/log.ts";
import { plainAddress } from "../platform/plain-address.ts";
import type { NumberEntry } from "./admission.ts";
import { createNetworkList, type NetworkList } from "./network-list.ts";
import { accountUri, addressCall, contactUri, domainOf } from "./trunk-identity.ts";
import { fullBucket, takeCall, type CallBucket } from "./trunk-limits.ts";
import type { DialCause, DialEvent, Dialling, DialOrder, Referrer, TrunkDialler, TrunkMedia } from "./trunk-port.ts";

export const TrunkShellLimits = {
  /** Names are resolved anew so often, whatever happens. */
  resolveEveryMs: 60_000,
  /** A trunk that is left: its registration is taken back within so long. */
  leaveMsMax: 2_000,
  lookAgainMs: 50,
  ringMsMaxDefault: 120_000,
} as const;

export type OpenFlow = (peer: PeerAddress, tls: TrunkConfig["tls"]) => Promise<SipFlow>;

export type Trunks = TrunkDialler & {
  readonly configure: (trunks: readonly TrunkConfig[]) => void;
  /** Whether this source is a carrier of ours: its networks, or the addresses of its targets. */
  readonly admits: (address: string) => boolean;
  /** Whether a carrier at this source shows who it is by user and password. */
  readonly challenges: (address: string) => boolean;
  /** True where the event belongs to a call or a request of ours to a carrier. */
  readonly sipEvent: (event: SipUserEvent) => boolean;
  /** By which trunk a new call comes and which of its numbers it is for; "stranger": no carrier of ours is at that address. */
  readonly incoming: (request: SipRequest, flow: SipFlow) => IncomingVerdict;
  /** The call that `incoming` let in, for the count of its trunk. */
  readonly callBegan: (trunkId: string, dialogId: string, contact: { readonly flow: SipFlow }) => void;
  /** The trunk that its carrier shows itself for by this user; null for an unknown one. */
  readonly inboundAccount: (username: string) => { readonly trunkId: string; readonly ha1Md5: string; readonly ha1Sha256: string } | null;
  /** The same as `incoming`, for a carrier that has shown who it is. */
  readonly incomingBy: (trunkId: string, request: SipRequest, flow: SipFlow) => IncomingVerdict;
  /** The trunk of a call, in or out, and what its carrier does with transfers. Null: no trunk's. */
  readonly referrerOf: (dialogId: string) => Referrer | null;
  readonly peerRegistered: (trunkId: string, peer: RegisteredPeer | null) => void;
  readonly callerNumber: (trunkId: string, number: string | null) => string | null;
  readonly states: () => readonly TrunkState[];
  /** Looks closely at a trunk now, with requests of its own; null where it doesn't stand. */
  readonly probe: (trunkId: string) => Promise<TrunkProbe | null>;
  /** No carrier is to send calls here: registrations are taken back, or made again. Calls, health and requests of calls go on. */
  readonly setLeft: (isLeft: boolean) => void;
  /** Takes registrations back. */
  readonly stop: () => Promise<void>;
};

export type IncomingVerdict =
  | { readonly kind: "stranger" }
  /** A carrier that shows who it is by user and password. */
  | { readonly kind: "challenge" }
  | { readonly kind: "refused"; readonly status: 404 | 488 | 503 }
  | {
      readonly kind: "taken";
      readonly trunkId: string;
      readonly number: NumberEntry;
      /** What our descriptions say towards this carrier, and what its audio is to be like. */
      readonly media: TrunkMedia;
    };

/** Where a carrier that registered with us is reached. */
export type RegisteredPeer = { readonly until: Instant; readonly flow: SipFlow; readonly contact: string };

type Target = { readonly peer: PeerAddress; health: HealthState; cancel: (() => void) | null; pinging: string | null; askedAt: Instant };

type AnsweredOrNot = Extract<SipUserEvent, { kind: "requestAnswered" | "requestFailed" }>;

type Trunk = {
  config: TrunkConfig;
  networks: NetworkList;
  /** In the order of the last resolution. */
  targets: Map<string, Target>;
  unresolved: Map<string, Instant>;
  resolving: (() => void) | null;
  registration: RegistrationState;
  registrationTimer: (() => void) | null;
  readonly callId: string;
  cseq: number;
  authenticate: Authenticate | null;
  bucketOut: CallBucket;
  bucketIn: CallBucket;
  rotation: number;
  /** Kind digest: where it is registered from. */
  registered: RegisteredPeer | null;
  /** Calls out that hold a place here, from before the first byte. */
  readonly callsOut: Set<Dial>;
  /** Dialogs of calls that came in. */
  readonly callsIn: Set<string>;
};

/** `registered` where the carrier is called by the flow that it registered over. */
type Attempt = {
  readonly trunk: Trunk;
  readonly peer: PeerAddress;
  readonly registered: RegisteredPeer | null;
  /** Longer than the trunk wants over UDP. */
  readonly isTooLong?: boolean;
};

type Dial = {
  readonly order: DialOrder;
  readonly onEvent: (event: DialEvent) => void;
  /** Left to try, the next first. */
  queue: Attempt[];
  trunkIndex: number;
  current: { readonly trunk: Trunk; readonly peer: PeerAddress; readonly since: Instant } | null;
  /** The trunk on which it holds a place. */
  holder: Trunk | null;
  dialogId: string | null;
  /** Whom the newest INVITE went to. */
  target: string | null;
  phase: "opening" | "calling" | "talking" | "over";
  cancelled: boolean;
  ringTimer: (() => void) | null;
  lastCause: DialCause;
};

export function createTrunks(options: {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: IdSource;
  readonly prng: Prng;
  readonly hash: Hash;
  readonly sip: () => SipEndpoint;
  readonly log: Logger;
  readonly dns: DnsPort;
  readonly openFlow: OpenFlow;
  /** What we advertise towards a peer: the address that it reaches us by, and the port where we listen. */
  readonly localFor: (remote: string, transport: PeerAddress["transport"]) => HostPort;
  readonly numberFor: (dialled: string, numberIds: readonly string[]) => NumberEntry | null;
  readonly probeCertificate: (peer: PeerAddress, tls: TrunkConfig["tls"]) => Promise<TrunkProbe["targets"][number]["certificate"]>;
  /** Packets of the carrier's leg of a call, both ways; null where there is none. */
  readonly packetsOf: (dialogId: string) => Promise<{ readonly packetsReceived: number; readonly packetsSent: number } | null>;
  /** Whether a call that came in by a trunk still goes on. */
  readonly isCallLive: (dialogId: string) => boolean;
  readonly onState: (state: TrunkState) => void;
  readonly onLine: (trunkId: string, line: TrunkLogLine) => void;
}): Trunks {
  const { clock, timers, ids, prng } = options;
  const resolver = createTargetResolver({ dns: options.dns, prng });
  const trunks = new Map<string, Trunk>();
  const dials = new Map<string, Dial>();
  /** Requests of ours in flight: what the answer is for. */
  const requests = new Map<string, { readonly trunk: Trunk; readonly kind: "register" | "ping"; readonly key: string; contact: string }>();
  /** Requests of a probe: who waits for the answer. */
  const probes = new Map<string, (event: AnsweredOrNot) => void>();
  const inbound = new Map<string, Trunk>();
  let stopping = false;
  let isLeft = false;

  const tell = (trunk: Trunk): void => {
    if (trunks.get(trunk.config.trunkId) === trunk) options.onState(stateOf(trunk, clock.now()));
  };
  const line = (trunk: Trunk, what: TrunkLogLine["what"], fields: Partial<TrunkLogLine> = {}): void => {
    options.onLine(trunk.config.trunkId, { at: clock.now(), target: null, status: null, trouble: null, ...fields, what });
  };

  // ---- Set-up ----

  const configure = (next: readonly TrunkConfig[]): void => {
    const wanted = new Map(next.filter((config) => config.enabled).map((config) => [config.trunkId, config]));
    for (const [trunkId, trunk] of trunks) {
      const config = wanted.get(trunkId);
      // What doesn't change the way to the carrier leaves registration and health alone.
      if (config !== undefined && wayOf(config) === wayOf(trunk.config)) {
        trunk.config = config;
        trunk.networks = networksOf(config);
        wanted.delete(trunkId);
        continue;
      }
      leave(trunk);
      trunks.delete(trunkId);
    }
    for (const config of wanted.values()) begin(config);
  };

  const begin = (config: TrunkConfig): void => {
    const at = clock.now();
    const { account } = config;
    const trunk: Trunk = {
      config,
      networks: networksOf(config),
      targets: new Map(),
      unresolved: new Map(),
      resolving: null,
      registration: { kind: "stopped" },
      registrationTimer: null,
      callId: ids.next("reg"),
      cseq: prng.below(10_000) + 1,
      authenticate:
        account === null
          ? null
          : createDigestClient({
              hash: options.hash,
              newCnonce: () => ids.next("cn"),
              user: account.authUser ?? account.user,
              password: account.password,
              realm: account.realm,
            }),
      bucketOut: fullBucket(config.limits.callsPerSecond, at),
      bucketIn: fullBucket(config.limits.callsPerSecond, at),
      rotation: 0,
      registered: null,
      callsOut: new Set(),
      callsIn: new Set(),
    };
    trunks.set(config.trunkId, trunk);
    tell(trunk);
    void refresh(trunk).then(() => startRegistration(trunk));
  };

  const startRegistration = (trunk: Trunk): void => {
    const { config } = trunk;
    if (!isLive(trunk) || isLeft || config.kind !== "registration" || config.account === null) return;
    // The answer to the REGISTER that takes the old one back would be taken for that to the new one.
    if (trunk.registration.kind === "leaving") timers.arm(TrunkShellLimits.lookAgainMs, () => startRegistration(trunk));
    else if (trunk.registration.kind === "stopped")
      register(trunk, { kind: "started", at: clock.now(), expiresSeconds: config.registrationSeconds });
  };

  const leave = (trunk: Trunk): void => {
    trunk.resolving?.();
    for (const target of trunk.targets.values()) target.cancel?.();
    register(trunk, { kind: "stopped", at: clock.now() });
  };

  const isLive = (trunk: Trunk): boolean => trunks.get(trunk.config.trunkId) === trunk;

  /** Resolves all names of the trunk, and begins to watch what is new. */
  const refresh = async (trunk: Trunk): Promise<void> => {
    prune(trunk);
    trunk.resolving?.();
    trunk.resolving = timers.arm(TrunkShellLimits.resolveEveryMs, () => void refresh(trunk));
    const peers = await peersOf(trunk);
    if (!isLive(trunk)) return;
    const next = new Map<string, Target>();
    for (const peer of peers) {
      const key = keyOf(peer);
      const known = trunk.targets.get(key) ?? null;
      next.set(key, known ?? { peer, health: beginHealth(clock.now()), cancel: null, pinging: null, askedAt: 0 });
    }
    for (const [key, target] of trunk.targets) if (!next.has(key)) target.cancel?.();
    const isNew = [...next].filter(([key]) => !trunk.targets.has(key));
    trunk.targets = next;
    for (const [, target] of isNew) health(trunk, target, { kind: "started", at: clock.now() });
    tell(trunk);
  };

  /** All addresses of its targets in the order set up: by priority, among equals by weight and chance; then as DNS says. */
  const peersOf = async (trunk: Trunk): Promise<readonly PeerAddress[]> => {
    const at = clock.now();
    const found: PeerAddress[] = [];
    for (const target of orderByWeight(trunk.config.targets, prng)) {
      const peers = await resolver.resolve(target, at);
      if (peers.length === 0) {
        if (!trunk.unresolved.has(target.host)) {
          trunk.unresolved.set(target.host, at);
          line(trunk, "targetDown", { target: target.host, trouble: "nameUnresolved" });
        }
      } else trunk.unresolved.delete(target.host);
      found.push(...peers);
    }
    return found;
  };

  // ---- Health ----

  const health = (trunk: Trunk, target: Target, event: Parameters<typeof stepHealth>[1]): void => {
    const before = target.health;
    const step = stepHealth(before, event, trunk.config.habits.optionsSeconds * 1_000);
    target.health = step.state;
    if (before.kind !== step.state.kind) {
      const fields = { target: keyOf(target.peer), status: step.state.lastStatus, trouble: troubleOf(step.state) };
      if (step.state.kind === "up") line(trunk, "targetUp", { ...fields, trouble: null });
      else if (step.state.kind === "degraded") line(trunk, "targetDegraded", fields);
      else if (step.state.kind === "down") line(trunk, "targetDown", fields);
    }
    for (const command of step.commands) {
      if (command.kind === "ping") void ping(trunk, target);
      else {
        target.cancel?.();
        target.cancel = timers.arm(command.afterMs, () => health(trunk, target, { kind: "timerFired", at: clock.now() }));
      }
    }
    if (event.kind !== "timerFired") tell(trunk);
  };

  const ping = async (trunk: Trunk, target: Target): Promise<void> => {
    if (!isLive(trunk)) return;
    const { peer } = target;
    let flow: SipFlow;
    target.askedAt = clock.now();
    try {
      flow = await options.openFlow(peer, trunk.config.tls);
    } catch (error) {
      health(trunk, target, { kind: "missed", at: clock.now(), reason: openTrouble(error), byPing: true });
      return;
    }
    if (!isLive(trunk)) return;
    const domain = domainOf(trunk.config, peer);
    const { sip, contact } = { sip: options.sip(), contact: contactOf(trunk, peer) };
    const transactionId = sip.send(
      sip.stack.requestSend({
        method: "OPTIONS",
        flow,
        target: `sip:${domain}`,
        from: `<${accountUri(trunk.config, domain)}>`,
        to: `<sip:${domain}>`,
        headers: [
          { name: "Contact", value: `<${contact}>` },
          { name: "Accept", value: "application/sdp" },
        ],
        timing: { T1Ms: trunk.config.habits.t1Ms, giveUpMs: trunk.config.habits.giveUpMs },
      }),
    );
    if (transactionId === null) health(trunk, target, { kind: "missed", at: clock.now(), reason: "connectionFailed", byPing: true });
    else requests.set(transactionId, { trunk, kind: "ping", key: keyOf(peer), contact });
  };

  // ---- Registration ----

  const register = (trunk: Trunk, event: Parameters<typeof stepRegistration>[1]): void => {
    const before = trunk.registration;
    const step = stepRegistration(before, event);
    trunk.registration = step.state;
    for (const command of step.commands) {
      if (command.kind === "sendRegister") void sendRegister(trunk, command.expiresSeconds);
      else {
        trunk.registrationTimer?.();
        trunk.registrationTimer =
          command.kind === "armTimer" ? timers.arm(command.afterMs, () => register(trunk, { kind: "timerFired", at: clock.now() })) : null;
      }
    }
    const now = step.state;
    if (now.kind === "registered" && before.kind === "asking" && before.until === null) line(trunk, "registered");
    else if (now.kind === "waiting") line(trunk, "registrationFailed", { status: now.status, trouble: now.trouble });
    else if (now.kind === "leaving" || (now.kind === "stopped" && before.kind === "leaving")) line(trunk, "unregistered");
    if (before !== now) tell(trunk);
  };

  const sendRegister = async (trunk: Trunk, expiresSeconds: number): Promise<void> => {
    const failed = (cause: "noAnswer" | "connectionFailed" | "nameUnresolved"): void =>
      register(trunk, { kind: "failed", at: clock.now(), cause, chance: prng.next() });
    const failures = trunk.registration.kind === "asking" ? trunk.registration.failures : 0;
    const peers = targetsOf(trunk);
    // Each failed attempt goes to the next target of the carrier.
    const target = peers[failures % Math.max(1, peers.length)];
    if (target === undefined) {
      failed("nameUnresolved");
      return;
    }
    let flow: SipFlow;
    try {
      flow = await options.openFlow(target.peer, trunk.config.tls);
    } catch {
      failed("connectionFailed");
      return;
    }
    const contact = contactOf(trunk, target.peer);
    const transactionId = options.sip().send(registerRequest(trunk, target.peer, flow, expiresSeconds));
    if (transactionId === null) failed("connectionFailed");
    else requests.set(transactionId, { trunk, kind: "register", key: keyOf(target.peer), contact });
  };

  const registerRequest = (trunk: Trunk, peer: PeerAddress, flow: SipFlow, expiresSeconds: number): SipSendResult<string> => {
    const domain = domainOf(trunk.config, peer);
    const address = `<${accountUri(trunk.config, domain)}>`;
    trunk.cseq += 1;
    return options.sip().stack.requestSend({
      method: "REGISTER",
      flow,
      target: `sip:${domain}`,
      from: address,
      to: address,
      callId: trunk.callId,
      cseq: trunk.cseq,
      headers: [
        { name: "Contact", value: `<${contactOf(trunk, peer)}>;expires=${expiresSeconds}` },
        { name: "Expires", value: String(expiresSeconds) },
      ],
      authenticate: trunk.authenticate ?? undefined,
      timing: { T1Ms: trunk.config.habits.t1Ms, giveUpMs: Math.max(4_000, trunk.config.habits.giveUpMs) },
    });
  };

  const requestEvent = (event: AnsweredOrNot): boolean => {
    const waiting = probes.get(event.transactionId);
    if (waiting !== undefined) {
      probes.delete(event.transactionId);
      waiting(event);
      return true;
    }
    const request = requests.get(event.transactionId);
    if (request === undefined) return false;
    requests.delete(event.transactionId);
    const { trunk, kind, key } = request;
    const at = clock.now();
    const target = trunk.targets.get(key);
    if (event.kind === "requestAnswered") {
      const { response } = event;
      if (kind === "register") {
        trunk.cseq = response.cseq.number;
        register(trunk, { kind: "answered", at, response: readRegisterOutcome(response, request.contact), chance: prng.next() });
      }
      if (target !== undefined && isLive(trunk))
        health(trunk, target, {
          kind: "answered",
          at,
          // A registrar that refuses an account says nothing of its calls.
          status: kind === "register" && response.status === 503 ? 200 : response.status,
          roundTripMs: kind === "ping" ? Math.max(0, at - target.askedAt) : null,
          retryAfterSeconds: retryAfter(headerGet(response, "Retry-After")),
          byPing: kind === "ping",
        });
      return true;
    }
    const reason = event.cause === "timeout" ? "noAnswer" : "connectionFailed";
    if (kind === "register") register(trunk, { kind: "failed", at, cause: reason, chance: prng.next() });
    if (target !== undefined && isLive(trunk)) health(trunk, target, { kind: "missed", at, reason, byPing: kind === "ping" });
    return true;
  };

  const targetsOf = (trunk: Trunk): readonly Target[] => orderByHealth([...trunk.targets.values()], (target) => target.health, clock.now());

  const contactOf = (trunk: Trunk, peer: PeerAddress): string => contactUri(trunk.config, peer.transport, localOf(trunk, peer));

  const localOf = (trunk: Trunk, peer: PeerAddress): HostPort => {
    const local = options.localFor(peer.address, peer.transport);
    return trunk.config.externalAddress === null ? local : { address: trunk.config.externalAddress, port: local.port };
  };

  // ---- The doctor ----

  const probe = async (trunkId: string): Promise<TrunkProbe | null> => {
    const trunk = trunks.get(trunkId);
    if (trunk === undefined) return null;
    const at = clock.now();
    const names = await Promise.all(
      trunk.config.targets
        .filter(({ host }) => isIP(host.replaceAll(/[[\]]/g, "")) === 0)
        .map(async (target) => ({ host: target.host, addresses: (await resolver.resolve(target, at)).length })),
    );
    const targets = await Promise.all([...trunk.targets.values()].map(({ peer }) => probeTarget(trunk, peer)));
    const first = targetsOf(trunk)[0];
    const registration = trunk.config.kind === "registration" && first !== undefined ? await probeRegistration(trunk, first.peer) : null;
    const calls: TrunkProbe["calls"][number][] = [];
    for (const dialogId of [...trunk.callsIn, ...[...trunk.callsOut].flatMap((it) => it.dialogId ?? [])]) {
      const packets = await options.packetsOf(dialogId);
      if (packets !== null) calls.push(packets);
    }
    return { trunkId, at, names, targets, registration, calls };
  };

  /** Sends a request of the probe's own; null where it could not be sent. */
  const askOnce = async (result: SipSendResult<string>): Promise<AnsweredOrNot | null> => {
    const { handle } = result;
    if (handle === null) return null;
    const answer = new Promise<AnsweredOrNot>((resolve) => probes.set(handle, resolve));
    options.sip().run(result);
    return await answer;
  };

  const probeTarget = async (trunk: Trunk, peer: PeerAddress): Promise<TrunkProbe["targets"][number]> => {
    const local = localOf(trunk, peer);
    const certificate = peer.transport === "tls" ? await options.probeCertificate(peer, trunk.config.tls) : null;
    const found = {
      host: peer.host,
      address: peer.address,
      port: peer.port,
      transport: peer.transport,
      advertised: local.address,
      certificate,
      status: null,
      roundTripMs: null,
      seenAs: null,
      viaIntact: null,
      clockSkewMs: null,
    };
    let flow: SipFlow;
    try {
      flow = await options.openFlow(peer, trunk.config.tls);
    } catch (error) {
      return { ...found, outcome: openTrouble(error) === "certificate" ? "certificate" : "portClosed" };
    }
    const domain = domainOf(trunk.config, peer);
    const { stack } = options.sip();
    const askedAt = clock.now();
    const event = await askOnce(
      stack.requestSend({
        method: "OPTIONS",
        flow,
        target: `sip:${domain}`,
        from: `<${accountUri(trunk.config, domain)}>`,
        to: `<sip:${domain}>`,
        headers: [{ name: "Contact", value: `<${contactOf(trunk, peer)}>` }],
        timing: { T1Ms: trunk.config.habits.t1Ms, giveUpMs: Math.min(4_000, trunk.config.habits.giveUpMs) },
      }),
    );
    if (event === null || event.kind === "requestFailed")
      return { ...found, outcome: event?.cause === "transport" ? "portClosed" : "noAnswer" };
    const { response } = event;
    const via = response.vias[0];
    const date = Date.parse(headerGet(response, "Date") ?? "");
    const received = via === undefined ? undefined : paramGet(via.params, "received");
    return {
      ...found,
      outcome: "answered",
      status: response.status,
      roundTripMs: clock.now() - askedAt,
      seenAs: typeof received === "string" ? plainAddress(received.replaceAll(/[[\]]/g, "")) : null,
      viaIntact: via === undefined ? null : via.host.replaceAll(/[[\]]/g, "") === flow.local.address && via.port === flow.local.port,
      clockSkewMs: Number.isNaN(date) ? null : date - clock.now(),
    };
  };

  const probeRegistration = async (trunk: Trunk, peer: PeerAddress): Promise<TrunkProbe["registration"]> => {
    let flow: SipFlow;
    try {
      flow = await options.openFlow(peer, trunk.config.tls);
    } catch {
      return { outcome: "connectionFailed", status: null, contactIntact: null };
    }
    const contact = contactOf(trunk, peer);
    const event = await askOnce(registerRequest(trunk, peer, flow, trunk.config.registrationSeconds));
    if (event === null || event.kind === "requestFailed") return { outcome: "noAnswer", status: null, contactIntact: null };
    trunk.cseq = event.response.cseq.number;
    const { status } = event.response;
    const contacts = headerAll(event.response, "Contact").flatMap((value) => parseNameAddrList(value) ?? []);
    const isOurs = contacts.some((each) => printUri(each.uri) === contact);
    const ours = contacts.filter((each) => each.uri.kind === "sip" && paramGet(each.uri.params, "line") === trunk.config.trunkId);
    // Ours came back under our mark, but with another address in it: somebody rewrote it.
    return { outcome: "answered", status, contactIntact: status >= 300 || contacts.length === 0 ? null : isOurs || ours.length === 0 };
  };

  // ---- Calls out ----

  const dial = (order: DialOrder, onEvent: (event: DialEvent) => void): Dialling => {
    const it: Dial = {
      order,
      onEvent,
      queue: [],
      trunkIndex: 0,
      current: null,
      holder: null,
      dialogId: null,
      target: null,
      phase: "opening",
      cancelled: false,
      ringTimer: null,
      lastCause: { why: "noTrunk", sipStatus: null, q850: null, trunkId: null },
    };
    it.ringTimer = timers.arm(order.ringMsMax ?? TrunkShellLimits.ringMsMaxDefault, () => {
      it.lastCause = { why: "noAnswer", sipStatus: 408, q850: 19, trunkId: it.current?.trunk.config.trunkId ?? null };
      giveUp(it);
    });
    // What happens is told after dial has returned.
    queueMicrotask(() => next(it));
    return {
      legId: order.legId,
      cancel: () => {
        if (it.phase === "talking" || it.phase === "over") return;
        it.lastCause = { why: "cancelled", sipStatus: 487, q850: 16, trunkId: it.current?.trunk.config.trunkId ?? null };
        giveUp(it);
      },
      hangUp: () => {
        if (it.phase === "talking" && it.dialogId !== null) {
          const sip = options.sip();
          sip.run(sip.stack.dialogEnd(it.dialogId, { headers: [{ name: "Reason", value: 'Q.850;cause=16;text="Normal call clearing"' }] }));
        } else if (it.phase !== "over") {
          it.lastCause = { why: "cancelled", sipStatus: 487, q850: 16, trunkId: it.current?.trunk.config.trunkId ?? null };
          giveUp(it);
        }
      },
    };
  };

  /** The next target, of the next trunk where this one has no more. */
  const next = (it: Dial): void => {
    if (it.phase === "over") return;
    it.phase = "opening";
    it.dialogId = null;
    while (it.queue.length === 0) {
      const trunkId = it.order.trunkIds[it.trunkIndex];
      if (trunkId === undefined) {
        fail(it, it.lastCause);
        return;
      }
      it.trunkIndex += 1;
      const trunk = trunks.get(trunkId);
      if (trunk === undefined || stopping) continue;
      release(it);
      const refusal = takeOut(it, trunk);
      if (refusal !== null) {
        line(trunk, "limitReached", { trouble: refusal });
        it.lastCause = { why: "limitReached", sipStatus: 503, q850: 34, trunkId };
        continue;
      }
      it.queue = attemptsOf(trunk);
      if (it.queue.length === 0) {
        line(trunk, "callOutFailed", { trouble: "nameUnresolved" });
        it.lastCause = { why: "unreachable", sipStatus: 503, q850: 38, trunkId };
      }
    }
    const attempt = it.queue.shift();
    if (attempt !== undefined) void attemptTo(it, attempt);
  };

  const attemptsOf = (trunk: Trunk): Attempt[] => {
    const { registered } = trunk;
    if (registered !== null && registered.until > clock.now()) return [{ trunk, peer: peerOf(registered.flow), registered }];
    return targetsOf(trunk).map(({ peer }) => ({ trunk, peer, registered: null }));
  };

  const attemptTo = async (it: Dial, { trunk, peer, registered, isTooLong = false }: Attempt): Promise<void> => {
    const { trunkId } = trunk.config;
    const key = keyOf(peer);
    it.current = { trunk, peer, since: clock.now() };
    let flow: SipFlow;
    try {
      flow = registered?.flow ?? (await (isTooLong ? longFlow(trunk, peer) : options.openFlow(peer, trunk.config.tls)));
    } catch (error) {
      const target = trunk.targets.get(key);
      if (target !== undefined) health(trunk, target, { kind: "missed", at: clock.now(), reason: openTrouble(error), byPing: false });
      went(it, trunk, key, { status: null, trouble: openTrouble(error) });
      it.lastCause = { why: "unreachable", sipStatus: 503, q850: 38, trunkId };
      next(it);
      return;
    }
    if (it.phase === "over") return;
    const { habits } = trunk.config;
    if (habits.srtp === "required" && flow.transport !== "tls") {
      went(it, trunk, key, { status: null, trouble: "notSealed" });
      it.lastCause = { why: "carrierFailed", sipStatus: 488, q850: 38, trunkId };
      next(it);
      return;
    }
    const callerId = chooseCaller(trunk, it.order);
    const addressed = addressCall(trunk.config, { destination: it.order.destination, callerId }, peer);
    const sip = options.sip();
    const sipCallId = options.ids.next("cid");
    const result = sip.stack.inviteSend({
      flow,
      callId: sipCallId,
      // RFC 5626 §5.3: who registered with us is called at the Contact that it gave.
      target: registered?.contact ?? addressed.target,
      from: addressed.from,
      to: addressed.to,
      sdp: it.order.sdpOffer(mediaOf(trunk, peer)),
      headers: addressed.headers,
      contact: `<${contactOf(trunk, peer)}>`,
      inDialogTarget: habits.ignoreContactHost ? "source" : undefined,
      authenticate: trunk.authenticate ?? undefined,
      timing: { T1Ms: habits.t1Ms, giveUpMs: habits.giveUpMs },
      reliableProgress: habits.prack === "required" ? "required" : habits.prack === "forbidden" ? "never" : "offered",
      ...(habits.sessionTimer === "off" ? { sessionTimer: null } : {}),
      ...(it.order.replaces == null ? {} : { replaces: it.order.replaces }),
      ...(flow.transport === "udp" && !isTooLong && habits.udpBytesMax > 0 ? { bytesMax: habits.udpBytesMax } : {}),
    });
    if (result.failure === "tooLarge") {
      // RFC 3261 §18.1.1: a message that the network would cut up goes by TCP; over UDP only where TCP isn't there.
      await attemptTo(it, { trunk, peer, registered, isTooLong: true });
      return;
    }
    if (result.handle === null) {
      it.lastCause = { why: "carrierFailed", sipStatus: 500, q850: 41, trunkId };
      options.log.warn({ failure: result.failure, trunkId }, "a call to a carrier could not be written");
      next(it);
      return;
    }
    it.order.onSipCallId?.(sipCallId);
    it.phase = "calling";
    it.dialogId = result.handle;
    it.target = addressed.target;
    dials.set(result.handle, it);
    line(trunk, "callOut", { target: key });
    tell(trunk);
    sip.run(result);
  };

  const longFlow = (trunk: Trunk, peer: PeerAddress): Promise<SipFlow> =>
    options.openFlow({ ...peer, transport: "tcp" }, trunk.config.tls).catch(() => options.openFlow(peer, trunk.config.tls));

  const dialEvent = (it: Dial, event: SipUserEvent): void => {
    const current = it.current;
    if (current === null || it.dialogId === null) return;
    const { trunk, peer } = current;
    const { trunkId } = trunk.config;
    const target = trunk.targets.get(keyOf(peer));
    const at = clock.now();
    const alive = (status: number, retryAfterSeconds: number | null): void => {
      if (target !== undefined && isLive(trunk))
        health(trunk, target, { kind: "answered", at, status, roundTripMs: null, retryAfterSeconds, byPing: false });
    };
    switch (event.kind) {
      case "inviteProgressed":
        if (it.phase === "calling" && !it.cancelled)
          it.onEvent({ kind: "progressed", status: event.response.status, sdp: event.sdp, trunkId });
        return;
      case "inviteAnswered":
        if (event.isReInvite) {
          it.onEvent({ kind: "inDialog", event });
          return;
        }
        it.ringTimer?.();
        it.ringTimer = null;
        it.phase = "talking";
        alive(200, null);
        it.onEvent({ kind: "answered", sdp: event.sdp, trunkId, dialogId: it.dialogId, remoteAddress: peer.address });
        return;
      case "inviteRejected": {
        if (event.isReInvite) {
          it.onEvent({ kind: "inDialog", event });
          return;
        }
        forget(it, trunk);
        const outcome =
          event.cause === "response"
            ? ({ kind: "answered", status: event.status } as const)
            : ({ kind: event.cause === "timeout" ? "timeout" : "connectionFailed" } as const);
        if (outcome.kind === "answered")
          alive(event.status, retryAfter(event.response === null ? null : headerGet(event.response, "Retry-After")));
        else if (target !== undefined && isLive(trunk) && !it.cancelled) {
          const reason = outcome.kind === "timeout" ? "noAnswer" : "connectionFailed";
          health(trunk, target, { kind: "missed", at, reason, byPing: false });
        }
        if (it.cancelled) {
          fail(it, it.lastCause);
          return;
        }
        it.lastCause =
          outcome.kind === "answered"
            ? { ...whyOf(event.status), sipStatus: event.status, trunkId, ...saidQ850(event.response) }
            : { why: "unreachable", sipStatus: event.status, q850: 38, trunkId };
        if (!goesOn(outcome, trunk.config.habits.failoverCodes)) {
          line(trunk, "callOutFailed", { target: keyOf(peer), status: event.status });
          fail(it, it.lastCause);
          return;
        }
        went(it, trunk, keyOf(peer), {
          status: outcome.kind === "answered" ? event.status : null,
          trouble: outcome.kind === "answered" ? null : outcome.kind === "timeout" ? "noAnswer" : "connectionFailed",
        });
        next(it);
        return;
      }
      case "dialogEnded": {
        forget(it, trunk);
        release(it);
        it.phase = "over";
        const reason = event.request === null ? null : headerGet(event.request, "Reason");
        it.onEvent({
          kind: "ended",
          by: event.cause === "byeReceived" ? "carrier" : event.cause === "byeSent" ? "us" : "unknown",
          q850: readQ850(reason),
        });
        return;
      }
      default:
        it.onEvent({ kind: "inDialog", event });
    }
  };

  const went = (it: Dial, trunk: Trunk, target: string, fields: Pick<TrunkLogLine, "status" | "trouble">): void => {
    const isLast = it.queue.length === 0 && it.trunkIndex >= it.order.trunkIds.length;
    line(trunk, isLast ? "callOutFailed" : "wentOn", { target, ...fields });
  };

  const giveUp = (it: Dial): void => {
    if (it.phase === "over" || it.cancelled) return;
    it.cancelled = true;
    it.queue = [];
    it.trunkIndex = it.order.trunkIds.length;
    const sip = options.sip();
    if (it.phase === "calling" && it.dialogId !== null) sip.run(sip.stack.inviteCancel(it.dialogId));
    else fail(it, it.lastCause);
  };

  const fail = (it: Dial, cause: DialCause): void => {
    if (it.phase === "over") return;
    it.phase = "over";
    release(it);
    it.ringTimer?.();
    it.ringTimer = null;
    it.onEvent({ kind: "failed", cause });
  };

  /** The place that a call out holds on its trunk. */
  const release = (it: Dial): void => {
    const holder = it.holder;
    it.holder = null;
    if (holder === null) return;
    holder.callsOut.delete(it);
    tell(holder);
  };

  const forget = (it: Dial, trunk: Trunk): void => {
    if (it.dialogId === null) return;
    dials.delete(it.dialogId);
    tell(trunk);
  };

  const isFull = (trunk: Trunk): boolean => {
    if (callsOf(trunk) >= trunk.config.limits.callsMax) prune(trunk);
    return callsOf(trunk) >= trunk.config.limits.callsMax;
  };

  /** Calls that ended without a word of it here: refused by us before they had a dialog. */
  const prune = (trunk: Trunk): void => {
    for (const dialogId of trunk.callsIn) {
      if (inbound.get(dialogId) !== trunk || options.isCallLive(dialogId)) continue;
      inbound.delete(dialogId);
      trunk.callsIn.delete(dialogId);
    }
  };

  const takeOut = (it: Dial, trunk: Trunk): "calls" | "callsPerSecond" | null => {
    const { limits } = trunk.config;
    const taken = takeCall(trunk.bucketOut, limits.callsPerSecond, clock.now());
    if (it.order.isEmergency !== true) {
      if (isFull(trunk)) return "calls";
      if (taken === null) return "callsPerSecond";
    }
    if (taken !== null) trunk.bucketOut = taken;
    trunk.callsOut.add(it);
    it.holder = trunk;
    return null;
  };

  /** The number that the called person sees: what is asked for, or what the trunk's pool says. */
  const chooseCaller = (trunk: Trunk, order: DialOrder): DialOrder["callerId"] => {
    const { choice, numbers } = trunk.config.callerIds;
    if (choice === "passThrough" || numbers.length === 0) return order.callerId;
    const ofProject = numbers.filter((each) => each.projectId !== null && each.projectId === order.projectId);
    const shared = numbers.filter((each) => each.projectId === null);
    const pool = choice === "perProject" ? (ofProject.length > 0 ? ofProject : shared.length > 0 ? shared : numbers) : numbers;
    const index = choice === "fixed" ? 0 : trunk.rotation++ % pool.length;
    return { ...order.callerId, number: pool[index]?.number ?? order.callerId.number };
  };

  // ---- Calls in ----

  const isCarrier = (trunk: Trunk, address: string): boolean =>
    trunk.networks.has(address) || [...trunk.targets.values()].some(({ peer }) => peer.address === address);

  const incoming = (request: SipRequest, flow: SipFlow): IncomingVerdict => {
    const address = plainAddress(flow.remote.address);
    const lineParam = request.uri.kind === "sip" ? paramGet(request.uri.params, "line") : undefined;
    const named = typeof lineParam === "string" ? trunks.get(lineParam) : undefined;
    const candidates = [...trunks.values()].filter((trunk) => trunk.config.kind !== "digest" && isCarrier(trunk, address));
    if (candidates.length === 0) {
      return [...trunks.values()].some((trunk) => isCarrier(trunk, address)) ? { kind: "challenge" } : { kind: "stranger" };
    }
    // Two organisations may have the same carrier: the Contact that we registered tells them apart, else the number does.
    const first = named !== undefined && candidates.includes(named) ? [named] : candidates;
    for (const trunk of first) {
      const number = numberOf(trunk, request);
      if (number !== null) return admit(trunk, number, flow);
    }
    for (const trunk of first) line(trunk, "callInRefused", { status: 404, trouble: "unknownNumber" });
    return { kind: "refused", status: 404 };
  };

  const incomingBy = (trunkId: string, request: SipRequest, flow: SipFlow): IncomingVerdict => {
    const trunk = trunks.get(trunkId);
    if (trunk === undefined) return { kind: "stranger" };
    const number = numberOf(trunk, request);
    if (number !== null) return admit(trunk, number, flow);
    line(trunk, "callInRefused", { status: 404, trouble: "unknownNumber" });
    return { kind: "refused", status: 404 };
  };

  const admit = (trunk: Trunk, number: NumberEntry, flow: SipFlow): IncomingVerdict => {
    const { limits, habits } = trunk.config;
    if (habits.srtp === "required" && flow.transport !== "tls") {
      line(trunk, "callInRefused", { status: 488, trouble: "notSealed" });
      return { kind: "refused", status: 488 };
    }
    const full = isFull(trunk);
    const taken = full ? null : takeCall(trunk.bucketIn, limits.callsPerSecond, clock.now());
    if (taken === null) {
      line(trunk, "limitReached", { status: 503, trouble: full ? "calls" : "callsPerSecond" });
      return { kind: "refused", status: 503 };
    }
    trunk.bucketIn = taken;
    return {
      kind: "taken",
      trunkId: trunk.config.trunkId,
      number,
      media: mediaOf(trunk, peerOf(flow)),
    };
  };

  /** Keys in a description are no secret where anybody can read it: without TLS they are not even offered. */
  const mediaOf = (trunk: Trunk, peer: PeerAddress): TrunkMedia => {
    const { codecs, srtp, ptimeMs, keys, keysPayloadType, ringing } = trunk.config.habits;
    return {
      trunkId: trunk.config.trunkId,
      localAddress: localOf(trunk, peer).address,
      habits: { codecs, ptimeMs, keys, keysPayloadType, srtp: srtp === "optional" && peer.transport !== "tls" ? "off" : srtp },
      hearsEarly: ringing === "carrier",
    };
  };

  /** The number dialled: of the Request-URI; of To or P-Called-Party-ID where that is only our account. */
  const numberOf = (trunk: Trunk, request: SipRequest): NumberEntry | null => {
    const users = [
      request.uri,
      ...headerAll(request, "P-Called-Party-ID").map((value) => parseNameAddr(value)?.uri),
      request.to.uri,
    ].flatMap((uri) =>
      uri?.kind === "sip" && uri.user !== null ? [unescapeUser(uri.user).split(";")[0] as string] : uri?.kind === "other" ? [uri.rest] : [],
    );
    for (const user of users) {
      const { number } = applyNumberRules(trunk.config.rules.reached, user);
      const found = options.numberFor(number, trunk.config.numberIds);
      if (found !== null) return found;
      // Only where the first word is our account's name do the others count: else a To could choose what the carrier didn't.
      if (user === users[0] && user !== (trunk.config.account?.user ?? "allo")) return null;
    }
    return null;
  };

  return {
    dial,
    configure,
    admits: (address) => [...trunks.values()].some((trunk) => isCarrier(trunk, address)),
    challenges: (address) => [...trunks.values()].some((trunk) => trunk.config.kind === "digest" && isCarrier(trunk, address)),
    sipEvent: (event) => {
      if (event.kind === "requestAnswered" || event.kind === "requestFailed") {
        if (event.dialogId === null) return requestEvent(event);
      }
      const dialogId = "dialogId" in event ? event.dialogId : null;
      if (dialogId === null) return false;
      const it = dials.get(dialogId);
      if (it !== undefined) {
        dialEvent(it, event);
        return true;
      }
      const trunk = inbound.get(dialogId);
      if (trunk !== undefined && (event.kind === "dialogEnded" || event.kind === "inviteCancelled")) ended(dialogId, trunk);
      return false;
    },
    incoming,
    incomingBy,
    callBegan: (trunkId, dialogId, { flow }) => {
      const trunk = trunks.get(trunkId);
      if (trunk === undefined) return;
      const sip = options.sip();
      const peer = peerOf(flow);
      sip.run(
        sip.stack.dialogAdjust(dialogId, {
          contact: `<${contactOf(trunk, peer)}>`,
          ...(trunk.config.habits.ignoreContactHost ? { inDialogTarget: "source" } : {}),
        }),
      );
      inbound.set(dialogId, trunk);
      trunk.callsIn.add(dialogId);
      line(trunk, "callIn", { target: keyOf(peer) });
      tell(trunk);
    },
    inboundAccount: (username) => {
      for (const { config } of trunks.values()) {
        if (config.kind === "digest" && config.inbound?.username === username)
          return { trunkId: config.trunkId, ha1Md5: config.inbound.ha1Md5, ha1Sha256: config.inbound.ha1Sha256 };
      }
      return null;
    },
    referrerOf: (dialogId) => {
      const trunk = inbound.get(dialogId) ?? dials.get(dialogId)?.current?.trunk;
      if (trunk === undefined) return null;
      const { trunkId, habits } = trunk.config;
      return { trunkId, isTaken: habits.takesRefer, isReleased: habits.sendsRefer, target: dials.get(dialogId)?.target ?? null };
    },
    peerRegistered: (trunkId, registered) => {
      const trunk = trunks.get(trunkId);
      if (trunk === undefined) return;
      if ((trunk.registered === null) !== (registered === null)) line(trunk, registered === null ? "peerGone" : "peerRegistered");
      trunk.registered = registered;
      tell(trunk);
    },
    callerNumber: (trunkId, number) => {
      const trunk = trunks.get(trunkId);
      return number === null || trunk === undefined ? number : applyNumberRules(trunk.config.rules.callerIn, number).number;
    },
    probe,
    states: () => [...trunks.values()].map((trunk) => stateOf(trunk, clock.now())),
    setLeft: (left) => {
      isLeft = left;
      for (const trunk of trunks.values()) {
        if (left) register(trunk, { kind: "stopped", at: clock.now() });
        else startRegistration(trunk);
      }
    },
    stop: async () => {
      stopping = true;
      const leaving = [...trunks.values()];
      for (const trunk of leaving) leave(trunk);
      if (!leaving.some((trunk) => trunk.registration.kind === "leaving")) return;
      await new Promise<void>((resolve) => {
        const end = timers.arm(TrunkShellLimits.leaveMsMax, resolve);
        const look = (): void => {
          if (leaving.some((trunk) => trunk.registration.kind === "leaving")) timers.arm(TrunkShellLimits.lookAgainMs, look);
          else {
            end();
            resolve();
          }
        };
        look();
      });
    },
  };

  function ended(dialogId: string, trunk: Trunk): void {
    inbound.delete(dialogId);
    trunk.callsIn.delete(dialogId);
    tell(trunk);
  }
}

function stateOf(trunk: Trunk, at: Instant): TrunkState {
  const { registration } = trunk;
  return {
    trunkId: trunk.config.trunkId,
    at,
    registration:
      registration.kind === "stopped" || registration.kind === "leaving"
        ? null
        : {
            kind: registration.kind,
            until: registration.until,
            retryAt: registration.kind === "waiting" ? registration.retryAt : null,
            trouble: registration.kind === "waiting" ? registration.trouble : null,
            status: registration.kind === "waiting" ? registration.status : null,
          },
    peerUntil: trunk.registered?.until ?? null,
    targets: [
      ...[...trunk.targets.values()].map(({ peer, health }) => ({
        host: peer.host,
        address: peer.address,
        port: peer.port,
        transport: peer.transport,
        health: health.kind,
        since: health.since,
        reason: troubleOf(health),
        lastAnswerAt: health.lastAnswerAt,
        lastStatus: health.lastStatus,
        roundTripMs: health.roundTripMs,
      })),
      ...[...trunk.unresolved].map(([host, since]) => ({
        host,
        address: null,
        port: null,
        transport: null,
        health: "down" as const,
        since,
        reason: "nameUnresolved" as const,
        lastAnswerAt: null,
        lastStatus: null,
        roundTripMs: null,
      })),
    ],
    calls: callsOf(trunk),
  };
}

function callsOf(trunk: Trunk): number {
  return trunk.callsOut.size + trunk.callsIn.size;
}

function troubleOf(health: HealthState): TrunkTrouble | null {
  return health.reason === "busy" ? "carrierBusy" : health.reason;
}

function openTrouble(error: unknown): "certificate" | "connectionFailed" {
  return error instanceof FlowError && error.code === "certificateRefused" ? "certificate" : "connectionFailed";
}

function peerOf(flow: SipFlow): PeerAddress {
  const transport = flow.transport === "tcp" || flow.transport === "tls" ? flow.transport : "udp";
  return { address: plainAddress(flow.remote.address), port: flow.remote.port, transport, host: plainAddress(flow.remote.address) };
}

function keyOf(peer: PeerAddress): string {
  return `${peer.transport} ${peer.address}:${peer.port}`;
}

/** What of a trunk decides how it is reached; a change of anything else leaves its registration alone. */
function wayOf(config: TrunkConfig): string {
  const { kind, targets, account, domain, fromDomain, registrationSeconds, externalAddress, tls, habits } = config;
  const { optionsSeconds, contactSips, contactTransport, t1Ms, giveUpMs, trunkGroup } = habits;
  return JSON.stringify([
    [kind, targets, account, domain, fromDomain, registrationSeconds, externalAddress, tls],
    [optionsSeconds, contactSips, contactTransport, t1Ms, giveUpMs, trunkGroup],
  ]);
}

function networksOf(config: TrunkConfig): NetworkList {
  return createNetworkList(config.networks);
}

function retryAfter(value: string | null): number | null {
  const seconds = value === null ? Number.NaN : Number.parseInt(value, 10);
  return Number.isNaN(seconds) || seconds < 0 ? null : seconds;
}

/** RFC 3398 §8.2.6: what a status means for the one who calls. */
function whyOf(status: number): Pick<DialCause, "why" | "q850"> {
  switch (status) {
    case 404:
    case 410:
    case 604:
      return { why: "unknownNumber", q850: 1 };
    case 484:
      return { why: "unknownNumber", q850: 28 };
    case 486:
    case 600:
      return { why: "busy", q850: 17 };
    case 603:
    case 607:
      return { why: "declined", q850: 21 };
    case 408:
    case 480:
      return { why: "noAnswer", q850: status === 480 ? 18 : 102 };
    case 487:
      return { why: "cancelled", q850: 16 };
    default:
      return status >= 500 && status < 600 ? { why: "carrierFailed", q850: status === 503 ? 34 : 41 } : { why: "refused", q850: 21 };
  }
}

function saidQ850(response: { readonly headers: readonly { readonly name: string; readonly value: string }[] } | null): { q850?: number } {
  const said = response === null ? null : readQ850(headerGet(response, "Reason"));
  return said === null ? {} : { q850: said };
}

/** RFC 3326: the cause of the telephone network in a Reason header. */
function readQ850(reason: string | null): number | null {
  const found = reason === null ? null : /^\s*Q\.850\s*;[^,]{0,80}?cause\s*=\s*(\d{1,3})/i.exec(reason);
  return found === null ? null : Number(found[1]);
}
