import type { WorkplaceFigures } from "@allo/contract";
import { canChooseOutput, playOn, ringsApart, useAudioChoice } from "../../softphone/audio-devices.ts";
import { useHeadset } from "../../softphone/headset-shell.ts";
import { openMicrophone } from "../../softphone/microphone.ts";
import { phoneStats } from "../../softphone/phone-store.ts";
import { browserNamed } from "./browser-facts.ts";
import { chirp, findChirp, FLOOR_DBFS, levelDbfs, steadiness } from "./signal.ts";
import { lineOf } from "./line-stats.ts";

export const measureLimits = {
  noiseMs: 700,
  /** From the chirp's first sample until the room and the sound card have given it back. */ chirpMs: 620,
  speechMs: 3_000,
  /** Speech is that much louder than the room, for so long. */ speechOverNoiseDb: 12,
  speechEnoughMs: 400,
  pollMs: 40,
  roundTrips: 15,
  roundTripEveryMs: 60,
  roundTripTimeoutMs: 2_000,
  timerMs: 50,
  /** A phone that was turned on for the check has proof of its path by then, or never. */ provenMs: 4_000,
  allMs: 9_500,
} as const;

export type MeasureStage = "microphone" | "echo" | "speech" | "network";
export type MeasurePorts = {
  readonly signal: AbortSignal;
  readonly onStage: (stage: MeasureStage) => void;
  /** What the microphone hears now, dBFS. */ readonly onLevel: (dbfs: number) => void;
  readonly linkOpen: () => boolean;
  readonly pathProven: () => boolean | null;
  /** The phone was turned on for the check: so long it is waited for its path. */ readonly untilProven: number;
};

/** Looks at everything a call needs here, in under ten seconds. Rejects only when it is aborted. */
export async function measureWorkplace(ports: MeasurePorts): Promise<WorkplaceFigures> {
  const { signal } = ports;
  const lateness = watchTimers(signal);
  const network = roundTrips(signal);
  ports.onStage("microphone");
  const sound = await measureSound(ports);
  const devices = await outputs();
  ports.onStage("network");
  const burst = await network;
  for (const until = performance.now() + Math.min(ports.untilProven, measureLimits.provenMs); performance.now() < until;) {
    if (ports.pathProven() === true) break;
    await pause(measureLimits.pollMs, signal);
  }
  const line = lineOf(await phoneStats());
  signal.throwIfAborted();
  const choice = useAudioChoice.getState();
  const named = (deviceId: string): string | null =>
    devices.find((device) => device.deviceId === (deviceId === "" ? "default" : deviceId))?.label ?? null;
  return {
    browser: {
      ...browserNamed(navigator.userAgent),
      secure: globalThis.isSecureContext,
      calls: typeof RTCPeerConnection !== "undefined",
      timerDelayMs: lateness(),
      notifications: "Notification" in globalThis ? Notification.permission : "unsupported",
    },
    microphone: sound.microphone,
    headset: {
      label: short(named(choice.headset)),
      outputs: countOutputs(devices),
      buttons: short(useHeadset.getState().name),
    },
    ringer: { label: short(named(choice.ringer)), sameAsHeadset: !ringsApart(choice) },
    echo: sound.echo,
    network: {
      linkOpen: ports.linkOpen(),
      roundTripMs: line?.roundTripMs ?? burst.medianMs,
      jitterMs: line?.jitterMs ?? burst.jitterMs,
      loss: line?.lossShare ?? burst.loss,
      pathProven: ports.pathProven(),
    },
  };
}

type Sound = Pick<WorkplaceFigures, "microphone" | "echo">;
const nothing = { label: null, noiseDbfs: null, speechDbfs: null, flat: false } as const;

async function measureSound(ports: MeasurePorts): Promise<Sound> {
  const unheard = { correlation: null, delayMs: null };
  // Raw: an echo canceller would take away what is looked for.
  const opened = await openMicrophone(false);
  if (opened.kind === "failed") return { microphone: { ...nothing, problem: opened.problem }, echo: unheard };
  const { stream } = opened;
  const label = short(stream.getAudioTracks()[0]?.label ?? null);
  const context = new AudioContext();
  try {
    // Without a press on the page sound may neither be played nor analysed: then that much is said.
    if (context.state === "suspended") await Promise.race([context.resume(), pause(300, ports.signal)]);
    if (context.state !== "running") return { microphone: { ...nothing, problem: null, label }, echo: unheard };
    const analyser = new AnalyserNode(context, { fftSize: 32_768, smoothingTimeConstant: 0 });
    context.createMediaStreamSource(stream).connect(analyser);
    const noise = await listen(analyser, ports, measureLimits.noiseMs);
    ports.onStage("echo");
    const echo = await measureEcho(context, analyser, ports.signal);
    ports.onStage("speech");
    const spoken = await hearSpeech(analyser, ports, noise.dbfs);
    return {
      microphone: { problem: null, label, noiseDbfs: noise.dbfs, speechDbfs: spoken.dbfs, flat: noise.flat && spoken.flat },
      echo,
    };
  } finally {
    for (const track of stream.getTracks()) track.stop();
    void context.close().catch(() => undefined);
  }
}

