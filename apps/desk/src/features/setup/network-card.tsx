import type { AccessState } from "@allo/contract";
import { Trans, useLingui } from "@lingui/react/macro";
import { Anchor, Button, Group, Stack, Text } from "@mantine/core";
import { IconDevices, IconDownload } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Problem } from "../../ui/problem.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { reachFixedWords } from "./address-words.ts";
import { CopyLine } from "./copy-line.tsx";
import { QrCode } from "./qr-code.tsx";
import { useAccess, useAccessChange } from "./use-access.ts";

/** How agents on other machines of the network get in: one press opens the program to them, then the page that installs the authority. */
export function OtherMachines(): ReactNode {
  const access = useAccess();
  if (access.data === undefined)
    return access.error === null ? <SkeletonRows rows={2} height={36} /> : <Problem failure={access.error} onRetry={access.refetch} />;
  return access.data.reach.isReachable ? <Open access={access.data} /> : <Closed access={access.data} />;
}

function Closed({ access }: { readonly access: AccessState }): ReactNode {
  const { t, i18n } = useLingui();
  const change = useAccessChange("accessReachPut");
  const { fixedBy } = access.reach;
  return (
    <Stack gap="sm" align="start">
      <Text>
        <Trans>
          So far only this machine can open Allo. Let the local network in, and agents open it in their own browsers. Their connection is
          encrypted, by a certificate authority that Allo makes for itself, so that microphones work.
        </Trans>
      </Text>
      {fixedBy === null ? (
        <Button
          leftSection={<IconDevices size={16} aria-hidden />}
          loading={change.isPending}
          onClick={() => change.mutate({ body: { isReachable: true } })}
        >{t`Let the local network in`}</Button>
      ) : (
        <Text c="dimmed">{i18n._(reachFixedWords[fixedBy])}</Text>
      )}
      <Problem failure={change.error} />
    </Stack>
  );
}

function Open({ access }: { readonly access: AccessState }): ReactNode {
  const { t } = useLingui();
  const { install, authority, mode } = access;
  const best = access.addresses.find((address) => address.kind !== "thisMachine");
  if (install === null || authority === null || mode === "acme" || mode === "given") {
    return (
      <Stack gap="sm">
        <Text>
          {mode === "none" ? (
            <Trans>Other machines can open Allo, but over plain HTTP, where browsers give no microphone. HTTPS is needed for calls.</Trans>
          ) : (
            <Trans>Agents open Allo at this address. There is nothing to install.</Trans>
          )}
        </Text>
        {best !== undefined && <CopyLine value={best.url} label={t`Address`} />}
      </Stack>
    );
  }
  return (
    <Group gap="lg" align="start">
      <QrCode text={install.url} label={t`QR code of the install page`} />
      <Stack gap="sm" flex={1} miw={220}>
        <Text>
          <Trans>
            On each machine or phone of an agent, open this page once and follow its steps. Afterwards Allo opens there without warnings,
            and the microphone works.
          </Trans>
        </Text>
        <CopyLine value={install.url} label={t`Install page`} />
        <Text size="sm" c="dimmed">
          <Trans>Fingerprint to compare (SHA-256):</Trans>
        </Text>
        <CopyLine value={authority.fingerprint} label={t`Fingerprint`} />
        <Text size="sm" c="dimmed">
          <Trans>Windows shows this one instead (SHA-1):</Trans>
        </Text>
        <CopyLine value={authority.thumbprint} label={t`Thumbprint`} />
        <Group gap="md">
          <Anchor href={install.url} target="_blank" rel="noreferrer">{t`Open the install page`}</Anchor>
          <Anchor href="/install/allo-ca.crt" download>
            <IconDownload size={16} style={{ verticalAlign: "-3px" }} aria-hidden /> {t`Download the authority's certificate`}
          </Anchor>
        </Group>
      </Stack>
    </Group>
  );
}
