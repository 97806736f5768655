// What callers hear: shipped, or the organisation's own. An uploaded file becomes 8 kHz mono on disk before its row is committed.
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Prompt } from "@allo/contract";
import type { Clock } from "@allo/kernel";
import { buildWav, parseWav, SAMPLE_RATE, toTelephony, type WavFailure } from "@allo/media";
import { ApiError, notFound } from "../../platform/api-error.ts";
import type { Catalogue, ShippedAudio } from "./catalogue.ts";
import type { OrganisationConfig, PromptRecord } from "./config.ts";
import type { By, Editor } from "./editor.ts";
import { directoryLimits } from "./limits.ts";

type Place = { readonly audioId: string; readonly language: "en" | "ru" | "fa" | "any" };

const SENTENCES: Readonly<Record<WavFailure, string>> = {
  notWav: "It is not a WAV file",
  truncated: "The file ends before its sound begins",
  unsupportedFormat: "The WAV file is not PCM of 8 to 32 bits, A-law or mu-law",
  malformed: "The WAV file contradicts itself",
  tooLong: "The sound is too long",
  noSound: "There is no sound in the file",
};

export function createPrompts({
  editor,
  clock,
  catalogue,
  promptsFolder,
}: {
  readonly editor: Editor;
  readonly clock: Clock;
  readonly catalogue: Catalogue;
  /** ALLO_DATA/prompts */ readonly promptsFolder: string;
}) {
  const pathOf = (config: OrganisationConfig, record: PromptRecord): string => join(promptsFolder, config.organisationId, record.fileName);
  const recordOf = (config: OrganisationConfig, { audioId, language }: Place): PromptRecord | undefined =>
    config.prompts.find((each) => each.audioId === audioId && each.language === language);
  const shippedOf = ({ audioId, language }: Place): ShippedAudio => {
    const shipped = catalogue.replaceable.find((each) => each.audioId === audioId && each.language === language);
    if (shipped === undefined) throw notFound();
    return shipped;
  };
  const present = (config: OrganisationConfig, shipped: ShippedAudio): Prompt => {
    const record = recordOf(config, shipped);
    return {
      audioId: shipped.audioId,
      language: shipped.language === "any" ? null : shipped.language,
      text: shipped.text,
      durationMs: record?.durationMs ?? shipped.durationMs,
      replaced: record !== undefined,
      replacedAt: record?.replacedAt ?? null,
      replacedBy: record?.replacedBy ?? null,
    };
  };
  return {
    pathOf,
    list: (by: Pick<By, "principal">): Prompt[] => catalogue.replaceable.map((shipped) => present(editor.config(by.principal), shipped)),
    open(by: Pick<By, "principal">, place: Place): NodeJS.ReadableStream {
      const shipped = shippedOf(place);
      const config = editor.config(by.principal);
      const record = recordOf(config, place);
      return createReadStream(record === undefined ? shipped.filePath : pathOf(config, record));
    },
    async replace(by: By, place: Place, bytes: Uint8Array): Promise<Prompt> {
      const shipped = shippedOf(place);
      const { samples, durationMs } = readUpload(bytes, shipped);
      const { organisationId, name } = by.principal;
      const at = clock.now();
      const fileName = `${place.language}-${place.audioId}-${at}.wav`;
      await writeDurably(join(promptsFolder, organisationId), fileName, buildWav({ sampleRate: SAMPLE_RATE, channels: 1, samples }));
      const earlier = recordOf(editor.config(by.principal), place);
      const config = await editor.change(by, "prompts", async (tx, before) => {
        const record = recordOf(before, place);
        await tx.query(
          `insert into directory.prompt (organisation_id, audio_id, language, file_name, duration_ms, version, replaced_at, replaced_by)
           values ($1, $2, $3, $4, $5, 1, $6, $7)
           on conflict (organisation_id, audio_id, language) do update
           set file_name = excluded.file_name, duration_ms = excluded.duration_ms,
             version = directory.prompt.version + 1, replaced_at = excluded.replaced_at, replaced_by = excluded.replaced_by`,
          [organisationId, place.audioId, place.language, fileName, durationMs, at, name],
        );
        return {
          action: "prompt.replace",
          objectType: "prompt",
          objectId: `${place.audioId}/${place.language}`,
          before: { durationMs: record?.durationMs ?? shipped.durationMs },
          after: { durationMs, fileName },
        };
      });
      // The edge has read it into memory; a call that is being told to play it goes on with what it has.
      if (earlier !== undefined) await rm(join(promptsFolder, organisationId, earlier.fileName), { force: true });
      return present(config, shipped);
    },
    async restore(by: By, place: Place): Promise<Prompt> {
      const shipped = shippedOf(place);
      const earlier = recordOf(editor.config(by.principal), place);
      const config = await editor.change(by, "prompts", async (tx, before) => {
        const record = recordOf(before, place);
        if (record === undefined) return null;
        await tx.query("delete from directory.prompt where audio_id = $1 and language = $2", [place.audioId, place.language]);
        return {
          action: "prompt.restore",
          objectType: "prompt",
          objectId: `${place.audioId}/${place.language}`,
          before: { durationMs: record.durationMs },
          after: { durationMs: shipped.durationMs },
        };
      });
      if (earlier !== undefined) await rm(join(promptsFolder, by.principal.organisationId, earlier.fileName), { force: true });
      return present(config, shipped);
    },
  };
}

function readUpload(bytes: Uint8Array, shipped: ShippedAudio): { readonly samples: Int16Array; readonly durationMs: number } {
  const parsed = parseWav(bytes);
  if (!parsed.ok) throw audioInvalid(parsed.failure, SENTENCES[parsed.failure]);
  const { samples, channels, sampleRate } = parsed.value;
  const durationMs = Math.round((samples.length / channels / sampleRate) * 1_000);
  const longest = shipped.audioId.startsWith("music.") ? directoryLimits.musicMsMax : directoryLimits.promptMsMax;
  if (durationMs > longest)
    throw audioInvalid("tooLong", `It lasts ${Math.round(durationMs / 1_000)} s, and may last ${longest / 1_000} s at most`);
  if (durationMs < directoryLimits.promptMsMin) throw audioInvalid("noSound", SENTENCES.noSound);
  return { samples: toTelephony(parsed.value), durationMs };
}

function audioInvalid(code: string, sentence: string): ApiError {
  return new ApiError("audioInvalid", 400, sentence, [{ path: "file", code, message: sentence }]);
}

/** The file is whole and on disk under its name before anything refers to it. */
async function writeDurably(folder: string, name: string, bytes: Uint8Array): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const temporary = join(folder, `.${name}.part`);
  const file = await open(temporary, "w", 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, join(folder, name));
  const directory = await open(folder, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
