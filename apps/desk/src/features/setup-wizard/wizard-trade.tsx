import type { Preset } from "@allo/contract";
import { Trans, useLingui } from "@lingui/react/macro";
import { Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useApi } from "../../api/queries.ts";
import { useLanguage } from "../../i18n/language.ts";
import { Problem } from "../../ui/problem.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { PresetItems } from "../presets/preset-items.tsx";
import { TradeCards } from "../presets/trade-choice.tsx";
import type { WizardDraft } from "./wizard-draft.ts";

/** Which ready-made set-up to begin with, and all that it will make. */
export function TradeFields({
  draft,
  onChange,
}: {
  readonly draft: WizardDraft;
  readonly onChange: (change: Partial<WizardDraft>) => void;
}): ReactNode {
  const language = useLanguage((state) => state.language);
  const list = useApi("presetsList", { query: { language } });
  if (list.data === undefined)
    return list.error === null ? <SkeletonRows rows={4} height={72} /> : <Problem failure={list.error} onRetry={list.refetch} />;
  const preset = list.data.items.find((each) => each.trade === draft.trade);
  return (
    <Stack>
      <Text>
        <Trans>
          A ready-made set-up gives you queues, opening hours, results of calls and more, in the words of the trade. Everything can be
          changed later, and all of it taken back at once.
        </Trans>
      </Text>
      <TradeCards presets={list.data.items} chosen={draft.trade} onChange={(trade) => onChange({ trade })} />
      {preset !== undefined && <WhatIsMade preset={preset} organisationName={draft.organisationName.trim()} />}
    </Stack>
  );
}

function WhatIsMade({ preset, organisationName }: { readonly preset: Preset; readonly organisationName: string }): ReactNode {
  const { t } = useLingui();
  // The number of the next step is the main one's; the others are added when there are numbers for them.
  const items = preset.items.map((item) =>
    item.kind === "number" && item.key === preset.mainNumberKey ? { ...item, state: "new" as const, why: null } : item,
  );
  return (
    <section aria-label={t`What will be made`}>
      <Text fw={600} mb="xs">{t`What will be made`}</Text>
      <PresetItems items={items} organisationName={organisationName} />
    </section>
  );
}
