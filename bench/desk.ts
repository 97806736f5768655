/*
 * npm run bench -- desk [--json] [--agents 500] [--changes 200] [--keys 300] [--rate 30] [--profile folder]: from a key press to
 * the frame that follows it, as a person feels it (event timestamp to the frame after it), with so many live rows changing so often a second:
 * moving through the floor's agents, typing into the commands, typing a search over a long list of contacts, typing a note while talking.
 * Keys come as often as a keyboard repeats a key that is held down, the most that a person can press; --rate 0 presses the next one as soon
 * as the page has taken the last, which is a robot's rate and shows what a queue of keys does. Beside it stands what a key costs the page's
 * main thread, of it script and layout with styles: figures that a busy machine distorts less. The built screens against the whole program
 * in Chromium; only rows are made up, on the way from the server. The same keys on the same page without a change stand beside, as the
 * baseline. With --profile a CPU profile of each measurement is kept.
 */
import { writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { ContactRow, FloorAgent, FloorState, LiveFromServer } from "@allo/contract";
import { createPrng } from "@allo/kernel";
import { baresipDial, openBrowser } from "@allo/testkit";
import type { Page, WebSocketRoute } from "playwright-core";
import { openCentre, PASSWORD } from "../conformance/call/centre.ts";
import { goReadyOn } from "../conformance/desk/chromium.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    agents: { type: "string", default: "500" },
    changes: { type: "string", default: "200" },
    keys: { type: "string", default: "300" },
    rate: { type: "string", default: "30" },
    profile: { type: "string" },
  },
});
const [agentCount, changesPerSecond, keyCount, keysPerSecond] = [values.agents, values.changes, values.keys, values.rate].map(Number) as [
  number,
  number,
  number,
  number,
];
const TICK_MS = 50;
const CONTACTS = 500;
/** So often a contact of the list changes, as calls begin and end. */
const WORK_EVERY_MS = 200;
const prng = createPrng("bench desk");

type Row = {
  readonly what: string;
  readonly changesPerSecond: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  /** Processor time of the page's main thread, milliseconds a key; what changes meanwhile is in it. */
  readonly taskMs: number;
  readonly scriptMs: number;
  readonly layoutMs: number;
  readonly load: number;
};

