import { useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { Phone } from "../../ui/values.tsx";
import type { DeskContact } from "./call-view.ts";

/** The customer's name, else the number, else that it isn't known. */
export function CallerName({ contact }: { readonly contact: Pick<DeskContact, "customer" | "callerNumber" | "isTest"> }): ReactNode {
  const { t } = useLingui();
  if (contact.isTest === true) return t`Test call`;
  if (contact.customer !== null) return <bdi>{contact.customer.name}</bdi>;
  return contact.callerNumber === null ? t`Unknown number` : <Phone number={contact.callerNumber} />;
}

/** The same as text: for titles and notifications. */
export function useCallerText(): (contact: Pick<DeskContact, "customer" | "callerNumber" | "isTest">) => string {
  const { t } = useLingui();
  return (contact) => (contact.isTest === true ? t`Test call` : (contact.customer?.name ?? contact.callerNumber ?? t`Unknown number`));
}
