import { randomBytes, randomFillSync } from "node:crypto";
import type { Clock, IdSource } from "@allo/kernel";

// Crockford's alphabet in lower case: no i, l, o, u; sorts as its values do.
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const TIME_CHARS = 10; // 50 bits of milliseconds
const RANDOM_CHARS = 16; // 80 bits
const IDS_PER_DRAW = 128;

/** Ids of a prefix and 26 characters: ten of time, so that they sort by it, and sixteen of chance. */
export function createIds(clock: Clock): IdSource {
  // Drawn for many ids at once, as their characters; each is used once.
  const chances = Buffer.alloc(RANDOM_CHARS * IDS_PER_DRAW);
  let used = chances.length;
  let timeOf = Number.NaN;
  let time = "";
  return {
    next: (prefix) => {
      const now = clock.now();
      if (now !== timeOf) {
        timeOf = now;
        time = textOf(now);
      }
      if (used === chances.length) {
        randomFillSync(chances);
        for (let place = 0; place < chances.length; place += 1) chances[place] = ALPHABET.charCodeAt((chances[place] ?? 0) & 31);
        used = 0;
      }
      used += RANDOM_CHARS;
      return `${prefix}_${time}${chances.toString("latin1", used - RANDOM_CHARS, used)}`;
    },
  };
}

function textOf(instant: number): string {
  let text = "";
  for (let rest = instant, place = 0; place < TIME_CHARS; place += 1, rest = Math.floor(rest / 32))
    text = ALPHABET.charAt(rest % 32) + text;
  return text;
}

/** A secret for a link or a cookie: 256 bits, URL-safe. Only its hash is stored. */
export function createToken(): string {
  return randomBytes(32).toString("base64url");
}
