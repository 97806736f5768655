import type { HelpRequest } from "@allo/contract";
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";
import { IconHandStop } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useMemo, type ReactNode } from "react";
import { useDirectory } from "../../api/lists.ts";
import { usePagedApi } from "../../api/queries.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { shownColumns, useNarrow } from "../../ui/narrow.ts";
import { SidePanel } from "../../ui/side-panel.tsx";
import { DateTime, Duration } from "../../ui/values.tsx";

const keyOf = ({ contactId, number }: HelpRequest): string => `${contactId} ${String(number)}`;
const hows: Readonly<Record<NonNullable<HelpRequest["how"]> | "open", MessageDescriptor>> = {
  answered: msg({ message: "A lead came", context: "help request" }),
  withdrawn: msg({ message: "Taken back", context: "help request" }),
  talkEnded: msg({ message: "The talk was over before", context: "help request" }),
  open: msg({ message: "Open", context: "help request" }),
};

/** All who asked for a lead, the newest first; one leads to its call. */
export function HelpHistory({ onClose }: { readonly onClose: () => void }): ReactNode {
  const { t } = useLingui();
  const navigate = useNavigate();
  const narrow = useNarrow();
  const list = usePagedApi("helpList", {});
  const columns = useHelpColumns();
  return (
    <SidePanel opened title={t`Help requests`} size={900} onClose={onClose}>
      <DataTable
        label={t`Help requests`}
        columns={shownColumns(columns, narrow, ["at", "agent", "how"])}
        rows={list.rows}
        rowKey={keyOf}
        onOpen={({ contactId }) => void navigate({ to: "/contacts/$contactId", params: { contactId } })}
        loading={list.loading}
        failure={list.failure}
        onRetry={list.refetch}
        onMore={list.onMore}
        loadingMore={list.loadingMore}
        empty={
          <EmptyState
            icon={IconHandStop}
            title={t`Nobody has asked for a lead yet`}
            example={t`For example: 10:42 — Sarah Collins, Support; a lead came after 0:21.`}
          >
            {t`In a call, an agent asks for a lead by the button "Lead" or by its key. Each request stands here with how soon somebody came.`}
          </EmptyState>
        }
      />
    </SidePanel>
  );
}

function useHelpColumns(): readonly Column<HelpRequest>[] {
  const { t, i18n } = useLingui();
  const { queueName } = useDirectory();
  return useMemo(
    () => [
      { id: "at", header: t`Asked`, width: "minmax(170px, 1.1fr)", cell: (row) => <DateTime at={row.askedAt} show="row" /> },
      {
        id: "agent",
        header: t`Agent`,
        width: "minmax(110px, 1fr)",
        cell: (row) => (row.agentName === null ? "" : <bdi>{row.agentName}</bdi>),
      },
      { id: "queue", header: t`Queue`, width: "minmax(90px, 0.8fr)", cell: (row) => <bdi>{queueName(row.queueId)}</bdi> },
      {
        id: "about",
        header: t`Why`,
        width: "minmax(150px, 1fr)",
        cell: (row) => (row.about === "abuse" ? t`Insults or threats` : t({ message: "Asks for a lead", context: "an agent" })),
      },
      {
        id: "how",
        header: t({ message: "What became of it", context: "column" }),
        width: "minmax(120px, 1.1fr)",
        cell: (row) =>
          row.how === "answered" && row.answeredByName !== null ? <bdi>{row.answeredByName}</bdi> : i18n._(hows[row.how ?? "open"]),
      },
      {
        id: "after",
        header: t({ message: "After", context: "column, how long somebody waited" }),
        width: "84px",
        align: "end",
        cell: (row) => (
          <Duration ms={row.how === "answered" && row.endedAt !== null ? row.endedAt - row.askedAt : null} why={t`No lead came`} />
        ),
      },
    ],
    [t, i18n, queueName],
  );
}
