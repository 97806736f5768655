import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type TestProjectConfiguration } from "vitest/config";
import { DEBIAN_DATABASE_VARIABLE } from "./tools/debian-postgres.ts";
import { LongestFirst } from "./tools/vitest/longest-first.ts";

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
const STORES = { include: bySuffix("pg"), exclude: IGNORED, expect: PATIENT, testTimeout: 30_000, hookTimeout: 60_000 };
const DESK_WEB = "conformance/desk/*.web.test.ts";
const WORKERS = 2;
/** One more at a time than there are cores on a small machine. */
const MOSTLY_WAITING = { maxWorkers: WORKERS + 1, sequence: { groupOrder: 1 } };
const common = { execArgv: ["--conditions=source", "--disable-warning=ExperimentalWarning"], pool: "forks" as const };

const projects: TestProjectConfiguration[] = [
  {
    ...node,
    test: {
      ...common,
      name: "unit",
      isolate: false, // pure code: a process for each file costs more than the tests in it
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
      ...STORES,
      name: "pg",
      isolate: false, // else each file reads the whole of core anew
      globalSetup: [here("tools/vitest/postgres-setup.ts")],
    },
  },
  // Sockets and whole programs: after the rest, so that load on a small machine doesn't decide what a test sees. They wait for each other's
  // answers, for sound and for timers much more than they work.
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
      ...MOSTLY_WAITING,
    },
  },
  // The desk's, each in a program of its own, wait for a browser and for calls.
  { ...node, test: { ...common, name: "desk-web", include: [DESK_WEB], exclude: IGNORED, ...BROWSER, ...MOSTLY_WAITING } },
  // Calls that are timed, crashes and the timed first hour: two files at a time, beside nothing else.
  {
    ...node,
    test: { ...common, name: "web", include: bySuffix("web"), exclude: [...IGNORED, DESK_WEB], ...BROWSER, sequence: { groupOrder: 2 } },
  },
];
const debianUrl = process.env[DEBIAN_DATABASE_VARIABLE];
if (debianUrl !== undefined) {
  // The stores once more, on the oldest PostgreSQL that an organisation may bring: work for the time in which the others wait.
  projects.push({
    ...node,
    test: {
      ...common,
      ...STORES,
      name: "pg-debian",
      globalSetup: [here("tools/vitest/debian-postgres-setup.ts")],
      env: { ALLO_TEST_DATABASE_URL: debianUrl },
      ...MOSTLY_WAITING,
    },
  });
}
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
    maxWorkers: WORKERS,
    sequence: { sequencer: LongestFirst },
    reporters: [process.env["CI"] === undefined ? "default" : "dot", here("tools/vitest/closing-line-reporter.ts")],
    passWithNoTests: true,
  },
});
