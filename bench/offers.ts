/*
 * npm run bench -- offers [--agents 50] [--rate 10] [--seconds 20] [--busy 10] [--json]: how soon a call is offered, and what a queued call costs.
 * Agents' phones and callers are ours without a browser (node-caller), over real SIP, DTLS and RTP; the desks are the public API and its live
 * socket. Three rows:
 *   joins   callers at `rate` a second, `agents` of them idle: from the contact's join of the queue to its offer in the agent's socket
 *   frees   `busy` agents with a backlog: from the request that ends the wrap-up to the next offer in the same agent's socket
 *   calls   what one call of that backlog costs, two legs: queued, offered, accepted, bridged, hung up by the agent, wrapped up. CPU is user and
 *           system time of all processes of the program, PostgreSQL included; the phones and callers live in this process and are not counted
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { DeskState } from "@allo/contract";
import { createAgentPhones, createCallers, type PlacedCall } from "@allo/node-caller";
import { createAgentClient, type AgentClient } from "../apps/server/src/demo/live/agent-client.ts";
import { createApiClient, linkToken, openCentre, PASSWORD } from "../conformance/call/centre.ts";
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
/** Callers for each busy agent; most of them hear the greeting, which takes some seconds, and are no backlog yet. */
const BACKLOG = 15;
/** Callers are let go of this much after their offer, so that agents are idle again. */
const LET_GO_MS = 50;

type Seen = {
  readonly contactId: string;
  readonly offerId: string;
  readonly callerNumber: string | null;
  readonly queuedAt: number;
  /** When the agent's socket had it. */
  readonly at: number;
};

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
    const at = Date.now();
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
const centre = await openCentre({ env: { ALLO_LOG: "warn" } });
const { program, admin } = centre;
const callers = await createCallers({ bindAddress: "127.0.0.1", clock, log });
const phones = await createAgentPhones({ bindAddress: "127.0.0.1", clock, log });
type Hired = { readonly personId: string; readonly agent: Agent };
const agents: Hired[] = [];
try {
  const [number] = (await admin.call("numbersList")).items;
  const [code] = (await admin.call("wrapUpCodesList")).items;
  if (number === undefined || code === undefined) throw new Error("the wizard made no number or code");
  await admin.call("numberUpdate", { params: { numberId: number.numberId }, body: { callsMax: 500, version: number.version } });
  for (let n = 0; n < agentCount; n += 1) agents.push(await hire(n));
  const members = agents.map((agent) => ({ personId: agent.personId, level: 3 }));
  await admin.call("queueMembersPut", { params: { queueId: centre.queueId }, body: { items: members } });
  for (const { agent } of agents) await agent.open();

  const joins = await measureJoins();
  const { frees, cpu, calls } = await measureBacklog(code.wrapUpCodeId);
  const result = {
    joins: { agents: agentCount, callsPerSecond: rate, ...figures(joins.map((each) => each.at - each.queuedAt)) },
    frees: { agents: busyCount, ...figures(frees) },
    calls: { calls, ...cpu },
  };
  if (values.json) process.stdout.write(`${JSON.stringify({ bench: "offers", ...result })}\n`);
  else console.table(result);
} finally {
  await Promise.all(agents.map(({ agent }) => agent.client.close()));
  await callers.close();
  await phones.close();
  await program.stop();
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

function dial(n: number): PlacedCall {
  const from = { number: numberOf(n) };
  return callers.place({ target: { address: "127.0.0.1", port: program.sipPort }, number: centre.number, from });
}

/** Each offered caller hangs up at once, so that all agents but a few are idle. */
async function measureJoins(): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  const calls = new Map<string, PlacedCall>();
  for (const { agent } of agents)
    agent.onOffer = (offer) => {
      seen.push(offer);
      const call = calls.get(offer.callerNumber ?? "");
      if (call !== undefined) void sleep(LET_GO_MS).then(() => call.hangUp());
    };
  const wanted = rate * seconds;
  const from = performance.now();
  for (let n = 0; n < wanted; n += 1) {
    await sleep(Math.max(0, from + (n * 1_000) / rate - performance.now()));
    calls.set(`+44${numberOf(n).slice(1)}`, dial(n));
  }
  for (let waited = 0; seen.length < wanted && waited < WAIT_MS_MAX; waited += 100) await sleep(100);
  for (const call of calls.values()) call.hangUp();
  for (const { agent } of agents) agent.onOffer = null;
  if (seen.length < wanted) throw new Error(`${seen.length} of ${wanted} callers were offered`);
  return seen;
}

async function measureBacklog(wrapUpCodeId: string) {
  const busy = agents.slice(0, busyCount);
  await Promise.all(agents.slice(busyCount).map(({ agent }) => agent.client.act({ kind: "signOut" })));
  await Promise.all(busy.map(({ agent }) => agent.until(() => agent.desk?.state === "ready")));
  let dialled = 10_000;
  let isOver = false;
  const line = new Set<PlacedCall>();
  const refill = (): void => {
    while (!isOver && line.size < busyCount * BACKLOG) {
      const call = dial((dialled += 1));
      line.add(call);
      call.on((event) => {
        if (event.kind !== "ended") return;
        line.delete(call);
        refill();
      });
    }
  };
  refill();
  const frees: number[] = [];
  let calls = 0;
  const work = async (agent: Agent, until: number): Promise<void> => {
    await agent.until(() => agent.desk?.state === "ringing");
    while (performance.now() < until) {
      const { offer } = agent;
      if (offer === null) throw new Error("an agent has no offer");
      await agent.client.act({ kind: "accept", offerId: offer.offerId });
      await agent.until(() => agent.desk?.state === "talking");
      await agent.client.act({ kind: "hangUp", contactId: offer.contactId });
      await agent.until(() => agent.desk?.state === "wrapUp");
      const askedAt = Date.now();
      await agent.client.act({ kind: "finishWrapUp", contactId: offer.contactId, wrapUpCodeId, note: "" });
      await agent.until(() => agent.offer?.offerId !== offer.offerId);
      calls += 1;
      // Whoever joined the queue later was no backlog.
      if (agent.offer !== null && agent.offer.queuedAt < askedAt) frees.push(agent.offer.at - askedAt);
    }
  };
  await Promise.all(busy.map(({ agent }) => work(agent, performance.now() + 3_000))); // warm
  frees.length = 0;
  calls = 0;
  const before = cpuByProgram(program);
  await Promise.all(busy.map(({ agent }) => work(agent, performance.now() + seconds * 1_000)));
  const spent = [...cpuByProgram(program)].map(([name, ms]) => [name, (ms - (before.get(name) ?? 0)) / calls] as const);
  const total = spent.reduce((sum, [, ms]) => sum + ms, 0);
  const cpu = Object.fromEntries([...spent, ["total", total] as const].map(([name, ms]) => [name, Math.round(ms * 100) / 100]));
  isOver = true;
  for (const call of line) call.hangUp();
  return { frees, cpu, calls };
}

function figures(ms: readonly number[]) {
  const sorted = ms.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { offers: sorted.length, msP50: at(0.5), msP99: at(0.99), msMax: at(1) };
}
