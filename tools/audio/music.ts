import { cutBelowTelephoneBand, fadeEdges, fromDb, peak, rms, TELEPHONE_HZ } from "./dsp.ts";

/** One sound without words, ready to be stored. */
export interface ComposedSound {
  readonly audioId: string;
  readonly text: string;
  readonly samples: Float64Array;
}

/** One note: when it begins in beats, its MIDI pitch, how long its key is held in beats, and how hard it is struck (0…1). */
interface Note {
  readonly beat: number;
  readonly pitch: number;
  readonly beats: number;
  readonly force: number;
}

interface Instrument {
  /** Strength of each partial, the fundamental first. */
  readonly partials: readonly number[];
  readonly attackMs: number;
  /** Time in which the fundamental falls to 1/e while the key is held. */
  readonly decayMs: number;
  readonly releaseMs: number;
  /** How much sooner each higher partial fades: wood and strings lose their brightness first. */
  readonly dulling: number;
}

interface Chord {
  readonly bass: number;
  readonly notes: readonly number[];
}

/** Partials above this would be cut by the line and only fold back as noise. */
const HIGHEST_PARTIAL_HZ = 3200;
const BEATS_PER_BAR = 4;
const MUSIC_LEVEL_DBFS = -23;
const MUSIC_CEILING_DBFS = -6;
/** A note is computed until it has faded by so many times its decay. */
const TAIL_IN_DECAYS = 5;

const ELECTRIC_PIANO: Instrument = {
  partials: [1, 0.42, 0.16, 0.1, 0.05, 0.03],
  attackMs: 6,
  decayMs: 1500,
  releaseMs: 350,
  dulling: 0.55,
};
const PLUCK: Instrument = { partials: [1, 0.5, 0.3, 0.15, 0.08, 0.04], attackMs: 4, decayMs: 750, releaseMs: 500, dulling: 0.8 };
const MARIMBA: Instrument = { partials: [1, 0.06, 0.02, 0.22], attackMs: 3, decayMs: 420, releaseMs: 300, dulling: 0.9 };
/** Telephones lose the fundamental of a bass; the ear puts it back from these partials. */
const BASS: Instrument = { partials: [0.8, 0.9, 0.6, 0.35, 0.18, 0.08], attackMs: 14, decayMs: 1300, releaseMs: 160, dulling: 0.35 };
const PAD: Instrument = { partials: [1, 0.25, 0.1], attackMs: 500, decayMs: 9000, releaseMs: 900, dulling: 0.1 };

const SEMITONE_OF: Readonly<Record<string, number>> = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 };

