// A caller behind a router, on machines of its own as far as the network goes: namespaces, with addresses translated between them.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import type { EdgeConfig } from "@allo/contract";
import type { CallId, ContactId, NumberId, OfferId, PersonId, PhoneId, SessionId } from "@allo/kernel";
import { generateTone, toneShare } from "@allo/media";
import { createAgentPhones, encodeVoice, type AgentPhone, type AgentPhones } from "@allo/node-caller";
import { baresipDial, hasBaresip, type BaresipCall } from "@allo/testkit";
import type { PlayedCore } from "./fixtures/played-core.ts";
import { startEdge, type StartedEdge } from "./fixtures/started-edge.ts";

/** Documentation addresses (RFC 5737) between us and the router, so that nothing real is shadowed; a private network behind it. */
const OURS = "203.0.113.1";
const ROUTER = "203.0.113.2";
const INSIDE = "10.77.0.1";
const PHONE = "10.77.0.2";
const CALLER_HZ = 620;
const AGENT_HZ = 1_000;
const RATE = 8_000;
const name = `allo${process.pid}`;
const [router, home] = [`${name}r`, `${name}h`];
const able = process.getuid?.() === 0 && hasBaresip() && existsSync("/usr/sbin/nft") && makesNamespaces();

let edge: StartedEdge;
let core: PlayedCore;
let sipPort = 0;
let phones: AgentPhones | undefined;
let agent: AgentPhone;

const config: EdgeConfig = {
  version: 1,
  numbers: [
    {
      numberId: "num_1" as NumberId,
      dialled: ["600"],
      allowedNetworks: [`${ROUTER}/32`],
      language: "en",
      technicalAudioIds: [],
      callsMax: 10,
    },
  ],
  devices: [],
  trunks: [],
  audio: [],
  limits: { callsMax: 20, agentMediaTimeoutMs: 2_000 },
};

beforeAll(async () => {
  if (!able) return;
  openNetwork();
  edge = await startEdge(() => config, { ALLO_BIND: OURS, ALLO_SIP_TLS_PORT: "0", ALLO_LOG: "error" });
  ({ core } = edge);
  sipPort = edge.ports.sip;
  phones = await createAgentPhones({ bindAddress: OURS, clock: { now: () => Date.now() } });
  const personId = "per_1" as PersonId;
  const flow = { flowId: "flw_1", phoneId: "phn_1" as PhoneId, personId, sessionId: "ses_1" as SessionId };
  core.post({ kind: "phoneOpen", ...flow, addressOfRecord: `sip:${personId}@${OURS}`, remoteAddress: OURS, localAddress: OURS });
  agent = phones.open({ personId, domain: OURS, send: (text) => core.post({ kind: "phoneFrame", flowId: "flw_1", text }) });
  core.onFrame = (text) => agent.received(text);
  agent.linkUp();
  await vi.waitFor(() => expect(agent.state()).toBe("up"), { timeout: 30_000 });
  agent.setVoice(true);
  void agent.play(encodeVoice(generateTone({ frequencyHz: AGENT_HZ, durationMs: 120_000, amplitude: 8_000 })));
}, 60_000);

afterAll(async () => {
  if (!able) return;
  await phones?.close();
  await edge.stop();
  closeNetwork();
});

/** A call from behind the router that the agent has answered, with what each of them hears. */
async function talk(): Promise<{ readonly caller: BaresipCall; readonly callId: CallId }> {
  const from = core.events.length;
  const caller = baresipDial({
    uri: `sip:600@${OURS}:${sipPort}`,
    toneHz: CALLER_HZ,
    from: "02079460100",
    address: PHONE,
    namespace: home,
  });
  onTestFinished(() => caller.kill());
  const { callId, sourceAddress } = await core.until("callArrived", from);
  expect(sourceAddress).toBe(ROUTER);
  core.command({ kind: "acceptCall", callId, contactId: "con_1" as ContactId, token: "greeting", greeting: [], thenLoop: null });
  await caller.established;
  const offerId = `off_${callId}` as OfferId;
  const owner = { phoneId: "phn_1" as PhoneId, personId: "per_1" as PersonId };
  core.command({ kind: "bridge", callId, offerId, ...owner, recording: null, holdLoop: "music.main" });
  await core.until("callBridged", from);
  await bothHear(caller, ear(agent));
  return { caller, callId };
}

