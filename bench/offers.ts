/*
 * npm run bench -- offers [--agents 50] [--rate 10] [--seconds 20] [--busy 10] [--json]: how soon a call is offered, and what a queued call costs.
 * Agents' phones and callers are ours without a browser (node-caller), over real SIP, DTLS and RTP, the callers in a process of their own
 * (caller-load.ts); the desks are the public API and its live socket. Four rows:
 *   joins   callers at `rate` a second, `agents` of them idle: from the contact's join of the queue to its offer in the agent's socket
 *   frees   `busy` agents with a backlog: from an agent's request to end the wrap-up to the next offer of the same agent, at `rate` calls a
 *           second. Core's own share, from the request's arrival there to the offer's frame, is `program`; its parts and what lies before and
 *           after it stand beside. Core's moments are noted by core-watch.ts
 *   rushed  the same where the agents do nothing but answer and hang up: as many calls as the machine can carry, the agents' side included
 *   calls   what one call costs while they rush, two legs: queued, offered, accepted, bridged, hung up by the agent, wrapped up. CPU is user and
 *           system time of all processes of the program, PostgreSQL included; the phones and callers are not counted. `standing` is what the lines
 *           cost while the backlog hears its music and nobody works, for the time of one call; `work` is the rest
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { DeskState } from "@allo/contract";
import { buildWav, SAMPLE_RATE } from "@allo/media";
import { createAgentPhones } from "@allo/node-caller";
import { createAgentClient, type AgentClient } from "../apps/server/src/demo/live/agent-client.ts";
import { createApiClient, linkToken, openCentre, PASSWORD } from "../conformance/call/centre.ts";
import type { FromCallers, ToCallers } from "./caller-load.ts";
import { preciseNow, WATCH_FILE, type Mark } from "./core-watch.ts";
import { cpuByProgram } from "./program-figures.ts";

const { values } = parseArgs({
  options: {
    agents: { type: "string", default: "50" },
    rate: { type: "string", default: "10" },
    seconds: { type: "string", default: "20" },
    busy: { type: "string", default: "10" },
    json: { type: "boolean", default: false },
  },
});
const agentCount = Number(values.agents);
const rate = Number(values.rate);
const seconds = Number(values.seconds);
const busyCount = Number(values.busy);
/** Offers and states that don't come within this are a failure of the bench, not a figure. */
const WAIT_MS_MAX = 60_000;
/** Callers for each busy agent. */
const BACKLOG = 5;
/** Nobody waits long for the queue behind a short greeting, so that few callers are a backlog. */
const GREETING_MS = 200;
/** Callers are let go of this much after their offer, so that agents are idle again. */
const LET_GO_MS = 50;
const WARM_MS = 2_000;
/** All requests come from one address, which may make so many a minute (httpLimits): at full speed they would be spent soon. */
const RUSH_MS_MAX = 8_000;
const STANDING_MS = 4_000;

type Seen = {
  readonly contactId: string;
  readonly offerId: string;
  readonly callerNumber: string | null;
  readonly queuedAt: number;
  /** When the agent's socket had it. */
  readonly at: number;
};
/** An agent was freed, and had the next offer. */
type Freed = { readonly contactId: string; readonly offerId: string; readonly askedAt: number; readonly seenAt: number };

class Agent {
  desk: DeskState | null = null;
  /** The last one. */
  offer: Seen | null = null;
  onOffer: ((offer: Seen) => void) | null = null;
  readonly client: AgentClient;
  readonly #heard = new Set<() => void>();
  constructor(fields: Omit<Parameters<typeof createAgentClient>[0], "onDesk">) {
    this.client = createAgentClient({ ...fields, onDesk: (desk) => this.#saw(desk) });
  }
  /** Ready, with a phone that may ring. */
  async open(): Promise<void> {
    await this.client.act({ kind: "signIn" });
    await this.until(() => this.desk?.phone.proven === true);
    await this.client.act({ kind: "goReady" });
    await this.until(() => this.desk?.state === "ready");
  }
  async until(holds: () => boolean): Promise<void> {
    const deadline = Date.now() + WAIT_MS_MAX;
    while (!holds()) {
      if (Date.now() > deadline) throw new Error(`an agent waited in vain, ${this.desk?.state ?? "without a desk"}`);
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          this.#heard.delete(done);
          resolve();
        };
        const timer = setTimeout(done, 1_000);
        this.#heard.add(done);
      });
    }
  }
  #saw(desk: DeskState): void {
    const at = preciseNow();
    this.desk = desk;
    const { contact } = desk;
    if (contact !== null && contact.offerId !== null && contact.offerId !== this.offer?.offerId) {
      const { contactId, offerId, callerNumber, queuedAt } = contact;
      const offer = { contactId, offerId, callerNumber, queuedAt, at };
      this.offer = offer;
      this.onOffer?.(offer);
    }
    for (const heard of this.#heard) heard();
  }
}