/** Reads "C#4" as a MIDI pitch (C4 is 60). */
export function pitchOf(name: string): number {
  const match = /^([A-G])(#|b)?(\d)$/u.exec(name);
  const semitone = SEMITONE_OF[match?.[1] ?? ""];
  if (match === null || semitone === undefined) throw new Error(`no such note: ${name}`);
  const shift = match[2] === "#" ? 1 : match[2] === "b" ? -1 : 0;
  return 12 * (Number(match[3]) + 1) + semitone + shift;
}

function frequencyOf(pitch: number): number {
  return 440 * 2 ** ((pitch - 69) / 12);
}

/** Reads "bass: notes" lines, one bar each. */
function chords(lines: string): Chord[] {
  return lines
    .trim()
    .split("\n")
    .map((line) => {
      const [bass = "", notes = ""] = line.trim().split(": ");
      return { bass: pitchOf(bass), notes: notes.split(" ").map(pitchOf) };
    });
}

/** Reads a tune: bars between "|", each "note/beats" or "-/beats" for a rest. */
function tune(score: string, force: number): Note[] {
  const notes: Note[] = [];
  let beat = 0;
  for (const word of score.split(/[\s|]+/u).filter((each) => each !== "")) {
    const [name = "", length = "1"] = word.split("/");
    const beats = Number(length);
    if (name !== "-") notes.push({ beat, pitch: pitchOf(name), beats, force });
    beat += beats;
  }
  return notes;
}

/**
 * Plays notes into a ring of fixed length: what sounds past the end goes on at the beginning, so that the music can be
 * repeated for ever without a seam.
 */
function play(ring: Float64Array, notes: readonly Note[], instrument: Instrument, beatSeconds: number, gain: number): void {
  for (const note of notes) {
    const start = Math.round(note.beat * beatSeconds * TELEPHONE_HZ);
    const held = note.beats * beatSeconds;
    const hz = frequencyOf(note.pitch);
    const seconds = held + Math.min((instrument.releaseMs * TAIL_IN_DECAYS) / 1000, 2.5);
    const length = Math.min(ring.length, Math.round(seconds * TELEPHONE_HZ));
    instrument.partials.forEach((strength, index) => {
      const partialHz = hz * (index + 1);
      if (partialHz > HIGHEST_PARTIAL_HZ) return;
      const decay = instrument.decayMs / 1000 / (1 + instrument.dulling * index);
      const step = (2 * Math.PI * partialHz) / TELEPHONE_HZ;
      // A softer touch is also a duller one.
      const level = gain * strength * note.force ** (1 + 0.4 * index);
      for (let i = 0; i < length; i += 1) {
        const at = (start + i) % ring.length;
        ring[at] = (ring[at] ?? 0) + level * envelope(i / TELEPHONE_HZ, held, decay, instrument) * Math.sin(step * i);
      }
    });
  }
}

function envelope(seconds: number, held: number, decay: number, instrument: Instrument): number {
  const attack = instrument.attackMs / 1000;
  const rise = seconds < attack ? 0.5 - 0.5 * Math.cos((Math.PI * seconds) / attack) : 1;
  const fall = Math.exp(-Math.max(0, seconds - attack) / decay);
  const release = seconds > held ? Math.exp(-(seconds - held) / (instrument.releaseMs / 1000)) : 1;
  return rise * fall * release;
}

/** A small room: a few soft reflections, around the ring too. */
function room(ring: Float64Array): Float64Array {
  const taps = [
    { ms: 37, gain: 0.22 },
    { ms: 83, gain: 0.18 },
    { ms: 151, gain: 0.13 },
    { ms: 263, gain: 0.08 },
    { ms: 421, gain: 0.05 },
  ].map(({ ms, gain }) => ({ delay: Math.round((ms * TELEPHONE_HZ) / 1000), gain }));
  return ring.map((dry, i) => taps.reduce((sum, tap) => sum + tap.gain * (ring[(i - tap.delay + ring.length) % ring.length] ?? 0), dry));
}

/** Filters the ring as if it had been playing before, and sets its level. */
function finishRing(ring: Float64Array): Float64Array {
  const twice = new Float64Array(ring.length * 2);
  const wet = room(ring);
  twice.set(wet);
  twice.set(wet, ring.length);
  const filtered = cutBelowTelephoneBand(twice).slice(ring.length);
  const byLevel = fromDb(MUSIC_LEVEL_DBFS) / rms(filtered);
  const byPeak = fromDb(MUSIC_CEILING_DBFS) / peak(filtered);
  return filtered.map((x) => x * Math.min(byLevel, byPeak));
}

function broken(chord: Chord, bar: number, steps: readonly number[], stepBeats: number, force: number): Note[] {
  return steps.flatMap((step, i) => {
    const pitch = chord.notes[step];
    if (pitch === undefined) return [];
    const accent = i === 0 ? 1 : i % 2 === 0 ? 0.86 : 0.72;
    return [{ beat: bar * BEATS_PER_BAR + i * stepBeats, pitch, beats: stepBeats * 2, force: force * accent }];
  });
}

function held(chord: Chord, bar: number, force: number): Note[] {
  return chord.notes.slice(0, 3).map((pitch) => ({ beat: bar * BEATS_PER_BAR, pitch, beats: BEATS_PER_BAR, force }));
}

/** Sixteen slow bars in C: electric piano over broken chords. 64 beats a minute make exactly one minute. */
function composeMain(): Float64Array {
  const beatSeconds = 60 / 64;
  const bars = chords(`
    C3: E4 G4 B4 D5
    A2: E4 G4 C5 E5
    F2: E4 A4 C5 E5
    G2: D4 G4 B4 D5
    E3: D4 G4 B4 E5
    A2: E4 G4 C5 E5
    D3: F4 A4 C5 E5
    G2: F4 A4 C5 D5
    C3: E4 G4 B4 D5
    B2: D4 F4 A4 D5
    A2: E4 G4 C5 E5
    G2: E4 G4 C5 D5
    F2: E4 A4 C5 E5
    E3: D4 G4 B4 D5
    D3: F4 A4 C5 E5
    G2: F4 A4 B4 D5
  `);
  const melody = tune(
    `-/1 G5/1 E5/1 D5/1 | E5/3 -/1 | -/1 A5/1 G5/1 E5/1 | D5/3 -/1 |
     -/1 B5/1 A5/1 G5/1 | E5/2 G5/1.5 -/0.5 | A5/1.5 G5/0.5 E5/1 C5/1 | D5/3 -/1 |
     -/1 G5/1 C6/1 B5/1 | A5/2 F5/1 D5/1 | E5/1.5 D5/0.5 E5/1 G5/1 | E5/3 -/1 |
     -/1 A5/1 C6/1 A5/1 | G5/2 D5/1 E5/1 | F5/1.5 E5/0.5 D5/1 C5/1 | D5/3 -/1`,
    0.85,
  );
  const ring = new Float64Array(Math.round(bars.length * BEATS_PER_BAR * beatSeconds * TELEPHONE_HZ));
  const each = (make: (chord: Chord, bar: number) => Note[]): Note[] => bars.flatMap((chord, bar) => make(chord, bar));
  play(
    ring,
    each((chord, bar) => held(chord, bar, 0.7)),
    PAD,
    beatSeconds,
    0.05,
  );
  play(
    ring,
    each((chord, bar) => broken(chord, bar, [0, 1, 2, 3, 2, 1, 2, 1], 0.5, 0.7)),
    PLUCK,
    beatSeconds,
    0.12,
  );
  play(
    ring,
    each((chord, bar) => bassLine(chord, bar, [0, 2.5], 0.8)),
    BASS,
    beatSeconds,
    0.16,
  );
  play(ring, melody, ELECTRIC_PIANO, beatSeconds, 0.2);
  return finishRing(ring);
}

/** Sixteen livelier bars in G: marimba and plucked strings. 80 beats a minute make 48 seconds. */
function composeBright(): Float64Array {
  const beatSeconds = 60 / 80;
  const bars = chords(`
    G2: D4 G4 B4 D5
    B2: D4 F#4 B4 D5
    C3: E4 G4 C5 E5
    D3: D4 F#4 A4 D5
    G2: D4 G4 B4 D5
    E3: E4 G4 B4 E5
    A2: E4 G4 C5 E5
    D3: D4 G4 A4 D5
    C3: E4 G4 B4 D5
    B2: D4 F#4 B4 D5
    E3: E4 G4 B4 E5
    E3: E4 G4 B4 D5
    C3: E4 G4 C5 E5
    G2: D4 G4 B4 D5
    A2: E4 G4 C5 E5
    D3: D4 F#4 A4 C5
  `);
  const melody = tune(
    `D5/0.5 G5/0.5 -/0.5 A5/0.5 B5/1 G5/1 | F#5/1.5 D5/0.5 -/2 | E5/0.5 G5/0.5 -/0.5 A5/0.5 G5/1 E5/1 | D5/2 -/2 |
     D5/0.5 G5/0.5 -/0.5 A5/0.5 B5/1 D6/1 | B5/1.5 G5/0.5 -/2 | A5/0.5 G5/0.5 -/0.5 E5/0.5 G5/1 A5/1 | A5/2 -/2 |
     B5/0.5 G5/0.5 -/0.5 E5/0.5 G5/1 B5/1 | A5/1.5 F#5/0.5 -/2 | G5/0.5 B5/0.5 -/0.5 A5/0.5 G5/1 E5/1 | D5/2 -/2 |
     E5/0.5 G5/0.5 -/0.5 A5/0.5 C6/1 A5/1 | B5/1.5 G5/0.5 -/2 | A5/0.5 B5/0.5 -/0.5 A5/0.5 G5/1 E5/1 | F#5/1.5 A5/0.5 -/2`,
    0.8,
  );
  const ring = new Float64Array(Math.round(bars.length * BEATS_PER_BAR * beatSeconds * TELEPHONE_HZ));
  const each = (make: (chord: Chord, bar: number) => Note[]): Note[] => bars.flatMap((chord, bar) => make(chord, bar));
  play(
    ring,
    each((chord, bar) => held(chord, bar, 0.6)),
    PAD,
    beatSeconds,
    0.04,
  );
  play(
    ring,
    each((chord, bar) => broken(chord, bar, [0, 2, 1, 3, 2, 1, 3, 2], 0.5, 0.75)),
    PLUCK,
    beatSeconds,
    0.12,
  );
  play(
    ring,
    each((chord, bar) => bassLine(chord, bar, [0, 1.5, 3], 0.75)),
    BASS,
    beatSeconds,
    0.14,
  );
  play(ring, melody, MARIMBA, beatSeconds, 0.26);
  return finishRing(ring);
}

function bassLine(chord: Chord, bar: number, beats: readonly number[], force: number): Note[] {
  return beats.map((beat, i) => ({
    beat: bar * BEATS_PER_BAR + beat,
    pitch: i === beats.length - 1 && i > 0 ? chord.bass + 12 : chord.bass,
    beats: (beats[i + 1] ?? BEATS_PER_BAR) - beat,
    force: i === 0 ? force : force * 0.8,
  }));
}

/** What a caller hears while someone's phone rings: 425 Hz, one second in five, as in Russia and Iran (ITU-T E.180). */
function composeRing(): Float64Array {
  const out = new Float64Array(5 * TELEPHONE_HZ);
  const gain = fromDb(-18) * Math.SQRT2;
  const tone = new Float64Array(TELEPHONE_HZ).map((_, i) => gain * Math.sin((2 * Math.PI * 425 * i) / TELEPHONE_HZ));
  out.set(fadeEdges(tone));
  return out;
}

/** Two soft notes, the second higher (accepted) or lower (ended). */
function composeTwoNotes(first: string, second: string): Float64Array {
  const beatSeconds = 0.12;
  const ring = new Float64Array(Math.round(0.6 * TELEPHONE_HZ));
  const notes = [first, second].map((name, i) => ({ beat: i, pitch: pitchOf(name), beats: 1, force: 1 }));
  play(ring, notes, { ...MARIMBA, decayMs: 160, releaseMs: 60 }, beatSeconds, 1);
  const gain = fromDb(-12) / peak(ring);
  return fadeEdges(cutBelowTelephoneBand(ring.map((x) => x * gain)));
}

/** Every sound without words, always the same to the last bit. */
export function composeSounds(): ComposedSound[] {
  return [
    { audioId: "music.main", text: "Calm hold music: electric piano and plucked strings in C", samples: composeMain() },
    { audioId: "music.bright", text: "Lively hold music: marimba and plucked strings in G", samples: composeBright() },
    { audioId: "tone.ring", text: "Ringing: 425 Hz, one second in five", samples: composeRing() },
    { audioId: "tone.accept", text: "Two rising notes", samples: composeTwoNotes("E5", "A5") },
    { audioId: "tone.end", text: "Two falling notes", samples: composeTwoNotes("A5", "D5") },
    { audioId: "tone.reminder", text: "The same note twice", samples: composeTwoNotes("C6", "C6") },
  ];
}
