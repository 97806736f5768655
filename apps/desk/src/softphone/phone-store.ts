import { create } from "zustand";
import { browserStorage } from "../i18n/language.ts";
import { doubtLive } from "../live/live-provider.tsx";
import { phoneAtRest, phoneView, type PhoneState, type PhoneView } from "./phone-machine.ts";
import { createPhoneShell, type PhoneShell } from "./phone-shell.ts";

/** What screens see of this tab's phone. */
export const usePhone = create<{ readonly phone: PhoneState; readonly soundBlocked: boolean }>(() => ({
  phone: phoneAtRest,
  soundBlocked: false,
}));

const WORKING_KEY = "allo.phone.working";
let shell: { readonly personId: string; readonly phone: PhoneShell } | null = null;

/** Starts this browser's phone for the person, or tries again after a microphone problem. */
export function startPhone(personId: string): void {
  if (shell !== null && shell.personId !== personId) endPhone();
  shell ??= {
    personId,
    phone: createPhoneShell({
      personId,
      publish: (phone) => usePhone.setState({ phone }),
      onSoundBlocked: (soundBlocked) => usePhone.setState({ soundBlocked }),
      onPathLost: doubtLive,
    }),
  };
  browserStorage()?.setItem(WORKING_KEY, personId);
  shell.phone.dispatch({ kind: "wanted" });
}

/** Ends the phone: signing out. */
export function endPhone(): void {
  browserStorage()?.removeItem(WORKING_KEY);
  shell?.phone.dispatch({ kind: "unwanted" });
}

/** This person went to work in this browser and hasn't signed out: a refresh goes on where it was. */
export function wasWorking(personId: string): boolean {
  return browserStorage()?.getItem(WORKING_KEY) === personId;
}

export function setVoice(open: boolean): void {
  shell?.phone.setVoice(open);
}

/** Figures of the standing call of this tab; null where it has none. */
export async function phoneStats(): Promise<RTCStatsReport | null> {
  return (await shell?.phone.stats()) ?? null;
}

/** Plays what the browser had blocked; to be called from a press. */
export function unblockSound(): void {
  shell?.phone.playSound();
}

export function reportUnproven(at: number): void {
  shell?.phone.dispatch({ kind: "unproven", at });
}

/** Resolves once it is clear whether this browser can speak: the phone runs here, in another tab, or has no microphone. */
export function phoneSettled(): Promise<PhoneView> {
  const settled = (view: PhoneView): boolean => view !== "off" && view !== "asking";
  const now = phoneView(usePhone.getState().phone);
  if (settled(now)) return Promise.resolve(now);
  return new Promise((resolve) => {
    const stop = usePhone.subscribe(({ phone }) => {
      const view = phoneView(phone);
      if (!settled(view)) return;
      stop();
      resolve(view);
    });
  });
}
