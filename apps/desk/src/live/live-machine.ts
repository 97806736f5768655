import { applyLivePatch, LiveLimits, type LiveFromClient, type LiveFromServer, type LiveTopic, type LiveTopics } from "@allo/contract";

/** How far a topic was seen: what a reconnect asks to go on from. */
export type TopicSeen = { readonly stream: string; readonly sequence: number; readonly state: object };
export type LiveState = {
  readonly link: "idle" | "connecting" | "open" | "waiting";
  readonly attempt: number;
  /** When the connection was lost; null while it stands, or before the first one. */
  readonly lostSince: number | null;
  readonly wanted: readonly LiveTopic[];
  readonly topics: { readonly [T in LiveTopic]?: TopicSeen };
  /** Server's clock less ours, by the last hello or ping. */
  readonly clockOffsetMs: number;
  readonly sessionEnded: boolean;
  /** A second connection is on its way beside one that may be dead. */
  readonly isSpareOpening: boolean;
  /** When a connection was begun last. */
  readonly begunAt: number;
};
export type LiveEvent =
  | { readonly kind: "started"; readonly at: number }
  | { readonly kind: "stopped" }
  | { readonly kind: "wantedChanged"; readonly topics: readonly LiveTopic[] }
  | { readonly kind: "opened"; readonly at: number }
  | { readonly kind: "received"; readonly at: number; readonly message: LiveFromServer }
  /** The socket closed or failed, or nothing was heard for too long. */
  | { readonly kind: "lost"; readonly at: number; /** 0 to 1, spreads the reconnects of many tabs. */ readonly chance: number }
  | { readonly kind: "retryDue"; readonly at: number }
  /** Whoever watches the network has a reason to think that the connection is dead. */
  | { readonly kind: "doubted"; readonly at: number }
  | { readonly kind: "spareOpened"; readonly at: number }
  | { readonly kind: "spareLost" };
export type LiveCommand =
  | { readonly kind: "open" }
  | { readonly kind: "close" }
  /** Opens another beside the one there is; in place of an earlier one that was opened so. */
  | { readonly kind: "openSpare" }
  /** The spare is the connection from now on; the other is closed. */
  | { readonly kind: "takeSpare" }
  | { readonly kind: "dropSpare" }
  | { readonly kind: "send"; readonly message: LiveFromClient }
  | { readonly kind: "armRetry"; readonly delayMs: number }
  | { readonly kind: "armSilence"; readonly delayMs: number };
export type LiveStep = { readonly state: LiveState; readonly commands: readonly LiveCommand[] };

export const ReconnectLimits = {
  firstMs: 500,
  maxMs: 10_000,
  /** A server that begins again may take the connection long before it answers on it, or never: then it is given up and tried anew. */
  connectMs: 8_000,
  /** Where the network is in doubt one that has not opened by then is tried anew. */
  doubtedMs: 2_000,
} as const;

export const liveAtRest: LiveState = {
  link: "idle",
  attempt: 0,
  lostSince: null,
  wanted: [],
  topics: {},
  clockOffsetMs: 0,
  sessionEnded: false,
  isSpareOpening: false,
  begunAt: 0,
};

/** One live connection: subscribes, follows sequences, asks anew where one is missing, reconnects with growing waits. */
export function stepLive(state: LiveState, event: LiveEvent): LiveStep {
  switch (event.kind) {
    case "started":
      return state.link === "idle" ? connect({ ...state, sessionEnded: false }, event.at) : stay(state);
    case "stopped":
      return { state: { ...liveAtRest, wanted: state.wanted, clockOffsetMs: state.clockOffsetMs }, commands: [{ kind: "close" }] };
    case "wantedChanged":
      return changeWanted(state, event.topics);
    case "opened":
      return state.link === "connecting" ? opened(state) : stay(state);
    case "received": {
      const step = receive(state, event.message, event.at);
      // What speaks isn't dead.
      return state.link === "open" && state.isSpareOpening
        ? { state: { ...step.state, isSpareOpening: false }, commands: [{ kind: "dropSpare" }, ...step.commands] }
        : step;
    }
    case "lost":
      return lose(state, event.at, event.chance);
    case "retryDue":
      return state.link === "waiting" ? connect(state, event.at) : stay(state);
    case "doubted":
      return doubt(state, event.at);
    case "spareOpened":
      if (!state.isSpareOpening) return stay(state);
      return { state: opened(state).state, commands: [{ kind: "takeSpare" }, ...opened(state).commands] };
    case "spareLost":
      return stay({ ...state, isSpareOpening: false });
    default:
      return event satisfies never;
  }
}

/** The silence that counts begins before anything has been heard. */
const armConnect: LiveCommand = { kind: "armSilence", delayMs: ReconnectLimits.connectMs };

function connect(state: LiveState, at: number): LiveStep {
  return { state: { ...state, link: "connecting", begunAt: at, isSpareOpening: false }, commands: [{ kind: "open" }, armConnect] };
}

