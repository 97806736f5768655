import type { Device, ResponseOf } from "@allo/contract";
import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Button, Code, Group, Modal, Select, Stack, Text, TextInput } from "@mantine/core";
import { IconDeviceLandlinePhone, IconKey, IconPhoneCheck, IconPhoneOff, IconPlus } from "@tabler/icons-react";
import { useState, type FormEvent, type ReactNode } from "react";
import { useDirectory } from "../../api/lists.ts";
import { useApi, useApiMutation } from "../../api/queries.ts";
import { ConfirmWithNumbers } from "../../ui/confirm-with-numbers.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Problem } from "../../ui/problem.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { CopyValue } from "./copy-line.tsx";
import styles from "./setup.module.css";

type Secret = ResponseOf<"deviceCreate">;

/** Desk phones and softphones that register here. */
export function DevicesSection(): ReactNode {
  const { t } = useLingui();
  const list = useApi("devicesList", {});
  const { personName } = useDirectory();
  const [adding, setAdding] = useState(false);
  const [retiring, setRetiring] = useState<Device | null>(null);
  const retire = useApiMutation("deviceRetire", ["devicesList"]);
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
          example={t`For example: the phone at the reception, which calls the support number.`}
        >{t`Agents answer in the browser. A phone added here can call your numbers from anywhere, with a name and a password of its own.`}</EmptyState>
      )}
      {devices.map((device) => (
        <div key={device.deviceId} className={styles["line"]} data-retired={device.retired}>
          <span className={styles["grow"]}>
            <bdi>{device.name}</bdi>{" "}
            <span className={styles["quiet"]}>
              <bdi dir="ltr">{device.username}</bdi>
              {device.personId !== null && (
                <>
                  {" "}
                  · <bdi>{personName(device.personId)}</bdi>
                </>
              )}
            </span>
          </span>
          <span className={styles["quiet"]}>
            {device.retired ? (
              t({ message: "retired", context: "a thing" })
            ) : device.registered ? (
              <>
                <IconPhoneCheck size={16} style={{ verticalAlign: "-3px" }} aria-hidden /> {t`connected`}{" "}
                <bdi dir="ltr">{device.userAgent ?? ""}</bdi>
              </>
            ) : (
              <>
                <IconPhoneOff size={16} style={{ verticalAlign: "-3px" }} aria-hidden /> {t`not connected`}
              </>
            )}
          </span>
          {!device.retired && <Button variant="subtle" size="compact-sm" onClick={() => setRetiring(device)}>{t`Retire…`}</Button>}
        </div>
      ))}
      <Modal opened={adding} onClose={() => setAdding(false)} title={t`Add a phone`} closeButtonProps={{ "aria-label": t`Close` }}>
        <AddDevice onDone={() => setAdding(false)} />
      </Modal>
      <ConfirmWithNumbers
        opened={retiring !== null}
        onClose={() => setRetiring(null)}
        title={t`Retire ${retiring?.name ?? ""}?`}
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

function AddDevice({ onDone }: { readonly onDone: () => void }): ReactNode {
  const { t } = useLingui();
  const { personChoices } = useDirectory();
  const create = useApiMutation("deviceCreate", ["devicesList"]);
  const [name, setName] = useState("");
  const [personId, setPersonId] = useState<string | null>(null);
  const [secret, setSecret] = useState<Secret | null>(null);
  if (secret !== null) return <SecretShown secret={secret} onDone={onDone} />;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    create.mutate({ body: { name: name.trim(), personId } }, { onSuccess: setSecret });
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label={t({ message: "Name", context: "of a thing" })}
          placeholder={t`Reception`}
          required
          data-autofocus
          dir={name === "" ? undefined : "auto"}
          maxLength={120}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Select
          label={t`Whose is it`}
          data={personChoices}
          clearable
          searchable
          placeholder={t`Nobody's: it stands in a room`}
          nothingFoundMessage={t`Nothing found`}
          value={personId}
          onChange={setPersonId}
        />
        <Problem failure={create.error} />
        <Group justify="flex-end">
          <Button type="submit" loading={create.isPending}>{t`Add and get the password`}</Button>
        </Group>
      </Stack>
    </form>
  );
}

function SecretShown({ secret, onDone }: { readonly secret: Secret; readonly onDone: () => void }): ReactNode {
  const { t } = useLingui();
  const rows = [
    [t({ message: "Server", context: "of a phone" }), `${secret.domain}:${String(secret.port)}`],
    [t({ message: "User", context: "of a phone" }), secret.username],
    [t`Password`, secret.password],
  ] as const;
  return (
    <Stack data-testid="device-secret">
      <Alert color="accent" variant="light" icon={<IconKey aria-hidden />} styles={{ message: { color: "var(--text)" } }}>
        <Trans>The password is shown only now. Type all three into the phone, over UDP or TCP.</Trans>
      </Alert>
      {rows.map(([label, value]) => (
        <Group key={label} justify="space-between" wrap="nowrap">
          <div style={{ minInlineSize: 0 }}>
            <Text size="sm" c="dimmed">
              {label}
            </Text>
            <Code dir="ltr" style={{ overflowWrap: "anywhere" }}>
              {value}
            </Code>
          </div>
          <CopyValue value={value} label={label} />
        </Group>
      ))}
      <Group justify="flex-end">
        <Button onClick={onDone}>{t`Done, the phone has them`}</Button>
      </Group>
    </Stack>
  );
}
