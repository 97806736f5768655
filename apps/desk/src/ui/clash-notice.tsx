import { useLingui } from "@lingui/react/macro";
import { Alert, Button, Group, Text } from "@mantine/core";
import { IconGitMerge } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { DraftForm } from "./versioned-draft.ts";

export type ClashNoticeProps<T extends object> = {
  readonly form: DraftForm<T>;
  readonly label: (key: keyof T) => string;
  /** A value as it stands on the screen; of a compound one the parts in which it differs from `other`. */
  readonly show: (key: keyof T, value: T[keyof T], other: T[keyof T]) => ReactNode;
};

/** Someone else changed the same fields meanwhile: shows both, field by field, and lets one choose. */
export function ClashNotice<T extends object>({ form, label, show }: ClashNoticeProps<T>): ReactNode {
  const { t } = useLingui();
  if (form.clashes.length === 0) return null;
  return (
    <Alert
      color="yellow"
      variant="light"
      icon={<IconGitMerge aria-hidden />}
      role="alert"
      title={t`Someone changed this meanwhile`}
      styles={{ message: { color: "var(--text)" }, title: { color: "var(--text)" } }}
      data-testid="clashes"
    >
      <Text size="sm">{t`Everything else of theirs is taken in, and everything else of yours is kept. Choose for each of these:`}</Text>
      {form.clashes.map((clash) => (
        <Group key={String(clash.key)} gap="sm" mt="sm">
          <Text size="sm" fw={600}>
            {label(clash.key)}
          </Text>
          <Button size="compact-sm" variant="default" onClick={() => form.decide(clash.key, "mine")}>
            <span>
              {t`Yours`}: <bdi>{show(clash.key, form.draft[clash.key], clash.theirs)}</bdi>
            </span>
          </Button>
          <Button size="compact-sm" variant="default" onClick={() => form.decide(clash.key, "theirs")}>
            <span>
              {t`Theirs`}: <bdi>{show(clash.key, clash.theirs, form.draft[clash.key])}</bdi>
            </span>
          </Button>
        </Group>
      ))}
    </Alert>
  );
}
