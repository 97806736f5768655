// The text files of the repository, as the house rules and the pages made from them read them.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { extname, join } from "node:path";

export type SourceFile = { readonly path: string; readonly text: string };

const TEXT_BYTES_MAX = 1024 * 1024;
const TEXT_EXTENSIONS = new Set([
  ".conf",
  ".service",
  ".ts",
  ".tsx",
  ".mjs",
  ".cjs",
  ".js",
  ".json",
  ".md",
  ".sql",
  ".css",
  ".html",
  ".po",
  ".yml",
  ".sh",
  "",
]);

/** Every text file that git knows or would add. */
export function readTree(root: string): readonly SourceFile[] {
  const listed = spawnSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (listed.status !== 0) throw new Error(`git can't list the files: ${listed.stderr}`);
  return listed.stdout
    .split("\0")
    .filter((path) => path !== "" && TEXT_EXTENSIONS.has(extname(path)) && !path.endsWith("package-lock.json"))
    .flatMap((path) => {
      const bytes = readIfThere(join(root, path));
      return bytes === undefined || bytes.length > TEXT_BYTES_MAX ? [] : [{ path, text: bytes.toString("utf8") }];
    });
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined; // deleted in the work tree, or a link to a folder
  }
}
