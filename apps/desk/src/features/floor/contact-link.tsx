import { useRouter } from "@tanstack/react-router";
import type { MouseEvent, ReactNode } from "react";

/** A link to a contact for the rows of a long table: the router's own follows every change of the address, in every row. */
export function ContactLink({ contactId, children }: { readonly contactId: string; readonly children: ReactNode }): ReactNode {
  const router = useRouter();
  const onClick = (event: MouseEvent): void => {
    // Into another tab or window: the browser's own way.
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    void router.navigate({ to: "/contacts/$contactId", params: { contactId } });
  };
  return (
    <a href={`/contacts/${encodeURIComponent(contactId)}`} onClick={onClick}>
      {children}
    </a>
  );
}
