import { expect, test } from "vitest";
import { BusLimits, type EdgeConfig } from "@allo/contract";
import type { DeviceId, NumberId, PersonId } from "@allo/kernel";
import { createAdmission, createAdmittedCallers } from "./admission.ts";

const number = (id: string, dialled: string[], allowedNetworks: string[]): EdgeConfig["numbers"][number] => ({
  numberId: id as NumberId,
  dialled,
  allowedNetworks,
  language: "en",
  technicalAudioIds: [],
  callsMax: 10,
});
const device: EdgeConfig["devices"][number] = {
  deviceId: "dev_1" as DeviceId,
  username: "u1",
  realm: "allo",
  ha1Md5: "",
  ha1Sha256: "",
  dialableNumberIds: ["num_b" as NumberId],
  autoAnswer: false,
  offersSrtp: false,
};
const admission = createAdmission({
  numbers: [number("num_a", ["+74951234567", "84951234567"], ["10.0.0.0/8", "2001:db8::/32"]), number("num_b", ["600"], ["127.0.0.1/32"])],
  devices: [device],
});

test("an address outside every listed network is unknown", () => {
  expect(admission.isListed("192.0.2.1")).toBe(false);
  expect(admission.isListed("not an address")).toBe(false);
});

test("a number is found from its own networks only, in every spelling", () => {
  expect(admission.numberFor("8 (495) 123-45-67", "10.1.2.3")?.numberId).toBe("num_a");
  expect(admission.numberFor("+74951234567", "2001:db8::5")?.numberId).toBe("num_a");
  expect(admission.numberFor("+74951234567", "127.0.0.1")).toBeNull();
  expect(admission.numberFor("600", "::ffff:127.0.0.1")?.numberId).toBe("num_b");
});

test("a device dials its organisation's numbers and no others", () => {
  expect(admission.numberForDevice("600", device)?.numberId).toBe("num_b");
  expect(admission.numberForDevice("+74951234567", device)).toBeNull();
});

test("a built-in caller may call one number from its own port, for a while; nobody beside it may", () => {
  const callers = createAdmittedCallers();
  const admit = (testCallId: string, port: number, until: number): void =>
    callers.admit(
      {
        kind: "admitCaller",
        source: { address: "127.0.0.1", port },
        numberId: "num_a" as NumberId,
        until,
        test: { testCallId, personId: "per_1" as PersonId },
      },
      0,
    );
  expect(callers.has("127.0.0.1", 40_000, 0)).toBe(false);
  admit("tst_1", 40_000, 10_000);
  expect(callers.find("::ffff:127.0.0.1", 40_000, 9_999)).toMatchObject({ numberId: "num_a", test: { testCallId: "tst_1" } });
  expect(callers.has("127.0.0.1", 40_001, 0)).toBe(false);
  expect(callers.has("127.0.0.2", 40_000, 0)).toBe(false);
  expect(callers.has("127.0.0.1", 40_000, 10_000)).toBe(false);
  expect(admission.numberForTest("8 (495) 123-45-67", "num_a" as NumberId)?.numberId).toBe("num_a");
  expect(admission.numberForTest("600", "num_a" as NumberId)).toBeNull();
  callers.dismiss("tst_1");
  expect(callers.has("127.0.0.1", 40_000, 0)).toBe(false);
  admit("tst_2", 40_002, Number.MAX_SAFE_INTEGER);
  expect(callers.has("127.0.0.1", 40_002, BusLimits.callerAdmittedMsMax - 1)).toBe(true);
  expect(callers.has("127.0.0.1", 40_002, BusLimits.callerAdmittedMsMax)).toBe(false);
});

test("no more built-in callers are let in than the limit says, and lapsed ones make room", () => {
  const callers = createAdmittedCallers();
  const admit = (port: number, at: number): void =>
    callers.admit(
      {
        kind: "admitCaller",
        source: { address: "127.0.0.1", port },
        numberId: "num_a" as NumberId,
        until: at + 1_000,
        test: { testCallId: `tst_${port}`, personId: "per_1" as PersonId },
      },
      at,
    );
  for (let n = 0; n < BusLimits.callersAdmittedMax; n += 1) admit(10_000 + n, 0);
  admit(9_000, 0);
  expect(callers.has("127.0.0.1", 9_000, 0)).toBe(false);
  admit(9_000, 1_000);
  expect(callers.has("127.0.0.1", 9_000, 1_001)).toBe(true);
});
