import type { FloorState } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Title } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { memo, type CSSProperties, type ReactNode } from "react";
import { useDirectory } from "../../api/lists.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { Elapsed } from "../../ui/values.tsx";
import styles from "./floor.module.css";

type ParkedCall = FloorState["parked"][number];

/** Customers in a slot: who parked them, and for how long they have waited to be picked up. */
export const ParkedList = memo(function ParkedList({ parked }: { readonly parked: readonly ParkedCall[] }): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  const navigate = useNavigate();
  const { queueName } = useDirectory();
  const columns: readonly Column<ParkedCall>[] = [
    { id: "slot", header: t({ message: "Slot", context: "column" }), width: "64px", cell: (each) => format.number(each.slot) },
    { id: "queue", header: t`Queue`, width: "minmax(90px, 1fr)", cell: (each) => <bdi>{queueName(each.queueId)}</bdi> },
    { id: "by", header: t`Parked by`, width: "minmax(90px, 1fr)", cell: (each) => <bdi>{each.parkedByName}</bdi> },
    {
      id: "since",
      header: t({ message: "Waits", context: "column" }),
      width: "72px",
      align: "end",
      cell: (each) => <Elapsed since={each.since} />,
    },
  ];
  return (
    <section aria-label={t`Parked calls`} data-testid="floor-parked">
      <Title order={2} size="h3">{t`Parked calls`}</Title>
      <div className={styles["table"]} data-fits style={{ "--rows": parked.length } as CSSProperties}>
        <DataTable
          label={t`Parked calls`}
          columns={columns}
          rows={[...parked].sort((a, b) => a.slot - b.slot || a.contactId.localeCompare(b.contactId))}
          rowKey={(each) => each.contactId}
          onOpen={(each) => void navigate({ to: "/contacts/$contactId", params: { contactId: each.contactId } })}
          empty={null}
        />
      </div>
    </section>
  );
});
