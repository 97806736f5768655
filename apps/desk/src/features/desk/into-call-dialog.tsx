import { useLingui } from "@lingui/react/macro";
import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { isolate } from "../../ui/isolate.ts";

const REASON_CHARS_MAX = 300;

/** Into somebody's talk, not without a reason: what is chosen or said before it, and what is to be known after it, are the caller's. */
export function IntoCallDialog({
  name,
  before,
  after = null,
  isPending,
  onCome,
  onClose,
}: {
  readonly name: string;
  readonly before: ReactNode;
  readonly after?: ReactNode;
  readonly isPending: boolean;
  readonly onCome: (reason: string) => void;
  readonly onClose: () => void;
}): ReactNode {
  const { t } = useLingui();
  const [reason, setReason] = useState("");
  const isReady = reason.trim() !== "";
  return (
    <Modal opened onClose={onClose} title={t`Into the call of ${isolate(name)}`} closeButtonProps={{ "aria-label": t`Close` }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) onCome(reason.trim());
        }}
      >
        <Stack>
          {before}
          <TextInput
            label={t`Why`}
            description={t`It is noted with your name. The agent sees that you are in the call.`}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            maxLength={REASON_CHARS_MAX}
            required
            data-autofocus
            dir="auto"
          />
          {after}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>{t`Cancel`}</Button>
            <Button type="submit" disabled={!isReady} loading={isPending}>
              {t({ message: "Into the call", context: "button" })}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
