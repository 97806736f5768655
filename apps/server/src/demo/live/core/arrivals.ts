// Who calls, when, and what for: drawn half hour by half hour, each from a stream of its own, so that the same seed and the same clock
// give the same callers, also after a restart in the middle.
import { HOUR_MS, SECOND_MS, type Instant, type Prng } from "@allo/kernel";
import { HALF_HOUR_MS } from "./day-shape.ts";
import { between, exponential, lognormal, poisson } from "../../history/draws.ts";

export const arrivalLimits = {
  talkSecondsMin: 40,
  patienceSecondsMin: 8,
  anonymousShare: 0.06,
  unknownShare: 0.2,
  /** Different strangers of a line. */
  strangers: 300,
  /** Callers who hang up in the greeting: misdialled. */
  misdialledShare: 0.02,
  /** Of who was lost, calls again. */
  repeatShare: 0.45,
  repeatsMax: 3,
  repeatSecondsMin: 20,
  repeatSecondsMean: 200,
  repeatSecondsMax: 1_800,
  /** Arrivals of one half hour, whatever the rate. */
  perHalfHourMax: 2_500,
} as const;

/** What the arrivals need to know of a line. */
export type ArrivalLine = {
  readonly key: string;
  readonly number: string;
  readonly share: number;
  readonly handleSecondsMedian: number;
  readonly handleSigma: number;
  readonly patienceSecondsMean: number;
  /** Numbers of known customers. */
  readonly customers: readonly { readonly number: string; readonly name: string }[];
  /** Numbers that nobody has, and that no customer is known by. */
  readonly strangerNumber: (index: number) => string;
};

export type CallPlan = {
  readonly callId: string;
  readonly at: Instant;
  readonly line: string;
  readonly dialled: string;
  /** Null: the number is withheld. */
  readonly from: string | null;
  /** As their telephone company names them; null where it doesn't. */
  readonly name: string | null;
  readonly patienceMs: number;
  readonly talkMs: number;
  /** Which matter of the line's, a number that is taken modulo what there is. */
  readonly matter: number;
  /** How often this caller was lost before with the same matter. */
  readonly repeats: number;
};

/** All arrivals of one half hour, in order of time. */
export function drawHalfHour(options: {
  readonly prng: Prng;
  readonly halfHour: number;
  readonly perHour: number;
  readonly lines: readonly ArrivalLine[];
  /** Nobody talks longer. */
  readonly talkSecondsMax: number;
}): readonly CallPlan[] {
  const { halfHour, lines } = options;
  const prng = options.prng.child(`half-hour/${halfHour}`);
  const count = Math.min(arrivalLimits.perHalfHourMax, poisson(prng, (options.perHour * HALF_HOUR_MS) / HOUR_MS));
  const times = Array.from({ length: count }, () => Math.floor(halfHour * HALF_HOUR_MS + prng.next() * HALF_HOUR_MS)).toSorted(
    (a, b) => a - b,
  );
  return times.flatMap((at, index) => {
    const own = prng.child(`call/${index}`);
    const line = pickLine(own, lines);
    return line === undefined ? [] : [drawPlan(own, line, { callId: `${halfHour}-${index}`, at, talkSecondsMax: options.talkSecondsMax })];
  });
}

function drawPlan(
  prng: Prng,
  line: ArrivalLine,
  fields: { readonly callId: string; readonly at: Instant; readonly talkSecondsMax: number },
): CallPlan {
  const who = prng.next();
  const customer = line.customers[prng.below(line.customers.length)];
  const stranger = line.strangerNumber(prng.below(arrivalLimits.strangers));
  const isAnonymous = who < arrivalLimits.anonymousShare;
  const isUnknown = customer === undefined || who < arrivalLimits.anonymousShare + arrivalLimits.unknownShare;
  const isMisdialled = prng.next() < arrivalLimits.misdialledShare;
  const patience = isMisdialled ? 4 : Math.max(arrivalLimits.patienceSecondsMin, exponential(prng, line.patienceSecondsMean));
  const talk = lognormal(prng, { median: line.handleSecondsMedian, sigma: line.handleSigma });
  const talkSecondsMin = Math.min(arrivalLimits.talkSecondsMin, fields.talkSecondsMax / 2);
  return {
    callId: fields.callId,
    at: fields.at,
    line: line.key,
    dialled: line.number,
    from: isAnonymous ? null : isUnknown ? stranger : customer.number,
    name: null,
    patienceMs: Math.round(patience * SECOND_MS),
    talkMs: Math.round(Math.min(fields.talkSecondsMax, Math.max(talkSecondsMin, talk)) * SECOND_MS),
    matter: prng.below(1_000),
    repeats: 0,
  };
}

/** The same caller again, some time after being lost; null where they give it up. */
export function drawRepeat(prng: Prng, lost: CallPlan, now: Instant): CallPlan | null {
  const own = prng.child(`repeat/${lost.callId}/${lost.repeats}`);
  if (lost.repeats >= arrivalLimits.repeatsMax || own.next() >= arrivalLimits.repeatShare) return null;
  const { repeatSecondsMin, repeatSecondsMean, repeatSecondsMax } = arrivalLimits;
  const after = Math.min(repeatSecondsMax, repeatSecondsMin + exponential(own, repeatSecondsMean));
  return {
    ...lost,
    callId: `${lost.callId}r`,
    at: now + Math.round(after * SECOND_MS),
    // They have waited in vain once: now they wait longer, or not at all.
    patienceMs: Math.round(lost.patienceMs * between(own, 0.6, 2.5)),
    repeats: lost.repeats + 1,
  };
}

function pickLine(prng: Prng, lines: readonly ArrivalLine[]): ArrivalLine | undefined {
  let left = prng.next() * lines.reduce((sum, { share }) => sum + share, 0);
  for (const line of lines) {
    left -= line.share;
    if (left < 0) return line;
  }
  return lines.at(-1);
}
