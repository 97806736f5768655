import type { Prompt } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Alert, Button, FileButton, Group, Progress, SegmentedControl, Text } from "@mantine/core";
import { IconAlertCircle, IconUpload } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { apiAddress } from "../../api/client.ts";
import { useApi, useApiMutation } from "../../api/queries.ts";
import { uploadFile } from "../../api/upload.ts";
import { isLanguage, languageNames, languages, useLanguage } from "../../i18n/language.ts";
import { Problem } from "../../ui/problem.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { toastDone } from "../../ui/toasts.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { DateTime, Duration } from "../../ui/values.tsx";
import { audioName } from "./audio-names.ts";
import { promptProblem } from "./prompt-problem.ts";
import styles from "./setup.module.css";

/** What callers hear, by language: listened to, replaced by one's own recording, and put back. */
export function PromptsSection(): ReactNode {
  const { t } = useLingui();
  const own = useLanguage((state) => state.language);
  const [chosen, setChosen] = useState<string>(own);
  const list = useApi("promptsList", {});
  if (list.data === undefined) return list.error === null ? <SkeletonRows rows={6} height={64} /> : <Problem failure={list.error} />;
  const shown = list.data.items.filter((prompt) => (chosen === "any" ? prompt.language === null : prompt.language === chosen));
  const data = [
    ...languages.map((value) => ({ value: value as string, label: languageNames[value] })),
    { value: "any", label: t`Music and tones` },
  ];
  return (
    <>
      <p
        className={`${styles["sentence"] ?? ""} ${styles["quiet"] ?? ""}`}
      >{t`Whole sentences, ready to be used. Replace any by a WAV recording of your own voice; it is made fit for the telephone, and the next caller hears it.`}</p>
      <SegmentedControl
        aria-label={t`Language that callers hear`}
        data={data}
        value={chosen}
        onChange={setChosen}
        style={{ alignSelf: "start", flexShrink: 0, maxInlineSize: "100%" }}
      />
      {shown.map((prompt) => (
        <PromptCard key={`${prompt.audioId}${prompt.language ?? ""}`} prompt={prompt} />
      ))}
    </>
  );
}

function PromptCard({ prompt }: { readonly prompt: Prompt }): ReactNode {
  const { t, i18n } = useLingui();
  const params = { audioId: prompt.audioId, language: prompt.language ?? ("any" as const) };
  const address = `${apiAddress("promptAudio", { params })}?at=${String(prompt.replacedAt ?? 0)}`;
  return (
    <article className={styles["card"]} data-testid="prompt">
      <Group justify="space-between">
        <Text fw={600}>{i18n._(audioName(prompt.audioId))}</Text>
        <span className={styles["quiet"]}>
          <Duration ms={prompt.durationMs} />
        </span>
      </Group>
      {prompt.language !== null && (
        <Text lang={prompt.language} dir={prompt.language === "fa" ? "rtl" : "ltr"} c="dimmed">
          {prompt.text}
        </Text>
      )}
      {prompt.replaced && prompt.replacedAt !== null && (
        <Text size="sm">
          {t`Your own recording, since`} <DateTime at={prompt.replacedAt} />
          {prompt.replacedBy !== null && (
            <>
              {" "}
              (<bdi>{prompt.replacedBy}</bdi>)
            </>
          )}
          . {prompt.language !== null && t`The words above are those of the shipped one.`}
        </Text>
      )}
      <Group gap="sm">
        <audio
          controls
          preload="none"
          src={address}
          aria-label={t`Listen: ${i18n._(audioName(prompt.audioId))}`}
          style={{ blockSize: 36, maxInlineSize: "100%" }}
        />
        <Replace prompt={prompt} />
      </Group>
    </article>
  );
}

function Replace({ prompt }: { readonly prompt: Prompt }): ReactNode {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const queries = useQueryClient();
  const restore = useApiMutation("promptRestore", ["promptsList"]);
  const [share, setShare] = useState<number | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const params = {
    audioId: prompt.audioId,
    language: prompt.language !== null && isLanguage(prompt.language) ? prompt.language : ("any" as const),
  };
  const send = (file: File | null): void => {
    if (file === null) return;
    setFailure(null);
    setShare(0);
    uploadFile("promptReplace", { params, file, onProgress: setShare })
      .then(() => toastDone(i18n, t`Replaced: the next caller hears it.`), setFailure)
      .finally(() => {
        setShare(null);
        void queries.invalidateQueries({ queryKey: ["promptsList"] });
      });
  };
  const exact = promptProblem(failure);
  return (
    <>
      <FileButton accept="audio/wav,audio/x-wav,.wav" onChange={send}>
        {(given) => (
          <Button
            {...given}
            variant="default"
            size="compact-md"
            loading={share !== null}
            leftSection={<IconUpload size={16} aria-hidden />}
          >{t`Replace by a WAV file`}</Button>
        )}
      </FileButton>
      {prompt.replaced && (
        <Button
          variant="subtle"
          size="compact-md"
          loading={restore.isPending}
          onClick={() => restore.mutate({ params }, { onSuccess: () => toastDone(i18n, t`The shipped one is heard again.`) })}
        >{t`Back to the shipped one`}</Button>
      )}
      {share !== null && <Progress value={share * 100} w="100%" aria-label={t`Sent: ${format.percent(share)}`} />}
      {exact !== null && (
        <Alert
          color="red"
          variant="light"
          w="100%"
          role="alert"
          icon={<IconAlertCircle aria-hidden />}
          styles={{ message: { color: "var(--text)" } }}
        >
          {i18n._(exact)}
        </Alert>
      )}
      {failure !== null && exact === null && <Problem failure={failure} />}
      <Problem failure={restore.error} />
    </>
  );
}
