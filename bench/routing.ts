/*
 * npm run bench -- routing [--json]: routing decisions per second with 1,000 agents and 5,000 waiting contacts, and what one input costs.
 * busy: each freed agent takes the best of 5,000; idle: each caller takes the best of 1,000 agents, some callers with requirements.
 */
import { createHistogram } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createPrng, HOUR_MS, MINUTE_MS, SECOND_MS } from "@allo/kernel";
import type { ContactId, OfferId, PersonId, ProjectId, QueueId, SkillId } from "@allo/kernel";
import { createRouter } from "@allo/acd";
import type { AgentConfig, Level, QueueConfig, Router, RouterInput, SkillRequirement } from "@allo/acd";

const AGENTS = 1_000;
const WAITING = 5_000;
const QUEUES = 10;
const QUEUES_PER_AGENT = 3;
const SKILLS = ["skl_fa", "skl_ru", "skl_vip"] as SkillId[];
const DECISIONS = 50_000;
const WARM_UP_DECISIONS = 5_000;

// Memory is read after a full collection, so that garbage isn't counted as state.
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

type Figures = {
  readonly decisionsPerSecond: number;
  readonly inputsPerSecond: number;
  readonly handleP50Us: number;
  readonly handleP99Us: number;
  readonly handleMaxUs: number;
  readonly snapshotMs: number;
  readonly viewMs: number;
  readonly restoreMs: number;
  readonly snapshotKilobytes: number;
  readonly heapMegabytes: number;
};

type Untimed<T> = T extends unknown ? Omit<T, "at"> : never;

class Floor {
  readonly #router: Router = createRouter({ epoch: "b" });
  readonly #prng = createPrng("bench-routing");
  readonly #histogram = createHistogram();
  readonly #talking: { readonly agent: PersonId; readonly contact: ContactId }[] = [];
  #now = HOUR_MS;
  #contacts = 0;
  #inputs = 0;
  decisions = 0;

