// Calls by trunks from end to end: an agent's desk and phone, core, the gate, the edge, and carriers that aren't ours. Tones prove the
// sound of both directions.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BodyOf, DeskState } from "@allo/contract";
import { generateTone, toneShare } from "@allo/media";
import { createAgentPhones, encodeVoice, type AgentPhone, type AgentPhones } from "@allo/node-caller";
import { baresipAnswer, baresipDial, freePort, hasBaresip, startProgram, type BaresipCall } from "@allo/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFailed, onTestFinished, test, vi } from "vitest";
import { createAgentClient, type AgentClient } from "../../apps/server/src/demo/live/agent-client.ts";
import { hasCarrierEdge, startCarrierEdge, type CarrierEdge } from "./carrier-edge.ts";
import { carrierTarget, carrierTrunk, type CarrierFields } from "./carrier-trunk.ts";
import { MAIN, openCentre, type Centre } from "./centre.ts";

const AGENT_HZ = 900;
const CARRIER_HZ = 440;
/** A number of Ofcom's for fiction. */
const CUSTOMER = "+442079460123";
const FRAMES_HEARD = 25;

let centre: Centre;
let phones: AgentPhones;
let agent: AgentClient;
let tlsPort = 0;
let folder = "";
let carrierPem = "";
let carrierKeyPem = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "allo-carriers-"));
  tlsPort = await freePort();
  const args = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=carrier.example".split(" ");
  const [key, certificate] = [join(folder, "carrier.key"), join(folder, "carrier.pem")];
  execFileSync("openssl", [...args, "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate], { stdio: "ignore" });
  carrierPem = readFileSync(certificate, "utf8");
  carrierKeyPem = readFileSync(key, "utf8");
  // A certificate of the own authority opens SIP over TLS; this machine's own browsers are served without.
  const program = await startProgram({ main: MAIN, env: { ALLO_SIP_TLS_PORT: String(tlsPort), ALLO_TLS: "local" } });
  centre = await openCentre({ program: { ...program, url: program.url.replace(/^https:/, "http:") } });
  const { suggested, version } = await centre.admin.call("dialPolicyGet");
  await centre.admin.call("dialPolicyPut", { body: { policy: { ...suggested, enabled: true, countries: ["GB"] }, version } });
  const clock = { now: () => Date.now() };
  phones = await createAgentPhones({ bindAddress: "127.0.0.1", clock });
  agent = createAgentClient({
    url: centre.program.url,
    who: { personId: (await centre.agent.call("sessionGet")).personId, email: centre.agentEmail, password: centre.password },
    phones,
    log: { warn: () => undefined },
  });
  await agent.act({ kind: "signIn" });
  await vi.waitFor(() => expect([agent.phone?.state(), agent.desk()?.proven]).toEqual(["up", true]), { timeout: 25_000 });
  const voice = phone();
  voice.setVoice(true);
  voice.onFrame((samples) => {
    frames.push(samples);
    if (frames.length > FRAMES_HEARD) frames.shift();
  });
  speak(voice);
});

afterAll(async () => {
  await agent.close();
  await phones.close();
  await centre.program.stop();
  rmSync(folder, { recursive: true, force: true });
});

const frames: Int16Array[] = [];
function phone(): AgentPhone {
  if (agent.phone === null) throw new Error("the agent has no phone");
  return agent.phone;
}
/** Says its tone for ever. */
function speak(voice: AgentPhone): void {
  const tone = encodeVoice(generateTone({ frequencyHz: AGENT_HZ, durationMs: 10_000 }));
  const again = async (): Promise<void> => {
    while (agent.isSignedIn()) if ((await voice.play(tone)) === "cut") return;
  };
  void again();
}
function agentHears(hz: number): number {
  const all = new Int16Array(frames.reduce((sum, frame) => sum + frame.length, 0));
  let at = 0;
  for (const frame of frames) {
    all.set(frame, at);
    at += frame.length;
  }
  return toneShare(all, hz);
}
const carrierHears = (far: BaresipCall): number => toneShare(far.heard().slice(-6_000), AGENT_HZ);
async function soundBothWays(far: BaresipCall): Promise<void> {
  await expect.poll(() => agentHears(CARRIER_HZ), { message: "what the agent hears of the carrier" }).toBeGreaterThan(0.9);
  await expect.poll(() => carrierHears(far), { message: "what the carrier hears of the agent" }).toBeGreaterThan(0.9);
}
const desk = (): Promise<DeskState> => centre.agent.call("deskGet");
const contactId = async (): Promise<string> => (await desk()).contact?.contactId ?? "";

