// Draws from the distributions that call centres are made of.
import type { Prng } from "@allo/kernel";

export function exponential(prng: Prng, mean: number): number {
  return -Math.log(1 - prng.next()) * mean;
}

/** Standard normal (Box–Muller). */
export function normal(prng: Prng): number {
  const radius = Math.sqrt(-2 * Math.log(1 - prng.next()));
  return radius * Math.cos(2 * Math.PI * prng.next());
}

export function lognormal(prng: Prng, { median, sigma }: { readonly median: number; readonly sigma: number }): number {
  return median * Math.exp(sigma * normal(prng));
}

const SMALL_MEAN = 30;

export function poisson(prng: Prng, mean: number): number {
  if (mean <= 0) return 0;
  // Beyond it the normal is as good and doesn't multiply its way down.
  if (mean > SMALL_MEAN) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(prng)));
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = prng.next(); product > limit; product *= prng.next()) count += 1;
  return count;
}

export function between(prng: Prng, from: number, to: number): number {
  return from + prng.next() * (to - from);
}

export function isTrue(prng: Prng, share: number): boolean {
  return prng.next() < share;
}

export function pickOne<T>(prng: Prng, list: readonly T[]): T {
  const chosen = list[prng.below(list.length)];
  if (chosen === undefined) throw new Error("there is nothing to choose from");
  return chosen;
}

/** By weight; the weights needn't sum to 1. */
export function pickWeighted<T extends { readonly weight: number }>(prng: Prng, list: readonly T[]): T {
  let rest = prng.next() * list.reduce((sum, { weight }) => sum + weight, 0);
  for (const each of list) {
    rest -= each.weight;
    if (rest < 0) return each;
  }
  return pickOne(prng, list);
}

/** In an order drawn anew (Fisher–Yates). */
export function shuffled<T>(prng: Prng, list: readonly T[]): readonly T[] {
  const copy = [...list];
  for (let last = copy.length - 1; last > 0; last -= 1) {
    const other = prng.below(last + 1);
    [copy[last], copy[other]] = [copy[other] as T, copy[last] as T];
  }
  return copy;
}
