import { useLingui } from "@lingui/react/macro";
import { Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { DateTime } from "../../ui/values.tsx";
import type { DeskContact } from "./call-view.ts";
import styles from "./desk.module.css";
import { outcomeWords } from "./outcome-words.ts";

/** The caller's earlier calls of today. */
export function EarlierToday({ contact }: { readonly contact: DeskContact }): ReactNode {
  const { t, i18n } = useLingui();
  return (
    <div>
      <Title order={2} size="h4">{t`Earlier today`}</Title>
      {contact.earlierToday.length === 0 && <Text size="sm" c="dimmed">{t`No calls before this one today.`}</Text>}
      {contact.earlierToday.map((earlier) => (
        <div key={earlier.contactId} className={styles["row"]}>
          <DateTime at={earlier.startedAt} show="time" />
          <span>{earlier.outcome === null ? t`still open` : i18n._(outcomeWords[earlier.outcome])}</span>
          <bdi>{earlier.agentName ?? ""}</bdi>
        </div>
      ))}
    </div>
  );
}