function opened(state: LiveState): LiveStep {
  return {
    state: { ...state, link: "open", attempt: 0, lostSince: null, isSpareOpening: false },
    commands: [...state.wanted.map((topic) => subscribe(state, topic)), { kind: "armSilence", delayMs: LiveLimits.silenceBeforeLostMs }],
  };
}

/** A dead connection looks like a quiet one: the first that answers is kept, this one or another. */
function doubt(state: LiveState, at: number): LiveStep {
  const isYoung = at - state.begunAt < ReconnectLimits.doubtedMs;
  switch (state.link) {
    case "idle":
      return stay(state);
    case "waiting":
      return connect(state, at);
    case "connecting":
      return isYoung ? stay(state) : connect(state, at);
    case "open":
      if (state.isSpareOpening && isYoung) return stay(state);
      return { state: { ...state, isSpareOpening: true, begunAt: at }, commands: [{ kind: "openSpare" }] };
    default:
      return state.link satisfies never;
  }
}

function receive(state: LiveState, message: LiveFromServer, at: number): LiveStep {
  if (state.link !== "open") return stay(state);
  const heard: LiveCommand = { kind: "armSilence", delayMs: LiveLimits.silenceBeforeLostMs };
  switch (message.kind) {
    case "hello":
      return { state: { ...state, clockOffsetMs: message.serverTime - at }, commands: [heard] };
    case "ping":
      return {
        state: { ...state, clockOffsetMs: message.serverTime - at },
        commands: [heard, { kind: "send", message: { kind: "pong" } }],
      };
    case "sessionEnded":
      return {
        state: { ...liveAtRest, wanted: state.wanted, clockOffsetMs: state.clockOffsetMs, sessionEnded: true },
        commands: [{ kind: "close" }],
      };
    case "snapshot": {
      const seen = { stream: message.stream, sequence: message.sequence, state: message.state };
      return { state: { ...state, topics: { ...state.topics, [message.topic]: seen } }, commands: [heard] };
    }
    case "delta":
      return delta(state, message, heard);
    default:
      return message satisfies never;
  }
}

function delta(state: LiveState, message: Extract<LiveFromServer, { kind: "delta" }>, heard: LiveCommand): LiveStep {
  const seen = state.topics[message.topic];
  if (seen !== undefined && seen.stream === message.stream && message.sequence <= seen.sequence) return { state, commands: [heard] };
  if (seen === undefined || seen.stream !== message.stream || message.sequence !== seen.sequence + 1) {
    // A gap can't be guessed at: ask for the whole again.
    return { state, commands: [heard, { kind: "send", message: { kind: "subscribe", topic: message.topic } }] };
  }
  const next = { stream: message.stream, sequence: message.sequence, state: applyLivePatch(seen.state, message.patch) };
  return { state: { ...state, topics: { ...state.topics, [message.topic]: next } }, commands: [heard] };
}

function lose(state: LiveState, at: number, chance: number): LiveStep {
  if (state.link === "idle" || state.link === "waiting") return stay(state);
  if (state.isSpareOpening)
    return {
      state: { ...state, link: "connecting", isSpareOpening: false, lostSince: state.lostSince ?? at },
      commands: [{ kind: "takeSpare" }, armConnect],
    };
  const ceiling = Math.min(ReconnectLimits.maxMs, ReconnectLimits.firstMs * 2 ** state.attempt);
  const delayMs = Math.round(ceiling / 2 + (ceiling / 2) * chance);
  return {
    state: { ...state, link: "waiting", attempt: state.attempt + 1, lostSince: state.lostSince ?? at },
    commands: [{ kind: "close" }, { kind: "armRetry", delayMs }],
  };
}

function changeWanted(state: LiveState, topics: readonly LiveTopic[]): LiveStep {
  const added = topics.filter((topic) => !state.wanted.includes(topic));
  const dropped = state.wanted.filter((topic) => !topics.includes(topic));
  const kept = { ...state.topics };
  for (const topic of dropped) delete kept[topic];
  const next: LiveState = { ...state, wanted: topics, topics: kept };
  if (state.link !== "open") return stay(next);
  const leave = dropped.map((topic): LiveCommand => ({ kind: "send", message: { kind: "unsubscribe", topic } }));
  return { state: next, commands: [...leave, ...added.map((topic) => subscribe(next, topic))] };
}

function subscribe(state: LiveState, topic: LiveTopic): LiveCommand {
  const seen = state.topics[topic];
  const message: LiveFromClient =
    seen === undefined
      ? { kind: "subscribe", topic }
      : { kind: "subscribe", topic, after: { stream: seen.stream, sequence: seen.sequence } };
  return { kind: "send", message };
}

const stay = (state: LiveState): LiveStep => ({ state, commands: [] });

/** A topic's state as last known. */
export function topicState<T extends LiveTopic>(state: LiveState, topic: T): LiveTopics[T] | undefined {
  return state.topics[topic]?.state as LiveTopics[T] | undefined;
}
