export { drawPlan } from "./floor-plan.ts";
export type { FloorConfig, FloorPlan, PlannedAct, PlannedCaller } from "./floor-plan.ts";
export { runFloorSeeds } from "./floor-report.ts";
export type { SeedsOutcome } from "./floor-report.ts";
export { shrinkPlan } from "./floor-shrink.ts";
export { runFloor } from "./floor-world.ts";
export type { FloorFailure, FloorOutcome, FloorResult } from "./floor-world.ts";
export { runQueueModel } from "./queue-model.ts";
export type { QueueModel, QueueModelResult } from "./queue-model.ts";
