import type { DeskState } from "@allo/contract";
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Title } from "@mantine/core";
import { IconPhoneIncoming } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useFormat } from "../../ui/use-format.ts";
import { Elapsed, Phone } from "../../ui/values.tsx";
import parties from "./call-parties.module.css";
import styles from "./desk.module.css";
import { useDeskAct } from "./use-desk.ts";
import { useQueueName } from "./use-lists.ts";

type ParkedCall = DeskState["parked"][number];

/** Customers in a slot, for whoever is free to pick them up. */
export function ParkedPanel({ desk }: { readonly desk: DeskState }): ReactNode {
  const { t } = useLingui();
  return (
    <section className={styles["card"]} data-testid="parked" aria-label={t`Parked calls`}>
      <Title order={2} size="h3">{t`Parked calls`}</Title>
      {desk.parked.map((call) => (
        <ParkedRow key={call.contactId} call={call} free={isFree(desk)} />
      ))}
    </section>
  );
}

function isFree({ contact, internalCall, phone }: DeskState): boolean {
  return contact === null && internalCall === null && phone.proven;
}

function ParkedRow({ call, free }: { readonly call: ParkedCall; readonly free: boolean }): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  const pickUp = useDeskAct("callPickUp");
  const queueName = useQueueName(call.queueId);
  const slot = format.number(call.slot);
  return (
    <div className={parties["party"]} data-slot={call.slot}>
      <span>
        <strong>{t`Slot ${slot}`}</strong>{" "}
        {call.customerName === null ? <Phone number={call.callerNumber} /> : <bdi>{call.customerName}</bdi>} <Elapsed since={call.since} />
        <br />
        <span className={parties["quiet"]}>
          <bdi>{queueName}</bdi> ·{" "}
          <Trans>
            parked by <bdi>{call.parkedByName}</bdi>
          </Trans>
        </span>
      </span>
      <Button
        size="compact-sm"
        variant="default"
        aria-label={t`Pick up slot ${slot}`}
        disabled={!free}
        loading={pickUp.isPending}
        leftSection={<IconPhoneIncoming size={14} aria-hidden />}
        onClick={() => pickUp.mutate({ params: { contactId: call.contactId } })}
      >
        {t({ message: "Pick up", context: "button" })}
      </Button>
    </div>
  );
}
