import type { WorkplaceCheck } from "@allo/contract";
import { standingOf } from "@allo/contract";
import { browserStorage } from "../../i18n/language.ts";

/** What this browser remembers of its person's last check, so that nobody is asked twice a day for nothing. */
export type CheckMemory = { readonly personId: string; readonly day: string; readonly devices: string; readonly fine: boolean };

const KEY = "allo.workplace";

/** Due on a new day, with other devices or another person, and as long as the workplace isn't fit. */
export function isCheckDue(memory: CheckMemory | null, now: Omit<CheckMemory, "fine">): boolean {
  if (memory === null || !memory.fine) return true;
  return memory.personId !== now.personId || memory.day !== now.day || memory.devices !== now.devices;
}

/** Skipped counts for the day as well: the reason is known. */
export function memoryOf(check: Pick<WorkplaceCheck, "results" | "skipped">, now: Omit<CheckMemory, "fine">): CheckMemory {
  return { ...now, fine: standingOf(check) !== "notEquipped" };
}

export function readMemory(storage: Storage | null = browserStorage()): CheckMemory | null {
  try {
    const kept = JSON.parse(storage?.getItem(KEY) ?? "null") as Partial<CheckMemory> | null;
    if (kept === null || typeof kept.personId !== "string" || typeof kept.day !== "string" || typeof kept.devices !== "string") return null;
    return { personId: kept.personId, day: kept.day, devices: kept.devices, fine: kept.fine === true };
  } catch {
    return null;
  }
}

export function keepMemory(memory: CheckMemory, storage: Storage | null = browserStorage()): void {
  storage?.setItem(KEY, JSON.stringify(memory));
}

/** The day of this browser and the devices it has, as texts to compare. */
export async function memoryNow(personId: string, at: Date): Promise<Omit<CheckMemory, "fine">> {
  const media = navigator.mediaDevices as MediaDevices | undefined;
  const devices = await media?.enumerateDevices().catch(() => []);
  const names = (devices ?? []).filter(({ kind }) => kind !== "videoinput").map(({ kind, deviceId }) => `${kind}/${deviceId}`);
  return { personId, day: `${at.getFullYear()}-${at.getMonth() + 1}-${at.getDate()}`, devices: names.toSorted().join() };
}
