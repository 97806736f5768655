import { mkdtempSync, rmSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { prepareDemoFolder } from "./demo-folder.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "allo-demo-folder-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("a folder for the demonstration", () => {
  it("that is empty or not there yet is to be made", async () => {
    expect(await prepareDemoFolder(join(folder, "new"))).toEqual({ kind: "toBeMade", wasHalfMade: false });
  });

  it("whose making was interrupted is emptied and made anew", async () => {
    await prepareDemoFolder(folder);
    await mkdir(join(folder, "postgres"));
    await writeFile(join(folder, "postgres", "PG_VERSION"), "18");
    expect(await prepareDemoFolder(folder)).toEqual({ kind: "toBeMade", wasHalfMade: true });
    expect(await readdir(folder)).toEqual(["demo"]);
  });

  it("that holds something else is left alone", async () => {
    await mkdir(join(folder, "keys"));
    expect(await prepareDemoFolder(folder)).toEqual({ kind: "foreign" });
    expect(await readdir(folder)).toEqual(["keys"]);
  });
});
