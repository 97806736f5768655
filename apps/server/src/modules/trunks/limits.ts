export const trunksModuleLimits = {
  trunksMax: 200,
  inboundSecretChars: 28,
} as const;

/** The realm of everybody who shows a password to the edge. */
export const TRUNK_REALM = "allo";
