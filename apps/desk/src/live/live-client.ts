import type { LiveFromServer, LiveTopic } from "@allo/contract";
import { create } from "zustand";
import { liveAtRest, stepLive, type LiveCommand, type LiveEvent, type LiveState } from "./live-machine.ts";

/** The live connection's state, for components: pick with a selector. */
export const useLive = create<LiveState>(() => liveAtRest);

/** What the shell needs of the browser; tests pass a fake socket and hand-turned timers. */
export type LivePorts = {
  readonly openSocket: () => WebSocket;
  readonly now: () => number;
  readonly chance: () => number;
  readonly later: (delayMs: number, run: () => void) => () => void;
};

export const browserLivePorts: LivePorts = {
  openSocket: () => new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/live`),
  now: () => Date.now(),
  chance: () => Math.random(),
  later: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

export type LiveClient = {
  readonly start: () => void;
  readonly stop: () => void;
  readonly want: (topics: readonly LiveTopic[]) => void;
  /** The network is in doubt: another connection is opened beside this one, and the first that answers is kept. */
  readonly doubt: () => void;
};

/** Runs the live machine on one WebSocket and keeps the store. */
export function createLiveClient(
  ports: LivePorts,
  publish: (state: LiveState) => void = (state) => useLive.setState(state, true),
): LiveClient {
  let state = liveAtRest;
  let socket: WebSocket | null = null;
  let spare: WebSocket | null = null;
  let cancelRetry = (): void => undefined;
  let cancelSilence = (): void => undefined;

  const run = (command: LiveCommand): void => {
    switch (command.kind) {
      case "open":
        return open();
      case "close":
        return close();
      case "openSpare":
        dropSpare();
        spare = listenTo(ports.openSocket());
        return;
      case "takeSpare": {
        const old = socket;
        socket = spare;
        spare = null;
        old?.close();
        return;
      }
      case "dropSpare":
        return dropSpare();
      case "send":
        if (socket?.readyState === 1) socket.send(JSON.stringify(command.message));
        return;
      case "armRetry":
        cancelRetry();
        cancelRetry = ports.later(command.delayMs, () => dispatch({ kind: "retryDue", at: ports.now() }));
        return;
      case "armSilence":
        cancelSilence();
        cancelSilence = ports.later(command.delayMs, lost);
        return;
      default:
        return command satisfies never;
    }
  };
  const dispatch = (event: LiveEvent): void => {
    const step = stepLive(state, event);
    const changed = step.state !== state;
    state = step.state;
    step.commands.forEach(run);
    if (changed) publish(state);
  };
  const lost = (): void => dispatch({ kind: "lost", at: ports.now(), chance: ports.chance() });
  const open = (): void => {
    close();
    socket = listenTo(ports.openSocket());
  };
  const listenTo = (opened: WebSocket): WebSocket => {
    opened.addEventListener("open", () => {
      if (socket === opened) dispatch({ kind: "opened", at: ports.now() });
      else if (spare === opened) dispatch({ kind: "spareOpened", at: ports.now() });
    });
    opened.addEventListener("message", (event: MessageEvent<unknown>) => {
      const message = socket === opened ? parse(event.data) : null;
      if (message !== null) dispatch({ kind: "received", at: ports.now(), message });
    });
    const ended = (): void => {
      if (socket === opened) lost();
      else if (spare === opened) {
        spare = null;
        dispatch({ kind: "spareLost" });
      }
    };
    opened.addEventListener("close", ended);
    opened.addEventListener("error", ended);
    return opened;
  };
  const dropSpare = (): void => {
    const closing = spare;
    spare = null;
    closing?.close();
  };
  const close = (): void => {
    cancelSilence();
    cancelRetry();
    dropSpare();
    const closing = socket;
    socket = null;
    closing?.close();
  };
  return {
    start: () => dispatch({ kind: "started", at: ports.now() }),
    stop: () => dispatch({ kind: "stopped" }),
    want: (topics) => dispatch({ kind: "wantedChanged", topics }),
    doubt: () => dispatch({ kind: "doubted", at: ports.now() }),
  };
}

function parse(text: unknown): LiveFromServer | null {
  if (typeof text !== "string") return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && "kind" in value ? (value as LiveFromServer) : null;
  } catch {
    return null;
  }
}
