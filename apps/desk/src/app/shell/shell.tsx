import type { ReactNode } from "react";
import { LiveProvider } from "../../live/live-provider.tsx";
import { MeContext, useLeave, useSession } from "../../features/session/session.ts";
import { Problem } from "../../ui/problem.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { Frame } from "./frame.tsx";
import { LeadToSignIn } from "./lead-to-sign-in.tsx";

/** Lets in who is signed in; everyone else is led to the sign-in page and back. */
export function Shell(): ReactNode {
  const session = useSession();
  const leave = useLeave();
  if (session.kind === "loading") return <SkeletonRows rows={6} />;
  if (session.kind === "unknown") {
    return <Problem failure={session.problem} onRetry={session.retry} />;
  }
  if (session.kind === "signedOut") return <LeadToSignIn />;
  return (
    <MeContext value={session.me}>
      <LiveProvider signedIn onSessionEnded={leave}>
        <Frame />
      </LiveProvider>
    </MeContext>
  );
}
