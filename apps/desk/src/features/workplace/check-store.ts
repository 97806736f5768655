import type { WorkplaceCheck } from "@allo/contract";
import { create } from "zustand";
import type { MeasureStage } from "./measure.ts";

export type CheckRun =
  | { readonly kind: "idle" }
  | { readonly kind: "running"; readonly stage: MeasureStage }
  | { readonly kind: "done"; readonly check: WorkplaceCheck };

/** The check of this tab, and whether its page is open. The level moves often and stands apart. */
export const useCheck = create<{ readonly opened: boolean; readonly run: CheckRun; readonly levelDbfs: number | null }>(() => ({
  opened: false,
  run: { kind: "idle" },
  levelDbfs: null,
}));

export function openWorkplace(): void {
  useCheck.setState({ opened: true });
}
