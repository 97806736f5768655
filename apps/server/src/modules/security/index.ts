import type { FromEdge, SecurityState } from "@allo/contract";
import type { Clock } from "@allo/kernel";
import { notFound } from "../../platform/api-error.ts";
import type { Database } from "../../platform/db.ts";
import type { Api, Principal } from "../../platform/http.ts";
import type { Audit } from "../identity/index.ts";

export type SecurityDeps = {
  readonly db: Database;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly api: Api;
  readonly edge: {
    /** Null while the edge is away. */
    shield(): Extract<FromEdge, { kind: "shieldState" }> | null;
    liftBlock(source: string): void;
  };
};

/** Whom the exchange doesn't answer, as the edge last said; a block is lifted by hand. */
export function registerSecurity({ db, audit, clock, api, edge }: SecurityDeps): void {
  /** Lifted here, until the edge says so itself. */
  const lifted = new Map<string, number>();

  const state = (): SecurityState => {
    const now = clock.now();
    const told = edge.shield();
    if (told === null) return { known: false, at: now, blocked: [], unlisted: [], shedding: false };
    for (const [source, at] of lifted) if (at < told.at) lifted.delete(source);
    return {
      known: true,
      at: told.at,
      blocked: told.blocked.filter((each) => now < each.until && !lifted.has(each.source)),
      unlisted: [...told.unlisted],
      shedding: told.shedding,
    };
  };

  const lift = async (principal: Principal, address: string, source: string): Promise<SecurityState> => {
    const found = state().blocked.find((each) => each.source === source);
    if (found === undefined) throw notFound();
    const at = clock.now();
    await db.withScope({ organisationId: principal.organisationId, projectIds: "*" }, (tx) =>
      audit.write(tx, {
        actor: principal,
        action: "security.lift",
        objectType: "security",
        objectId: source,
        before: { why: found.why, since: found.since, until: found.until },
        after: null,
        address,
        at,
      }),
    );
    edge.liftBlock(source);
    lifted.set(source, at);
    return state();
  };

  api.on("securityStateGet", async () => state());
  api.on("sourceLift", ({ principal, address, body }) => lift(principal, address, body.source));
}
