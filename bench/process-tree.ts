// What Linux says of a program's processes (proc(5)).
import { readdirSync, readFileSync } from "node:fs";

const TICKS_PER_SECOND = 100; // USER_HZ of Linux on every platform that Node runs on

/** A process and all below it. */
export function processTree(root: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    const parent = /^\d+$/.test(name) ? parentOf(Number(name)) : null;
    if (parent !== null) parents.set(Number(name), parent);
  }
  const isBelow = (pid: number | undefined): boolean => pid !== undefined && pid > 1 && (pid === root || isBelow(parents.get(pid)));
  return [...parents.keys()].filter((pid) => isBelow(pid));
}

/** Null where it has ended. */
export function parentOf(pid: number): number | null {
  const fields = statFields(pid);
  return fields === null ? null : Number(fields[1]);
}

/** Fields of /proc/pid/stat from the state on: index 1 is the parent, 11–14 times, 21 resident pages. Null where it has ended. */
export function statFields(pid: number): readonly string[] | null {
  const text = readOrEmpty(`/proc/${pid}/stat`);
  return text === "" ? null : text.slice(text.lastIndexOf(")") + 2).split(" ");
}

/** User and system time so far; of children that have ended too, which only their parent still counts. */
export function cpuMsOf(fields: readonly string[]): number {
  return ([11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index] ?? 0), 0) * 1_000) / TICKS_PER_SECOND;
}

/** Proportional set size, kB: pages that several processes share are counted once among them. 0 where it has ended. */
export function pssKilobytesOf(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB/m.exec(readOrEmpty(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);
}

export function commandOf(pid: number): string {
  return readOrEmpty(`/proc/${pid}/cmdline`).replaceAll("\0", " ");
}

/** Empty where the process has ended meanwhile. */
export function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
