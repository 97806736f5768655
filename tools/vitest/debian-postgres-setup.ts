import { runMigrations } from "../../apps/server/src/platform/migrate.ts";
import { prepareTemplate } from "../../packages/testkit/src/postgres.ts";
import { DEBIAN_DATABASE_VARIABLE } from "../debian-postgres.ts";

/** A migrated template on it, as postgres-setup.ts makes one on the embedded. */
export default async function setup(): Promise<void> {
  await prepareTemplate(process.env[DEBIAN_DATABASE_VARIABLE] ?? "", runMigrations);
}
