export {
  abandonRate,
  addCounters,
  averageHandleMs,
  averageSpeedOfAnswerMs,
  countSegment,
  noCounters,
  segmentWaitMs,
  serviceLevel,
  subtractCounters,
} from "./core/kpi.ts";
export type { Counters, Segment, SegmentExit, ServiceLevelCounts, ServiceLevelKind } from "./core/kpi.ts";
export { localDay } from "./core/local-day.ts";
export type { LocalDay } from "./core/local-day.ts";
export { createFigures, presentToday } from "./figures.ts";
export type { Figures } from "./figures.ts";
export { createFloor } from "./floor.ts";
export type { Floor, FloorSource } from "./floor.ts";
export { createReporting } from "./reporting.ts";
export type { Reporting } from "./reporting.ts";
export { segmentsOf } from "./segments.ts";
export { createWorkFeed } from "./work-feed.ts";
export type { WorkFeed } from "./work-feed.ts";
