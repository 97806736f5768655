/* A browser's figures of the standing call, out of its statistics. Pure. */

export type LineStats = {
  readonly packetsReceived: number | null;
  readonly packetsLost: number | null;
  readonly lossShare: number | null;
  readonly jitterMs: number | null;
  readonly roundTripMs: number | null;
  readonly heardEnergy: Energy | null;
  readonly spokenEnergy: Energy | null;
};
/** Sums since the call began, of which the difference between two moments is a level. */
export type Energy = { readonly energy: number; readonly seconds: number };

const PACKETS_MIN = 50;

/** Null where there is no call to speak of. */
export function lineOf(report: Iterable<[string, unknown]> | RTCStatsReport | null): LineStats | null {
  if (report === null) return null;
  const all = [...(report as Iterable<[string, unknown]>)].map(([, entry]) => entry as Readonly<Record<string, unknown>>);
  const inbound = all.find((entry) => entry["type"] === "inbound-rtp" && entry["kind"] === "audio");
  const source = all.find((entry) => entry["type"] === "media-source" && entry["kind"] === "audio");
  const pair = all.find((entry) => entry["type"] === "candidate-pair" && entry["nominated"] === true);
  if (inbound === undefined && pair === undefined) return null;
  const number = (entry: Readonly<Record<string, unknown>> | undefined, name: string): number | null => {
    const value = entry?.[name];
    return typeof value === "number" && Number.isFinite(value) ? value : null;
  };
  const seconds = (value: number | null): number | null => (value === null ? null : Math.max(0, value * 1_000));
  const received = number(inbound, "packetsReceived");
  const lost = number(inbound, "packetsLost");
  const due = (received ?? 0) + Math.max(0, lost ?? 0);
  return {
    packetsReceived: received,
    packetsLost: lost === null ? null : Math.max(0, lost),
    lossShare: lost === null || due < PACKETS_MIN ? null : Math.max(0, lost) / due,
    jitterMs: seconds(number(inbound, "jitter")),
    roundTripMs: seconds(number(pair, "currentRoundTripTime")),
    heardEnergy: energyOf(inbound, number),
    spokenEnergy: energyOf(source, number),
  };
}

/** The level between two moments, dBFS; null where the browser doesn't tell. */
export function levelBetween(from: Energy | null, to: Energy | null): number | null {
  if (from === null || to === null) return null;
  const seconds = to.seconds - from.seconds;
  const mean = seconds <= 0 ? 0 : Math.max(0, to.energy - from.energy) / seconds;
  return Math.max(-120, mean <= 0 ? -120 : 10 * Math.log10(mean));
}

function energyOf(
  entry: Readonly<Record<string, unknown>> | undefined,
  number: (entry: Readonly<Record<string, unknown>> | undefined, name: string) => number | null,
): Energy | null {
  const energy = number(entry, "totalAudioEnergy");
  const seconds = number(entry, "totalSamplesDuration");
  return energy === null || seconds === null ? null : { energy, seconds };
}
