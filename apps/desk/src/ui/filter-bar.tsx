import { useLingui } from "@lingui/react/macro";
import { Button, Group, TextInput } from "@mantine/core";
import { IconFilter, IconSearch } from "@tabler/icons-react";
import { Children, useState, type CSSProperties, type ReactNode } from "react";
import { normaliseInput } from "./format.ts";
import { useNarrow } from "./use-narrow.ts";

/** On a telephone more filters than these stand behind a button: the list is what one came for. */
const OPEN_FILTERS_MAX = 2;

const unfoldedStyle: CSSProperties = {
  display: "grid",
  gridTemplateColumns: "repeat(2, minmax(0, 1fr))",
  alignItems: "end",
  gap: 8,
  inlineSize: "100%",
};

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
  const [unfolded, setUnfolded] = useState(false);
  const folds = useNarrow() && Children.toArray(children).length > OPEN_FILTERS_MAX;
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
      {folds && (
        <Button
          variant={onClear === undefined ? "default" : "light"}
          leftSection={<IconFilter size={16} aria-hidden />}
          aria-expanded={unfolded}
          onClick={() => setUnfolded(!unfolded)}
        >{t`Filters`}</Button>
      )}
      {!folds && children}
      {folds && unfolded && <div style={unfoldedStyle}>{children}</div>}
      {onClear !== undefined && <Button variant="subtle" onClick={onClear}>{t`Clear the filters`}</Button>}
      <div style={{ marginInlineStart: "auto" }}>{action}</div>
    </Group>
  );
}
