import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, Stack, Text } from "@mantine/core";
import { useState, type KeyboardEvent, type ReactNode } from "react";
import { CodePicker } from "./code-picker.tsx";
import { NoteField } from "./note-field.tsx";
import { forgetNote, useNote } from "./note-store.ts";
import { useDeskAct } from "./use-desk.ts";
import { useWrapUpCodes } from "./use-lists.ts";

export type WrapUpFormProps = {
  readonly contactId: string;
  readonly kept: string;
  /** False where the talk had no sound: it may be finished without a result. */
  readonly codeOwed?: boolean;
  /** Present while wrap-up runs and may be extended. */
  readonly onExtend?: { readonly run: () => void; readonly pending: boolean };
  readonly onDone?: () => void;
};

/** Result and note; Ctrl Enter finishes. Also completes a contact that was left not coded. */
export function WrapUpForm({ contactId, kept, codeOwed = true, onExtend, onDone }: WrapUpFormProps): ReactNode {
  const { t } = useLingui();
  const codes = useWrapUpCodes();
  const note = useNote(contactId, kept);
  const [chosen, setChosen] = useState<string | null>(null);
  const finish = useDeskAct("wrapUpFinish");
  const submit = (): void => {
    if ((chosen === null && codeOwed) || finish.isPending) return;
    finish.mutate(
      { params: { contactId }, body: { wrapUpCodeId: chosen, note: note.text } },
      {
        onSuccess: () => {
          forgetNote(contactId);
          onDone?.();
        },
      },
    );
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
  };
  return (
    <Stack gap="lg" onKeyDown={onKey}>
      {!codeOwed && (
        <Text size="sm">
          <Trans>The talk had no sound, or it was a test: it may be finished without a result.</Trans>
        </Text>
      )}
      <CodePicker codes={codes} chosen={chosen} onChoose={setChosen} />
      <NoteField contactId={contactId} kept={kept} />
      <Group justify="flex-end">
        {onExtend !== undefined && <Button variant="default" onClick={onExtend.run} loading={onExtend.pending}>{t`Extend once`}</Button>}
        <Button onClick={submit} disabled={chosen === null && codeOwed} loading={finish.isPending} title="Ctrl + Enter">
          {t({ message: "Finish", context: "button, wrap-up" })}
        </Button>
      </Group>
    </Stack>
  );
}
