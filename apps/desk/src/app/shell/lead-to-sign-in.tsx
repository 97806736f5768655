import { useRouter } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { GoTo } from "../../ui/go-to.tsx";

/** To the sign-in page, and from there back to where one was. */
export function LeadToSignIn(): ReactNode {
  const router = useRouter();
  // Taken once: while the page changes, the address is already the sign-in page's.
  const [from] = useState(() => router.state.location.href);
  return <GoTo href={from === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(from)}`} />;
}
