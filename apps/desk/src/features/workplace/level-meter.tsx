import { useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { useCheck } from "./check-store.ts";
import styles from "./workplace.module.css";

/** From silence to as loud as it gets; speech stands in its upper half. */
const QUIET_DBFS = -70;

/** What the microphone hears now. */
export function LevelMeter(): ReactNode {
  const { t } = useLingui();
  const level = useCheck((state) => state.levelDbfs);
  const share = level === null ? 0 : Math.round(Math.min(1, Math.max(0, (level - QUIET_DBFS) / -QUIET_DBFS)) * 100);
  return (
    <div
      className={styles["meter"]}
      role="meter"
      aria-label={t`Microphone level`}
      aria-valuenow={share}
      aria-valuemin={0}
      aria-valuemax={100}
    >
      <span style={{ inlineSize: `${share}%` }} />
    </div>
  );
}