const clock = { now: () => Date.now() };
const log = { warn: (fields: object, message: string) => void process.stderr.write(`${message} ${JSON.stringify(fields)}\n`) };
const folder = mkdtempSync(join(tmpdir(), "allo-offers-"));
const marksFile = join(folder, "marks.ndjson");
const centre = await openCentre({
  env: { ALLO_LOG: "warn", NODE_OPTIONS: `--import=${new URL("core-watch.ts", import.meta.url).href}`, [WATCH_FILE]: marksFile },
});
const { program, admin } = centre;
const callers = await openCallers();
const phones = await createAgentPhones({ bindAddress: "127.0.0.1", clock, log });
type Hired = { readonly personId: string; readonly agent: Agent };
const agents: Hired[] = [];
try {
  const [number] = (await admin.call("numbersList")).items;
  const [code] = (await admin.call("wrapUpCodesList")).items;
  if (number === undefined || code === undefined) throw new Error("the wizard made no number or code");
  const greeting = await admin.upload(
    "promptCreate",
    { query: { kind: "greeting", title: "Short", language: "en", saysNotice: true } },
    buildWav({ sampleRate: SAMPLE_RATE, channels: 1, samples: new Int16Array((GREETING_MS * SAMPLE_RATE) / 1_000) }),
  );
  await admin.call("numberUpdate", {
    params: { numberId: number.numberId },
    body: { callsMax: 500, greetingAudioId: greeting.audioId, version: number.version },
  });
  for (let n = 0; n < agentCount; n += 1) agents.push(await hire(n));
  const members = agents.map((agent) => ({ personId: agent.personId, level: 3 }));
  await admin.call("queueMembersPut", { params: { queueId: centre.queueId }, body: { items: members } });
  for (const { agent } of agents) await agent.open();

  const joins = await measureJoins();
  const { paced, rushed, ...calls } = await measureBacklog(code.wrapUpCodeId);
  await Promise.all(agents.map(({ agent }) => agent.client.close()));
  await callers.close();
  await program.stop();
  const result = {
    joins: { agents: agentCount, callsPerSecond: rate, ...figures(joins.map((each) => each.at - each.queuedAt)) },
    frees: { agents: busyCount, callsPerSecond: rate, ...partsOf(paced, marksFile) },
    rushed: { agents: busyCount, callsPerSecond: calls.callsPerSecond, ...partsOf(rushed, marksFile) },
    calls,
  };
  if (values.json) process.stdout.write(`${JSON.stringify({ bench: "offers", ...result })}\n`);
  else {
    console.table({ joins: result.joins });
    for (const { callsPerSecond, parts } of [result.frees, result.rushed]) {
      process.stdout.write(`an agent is free, ${callsPerSecond} calls a second\n`);
      console.table(parts);
    }
    console.table(result.calls.cpu);
  }
} finally {
  await phones.close();
  await program.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exit();

async function hire(n: number): Promise<Hired> {
  const email = `agent${n}@example.test`;
  const { person, invitation } = await admin.call("personCreate", {
    body: { name: `Agent ${n}`, email, roles: ["agent"], language: "en" },
  });
  await createApiClient(program.url).call("linkUse", { params: { token: linkToken(invitation.url) }, body: { password: PASSWORD } });
  const { personId } = person;
  return { personId, agent: new Agent({ url: program.url, who: { personId, email, password: PASSWORD }, phones, log }) };
}

function numberOf(n: number): string {
  return `0207${String(9_460_000 + n)}`;
}

type Line = { readonly hangUp: () => void };

/** Callers in another process: `dial` gives a line, `ended` is called once for it. */
async function openCallers() {
  const load = fork(new URL("caller-load.ts", import.meta.url), [], { execArgv: ["--conditions=source"] });
  const tell = (message: ToCallers): void => void load.send(message);
  const ends = new Map<number, () => void>();
  await once(load, "message");
  load.on("message", (message: FromCallers) => {
    if (message.kind !== "ended") return;
    ends.get(message.id)?.();
    ends.delete(message.id);
  });
  let count = 0;
  return {
    dial(from: string, ended: () => void = () => undefined): Line {
      const id = (count += 1);
      ends.set(id, ended);
      tell({ kind: "dial", id, sipPort: program.sipPort, number: centre.number, from });
      return { hangUp: () => tell({ kind: "hangUp", id }) };
    },
    async close(): Promise<void> {
      tell({ kind: "close" });
      await once(load, "exit");
    },
  };
}

/** Each offered caller hangs up at once, so that all agents but a few are idle. */
async function measureJoins(): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  const lines = new Map<string, Line>();
  for (const { agent } of agents)
    agent.onOffer = (offer) => {
      seen.push(offer);
      const line = lines.get(offer.callerNumber ?? "");
      if (line !== undefined) void sleep(LET_GO_MS).then(() => line.hangUp());
    };
  const wanted = rate * seconds;
  const from = performance.now();
  for (let n = 0; n < wanted; n += 1) {
    await sleep(Math.max(0, from + (n * 1_000) / rate - performance.now()));
    lines.set(`+44${numberOf(n).slice(1)}`, callers.dial(numberOf(n)));
  }
  for (let waited = 0; seen.length < wanted && waited < WAIT_MS_MAX; waited += 100) await sleep(100);
  for (const line of lines.values()) line.hangUp();
  for (const { agent } of agents) agent.onOffer = null;
  if (seen.length < wanted) throw new Error(`${seen.length} of ${wanted} callers were offered`);
  return seen;
}

