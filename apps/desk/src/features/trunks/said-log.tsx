import { useLingui } from "@lingui/react/macro";
import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import type { ApiProblem } from "../../api/problem.ts";
import { Problem } from "../../ui/problem.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { SaidLine } from "./said-line.tsx";
import type { Said } from "./trunk-words.ts";
import styles from "./trunks.module.css";

/** A log moves while one looks at it. */
export const LOG_LOOK_EVERY_MS = 3_000;

type Read<E> = {
  readonly data: { readonly items: readonly E[] } | undefined;
  readonly error: ApiProblem | null;
  readonly refetch: () => unknown;
};

/** What happened, newest first: each entry as a sentence with its time. */
export function SaidLog<E extends { readonly at: number }>({
  log,
  say,
}: {
  readonly log: Read<E>;
  readonly say: (entry: E) => Said;
}): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  if (log.data === undefined) return log.error === null ? <SkeletonRows rows={6} /> : <Problem failure={log.error} onRetry={log.refetch} />;
  if (log.data.items.length === 0) return <Text c="dimmed">{t`Nothing happened since the exchange was started.`}</Text>;
  return (
    <ul className={styles["says"]}>
      {log.data.items.map((entry, index) => (
        <SaidLine key={`${String(entry.at)} ${String(index)}`} said={say(entry)}>
          <span className={styles["at"]}>{format.shortDateTime(entry.at)}</span>
        </SaidLine>
      ))}
    </ul>
  );
}
