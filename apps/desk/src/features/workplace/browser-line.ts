import type { BrowserLine } from "@allo/contract";
import { useAudioChoice } from "../../softphone/audio-devices.ts";
import { phoneStats, usePhone } from "../../softphone/phone-store.ts";
import { levelBetween, lineOf } from "./line-stats.ts";

/** Between the two looks from which levels are made. */
const LISTEN_MS = 800;
const LABEL_MAX = 120;

/** What this browser knows of the line now; takes most of a second. */
export async function browserLine(): Promise<BrowserLine> {
  const holdsPhone = usePhone.getState().phone.lock === "held";
  const before = lineOf(await phoneStats());
  if (before !== null) await new Promise((resolve) => setTimeout(resolve, LISTEN_MS));
  const after = lineOf(await phoneStats());
  const whole = (value: number | null | undefined): number | null => (value === null || value === undefined ? null : Math.round(value));
  const labels = await deviceLabels();
  return {
    packetsReceived: whole(after?.packetsReceived),
    packetsLost: whole(after?.packetsLost),
    jitterMs: after?.jitterMs ?? null,
    roundTripMs: after?.roundTripMs ?? null,
    heardDbfs: levelBetween(before?.heardEnergy ?? null, after?.heardEnergy ?? null),
    spokenDbfs: levelBetween(before?.spokenEnergy ?? null, after?.spokenEnergy ?? null),
    ...labels,
    soundBlocked: usePhone.getState().soundBlocked,
    holdsPhone,
  };
}

async function deviceLabels(): Promise<Pick<BrowserLine, "microphoneLabel" | "outputLabel">> {
  const media = navigator.mediaDevices as MediaDevices | undefined;
  const all = (await media?.enumerateDevices().catch(() => [])) ?? [];
  const choice = useAudioChoice.getState();
  const named = (kind: MediaDeviceKind, chosen: string): string | null => {
    const label = all.find((device) => device.kind === kind && device.deviceId === (chosen === "" ? "default" : chosen))?.label;
    return label === undefined || label === "" ? null : label.slice(0, LABEL_MAX);
  };
  return { microphoneLabel: named("audioinput", choice.microphone), outputLabel: named("audiooutput", choice.headset) };
}
