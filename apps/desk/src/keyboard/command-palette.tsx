import { useLingui } from "@lingui/react/macro";
import { Modal, Stack, Text, TextInput, UnstyledButton } from "@mantine/core";
import { useState, type KeyboardEvent, type ReactNode } from "react";
import { normaliseInput } from "../ui/format.ts";
import { useOpenAfterMount } from "../ui/use-open-after-mount.ts";
import styles from "./command-palette.module.css";

export type Command = { readonly id: string; readonly label: string; readonly run: () => void };

/** Commands by their first letters: Ctrl K. */
export function CommandPalette({
  opened,
  onClose,
  commands,
}: {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly commands: readonly Command[];
}): ReactNode {
  const { t } = useLingui();
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const wanted = normaliseInput(text).trim().toLowerCase();
  const found = commands.filter((command) => command.label.toLowerCase().includes(wanted));
  const close = (): void => {
    setText("");
    setActive(0);
    onClose();
  };
  const run = (command: Command | undefined): void => {
    if (command === undefined) return;
    close();
    command.run();
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setActive((active + (event.key === "ArrowDown" ? 1 : -1) + found.length) % Math.max(1, found.length));
    }
    if (event.key === "Enter") run(found[active]);
  };
  return (
    <Modal opened={useOpenAfterMount(opened)} onClose={close} withCloseButton={false} title={t`Commands`} yOffset="12vh" centered={false}>
      <Stack gap="sm">
        <TextInput
          data-autofocus
          aria-label={t`Command`}
          placeholder={t`What do you want to do?`}
          value={text}
          onKeyDown={onKey}
          role="combobox"
          aria-expanded
          aria-controls="commands"
          aria-activedescendant={found[active] === undefined ? undefined : `command-${found[active].id}`}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setActive(0);
          }}
        />
        <div id="commands" role="listbox" aria-label={t`Commands`} className={styles["list"]}>
          {found.map((command, index) => (
            <UnstyledButton
              key={command.id}
              id={`command-${command.id}`}
              role="option"
              aria-selected={index === active}
              tabIndex={-1}
              className={styles["command"]}
              onClick={() => run(command)}
            >
              {command.label}
            </UnstyledButton>
          ))}
        </div>
        {found.length === 0 && <Text size="sm" c="dimmed">{t`Nothing found`}</Text>}
      </Stack>
    </Modal>
  );
}
