import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, Text } from "@mantine/core";
import type { ReactNode } from "react";
import styles from "../learning.module.css";

/** While a customer's call goes on, the tour is one line. */
export function TourPause({ onLeave }: { readonly onLeave: () => void }): ReactNode {
  const { t } = useLingui();
  return (
    <section className={styles["pause"]} aria-label={t`Tour`} data-testid="tour-pause">
      <Group gap="sm" justify="space-between">
        <Text size="sm" role="status">
          <Trans>The tour waits until this call is done.</Trans>
        </Text>
        <Button size="compact-sm" variant="default" onClick={onLeave}>{t`Later`}</Button>
      </Group>
    </section>
  );
}
