import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { finished } from "node:stream/promises";
import { afterEach, expect, test } from "vitest";
import { supervisorLimits } from "./limits.ts";
import { openRoleLog } from "./role-log.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function logLines(folder: string, chunks: readonly (string | Buffer)[]): Promise<string[]> {
  const shown: string[] = [];
  const log = openRoleLog({ folder, role: "edge", show: (line) => shown.push(line) });
  const stream = new PassThrough();
  log.follow(stream);
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await finished(stream);
  log.close();
  return shown;
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "allo-log-"));
  folders.push(folder);
  return folder;
}

test("lines are put together from pieces, characters too, and a last one without an end counts", async () => {
  const folder = makeFolder();
  const word = Buffer.from("слово\n");
  expect(await logLines(folder, ["one\ntw", "o\n", word.subarray(0, 3), word.subarray(3), "end"])).toEqual(["one", "two", "слово", "end"]);
  expect(readFileSync(join(folder, "edge.log"), "utf8")).toBe("one\ntwo\nслово\nend\n");
  expect(statSync(join(folder, "edge.log")).mode & 0o777).toBe(0o600);
});

test("a log that has grown too long makes way for a new one, and only so many are kept", async () => {
  const folder = makeFolder();
  const path = join(folder, "edge.log");
  for (let round = 0; round < supervisorLimits.logFilesKept + 2; round += 1) {
    writeFileSync(path, "");
    truncateSync(path, supervisorLimits.logBytesMax + 1);
    await logLines(folder, [`round ${round}\n`]);
    expect(readFileSync(path, "utf8")).toBe(`round ${round}\n`);
  }
  expect(existsSync(`${path}.${supervisorLimits.logFilesKept}`)).toBe(true);
  expect(existsSync(`${path}.${supervisorLimits.logFilesKept + 1}`)).toBe(false);
});

test("a child that writes without end of line doesn't fill the memory", async () => {
  const lines = await logLines(
    makeFolder(),
    Array.from({ length: 40 }, () => "x".repeat(4096)),
  );
  expect(lines.length).toBeGreaterThan(1);
});
