import { doctorLimits, type BodyOf, type CallProbe, type DoctorRun, type NetworkProbe, type TrunkFinding } from "@allo/contract";
import { afterAll, beforeAll, expect, it } from "vitest";
import { registerDoctor } from "../modules/doctor/index.ts";
import { addPerson, makeOrganisation, startTestCore, type TestCore, type Visitor } from "./fixtures/test-core.ts";

let test: TestCore;
let administrator: Visitor;
let agent: Visitor;
let stranger: Visitor;
let answer = Promise.withResolvers<NetworkProbe | null>();
const settled: number[] = [];
const placed: object[] = [];
const echo: CallProbe = {
  outcome: "answered",
  status: 200,
  packetsSent: 250,
  packetsReceived: 250,
  packetsLost: 0,
  farEndLost: null,
  echoed: true,
};
let checked: readonly { readonly name: string; readonly findings: readonly TrunkFinding[] }[] = [];

beforeAll(async () => {
  test = await startTestCore();
  const { db, audit, clock, ids, http, access, identity } = test.core;
  registerDoctor({
    db,
    audit,
    clock,
    ids,
    api: http.api,
    log: { warn: () => undefined },
    access,
    trunks: { checkAll: () => Promise.resolve(checked), usesTls: () => false },
    nameOf: ({ organisationId, personId }) => identity.nameOf(organisationId, personId),
    probeNetwork: () => answer.promise,
    testCalls: {
      gate: {
        ask: (asked) =>
          Promise.resolve(
            asked.destination === "0900"
              ? { kind: "refused", reasons: [{ code: "premium" }] }
              : { kind: "allowed", reservationId: "res_1", dial: "+442079460123", talkMsMax: 60_000, isEmergency: false },
          ) as never,
        settle: (_organisation, _reservation, { talkMs }) => Promise.resolve(void settled.push(talkMs)),
        release: () => Promise.resolve(void settled.push(-1)),
      },
      trunkName: (_organisation, trunkId) => (trunkId === "trk_1" ? "City" : null),
      callerNumber: () => "+442079460000",
      place: (order) => {
        placed.push(order);
        return Promise.resolve(echo);
      },
    },
    isClockSynchronised: () => Promise.resolve(true),
  });
  administrator = (await makeOrganisation(test, { email: "anna@example.com" })).administrator;
  stranger = (await makeOrganisation(test, { email: "other@example.com", number: "100" })).administrator;
  agent = (await addPerson(test.core, administrator, { name: "Вера", email: "vera@example.com", roles: ["agent"] })).visitor;
});
afterAll(async () => {
  await test?.close();
});

const facts = (testCall: BodyOf<"doctorRunCreate">["testCall"] = null): BodyOf<"doctorRunCreate"> => ({
  now: test.core.clock.now(),
  socketOpen: true,
  pathProven: null,
  relays: null,
  testCall,
});
const runs = async (who = administrator): Promise<readonly DoctorRun[]> =>
  (await who.call("GET", "/network-doctor/runs")).json<{ items: DoctorRun[] }>().items;
const begin = async (testCall: BodyOf<"doctorRunCreate">["testCall"] = null): Promise<DoctorRun> =>
  (await administrator.call("POST", "/network-doctor/runs", facts(testCall))).json<DoctorRun>();
const over = async (runId: string): Promise<DoctorRun> => {
  const get = async () => (await administrator.call("GET", `/network-doctor/runs/${runId}`)).json<DoctorRun>();
  await expect.poll(async () => (await get()).endedAt).not.toBeNull();
  return await get();
};

it("looks at everything, shows how far it is, and keeps what it found; only one look at a time", async () => {
  expect(await runs()).toEqual([]);
  checked = [{ name: "City", findings: [{ code: "credentialsRefused", side: "us", target: null, seen: null, value: 403 }] }];
  const begun = await begin();
  expect(begun.endedAt).toBeNull();
  await expect.poll(async () => (await runs())[0]?.done.toSorted()).toEqual(["browser", "certificate", "clock", "testCall", "trunks"]);
  expect((await begin()).runId).toBe(begun.runId);
  answer.resolve({ doors: [], audioPorts: null, audio: [], named: "10.0.0.2", isNamedBySetting: false });
  const ended = await over(begun.runId);
  expect(ended.done).toHaveLength(7);
  expect(ended.findings).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ part: "trunks", code: "credentialsRefused", side: "us", trunkName: "City", value: 403 }),
      expect.objectContaining({ part: "sound", code: "privateAddressNamed", target: "10.0.0.2" }),
      expect.objectContaining({ part: "clock", code: "clockSynchronised" }),
    ]),
  );
  const audit = (await administrator.call("GET", "/audit?objectType=doctor")).json<{ items: unknown[] }>();
  expect(audit.items).toMatchObject([{ action: "doctor.run", objectId: begun.runId }]);
});

it("says that the exchange is away where it doesn't answer", async () => {
  answer = Promise.withResolvers();
  answer.resolve(null);
  const ended = await over((await begin()).runId);
  expect(ended.findings).toEqual(expect.arrayContaining([expect.objectContaining({ code: "exchangeAway", side: "us" })]));
});

it("calls a number by a trunk where the gate lets it, by a number of ours, and says where it doesn't", async () => {
  const found = async (number: string) => (await over((await begin({ trunkId: "trk_1", number })).runId)).findings;
  expect(await found("020 7946 0123")).toContainEqual(expect.objectContaining({ code: "testCallEchoed", side: "none", trunkName: "City" }));
  expect(placed).toEqual([{ trunkId: "trk_1", destination: "+442079460123", callerNumber: "+442079460000" }]);
  expect(await found("0900")).toContainEqual(expect.objectContaining({ code: "testCallDenied", side: "us" }));
  expect([placed.length, settled.length]).toEqual([1, 1]);
  const other = await administrator.call("POST", "/network-doctor/runs", facts({ trunkId: "trk_2", number: "1" }));
  expect(other.statusCode).toBe(400);
});

it("is for who may set up, and shows nobody another organisation's looks; only the last ones are kept", async () => {
  expect((await agent.call("GET", "/network-doctor/runs")).statusCode).toBe(403);
  expect((await agent.call("POST", "/network-doctor/runs", facts())).statusCode).toBe(403);
  expect(await runs(stranger)).toEqual([]);
  const [newest] = await runs();
  expect((await stranger.call("GET", `/network-doctor/runs/${newest?.runId ?? ""}`)).statusCode).toBe(404);
  for (let n = 0; n < doctorLimits.runsKept; n += 1) {
    test.advance(1_000);
    await over((await begin()).runId);
  }
  expect(await runs()).toHaveLength(doctorLimits.runsKept);
});
