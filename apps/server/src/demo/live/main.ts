// The living world's process, started by the demonstration beside edge and core.
import { join } from "node:path";
import { createClock } from "../../platform/clock.ts";
import { describeError } from "../../platform/describe-error.ts";
import { createLogger } from "../../platform/log.ts";
import { joinSupervisor } from "../../platform/supervised.ts";
import { readWorldFile } from "../world-file.ts";
import { readWorldSettings } from "./world-settings.ts";
import { loadVoices } from "./voices.ts";
import { startWorld, type World } from "./world.ts";

const log = createLogger({ role: "world", level: "info" });
let world: World | undefined;
const supervised = joinSupervisor({ onStop: async () => world?.stop() });
process.on("unhandledRejection", (error) => {
  log.fatal({ event: "unhandledRejection", error: describeError(error) }, "the world ends: a promise was left alone");
  process.exit(1);
});

try {
  const settings = readWorldSettings(process.env);
  const made = await readWorldFile(settings.dataFolder);
  if (made === null) throw new Error("The demonstration's organisation isn't made yet");
  const voices = await loadVoices(join(import.meta.dirname, "..", "voices"));
  world = await startWorld({ ...settings, world: made, voices, clock: createClock(), log });
  supervised.ready();
  log.info({ event: "living", agents: made.agents.length, callsPerHour: settings.callsPerHour }, "the world lives");
} catch (error) {
  log.fatal({ event: "startFailed", error: describeError(error) }, "the world can't begin");
  await supervised.failed(`The living part of the demonstration can't begin: ${error instanceof Error ? error.message : String(error)}.`);
}
