// Core's side of an edge: the handshake by epochs, commands out, events in, and the tunnels of browser phones and softphones.
import type { CoreCommand, EdgeConfig, EdgeEvent, FromCore, FromEdge, CallProbe, NetworkProbe, TrunkProbe } from "@allo/contract";
import type { Clock, Epoch, IdSource, PersonId, PhoneId, SessionId } from "@allo/kernel";
import type { WebSocket } from "ws";
import type { Logger } from "../platform/log.ts";
import { plainAddress } from "../platform/plain-address.ts";
import type { BusConnection, BusServer } from "./server.ts";
import { createSoftphoneSockets, type SoftphoneSockets } from "./softphone-sockets.ts";

export const EdgeLinkLimits = {
  /** One SIP message of a browser. */
  phoneFrameBytesMax: 65_536,
  /** A browser that doesn't answer pings for so long is gone. */
  phonePingMs: 10_000,
  /** An edge that hasn't let a caller in by then is as good as away. */
  admitMsMax: 2_000,
  /** Names, ports, registration and certificate of a trunk are asked one after the other, each with a limit of its own. */
  probeMsMax: 30_000,
} as const;

/** RFC 6455 §7.4.1 and the registry: why a phone's socket was closed by us. */
const CLOSE = { restart: 1012, tryLater: 1013, tooLarge: 1009, policy: 1008 } as const;

export type EdgeHello = Extract<FromEdge, { kind: "edgeHello" }>;

/** What telephony does with an edge's words. */
export type EdgeListener = {
  /** A (new) connection of this edge. Resolves with the highest sequence of its epoch that is durable here; 0 for none. */
  readonly edgeSaidHello: (hello: EdgeHello) => Promise<number>;
  /** In the order of sequences, each once for a connection; an event that was already seen may come again after a reconnect. */
  readonly edgeEvent: (epoch: Epoch, sequence: number, event: EdgeEvent) => void;
  readonly edgeGone: (epoch: Epoch) => void;
};

export type TrunkNews = Extract<FromEdge, { kind: "trunkState" | "trunkLine" }>;

export type RecorderNews = Extract<FromEdge, { kind: "recorderState" | "recorderLine" }>;

export type DrainNews = Extract<FromEdge, { kind: "drainState" }>;

export type PhoneOwner = { readonly personId: PersonId; readonly sessionId: SessionId };

export type EdgeLink = {
  readonly listen: (listener: EdgeListener) => void;
  /** False where no edge is connected: after it comes back, its hello says what it has. */
  readonly send: (command: CoreCommand) => boolean;
  /** True when the edge has said that this caller is let in; false where it is away, or silent for too long. */
  readonly admit: (command: Extract<CoreCommand, { kind: "admitCaller" }>) => Promise<boolean>;
  /** Events of this epoch up to this sequence are durable. */
  readonly seen: (epoch: Epoch, through: number) => void;
  readonly configure: (config: EdgeConfig) => void;
  /** A browser's socket whose cookie and Origin were checked. `host` is the name or address the browser used. */
  readonly phoneSocket: (
    socket: WebSocket,
    owner: PhoneOwner,
    where: { readonly remoteAddress: string; readonly localAddress: string; readonly host: string },
  ) => void;
  /** Sockets of foreign softphones, which nobody has authenticated yet. */
  readonly softphones: Pick<SoftphoneSockets, "mayOpen" | "attach" | "count">;
  readonly sessionEnded: (sessionId: SessionId) => void;
  readonly isConnected: () => boolean;
  readonly ports: () => { readonly sip: number; readonly phones: number; readonly tls?: number | undefined } | null;
  /** The certificate that SIP over TLS shows from now on; null closes nothing. */
  readonly certify: (certificate: { readonly certPem: string; readonly keyPem: string } | null) => void;
  /** Asks the edge to look closely at a trunk; null where it is away, silent for too long, or doesn't have it. */
  readonly probeTrunk: (trunkId: string) => Promise<TrunkProbe | null>;
  /** Asks the edge to knock at its own doors; null where it is away, or silent for too long. */
  readonly probeNetwork: () => Promise<NetworkProbe | null>;
  /** Has the edge place a short call and listen to what comes back; null where it is away, or silent for too long. */
  readonly probeCall: (order: Omit<Extract<FromCore, { kind: "probeCall" }>, "kind" | "token">) => Promise<CallProbe | null>;
  /** Who follows the trunks of edges: their states and the lines of their logs. */
  readonly onTrunk: (listener: (message: TrunkNews) => void) => void;
  /** Who follows recorders elsewhere. */
  readonly onRecorder: (listener: (message: RecorderNews) => void) => void;
  /** Who follows the devices of edges: where they are registered and how they do. */
  readonly onDevice: (listener: (message: Extract<FromEdge, { kind: "deviceState" }>) => void) => void;
  readonly figures: () => Extract<FromEdge, { kind: "edgeFigures" }> | null;
  /** Whom the edge doesn't answer; null while it is away. */
  readonly shield: () => Extract<FromEdge, { kind: "shieldState" }> | null;
  readonly liftBlock: (source: string) => void;
  /** Whether the edge takes new calls; null while it is away. */
  readonly drainState: () => DrainNews | null;
  /** False where the edge is away. */
  readonly drain: (on: boolean) => boolean;
  /** Who follows it: at each change, and when the edge goes. */
  readonly onDrain: (listener: () => void) => void;
  /** Who keeps the SIP messages of ended calls. */
  readonly onTrace: (listener: (trace: Extract<FromEdge, { kind: "callTrace" }>) => void) => void;
  readonly close: () => Promise<void>;
};

