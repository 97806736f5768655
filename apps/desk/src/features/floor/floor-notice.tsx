import { Alert } from "@mantine/core";
import type { ReactNode } from "react";

/** A word above the floor on what is not as it should be. */
export function FloorNotice({
  color,
  icon,
  children,
}: {
  readonly color: "red" | "yellow";
  readonly icon: ReactNode;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <Alert color={color} variant="light" flex="none" icon={icon} styles={{ message: { color: "var(--text)" } }} role="status">
      {children}
    </Alert>
  );
}
