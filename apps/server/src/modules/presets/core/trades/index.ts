import type { Trade } from "@allo/contract";
import { bank } from "./bank.ts";
import { clinic } from "./clinic.ts";
import { isp } from "./isp.ts";
import { outsourcer } from "./outsourcer.ts";
import { shop } from "./shop.ts";
import { taxi } from "./taxi.ts";
import type { TradeSpec } from "./trade-spec.ts";

/** The ready-made set-up of each trade. */
export const tradeSpecs: Readonly<Record<Trade, TradeSpec>> = { isp, bank, taxi, shop, clinic, outsourcer };
