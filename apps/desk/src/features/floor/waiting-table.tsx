import type { FloorAgent, FloorState } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Tooltip } from "@mantine/core";
import { IconMoodSmile } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { memo, type ReactNode } from "react";
import { useDirectory } from "../../api/lists.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { isolate } from "../../ui/isolate.ts";
import { useFormat } from "../../ui/use-format.ts";
import { Elapsed } from "../../ui/values.tsx";
import styles from "./floor.module.css";
import { whyCounts, whyWord } from "./why-words.ts";

type Waiting = FloorState["waiting"][number];
const NAMES_SHOWN_MAX = 20;

/** Who waits, longest first, and why nobody has answered yet. */
export const WaitingTable = memo(function WaitingTable({
  waiting,
  agents,
}: {
  readonly waiting: readonly Waiting[];
  readonly agents: readonly FloorAgent[];
}): ReactNode {
  const { t } = useLingui();
  const { queueName } = useDirectory();
  const navigate = useNavigate();
  const rows = [...waiting].sort((a, b) => a.queuedAt - b.queuedAt || a.contactId.localeCompare(b.contactId));
  const columns: readonly Column<Waiting>[] = [
    { id: "queue", header: t`Queue`, width: "minmax(90px, 1fr)", cell: (each) => <bdi>{queueName(each.queueId)}</bdi> },
    {
      id: "wait",
      header: t({ message: "Waits", context: "column" }),
      width: "72px",
      align: "end",
      cell: (each) => <Elapsed since={each.queuedAt} />,
    },
    { id: "why", header: t`Why nobody has answered`, width: "minmax(140px, 2fr)", cell: (each) => <Why contact={each} agents={agents} /> },
  ];
  return (
    <div className={styles["table"]} data-empty={rows.length === 0}>
      <DataTable
        label={t`In the queue`}
        columns={columns}
        rows={rows}
        rowKey={(each) => each.contactId}
        onOpen={(each) => void navigate({ to: "/contacts/$contactId", params: { contactId: each.contactId } })}
        empty={
          <EmptyState
            icon={IconMoodSmile}
            title={t`Nobody waits`}
            example={t`For example: Support — 0:42 — 3 talking, 1 not ready.`}
          >{t`Callers whom no agent has answered yet stand here, with the reason.`}</EmptyState>
        }
      />
    </div>
  );
});

function Why({ contact: { contactId, why }, agents }: { readonly contact: Waiting; readonly agents: readonly FloorAgent[] }): ReactNode {
  const { t, i18n } = useLingui();
  const format = useFormat();
  // While it rings at one, nobody is asked why not.
  const ringing = agents.find((each) => each.contactId === contactId && each.state === "ringing");
  const agent = ringing === undefined ? "" : isolate(ringing.name);
  if (ringing !== undefined) return t`Rings at ${agent}`;
  if (why.length === 0) return t`nobody serves this queue`;
  const names = new Map(agents.map((agent) => [agent.personId, agent.name]));
  const lines = why.slice(0, NAMES_SHOWN_MAX).map((each) => `${names.get(each.personId) ?? "—"}: ${i18n._(whyWord(each.code))}`);
  const text = whyCounts(why)
    .map(({ code, count }) => `${format.number(count)} ${i18n._(whyWord(code))}`)
    .join(" · ");
  return (
    <Tooltip
      label={
        <>
          {lines.map((line) => (
            <div key={line}>
              <bdi>{line}</bdi>
            </div>
          ))}
        </>
      }
    >
      <span>{text}</span>
    </Tooltip>
  );
}