/** One trunk at a time: the last one is retired. */
let standing: { readonly trunkId: string; readonly version: number } | null = null;
async function useTrunk(fields: CarrierFields): Promise<void> {
  await retireTrunk();
  const rules = { dialled: [{ match: "+*", strip: 1, prepend: "" }], callerOut: [], reached: [], callerIn: [] };
  const { trunk } = await centre.admin.call("trunkCreate", { body: carrierTrunk({ rules, ...fields }) });
  standing = trunk;
}
async function retireTrunk(): Promise<void> {
  if (standing === null) return;
  const { trunkId, version } = standing;
  standing = null;
  await centre.admin.call("trunkUpdate", { params: { trunkId }, body: { version, retired: true } });
}
const subscriber = { from: CUSTOMER.slice(1), toneHz: CARRIER_HZ };

/** Dials until the edge knows the trunk that was just set up. */
async function callOut(): Promise<void> {
  await centre.agent.call("callPlace", { body: { number: CUSTOMER } });
}
async function ended(): Promise<void> {
  await expect.poll(async () => (await desk()).state).toBe("wrapUp");
  const [code] = (await centre.admin.call("wrapUpCodesList")).items;
  await centre.agent.call("wrapUpFinish", {
    params: { contactId: await contactId() },
    body: { wrapUpCodeId: code?.wrapUpCodeId ?? null, note: "" },
  });
  await expect.poll(async () => (await desk()).contact).toBeNull();
}
/** The first lines of the messages of a contact, in order. */
async function ladder(id: string): Promise<readonly string[]> {
  const { items } = await centre.admin.call("contactTraceGet", { params: { contactId: id } });
  return items.flatMap(({ steps }) => steps.map(({ from, label }) => `${from === "allo" ? ">" : "<"} ${label.split(" ")[0]}`));
}
async function capture(id: string): Promise<string> {
  const response = await centre.admin.bytes("contactTracePcap", { contactId: id });
  return Buffer.from(await response.arrayBuffer()).toString("latin1");
}
const rowOf = async (id: string) => (await centre.admin.call("contactGet", { params: { contactId: id } })).contact;

afterEach(async () => {
  await retireTrunk();
  expect((await desk()).contact).toBeNull();
});

