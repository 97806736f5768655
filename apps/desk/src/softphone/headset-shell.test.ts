// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { oneReportHeadset } from "./headset-fixtures.ts";
import { pairHeadset, startHeadset, useHeadset, type HeadsetShell, type HidDevice } from "./headset-shell.ts";

class FakeDevice extends EventTarget implements HidDevice {
  readonly productName = "Evolve2 40";
  readonly collections = oneReportHeadset;
  opened = false;
  readonly sent: number[][] = [];
  open = (): Promise<void> => Promise.resolve(void (this.opened = true));
  close = (): Promise<void> => Promise.resolve(void (this.opened = false));
  sendReport = (reportId: number, data: Uint8Array): Promise<void> => Promise.resolve(void this.sent.push([reportId, ...data]));
  press(...bytes: number[]): void {
    this.dispatchEvent(Object.assign(new Event("inputreport"), { reportId: 2, data: new DataView(Uint8Array.from(bytes).buffer) }));
  }
}
class FakeHid extends EventTarget {
  devices: FakeDevice[] = [];
  offered: FakeDevice[] = [];
  getDevices = (): Promise<readonly HidDevice[]> => Promise.resolve(this.devices);
  requestDevice = (): Promise<readonly HidDevice[]> => {
    this.devices = [...this.offered];
    return Promise.resolve(this.offered);
  };
}

let hid: FakeHid;
let shell: HeadsetShell;
const acts = { answer: vi.fn(() => Promise.resolve()), hangUp: vi.fn(() => Promise.resolve()), mute: vi.fn(() => Promise.resolve()) };
let now = 0;
beforeEach(() => {
  hid = new FakeHid();
  Object.assign(navigator, { hid });
  now = 10_000;
  for (const act of Object.values(acts)) act.mockClear();
});
afterEach(() => {
  shell.stop();
  Reflect.deleteProperty(navigator, "hid");
});
const start = (): void => {
  shell = startHeadset(
    () => acts,
    () => now,
  );
};

it("finds the paired headset, answers and hangs up by it, and shows the call on it", async () => {
  const device = new FakeDevice();
  hid.devices = [device];
  start();
  await vi.waitFor(() => expect(useHeadset.getState().name).toBe("Evolve2 40"));
  shell.callChanged({ kind: "ringing", offerId: "off_1" });
  device.press(1, 0);
  expect(acts.answer).toHaveBeenCalledExactlyOnceWith("off_1");
  shell.callChanged({ kind: "talking", contactId: "con_1", muted: false, held: false });
  device.press(0b101, 0);
  expect(acts.mute).toHaveBeenCalledExactlyOnceWith("con_1", true);
  now += 5_000;
  device.press(0, 0);
  expect(acts.hangUp).toHaveBeenCalledExactlyOnceWith("con_1");
  // Off hook, then the mute light beside it.
  await vi.waitFor(() => expect(device.sent).toContainEqual([2, 0b101, 0]));
});

it("lets go of it when the tab gives up the phone: lights out, device closed", async () => {
  const device = new FakeDevice();
  hid.devices = [device];
  start();
  await vi.waitFor(() => expect(device.opened).toBe(true));
  shell.callChanged({ kind: "talking", contactId: "con_1", muted: false, held: false });
  shell.stop();
  await vi.waitFor(() => expect(device.opened).toBe(false));
  expect(device.sent.at(-1)).toEqual([2, 0, 0]);
  device.press(1, 0);
  expect(acts.hangUp).not.toHaveBeenCalled();
});

it("takes what is plugged in or paired later, and notices that it was pulled out", async () => {
  start();
  const device = new FakeDevice();
  hid.offered = [device];
  expect(await pairHeadset()).toBe(true);
  await vi.waitFor(() => expect(useHeadset.getState().name).toBe("Evolve2 40"));
  hid.devices = [];
  hid.dispatchEvent(Object.assign(new Event("disconnect"), { device }));
  expect(useHeadset.getState().name).toBeNull();
  hid.devices = [device];
  hid.dispatchEvent(new Event("connect"));
  await vi.waitFor(() => expect(useHeadset.getState().name).toBe("Evolve2 40"));
});

it("forgets a refused answer, so that the next press counts", async () => {
  const device = new FakeDevice();
  hid.devices = [device];
  start();
  await vi.waitFor(() => expect(device.opened).toBe(true));
  acts.answer.mockRejectedValueOnce(new Error("gone"));
  shell.callChanged({ kind: "ringing", offerId: "off_1" });
  device.press(1, 0);
  await Promise.resolve();
  await Promise.resolve();
  device.press(0, 0);
  device.press(1, 0);
  expect(acts.answer).toHaveBeenCalledTimes(2);
});
