import type { Clock, IdSource, Prng } from "@allo/kernel";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const TIME_CHARS = 10;
const CHANCE_CHARS = 16;

/** Ids of the same form as the program's, drawn from a seed: the same history has the same ids. Only for the demonstration. */
export function createSeededIds(clock: Clock, prng: Prng): IdSource {
  return {
    next(prefix) {
      let time = "";
      for (let rest = clock.now(), place = 0; place < TIME_CHARS; place += 1, rest = Math.floor(rest / 32))
        time = ALPHABET.charAt(rest % 32) + time;
      let chance = "";
      for (let place = 0; place < CHANCE_CHARS; place += 1) chance += ALPHABET.charAt(prng.below(32));
      return `${prefix}_${time}${chance}`;
    },
  };
}
