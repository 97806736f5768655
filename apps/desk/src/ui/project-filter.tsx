import { useLingui } from "@lingui/react/macro";
import { Select } from "@mantine/core";
import type { ReactNode } from "react";

/** Narrows a list to one project, where the organisation has several. */
export function ProjectFilter({
  choices,
  value,
  onChange,
}: {
  readonly choices: readonly { readonly value: string; readonly label: string }[];
  readonly value: string | null;
  readonly onChange: (projectId: string | null) => void;
}): ReactNode {
  const { t } = useLingui();
  return (
    <Select
      aria-label={t`Project`}
      w={180}
      data={[...choices]}
      value={value}
      clearable
      searchable
      placeholder={t`All projects`}
      nothingFoundMessage={t`Nothing found`}
      onChange={onChange}
    />
  );
}
