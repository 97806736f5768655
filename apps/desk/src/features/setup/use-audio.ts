import type { Prompt } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { useMemo } from "react";
import type { Named } from "../../api/lists.ts";
import { useApi } from "../../api/queries.ts";
import { audioName, greetingIds, musicIds } from "./audio-names.ts";

/** The shipped sentence. */
export const closedAudioId = "refuse.closed";

type Audio = {
  /** Shipped ones in the language of the screen, the organisation's own by their title. */
  readonly name: (audioId: string) => string;
  /** For selects: what is said outside the opening hours. */
  readonly closedChoices: (chosen: string) => Named[];
  /** For selects: what is in use of a kind, and what is chosen already. */
  readonly choices: (kind: "greeting" | "music", chosen: string) => Named[];
  /** For selects: recordings that name a project. */
  readonly nameChoices: (chosen: string | null) => Named[];
};

/** Names of what callers hear. */
export function useAudio(): Audio {
  const { i18n } = useLingui();
  const prompts = useApi("promptsList", {}).data?.items;
  return useMemo(() => {
    const own = new Map((prompts ?? []).filter((prompt) => prompt.own).map((prompt): [string, Prompt] => [prompt.audioId, prompt]));
    const name = (audioId: string): string => own.get(audioId)?.title ?? i18n._(audioName(audioId));
    const added = (kind: "greeting" | "music" | "name"): readonly string[] =>
      [...own.values()].filter((prompt) => prompt.kind === kind && !prompt.retired).map((prompt) => prompt.audioId);
    const choices = (kind: "greeting" | "music", chosen: string): Named[] => {
      const ids = new Set([...(kind === "music" ? musicIds : greetingIds), ...added(kind), chosen]);
      return [...ids].map((value) => ({ value, label: name(value) }));
    };
    const closedChoices = (chosen: string): Named[] =>
      [...new Set([closedAudioId, ...added("greeting"), chosen])].map((value) => ({ value, label: name(value) }));
    const nameChoices = (chosen: string | null): Named[] =>
      [...new Set([...added("name"), ...(chosen === null ? [] : [chosen])])].map((value) => ({ value, label: name(value) }));
    return { name, choices, closedChoices, nameChoices };
  }, [prompts, i18n, i18n.locale]);
}
