import type { NotReadyReason, Queue, WrapUpCode } from "@allo/contract";
import { useMemo } from "react";
import { useApi } from "../../api/queries.ts";
import { useLanguage } from "../../i18n/language.ts";
import { localized } from "../../ui/format.ts";

/** The reasons one may choose, in their order. System reasons are set by the system. */
export function useReasons(): { readonly all: readonly NotReadyReason[]; readonly choosable: readonly NotReadyReason[] } {
  const list = useApi("reasonsList", {}).data?.items;
  return useMemo(() => {
    const all = [...(list ?? [])].sort((a, b) => a.position - b.position);
    return { all, choosable: all.filter((reason) => !reason.retired && !reason.system) };
  }, [list]);
}

export function useWrapUpCodes(): readonly WrapUpCode[] {
  const list = useApi("wrapUpCodesList", {}).data?.items;
  return useMemo(() => [...(list ?? [])].filter((code) => !code.retired).sort((a, b) => a.position - b.position), [list]);
}

/** A queue by its id, once the list is there. */
export function useQueue(queueId: string | null): Queue | undefined {
  const list = useApi("queuesList", {}).data?.items;
  return list?.find((queue) => queue.queueId === queueId);
}

export function useQueueName(queueId: string | null): string {
  const language = useLanguage((state) => state.language);
  const queue = useQueue(queueId);
  return queue === undefined ? "" : localized(queue.names, language);
}