  constructor(agents: number) {
    this.#send({
      kind: "configured",
      queues: Array.from({ length: QUEUES }, (_, n) => queueConfig(n)),
      agents: agentConfigs(this.#prng.child("agents")),
    });
    for (let n = 0; n < agents; n += 1) {
      this.#send({ kind: "agentSignedIn", agent: agentId(n), mediaProven: true });
      this.#send({ kind: "readyRequested", agent: agentId(n) });
    }
  }

  get talking(): number {
    return this.#talking.length;
  }

  /** A new caller; answered at once when the router finds somebody. */
  call(): void {
    this.#contacts += 1;
    const draw = this.#prng.next();
    const requirements: SkillRequirement[] = draw < 0.7 ? [] : [{ skill: SKILLS[this.#prng.below(SKILLS.length)] as SkillId, level: 1 }];
    this.#send({
      kind: "contactQueued",
      contact: `con_${this.#contacts}` as ContactId,
      queue: queueId(this.#prng.below(QUEUES)),
      enqueuedAt: this.#now,
      priority: draw < 0.1 ? 10 : 0,
      requirements,
    });
  }

  /** One talk ends with its wrap-up; the freed agent takes the next. */
  end(): void {
    const at = this.#prng.below(this.#talking.length);
    const one = this.#talking[at];
    const last = this.#talking.pop();
    if (one === undefined || last === undefined) return;
    if (one !== last) this.#talking[at] = last;
    this.#send({ kind: "contactEnded", contact: one.contact });
    this.#send({ kind: "wrapUpDone", agent: one.agent, contact: one.contact });
  }

  #send(input: Untimed<RouterInput>): void {
    this.#now += 1;
    this.#inputs += 1;
    const startedAt = process.hrtime.bigint();
    const commands = this.#router.handle({ ...input, at: this.#now } as RouterInput);
    this.#histogram.record(process.hrtime.bigint() - startedAt || 1n);
    for (const command of commands) if (command.kind === "offer") this.#answer(command.offer, command.agent, command.contact);
  }

  #answer(offer: OfferId, agent: PersonId, contact: ContactId): void {
    this.decisions += 1;
    this.#send({ kind: "offerAccepted", offer, agent });
    this.#send({ kind: "bridged", contact });
    this.#talking.push({ agent, contact });
  }

  /** Runs `step` until so many decisions are made, after a warm-up. */
  measure(step: () => void, heapBefore: number): Figures {
    while (this.decisions < WARM_UP_DECISIONS) step();
    this.#histogram.reset();
    this.#inputs = 0;
    const before = this.decisions;
    const startedAt = performance.now();
    while (this.decisions - before < DECISIONS) step();
    const seconds = (performance.now() - startedAt) / SECOND_MS;
    collectGarbage();
    const heapMegabytes = (process.memoryUsage().heapUsed - heapBefore) / 2 ** 20;
    const [snapshot, snapshotMs] = timed(() => this.#router.snapshot());
    const [, viewMs] = timed(() => this.#router.view());
    const text = JSON.stringify(snapshot);
    const [, restoreMs] = timed(() => createRouter({ epoch: "b", snapshot: JSON.parse(text) as typeof snapshot }));
    const us = (ns: number): number => round(ns / 1_000);
    return {
      decisionsPerSecond: Math.round(DECISIONS / seconds),
      inputsPerSecond: Math.round(this.#inputs / seconds),
      handleP50Us: us(this.#histogram.percentile(50)),
      handleP99Us: us(this.#histogram.percentile(99)),
      handleMaxUs: us(this.#histogram.max),
      snapshotMs: round(snapshotMs),
      viewMs: round(viewMs),
      restoreMs: round(restoreMs),
      snapshotKilobytes: Math.round(text.length / 1_024),
      heapMegabytes: round(heapMegabytes),
    };
  }
}

function timed<T>(run: () => T): [T, number] {
  const startedAt = performance.now();
  const value = run();
  return [value, performance.now() - startedAt];
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function agentId(n: number): PersonId {
  return `per_${String(n).padStart(4, "0")}` as PersonId;
}

function queueId(n: number): QueueId {
  return `que_${n}` as QueueId;
}

function queueConfig(n: number): QueueConfig {
  return {
    id: queueId(n),
    projectId: "prj_1" as ProjectId,
    ringTimeoutMs: 20 * SECOND_MS,
    waitMaxMs: 30 * MINUTE_MS,
    sizeMax: 10_000,
    wrapUpMs: MINUTE_MS,
    wrapUpExtensionMs: MINUTE_MS,
    missedRingsMax: 2,
    declineCountsAsMissed: true,
    priority: n % 3,
    talkingMax: null,
    notReadyCountsAsSignedIn: true,
  };
}

function agentConfigs(prng: ReturnType<typeof createPrng>): AgentConfig[] {
  return Array.from({ length: AGENTS }, (_, n) => ({
    agent: agentId(n),
    memberships: Array.from({ length: QUEUES_PER_AGENT }, (_unused, k) => ({
      queue: queueId((n + k * 3) % QUEUES),
      level: (1 + prng.below(5)) as Level,
    })),
    skills: SKILLS.filter(() => prng.next() < 0.5).map((skill) => ({ skill, level: (1 + prng.below(5)) as Level })),
  }));
}

function benchBusy(): Figures {
  collectGarbage();
  const heapBefore = process.memoryUsage().heapUsed;
  const floor = new Floor(AGENTS);
  for (let n = 0; n < AGENTS + WAITING; n += 1) floor.call();
  return floor.measure(() => {
    floor.end();
    floor.call();
  }, heapBefore);
}

function benchIdle(): Figures {
  collectGarbage();
  const heapBefore = process.memoryUsage().heapUsed;
  const floor = new Floor(AGENTS);
  return floor.measure(() => {
    floor.call();
    if (floor.talking > 10) floor.end();
  }, heapBefore);
}

const { values } = parseArgs({ options: { json: { type: "boolean", default: false } }, allowPositionals: true });
const report = {
  bench: "routing",
  node: process.version,
  agents: AGENTS,
  waiting: WAITING,
  queues: QUEUES,
  busy: benchBusy(),
  idle: benchIdle(),
};
if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
else {
  for (const [name, figures] of [
    ["busy: 5,000 waiting", report.busy],
    ["idle: 1,000 agents ready", report.idle],
  ] as const) {
    process.stdout.write(`${name}\n`);
    for (const [key, value] of Object.entries(figures)) process.stdout.write(`  ${key.padEnd(20)} ${value.toLocaleString("en")}\n`);
  }
}
