import type { DeskState } from "@allo/contract";
import { Trans, useLingui } from "@lingui/react/macro";
import { Anchor, Button, Group, Text } from "@mantine/core";
import { IconRefresh, IconUserSearch } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useState, type ReactNode } from "react";
import { DateTime } from "../../ui/values.tsx";
import { useDeskAct } from "./use-desk.ts";

const ColleaguesDialog = lazy(() => import("./colleagues-dialog.tsx").then((module) => ({ default: module.ColleaguesDialog })));
type Last = NonNullable<DeskState["lastInternalCall"]>;

/** Between calls: whom of the colleagues one calls, and what became of the last try. */
export function ColleaguesAct({ desk }: { readonly desk: DeskState }): ReactNode {
  const { t } = useLingui();
  const [opened, setOpened] = useState(false);
  if (desk.state !== "ready" && desk.state !== "notReady") return null;
  return (
    <>
      {desk.lastInternalCall !== null && <LastCall last={desk.lastInternalCall} />}
      <Group gap="md">
        <Button
          variant="default"
          aria-haspopup="dialog"
          disabled={!desk.phone.proven}
          leftSection={<IconUserSearch size={18} aria-hidden />}
          onClick={() => setOpened(true)}
        >
          {t({ message: "Call a colleague", context: "button" })}
        </Button>
        <Anchor component={Link} to="/internal-calls" size="sm">
          {t`Calls with colleagues`}
        </Anchor>
      </Group>
      {opened && (
        <Suspense fallback={null}>
          <ColleaguesDialog onClose={() => setOpened(false)} />
        </Suspense>
      )}
    </>
  );
}

function LastCall({ last }: { readonly last: Last }): ReactNode {
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
