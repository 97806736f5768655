import { Trans } from "@lingui/react/macro";
import { Anchor, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

export function NotFoundPage(): ReactNode {
  return (
    <Stack p="xl" maw={480}>
      <Title order={1}>
        <Trans>No such page</Trans>
      </Title>
      <Text>
        <Trans>The address may be old or mistyped.</Trans>
      </Text>
      <Anchor href="/">
        <Trans>Go to the first room</Trans>
      </Anchor>
    </Stack>
  );
}
