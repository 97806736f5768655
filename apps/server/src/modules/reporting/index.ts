export { localDay, type LocalDay } from "./core/local-day.ts";
export { createReporting } from "./reporting.ts";
export type { Reporting } from "./reporting.ts";
export { createReconciliation } from "./reconciliation.ts";
export type { Reconcile, ReconcileOptions, Reconciliation } from "./reconciliation.ts";
export type { Difference, QueueDay, ReconciliationCheck } from "./core/reconcile.ts";
export { accountOf, type LogLine } from "./core/ledger.ts";
export { segmentsOf } from "./segments.ts";
