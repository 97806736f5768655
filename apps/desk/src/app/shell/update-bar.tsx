import { Trans, useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useDesk } from "../../features/desk/use-desk.ts";
import { takeUpdate, useUpdate } from "../installed.ts";
import styles from "./frame.module.css";

/** A new version is there; it waits for its person, and in a call for the call's end. */
export function UpdateBar(): ReactNode {
  const { t } = useLingui();
  const waiting = useUpdate((state) => state.waiting);
  const inCall = (useDesk()?.contact ?? null) !== null;
  if (!waiting || inCall) return null;
  return (
    <div className={styles["update"]} role="status">
      <IconRefresh size={18} aria-hidden />
      <span>
        <Trans>A new version of Allo is there.</Trans>
      </span>
      <Button size="compact-sm" variant="default" onClick={takeUpdate}>{t`Reload`}</Button>
    </div>
  );
}