const needsBaresip = describe.skipIf(!hasBaresip());
needsBaresip("a trunk over TLS with audio sealed by SDES, and baresip as the carrier", () => {
  const secure = (habits: Partial<BodyOf<"trunkCreate">["habits"]>, port: number) =>
    useTrunk({ targets: [carrierTarget(port, "tls")], tls: { caPem: carrierPem, fingerprint: null }, habits: habits as never });
  const answerAt = async (port: number, over: Partial<Parameters<typeof baresipAnswer>[0]>): Promise<BaresipCall> => {
    const far = baresipAnswer({ ...subscriber, port, transport: "tls", certificatePem: `${carrierPem}${carrierKeyPem}`, ...over });
    onTestFinished(() => far.kill());
    await expect.poll(() => far.output()).toMatch(/ready/i);
    return far;
  };

  test("required: a call of the agent's is sealed both ways, is heard both ways, and the carrier's BYE leads to wrap-up", async () => {
    const port = await freePort();
    const far = await answerAt(port, { srtp: "required", ptimeMs: 20 });
    await secure({ srtp: "required", ptimeMs: 30 }, port);
    await callOut();
    const id = await contactId();
    await far.established;
    await soundBothWays(far);
    expect(far.output()).toMatch(/SRTP is Enabled/);
    // It obeys the length that our offer asks for.
    expect(far.output()).toMatch(/ptime_tx 20ms -> 30ms/);
    await far.hangUp();
    await ended();
    await expect
      .poll(async () => await rowOf(id))
      .toMatchObject({
        direction: "out",
        callerNumber: CUSTOMER,
        agentName: centre.agentName,
        outcome: "answered",
        cause: { by: "caller", why: "hungUp" },
      });
    expect((await rowOf(id)).talkMs).toBeGreaterThan(0);
    await expect.poll(() => ladder(id)).toEqual(expect.arrayContaining(["> INVITE", "< 200", "> ACK", "< BYE", "> 200"]));
    const keys = (await capture(id)).match(/inline:[^\r\n]*/g) ?? [];
    expect(keys.length).toBeGreaterThanOrEqual(2);
    expect(new Set(keys)).toEqual(new Set([`inline:${"HIDDEN".padEnd(40, "/")}`]));
  });

  test("required: a sealed call of the carrier's is taken, one in clear is refused on both ways", async () => {
    const port = await freePort();
    await secure({ srtp: "required" }, port);
    await agent.act({ kind: "goReady" });
    const uri = `sip:600@127.0.0.1:${tlsPort};transport=tls`;
    const clear = baresipDial({ ...subscriber, uri, transport: "tls" });
    onTestFinished(() => clear.kill());
    expect(await clear.closed).toMatch(/488/);
    const far = baresipDial({ ...subscriber, uri, transport: "tls", srtp: "required" });
    onTestFinished(() => far.kill());
    await expect.poll(async () => (await desk()).contact?.offerId ?? null).not.toBeNull();
    const offerId = (await desk()).contact?.offerId ?? "";
    await agent.act({ kind: "accept", offerId } as never);
    await soundBothWays(far);
    expect(far.output()).toMatch(/SRTP is Enabled/);
    await far.hangUp();
    await ended();

    const other = await answerAt(port, {});
    await callOut();
    await expect.poll(async () => (await desk()).lastDial?.cause ?? null).toMatchObject({ why: "notReached", sipStatus: 488 });
    const refused = (await desk()).lastDial?.contactId ?? "";
    await expect.poll(async () => (await ladder(refused)).filter((step) => /INVITE|488/.test(step))).toEqual(["> INVITE", "< 488"]);
    other.kill();
  });

  test("optional: sealed with a carrier that can, in clear with one that can't", async () => {
    for (const srtp of ["optional", undefined] as const) {
      const port = await freePort();
      const far = await answerAt(port, srtp === undefined ? {} : { srtp });
      await secure({ srtp: "optional" }, port);
      await callOut();
      await far.established;
      await soundBothWays(far);
      expect(/SRTP is Enabled/.test(far.output()), String(srtp)).toBe(srtp !== undefined);
      await centre.agent.call("contactHangUp", { params: { contactId: await contactId() } });
      await far.closed;
      await ended();
      far.kill();
    }
  });
});

needsBaresip("the network doctor's test call", () => {
  const look = async (): Promise<readonly string[]> => {
    const testCall = { trunkId: standing?.trunkId ?? "", number: CUSTOMER };
    const facts = { now: Date.now(), socketOpen: true, pathProven: null, relays: null };
    const { runId } = await centre.admin.call("doctorRunCreate", { body: { ...facts, testCall } });
    const run = () => centre.admin.call("doctorRunGet", { params: { runId } });
    await expect.poll(async () => (await run()).endedAt).not.toBeNull();
    return (await run()).findings.map(({ code, side }) => `${code} ${side}`);
  };

  test("comes back from an echo, and is heard to arrive from who says something of its own; all other doors answer meanwhile", async () => {
    const port = await freePort();
    await useTrunk({ targets: [carrierTarget(port, "udp")] });
    const echo = baresipAnswer({ ...subscriber, port, echoes: true });
    onTestFinished(() => echo.kill());
    await expect.poll(() => echo.output()).toMatch(/ready/i);
    const found = await look();
    expect(found).toEqual(expect.arrayContaining(["testCallEchoed none", "doorAnswers none", "audioArrives none", "answers none"]));
    expect(found.filter((each) => /door(Silent|Closed)|exchangeAway/.test(each))).toEqual([]);
    await echo.closed;
    echo.kill();
    const other = await freePort();
    await useTrunk({ targets: [carrierTarget(other, "udp")] });
    const speaker = baresipAnswer({ ...subscriber, port: other });
    onTestFinished(() => speaker.kill());
    await expect.poll(() => speaker.output()).toMatch(/ready/i);
    const heard = await look();
    expect(heard.filter((each) => each.startsWith("testCall")).join()).toMatch(/^testCall(Arrives|Heard) none$/);
  });
});

