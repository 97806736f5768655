import type { FloorState, NotReadyReason } from "@allo/contract";
import { useDeferredValue, useMemo } from "react";
import type { ApiProblem } from "../../api/problem.ts";
import { useApi } from "../../api/queries.ts";
import { useTopic } from "../../live/live-provider.tsx";
import { useReasons } from "../desk/use-lists.ts";

export type Floor = {
  readonly floor: FloorState | undefined;
  /** It moves by itself: what is shown is as of now. */
  readonly isLive: boolean;
  readonly failure: ApiProblem | null;
  readonly retry: () => void;
};

/** The floor as last known: live, or read once until the live one is there. */
export function useFloor(): Floor {
  // A key that is pressed goes before news of the floor: it is drawn when there is time, and only its newest state.
  const live = useDeferredValue(useTopic("floor"));
  const first = useApi("floorGet", {}, { enabled: live === undefined });
  return {
    floor: live ?? first.data,
    isLive: live !== undefined,
    failure: live === undefined ? first.error : null,
    retry: () => void first.refetch(),
  };
}

export function useReasonsById(): ReadonlyMap<string, NotReadyReason> {
  const { all } = useReasons();
  return useMemo(() => new Map(all.map((reason) => [reason.reasonId, reason])), [all]);
}
