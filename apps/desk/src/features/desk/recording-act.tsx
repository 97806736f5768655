import type { DeskContact } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Button, Text, VisuallyHidden } from "@mantine/core";
import { IconAlertTriangle, IconPlayerRecord, IconPlayerRecordFilled } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { Elapsed } from "../../ui/values.tsx";
import { useDeskAct } from "./use-desk.ts";

/** A call out is recorded only once the customer knows of it. */
function RecordAct({ contact }: { readonly contact: DeskContact }): ReactNode {
  const { t } = useLingui();
  const record = useDeskAct("callRecord");
  return (
    <Button
      variant="default"
      title={t`Tell the customer that the call is recorded, then press this. Nothing is recorded before.`}
      loading={record.isPending}
      onClick={() => record.mutate({ params: { contactId: contact.contactId } })}
      leftSection={<IconPlayerRecord size={18} aria-hidden />}
    >
      {t`Customer told: record`}
    </Button>
  );
}

/** That the call should be recorded and can't be, at once and aloud; and that it is again. The call goes on, so nothing is to be done. */
export function RecordingAct({ contact }: { readonly contact: DeskContact }): ReactNode {
  const { t } = useLingui();
  const [failedIn, setFailedIn] = useState<string | null>(null);
  const failed = contact.recording === "failed";
  if (failed && failedIn !== contact.contactId) setFailedIn(contact.contactId);
  const words = t`This call is not being recorded because of an error. Carry on as usual.`;
  const isAgain = failedIn === contact.contactId && (contact.recording === "on" || contact.recording === "paused");
  return (
    <>
      <VisuallyHidden role="status">{failed ? words : isAgain ? t`The call is being recorded again.` : ""}</VisuallyHidden>
      {failed ? (
        <Text size="xs" maw={220} lh={1.2} aria-hidden data-testid="recording-failed">
          <IconAlertTriangle size={14} color="var(--mantine-color-red-filled)" style={{ verticalAlign: "-2px" }} /> {words}
        </Text>
      ) : (
        <PauseAct contact={contact} />
      )}
    </>
  );
}

/** Keeps what is said now out of the recording: a card's number, a password. It says for how long already, and for which reason. */
function PauseAct({ contact }: { readonly contact: DeskContact }): ReactNode {
  const { t } = useLingui();
  const put = useDeskAct("contactRecordingPut");
  if (contact.recordable) return <RecordAct contact={contact} />;
  if (contact.recording === "off") return null;
  const paused = contact.recording === "paused";
  return (
    <>
      {paused && contact.recordingPausedBy === "field" && (
        <Text role="status" size="xs" maw={140} lh={1.2}>{t`Not recorded while you fill in the field`}</Text>
      )}
      <Button
        variant={paused ? "light" : "default"}
        {...(paused ? { color: "yellow" } : {})}
        c="var(--text)"
        aria-pressed={paused}
        loading={put.isPending}
        onClick={() => put.mutate({ params: { contactId: contact.contactId }, body: { paused: !paused } })}
        leftSection={paused ? <IconPlayerRecord size={18} aria-hidden /> : <IconPlayerRecordFilled size={18} aria-hidden />}
      >
        {paused ? t`Go on recording` : t`Pause the recording`}
        {paused && contact.recordingPausedSince !== null && (
          <>
            {" "}
            <Elapsed since={contact.recordingPausedSince} />
          </>
        )}
      </Button>
    </>
  );
}
