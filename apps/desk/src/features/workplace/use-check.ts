import type { BodyOf, WorkplaceCheck } from "@allo/contract";
import { useQueryClient } from "@tanstack/react-query";
import { useLingui } from "@lingui/react";
import { useCallback, useEffect, useRef } from "react";
import { callApi } from "../../api/client.ts";
import { useLive } from "../../live/live-client.ts";
import { phoneView } from "../../softphone/phone-machine.ts";
import { startPhone, usePhone } from "../../softphone/phone-store.ts";
import { toastProblem } from "../../ui/toasts.tsx";
import { useDesk } from "../desk/use-desk.ts";
import { useMe } from "../session/session.ts";
import { keepMemory, memoryNow, memoryOf } from "./check-memory.ts";
import { useCheck } from "./check-store.ts";
import { measureLimits, measureWorkplace } from "./measure.ts";

type Write = BodyOf<"workplaceCheckCreate">;
export type CheckActs = {
  /** `withPhone`: the phone is turned on for it, so that its sound path is proven too. */
  readonly run: (options: { readonly withPhone: boolean }) => Promise<WorkplaceCheck | null>;
  readonly skip: (skipped: NonNullable<Write["skipped"]>) => Promise<boolean>;
};

/** Runs and stores the check. A call that comes ends it: nothing is played into a conversation. */
export function useCheckActs(): CheckActs {
  const { i18n } = useLingui();
  const { personId } = useMe();
  const queries = useQueryClient();
  const desk = useDesk();
  const inCall = (desk?.contact ?? null) !== null;
  const running = useRef<AbortController | null>(null);
  const proven = useRef<boolean | null>(null);
  const view = usePhone((state) => phoneView(state.phone));
  proven.current = desk === undefined || view === "off" ? null : desk.phone.proven;
  useEffect(() => {
    if (inCall) running.current?.abort(new Error("a call came"));
  }, [inCall]);
  useEffect(() => () => running.current?.abort(new Error("left")), []);

  const store = useCallback(
    async (write: Write): Promise<WorkplaceCheck | null> => {
      try {
        const check = await callApi("workplaceCheckCreate", { body: write });
        keepMemory(memoryOf(check, await memoryNow(personId, new Date())));
        void queries.invalidateQueries({ queryKey: ["workplacesList"] });
        return check;
      } catch (failure) {
        toastProblem(i18n, failure);
        return null;
      }
    },
    [i18n, personId, queries],
  );

  return {
    run: async ({ withPhone }) => {
      if (running.current !== null) return null;
      const abort = new AbortController();
      running.current = abort;
      const from = performance.now();
      useCheck.setState({ run: { kind: "running", stage: "microphone" }, levelDbfs: null });
      if (withPhone) startPhone(personId);
      try {
        const figures = await measureWorkplace({
          signal: abort.signal,
          onStage: (stage) => useCheck.setState({ run: { kind: "running", stage } }),
          onLevel: (levelDbfs) => useCheck.setState({ levelDbfs }),
          linkOpen: () => useLive.getState().link === "open",
          pathProven: () => proven.current,
          untilProven: withPhone ? measureLimits.allMs - (performance.now() - from) : 0,
        });
        const check = await store({ tookMs: Math.round(performance.now() - from), figures, skipped: null });
        useCheck.setState({ run: check === null ? { kind: "idle" } : { kind: "done", check }, levelDbfs: null });
        return check;
      } catch {
        // Ended from outside: by a call, or by leaving.
        useCheck.setState({ run: { kind: "idle" }, levelDbfs: null });
        return null;
      } finally {
        running.current = null;
      }
    },
    skip: async (skipped) => {
      running.current?.abort(new Error("skipped"));
      const check = await store({ tookMs: 0, figures: null, skipped });
      return check !== null;
    },
  };
}
