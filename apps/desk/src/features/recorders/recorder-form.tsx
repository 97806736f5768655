import { recorderPauses, trunkTransports, type Recorder, type RecorderSettings } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Button, Collapse, Group, NumberInput, PasswordInput, Select, Stack, Switch, Textarea, TextInput } from "@mantine/core";
import { useId, useState, type FormEvent, type ReactNode } from "react";
import { useApiMutation } from "../../api/queries.ts";
import { ClashNotice } from "../../ui/clash-notice.tsx";
import { sayParts, useSayings, type FieldWords } from "../../ui/field-words.ts";
import { normaliseDigits } from "../../ui/format.ts";
import { Problem } from "../../ui/problem.tsx";
import { toastDone } from "../../ui/toasts.tsx";
import { useVersionedDraft } from "../../ui/versioned-draft.ts";
import styles from "../trunks/trunks.module.css";
import { draftOfRecorder, newRecorder, tidyRecorder, type RecorderDraft } from "./recorder-draft.ts";
import { pauseNames } from "./recorder-words.ts";

type Change = (change: Partial<RecorderDraft>) => void;
type Password = { readonly value: string; readonly set: (value: string) => void; readonly isKept: boolean };

/** Adds a recorder elsewhere. */
export function RecorderCreate({ onDone }: { readonly onDone: () => void }): ReactNode {
  const { t, i18n } = useLingui();
  const create = useApiMutation("recorderCreate", ["recordersList"]);
  const [draft, setDraft] = useState<RecorderDraft>(newRecorder);
  const [password, setPassword] = useState("");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    create.mutate(
      { body: { ...tidyRecorder(draft), password: password === "" ? null : password } },
      {
        onSuccess: () => {
          toastDone(i18n, t`The recorder is there. Choose it in each queue whose calls it is to get.`);
          onDone();
        },
      },
    );
  };
  return (
    <form onSubmit={submit} data-testid="recorder-form">
      <Stack>
        <RecorderFields
          draft={draft}
          onChange={(change) => setDraft({ ...draft, ...change })}
          password={{ value: password, set: setPassword, isKept: false }}
        />
        <Problem failure={create.error} />
        <Group justify="flex-end">
          <Button type="submit" loading={create.isPending}>{t`Add the recorder`}</Button>
        </Group>
      </Stack>
    </form>
  );
}

