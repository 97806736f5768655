import { useLingui } from "@lingui/react/macro";
import { Drawer } from "@mantine/core";
import type { ReactNode } from "react";
import { useLanguage } from "../i18n/language.ts";

export type SidePanelProps = {
  readonly opened: boolean;
  readonly title: ReactNode;
  readonly onClose: () => void;
  readonly size?: number;
  readonly children: ReactNode;
};

/** One row's inside, beside its list: no change of page. Comes from the end of the line, closes by Escape. */
export function SidePanel({ opened, title, onClose, size = 480, children }: SidePanelProps): ReactNode {
  const { t } = useLingui();
  const direction = useLanguage((state) => state.direction);
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      title={title}
      position={direction === "rtl" ? "left" : "right"}
      size={size}
      overlayProps={{ backgroundOpacity: 0.2 }}
      closeButtonProps={{ "aria-label": t`Close` }}
    >
      {children}
    </Drawer>
  );
}
