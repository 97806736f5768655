import { useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { IconPhoneIncoming } from "@tabler/icons-react";
import type { ReactNode } from "react";
import styles from "./call-bar.module.css";
import { useDeskAct } from "./use-desk.ts";

/** The desk phone was put down with the customer on hold, or its line is gone: one press calls it, and the talk goes on. */
export function PhoneLost(): ReactNode {
  const { t } = useLingui();
  const call = useDeskAct("deskPhoneCall");
  return (
    <span className={styles["warn"]} role="alert">
      {t`Your phone is away: the customer hears music.`}{" "}
      <Button
        size="compact-sm"
        variant="default"
        loading={call.isPending}
        onClick={() => call.mutate({})}
        leftSection={<IconPhoneIncoming size={16} aria-hidden />}
      >{t`Call my phone`}</Button>
    </span>
  );
}
