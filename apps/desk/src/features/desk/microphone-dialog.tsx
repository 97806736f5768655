import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Button, Group, Modal, Stack, Text } from "@mantine/core";
import { IconMicrophone } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { phoneView } from "../../softphone/phone-machine.ts";
import { usePhone } from "../../softphone/phone-store.ts";
import { microphoneRemedies } from "./phone-words.ts";

export type MicrophoneDialogProps = {
  readonly opened: boolean;
  readonly starting: boolean;
  readonly onAllow: () => void;
  readonly onClose: () => void;
};

/** Why the microphone is needed, before the browser asks; what to do when there is none. */
export function MicrophoneDialog({ opened, starting, onAllow, onClose }: MicrophoneDialogProps): ReactNode {
  const { t, i18n } = useLingui();
  const phone = usePhone((state) => state.phone);
  const problem = phoneView(phone) === "microphoneProblem" && phone.microphone.kind === "problem" ? phone.microphone.problem : null;
  const allow = (): void => {
    // The same press may also let the browser show a ringing call while the tab is hidden; a refusal costs nothing.
    if ("Notification" in globalThis && Notification.permission === "default") void Notification.requestPermission();
    onAllow();
  };
  return (
    <Modal opened={opened} onClose={onClose} title={t`Your microphone`} closeButtonProps={{ "aria-label": t`Close` }}>
      <Stack>
        <Text>
          <Trans>
            Customers hear you through this browser, so it needs the microphone. It is asked for once. Sound goes out only while you talk
            with a customer.
          </Trans>
        </Text>
        {problem !== null && (
          <Alert color="red" role="alert" styles={{ message: { color: "var(--text)" } }}>
            {i18n._(microphoneRemedies[problem])}
          </Alert>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>{t`Not now`}</Button>
          <Button onClick={allow} loading={starting} leftSection={<IconMicrophone size={16} aria-hidden />}>
            {problem === null ? t`Allow the microphone` : t`Try again`}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
