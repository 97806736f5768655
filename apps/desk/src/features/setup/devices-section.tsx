import type { Device, DeviceSecret } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Button, Group, Modal, Text, Title } from "@mantine/core";
import { IconDeviceLandlinePhone, IconPlus } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { useDirectory } from "../../api/lists.ts";
import { useApi, useApiMutation } from "../../api/queries.ts";
import { ConfirmWithNumbers } from "../../ui/confirm-with-numbers.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { isolate } from "../../ui/isolate.ts";
import { Problem } from "../../ui/problem.tsx";
import { SidePanel } from "../../ui/side-panel.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { SaidLine } from "../trunks/said-line.tsx";
import own from "../trunks/trunks.module.css";
import { DeviceLog } from "./device-log.tsx";
import { AddDevice, ChangeDevice } from "./device-form.tsx";
import { deviceSentences } from "./device-words.ts";
import { PhoneSetup } from "./phone-setup.tsx";
import styles from "./setup.module.css";

/** A phone's state moves with every call; it is looked at so often while the page is open. */
const LOOK_EVERY_MS = 3_000;

/** Desk phones and softphones that register here, and how each does now. */
export function DevicesSection(): ReactNode {
  const { t } = useLingui();
  const list = useApi("devicesList", {}, { everyMs: LOOK_EVERY_MS });
  const [changing, setChanging] = useState<Device | null>(null);
  const [adding, setAdding] = useState(false);
  const [logOf, setLogOf] = useState<Device | null>(null);
  const [retiring, setRetiring] = useState<Device | null>(null);
  const retire = useApiMutation("deviceRetire", ["devicesList"]);
  const [renewing, setRenewing] = useState<Device | null>(null);
  const [renewed, setRenewed] = useState<DeviceSecret | null>(null);
  const renew = useApiMutation("deviceRenew", ["devicesList"]);
  if (list.data === undefined)
    return list.error === null ? <SkeletonRows rows={4} height={36} /> : <Problem failure={list.error} onRetry={list.refetch} />;
  const devices = [...list.data.items].sort((a, b) => Number(a.retired) - Number(b.retired));
  const add = <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>{t`Add a phone`}</Button>;
  return (
    <>
      {devices.length > 0 && <div>{add}</div>}
      {devices.length === 0 && (
        <EmptyState
          icon={IconDeviceLandlinePhone}
          title={t`No phones yet`}
          action={add}
          example={t`For example: the phone on an agent's desk, or the one at the reception.`}
        >{t`Agents answer in the browser, or on a phone of their own: add it here, give it to its person, and they choose it at their desk. A phone can also call your numbers from anywhere.`}</EmptyState>
      )}
      {devices.map((device) => (
        <DeviceCard
          key={device.deviceId}
          device={device}
          onChange={() => setChanging(device)}
          onLog={() => setLogOf(device)}
          onRenew={() => setRenewing(device)}
          onRetire={() => setRetiring(device)}
        />
      ))}
      <Modal
        opened={changing !== null}
        onClose={() => setChanging(null)}
        title={changing?.name ?? ""}
        closeButtonProps={{ "aria-label": t`Close` }}
      >
        {changing !== null && <ChangeDevice key={changing.deviceId} device={changing} onDone={() => setChanging(null)} />}
      </Modal>
      <Modal
        opened={adding}
        onClose={() => setAdding(false)}
        size="lg"
        title={t`Add a phone`}
        closeButtonProps={{ "aria-label": t`Close` }}
      >
        <AddDevice onDone={() => setAdding(false)} />
      </Modal>
      <Modal
        opened={renewed !== null}
        onClose={() => setRenewed(null)}
        size="lg"
        title={t`Set up ${isolate(renewed?.device.name ?? "")}`}
        closeButtonProps={{ "aria-label": t`Close` }}
      >
        {renewed !== null && <PhoneSetup secret={renewed} onDone={() => setRenewed(null)} />}
      </Modal>
      <SidePanel opened={logOf !== null} title={t`What happened on ${isolate(logOf?.name ?? "")}`} onClose={() => setLogOf(null)}>
        {logOf !== null && <DeviceLog key={logOf.deviceId} deviceId={logOf.deviceId} />}
      </SidePanel>
      <ConfirmWithNumbers
        opened={renewing !== null}
        onClose={() => setRenewing(null)}
        title={t`Set up ${isolate(renewing?.name ?? "")} anew?`}
        confirmLabel={t`Make a new password`}
        pending={renew.isPending}
        failure={renew.error}
        effects={[
          renewing?.registered === true
            ? t`1 phone that is connected now loses its registration at once.`
            : t`No phone is connected with it now.`,
          t`Its old password ends for good; the new one is shown once, with a code to scan.`,
        ]}
        kept={t`Name and owner stay, and a call that goes on with it now.`}
        onConfirm={() =>
          renewing !== null &&
          renew.mutate(
            { params: { deviceId: renewing.deviceId } },
            {
              onSuccess: (secret) => {
                setRenewing(null);
                setRenewed(secret);
              },
            },
          )
        }
      />
      <ConfirmWithNumbers
        opened={retiring !== null}
        onClose={() => setRetiring(null)}
        title={t`Retire ${isolate(retiring?.name ?? "")}?`}
        confirmLabel={t({ message: "Retire", context: "button, a thing" })}
        pending={retire.isPending}
        failure={retire.error}
        effects={[
          retiring?.registered === true
            ? t`1 phone that is connected now loses its registration at once.`
            : t`No phone is connected with it now.`,
          t`Its password ends for good: to come back, the phone is added anew.`,
        ]}
        kept={t`Calls already made with it stay in the list.`}
        onConfirm={() =>
          retiring !== null && retire.mutate({ params: { deviceId: retiring.deviceId } }, { onSuccess: () => setRetiring(null) })
        }
      />
    </>
  );
}

