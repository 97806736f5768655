import type { Drain, FromEdge } from "@allo/contract";
import type { OrganisationId } from "@allo/kernel";
import { afterAll, beforeAll, expect, it } from "vitest";
import { registerDraining, type Draining } from "../modules/draining/index.ts";
import { addPerson, makeOrganisation, startTestCore, type TestCore, type Visitor } from "./fixtures/test-core.ts";

let test: TestCore;
let draining: Draining;
let administrator: Visitor;
let agent: Visitor;
let told: Extract<FromEdge, { kind: "drainState" }> | null = null;
let listener: (() => void) | undefined;
const ordered: boolean[] = [];
const published: Drain[] = [];
const left = { talking: 2, waiting: 1, beginning: 0 };

beforeAll(async () => {
  test = await startTestCore();
  const { db, audit, clock, http, live, identity } = test.core;
  draining = registerDraining({
    db,
    audit,
    clock,
    api: http.api,
    live: {
      provide: live.provide,
      publish: (_topic, _key, patch) => void (patch.op === "replace" && published.push(patch.state as Drain)),
    },
    nameOf: (organisationId: OrganisationId, personId) => identity.nameOf(organisationId, personId),
    edge: {
      drainState: () => told,
      drain: (on) => {
        ordered.push(on);
        edgeSays(on ? { since: clock.now(), by: "operator", endsAt: null } : null);
        return true;
      },
      onDrain: (next) => {
        listener = next;
      },
    },
  });
  administrator = (await makeOrganisation(test, { email: "anna@example.com" })).administrator;
  agent = (await addPerson(test.core, administrator, { name: "Вера", email: "vera@example.com", roles: ["agent"] })).visitor;
});
afterAll(async () => {
  await test?.close();
});

const edgeSays = (now: Extract<FromEdge, { kind: "drainState" }>["draining"]): void => {
  told = { kind: "drainState", at: test.core.clock.now(), draining: now, left };
  listener?.();
};
const state = async (): Promise<Drain> => (await administrator.call("GET", "/drain")).json<Drain>();

it("says nothing of an exchange that is away, and orders nothing there", async () => {
  expect(await state()).toMatchObject({ known: false, draining: null });
  expect((await administrator.call("POST", "/drain")).statusCode).toBe(503);
  expect(draining.isDraining()).toBe(false);
});

it("is begun once by who sets up, names them, is seen live, and is taken back once; both stand in the audit list", async () => {
  edgeSays(null);
  expect((await agent.call("POST", "/drain")).statusCode).toBe(403);
  for (const _ of [1, 2]) expect((await administrator.call("POST", "/drain")).json<Drain>().draining).toMatchObject({ by: "operator" });
  expect(draining.isDraining()).toBe(true);
  expect(await state()).toMatchObject({ known: true, left, draining: { byName: expect.stringMatching(/./) as string, endsAt: null } });
  expect(published.at(-1)).toMatchObject({ draining: { by: "operator" }, left });
  for (const _ of [1, 2]) expect((await administrator.call("DELETE", "/drain")).json<Drain>().draining).toBeNull();
  expect(draining.isDraining()).toBe(false);
  expect(ordered).toEqual([true, false]);
  const audit = (await administrator.call("GET", "/audit?objectType=exchange")).json<{ items: { action: string; after: unknown }[] }>();
  expect(audit.items.map(({ action }) => action).toSorted()).toEqual(["exchange.drain", "exchange.resume"]);
  expect(audit.items.find(({ action }) => action === "exchange.drain")?.after).toMatchObject({ draining: true, talking: 2 });
});

it("is not taken back while the program is being stopped", async () => {
  edgeSays({ since: 1, by: "stop", endsAt: 2 });
  expect((await administrator.call("DELETE", "/drain")).statusCode).toBe(409);
  expect(ordered).toEqual([true, false]);
  expect(await state()).toMatchObject({ draining: { by: "stop", since: 1, endsAt: 2, byName: null } });
});
