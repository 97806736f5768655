import { expect, test } from "vitest";
import type { EdgeConfig } from "@allo/contract";
import type { DeviceId, NumberId } from "@allo/kernel";
import { createAdmission } from "./admission.ts";

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
