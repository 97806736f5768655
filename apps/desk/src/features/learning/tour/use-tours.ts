import type { TourName, TourProgress, TourState } from "@allo/contract";
import { useQueryClient } from "@tanstack/react-query";
import { callApi } from "../../../api/client.ts";
import { apiKey, useApi } from "../../../api/queries.ts";
import { useMay } from "../../session/session.ts";

export type OpenTour = { readonly tour: TourName; readonly progress: TourProgress | null };

/** The tours that this person's rights make sense of. */
export function useOpenTours(): readonly OpenTour[] {
  const may = useMay();
  const own = useApi("toursGet", {}).data?.items;
  const open: readonly TourName[] = [...(may("desk.work") ? (["agent"] as const) : []), ...(may("floor.read") ? (["lead"] as const) : [])];
  return open.map((tour) => ({ tour, progress: own?.find((each) => each.tour === tour) ?? null }));
}

/** What is known of one tour; undefined until it is known. */
export function useTourProgress(tour: TourName): TourProgress | null | undefined {
  const own = useApi("toursGet", {}).data?.items;
  return own === undefined ? undefined : (own.find((each) => each.tour === tour) ?? null);
}

export type NoteTour = (tour: TourName, state: TourState, step: string) => void;

/** Notes where one is. What can't be noted now is noted with the next step: a tour never waits for it. */
export function useNoteTour(): NoteTour {
  const queries = useQueryClient();
  return (tour, state, step) => {
    void callApi("tourPut", { params: { tour }, body: { state, step } }).then(
      (noted) => {
        const key = apiKey("toursGet", {});
        const before = queries.getQueryData<{ items: TourProgress[] }>(key)?.items ?? [];
        queries.setQueryData(key, { items: [...before.filter((each) => each.tour !== tour), noted] });
      },
      () => undefined,
    );
  };
}
