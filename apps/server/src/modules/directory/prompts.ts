// What callers hear: shipped, or the organisation's own. An uploaded file becomes 8 kHz mono on disk before its row is committed.
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Prompt, QueryOf } from "@allo/contract";
import type { Clock, IdSource } from "@allo/kernel";
import { buildWav, parseWav, SAMPLE_RATE, toTelephony, type WavFailure } from "@allo/media";
import { ApiError, invalidField, notFound } from "../../platform/api-error.ts";
import type { Catalogue, ShippedAudio } from "./catalogue.ts";
import type { OrganisationConfig, OwnPrompt, PromptRecord } from "./config.ts";
import { usesOfPrompt } from "./core/uses.ts";
import { requireRoom, requireUnused, type By, type Editor } from "./editor.ts";
import { directoryLimits, numberDefaults } from "./limits.ts";
import { find } from "./lists.ts";

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
  ids,
  catalogue,
  promptsFolder,
}: {
  readonly editor: Editor;
  readonly clock: Clock;
  readonly ids: IdSource;
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
  /** What stands at the place: null where it is the organisation's own; throws where nothing may stand. */
  const soundAt = (config: OrganisationConfig, place: Place): ShippedAudio | null => {
    const own = config.ownPrompts.find((each) => each.audioId === place.audioId);
    if (own === undefined) return shippedOf(place);
    if (!fits(own.kind, place.language)) throw notFound();
    return null;
  };
  const presentOwn = (own: OwnPrompt, record: PromptRecord): Prompt => ({
    audioId: own.audioId,
    language: record.language === "any" ? null : record.language,
    text: "",
    durationMs: record.durationMs,
    replaced: false,
    replacedAt: record.replacedAt,
    replacedBy: record.replacedBy,
    kind: own.kind,
    own: true,
    title: own.title,
    saysNotice: own.saysNotice,
    retired: own.retired,
  });
  /** An own prompt has a row for each language that it was recorded in. */
  const presentAllOwn = (config: OrganisationConfig, audioId?: string): Prompt[] =>
    config.ownPrompts
      .filter((own) => audioId === undefined || own.audioId === audioId)
      .flatMap((own) => config.prompts.filter((each) => each.audioId === own.audioId).map((record) => presentOwn(own, record)));
  const presentAt = (config: OrganisationConfig, place: Place): Prompt => {
    const shipped = soundAt(config, place);
    if (shipped !== null) return present(config, shipped);
    const found = presentAllOwn(config, place.audioId).find((each) => (each.language ?? "any") === place.language);
    if (found === undefined) throw notFound();
    return found;
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
      kind: kindOf(shipped.audioId),
      own: false,
      title: null,
      saysNotice: shipped.audioId === numberDefaults.greetingAudioId,
      retired: false,
    };
  };
  const store = async (by: By, place: Place, bytes: Uint8Array) => {
    const { samples, durationMs } = readUpload(bytes, place.audioId);
    const at = clock.now();
    const folder = join(promptsFolder, by.principal.organisationId);
    const fileName = `${place.language}-${place.audioId}-${at}.wav`;
    await writeDurably(folder, fileName, buildWav({ sampleRate: SAMPLE_RATE, channels: 1, samples }));
    return { at, durationMs, fileName, filePath: join(folder, fileName) };
  };
  return {
    pathOf,
    list(by: Pick<By, "principal">): Prompt[] {
      const config = editor.config(by.principal);
      return [...catalogue.replaceable.map((shipped) => present(config, shipped)), ...presentAllOwn(config)];
    },
    open(by: Pick<By, "principal">, place: Place): NodeJS.ReadableStream {
      const config = editor.config(by.principal);
      const shipped = soundAt(config, place);
      const record = recordOf(config, place);
      if (record !== undefined) return createReadStream(pathOf(config, record));
      if (shipped === null) throw notFound();
      return createReadStream(shipped.filePath);
    },
    /** Adds a greeting, music or a project's name of the organisation's own, with its first recording. */
    async create(by: By, query: QueryOf<"promptCreate">, bytes: Uint8Array): Promise<Prompt> {
      const title = query.title.trim();
      if (title === "") throw invalidField("title", "empty", "is empty");
      if (!fits(query.kind, query.language))
        throw invalidField("language", "unfit", "is one of the three for what is spoken, and any for music");
      requireOwnRoom(editor.config(by.principal));
      const { organisationId, name } = by.principal;
      const saysNotice = query.kind === "greeting" && query.saysNotice;
      const place: Place = { audioId: `${query.kind}.${ids.next("prm").slice("prm_".length)}`, language: query.language };
      const stored = await store(by, place, bytes);
      try {
        const config = await editor.change(by, "prompts", async (tx, before) => {
          requireOwnRoom(before);
          await tx.query(
            `insert into directory.own_prompt (organisation_id, audio_id, kind, title, says_notice, created_at)
             values ($1, $2, $3, $4, $5, $6)`,
            [organisationId, place.audioId, query.kind, title, saysNotice, stored.at],
          );
          await tx.query(
            `insert into directory.prompt (organisation_id, audio_id, language, file_name, duration_ms, version, replaced_at, replaced_by)
             values ($1, $2, $3, $4, $5, 1, $6, $7)`,
            [organisationId, place.audioId, place.language, stored.fileName, stored.durationMs, stored.at, name],
          );
          return {
            action: "prompt.create",
            objectType: "prompt",
            objectId: place.audioId,
            before: null,
            after: { kind: query.kind, title, language: place.language, saysNotice, durationMs: stored.durationMs },
          };
        });
        return presentAt(config, place);
      } catch (error) {
        // Refused, so nothing refers to the file; a commit that couldn't be read back keeps its own.
        if (error instanceof ApiError) await rm(stored.filePath, { force: true });
        throw error;
      }
    },
    /** Retires an own prompt in all its languages, or takes it into use again. */
    async setRetired(by: By, audioId: string, retired: boolean): Promise<Prompt[]> {
      const config = await editor.change(by, "prompts", async (tx, before) => {
        const own = find(before.ownPrompts, (each) => each.audioId === audioId);
        if (own.retired === retired) return null;
        if (retired) requireUnused(usesOfPrompt(before, audioId));
        else requireOwnRoom(before);
        await tx.query("update directory.own_prompt set retired = $2 where audio_id = $1", [audioId, retired]);
        return {
          action: retired ? "prompt.retire" : "prompt.unretire",
          objectType: "prompt",
          objectId: audioId,
          before: { title: own.title, retired: own.retired },
          after: { title: own.title, retired },
        };
      });
      return presentAllOwn(config, audioId);
    },
    async replace(by: By, place: Place, bytes: Uint8Array): Promise<Prompt> {
      const shipped = soundAt(editor.config(by.principal), place);
      const { organisationId, name } = by.principal;
      const { at, durationMs, fileName } = await store(by, place, bytes);
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
          before: { durationMs: record?.durationMs ?? shipped?.durationMs ?? null },
          after: { durationMs, fileName },
        };
      });
      // The edge has read it into memory; a call that is being told to play it goes on with what it has.
      if (earlier !== undefined) await rm(join(promptsFolder, organisationId, earlier.fileName), { force: true });
      return presentAt(config, place);
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

function kindOf(audioId: string): Prompt["kind"] {
  const [family] = audioId.split(".");
  return family === "greeting" || family === "music" ? family : "prompt";
}

/** Greetings and names are spoken in a language, music in none. */
function fits(kind: OwnPrompt["kind"], language: Place["language"]): boolean {
  return (kind === "music") === (language === "any");
}

function requireOwnRoom(config: OrganisationConfig): void {
  requireRoom(config.ownPrompts.filter((own) => !own.retired).length, directoryLimits.ownPromptsMax);
}

function readUpload(bytes: Uint8Array, audioId: string): { readonly samples: Int16Array; readonly durationMs: number } {
  const parsed = parseWav(bytes);
  if (!parsed.ok) throw audioInvalid(parsed.failure, SENTENCES[parsed.failure]);
  const { samples, channels, sampleRate } = parsed.value;
  const durationMs = Math.round((samples.length / channels / sampleRate) * 1_000);
  const longest = audioId.startsWith("music.") ? directoryLimits.musicMsMax : directoryLimits.promptMsMax;
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
