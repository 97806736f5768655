// What a line sounds like, from figures alone: the E-model of ITU-T G.107, shortened to what a G.711 line can differ in (delay and
// lost packets), with the values of ITU-T G.113 appendix I for G.711 with packet loss concealment.

/** The rating of a line without any fault (G.107 §7.7, all values at their defaults). */
const RATING_MAX = 93.2;
/** G.113 table I.4: no impairment of its own, and how robust the codec is against random loss. */
const EQUIPMENT_IMPAIRMENT = 0;
const LOSS_ROBUSTNESS = 25.1;
/** Delay that is noticed in conversation (G.107, simplified): beyond it the loss of quality is steeper. */
const DELAY_NOTICED_MS = 177.3;
/** A packet of 20 ms waits to be filled and to be played. */
const PACKET_DELAY_MS = 40;
/** A receiver waits for so many times the jitter before it plays. */
const JITTER_BUFFER_RATIO = 2;

export type WayFigures = {
  /** Of the packets of this way, 0…1. */
  readonly lostShare: number;
  readonly jitterMs: number;
  /** Null: not known, and taken as none. */
  readonly roundTripMs: number | null;
};

/** The mean opinion score that listeners would give, 1 (bad) to 4.4 (as good as a telephone gets). */
export function estimateMos(way: WayFigures): number {
  const delayMs = (way.roundTripMs ?? 0) / 2 + PACKET_DELAY_MS + JITTER_BUFFER_RATIO * way.jitterMs;
  const delayImpairment = 0.024 * delayMs + (delayMs > DELAY_NOTICED_MS ? 0.11 * (delayMs - DELAY_NOTICED_MS) : 0);
  const lostPercent = 100 * Math.max(0, Math.min(1, way.lostShare));
  const lossImpairment = EQUIPMENT_IMPAIRMENT + (95 - EQUIPMENT_IMPAIRMENT) * (lostPercent / (lostPercent + LOSS_ROBUSTNESS));
  return mosOfRating(RATING_MAX - delayImpairment - lossImpairment);
}

/** G.107 annex B. */
function mosOfRating(rating: number): number {
  if (rating <= 0) return 1;
  if (rating >= 100) return 4.5;
  return Math.max(1, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6);
}
