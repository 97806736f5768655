import { runChecks } from "./checks.ts";
import type { StepResult } from "./run-step.ts";

const results = await runChecks(showStep);
process.exitCode = results.every((result) => result.isPassed) ? 0 : 1;

function showStep(result: StepResult): void {
  process.stdout.write(`${result.isPassed ? "ok    " : "FAILED"} ${result.name} (${(result.ms / 1000).toFixed(1)} s)\n`);
  if (!result.isPassed) process.stdout.write(`${result.output.trim()}\n`);
}
