import { trunkLimits, type ResponseOf, type Trunk, type TrunkSettings } from "@allo/contract";
import { Trans, useLingui } from "@lingui/react/macro";
import {
  ActionIcon,
  Alert,
  Button,
  Code,
  Collapse,
  Group,
  MultiSelect,
  NumberInput,
  PasswordInput,
  Radio,
  Select,
  Stack,
  Switch,
  TagsInput,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { IconKey, IconPlus, IconTrash } from "@tabler/icons-react";
import { useId, useState, type FormEvent, type ReactNode } from "react";
import { useApi, useApiMutation } from "../../api/queries.ts";
import { ClashNotice } from "../../ui/clash-notice.tsx";
import { normaliseDigits } from "../../ui/format.ts";
import { Problem } from "../../ui/problem.tsx";
import { toastDone } from "../../ui/toasts.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { useVersionedDraft } from "../../ui/versioned-draft.ts";
import { CopyValue } from "../setup/copy-line.tsx";
import { looksLikeNetwork } from "../setup-wizard/wizard-draft.ts";
import { CallerIds } from "./trunk-caller-ids.tsx";
import { draftOfTrunk, newTarget, newTrunk, tidyTrunk, type TrunkDraft, type TrunkKindName } from "./trunk-draft.ts";
import { TrunkHabitFields } from "./trunk-habits.tsx";
import { TrunkRules } from "./trunk-rules.tsx";
import { useTrunkSayings } from "./trunk-sayings.ts";
import { kindMeanings, kindNames } from "./trunk-words.ts";
import styles from "./trunks.module.css";

type Change = (change: Partial<TrunkDraft>) => void;
type Inbound = NonNullable<ResponseOf<"trunkCreate">["inbound"]>;

/** Adds a trunk of one of three kinds. */
export function TrunkCreate({ onDone }: { readonly onDone: () => void }): ReactNode {
  const { t, i18n } = useLingui();
  const create = useApiMutation("trunkCreate", ["trunksList"]);
  const [draft, setDraft] = useState<TrunkDraft>(() => newTrunk("registration"));
  const [password, setPassword] = useState("");
  const [inbound, setInbound] = useState<Inbound | null>(null);
  if (inbound !== null) return <InboundShown inbound={inbound} onDone={onDone} />;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    create.mutate(
      { body: { ...tidyTrunk(draft), password: password === "" ? null : password } },
      {
        onSuccess: (made) => {
          toastDone(i18n, t`The trunk is there. What it says of itself stands in the list.`);
          if (made.inbound === null) onDone();
          else setInbound(made.inbound);
        },
      },
    );
  };
  const kinds = Object.keys(kindNames) as TrunkKindName[];
  return (
    <form onSubmit={submit} data-testid="trunk-form">
      <Stack>
        <Radio.Group
          label={t`How you and the carrier know each other`}
          value={draft.kind}
          onChange={(kind) => setDraft({ ...newTrunk(kind as TrunkKindName), name: draft.name })}
        >
          <Stack gap="xs" mt="xs">
            {kinds.map((kind) => (
              <Radio key={kind} value={kind} label={i18n._(kindNames[kind])} description={i18n._(kindMeanings[kind])} />
            ))}
          </Stack>
        </Radio.Group>
        <TrunkFields
          draft={draft}
          onChange={(change) => setDraft({ ...draft, ...change })}
          password={password}
          onPassword={setPassword}
          hasPassword={false}
        />
        <Problem failure={create.error} />
        <Group justify="flex-end">
          <Button type="submit" loading={create.isPending}>{t`Add the trunk`}</Button>
        </Group>
      </Stack>
    </form>
  );
}

