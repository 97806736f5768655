import type { PhoneNumber } from "@allo/contract";
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, NumberInput, Select, Stack, TagsInput, Text, TextInput } from "@mantine/core";
import { useState, type FormEvent, type ReactNode } from "react";
import { callApi } from "../../api/client.ts";
import { useDirectory } from "../../api/lists.ts";
import { useApiMutation } from "../../api/queries.ts";
import { isLanguage, languageNames, languages, useLanguage } from "../../i18n/language.ts";
import { ClashNotice } from "../../ui/clash-notice.tsx";
import { normaliseDigits } from "../../ui/format.ts";
import { Problem } from "../../ui/problem.tsx";
import { toastDone, toastProblem } from "../../ui/toasts.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { useVersionedDraft } from "../../ui/versioned-draft.ts";
import { dialled, loopbackNetworks, looksLikeNetwork } from "../setup-wizard/wizard-draft.ts";
import { Changes } from "./queue-form.tsx";
import { closedAudioId, useAudio } from "./use-audio.ts";

type NumberDraft = Pick<
  PhoneNumber,
  "number" | "label" | "queueId" | "language" | "allowedNetworks" | "callsMax" | "greetingAudioId" | "hoursId" | "closedAudioId"
>;

/** A list longer than this is searched. */
const MANY_CHOICES = 8;

