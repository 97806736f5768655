import { reconciliationPeriodMsMax, type ReconciliationState } from "@allo/contract";
import type { OrganisationId } from "@allo/kernel";
import { ApiError, invalidField } from "../../platform/api-error.ts";
import type { Api } from "../../platform/http.ts";
import { serviceLevel, type Counters } from "./core/kpi.ts";
import type { Reconcile, Reconciliation } from "./reconciliation.ts";

/** One at a time in an organisation: it reads a whole period of the log. */
export function registerReconciliation({
  api,
  reconcile,
  timeZoneOf,
  todayOf,
  settled,
}: {
  readonly api: Api;
  readonly reconcile: Reconcile;
  readonly timeZoneOf: (organisationId: OrganisationId) => string;
  readonly todayOf: (organisationId: OrganisationId) => ReadonlyMap<string, Counters>;
  readonly settled: () => Promise<void>;
}): void {
  const running = new Set<OrganisationId>();
  api.on("reconciliationGet", async ({ principal, query: { from, to } }) => {
    if (to <= from) throw invalidField("to", "notAfter", "must be after the beginning");
    if (to - from > reconciliationPeriodMsMax) throw invalidField("to", "tooLong", "must be within eight days of the beginning");
    const { organisationId, projectIds } = principal;
    if (running.has(organisationId)) throw new ApiError("unavailable", 503, "The figures are being compared already", undefined, 5);
    running.add(organisationId);
    try {
      // Of some projects only, what the floor shows of the others must not look like a difference.
      const today = projectIds === "*" ? { today: () => todayOf(organisationId) } : {};
      return present(
        await reconcile({ organisationId, projectIds }, { from, to, timeZone: timeZoneOf(organisationId), settled, ...today }),
      );
    } finally {
      running.delete(organisationId);
    }
  });
}

function present({ queueDays, differences, ...sums }: Reconciliation): ReconciliationState {
  return {
    ...sums,
    queueDays: queueDays.map(({ queueId, day, counters }) => ({
      queueId,
      day,
      offered: counters.offered,
      answered: counters.answered,
      answeredInTarget: counters.answeredInTarget,
      abandoned: counters.abandoned,
      shortAbandoned: counters.shortAbandoned,
      flowedOut: counters.flowedOut,
      refused: counters.refused,
      systemDisconnected: counters.systemDisconnected,
      open: counters.open,
      handled: counters.handled,
      handleMs: counters.handleMs,
      holdMs: counters.holdMs,
      serviceLevel: serviceLevel(counters),
    })),
    differences: differences.map(({ contactIds, ...each }) => ({ ...each, contactIds: [...contactIds] })),
  };
}
