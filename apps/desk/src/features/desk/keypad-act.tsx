import type { DeskContact } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Button, Popover, SimpleGrid, Text } from "@mantine/core";
import { IconDialpad } from "@tabler/icons-react";
import { useState, type KeyboardEvent, type ReactNode } from "react";
import { useApiMutation } from "../../api/queries.ts";
import { normaliseDigits } from "../../ui/format.ts";
import { Problem } from "../../ui/problem.tsx";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"] as const;
/** The last ones pressed; more would not help anybody. */
const SHOWN_MAX = 24;

/** Keys for a menu at the other end, pressed or typed; each goes out at once. */
export function KeypadAct({ contact, isHeld }: { readonly contact: DeskContact; readonly isHeld: boolean }): ReactNode {
  const { t } = useLingui();
  const press = useApiMutation("contactKeysPress");
  const [pressed, setPressed] = useState("");
  const send = (key: string): void => {
    setPressed((before) => (before + key).slice(-SHOWN_MAX));
    press.mutate({ params: { contactId: contact.contactId }, body: { keys: key } });
  };
  const onKey = (event: KeyboardEvent): void => {
    const key = normaliseDigits(event.key);
    if (event.ctrlKey || event.altKey || event.metaKey || !(KEYS as readonly string[]).includes(key)) return;
    event.preventDefault();
    event.stopPropagation();
    send(key);
  };
  return (
    <Popover position="top" withArrow trapFocus returnFocus onClose={() => setPressed("")} disabled={isHeld}>
      <Popover.Target>
        <Button variant="default" disabled={isHeld} leftSection={<IconDialpad size={18} aria-hidden />}>
          {t({ message: "Keypad", context: "button" })}
        </Button>
      </Popover.Target>
      <Popover.Dropdown onKeyDown={onKey} aria-label={t`Keypad`}>
        <Text dir="ltr" ta="center" mih={24} role="status" style={{ fontVariantNumeric: "tabular-nums" }}>
          {pressed}
        </Text>
        <SimpleGrid cols={3} spacing={6} dir="ltr">
          {KEYS.map((key) => (
            <Button key={key} variant="default" onClick={() => send(key)}>
              {key}
            </Button>
          ))}
        </SimpleGrid>
        <Problem failure={press.error} />
      </Popover.Dropdown>
    </Popover>
  );
}
