import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, Kbd, Modal, Stack, Table, Text } from "@mantine/core";
import { useState, type KeyboardEvent, type ReactNode } from "react";
import { useOpenAfterMount } from "../ui/use-open-after-mount.ts";
import { keyWords } from "./key-words.ts";
import { chordOf, chordText, keyActions, rebindFailure, type KeyAction, type RebindFailure } from "./keys.ts";
import { bindKey, resetKeys, useKeyBindings } from "./use-keys.ts";

/** Every key with what it does; the call keys can be changed here. */
export function KeySheet({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }): ReactNode {
  const { t, i18n } = useLingui();
  const bindings = useKeyBindings();
  const [changing, setChanging] = useState<KeyAction | null>(null);
  const [failure, setFailure] = useState<RebindFailure | null>(null);
  const press = (action: KeyAction, event: KeyboardEvent): void => {
    if (changing !== action || /^(?:Shift|Control|Alt|Meta)/u.test(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Escape") return setChanging(null);
    const chord = chordOf(event);
    const refused = rebindFailure(bindings, action, chord);
    setFailure(refused);
    if (refused !== null) return;
    bindKey(action, chord);
    setChanging(null);
  };
  const begin = (action: KeyAction): void => {
    setChanging(action);
    setFailure(null);
  };
  return (
    <Modal
      opened={useOpenAfterMount(opened)}
      onClose={onClose}
      title={t`Keys`}
      closeOnEscape={changing === null}
      closeButtonProps={{ "aria-label": t`Close` }}
    >
      <Stack data-testid="key-sheet">
        <Table>
          <Table.Tbody>
            {keyActions.map((action) => (
              <Table.Tr key={action}>
                <Table.Td>{i18n._(keyWords[action])}</Table.Td>
                <Table.Td>
                  <Button
                    variant={changing === action ? "light" : "subtle"}
                    size="compact-sm"
                    onClick={() => begin(action)}
                    onKeyDown={(event) => press(action, event)}
                    aria-label={
                      changing === action ? undefined : `${chordText(bindings[action])}, ${i18n._(keyWords[action])}: ${t`Change the key`}`
                    }
                  >
                    {changing === action ? t`Press a key…` : <Kbd dir="ltr">{chordText(bindings[action])}</Kbd>}
                  </Button>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        <div role="status">
          {failure?.kind === "reserved" && (
            <Text size="sm">
              <Trans>The browser or a screen reader uses this key.</Trans>
            </Text>
          )}
          {failure?.kind === "prints" && (
            <Text size="sm">
              <Trans>This key would be typed into a note: take a function key, or one with Ctrl or Alt.</Trans>
            </Text>
          )}
          {failure?.kind === "taken" && <Text size="sm">{t`This key already does: ${i18n._(keyWords[failure.by])}`}</Text>}
        </div>
        <Group justify="flex-end">
          <Button variant="default" size="compact-md" onClick={resetKeys}>{t`Back to the usual keys`}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
