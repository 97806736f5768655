// What the wall clock of the centre shows, in its own time zone.
import type { Instant } from "@allo/kernel";
import type { LocalTime } from "./core/day-shape.ts";

export type LocalClock = (at: Instant) => LocalTime;

const WEEKDAYS: readonly string[] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const KEPT_MAX = 64;

/** Asked five times a second for every agent: an answer is kept for its minute. */
export function createLocalClock(timeZone: string): LocalClock {
  const format = new Intl.DateTimeFormat("en-GB", { timeZone, weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const kept = new Map<number, LocalTime>();
  return (at) => {
    const minute = Math.floor(at / 60_000);
    const known = kept.get(minute);
    if (known !== undefined) return known;
    const parts = new Map(format.formatToParts(minute * 60_000).map(({ type, value }) => [type, value]));
    const local: LocalTime = {
      weekday: Math.max(0, WEEKDAYS.indexOf(parts.get("weekday") ?? "")),
      minuteOfDay: Number(parts.get("hour") ?? 0) * 60 + Number(parts.get("minute") ?? 0),
    };
    if (kept.size >= KEPT_MAX) kept.clear();
    kept.set(minute, local);
    return local;
  };
}
