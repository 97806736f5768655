// The process that makes the demonstration's organisation and past: one of its own, so that what it needed is given back when it is done.
import { join } from "node:path";
import { describeError } from "../platform/describe-error.ts";
import { createLogger } from "../platform/log.ts";
import type { MakingMessage, MakingOrder } from "./making-protocol.ts";
import { makeDemo } from "./seed/make-demo.ts";

const log = createLogger({ role: "making", level: "warn" });
const tell = (message: MakingMessage): Promise<void> =>
  new Promise((resolve) => process.send?.(message, undefined, undefined, () => resolve()));
process.on("disconnect", () => process.exit(1)); // nobody waits for it any more

process.once("message", (order: MakingOrder) => {
  const { databaseUrl, dataFolder, version, ...wish } = order;
  makeDemo(
    { databaseUrl, dataFolder, audioFolder: join(import.meta.dirname, "../../audio"), organisationKey: undefined, version, log },
    wish,
    (progress) => void tell({ kind: "progress", progress }),
  ).then(
    async () => {
      await tell({ kind: "made" });
      process.exit(0);
    },
    async (error: unknown) => {
      log.fatal({ error: describeError(error) }, "the demonstration can't be made");
      await tell({ kind: "failed", reason: error instanceof Error ? error.message : String(error) });
      process.exit(1);
    },
  );
});
