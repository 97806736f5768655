// ALLO_DATA/tls: keys are readable by this user alone; a file is whole or not there.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { KeyAndCertificate } from "./certificates.ts";

export type TlsFiles = {
  /** null where there is no such file. */
  read(name: string): string | null;
  write(name: string, text: string): void;
  readPair(name: string): KeyAndCertificate | null;
  /** Key and certificate in one file: never one without the other. */
  writePair(name: string, pair: KeyAndCertificate): void;
  remove(name: string): void;
};

export function createTlsFiles(dataFolder: string): TlsFiles {
  const folder = join(dataFolder, "tls");
  const read = (name: string): string | null => {
    try {
      return readFileSync(join(folder, name), "utf8");
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
      throw error;
    }
  };
  const write = (name: string, text: string): void => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, name);
    writeFileSync(`${path}.new`, text, { mode: 0o600, flush: true });
    renameSync(`${path}.new`, path);
  };
  return {
    read,
    write,
    readPair(name) {
      const text = read(`${name}.pem`);
      if (text === null) return null;
      const key = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+?-----END [A-Z ]*PRIVATE KEY-----/.exec(text)?.[0];
      const certificate = text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g)?.join("\n");
      return key === undefined || certificate === undefined ? null : { key, certificate };
    },
    writePair(name, { key, certificate }) {
      write(`${name}.pem`, `${key.trim()}\n${certificate.trim()}\n`);
    },
    remove(name) {
      rmSync(join(folder, name), { force: true });
    },
  };
}