/** Changes a trunk; a password that isn't typed stays. */
export function TrunkEdit({ trunk }: { readonly trunk: Trunk }): ReactNode {
  const { t, i18n } = useLingui();
  const save = useApiMutation("trunkUpdate", ["trunksList"]);
  const renew = useApiMutation("trunkInbound", ["trunksList"]);
  const [password, setPassword] = useState("");
  const form = useVersionedDraft<TrunkDraft>(draftOfTrunk(trunk), trunk.version);
  const words = useTrunkSayings();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const tidy = tidyTrunk(form.draft);
    const body = Object.fromEntries(
      Object.keys(form.changes)
        .filter((key) => key !== "kind")
        .map((key) => [key, tidy[key as keyof TrunkDraft]]),
    ) as Partial<Omit<TrunkSettings, "kind">>;
    save.mutate(
      { params: { trunkId: trunk.trunkId }, body: { ...body, ...(password === "" ? {} : { password }), version: form.version } },
      {
        onSuccess: () => {
          setPassword("");
          toastDone(i18n, t`Saved: calls follow it from now on.`);
        },
      },
    );
  };
  if (renew.data !== undefined) return <InboundShown inbound={renew.data} onDone={() => renew.reset()} />;
  return (
    <form onSubmit={submit} data-testid="trunk-form">
      <Stack>
        <ClashNotice
          form={form}
          label={(key) => words[key].label}
          show={(key, value, other) => words[key].say(value as never, other as never)}
        />
        <TrunkFields
          draft={form.draft}
          onChange={form.set}
          password={password}
          onPassword={setPassword}
          hasPassword={trunk.hasPassword}
          inboundUsername={trunk.inboundUsername}
        />
        {trunk.kind === "digest" && (
          <Group>
            <Button
              variant="default"
              leftSection={<IconKey size={16} aria-hidden />}
              loading={renew.isPending}
              onClick={() => renew.mutate({ params: { trunkId: trunk.trunkId } })}
            >{t`New password for the other side`}</Button>
          </Group>
        )}
        <Problem failure={form.clashes.length > 0 ? null : (save.error ?? renew.error)} />
        <Group justify="flex-end">
          <Button type="submit" loading={save.isPending} disabled={(!form.isChanged && password === "") || form.clashes.length > 0}>
            {t`Save`}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function TrunkFields({
  draft,
  onChange,
  password,
  onPassword,
  hasPassword,
  inboundUsername = null,
}: {
  readonly draft: TrunkDraft;
  readonly onChange: Change;
  readonly password: string;
  readonly onPassword: (password: string) => void;
  readonly hasPassword: boolean;
  readonly inboundUsername?: string | null;
}): ReactNode {
  const { t } = useLingui();
  const [isMore, setMore] = useState(false);
  const more = useId();
  const { account } = draft;
  const wrong = draft.networks.filter((network) => !looksLikeNetwork(network));
  return (
    <>
      <TextInput
        label={t({ message: "Name", context: "of a thing" })}
        placeholder={t({ message: "City carrier", context: "example of a trunk" })}
        required
        data-autofocus
        dir={draft.name === "" ? undefined : "auto"}
        maxLength={120}
        value={draft.name}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
      />
      <Switch
        label={t`In use`}
        description={t`Switched off, no calls come or go by it and nothing is registered.`}
        checked={draft.enabled}
        onChange={(event) => onChange({ enabled: event.currentTarget.checked })}
      />
      {inboundUsername !== null && (
        <Text size="sm">
          <Trans>
            The other side shows itself as <Code dir="ltr">{inboundUsername}</Code>.
          </Trans>
        </Text>
      )}
      <Targets draft={draft} onChange={onChange} />
      {(draft.kind === "registration" || account !== null) && (
        <div className={styles["pair"]}>
          <TextInput
            label={t({ message: "User", context: "of an account" })}
            required={draft.kind === "registration"}
            dir="ltr"
            autoComplete="off"
            maxLength={128}
            value={account?.user ?? ""}
            onChange={(event) =>
              onChange({ account: { ...(account ?? { authUser: null, realm: null }), user: event.currentTarget.value } })
            }
          />
          <PasswordInput
            label={t`Password`}
            {...(hasPassword ? { placeholder: t`kept; type to replace it` } : {})}
            required={draft.kind === "registration" && !hasPassword}
            dir="ltr"
            autoComplete="new-password"
            maxLength={256}
            value={password}
            onChange={(event) => onPassword(event.currentTarget.value)}
          />
        </div>
      )}
      {draft.kind === "address" && account === null && (
        <Group>
          <Button
            variant="subtle"
            size="compact-sm"
            onClick={() => onChange({ account: { user: "", authUser: null, realm: null } })}
          >{t`The carrier also asks for user and password`}</Button>
        </Group>
      )}
      <TextInput
        label={t`Domain`}
        description={t`What stands after the @ towards this carrier, where it isn't its server.`}
        placeholder="carrier.example"
        dir="ltr"
        maxLength={260}
        value={draft.domain ?? ""}
        onChange={(event) => onChange({ domain: event.currentTarget.value })}
      />
      <TagsInput
        label={t`Networks that calls come from`}
        description={t`Beside the addresses above, which may always call. The carrier names them; to everyone else this door stays silent.`}
        dir="ltr"
        splitChars={[",", " "]}
        maxTags={trunkLimits.networksMax}
        placeholder="203.0.113.0/24"
        value={[...draft.networks]}
        onChange={(networks) => onChange({ networks: networks.map(normaliseDigits) })}
        error={wrong.length === 0 ? undefined : t`Not a network: ${wrong.join(", ")}`}
      />
      <NumbersOfTrunk draft={draft} onChange={onChange} />
      <div className={styles["pair"]}>
        <NumberInput
          label={t`Most calls at once`}
          description={t`In and out together; the next one takes the next trunk or is told to come later.`}
          min={1}
          max={trunkLimits.callsMax}
          allowDecimal={false}
          clampBehavior="blur"
          value={draft.limits.callsMax}
          onChange={(value) => typeof value === "number" && onChange({ limits: { ...draft.limits, callsMax: value } })}
        />
        <NumberInput
          label={t`Most new calls a second`}
          description={t`Carriers block who calls faster than agreed.`}
          min={1}
          max={trunkLimits.callsPerSecondMax}
          allowDecimal={false}
          clampBehavior="blur"
          value={draft.limits.callsPerSecond}
          onChange={(value) => typeof value === "number" && onChange({ limits: { ...draft.limits, callsPerSecond: value } })}
        />
      </div>
      <CallerIds draft={draft} onChange={onChange} />
      <TrunkRules rules={draft.rules} onChange={(rules) => onChange({ rules })} />
      <div>
        <Button variant="subtle" size="compact-sm" aria-expanded={isMore} aria-controls={more} onClick={() => setMore(!isMore)}>
          {isMore ? t`Less` : t`Everything else: addresses, certificate, habits of the carrier`}
        </Button>
      </div>
      <Collapse expanded={isMore} id={more}>
        <Stack>
          <Further draft={draft} onChange={onChange} />
          <TrunkHabitFields habits={draft.habits} onChange={(habits) => onChange({ habits: { ...draft.habits, ...habits } })} />
        </Stack>
      </Collapse>
    </>
  );
}

function Targets({ draft, onChange }: { readonly draft: TrunkDraft; readonly onChange: Change }): ReactNode {
  const { t } = useLingui();
  const put = (index: number, change: Partial<TrunkDraft["targets"][number]>): void =>
    onChange({ targets: draft.targets.map((target, at) => (at === index ? { ...target, ...change } : target)) });
  const transports = [
    { value: "", label: t({ message: "DNS decides", context: "transport" }) },
    { value: "udp", label: "UDP" },
    { value: "tcp", label: "TCP" },
    { value: "tls", label: "TLS" },
  ];
  return (
    <fieldset className={styles["group"]}>
      <legend>{t`Addresses of the carrier`}</legend>
      <Text size="sm" c="dimmed">
        {draft.kind === "digest"
          ? t`Only where the other side doesn't register: where calls to it go.`
          : t`A name or an address. With neither port nor transport DNS is asked, as carriers with several servers want it. The lowest rank is tried first; among equals the weight shares the calls.`}
      </Text>
      {draft.targets.map((target, index) => (
        <div key={index} className={styles["target"]}>
          <TextInput
            label={t({ message: "Server", context: "of a carrier" })}
            required
            dir="ltr"
            placeholder="sip.carrier.example"
            maxLength={253}
            value={target.host}
            onChange={(event) => put(index, { host: event.currentTarget.value })}
          />
          <NumberInput
            label={t({ message: "Port", context: "of a server" })}
            min={1}
            max={65_535}
            allowDecimal={false}
            hideControls
            dir="ltr"
            value={target.port ?? ""}
            onChange={(value) => put(index, { port: typeof value === "number" ? value : null })}
          />
          <Select
            label={t`Transport`}
            data={transports}
            allowDeselect={false}
            value={target.transport ?? ""}
            onChange={(value) => put(index, { transport: value === "udp" || value === "tcp" || value === "tls" ? value : null })}
          />
          <NumberInput
            label={t({ message: "Rank", context: "of a server" })}
            min={0}
            max={65_535}
            allowDecimal={false}
            hideControls
            value={target.priority}
            onChange={(value) => typeof value === "number" && put(index, { priority: value })}
          />
          <NumberInput
            label={t({ message: "Weight", context: "of a server" })}
            min={0}
            max={65_535}
            allowDecimal={false}
            hideControls
            value={target.weight}
            onChange={(value) => typeof value === "number" && put(index, { weight: value })}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={t`Take away ${target.host}`}
            onClick={() => onChange({ targets: draft.targets.filter((_, at) => at !== index) })}
          >
            <IconTrash size={18} aria-hidden />
          </ActionIcon>
        </div>
      ))}
      {draft.targets.length < trunkLimits.targetsMax && (
        <div>
          <Button
            variant="default"
            size="compact-sm"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => onChange({ targets: [...draft.targets, newTarget()] })}
          >{t`Add an address`}</Button>
        </div>
      )}
    </fieldset>
  );
}

