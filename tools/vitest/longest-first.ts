import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Seconds on a quiet machine of two cores. What takes longest begins first, so that no worker stands idle at the end beside one that has
 * just begun; a file that isn't here is a short one. The closing lines of `npm test` name the slowest, a figure that is wrong costs seconds.
 */
const LONG: Readonly<Record<string, number>> = {
  "apps/server/src/demo/demo.net.test.ts": 105,
  "apps/server/src/edge/edge.net.test.ts": 45,
  "apps/server/src/modules/telephony/voice.pg.test.ts": 25,
  "apps/server/src/platform/embedded-postgres.net.test.ts": 40,
  "apps/server/src/supervisor/supervisor.net.test.ts": 70,
  "conformance/call/answered-call.web.test.ts": 55,
  "conformance/call/carriers.net.test.ts": 60,
  "conformance/call/crash.web.test.ts": 125,
  "conformance/call/drill.net.test.ts": 60,
  "conformance/call/refused-call.net.test.ts": 80,
  "conformance/call/relay.web.test.ts": 40,
  "conformance/call/test-call.web.test.ts": 70,
  "conformance/desk/calls.web.test.ts": 125,
  "conformance/desk/hours.web.test.ts": 50,
  "conformance/desk/learning.web.test.ts": 80,
  "conformance/desk/pages.web.test.ts": 220,
  "conformance/desk/test-call.web.test.ts": 150,
  "conformance/desk/trades.web.test.ts": 40,
  "conformance/desk/workplace.web.test.ts": 70,
  "conformance/first-hour/first-hour.web.test.ts": 95,
  "conformance/upgrade/upgrade.net.test.ts": 105,
  "packages/node-media/src/engine.net.test.ts": 45,
  "packages/sim/src/floor.sim.test.ts": 40,
};

/** The order on a machine that has never run them: by the groups of vitest.config.ts, then the longest first, whatever the project. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const order = (spec: TestSpecification): number => spec.project.config.sequence.groupOrder;
    const seconds = (spec: TestSpecification): number => LONG[relative(this.ctx.config.root, spec.moduleId)] ?? 0;
    // Short ones keep the order that they had.
    return (await super.sort(files)).toSorted((a, b) => order(a) - order(b) || seconds(b) - seconds(a));
  }
}
