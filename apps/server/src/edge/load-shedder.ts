// New calls are refused before the signalling thread is full, so that what talks can go on talking, hold and hang up.
export const shedderLimits = {
  sampleEveryMs: 500,
  /** Of the thread's time: from here on new calls are refused, until it has fallen to the other. */
  refusesAt: 0.85,
  resumesAt: 0.7,
  /** How much the newest sample counts. */
  weight: 0.5,
  /** Callers come back spread over so long. */
  retryAfterSecondsMin: 4,
  retryAfterSecondsSpread: 12,
} as const;

export type LoadShedder = {
  /** How much of the processor time that it could have had was used since the last sample: 0 to 1. */
  readonly sample: (busy: number) => void;
  readonly refusesCalls: () => boolean;
  readonly load: () => number;
};

export function createLoadShedder(): LoadShedder {
  let load = 0;
  let refuses = false;
  return {
    sample(busy) {
      load = load * (1 - shedderLimits.weight) + Math.min(1, Math.max(0, busy)) * shedderLimits.weight;
      refuses = refuses ? load > shedderLimits.resumesAt : load >= shedderLimits.refusesAt;
    },
    refusesCalls: () => refuses,
    load: () => load,
  };
}
