import { useLingui } from "@lingui/react";
import type { ReactNode } from "react";
import { useApi } from "../../api/queries.ts";
import { useFormat } from "../../ui/use-format.ts";
import { LOG_LOOK_EVERY_MS, SaidLog } from "./said-log.tsx";
import { logSentence } from "./trunk-words.ts";

/** What happened on a trunk, newest first. */
export function TrunkLog({ trunkId }: { readonly trunkId: string }): ReactNode {
  const { i18n } = useLingui();
  const format = useFormat();
  const log = useApi("trunkLog", { params: { trunkId } }, { everyMs: LOG_LOOK_EVERY_MS });
  return <SaidLog log={log} say={(entry) => logSentence(entry, i18n, format)} />;
}
