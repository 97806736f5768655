import { SAMPLE_RATE } from "./g711.ts";

// Keys as pairs of tones (ITU-T Q.23): one of the low group names the row, one of the high group the column.

export const LOW_HZ = [697, 770, 852, 941] as const;
export const HIGH_HZ = [1_209, 1_336, 1_477, 1_633] as const;
const ROWS = ["123A", "456B", "789C", "*0#D"] as const;
/** The peak of a sine of 0 dBm0 among 16-bit samples (ITU-T G.711: 3.17 dB below overload in the µ-law). */
export const PEAK_AT_0_DBM0 = 22_657;
/** The high tone is sent 2 dB louder: lines dampen it more (ITU-T Q.24). */
const LOW_AMPLITUDE = PEAK_AT_0_DBM0 * 10 ** (-9 / 20);
const HIGH_AMPLITUDE = PEAK_AT_0_DBM0 * 10 ** (-7 / 20);

export function digitOfTones(low: number, high: number): string {
  return ROWS[low]?.[high] ?? "";
}

/** Samples [startSample, startSample + out.length) of a key's tones; silence for what is no key. */
export function fillDtmf(digit: string, startSample: number, out: Int16Array): void {
  const row = ROWS.findIndex((keys) => digit.length === 1 && keys.includes(digit.toUpperCase()));
  const low = LOW_HZ[row];
  const high = HIGH_HZ[ROWS[row]?.indexOf(digit.toUpperCase()) ?? -1];
  if (low === undefined || high === undefined) {
    out.fill(0);
    return;
  }
  const [lowStep, highStep] = [(2 * Math.PI * low) / SAMPLE_RATE, (2 * Math.PI * high) / SAMPLE_RATE];
  for (let i = 0; i < out.length; i += 1) {
    const at = startSample + i;
    out[i] = Math.round(LOW_AMPLITUDE * Math.sin(lowStep * at) + HIGH_AMPLITUDE * Math.sin(highStep * at));
  }
}
