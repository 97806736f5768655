export const trunksModuleLimits = {
  trunksMax: 200,
  inboundSecretChars: 28,
  /** Changes of live states reach open screens at most this often. */
  tellEveryMs: 1_000,
} as const;

/** The realm of everybody who shows a password to the edge. */
export const TRUNK_REALM = "allo";
