export { localDay } from "./core/local-day.ts";
export { createReporting } from "./reporting.ts";
export type { Reporting } from "./reporting.ts";
