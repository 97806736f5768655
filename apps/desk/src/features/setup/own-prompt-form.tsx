import { useLingui } from "@lingui/react/macro";
import { Button, Checkbox, FileButton, Group, SegmentedControl, Select, Stack, Text, TextInput } from "@mantine/core";
import { IconUpload } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import { uploadFile } from "../../api/upload.ts";
import { isLanguage, languageNames, languages, useLanguage } from "../../i18n/language.ts";
import { toastDone } from "../../ui/toasts.tsx";
import { UploadProblem, UploadShare } from "./prompt-upload.tsx";

type Kind = "greeting" | "music" | "name";

/** Adds a greeting, a project's name or music of one's own: its name, what it is, and its first recording. */
export function OwnPromptForm({ onMade }: { readonly onMade: () => void }): ReactNode {
  const { t, i18n } = useLingui();
  const queries = useQueryClient();
  const [title, setTitle] = useState("");
  const [kind, setKind] = useState<Kind>("greeting");
  const [language, setLanguage] = useState(useLanguage((state) => state.language));
  const [saysNotice, setSaysNotice] = useState(false);
  const [file, setFile] = useState<File | null>(null);
  const [share, setShare] = useState<number | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (file === null || share !== null) return;
    setFailure(null);
    setShare(0);
    const spoken = kind === "music" ? ("any" as const) : language;
    const query = { kind, title: title.trim(), language: spoken, saysNotice: kind === "greeting" && saysNotice };
    uploadFile("promptCreate", { query, file, onProgress: setShare })
      .then(() => {
        toastDone(
          i18n,
          kind === "name" ? t`Added: it can be chosen for projects now.` : t`Added: it can be chosen for numbers and queues now.`,
        );
        onMade();
      }, setFailure)
      .finally(() => {
        setShare(null);
        void queries.invalidateQueries({ queryKey: ["promptsList"] });
      });
  };
  return (
    <form onSubmit={submit} data-testid="own-prompt-form">
      <Stack>
        <TextInput
          label={t({ message: "Name", context: "of a thing" })}
          description={t`By this name it is chosen for numbers, queues and projects.`}
          required
          data-autofocus
          dir="auto"
          maxLength={80}
          value={title}
          onChange={(event) => setTitle(event.currentTarget.value)}
        />
        <SegmentedControl
          aria-label={t`What it is`}
          data={[
            { value: "greeting", label: t`Greeting` },
            { value: "name", label: t`A project's name` },
            { value: "music", label: t`Music` },
          ]}
          value={kind}
          onChange={(value) => setKind(value as Kind)}
        />
        {kind === "name" && (
          <Text size="sm">{t`Agents alone hear it, where calls connect by themselves: the client's name in two seconds.`}</Text>
        )}
        {kind !== "music" && (
          <Select
            label={kind === "name" ? t`Language of the calls` : t`Language that callers hear`}
            data={languages.map((value) => ({ value, label: languageNames[value] }))}
            allowDeselect={false}
            value={language}
            onChange={(value) => value !== null && isLanguage(value) && setLanguage(value)}
          />
        )}
        {kind === "greeting" && (
          <Checkbox
            label={t`It says that calls are recorded`}
            description={t`Otherwise the shipped notice follows it wherever calls are recorded.`}
            checked={saysNotice}
            onChange={(event) => setSaysNotice(event.currentTarget.checked)}
          />
        )}
        <Group gap="sm">
          <FileButton accept="audio/wav,audio/x-wav,.wav" onChange={setFile}>
            {(given) => (
              <Button {...given} variant="default" leftSection={<IconUpload size={16} aria-hidden />}>{t`Choose a WAV file`}</Button>
            )}
          </FileButton>
          {file !== null && <bdi>{file.name}</bdi>}
        </Group>
        <UploadShare share={share} />
        <UploadProblem failure={failure} />
        <Group justify="flex-end">
          <Button type="submit" loading={share !== null} disabled={file === null || title.trim() === ""}>{t`Add`}</Button>
        </Group>
      </Stack>
    </form>
  );
}
