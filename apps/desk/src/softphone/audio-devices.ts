import { create } from "zustand";
import { browserStorage } from "../i18n/language.ts";

/** Which devices this browser talks, hears and rings with; "" is the system's choice. Kept here and never sent. */
export type AudioChoice = { readonly microphone: string; readonly headset: string; readonly ringer: string };

const KEY = "allo.audio";
const systemChoice: AudioChoice = { microphone: "", headset: "", ringer: "" };

export const useAudioChoice = create<AudioChoice>(() => readChoice());

/** Remembers a choice in this browser; whoever plays or listens follows at once. */
export function chooseAudio(change: Partial<AudioChoice>): void {
  const next = { ...useAudioChoice.getState(), ...change };
  browserStorage()?.setItem(KEY, JSON.stringify(next));
  useAudioChoice.setState(next);
}

/** The ring has a device of its own: it is heard there though the headset hears it too. */
export function ringsApart({ headset, ringer }: AudioChoice): boolean {
  return ringer !== "" && ringer !== headset;
}

export function canChooseOutput(): boolean {
  return typeof HTMLMediaElement !== "undefined" && "setSinkId" in HTMLMediaElement.prototype;
}

/** Sends an element's sound to a device; where that one is gone, the system's is good enough. */
export async function playOn(element: HTMLMediaElement, deviceId: string): Promise<void> {
  if (!canChooseOutput()) return;
  try {
    await element.setSinkId(deviceId);
  } catch {
    if (deviceId !== "") await element.setSinkId("").catch(() => undefined);
  }
}

function readChoice(): AudioChoice {
  try {
    const kept: unknown = JSON.parse(browserStorage()?.getItem(KEY) ?? "null");
    if (typeof kept !== "object" || kept === null) return systemChoice;
    const text = (name: keyof AudioChoice): string => {
      const value = (kept as Record<string, unknown>)[name];
      return typeof value === "string" ? value : "";
    };
    return { microphone: text("microphone"), headset: text("headset"), ringer: text("ringer") };
  } catch {
    return systemChoice;
  }
}
