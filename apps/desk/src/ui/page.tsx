import { Group, Title } from "@mantine/core";
import type { ReactNode } from "react";

/** A room's page: its title, its acts, then what fills the rest of the height. */
export function Page({
  title,
  action,
  children,
}: {
  readonly title: string;
  readonly action?: ReactNode;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <div style={{ display: "flex", flexDirection: "column", gap: 12, padding: 16, flex: 1, minBlockSize: 0 }}>
      <Group justify="space-between">
        <Title order={1} size="h2">
          {title}
        </Title>
        {action}
      </Group>
      {children}
    </div>
  );
}
