// The demonstration as a person starts it: made on an empty folder, then calls that are answered and coded, each over SIP and RTP; stopped
// by a signal, and started again on the same folder.
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { freePort } from "@allo/testkit";
import { createApiClient } from "./live/api-client.ts";
import { compareLive, listLiveContacts } from "./live/check.ts";
import { figuresPath, type WorldFigures } from "./live/journal.ts";
import { readWorldFile } from "./world-file.ts";

const MAIN = join(import.meta.dirname, "main.ts");
const FLAGS = ["--conditions=source", "--disable-warning=ExperimentalWarning"];
const CODED_CALLS = 10;
const READY = "Ctrl-C ends the demonstration";
const WAIT = { timeout: 150_000, interval: 500 };

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

type Demo = { readonly child: ChildProcess; readonly output: () => string; readonly exited: Promise<number | null> };

function start(args: readonly string[]): Demo {
  // A real installation's settings are around: none of them may be taken.
  const env = { ...process.env, ALLO_DATA: "/nowhere", DATABASE_URL: "postgresql://a:b@192.0.2.1/none", ALLO_HTTP_PORT: "1" };
  const child = spawn(process.execPath, [...FLAGS, MAIN, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  cleanups.push(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    await exited;
  });
  return { child, output: () => output, exited };
}

async function places(): Promise<{ readonly args: readonly string[]; readonly url: string; readonly folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), "allo-demo-"));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const [http, sip, phone] = await Promise.all([freePort(), freePort(), freePort()]);
  const ports = ["--port", http, "--sip-port", sip, "--phone-port", phone].map(String);
  return { folder, url: `http://127.0.0.1:${http}/`, args: ["--data", folder, ...ports, "--rtp-ports", "0"] };
}

test("an empty folder becomes a living centre, whose contacts are the calls that were placed, and whose figures reconcile", async () => {
  const { args, url, folder } = await places();
  const life = ["--days", "2", "--agents", "12", "--rate", "2400", "--talk", "6", "--customers", "60", "--steady"];
  const demo = start([...args, ...life]);
  const isReadyOrOver = (): boolean => demo.output().includes(READY) || demo.child.exitCode !== null;
  await expect.poll(isReadyOrOver, WAIT).toBe(true);
  expect(demo.output()).toContain(READY);
  const world = await readWorldFile(folder);
  if (world === null) throw new Error("no world was made");

  // The logins are said, kept for their owner only, and open the door.
  const { agent, lead, administrator } = world.guests;
  for (const guest of [agent, lead, administrator]) expect(demo.output()).toContain(guest.password);
  expect(statSync(join(folder, "demo", "logins.txt")).mode & 0o777).toBe(0o600);
  const api = createApiClient(url);
  expect(await api.call("setupGet")).toMatchObject({ state: "done", demo: true });
  await api.call("sessionCreate", { body: { email: lead.email, password: lead.password } });

  const { startedAt } = JSON.parse(await polled(() => readFileSync(figuresPath(folder), "utf8"))) as WorldFigures;
  const coded = async (): Promise<number> =>
    (await api.call("contactsList", { query: { from: startedAt, limit: 200 } })).items.filter((row) => row.coded).length;
  await expect.poll(coded, { ...WAIT, message: "calls answered and coded" }).toBeGreaterThanOrEqual(CODED_CALLS);

  const contacts = await listLiveContacts(folder, { url, since: startedAt });
  demo.child.kill("SIGINT");
  expect(await demo.exited).toBe(0);
  const compared = await compareLive(folder, contacts);
  expect(compared).toMatchObject({ withoutCall: [], withoutContact: 0, withoutSound: [] });
  expect(compared.talks).toBeGreaterThanOrEqual(CODED_CALLS);

  const reconciled = spawnSync(process.execPath, [...FLAGS, MAIN, ...args, "--reconcile"], { encoding: "utf8" });
  expect(`${reconciled.stdout}${reconciled.stderr}`).toContain("Everything agrees with the log.");
  expect(reconciled.status).toBe(0);
}, 240_000);

test("a folder that holds something else is left alone", () => {
  const demo = spawnSync(process.execPath, [...FLAGS, MAIN, "--data", import.meta.dirname], { encoding: "utf8" });
  expect(demo.status).toBe(1);
  expect(demo.stderr).toContain("holds something else than a demonstration");
});

test("a wrong word is a sentence, not a start", () => {
  const demo = spawnSync(process.execPath, [...FLAGS, MAIN, "--rate", "many", "--agents", "1"], { encoding: "utf8" });
  expect(demo.status).toBe(1);
  expect(demo.stderr.trim().split("\n")).toEqual([
    '--rate must be a number from 0 to 3600, not "many".',
    '--agents must be a number from 3 to 200, not "1".',
  ]);
});

async function polled(read: () => string): Promise<string> {
  await expect
    .poll(() => {
      try {
        return read();
      } catch {
        return ""; // not written yet
      }
    }, WAIT)
    .not.toBe("");
  return read();
}