const centre = await openCentre();
const browser = await openBrowser({ toneHz: 1_000 });
try {
  const page = await browser.context.newPage();
  type Topic = { readonly route: WebSocketRoute; readonly stream: string; sequence: number };
  let floor: (Topic & { agents: FloorAgent[] }) | null = null;
  let work: (Topic & { version: number }) | null = null;
  await page.routeWebSocket(/\/api\/v1\/live$/, (route) => {
    const server = route.connectToServer();
    server.onMessage((text) => {
      const message = JSON.parse(String(text)) as LiveFromServer;
      if (message.kind === "delta" && (message.topic === "floor" || message.topic === "work")) return;
      if (message.kind === "snapshot" && message.topic === "work") {
        const { version } = message.state as { version: number };
        work = { route, stream: message.stream, sequence: message.sequence, version };
      }
      if (message.kind !== "snapshot" || message.topic !== "floor") return route.send(text);
      const state = withAgents(message.state as FloorState, agentCount);
      floor = { route, stream: message.stream, sequence: message.sequence, agents: [...state.agents] };
      route.send(JSON.stringify({ ...message, state }));
    });
  });
  const send = (topic: "floor" | "work", there: Topic, patch: object): void => {
    there.sequence += 1;
    there.route.send(JSON.stringify({ kind: "delta", topic, stream: there.stream, sequence: there.sequence, patch }));
  };
  const changeFloor = (): void => {
    if (floor === null) return;
    const { agents } = floor;
    const upsert = Array.from({ length: Math.max(1, Math.round((changesPerSecond * TICK_MS) / 1_000)) }, () => change(agents));
    send("floor", floor, { op: "rows", list: "agents", key: "personId", upsert, remove: [] });
  };
  const changeWork = (): void => {
    if (work === null) return;
    work.version += 1;
    const id = `con_bench${String(Math.floor(prng.next() * CONTACTS)).padStart(4, "0")}`;
    send("work", work, { op: "replace", state: { version: work.version, changed: [{ kind: "contact", id }] } });
  };
  await page.goto(`${centre.program.url}sign-in`);
  await page.locator("input[name=email]").fill("ada@example.test");
  await page.locator("input[name=password]").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL(/\/(desk|floor)/);
  await page.goto(`${centre.program.url}floor`);
  await page
    .getByText(/^Agent \d{3}$/)
    .first()
    .waitFor();
  await page.evaluate(watchKeys);

  const rows: Row[] = [];
  const measure = async (what: string, live: () => void, everyMs: number, press: typeof moveThroughTable): Promise<void> => {
    for (const changes of [0, Math.round(live === changeFloor ? changesPerSecond : 1_000 / everyMs)]) {
      const timer = changes === 0 ? null : setInterval(live, everyMs);
      const figures = await profiled(page, `${what.replaceAll(" ", "-")}-${changes}`, () => pressing(page, press));
      rows.push({ what, changesPerSecond: changes, ...figures, load: loadavg()[0] ?? 0 });
      if (timer !== null) clearInterval(timer);
    }
  };
  await measure("moving through the table", changeFloor, TICK_MS, moveThroughTable);
  await measure("typing into commands", changeFloor, TICK_MS, typeIntoCommands);

  await page.goto(`${centre.program.url}desk`);
  await goReadyOn(page);
  await page.locator('[data-testid="phone"][data-view="up"][data-proven="true"]').waitFor();
  const caller = baresipDial({ uri: `sip:${centre.number}@127.0.0.1:${centre.program.sipPort}`, toneHz: 440, from: "02079460199" });
  try {
    await page.locator('[data-testid="agent-state"][data-state="ringing"]').waitFor();
    await page.keyboard.press("F2");
    await page.locator('[data-testid="agent-state"][data-state="talking"]').waitFor();
    await page.evaluate(watchKeys);
    await measure("typing a note in a talk", changeWork, WORK_EVERY_MS, typeNote);
  } finally {
    caller.kill();
  }

  const [real] = (await centre.admin.call("contactsList", { query: {} })).items;
  if (real === undefined) throw new Error("the call left no contact");
  await page.route(/\/api\/v1\/contacts\?/u, (route) => route.fulfill({ json: { items: contactsLike(real), nextCursor: null } }));
  await page.route(/\/api\/v1\/contacts$/u, (route) => route.fulfill({ json: { items: contactsLike(real), nextCursor: null } }));
  await page.goto(`${centre.program.url}contacts`);
  await page.locator('[role=grid][aria-rowcount="501"]').waitFor();
  await page.evaluate(watchKeys);
  await measure("searching in contacts", changeWork, WORK_EVERY_MS, typeSearch);

  if (values.json) process.stdout.write(`${JSON.stringify({ agents: agentCount, keys: keyCount, rows }, null, 2)}\n`);
  else {
    process.stdout.write(
      `${agentCount} agents on the floor; ms from a key to the frame after it, ${keyCount} keys each, ${keysPerSecond === 0 ? "as fast as the page takes them" : `${keysPerSecond} a second`}\n`,
    );
    for (const row of rows)
      process.stdout.write(
        `${row.what.padEnd(26)} ${String(row.changesPerSecond).padStart(4)} changes/s   p50 ${row.p50.toFixed(0)}   p95 ${row.p95.toFixed(0)}   p99 ${row.p99.toFixed(0)}   max ${row.max.toFixed(0)}   main thread's CPU ${row.taskMs.toFixed(1)} ms a key (script ${row.scriptMs.toFixed(1)}, layout ${row.layoutMs.toFixed(1)})   load ${row.load.toFixed(1)}\n`,
      );
  }
} finally {
  await browser.close();
  await centre.program.stop();
}

async function pressing(
  page: Page,
  press: (page: Page, index: number) => Promise<void>,
): Promise<Omit<Row, "what" | "changesPerSecond" | "load">> {
  await page.evaluate(() => void ((window as unknown as { alloKeys: number[] }).alloKeys = []));
  const session = await page.context().newCDPSession(page);
  // The time that the thread had the processor, whoever else wanted it meanwhile.
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const spent = async (): Promise<ReadonlyMap<string, number>> =>
    new Map((await session.send("Performance.getMetrics")).metrics.map(({ name, value }) => [name, value]));
  const before = await spent();
  const startedAt = performance.now();
  for (let index = 0; index < keyCount; index += 1) {
    if (keysPerSecond > 0) await sleep(Math.max(0, startedAt + (index * 1_000) / keysPerSecond - performance.now()));
    await press(page, index);
  }
  const after = await spent();
  await session.detach();
  const each = (...names: string[]): number =>
    (names.reduce((sum, name) => sum + (after.get(name) ?? 0) - (before.get(name) ?? 0), 0) * 1_000) / keyCount;
  await page.keyboard.press("Escape");
  const taken = (await page.evaluate(() => (window as unknown as { alloKeys: number[] }).alloKeys)).toSorted((a, b) => a - b);
  const at = (share: number): number => taken[Math.min(taken.length - 1, Math.floor(share * taken.length))] ?? Number.NaN;
  return {
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    max: at(1),
    taskMs: each("TaskDuration"),
    scriptMs: each("ScriptDuration"),
    layoutMs: each("LayoutDuration", "RecalcStyleDuration"),
  };
}

