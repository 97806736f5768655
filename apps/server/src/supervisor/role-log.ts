import { closeSync, existsSync, openSync, renameSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { supervisorLimits as limits } from "./limits.ts";

export type RoleLog = {
  /** Takes every line of a child's stream. */
  follow(stream: Readable): void;
  close(): void;
};

export type RoleLogOptions = {
  readonly folder: string;
  readonly role: string;
  /** Called with each line when the log is to be shown as well. */
  readonly show?: ((line: string) => void) | undefined;
};

/** Appends a child's lines to `<role>.log`, renaming it to .1, .2, … when it has grown too long. A full disk loses lines, not calls. */
export function openRoleLog({ folder, role, show }: RoleLogOptions): RoleLog {
  const path = join(folder, `${role}.log`);
  let fd = openSync(path, "a", 0o600);
  let bytes = statSync(path).size;

  function write(line: string): void {
    show?.(line);
    try {
      if (bytes > limits.logBytesMax) rotate();
      bytes += writeSync(fd, `${line}\n`);
    } catch {
      bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0; // disk full: the next line tries again
    }
  }

  function rotate(): void {
    closeSync(fd);
    for (let age = limits.logFilesKept - 1; age >= 1; age -= 1) {
      if (existsSync(`${path}.${age}`)) renameSync(`${path}.${age}`, `${path}.${age + 1}`);
    }
    renameSync(path, `${path}.1`);
    fd = openSync(path, "a", 0o600);
    bytes = 0;
  }

  return {
    follow(stream) {
      let rest = "";
      stream.setEncoding("utf8");
      stream.on("data", (chunk: string) => {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) write(line);
        if (rest.length > limits.logLineBytesMax) {
          write(rest);
          rest = "";
        }
      });
      stream.on("end", () => {
        if (rest !== "") write(rest);
      });
      stream.on("error", () => undefined); // the child is gone; its exit says so
    },
    close: () => closeSync(fd),
  };
}
