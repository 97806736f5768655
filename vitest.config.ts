import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type TestProjectConfiguration } from "vitest/config";

// One project per environment; a file's suffix says which (docs/TESTING.md). Sources are run as they are: the "source" condition
// is given twice, to Vite for what it transforms and to Node for worker threads and child processes that a test starts.
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const CONDITIONS = ["source", "module", "node", "development|production"];
const IGNORED = ["**/node_modules/**", "**/dist/**", "data/**", ".git/**"];
const SUFFIXES = ["pg", "net", "sim", "web"] as const;
const bySuffix = (suffix: string): string[] => [`{packages,apps,conformance,tools}/**/*.${suffix}.test.{ts,tsx}`];
const ALL_SUFFIXED = SUFFIXES.flatMap(bySuffix);

const node = {
  root: here("."),
  resolve: { conditions: CONDITIONS },
  ssr: { resolve: { conditions: CONDITIONS, externalConditions: CONDITIONS } },
};
/** Waiting for a state ends with the test's own limit, not with the second that vitest gives: load must not decide what a test says. */
const PATIENT = { poll: { timeout: 25_000, interval: 50 } };
const BROWSER = { expect: PATIENT, testTimeout: 180_000, hookTimeout: 180_000 };
const WEB_SIDE_BY_SIDE = "conformance/desk/*.web.test.ts";
const common = { execArgv: ["--conditions=source", "--disable-warning=ExperimentalWarning"], pool: "forks" as const };

const projects: TestProjectConfiguration[] = [
  {
    ...node,
    test: {
      ...common,
      name: "unit",
      include: ["{packages,apps,conformance,tools}/**/*.test.{ts,tsx}"],
      exclude: [...IGNORED, ...ALL_SUFFIXED, "apps/desk/**", "apps/chat-widget/**"],
      testTimeout: 10_000,
    },
  },
  { ...node, test: { ...common, name: "sim", include: bySuffix("sim"), exclude: IGNORED, testTimeout: 120_000 } },
  {
    ...node,
    test: {
      ...common,
      name: "pg",
      include: bySuffix("pg"),
      exclude: IGNORED,
      globalSetup: [here("tools/vitest/postgres-setup.ts")],
      expect: PATIENT,
      testTimeout: 30_000,
      hookTimeout: 60_000,
    },
  },
  // Sockets and whole programs: after the rest, so that load on a small machine doesn't decide what a test sees. They wait for each other's
  // answers and timers more than they work: two at a time.
  {
    ...node,
    test: {
      ...common,
      name: "net",
      include: bySuffix("net"),
      exclude: IGNORED,
      expect: PATIENT,
      testTimeout: 60_000,
      hookTimeout: 60_000,
      sequence: { groupOrder: 1 },
    },
  },
  // Calls that are timed, crashes and the timed first hour: one file at a time.
  {
    ...node,
    test: {
      ...common,
      name: "web",
      include: bySuffix("web"),
      exclude: [...IGNORED, WEB_SIDE_BY_SIDE],
      ...BROWSER,
      fileParallelism: false,
      sequence: { groupOrder: 2 },
    },
  },
  // The desk's, each in a program of its own, wait for a browser more than they work: two at a time.
  {
    ...node,
    test: { ...common, name: "desk-web", include: [WEB_SIDE_BY_SIDE], exclude: IGNORED, ...BROWSER, sequence: { groupOrder: 3 } },
  },
];
for (const app of ["desk", "chat-widget"]) {
  if (!existsSync(here(`apps/${app}/vite.config.ts`))) continue;
  projects.push({
    extends: here(`apps/${app}/vite.config.ts`),
    root: here(`apps/${app}`),
    test: {
      name: app,
      include: ["src/**/*.test.{ts,tsx}"],
      exclude: SUFFIXES.map((suffix) => `**/*.${suffix}.test.{ts,tsx}`),
      pool: "forks",
      environment: "happy-dom",
    },
  });
}

export default defineConfig({
  test: {
    projects,
    maxWorkers: 2,
    reporters: [process.env["CI"] === undefined ? "default" : "dot", here("tools/vitest/closing-line-reporter.ts")],
    passWithNoTests: true,
  },
});