/** A person has one browser phone, whichever tab holds it: its id follows from the person's. */
export function phoneIdOf(personId: PersonId): PhoneId {
  return `phn_${personId.slice(personId.indexOf("_") + 1)}` as PhoneId;
}

export function createEdgeLink(options: {
  readonly bus: BusServer;
  readonly epoch: Epoch;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly log: Logger;
}): EdgeLink {
  const { bus, log } = options;
  let listener: EdgeListener | null = null;
  let edge: { readonly connection: BusConnection; readonly hello: EdgeHello; ready: boolean } | null = null;
  let lastEpoch: Epoch | null = null;
  let config: EdgeConfig | null = null;
  let figures: Extract<FromEdge, { kind: "edgeFigures" }> | null = null;
  let certificate: Extract<FromCore, { kind: "ownCertificate" }>["certificate"] | null = null;
  let onTrunk: ((message: TrunkNews) => void) | null = null;
  let onRecorder: ((message: RecorderNews) => void) | null = null;
  let onDevice: ((message: Extract<FromEdge, { kind: "deviceState" }>) => void) | null = null;
  let shield: Extract<FromEdge, { kind: "shieldState" }> | null = null;
  let drainNews: DrainNews | null = null;
  let onDrain: (() => void) | null = null;
  let onTrace: ((trace: Extract<FromEdge, { kind: "callTrace" }>) => void) | null = null;
  const calling = new Map<string, (probe: CallProbe | null) => void>();
  const knocking = new Map<string, (probe: NetworkProbe | null) => void>();
  const probing = new Map<string, (probe: TrunkProbe | null) => void>();
  const admissions = new Map<string, (isAdmitted: boolean) => void>();
  const phones = new Map<string, { readonly socket: WebSocket; readonly open: Extract<FromCore, { kind: "phoneOpen" }> }>();

  const post = (message: FromCore): boolean => {
    if (edge === null || !edge.ready) return false;
    edge.connection.send(message);
    return true;
  };

  /** Asks the edge for a measurement; null where it is away, or silent for too long. */
  const ask = async <T>(waiting: Map<string, (answer: T | null) => void>, messageOf: (token: string) => FromCore): Promise<T | null> => {
    const token = options.ids.next("prb");
    if (!post(messageOf(token))) return null;
    return await new Promise<T | null>((resolve) => {
      const answered = (answer: T | null): void => {
        clearTimeout(timer);
        waiting.delete(token);
        resolve(answer);
      };
      const timer = setTimeout(() => answered(null), EdgeLinkLimits.probeMsMax);
      waiting.set(token, answered);
    });
  };

  const softphones = createSoftphoneSockets({ clock: options.clock, ids: options.ids, log, post });

  const hello = async (message: EdgeHello, connection: BusConnection): Promise<void> => {
    const previous = edge?.hello.epoch ?? lastEpoch;
    lastEpoch = message.epoch;
    const current = { connection, hello: message, ready: false };
    edge = current;
    // Another start of the edge knows nothing of the browsers that spoke with the one before: they begin anew.
    if (previous !== null && (previous.node !== message.epoch.node || previous.epoch !== message.epoch.epoch)) {
      for (const { socket } of phones.values()) socket.close(CLOSE.restart, "the exchange was restarted");
      phones.clear();
    }
    const seenThrough = (await listener?.edgeSaidHello(message)) ?? 0;
    if (edge !== current) return;
    // The configuration goes first: an edge that has just started can't judge a call without it.
    if (certificate !== null) connection.send({ kind: "ownCertificate", certificate });
    if (config !== null) connection.send({ kind: "edgeConfig", config });
    current.ready = true;
    connection.send({ kind: "coreHello", epoch: options.epoch, seenThrough });
    for (const { open } of phones.values()) connection.send(open);
  };

  bus.onMessage((message, connection) => {
    switch (message.kind) {
      case "edgeHello":
        hello(message, connection).catch((error: unknown) => {
          // Without it nothing can be commanded: the edge connects again and says hello again.
          log.error({ err: error }, "an edge's hello could not be answered");
          connection.close();
        });
        return;
      case "edgeEvent":
        if (edge?.connection === connection) listener?.edgeEvent(edge.hello.epoch, message.sequence, message.event);
        return;
      case "phoneFrame":
        if (!softphones.send(message.flowId, message.text)) phones.get(message.flowId)?.socket.send(message.text);
        return;
      case "phoneClose":
        if (softphones.close(message.flowId)) return;
        phones.get(message.flowId)?.socket.close(CLOSE.policy, "another tab holds the phone, or the session ended");
        phones.delete(message.flowId);
        return;
      case "callerAdmitted":
        admissions.get(message.testCallId)?.(true);
        return;
      case "trunkProbed":
        probing.get(message.token)?.(message.probe);
        return;
      case "callProbed":
        calling.get(message.token)?.(message.probe);
        return;
      case "networkProbed":
        knocking.get(message.token)?.(message.probe);
        return;
      case "trunkState":
      case "trunkLine":
        if (edge?.connection === connection) onTrunk?.(message);
        return;
      case "recorderState":
      case "recorderLine":
        if (edge?.connection === connection) onRecorder?.(message);
        return;
      case "deviceState":
        if (edge?.connection === connection) onDevice?.(message);
        return;
      case "callTrace":
        onTrace?.(message);
        return;
      case "shieldState":
        shield = message;
        return;
      case "drainState":
        drainNews = message;
        onDrain?.();
        return;
      case "edgeFigures":
        figures = message;
    }
  });
  bus.onClosed((connection) => {
    if (edge?.connection !== connection) return;
    const { epoch } = edge.hello;
    edge = null;
    figures = null;
    shield = null;
    drainNews = null;
    onDrain?.();
    // What they proved is forgotten there: they begin anew, also where the same edge comes back.
    softphones.closeAll("the exchange is away");
    listener?.edgeGone(epoch);
  });

  return {
    listen: (next) => {
      listener = next;
    },
    send: (command) => post({ kind: "coreCommand", command }),
    admit: async (command) => {
      const { testCallId } = command.test;
      if (!post({ kind: "coreCommand", command })) return false;
      const { promise, resolve } = Promise.withResolvers<boolean>();
      admissions.set(testCallId, resolve);
      const timer = setTimeout(() => resolve(false), EdgeLinkLimits.admitMsMax);
      return promise.finally(() => {
        clearTimeout(timer);
        admissions.delete(testCallId);
      });
    },
    seen: (epoch, through) => {
      if (edge !== null && edge.hello.epoch.node === epoch.node && edge.hello.epoch.epoch === epoch.epoch)
        post({ kind: "eventsSeen", through });
    },
    configure: (next) => {
      config = next;
      post({ kind: "edgeConfig", config: next });
    },
    phoneSocket: (socket, owner, where) => {
      if (edge === null || !edge.ready) {
        socket.close(CLOSE.tryLater, "the exchange is away");
        return;
      }
      const flowId = options.ids.next("flw");
      const open: Extract<FromCore, { kind: "phoneOpen" }> = {
        kind: "phoneOpen",
        flowId,
        phoneId: phoneIdOf(owner.personId),
        personId: owner.personId,
        sessionId: owner.sessionId,
        addressOfRecord: `sip:${owner.personId}@${hostOf(where.host)}`,
        remoteAddress: plainAddress(where.remoteAddress),
        localAddress: plainAddress(where.localAddress),
      };
      phones.set(flowId, { socket, open });
      edge.connection.send(open);
      let alive = true;
      const pinger = setInterval(() => {
        if (!alive) {
          socket.terminate();
          return;
        }
        alive = false;
        socket.ping();
      }, EdgeLinkLimits.phonePingMs);
      socket.on("pong", () => {
        alive = true;
      });
      socket.on("message", (data, isBinary) => {
        alive = true;
        const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data);
        if (bytes.length > EdgeLinkLimits.phoneFrameBytesMax) {
          socket.close(CLOSE.tooLarge, "message too large");
          return;
        }
        // RFC 7118 §4.2: text or binary, both UTF-8. RFC 5626 §3.5.1 keep-alives are answered here.
        const text = bytes.toString("utf8");
        if (text === "\r\n\r\n") socket.send("\r\n", { binary: isBinary });
        else post({ kind: "phoneFrame", flowId, text });
      });
      socket.on("error", (error) => log.debug({ err: error }, "a browser phone's socket broke"));
      socket.on("close", () => {
        clearInterval(pinger);
        if (phones.delete(flowId)) post({ kind: "phoneClose", flowId });
      });
    },
    softphones,
    sessionEnded: (sessionId) => {
      post({ kind: "sessionEnded", sessionId });
      for (const [flowId, phone] of phones) {
        if (phone.open.sessionId !== sessionId) continue;
        phone.socket.close(CLOSE.policy, "signed out");
        phones.delete(flowId);
      }
    },
    isConnected: () => edge?.ready === true,
    probeTrunk: (trunkId) => ask(probing, (token) => ({ kind: "probeTrunk", token, trunkId })),
    probeCall: (order) => ask(calling, (token) => ({ kind: "probeCall", token, ...order })),
    probeNetwork: () => ask(knocking, (token) => ({ kind: "probeNetwork", token })),
    certify: (next) => {
      certificate = next;
      if (next !== null) post({ kind: "ownCertificate", certificate: next });
    },
    onTrunk: (follower) => {
      onTrunk = follower;
    },
    onRecorder: (follower) => {
      onRecorder = follower;
    },
    onDevice: (follower) => {
      onDevice = follower;
    },
    ports: () => edge?.hello.ports ?? null,
    figures: () => figures,
    shield: () => shield,
    liftBlock: (source) => void post({ kind: "liftBlock", source }),
    drainState: () => drainNews,
    drain: (on) => post({ kind: "drain", on }),
    onDrain: (listening) => {
      onDrain = listening;
    },
    onTrace: (listening) => {
      onTrace = listening;
    },
    close: async () => {
      for (const { socket } of phones.values()) socket.close(CLOSE.restart, "core stops");
      phones.clear();
      softphones.closeAll("core stops");
      await bus.close();
    },
  };
}

/** The host part of an address-of-record: the browser's own host without its port. */
function hostOf(host: string): string {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:]+)(:\d+)?$/.exec(host);
  return (match?.[1] ?? "allo").toLowerCase();
}
