// Data that an earlier version made starts under this one with nothing lost; data that can't be is refused in a sentence, untouched.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import pg from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { parseWav } from "@allo/media";
import { baresipDial, hasBaresip, startProgram } from "@allo/testkit";
import { startEmbeddedPostgres } from "../../apps/server/src/platform/embedded-postgres.ts";
import { createApiClient, MAIN, PASSWORD } from "../call/centre.ts";
import { bestShare, channelsOf } from "../call/listening.ts";

const VERSIONS = ["0.1.0"];
const ROLLBACK = join(import.meta.dirname, "../../apps/server/src/supervisor/rollback.ts");
const isPossible = process.platform === "linux" && process.arch === "x64";

describe.each(VERSIONS)("data of version %s", (version) => {
  test.skipIf(!isPossible)(
    "starts with nothing lost, and takes calls",
    async () => {
      const folder = unpack(version);
      const program = await startProgram({ main: MAIN, folder });
      onTestFinished(() => program.stop());
      const admin = createApiClient(program.url);
      await admin.call("sessionCreate", { body: { email: "ada@example.test", password: PASSWORD } });

      const contacts = (await admin.call("contactsList", { query: {} })).items;
      expect(
        contacts.map(({ outcome, callerNumber, customerName, agentName, coded }) => [
          outcome,
          callerNumber,
          customerName,
          agentName,
          coded,
        ]),
      ).toEqual([
        ["abandoned", "+442079460188", null, null, false],
        ["answered", "+442079460123", "Ирина Соколова", "Sara Agent", true],
      ]);
      const answered = contacts[1];
      if (answered?.recordingId == null) throw new Error("the recording is gone");
      const page = await admin.call("contactGet", { params: { contactId: answered.contactId } });
      expect(page.notes.map(({ text }) => text)).toEqual(["Asked about the delivery"]);
      expect(page.timeline.map(({ kind }) => kind)).toEqual(
        expect.arrayContaining(["contactArrived", "bridged", "contactCoded", "contactClosed"]),
      );
      const audio = await admin.bytes("recordingAudio", { recordingId: answered.recordingId });
      const wav = parseWav(new Uint8Array(await audio.arrayBuffer()));
      if (!wav.ok) throw new Error(wav.failure);
      const { left, right } = channelsOf(wav.value.samples);
      expect(bestShare(left, 620)).toBeGreaterThan(0.8);
      expect(bestShare(right, 1_000)).toBeGreaterThan(0.6);
      expect((await admin.call("lostCallsList", { query: { state: "open" } })).items.map((each) => each.callerNumber)).toEqual([
        "+442079460188",
      ]);
      expect((await admin.call("customersSearch", { query: { q: "соколова" } })).items).toHaveLength(1);

      const agent = createApiClient(program.url);
      await agent.call("sessionCreate", { body: { email: "sara@example.test", password: PASSWORD } });
      expect((await agent.call("deskGet")).queueIds).toHaveLength(1);
      if (!hasBaresip()) return;
      const caller = baresipDial({ uri: `sip:600@127.0.0.1:${program.sipPort}`, toneHz: 620, from: "02079460188" });
      onTestFinished(() => caller.kill());
      // Nobody is at a desk: the sentence is heard, and the same person has called twice in vain.
      await caller.closed;
      await expect
        .poll(async () => (await admin.call("lostCallsList", { query: { state: "open" } })).items.map((each) => each.callCount), {
          timeout: 20_000,
        })
        .toEqual([2]);
    },
    120_000,
  );

  test.skipIf(!isPossible)(
    "is copied before it is changed, and the copy goes back whole",
    async () => {
      const folder = unpack(version);
      const before = await withDatabase(folder, contentOf);
      const program = await startProgram({ main: MAIN, folder });
      expect(program.output()).toContain("Keeping a copy of the database");
      await program.stop();
      expect(await withDatabase(folder, contentOf)).not.toEqual(before);

      const listed = rollback(folder);
      const [, name = ""] = /^ {2}(\S+)/m.exec(listed.stdout) ?? [];
      expect(rollback(folder, "another").stderr).toBe("There is no copy called another; `npm run rollback` lists them.\n");
      expect(rollback(folder, name).stdout).toMatch(/^The database is as it was at /);
      expect(await withDatabase(folder, contentOf)).toEqual(before);

      // And forward once more.
      const again = await startProgram({ main: MAIN, folder });
      onTestFinished(() => again.stop());
      expect(rollback(folder, name).stderr).toMatch(/^Allo runs on .*: stop it first\.\n$/);
    },
    120_000,
  );

  test.skipIf(!isPossible)(
    "is refused and left as it is where a newer version has changed it",
    async () => {
      const folder = unpack(version);
      await withDatabase(folder, async (client) => {
        await client.query("insert into platform.migration (name, timestamp) values ('9999_later_change', '2099-01-01')");
      });
      const before = await withDatabase(folder, contentOf);
      const { status, stderr } = startOnce(folder);
      expect(stderr).toBe(
        "The database was made by a newer version of Allo (it knows 9999_later_change): start that version, or restore a backup.\n",
      );
      expect(status).toBe(1);
      expect(await withDatabase(folder, contentOf)).toEqual(before);
    },
    120_000,
  );

  test.skipIf(!isPossible)(
    "is refused and left as it is where another PostgreSQL made it",
    () => {
      const folder = unpack(version);
      writeFileSync(join(folder, "postgres", "cluster", "PG_VERSION"), "17\n");
      const before = filesOf(join(folder, "postgres", "cluster"));
      const { status, stderr } = startOnce(folder);
      expect(stderr).toMatch(
        /was made by PostgreSQL 17, this program brings 18: start the version of Allo that made it, or restore a backup\.\n$/,
      );
      expect(status).toBe(1);
      expect(filesOf(join(folder, "postgres", "cluster"))).toEqual(before);
    },
    60_000,
  );
});

