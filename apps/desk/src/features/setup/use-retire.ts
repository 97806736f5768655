import { useLingui } from "@lingui/react/macro";
import { useQueryClient } from "@tanstack/react-query";
import type { RouteName } from "@allo/contract";
import { isolate } from "../../ui/isolate.ts";
import { toastDone, toastProblem } from "../../ui/toasts.tsx";

type Versioned = { readonly version: number };
/** Sets `retired` on something, given the version it has now; answers with what it became. */
export type PutRetired = (retired: boolean, version: number) => Promise<Versioned | void>;

/** Retires with a way back while the toast is shown; brings back as well. */
export function useRetire(
  list: RouteName,
): (what: { readonly name: string; readonly version: number; readonly retired: boolean }, put: PutRetired) => void {
  const { t, i18n } = useLingui();
  const queries = useQueryClient();
  const refetch = (): void => void queries.invalidateQueries({ queryKey: [list] });
  const run = async (
    what: { readonly name: string; readonly version: number; readonly retired: boolean },
    put: PutRetired,
  ): Promise<void> => {
    try {
      const next = await put(!what.retired, what.version);
      const version = next === undefined ? what.version : next.version;
      const name = isolate(what.name);
      if (what.retired) toastDone(i18n, t`${name} is in use again.`);
      else toastDone(i18n, t`${name} is retired.`, () => void run({ ...what, retired: true, version }, put));
    } catch (failure) {
      toastProblem(i18n, failure);
    }
    refetch();
  };
  return (what, put) => void run(what, put);
}
