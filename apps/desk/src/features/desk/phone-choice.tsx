import type { DeskState } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Radio, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { startPhone } from "../../softphone/phone-store.ts";
import { useMe } from "../session/session.ts";
import { useDeskAct } from "./use-desk.ts";

const BROWSER = "browser";

/** Which of one's phones rings. Not in a call: its sound is on the phone that it came to, unless that one is lost. */
export function PhoneChoice({ desk }: { readonly desk: DeskState }): ReactNode {
  const { t } = useLingui();
  const { personId } = useMe();
  const choose = useDeskAct("deskPhonePut");
  const inCall = desk.state === "ringing" || (desk.state === "talking" && (desk.contact?.mediaLostSince ?? null) === null);
  // What was pressed is shown at once; a refusal shows what is.
  const shown = choose.isPending ? choose.variables.body.deviceId : desk.device?.deviceId;
  const change = (value: string): void => {
    const deviceId = value === BROWSER ? null : value;
    choose.mutate({ body: { deviceId } }, { onSuccess: () => deviceId === null && startPhone(personId) });
  };
  return (
    <Radio.Group
      mt="sm"
      name="phone"
      label={t`Calls ring at`}
      description={inCall ? t`During a call it can't be changed.` : undefined}
      value={shown ?? BROWSER}
      onChange={change}
    >
      <Stack gap="xs" mt="xs" data-testid="phone-choice">
        <Radio value={BROWSER} label={t`This browser`} disabled={inCall || choose.isPending} />
        {desk.devices.map((device) => (
          <Radio
            key={device.deviceId}
            value={device.deviceId}
            disabled={inCall || choose.isPending}
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
