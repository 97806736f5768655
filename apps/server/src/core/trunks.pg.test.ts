// Trunks through the API: what may be set up, what is never told, what the edge gets, what screens see of it.
import {
  trunkHabitDefaults,
  type AuditEntry,
  type PhoneNumber,
  type ResponseOf,
  type Trunk,
  type TrunkLogEntry,
  type TrunkSettings,
} from "@allo/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeOrganisation, rowsOf, startTestCore, type TestCore, type Visitor } from "./fixtures/test-core.ts";

const byRegistration: TrunkSettings = {
  name: " City carrier ",
  kind: "registration",
  enabled: true,
  targets: [{ host: "sip.carrier.example", port: null, transport: null, priority: 10, weight: 0 }],
  account: { user: "4930600", authUser: null, realm: null },
  domain: "carrier.example",
  fromDomain: null,
  registrationSeconds: 600,
  externalAddress: null,
  networks: ["203.0.113.0/24"],
  allNumbers: true,
  numberIds: [],
  rules: { dialled: [{ match: "+*", strip: 1, prepend: "00" }], callerOut: [], reached: [], callerIn: [] },
  callerIds: { choice: "passThrough", numbers: [] },
  limits: { callsMax: 30, callsPerSecond: 5 },
  tls: { caPem: null, fingerprint: null },
  habits: structuredClone(trunkHabitDefaults) as TrunkSettings["habits"],
};
const SECRET = "s3cret-of-the-carrier";

let test: TestCore;
let anna: Visitor;
const list = async (): Promise<readonly Trunk[]> => (await anna.call("GET", "/trunks")).json<{ items: Trunk[] }>().items;
const create = async (over: Partial<TrunkSettings> = {}, password: string | null = SECRET) =>
  await anna.call("POST", "/trunks", { ...byRegistration, ...over, password });
const made = async (over: Partial<TrunkSettings> = {}, password: string | null = SECRET): Promise<ResponseOf<"trunkCreate">> => {
  const answer = await create(over, password);
  expect([answer.statusCode, answer.body]).toEqual([200, expect.anything()]);
  return answer.json();
};

beforeAll(async () => {
  test = await startTestCore();
  anna = (await makeOrganisation(test)).administrator;
});
afterAll(async () => {
  await test?.close();
});

