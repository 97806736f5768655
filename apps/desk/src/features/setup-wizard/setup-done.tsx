import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Code, List, Stack, Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { EntryFrame } from "../session/entry-frame.tsx";

export type SetupDoneProps = {
  readonly number: { readonly number: string; readonly allowedNetworks: readonly string[] };
  readonly queueName: string;
};

/** Everything stands: what to dial, and where to answer. */
export function SetupDone({ number, queueName }: SetupDoneProps): ReactNode {
  const { t } = useLingui();
  const navigate = useNavigate();
  const address = `sip:${number.number}@${location.hostname}`;
  return (
    <EntryFrame title={t`Allo is ready to take a call`} wide>
      <Stack gap="lg">
        <List type="ordered" spacing="sm">
          <List.Item>
            <Trans>Go to your desk and choose “Go ready”. The browser asks once for the microphone.</Trans>
          </List.Item>
          <List.Item>
            <Trans>
              From any SIP phone in an allowed network, dial <Code dir="ltr">{address}</Code> (port 5060, unless it was set otherwise).
            </Trans>
          </List.Item>
          <List.Item>
            <Trans>
              The caller hears the greeting, then waits in <bdi>{queueName}</bdi>; your desk rings.
            </Trans>
          </List.Item>
        </List>
        <Text size="sm" c="dimmed">
          <Trans>
            Calls are taken from: <bdi dir="ltr">{number.allowedNetworks.join(", ")}</bdi>. Change it in Setup, under Numbers.
          </Trans>
        </Text>
        <Button onClick={() => void navigate({ to: "/", replace: true })}>{t`To the desk`}</Button>
      </Stack>
    </EntryFrame>
  );
}
