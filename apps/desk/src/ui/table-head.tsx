import { UnstyledButton, VisuallyHidden } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import type { CSSProperties, ReactNode } from "react";
import styles from "./data-table.module.css";
import type { Sort } from "./table-keys.ts";

export type HeadColumn = {
  readonly id: string;
  readonly header: string;
  readonly headerHidden?: boolean;
  readonly align?: "start" | "end";
  readonly compare?: unknown;
};
export type TableHeadProps = {
  readonly columns: readonly HeadColumn[];
  readonly template: CSSProperties;
  readonly sort: Sort | null;
  readonly onSort: (column: string) => void;
};

/** The headings; those of columns that can be sorted by are buttons. */
export function TableHead({ columns, template, sort, onSort }: TableHeadProps): ReactNode {
  return (
    <div role="rowgroup" className={styles["head"]}>
      <div role="row" aria-rowindex={1} className={styles["headRow"]} style={template}>
        {columns.map((column) => {
          const direction = sort?.column === column.id ? (sort.descending ? "descending" : "ascending") : "none";
          return (
            <div
              key={column.id}
              role="columnheader"
              className={styles["cell"]}
              data-align={column.align ?? "start"}
              {...(column.compare === undefined ? {} : ({ "aria-sort": direction } as const))}
            >
              {column.compare === undefined ? (
                column.headerHidden === true ? (
                  <VisuallyHidden>{column.header}</VisuallyHidden>
                ) : (
                  column.header
                )
              ) : (
                <UnstyledButton className={styles["sort"]} onClick={() => onSort(column.id)}>
                  {column.header}
                  {direction === "ascending" && <IconArrowUp size={14} aria-hidden />}
                  {direction === "descending" && <IconArrowDown size={14} aria-hidden />}
                </UnstyledButton>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}
