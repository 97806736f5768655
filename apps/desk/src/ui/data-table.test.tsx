// @vitest-environment happy-dom
import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { MantineProvider } from "@mantine/core";
import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { showLanguage } from "../i18n/language.ts";
import { DataTable, type Column, type DataTableProps } from "./data-table.tsx";
import { rowAfterKey, scrollTopFor, sortAfterPress } from "./table-keys.ts";

type Row = { readonly id: string; readonly wait: number };
const rows: readonly Row[] = [
  { id: "a", wait: 3 },
  { id: "b", wait: 1 },
  { id: "c", wait: 2 },
];
const columns: readonly Column<Row>[] = [
  { id: "id", header: "Name", width: "1fr", cell: (row) => row.id },
  { id: "wait", header: "Wait", width: "96px", align: "end", cell: (row) => row.wait, compare: (a, b) => a.wait - b.wait },
];
const show = (props: Partial<DataTableProps<Row>> = {}) =>
  render(
    <I18nProvider i18n={i18n}>
      <MantineProvider>
        <DataTable label="Calls" columns={columns} rows={rows} rowKey={(row) => row.id} empty={<p>none yet</p>} {...props} />
      </MantineProvider>
    </I18nProvider>,
  );
const shown = (): string[] =>
  screen
    .getAllByRole("row")
    .slice(1)
    .map((row) => within(row).getAllByRole("gridcell")[0]?.textContent ?? "");

beforeEach(async () => {
  // happy-dom lays nothing out: the list would be of no height, and draw no row.
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(600);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(900);
  await showLanguage("en");
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

describe("a table", () => {
  it("opens the row that arrows lead to", () => {
    const onOpen = vi.fn<(row: Row) => void>();
    show({ onOpen });
    const grid = screen.getByRole("grid", { name: "Calls" });
    fireEvent.keyDown(grid, { key: "ArrowDown" });
    fireEvent.keyDown(grid, { key: "ArrowDown" });
    fireEvent.keyDown(grid, { key: "Enter" });
    expect(onOpen).toHaveBeenCalledWith(rows[1]);
  });
  it("draws only the rows anew that a key concerns", () => {
    const cell = vi.fn<(row: Row) => string>((row) => row.id);
    const drawn = [{ id: "id", header: "Name", width: "1fr", cell }];
    show({ columns: drawn });
    const before = cell.mock.calls.length;
    fireEvent.keyDown(screen.getByRole("grid"), { key: "ArrowDown" });
    expect(screen.getAllByRole("row")[1]?.dataset["active"]).toBe("true");
    expect(cell.mock.calls.length).toBe(before);
  });
  it("takes the height of rows anew when the window becomes narrow", () => {
    const { rerender } = show({ rowHeight: 40 });
    rerender(
      <I18nProvider i18n={i18n}>
        <MantineProvider>
          <DataTable label="Calls" columns={columns} rows={rows} rowKey={(row) => row.id} empty={null} rowHeight={68} />
        </MantineProvider>
      </I18nProvider>,
    );
    expect(screen.getAllByRole("row").map((row) => row.style.transform)).toEqual([
      "",
      "translateY(0px)",
      "translateY(68px)",
      "translateY(136px)",
    ]);
  });
  it("sorts by a heading, back, and then as it came", () => {
    show();
    const heading = screen.getByRole("button", { name: "Wait" });
    fireEvent.click(heading);
    expect(shown()).toEqual(["b", "c", "a"]);
    expect(screen.getByRole("columnheader", { name: "Wait" }).getAttribute("aria-sort")).toBe("ascending");
    fireEvent.click(heading);
    expect(shown()).toEqual(["a", "c", "b"]);
    fireEvent.click(heading);
    expect(shown()).toEqual(["a", "b", "c"]);
  });
  it("keeps the place under the keyboard when rows come in above it", () => {
    const onOpen = vi.fn<(row: Row) => void>();
    const { rerender } = show({ onOpen });
    fireEvent.keyDown(screen.getByRole("grid"), { key: "End" });
    const more = [{ id: "new", wait: 0 }, ...rows];
    rerender(
      <I18nProvider i18n={i18n}>
        <MantineProvider>
          <DataTable label="Calls" columns={columns} rows={more} rowKey={(row) => row.id} onOpen={onOpen} empty={null} />
        </MantineProvider>
      </I18nProvider>,
    );
    fireEvent.keyDown(screen.getByRole("grid"), { key: "Enter" });
    expect(onOpen).toHaveBeenCalledWith(rows[2]);
  });
  it("teaches when it is empty, and asks for more at its end", () => {
    const onMore = vi.fn<() => void>();
    show({ onMore });
    expect(onMore).toHaveBeenCalled();
    cleanup();
    show({ rows: [] });
    expect(screen.getByText("none yet")).toBeTruthy();
  });
});

describe("table keys", () => {
  it("stay inside the table", () => {
    expect(rowAfterKey({ key: "ArrowUp", active: 0, count: 3, pageRows: 10 })).toBe(0);
    expect(rowAfterKey({ key: "PageDown", active: 1, count: 3, pageRows: 10 })).toBe(2);
    expect(rowAfterKey({ key: "ArrowDown", active: -1, count: 0, pageRows: 10 })).toBeNull();
    expect(rowAfterKey({ key: "x", active: 0, count: 3, pageRows: 10 })).toBeNull();
  });
  it("show the whole of the row that they lead to, below the headings", () => {
    const at = (row: number, scrollTop: number) => scrollTopFor({ row, rowHeight: 40, headHeight: 36, scrollTop, viewHeight: 436 });
    expect([at(0, 0), at(9, 0), at(9, 360)]).toEqual([null, null, null]);
    expect([at(10, 0), at(499, 0)]).toEqual([40, 499 * 40 + 40 - 400]);
    expect([at(8, 360), at(0, 360)]).toEqual([320, 0]);
  });
  it("turn a heading round", () => {
    expect(sortAfterPress({ column: "a", descending: true }, "b")).toEqual({ column: "b", descending: false });
  });
});
