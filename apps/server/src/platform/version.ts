import { readFileSync } from "node:fs";

/** The program's version, as its package says it. Sources and what is emitted from them stand equally deep. */
export const VERSION: string = readVersion();

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../../../package.json", import.meta.url), "utf8"));
  const version = typeof manifest === "object" && manifest !== null && "version" in manifest ? manifest.version : null;
  if (typeof version !== "string") throw new Error("package.json names no version");
  return version;
}
