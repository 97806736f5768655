import type { AccessState } from "@allo/contract";
import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Anchor, Button, Checkbox, Group, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useState, type FormEvent, type ReactNode } from "react";
import { useApi } from "../../api/queries.ts";
import { ConfirmWithNumbers } from "../../ui/confirm-with-numbers.tsx";
import { Problem } from "../../ui/problem.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { acmeFailureWords, acmeFixedWords, acmeStates, portWords } from "./address-words.ts";
import styles from "./setup.module.css";
import { useAccessChange } from "./use-access.ts";

/** A certificate that every browser knows, for who has a public name. */
export function PublicCertificate({ state }: { readonly state: AccessState }): ReactNode {
  const { t, i18n } = useLingui();
  const { acme } = state;
  const [asking, setAsking] = useState(false);
  return (
    <section className={styles["card"]} aria-labelledby="access-public">
      <Title order={2} size="h4" id="access-public">{t`Certificate for a public name`}</Title>
      {acme.state !== "off" && <PublicState state={state} />}
      {acme.state === "off" && !asking && (
        <Text>
          <Trans>
            With a name in the public DNS, such as desk.example.com, Allo gets a certificate that every browser knows, free of charge, and
            renews it by itself. Then nothing has to be installed on agents' machines.
          </Trans>
        </Text>
      )}
      {acme.fixedBy !== null ? (
        <Text className={styles["quiet"] ?? ""}>{i18n._(acmeFixedWords[acme.fixedBy])}</Text>
      ) : (
        acme.state === "off" &&
        (asking ? (
          <AskForm state={state} onDone={() => setAsking(false)} />
        ) : (
          <div>
            <Button variant="default" onClick={() => setAsking(true)}>{t`Get a certificate…`}</Button>
          </div>
        ))
      )}
    </section>
  );
}

function AskForm({ state, onDone }: { readonly state: AccessState; readonly onDone: () => void }): ReactNode {
  const { t, i18n } = useLingui();
  const put = useAccessChange("accessAcmePut");
  const terms = useApi("accessTerms", {});
  const [name, setName] = useState(location.hostname.includes(".") && /[a-z]$/i.test(location.hostname) ? location.hostname : "");
  const [email, setEmail] = useState("");
  const [agrees, setAgrees] = useState(false);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    put.mutate({ body: { name: name.trim(), email: email.trim(), agreesToTerms: true } }, { onSuccess: onDone });
  };
  const termsUrl = terms.data?.termsUrl ?? null;
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Text size="sm">
          <Trans>
            The name must point to this machine, and port 80 must be reachable from the internet: the authority asks there whether the name
            is yours. Allo then also listens at this machine's other addresses, and at port 443 where it may.
          </Trans>
        </Text>
        <Text size="sm" c="dimmed">
          {i18n._(portWords[state.acme.port80])}
        </Text>
        <TextInput
          label={t`Public name`}
          placeholder="desk.example.com"
          dir="ltr"
          required
          data-autofocus
          maxLength={253}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label={t`E-mail for notices of the authority`}
          type="email"
          dir="ltr"
          required
          maxLength={254}
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <Checkbox
          checked={agrees}
          onChange={(event) => setAgrees(event.currentTarget.checked)}
          label={
            termsUrl === null ? (
              <Trans>
                I agree to the terms of the authority at <bdi dir="ltr">{hostOf(state.acme.directory)}</bdi>
              </Trans>
            ) : (
              <Trans>
                I agree to the{" "}
                <Anchor href={termsUrl} target="_blank" rel="noreferrer" inherit>
                  terms of the authority
                </Anchor>{" "}
                at <bdi dir="ltr">{hostOf(state.acme.directory)}</bdi>
              </Trans>
            )
          }
        />
        <Problem failure={put.error} />
        <Group>
          <Button type="submit" loading={put.isPending} disabled={!agrees}>{t`Get the certificate`}</Button>
          <Button variant="default" onClick={onDone}>{t`Cancel`}</Button>
        </Group>
      </Stack>
    </form>
  );
}

function PublicState({ state }: { readonly state: AccessState }): ReactNode {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const retry = useAccessChange("accessAcmeRetry");
  const leave = useAccessChange("accessAcmeDelete");
  const [leaving, setLeaving] = useState(false);
  const { acme } = state;
  return (
    <Stack gap="sm">
      <Text aria-live="polite">
        <bdi dir="ltr">{acme.name}</bdi>: {i18n._(acmeStates[acme.state])}
      </Text>
      {acme.failure !== null && acme.state !== "working" && (
        <Alert
          color="orange"
          variant="light"
          icon={<IconAlertTriangle aria-hidden />}
          role="alert"
          styles={{ message: { color: "var(--text)" } }}
        >
          {i18n._(acmeFailureWords[acme.failure.code])}
          {acme.failure.said !== "" && (
            <Text size="sm" mt={4} dir="ltr" style={{ overflowWrap: "anywhere" }}>
              {acme.failure.said}
            </Text>
          )}
        </Alert>
      )}
      {acme.state !== "valid" && (
        <Text size="sm" c="dimmed">
          {i18n._(portWords[acme.port80])}
        </Text>
      )}
      {acme.nextTryAt !== null && (
        <Text size="sm" c="dimmed">
          {acme.state === "valid" ? (
            <Trans>Renewed by itself, next on {format.date(acme.nextTryAt)}.</Trans>
          ) : (
            <Trans>Tried again at {format.dateTime(acme.nextTryAt)}.</Trans>
          )}
        </Text>
      )}
      <Problem failure={retry.error} />
      <Group>
        {acme.state === "failed" && (
          <Button variant="default" loading={retry.isPending} onClick={() => retry.mutate({})}>{t`Try now`}</Button>
        )}
        {acme.fixedBy === null && <Button variant="subtle" onClick={() => setLeaving(true)}>{t`Do without…`}</Button>}
      </Group>
      <ConfirmWithNumbers
        opened={leaving}
        onClose={() => setLeaving(false)}
        title={t`Do without the certificate of ${acme.name ?? ""}?`}
        confirmLabel={t({ message: "Do without", context: "button" })}
        pending={leave.isPending}
        failure={leave.error}
        effects={[t`Browsers that open this name get a warning, and no microphone, unless Allo's own authority is installed there.`]}
        kept={t`The local network stays let in.`}
        onConfirm={() => leave.mutate({}, { onSuccess: () => setLeaving(false) })}
      />
    </Stack>
  );
}

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? url;
}
