import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A prompt, music or tone that ships with the program. */
export type ShippedAudio = {
  readonly audioId: string;
  readonly language: "en" | "ru" | "fa" | "any";
  readonly filePath: string;
  readonly text: string;
  readonly durationMs: number;
};
export type Catalogue = {
  readonly all: readonly ShippedAudio[];
  find(audioId: string, language: string): ShippedAudio | null;
  /** Prompts and music that an organisation may choose or replace: no tones, no voices of tests. */
  readonly replaceable: readonly ShippedAudio[];
  isMusic(audioId: string): boolean;
  isGreeting(audioId: string): boolean;
};

type Entry = {
  readonly audioId: string;
  readonly language?: string | null;
  readonly file: string;
  readonly text?: string;
  readonly durationMs: number;
};

/** Reads apps/server/audio/catalogue.json; throws where it isn't there: the program is not whole without its voice. */
export function readCatalogue(folder: string): Catalogue {
  const entries = JSON.parse(readFileSync(join(folder, "catalogue.json"), "utf8")) as readonly Entry[];
  const all = entries.map((entry): ShippedAudio => ({
    audioId: entry.audioId,
    language: readLanguage(entry.language),
    filePath: join(folder, entry.file),
    text: entry.text ?? "",
    durationMs: entry.durationMs,
  }));
  return {
    all,
    find: (audioId, language) => all.find((each) => each.audioId === audioId && each.language === language) ?? null,
    replaceable: all.filter((each) => !each.audioId.startsWith("test.") && !each.audioId.startsWith("tone.")),
    isMusic: (audioId) => all.some((each) => each.audioId === audioId && audioId.startsWith("music.")),
    isGreeting: (audioId) => all.some((each) => each.audioId === audioId && audioId.startsWith("greeting.")),
  };
}

/** How the edge names a shipped sound. */
export function shippedAudioName(audio: Pick<ShippedAudio, "audioId" | "language">): string {
  return audio.language === "any" ? audio.audioId : `${audio.language}/${audio.audioId}`;
}

function readLanguage(language: string | null | undefined): ShippedAudio["language"] {
  return language === "en" || language === "ru" || language === "fa" ? language : "any";
}