/** Changes a recorder; a password that isn't typed stays. */
export function RecorderEdit({ recorder }: { readonly recorder: Recorder }): ReactNode {
  const { t, i18n } = useLingui();
  const save = useApiMutation("recorderUpdate", ["recordersList"]);
  const [password, setPassword] = useState("");
  const form = useVersionedDraft<RecorderDraft>(draftOfRecorder(recorder), recorder.version);
  const words = useWords();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const tidy = tidyRecorder(form.draft);
    const changed = new Set(Object.keys(form.changes));
    // Away from TLS nothing can be sealed: both change together.
    if (tidy.srtp !== form.base.srtp) changed.add("srtp");
    const body = Object.fromEntries([...changed].map((key) => [key, tidy[key as keyof RecorderDraft]])) as Partial<RecorderSettings>;
    save.mutate(
      { params: { recorderId: recorder.recorderId }, body: { ...body, ...(password === "" ? {} : { password }), version: form.version } },
      {
        onSuccess: () => {
          setPassword("");
          toastDone(i18n, t`Saved: calls follow it from now on.`);
        },
      },
    );
  };
  return (
    <form onSubmit={submit} data-testid="recorder-form">
      <Stack>
        <ClashNotice
          form={form}
          label={(key) => words[key].label}
          show={(key, value, other) => words[key].say(value as never, other as never)}
        />
        <RecorderFields
          draft={form.draft}
          onChange={form.set}
          password={{ value: password, set: setPassword, isKept: recorder.hasPassword }}
        />
        <Problem failure={form.clashes.length > 0 ? null : save.error} />
        <Group justify="flex-end">
          <Button type="submit" loading={save.isPending} disabled={(!form.isChanged && password === "") || form.clashes.length > 0}>
            {t`Save`}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function useLabels(): Readonly<Record<keyof RecorderDraft, string>> {
  const { t } = useLingui();
  return {
    name: t({ message: "Name", context: "of a thing" }),
    enabled: t`In use`,
    host: t({ message: "Server", context: "of a recorder" }),
    port: t({ message: "Port", context: "of a server" }),
    transport: t`Transport`,
    user: t`Name that is called there`,
    accountUser: t({ message: "User", context: "of an account" }),
    srtp: t`Audio is encrypted (SRTP)`,
    pausedAs: t`While a recording is paused`,
    optionsSeconds: t`Asked whether it is there every`,
    tls: t`Certificate of the recorder`,
  };
}

function useWords(): FieldWords<RecorderDraft> {
  const { t, i18n } = useLingui();
  const labels = useLabels();
  const { text, number, yesNo, pem } = useSayings();
  return {
    name: { label: labels.name, say: text },
    enabled: { label: labels.enabled, say: yesNo },
    host: { label: labels.host, say: text },
    port: { label: labels.port, say: (port) => text(port === null ? null : String(port)) },
    transport: { label: labels.transport, say: (transport) => transport.toUpperCase() },
    user: { label: labels.user, say: text },
    accountUser: { label: labels.accountUser, say: text },
    srtp: { label: labels.srtp, say: yesNo },
    pausedAs: { label: labels.pausedAs, say: (pause) => i18n._(pauseNames[pause]) },
    optionsSeconds: { label: labels.optionsSeconds, say: number },
    tls: {
      label: labels.tls,
      say: sayParts<RecorderDraft["tls"]>({
        caPem: { label: t`Certificate authority (PEM)`, say: pem },
        fingerprint: { label: t`Fingerprint of its certificate (SHA-256)`, say: text },
      }),
    },
  };
}

function RecorderFields({
  draft,
  onChange,
  password,
}: {
  readonly draft: RecorderDraft;
  readonly onChange: Change;
  readonly password: Password;
}): ReactNode {
  const { t, i18n } = useLingui();
  const labels = useLabels();
  const [isMore, setMore] = useState(false);
  const more = useId();
  return (
    <>
      <TextInput
        label={labels.name}
        placeholder={t({ message: "Archive", context: "example of a recorder" })}
        required
        data-autofocus
        dir={draft.name === "" ? undefined : "auto"}
        maxLength={120}
        value={draft.name}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
      />
      <Switch
        label={labels.enabled}
        description={t`Switched off, it gets no calls; they are recorded here all the same.`}
        checked={draft.enabled}
        onChange={(event) => onChange({ enabled: event.currentTarget.checked })}
      />
      <div className={styles["pair"]}>
        <TextInput
          label={labels.host}
          required
          dir="ltr"
          placeholder="recorder.example"
          maxLength={253}
          value={draft.host}
          onChange={(event) => onChange({ host: normaliseDigits(event.currentTarget.value) })}
        />
        <NumberInput
          label={labels.port}
          min={1}
          max={65_535}
          allowDecimal={false}
          hideControls
          dir="ltr"
          value={draft.port ?? ""}
          onChange={(value) => onChange({ port: typeof value === "number" ? value : null })}
        />
        <Select
          label={labels.transport}
          data={trunkTransports.map((value) => ({ value, label: value.toUpperCase() }))}
          allowDeselect={false}
          value={draft.transport}
          onChange={(value) => onChange({ transport: trunkTransports.find((each) => each === value) ?? "tls" })}
        />
      </div>
      <Switch
        label={labels.srtp}
        description={
          draft.transport === "tls"
            ? t`Talks are secret on the way there too. The recorder must know SRTP with keys in the description (SDES).`
            : t`Only with TLS: anybody on the way could read the keys.`
        }
        disabled={draft.transport !== "tls"}
        checked={draft.srtp && draft.transport === "tls"}
        onChange={(event) => onChange({ srtp: event.currentTarget.checked })}
      />
      <Select
        label={labels.pausedAs}
        description={t`Either way nothing that is said in a pause reaches it.`}
        data={recorderPauses.map((value) => ({ value, label: i18n._(pauseNames[value]) }))}
        allowDeselect={false}
        value={draft.pausedAs}
        onChange={(value) => onChange({ pausedAs: value === "silence" ? "silence" : "inactive" })}
      />
      <div className={styles["pair"]}>
        <TextInput
          label={labels.accountUser}
          description={t`Where it asks who sends it calls.`}
          dir="ltr"
          autoComplete="off"
          maxLength={128}
          value={draft.accountUser ?? ""}
          onChange={(event) => onChange({ accountUser: event.currentTarget.value })}
        />
        <PasswordInput
          label={t`Password`}
          {...(password.isKept ? { placeholder: t`kept; type to replace it` } : {})}
          required={(draft.accountUser ?? "").trim() !== "" && !password.isKept}
          dir="ltr"
          autoComplete="new-password"
          maxLength={256}
          value={password.value}
          onChange={(event) => password.set(event.currentTarget.value)}
        />
      </div>
      <div>
        <Button variant="subtle" size="compact-sm" aria-expanded={isMore} aria-controls={more} onClick={() => setMore(!isMore)}>
          {isMore ? t`Less` : t`Everything else: its address, how often it is asked, its certificate`}
        </Button>
      </div>
      <Collapse expanded={isMore} id={more}>
        <Stack>
          <TextInput
            label={labels.user}
            description={t`What stands before the @ of its address, where it wants something there.`}
            dir="ltr"
            placeholder="record"
            maxLength={128}
            value={draft.user ?? ""}
            onChange={(event) => onChange({ user: event.currentTarget.value })}
          />
          <NumberInput
            label={labels.optionsSeconds}
            description={t`In seconds. Zero: never; calls alone show whether it answers.`}
            suffix={` ${t({ message: "s", context: "seconds" })}`}
            min={0}
            max={3_600}
            allowDecimal={false}
            clampBehavior="blur"
            value={draft.optionsSeconds}
            onChange={(value) => typeof value === "number" && onChange({ optionsSeconds: value })}
          />
          {draft.transport === "tls" && (
            <>
              <Textarea
                label={t`Certificate authority (PEM)`}
                description={t`Where its certificate comes from an authority of its own; else those that the system trusts decide.`}
                dir="ltr"
                autosize
                minRows={2}
                maxRows={6}
                value={draft.tls.caPem ?? ""}
                onChange={(event) => onChange({ tls: { ...draft.tls, caPem: event.currentTarget.value } })}
              />
              <TextInput
                label={t`Fingerprint of its certificate (SHA-256)`}
                description={t`Set, it alone decides.`}
                dir="ltr"
                placeholder="AB:CD:…"
                maxLength={95}
                value={draft.tls.fingerprint ?? ""}
                onChange={(event) => onChange({ tls: { ...draft.tls, fingerprint: event.currentTarget.value } })}
              />
            </>
          )}
        </Stack>
      </Collapse>
    </>
  );
}
