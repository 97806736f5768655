import type { DialDecision } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { IconPhoneOutgoing } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { usePagedApi } from "../../api/queries.ts";
import type { Column } from "../../ui/data-table.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { LogTable } from "../../ui/log-table.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { countryName, dialReasonWords, kindNames } from "./dial-words.ts";

/** Each call that was asked for, and why it was refused. */
export function Decisions(): ReactNode {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const [outcome, setOutcome] = useState<"allowed" | "refused" | null>(null);
  const [personId, setPersonId] = useState<string | null>(null);
  const list = usePagedApi("dialDecisionsList", {
    query: { ...(outcome === null ? {} : { outcome }), ...(personId === null ? {} : { personId }) },
  });
  const columns: readonly Column<DialDecision>[] = [
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
    <LogTable
      label={t`Outgoing calls, allowed and refused`}
      list={list}
      rowKey={(row) => row.decisionId}
      who={(row) => (row.personName === "" ? i18n._(kindNames[row.kind]) : <bdi>{row.personName}</bdi>)}
      columns={columns}
      kept={["number", "outcome", "at"]}
      person={{ value: personId, onChange: setPersonId }}
      kind={{
        label: t({ message: "Decision", context: "column" }),
        placeholder: t`Allowed and refused`,
        choices: [
          { value: "refused", label: t({ message: "Refused", context: "outgoing call" }) },
          { value: "allowed", label: t({ message: "Allowed", context: "outgoing call" }) },
        ],
        value: outcome,
        onChange: (value) => setOutcome(value === "allowed" || value === "refused" ? value : null),
      }}
      empty={
        <EmptyState
          icon={IconPhoneOutgoing}
          title={t`No outgoing calls yet`}
        >{t`Each number that someone wanted to call stands here, with the reason where it was refused. The middle of the number is hidden.`}</EmptyState>
      }
    />
  );
}
