import { isOpen, type PhoneNumber } from "@allo/contract";
import type { Instant } from "@allo/kernel";
import type { VoiceConfig } from "../routing/index.ts";

/** Whether the number takes calls at this instant: always, where it has no opening hours. */
export function isTakingCalls(
  { hours, timeZone }: Pick<VoiceConfig, "hours" | "timeZone">,
  { hoursId }: Pick<PhoneNumber, "hoursId">,
  at: Instant,
): boolean {
  const rule = hours.find((each) => each.hoursId === hoursId);
  return rule === undefined || isOpen({ ...rule, timeZone: rule.timeZone ?? timeZone }, at);
}
