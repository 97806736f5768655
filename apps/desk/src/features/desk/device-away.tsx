import type { DeskState } from "@allo/contract";
import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Button, Title } from "@mantine/core";
import { IconPhoneOff } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useChoosePhone } from "./use-choose-phone.ts";

/** The chosen phone can't ring: no calls come, and what to do about it. */
export function DeviceAway({ device }: { readonly device: NonNullable<DeskState["device"]> }): ReactNode {
  const { t } = useLingui();
  const { choose, pending } = useChoosePhone();
  const name = <bdi>{device.name}</bdi>;
  return (
    <Alert
      color="yellow"
      icon={<IconPhoneOff aria-hidden />}
      role="status"
      data-testid="device-away"
      styles={{ message: { color: "var(--text)" } }}
    >
      <Title order={2} size="h4" mb="xs">{t`Your phone can't ring`}</Title>
      {device.trouble === "noAnswer" ? (
        <Trans>{name} doesn't answer when it is called. Look at its network, or switch it off and on again.</Trans>
      ) : device.trouble === "wrongPassword" ? (
        <Trans>{name} shows a wrong password. Ask an administrator for a new one.</Trans>
      ) : (
        <Trans>{name} isn't connected. Look whether it is switched on and has its network; calls come as soon as it is back.</Trans>
      )}
      <div>
        <Button mt="sm" size="compact-md" loading={pending} onClick={() => choose(null)}>{t`Let this browser ring`}</Button>
      </div>
    </Alert>
  );
}
