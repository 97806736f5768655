import { useLingui } from "@lingui/react/macro";
import { useVirtualizer } from "@tanstack/react-virtual";
import {
  memo,
  useCallback,
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type CSSProperties,
  type KeyboardEvent,
  type ReactNode,
} from "react";
import styles from "./data-table.module.css";
import { Problem } from "./problem.tsx";
import { useNarrow } from "./use-narrow.ts";
import { SkeletonRows } from "./skeleton-rows.tsx";
import { TableHead } from "./table-head.tsx";
import { rowAfterKey, scrollTopFor, sortAfterPress, type Sort } from "./table-keys.ts";

export type Column<Row> = {
  readonly id: string;
  readonly header: string;
  /** The heading is only heard: above buttons that say what they do. */
  readonly headerHidden?: boolean;
  /** A CSS grid track: "minmax(160px, 2fr)", "96px". */
  readonly width: string;
  readonly cell: (row: Row) => ReactNode;
  readonly align?: "start" | "end";
  /** Given: the column can be sorted by, among the rows that are here. */
  readonly compare?: (a: Row, b: Row) => number;
};
export type DataTableProps<Row> = {
  /** What the table is, for screen readers. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly onOpen?: (row: Row) => void;
  readonly selectedKey?: string | null;
  /** Changed while one looks: marked, not moved. */
  readonly markedKeys?: ReadonlySet<string>;
  readonly loading?: boolean;
  readonly failure?: unknown;
  /** Asks anew for rows that could not be had. */
  readonly onRetry?: (() => void) | undefined;
  readonly empty: ReactNode;
  readonly onMore?: (() => void) | undefined;
  readonly loadingMore?: boolean;
  readonly rowHeight?: number;
};

const ROW_HEIGHT = 40;
/** On a telephone a cell takes two lines. */
const ROW_HEIGHT_NARROW = 68; // three lines: a name of two, its number
const HEAD_HEIGHT = 37; // with its line, as in the style sheet
const OVERSCAN_ROWS = 8;
const PAGE_ROWS = 10;

/** A virtual list as a table: keyboard rows, sorting, endless by cursor. Takes the height its container gives. */
export function DataTable<Row>(props: DataTableProps<Row>): ReactNode {
  const narrow = useNarrow();
  const { columns, rows, rowKey, onOpen, rowHeight = narrow ? ROW_HEIGHT_NARROW : ROW_HEIGHT } = props;
  const { t } = useLingui();
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const [activeKey, setActiveKey] = useState<string | null>(null);
  const [sort, setSort] = useState<Sort | null>(null);
  const shown = useMemo(() => sorted(rows, columns, sort), [rows, columns, sort]);
  const active = Math.max(
    0,
    shown.findIndex((row) => rowKey(row) === activeKey),
  );
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: OVERSCAN_ROWS,
    initialRect: { width: 1000, height: 600 },
    // What is scrolled to is drawn ahead by the overscan: the key's frame need not wait for the rows after it.
    useFlushSync: false,
  });
  // The list keeps the heights that it once knew: a window that becomes narrow has others.
  useLayoutEffect(() => virtual.measure(), [virtual, rowHeight]);
  const items = virtual.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? -1;
  const { onMore, loadingMore } = props;
  useEffect(() => {
    if (onMore !== undefined && loadingMore !== true && shown.length > 0 && lastShown >= shown.length - 1) onMore();
  }, [onMore, loadingMore, lastShown, shown.length]);

  const onKey = (event: KeyboardEvent): void => {
    const row = shown[active];
    if (event.key === "Enter" && event.target === event.currentTarget && row !== undefined && onOpen !== undefined) return onOpen(row);
    const next = rowAfterKey({ key: event.key, active: activeKey === null ? -1 : active, count: shown.length, pageRows: PAGE_ROWS });
    if (next === null || event.target !== event.currentTarget) return;
    event.preventDefault();
    const there = shown[next];
    if (there !== undefined) setActiveKey(rowKey(there));
    if (scroller.current !== null) showRow(scroller.current, next, rowHeight);
  };
  const template = useMemo(
    (): CSSProperties => ({ gridTemplateColumns: columns.map((column) => column.width).join(" "), minInlineSize: leastWidth(columns) }),
    [columns],
  );
  // The same function at every drawing: else no row could be left as it is.
  const latest = useRef(props);
  latest.current = props;
  const press = useCallback((row: unknown): void => {
    setActiveKey(latest.current.rowKey(row as Row));
    latest.current.onOpen?.(row as Row);
  }, []);
  if (props.failure !== undefined && props.failure !== null && rows.length === 0)
    return <Problem failure={props.failure} onRetry={props.onRetry} />;
  if (props.loading === true && rows.length === 0) return <SkeletonRows rows={8} height={28} />;
  if (rows.length === 0) return props.empty;
  return (
    <div
      ref={scroller}
      className={styles["scroller"]}
      role="grid"
      tabIndex={0}
      aria-label={props.label}
      aria-rowcount={onMore === undefined ? shown.length + 1 : -1}
      aria-activedescendant={activeKey === null || !items.some((item) => item.index === active) ? undefined : `${id}-${String(active)}`}
      onKeyDown={onKey}
    >
      <TableHead columns={columns} template={template} sort={sort} onSort={(column) => setSort(sortAfterPress(sort, column))} />
      <div role="rowgroup" style={{ blockSize: virtual.getTotalSize(), position: "relative" }}>
        {items.map((item) => {
          const row = shown[item.index];
          if (row === undefined) return null;
          const key = rowKey(row);
          return (
            <TableRow
              key={key}
              id={`${id}-${String(item.index)}`}
              columns={columns as readonly Column<unknown>[]}
              template={template}
              row={row}
              index={item.index}
              start={item.start}
              size={item.size}
              isActive={activeKey === key}
              isSelected={props.selectedKey === key}
              isMarked={props.markedKeys?.has(key) === true}
              opens={onOpen !== undefined}
              onPress={press}
            />
          );
        })}
      </div>
      {props.failure !== undefined && props.failure !== null && (
        <div className={styles["more"]}>
          <Problem failure={props.failure} onRetry={onMore ?? props.onRetry} />
        </div>
      )}
      {loadingMore === true && <div className={styles["more"]} role="status">{t`Loading more…`}</div>}
    </div>
  );
}

