import type { Prompt } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Button, Group, Modal, Text, Title } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { apiAddress, callApi } from "../../api/client.ts";
import { languageNames, languages } from "../../i18n/language.ts";
import { Duration } from "../../ui/values.tsx";
import { OwnPromptForm } from "./own-prompt-form.tsx";
import { Replace } from "./prompt-upload.tsx";
import styles from "./setup.module.css";
import { useRetire } from "./use-retire.ts";

/** Greetings and music that the organisation has added, and the way to add one. */
export function OwnPrompts({ prompts }: { readonly prompts: readonly Prompt[] }): ReactNode {
  const { t } = useLingui();
  const [adding, setAdding] = useState(false);
  const sounds = [...Map.groupBy(prompts, (prompt) => prompt.audioId).values()];
  const shown = [...sounds].sort((a, b) => Number(a[0]?.retired) - Number(b[0]?.retired));
  return (
    <>
      <Title order={2} size="h3">{t`Your own greetings, names and music`}</Title>
      <div>
        <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>{t`Add your own`}</Button>
      </div>
      {shown.map((recordings) => (
        <OwnPromptCard key={recordings[0]?.audioId} recordings={recordings} />
      ))}
      <Modal opened={adding} onClose={() => setAdding(false)} title={t`Add your own`} closeButtonProps={{ "aria-label": t`Close` }}>
        <OwnPromptForm onMade={() => setAdding(false)} />
      </Modal>
    </>
  );
}

function OwnPromptCard({ recordings }: { readonly recordings: readonly Prompt[] }): ReactNode {
  const { t } = useLingui();
  const retire = useRetire("promptsList");
  const [prompt] = recordings;
  if (prompt === undefined) return null;
  const { audioId, retired } = prompt;
  const name = prompt.title ?? "";
  const kinds = { greeting: t`Greeting`, music: t`Music`, name: t`A project's name`, prompt: "" };
  const put = async (next: boolean): Promise<void> => {
    await callApi(next ? "promptRetire" : "promptUnretire", { params: { audioId } });
  };
  const missing = prompt.kind === "music" ? [] : languages.filter((each) => !recordings.some(({ language }) => language === each));
  return (
    <article className={styles["card"]} data-retired={retired} data-testid="own-prompt">
      <Group justify="space-between">
        <Text fw={600}>
          <bdi>{name}</bdi>
          <span className={styles["quiet"]}> · {kinds[prompt.kind]}</span>
          {retired && <span className={styles["quiet"]}> · {t({ message: "retired", context: "a thing" })}</span>}
        </Text>
        <Button variant="subtle" size="compact-md" onClick={() => retire({ name, version: 1, retired }, put)}>
          {retired ? t({ message: "Use again", context: "button" }) : t({ message: "Retire", context: "button, a thing" })}
        </Button>
      </Group>
      {prompt.saysNotice && <Text size="sm">{t`It says that calls are recorded`}</Text>}
      {recordings.map((each) => (
        <Recording key={each.language ?? "any"} prompt={each} />
      ))}
      {!retired && missing.length > 0 && (
        <Group gap="sm">
          {missing.map((language) => (
            <Replace key={language} audioId={audioId} language={language} label={t`Add the language: ${languageNames[language]}`} isNew />
          ))}
        </Group>
      )}
    </article>
  );
}

function Recording({ prompt }: { readonly prompt: Prompt }): ReactNode {
  const { t } = useLingui();
  const params = { audioId: prompt.audioId, language: prompt.language ?? ("any" as const) };
  const spoken = prompt.language === null ? "" : languageNames[prompt.language];
  return (
    <Group gap="sm">
      {spoken !== "" && <bdi>{spoken}</bdi>}
      <span className={styles["quiet"]}>
        <Duration ms={prompt.durationMs} />
      </span>
      <audio
        controls
        preload="none"
        src={`${apiAddress("promptAudio", { params })}?at=${String(prompt.replacedAt ?? 0)}`}
        aria-label={t`Listen: ${`${prompt.title ?? ""} ${spoken}`}`}
        style={{ blockSize: 36, maxInlineSize: "100%" }}
      />
      {!prompt.retired && <Replace {...params} label={t`Replace by a WAV file`} />}
    </Group>
  );
}
