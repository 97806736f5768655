import { spawn } from "node:child_process";
import { join } from "node:path";

export const root = join(import.meta.dirname, "..");

export type StepResult = { readonly name: string; readonly isPassed: boolean; readonly output: string; readonly ms: number };

/** Runs one program of node_modules under this Node and keeps what it says. */
export async function runStep(name: string, script: string, args: readonly string[]): Promise<StepResult> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [join(root, script), ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1" },
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  return { name, isPassed: code === 0, output, ms: performance.now() - startedAt };
}
