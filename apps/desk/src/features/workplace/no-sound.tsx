import type { SoundReport } from "@allo/contract";
import { useLingui } from "@lingui/react";
import { Trans, useLingui as useMacro } from "@lingui/react/macro";
import { Button, Group, List, Modal, Stack, Text } from "@mantine/core";
import { IconVolumeOff } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { useApiMutation } from "../../api/queries.ts";
import { toastProblem } from "../../ui/toasts.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { isolate } from "../../ui/isolate.ts";
import { useDeskAct } from "../desk/use-desk.ts";
import { browserLine } from "./browser-line.ts";
import { findingSentence } from "./sound-words.ts";

/** "No sound": keeps the line's facts, says what is known, takes the call out of one's figures. */
export function NoSound({ contactId, reported }: { readonly contactId: string; readonly reported: boolean }): ReactNode {
  const { i18n } = useLingui();
  const { t } = useMacro();
  const report = useApiMutation("soundReportCreate");
  const [looking, setLooking] = useState(false);
  const [found, setFound] = useState<SoundReport | null>(null);
  const ask = async (): Promise<void> => {
    setLooking(true);
    try {
      setFound(await report.mutateAsync({ params: { contactId }, body: await browserLine() }));
    } catch (failure) {
      toastProblem(i18n, failure);
    } finally {
      setLooking(false);
    }
  };
  return (
    <>
      <Button
        variant={reported ? "light" : "default"}
        onClick={() => void ask()}
        loading={looking}
        leftSection={<IconVolumeOff size={18} aria-hidden />}
      >
        {t({ message: "No sound", context: "button" })}
      </Button>
      {found !== null && <Findings report={found} onClose={() => setFound(null)} />}
    </>
  );
}

function Findings({ report, onClose }: { readonly report: SoundReport; readonly onClose: () => void }): ReactNode {
  const { _ } = useLingui();
  const { t } = useMacro();
  const format = useFormat();
  const end = useDeskAct("soundReportHangUp");
  const seconds = report.silentMs === null ? null : isolate(format.duration(report.silentMs));
  const hangUp = (): void => end.mutate({ params: { contactId: report.contactId } }, { onSuccess: onClose });
  return (
    <Modal opened onClose={onClose} title={t({ message: "No sound", context: "title" })} closeButtonProps={{ "aria-label": t`Close` }}>
      <Stack data-testid="sound-findings">
        <List spacing="xs">
          {report.findings.map((finding) => (
            <List.Item key={finding}>{_(findingSentence(finding, seconds))}</List.Item>
          ))}
        </List>
        <Text size="sm" c="dimmed">
          <Trans>The line's figures are kept, and a lead sees them. This call doesn't count in your figures, and needs no result.</Trans>
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>{t`Stay in the call`}</Button>
          <Button color="red" variant="outline" c="var(--danger)" onClick={hangUp} loading={end.isPending}>
            {t`Apologise and hang up`}
          </Button>
        </Group>
        <Text size="sm" c="dimmed">
          <Trans>The customer hears that there is a technical fault and is asked to call again.</Trans>
        </Text>
      </Stack>
    </Modal>
  );
}
