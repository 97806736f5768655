import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

export type ProcessEntry = {
  readonly command: string;
  /** Together with the process id it names one process for good: ids are used again, start times aren't. */
  readonly startedAt: string;
};

/** True when the process exists and isn't a zombie waiting to be reaped. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return false;
  }
  return readStat(pid)?.state !== "Z";
}

/** What the process with this id is, or undefined when there is none or it can't be seen. */
export function findProcess(pid: number): ProcessEntry | undefined {
  if (process.platform === "linux") {
    const stat = readStat(pid);
    if (stat === undefined || stat.state === "Z") return undefined;
    try {
      return { command: readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim(), startedAt: stat.startedAt };
    } catch {
      return undefined; // ended between the two reads
    }
  }
  const listed = spawnSync("ps", ["-o", "lstart=,command=", "-p", String(pid)], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], LC_ALL: "C" },
  });
  const line = listed.status === 0 ? listed.stdout.trim() : "";
  const LSTART_COLUMNS = 24; // "Sat Nov 21 23:10:23 2026"
  return line === "" ? undefined : { startedAt: line.slice(0, LSTART_COLUMNS), command: line.slice(LSTART_COLUMNS).trim() };
}

function readStat(pid: number): { readonly state: string; readonly startedAt: string } | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // proc(5): the name in parentheses may hold anything; the state is field 3, the start time field 22.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0] ?? "", startedAt: fields[19] ?? "" };
  } catch {
    return undefined;
  }
}
