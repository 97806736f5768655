import { Stack, Text, Title } from "@mantine/core";
import type { Icon } from "@tabler/icons-react";
import type { ReactNode } from "react";

export type EmptyStateProps = {
  readonly icon: Icon;
  readonly title: string;
  /** What this place is for. */
  readonly children: ReactNode;
  /** The one button. */
  readonly action?: ReactNode;
  /** One example of what will stand here. */
  readonly example?: ReactNode;
};

/** An empty page teaches: what it's for, one button, one example. */
export function EmptyState({ icon: Shape, title, children, action, example }: EmptyStateProps): ReactNode {
  return (
    <Stack align="center" gap="sm" py={32} px="lg" ta="center" maw={480} mx="auto">
      <Shape size={32} stroke={1.5} color="var(--text-quiet)" aria-hidden />
      <Title order={2} size="h3">
        {title}
      </Title>
      <Text c="dimmed">{children}</Text>
      {action}
      {example !== undefined && (
        <Text size="sm" c="dimmed">
          {example}
        </Text>
      )}
    </Stack>
  );
}
