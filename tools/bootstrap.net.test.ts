import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

type Project = { readonly folder: string; write(path: string, text: string): void };

/** A project with the real bootstrap, an npm that only notes that it was called, and nothing else. */
function makeProject(): Project {
  const folder = mkdtempSync(join(tmpdir(), "allo-bootstrap-"));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const write = (path: string, text: string): void => {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  mkdirSync(join(folder, "tools"));
  copyFileSync(join(import.meta.dirname, "bootstrap.mjs"), join(folder, "tools/bootstrap.mjs"));
  write("package-lock.json", JSON.stringify({ packages: { "": {}, "node_modules/a": { version: "1.0.0" } } }));
  write(
    "fake/npm-cli.js",
    `
    const fs = require("node:fs");
    if (process.env.ALLO_TEST_NPM_FAILS) { console.error("npm error no network"); process.exit(1); }
    fs.mkdirSync("node_modules/.bin", { recursive: true });
    fs.appendFileSync("npm-calls", process.argv[2] + "\\n");
    fs.copyFileSync("package-lock.json", "node_modules/.package-lock.json");`,
  );
  return { folder, write };
}

function run(
  { folder }: Project,
  args: readonly string[],
  env: Record<string, string> = {},
): { child: ChildProcess; ended: Promise<{ code: number | null; stdout: string; stderr: string }>; sees(text: string): Promise<void> } {
  const child = spawn(process.execPath, [join(folder, "tools/bootstrap.mjs"), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], npm_execpath: join(folder, "fake/npm-cli.js"), ...env },
  });
  cleanups.push(() => child.kill("SIGKILL"));
  const said = { stdout: "", stderr: "" };
  const checks = new Set<() => void>();
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (chunk: string) => {
      said[name] += chunk;
      for (const check of checks) check();
    });
  }
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, ...said }));
  const sees = (text: string): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (said.stdout.includes(text)) resolve();
      };
      checks.add(check);
      check();
    });
  return { child, ended, sees };
}

function npmCalls({ folder }: Project): number {
  const path = join(folder, "npm-calls");
  return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n").length : 0;
}

test("it installs once, again when the lock changed, and not when what is there already fits", async () => {
  const project = makeProject();
  project.write("tools/check.ts", "const word: string = 'checked'; console.log(word, process.argv.slice(2).join());");
  expect(await run(project, ["check", "a", "b"]).ended).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/Installing packages…\n.*installed.*\nchecked a,b\n$/) as string,
  });
  expect(await run(project, ["check"]).ended).toMatchObject({ code: 0, stdout: "checked \n" });
  expect(npmCalls(project)).toBe(1);
  project.write("package-lock.json", JSON.stringify({ packages: { "": {}, "node_modules/a": { version: "1.0.1" } } }));
  await run(project, ["check"]).ended;
  expect(npmCalls(project)).toBe(2);
  rmSync(join(project.folder, "node_modules/.allo-installed"));
  await run(project, ["check"]).ended;
  expect(npmCalls(project)).toBe(2);
});

test("a failed installation shows what npm said, and nothing is started", async () => {
  const project = makeProject();
  project.write("tools/check.ts", "console.log('started');");
  expect(await run(project, ["check"], { ALLO_TEST_NPM_FAILS: "1" }).ended).toMatchObject({
    code: 1,
    stdout: "Installing packages…\n",
    stderr: expect.stringContaining("no network") as string,
  });
});

test("tests run and count it when the screens can't be built, and an installation that fails is counted too", async () => {
  const project = makeProject();
  project.write("tools/test.ts", "console.log('tests ran,', process.env['ALLO_BOOTSTRAP_FAILED'], 'failed');");
  project.write("apps/desk/vite.config.ts", "");
  project.write("apps/desk/package.json", "{}");
  expect(await run(project, ["test"]).ended).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/could not be built.*\ntests ran, the screens failed\n$/) as string,
  });
  expect((await run(project, ["start"]).ended).code).toBe(1);
  const other = makeProject();
  expect(await run(other, ["test"], { ALLO_TEST_NPM_FAILS: "1" }).ended).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/\n0 passed, 1 failed\n$/) as string,
  });
});

test("two at once install one after the other", async () => {
  const project = makeProject();
  project.write("tools/check.ts", "console.log('checked');");
  const both = await Promise.all([run(project, ["check"]).ended, run(project, ["check"]).ended]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(npmCalls(project)).toBe(1);
});

test("the lock of a killed installation is taken over", async () => {
  const project = makeProject();
  project.write("tools/check.ts", "console.log('checked');");
  const gone = spawn(process.execPath, ["-e", ""]);
  await once(gone, "exit");
  project.write(".bootstrap.lock", String(gone.pid));
  expect((await run(project, ["check"]).ended).code).toBe(0);
  expect(existsSync(join(project.folder, ".bootstrap.lock"))).toBe(false);
});

test("signals reach the program, its exit code comes back, and it learns when the bootstrap is killed", async () => {
  const project = makeProject();
  project.write(
    "apps/server/src/main.ts",
    `
    import { writeFileSync } from "node:fs";
    process.on("SIGTERM", () => process.exit(7));
    process.on("disconnect", () => { writeFileSync("told", ""); process.exit(0); });
    console.log("up", process.pid);`,
  );
  const first = run(project, ["start"]);
  await first.sees("up");
  first.child.kill("SIGTERM");
  expect((await first.ended).code).toBe(7);

  const second = run(project, ["start"]);
  await second.sees("up");
  second.child.kill("SIGKILL");
  await second.ended; // "close": the program has let go of the output too
  expect(existsSync(join(project.folder, "told"))).toBe(true);
});

test("an unknown command and a missing program are one sentence each", async () => {
  const project = makeProject();
  project.write("bench/routing.ts", "");
  expect(await run(project, ["dance"]).ended).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("Unknown command dance") as string,
  });
  expect(await run(project, ["bench", "dance"]).ended).toMatchObject({
    code: 1,
    stderr: "There is no bench/dance.ts; bench has routing.\n",
  });
});
