import type { FromEdge, SecurityState } from "@allo/contract";
import { afterAll, beforeAll, expect, it } from "vitest";
import { registerSecurity } from "../modules/security/index.ts";
import { addPerson, makeOrganisation, startTestCore, type TestCore, type Visitor } from "./fixtures/test-core.ts";

let test: TestCore;
let administrator: Visitor;
let agent: Visitor;
let told: Extract<FromEdge, { kind: "shieldState" }> | null = null;
const lifted: string[] = [];

beforeAll(async () => {
  test = await startTestCore();
  const { db, audit, clock, http } = test.core;
  const edge = { shield: () => told, liftBlock: (source: string) => void lifted.push(source) };
  registerSecurity({ db, audit, clock, api: http.api, edge });
  administrator = (await makeOrganisation(test, { email: "anna@example.com" })).administrator;
  agent = (await addPerson(test.core, administrator, { name: "Вера", email: "vera@example.com", roles: ["agent"] })).visitor;
});
afterAll(async () => {
  await test?.close();
});

const state = async (): Promise<SecurityState> => (await administrator.call("GET", "/security")).json<SecurityState>();

it("shows whom the exchange doesn't answer, and says so where it is away", async () => {
  expect(await state()).toMatchObject({ known: false, blocked: [] });
  const now = test.core.clock.now();
  told = {
    kind: "shieldState",
    at: now,
    blocked: [
      { source: "203.0.113.7", kind: "address", why: "wrongPassword", since: now, until: now + 60_000, dropped: 12 },
      { source: "desk-7", kind: "user", why: "wrongPassword", since: now, until: now + 600_000, dropped: 0 },
    ],
    unlisted: [{ address: "192.0.2.5", since: now, last: now, count: 3 }],
    shedding: false,
  };
  expect(await state()).toMatchObject({
    known: true,
    blocked: [{ source: "203.0.113.7" }, { source: "desk-7" }],
    unlisted: [{ count: 3 }],
  });
  test.advance(60_000);
  expect((await state()).blocked.map((each) => each.source)).toEqual(["desk-7"]);
  expect((await agent.call("GET", "/security")).statusCode).toBe(403);
});

it("lifts a block once, at once, with an entry in the audit list", async () => {
  expect((await administrator.call("POST", "/security/lift", { source: "198.51.100.1" })).statusCode).toBe(404);
  expect((await agent.call("POST", "/security/lift", { source: "desk-7" })).statusCode).toBe(403);
  const answer = await administrator.call("POST", "/security/lift", { source: "desk-7" });
  expect([answer.json<SecurityState>().blocked, lifted]).toEqual([[], ["desk-7"]]);
  expect((await administrator.call("POST", "/security/lift", { source: "desk-7" })).statusCode).toBe(404);
  const audit = (await administrator.call("GET", "/audit?objectType=security")).json<{ items: unknown[] }>();
  expect(audit.items).toMatchObject([{ action: "security.lift", objectId: "desk-7", before: { why: "wrongPassword" } }]);
});
