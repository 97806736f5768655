// `npm test`: the checks, then every test, those of the stores on Debian's PostgreSQL too where it is installed, then what failed and one line
// with the sum of all. With arguments only vitest runs, with those.
import { spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, join, relative } from "node:path";
import { runChecks } from "./checks.ts";
import { DEBIAN_DATABASE_VARIABLE, findDebianPostgres, startDebianPostgres, type DebianPostgres } from "./debian-postgres.ts";
import { root, type StepResult } from "./run-step.ts";
import type { FailedFile, Tally } from "./vitest/closing-line-reporter.ts";

const VITEST_MS_MAX = 45 * 60_000;
const TEST_DATABASE_VARIABLE = "ALLO_TEST_DATABASE_URL";
/** Compiled sources, for the many programs and workers that a run starts: a fifth of what each costs. */
const COMPILED_FOLDER = join(root, "node_modules/.cache/allo-compiled");
/** Programs of others: the foreign end of a call, the browser and its store of authorities, a public authority; and where Debian has them. */
const DEBIAN_PROGRAMS = [
  { program: "chromium", debianPackage: "chromium" },
  { program: "firefox-esr", debianPackage: "firefox-esr" },
  { program: "nginx", debianPackage: "nginx-light" },
  { program: "sipp", debianPackage: "sip-tester" },
  { program: "baresip", debianPackage: "baresip-core" },
  { program: "linphonec", debianPackage: "linphone-cli" },
  { program: "kamailio", debianPackage: "kamailio" },
  { program: "rtpengine", debianPackage: "rtpengine-daemon" },
  { program: "pebble", debianPackage: "pebble" },
  { program: "certutil", debianPackage: "libnss3-tools" },
  { program: "turnserver", debianPackage: "coturn" },
  { program: "opusdec", debianPackage: "opus-tools" },
  { program: "openssl", debianPackage: "openssl" },
  { program: "xmllint", debianPackage: "libxml2-utils" },
  { program: "nft", debianPackage: "nftables" },
  { program: "ip", debianPackage: "iproute2" },
] as const;

/**
 * Files of these see sockets, other programs and browsers: a machine that is busy with something else can disturb them. What failed there is
 * run once more, alone, and said plainly with its first error when it passes then. Nothing else has a second try.
 */
const DISTURBED_PROJECTS: ReadonlySet<string> = new Set(["net", "web", "desk-web"]);
/** More files than these don't fail by chance. */
const SECOND_TRY_FILES_MAX = 4;
const SECOND_TRY_MS_MAX = 12 * 60_000;
const SLOWEST_SHOWN = 12;

type Sum = { passed: number; failed: number; skipped: number };

const args = process.argv.slice(2);
let isStopped = false;
const tally: Sum = { passed: 0, failed: 0, skipped: 0 };
const closingWords: string[] = [];
if (args.length === 0) {
  const [results] = await Promise.all([runChecks(showStep), provideDebianPrograms()]);
  for (const result of results) {
    if (result.isPassed) tally.passed += 1;
    else tally.failed += 1;
    if (!result.isPassed) closingWords.push(`FAILED check: ${result.name}`);
  }
}
// The start script could not build something; it has said why.
if (process.env["ALLO_BOOTSTRAP_FAILED"] !== undefined) tally.failed += 1;
const debian = args.length === 0 ? openDebianPostgres() : null;
const first = await runVitest(args, debian === null ? {} : { env: { [DEBIAN_DATABASE_VARIABLE]: debian.url } });
closeDebianPostgres(debian);
add(args.length === 0 && !isStopped ? await withSecondTry(first) : first);
if (args.length === 0) closingWords.push(`Slowest files: ${slowest(first)}`);
process.exitCode = tally.failed === 0 && tally.passed > 0 ? 0 : 1;
if (closingWords.length > 0) process.stdout.write(`\n${closingWords.join("\n")}\n`);
process.stdout.write(`\n${tally.passed} passed, ${tally.failed} failed${tally.skipped > 0 ? `, ${tally.skipped} skipped` : ""}\n`);

function add(tests: Tally): void {
  for (const key of ["passed", "failed", "skipped"] as const) tally[key] += tests[key];
  for (const { path, project, failures } of tests.files)
    for (const failure of failures) closingWords.push(`FAILED ${relative(root, path)} (${project}): ${failure}`);
}

function slowest({ durations }: Tally): string {
  const shown = durations.toSorted((a, b) => b.ms - a.ms).slice(0, SLOWEST_SHOWN);
  return shown.map(({ path, ms }) => `${basename(path)} ${(ms / 1_000).toFixed(0)} s`).join(", ");
}

