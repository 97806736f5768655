import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, Text } from "@mantine/core";
import { IconCreditCard } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { cardNumbersIn, hideCardNumbers } from "./card-numbers.ts";

/** Below a text that others read: says that a card's number stands in it, and takes it out by one press. */
export function CardNumberNotice({ text, onHide }: { readonly text: string; readonly onHide: (text: string) => void }): ReactNode {
  const { t } = useLingui();
  const stands = cardNumbersIn(text).length > 0;
  return (
    <div role="status">
      {stands && (
        <Group gap="xs" mt={4}>
          <IconCreditCard size={16} aria-hidden />
          <Text size="sm" flex="1 1 16em">
            <Trans>This looks like a card's number. Notes are kept, and read by others: don't leave it here.</Trans>
          </Text>
          <Button variant="default" size="compact-sm" onClick={() => onHide(hideCardNumbers(text))}>{t`Hide it`}</Button>
        </Group>
      )}
    </div>
  );
}
