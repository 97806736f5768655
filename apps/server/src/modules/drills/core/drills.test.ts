import type { NumberId } from "@allo/kernel";
import { expect, it } from "vitest";
import { chooseDrillNumber } from "./drill-choice.ts";
import { readDrillLog, type DrillContact } from "./drill-log.ts";

const contact = (over: Partial<DrillContact> = {}): DrillContact => ({ startedAt: 100, isEnded: false, why: null, loss: null, ...over });

it("counts what the kill ended by its cause, and leaves out calls that began after it", () => {
  const cut = contact({ isEnded: true, why: "edgeLost", loss: { owed: true } });
  const left = contact({ isEnded: true, why: "abandoned", loss: { owed: false } });
  expect(readDrillLog([cut, cut, left, contact(), { ...cut, startedAt: 900 }], 500)).toEqual({
    contacts: 4,
    closed: [
      { why: "edgeLost", count: 2 },
      { why: "abandoned", count: 1 },
    ],
    lostCalls: 3,
    owed: 2,
    leftOpen: 0,
  });
});

it("calls a number with room for all and the new call, where callers may wait longest; none where there is none", () => {
  const number = (numberId: string, queueId: string, callsMax: number, retired = false) => ({ numberId, queueId, callsMax, retired });
  const queues = [
    { queueId: "short", waitMaxSeconds: 60, retired: false },
    { queueId: "long", waitMaxSeconds: 600, retired: false },
    { queueId: "longest", waitMaxSeconds: 900, retired: true },
    { queueId: "middle", waitMaxSeconds: 300, retired: false },
  ];
  const numbers = [
    number("1", "short", 50),
    number("2", "middle", 50),
    number("3", "long", 5),
    number("4", "longest", 50),
    number("5", "long", 50, true),
  ];
  const spellings = numbers.map(({ numberId }) => ({ numberId: numberId as NumberId, dialled: [`60${numberId}`] }));
  expect(chooseDrillNumber({ numbers, queues }, spellings, 4)).toEqual({ numberId: "3", dialled: "603" });
  expect(chooseDrillNumber({ numbers, queues }, spellings, 5)).toEqual({ numberId: "2", dialled: "602" });
  expect(chooseDrillNumber({ numbers: numbers.slice(0, 1), queues }, spellings, 1)).toBeNull();
});
