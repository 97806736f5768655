import { playOn } from "../../softphone/audio-devices.ts";

/** The sound of a ringing contact: two tones for 0.8 s, then 2.2 s of quiet, made here, no file. */
const RING_S = 3;
const TONE_S = 0.4;
const FIRST_HZ = 660;
const SECOND_HZ = 880;
const LOUDNESS = 0.22;
const FADE_S = 0.02;

/** The samples of one ring. */
export function ringSamples(sampleRate: number): Float32Array<ArrayBuffer> {
  const samples = new Float32Array(Math.round(sampleRate * RING_S));
  for (let index = 0; index < sampleRate * TONE_S * 2; index += 1) {
    const at = index / sampleRate;
    const within = at % TONE_S;
    const hz = at < TONE_S ? FIRST_HZ : SECOND_HZ;
    const fade = Math.min(1, within / FADE_S, (TONE_S - within) / FADE_S);
    samples[index] = Math.sin(2 * Math.PI * hz * at) * LOUDNESS * Math.max(0, fade);
  }
  return samples;
}

let context: AudioContext | null = null;

/** To be called from a press. */
export function readyRinger(): void {
  if (typeof AudioContext === "undefined") return;
  context ??= new AudioContext();
  if (context.state === "suspended") void context.resume();
}

/** Browsers let sound begin only after a press on the page: the first one readies the ringer. */
export function readyRingerOnPress(): () => void {
  const ready = readyRinger;
  globalThis.addEventListener("pointerdown", ready);
  globalThis.addEventListener("keydown", ready);
  return () => {
    globalThis.removeEventListener("pointerdown", ready);
    globalThis.removeEventListener("keydown", ready);
  };
}

/** Rings on a device ("" is the system's) until the given function is called. */
export function ring(deviceId = ""): () => void {
  if (typeof AudioContext === "undefined") return () => undefined;
  context ??= new AudioContext();
  const samples = ringSamples(context.sampleRate);
  const buffer = context.createBuffer(1, samples.length, context.sampleRate);
  buffer.copyToChannel(samples, 0);
  const source = context.createBufferSource();
  source.buffer = buffer;
  source.loop = true;
  const quiet = deviceId === "" ? playHere(context, source) : playElsewhere(context, source, deviceId);
  source.start();
  void context.resume().catch(() => undefined); // not yet pressed: title and notification still tell
  return () => {
    source.stop();
    quiet();
  };
}

function playHere({ destination }: AudioContext, source: AudioNode): () => void {
  source.connect(destination);
  return () => source.disconnect();
}

/** A context's own choice of output is Chromium's only; an element's is known to all that can choose. */
function playElsewhere(from: AudioContext, source: AudioNode, deviceId: string): () => void {
  const stream = from.createMediaStreamDestination();
  source.connect(stream);
  const element = new Audio();
  element.srcObject = stream.stream;
  void playOn(element, deviceId).then(() => element.play().catch(() => undefined));
  return () => {
    source.disconnect();
    element.pause();
    element.srcObject = null;
  };
}
