import type { FloorState } from "@allo/contract";
import { Trans, useLingui } from "@lingui/react/macro";
import { ActionIcon, Text, Title } from "@mantine/core";
import { IconPhoneOff } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { memo, useState, type CSSProperties, type MouseEvent, type ReactNode } from "react";
import { useDirectory } from "../../api/lists.ts";
import { useApiMutation } from "../../api/queries.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { isolate } from "../../ui/isolate.ts";
import { shownColumns, useNarrow } from "../../ui/narrow.ts";
import { useFormat } from "../../ui/use-format.ts";
import { Elapsed, None, Phone } from "../../ui/values.tsx";
import { ReasonDialog } from "../desk/reason-dialog.tsx";
import { useMay } from "../session/session.ts";
import styles from "./floor.module.css";

type PassedOnCall = FloorState["passedOn"][number];

/** Customers whom their agent left with a number outside: nobody of ours hears them, so whoever watches the floor sees them here. */
export const PassedOnList = memo(function PassedOnList({ calls }: { readonly calls: readonly PassedOnCall[] }): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  const narrow = useNarrow();
  const navigate = useNavigate();
  const may = useMay();
  const { queueName } = useDirectory();
  const [ending, setEnding] = useState<PassedOnCall | null>(null);
  const ends = may("calls.monitor");
  const columns: readonly Column<PassedOnCall>[] = [
    {
      id: "customer",
      header: t`Customer`,
      width: narrow ? "minmax(0, 1fr)" : "minmax(140px, 1.4fr)",
      cell: (call) => <Whom call={call} />,
    },
    {
      id: "outside",
      header: t`Speaks with`,
      width: narrow ? "minmax(0, 1.3fr)" : "minmax(140px, 1fr)",
      cell: (call) => <NumberOrDash number={call.outsideNumber} />,
    },
    { id: "queue", header: t`Queue`, width: "minmax(100px, 1fr)", cell: (call) => <bdi>{queueName(call.queueId)}</bdi> },
    {
      id: "by",
      header: t({ message: "Left by", context: "column, who left the customer with a number outside" }),
      width: "minmax(120px, 1fr)",
      cell: (call) => <bdi>{call.leftByName}</bdi>,
    },
    {
      id: "recording",
      header: t({ message: "Recording", context: "column, is it recorded now" }),
      width: "minmax(110px, 0.8fr)",
      cell: (call) => <RecordingNow state={call.recording} />,
    },
    { id: "since", header: t`For`, width: narrow ? "68px" : "88px", align: "end", cell: (call) => <Elapsed since={call.since} /> },
    ...(ends
      ? [
          {
            id: "act",
            header: t`End the call`,
            headerHidden: true,
            width: narrow ? "48px" : "60px",
            cell: (call: PassedOnCall) => <EndButton call={call} onPress={() => setEnding(call)} />,
          },
        ]
      : []),
  ];
  const count = format.number(calls.length);
  return (
    <section aria-label={t`Calls without an agent`} data-testid="floor-passed-on" className={styles["half"]}>
      <Title order={2} size="h3">
        {t`Calls without an agent`} <span className={styles["count"]}>{count}</span>
      </Title>
      <div className={styles["table"]} data-fits style={{ "--rows": calls.length } as CSSProperties}>
        <DataTable
          label={t`Calls without an agent`}
          columns={shownColumns(columns, narrow, ["customer", "outside", "since", "act"])}
          rows={calls}
          rowKey={(call) => call.contactId}
          onOpen={(call) => void navigate({ to: "/contacts/$contactId", params: { contactId: call.contactId } })}
          empty={null}
        />
      </div>
      {ending !== null && <EndDialog key={ending.contactId} call={ending} onClose={() => setEnding(null)} />}
    </section>
  );
});

function Whom({ call }: { readonly call: PassedOnCall }): ReactNode {
  return call.customerName === null ? <NumberOrDash number={call.callerNumber} /> : <bdi>{call.customerName}</bdi>;
}

function NumberOrDash({ number }: { readonly number: string | null }): ReactNode {
  const { t } = useLingui();
  return number === null ? <None why={t`Not known, or not for you to see`} /> : <Phone number={number} />;
}

function RecordingNow({ state }: { readonly state: PassedOnCall["recording"] }): ReactNode {
  const { t } = useLingui();
  if (state === "on") return t({ message: "goes on", context: "the recording of a call" });
  if (state === "paused") return t({ message: "paused", context: "the recording of a call" });
  return t({ message: "not recorded", context: "a call" });
}

function EndButton({ call, onPress }: { readonly call: PassedOnCall; readonly onPress: () => void }): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  const whom = isolate(call.customerName ?? (call.callerNumber === null ? "" : format.phone(call.callerNumber)));
  const press = (event: MouseEvent): void => {
    event.stopPropagation();
    onPress();
  };
  return (
    <span className={styles["rowActs"]}>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-haspopup="dialog"
        aria-label={t`End the call: ${whom}`}
        title={t`End the call`}
        onClick={press}
      >
        <IconPhoneOff size={18} aria-hidden />
      </ActionIcon>
    </span>
  );
}

function EndDialog({ call, onClose }: { readonly call: PassedOnCall; readonly onClose: () => void }): ReactNode {
  const { t } = useLingui();
  const end = useApiMutation("callEnd", ["floorGet"]);
  return (
    <ReasonDialog
      title={t`End the call without an agent?`}
      description={t`It is noted with your name, in the call's timeline too.`}
      act={t`End the call`}
      ends
      before={
        <Text size="sm">
          <Trans>
            The customer and the number outside are cut off at once, and neither is told why. They have talked for{" "}
            <Elapsed since={call.since} />.
          </Trans>
        </Text>
      }
      isPending={end.isPending}
      failure={end.error}
      onAct={(reason) => end.mutate({ params: { contactId: call.contactId }, body: { reason } }, { onSuccess: onClose })}
      onClose={onClose}
    />
  );
}