describe.skipIf(!hasBaresip() || !hasCarrierEdge)("Kamailio and rtpengine as the carrier's edge, sealed audio behind them", () => {
  let edge: CarrierEdge;
  let subscriberPort = 0;
  beforeAll(async () => {
    subscriberPort = await freePort();
    const own = { port: centre.program.sipPort, user: "allo-trunk", password: "a-password-of-the-carrier" };
    edge = await startCarrierEdge({ centre: own, subscriberPort });
  });
  beforeEach(() => onTestFailed(() => void process.stderr.write(`${edge.output().slice(-6_000)}\n`)));
  afterAll(async () => edge.stop());
  const trunk = () =>
    useTrunk({
      targets: [carrierTarget(edge.port, "udp")],
      account: { user: "allo-trunk", authUser: null, realm: "carrier.example" },
      password: "a-password-of-the-carrier",
    });

  test("sip-rtp 6.6.1: a call out is asked for the password, goes by Record-Route, is held and taken back by the far end, and ends by its BYE", async () => {
    const far = baresipAnswer({ ...subscriber, port: subscriberPort, srtp: "required" });
    onTestFinished(() => far.kill());
    await expect.poll(() => far.output()).toMatch(/ready/i);
    await trunk();
    await callOut();
    const id = await contactId();
    await far.established;
    await soundBothWays(far);
    expect(far.output()).toMatch(/SRTP is Enabled/);
    // Each is a re-INVITE through both; refused, baresip would say so and go on as before.
    far.hold();
    await expect.poll(() => edge.output().match(/Received command 'offer'/g)?.length ?? 0).toBeGreaterThanOrEqual(2);
    far.resume();
    await expect.poll(() => edge.output().match(/Received command 'offer'/g)?.length ?? 0).toBeGreaterThanOrEqual(3);
    await soundBothWays(far);
    expect(edge.output().match(/Received command 'answer'/g)?.length).toBeGreaterThanOrEqual(3);
    await far.hangUp();
    await ended();
    // Both tries, the one without the password and the one with its proof, which is hidden.
    await expect.poll(async () => (await ladder(id)).filter((step) => step === "> INVITE").length).toBe(2);
    const proofs = (await capture(id)).match(/(?<=Authorization: Digest .*)\b(response|cnonce|nonce)="[^"]*"/g) ?? [];
    expect(proofs.length).toBeGreaterThan(0);
    expect(proofs.filter((proof) => !proof.endsWith('="***"'))).toEqual([]);
  });

  test("a call in comes through both, and the agent's BYE reaches the far end", async () => {
    await trunk();
    await agent.act({ kind: "goReady" });
    const far = baresipDial({ ...subscriber, uri: `sip:${centre.number}@127.0.0.1:${edge.port}`, srtp: "required" });
    onTestFinished(() => far.kill());
    await expect.poll(async () => (await desk()).contact?.offerId ?? null).not.toBeNull();
    const offerId = (await desk()).contact?.offerId ?? "";
    await agent.act({ kind: "accept", offerId } as never);
    await soundBothWays(far);
    await centre.agent.call("contactHangUp", { params: { contactId: await contactId() } });
    await far.closed;
    await ended();
  });
});