async function measureBacklog(wrapUpCodeId: string) {
  const busy = agents.slice(0, busyCount).map(({ agent }) => agent);
  await Promise.all(agents.slice(busyCount).map(({ agent }) => agent.client.act({ kind: "signOut" })));
  await Promise.all(busy.map((agent) => agent.until(() => agent.desk?.state === "ready")));
  let dialled = 10_000;
  let isOver = false;
  const lines = new Set<Line>();
  const refill = (): void => {
    while (!isOver && lines.size < busyCount * BACKLOG) {
      const line = callers.dial(numberOf((dialled += 1)), () => {
        lines.delete(line);
        refill();
      });
      lines.add(line);
    }
  };
  refill();
  let freed: Freed[] = [];
  let calls = 0;
  /** `hangUpAt`: when the call of this turn is hung up; at once where it is absent. */
  const work = async (agent: Agent, until: number, hangUpAt?: (turn: number) => number): Promise<void> => {
    await agent.until(() => agent.desk?.state === "ringing");
    for (let turn = 0; performance.now() < until; turn += 1) {
      const { offer } = agent;
      if (offer === null) throw new Error("an agent has no offer");
      const { contactId, offerId } = offer;
      await agent.client.act({ kind: "accept", offerId });
      await agent.until(() => agent.desk?.state === "talking");
      if (hangUpAt !== undefined) await sleep(Math.max(0, hangUpAt(turn) - performance.now()));
      await agent.client.act({ kind: "hangUp", contactId });
      await agent.until(() => agent.desk?.state === "wrapUp");
      const askedAt = preciseNow();
      await agent.client.act({ kind: "finishWrapUp", contactId, wrapUpCodeId, note: "" });
      await agent.until(() => agent.offer?.offerId !== offerId);
      calls += 1;
      const next = agent.offer;
      // Whoever joined the queue later was no backlog.
      if (next !== null && next.queuedAt < askedAt) freed.push({ contactId, offerId: next.offerId, askedAt, seenAt: next.at });
    }
  };
  const spend = async (run: () => Promise<unknown>): Promise<Spent> => {
    const before = cpuByProgram(program);
    const from = performance.now();
    await run();
    const ms = performance.now() - from;
    return { ms, cpu: new Map([...cpuByProgram(program)].map(([name, cpuMs]) => [name, cpuMs - (before.get(name) ?? 0)])) };
  };
  const rush = (ms: number): Promise<unknown> => Promise.all(busy.map((agent) => work(agent, performance.now() + ms)));
  /** One after another, `rate` a second. */
  const pace = (ms: number): Promise<unknown> => {
    const from = performance.now();
    return Promise.all(busy.map((agent, n) => work(agent, from + ms, (turn) => from + ((1 + n + (turn + 1) * busyCount) * 1_000) / rate)));
  };
  await rush(WARM_MS);
  // All ring, the others wait.
  const standing = await spend(() => sleep(STANDING_MS));
  freed = [];
  await pace(seconds * 1_000);
  const paced = freed;
  freed = [];
  calls = 0;
  const working = await spend(() => rush(Math.min(seconds * 1_000, RUSH_MS_MAX)));
  isOver = true;
  for (const line of lines) line.hangUp();
  return { calls, callsPerSecond: round((calls * 1_000) / working.ms), cpu: costs(working, standing, calls), paced, rushed: freed };
}

