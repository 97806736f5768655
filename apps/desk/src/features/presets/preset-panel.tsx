import type { Language, Preset, PresetItem, Trade } from "@allo/contract";
import type { I18n } from "@lingui/core";
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState, type FormEvent, type ReactNode } from "react";
import type { ApiProblem } from "../../api/problem.ts";
import { fieldSentence } from "../../api/problem-sentences.ts";
import { useApi, useApiMutation } from "../../api/queries.ts";
import { isLanguage, languageNames, languages, useLanguage } from "../../i18n/language.ts";
import { localized, normaliseDigits, normaliseInput } from "../../ui/format.ts";
import { Problem } from "../../ui/problem.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { useMe } from "../session/session.ts";
import { PresetDone } from "./preset-done.tsx";
import { PresetItems } from "./preset-items.tsx";

/** A number is looked up when typing it has paused. */
const LOOK_AFTER_MS = 300;
const NUMBER_CHARS_MIN = 2;

/** What a set-up would make here, with the numbers that it needs; then it is made. */
export function PresetPanel({ trade, onDone }: { readonly trade: Trade; readonly onDone: () => void }): ReactNode {
  const { t, i18n } = useLingui();
  const own = useLanguage((state) => state.language);
  const me = useMe();
  const [language, setLanguage] = useState<Language>(own);
  const [numbers, setNumbers] = useState<Readonly<Record<string, string>>>({});
  // One for as long as the panel is open: a second click makes nothing a second time.
  const [requestId] = useState(() => crypto.randomUUID());
  const given = Object.entries(numbers).flatMap(([key, typed]) => {
    const number = normaliseDigits(typed).trim();
    return number.length < NUMBER_CHARS_MIN ? [] : [{ key, number }];
  });
  const [looked] = useDebouncedValue(JSON.stringify({ language, numbers: given }), LOOK_AFTER_MS);
  const body = JSON.parse(looked) as { readonly language: Language; readonly numbers: { key: string; number: string }[] };
  const preview = useApi("presetPreview", { params: { trade }, body }, { keepPrevious: true });
  const apply = useApiMutation("presetApply", refetched);
  if (apply.data !== undefined && preview.data !== undefined)
    return <PresetDone made={apply.data} items={preview.data.items} onClose={onDone} />;
  if (preview.data === undefined)
    return preview.error === null ? <SkeletonRows rows={8} height={36} /> : <Problem failure={preview.error} onRetry={preview.refetch} />;
  const makesNothing = !preview.data.items.some((item) => item.state === "new");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    apply.mutate({ params: { trade }, body: { language, numbers: given, requestId } });
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text>{localized(preview.data.about, own)}</Text>
        <Select
          label={t`Language of what callers hear`}
          description={t`Names are made in all three languages; the working week and the greetings follow this one.`}
          data={languages.map((value) => ({ value, label: languageNames[value] }))}
          allowDeselect={false}
          value={language}
          onChange={(value) => value !== null && isLanguage(value) && setLanguage(value)}
        />
        <Numbers
          preset={preview.data}
          numbers={numbers}
          problem={(key) => problemOf(i18n, apply.error, key)}
          onChange={(key, number) => setNumbers({ ...numbers, [key]: number })}
        />
        <section aria-label={t`What will be made`}>
          <Text fw={600} mb="xs">{t`What will be made`}</Text>
          <PresetItems items={preview.data.items} organisationName={me.organisation.name} />
        </section>
        {makesNothing && <Text c="dimmed">{t`All of it is there already.`}</Text>}
        <Problem failure={preview.error ?? apply.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onDone}>{t`Cancel`}</Button>
          <Button type="submit" loading={apply.isPending} disabled={makesNothing}>{t`Make this set-up`}</Button>
        </Group>
      </Stack>
    </form>
  );
}

/** What changes when a set-up is made or undone. */
export const refetched = [
  "presetApplicationsList",
  "presetUndoGet",
  "projectsList",
  "hoursList",
  "skillsList",
  "queuesList",
  "numbersList",
  "wrapUpCodesList",
  "reasonsList",
  "rolesList",
  "customerFieldsList",
] as const;

/** What the server says is wrong with the number of one part. */
function problemOf(i18n: I18n, failure: ApiProblem | null, key: string): string | null {
  const field = failure?.fields.find(({ path }) => path.startsWith(`numbers.${key}.`));
  return field === undefined ? null : fieldSentence(i18n, field.code);
}

function Numbers({
  preset,
  numbers,
  problem,
  onChange,
}: {
  readonly preset: Preset;
  readonly numbers: Readonly<Record<string, string>>;
  readonly problem: (key: string) => string | null;
  readonly onChange: (key: string, number: string) => void;
}): ReactNode {
  const { t } = useLingui();
  const language = useLanguage((state) => state.language);
  const parts = preset.items.filter((item: PresetItem) => item.kind === "number");
  return (
    <Stack gap="xs">
      <Text fw={600}>{t`Your numbers`}</Text>
      <Text size="sm" c="dimmed">
        <Trans>As customers dial them. One that you leave empty isn't made; add it later under Numbers.</Trans>
      </Text>
      {parts.map((part) => (
        <TextInput
          key={part.key}
          label={<bdi>{localized(part.names, language)}</bdi>}
          dir="ltr"
          inputMode="tel"
          maxLength={32}
          value={numbers[part.key] ?? ""}
          error={problem(part.key)}
          onChange={(event) => onChange(part.key, normaliseInput(event.currentTarget.value))}
        />
      ))}
    </Stack>
  );
}
