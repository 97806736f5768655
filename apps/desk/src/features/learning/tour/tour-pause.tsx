import { Trans, useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import styles from "../learning.module.css";

/** While a customer's call goes on, the tour is one line above the page: it covers nothing, and takes no key. */
export function TourPause({ onLeave }: { readonly onLeave: () => void }): ReactNode {
  const { t } = useLingui();
  return (
    <section className={styles["offer"]} aria-label={t`Tour`} data-testid="tour-pause">
      <span className={styles["offerWords"]} role="status">
        <Trans>The tour waits until this call is done.</Trans>
      </span>
      <Button size="compact-md" variant="default" onClick={onLeave}>{t`Later`}</Button>
    </section>
  );
}
