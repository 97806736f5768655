import { useLingui } from "@lingui/react/macro";
import { Button, Group, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { normaliseInput } from "./format.ts";

export type FilterBarProps = {
  /** The search field, which `/` goes to; absent where the list isn't searched. */
  readonly search?: { readonly value: string; readonly label: string; readonly onChange: (text: string) => void };
  /** Selects and switches. */
  readonly children?: ReactNode;
  /** Given while a filter is on. */
  readonly onClear?: (() => void) | undefined;
  /** The list's own button, at the end. */
  readonly action?: ReactNode;
};

/** What narrows a list, above it. */
export function FilterBar({ search, children, onClear, action }: FilterBarProps): ReactNode {
  const { t } = useLingui();
  return (
    <Group gap="sm" align="end" role="search">
      {search !== undefined && (
        <TextInput
          data-search
          aria-label={search.label}
          placeholder={search.label}
          leftSection={<IconSearch size={16} aria-hidden />}
          dir={search.value === "" ? undefined : "auto"}
          w={280}
          maw="100%"
          value={search.value}
          onChange={(event) => search.onChange(normaliseInput(event.currentTarget.value))}
        />
      )}
      {children}
      {onClear !== undefined && <Button variant="subtle" onClick={onClear}>{t`Clear the filters`}</Button>}
      <div style={{ marginInlineStart: "auto" }}>{action}</div>
    </Group>
  );
}
