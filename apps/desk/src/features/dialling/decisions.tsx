import type { DialDecision } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Select } from "@mantine/core";
import { IconPhoneOutgoing } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { useDirectory } from "../../api/lists.ts";
import { usePagedApi } from "../../api/queries.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { FilterBar } from "../../ui/filter-bar.tsx";
import { shownColumns, useNarrow } from "../../ui/narrow.ts";
import { useFormat } from "../../ui/use-format.ts";
import { DateTime } from "../../ui/values.tsx";
import { countryName, dialReasonWords, kindNames } from "./dial-words.ts";

/** Each call that was asked for, and why it was refused. */
export function Decisions(): ReactNode {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const narrow = useNarrow();
  const { personChoices } = useDirectory();
  const [outcome, setOutcome] = useState<"allowed" | "refused" | null>(null);
  const [personId, setPersonId] = useState<string | null>(null);
  const list = usePagedApi("dialDecisionsList", {
    query: { ...(outcome === null ? {} : { outcome }), ...(personId === null ? {} : { personId }) },
  });
  const columns: readonly Column<DialDecision>[] = [
    {
      id: "at",
      header: t({ message: "When", context: "column" }),
      width: "minmax(140px, 1fr)",
      cell: (row) => <DateTime at={row.at} show="row" />,
    },
    {
      id: "who",
      header: t({ message: "Who", context: "column" }),
      width: "minmax(110px, 1fr)",
      cell: (row) => (row.personName === "" ? i18n._(kindNames[row.kind]) : <bdi>{row.personName}</bdi>),
    },
    {
      id: "number",
      header: t({ message: "Number", context: "column" }),
      width: "minmax(150px, 1fr)",
      cell: (row) => (row.shown === null ? "—" : <bdi dir="ltr">{row.shown}</bdi>),
    },
    {
      id: "country",
      header: t({ message: "Country", context: "column" }),
      width: "minmax(100px, 1fr)",
      cell: (row) => (row.country === null ? "—" : <bdi>{countryName(row.country, format.language)}</bdi>),
    },
    {
      id: "outcome",
      header: t({ message: "Decision", context: "column" }),
      width: "minmax(220px, 2fr)",
      cell: (row) => {
        const words = row.allowed
          ? row.range === "emergency"
            ? t`Allowed: an emergency number.`
            : t({ message: "Allowed", context: "outgoing call" })
          : row.reasons.map((reason) => dialReasonWords(reason, i18n, format)).join(" ");
        return <span title={words}>{words}</span>;
      },
    },
  ];
  return (
    <>
      <FilterBar
        onClear={
          outcome === null && personId === null
            ? undefined
            : () => {
                setOutcome(null);
                setPersonId(null);
              }
        }
      >
        <Select
          aria-label={t({ message: "Decision", context: "column" })}
          placeholder={t`Allowed and refused`}
          w={200}
          data={[
            { value: "refused", label: t({ message: "Refused", context: "outgoing call" }) },
            { value: "allowed", label: t({ message: "Allowed", context: "outgoing call" }) },
          ]}
          clearable
          value={outcome}
          onChange={(value) => setOutcome(value === "allowed" || value === "refused" ? value : null)}
        />
        <Select
          aria-label={t({ message: "Who", context: "column" })}
          placeholder={t`Anyone`}
          w={200}
          data={personChoices}
          clearable
          searchable
          nothingFoundMessage={t`Nothing found`}
          value={personId}
          onChange={setPersonId}
        />
      </FilterBar>
      <DataTable
        label={t`Outgoing calls, allowed and refused`}
        columns={shownColumns(columns, narrow, ["number", "outcome", "at"])}
        rows={list.rows}
        rowKey={(row) => row.decisionId}
        loading={list.loading}
        failure={list.failure}
        onRetry={list.refetch}
        onMore={list.onMore}
        loadingMore={list.loadingMore}
        empty={
          <EmptyState
            icon={IconPhoneOutgoing}
            title={t`No outgoing calls yet`}
          >{t`Each number that someone wanted to call stands here, with the reason where it was refused. The middle of the number is hidden.`}</EmptyState>
        }
      />
    </>
  );
}
