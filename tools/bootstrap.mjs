// The one door of every npm script. Plain JavaScript for Node 20 with nothing but built-ins, since it runs before anything is installed:
// it installs what the lock files ask for, brings Node 26 where the machine's own is older, builds what is stale, and then becomes the
// command that was asked for (docs/adr/0002-node-26-from-npm.md).
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  accessSync,
  closeSync,
  constants as fileModes,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const NODE_MAJOR = 26;
const LOCK_POLL_MS = 200;
const NODE_FLAGS = ["--conditions=source", "--disable-warning=ExperimentalWarning"];
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const toolsNode = join(root, "tools", "node");

/** Its message is all that a person needs. */
class BootstrapError extends Error {}

/** What each command runs, once everything stands. A function of the further arguments. */
const commands = {
  // Only core serves the screens.
  start: () => ({ file: "apps/server/src/main.ts", needsDesk: /core|^\s*$/.test(process.env.ALLO_ROLES ?? ""), hasChannel: true }),
  stop: () => ({ file: "apps/server/src/supervisor/stop.ts" }),
  demo: () => ({ file: "apps/server/src/demo/main.ts", needsDesk: true, hasChannel: true }),
  // Tests also run, and count the failure, when the screens can't be built.
  test: () => ({ file: "tools/test.ts", needsDesk: true, countsFailures: true }),
  rollback: () => ({ file: "apps/server/src/supervisor/rollback.ts" }),
  doctor: () => ({ file: "apps/server/src/doctor/main.ts" }),
  check: () => ({ file: "tools/check.ts" }),
  // Those that measure screens.
  bench: (args) => ({ file: `bench/${args[0] ?? "help"}.ts`, dropFirst: true, needsDesk: args[0] === "desk" }),
  soak: () => ({ file: "bench/soak.ts" }),
  screens: () => ({ file: "tools/screens.ts", needsDesk: true }),
  sim: () => ({ file: "tools/sim.ts" }),
  fuzz: () => ({ file: "tools/fuzz.ts" }),
  install: () => ({ file: undefined, needsDesk: true }),
};

await main(process.argv.slice(2));

async function main([name, ...args]) {
  const describe = Object.hasOwn(commands, name ?? "") ? commands[name] : undefined;
  if (describe === undefined) return end(`Unknown command ${name ?? ""}: one of ${Object.keys(commands).join(", ")}.`);
  const command = describe(args);
  let node;
  try {
    node = await withLock(async () => {
      const found = await provideNode();
      await installPackages(found);
      if (command.needsDesk)
        await buildDesk(found).catch((error) => {
          if (!command.countsFailures || !(error instanceof BootstrapError)) throw error;
          say(error.message);
          process.env.ALLO_BOOTSTRAP_FAILED = "the screens";
        });
      return found;
    });
  } catch (error) {
    end(error instanceof BootstrapError ? error.message : String(error?.stack ?? error));
    if (command.countsFailures) say("0 passed, 1 failed");
    return;
  }
  if (command.file === undefined) return;
  if (!existsSync(join(root, command.file))) {
    const folder = dirname(command.file);
    const there = existsSync(join(root, folder))
      ? readdirSync(join(root, folder))
          .filter((file) => file.endsWith(".ts"))
          .map((file) => file.slice(0, -3))
      : [];
    return end(`There is no ${command.file}${there.length > 0 ? `; ${folder} has ${there.join(", ")}` : ""}.`);
  }
  await become(node, [...NODE_FLAGS, command.file, ...(command.dropFirst ? args.slice(1) : args)], command.hasChannel === true);
}

// ---- Node

/** The path of a Node that is new enough: the one that runs this, or the one npm brings. */
async function provideNode() {
  if (Number(process.versions.node.split(".")[0]) >= NODE_MAJOR) return process.execPath;
  const lockHash = hashFiles([join(toolsNode, "package-lock.json")]);
  const stamp = join(toolsNode, "node_modules", ".allo-installed");
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== lockHash || findNode() === undefined) {
    say(`Bringing Node ${NODE_MAJOR} (this machine has ${process.versions.node})…`);
    await npm(["ci"], { cwd: toolsNode, path: process.env.PATH ?? "" });
    if (findNode() === undefined)
      throw new BootstrapError(`npm has no Node ${NODE_MAJOR} for ${process.platform} ${process.arch}: install it and start again.`);
    writeFileSync(stamp, lockHash);
  }
  return findNode();
}

