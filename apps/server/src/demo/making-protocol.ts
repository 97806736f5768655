// What the demonstration and the process that makes its organisation say to each other.
import type { DemoProgress } from "./seed/make-demo.ts";

export type MakingOrder = {
  readonly databaseUrl: string;
  readonly dataFolder: string;
  readonly version: string;
  readonly seed: string;
  readonly agents: number;
  readonly days: number;
  readonly customers: number;
};
export type MakingMessage =
  | { readonly kind: "progress"; readonly progress: DemoProgress }
  | { readonly kind: "made" }
  | { readonly kind: "failed"; readonly reason: string };
