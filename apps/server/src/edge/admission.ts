// Who may call: the listed networks of each number on the SIP port. Everyone else meets silence.
import { BusLimits, type CoreCommand, type EdgeConfig, type TestOrigin } from "@allo/contract";
import type { DeviceId, Instant, NumberId } from "@allo/kernel";
import { plainAddress } from "../platform/plain-address.ts";
import { createNetworkList, type NetworkList } from "./network-list.ts";

export type NumberEntry = EdgeConfig["numbers"][number];
export type DeviceEntry = EdgeConfig["devices"][number];

export type Admission = {
  /** Whether any number takes calls from this address. False: not a byte is answered. */
  readonly isListed: (address: string) => boolean;
  /** The number that was dialled, where this address may dial it. */
  readonly numberFor: (dialled: string, address: string) => NumberEntry | null;
  /** The number that was dialled, where this device may dial it. */
  readonly numberForDevice: (dialled: string, device: DeviceEntry) => NumberEntry | null;
  /** The number that was dialled, where it is this one. */
  readonly numberForTest: (dialled: string, numberId: NumberId) => NumberEntry | null;
  /** The number that was dialled, where it is one of these. */
  readonly numberAmong: (dialled: string, numberIds: readonly string[]) => NumberEntry | null;
  readonly number: (numberId: NumberId) => NumberEntry | null;
  readonly deviceByUsername: (username: string) => DeviceEntry | null;
  readonly device: (deviceId: DeviceId) => DeviceEntry | null;
};

export function createAdmission(config: Pick<EdgeConfig, "numbers" | "devices">): Admission {
  const everyone = createNetworkList();
  const networks = new Map<NumberId, NetworkList>();
  const byDialled = new Map<string, NumberEntry>();
  const byId = new Map<NumberId, NumberEntry>();
  for (const number of config.numbers) {
    const list = createNetworkList(number.allowedNetworks);
    for (const network of number.allowedNetworks) everyone.add(network);
    networks.set(number.numberId, list);
    byId.set(number.numberId, number);
    for (const spelling of number.dialled) byDialled.set(spelling, number);
  }
  const devices = new Map(config.devices.map((device) => [device.username, device]));
  const devicesById = new Map(config.devices.map((device) => [device.deviceId, device]));
  return {
    isListed: (address) => everyone.has(address),
    numberFor: (dialled, address) => {
      const number = byDialled.get(plainDialled(dialled));
      if (number === undefined) return null;
      const list = networks.get(number.numberId);
      return list?.has(address) === true ? number : null;
    },
    numberForDevice: (dialled, device) => {
      const number = byDialled.get(plainDialled(dialled));
      return number !== undefined && device.dialableNumberIds.includes(number.numberId) ? number : null;
    },
    numberForTest: (dialled, numberId) => {
      const number = byDialled.get(plainDialled(dialled));
      return number?.numberId === numberId ? number : null;
    },
    numberAmong: (dialled, numberIds) => {
      const number = byDialled.get(plainDialled(dialled));
      return number !== undefined && numberIds.includes(number.numberId) ? number : null;
    },
    number: (numberId) => byId.get(numberId) ?? null,
    deviceByUsername: (username) => devices.get(username) ?? null,
    device: (deviceId) => devicesById.get(deviceId) ?? null,
  };
}

type Admitted = Extract<CoreCommand, { readonly kind: "admitCaller" }>;

/** Built-in callers that may call one number each for a short while; by the address and port that they call from. */
export type AdmittedCallers = {
  readonly admit: (caller: Admitted, at: Instant) => void;
  readonly dismiss: (testCallId: string) => void;
  readonly has: (address: string, port: number, at: Instant) => boolean;
  /** What this source may dial; null for everyone else. */
  readonly find: (address: string, port: number, at: Instant) => { readonly numberId: NumberId; readonly test: TestOrigin } | null;
};

export function createAdmittedCallers(): AdmittedCallers {
  const callers = new Map<string, Admitted>();
  const keyOf = (address: string, port: number): string => `${plainAddress(address)} ${port}`;
  const find = (address: string, port: number, at: Instant): Admitted | null => {
    if (callers.size === 0) return null;
    const caller = callers.get(keyOf(address, port));
    return caller === undefined || caller.until <= at ? null : caller;
  };
  return {
    admit: (caller, at) => {
      for (const [key, { until }] of callers) if (until <= at) callers.delete(key);
      if (callers.size >= BusLimits.callersAdmittedMax) return;
      const until = Math.min(caller.until, at + BusLimits.callerAdmittedMsMax);
      callers.set(keyOf(caller.source.address, caller.source.port), { ...caller, until });
    },
    dismiss: (testCallId) => {
      for (const [key, { test }] of callers) if (test.testCallId === testCallId) callers.delete(key);
    },
    has: (address, port, at) => find(address, port, at) !== null,
    find,
  };
}

function plainDialled(dialled: string): string {
  return dialled.replaceAll(/[\s().-]/g, "");
}
