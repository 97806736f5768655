/*
 * npm run soak [-- --calls 200000 --rate 500 --json]: very many calls through one program, answered and hung up by either side, left in the
 * greeting and in the queue, cancelled, refused, by SIPp (a peer that is not ours). Afterwards nothing may have stayed: memory within 5 % of
 * what it was after the first part, no file descriptor, UDP socket, thread or timer, no open contact, nothing left to project, and figures that
 * equal the event log. Ends with code 1 where one of these doesn't hold. Memory is the proportional set size of all our processes, PostgreSQL
 * included.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { weekOf } from "@allo/contract";
import pg from "pg";
import { openCentre } from "../conformance/call/centre.ts";
import { commandOf } from "./process-tree.ts";
import { cpuByProgram, heldBy, memoryByProgram, type Held } from "./program-figures.ts";
import { runSipp, type scenarios } from "./sipp.ts";

const limits = {
  /** Memory is looked at after each part; the first one warms up. */
  partCallsMax: 10_000,
  partsMin: 5,
  growthMax: 0.05,
  /** Transactions stand for 32 s after their last answer (RFC 3261 §17.2.2). */
  quietMs: 40_000,
  settleMsMax: 120_000,
  /** Connections to PostgreSQL and the like come and go. */
  descriptorsMoreMax: 24,
  /** Of a role without a call: what it does every so often. */
  timersMax: 50,
} as const;

/** Where calls go: a queue whose agent is at work but not ready, one without anybody, one that is closed, and nowhere. */
const NUMBERS = { staffed: "600", deserted: "601", closed: "602", nobodys: "699" } as const;

/** Shares of a part's calls. Those that hear something to its end stand by hundreds at once. */
const MIX: readonly { readonly scenario: keyof typeof scenarios; readonly share: number; readonly number: keyof typeof NUMBERS }[] = [
  { scenario: "hungUpAtOnce", share: 0.58, number: "staffed" },
  { scenario: "leftInGreeting", share: 0.25, number: "staffed" },
  { scenario: "leftInQueue", share: 0.01, number: "staffed" },
  { scenario: "cancelled", share: 0.05, number: "closed" },
  { scenario: "refused", share: 0.1, number: "nobodys" },
  { scenario: "hungUpByUs", share: 0.01, number: "deserted" },
];

const { values } = parseArgs({
  options: {
    calls: { type: "string", default: "200000" },
    rate: { type: "string", default: "500" },
    json: { type: "boolean", default: false },
  },
});
const callsAsked = Number(values.calls);
const rate = Number(values.rate);
const say = (text: string): void => void process.stderr.write(`${text}\n`);

