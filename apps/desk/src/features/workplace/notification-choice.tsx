import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, Stack, Switch, Text } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { chooseNaming, useNaming } from "../../softphone/call-notification.ts";

/** Calls announced outside the tab, and whether the caller's name may stand there. */
export function NotificationChoice(): ReactNode {
  const { t } = useLingui();
  const named = useNaming((state) => state.named);
  const [permission, setPermission] = useState("Notification" in globalThis ? Notification.permission : "unsupported");
  if (permission === "unsupported")
    return (
      <Text size="sm" c="dimmed">
        <Trans>This browser announces no calls outside its tab.</Trans>
      </Text>
    );
  return (
    <Stack gap="xs">
      {permission !== "granted" && (
        <Group justify="space-between">
          <Text size="sm" flex={1} miw={200}>
            {permission === "denied" ? (
              <Trans>Notifications are refused: a call isn't announced while the tab is hidden. Allow them in the site's settings.</Trans>
            ) : (
              <Trans>A call can be announced while this tab is hidden.</Trans>
            )}
          </Text>
          {permission === "default" && (
            <Button
              variant="default"
              onClick={() => void Notification.requestPermission().then(setPermission)}
            >{t`Allow notifications`}</Button>
          )}
        </Group>
      )}
      <Switch
        checked={named}
        onChange={(event) => chooseNaming(event.currentTarget.checked)}
        label={t`Show the caller's name or number in notifications: others may see this screen`}
      />
    </Stack>
  );
}
