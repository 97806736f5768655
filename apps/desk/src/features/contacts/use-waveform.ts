import { useMantineColorScheme } from "@mantine/core";
import { useCallback, useEffect, useRef, useState, type RefObject } from "react";
import WaveSurfer from "wavesurfer.js";
import { ApiProblem } from "../../api/problem.ts";

export type WaveSource = {
  readonly url: string;
  readonly durationMs: number;
  readonly left: readonly number[];
  readonly right: readonly number[];
};
export type Waveform = {
  readonly playing: boolean;
  readonly atMs: number;
  readonly rate: number;
  readonly failed: ApiProblem | null;
  readonly toggle: () => void;
  readonly seekTo: (seconds: number) => void;
  readonly setRate: (rate: number) => void;
};

const ROW_HEIGHT = 48;
const unplayable = new ApiProblem({ status: 0, code: "recordingUnavailable", detail: null, fields: [] });

/** A waveform drawn from the server's peaks; the sound itself is fetched in ranges when it is played. */
export function useWaveform(box: RefObject<HTMLDivElement | null>, source: WaveSource): Waveform {
  const { colorScheme } = useMantineColorScheme();
  const wave = useRef<WaveSurfer | null>(null);
  const [playing, setPlaying] = useState(false);
  const [atMs, setAtMs] = useState(0);
  const [rate, setRateShown] = useState(1);
  const [failed, setFailed] = useState<ApiProblem | null>(null);
  const { url, durationMs, left, right } = source;
  useEffect(() => {
    const container = box.current;
    if (container === null) return undefined;
    const colour = (name: string): string => getComputedStyle(container).getPropertyValue(name).trim();
    const media = document.createElement("audio");
    media.preload = "none";
    const row = { waveColor: colour("--line-strong"), progressColor: colour("--accent"), height: ROW_HEIGHT };
    const made = WaveSurfer.create({
      container,
      media,
      peaks: [[...left], [...right]],
      duration: durationMs / 1_000,
      splitChannels: [row, { ...row, progressColor: colour("--state-talking") }],
      cursorColor: colour("--text"),
      cursorWidth: 2,
      barWidth: 2,
      barGap: 1,
      normalize: false,
      url,
    });
    made.on("play", () => setPlaying(true));
    made.on("pause", () => setPlaying(false));
    made.on("finish", () => setPlaying(false));
    made.on("timeupdate", (seconds) => setAtMs(seconds * 1_000));
    media.addEventListener("error", () => setFailed(unplayable));
    wave.current = made;
    return () => {
      wave.current = null;
      made.destroy();
    };
  }, [box, url, durationMs, left, right, colorScheme]);
  const toggle = useCallback(() => {
    setFailed(null);
    wave.current?.playPause().catch(() => setFailed(unplayable));
  }, []);
  const seekTo = useCallback(
    (seconds: number) => {
      const at = Math.max(0, Math.min(durationMs / 1_000, seconds));
      wave.current?.setTime(at);
      setAtMs(at * 1_000);
    },
    [durationMs],
  );
  const setRate = useCallback((next: number) => {
    wave.current?.setPlaybackRate(next, true);
    setRateShown(next);
  }, []);
  return { playing, atMs, rate, failed, toggle, seekTo, setRate };
}