const beganAt = Date.now();
const centre = await openCentre({ env: { ALLO_LOG: "warn", NODE_OPTIONS: "--inspect-port=0" } });
const problems: string[] = [];
const { program, admin } = centre;
try {
  await openNumbers();
  const desk = await openDesk();

  const parts: {
    readonly calls: number;
    readonly failed: number;
    readonly megabytes: number;
    readonly by: Readonly<Record<string, number>>;
  }[] = [];
  let contacts = 0;
  let queued = 0;
  let failed = 0;
  let heldBefore: Readonly<Record<string, Held>> = held();
  let cpuBefore = 0;
  const startedAt = performance.now();
  for (let calls = 0; calls < callsAsked;) {
    const part = Math.min(limits.partCallsMax, Math.ceil(callsAsked / limits.partsMin), callsAsked - calls);
    const runs = await Promise.all(
      MIX.map(async ({ scenario, share, number }) => {
        const wanted = Math.max(1, Math.round(part * share));
        const service = NUMBERS[number];
        const run = await runSipp({ port: program.sipPort, service, scenario, callsPerSecond: Math.max(1, rate * share), calls: wanted });
        return { scenario, number, wanted, ...run };
      }),
    );
    calls += part;
    for (const run of runs) {
      failed += run.wanted - run.done;
      if (run.done < run.wanted) say(`${run.wanted - run.done} of ${run.wanted} ${run.scenario} went otherwise`);
      if (run.number !== "nobodys") contacts += run.wanted;
      if (run.scenario === "leftInQueue") queued += run.wanted;
    }
    const by = memoryByProgram(program);
    const megabytes = Object.values(by).reduce((sum, each) => sum + each, 0);
    parts.push({ calls, failed, megabytes, by });
    const ranFor = Math.round((performance.now() - startedAt) / 1_000);
    say(`${ranFor} s: ${calls} calls, ${failed} failed, ${megabytes} MB ${JSON.stringify(by)}`);
    if (parts.length === 1) {
      heldBefore = held();
      cpuBefore = cpuMs();
    }
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  const cpuAfter = cpuMs();

  say("waiting until what was said last may be forgotten");
  await sleep(limits.quietMs);
  const rows = await openRows(contacts);
  const heldAfter = held();
  const timers = await timersLeft();
  desk.close();
  const now = Date.now();
  const reconciliation = await admin.call("reconciliationGet", { query: { from: beganAt - 1_000, to: now } });

  const [first, last] = [parts[0], parts.at(-1)];
  const growth = first === undefined || last === undefined ? 0 : last.megabytes / first.megabytes - 1;
  check(failed === 0, `${failed} calls went otherwise than they should`);
  check(parts.length < 3 || growth <= limits.growthMax, `memory grew by ${(growth * 100).toFixed(1)} % after the first part`);
  for (const [role, { descriptors, threads, udpSockets }] of Object.entries(heldAfter)) {
    const before = heldBefore[role];
    if (before === undefined) continue;
    check(
      descriptors <= before.descriptors + limits.descriptorsMoreMax,
      `${role} holds ${descriptors} descriptors, ${before.descriptors} before`,
    );
    check(threads <= before.threads, `${role} has ${threads} threads, ${before.threads} before`);
    check(udpSockets <= before.udpSockets, `${role} holds ${udpSockets} UDP sockets, ${before.udpSockets} before`);
  }
  for (const [role, count] of Object.entries(timers)) check(count <= limits.timersMax, `${role} has ${count} timers without a call`);
  check(rows.queued === queued, `${rows.queued} callers have left the queue, not ${queued}`);
  check(rows.open === 0, `${rows.open} contacts are open`);
  check(rows.due === 0, `${rows.due} changes were not projected`);
  check(rows.contacts === contacts, `${rows.contacts} contacts for ${contacts} calls`);
  check(
    reconciliation.differenceCount === 0,
    `${reconciliation.differenceCount} figures differ from the log: ${JSON.stringify(reconciliation.differences[0])}`,
  );
  const counted = Math.max(1, (last?.calls ?? 0) - (first?.calls ?? 0));
  const result = {
    soak: "signalling",
    calls: last?.calls ?? 0,
    callsPerSecond: Math.round((last?.calls ?? 0) / seconds),
    failed,
    cpuMsPerCall: parts.length < 2 ? null : Math.round(((cpuAfter - cpuBefore) / counted) * 100) / 100,
    megabytesFirst: first?.megabytes ?? 0,
    megabytesLast: last?.megabytes ?? 0,
    megabytesLastBy: last?.by ?? {},
    heldBefore,
    heldAfter,
    timers,
    rows,
    reconciled: { contacts: reconciliation.contacts, differences: reconciliation.differenceCount },
    problems,
  };
  process.stdout.write(`${JSON.stringify(result, null, values.json ? 0 : 2)}\n`);
} finally {
  await program.stop();
}
process.exitCode = problems.length === 0 ? 0 : 1;

function check(isRight: boolean, problem: string): void {
  if (!isRight) problems.push(problem);
}

function held(): Readonly<Record<string, Held>> {
  return { edge: heldBy(program.pidOf("edge")), core: heldBy(program.pidOf("core")) };
}

function cpuMs(): number {
  return cpuByProgram(program)
    .values()
    .reduce((sum, ms) => sum + ms, 0);
}

async function openNumbers(): Promise<void> {
  const [number] = (await admin.call("numbersList")).items;
  if (number === undefined) throw new Error("the wizard made no number");
  const callsMax = 5_000;
  await admin.call("numberUpdate", { params: { numberId: number.numberId }, body: { callsMax, version: number.version } });
  const names = (en: string) => ({ en, ru: "", fa: "" });
  const deserted = await admin.call("queueCreate", { body: { names: names("Deserted") } });
  const never = await admin.call("hoursCreate", {
    body: { names: names("Never"), timeZone: null, week: weekOf(() => []), exceptions: [] },
  });
  const settings = { language: "en" as const, allowedNetworks: ["127.0.0.0/8"], callsMax };
  await admin.call("numberCreate", { body: { ...settings, number: NUMBERS.deserted, queueId: deserted.queueId } });
  await admin.call("numberCreate", { body: { ...settings, number: NUMBERS.closed, queueId: centre.queueId, hoursId: never.hoursId } });
}

/** The agent's desk stands open, so that callers wait. */
async function openDesk(): Promise<WebSocket> {
  const { origin } = new URL(program.url);
  const url = new URL("/api/v1/live", origin);
  url.protocol = "ws:";
  const socket = new WebSocket(url, { headers: { cookie: centre.agent.cookie(), origin } } as never);
  socket.addEventListener("message", ({ data }) => {
    if (String(data).includes('"ping"')) socket.send(JSON.stringify({ kind: "pong" }));
  });
  await heard(socket, "open");
  socket.send(JSON.stringify({ kind: "subscribe", topic: "desk" }));
  for (const endsAt = performance.now() + limits.settleMsMax; (await centre.agent.call("deskGet")).state !== "notReady"; await sleep(100))
    if (performance.now() > endsAt) throw new Error("the agent's desk doesn't open");
  return socket;
}

function heard(socket: WebSocket, what: "open" | "message"): Promise<Event> {
  return new Promise((resolve, reject) => {
    socket.addEventListener(what, resolve, { once: true });
    socket.addEventListener("error", () => reject(new Error("the connection can't be opened")), { once: true });
  });
}

/** How many timers run in edge and core, by their inspector (Node opens it at SIGUSR1). */
async function timersLeft(): Promise<Readonly<Record<string, number>>> {
  const left: Record<string, number> = {};
  for (const role of ["edge", "core"] as const) {
    program.kill(role, "SIGUSR1");
    let address: string | undefined;
    for (const endsAt = performance.now() + limits.settleMsMax; address === undefined; await sleep(100)) {
      address = /ws:\/\/127\.0\.0\.1:\d+\/[\w-]+/.exec(readFileSync(join(program.folder, "logs", `${role}.log`), "utf8"))?.[0];
      if (performance.now() > endsAt) throw new Error(`the inspector of ${role} doesn't open`);
    }
    const socket = new WebSocket(address);
    await heard(socket, "open");
    const expression = 'process.getActiveResourcesInfo().filter((name) => name === "Timeout").length';
    socket.send(JSON.stringify({ id: 1, method: "Runtime.evaluate", params: { expression, returnByValue: true } }));
    const answer = (await heard(socket, "message")) as MessageEvent;
    left[role] = (
      JSON.parse(String(answer.data)) as { readonly result: { readonly result: { readonly value: number } } }
    ).result.result.value;
    socket.close();
  }
  return left;
}

/** What stands in the tables once the follower has caught up, or the time is over. */
async function openRows(
  contacts: number,
): Promise<{ readonly open: number; readonly due: number; readonly contacts: number; readonly queued: number }> {
  const passwords = JSON.parse(readFileSync(join(program.folder, "postgres", "passwords.json"), "utf8")) as { readonly superuser: string };
  const folder = /unix_socket_directories=(\S+)/.exec(commandOf(program.pidOf("postgres")))?.[1] ?? "";
  const client = new pg.Client({ user: "postgres", password: passwords.superuser, database: "allo", host: folder, port: 5432 });
  await client.connect();
  try {
    for (const endsAt = performance.now() + limits.settleMsMax; ; await sleep(500)) {
      const { rows } = await client.query<{ open: number; due: number; contacts: number; queued: number }>(
        `select (select count(*)::integer from contacts.open_contact) as open, (select count(*)::integer from contacts.projection_due) as due,
           (select count(*)::integer from contacts.contact_row) as contacts,
           (select count(*)::integer from reporting.segment where exit = 'abandoned') as queued`,
      );
      const [row] = rows;
      if (row === undefined) throw new Error("PostgreSQL counts nothing");
      if ((row.open === 0 && row.due === 0 && row.contacts === contacts) || performance.now() > endsAt) return row;
    }
  } finally {
    await client.end();
  }
}
