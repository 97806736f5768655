import Type from "typebox";
import type { Static } from "typebox";
import { Id, Timestamp } from "./schemas.ts";
import { nullable } from "./nullable.ts";

const count = Type.Integer({ minimum: 0, maximum: 1_000_000_000 });
const milliseconds = Type.Number({ minimum: 0, maximum: 86_400_000 });
const decibels = nullable(Type.Number({ minimum: -200, maximum: 20 }));

/** What Allo knows of a line without sound; the first found weighs most. The screens have a sentence for each. */
export const soundFindings = [
  "callerNothing",
  "callerLoss",
  "callerSilent",
  "agentMuted",
  "agentSilent",
  "agentNothing",
  "agentLoss",
  "browserBlocked",
  "onHold",
  "nothingWrong",
] as const;
export type SoundFinding = (typeof soundFindings)[number];

/** One leg as the edge has it at this moment. */
export const LineFigures = Type.Object({
  packetsReceived: count,
  packetsLost: count,
  jitterMs: milliseconds,
  /** Since the last packet; null where none ever came. */ silentMs: nullable(milliseconds),
});
export type LineFigures = Static<typeof LineFigures>;

/** The agent's browser at the same moment. */
export const BrowserLine = Type.Object({
  packetsReceived: nullable(count),
  packetsLost: nullable(count),
  jitterMs: nullable(milliseconds),
  roundTripMs: nullable(milliseconds),
  heardDbfs: decibels,
  spokenDbfs: decibels,
  microphoneLabel: nullable(Type.String({ maxLength: 120 })),
  outputLabel: nullable(Type.String({ maxLength: 120 })),
  soundBlocked: Type.Boolean(),
  /** This tab holds the phone: what it measured is the call's. */ holdsPhone: Type.Boolean(),
});
export type BrowserLine = Static<typeof BrowserLine>;

export const SoundReport = Type.Object({
  reportId: Id,
  contactId: Id,
  personId: Id,
  personName: Type.String(),
  at: Timestamp,
  findings: Type.Array(Type.Enum([...soundFindings])),
  /** For how long nothing came from the customer's line, where that is so. */ silentMs: nullable(Type.Integer()),
  caller: nullable(LineFigures),
  agent: nullable(LineFigures),
  browser: BrowserLine,
});
export type SoundReport = Static<typeof SoundReport>;
