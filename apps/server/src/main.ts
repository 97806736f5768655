// The composition root of the program: which file plays which role, and how the schema is made. No logic.
import { extname, join } from "node:path";
import { readSchema, runMigrations } from "./platform/migrate.ts";
import { runProgram } from "./supervisor/run-program.ts";

const here = import.meta.dirname;
const extension = extname(import.meta.filename); // .ts from the sources, .js when emitted

process.exit(
  await runProgram({
    entries: {
      edge: join(here, "edge", `main${extension}`),
      core: join(here, "core", `main${extension}`),
    },
    drillEntry: join(here, "drill", `main${extension}`),
    migrate: runMigrations,
    readSchema,
  }),
);
