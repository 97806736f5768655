import { useLingui } from "@lingui/react/macro";
import { Textarea } from "@mantine/core";
import type { ReactNode } from "react";
import { CardNumberNotice } from "../../ui/card-number-notice.tsx";
import { NoteLimits, saveNote, useNote, writeNote, type NoteStatus } from "./note-store.ts";

/** The note of a contact, saved as it is typed. */
export function NoteField({ contactId, kept }: { readonly contactId: string; readonly kept: string }): ReactNode {
  const { t } = useLingui();
  const note = useNote(contactId, kept);
  const says: Record<NoteStatus, string> = {
    saved: note.text === "" ? t`Saved as you type.` : t`Saved.`,
    typing: t`Saving…`,
    saving: t`Saving…`,
    unsaved: t`Not saved yet: kept here and tried again.`,
  };
  return (
    <div>
      <Textarea
        label={t`Note`}
        description={says[note.status]}
        inputWrapperOrder={["label", "input", "description"]}
        autosize
        minRows={4}
        maxRows={14}
        maxLength={NoteLimits.lengthMax}
        dir="auto"
        value={note.text}
        onChange={(event) => writeNote(contactId, event.currentTarget.value)}
        onBlur={() => void saveNote(contactId)}
        data-testid="note"
      />
      <CardNumberNotice text={note.text} onHide={(text) => writeNote(contactId, text)} />
    </div>
  );
}
