import { presetKinds, type PresetItem, type PresetKind } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Accordion, Badge, Group, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useLanguage } from "../../i18n/language.ts";
import { localized } from "../../ui/format.ts";
import { useFormat } from "../../ui/use-format.ts";
import { kindNames, whyNotMade } from "./preset-words.ts";
import { PresetDetails } from "./preset-details.tsx";
import styles from "./presets.module.css";

/** Everything a ready-made set-up makes, kind by kind: how many, and each by name when opened. */
export function PresetItems({
  items,
  organisationName,
}: {
  readonly items: readonly PresetItem[];
  readonly organisationName: string;
}): ReactNode {
  const { i18n } = useLingui();
  const format = useFormat();
  const kinds = presetKinds.filter((kind) => items.some((item) => item.kind === kind));
  return (
    <Accordion multiple variant="contained" chevronPosition="left" data-testid="preset-items">
      {kinds.map((kind) => {
        const parts = items.filter((item) => item.kind === kind);
        const made = parts.filter((item) => item.state === "new").length;
        return (
          <Accordion.Item key={kind} value={kind} data-kind={kind}>
            <Accordion.Control>
              <Group justify="space-between" wrap="nowrap" gap="sm">
                <span>{i18n._(kindNames[kind])}</span>
                <Text component="span" size="sm" c="dimmed" data-testid="count">
                  <Count kind={kind} made={made} all={parts.length} write={format.number} />
                </Text>
              </Group>
            </Accordion.Control>
            <Accordion.Panel>
              <ul className={styles["parts"]}>
                {parts.map((item) => (
                  <Part key={item.key} item={item} organisationName={organisationName} />
                ))}
              </ul>
            </Accordion.Panel>
          </Accordion.Item>
        );
      })}
    </Accordion>
  );
}

function Count({
  made,
  all,
  write,
}: {
  readonly kind: PresetKind;
  readonly made: number;
  readonly all: number;
  readonly write: (value: number) => string;
}): ReactNode {
  const { t } = useLingui();
  if (made === all) return write(all);
  const [new_, total] = [write(made), write(all)];
  return t({ message: `${new_} of ${total}`, context: "parts that will be made" });
}

function Part({ item, organisationName }: { readonly item: PresetItem; readonly organisationName: string }): ReactNode {
  const { i18n } = useLingui();
  const language = useLanguage((state) => state.language);
  return (
    <li className={styles["part"]} data-state={item.state} data-testid="preset-item">
      <bdi className={styles["name"]}>{localized(item.names, language)}</bdi>
      {item.why !== null && (
        <Badge variant="light" color={item.why === "numberNeeded" ? "yellow" : "gray"} tt="none" c="var(--text)">
          {i18n._(whyNotMade[item.why])}
        </Badge>
      )}
      <PresetDetails item={item} organisationName={organisationName} />
    </li>
  );
}
