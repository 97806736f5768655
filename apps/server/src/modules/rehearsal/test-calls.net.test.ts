// The shell of test calls with real callers on loopback; the rest of the program is played by the test.
import { createSocket, type Socket } from "node:dgram";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { CoreCommand, EdgeConfig, RouteName, TestCall } from "@allo/contract";
import type { NumberId, OrganisationId, PersonId, SessionId } from "@allo/kernel";
import { pino } from "pino";
import type { Api, Principal } from "../../platform/http.ts";
import { createTestCalls, type TestCalls, type TestCallsDeps } from "./index.ts";
import { testCallShellLimits } from "./test-calls.ts";

const ORGANISATION = "org_1" as OrganisationId;
const clock = { now: () => Math.floor(performance.timeOrigin + performance.now()) };
const numbers = [
  { numberId: "num_1", number: "600", label: "Support", language: "en", queueId: "que_1", retired: false },
  { numberId: "num_2", number: "700", label: "Sales", language: "fa", queueId: "que_2", retired: false },
  { numberId: "num_3", number: "800", label: "", language: "ru", queueId: "que_1", retired: true },
];

let silent: Socket;
let heard: string[];
let sent: CoreCommand[];
let audits: string[];
let agents: Map<string, string>;
let phone: { registered: boolean; proven: boolean } | undefined;
let isConnected: boolean;
let admits: boolean;
let hasNumbers: boolean;
let calls: TestCalls;
let handlers: Map<RouteName, (call: unknown) => Promise<unknown>>;
let published: (TestCall | null)[];

beforeEach(async () => {
  silent = createSocket("udp4");
  heard = [];
  silent.on("message", (bytes) => heard.push(bytes.toString("utf8")));
  await new Promise<void>((resolve) => silent.bind(0, "127.0.0.1", resolve));
  sent = [];
  audits = [];
  agents = new Map();
  phone = { registered: true, proven: true };
  isConnected = true;
  admits = true;
  hasNumbers = true;
  handlers = new Map();
  published = [];
  let serial = 0;
  const deps = {
    database: { withScope: (_scope: unknown, run: (tx: unknown) => unknown) => Promise.resolve(run(null)) },
    clock,
    timers: {
      arm: (afterMs: number, fire: () => void) => {
        const timer = setTimeout(fire, afterMs);
        return () => clearTimeout(timer);
      },
    },
    ids: { next: (prefix: string) => `${prefix}_${(serial += 1)}` },
    audit: { write: (_tx: unknown, entry: { action: string }) => Promise.resolve(void audits.push(entry.action)) },
    directory: {
      config: () => ({
        numbers: hasNumbers ? numbers : [],
        queues: [
          { queueId: "que_1", retired: false },
          { queueId: "que_2", retired: false },
        ],
        members: new Map([["que_2", [{ personId: "per_ann", level: 1 }]]]),
      }),
      audioFor: (_organisation: unknown, audioId: string, language: string) => `${language}/${audioId}`,
      edgeConfig: () =>
        ({
          audio: [],
          numbers: numbers.map(({ numberId, number }) => ({ numberId, dialled: [number, `0${number}`] })),
        }) as unknown as EdgeConfig,
    },
    contacts: { events: { on: () => () => undefined } },
    routing: { agent: (_organisation: unknown, personId: PersonId) => ({ state: { kind: agents.get(personId) ?? "ready" } }) },
    phoneOf: () => phone,
    linesNow: () => Promise.resolve({ agent: null }),
    edge: {
      isConnected: () => isConnected,
      ports: () => ({ sip: silent.address().port, phones: 0 }),
      send: (command: CoreCommand) => sent.push(command) > 0,
      admit: (command: CoreCommand) => Promise.resolve(sent.push(command) > 0 && admits),
    },
    live: {
      provide: () => undefined,
      publish: (_topic: unknown, _key: unknown, patch: { state: TestCall }) => void published.push(patch.state),
      onPresence: () => undefined,
    },
    api: { on: (name: RouteName, handle: never) => void handlers.set(name, handle) } as unknown as Api,
    bind: "0.0.0.0",
    log: pino({ level: "silent" }),
  };
  calls = createTestCalls(deps as unknown as TestCallsDeps);
});
afterEach(async () => {
  await calls.close();
  silent.close();
});

