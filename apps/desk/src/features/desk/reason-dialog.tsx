import { useLingui } from "@lingui/react/macro";
import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { Problem } from "../../ui/problem.tsx";

const REASON_CHARS_MAX = 300;

/** What isn't done to somebody's call without a reason: what is chosen or said before it, and what is to be known after it, are the caller's. */
export function ReasonDialog({
  title,
  description,
  act,
  ends = false,
  before = null,
  after = null,
  isPending,
  failure = null,
  onAct,
  onClose,
}: {
  readonly title: string;
  /** Below the reason: who reads it. */
  readonly description: string;
  /** On the button. */
  readonly act: string;
  /** It can't be undone. */
  readonly ends?: boolean;
  readonly before?: ReactNode;
  readonly after?: ReactNode;
  readonly isPending: boolean;
  readonly failure?: unknown;
  readonly onAct: (reason: string) => void;
  readonly onClose: () => void;
}): ReactNode {
  const { t } = useLingui();
  const [reason, setReason] = useState("");
  const isReady = reason.trim() !== "";
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ "aria-label": t`Close` }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) onAct(reason.trim());
        }}
      >
        <Stack>
          {before}
          <TextInput
            label={t`Why`}
            description={description}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            maxLength={REASON_CHARS_MAX}
            required
            data-autofocus
            dir="auto"
          />
          {after}
          <Problem failure={failure} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>{t`Cancel`}</Button>
            <Button type="submit" disabled={!isReady} loading={isPending} {...(ends ? { color: "red" } : {})}>
              {act}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
