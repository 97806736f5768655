/** Uniform numbers in [0, 1), reproducible by seed. `child` makes an independent stream, so that a draw in one never shifts another. */
export type Prng = {
  readonly next: () => number;
  /** An integer in [0, bound). */
  readonly below: (bound: number) => number;
  readonly child: (label: string) => Prng;
};

/** New unguessable ids. `next("cal")` gives "cal_" and 26 characters that sort by time. */
export type IdSource = { readonly next: (prefix: string) => string };

/** A one-way hash over bytes, as lower-case hexadecimal. */
export type Hash = { readonly md5Hex: (text: string) => string; readonly sha256Hex: (text: string) => string };

/** HMAC over bytes with a fixed secret held by the implementation. */
export type Hmac = (message: Uint8Array) => Uint8Array;