function unpack(version: string): string {
  const folder = mkdtempSync(join(tmpdir(), "allo-upgrade-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const tar = brotliDecompressSync(readFileSync(join(import.meta.dirname, `${version}.tar.br`)));
  const done = spawnSync("tar", ["-xf", "-", "-C", folder], { input: tar });
  if (done.status !== 0) throw new Error(`tar: ${done.stderr.toString("utf8")}`);
  return folder;
}

/** Starts the program where it must give up by itself. */
function startOnce(folder: string): { readonly status: number | null; readonly stderr: string } {
  const { status, stderr } = spawnSync(process.execPath, ["--conditions=source", MAIN], {
    env: { ...process.env, ALLO_DATA: folder, ALLO_HTTP_PORT: "0", ALLO_SIP_PORT: "0", ALLO_SIP_PHONE_PORT: "0", ALLO_RTP_PORTS: "0" },
    encoding: "utf8",
    timeout: 60_000,
  });
  return { status, stderr };
}

function rollback(folder: string, ...args: readonly string[]): { readonly stdout: string; readonly stderr: string } {
  const { stdout, stderr } = spawnSync(process.execPath, ["--conditions=source", ROLLBACK, ...args], {
    env: { ...process.env, ALLO_DATA: folder },
    encoding: "utf8",
    timeout: 60_000,
  });
  return { stdout, stderr };
}

async function withDatabase<T>(folder: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const started = await startEmbeddedPostgres({ dataFolder: folder, say: () => undefined });
  if (!started.ok) throw new Error(started.failure.sentence);
  const client = new pg.Client({ connectionString: started.value.superuserUrl.replace(/\/postgres(?=\?|$)/, "/allo") });
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end();
    await started.value.stop();
  }
}

/** A digest of every table. */
async function contentOf(client: pg.Client): Promise<Readonly<Record<string, string>>> {
  const { rows } = await client.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema') order by 1`,
  );
  const content: Record<string, string> = {};
  for (const { name } of rows) {
    const digest = await client.query<{ md5: string | null }>(
      `select md5(string_agg(t::text, '|' order by t::text)) as md5 from ${name} t`,
    );
    content[name] = digest.rows[0]?.md5 ?? "";
  }
  expect(rows.length).toBeGreaterThan(20);
  return content;
}

function filesOf(folder: string): Readonly<Record<string, string>> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path, createHash("sha256").update(readFileSync(path)).digest("hex")];
    }),
  );
}
