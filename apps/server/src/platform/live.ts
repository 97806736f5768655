// One WebSocket per open tab for everything that moves: a snapshot with a sequence, then deltas without gaps (contract, live.ts).
// A channel is a topic for one key (a person's desk, an organisation's floor); it keeps the last deltas so that a tab which lost its
// connection for a moment goes on where it was.
import { randomBytes } from "node:crypto";
import { LiveLimits, type LiveFromClient, type LiveFromServer, type LivePatch, type LiveTopic, type LiveTopics } from "@allo/contract";
import type { Clock, Instant, OrganisationId, PersonId, SessionId } from "@allo/kernel";
import type { WebSocket } from "ws";
import type { Principal } from "./principal.ts";

export type PresenceEvent = {
  readonly personId: PersonId;
  readonly sessionId: SessionId;
  readonly organisationId: OrganisationId;
  readonly online: boolean;
  readonly at: Instant;
};

export type LiveHub = {
  /** Who may see a topic, under which key it is published, and its whole state. A snapshot may already hold what a following delta says. */
  provide<T extends LiveTopic>(
    topic: T,
    source: {
      readonly key: (principal: Principal) => string;
      readonly allowed: (principal: Principal) => boolean;
      readonly snapshot: (principal: Principal) => Promise<LiveTopics[T]>;
    },
  ): void;
  publish(topic: LiveTopic, key: string, patch: LivePatch): void;
  /**
   * A person's sockets with an open desk: the first opened, all closed (a silent one counts as closed after
   * LiveLimits.silenceBeforeLostMs).
   */
  onPresence(listener: (event: PresenceEvent) => void): void;
};

export type LiveServer = LiveHub & {
  /** Takes over an authenticated socket. */
  attach(socket: WebSocket, principal: Principal): void;
  /** Tells the tabs of a session that it is over, and closes them. */
  endSession(sessionId: SessionId): void;
  /** A person's rights changed: their tabs connect anew. */
  reconnectPerson(personId: PersonId): void;
  readonly figures: () => { readonly sockets: number; readonly channels: number };
  close(): void;
};

export const liveServerLimits = {
  /** A channel that nobody watches is kept so long for those who come back. */
  unwatchedKeptMs: 60_000,
  sweepEveryMs: 1_000,
  snapshotFailuresMax: 3,
} as const;
export const liveCloseCodes = {
  sessionEnded: 4401,
  reconnect: 4000,
  tooSlow: 4008,
  malformed: 4002,
  silent: 4009,
  failed: 4011,
  goingAway: 1001,
} as const;

type Source = {
  readonly key: (principal: Principal) => string;
  readonly allowed: (principal: Principal) => boolean;
  readonly snapshot: (principal: Principal) => Promise<unknown>;
};
type Channel = {
  readonly topic: LiveTopic;
  readonly stream: string;
  sequence: number;
  /** The last deltas, oldest first; the newest has `sequence`. None from before the last that gives the whole state: it would be of no use. */
  deltas: LivePatch[];
  /** The newest delta in words, where it gives the whole state. */
  whole: string | null;
  readonly watchers: Set<Tab>;
  unwatchedSince: Instant | null;
};
type Tab = {
  readonly socket: WebSocket;
  readonly principal: Principal;
  /** A subscription is `loading` until its snapshot is sent; deltas after `from` follow it. */
  readonly subscriptions: Map<LiveTopic, { readonly channel: Channel; loading: boolean }>;
  heardAt: Instant;
  pingedAt: Instant;
};

