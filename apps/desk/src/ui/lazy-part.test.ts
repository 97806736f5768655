import { afterEach, expect, it } from "vitest";
import { useLive } from "../live/live-client.ts";
import { liveAtRest } from "../live/live-machine.ts";
import { partOf } from "./lazy-part.ts";

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
