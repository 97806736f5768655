import { useLingui } from "@lingui/react/macro";
import { Button, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

/** In a page's place when drawing it failed; the rail, the bar and a call that goes on stay as they are. */
export function BrokenPage(): ReactNode {
  const { t } = useLingui();
  return (
    <Stack p="lg" gap="sm" align="start" role="alert">
      <Title order={1}>{t`This page could not be shown`}</Title>
      <Text>{t`What was saved is kept. Load the page again; if it happens again, tell an administrator.`}</Text>
      <Button onClick={() => location.reload()}>{t`Load again`}</Button>
    </Stack>
  );
}