function NumbersOfTrunk({ draft, onChange }: { readonly draft: TrunkDraft; readonly onChange: Change }): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  const numbers = useApi("numbersList", {});
  const choices = (numbers.data?.items ?? [])
    .filter((number) => !number.retired || draft.numberIds.includes(number.numberId))
    .map((number) => ({ value: number.numberId, label: `\u2066${format.phone(number.e164 ?? number.number)}\u2069` }));
  return (
    <>
      <Switch
        label={t`All numbers come by this trunk`}
        description={t`Those added later too. Switched off, only the chosen ones; a call for any other is refused.`}
        checked={draft.allNumbers}
        onChange={(event) => onChange({ allNumbers: event.currentTarget.checked })}
      />
      {!draft.allNumbers && (
        <MultiSelect
          label={t`Numbers of this trunk`}
          data={choices}
          searchable
          nothingFoundMessage={t`Nothing found`}
          value={[...draft.numberIds]}
          onChange={(numberIds) => onChange({ numberIds })}
        />
      )}
    </>
  );
}

function Further({ draft, onChange }: { readonly draft: TrunkDraft; readonly onChange: Change }): ReactNode {
  const { t } = useLingui();
  const { account } = draft;
  return (
    <fieldset className={styles["group"]}>
      <legend>{t`Addresses and certificate`}</legend>
      <TextInput
        label={t`External address`}
        description={t`How this carrier sees you, where it isn't the program's own address: behind a router with a fixed address, or through a tunnel.`}
        dir="ltr"
        maxLength={45}
        placeholder="203.0.113.7"
        value={draft.externalAddress ?? ""}
        onChange={(event) => onChange({ externalAddress: normaliseDigits(event.currentTarget.value) })}
      />
      <TextInput
        label={t`Domain in From`}
        description={t`Where the carrier wants another one there than in the addresses it is called by.`}
        dir="ltr"
        maxLength={260}
        value={draft.fromDomain ?? ""}
        onChange={(event) => onChange({ fromDomain: event.currentTarget.value })}
      />
      {account !== null && (
        <div className={styles["pair"]}>
          <TextInput
            label={t`User for the password`}
            description={t`Where the carrier names another user for it.`}
            dir="ltr"
            autoComplete="off"
            maxLength={128}
            value={account.authUser ?? ""}
            onChange={(event) => onChange({ account: { ...account, authUser: event.currentTarget.value } })}
          />
          <TextInput
            label={t`Realm`}
            description={t`Set, the password is proven to this realm alone.`}
            dir="ltr"
            maxLength={255}
            value={account.realm ?? ""}
            onChange={(event) => onChange({ account: { ...account, realm: event.currentTarget.value } })}
          />
        </div>
      )}
      {draft.kind === "registration" && (
        <NumberInput
          label={t`Registration is asked for, in seconds`}
          description={t`It is renewed well before; where the carrier wants longer, longer is taken.`}
          min={60}
          max={86_400}
          allowDecimal={false}
          clampBehavior="blur"
          value={draft.registrationSeconds}
          onChange={(value) => typeof value === "number" && onChange({ registrationSeconds: value })}
        />
      )}
      <TextInput
        label={t`Fingerprint of the carrier's certificate`}
        description={t`SHA-256. Set, this certificate is trusted and no other.`}
        dir="ltr"
        maxLength={95}
        value={draft.tls.fingerprint ?? ""}
        onChange={(event) => onChange({ tls: { ...draft.tls, fingerprint: event.currentTarget.value } })}
      />
      <Textarea
        label={t`Authority of the carrier's certificate`}
        description={t`In PEM form, where it isn't one that this machine knows.`}
        dir="ltr"
        autosize
        minRows={2}
        maxRows={6}
        maxLength={65_536}
        placeholder="-----BEGIN CERTIFICATE-----"
        value={draft.tls.caPem ?? ""}
        onChange={(event) => onChange({ tls: { ...draft.tls, caPem: event.currentTarget.value } })}
      />
    </fieldset>
  );
}

function InboundShown({ inbound, onDone }: { readonly inbound: Inbound; readonly onDone: () => void }): ReactNode {
  const { t } = useLingui();
  const rows = [
    [t({ message: "Server", context: "of a phone" }), `${inbound.domain}:${String(inbound.port)}`],
    [t({ message: "User", context: "of a phone" }), inbound.username],
    [t`Password`, inbound.password],
  ] as const;
  return (
    <Stack data-testid="trunk-secret">
      <Alert color="accent" variant="light" icon={<IconKey aria-hidden />} styles={{ message: { color: "var(--text)" } }}>
        <Trans>The password is shown only now. Give all three to the other side.</Trans>
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
        <Button onClick={onDone}>{t`Done, the other side has them`}</Button>
      </Group>
    </Stack>
  );
}