/** The level of the last moment, and whether every sample of it was nought. */
function glance(analyser: AnalyserNode): { readonly dbfs: number; readonly flat: boolean } {
  const samples = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(samples);
  const recent = samples.subarray(samples.length - 2_048);
  return { dbfs: levelDbfs(recent), flat: recent.every((sample) => sample === 0) };
}

async function listen(
  analyser: AnalyserNode,
  ports: MeasurePorts,
  forMs: number,
): Promise<{ readonly dbfs: number; readonly flat: boolean }> {
  const levels: number[] = [];
  let flat = true;
  for (const until = performance.now() + forMs; performance.now() < until;) {
    await pause(measureLimits.pollMs, ports.signal);
    const seen = glance(analyser);
    levels.push(seen.dbfs);
    flat &&= seen.flat;
    ports.onLevel(seen.dbfs);
  }
  const sorted = levels.toSorted((a, b) => a - b);
  return { dbfs: sorted[sorted.length >> 1] ?? FLOOR_DBFS, flat };
}

/** Ends as soon as enough was said; the loudest moment counts. Nobody spoke: no level. */
async function hearSpeech(
  analyser: AnalyserNode,
  ports: MeasurePorts,
  noiseDbfs: number,
): Promise<{ readonly dbfs: number | null; readonly flat: boolean }> {
  let spokenMs = 0;
  let loudest: number | null = null;
  let flat = true;
  for (const until = performance.now() + measureLimits.speechMs; performance.now() < until;) {
    await pause(measureLimits.pollMs, ports.signal);
    const seen = glance(analyser);
    ports.onLevel(seen.dbfs);
    flat &&= seen.flat;
    if (seen.dbfs < noiseDbfs + measureLimits.speechOverNoiseDb) continue;
    spokenMs += measureLimits.pollMs;
    loudest = Math.max(loudest ?? FLOOR_DBFS, seen.dbfs);
    if (spokenMs >= measureLimits.speechEnoughMs) break;
  }
  return { dbfs: spokenMs >= measureLimits.speechEnoughMs / 2 ? loudest : null, flat };
}

/** Plays the chirp on the headset and looks for it in what the microphone hears. */
async function measureEcho(context: AudioContext, analyser: AnalyserNode, signal: AbortSignal): Promise<WorkplaceFigures["echo"]> {
  const samples = chirp(context.sampleRate);
  const buffer = context.createBuffer(1, samples.length, context.sampleRate);
  buffer.copyToChannel(samples, 0);
  const source = new AudioBufferSourceNode(context, { buffer });
  const { headset } = useAudioChoice.getState();
  const element = new Audio();
  if (headset === "") source.connect(context.destination);
  else {
    const out = context.createMediaStreamDestination();
    source.connect(out);
    element.srcObject = out.stream;
    await playOn(element, headset);
    await element.play().catch(() => undefined);
  }
  source.start();
  await pause(measureLimits.chirpMs, signal);
  const heard = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(heard);
  element.srcObject = null;
  const { correlation, delayMs } = findChirp(heard, context.sampleRate);
  return { correlation, delayMs };
}

/** To the core and back, some times in a row; what gets no answer is lost. */
async function roundTrips(
  signal: AbortSignal,
): Promise<{ readonly medianMs: number | null; readonly jitterMs: number | null; readonly loss: number | null }> {
  const times: number[] = [];
  for (let count = 0; count < measureLimits.roundTrips && !signal.aborted; count += 1) {
    const from = performance.now();
    const limit = AbortSignal.any([signal, AbortSignal.timeout(measureLimits.roundTripTimeoutMs)]);
    const answered = await fetch("/healthz", { cache: "no-store", signal: limit }).then(
      () => true,
      () => false,
    );
    if (answered) times.push(performance.now() - from);
    // One that never answers mustn't hold up the rest.
    else if (times.length === 0 && count >= 2) break;
    await pause(measureLimits.roundTripEveryMs, signal).catch(() => undefined);
  }
  // The first one may open a connection.
  const steady = steadiness(times.slice(1));
  return { medianMs: steady?.medianMs ?? null, jitterMs: steady?.jitterMs ?? null, loss: times.length === 0 ? 1 : null };
}

/** How late short timers come while the check runs; the worst of them. */
function watchTimers(signal: AbortSignal): () => number {
  let worst = 0;
  let from = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    worst = Math.max(worst, now - from - measureLimits.timerMs);
    from = now;
  }, measureLimits.timerMs);
  const stop = (): void => clearInterval(timer);
  signal.addEventListener("abort", stop);
  return () => {
    stop();
    return Math.max(0, worst);
  };
}

async function outputs(): Promise<readonly MediaDeviceInfo[]> {
  const media = navigator.mediaDevices as MediaDevices | undefined;
  const all = await media?.enumerateDevices().catch(() => []);
  return (all ?? []).filter(({ kind }) => kind === "audiooutput");
}

/** Aliases of the system's choice aren't devices. A browser that lists none says nothing of how many there are. */
function countOutputs(devices: readonly MediaDeviceInfo[]): number | null {
  if (!canChooseOutput()) return null;
  const real = devices.filter(({ deviceId }) => deviceId !== "default" && deviceId !== "communications" && deviceId !== "");
  return real.length === 0 ? null : real.length;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}

const LABEL_MAX = 120;
const short = (label: string | null): string | null => (label === null || label === "" ? null : label.slice(0, LABEL_MAX));