function DeviceCard({
  device,
  onChange,
  onLog,
  onRenew,
  onRetire,
}: {
  readonly device: Device;
  readonly onChange: () => void;
  readonly onLog: () => void;
  readonly onRenew: () => void;
  readonly onRetire: () => void;
}): ReactNode {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const { personName } = useDirectory();
  return (
    <article className={styles["card"]} data-retired={device.retired} data-testid="device">
      <Group justify="space-between">
        <Title order={2} size="h3">
          <bdi>{device.name}</bdi>
          <span className={styles["quiet"]}>
            {" "}
            · <bdi dir="ltr">{device.username}</bdi>
            {device.extension !== null && <> · {t`extension ${format.digits(device.extension)}`}</>}
            {device.retired && <> · {t({ message: "retired", context: "a thing" })}</>}
          </span>
        </Title>
        {!device.retired && (
          <Group gap="xs">
            <Button variant="default" size="compact-md" onClick={onChange}>
              {t({ message: "Change", context: "button" })}
            </Button>
            <Button variant="subtle" size="compact-md" aria-haspopup="dialog" onClick={onLog}>{t`What happened`}</Button>
            <Button variant="subtle" size="compact-md" onClick={onRenew}>{t`Set up anew…`}</Button>
            <Button variant="subtle" size="compact-md" onClick={onRetire}>{t`Retire…`}</Button>
          </Group>
        )}
      </Group>
      {device.personId !== null && (
        <Text size="sm">
          <bdi>{personName(device.personId)}</bdi> · {device.chosen ? t`takes calls on it` : t`takes calls elsewhere`}
        </Text>
      )}
      {!device.retired && (
        <ul className={own["says"]} aria-label={t`How it fares`}>
          {deviceSentences(device, i18n, format).map((said) => (
            <SaidLine key={said.text} said={said} />
          ))}
        </ul>
      )}
    </article>
  );
}
