import { writeFileSync } from "node:fs";
import type { Reporter, SerializedError, TestModule } from "vitest/node";

/**
 * Ends a run with `N passed, N failed` alone on the last line, over all projects. A file that could not be loaded and an error outside
 * any test count as failures. With ALLO_TEST_TALLY set, the numbers go to that file instead and whoever set it prints the line.
 */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], strayErrors: readonly SerializedError[]): void {
    const tally = { passed: 0, failed: strayErrors.length, skipped: 0 };
    for (const module of modules) {
      let failedHere = 0;
      for (const test of module.children.allTests()) {
        const state = test.result().state;
        if (state === "passed") tally.passed += 1;
        else if (state === "skipped") tally.skipped += 1;
        else failedHere += 1;
      }
      tally.failed += failedHere;
      if (failedHere === 0 && module.state() === "failed") tally.failed += 1;
    }
    const path = process.env["ALLO_TEST_TALLY"];
    if (path !== undefined && path !== "") {
      writeFileSync(path, JSON.stringify(tally));
      return;
    }
    const skipped = tally.skipped > 0 ? `, ${tally.skipped} skipped` : "";
    process.stdout.write(`\n${tally.passed} passed, ${tally.failed} failed${skipped}\n`);
  }
}
