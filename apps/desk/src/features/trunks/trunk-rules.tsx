import { applyNumberRules, numberRuleFault, numberRuleLimits } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { ActionIcon, Button, Group, NumberInput, Select, Text, TextInput } from "@mantine/core";
import { IconArrowUp, IconPlus, IconTrash } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { normaliseDigits } from "../../ui/format.ts";
import { useFormat } from "../../ui/use-format.ts";
import type { TrunkDraft } from "./trunk-draft.ts";
import styles from "./trunks.module.css";

type Rules = TrunkDraft["rules"];
type Which = keyof Rules;

/** How numbers are rewritten in each direction, and a box to try it on a number. */
export function TrunkRules({ rules, onChange }: { readonly rules: Rules; readonly onChange: (rules: Rules) => void }): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  const [which, setWhich] = useState<Which>("dialled");
  const [sample, setSample] = useState("");
  const names: Readonly<Record<Which, string>> = {
    dialled: t`Numbers that you dial`,
    callerOut: t`Your number, as the called sees it`,
    reached: t`Numbers that callers dial`,
    callerIn: t`Numbers of callers`,
  };
  const list = rules[which];
  const put = (next: Rules[Which]): void => onChange({ ...rules, [which]: next });
  const outcome = sample === "" ? null : applyNumberRules(list, sample);
  const result = outcome === null ? "" : `\u2066${outcome.number}\u2069`;
  const nth = outcome?.rule === null || outcome === null ? "" : format.number(outcome.rule + 1);
  return (
    <fieldset className={styles["group"]}>
      <legend>{t`Number rules`}</legend>
      <Text
        size="sm"
        c="dimmed"
      >{t`Carriers write numbers in their own ways. The first rule that fits is applied: so many characters are taken from the front, then others put there. X is any digit, Z one from 1 to 9, N from 2 to 9, * at the end any rest.`}</Text>
      <Select
        label={t`Which numbers`}
        data={(Object.keys(names) as Which[]).map((value) => ({ value, label: `${names[value]} (${format.number(rules[value].length)})` }))}
        allowDeselect={false}
        value={which}
        onChange={(value) => value !== null && setWhich(value as Which)}
      />
      {list.map((rule, index) => {
        const fault = numberRuleFault(rule);
        const change = (part: Partial<typeof rule>): void => put(list.map((each, at) => (at === index ? { ...each, ...part } : each)));
        return (
          <div key={index} className={styles["rule"]}>
            <TextInput
              label={t`Numbers like`}
              required
              dir="ltr"
              placeholder="+49*"
              maxLength={numberRuleLimits.matchCharsMax}
              value={rule.match}
              error={fault === "match" ? t`No such pattern` : undefined}
              onChange={(event) => change({ match: normaliseDigits(event.currentTarget.value).trim().toUpperCase() })}
            />
            <NumberInput
              label={t`Take away`}
              min={0}
              max={numberRuleLimits.stripMax}
              allowDecimal={false}
              hideControls
              value={rule.strip}
              error={fault === "strip" ? t`More than the pattern has` : undefined}
              onChange={(value) => typeof value === "number" && change({ strip: value })}
            />
            <TextInput
              label={t`Put in front`}
              dir="ltr"
              placeholder="0"
              maxLength={numberRuleLimits.prependCharsMax}
              value={rule.prepend}
              error={fault === "prepend" ? t`Nothing would be left, or no digits` : undefined}
              onChange={(event) => change({ prepend: normaliseDigits(event.currentTarget.value).trim() })}
            />
            <Group gap={4} wrap="nowrap">
              <ActionIcon
                variant="subtle"
                color="gray"
                size="lg"
                disabled={index === 0}
                aria-label={t`Rule ${format.number(index + 1)} one place up`}
                onClick={() => put([...list.slice(0, index - 1), rule, ...list.slice(index - 1, index), ...list.slice(index + 1)])}
              >
                <IconArrowUp size={18} aria-hidden />
              </ActionIcon>
              <ActionIcon
                variant="subtle"
                color="gray"
                size="lg"
                aria-label={t`Take rule ${format.number(index + 1)} away`}
                onClick={() => put(list.filter((_, at) => at !== index))}
              >
                <IconTrash size={18} aria-hidden />
              </ActionIcon>
            </Group>
          </div>
        );
      })}
      {list.length < numberRuleLimits.rulesMax && (
        <div>
          <Button
            variant="default"
            size="compact-sm"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => put([...list, { match: "", strip: 0, prepend: "" }])}
          >{t`Add a rule`}</Button>
        </div>
      )}
      <TextInput
        label={t`Try a number`}
        dir="ltr"
        inputMode="tel"
        maxLength={numberRuleLimits.numberCharsMax}
        value={sample}
        onChange={(event) => setSample(normaliseDigits(event.currentTarget.value))}
      />
      <Text size="sm" role="status">
        {outcome === null ? "" : outcome.rule === null ? t`It stays ${result}: no rule fits.` : t`It becomes ${result} by rule ${nth}.`}
      </Text>
    </fieldset>
  );
}
