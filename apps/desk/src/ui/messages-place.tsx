import { useLingui } from "@lingui/react/macro";
import { Notifications } from "@mantine/notifications";
import type { ReactNode } from "react";

const SHOWN_MAX = 4;

/** Where toasts appear: a landmark of its own, so that screen readers can go there. */
export function MessagesPlace(): ReactNode {
  const { t } = useLingui();
  return (
    <aside aria-label={t`Messages`}>
      <Notifications position="bottom-center" limit={SHOWN_MAX} withinPortal={false} />
    </aside>
  );
}
