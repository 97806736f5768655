import { Trans } from "@lingui/react/macro";
import { Anchor, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

export function NotFoundPage(): ReactNode {
  return (
    <Stack component="main" align="center" ta="center" gap="sm" p="xl" maw={480} mx="auto" mt="15vh">
      <img src="/logo.svg" alt="" width={40} height={40} />
      <Title order={1} size="h2" mt="sm">
        <Trans>No such page</Trans>
      </Title>
      <Text c="dimmed">
        <Trans>The address may be old or mistyped.</Trans>
      </Text>
      <Anchor href="/">
        <Trans>Go to the first room</Trans>
      </Anchor>
    </Stack>
  );
}
