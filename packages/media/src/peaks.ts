/** The largest magnitude of each of `buckets` equal parts, 0…1: what a waveform is drawn from. */
export function wavePeaks(samples: Int16Array, buckets: number, channel = 0, channels = 1): Float32Array {
  const peaks = new Float32Array(Math.max(0, Math.floor(buckets)));
  const frames = Math.floor(samples.length / channels);
  for (let frame = 0; frame < frames; frame += 1) {
    const bucket = Math.floor((frame * peaks.length) / frames);
    const magnitude = Math.abs(samples[frame * channels + channel] as number) / 32_768;
    if (magnitude > (peaks[bucket] ?? 1)) peaks[bucket] = magnitude;
  }
  return peaks;
}
