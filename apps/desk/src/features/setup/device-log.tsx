import { useLingui } from "@lingui/react";
import type { ReactNode } from "react";
import { useApi } from "../../api/queries.ts";
import { useFormat } from "../../ui/use-format.ts";
import { LOG_LOOK_EVERY_MS, SaidLog } from "../trunks/said-log.tsx";
import { deviceLogSentence } from "./device-words.ts";

/** What happened at a phone, newest first. */
export function DeviceLog({ deviceId }: { readonly deviceId: string }): ReactNode {
  const { i18n } = useLingui();
  const format = useFormat();
  const log = useApi("deviceLog", { params: { deviceId } }, { everyMs: LOG_LOOK_EVERY_MS });
  return <SaidLog log={log} say={(entry) => deviceLogSentence(entry, i18n, format)} />;
}
