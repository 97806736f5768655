// The oldest PostgreSQL from 15 on that Debian has put on this machine: the tests of stores run on it too, since organisations bring their own.
import { spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Its URL, once it runs: vitest.config.ts has the tests of the stores run there too. */
export const DEBIAN_DATABASE_VARIABLE = "ALLO_TEST_DEBIAN_DATABASE_URL";
const FOLDER = "/usr/lib/postgresql";
const MAJOR_MIN = 15;
const STEP_MS_MAX = 60_000;
const PORT = 5432; // names the socket file only; no TCP port is opened

export type DebianPostgres = {
  readonly major: number;
  /** A role that may create databases and roles and is no superuser: what docs/CONFIGURATION.md asks for. */
  readonly url: string;
  readonly stop: () => void;
};

/** The version that would be started, or null where Debian has none. */
export function findDebianPostgres(): number | null {
  if (process.platform !== "linux" || !existsSync(FOLDER)) return null;
  const majors = readdirSync(FOLDER)
    .filter((name) => existsSync(join(FOLDER, name, "bin", "initdb")))
    .map(Number)
    .filter((major) => Number.isInteger(major) && major >= MAJOR_MIN);
  return majors.length === 0 ? null : Math.min(...majors);
}

/** Starts a cluster of its own in a temporary folder; throws with PostgreSQL's words where it doesn't come up. */
export function startDebianPostgres(major: number): DebianPostgres {
  const folder = mkdtempSync(join(tmpdir(), "allo-pg-"));
  const user = process.getuid?.() === 0 ? postgresUser() : undefined; // PostgreSQL refuses root
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const run = (program: string, args: readonly string[]): void => {
    const done = spawnSync(join(FOLDER, String(major), "bin", program), args, {
      cwd: folder,
      encoding: "utf8",
      timeout: STEP_MS_MAX,
      env: { PATH: process.env["PATH"], LC_ALL: "C", TZ: "UTC" },
      stdio: ["ignore", "ignore", "pipe"],
      ...user,
    });
    if (done.status !== 0) throw new Error(`${program} of PostgreSQL ${major}: ${done.stderr.trim() || String(done.error ?? done.signal)}`);
  };
  const cluster = join(folder, "cluster");
  const stop = (): void => {
    if (existsSync(join(cluster, "postmaster.pid"))) run("pg_ctl", ["-D", cluster, "-m", "immediate", "-w", "stop"]);
    rmSync(folder, { recursive: true, force: true });
  };
  const settings = {
    listen_addresses: "''",
    unix_socket_directories: folder,
    port: PORT,
    max_connections: 200,
    fsync: "off",
    autovacuum: "off",
  };
  const options = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  try {
    run("initdb", ["-D", cluster, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]);
    run("pg_ctl", ["-D", cluster, "-l", join(folder, "log"), "-w", "-o", options.join(" "), "start"]);
    run("psql", ["-h", folder, "-p", String(PORT), "-U", "postgres", "-qc", "create role allo login createdb createrole"]);
  } catch (error) {
    stop();
    throw error;
  }
  return { major, url: `postgresql://allo@localhost:${PORT}/postgres?host=${encodeURIComponent(folder)}`, stop };
}

function postgresUser(): { readonly uid: number; readonly gid: number } {
  const id = (flag: string): number => Number(spawnSync("id", [flag, "postgres"], { encoding: "utf8" }).stdout);
  return { uid: id("-u"), gid: id("-g") };
}
