import type { AccessAddress, AccessState, CertificateFacts } from "@allo/contract";
import { Trans, useLingui } from "@lingui/react/macro";
import { Anchor, Button, Group, Stack, Text, Title } from "@mantine/core";
import { IconMicrophone, IconMicrophoneOff } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { ConfirmWithNumbers } from "../../ui/confirm-with-numbers.tsx";
import { Problem } from "../../ui/problem.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { addressKinds, certificateSources, reachFixedWords } from "./address-words.ts";
import { CopyLine } from "./copy-line.tsx";
import { OtherMachines } from "./network-card.tsx";
import { PublicCertificate } from "./address-public.tsx";
import styles from "./setup.module.css";
import { useAccess, useAccessChange } from "./use-access.ts";

/** By which addresses this centre is reached, and by which certificate. */
export function AddressSection(): ReactNode {
  const { t } = useLingui();
  const access = useAccess();
  if (access.data === undefined)
    return access.error === null ? <SkeletonRows rows={4} height={56} /> : <Problem failure={access.error} onRetry={access.refetch} />;
  const state = access.data;
  return (
    <>
      <section className={styles["card"]} aria-labelledby="access-addresses">
        <Title order={2} size="h4" id="access-addresses">{t`Addresses`}</Title>
        {state.addresses.map((address) => (
          <AddressLine key={address.url} address={address} />
        ))}
        {state.trustedProxies.length > 0 && (
          <Text size="sm" c="dimmed">
            <Trans>
              Reverse proxies that are believed: <bdi dir="ltr">{state.trustedProxies.join(", ")}</bdi>
            </Trans>
          </Text>
        )}
      </section>
      <section className={styles["card"]} aria-labelledby="access-network">
        <Title order={2} size="h4" id="access-network">{t`Agents on other machines`}</Title>
        <OtherMachines />
        <CloseNetwork state={state} />
      </section>
      <PublicCertificate state={state} />
      <section className={styles["card"]} aria-labelledby="access-certificate">
        <Title order={2} size="h4" id="access-certificate">{t`Certificate in use`}</Title>
        <Certificate state={state} />
      </section>
    </>
  );
}

function AddressLine({ address }: { readonly address: AccessAddress }): ReactNode {
  const { t, i18n } = useLingui();
  const Shape = address.isSecure ? IconMicrophone : IconMicrophoneOff;
  return (
    <div>
      <CopyLine value={address.url} label={i18n._(addressKinds[address.kind])} />
      <span className={styles["quiet"]}>
        {i18n._(addressKinds[address.kind])}
        {" · "}
        <Shape size={14} style={{ verticalAlign: "-2px" }} aria-hidden />{" "}
        {address.isSecure
          ? t`the microphone works here`
          : address.isCovered
            ? t`no microphone here: the connection is not encrypted`
            : t`no microphone here: the certificate doesn't name this address`}
      </span>
    </div>
  );
}

function CloseNetwork({ state }: { readonly state: AccessState }): ReactNode {
  const { t, i18n } = useLingui();
  const change = useAccessChange("accessReachPut");
  const [asking, setAsking] = useState(false);
  const { isReachable, canChange, fixedBy } = state.reach;
  if (!isReachable) return null;
  if (!canChange) return fixedBy === null ? null : <Text className={styles["quiet"] ?? ""}>{i18n._(reachFixedWords[fixedBy])}</Text>;
  if (state.acme.state !== "off") return null; // a public name is reached from outside, or it is none
  return (
    <div>
      <Button variant="subtle" size="compact-sm" onClick={() => setAsking(true)}>{t`Close to the network…`}</Button>
      <ConfirmWithNumbers
        opened={asking}
        onClose={() => setAsking(false)}
        title={t`Close Allo to the local network?`}
        confirmLabel={t({ message: "Close to the network", context: "button" })}
        pending={change.isPending}
        failure={change.error}
        effects={[t`Browsers on other machines lose the connection at once, calls in them end.`]}
        kept={t`The authority stays: who installed it need not do so again.`}
        onConfirm={() => change.mutate({ body: { isReachable: false } }, { onSuccess: () => setAsking(false) })}
      />
    </div>
  );
}

function Certificate({ state }: { readonly state: AccessState }): ReactNode {
  const { i18n } = useLingui();
  return (
    <Stack gap="sm">
      <Text>{i18n._(certificateSources[state.mode])}</Text>
      {state.certificate !== null && <Facts facts={state.certificate} />}
      {state.mode === "acme" && state.authority !== null && (
        <Text size="sm" c="dimmed">
          <Trans>By its address in the local network, Allo shows a certificate of its own authority.</Trans>{" "}
          <Anchor href="/install" target="_blank" rel="noreferrer">
            <Trans>Open the install page</Trans>
          </Anchor>
        </Text>
      )}
    </Stack>
  );
}

function Facts({ facts }: { readonly facts: CertificateFacts }): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  const rows = [
    [t({ message: "Issued by", context: "certificate" }), <bdi key="issuer">{facts.issuer}</bdi>],
    [t({ message: "Valid until", context: "certificate" }), format.date(facts.validUntil)],
    [
      t({ message: "Good for", context: "certificate" }),
      <bdi key="names" dir="ltr" style={{ overflowWrap: "anywhere" }}>
        {facts.names.join(", ")}
      </bdi>,
    ],
  ] as const;
  return (
    <>
      {rows.map(([name, value]) => (
        <Group key={name} gap="xs" align="baseline">
          <Text size="sm" c="dimmed" miw={110}>
            {name}
          </Text>
          <Text size="sm" flex={1} miw={180}>
            {value}
          </Text>
        </Group>
      ))}
      <CopyLine value={facts.fingerprint} label={t`Fingerprint`} />
    </>
  );
}
