// @vitest-environment happy-dom
import { weekOf, type Hours } from "@allo/contract";
import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { FakeServer } from "../../testing/fake-server.ts";
import { openRoom, prepareRooms } from "../../testing/rooms.tsx";

let server: FakeServer;
let restore = (): void => undefined;
let hours: Hours;
beforeEach(async () => {
  hours = {
    hoursId: "hrs_1aaa",
    names: { en: "Office", ru: "", fa: "" },
    timeZone: null,
    week: weekOf((day) => (day === "saturday" || day === "sunday" ? [] : [{ from: "09:00", to: "18:00" }])),
    exceptions: [],
    retired: false,
    version: 1,
  };
  server = await prepareRooms();
  server.on("hoursList", () => ({ body: { items: [hours] } }));
  server.on("hoursUpdate", ({ body }) => {
    hours = { ...hours, ...(body as object), version: hours.version + 1 };
    return { body: hours };
  });
  restore = server.install();
});
afterEach(() => {
  cleanup();
  restore();
  vi.restoreAllMocks();
});

it("says the hours in a sentence, takes times as they are typed, and says what will change", async () => {
  openRoom("/setup/hours");
  expect((await screen.findByTestId("hours-sentence")).textContent).toContain("Mon–Fri 9:00–18:00; closed: Sat, Sun.");
  fireEvent.click(screen.getByRole("button", { name: "Change" }));
  const form = await screen.findByTestId("hours-form");
  const closes = within(form).getByLabelText<HTMLInputElement>("Friday: closes at");
  fireEvent.change(closes, { target: { value: "1630" } });
  fireEvent.blur(closes);
  expect(closes.value).toBe("16:30");
  fireEvent.keyDown(closes, { key: "ArrowDown" });
  expect(closes.value).toBe("16:15");
  fireEvent.change(closes, { target: { value: "late" } });
  expect(within(form).getByText("Not a time")).toBeTruthy();
  fireEvent.change(closes, { target: { value: "16:15" } });
  fireEvent.click(within(form).getByRole("button", { name: "Add a day" }));
  const day = await within(form).findByTestId("exception");
  fireEvent.change(within(day).getByLabelText("What day it is"), { target: { value: "Spring cleaning" } });
  await waitFor(() => expect(within(form).getByTestId("hours-sentence").textContent).toContain("Spring cleaning"));
  fireEvent.click(within(form).getByRole("button", { name: "Save" }));
  await waitFor(() => expect(hours.version).toBe(2));
  expect(hours.week.friday).toEqual([{ from: "09:00", to: "16:15" }]);
  expect(hours.exceptions).toMatchObject([{ names: { en: "Spring cleaning" }, intervals: [] }]);
});
