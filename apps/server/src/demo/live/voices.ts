// What the people of the demonstration say: short recordings by line, language and part of the talk, ready to be sent.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseWav, toTelephony, type EncodedAudio } from "@allo/media";
import { encodeVoice } from "@allo/node-caller";
import type { Utterance } from "./core/caller-machine.ts";

type Entry = { readonly file: string; readonly line: string; readonly language: string; readonly role: Utterance };

export type Voices = {
  /** A caller of this line; `index` is taken modulo what there is. Null: they have no such words. */
  readonly ofCaller: (line: string, what: Utterance, index: number) => EncodedAudio | null;
  readonly ofAgent: (language: string, what: Utterance, index: number) => EncodedAudio | null;
};

const AGENT = "agent";

/** Reads the folder of recordings as voices.json lists it. */
export async function loadVoices(folder: string): Promise<Voices> {
  const entries = JSON.parse(await readFile(join(folder, "voices.json"), "utf8")) as readonly Entry[];
  const byKey = new Map<string, EncodedAudio[]>();
  for (const entry of entries) {
    const parsed = parseWav(await readFile(join(folder, entry.file)));
    if (!parsed.ok) throw new Error(`The voice ${entry.file} can't be read (${parsed.failure}).`);
    const key = entry.line === AGENT ? `${AGENT}/${entry.language}/${entry.role}` : `${entry.line}/${entry.role}`;
    byKey.set(key, [...(byKey.get(key) ?? []), encodeVoice(toTelephony(parsed.value))]);
  }
  const pick = (key: string, index: number): EncodedAudio | null => {
    const of = byKey.get(key) ?? [];
    return of[index % Math.max(1, of.length)] ?? null;
  };
  return {
    ofCaller: (line, what, index) => pick(`${line}/${what}`, index),
    ofAgent: (language, what, index) => pick(`${AGENT}/${language}/${what}`, index),
  };
}
