import { join, relative, resolve } from "node:path";

/** Where a recording's file is. The path is our own; of a row that was tampered with, and would lead out of the folder, null. */
export function pathBelow(dataFolder: string, filePath: string): string | null {
  const folder = resolve(dataFolder);
  const path = resolve(join(folder, filePath));
  return relative(folder, path).startsWith("..") ? null : path;
}
