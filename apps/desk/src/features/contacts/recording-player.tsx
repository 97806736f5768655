import type { RecordingMarker } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { ActionIcon, Button, Group, Select, Text } from "@mantine/core";
import { IconPlayerPauseFilled, IconPlayerPlayFilled } from "@tabler/icons-react";
import { useRef, type KeyboardEvent, type ReactNode } from "react";
import { apiAddress } from "../../api/client.ts";
import { useApi } from "../../api/queries.ts";
import { Problem } from "../../ui/problem.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { Duration } from "../../ui/values.tsx";
import styles from "./contacts.module.css";
import { markerWords } from "./marker-words.ts";
import { playerActOf, playerRates, rateAfter } from "./player-keys.ts";
import { useWaveform } from "./use-waveform.ts";

export type RecordingPlayerProps = { readonly recordingId: string; readonly state: string };

/** A call's sound as two rows, the customer's above the agent's. Nothing is fetched, and nothing logged as heard, before it is played. */
export function RecordingPlayer({ recordingId, state }: RecordingPlayerProps): ReactNode {
  const { t } = useLingui();
  const meta = useApi("recordingGet", { params: { recordingId } }, { enabled: state === "saved" || state === "cut" || state === "failed" });
  if (state === "recording") return <Text size="sm" c="dimmed">{t`The call is being recorded. It can be heard when it is over.`}</Text>;
  if (state === "failed" && (meta.error !== null || meta.data?.durationMs === 0))
    return <Text size="sm">{t`The recording failed: there is nothing to hear.`}</Text>;
  if (meta.data === undefined)
    return meta.error === null ? <SkeletonRows rows={2} height={48} /> : <Problem failure={meta.error} onRetry={meta.refetch} />;
  return (
    <Player
      recordingId={recordingId}
      durationMs={meta.data.durationMs}
      left={meta.data.peaks.left}
      right={meta.data.peaks.right}
      markers={meta.data.markers}
      ended={state === "cut" || state === "failed" ? state : "whole"}
    />
  );
}

type PlayerProps = {
  readonly recordingId: string;
  readonly durationMs: number;
  readonly left: readonly number[];
  readonly right: readonly number[];
  readonly markers: readonly RecordingMarker[];
  readonly ended: "whole" | "cut" | "failed";
};

function Player({ recordingId, durationMs, left, right, markers, ended }: PlayerProps): ReactNode {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const box = useRef<HTMLDivElement>(null);
  const wave = useWaveform(box, { url: apiAddress("recordingAudio", { params: { recordingId } }), durationMs, left, right });
  const onKey = (event: KeyboardEvent): void => {
    const act = playerActOf(event);
    if (act === null) return;
    event.preventDefault();
    if (act.kind === "toggle") wave.toggle();
    if (act.kind === "seekBy") wave.seekTo(wave.atMs / 1_000 + act.seconds);
    if (act.kind === "seekTo") wave.seekTo((durationMs / 1_000) * act.share);
    if (act.kind === "rateBy") wave.setRate(rateAfter(wave.rate, act.steps));
  };
  const rates = playerRates.map((rate) => ({ value: String(rate), label: `${format.number(rate)}×` }));
  return (
    <div className={styles["player"]} data-testid="player">
      <div className={styles["rows"]} dir="ltr">
        <div className={styles["channels"]}>
          <span>{t`Customer`}</span>
          <span>{t`Agent`}</span>
        </div>
        <div className={styles["waveBox"]}>
          <div
            ref={box}
            className={styles["wave"]}
            role="slider"
            tabIndex={0}
            aria-label={t`Place in the recording: space plays, arrows move, up and down change the speed`}
            aria-valuemin={0}
            aria-valuemax={Math.round(durationMs / 1_000)}
            aria-valuenow={Math.round(wave.atMs / 1_000)}
            aria-valuetext={format.duration(wave.atMs)}
            onKeyDown={onKey}
          />
          {markers.map((marker) => (
            <span
              key={`${marker.kind} ${marker.atMs}`}
              className={styles["marker"]}
              data-kind={marker.kind}
              style={{ left: `${(marker.atMs / Math.max(1, durationMs)) * 100}%` }}
              title={i18n._(markerWords[marker.kind])}
              aria-hidden
            />
          ))}
        </div>
      </div>
      <Group gap="sm" mt="xs">
        <ActionIcon
          variant="filled"
          size="lg"
          onClick={wave.toggle}
          aria-label={wave.playing ? t({ message: "Pause", context: "player" }) : t({ message: "Play", context: "player" })}
        >
          {wave.playing ? <IconPlayerPauseFilled size={18} aria-hidden /> : <IconPlayerPlayFilled size={18} aria-hidden />}
        </ActionIcon>
        <span dir="ltr">
          <Duration ms={wave.atMs} /> / <Duration ms={durationMs} />
        </span>
        <Select
          aria-label={t`Speed`}
          size="xs"
          w={90}
          data={rates}
          value={String(wave.rate)}
          allowDeselect={false}
          onChange={(value) => value !== null && wave.setRate(Number(value))}
        />
      </Group>
      {markers.length > 0 && (
        <Group gap={4} mt={4} role="group" aria-label={t`What happened in the talk`}>
          {markers.map((marker) => (
            <Button
              key={`${marker.kind} ${marker.atMs}`}
              variant="subtle"
              size="compact-xs"
              onClick={() => wave.seekTo(marker.atMs / 1_000)}
            >
              {t`${format.duration(marker.atMs)} ${i18n._(markerWords[marker.kind])}`}
            </Button>
          ))}
        </Group>
      )}
      {ended === "failed" && <Text size="sm">{t`The recording broke off: only what stands here was kept.`}</Text>}
      {ended === "cut" && <Text size="sm" c="dimmed">{t`The program stopped while this was recorded: the end may be missing.`}</Text>}
      {wave.failed && <Problem failure={wave.failed} />}
    </div>
  );
}
