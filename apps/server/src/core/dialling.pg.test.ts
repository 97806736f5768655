import type { DialDecision, DialPolicy, DialPolicyState, DialState, DialTrial } from "@allo/contract";
import type { OrganisationId } from "@allo/kernel";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { DialAnswer, DialAsk } from "../modules/dialling/index.ts";
import { createDialling } from "../modules/dialling/index.ts";
import { addPerson, makeOrganisation, startTestCore, type TestCore, type Visitor } from "./fixtures/test-core.ts";

let test: TestCore;
let organisationId: OrganisationId;
let administrator: Visitor;
let lead: Visitor;
let agent: Visitor;
let agentId: string;

beforeAll(async () => {
  test = await startTestCore();
  const made = await makeOrganisation(test, { email: "anna@example.com" });
  administrator = made.administrator;
  organisationId = made.me.organisation.organisationId as OrganisationId;
  const vera = await addPerson(test.core, administrator, { name: "Вера", email: "vera@example.com", roles: ["agent"] });
  agent = vera.visitor;
  agentId = vera.me.personId;
  lead = (await addPerson(test.core, administrator, { name: "Лев", email: "lev@example.com", roles: ["lead"] })).visitor;
});
afterAll(async () => {
  await test?.close();
});

const ask = (destination: string, over: Partial<DialAsk> = {}): Promise<DialAnswer> =>
  test.core.dialling.gate.ask({ organisationId, destination, kind: "agent", personId: agentId, ...over });
const codes = (answer: DialAnswer): string[] => (answer.kind === "refused" ? answer.reasons.map((reason) => reason.code) : []);
const policyNow = async (): Promise<DialPolicyState> => (await administrator.call("GET", "/dialling/policy")).json<DialPolicyState>();
const save = async (change: Partial<DialPolicy>): Promise<DialPolicyState> => {
  const { policy, suggested, version } = await policyNow();
  const answer = await administrator.call("PUT", "/dialling/policy", { policy: { ...(policy ?? suggested), ...change }, version });
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json<DialPolicyState>();
};
const state = async (who: Visitor): Promise<DialState> => (await who.call("GET", "/dialling/state")).json<DialState>();
const decisions = async (query = ""): Promise<DialDecision[]> =>
  (await administrator.call("GET", `/dialling/decisions${query}`)).json<{ items: DialDecision[] }>().items;
/** The gate as a program that starts after so long would have it. */
const restarted = async (afterMs = 0) => {
  const { db, ids, audit, identity, directory, clock: own } = test.core;
  const clock = { now: (): number => own.now() + afterMs };
  const again = createDialling({ db, clock, ids, audit, identity, directory, log: { warn: () => undefined, error: () => undefined } });
  await again.load([organisationId]);
  return again;
};

it("an organisation without a policy calls nobody but for help", async () => {
  expect(codes(await ask("+74951234567"))).toEqual(["notSetUp"]);
  expect(await ask("112")).toMatchObject({ kind: "allowed", dial: "112", isEmergency: true });
  expect((await state(lead)).setUp).toBe(false);
  const { policy, suggested, countryEmergencyNumbers, country } = await policyNow();
  expect([policy, country, suggested.countries, suggested.currency]).toEqual([null, "RU", ["RU"], "RUB"]);
  expect(countryEmergencyNumbers).toContain("103");
});

it("a policy is in force as soon as it is saved, once, and in the audit list", async () => {
  const saved = await save({ countries: ["RU"] });
  expect(saved.version).toBe(1);
  expect(await ask("8 495 123-45-67")).toMatchObject({ kind: "allowed", dial: "+74951234567", country: "RU", callerId: "own" });
  expect(codes(await ask("+442079460000"))).toEqual(["countryDenied"]);
  const late = await administrator.call("PUT", "/dialling/policy", { policy: saved.policy, version: 0 });
  expect([late.statusCode, late.json<{ code: string }>().code]).toEqual([409, "versionConflict"]);
  const twice = [
    { prefix: "+7", rule: "allow" },
    { prefix: "+7", rule: "deny" },
  ];
  for (const wrong of [{ prefixes: twice }, { countries: ["XX"] }, { hoursId: "hrs_missing" }, { emergencyNumbers: ["+112"] }]) {
    const refused = await administrator.call("PUT", "/dialling/policy", { policy: { ...saved.policy, ...wrong }, version: 1 });
    expect(refused.statusCode, JSON.stringify(wrong)).toBe(400);
  }
  const audit = (await administrator.call("GET", "/audit?objectType=dialPolicy")).json<{
    items: { action: string; actorName: string }[];
  }>();
  expect(audit.items).toMatchObject([{ action: "dialPolicy.change", actorName: "Анна Сидорова" }]);
});

