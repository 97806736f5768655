import type { DeviceSecret, PhoneTransport } from "@allo/contract";
import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Button, Code, Group, SegmentedControl, Select, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconKey } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { useFormat } from "../../ui/use-format.ts";
import { CopyLine, CopyValue } from "./copy-line.tsx";
import {
  baresipLine,
  grandstreamPath,
  isOnlyHere,
  linphoneLink,
  phoneKinds,
  serverOf,
  transportAtFirst,
  waveCode,
  type PhoneKind,
} from "./phone-setup-texts.ts";
import { QrCode } from "./qr-code.tsx";

const MINUTE_MS = 60_000;

/** Everything that a phone needs to register, by the kind of phone: a code to scan, a line to paste, or fields to type. */
export function PhoneSetup({ secret, onDone }: { readonly secret: DeviceSecret; readonly onDone: () => void }): ReactNode {
  const { t } = useLingui();
  const [kind, setKind] = useState<PhoneKind>("any");
  const [transport, setTransport] = useState<PhoneTransport>(transportAtFirst(secret));
  const [shownAt] = useState(() => Date.now());
  const minutes = useFormat().number(Math.max(1, Math.round((secret.link.expiresAt - shownAt) / MINUTE_MS)));
  const names: Record<PhoneKind, string> = {
    any: t`Any: server, user and password to type`,
    linphone: "Linphone",
    wave: "Grandstream Wave",
    grandstream: t`Grandstream desk phone`,
    zoiper: "Zoiper",
    baresip: "baresip",
    webrtc: t`Softphone in a browser (WebRTC)`,
  };
  const kinds = phoneKinds.filter((each) => each !== "webrtc" || secret.webSocketUrl !== null);
  return (
    <Stack data-testid="device-secret">
      <Alert color="accent" variant="light" icon={<IconKey aria-hidden />} styles={{ message: { color: "var(--text)" } }}>
        <Trans>The password is shown only now. The address from which a phone fetches it works once, within {minutes} minutes.</Trans>
      </Alert>
      {isOnlyHere(secret) && (
        <Alert color="yellow" variant="light" icon={<IconAlertTriangle aria-hidden />} styles={{ message: { color: "var(--text)" } }}>
          <Trans>
            You opened Allo on its own machine, and so the address below is good on this machine only. For a phone elsewhere open Allo by
            its address in the network first, and get the password anew.
          </Trans>
        </Alert>
      )}
      <Select
        label={t`Which phone is it`}
        data={kinds.map((value) => ({ value, label: names[value] }))}
        value={kind}
        allowDeselect={false}
        onChange={(value) => setKind((value ?? "any") as PhoneKind)}
        data-autofocus
      />
      {kind !== "webrtc" && (
        <div>
          <Text size="sm" fw={500} id="phone-transport">{t`Connection`}</Text>
          <SegmentedControl
            aria-labelledby="phone-transport"
            value={transport}
            onChange={(value) => setTransport(value as PhoneTransport)}
            data={[
              { value: "udp", label: "UDP" },
              { value: "tcp", label: "TCP" },
              { value: "tls", label: t`TLS, encrypted`, disabled: secret.tlsPort === null },
            ]}
          />
          {transport === "tls" && !secret.tlsIsKnown && (
            <Text size="sm" c="dimmed" mt={4}>
              <Trans>
                The certificate is of Allo's own authority: the phone has to trust that one first (Setup → Address and certificate), or it
                will not connect.
              </Trans>
            </Text>
          )}
        </div>
      )}
      <Way secret={secret} kind={kind} transport={transport} />
      <Group justify="flex-end">
        <Button onClick={onDone}>{t`Done, the phone has them`}</Button>
      </Group>
    </Stack>
  );
}

function Way({
  secret,
  kind,
  transport,
}: {
  readonly secret: DeviceSecret;
  readonly kind: PhoneKind;
  readonly transport: PhoneTransport;
}): ReactNode {
  const { t } = useLingui();
  const server = serverOf(secret, transport);
  const user = [t({ message: "User", context: "of a phone" }), secret.username] as const;
  const password = [t`Password`, secret.password] as const;
  switch (kind) {
    case "linphone":
      return (
        <Coded code={linphoneLink(secret, transport)} label={t`QR code for Linphone`}>
          <Text size="sm">
            <Trans>In Linphone's assistant choose "Fetch remote configuration" and scan the code, or paste this address:</Trans>
          </Text>
          <CopyLine value={linphoneLink(secret, transport)} label={t`Address of the configuration`} />
        </Coded>
      );
    case "wave":
      return (
        <Coded code={waveCode(secret, transport)} label={t`QR code for Grandstream Wave`}>
          <Text size="sm">
            <Trans>In Wave add an account by "Scan QR code". The code holds the password: show it to nobody else.</Trans>
          </Text>
        </Coded>
      );
    case "grandstream":
      return (
        <>
          <Text size="sm">
            <Trans>
              On the phone's own web page, under Maintenance → Upgrade and provisioning, choose HTTPS for the configuration, put this in as
              its server path and let the phone start anew. It asks once and has all it needs.
            </Trans>
          </Text>
          <CopyLine value={grandstreamPath(secret, transport)} label={t`Config server path`} />
        </>
      );
    case "zoiper":
      return (
        <>
          <Text size="sm">
            <Trans>Type both into Zoiper's first page, skip the proxy and choose the connection that it finds.</Trans>
          </Text>
          <Rows rows={[[t({ message: "User", context: "of a phone" }), `${secret.username}@${server}`], password]} />
        </>
      );
    case "baresip":
      return (
        <>
          <Text size="sm">
            <Trans>One line for the file "accounts" in baresip's folder:</Trans>
          </Text>
          <CopyLine value={baresipLine(secret, transport)} label={t`Account line`} />
        </>
      );
    case "webrtc":
      return (
        <Rows
          rows={[
            [t({ message: "Server", context: "of a phone" }), secret.webSocketUrl ?? ""],
            [t`SIP address`, `sip:${secret.username}@${secret.domain}`],
            user,
            password,
          ]}
        />
      );
    case "any":
      return <Rows rows={[[t({ message: "Server", context: "of a phone" }), server], user, password]} />;
  }
}

function Coded({ code, label, children }: { readonly code: string; readonly label: string; readonly children: ReactNode }): ReactNode {
  return (
    <Group gap="lg" align="start">
      <QrCode text={code} label={label} size={208} />
      <Stack gap="sm" flex={1} miw={220}>
        {children}
      </Stack>
    </Group>
  );
}

function Rows({ rows }: { readonly rows: readonly (readonly [string, string])[] }): ReactNode {
  return rows.map(([label, value]) => (
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
  ));
}