const ann: Principal = {
  personId: "per_ann" as PersonId,
  sessionId: "ses_ann" as SessionId,
  organisationId: ORGANISATION,
  projectIds: "*",
  name: "Ann",
  permissions: new Set(["desk.work"]),
  roles: ["agent"],
} as unknown as Principal;
const person = (name: string): Principal => ({ ...ann, personId: `per_${name}` as PersonId });
const ask = (name: RouteName, principal: Principal, parts: object = {}): Promise<TestCall> =>
  handlers.get(name)?.({ principal, params: {}, body: {}, address: "192.0.2.1", ...parts }) as Promise<TestCall>;
const admitted = () => sent.filter((command) => command.kind === "admitCaller");

test("nothing answers on the SIP port: said with the address and the port, after the caller was let in for this number alone", async () => {
  const begun = await ask("testCallCreate", ann);
  // The number whose queue she serves, not the first.
  expect(begun).toMatchObject({ state: "placing", number: { numberId: "num_2", number: "700", language: "fa" } });
  expect(audits).toEqual(["testCall.start"]);
  const [admission] = admitted();
  expect(admission).toMatchObject({ numberId: "num_2", source: { address: "127.0.0.1" }, test: { personId: "per_ann" } });
  expect((admission?.until ?? 0) - clock.now()).toBeLessThanOrEqual(180_000);
  await expect.poll(() => heard[0]).toMatch(/^INVITE sip:700@127\.0\.0\.1/);
  const now = (): Promise<TestCall> => ask("testCallGet", ann, { params: { testCallId: begun.testCallId } });
  await expect.poll(async () => (await now()).state, { timeout: 15_000 }).toBe("failed");
  const { port } = silent.address();
  expect(await now()).toMatchObject({ obstacle: { code: "sipUnreachable", address: "127.0.0.1", port }, result: null });
  await expect.poll(() => sent.at(-1)?.kind).toBe("dismissCaller");
  expect(published.at(-1)).toMatchObject({ state: "failed", testCallId: begun.testCallId });
  // Another may follow at once.
  expect((await ask("testCallCreate", ann)).testCallId).not.toBe(begun.testCallId);
});

test.each([
  ["the exchange is away", () => (isConnected = false), "edgeAway"],
  ["there is no number", () => (hasNumbers = false), "noNumber"],
  ["the phone is not registered", () => (phone = undefined), "phoneNotConnected"],
  ["she is on a break", () => agents.set("per_ann", "notReady"), "notReady"],
  ["she is talking", () => agents.set("per_ann", "talking"), "inCall"],
])("%s: said at once, and nobody is called", async (_, arrange, code) => {
  arrange();
  expect(await ask("testCallCreate", ann)).toMatchObject({ state: "failed", obstacle: { code } });
  expect(admitted()).toEqual([]);
  expect(heard).toEqual([]);
});

test("an edge that doesn't let the caller in is not called", async () => {
  admits = false;
  const { testCallId } = await ask("testCallCreate", ann);
  await expect.poll(async () => (await ask("testCallGet", ann, { params: { testCallId } })).obstacle?.code).toBe("edgeAway");
  expect(heard).toEqual([]);
});

test("a double click is one call, and it is nobody else's", async () => {
  const [first, second] = await Promise.all([ask("testCallCreate", ann), ask("testCallCreate", ann)]);
  expect(second.testCallId).toBe(first.testCallId);
  expect(audits).toHaveLength(1);
  const params = { testCallId: first.testCallId };
  expect(() => ask("testCallGet", person("bob"), { params })).toThrow(/./);
  expect(() => ask("testCallCancel", person("bob"), { params })).toThrow(/./);
});

test("cancelled it ends without an obstacle; a number that isn't there, or is retired, can't be tested", async () => {
  const { testCallId } = await ask("testCallCreate", ann, { body: { numberId: "num_1" as NumberId } });
  await ask("testCallCancel", ann, { params: { testCallId } });
  await expect
    .poll(() => ask("testCallGet", ann, { params: { testCallId } }))
    .toMatchObject({ state: "ended", result: null, obstacle: null, number: { numberId: "num_1" } });
  await expect(ask("testCallCreate", ann, { body: { numberId: "num_9" as NumberId } })).rejects.toMatchObject({ status: 404 });
  expect(await ask("testCallCreate", ann, { body: { numberId: "num_3" as NumberId } })).toMatchObject({ obstacle: { code: "noNumber" } });
});

test("an organisation has so many at once, and the next is told", async () => {
  for (let n = 0; n < testCallShellLimits.openMax; n += 1) expect((await ask("testCallCreate", person(`agent${n}`))).state).toBe("placing");
  expect(await ask("testCallCreate", ann)).toMatchObject({ state: "failed", obstacle: { code: "limit" } });
});