async function moveThroughTable(page: Page, index: number): Promise<void> {
  if (index === 0)
    await page
      .getByRole("table", { name: "Agents" })
      .or(page.getByRole("grid", { name: "Agents" }))
      .first()
      .focus();
  await page.keyboard.press(index % 40 < 30 ? "ArrowDown" : "ArrowUp");
}

async function typeIntoCommands(page: Page, index: number): Promise<void> {
  if (index === 0) await page.keyboard.press("Control+k");
  await page.keyboard.press(index % 8 === 7 ? "Backspace" : ("customers"[index % 9] ?? "c"));
}

async function typeNote(page: Page, index: number): Promise<void> {
  if (index === 0) await page.getByTestId("note").locator("visible=true").first().focus();
  await page.keyboard.press(index % 30 === 29 ? "Enter" : ("abcdefgh "[index % 9] ?? "a"));
}

async function typeSearch(page: Page, index: number): Promise<void> {
  if (index === 0) await page.locator("[data-search]").focus();
  await page.keyboard.press(index % 12 > 5 ? "Backspace" : String(index % 10));
}

function contactsLike(real: ContactRow): readonly ContactRow[] {
  return Array.from({ length: CONTACTS }, (_, index) => ({
    ...real,
    contactId: `con_bench${String(index).padStart(4, "0")}`,
    startedAt: real.startedAt - index * 60_000,
  }));
}

/** Keeps where the page's time went, where one asks for it. */
async function profiled<T>(page: Page, name: string, run: () => Promise<T>): Promise<T> {
  if (values.profile === undefined) return run();
  const session = await page.context().newCDPSession(page);
  await session.send("Profiler.enable");
  await session.send("Profiler.start");
  const result = await run();
  const { profile } = await session.send("Profiler.stop");
  writeFileSync(join(values.profile, `${name}.cpuprofile`), JSON.stringify(profile));
  await session.detach();
  return result;
}

/** In the page: notes for each key the milliseconds from the press to the frame after it. */
function watchKeys(): void {
  const kept = window as unknown as { alloKeys: number[] };
  kept.alloKeys = [];
  addEventListener(
    "keydown",
    (event) => {
      const pressedAt = event.timeStamp;
      requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => kept.alloKeys.push(performance.now() - pressedAt);
        channel.port2.postMessage(null);
      });
    },
    { capture: true },
  );
}

function withAgents(state: FloorState, count: number): FloorState {
  const queueId = state.queues[0]?.queueId ?? "que_none";
  const agents: FloorAgent[] = Array.from({ length: count }, (_, index) => ({
    ...(state.agents[0] as FloorAgent),
    personId: `per_bench${String(index).padStart(4, "0")}`,
    name: `Agent ${String(index + 1).padStart(3, "0")}`,
    state: "ready",
    since: state.at - index * 1_000,
    reachable: true,
    contactId: null,
    queueId: null,
    queueIds: [queueId],
  }));
  return { ...state, agents };
}

function change(agents: FloorAgent[]): FloorAgent {
  const index = Math.floor(prng.next() * agents.length);
  const states = ["ready", "ringing", "talking", "wrapUp", "notReady"] as const;
  const before = agents[index] as FloorAgent;
  const state = states[Math.floor(prng.next() * states.length)] ?? "ready";
  const onContact = state === "ringing" || state === "talking" || state === "wrapUp";
  const after: FloorAgent = {
    ...before,
    state,
    since: Date.now(),
    contactId: onContact ? `con_bench${String(index).padStart(4, "0")}` : null,
    queueId: onContact ? (before.queueIds[0] ?? null) : null,
  };
  agents[index] = after;
  return after;
}
