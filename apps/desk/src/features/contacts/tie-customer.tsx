import type { ContactRow } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Title } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { apiKey, useApiMutation } from "../../api/queries.ts";
import { Problem } from "../../ui/problem.tsx";
import { CustomerFinder } from "../customers/customer-finder.tsx";
import styles from "./contacts.module.css";

/** Says whose call it was: found as one types, or added with the call's number. */
export function TieCustomer({ contact, onDone }: { readonly contact: ContactRow; readonly onDone: () => void }): ReactNode {
  const { t } = useLingui();
  const queries = useQueryClient();
  const tie = useApiMutation("contactCustomerPut", ["contactsList"]);
  const { contactId } = contact;
  const choose = (customerId: string): void =>
    tie.mutate(
      { params: { contactId }, body: { customerId } },
      {
        onSuccess: (page) => {
          queries.setQueryData(apiKey("contactGet", { params: { contactId } }), page);
          onDone();
        },
      },
    );
  return (
    <section className={styles["box"]}>
      <Title order={3} mb="sm">{t`Whose call was it?`}</Title>
      <CustomerFinder
        number={contact.callerNumber}
        projectId={contact.projectId}
        language={contact.language}
        pending={tie.isPending}
        onChoose={choose}
      />
      <Problem failure={tie.error} />
    </section>
  );
}
