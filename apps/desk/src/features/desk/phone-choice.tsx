import type { DeskState } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Radio, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useChoosePhone } from "./use-choose-phone.ts";

const BROWSER = "browser";

/** Which of one's phones rings. Not in a call: its sound is on the phone that it came to, unless that one is lost. */
export function PhoneChoice({ desk }: { readonly desk: DeskState }): ReactNode {
  const { t } = useLingui();
  const { choose, wished } = useChoosePhone(); // left enabled meanwhile: a press must not lose the focus
  const inCall = desk.state === "ringing" || (desk.state === "talking" && (desk.contact?.mediaLostSince ?? null) === null);
  return (
    <Radio.Group
      mt="sm"
      name="phone"
      label={t`Calls ring at`}
      description={inCall ? t`During a call it can't be changed.` : undefined}
      value={(wished === undefined ? desk.device?.deviceId : wished) ?? BROWSER}
      onChange={(value) => choose(value === BROWSER ? null : value)}
    >
      <Stack gap="xs" mt="xs" data-testid="phone-choice">
        <Radio value={BROWSER} label={t`This browser`} disabled={inCall} />
        {desk.devices.map((device) => (
          <Radio
            key={device.deviceId}
            value={device.deviceId}
            disabled={inCall}
            label={<bdi>{device.name}</bdi>}
            description={
              <Text component="span" size="sm" data-can-ring={device.canRing}>
                {device.canRing ? t`connected` : t`not connected`}
              </Text>
            }
          />
        ))}
      </Stack>
    </Radio.Group>
  );
}
