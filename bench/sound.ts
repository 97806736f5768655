/*
 * npm run bench -- sound [--json]: what sound itself costs the media engine, without packets: CPU of the pure parts for a frame of
 * 20 ms in one thread, the median of some rounds.
 */
import { parseArgs } from "node:util";
import { must } from "@allo/kernel";
import { DtmfDetector, encodeG711, FRAME_SAMPLES, generateTone, Mixer, SpeechMeter } from "@allo/media";

type SoundRow = { readonly what: string; readonly microseconds: number };

const FRAMES = 20_000;
const ROUNDS = 7;

const { values } = parseArgs({ options: { json: { type: "boolean", default: false } } });
const rows = measureSound();
if (values.json) console.log(JSON.stringify({ bench: "sound", rows }));
else console.table(rows);

function measureSound(): readonly SoundRow[] {
  const speech = encodeG711("PCMU", generateTone({ frequencyHz: 440, durationMs: 20 }));
  const out = new Uint8Array(FRAME_SAMPLES);
  const mixer = new Mixer();
  const parties = [1, 2, 3];
  for (const party of parties) mixer.listen(party, parties);
  const meter = new SpeechMeter();
  const detector = new DtmfDetector();
  let frame = 0;
  const each = {
    "a talk of three, mixed for each of them": () => {
      frame += 1;
      const timestamp = (frame * FRAME_SAMPLES) >>> 0;
      for (const party of parties) mixer.put(party, { codec: "PCMU", ssrc: party, timestamp, bytes: speech, start: 0, end: FRAME_SAMPLES });
      mixer.tick();
      for (const party of parties) mixer.fill(party, { codec: "PCMU", bytes: out, start: 0, over: null });
    },
    "a packet's loudness": () => meter.received("PCMU", speech, 0, FRAME_SAMPLES, false),
    "a packet searched for keys as tones": () => detector.received("PCMU", speech, 0, FRAME_SAMPLES),
  };
  return Object.entries(each).map(([what, run]) => ({ what, microseconds: medianUs(run) }));
}

function medianUs(run: () => unknown): number {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const before = process.cpuUsage();
    for (let i = 0; i < FRAMES; i += 1) run();
    const spent = process.cpuUsage(before);
    return (spent.user + spent.system) / FRAMES;
  }).toSorted((a, b) => a - b);
  return Math.round(must(rounds[Math.floor(ROUNDS / 2)]) * 100) / 100;
}
