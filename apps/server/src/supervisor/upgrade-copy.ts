// Before a new version changes the schema of our own database, a copy of the database's files is kept beside it: going back to the version
// before is then a matter of putting the copy in place (migrations themselves only go forward).
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../platform/config.ts";
import type { Database } from "./database.ts";
import { supervisorLimits as limits } from "./limits.ts";
import { StartError } from "./start-problem.ts";

export const upgradeCopyLimits = {
  copiesKept: 2,
  /** Room beyond the copy itself that must stay free on the disk. */
  roomLeftBytesMin: 512 * 1024 * 1024,
} as const;

/** Which changes of the schema stand in the database, and which are still to be made. */
export type SchemaState = { readonly applied: readonly string[]; readonly pending: readonly string[] };
export type ReadSchema = (adminUrl: string) => Promise<SchemaState>;

export type UpgradeCopy = { readonly name: string; readonly path: string; readonly madeAt: Date };

const MEGABYTE = 1024 * 1024;

/** Copies the database where it is ours, holds data and is about to be changed. Returns the database, started again where it was stopped. */
export async function keepCopyBeforeUpgrade({
  config,
  database,
  readSchema,
  reopen,
  now,
  say,
}: {
  readonly config: Config;
  readonly database: Database;
  readonly readSchema: ReadSchema;
  readonly reopen: () => Promise<Database>;
  readonly now: () => Date;
  readonly say: (sentence: string) => void;
}): Promise<Database> {
  const { applied, pending } = await readSchema(database.url);
  const last = applied.at(-1);
  if (last === undefined || pending.length === 0) return database;
  if (database.embedded === undefined) {
    say(`This version changes the database (${pending.length} steps). Going back needs a backup of your own.`);
    return database;
  }
  if (!config.upgradeCopy) return database;
  const cluster = clusterFolder(config.dataFolder);
  const sizeBytes = folderBytes(cluster);
  const { bavail, bsize } = statfsSync(config.dataFolder);
  const missing = sizeBytes + upgradeCopyLimits.roomLeftBytesMin - bavail * bsize;
  if (missing > 0) {
    await database.embedded.stop();
    throw new StartError(
      "diskFull",
      `This version changes the database and first keeps a copy of it: free ${Math.ceil(missing / MEGABYTE)} MB more below ${config.dataFolder}, ` +
        "or set ALLO_UPGRADE_COPY=off if you have a backup.",
    );
  }
  say(`Keeping a copy of the database (${Math.ceil(sizeBytes / MEGABYTE)} MB) before this version changes it…`);
  await database.embedded.stop();
  const folder = copiesFolder(config.dataFolder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${now().toISOString().replaceAll(":", "-").slice(0, 19)}Z_${last}`);
  await copyFolder(cluster, `${path}.new`);
  renameSync(`${path}.new`, path);
  for (const old of listCopies(config.dataFolder).slice(upgradeCopyLimits.copiesKept)) rmSync(old.path, { recursive: true, force: true });
  say("The copy is kept; `npm run rollback`, with the earlier version, puts it back.");
  return reopen();
}

/** Newest first; halves of an interrupted copy are not among them. */
export function listCopies(dataFolder: string): readonly UpgradeCopy[] {
  const folder = copiesFolder(dataFolder);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /^\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}Z_/.test(name) && !name.endsWith(".new"))
    .toSorted()
    .reverse()
    .map((name) => {
      const path = join(folder, name);
      const [date = "", time = ""] = name.slice(0, 19).split("T");
      return { name, path, madeAt: new Date(`${date}T${time.replaceAll("-", ":")}Z`) };
    });
}

/** Puts a copy in the database's place. What stood there is kept beside it, and its path returned. Allo must not be running. */
export async function putCopyBack(dataFolder: string, copy: UpgradeCopy, now: Date): Promise<string> {
  const cluster = clusterFolder(dataFolder);
  const aside = join(copiesFolder(dataFolder), `replaced-${now.toISOString().replaceAll(":", "-").slice(0, 19)}Z`);
  await copyFolder(copy.path, `${cluster}.new`);
  renameSync(cluster, aside);
  renameSync(`${cluster}.new`, cluster);
  return aside;
}

function clusterFolder(dataFolder: string): string {
  return join(dataFolder, "postgres", "cluster");
}

function copiesFolder(dataFolder: string): string {
  return join(dataFolder, "postgres", "copies");
}

/** `cp -a` keeps owners and modes, which PostgreSQL insists on; a half of an earlier try is removed first. */
async function copyFolder(from: string, to: string): Promise<void> {
  rmSync(to, { recursive: true, force: true });
  const copying = spawn("cp", ["-a", from, to], { stdio: ["ignore", "ignore", "pipe"] });
  let complaint = "";
  copying.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(0, limits.logLineBytesMax);
  });
  const [code] = (await once(copying, "close")) as [number | null];
  if (code === 0) return;
  rmSync(to, { recursive: true, force: true });
  throw new StartError(
    "database",
    `The database could not be copied before the change: ${complaint.trim().split("\n")[0] ?? "cp failed"}.`,
  );
}

function folderBytes(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + (statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0), 0);
}
