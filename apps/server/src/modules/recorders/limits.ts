export const recordersModuleLimits = {
  recordersMax: 50,
} as const;
