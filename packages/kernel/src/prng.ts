import type { Prng } from "./ports.ts";

/** sfc32 by Chris Doty-Humphrey (PractRand), seeded from a label path by FNV-1a: each child is a stream of its own. */
export function createPrng(seed: string): Prng {
  let a = fnv1a(seed, 0x811c9dc5);
  let b = fnv1a(seed, a ^ 0x9e3779b9);
  let c = fnv1a(seed, b ^ 0x85ebca6b);
  let counter = 1;
  const nextUint32 = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i += 1) nextUint32();
  const next = (): number => nextUint32() / 0x1_0000_0000;
  return { next, below: (bound) => Math.floor(next() * bound), child: (label) => createPrng(`${seed}/${label}`) };
}

function fnv1a(text: string, basis: number): number {
  let hash = basis >>> 0;
  for (let i = 0; i < text.length; i += 1) {
    hash ^= text.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193) >>> 0;
  }
  return hash;
}
