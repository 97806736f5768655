import type { BodyOf, PersonTour, TourName, TourProgress } from "@allo/contract";
import type { Clock, OrganisationId } from "@allo/kernel";
import type { Database } from "../../platform/db.ts";
import type { Api, Principal } from "../../platform/http.ts";
import { tourList, tourListAll, tourPut } from "./store/tour-store.ts";

export type LearningDeps = {
  readonly db: Database;
  readonly clock: Clock;
  /** "" for who is unknown; people who left are not shown. */
  readonly people: { nameOf(organisationId: OrganisationId, personId: string): string };
};
export type Learning = { register(api: Api): void };

/** Tours that people take: each notes their own, a lead sees who took which. */
export function createLearning({ db, clock, people }: LearningDeps): Learning {
  const own = (principal: Principal): Promise<{ items: TourProgress[] }> =>
    db.withScope(scopeOf(principal), async (tx) => ({ items: [...(await tourList(tx, principal.personId))] }));

  const put = (principal: Principal, tour: TourName, { state, step }: BodyOf<"tourPut">): Promise<TourProgress> =>
    db.withScope(scopeOf(principal), (tx) =>
      tourPut(tx, {
        organisationId: principal.organisationId,
        personId: principal.personId,
        tour,
        state,
        step,
        at: clock.now(),
      }),
    );

  const all = (principal: Principal): Promise<{ items: PersonTour[] }> =>
    db.withScope(scopeOf(principal), async (tx) => ({
      items: (await tourListAll(tx)).flatMap((row) => {
        const personName = people.nameOf(principal.organisationId, row.personId);
        return personName === "" ? [] : [{ ...row, personName }];
      }),
    }));

  return {
    register(api) {
      api.on("toursGet", ({ principal }) => own(principal));
      api.on("tourPut", ({ principal, params, body }) => put(principal, params.tour, body));
      api.on("toursOfPeople", ({ principal }) => all(principal));
    },
  };
}

function scopeOf(principal: Principal) {
  return { organisationId: principal.organisationId, projectIds: principal.projectIds };
}
