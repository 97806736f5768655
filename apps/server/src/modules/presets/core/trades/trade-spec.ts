// What a ready-made set-up of a trade says. Written by hand in three languages; `presets/core/plan.ts` makes a plan of it.
import type { HoursInterval, Language, LocalizedText, Permission, Weekday } from "@allo/contract";

export type QueueSpec = {
  readonly key: string;
  /** Null: the project that the organisation has anyway. */
  readonly project: string | null;
  readonly names: LocalizedText;
  /** What the agent greets with; `{name}` stands for the organisation's name. */
  readonly greetingWords: LocalizedText;
  readonly serviceLevelSeconds: number;
  readonly ringTimeoutSeconds: number;
  readonly waitMaxSeconds: number;
  readonly wrapUpSeconds: number;
  readonly wrapUpExtensionSeconds: number;
  readonly priority: number;
  readonly musicAudioId: "music.main" | "music.bright";
};
export type DayKind = "working" | "half" | "off";
export type HoursSpec = {
  readonly key: string;
  readonly names: LocalizedText;
  /** Which day of the week is which is the country's affair. */
  readonly days: Readonly<Record<DayKind, readonly HoursInterval[]>>;
};
export type NumberSpec = {
  readonly key: string;
  readonly queue: string;
  /** Null: it always takes calls. */
  readonly hours: string | null;
  readonly label: LocalizedText;
  readonly greetingAudioId: string;
};
export type ReasonSpec = {
  readonly key: string;
  /** The stable word of a reason that every organisation begins with; null: the trade's own. */
  readonly code: string | null;
  readonly names: LocalizedText;
  readonly maxMinutes: number | null;
};
export type RoleSpec = {
  readonly key: string;
  readonly names: LocalizedText;
  readonly description: LocalizedText;
  readonly permissions: readonly Permission[];
};
export type NamedSpec = { readonly key: string; readonly names: LocalizedText };
export type FieldSpec = NamedSpec & { readonly type: "text" | "number" | "date" };

export type TradeSpec = {
  readonly names: LocalizedText;
  readonly about: LocalizedText;
  readonly projects: readonly NamedSpec[];
  readonly hours: readonly HoursSpec[];
  readonly skills: readonly NamedSpec[];
  readonly queues: readonly QueueSpec[];
  /** The first one is the trade's main number: the wizard asks for it. */
  readonly numbers: readonly NumberSpec[];
  readonly wrapUpCodes: readonly NamedSpec[];
  readonly reasons: readonly ReasonSpec[];
  readonly roles: readonly RoleSpec[];
  readonly fields: readonly FieldSpec[];
};

export function words(en: string, ru: string, fa: string): LocalizedText {
  return { en, ru, fa };
}

const always: readonly HoursInterval[] = [{ from: "00:00", to: "24:00" }];
export function aroundTheClock(key: string): HoursSpec {
  return {
    key,
    names: words("Around the clock", "Круглосуточно", "شبانه‌روزی"),
    days: { working: always, half: always, off: always },
  };
}
/** One interval a day, "HH:MM-HH:MM"; null: closed. */
export function openDays(times: {
  readonly working: string;
  readonly half: string | null;
  readonly off: string | null;
}): HoursSpec["days"] {
  const read = (text: string | null): readonly HoursInterval[] => {
    if (text === null) return [];
    const [from = "", to = ""] = text.split("-");
    return [{ from, to }];
  };
  return { working: read(times.working), half: read(times.half), off: read(times.off) };
}

const saturdayIsHalf: Readonly<Record<Weekday, DayKind>> = {
  monday: "working",
  tuesday: "working",
  wednesday: "working",
  thursday: "working",
  friday: "working",
  saturday: "half",
  sunday: "off",
};
/** Iran works from Saturday on, Thursday is a half day, Friday is free. */
const thursdayIsHalf: Readonly<Record<Weekday, DayKind>> = {
  ...saturdayIsHalf,
  thursday: "half",
  friday: "off",
  saturday: "working",
  sunday: "working",
};
export const weekKinds: Readonly<Record<Language, Readonly<Record<Weekday, DayKind>>>> = {
  en: saturdayIsHalf,
  ru: saturdayIsHalf,
  fa: thursdayIsHalf,
};
