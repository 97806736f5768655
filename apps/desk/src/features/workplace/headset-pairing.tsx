import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, Text } from "@mantine/core";
import { IconHeadset } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { hidOf, pairHeadset, useHeadset } from "../../softphone/headset-shell.ts";

/** The headset's own buttons: paired once, then they answer, mute and hang up. */
export function HeadsetPairing(): ReactNode {
  const { t } = useLingui();
  const name = useHeadset((state) => state.name);
  const [pairing, setPairing] = useState<"no" | "paired" | "none">("no");
  if (hidOf() === null)
    return (
      <Text size="sm" c="dimmed">
        <Trans>This browser doesn't know headset buttons. Chrome and Edge do.</Trans>
      </Text>
    );
  const pair = async (): Promise<void> => setPairing((await pairHeadset()) ? "paired" : "none");
  return (
    <Group justify="space-between">
      <Text size="sm" flex={1} miw={200} role="status">
        {name !== null && (
          <Trans>
            The buttons of <bdi>{name}</bdi> answer, mute and hang up.
          </Trans>
        )}
        {name === null && pairing === "no" && <Trans>A headset's own buttons can answer, mute and hang up.</Trans>}
        {name === null && pairing === "paired" && <Trans>Paired. Its buttons work as soon as the phone is on in this tab.</Trans>}
        {name === null && pairing === "none" && <Trans>No headset with call buttons was chosen.</Trans>}
      </Text>
      <Button variant="default" onClick={() => void pair()} leftSection={<IconHeadset size={16} aria-hidden />}>
        {name === null ? t`Pair a headset` : t`Pair another one`}
      </Button>
    </Group>
  );
}
