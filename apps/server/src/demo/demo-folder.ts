// A folder of the demonstration is known by a mark, so that nothing else is ever taken for one and removed.
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readWorldFile } from "./world-file.ts";

const MARK = "demonstration";

export type DemoFolder =
  /** Empty, or what an interrupted making left was removed: to be made. */
  | { readonly kind: "toBeMade"; readonly wasHalfMade: boolean }
  | { readonly kind: "made" }
  /** Something else lives there. */
  | { readonly kind: "foreign" };

/** Before anything is started on the folder. What was left half made is removed, so that it is never shown. */
export async function prepareDemoFolder(dataFolder: string): Promise<DemoFolder> {
  const entries = await readdir(dataFolder).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  });
  if ((await readWorldFile(dataFolder)) !== null) return { kind: "made" };
  const isMarked = (await readdir(join(dataFolder, "demo")).catch(() => [] as string[])).includes(MARK);
  if (entries.length > 0 && !isMarked) return { kind: "foreign" };
  // The mark goes last: killed in between, the rest is still known to be ours.
  for (const entry of entries) if (entry !== "demo") await rm(join(dataFolder, entry), { recursive: true, force: true });
  await mkdir(join(dataFolder, "demo"), { recursive: true, mode: 0o700 });
  await writeFile(join(dataFolder, "demo", MARK), "Made by the demonstration of Allo. All of this folder may be removed.\n", {
    mode: 0o600,
  });
  return { kind: "toBeMade", wasHalfMade: isMarked };
}
