// Keys by SIP INFO (application/dtmf-relay): one at a time, the next when the last was answered.
import { relayedDigitBody, type SipBody } from "@allo/sip";

export const digitRelayLimits = {
  /** What each INFO says of its key, and the pause after its answer: the carrier plays it out. */
  keyMs: 160,
  pauseMs: 100,
  commaMs: 1_000,
  waitingMax: 128,
} as const;

const KEY = /^[0-9*#A-D]$/;

export type DigitRelay = {
  readonly press: (digits: string) => void;
  /** Null: no answer came. */
  readonly answered: (transactionId: string, status: number | null) => void;
};

export function createDigitRelay(options: {
  /** The transaction's id; null where it could not be sent. */
  readonly send: (body: SipBody) => string | null;
  readonly wait: (ms: number, then: () => void) => void;
  /** Where the carrier takes no INFO: the keys that are left, in the sound. */
  readonly sound: (digits: string) => void;
}): DigitRelay {
  const waiting: string[] = [];
  /** "" while a pause passes. */
  let pending: string | null = null;
  let isRefused = false;

  const soundRest = (first = ""): void => {
    isRefused = true;
    pending = null;
    options.sound([first, ...waiting.splice(0)].join(""));
  };
  const pause = (ms: number): void => {
    pending = "";
    options.wait(ms, () => {
      pending = null;
      next();
    });
  };
  let current = "";
  const next = (): void => {
    if (pending !== null) return;
    const key = waiting.shift();
    if (key === undefined) return;
    if (key === ",") {
      pause(digitRelayLimits.commaMs);
      return;
    }
    current = key;
    pending = options.send(relayedDigitBody({ digit: key, durationMs: digitRelayLimits.keyMs }));
    if (pending === null) soundRest(key);
  };

  return {
    press: (digits) => {
      const keys = [...digits.toUpperCase()].filter((key) => KEY.test(key) || key === ",");
      if (isRefused) {
        options.sound(keys.join(""));
        return;
      }
      waiting.push(...keys.slice(0, digitRelayLimits.waitingMax - waiting.length));
      next();
    },
    answered: (transactionId, status) => {
      if (pending === null || pending === "" || transactionId !== pending) return;
      // 415, 405, 501 and the like: it doesn't take keys so. Silence is no word on that.
      if (status !== null && status >= 400 && status !== 408 && status !== 481 && status < 600) soundRest(current);
      else pause(digitRelayLimits.pauseMs);
    },
  };
}
