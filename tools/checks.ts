// What is checked without running anything: types, lint, format, walls between the rooms, house rules.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root, runStep, type StepResult } from "./run-step.ts";
import { readTree } from "./source-tree.ts";
import { tidy } from "./tidy.ts";

/** Fewer modules than this mean that dependency-cruiser looked past the sources, and its "no violations" says nothing. */
const MODULES_CRUISED_MIN = 90;

/** Runs all checks, two chains at a time, and tells of each as it ends. */
export async function runChecks(tell: (result: StepResult) => void): Promise<readonly StepResult[]> {
  const results: StepResult[] = [];
  const take = (result: StepResult): void => {
    results.push(result);
    tell(result);
  };
  const sources = runStep("types of the sources", "node_modules/typescript/bin/tsc", ["-b"]);
  await Promise.all([
    (async () => {
      take(await sources);
      take(await runStep("types of tests and tools", "node_modules/typescript/bin/tsc", ["-p", "tsconfig.tests.json"]));
      for (const app of ["desk", "chat-widget"]) {
        if (!existsSync(join(root, "apps", app, "tsconfig.json"))) continue;
        take(await runStep(`types of apps/${app}`, "node_modules/typescript/bin/tsc", ["-p", `apps/${app}`, "--noEmit"]));
      }
    })(),
    (async () => {
      take(await runStep("format", "node_modules/oxfmt/bin/oxfmt", ["--check"]));
      take(await checkBoundaries());
      take(await runStep("unused code and dependencies", "node_modules/knip/bin/knip.js", ["--no-progress"]));
      take(checkTidy());
      // It reads the types that packages give each other, which in a clean clone the sources' build makes first.
      await sources;
      take(await runStep("lint", "node_modules/oxlint/bin/oxlint", ["--type-aware"]));
    })(),
  ]);
  return results;
}

async function checkBoundaries(): Promise<StepResult> {
  const args = ["packages", "apps", "tools", "--config", ".dependency-cruiser.cjs", "--output-type", "err-long"];
  const result = await runStep("boundaries", "node_modules/dependency-cruiser/bin/dependency-cruiser.mjs", args);
  const cruised = Number(/\((\d+) modules/.exec(result.output)?.[1] ?? /(\d+) modules/.exec(result.output)?.[1] ?? 0);
  if (!result.isPassed || cruised >= MODULES_CRUISED_MIN) return result;
  return {
    ...result,
    isPassed: false,
    output: `${result.output}\nOnly ${cruised} modules were looked at; ${MODULES_CRUISED_MIN} is the least that can be right.\n`,
  };
}

function checkTidy(): StepResult {
  const startedAt = performance.now();
  const problems = tidy(readTree(root));
  return {
    name: "tidy",
    isPassed: problems.length === 0,
    output: problems.map((problem) => `${problem}\n`).join(""),
    ms: performance.now() - startedAt,
  };
}
