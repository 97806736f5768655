import { create } from "zustand";
import { headsetLayout, lightReports, readKeys, TELEPHONY_PAGE, type Collection, type HeadsetLayout } from "./headset-report.ts";
import { headsetAtRest, stepHeadset, type HeadsetCall, type HeadsetCommand, type HeadsetEvent } from "./headset-machine.ts";

/** What we use of WebHID; TypeScript's DOM has none of it. */
export type HidDevice = EventTarget & {
  readonly productName: string;
  readonly opened: boolean;
  readonly collections: readonly Collection[];
  readonly open: () => Promise<void>;
  readonly close: () => Promise<void>;
  readonly sendReport: (reportId: number, data: Uint8Array<ArrayBuffer>) => Promise<void>;
};
type Hid = EventTarget & {
  readonly getDevices: () => Promise<readonly HidDevice[]>;
  readonly requestDevice: (options: { readonly filters: readonly { readonly usagePage: number }[] }) => Promise<readonly HidDevice[]>;
};

export type HeadsetActs = {
  readonly answer: (offerId: string) => Promise<unknown>;
  readonly hangUp: (contactId: string) => Promise<unknown>;
  readonly mute: (contactId: string, muted: boolean) => Promise<unknown>;
};

/** The headset whose buttons work here; null: none. */
export const useHeadset = create<{ readonly name: string | null }>(() => ({ name: null }));

export function hidOf(given: Navigator = navigator): Hid | null {
  return (given as Navigator & { readonly hid?: Hid }).hid ?? null;
}

/** Lets the person choose a headset, from a press; true where one with call buttons was chosen. */
export async function pairHeadset(): Promise<boolean> {
  const hid = hidOf();
  if (hid === null) return false;
  const chosen = await hid.requestDevice({ filters: [{ usagePage: TELEPHONY_PAGE }] }).catch(() => []);
  if (!chosen.some((device) => headsetLayout(device.collections) !== null)) return false;
  hid.dispatchEvent(new Event("paired"));
  return true;
}

export type HeadsetShell = { readonly callChanged: (call: HeadsetCall) => void; readonly stop: () => void };

/** Runs the headset's machine on the first paired device with call buttons; plugging in and out is followed. */
export function startHeadset(acts: () => HeadsetActs, now: () => number = () => performance.now()): HeadsetShell {
  const hid = hidOf();
  let state = headsetAtRest;
  let stopped = false;
  let current: { readonly device: HidDevice; readonly layout: HeadsetLayout } | null = null;
  let seeking: Promise<void> = Promise.resolve();
  /** Reports go out one after the other: a device answers a storm with silence. */
  let sending: Promise<void> = Promise.resolve();

  const dispatch = (event: HeadsetEvent): void => {
    const step = stepHeadset(state, event);
    state = step.state;
    step.commands.forEach(run);
  };
  const done = (act: Promise<unknown>): void => void act.catch(() => dispatch({ kind: "actFailed" }));
  const run = (command: HeadsetCommand): void => {
    switch (command.kind) {
      case "answer":
        return done(acts().answer(command.offerId));
      case "hangUp":
        return done(acts().hangUp(command.contactId));
      case "mute":
        return done(acts().mute(command.contactId, command.muted));
      case "showLights": {
        const to = current;
        if (to === null) return;
        for (const { reportId, bytes } of lightReports(to.layout, command.lights))
          sending = sending.then(() => to.device.sendReport(reportId, bytes)).catch(() => undefined); // unplugged meanwhile
        return;
      }
      default:
        return command satisfies never;
    }
  };

  const onReport = (event: Event): void => {
    if (current === null || event.target !== current.device) return;
    const { reportId, data } = event as Event & { readonly reportId: number; readonly data: DataView };
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const keys = readKeys(current.layout, reportId, bytes);
    if (keys.length > 0) dispatch({ kind: "keysRead", keys, at: now() });
  };
  const take = async (device: HidDevice, layout: HeadsetLayout): Promise<void> => {
    try {
      if (!device.opened) await device.open();
    } catch {
      return; // another program holds it: its buttons are that program's
    }
    if (stopped) return void device.close();
    current = { device, layout };
    device.addEventListener("inputreport", onReport);
    useHeadset.setState({ name: device.productName });
    dispatch({ kind: "connected" });
  };
  const seek = (): void => {
    seeking = seeking.then(async () => {
      if (hid === null || stopped || current !== null) return;
      for (const device of await hid.getDevices().catch(() => [])) {
        const layout = headsetLayout(device.collections);
        if (layout !== null && current === null) await take(device, layout);
      }
    });
  };
  const drop = (): void => {
    if (current === null) return;
    current.device.removeEventListener("inputreport", onReport);
    current = null;
    useHeadset.setState({ name: null });
    dispatch({ kind: "disconnected" });
  };
  const onDisconnect = (event: Event): void => {
    const { device } = event as Event & { readonly device?: HidDevice };
    if (current === null || (device !== undefined && device !== current.device)) return;
    drop();
    seek();
  };

  hid?.addEventListener("connect", seek);
  hid?.addEventListener("paired", seek);
  hid?.addEventListener("disconnect", onDisconnect);
  seek();
  return {
    callChanged: (call) => dispatch({ kind: "callChanged", call, at: now() }),
    stop: () => {
      dispatch({ kind: "callChanged", call: { kind: "none" }, at: now() });
      stopped = true;
      hid?.removeEventListener("connect", seek);
      hid?.removeEventListener("paired", seek);
      hid?.removeEventListener("disconnect", onDisconnect);
      const held = current?.device;
      drop();
      // The lights go out first.
      if (held !== undefined) void sending.then(() => held.close()).catch(() => undefined);
    },
  };
}
