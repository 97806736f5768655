import { useLingui } from "@lingui/react/macro";
import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useApi } from "../../api/queries.ts";
import { Problem } from "../../ui/problem.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { logSentence } from "./trunk-words.ts";
import { SaidLine } from "./said-line.tsx";
import styles from "./trunks.module.css";

const LOOK_EVERY_MS = 3_000;

/** What happened on a trunk, newest first. */
export function TrunkLog({ trunkId }: { readonly trunkId: string }): ReactNode {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const log = useApi("trunkLog", { params: { trunkId } }, { everyMs: LOOK_EVERY_MS });
  if (log.data === undefined) return log.error === null ? <SkeletonRows rows={6} /> : <Problem failure={log.error} onRetry={log.refetch} />;
  if (log.data.items.length === 0) return <Text c="dimmed">{t`Nothing happened since the exchange was started.`}</Text>;
  return (
    <ul className={styles["says"]}>
      {log.data.items.map((entry, index) => (
        <SaidLine key={`${String(entry.at)} ${String(index)}`} said={logSentence(entry, i18n, format)}>
          <span className={styles["at"]}>{format.shortDateTime(entry.at)}</span>
        </SaidLine>
      ))}
    </ul>
  );
}
