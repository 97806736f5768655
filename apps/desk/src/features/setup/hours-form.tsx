import { weekOf, type Hours, type HoursSettings } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Button, Group, Select, Stack, Title } from "@mantine/core";
import { useMemo, useState, type FormEvent, type ReactNode } from "react";
import { callApi } from "../../api/client.ts";
import { useApiMutation } from "../../api/queries.ts";
import { ClashNotice } from "../../ui/clash-notice.tsx";
import { isTimeZone } from "../../ui/format.ts";
import { emptyLocalizedText, LocalizedTextFields } from "../../ui/localized-text-fields.tsx";
import { Problem } from "../../ui/problem.tsx";
import { toastDone, toastProblem } from "../../ui/toasts.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { useVersionedDraft } from "../../ui/versioned-draft.ts";
import { HoursExceptions, isExceptionWhole } from "./hours-exceptions.tsx";
import { HoursSentence } from "./hours-sentence.tsx";
import { HoursWeekFields, isWeekWhole } from "./hours-week.tsx";
import { exceptionsWords, weekWords } from "./hours-words.ts";
import { Changes } from "./queue-form.tsx";
import { allNames } from "./queue-words.ts";

/** A working week to begin with. */
const office: HoursSettings = {
  names: emptyLocalizedText,
  timeZone: null,
  week: weekOf((day) => (day === "saturday" || day === "sunday" ? [] : [{ from: "09:00", to: "18:00" }])),
  exceptions: [],
};

/** Where the week ends on Friday, so does the work. */
const persianOffice: HoursSettings = {
  ...office,
  week: weekOf((day) => (day === "thursday" || day === "friday" ? [] : [{ from: "08:00", to: "16:00" }])),
};

export function HoursCreate({ onMade }: { readonly onMade: () => void }): ReactNode {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const create = useApiMutation("hoursCreate", ["hoursList"]);
  const [draft, setDraft] = useState<HoursSettings>(format.timeZone === "Asia/Tehran" ? persianOffice : office);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    create.mutate(
      { body: draft },
      {
        onSuccess: () => {
          toastDone(i18n, t`The opening hours are added. Now choose them in a number's settings.`);
          onMade();
        },
      },
    );
  };
  return (
    <form onSubmit={submit} data-testid="hours-form">
      <Stack>
        <HoursFields draft={draft} onChange={(change) => setDraft({ ...draft, ...change })} />
        <Problem failure={create.error} />
        <Group justify="flex-end">
          <Button type="submit" loading={create.isPending} disabled={!isWhole(draft)}>{t`Add the opening hours`}</Button>
        </Group>
      </Stack>
    </form>
  );
}

/** Changes opening hours; what would change is said first, and can be undone after. */
export function HoursEdit({ hours }: { readonly hours: Hours }): ReactNode {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const save = useApiMutation("hoursUpdate", ["hoursList"]);
  const { names, timeZone, week, exceptions } = hours;
  const form = useVersionedDraft<HoursSettings>({ names, timeZone, week, exceptions }, hours.version);
  const params = { hoursId: hours.hoursId };
  const labels: Readonly<Record<keyof HoursSettings, string>> = {
    names: t({ message: "Name", context: "of a thing" }),
    timeZone: t`Time zone`,
    week: t`The week`,
    exceptions: t`Days unlike the others`,
  };
  const show = <K extends keyof HoursSettings>(key: K, value: HoursSettings[K]): string => {
    if (key === "names") return allNames(value as HoursSettings["names"]);
    if (key === "week") return weekWords(value as HoursSettings["week"], i18n, format);
    if (key === "exceptions") return exceptionsWords(value as HoursSettings["exceptions"], "", i18n, format) || "—";
    return value === null ? t`the organisation's` : String(value);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const before = Object.fromEntries(
      Object.keys(form.changes).map((key) => [key, form.base[key as keyof HoursSettings]]),
    ) as Partial<HoursSettings>;
    save.mutate(
      { params, body: { ...form.changes, version: form.version } },
      {
        onSuccess: (saved) =>
          toastDone(i18n, t`Saved: calls follow it from now on.`, () => {
            callApi("hoursUpdate", { params, body: { ...before, version: saved.version } }).catch((failure: unknown) =>
              toastProblem(i18n, failure),
            );
          }),
      },
    );
  };
  return (
    <form onSubmit={submit} data-testid="hours-form">
      <Stack>
        <ClashNotice form={form} label={(key) => labels[key]} show={show} />
        <HoursFields draft={form.draft} onChange={form.set} />
        <Changes>
          {(Object.keys(form.changes) as (keyof HoursSettings)[]).map((key) => (
            <li key={key}>
              {labels[key]}: <bdi>{show(key, form.base[key])}</bdi> → <bdi>{show(key, form.draft[key])}</bdi>
            </li>
          ))}
        </Changes>
        <Problem failure={form.clashes.length > 0 ? null : save.error} />
        <Group justify="flex-end">
          <Button type="submit" loading={save.isPending} disabled={!form.isChanged || form.clashes.length > 0 || !isWhole(form.draft)}>
            {t`Save`}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function HoursFields({
  draft,
  onChange,
}: {
  readonly draft: HoursSettings;
  readonly onChange: (change: Partial<HoursSettings>) => void;
}): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  const zones = useMemo(
    () => [...new Set([...Intl.supportedValuesOf("timeZone"), ...(draft.timeZone === null ? [] : [draft.timeZone])])].filter(isTimeZone),
    [draft.timeZone],
  );
  return (
    <>
      <LocalizedTextFields
        label={t({ message: "Name", context: "of a thing" })}
        value={draft.names}
        onChange={(names) => onChange({ names })}
      />
      <Title order={3}>{t`The week`}</Title>
      <HoursWeekFields week={draft.week} onChange={(week) => onChange({ week })} />
      <Title order={3}>{t`Days unlike the others`}</Title>
      <HoursExceptions exceptions={draft.exceptions} onChange={(exceptions) => onChange({ exceptions })} />
      <Select
        label={t`Time zone`}
        description={t`By whose clock the times are meant.`}
        data={[{ value: "", label: t`The organisation's: ${format.timeZone}` }, ...zones.map((zone) => ({ value: zone, label: zone }))]}
        searchable
        allowDeselect={false}
        nothingFoundMessage={t`Nothing found`}
        value={draft.timeZone ?? ""}
        onChange={(zone) => zone !== null && onChange({ timeZone: zone === "" ? null : zone })}
      />
      <div role="status">
        <HoursSentence hours={draft} />
      </div>
    </>
  );
}

function isWhole(draft: HoursSettings): boolean {
  return isWeekWhole(draft.week) && draft.exceptions.every((each) => isExceptionWhole(each, draft.exceptions));
}
