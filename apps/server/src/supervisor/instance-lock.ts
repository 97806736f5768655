// One supervisor per role and data folder. The lock is a file naming the holder by process id and start time, so that an id used again
// by another program isn't taken for the holder, and a kill leaves nothing that a person has to remove.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fail, ok, type Result } from "@allo/kernel";
import { findProcess } from "../platform/process-table.ts";

type Holder = { readonly pid: number; readonly startedAt: string };
type LockText = Holder & { readonly children: readonly Holder[] };

export type InstanceLock = {
  /** Notes the processes to be ended by the next supervisor, should this one be killed. */
  noteChildren(pids: readonly number[]): void;
  release(): void;
};

export type LockRefusal = { readonly kind: "held"; readonly pid: number };
export type LockTaken = {
  readonly lock: InstanceLock;
  /** A lock of a supervisor that is gone was found; these of its children are still alive. */
  readonly stale: { readonly pid: number; readonly orphans: readonly number[] } | undefined;
};

/** Takes the lock, taking over one whose holder is gone. */
export function takeInstanceLock({ folder, name }: { readonly folder: string; readonly name: string }): Result<LockTaken, LockRefusal> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${name}.lock`);
  const self: Holder = { pid: process.pid, startedAt: findProcess(process.pid)?.startedAt ?? "" };
  const draft = `${path}.${process.pid}`;
  let stale: LockTaken["stale"];
  writeFileSync(draft, JSON.stringify({ ...self, children: [] }), { mode: 0o600 });
  try {
    for (;;) {
      try {
        linkSync(draft, path); // fails where the name exists: the one step that decides between two
        break;
      } catch (error) {
        if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      }
      const found = readLock(path);
      if (found !== undefined && isStillThere(found)) return fail({ kind: "held", pid: found.pid });
      stale = { pid: found?.pid ?? 0, orphans: (found?.children ?? []).filter(isStillThere).map((child) => child.pid) };
      removeIfSame(path, found);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  return ok({ lock: heldLock(path, self), stale });
}

/** Who holds a lock now. */
export function lockHolder({ folder, name }: { readonly folder: string; readonly name: string }): number | undefined {
  const found = readLock(join(folder, `${name}.lock`));
  return found !== undefined && isStillThere(found) ? found.pid : undefined;
}

function heldLock(path: string, self: Holder): InstanceLock {
  return {
    noteChildren(pids) {
      const children = pids.map((pid) => ({ pid, startedAt: findProcess(pid)?.startedAt ?? "" })).filter((child) => child.startedAt !== "");
      writeFileSync(`${path}.new`, JSON.stringify({ ...self, children }), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    },
    release() {
      rmSync(path, { force: true });
    },
  };
}

/** Moves the stale lock aside before removing it, so that of two starters only one removes and none removes a fresh one. */
function removeIfSame(path: string, expected: LockText | undefined): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return; // the other starter was quicker
  }
  const moved = readLock(aside);
  if (
    moved !== undefined &&
    (expected === undefined || moved.pid !== expected.pid || moved.startedAt !== expected.startedAt) &&
    isStillThere(moved)
  ) {
    linkSync(aside, path); // it was fresh after all: put back
  }
  rmSync(aside, { force: true });
}

function readLock(path: string): LockText | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (!isHolder(value)) return undefined;
    const children: unknown = "children" in value ? value.children : [];
    return { pid: value.pid, startedAt: value.startedAt, children: Array.isArray(children) ? children.filter(isHolder) : [] };
  } catch {
    return undefined; // gone meanwhile, or cut short by a full disk: no holder can be named, so it is stale
  }
}

function isHolder(value: unknown): value is Holder {
  return (
    typeof value === "object" &&
    value !== null &&
    "pid" in value &&
    typeof value.pid === "number" &&
    "startedAt" in value &&
    typeof value.startedAt === "string"
  );
}

function isStillThere(holder: Holder): boolean {
  return findProcess(holder.pid)?.startedAt === holder.startedAt;
}
