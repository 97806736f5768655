import { traceLimits, type TraceSettings } from "@allo/contract";
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

/** For how long the SIP messages of calls are kept. */
export function TracesSection(): ReactNode {
  const settings = useApi("traceSettingsGet", {});
  if (settings.data === undefined)
    return settings.error === null ? <SkeletonRows rows={2} /> : <Problem failure={settings.error} onRetry={settings.refetch} />;
  return <KeepDays settings={settings.data} />;
}

function KeepDays({ settings }: { readonly settings: TraceSettings }): ReactNode {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const save = useApiMutation("traceSettingsPut", ["traceSettingsGet"]);
  const form = useVersionedDraft<{ readonly keepDays: number }>({ keepDays: settings.keepDays }, settings.version);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate(
      { body: { keepDays: form.draft.keepDays, version: settings.version } },
      { onSuccess: () => toastDone(i18n, t`Saved. It holds for calls that end from now on.`) },
    );
  };
  return (
    <form onSubmit={submit}>
      <Stack maw={560}>
        <Text size="sm">
          {t`What carriers and phones said on each call is kept for a while, so that a fault can be found after the call. It stands with the call under Contacts. Passwords, keys and pressed digits are hidden before anything is kept; the rest is sealed with the call's own key.`}
        </Text>
        <ClashNotice form={form} label={() => t`Days to keep them`} show={(_, value) => format.number(value)} />
        <NumberInput
          label={t`Days to keep them`}
          description={t`${format.number(0)} keeps none. ${format.number(traceLimits.keepDaysMax)} at most.`}
          min={0}
          max={traceLimits.keepDaysMax}
          allowDecimal={false}
          clampBehavior="blur"
          styles={{ wrapper: { maxInlineSize: 200 } }}
          value={form.draft.keepDays}
          onChange={(value) => typeof value === "number" && form.set({ keepDays: value })}
        />
        <Problem failure={save.error} />
        <Group>
          <Button type="submit" loading={save.isPending} disabled={!form.isChanged}>{t`Save`}</Button>
        </Group>
      </Stack>
    </form>
  );
}
