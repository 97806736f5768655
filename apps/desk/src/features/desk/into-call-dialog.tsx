import { useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { isolate } from "../../ui/isolate.ts";
import { ReasonDialog } from "./reason-dialog.tsx";

/** Into somebody's talk, not without a reason. */
export function IntoCallDialog({
  name,
  before,
  after = null,
  isPending,
  onCome,
  onClose,
}: {
  readonly name: string;
  readonly before: ReactNode;
  readonly after?: ReactNode;
  readonly isPending: boolean;
  readonly onCome: (reason: string) => void;
  readonly onClose: () => void;
}): ReactNode {
  const { t } = useLingui();
  return (
    <ReasonDialog
      title={t`Into the call of ${isolate(name)}`}
      description={t`It is noted with your name. The agent sees that you are in the call.`}
      act={t({ message: "Into the call", context: "button" })}
      before={before}
      after={after}
      isPending={isPending}
      onAct={onCome}
      onClose={onClose}
    />
  );
}
