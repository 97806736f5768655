// What a ready-made set-up makes in an organisation: everything of the trade that isn't there already under the same name.
import { permissions, weekdays, type HoursWeek, type Language, type LocalizedText, type Permission, type PresetItem } from "@allo/contract";
import type { PresetKind, Trade } from "@allo/contract";
import type { FieldSpec, HoursSpec, NamedSpec, NumberSpec, QueueSpec, ReasonSpec, RoleSpec, TradeSpec } from "./trades/trade-spec.ts";
import { weekKinds } from "./trades/trade-spec.ts";
import { tradeSpecs } from "./trades/index.ts";

/** Something in use that the organisation has already. */
export type ExistingThing = {
  readonly id: string;
  readonly names: LocalizedText;
  /** Reasons: the stable word of those that every organisation begins with. */
  readonly code?: string;
  /** Numbers: all the digits by which it is known. */
  readonly digits?: readonly string[];
};
export type Existing = Readonly<Record<PresetKind, readonly ExistingThing[]>>;
export const nothingYet: Existing = {
  project: [],
  hours: [],
  skill: [],
  queue: [],
  number: [],
  wrapUpCode: [],
  reason: [],
  role: [],
  customerField: [],
};

export type PresetInput = {
  readonly trade: Trade;
  readonly language: Language;
  /** For the words that agents greet with; "" leaves a gap that the reader fills. */
  readonly organisationName: string;
  readonly existing: Existing;
  /** What the person gave, by the key of the number's part. */
  readonly numbers: ReadonlyMap<string, string>;
  /** What the person may put into a role; null: they may make none. */
  readonly mayGrant: ReadonlySet<Permission> | null;
};

/** A part with its fate. `id`: what is there already, where it is kept. */
export type Part<Spec> = {
  readonly spec: Spec;
  readonly names: LocalizedText;
  readonly state: PresetItem["state"];
  readonly why: PresetItem["why"];
  readonly id: string | null;
};
export type HoursPart = Part<HoursSpec> & { readonly week: HoursWeek };
export type QueuePart = Part<QueueSpec> & { readonly greetingWords: LocalizedText };
export type NumberPart = Part<NumberSpec> & { readonly number: string | null };
export type PresetPlan = {
  readonly trade: Trade;
  readonly language: Language;
  readonly spec: TradeSpec;
  readonly projects: readonly Part<NamedSpec>[];
  readonly hours: readonly HoursPart[];
  readonly skills: readonly Part<NamedSpec>[];
  readonly queues: readonly QueuePart[];
  readonly numbers: readonly NumberPart[];
  readonly wrapUpCodes: readonly Part<NamedSpec>[];
  readonly reasons: readonly Part<ReasonSpec>[];
  readonly roles: readonly Part<RoleSpec>[];
  readonly fields: readonly Part<FieldSpec>[];
};

/** Total: the same input gives the same plan. Parts keep the order of the trade's own list. */
export function planPreset(input: PresetInput): PresetPlan {
  const { trade, language, existing, organisationName, numbers, mayGrant } = input;
  const spec = tradeSpecs[trade];
  const named = <S extends NamedSpec>(kind: PresetKind, specs: readonly S[]): Part<S>[] =>
    specs.map((each) => {
      const there = existing[kind].find((thing) => isSameName(thing.names, each.names));
      return there === undefined ? made(each, each.names) : kept(each, each.names, there.id, "sameName");
    });
  return {
    trade,
    language,
    spec,
    projects: named("project", spec.projects),
    hours: named("hours", spec.hours).map((part) => ({ ...part, week: weekOf(part.spec, language) })),
    skills: named("skill", spec.skills),
    queues: named("queue", spec.queues).map((part) => ({
      ...part,
      greetingWords: fillName(part.spec.greetingWords, organisationName),
    })),
    numbers: spec.numbers.map((each): NumberPart => {
      const number = numbers.get(each.key)?.trim() ?? "";
      if (number === "") return { ...skipped(each, each.label, "numberNeeded"), number: null };
      const there = existing.number.find((thing) => thing.digits?.includes(digitsOf(number)) === true);
      return { ...(there === undefined ? made(each, each.label) : kept(each, each.label, there.id, "sameNumber")), number };
    }),
    wrapUpCodes: named("wrapUpCode", spec.wrapUpCodes),
    reasons: spec.reasons.map((each) => {
      const there = existing.reason.find(
        (thing) => (each.code !== null && thing.code === each.code) || isSameName(thing.names, each.names),
      );
      return there === undefined ? made(each, each.names) : kept(each, each.names, there.id, "sameName");
    }),
    roles: named("role", spec.roles).map((part) =>
      part.state === "new" && (mayGrant === null || part.spec.permissions.some((permission) => !mayGrant.has(permission)))
        ? skipped(part.spec, part.names, "beyondOwnRights")
        : part,
    ),
    fields: named("customerField", spec.fields),
  };
}

