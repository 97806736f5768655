import { writeFileSync } from "node:fs";
import type { Reporter, SerializedError, TestModule } from "vitest/node";

/** What a run came to, in counts of tests; `files` are those in which something failed. */
export type Tally = {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly files: readonly FailedFile[];
  /** Of every file, in the order of the run. */
  readonly durations: readonly { readonly path: string; readonly ms: number }[];
};
export type FailedFile = {
  /** Absolute. */
  readonly path: string;
  readonly project: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** A line for each: the test's full name and the first line of its error. */
  readonly failures: readonly string[];
};

/**
 * Ends a run with `N passed, N failed` alone on the last line, over all projects. A file that could not be loaded and an error outside
 * any test count as failures. With ALLO_TEST_TALLY set, the tally goes to that file instead and whoever set it prints the line.
 */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], strayErrors: readonly SerializedError[]): void {
    const sum = { passed: 0, failed: strayErrors.length, skipped: 0 };
    const files: FailedFile[] = [];
    for (const module of modules) {
      const here = { passed: 0, failed: 0, skipped: 0 };
      const failures: string[] = [];
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === "passed") here.passed += 1;
        else if (result.state === "skipped") here.skipped += 1;
        else {
          here.failed += 1;
          failures.push(`${test.fullName}: ${firstLine(result.errors?.[0]?.message)}`);
        }
      }
      if (here.failed === 0 && module.state() === "failed") {
        here.failed = 1;
        failures.push(firstLine(module.errors()[0]?.message));
      }
      for (const key of ["passed", "failed", "skipped"] as const) sum[key] += here[key];
      if (here.failed > 0) files.push({ path: module.moduleId, project: module.project.name, ...here, failures });
    }
    const path = process.env["ALLO_TEST_TALLY"];
    if (path !== undefined && path !== "") {
      const durations = modules.map((module) => ({ path: module.moduleId, ms: Math.round(module.diagnostic().duration) }));
      const tally: Tally = { ...sum, files, durations };
      writeFileSync(path, JSON.stringify(tally));
      return;
    }
    const skipped = sum.skipped > 0 ? `, ${sum.skipped} skipped` : "";
    process.stdout.write(`\n${sum.passed} passed, ${sum.failed} failed${skipped}\n`);
  }
}

function firstLine(message: string | undefined): string {
  return message?.split("\n", 1)[0]?.slice(0, 300) ?? "no error was given";
}