/** The last second that a phone heard from now on. */
function ear(phone: AgentPhone): () => Int16Array {
  let heard: Int16Array[] = [];
  phone.onFrame((samples) => {
    heard = [...heard.slice(1 - RATE / samples.length), samples];
  });
  return () => Int16Array.from(heard.flatMap((frame) => [...frame]));
}

async function bothHear(caller: BaresipCall, agentHears: () => Int16Array): Promise<void> {
  await expect.poll(() => toneShare(caller.heard().slice(-RATE), AGENT_HZ), { message: "the caller hears the agent" }).toBeGreaterThan(0.6);
  await expect.poll(() => toneShare(agentHears(), CALLER_HZ), { message: "the agent hears the caller" }).toBeGreaterThan(0.6);
}

test.skipIf(!able)(
  "a phone behind NAT is heard and hears, and our BYE finds it (skipped where no namespace can be made)",
  async () => {
    const { caller, callId } = await talk();
    core.command({ kind: "hangUp", callId, cause: { by: "agent", why: "hungUp" } });
    expect(await caller.closed).not.toMatch(/process ended/);
  },
  60_000,
);

test.skipIf(!able)(
  "the router forgets its mappings in mid-call: the call lives, both hear each other again, and it ends by the caller's word (skipped where no namespace can be made)",
  async () => {
    const { caller, callId } = await talk();
    const from = core.events.length;
    // A masquerading router forgets what it knew of a line that went down.
    ip("-n", router, "link", "set", `${name}b`, "down");
    ip("-n", router, "link", "set", `${name}b`, "up");
    let lastAt = performance.now();
    let longestMs = 0;
    agent.onFrame((samples) => {
      if (toneShare(samples, CALLER_HZ) < 0.5) return;
      longestMs = Math.max(longestMs, performance.now() - lastAt);
      lastAt = performance.now();
    });
    // So long that it was no hiccup of the line: the old mapping is gone.
    await expect.poll(() => longestMs, { message: "the agent hears the caller again" }).toBeGreaterThan(300);
    await bothHear(caller, ear(agent));
    if (process.env["ALLO_TEST_SAY"] === "1") process.stderr.write(`silence after the rebinding: ${Math.round(longestMs)} ms\n`);
    expect(longestMs).toBeLessThan(2_000);
    await caller.hangUp();
    expect(await core.until("callEnded", from)).toMatchObject({ callId, cause: { by: "caller", why: "hungUp" } });
  },
  60_000,
);

function makesNamespaces(): boolean {
  try {
    execFileSync("ip", ["netns", "add", `${name}p`], { stdio: "ignore" });
    execFileSync("ip", ["netns", "del", `${name}p`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function openNetwork(): void {
  for (const namespace of [router, home]) {
    ip("netns", "add", namespace);
    ip("-n", namespace, "link", "set", "lo", "up");
  }
  ip("link", "add", `${name}a`, "type", "veth", "peer", "name", `${name}b`);
  ip("link", "set", `${name}b`, "netns", router);
  ip("addr", "add", `${OURS}/30`, "dev", `${name}a`);
  ip("link", "set", `${name}a`, "up");
  ip("-n", router, "addr", "add", `${ROUTER}/30`, "dev", `${name}b`);
  ip("-n", router, "link", "set", `${name}b`, "up");
  ip("-n", router, "link", "add", `${name}c`, "type", "veth", "peer", "name", `${name}d`);
  ip("-n", router, "link", "set", `${name}d`, "netns", home);
  ip("-n", router, "addr", "add", `${INSIDE}/24`, "dev", `${name}c`);
  ip("-n", router, "link", "set", `${name}c`, "up");
  ip("-n", home, "addr", "add", `${PHONE}/24`, "dev", `${name}d`);
  ip("-n", home, "link", "set", `${name}d`, "up");
  ip("-n", home, "route", "add", "default", "via", INSIDE);
  execFileSync("ip", ["netns", "exec", router, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"]);
  nft("add table ip nat");
  nft("add chain ip nat out { type nat hook postrouting priority 100 ; }");
  nft(`add rule ip nat out oifname ${name}b masquerade fully-random`);
}

function closeNetwork(): void {
  execFileSync("ip", ["link", "del", `${name}a`], { stdio: "ignore" });
  for (const namespace of [router, home]) execFileSync("ip", ["netns", "del", namespace], { stdio: "ignore" });
}

function ip(...args: readonly string[]): void {
  execFileSync("ip", args);
}

function nft(rule: string): void {
  execFileSync("ip", ["netns", "exec", router, "nft", rule]);
}
