import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, Paper, Text } from "@mantine/core";
import { Link, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Page } from "../../ui/page.tsx";
import { useMay } from "../session/session.ts";
import { TestCallCard } from "./test-call-card.tsx";

/** A test call at any time: from a number in Setup, from the empty desk. */
export function TestCallRoom(): ReactNode {
  const { t } = useLingui();
  const { number } = useSearch({ from: "/shell/test-call" });
  const works = useMay()("desk.work");
  return (
    <Page title={t`Test call`}>
      <Paper withBorder p="lg" maw={820}>
        <Text mb="lg">
          <Trans>
            The program calls a number of yours, with greeting and queue, and it rings at your desk alone. It counts in no figure.
          </Trans>
        </Text>
        {works ? (
          <TestCallCard
            numberId={number}
            next={
              <Group>
                <Button component={Link} to="/desk">{t`To the desk`}</Button>
              </Group>
            }
          />
        ) : (
          <Text>
            <Trans>Your role takes no calls, so none can ring here. An administrator can give you the role of an agent.</Trans>
          </Text>
        )}
      </Paper>
    </Page>
  );
}
