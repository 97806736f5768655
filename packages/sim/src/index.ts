export { drawPlan } from "./floor-plan.ts";
export type { FloorConfig, FloorPlan, PlannedAct, PlannedCaller } from "./floor-plan.ts";
export { runFloor } from "./floor-world.ts";
export type { FloorFailure, FloorOutcome, FloorResult } from "./floor-world.ts";