it("says before a call whether a number could be called, and counts nothing for it", async () => {
  const before = (await state(administrator)).today.calls;
  const trial = async (destination: string): Promise<DialTrial> =>
    (await administrator.call("POST", "/dialling/trials", { destination })).json<DialTrial>();
  expect(await trial("۸ ۴۹۵ ۱۲۳ ۴۵ ۶۷")).toMatchObject({ allowed: true, e164: "+74951234567", country: "RU", reasons: [] });
  expect(await trial("+88 1612345678")).toMatchObject({ allowed: false, range: "satellite", reasons: [{ code: "satellite" }] });
  expect(await trial("01")).toMatchObject({ allowed: true, emergency: true });
  expect((await state(administrator)).today.calls).toBe(before);
});

it("every decision stands in the list with its reason, and no number whole", async () => {
  await ask("+4930123456", { kind: "forward", personId: null });
  const [newest, ...others] = await decisions();
  expect(newest).toMatchObject({ kind: "forward", country: "DE", allowed: false, shown: "+4930••••56", personName: "", state: "refused" });
  expect(newest?.reasons.map((reason) => reason.code)).toEqual(["kindDenied", "countryDenied"]);
  expect(others.length).toBeGreaterThan(2);
  expect((await decisions("?outcome=allowed")).every((row) => row.allowed)).toBe(true);
  expect((await decisions(`?outcome=refused&personId=${agentId}`)).map((row) => row.personName)).toEqual(["Вера", "Вера"]);
  const first = (await administrator.call("GET", "/dialling/decisions?limit=2")).json<{ items: DialDecision[]; nextCursor: string }>();
  const next = await decisions(`?limit=2&cursor=${first.nextCursor}`);
  expect(next[0]?.decisionId).toBe((await decisions())[2]?.decisionId);
  expect(test.logged()).not.toContain("4951234567");
  expect(test.logged()).not.toContain("30123456");
});

it("caps hold over calls that are talking, over their ends and over a restart", async () => {
  const { caps } = (await policyNow()).suggested;
  await save({ caps: { ...caps, agent: { ...caps.agent, concurrent: 2, perHour: 4, minutesPerDay: 60 } }, otherPerMinute: 1.5 });
  test.advance(3_600_000);
  for (const { decisionId } of (await decisions("?outcome=allowed")).filter((row) => row.state === "open"))
    await test.core.dialling.gate.release(organisationId, decisionId);
  test.advance(3_600_000);
  const allowed = async (over: Partial<DialAsk> = {}): Promise<string> => {
    const answer = await ask("+79261234567", over);
    if (answer.kind === "refused") throw new Error(JSON.stringify(answer.reasons));
    return answer.reservationId;
  };
  const one = await allowed();
  const two = await allowed();
  expect(await ask("+79261234567")).toMatchObject({
    reasons: [{ code: "capReached", scope: "agent", cap: "concurrent", limit: 2, value: 2 }],
  });
  expect((await ask("+79261234567", { personId: null })).kind).toBe("allowed");
  await test.core.dialling.gate.settle(organisationId, one, { talkMs: 90_000 });
  await test.core.dialling.gate.settle(organisationId, one, { talkMs: 9_000_000 });
  expect((await decisions()).find((row) => row.decisionId === one)).toMatchObject({ state: "settled", talkMs: 90_000, cost: 3 });
  await allowed();
  await test.core.dialling.gate.release(organisationId, two);
  const again = await restarted();
  const asks = (): Promise<DialAnswer> => again.gate.ask({ organisationId, destination: "+79261234567", kind: "agent", personId: agentId });
  expect((await asks()).kind).toBe("allowed");
  expect(codes(await asks())).toEqual(["capReached", "capReached"]);
  await restarted(30 * 3_600_000);
  expect((await decisions("?outcome=allowed")).every((row) => row.state !== "open" || row.range === "emergency")).toBe(true);
});