/** Whether anything would be made. */
export function makesAnything(plan: PresetPlan): boolean {
  return itemsOf(plan).some((item) => item.state === "new");
}

/** The plan as screens show it, in the order in which it is made. */
export function itemsOf(plan: PresetPlan): readonly PresetItem[] {
  const item = (kind: PresetKind, part: Part<{ readonly key: string }>, details: PresetItem["details"] = {}): PresetItem => ({
    kind,
    key: part.spec.key,
    names: part.names,
    state: part.state,
    why: part.why,
    details,
  });
  const nameOf = (parts: readonly Part<NamedSpec>[], key: string | null): LocalizedText | undefined =>
    parts.find((part) => part.spec.key === key)?.names;
  return [
    ...plan.projects.map((part) => item("project", part)),
    ...plan.hours.map((part) => item("hours", part, { week: part.week })),
    ...plan.skills.map((part) => item("skill", part)),
    ...plan.queues.map((part) => {
      const project = nameOf(plan.projects, part.spec.project);
      const { serviceLevelSeconds, wrapUpSeconds, priority, musicAudioId } = part.spec;
      return item("queue", part, {
        ...(project === undefined ? {} : { project }),
        greetingWords: part.greetingWords,
        serviceLevelSeconds,
        wrapUpSeconds,
        priority,
        musicAudioId,
      });
    }),
    ...plan.numbers.map((part) => {
      const queue = nameOf(plan.queues, part.spec.queue);
      return item("number", part, {
        ...(queue === undefined ? {} : { queue }),
        hours: nameOf(plan.hours, part.spec.hours) ?? null,
        greetingAudioId: part.spec.greetingAudioId,
        number: part.number,
      });
    }),
    ...plan.wrapUpCodes.map((part) => item("wrapUpCode", part)),
    ...plan.reasons.map((part) => item("reason", part, { maxMinutes: part.spec.maxMinutes })),
    ...plan.roles.map((part) =>
      item("role", part, {
        description: part.spec.description,
        permissions: permissions.filter((permission) => part.spec.permissions.includes(permission)),
      }),
    ),
    ...plan.fields.map((part) => item("customerField", part, { type: part.spec.type })),
  ];
}

/** Two names are one where they say the same in any language, whatever the capitals and the kind of space. */
export function isSameName(one: LocalizedText, other: LocalizedText): boolean {
  return (["en", "ru", "fa"] as const).some((language) => {
    const name = nameKey(one[language]);
    return name !== "" && name === nameKey(other[language]);
  });
}

/** The digits of a number as it is typed, in Latin ones. */
export function digitsOf(text: string): string {
  return [...text.normalize("NFKD")]
    .map((char) => {
      const code = char.codePointAt(0) ?? 0;
      const zero = [0x30, 0x06f0, 0x0660].find((first) => code >= first && code <= first + 9); // "0", "۰", "٠"
      return zero === undefined ? "" : String(code - zero);
    })
    .join("");
}

/** `{name}` becomes the organisation's name, isolated and cut so that the words fit a localised text. */
export function fillName(text: LocalizedText, name: string): LocalizedText {
  const fill = (words: string): string => {
    const room = LOCALIZED_CHARS_MAX - (words.length - PLACE.length) - 2;
    // Isolated, so that a Latin name doesn't turn a Persian sentence around (UAX #9: FSI … PDI).
    return words.replace(PLACE, `\u2068${[...name.trim()].slice(0, Math.max(0, room)).join("")}\u2069`);
  };
  return { en: fill(text.en), ru: fill(text.ru), fa: fill(text.fa) };
}
export const LOCALIZED_CHARS_MAX = 120;
const PLACE = "{name}";

function nameKey(name: string): string {
  return name
    .normalize("NFKC")
    .replaceAll(/[\s\u200c\u200b]+/g, " ")
    .trim()
    .toLowerCase();
}

function weekOf(spec: HoursSpec, language: Language): HoursWeek {
  const kinds = weekKinds[language];
  const week = weekdays.map((weekday) => [weekday, spec.days[kinds[weekday]].map((interval) => ({ ...interval }))] as const);
  return Object.fromEntries(week) as HoursWeek;
}

function made<S>(spec: S, names: LocalizedText): Part<S> {
  return { spec, names, state: "new", why: null, id: null };
}
function kept<S>(spec: S, names: LocalizedText, id: string, why: PresetItem["why"]): Part<S> {
  return { spec, names, state: "kept", why, id };
}
function skipped<S>(spec: S, names: LocalizedText, why: PresetItem["why"]): Part<S> {
  return { spec, names, state: "skipped", why, id: null };
}
