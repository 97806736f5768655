import type { TestCall } from "@allo/contract";
import { Trans, useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { useFormat } from "../../ui/use-format.ts";
import styles from "./test-call.module.css";
import { meterShare } from "./test-call-view.ts";

/** One's voice as the caller hears it. */
export function VoiceMeter({ call }: { readonly call: Pick<TestCall, "levelDbfs" | "speechMs" | "speechNeededMs"> }): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  const share = meterShare(call.levelDbfs);
  const speech = format.percent(Math.min(1, call.speechMs / Math.max(1, call.speechNeededMs)));
  return (
    <>
      <div
        className={styles["meter"]}
        role="meter"
        aria-label={t`Your voice as the caller hears it`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
        data-testid="voice-meter"
      >
        <div className={styles["level"]} style={{ inlineSize: `${String(Math.round(share * 100))}%` }} />
      </div>
      <div className={styles["speech"]}>
        <span>{t`Your voice as the caller hears it`}</span>
        <span>
          <Trans>heard enough: {speech}</Trans>
        </span>
      </div>
    </>
  );
}
