import { useLingui } from "@lingui/react/macro";
import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useApi } from "../../api/queries.ts";
import { Problem } from "../../ui/problem.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { SaidLine } from "../trunks/said-line.tsx";
import own from "../trunks/trunks.module.css";
import { deviceLogSentence } from "./device-words.ts";

const LOOK_EVERY_MS = 3_000;

/** What happened at a phone, newest first. */
export function DeviceLog({ deviceId }: { readonly deviceId: string }): ReactNode {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const log = useApi("deviceLog", { params: { deviceId } }, { everyMs: LOOK_EVERY_MS });
  if (log.data === undefined) return log.error === null ? <SkeletonRows rows={6} /> : <Problem failure={log.error} onRetry={log.refetch} />;
  if (log.data.items.length === 0) return <Text c="dimmed">{t`Nothing happened since the exchange was started.`}</Text>;
  return (
    <ul className={own["says"]}>
      {log.data.items.map((entry, index) => (
        <SaidLine key={`${String(entry.at)} ${String(index)}`} said={deviceLogSentence(entry, i18n, format)}>
          <span className={own["at"]}>{format.shortDateTime(entry.at)}</span>
        </SaidLine>
      ))}
    </ul>
  );
}
