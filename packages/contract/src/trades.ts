/** Trades for which there is a ready-made set-up. */
export const trades = ["isp", "bank", "taxi", "shop", "clinic", "outsourcer"] as const;
export type Trade = (typeof trades)[number];
