import { useLingui } from "@lingui/react/macro";
import { ActionIcon, Group, SegmentedControl, Select, Stack } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useFormat } from "./use-format.ts";

export type Levelled = { readonly id: string; readonly level: number };
export type LevelRowsProps = {
  readonly rows: readonly Levelled[];
  readonly choices: readonly { readonly value: string; readonly label: string }[];
  readonly nameOf: (id: string) => string;
  readonly addLabel: string;
  readonly onChange: (rows: readonly Levelled[]) => void;
};
const levels = [1, 2, 3, 4, 5] as const;

/** Things with a level from 1 to 5, five being the best: skills of a person, members of a queue, what a queue asks for. */
export function LevelRows({ rows, choices, nameOf, addLabel, onChange }: LevelRowsProps): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  const left = choices.filter((choice) => !rows.some((row) => row.id === choice.value));
  return (
    <Stack gap="sm">
      {rows.map((row) => (
        <Group key={row.id} gap="sm" wrap="nowrap" justify="space-between">
          <bdi style={{ minInlineSize: 0, overflowWrap: "anywhere" }}>{nameOf(row.id) || "—"}</bdi>
          <Group gap="xs" wrap="nowrap">
            <SegmentedControl
              size="xs"
              aria-label={t`Level: ${nameOf(row.id)}`}
              data={levels.map((level) => ({ value: String(level), label: format.number(level) }))}
              value={String(row.level)}
              onChange={(level) => onChange(rows.map((each) => (each.id === row.id ? { ...each, level: Number(level) } : each)))}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t`Take away: ${nameOf(row.id)}`}
              onClick={() => onChange(rows.filter((each) => each.id !== row.id))}
            >
              <IconTrash size={16} aria-hidden />
            </ActionIcon>
          </Group>
        </Group>
      ))}
      {left.length > 0 && (
        <Select
          aria-label={addLabel}
          placeholder={addLabel}
          data={left}
          value={null}
          searchable
          nothingFoundMessage={t`Nothing found`}
          onChange={(id) => id !== null && onChange([...rows, { id, level: 3 }])}
        />
      )}
    </Stack>
  );
}
