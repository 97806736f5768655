import type { Prompt } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Group, SegmentedControl, Text, Title } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { apiAddress } from "../../api/client.ts";
import { useApi } from "../../api/queries.ts";
import { languageNames, languages, useLanguage } from "../../i18n/language.ts";
import { Problem } from "../../ui/problem.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { DateTime, Duration } from "../../ui/values.tsx";
import { audioName } from "./audio-names.ts";
import { OwnPrompts } from "./own-prompts.tsx";
import { Replace } from "./prompt-upload.tsx";
import styles from "./setup.module.css";

/** What callers hear, by language: listened to, replaced by one's own recording, and put back. */
export function PromptsSection(): ReactNode {
  const { t } = useLingui();
  const own = useLanguage((state) => state.language);
  const [chosen, setChosen] = useState<string>(own);
  const list = useApi("promptsList", {});
  if (list.data === undefined)
    return list.error === null ? <SkeletonRows rows={6} height={64} /> : <Problem failure={list.error} onRetry={list.refetch} />;
  const shown = list.data.items.filter((prompt) => !prompt.own && (prompt.language ?? "any") === chosen);
  const data = [
    ...languages.map((value) => ({ value: value as string, label: languageNames[value] })),
    { value: "any", label: t`Music and tones` },
  ];
  return (
    <>
      <p
        className={`${styles["sentence"] ?? ""} ${styles["quiet"] ?? ""}`}
      >{t`Whole sentences, ready to be used. Replace any by a WAV recording of your own voice; it is made fit for the telephone, and the next caller hears it.`}</p>
      <OwnPrompts prompts={list.data.items.filter((prompt) => prompt.own)} />
      <Title order={2} size="h3">{t`Shipped with the program`}</Title>
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
        <Replace
          audioId={prompt.audioId}
          language={prompt.language ?? "any"}
          label={t`Replace by a WAV file`}
          restorable={prompt.replaced}
        />
      </Group>
    </article>
  );
}
