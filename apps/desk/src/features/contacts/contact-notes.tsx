import type { ContactPage } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Button, Group, Stack, Textarea, Title } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type KeyboardEvent, type ReactNode } from "react";
import { apiKey, useApiMutation } from "../../api/queries.ts";
import { CardNumberNotice } from "../../ui/card-number-notice.tsx";
import { Problem } from "../../ui/problem.tsx";
import { DateTime } from "../../ui/values.tsx";
import styles from "./contacts.module.css";

const NOTE_LENGTH_MAX = 8_000;

/** Words for the next colleague; Ctrl Enter adds them. */
export function ContactNotes({ contactId, notes }: { readonly contactId: string; readonly notes: ContactPage["notes"] }): ReactNode {
  const { t } = useLingui();
  const queries = useQueryClient();
  const add = useApiMutation("contactNoteCreate");
  const [text, setText] = useState("");
  const submit = (): void => {
    if (text.trim() === "" || add.isPending) return;
    add.mutate(
      { params: { contactId }, body: { text: text.trim() } },
      {
        onSuccess: (page) => {
          setText("");
          queries.setQueryData(apiKey("contactGet", { params: { contactId } }), page);
        },
      },
    );
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
  };
  return (
    <section>
      <Title order={3}>{t`Notes`}</Title>
      <Stack gap="sm" mt="sm">
        {notes.map((note) => (
          <div key={note.noteId} className={styles["note"]}>
            <div className={styles["quiet"]}>
              <bdi>{note.authorName}</bdi> · <DateTime at={note.at} />
            </div>
            <div dir="auto" className={styles["noteText"]}>
              {note.text}
            </div>
          </div>
        ))}
        <form
          onSubmit={(event: FormEvent) => {
            event.preventDefault();
            submit();
          }}
        >
          <Textarea
            aria-label={t`New note`}
            placeholder={t`What the next colleague should know`}
            autosize
            minRows={2}
            maxRows={10}
            maxLength={NOTE_LENGTH_MAX}
            dir={text === "" ? undefined : "auto"}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            onKeyDown={onKey}
          />
          <CardNumberNotice text={text} onHide={setText} />
          <Problem failure={add.error} />
          {text.trim() !== "" && (
            <Group justify="flex-end" mt="sm">
              <Button type="submit" loading={add.isPending} title="Ctrl + Enter">{t`Add the note`}</Button>
            </Group>
          )}
        </form>
      </Stack>
    </section>
  );
}