function findNode() {
  const modules = join(toolsNode, "node_modules");
  if (!existsSync(modules)) return undefined;
  return readdirSync(modules)
    .filter((name) => name.startsWith("node-"))
    .flatMap((name) => [join(modules, name, "bin", "node"), join(modules, name, "bin", "node.exe"), join(modules, name, "node.exe")])
    .find((path) => existsSync(path));
}

// ---- packages

async function installPackages(node) {
  const lockPath = join(root, "package-lock.json");
  const stamp = join(root, "node_modules", ".allo-installed");
  const lockHash = hashFiles([lockPath]);
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== lockHash) {
    if (!isInstalled(lockPath)) {
      const startedAt = Date.now();
      say("Installing packages…");
      await npm(["ci"], { cwd: root, path: pathWith(node) });
      say(`Packages installed (${seconds(startedAt)}).`);
    }
    writeFileSync(stamp, lockHash);
  }
  linkNode(node);
}

/** True when npm's own record of node_modules holds every package of the lock at its version: then there is nothing to install. */
function isInstalled(lockPath) {
  const recordPath = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(recordPath)) return false;
  const wanted = JSON.parse(readFileSync(lockPath, "utf8")).packages ?? {};
  const present = JSON.parse(readFileSync(recordPath, "utf8")).packages ?? {};
  return Object.entries(wanted).every(([path, entry]) => {
    const isWorkspace = !path.startsWith("node_modules/") && !path.includes("/node_modules/");
    return (
      isWorkspace ||
      entry.link === true ||
      entry.optional === true ||
      entry.devOptional === true ||
      entry.extraneous === true ||
      present[path]?.version === entry.version
    );
  });
}

/** node_modules/.bin/node, so that tools started by `npx` and editors find the same Node. */
function linkNode(node) {
  const link = join(root, "node_modules", ".bin", "node");
  // The machine's own needs no link; the one that npm brought runs this too, found by a link that an installation has just removed.
  const isMachines = node === process.execPath && !node.startsWith(toolsNode);
  if (isMachines && lstatSync(link, { throwIfNoEntry: false }) === undefined) return;
  const target = relative(dirname(link), node);
  try {
    if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() && readlinkSync(link) === target) return;
    mkdirSync(dirname(link), { recursive: true });
    rmSync(link, { force: true });
    symlinkSync(target, link);
  } catch {
    // A node_modules that this user can't write: only a convenience is missing.
  }
}

async function npm(args, { cwd, path }) {
  const inNpm = process.env.npm_execpath;
  const nodeInPath = path.split(delimiter)[0] ?? "";
  const isScript = inNpm !== undefined && /npm-cli\.c?js$/.test(inNpm);
  const program = isScript ? (existsSync(join(nodeInPath, "node")) ? join(nodeInPath, "node") : process.execPath) : "npm";
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(config_|package_|lifecycle_|command)/.test(name) || name === "npm_config_cache" || name === "npm_config_registry",
    ),
  );
  const { code, output } = await capture(
    program,
    [...(isScript ? [inNpm] : []), ...args, "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"],
    {
      cwd,
      env: { ...env, PATH: path, NODE_ENV: "development" },
    },
  );
  if (code !== 0)
    throw new BootstrapError(
      `${output.trim()}\nnpm ${args.join(" ")} failed in ${relative(root, cwd) || "the project's folder"}: the lines above say why.`,
    );
}

// ---- the screens

/** Builds apps/desk when its sources, or what they import from packages, have changed since the last build. */
async function buildDesk(node) {
  const desk = join(root, "apps", "desk");
  if (!existsSync(join(desk, "vite.config.ts"))) return;
  const stamp = join(desk, "dist", ".source-hash");
  const inputs = [
    ...readdirSync(desk)
      .filter((name) => !["dist", "node_modules"].includes(name))
      .map((name) => join(desk, name)),
    join(root, "packages", "contract", "src"),
    join(root, "packages", "kernel", "src"),
    join(root, "package-lock.json"),
  ];
  const hash = hashFiles(inputs.flatMap(listFiles).filter((path) => !/\.test\.tsx?$/.test(path)));
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return;
  const startedAt = Date.now();
  say("Building the screens…");
  const script = JSON.parse(readFileSync(join(desk, "package.json"), "utf8")).scripts?.build;
  const args = script === undefined ? [join(root, "node_modules", "vite", "bin", "vite.js"), "build"] : ["--run", "build"];
  const { code, output } = await capture(node, args, {
    cwd: desk,
    env: { ...process.env, PATH: pathWith(node), NODE_ENV: "production", NO_COLOR: "1" },
  });
  if (code !== 0) throw new BootstrapError(`${output.trim()}\nThe screens could not be built: the lines above say why.`);
  writeFileSync(stamp, hash);
  say(`Screens built (${seconds(startedAt)}).`);
}

