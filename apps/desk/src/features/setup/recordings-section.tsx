import { recordingStorageLimits, type RecordingStorage } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Button, Group, NumberInput, Stack, Text } from "@mantine/core";
import type { FormEvent, ReactNode } from "react";
import { useApi, useApiMutation } from "../../api/queries.ts";
import { ClashNotice } from "../../ui/clash-notice.tsx";
import { Problem } from "../../ui/problem.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { toastDone } from "../../ui/toasts.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { useVersionedDraft } from "../../ui/versioned-draft.ts";

const MEGABYTE = 1_000_000;
/** While recordings are being made smaller, the figures are read again so often. */
const LOOK_AGAIN_MS = 5_000;

/** How recordings are kept: lossless, or smaller from a set age on. */
export function RecordingsSection(): ReactNode {
  const storage = useApi("recordingStorageGet", {});
  if (storage.data === undefined)
    return storage.error === null ? <SkeletonRows rows={3} /> : <Problem failure={storage.error} onRetry={storage.refetch} />;
  return (
    <Stack maw={560}>
      <AgeForm storage={storage.data} />
      <Kept storage={storage.data} />
    </Stack>
  );
}

function AgeForm({ storage }: { readonly storage: RecordingStorage }): ReactNode {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const save = useApiMutation("recordingStoragePut", ["recordingStorageGet"]);
  const form = useVersionedDraft<{ readonly opusAfterDays: number }>({ opusAfterDays: storage.opusAfterDays }, storage.version);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate(
      { body: { opusAfterDays: form.draft.opusAfterDays, version: form.version } },
      { onSuccess: () => toastDone(i18n, t`Saved. Recordings that are old enough are made smaller in the background.`) },
    );
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm">
          {t`Recordings are kept lossless, as they came over the line. Older ones can be kept in Opus instead: speech sounds the same, and they take about a fifth of the room. Each is compared with its original before that is removed; playing, waveform and checks go on as before. What was made smaller can't be turned back.`}
        </Text>
        <ClashNotice form={form} label={() => t`Days to keep recordings lossless`} show={(_, value) => format.number(value)} />
        <NumberInput
          label={t`Days to keep recordings lossless`}
          description={t`${format.number(0)} keeps all of them so for ever.`}
          min={0}
          max={recordingStorageLimits.opusAfterDaysMax}
          allowDecimal={false}
          clampBehavior="blur"
          // The field is short, what stands above it needn't be.
          styles={{ wrapper: { maxInlineSize: 200 } }}
          value={form.draft.opusAfterDays}
          onChange={(value) => typeof value === "number" && form.set({ opusAfterDays: value })}
        />
        <Problem failure={form.clashes.length > 0 ? null : save.error} />
        <Group>
          <Button type="submit" loading={save.isPending} disabled={!form.isChanged || form.clashes.length > 0}>{t`Save`}</Button>
        </Group>
      </Stack>
    </form>
  );
}

function Kept({ storage: { kept } }: { readonly storage: RecordingStorage }): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  // While there is work to be seen; the same figures as the form's.
  useApi("recordingStorageGet", {}, kept.due > 0 ? { everyMs: LOOK_AGAIN_MS } : {});
  const megabytes = (bytes: number): string => format.number(Math.round((bytes / MEGABYTE) * 10) / 10);
  return (
    <div role="status" data-testid="recordings-kept">
      <Text size="sm">{t`Recordings kept: ${format.number(kept.recordings)}, ${megabytes(kept.bytes)} MB.`}</Text>
      {kept.smaller > 0 && (
        <Text size="sm">{t`Made smaller: ${format.number(kept.smaller)}; that saves ${megabytes(kept.bytesSaved)} MB.`}</Text>
      )}
      {kept.due > 0 && <Text size="sm">{t`Still to be made smaller: ${format.number(kept.due)}.`}</Text>}
      {kept.refused > 0 && (
        <Text size="sm">{t`Left as they are, since the file is missing, changed or erased: ${format.number(kept.refused)}. The gaps in recordings say more.`}</Text>
      )}
    </div>
  );
}
