/* npm run sim -- --world floor [--seed N] [--seeds K]: seeded worlds on virtual time; a failure prints its seed, shrunk. */
import { parseArgs } from "node:util";
import { runFloorSeeds } from "@allo/sim";

const { values } = parseArgs({
  options: {
    world: { type: "string", default: "floor" },
    seed: { type: "string", default: "0" },
    seeds: { type: "string", default: "1" },
  },
});

const first = Number(values.seed);
const count = Number(values.seeds);
if (values.world !== "floor" || !Number.isSafeInteger(first) || !Number.isSafeInteger(count) || count < 1) {
  process.stderr.write("usage: npm run sim -- --world floor [--seed N] [--seeds K]\n");
  process.exitCode = 2;
} else {
  const startedAt = performance.now();
  const outcome = runFloorSeeds(first, count);
  if (outcome.ok) {
    const seconds = (performance.now() - startedAt) / 1_000;
    const { inputs, offers, last } = outcome;
    process.stdout.write(`${count} floors held: ${inputs} inputs, ${offers} offers in ${seconds.toFixed(1)} s\n`);
    if (count === 1) process.stdout.write(`${JSON.stringify(last, null, 2)}\n`);
  } else {
    process.stdout.write(`${outcome.report}\n`);
    process.exitCode = 1;
  }
}
