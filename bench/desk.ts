/*
 * npm run bench -- desk [--json] [--agents 500] [--changes 200] [--keys 300]: from a key press to the frame that follows it, on the floor
 * with so many live rows changing so often a second, as a person feels it (event timestamp to the frame after it). The built screens against
 * the whole program in Chromium; only the floor's rows are made up, on the way from the live link. The same keys on the same page without a
 * change stand beside, as the baseline.
 */
import { parseArgs } from "node:util";
import type { FloorAgent, FloorState, LiveFromServer } from "@allo/contract";
import { createPrng } from "@allo/kernel";
import { openBrowser } from "@allo/testkit";
import type { Page, WebSocketRoute } from "playwright-core";
import { openCentre, PASSWORD } from "../conformance/call/centre.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    agents: { type: "string", default: "500" },
    changes: { type: "string", default: "200" },
    keys: { type: "string", default: "300" },
  },
});
const [agentCount, changesPerSecond, keyCount] = [values.agents, values.changes, values.keys].map(Number) as [number, number, number];
const TICK_MS = 50;
const prng = createPrng("bench desk");

type Row = {
  readonly what: string;
  readonly changesPerSecond: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
};

const centre = await openCentre();
const browser = await openBrowser({ toneHz: 1_000 });
try {
  const page = await browser.context.newPage();
  let live: { readonly route: WebSocketRoute; stream: string; sequence: number; agents: FloorAgent[] } | null = null;
  await page.routeWebSocket(/\/api\/v1\/live$/, (route) => {
    const server = route.connectToServer();
    server.onMessage((text) => {
      const message = JSON.parse(String(text)) as LiveFromServer;
      if (message.kind === "delta" && message.topic === "floor") return;
      if (message.kind !== "snapshot" || message.topic !== "floor") return route.send(text);
      const state = withAgents(message.state, agentCount);
      live = { route, stream: message.stream, sequence: message.sequence, agents: [...state.agents] };
      route.send(JSON.stringify({ ...message, state }));
    });
  });
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
  for (const changes of [0, changesPerSecond]) {
    const timer = setInterval(() => {
      if (live === null || changes === 0) return;
      const upsert = Array.from({ length: Math.max(1, Math.round((changes * TICK_MS) / 1_000)) }, () => change(live?.agents ?? []));
      live.sequence += 1;
      const { stream, sequence } = live;
      live.route.send(
        JSON.stringify({
          kind: "delta",
          topic: "floor",
          stream,
          sequence,
          patch: { op: "rows", list: "agents", key: "personId", upsert, remove: [] },
        }),
      );
    }, TICK_MS);
    rows.push({ what: "moving through the table", changesPerSecond: changes, ...(await pressing(page, moveThroughTable)) });
    rows.push({ what: "typing into commands", changesPerSecond: changes, ...(await pressing(page, typeIntoCommands)) });
    clearInterval(timer);
  }
  if (values.json) process.stdout.write(`${JSON.stringify({ agents: agentCount, keys: keyCount, rows }, null, 2)}\n`);
  else {
    process.stdout.write(`${agentCount} agents on the floor; ms from a key to the frame after it, ${keyCount} keys each\n`);
    for (const row of rows)
      process.stdout.write(
        `${row.what.padEnd(26)} ${String(row.changesPerSecond).padStart(4)} changes/s   p50 ${row.p50.toFixed(0)}   p95 ${row.p95.toFixed(0)}   p99 ${row.p99.toFixed(0)}   max ${row.max.toFixed(0)}\n`,
      );
  }
} finally {
  await browser.close();
  await centre.program.stop();
}

async function pressing(page: Page, press: (page: Page, index: number) => Promise<void>): Promise<Omit<Row, "what" | "changesPerSecond">> {
  await page.evaluate(() => void ((window as unknown as { alloKeys: number[] }).alloKeys = []));
  for (let index = 0; index < keyCount; index += 1) await press(page, index);
  await page.keyboard.press("Escape");
  const taken = (await page.evaluate(() => (window as unknown as { alloKeys: number[] }).alloKeys)).toSorted((a, b) => a - b);
  const at = (share: number): number => taken[Math.min(taken.length - 1, Math.floor(share * taken.length))] ?? Number.NaN;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
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
  const after: FloorAgent = { ...before, state: states[Math.floor(prng.next() * states.length)] ?? "ready", since: Date.now() };
  agents[index] = after;
  return after;
}
