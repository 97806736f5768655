import type { Drain, FromEdge } from "@allo/contract";
import type { Clock, OrganisationId } from "@allo/kernel";
import { ApiError } from "../../platform/api-error.ts";
import type { Database } from "../../platform/db.ts";
import type { Api, Principal } from "../../platform/http.ts";
import type { LiveHub } from "../../platform/live.ts";
import type { Audit } from "../identity/index.ts";

type DrainNews = Extract<FromEdge, { kind: "drainState" }>;

export type DrainingDeps = {
  readonly db: Database;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly api: Api;
  readonly live: Pick<LiveHub, "publish" | "provide">;
  readonly nameOf: (organisationId: OrganisationId, personId: Principal["personId"]) => string;
  readonly edge: {
    /** Null while the edge is away. */
    drainState(): DrainNews | null;
    /** False where the edge is away. */
    drain(on: boolean): boolean;
    onDrain(listener: () => void): void;
  };
};

/** Whether the exchange is running empty. */
export type Draining = { readonly isDraining: () => boolean };

/** Letting the exchange run empty, and taking that back: what is seen of it, and who ordered it. */
export function registerDraining({ db, audit, clock, api, live, nameOf, edge }: DrainingDeps): Draining {
  /** Who ordered the one that is under way, as far as this start of core knows. */
  let orderedBy: string | null = null;

  const state = (): Drain => {
    const told = edge.drainState();
    const at = clock.now();
    if (told === null) return { known: false, at, draining: null, left: { talking: 0, waiting: 0, beginning: 0 } };
    const { draining, left } = told;
    return { known: true, at: told.at, draining: draining === null ? null : { ...draining, byName: orderedBy }, left };
  };

  const order = async (
    { principal, address }: { readonly principal: Principal; readonly address: string },
    on: boolean,
  ): Promise<Drain> => {
    const before = state();
    if (!before.known) throw new ApiError("starting", 503, "The exchange is away for the moment", undefined, 1);
    // Ordered twice, or taken back by two: as they wanted it.
    if ((before.draining !== null) === on) return before;
    if (before.draining?.by === "stop") throw new ApiError("wrongState", 409, "The program is being stopped");
    await db.withScope({ organisationId: principal.organisationId, projectIds: "*" }, (tx) =>
      audit.write(tx, {
        actor: principal,
        action: on ? "exchange.drain" : "exchange.resume",
        objectType: "exchange",
        objectId: "exchange",
        before: { draining: !on },
        after: { draining: on, ...before.left },
        address,
        at: clock.now(),
      }),
    );
    const name = on ? nameOf(principal.organisationId, principal.personId) : null;
    if (!edge.drain(on)) throw new ApiError("starting", 503, "The exchange is away for the moment", undefined, 1);
    orderedBy = name;
    // As it will be: the edge says it again itself.
    return { ...before, draining: on ? { since: clock.now(), by: "operator", byName: name, endsAt: null } : null };
  };

  live.provide("drain", {
    key: () => EVERYBODY,
    allowed: (principal) => principal.permissions.has("setup.manage") || principal.permissions.has("floor.read"),
    snapshot: () => Promise.resolve(state()),
  });
  edge.onDrain(() => {
    if (edge.drainState()?.draining === null) orderedBy = null;
    live.publish("drain", EVERYBODY, { op: "replace", state: state() });
  });

  api.on("drainGet", async () => state());
  api.on("drainBegin", (request) => order(request, true));
  api.on("drainCancel", (request) => order(request, false));
  return { isDraining: () => (edge.drainState()?.draining ?? null) !== null };
}

/** One exchange serves all organisations: it runs empty for all of them. */
const EVERYBODY = "exchange";
