import type { FloorAgent } from "@allo/contract";
import { Trans, useLingui } from "@lingui/react/macro";
import { ActionIcon, Radio, Stack, Text } from "@mantine/core";
import { IconEar } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { IntoCallDialog } from "../desk/into-call-dialog.tsx";
import { useDeskAct } from "../desk/use-desk.ts";

type Mode = "listen" | "whisper" | "barge";

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
  return (
    <IntoCallDialog
      name={name}
      isPending={monitor.isPending}
      onClose={onClose}
      onCome={(reason) => monitor.mutate({ params: { contactId }, body: { mode, reason } }, { onSuccess: onClose })}
      before={
        <Radio.Group label={t`Who hears you`} value={mode} onChange={(next) => setMode(next as Mode)}>
          <Stack gap={6} mt={6}>
            <Radio value="listen" label={t`Nobody: listen only`} />
            <Radio value="whisper" label={t`The agent alone: whisper`} />
            <Radio value="barge" label={t`Agent and customer: join the talk`} />
          </Stack>
        </Radio.Group>
      }
      after={
        <Text size="sm" c="dimmed">
          <Trans>In the call bar you can change it, take the call over, or leave. Your phone at the desk must be connected.</Trans>
        </Text>
      }
    />
  );
}
