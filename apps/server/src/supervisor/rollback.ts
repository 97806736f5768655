// `npm run rollback`: shows the copies that were kept before changes of the schema, and puts one back. To be run by the version that made
// the data, after it was checked out again (docs/OPERATIONS.md, "Going back").
import { join } from "node:path";
import { loadConfig } from "../platform/config.ts";
import { takeInstanceLock, type InstanceLock } from "./instance-lock.ts";
import { listCopies, putCopyBack } from "./upgrade-copy.ts";

process.exitCode = await rollback(process.argv.slice(2));

async function rollback([wanted]: readonly string[]): Promise<number> {
  const loaded = loadConfig(process.env);
  if (!loaded.ok) return complain(loaded.failure.map(({ sentence }) => sentence).join("\n"));
  const { dataFolder } = loaded.value;
  const copies = listCopies(dataFolder);
  if (copies.length === 0) return complain(`No copy of the database is kept below ${dataFolder}.`);
  if (wanted === undefined) {
    say("Copies of the database, newest first:");
    for (const copy of copies) say(`  ${copy.name}   made ${copy.madeAt.toISOString()}`);
    say("What came after a copy (contacts, settings) is not in it. Put one back with: npm run rollback -- <name>");
    return 0;
  }
  const copy = copies.find(({ name }) => name === wanted);
  if (copy === undefined) return complain(`There is no copy called ${wanted}; \`npm run rollback\` lists them.`);
  const locks: InstanceLock[] = [];
  try {
    for (const name of ["edge", "core"]) {
      const taken = takeInstanceLock({ folder: join(dataFolder, "run"), name });
      if (!taken.ok) return complain(`Allo runs on ${dataFolder} (process ${taken.failure.pid}): stop it first.`);
      locks.push(taken.value.lock);
    }
    const aside = await putCopyBack(dataFolder, copy, new Date());
    say(`The database is as it was at ${copy.madeAt.toISOString()}. What stood there is kept in ${aside}.`);
    return 0;
  } finally {
    for (const lock of locks) lock.release();
  }
}

function say(sentence: string): void {
  process.stdout.write(`${sentence}\n`);
}

function complain(sentence: string): number {
  process.stderr.write(`${sentence}\n`);
  return 1;
}
