import type { Preset, Trade } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Radio } from "@mantine/core";
import { IconPencilPlus } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useLanguage } from "../../i18n/language.ts";
import { localized } from "../../ui/format.ts";
import { tradeIcons } from "./preset-words.ts";
import styles from "./presets.module.css";

/** A trade whose ready-made set-up is taken, or a beginning with nothing but a queue. */
export type TradeChoice = Trade | "empty";

/** The trades as cards, one of which is chosen. */
export function TradeCards({
  presets,
  chosen,
  onChange,
}: {
  readonly presets: readonly Preset[];
  readonly chosen: TradeChoice | null;
  readonly onChange: (choice: TradeChoice) => void;
}): ReactNode {
  const { t } = useLingui();
  const language = useLanguage((state) => state.language);
  return (
    <Radio.Group
      label={t`What do you take calls for?`}
      value={chosen}
      onChange={(value) => onChange(presets.find((preset) => preset.trade === value)?.trade ?? "empty")}
    >
      <div className={styles["trades"]} style={{ marginBlockStart: 8 }}>
        {presets.map((preset) => (
          <Card
            key={preset.trade}
            value={preset.trade}
            icon={tradeIcons[preset.trade]}
            name={localized(preset.names, language)}
            about={localized(preset.about, language)}
          />
        ))}
        <Card value="empty" icon={IconPencilPlus} name={t`Start empty`} about={t`One queue and one number; you add the rest as you go.`} />
      </div>
    </Radio.Group>
  );
}

function Card({
  value,
  icon: Shape,
  name,
  about,
}: {
  readonly value: TradeChoice;
  readonly icon: (typeof tradeIcons)[Trade];
  readonly name: string;
  readonly about: string;
}): ReactNode {
  return (
    <Radio.Card value={value} className={styles["trade"] ?? ""} data-trade={value} aria-label={`${name}. ${about}`}>
      <Shape size={22} stroke={1.6} aria-hidden style={{ flexShrink: 0 }} />
      <span className={styles["tradeText"]}>
        <bdi className={styles["tradeName"]}>{name}</bdi>
        <span className={styles["quiet"]}>{about}</span>
      </span>
      <Radio.Indicator />
    </Radio.Card>
  );
}
