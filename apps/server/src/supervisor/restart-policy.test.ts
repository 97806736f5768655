import { expect, test } from "vitest";
import { decideRestart, freshRecord, type RestartRecord } from "./restart-policy.ts";

function delays(start: RestartRecord, count: number, ranMs = 100): (number | "giveUp")[] {
  const seen: (number | "giveUp")[] = [];
  let record = start;
  for (let crash = 0; crash < count; crash += 1) {
    const decision = decideRestart(record, ranMs);
    if (decision.kind === "giveUp") return [...seen, "giveUp"];
    seen.push(decision.afterMs);
    record = decision.record;
  }
  return seen;
}

test("a child that has served starts again at once, then with pauses that double up to a bound", () => {
  expect(delays({ crashes: 0, wasEverReady: true }, 10)).toEqual([0, 250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
});

test("a child that never got ready is given up at the third crash", () => {
  expect(delays(freshRecord, 10)).toEqual([0, 250, "giveUp"]);
});

test("a long steady run wipes the record", () => {
  expect(decideRestart({ crashes: 7, wasEverReady: true }, 60_000)).toMatchObject({ kind: "restart", afterMs: 0, record: { crashes: 1 } });
  expect(delays({ crashes: 0, wasEverReady: true }, 3, 60_000)).toEqual([0, 0, 0]);
});

test("a thousand crashes still give a finite pause", () => {
  expect(decideRestart({ crashes: 1_000, wasEverReady: true }, 1)).toMatchObject({ kind: "restart", afterMs: 15_000 });
});
