import { randomBytes, randomFillSync } from "node:crypto";
import type { Clock, IdSource } from "@allo/kernel";

// Crockford's alphabet in lower case: no i, l, o, u; sorts as its values do.
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const TIME_CHARS = 10; // 50 bits of milliseconds
const RANDOM_CHARS = 16; // 80 bits
const IDS_PER_DRAW = 128;

/** Ids of a prefix and 26 characters: ten of time, so that they sort by it, and sixteen of chance. */
export function createIds(clock: Clock): IdSource {
  // Drawn for many ids at once; each byte is used once.
  const chances = Buffer.alloc(RANDOM_CHARS * IDS_PER_DRAW);
  let used = chances.length;
  return {
    next: (prefix) => {
      let time = "";
      for (let rest = clock.now(), place = 0; place < TIME_CHARS; place += 1, rest = Math.floor(rest / 32))
        time = ALPHABET.charAt(rest % 32) + time;
      let chance = "";
      if (used === chances.length) {
        randomFillSync(chances);
        used = 0;
      }
      for (const end = used + RANDOM_CHARS; used < end; used += 1) chance += ALPHABET.charAt((chances[used] ?? 0) & 31);
      return `${prefix}_${time}${chance}`;
    },
  };
}

/** A secret for a link or a cookie: 256 bits, URL-safe. Only its hash is stored. */
export function createToken(): string {
  return randomBytes(32).toString("base64url");
}