describe("a trunk", () => {
  it("is added, told to the edge with its password, and shown without it; so is the audit list", async () => {
    const { trunk, inbound } = await made();
    expect(trunk).toMatchObject({ name: "City carrier", hasPassword: true, version: 1, state: null, inboundUsername: null });
    expect(inbound).toBeNull();
    const [atEdge] = test.core.directory.edgeConfig().trunks;
    const numbers = (await anna.call("GET", "/numbers")).json<{ items: PhoneNumber[] }>().items;
    expect(atEdge).toMatchObject({
      trunkId: trunk.trunkId,
      account: { user: "4930600", password: SECRET },
      numberIds: numbers.map((number) => number.numberId),
    });
    const audit = (await anna.call("GET", "/audit?limit=200")).json<{ items: AuditEntry[] }>().items;
    expect(audit.find((entry) => entry.action === "trunk.create")).toMatchObject({ objectId: trunk.trunkId });
    for (const text of [
      JSON.stringify(await list()),
      JSON.stringify(audit),
      test.logged(),
      JSON.stringify(await rowsOf(test, "trunks.trunk")),
    ])
      expect(text).not.toContain(SECRET);
  });

  it("is changed by version; a password that isn't said stays, one that is replaces it", async () => {
    const { trunk } = await made({ name: "Changed" });
    const path = `/trunks/${trunk.trunkId}`;
    const first = await anna.call("PATCH", path, { name: "Renamed", version: 1 });
    expect(first.json()).toMatchObject({ name: "Renamed", hasPassword: true, version: 2 });
    const late = await anna.call("PATCH", path, { name: "Late", version: 1 });
    expect([late.statusCode, late.json<{ code: string }>().code]).toEqual([409, "versionConflict"]);
    await anna.call("PATCH", path, { password: "another", version: 2 });
    const passwordAtEdge = () => test.core.directory.edgeConfig().trunks.find((each) => each.trunkId === trunk.trunkId)?.account?.password;
    expect(passwordAtEdge()).toBe("another");
    await anna.call("PATCH", path, { retired: true, version: 3 });
    expect(passwordAtEdge()).toBeUndefined();
    expect((await list()).find((each) => each.trunkId === trunk.trunkId)).toMatchObject({ retired: true, version: 4 });
  });

  it.each([
    ["no address", { targets: [] }, "targets"],
    ["no account to register", { account: null }, "account"],
    ["the same address twice", { targets: [byRegistration.targets[0]!, byRegistration.targets[0]!] }, "targets.1"],
    ["a network that lets everybody in", { networks: ["0.0.0.0/0"] }, "networks.0"],
    ["a network that is none", { networks: ["carrier"] }, "networks.0"],
    ["somebody else's number", { allNumbers: false, numberIds: ["num_ofanother"] }, "numberIds.0"],
    [
      "a rule that takes away too much",
      { rules: { ...byRegistration.rules, dialled: [{ match: "1*", strip: 5, prepend: "" }] } },
      "rules.dialled.0.strip",
    ],
    ["going on after a busy line", { habits: { ...byRegistration.habits, failoverCodes: [486] } }, "habits.failoverCodes.0"],
    ["a pool without numbers", { callerIds: { choice: "rotate", numbers: [] } as const }, "callerIds.numbers"],
    ["a certificate that is none", { tls: { caPem: "hello", fingerprint: null } }, "tls.caPem"],
  ] as const)("is refused with %s, and the field is named", async (_why, over, path) => {
    const answer = await create(over as never);
    expect([answer.statusCode, answer.json<{ fields: { path: string }[] }>().fields.map((field) => field.path)]).toEqual([400, [path]]);
  });

  it("by digest has a user and a password for the carrier, shown once and renewed", async () => {
    const { trunk, inbound } = await made({ name: "Own gateway", kind: "digest", targets: [], account: null }, null);
    expect(inbound).toMatchObject({ username: trunk.inboundUsername, password: expect.stringMatching(/^.{28}$/) });
    const again = await anna.call("POST", `/trunks/${trunk.trunkId}/inbound-password`, undefined);
    expect(again.json()).toMatchObject({ username: inbound?.username });
    expect(again.json<{ password: string }>().password).not.toBe(inbound?.password);
    const atEdge = test.core.directory.edgeConfig().trunks.find((each) => each.trunkId === trunk.trunkId);
    expect(atEdge?.inbound?.ha1Sha256).toMatch(/^[0-9a-f]{64}$/);
    const [other] = (await list()).filter((each) => each.kind === "registration" && !each.retired);
    expect((await anna.call("POST", `/trunks/${other!.trunkId}/inbound-password`, undefined)).statusCode).toBe(409);
  });

  it("shows what the edge last said, and its log newest first, two hundred lines at most", async () => {
    const { trunk } = await made({ name: "Watched" });
    const { trunkId } = trunk;
    const state = {
      trunkId,
      at: 1,
      registration: { kind: "registered", until: 600_000, retryAt: null, trouble: null, status: null },
      peerUntil: null,
      targets: [],
      calls: 2,
    } as const;
    test.core.trunks.noteEdge({ kind: "trunkState", state });
    for (let at = 1; at <= 205; at += 1)
      test.core.trunks.noteEdge({
        kind: "trunkLine",
        trunkId,
        line: { at, what: "callOut", target: "udp 192.0.2.1:5060", status: null, trouble: null },
      });
    expect((await list()).find((each) => each.trunkId === trunkId)?.state).toEqual(state);
    const log = (await anna.call("GET", `/trunks/${trunkId}/log`)).json<{ items: TrunkLogEntry[] }>().items;
    expect([log.length, log[0]?.at, log.at(-1)?.at]).toEqual([200, 205, 6]);
    expect((await anna.call("GET", "/trunks/trk_unknown/log")).statusCode).toBe(404);
  });
});