/** The tally with the counts of disturbed files taken from their second run. */
async function withSecondTry(tally: Tally): Promise<Tally> {
  const again = tally.files.filter(({ project }) => DISTURBED_PROJECTS.has(project));
  if (again.length === 0 || again.length > SECOND_TRY_FILES_MAX) return tally;
  process.stdout.write(`\nOnce more, alone: ${again.map(({ path }) => relative(root, path)).join(", ")}\n`);
  const projects = [...new Set(again.map(({ project }) => project))].flatMap((project) => ["--project", project]);
  const second = await runVitest([...again.map(({ path }) => path), ...projects, "--no-file-parallelism"], { msMax: SECOND_TRY_MS_MAX });
  for (const { path, failures } of again) {
    if (second.files.some((file) => file.path === path)) continue;
    for (const failure of failures) closingWords.push(`PASSED ONLY AT THE SECOND TRY ${relative(root, path)}: ${failure}`);
  }
  const count = (key: keyof Sum): number => tally[key] - again.reduce((sum: number, file: FailedFile) => sum + file[key], 0) + second[key];
  return {
    passed: count("passed"),
    failed: count("failed"),
    skipped: count("skipped"),
    files: [...tally.files.filter((file) => !again.includes(file)), ...second.files],
    durations: tally.durations,
  };
}

/** An organisation may bring a PostgreSQL as old as 15; the embedded one is newer. */
function openDebianPostgres(): DebianPostgres | null {
  const major = findDebianPostgres();
  if (major === null || (process.env[TEST_DATABASE_VARIABLE] ?? "") !== "") return null;
  try {
    const started = startDebianPostgres(major);
    process.stdout.write(`The tests of the stores run on Debian's PostgreSQL ${major} too (pg-debian).\n`);
    return started;
  } catch (error) {
    process.stdout.write(`${String(error)}\n`);
    tally.failed += 1;
    return null;
  }
}

function closeDebianPostgres(debian: DebianPostgres | null): void {
  try {
    debian?.stop();
  } catch (error) {
    process.stdout.write(`${String(error)}\n`);
    tally.failed += 1;
  }
}

async function runVitest(
  more: readonly string[],
  { msMax = VITEST_MS_MAX, env = {} }: { readonly msMax?: number; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Tally> {
  const folder = mkdtempSync(join(tmpdir(), "allo-tally-"));
  const path = join(folder, "tally.json");
  const child = spawn(process.execPath, [join(root, "node_modules/vitest/vitest.mjs"), "run", ...more], {
    cwd: root,
    stdio: "inherit",
    env: { NODE_COMPILE_CACHE: COMPILED_FOLDER, ...process.env, ...env, ALLO_TEST_TALLY: path },
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      isStopped = true;
      child.kill(signal);
    });
  }
  const timer = setTimeout(() => child.kill("SIGKILL"), msMax);
  const code = await new Promise<number | null>((resolve) => {
    child.once("error", () => resolve(null));
    child.once("exit", resolve);
  });
  clearTimeout(timer);
  try {
    const read = JSON.parse(readFileSync(path, "utf8")) as Tally;
    // A run that ended badly although every test passed (a leak, a crash at the end) is a failure too.
    return code === 0 || read.failed > 0 ? read : { ...read, failed: read.failed + 1 };
  } catch {
    process.stdout.write("vitest ended before it had counted its tests.\n");
    return { passed: 0, failed: 1, skipped: 0, files: [], durations: [] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Installs what is missing where it may (root on Debian), else says what to install. */
async function provideDebianPrograms(): Promise<void> {
  const missing = DEBIAN_PROGRAMS.filter(({ program }) => !isInPath(program)).map(({ debianPackage }) => debianPackage);
  if (missing.length === 0) return;
  if (process.getuid?.() === 0 && isInPath("apt-get")) {
    process.stdout.write(`Installing ${missing.join(", ")} from Debian…\n`);
    const install = (): Promise<boolean> => aptGet("install", "-y", "-q", "--no-install-recommends", ...missing);
    if (await install()) return;
    await aptGet("update", "-q");
    if (await install()) return;
  }
  process.stdout.write(`Tests that need them can't run: sudo apt-get install ${missing.join(" ")}\n`);
}

function aptGet(...args: readonly string[]): Promise<boolean> {
  const child = spawn("apt-get", args, { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" }, stdio: "ignore" });
  return new Promise((resolve) => {
    child.once("error", () => resolve(false));
    child.once("exit", (code) => resolve(code === 0));
  });
}

function isInPath(program: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false; // not in this folder
    }
  });
}

function showStep(result: StepResult): void {
  process.stdout.write(`${result.isPassed ? "ok    " : "FAILED"} ${result.name} (${(result.ms / 1000).toFixed(1)} s)\n`);
  if (!result.isPassed) process.stdout.write(`${result.output.trim()}\n`);
}
