import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { startEmbeddedPostgres } from "../../apps/server/src/platform/embedded-postgres.ts";
import { prepareTemplate, TEST_DATABASE_VARIABLE } from "../../packages/testkit/src/postgres.ts";

/**
 * One PostgreSQL for the whole run, with a migrated template. Projects share it: whichever comes first starts it. A server of one's own
 * (another version, say) is used instead when ALLO_TEST_DATABASE_URL names it.
 */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env["ALLO_TEST_POSTGRES_READY"] === "yes") return undefined;
  process.env["ALLO_TEST_POSTGRES_READY"] = "yes";
  const given = process.env[TEST_DATABASE_VARIABLE];
  if (given !== undefined && given !== "") {
    await prepareTemplate(given, migrate);
    return undefined;
  }
  const folder = await mkdtemp(join(tmpdir(), "allo-test-"));
  const started = await startEmbeddedPostgres({ dataFolder: folder, say: () => undefined, durable: false, connectionsMax: 200 });
  if (!started.ok) throw new Error(started.failure.sentence);
  await prepareTemplate(started.value.url, migrate);
  process.env[TEST_DATABASE_VARIABLE] = started.value.url;
  return async () => {
    await started.value.stop();
    await rm(folder, { recursive: true, force: true });
  };
}

async function migrate(adminUrl: string): Promise<void> {
  const path = join(import.meta.dirname, "../../apps/server/src/platform/migrate.ts");
  if (!existsSync(path)) return;
  const { runMigrations } = (await import(pathToFileURL(path).href)) as { runMigrations: (adminUrl: string) => Promise<void> };
  await runMigrations(adminUrl);
}
