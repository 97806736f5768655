import { Trans, useLingui } from "@lingui/react/macro";
import { Anchor, Button, Code, Divider, Group, Stack, Text, Title } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { LiveProvider } from "../../live/live-provider.tsx";
import { DeskKeeper } from "../desk/desk-keeper.tsx";
import { EntryFrame } from "../session/entry-frame.tsx";
import { useLeave } from "../session/session.ts";
import { OtherMachines } from "../setup/network-card.tsx";
import { TestCallCard } from "../test-call/test-call-card.tsx";

export type SetupDoneProps = {
  /** Null: a ready-made set-up without a number yet. */
  readonly number: { readonly number: string; readonly allowedNetworks: readonly string[] };
  readonly queueName: string;
};

/** Everything stands: the first call, in place, then what comes after it. */
export function SetupDone({ number, queueName }: SetupDoneProps): ReactNode {
  const { t } = useLingui();
  const navigate = useNavigate();
  const leave = useLeave();
  const toDesk = (): void => void navigate({ to: "/", replace: true });
  const address = `sip:${number.number}@${location.hostname}`;
  return (
    <LiveProvider signedIn onSessionEnded={leave}>
      <EntryFrame title={t`Take your first call`} wide>
        <DeskKeeper />
        <Stack gap="lg">
          <Text>
            <Trans>Allo is ready to take a call. Prove it: the program itself calls your number, and it rings here.</Trans>
          </Text>
          <TestCallCard
            skip={<Anchor component="button" type="button" size="sm" onClick={toDesk}>{t`Skip it, to the desk`}</Anchor>}
            next={<WhatNext onDesk={toDesk} />}
          />
          <Divider />
          <Text size="sm" c="dimmed">
            <Trans>
              By a telephone: from any SIP phone in an allowed network, dial <Code dir="ltr">{address}</Code> (port 5060, unless it was set
              otherwise). The caller hears the greeting, then waits in <bdi>{queueName}</bdi>. Calls are taken from:{" "}
              <bdi dir="ltr">{number.allowedNetworks.join(", ")}</bdi>; change it in Setup, under Numbers.
            </Trans>
          </Text>
        </Stack>
      </EntryFrame>
    </LiveProvider>
  );
}

function WhatNext({ onDesk }: { readonly onDesk: () => void }): ReactNode {
  const { t } = useLingui();
  return (
    <Stack gap="md">
      <Group>
        <Button onClick={onDesk}>{t`To the desk`}</Button>
        <Button variant="default" component={Link} to="/people">{t`Invite people`}</Button>
      </Group>
      <div>
        <Title order={3} size="h4" mb="xs">{t`Agents on other machines`}</Title>
        <OtherMachines />
      </div>
      <Text size="sm" c="dimmed">
        <Trans>You are ready now: the next call is a real one.</Trans>
      </Text>
    </Stack>
  );
}