it("too many calls in a minute stop them all, for everyone and over a restart, until someone who may lifts it with a reason", async () => {
  test.advance(120_000);
  await test.core.dialling.load([organisationId]);
  await save({ velocity: { callsPerMinute: 3, costPerHour: null }, caps: noCaps(), otherPerMinute: null });
  for (let call = 0; call < 3; call += 1) expect((await ask("+79261234567")).kind).toBe("allowed");
  expect(await ask("+79261234567")).toMatchObject({ reasons: [{ code: "velocity", cap: "callsPerMinute", limit: 3, value: 4 }] });
  test.advance(120_000);
  expect(codes(await ask("+79261234567"))).toEqual(["stopped"]);
  expect((await ask("103")).kind).toBe("allowed");
  const again = await restarted();
  expect(codes(await again.gate.ask({ organisationId, destination: "+79261234567", kind: "agent" }))).toEqual(["stopped"]);
  expect((await state(lead)).stop).toMatchObject({ cause: "callsPerMinute", limit: 3, value: 4, byName: null });
  expect((await agent.call("POST", "/dialling/lift", { reason: "нужно звонить" })).statusCode).toBe(403);
  expect((await lead.call("POST", "/dialling/lift", { reason: "" })).statusCode).toBe(400);
  const lifted = await lead.call("POST", "/dialling/lift", { reason: "обзвон по заявке" });
  expect(lifted.json<DialState>().stop).toBeNull();
  expect((await lead.call("POST", "/dialling/lift", { reason: "ещё раз" })).statusCode).toBe(409);
  expect((await ask("+79261234567")).kind).toBe("allowed");
  const audit = (await administrator.call("GET", "/audit?objectType=dialling")).json<{ items: { action: string; actorName: string }[] }>();
  expect(audit.items).toMatchObject([{ action: "dialling.lift", actorName: "Лев", after: { reason: "обзвон по заявке" } }]);
});

it("a lead stops outgoing calls by hand", async () => {
  const stopped = await lead.call("POST", "/dialling/stop", { reason: "подозрительные звонки" });
  expect(stopped.json<DialState>().stop).toMatchObject({ cause: "byHand", byName: "Лев", reason: "подозрительные звонки" });
  expect(codes(await ask("+79261234567"))).toEqual(["stopped"]);
  expect((await lead.call("POST", "/dialling/stop", { reason: "ещё раз" })).statusCode).toBe(409);
  await lead.call("POST", "/dialling/lift", { reason: "всё в порядке" });
});

it("one organisation's policy, use and list are nobody else's", async () => {
  const { administrator: stranger, me } = await makeOrganisation(test, { email: "other@example.org", number: "100" });
  const other = me.organisation.organisationId as OrganisationId;
  expect(codes(await ask("+79261234567", { organisationId: other }))).toEqual(["notSetUp"]);
  expect((await stranger.call("GET", "/dialling/decisions")).json<{ items: DialDecision[] }>().items).toHaveLength(1);
  expect((await state(stranger)).today.calls).toBe(0);
});

it("without a database nothing is let out but emergency calls", async () => {
  const { core } = test;
  const away = { ...core.db, withScope: () => Promise.reject(new Error("away")) };
  const { clock, ids, audit, identity, directory } = core;
  const again = createDialling({
    ...{ db: away, clock, ids, audit, identity, directory },
    log: { warn: () => undefined, error: () => undefined },
  });
  const dial = (destination: string): Promise<DialAnswer> => again.gate.ask({ organisationId, destination, kind: "agent" });
  expect(codes(await dial("+79261234567"))).toEqual(["unavailable"]);
  expect(await dial("112")).toMatchObject({ kind: "allowed", isEmergency: true });
});

function noCaps(): DialPolicy["caps"] {
  const none = { concurrent: null, perHour: null, perDay: null, minutesPerDay: null, costPerDay: null };
  return { agent: none, project: none, trunk: none, organisation: none };
}

it("caps of a trunk hold the calls by that trunk, and the next trunk is tried; a call for help is held by none", async () => {
  const { caps } = (await policyNow()).suggested;
  await save({ caps: { ...caps, trunk: { ...caps.trunk, concurrent: 1 } }, velocity: { callsPerMinute: 500, costPerHour: null } });
  test.advance(7_200_000);
  const by = (...trunkIds: string[]): Promise<DialAnswer> => ask("+79261234567", { personId: null, trunkIds });
  expect(await by("trk_a", "trk_b")).toMatchObject({ kind: "allowed", trunkIds: ["trk_a", "trk_b"] });
  const second = await by("trk_a", "trk_b");
  expect(second).toMatchObject({ kind: "allowed", trunkIds: ["trk_b"] });
  expect(await by("trk_a", "trk_b")).toMatchObject({ kind: "refused", reasons: [{ code: "capReached", scope: "trunk", limit: 1 }] });
  if (second.kind === "allowed") await test.core.dialling.gate.release(organisationId, second.reservationId);
  expect(await by("trk_a", "trk_b")).toMatchObject({ kind: "allowed", trunkIds: ["trk_b"] });
  const help = test.core.dialling.gate.emergency({ organisationId, destination: "112", kind: "agent", trunkIds: ["trk_a"] });
  expect(help).toMatchObject({ dial: "112" });
  expect(test.core.dialling.gate.emergency({ organisationId, destination: "+79261234567", kind: "agent" })).toBeNull();
  await expect.poll(async () => (await decisions()).some((row) => row.decisionId === help?.reservationId && row.allowed)).toBe(true);
});
