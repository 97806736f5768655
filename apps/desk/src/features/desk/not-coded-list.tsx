import type { ContactRow } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Button, Modal, Text, Title } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";
import { useApi } from "../../api/queries.ts";
import { Problem } from "../../ui/problem.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { DateTime } from "../../ui/values.tsx";
import { CallerName } from "./caller-name.tsx";
import styles from "./desk.module.css";
import { WrapUpForm } from "./wrap-up-form.tsx";

/** Calls whose wrap-up ended without a result: completed here. */
export function NotCodedList({ count }: { readonly count: number }): ReactNode {
  const { t } = useLingui();
  const queries = useQueryClient();
  const list = useApi("notCodedList", {});
  const [open, setOpen] = useState<ContactRow | null>(null);
  useEffect(() => {
    void queries.invalidateQueries({ queryKey: ["notCodedList"] });
  }, [queries, count]);
  const items = list.data?.items ?? [];
  return (
    <section className={styles["card"]} data-testid="not-coded">
      <Title order={2} size="h3">{t`Not coded`}</Title>
      {list.isPending && <SkeletonRows rows={2} />}
      <Problem failure={list.error} onRetry={list.refetch} />
      {list.isSuccess && items.length === 0 && (
        <Text size="sm" c="dimmed">{t`Calls left without a result wait here. There are none.`}</Text>
      )}
      {items.map((contact) => (
        <div key={contact.contactId} className={styles["row"]}>
          <span style={{ minInlineSize: 0 }}>
            <CallerName contact={asCaller(contact)} />
          </span>
          <DateTime at={contact.startedAt} show="time" />
          <Button size="compact-sm" variant="default" onClick={() => setOpen(contact)}>{t`Complete`}</Button>
        </div>
      ))}
      <Modal
        opened={open !== null}
        onClose={() => setOpen(null)}
        title={open === null ? "" : <CallerName contact={asCaller(open)} />}
        closeButtonProps={{ "aria-label": t`Close` }}
      >
        {open !== null && (
          <WrapUpForm
            contactId={open.contactId}
            kept=""
            onDone={() => {
              setOpen(null);
              void list.refetch();
            }}
          />
        )}
      </Modal>
    </section>
  );
}

const asCaller = (contact: ContactRow): { customer: { customerId: string; name: string } | null; callerNumber: string | null } => ({
  callerNumber: contact.callerNumber,
  customer:
    contact.customerId === null || contact.customerName === null ? null : { customerId: contact.customerId, name: contact.customerName },
});
