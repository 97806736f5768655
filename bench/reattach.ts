/*
 * npm run bench -- reattach [--json] [--rounds 5]: an agent's browser goes away in the middle of a talk and comes back: how long the customer
 * doesn't hear the agent, by the customer's own ear, and how long it takes from the moment the browser is back.
 * The whole program, Chromium and baresip; the page is loaded from the browser's cache as a person's is.
 */
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import { toneShare } from "@allo/media";
import { baresipDial, openBrowser, type BaresipCall } from "@allo/testkit";
import type { Page } from "playwright-core";
import { openCentre } from "../conformance/call/centre.ts";
import { longestGap } from "../conformance/call/listening.ts";
import { goReadyOn } from "../conformance/desk/chromium.ts";
import { commandOf, processTree } from "./process-tree.ts";

const { values } = parseArgs({ options: { json: { type: "boolean", default: false }, rounds: { type: "string", default: "5" } } });
const rounds = Number(values.rounds);
const AGENT_HZ = 1_000;
const SECOND = 8_000; // samples
const SLEEP_MS = 6_000;
const WAIT_MS_MAX = 25_000;

type Row = { readonly what: string; readonly backMs: readonly number[]; readonly withoutMs: readonly number[]; readonly load: number };

const centre = await openCentre();
const browser = await openBrowser({ toneHz: AGENT_HZ });
let caller: BaresipCall | null = null;
try {
  let page: Page = browser.context.pages()[0] ?? (await browser.context.newPage());
  await page.goto(`${centre.program.url}sign-in`);
  await page.locator("input[name=email]").fill(centre.agentEmail);
  await page.locator("input[name=password]").fill(centre.password);
  await page.locator("button[type=submit]").click();
  await page.waitForURL(/\/desk/);
  await goReadyOn(page);
  await until(async () => (await centre.agent.call("deskGet")).phone.proven);
  const uri = `sip:${centre.number}@127.0.0.1:${centre.program.sipPort}`;
  caller = baresipDial({ uri, toneHz: 620, from: "02079460123", toneSeconds: 900 });
  await caller.established;
  await until(async () => (await centre.agent.call("deskGet")).state === "ringing");
  await page.keyboard.press("F2");
  await until(async () => (await centre.agent.call("deskGet")).state === "talking");
  const customer = caller;

  /** `goAndComeBack` says when the browser was back. */
  const measure = async (what: string, goAndComeBack: () => Promise<number>): Promise<Row> => {
    const backMs: number[] = [];
    const withoutMs: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      // Without the agent's tone before it nothing that follows is a gap.
      await until(async () => toneShare(customer.heard().slice(-SECOND), AGENT_HZ) > 0.6);
      const from = customer.heard().length - SECOND;
      const backAt = await goAndComeBack();
      // There is a gap as soon as the agent's tone is heard again after it, for half a second.
      const gap = (): { readonly ms: number; readonly endsAt: number } => longestGap(customer.heard().subarray(from), AGENT_HZ);
      await until(async () => gap().ms > 0);
      const { ms, endsAt } = gap();
      const endedAt = Date.now() - (customer.heard().length - from - endsAt) / 8;
      backMs.push(Math.round(endedAt - backAt));
      withoutMs.push(ms);
    }
    return { what, backMs, withoutMs, load: loadavg()[0] ?? 0 };
  };

  const rows = [
    await measure("the tab is refreshed", async () => {
      const at = Date.now();
      await page.reload({ waitUntil: "commit" });
      return at;
    }),
    await measure("the tab dies, the desk is opened in another", async () => {
      const other = await browser.context.newPage();
      await page.close();
      await until(async () => (await centre.agent.call("deskGet")).contact?.mediaLostSince != null);
      const at = Date.now();
      page = other;
      await page.goto(centre.program.url, { waitUntil: "commit" });
      return at;
    }),
    await measure(`the computer sleeps for ${SLEEP_MS / 1_000} s`, async () => {
      const pids = processTree(process.pid).filter((pid) => commandOf(pid).includes("chromium"));
      for (const pid of pids) process.kill(pid, "SIGSTOP");
      await sleep(SLEEP_MS);
      const at = Date.now();
      for (const pid of pids) process.kill(pid, "SIGCONT");
      return at;
    }),
  ];
  if (values.json) process.stdout.write(`${JSON.stringify(rows)}\n`);
  else {
    process.stdout.write("| what happens | back to talking, ms: each round | customer without the agent, ms | load |\n|---|---|---|---|\n");
    for (const { what, backMs, withoutMs, load } of rows)
      process.stdout.write(`| ${what} | ${backMs.join(", ")} | ${withoutMs.join(", ")} | ${load.toFixed(1)} |\n`);
  }
} finally {
  caller?.kill();
  await browser.close();
  await centre.program.stop();
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const startedAt = performance.now();
  while (!(await isSo())) {
    if (performance.now() - startedAt > WAIT_MS_MAX) throw new Error("it doesn't come about");
    await sleep(25);
  }
}
