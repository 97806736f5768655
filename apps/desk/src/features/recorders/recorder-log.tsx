import { useLingui } from "@lingui/react";
import type { ReactNode } from "react";
import { useApi } from "../../api/queries.ts";
import { useFormat } from "../../ui/use-format.ts";
import { LOG_LOOK_EVERY_MS, SaidLog } from "../trunks/said-log.tsx";
import { recorderLogSentence } from "./recorder-words.ts";

/** What happened with a recorder, newest first. */
export function RecorderLog({ recorderId }: { readonly recorderId: string }): ReactNode {
  const { i18n } = useLingui();
  const format = useFormat();
  const log = useApi("recorderLog", { params: { recorderId } }, { everyMs: LOG_LOOK_EVERY_MS });
  return <SaidLog log={log} say={(entry) => recorderLogSentence(entry, i18n, format)} />;
}
