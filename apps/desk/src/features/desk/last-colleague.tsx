import type { DeskState } from "@allo/contract";
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, Text } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { DateTime } from "../../ui/values.tsx";
import { useDeskAct } from "./use-desk.ts";

type Last = NonNullable<DeskState["lastInternalCall"]>;

/** What became of the last call with a colleague that came to no talk, and once more. */
export function LastColleague({ last }: { readonly last: Last }): ReactNode {
  const { t } = useLingui();
  const again = useDeskAct("internalCallPlace");
  return (
    <Group gap="sm" role="status" data-testid="last-colleague">
      <Text size="sm">
        <LastWords last={last} />
      </Text>
      <Button
        size="compact-sm"
        variant="default"
        loading={again.isPending}
        leftSection={<IconRefresh size={14} aria-hidden />}
        onClick={() => again.mutate({ body: { personId: last.personId } })}
      >
        {last.side === "callee" ? t({ message: "Call back", context: "button" }) : t({ message: "Call again", context: "button" })}
      </Button>
    </Group>
  );
}

function LastWords({ last: { name, side, outcome, at } }: { readonly last: Last }): ReactNode {
  const who = <bdi>{name}</bdi>;
  if (side === "callee")
    return (
      <Trans>
        {who} called you at <DateTime at={at} show="time" />.
      </Trans>
    );
  switch (outcome) {
    case "notAnswered":
      return <Trans>{who} didn't answer.</Trans>;
    case "declined":
      return <Trans>{who} declined the call.</Trans>;
    case "notAvailable":
      return <Trans>{who} couldn't be reached: in another call, or without a phone.</Trans>;
    case "givenUp":
      return <Trans>You gave up the call to {who}.</Trans>;
    case "failed":
    case "answered":
      return <Trans>The call to {who} didn't come about.</Trans>;
    default:
      return outcome satisfies never;
  }
}
