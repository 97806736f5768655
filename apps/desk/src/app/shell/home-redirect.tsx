import { Trans } from "@lingui/react/macro";
import { Text } from "@mantine/core";
import { Navigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useMe } from "../../features/session/session.ts";
import { roomsFor } from "../rooms.ts";

/** The first room that the person may enter. */
export function HomeRedirect(): ReactNode {
  const first = roomsFor(useMe().permissions)[0];
  if (first === undefined) return <Text p="xl"><Trans>You have no room here yet. Ask an administrator for a role.</Trans></Text>;
  return <Navigate to={first.path} replace />;
}
