import { useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { OneTimeLinkPage } from "./one-time-link-page.tsx";

/** The page behind /link/<token>. */
export function LinkRoute(): ReactNode {
  const { token } = useParams({ from: "/link/$token" });
  return <OneTimeLinkPage token={token} />;
}
