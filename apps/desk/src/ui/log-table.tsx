import { useLingui } from "@lingui/react/macro";
import { Select } from "@mantine/core";
import type { ReactNode } from "react";
import { useDirectory } from "../api/lists.ts";
import { DataTable, type Column, type DataTableProps } from "./data-table.tsx";
import { FilterBar } from "./filter-bar.tsx";
import { shownColumns, useNarrow } from "./narrow.ts";
import { DateTime } from "./values.tsx";

type Filter = { readonly value: string | null; readonly onChange: (value: string | null) => void };
export type LogTableProps<Row extends { readonly at: number }> = {
  /** As `usePagedApi` gives it. */
  readonly list: Required<Pick<DataTableProps<Row>, "rows" | "failure" | "onMore" | "loadingMore">> & {
    readonly loading: boolean;
    readonly refetch: () => void;
  };
  readonly who: (row: Row) => ReactNode;
  /** After "at" and "who". */
  readonly columns: readonly Column<Row>[];
  /** What a narrow screen shows, in this order. */
  readonly kept: readonly string[];
  readonly person: Filter;
  readonly kind: Filter & {
    readonly label: string;
    readonly placeholder: string;
    readonly choices: readonly { readonly value: string; readonly label: string }[];
  };
} & Pick<DataTableProps<Row>, "label" | "rowKey" | "onOpen" | "selectedKey" | "empty">;

/** Who did what, newest first; narrowed by the person and by the kind of what was done. */
export function LogTable<Row extends { readonly at: number }>(props: LogTableProps<Row>): ReactNode {
  const { list, who, columns, kept, person, kind, ...table } = props;
  const { t } = useLingui();
  const narrow = useNarrow();
  const { personChoices } = useDirectory();
  const all: readonly Column<Row>[] = [
    {
      id: "at",
      header: t({ message: "When", context: "column" }),
      // On a telephone a name of three words takes two lines, day and time two.
      width: narrow ? "78px" : "minmax(150px, 1fr)",
      cell: (row) => <DateTime at={row.at} show="row" />,
    },
    { id: "who", header: t({ message: "Who", context: "column" }), width: narrow ? "minmax(0, 1.2fr)" : "minmax(120px, 1fr)", cell: who },
    ...columns,
  ];
  const clear = (): void => {
    person.onChange(null);
    kind.onChange(null);
  };
  return (
    <>
      <FilterBar onClear={person.value === null && kind.value === null ? undefined : clear}>
        <Select
          aria-label={t({ message: "Who", context: "column" })}
          placeholder={t`Anyone`}
          flex="1 1 150px"
          maw={200}
          data={personChoices}
          clearable
          searchable
          nothingFoundMessage={t`Nothing found`}
          value={person.value}
          onChange={person.onChange}
        />
        <Select
          aria-label={kind.label}
          placeholder={kind.placeholder}
          flex="1 1 150px"
          maw={200}
          data={[...kind.choices]}
          clearable
          value={kind.value}
          onChange={kind.onChange}
        />
      </FilterBar>
      <DataTable
        {...table}
        columns={shownColumns(all, narrow, kept)}
        rows={list.rows}
        loading={list.loading}
        failure={list.failure}
        onRetry={list.refetch}
        onMore={list.onMore}
        loadingMore={list.loadingMore}
      />
    </>
  );
}
