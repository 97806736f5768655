/*
 * npm run soak [-- --calls 200000 --rate 500 --json]: very many calls through one program, answered and hung up by either side, left in the
 * greeting, refused, by SIPp (a peer that is not ours). Afterwards nothing may have stayed: memory within 5 % of what it was
 * after the first part, no file descriptor, UDP socket or thread, no open contact, nothing left to project, and figures that equal the event
 * log. Ends with code 1 where one of these doesn't hold. Memory is the proportional set size of all our processes, PostgreSQL included.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
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
} as const;

/** Shares of a part's calls. The last kind hears a sentence to its end, so that many of them stand at once. */
const MIX: readonly { readonly scenario: keyof typeof scenarios; readonly share: number; readonly isContact: boolean }[] = [
  { scenario: "hungUpAtOnce", share: 0.6, isContact: true },
  { scenario: "leftInGreeting", share: 0.29, isContact: true },
  { scenario: "refused", share: 0.1, isContact: false },
  { scenario: "hungUpByUs", share: 0.01, isContact: true },
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
const centre = await openCentre({ env: { ALLO_LOG: "warn" } });
const problems: string[] = [];
const { program, admin } = centre;
try {
  const [number] = (await admin.call("numbersList")).items;
  if (number === undefined) throw new Error("the wizard made no number");
  await admin.call("numberUpdate", { params: { numberId: number.numberId }, body: { callsMax: 5_000, version: number.version } });

  const parts: {
    readonly calls: number;
    readonly failed: number;
    readonly megabytes: number;
    readonly by: Readonly<Record<string, number>>;
  }[] = [];
  let contacts = 0;
  let failed = 0;
  let heldBefore: Readonly<Record<string, Held>> = held();
  let cpuBefore = 0;
  const startedAt = performance.now();
  for (let calls = 0; calls < callsAsked;) {
    const part = Math.min(limits.partCallsMax, Math.ceil(callsAsked / limits.partsMin), callsAsked - calls);
    const runs = await Promise.all(
      MIX.map(async ({ scenario, share, isContact }) => {
        const wanted = Math.max(1, Math.round(part * share));
        const service = isContact ? centre.number : "699";
        return {
          isContact,
          wanted,
          ...(await runSipp({ port: program.sipPort, service, scenario, callsPerSecond: Math.max(1, rate * share), calls: wanted })),
        };
      }),
    );
    calls += part;
    for (const run of runs) {
      failed += run.wanted - run.done;
      if (run.isContact) contacts += run.wanted;
    }
    const by = memoryByProgram(program);
    const megabytes = Object.values(by).reduce((sum, each) => sum + each, 0);
    parts.push({ calls, failed, megabytes, by });
    say(`${calls} calls, ${failed} failed, ${megabytes} MB ${JSON.stringify(by)}`);
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

/** What stands in the tables once the follower has caught up, or the time is over. */
async function openRows(contacts: number): Promise<{ readonly open: number; readonly due: number; readonly contacts: number }> {
  const passwords = JSON.parse(readFileSync(join(program.folder, "postgres", "passwords.json"), "utf8")) as { readonly superuser: string };
  const folder = /unix_socket_directories=(\S+)/.exec(commandOf(program.pidOf("postgres")))?.[1] ?? "";
  const client = new pg.Client({ user: "postgres", password: passwords.superuser, database: "allo", host: folder, port: 5432 });
  await client.connect();
  try {
    for (const endsAt = performance.now() + limits.settleMsMax; ; await sleep(500)) {
      const { rows } = await client.query<{ open: number; due: number; contacts: number }>(
        `select (select count(*)::integer from contacts.open_contact) as open, (select count(*)::integer from contacts.projection_due) as due,
           (select count(*)::integer from contacts.contact_row) as contacts`,
      );
      const [row] = rows;
      if (row === undefined) throw new Error("PostgreSQL counts nothing");
      if ((row.open === 0 && row.due === 0 && row.contacts === contacts) || performance.now() > endsAt) return row;
    }
  } finally {
    await client.end();
  }
}
