import { Trans } from "@lingui/react/macro";
import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useMe } from "../../features/session/session.ts";
import { GoTo } from "../../ui/go-to.tsx";
import { roomsFor } from "../rooms.ts";

/** The first room that the person may enter. */
export function HomeRedirect(): ReactNode {
  const first = roomsFor(useMe().permissions)[0];
  if (first === undefined)
    return (
      <Text p="xl">
        <Trans>You have no room here yet. Ask an administrator for a role.</Trans>
      </Text>
    );
  return <GoTo href={first.path} />;
}
