import { spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startProgram } from "@allo/testkit";

const DOCTOR = join(import.meta.dirname, "main.ts");

function examine(
  env: Readonly<Record<string, string>>,
  ...args: readonly string[]
): { readonly status: number | null; readonly stdout: string } {
  const { status, stdout } = spawnSync(process.execPath, ["--conditions=source", DOCTOR, ...args], {
    env: { PATH: process.env["PATH"], ...env },
    encoding: "utf8",
    timeout: 60_000,
  });
  return { status, stdout };
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "allo-doctor-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test("names the taken port and its remedy, ends with 1 and leaves nothing behind", async () => {
  const folder = makeFolder();
  const taken = createSocket("udp4").bind(0, "127.0.0.1");
  await once(taken, "listening");
  onTestFinished(() => void taken.close());
  const { port } = taken.address();
  const env = { ALLO_DATA: folder, ALLO_HTTP_PORT: "0", ALLO_SIP_PORT: String(port), ALLO_SIP_PHONE_PORT: "0" };
  const { status, stdout } = examine(env);
  expect(stdout).toContain(
    `✗ ports: Port ${port} (UDP) is taken by another program.\n    → Stop it, or set ALLO_SIP_PORT to a free port.\n`,
  );
  expect(status).toBe(1);
  expect(readdirSync(folder)).toEqual([]);
  const { findings } = JSON.parse(examine(env, "--json").stdout) as { findings: readonly { readonly verdict: string }[] };
  expect(findings.filter(({ verdict }) => verdict === "wrong")).toHaveLength(1);
});

test("says which settings are wrong", () => {
  const { status, stdout } = examine({ ALLO_DATA: makeFolder(), ALLO_HTTP_PORT: "eighty" });
  expect(stdout).toMatch(/✗ settings: ALLO_HTTP_PORT .*eighty/);
  expect(status).toBe(1);
});

test("sees a running program, and that it is ready", async () => {
  const program = await startProgram({ main: join(import.meta.dirname, "../main.ts") });
  onTestFinished(() => program.stop());
  const { stdout } = examine({ ALLO_DATA: program.folder, ALLO_HTTP_PORT: new URL(program.url).port });
  expect(stdout).toContain("✓ ports: Allo runs on this data folder and holds its ports.\n");
  expect(stdout).toContain("✓ program: Allo runs and is ready.\n");
}, 120_000);