export function createLiveHub(deps: {
  readonly clock: Clock;
  readonly version: string;
  readonly log: { warn(fields: object, message: string): void };
}): LiveServer {
  const sources = new Map<LiveTopic, Source>();
  const channels = new Map<string, Channel>();
  const tabs = new Set<Tab>();
  const presenceListeners: ((event: PresenceEvent) => void)[] = [];
  const sweep = setInterval(() => {
    keepAlive();
  }, liveServerLimits.sweepEveryMs);
  sweep.unref();

  const channelOf = (topic: LiveTopic, key: string): Channel => {
    const name = `${topic} ${key}`;
    let channel = channels.get(name);
    if (channel === undefined) {
      channel = {
        topic,
        stream: randomBytes(9).toString("base64url"),
        sequence: 0,
        deltas: [],
        whole: null,
        watchers: new Set(),
        unwatchedSince: null,
      };
      channels.set(name, channel);
    }
    return channel;
  };

  const send = (tab: Tab, message: LiveFromServer): void => {
    if (tab.socket.readyState !== tab.socket.OPEN) return;
    // A tab that can't keep up is cut; it comes back and is given a snapshot instead of a backlog.
    if (tab.socket.bufferedAmount > LiveLimits.bytesBufferedMax) {
      drop(tab, liveCloseCodes.tooSlow);
      return;
    }
    tab.socket.send(JSON.stringify(message));
  };

  const drop = (tab: Tab, code: number): void => {
    forget(tab);
    tab.socket.close(code);
    // A peer that is gone never answers the close: don't wait for it.
    if (code === liveCloseCodes.silent || code === liveCloseCodes.tooSlow) tab.socket.terminate();
  };

  const deskTabs = (personId: PersonId): number => {
    let count = 0;
    for (const tab of tabs) if (tab.principal.personId === personId && tab.subscriptions.has("desk")) count += 1;
    return count;
  };
  const tellPresence = (principal: Principal, online: boolean): void => {
    const event = {
      personId: principal.personId,
      sessionId: principal.sessionId,
      organisationId: principal.organisationId,
      online,
      at: deps.clock.now(),
    };
    for (const listener of presenceListeners) listener(event);
  };

  const unsubscribe = (tab: Tab, topic: LiveTopic): void => {
    const subscription = tab.subscriptions.get(topic);
    if (subscription === undefined) return;
    tab.subscriptions.delete(topic);
    subscription.channel.watchers.delete(tab);
    if (subscription.channel.watchers.size === 0) subscription.channel.unwatchedSince = deps.clock.now();
    if (topic === "desk" && deskTabs(tab.principal.personId) === 0) tellPresence(tab.principal, false);
  };

  const forget = (tab: Tab): void => {
    if (!tabs.has(tab)) return;
    for (const topic of [...tab.subscriptions.keys()]) unsubscribe(tab, topic);
    tabs.delete(tab);
  };

  const sendDeltasAfter = (tab: Tab, channel: Channel, sequence: number): void => {
    const first = channel.sequence - channel.deltas.length + 1;
    for (let next = sequence + 1; next <= channel.sequence; next += 1) {
      const patch = channel.deltas[next - first];
      if (patch !== undefined) send(tab, { kind: "delta", topic: channel.topic, stream: channel.stream, sequence: next, patch });
    }
  };
  const holdsAfter = (channel: Channel, sequence: number): boolean =>
    sequence <= channel.sequence && sequence >= channel.sequence - channel.deltas.length;

  const subscribe = async (tab: Tab, topic: LiveTopic, after: { stream: string; sequence: number } | undefined): Promise<void> => {
    const source = sources.get(topic);
    if (source === undefined || !source.allowed(tab.principal)) return; // the desk hides what isn't granted; nothing is revealed here
    unsubscribeQuietly(tab, topic);
    const channel = channelOf(topic, source.key(tab.principal));
    const isFirstDesk = topic === "desk" && deskTabs(tab.principal.personId) === 0;
    const subscription = { channel, loading: true };
    tab.subscriptions.set(topic, subscription);
    channel.watchers.add(tab);
    channel.unwatchedSince = null;
    if (isFirstDesk) tellPresence(tab.principal, true);
    if (after !== undefined && after.stream === channel.stream && holdsAfter(channel, after.sequence)) {
      subscription.loading = false;
      sendDeltasAfter(tab, channel, after.sequence);
      return;
    }
    for (let attempt = 1; ; attempt += 1) {
      const sequence = channel.sequence;
      let state: unknown;
      try {
        state = await source.snapshot(tab.principal);
      } catch (error) {
        deps.log.warn({ event: "snapshotFailed", topic, code: error instanceof Error ? error.name : "unknown" }, "A live snapshot failed");
        drop(tab, liveCloseCodes.failed);
        return;
      }
      if (tab.subscriptions.get(topic) !== subscription) return; // it went away meanwhile
      // The whole state came meanwhile: it is newer.
      const whole = holdsAfter(channel, sequence) ? null : wholeOf(channel);
      // More than the kept deltas came while it was being read: read it again.
      if (whole === null && !holdsAfter(channel, sequence) && attempt < liveServerLimits.snapshotFailuresMax) continue;
      subscription.loading = false;
      const snapshot = whole ?? { sequence, state };
      send(tab, { kind: "snapshot", topic, stream: channel.stream, ...snapshot } as LiveFromServer);
      sendDeltasAfter(tab, channel, snapshot.sequence);
      return;
    }
  };
  const wholeOf = (channel: Channel): { readonly sequence: number; readonly state: unknown } | null => {
    const [first] = channel.deltas;
    return first?.op === "replace" ? { sequence: channel.sequence - channel.deltas.length + 1, state: first.state } : null;
  };
  /** A tab that subscribes again stays online. */
  const unsubscribeQuietly = (tab: Tab, topic: LiveTopic): void => {
    const subscription = tab.subscriptions.get(topic);
    if (subscription === undefined) return;
    subscription.channel.watchers.delete(tab);
  };

  const keepAlive = (): void => {
    const now = deps.clock.now();
    for (const tab of [...tabs]) {
      if (now - tab.heardAt > LiveLimits.silenceBeforeLostMs) drop(tab, liveCloseCodes.silent);
      else if (now - tab.pingedAt >= LiveLimits.heartbeatMs) {
        tab.pingedAt = now;
        send(tab, { kind: "ping", serverTime: now });
      }
    }
    for (const [name, channel] of channels) {
      if (channel.unwatchedSince !== null && now - channel.unwatchedSince > liveServerLimits.unwatchedKeptMs) channels.delete(name);
    }
  };

  return {
    provide(topic, source) {
      sources.set(topic, source);
    },
    publish(topic, key, patch) {
      const channel = channels.get(`${topic} ${key}`);
      if (channel === undefined) return; // nobody has ever looked: a snapshot will tell
      const patchText = JSON.stringify(patch);
      if (patch.op === "replace") {
        if (channel.whole === patchText) return; // touched, and the same as it was
        channel.deltas = [];
      }
      channel.whole = patch.op === "replace" ? patchText : null;
      channel.sequence += 1;
      channel.deltas.push(patch);
      if (channel.deltas.length > LiveLimits.deltasKeptPerTopic) channel.deltas.shift();
      // As JSON.stringify would write a delta, with the patch that is written already.
      const text = `{"kind":"delta","topic":"${topic}","stream":"${channel.stream}","sequence":${channel.sequence},"patch":${patchText}}`;
      for (const tab of [...channel.watchers]) {
        if (tab.subscriptions.get(topic)?.loading !== false || tab.socket.readyState !== tab.socket.OPEN) continue;
        if (tab.socket.bufferedAmount > LiveLimits.bytesBufferedMax) drop(tab, liveCloseCodes.tooSlow);
        else tab.socket.send(text);
      }
    },
    onPresence: (listener) => void presenceListeners.push(listener),
    attach(socket, principal) {
      const now = deps.clock.now();
      const tab: Tab = { socket, principal, subscriptions: new Map(), heardAt: now, pingedAt: now };
      tabs.add(tab);
      socket.on("message", (data, isBinary) => {
        tab.heardAt = deps.clock.now();
        const message = isBinary ? null : readMessage(String(data));
        if (message === null) {
          drop(tab, liveCloseCodes.malformed);
          return;
        }
        if (message.kind === "subscribe") void subscribe(tab, message.topic, message.after);
        else if (message.kind === "unsubscribe") unsubscribe(tab, message.topic);
      });
      socket.on("close", () => {
        forget(tab);
      });
      socket.on("error", () => undefined); // "close" follows
      send(tab, { kind: "hello", serverTime: now, version: deps.version });
    },
    endSession(sessionId) {
      for (const tab of [...tabs]) {
        if (tab.principal.sessionId !== sessionId) continue;
        send(tab, { kind: "sessionEnded" });
        drop(tab, liveCloseCodes.sessionEnded);
      }
    },
    reconnectPerson(personId) {
      for (const tab of [...tabs]) if (tab.principal.personId === personId) drop(tab, liveCloseCodes.reconnect);
    },
    figures: () => ({ sockets: tabs.size, channels: channels.size }),
    close() {
      clearInterval(sweep);
      for (const tab of [...tabs]) {
        tab.socket.close(liveCloseCodes.goingAway);
        tab.socket.terminate();
        forget(tab);
      }
    },
  };
}

const TOPICS: ReadonlySet<string> = new Set<LiveTopic>(["desk", "floor", "testCall", "drain", "help", "setup", "work"]);

/** Null for anything that isn't a message of the contract. */
function readMessage(text: string): LiveFromClient | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null || !("kind" in value)) return null;
  if (value.kind === "pong") return { kind: "pong" };
  if (!("topic" in value) || typeof value.topic !== "string" || !TOPICS.has(value.topic)) return null;
  const topic = value.topic as LiveTopic;
  if (value.kind === "unsubscribe") return { kind: "unsubscribe", topic };
  if (value.kind !== "subscribe") return null;
  const after = "after" in value ? value.after : undefined;
  if (typeof after !== "object" || after === null || !("stream" in after) || !("sequence" in after)) return { kind: "subscribe", topic };
  if (typeof after.stream !== "string" || !Number.isSafeInteger(after.sequence)) return null;
  return { kind: "subscribe", topic, after: { stream: after.stream, sequence: after.sequence as number } };
}
