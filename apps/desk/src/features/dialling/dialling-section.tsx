import type { DialPolicyState } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Alert, Button, SegmentedControl, Text } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { useApi } from "../../api/queries.ts";
import { Problem } from "../../ui/problem.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { useMay } from "../session/session.ts";
import styles from "../setup/setup.module.css";
import { Decisions } from "./decisions.tsx";
import { PolicyForm } from "./policy-form.tsx";
import { WithReason } from "./stop-notice.tsx";
import { TryNumber } from "./try-number.tsx";

/** Which numbers may be called out, why one was refused, and the switch. */
export function DiallingSection(): ReactNode {
  const { t } = useLingui();
  const [view, setView] = useState<"rules" | "decisions">("rules");
  const policy = useApi("dialPolicyGet", {});
  if (policy.data === undefined)
    return policy.error === null ? <SkeletonRows rows={6} /> : <Problem failure={policy.error} onRetry={policy.refetch} />;
  return (
    <>
      <Standing state={policy.data} />
      <SegmentedControl
        aria-label={t`What is shown`}
        w="fit-content"
        data={[
          { value: "rules", label: t({ message: "Rules", context: "outgoing calls" }) },
          { value: "decisions", label: t({ message: "Allowed and refused", context: "outgoing calls" }) },
        ]}
        value={view}
        onChange={(value) => setView(value === "decisions" ? "decisions" : "rules")}
      />
      {view === "decisions" ? (
        <Decisions />
      ) : (
        <>
          <TryNumber />
          <PolicyForm state={policy.data} />
        </>
      )}
    </>
  );
}

function Standing({ state }: { readonly state: DialPolicyState }): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  const may = useMay();
  const [stopping, setStopping] = useState(false);
  const now = useApi("dialStateGet", {}).data;
  if (state.policy === null)
    return (
      <Alert color="yellow" variant="light" icon={<IconInfoCircle aria-hidden />} styles={{ message: { color: "var(--text)" } }}>
        {t`Nobody can call out yet, but for emergency numbers. Look through the rules below, which fit most, and save them.`}
      </Alert>
    );
  if (now === undefined || now.stop !== null) return null;
  const { calls, open, minutes, cost, currency } = now.today;
  return (
    <div className={styles["line"]}>
      <Text className={styles["grow"]} size="sm">
        {t`Today: ${format.number(calls)} outgoing calls, ${format.number(open)} of them now; ${format.number(minutes)} min.`}{" "}
        {cost > 0 && currency !== null && (
          <bdi>
            {format.number(cost)} {currency}
          </bdi>
        )}
      </Text>
      {may("dialling.steer") && (
        <Button variant="default" size="compact-sm" onClick={() => setStopping(true)}>{t`Stop all outgoing calls…`}</Button>
      )}
      <WithReason
        opened={stopping}
        route="dialStop"
        title={t`Stop all outgoing calls?`}
        about={t`From now on no outgoing call is placed, until someone lets them go on. Calls that talk go on talking, and emergency numbers can be called.`}
        confirm={t`Stop them`}
        done={t`Outgoing calls are stopped.`}
        onClose={() => setStopping(false)}
      />
    </div>
  );
}
