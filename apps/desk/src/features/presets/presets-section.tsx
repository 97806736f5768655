import type { Preset, PresetApplication, Trade } from "@allo/contract";
import { Plural, useLingui } from "@lingui/react/macro";
import { Button, Group, Stack, Title } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { useApi } from "../../api/queries.ts";
import { useLanguage } from "../../i18n/language.ts";
import { localized } from "../../ui/format.ts";
import { Problem } from "../../ui/problem.tsx";
import { SidePanel } from "../../ui/side-panel.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { DateTime } from "../../ui/values.tsx";
import setup from "../setup/setup.module.css";
import { PresetPanel } from "./preset-panel.tsx";
import { tradeIcons } from "./preset-words.ts";
import styles from "./presets.module.css";
import { UndoPanel } from "./undo-panel.tsx";

/** Ready-made set-ups: what each would make here, what was made, and taking it back. */
export function PresetsSection(): ReactNode {
  const { t } = useLingui();
  const language = useLanguage((state) => state.language);
  const presets = useApi("presetsList", { query: { language } });
  const made = useApi("presetApplicationsList", {});
  const [looking, setLooking] = useState<Trade | null>(null);
  const [undoing, setUndoing] = useState<string | null>(null);
  if (presets.data === undefined || made.data === undefined) {
    const failure = presets.error ?? made.error;
    return failure === null ? (
      <SkeletonRows rows={5} height={72} />
    ) : (
      <Problem failure={failure} onRetry={() => [presets, made].forEach((each) => each.error !== null && void each.refetch())} />
    );
  }
  const nameOf = (trade: Trade): string => {
    const preset = presets.data.items.find((each) => each.trade === trade);
    return preset === undefined ? trade : localized(preset.names, language);
  };
  const application = made.data.items.find((each) => each.applicationId === undoing);
  return (
    <>
      <p className={`${setup["sentence"] ?? ""} ${setup["quiet"] ?? ""}`}>
        {t`A set-up for your trade: queues with targets, opening hours, results of calls, reasons, roles, fields. Look at it first; what is there already under the same name is used as it is.`}
      </p>
      <div className={styles["trades"]}>
        {presets.data.items.map((preset) => (
          <TradeCard key={preset.trade} preset={preset} onLook={() => setLooking(preset.trade)} />
        ))}
      </div>
      {made.data.items.length > 0 && (
        <section>
          <Title order={2} size="h3" mb="sm">{t`Made here`}</Title>
          <Stack gap="xs">
            {made.data.items.map((each) => (
              <MadeLine key={each.applicationId} made={each} name={nameOf(each.trade)} onUndo={() => setUndoing(each.applicationId)} />
            ))}
          </Stack>
        </section>
      )}
      <SidePanel
        opened={looking !== null}
        onClose={() => setLooking(null)}
        title={looking === null ? "" : <bdi>{nameOf(looking)}</bdi>}
        size={680}
      >
        {looking !== null && <PresetPanel key={looking} trade={looking} onDone={() => setLooking(null)} />}
      </SidePanel>
      <SidePanel
        opened={application !== undefined}
        onClose={() => setUndoing(null)}
        title={application === undefined ? "" : <bdi>{nameOf(application.trade)}</bdi>}
        size={560}
      >
        {application !== undefined && <UndoPanel key={application.applicationId} made={application} />}
      </SidePanel>
    </>
  );
}

function TradeCard({ preset, onLook }: { readonly preset: Preset; readonly onLook: () => void }): ReactNode {
  const { t } = useLingui();
  const language = useLanguage((state) => state.language);
  const Shape = tradeIcons[preset.trade];
  const name = localized(preset.names, language);
  return (
    <article className={styles["trade"]} data-trade={preset.trade}>
      <Shape size={22} stroke={1.6} aria-hidden style={{ flexShrink: 0 }} />
      <div className={styles["tradeText"]}>
        <Title order={2} size="h4">
          <bdi>{name}</bdi>
        </Title>
        <span className={styles["quiet"]}>{localized(preset.about, language)}</span>
        <div style={{ marginBlockStart: 8 }}>
          <Button variant="default" size="compact-md" aria-label={t`Look at it: ${name}`} onClick={onLook}>{t`Look at it`}</Button>
        </div>
      </div>
    </article>
  );
}

function MadeLine({
  made,
  name,
  onUndo,
}: {
  readonly made: PresetApplication;
  readonly name: string;
  readonly onUndo: () => void;
}): ReactNode {
  const { t } = useLingui();
  const undone = made.undoneAt !== null;
  return (
    <div className={setup["line"]} data-retired={undone} data-testid="preset-application">
      <span className={setup["grow"]}>
        <bdi>{name}</bdi>
        <span className={setup["quiet"]}>
          {" · "}
          <DateTime at={made.at} /> · <bdi>{made.byName}</bdi> · <Plural value={made.made.length} one="# part made" other="# parts made" />
          {made.undoneAt !== null && (
            <>
              {" · "}
              {t({ message: "undone", context: "a ready-made set-up" })} <DateTime at={made.undoneAt} />
            </>
          )}
        </span>
      </span>
      <Group gap="xs">
        <Button variant="default" size="compact-sm" onClick={onUndo}>
          {undone ? t`What was undone` : t`Undo…`}
        </Button>
      </Group>
    </div>
  );
}
