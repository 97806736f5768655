import Type from "typebox";
import type { Static } from "typebox";

export type CallFigures = { readonly caller: LegQuality | null; readonly agent: LegQuality | null };
/** What one leg was like in a call. What stands below `jitterMs` is absent in what was stored before it was measured. */
export type LegQuality = {
  readonly packetsReceived: number;
  readonly packetsLost: number;
  readonly jitterMs: number;
  /** Scores of the E-model (1–4.5): of what was heard from the leg, and of what it heard. Null: not known. */
  readonly mos?: number | null;
  readonly farMos?: number | null;
  /** What its own end reports of what it heard. */
  readonly farLostShare?: number | null;
  readonly farJitterMs?: number | null;
  readonly roundTripMs?: number | null;
  readonly speech?: SpeechQuality | null;
};
/** How somebody spoke: the level of the speech, and shares of the time in the talk. */
export type SpeechQuality = {
  readonly levelDbfs: number | null;
  readonly speechShare: number;
  /** Of the time in which it spoke, what fell into the other's speech. */
  readonly talkOverShare: number;
  /** Of the samples of its speech. */
  readonly clippedShare: number;
  readonly loudnessJumps: number;
};

/*
 * How good a line sounds, in words. Scores are those of the E-model (ITU-T G.107); its annex B says how many of the people on such
 * a line are content: above 4.03 they are, below 3.6 many are not.
 */
export const LINE_MOS_GOOD = 4.03;
export const LINE_MOS_FAIR = 3.6;
/** What stands out as a line's trouble; below these nothing is named. */
const TROUBLE = { lostShare: 0.01, jitterMs: 20, roundTripMs: 300 } as const;
/** A second of packets: with fewer nothing is judged. */
const PACKETS_JUDGED_MIN = 50;

export const LineBand = Type.Enum(["good", "fair", "poor"]);
export type LineBand = Static<typeof LineBand>;
export const LineTrouble = Type.Enum(["loss", "jitter", "delay"]);
export type LineTrouble = Static<typeof LineTrouble>;
export const LineSide = Type.Enum(["customer", "agent", "both"]);
export type LineSide = Static<typeof LineSide>;
/** A call's lines together: as good as the worse one. `side` and `trouble` say what is wrong where something is. */
export const LineVerdict = Type.Object({
  band: LineBand,
  mos: Type.Number(),
  side: Type.Union([LineSide, Type.Null()]),
  trouble: Type.Union([LineTrouble, Type.Null()]),
});
export type LineVerdict = Static<typeof LineVerdict>;

export function lineBand(mos: number): LineBand {
  return mos >= LINE_MOS_GOOD ? "good" : mos >= LINE_MOS_FAIR ? "fair" : "poor";
}

/** The score of a leg: of its worse direction; null where too little was heard. */
export function legMos(leg: LegQuality | null): number | null {
  if (leg === null || leg.packetsReceived < PACKETS_JUDGED_MIN) return null;
  const known = [leg.mos, leg.farMos].filter((mos) => mos !== undefined && mos !== null);
  return known.length === 0 ? null : Math.min(...known);
}

/** What makes a leg sound as it does: the loudest complaint first. */
export function legTrouble(leg: LegQuality): LineTrouble | null {
  const sent = leg.packetsReceived + leg.packetsLost;
  const lostShare = Math.max(sent === 0 ? 0 : leg.packetsLost / sent, leg.farLostShare ?? 0);
  if (lostShare >= TROUBLE.lostShare) return "loss";
  if (Math.max(leg.jitterMs, leg.farJitterMs ?? 0) >= TROUBLE.jitterMs) return "jitter";
  return (leg.roundTripMs ?? 0) >= TROUBLE.roundTripMs ? "delay" : null;
}

/** Which side of a call is bad, and why. Null where neither line can be judged. */
export function judgeLines(figures: CallFigures): LineVerdict | null {
  const [customer, agent] = [legMos(figures.caller), legMos(figures.agent)];
  if (customer === null && agent === null) return null;
  const mos = Math.min(customer ?? Number.POSITIVE_INFINITY, agent ?? Number.POSITIVE_INFINITY);
  const band = lineBand(mos);
  const rounded = Math.round(mos * 10) / 10;
  if (band === "good") return { band, mos: rounded, side: null, trouble: null };
  const isAs = (other: number | null): boolean => other !== null && lineBand(other) === band;
  const side = isAs(customer) && isAs(agent) ? "both" : isAs(customer) ? "customer" : "agent";
  const worse = mos === customer ? figures.caller : figures.agent;
  return { band, mos: rounded, side, trouble: worse === null ? null : legTrouble(worse) };
}