type TableRowProps = {
  readonly id: string;
  readonly columns: readonly Column<unknown>[];
  readonly template: CSSProperties;
  readonly row: unknown;
  readonly index: number;
  readonly start: number;
  readonly size: number;
  readonly isActive: boolean;
  readonly isSelected: boolean;
  readonly isMarked: boolean;
  readonly opens: boolean;
  readonly onPress: (row: unknown) => void;
};

/** Drawn anew only where something of it changes: a key that moves through the table concerns two rows, news of one agent one. */
const TableRow = memo(function TableRow(props: TableRowProps): ReactNode {
  const { row } = props;
  return (
    <div
      id={props.id}
      role="row"
      aria-rowindex={props.index + 2}
      aria-selected={props.isSelected}
      className={styles["row"]}
      data-active={props.isActive}
      data-marked={props.isMarked}
      data-opens={props.opens}
      style={{ ...props.template, blockSize: props.size, transform: `translateY(${String(props.start)}px)` }}
      onClick={() => props.onPress(row)}
    >
      <Cells columns={props.columns} row={row} />
    </div>
  );
});

const Cells = memo(function Cells({ columns, row }: { readonly columns: readonly Column<unknown>[]; readonly row: unknown }): ReactNode {
  return columns.map((column) => (
    <div key={column.id} role="gridcell" className={styles["cell"]} data-align={column.align ?? "start"}>
      {column.cell(row)}
    </div>
  ));
});

/** By the heights that are known: the list's own way measures the page after every step. */
function showRow(scroller: HTMLElement, row: number, rowHeight: number): void {
  const to = scrollTopFor({ row, rowHeight, headHeight: HEAD_HEIGHT, scrollTop: scroller.scrollTop, viewHeight: scroller.clientHeight });
  if (to !== null) scroller.scrollTop = to;
}

/** Narrower than this the table is scrolled: every row needs the same width, else their columns part. */
function leastWidth(columns: readonly { readonly width: string }[]): number {
  return columns.reduce((sum, column) => sum + Number(/(\d+)px/u.exec(column.width)?.[1] ?? 0), 0);
}

function sorted<Row>(rows: readonly Row[], columns: readonly Column<Row>[], sort: Sort | null): readonly Row[] {
  const compare = columns.find((column) => column.id === sort?.column)?.compare;
  if (compare === undefined || sort === null) return rows;
  return [...rows].sort((a, b) => (sort.descending ? compare(b, a) : compare(a, b)));
}
