import { render, screen } from "@testing-library/react";
import { createElement, Suspense } from "react";
import { afterEach, expect, it } from "vitest";
import { useLive } from "../live/live-client.ts";
import { liveAtRest } from "../live/live-machine.ts";
import { lazyPart, partOf } from "./lazy-part.ts";

const Part = (): null => null;
afterEach(() => useLive.setState(liveAtRest, true));

it("fetches a part at once where the server is there, and waits for it where it is away", async () => {
  let asked = 0;
  const load = (): Promise<typeof Part> => {
    asked += 1;
    return Promise.resolve(Part);
  };
  expect(await partOf(load)).toBe(Part);
  useLive.setState({ lostSince: 1_000 });
  const later = partOf(load);
  await Promise.resolve();
  expect(asked).toBe(1);
  useLive.setState({ lostSince: null });
  expect(await later).toBe(Part);
  expect(asked).toBe(2);
});

it("gives a part that shows nothing where it couldn't be had, instead of failing the page", async () => {
  const part = await partOf(() => Promise.reject(new TypeError("Failed to fetch dynamically imported module")));
  expect(typeof part).toBe("function");
});

it("stands with the rest of its screen at once where it was fetched ahead", async () => {
  let asked = 0;
  const late = lazyPart(() => {
    asked += 1;
    return Promise.resolve(() => createElement("button", null, "Transfer"));
  });
  expect(asked).toBe(0);
  await late.ahead();
  render(createElement(Suspense, { fallback: "later" }, createElement(late)));
  expect(screen.getByRole("button").textContent).toBe("Transfer");
  expect(asked).toBe(1);
});

it("is asked for again where fetching ahead failed", async () => {
  let asked = 0;
  const late = lazyPart(() => {
    asked += 1;
    return asked === 1
      ? Promise.reject(new TypeError("Failed to fetch"))
      : Promise.resolve(() => createElement("button", null, "Transfer"));
  });
  await late.ahead();
  render(createElement(Suspense, { fallback: "later" }, createElement(late)));
  expect((await screen.findByRole("button")).textContent).toBe("Transfer");
});
