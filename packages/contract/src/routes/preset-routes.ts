import Type from "typebox";
import type { Static } from "typebox";
import { list, one, type Route } from "../route.ts";
import { Id, LanguageSchema, LocalizedText, QueueSettings, Timestamp } from "../schemas.ts";
import { trades } from "../trades.ts";
import { HoursWeek } from "./project-routes.ts";
import { PermissionSchema } from "./role-routes.ts";
import { nullable } from "../nullable.ts";

export const TradeSchema = Type.Enum([...trades]);
/** In the order in which they are made. */
export const presetKinds = ["project", "hours", "skill", "queue", "number", "wrapUpCode", "reason", "role", "customerField"] as const;
export type PresetKind = (typeof presetKinds)[number];
const Kind = Type.Enum([...presetKinds]);

/** What one part will be, as far as its kind has it. */
export const PresetDetails = Type.Object({
  project: Type.Optional(LocalizedText),
  queue: Type.Optional(LocalizedText),
  hours: Type.Optional(nullable(LocalizedText)),
  week: Type.Optional(HoursWeek),
  greetingWords: Type.Optional(LocalizedText),
  serviceLevelSeconds: Type.Optional(QueueSettings.properties.serviceLevelSeconds),
  wrapUpSeconds: Type.Optional(QueueSettings.properties.wrapUpSeconds),
  priority: Type.Optional(QueueSettings.properties.priority),
  musicAudioId: Type.Optional(Type.String()),
  greetingAudioId: Type.Optional(Type.String()),
  number: Type.Optional(nullable(Type.String())),
  maxMinutes: Type.Optional(nullable(Type.Integer())),
  description: Type.Optional(LocalizedText),
  permissions: Type.Optional(Type.Array(PermissionSchema)),
  type: Type.Optional(Type.Enum(["text", "number", "date"])),
});
/**
 * `kept`: something of this name is there already and is used instead. `skipped`: it isn't made, `why` says what for: the person hasn't
 * given the number, or may not make the role.
 */
export const PresetItem = Type.Object({
  kind: Kind,
  key: Type.String(),
  names: LocalizedText,
  state: Type.Enum(["new", "kept", "skipped"]),
  why: nullable(Type.Enum(["sameName", "sameNumber", "numberNeeded", "beyondOwnRights"])),
  details: PresetDetails,
});
export type PresetItem = Static<typeof PresetItem>;
export const Preset = Type.Object({
  trade: TradeSchema,
  names: LocalizedText,
  about: LocalizedText,
  /** The part of kind "number" that the wizard's number is for. */
  mainNumberKey: Type.String(),
  items: Type.Array(PresetItem),
});
export type Preset = Static<typeof Preset>;

export const presetLimits = { numbersMax: 20 } as const;
export const PresetWrite = Type.Object({
  /** Of the names that stand in one language only, of the week and of what callers hear. */
  language: LanguageSchema,
  /** The numbers that the person gives, by the key of the part. */
  numbers: Type.Array(Type.Object({ key: Type.String({ maxLength: 40 }), number: Type.String({ minLength: 2, maxLength: 32 }) }), {
    maxItems: presetLimits.numbersMax,
  }),
});

const Made = Type.Object({ kind: Kind, key: Type.String(), id: Id, names: LocalizedText });
/**
 * What undoing does to one part. `retire`: it goes out of use. `leave`: it stays, `why` says what for, `usedBy` names what or who still
 * needs it. `gone`: it was retired before.
 */
export const PresetUndoStep = Type.Object({
  kind: Kind,
  key: Type.String(),
  id: Id,
  names: LocalizedText,
  step: Type.Enum(["retire", "leave", "gone"]),
  why: nullable(Type.Enum(["changed", "inUse", "held", "lastOne"])),
  usedBy: Type.Array(Type.String()),
  /** Contacts, or customers with a value: history that stays when it goes. */
  uses: Type.Integer(),
});
export type PresetUndoStep = Static<typeof PresetUndoStep>;
export const PresetApplication = Type.Object({
  applicationId: Id,
  trade: TradeSchema,
  language: LanguageSchema,
  at: Timestamp,
  byName: Type.String(),
  made: Type.Array(Made),
  undoneAt: nullable(Timestamp),
  undoneByName: nullable(Type.String()),
  /** What undoing did; null: it wasn't undone. */
  undone: nullable(Type.Array(PresetUndoStep)),
});
export type PresetApplication = Static<typeof PresetApplication>;

const tradeParams = Type.Object({ trade: TradeSchema });
/** Ready-made set-ups for a trade. */
export const presetRoutes = {
  presetsList: {
    method: "GET",
    path: "/presets",
    access: "public",
    tag: "setup",
    summary: "The ready-made set-ups, each with all that it makes: words of the program, nothing of any organisation",
    query: Type.Object({ language: Type.Optional(LanguageSchema) }),
    response: list(Preset),
  },
  presetPreview: {
    method: "POST",
    path: "/presets/:trade/preview",
    access: ["setup.manage"],
    tag: "setup",
    summary: "What a ready-made set-up would make here, beside what is there already",
    params: tradeParams,
    body: PresetWrite,
    response: Preset,
  },
  presetApply: {
    method: "POST",
    path: "/presets/:trade/apply",
    access: ["setup.manage"],
    tag: "setup",
    summary: "Makes all of it or nothing; asked again with the same request id it answers what was made the first time",
    params: tradeParams,
    body: Type.Intersect([PresetWrite, Type.Object({ requestId: Type.String({ minLength: 8, maxLength: 80 }) })]),
    response: PresetApplication,
  },
  presetApplicationsList: {
    method: "GET",
    path: "/preset-applications",
    access: ["setup.manage"],
    tag: "setup",
    summary: "Ready-made set-ups that were made here, newest first",
    response: list(PresetApplication),
  },
  presetUndoGet: {
    method: "GET",
    path: "/preset-applications/:applicationId/undo",
    access: ["setup.manage"],
    tag: "setup",
    summary: "What undoing would take out of use, and what would stay and why",
    params: one("applicationId"),
    response: list(PresetUndoStep),
  },
  presetUndo: {
    method: "POST",
    path: "/preset-applications/:applicationId/undo",
    access: ["setup.manage"],
    tag: "setup",
    summary: "Takes out of use what was made and nobody has changed or needs; asked again it answers what it did",
    params: one("applicationId"),
    response: PresetApplication,
  },
} as const satisfies Record<string, Route>;
