import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import { ApiProblem } from "../../api/problem.ts";

const sentences: Readonly<Record<string, MessageDescriptor>> = {
  notWav: msg`This is not a WAV file. Save the recording as WAV and upload it again.`,
  truncated: msg`The file ends before its sound begins: it wasn't saved whole.`,
  unsupportedFormat: msg`This kind of WAV can't be read. Save it as PCM, 16 bits.`,
  malformed: msg`The WAV file contradicts itself. Save it anew from the sound editor.`,
  tooLong: msg`The recording is too long: two minutes at most for a sentence, fifteen for music.`,
  noSound: msg`There is no sound in the file.`,
};

/** What is wrong with an uploaded file, where the server says so exactly; null: the usual sentence does. */
export function promptProblem(failure: unknown): MessageDescriptor | null {
  if (!(failure instanceof ApiProblem) || failure.code !== "audioInvalid") return null;
  return sentences[failure.fields[0]?.code ?? ""] ?? null;
}
