import { useLingui } from "@lingui/react";
import { Loader, VisuallyHidden } from "@mantine/core";
import { IconAlertCircle, IconCircle, IconCircleCheck } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { statusWords, stepWords } from "./step-words.ts";
import styles from "./test-call.module.css";
import type { StepStatus, TestCallView } from "./test-call-view.ts";

/** The steps of a test call, each with its status in shape and word. */
export function TestCallSteps({ view }: { readonly view: TestCallView }): ReactNode {
  const { _ } = useLingui();
  return (
    <ol className={styles["steps"]} data-testid="test-call-steps">
      {view.steps.map(({ step, status }) => (
        <li
          key={step}
          className={styles["step"]}
          data-status={status}
          data-step={step}
          {...(status === "now" ? { "aria-current": "step" } : {})}
        >
          <StatusSign status={status} />
          <span>
            {_(stepWords[step])}
            <VisuallyHidden> — {_(statusWords[status])}</VisuallyHidden>
          </span>
        </li>
      ))}
    </ol>
  );
}

function StatusSign({ status }: { readonly status: StepStatus }): ReactNode {
  if (status === "done") return <IconCircleCheck size={20} aria-hidden />;
  if (status === "failed") return <IconAlertCircle size={20} aria-hidden />;
  return status === "now" ? <Loader size={18} m={1} aria-hidden /> : <IconCircle size={20} stroke={1.2} aria-hidden />;
}