type Spent = { readonly ms: number; readonly cpu: ReadonlyMap<string, number> };

/** CPU milliseconds of one call, by program. */
function costs(working: Spent, standing: Spent, calls: number) {
  const rows: Record<string, { all: number; standing: number; work: number }> = {};
  const total = { all: 0, standing: 0, work: 0 };
  for (const [name, ms] of working.cpu) {
    const all = ms / calls;
    const stood = ((standing.cpu.get(name) ?? 0) * working.ms) / standing.ms / calls;
    rows[name] = { all: round(all), standing: round(stood), work: round(all - stood) };
    total.all += all;
    total.standing += stood;
  }
  return { ...rows, total: { all: round(total.all), standing: round(total.standing), work: round(total.all - total.standing) } };
}

/** Where the time went between an agent's request and the next offer. */
function partsOf(freed: readonly Freed[], file: string) {
  const arrived = new Map<string, number>();
  const committed = new Map<string, { readonly asked: number; readonly at: number }>();
  const offered = new Map<string, number>();
  for (const line of readFileSync(file, "utf8").split("\n")) {
    if (line === "") continue;
    const mark = JSON.parse(line) as Mark;
    if (mark.what === "arrived") arrived.set(mark.contactId, mark.at);
    else if (mark.what === "committed") committed.set(mark.contactId, mark);
    else if (!offered.has(mark.offerId)) offered.set(mark.offerId, mark.at);
  }
  const whole = freed.flatMap(({ contactId, offerId, askedAt, seenAt }) => {
    const from = arrived.get(contactId);
    const commit = committed.get(contactId);
    const to = offered.get(offerId);
    return from === undefined || commit === undefined || to === undefined ? [] : [{ askedAt, from, commit, to, seenAt }];
  });
  return {
    offers: freed.length,
    parts: {
      "request, to offer seen by the desk": figures(freed.map(({ askedAt, seenAt }) => seenAt - askedAt)),
      "  request sent, to arrived in core": figures(whole.map(({ askedAt, from }) => from - askedAt)),
      "  program: arrived, to offer written": figures(whole.map(({ from, to }) => to - from)),
      "    arrived, to given to PostgreSQL": figures(whole.map(({ from, commit }) => commit.asked - from)),
      "    in PostgreSQL": figures(whole.map(({ commit }) => commit.at - commit.asked)),
      "    committed, to offer written": figures(whole.map(({ commit, to }) => to - commit.at)),
      "  offer written, to seen by the desk": figures(whole.map(({ to, seenAt }) => seenAt - to)),
    },
  };
}

function figures(ms: readonly number[]) {
  const sorted = ms.toSorted((a, b) => a - b);
  const at = (share: number): number => round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN);
  return { offers: sorted.length, msP50: at(0.5), msP99: at(0.99), msMax: at(1) };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
