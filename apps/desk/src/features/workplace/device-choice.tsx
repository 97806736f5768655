import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, NativeSelect, Stack, Text } from "@mantine/core";
import { IconBell } from "@tabler/icons-react";
import { useEffect, useState, type ReactNode } from "react";
import { canChooseOutput, chooseAudio, useAudioChoice } from "../../softphone/audio-devices.ts";
import { readyRinger, ring } from "../desk/ringer.ts";
import { useCheck } from "./check-store.ts";

const TRIAL_RING_MS = 1_500;

/** Microphone, headset and ringer, each chosen apart; remembered in this browser. */
export function DeviceChoice(): ReactNode {
  const { t } = useLingui();
  const choice = useAudioChoice();
  const devices = useDevices();
  const named = (kind: MediaDeviceKind): { value: string; label: string }[] => [
    { value: "", label: t`As the system chooses` },
    ...devices
      .filter(
        (device) => device.kind === kind && device.deviceId !== "" && device.deviceId !== "default" && device.deviceId !== "communications",
      )
      .map(({ deviceId, label }) => ({ value: deviceId, label: label === "" ? t`Device without a name` : label })),
  ];
  const tryRinger = (): void => {
    readyRinger();
    const stop = ring(choice.ringer);
    setTimeout(stop, TRIAL_RING_MS);
  };
  return (
    <Stack gap="sm">
      <NativeSelect
        label={t`Microphone`}
        data={named("audioinput")}
        value={choice.microphone}
        onChange={(event) => chooseAudio({ microphone: event.currentTarget.value })}
      />
      {canChooseOutput() ? (
        <>
          <NativeSelect
            label={t`Headset: customers are heard here`}
            data={named("audiooutput")}
            value={choice.headset}
            onChange={(event) => chooseAudio({ headset: event.currentTarget.value })}
          />
          <Group align="flex-end" wrap="nowrap">
            <NativeSelect
              flex={1}
              label={t`Ringer: calls are announced here`}
              data={named("audiooutput")}
              value={choice.ringer}
              onChange={(event) => chooseAudio({ ringer: event.currentTarget.value })}
            />
            <Button variant="default" onClick={tryRinger} leftSection={<IconBell size={16} aria-hidden />}>{t`Try`}</Button>
          </Group>
        </>
      ) : (
        <Text size="sm" c="dimmed">
          <Trans>This browser plays everything on the system's device: choose the headset in the system.</Trans>
        </Text>
      )}
    </Stack>
  );
}

/** The devices there are; their names are known once the microphone was allowed. */
function useDevices(): readonly MediaDeviceInfo[] {
  const [devices, setDevices] = useState<readonly MediaDeviceInfo[]>([]);
  const checked = useCheck((state) => state.run.kind);
  useEffect(() => {
    const media = navigator.mediaDevices as MediaDevices | undefined;
    if (media === undefined) return undefined;
    const read = (): void =>
      void media.enumerateDevices().then(
        (all) => setDevices(all),
        () => setDevices([]),
      );
    read();
    media.addEventListener("devicechange", read);
    return () => media.removeEventListener("devicechange", read);
  }, [checked]);
  return devices;
}
