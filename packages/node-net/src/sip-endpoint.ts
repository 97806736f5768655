// The shell of the SIP engine: runs its commands (bytes, timers) and gives its events to whoever speaks through it.
import type { Clock } from "@allo/kernel";
import type { HostPort, SipCallFailure, SipCallResult, SipCommand, SipFlow, SipSendResult, SipStack, SipUserEvent } from "@allo/sip";

export const sipEndpointLimits = {
  /** From this length on timers may ring late, by up to a tick. */
  longTimerMs: 2_000,
  tickMs: 100,
} as const;

export type SipEndpoint = {
  readonly stack: SipStack;
  readonly receive: (flow: SipFlow, bytes: Uint8Array) => void;
  /** A connection is gone; dialogs and transactions that live on it end. */
  readonly flowClosed: (flowId: string) => void;
  /** Runs what an application call returned; the failure is expected (the peer may just have gone) and given back. */
  readonly run: (result: SipCallResult) => SipCallFailure | null;
  readonly send: <H>(result: SipSendResult<H>) => H | null;
  readonly close: () => void;
};

export function createSipEndpoint(options: {
  readonly stack: SipStack;
  readonly clock: Clock;
  readonly log?: { warn(fields: object, message: string): void } | undefined;
  /** Rings once after so long and gives back what cancels it. Absent: a timer of the process for each. */
  readonly arm?: (afterMs: number, ring: () => void) => () => void;
  readonly sendBytes: (flowId: string, to: HostPort | null, bytes: Uint8Array) => void;
  readonly onEvent: (event: SipUserEvent) => void;
}): SipEndpoint {
  const { stack, clock } = options;
  const arm = options.arm ?? armTimeout;
  const cancels = new Map<number, () => void>();
  /** Long timers by the tick in which they end: most of them are cancelled, or only end what nobody waits for. */
  const later = new Map<number, number[]>();
  const cancelTicks = new Map<number, () => void>();
  // Events are given out after the commands before them have run, in order, also where an event's listener makes further calls.
  const queue: SipCommand[] = [];
  let draining = false;

  const drain = (commands: readonly SipCommand[]): void => {
    queue.push(...commands);
    if (draining) return;
    draining = true;
    try {
      for (let command = queue.shift(); command !== undefined; command = queue.shift()) execute(command);
    } finally {
      draining = false;
    }
  };

  const ring = (timerId: number): void => {
    drain(stack.handle({ kind: "timerFired", at: clock.now(), timerId }));
  };

  /** One alarm for all that end in the same tick. The stack ignores those that it has cancelled. */
  const armLater = (timerId: number, afterMs: number): void => {
    const now = clock.now();
    const tick = Math.ceil((now + afterMs) / sipEndpointLimits.tickMs);
    const known = later.get(tick);
    if (known !== undefined) {
      known.push(timerId);
      return;
    }
    later.set(tick, [timerId]);
    cancelTicks.set(
      tick,
      arm(tick * sipEndpointLimits.tickMs - now, () => {
        const all = later.get(tick) ?? [];
        later.delete(tick);
        cancelTicks.delete(tick);
        for (const each of all) ring(each);
      }),
    );
  };

  const execute = (command: SipCommand): void => {
    switch (command.kind) {
      case "sendBytes":
        options.sendBytes(command.flowId, command.to, command.bytes);
        return;
      case "armTimer":
        if (command.afterMs >= sipEndpointLimits.longTimerMs) {
          armLater(command.timerId, command.afterMs);
          return;
        }
        cancels.set(
          command.timerId,
          arm(command.afterMs, () => {
            cancels.delete(command.timerId);
            ring(command.timerId);
          }),
        );
        return;
      case "cancelTimer":
        cancels.get(command.timerId)?.();
        cancels.delete(command.timerId);
        return;
      case "emit":
        options.onEvent(command.event);
    }
  };

  return {
    stack,
    receive: (flow, bytes) => drain(stack.handle({ kind: "messageReceived", at: clock.now(), flow, bytes })),
    flowClosed: (flowId) => drain(stack.handle({ kind: "flowClosed", at: clock.now(), flowId })),
    run: (result) => {
      drain(result.commands);
      return result.failure;
    },
    send: (result) => {
      drain(result.commands);
      if (result.failure !== null) options.log?.warn({ failure: result.failure }, "request could not be sent");
      return result.handle;
    },
    close: () => {
      for (const cancel of [...cancels.values(), ...cancelTicks.values()]) cancel();
      cancels.clear();
      cancelTicks.clear();
      later.clear();
    },
  };
}

function armTimeout(afterMs: number, ring: () => void): () => void {
  const timer = setTimeout(ring, afterMs);
  return () => clearTimeout(timer);
}