/** Adds a number; until it is told otherwise, only this machine may call it. */
export function NumberCreate({ onMade }: { readonly onMade: () => void }): ReactNode {
  const { t, i18n } = useLingui();
  const language = useLanguage((state) => state.language);
  const { queueChoices } = useDirectory();
  const create = useApiMutation("numberCreate", ["numbersList"]);
  const [draft, setDraft] = useState<NumberDraft>({
    number: "",
    label: "",
    queueId: queueChoices[0]?.value ?? "",
    language,
    allowedNetworks: [...loopbackNetworks],
    callsMax: 100,
    greetingAudioId: "greeting.notice",
    hoursId: null,
    closedAudioId,
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    create.mutate(
      { body: { ...draft, number: dialled(draft.number) } },
      {
        onSuccess: () => {
          toastDone(i18n, t`The number takes calls from now on.`);
          onMade();
        },
      },
    );
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <NumberFields draft={draft} onChange={(change) => setDraft({ ...draft, ...change })} />
        <Problem failure={create.error} />
        <Group justify="flex-end">
          <Button type="submit" loading={create.isPending} disabled={draft.queueId === ""}>{t`Add the number`}</Button>
        </Group>
      </Stack>
    </form>
  );
}

/** Changes a number; what would change is said first. */
export function NumberEdit({ number }: { readonly number: PhoneNumber }): ReactNode {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const { queueName, hoursName } = useDirectory();
  const audio = useAudio();
  const save = useApiMutation("numberUpdate", ["numbersList"]);
  const { label, queueId, language, allowedNetworks, callsMax, greetingAudioId, hoursId } = number;
  const form = useVersionedDraft<NumberDraft>(
    {
      number: number.number,
      label,
      queueId,
      language,
      allowedNetworks,
      callsMax,
      greetingAudioId,
      hoursId,
      closedAudioId: number.closedAudioId,
    },
    number.version,
  );
  const params = { numberId: number.numberId };
  const labels: Readonly<Record<keyof NumberDraft, string>> = {
    number: t`Number`,
    label: t({ message: "Label", context: "of a number" }),
    queueId: t`Queue`,
    language: t`Language that callers hear`,
    allowedNetworks: t`Networks that may call it`,
    callsMax: t`Most calls at once`,
    greetingAudioId: t`Greeting`,
    hoursId: t`Opening hours`,
    closedAudioId: t`Outside opening hours callers hear`,
  };
  const show = <K extends keyof NumberDraft>(key: K, value: NumberDraft[K]): string => {
    if (Array.isArray(value)) return value.length === 0 ? "—" : value.join(", ");
    if (typeof value === "number") return format.number(value);
    if (key === "queueId") return queueName(String(value));
    if (key === "hoursId") return value === null ? t`always open` : hoursName(String(value));
    if (key === "greetingAudioId" || key === "closedAudioId") return audio.name(String(value));
    return key === "language" && isLanguage(String(value)) ? languageNames[value as PhoneNumber["language"]] : String(value) || "—";
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const before = Object.fromEntries(
      Object.keys(form.changes).map((key) => [key, form.base[key as keyof NumberDraft]]),
    ) as Partial<NumberDraft>;
    save.mutate(
      {
        params,
        body: {
          ...form.changes,
          ...(form.changes.number === undefined ? {} : { number: dialled(form.changes.number) }),
          version: form.version,
        },
      },
      {
        onSuccess: (saved) =>
          toastDone(i18n, t`Saved: calls follow it from now on.`, () => {
            callApi("numberUpdate", { params, body: { ...before, version: saved.version } }).catch((failure: unknown) =>
              toastProblem(i18n, failure),
            );
          }),
      },
    );
  };
  return (
    <form onSubmit={submit} data-testid="number-form">
      <Stack>
        <ClashNotice form={form} label={(key) => labels[key]} show={show} />
        <NumberFields draft={form.draft} onChange={form.set} />
        <Changes>
          {(Object.keys(form.changes) as (keyof NumberDraft)[]).map((key) => (
            <li key={key}>
              <Trans>
                {labels[key]}: <bdi>{show(key, form.base[key])}</bdi> becomes <bdi>{show(key, form.draft[key])}</bdi>
              </Trans>
            </li>
          ))}
        </Changes>
        <Problem failure={form.clashes.length > 0 ? null : save.error} />
        <Group justify="flex-end">
          <Button type="submit" loading={save.isPending} disabled={!form.isChanged || form.clashes.length > 0}>{t`Save`}</Button>
        </Group>
      </Stack>
    </form>
  );
}

function NumberFields({
  draft,
  onChange,
}: {
  readonly draft: NumberDraft;
  readonly onChange: (change: Partial<NumberDraft>) => void;
}): ReactNode {
  const { t } = useLingui();
  const { queueChoices, hoursChoices } = useDirectory();
  const audio = useAudio();
  const spoken = languages.map((value) => ({ value, label: languageNames[value] }));
  const wrong = draft.allowedNetworks.filter((network) => !looksLikeNetwork(network));
  return (
    <>
      <TextInput
        label={t`Number`}
        description={t`What customers dial: a full number, or a short one for a try, such as 100.`}
        required
        data-autofocus
        dir="ltr"
        inputMode="tel"
        minLength={2}
        maxLength={32}
        value={draft.number}
        onChange={(event) => onChange({ number: normaliseDigits(event.currentTarget.value) })}
      />
      <TextInput
        label={t({ message: "Label", context: "of a number" })}
        description={t`A name for yourselves: the campaign, the city.`}
        dir="auto"
        maxLength={120}
        value={draft.label}
        onChange={(event) => onChange({ label: event.currentTarget.value })}
      />
      <Select
        label={t`Queue`}
        data={queueChoices}
        required
        allowDeselect={false}
        searchable
        nothingFoundMessage={t`Nothing found`}
        value={draft.queueId}
        onChange={(queueId) => queueId !== null && onChange({ queueId })}
      />
      <Select
        label={t`Language that callers hear`}
        data={spoken}
        allowDeselect={false}
        value={draft.language}
        onChange={(value) => value !== null && isLanguage(value) && onChange({ language: value })}
      />
      <Select
        label={t`Greeting`}
        data={audio.choices("greeting", draft.greetingAudioId)}
        allowDeselect={false}
        value={draft.greetingAudioId}
        onChange={(value) => value !== null && onChange({ greetingAudioId: value })}
      />
      <Select
        label={t`Opening hours`}
        {...(hoursChoices.length === 0 ? { description: t`Opening hours are added in their own part of the setup.` } : {})}
        data={[{ value: "", label: t`Always open` }, ...hoursChoices]}
        allowDeselect={false}
        searchable={hoursChoices.length > MANY_CHOICES}
        nothingFoundMessage={t`Nothing found`}
        value={draft.hoursId ?? ""}
        onChange={(value) => value !== null && onChange({ hoursId: value === "" ? null : value })}
      />
      {draft.hoursId !== null && (
        <Select
          label={t`Outside opening hours callers hear`}
          description={t`Then the call ends; it costs them nothing.`}
          data={audio.closedChoices(draft.closedAudioId)}
          allowDeselect={false}
          value={draft.closedAudioId}
          onChange={(value) => value !== null && onChange({ closedAudioId: value })}
        />
      )}
      <TagsInput
        label={t`Networks that may call it`}
        dir="ltr"
        splitChars={[",", " "]}
        maxTags={50}
        placeholder="192.168.0.0/24"
        value={draft.allowedNetworks}
        onChange={(allowedNetworks) => onChange({ allowedNetworks: allowedNetworks.map(normaliseDigits) })}
        description={t`Addresses of your carrier or of your own network. To everyone else the number stays silent, so that strangers can't even find it. 127.0.0.0/8 is this machine itself.`}
        error={wrong.length === 0 ? undefined : t`Not a network: ${wrong.join(", ")}`}
      />
      <NumberInput
        label={t`Most calls at once`}
        description={t`The next caller hears that all lines are busy.`}
        min={1}
        max={5_000}
        allowDecimal={false}
        clampBehavior="blur"
        value={draft.callsMax}
        onChange={(value) => typeof value === "number" && onChange({ callsMax: value })}
      />
      <Text size="sm" c="dimmed">{t`Your own registered phones may always call it.`}</Text>
    </>
  );
}
