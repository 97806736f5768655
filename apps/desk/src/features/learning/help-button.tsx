import { useLingui } from "@lingui/react/macro";
import { ActionIcon } from "@mantine/core";
import { IconHelp } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { chordText } from "../../keyboard/keys.ts";
import { useKeyBindings } from "../../keyboard/use-keys.ts";
import { openHelp, useLearning } from "./learning-store.ts";

/** The “?” at the same place of every page. */
export function HelpButton(): ReactNode {
  const { t } = useLingui();
  const opened = useLearning((state) => state.panel !== null);
  const key = useKeyBindings((bindings) => bindings.help);
  return (
    <ActionIcon
      variant="subtle"
      size="lg"
      color="gray"
      aria-label={t`Help for this page`}
      aria-haspopup="dialog"
      aria-expanded={opened}
      aria-keyshortcuts={key}
      title={`${t`Help for this page`} (${chordText(key)})`}
      onClick={openHelp}
      data-testid="help"
    >
      <IconHelp size={24} stroke={1.6} aria-hidden color="var(--text)" />
    </ActionIcon>
  );
}