function listFiles(path) {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return [];
  if (found.isFile()) return [path];
  return readdirSync(path)
    .toSorted()
    .flatMap((name) => listFiles(join(path, name)));
}

function hashFiles(paths) {
  const hash = createHash("sha256");
  for (const path of paths) hash.update(relative(root, path)).update("\0").update(readFileSync(path)).update("\0");
  return hash.digest("hex");
}

// ---- one at a time

/** Two starts at once (a test beside a start, two terminals) must not install over each other. */
async function withLock(work) {
  const path = join(root, ".bootstrap.lock");
  let hasSaid = false;
  for (;;) {
    try {
      const fd = openSync(path, "wx");
      writeSync(fd, String(process.pid));
      closeSync(fd);
      break;
    } catch (error) {
      if (error.code === "EACCES" || error.code === "EROFS") return work(); // a project folder that this user can only read: nothing to install
      if (error.code !== "EEXIST") throw error;
    }
    if (!isHeld(path)) {
      takeAside(path);
      continue;
    }
    if (!hasSaid) say("Another command is installing or building: waiting for it.");
    hasSaid = true;
    await new Promise((resolve) => setTimeout(resolve, LOCK_POLL_MS));
  }
  const release = () => rmSync(path, { force: true });
  process.once("exit", release);
  try {
    return await work();
  } finally {
    process.off("exit", release);
    release();
  }
}

function isHeld(path) {
  let text;
  let ageMs;
  try {
    text = readFileSync(path, "utf8");
    ageMs = Date.now() - statSync(path).mtimeMs;
  } catch {
    return true; // just released: the next try decides
  }
  if (text === "") return ageMs < 5 * LOCK_POLL_MS; // being written this moment, or cut short by a crash
  try {
    process.kill(Number(text), 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Renaming first lets only one of several waiters remove a dead holder's file. */
function takeAside(path) {
  try {
    renameSync(path, `${path}.${process.pid}`);
    rmSync(`${path}.${process.pid}`, { force: true });
  } catch {
    // another waiter was quicker
  }
}

// ---- processes

/** Runs a program to its end and keeps its output for the case that it fails. Our own signals end it too. */
function capture(program, args, { cwd, env }) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    const stop = (signal) => {
      child.kill(signal);
      process.exit(128 + constants.signals[signal]);
    };
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
    for (const signal of signals) process.on(signal, stop);
    child.once("error", (error) => reject(new BootstrapError(`${program} can't be run: ${error.message}.`)));
    child.once("close", (code) => {
      for (const signal of signals) process.off(signal, stop);
      resolve({ code, output });
    });
  });
}

/**
 * From here on this process only stands for the other: signals go down, the exit code comes up. Ctrl-C reaches both at once, so the program
 * hears it twice and must not mind. The channel tells the program when this process is killed.
 */
async function become(node, args, hasChannel) {
  const child = spawn(node, args, {
    cwd: root,
    env: { NODE_COMPILE_CACHE: compiledFolder(), ...process.env, PATH: pathWith(node) },
    stdio: hasChannel ? ["inherit", "inherit", "inherit", "ipc"] : "inherit",
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  const [code, signal] = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (...ended) => resolve(ended));
  });
  process.exit(code ?? 128 + constants.signals[signal]);
}

/**
 * Where Node keeps what it has compiled, types taken out: from the second start on no process and no thread loads what takes them out
 * (docs/adr/0027-small-footprint.md). Beside the packages, or with the data where those can't be written to.
 */
function compiledFolder() {
  for (const folder of [join(root, "node_modules"), process.env.ALLO_DATA]) {
    try {
      if (folder === undefined) continue;
      accessSync(folder, fileModes.W_OK);
      return join(folder, ".cache", "compiled");
    } catch {
      // Not ours to write, or not there yet: then the next one, or no such folder at all.
    }
  }
  return undefined;
}

function pathWith(node) {
  return [dirname(node), join(root, "node_modules", ".bin"), process.env.PATH ?? ""].join(delimiter);
}

function end(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
}

function say(sentence) {
  process.stdout.write(`${sentence}\n`);
}

function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}
