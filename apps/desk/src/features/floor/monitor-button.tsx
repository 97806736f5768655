import type { FloorAgent } from "@allo/contract";
import { Trans, useLingui } from "@lingui/react/macro";
import { ActionIcon, Button, Group, Modal, Radio, Stack, Text, TextInput } from "@mantine/core";
import { IconEar } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { isolate } from "../../ui/isolate.ts";
import { useDeskAct } from "../desk/use-desk.ts";

type Mode = "listen" | "whisper" | "barge";
const REASON_CHARS_MAX = 300;

/** Into an agent's talk: the lead says why, and what they will do there. */
export function MonitorButton({ agent }: { readonly agent: FloorAgent }): ReactNode {
  const { t } = useLingui();
  const [opened, setOpened] = useState(false);
  if (agent.state !== "talking" || agent.contactId === null) return null;
  return (
    <>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-haspopup="dialog"
        aria-label={t`Listen to the call: ${agent.name}`}
        title={t`Listen to the call`}
        onClick={() => setOpened(true)}
      >
        <IconEar size={18} aria-hidden />
      </ActionIcon>
      {opened && <MonitorDialog contactId={agent.contactId} name={agent.name} onClose={() => setOpened(false)} />}
    </>
  );
}

function MonitorDialog({
  contactId,
  name,
  onClose,
}: {
  readonly contactId: string;
  readonly name: string;
  readonly onClose: () => void;
}): ReactNode {
  const { t } = useLingui();
  const monitor = useDeskAct("callMonitor");
  const [mode, setMode] = useState<Mode>("listen");
  const [reason, setReason] = useState("");
  const isReady = reason.trim() !== "";
  return (
    <Modal opened onClose={onClose} title={t`Into the call of ${isolate(name)}`} closeButtonProps={{ "aria-label": t`Close` }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) monitor.mutate({ params: { contactId }, body: { mode, reason: reason.trim() } }, { onSuccess: onClose });
        }}
      >
        <Stack>
          <Radio.Group label={t`Who hears you`} value={mode} onChange={(next) => setMode(next as Mode)}>
            <Stack gap={6} mt={6}>
              <Radio value="listen" label={t`Nobody: listen only`} />
              <Radio value="whisper" label={t`The agent alone: whisper`} />
              <Radio value="barge" label={t`Agent and customer: join the talk`} />
            </Stack>
          </Radio.Group>
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
          <Text size="sm" c="dimmed">
            <Trans>In the call bar you can change it, take the call over, or leave. Your phone at the desk must be connected.</Trans>
          </Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>{t`Cancel`}</Button>
            <Button type="submit" disabled={!isReady} loading={monitor.isPending}>
              {t({ message: "Into the call", context: "button" })}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
