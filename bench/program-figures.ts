// CPU, memory and what else the processes of a running program hold, from /proc.
import { readdirSync, readlinkSync } from "node:fs";
import type { Program } from "@allo/testkit";
import { commandOf, cpuMsOf, parentOf, processTree, pssKilobytesOf, readOrEmpty, statFields } from "./process-tree.ts";

/** CPU milliseconds so far, by program: supervisor, edge, core, PostgreSQL with its backends (those that ended are counted by their parent). */
export function cpuByProgram(program: Program): ReadonlyMap<string, number> {
  return sumByProgram(program, (pid) => {
    const fields = statFields(pid);
    return fields === null ? 0 : cpuMsOf(fields);
  });
}

/** Proportional set size by program, megabytes: what PostgreSQL's processes share is counted once. */
export function memoryByProgram(program: Program): Readonly<Record<string, number>> {
  const sums = sumByProgram(program, pssKilobytesOf);
  return Object.fromEntries(sums.entries().map(([name, kilobytes]) => [name, Math.round(kilobytes / 1_024)]));
}

export type Held = { readonly descriptors: number; readonly threads: number; readonly udpSockets: number };

/** What one of our processes holds open now. */
export function heldBy(pid: number): Held {
  const names = readdirSync(`/proc/${pid}/fd`);
  const inodes = new Set(names.flatMap((name) => /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${name}`))?.[1] ?? []));
  const udp = ["udp", "udp6"].flatMap((table) => readOrEmpty(`/proc/${pid}/net/${table}`).trim().split("\n").slice(1));
  return {
    descriptors: names.length,
    threads: readdirSync(`/proc/${pid}/task`).length,
    udpSockets: udp.filter((line) => inodes.has(line.trim().split(/\s+/)[9] ?? "")).length,
  };
}

function sumByProgram(program: Program, of: (pid: number) => number): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const pid of processTree(parentOf(program.pidOf("core")) ?? 0)) {
    const command = commandOf(pid);
    const name = /postgres/.test(command)
      ? "postgres"
      : /edge\/main/.test(command)
        ? "edge"
        : /core\/main/.test(command)
          ? "core"
          : "supervisor";
    sums.set(name, (sums.get(name) ?? 0) + of(pid));
  }
  return sums;
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ""; // closed meanwhile
  }
}
