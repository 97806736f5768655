// The other end of the supervisor's channel: what a role's main file calls.
import { flushCompileCache } from "node:module";
import type { FromDrill, ToDrill } from "../drill/drill-protocol.ts";
import type { ChildMessage, ParentMessage, ReadyPorts } from "../supervisor/protocol.ts";

/** Absent supervisor: nothing is heard, and nothing can be said. */
export type DrillChannel = {
  isThere(): boolean;
  send(message: ToDrill): void;
  onMessage(listener: (message: FromDrill) => void): void;
};

export type Supervised = {
  /** It serves; with port 0 in the settings, say which ports were taken. */
  ready(ports?: ReadyPorts): void;
  /** No organisation exists: the one-time address of the wizard. */
  setupLink(url: string): void;
  /** It stops, and waits for these. */
  stopping(waiting: { readonly callsLeft: number; readonly endsAt: number }): void;
  /** The way to a drill's process. */
  readonly drill: DrillChannel;
  /** It can't start: tells the person why in one sentence and ends the process with code 1. */
  failed(sentence: string): Promise<never>;
};

/**
 * Joins this process to its supervisor. `onStop` is called once, whether by the supervisor's message, SIGTERM, SIGINT or the supervisor's
 * death; when it has resolved, the process ends. `hurry` is aborted where whoever stops it stops it again, and from the start where the
 * supervisor has died: the next one is waiting for our ports. Without a supervisor (started by hand) messages go to standard output.
 */
export function joinSupervisor({ onStop }: { readonly onStop: (hurry: AbortSignal) => Promise<void> }): Supervised {
  const hurry = new AbortController();
  let onDrill: ((message: FromDrill) => void) | null = null;
  let isStopping = false;
  const stop = (): void => {
    if (isStopping) {
      hurry.abort();
      return;
    }
    isStopping = true;
    onStop(hurry.signal).then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on("message", (message: ParentMessage) => {
    if (message.kind === "stop") stop();
    else onDrill?.(message.message);
  });
  process.on("disconnect", () => {
    hurry.abort();
    if (!isStopping) stop();
  });
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  return {
    ready: (ports = {}) => {
      void tell({ kind: "ready", ports });
      // For the next start, however this one ends.
      flushCompileCache();
    },
    setupLink: (url) => void tell({ kind: "setupLink", url }),
    stopping: (waiting) => void tell({ kind: "stopping", ...waiting }),
    drill: {
      isThere: () => process.send !== undefined,
      send: (message) => void tell({ kind: "drill", message }),
      onMessage: (listener) => {
        onDrill = listener;
      },
    },
    async failed(sentence) {
      await tell({ kind: "failed", sentence });
      return process.exit(1);
    },
  };
}

function tell(message: ChildMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined) {
      process.stdout.write(`${JSON.stringify(message)}\n`);
      resolve();
    } else {
      process.send(message, undefined, undefined, () => resolve()); // a failure means that the supervisor is gone: `disconnect` follows
    }
  });
}
