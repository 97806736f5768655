import type { DeskContact } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Button, Text } from "@mantine/core";
import { IconPlayerRecord, IconPlayerRecordFilled } from "@tabler/icons-react";
import type { ReactNode } from "react";
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

/** Keeps what is said now out of the recording: a card's number, a password. It says for how long already, and for which reason. */
export function RecordingAct({ contact }: { readonly contact: DeskContact }): ReactNode {
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
