// The inputs that fuzzing begins with: small ones that each reach another part. Texts as they are, binary ones as hexadecimal.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { utf8Encode } from "@allo/kernel";
import { tortureFixtures } from "../../conformance/fixtures/torture.ts";

const FOLDER = fileURLToPath(new URL("./corpus", import.meta.url));
const INPUT_BYTES_MAX = 8_000;

export function readCorpus(target: string): readonly Uint8Array[] {
  const files = readdirSync(join(FOLDER, target)).sort();
  const inputs = files.map((name) => {
    const text = readFileSync(join(FOLDER, target, name), "utf8");
    return name.endsWith(".hex")
      ? new Uint8Array(Buffer.from(text.replaceAll(/\s+/g, ""), "hex"))
      : utf8Encode(text.replaceAll(/\r?\n/g, "\r\n"));
  });
  const torture = target === "sip" ? tortureFixtures.map((fixture) => utf8Encode(fixture.text)) : [];
  return [...inputs, ...torture].filter((bytes) => bytes.length < INPUT_BYTES_MAX);
}
