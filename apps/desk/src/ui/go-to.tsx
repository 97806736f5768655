import { useRouter } from "@tanstack/react-router";
import { useEffect, type ReactNode } from "react";

/** Leads on to another address, once, in place of this one. (The router's Navigate does it at every drawing.) */
export function GoTo({ href }: { readonly href: string }): ReactNode {
  const router = useRouter();
  useEffect(() => router.history.replace(href), [router, href]);
  return null;
}
