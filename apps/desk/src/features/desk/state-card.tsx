import type { DeskState } from "@allo/contract";
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { Alert, Button, Title } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { DateTime } from "../../ui/values.tsx";
import { useGoReady } from "./use-go-ready.tsx";

/** Why the system set one not ready, and the way back. */
export function StateCause({ desk }: { readonly desk: DeskState }): ReactNode {
  const { t } = useLingui();
  const ready = useGoReady();
  if (desk.systemCause === null || desk.state !== "notReady") return null;
  return (
    <Alert
      color="yellow"
      icon={<IconInfoCircle aria-hidden />}
      role="status"
      data-testid="system-cause"
      styles={{ message: { color: "var(--text)" } }}
    >
      <Title order={2} size="h4" mb="xs">{t`You get no calls now`}</Title>
      <CauseSentence desk={desk} />
      <div>
        <Button mt="sm" size="compact-md" onClick={ready.go} loading={ready.pending}>{t`Go ready`}</Button>
      </div>
      {ready.dialog}
    </Alert>
  );
}

function CauseSentence({ desk }: { readonly desk: DeskState }): ReactNode {
  const at = <DateTime at={desk.since} show="time" />;
  switch (desk.systemCause) {
    case "afterMissedRings":
      return (
        <Trans>
          Since {at}: <Plural value={desk.missedRings} one="# call rang here unanswered" other="# calls in a row rang here unanswered" />,
          so the next ones go to colleagues.
        </Trans>
      );
    case "connectionLost":
      return <Trans>Since {at}: the connection to this browser was lost, so that no caller waits in vain.</Trans>;
    case "supervisorForced":
      return <Trans>Since {at}: your supervisor set it.</Trans>;
    case null:
      return null;
    default:
      return desk.systemCause satisfies never;
  }
}
