import type { PersonTour, TourProgress } from "@allo/contract";
import { afterAll, beforeAll, expect, it } from "vitest";
import { addPerson, makeOrganisation, startTestCore, type TestCore, type Visitor } from "./fixtures/test-core.ts";

let test: TestCore;
let administrator: Visitor;
let agent: Visitor;

beforeAll(async () => {
  test = await startTestCore();
  administrator = (await makeOrganisation(test, { email: "anna@example.com" })).administrator;
  agent = (await addPerson(test.core, administrator, { name: "Вера", email: "vera@example.com", roles: ["agent"] })).visitor;
});
afterAll(async () => {
  await test?.close();
});

const put = async (state: string, step: string, who = agent, tour = "agent"): Promise<TourProgress> =>
  (await who.call("PUT", `/tours/${tour}`, { state, step })).json<TourProgress>();
const own = async (who: Visitor): Promise<TourProgress[]> => (await who.call("GET", "/tours")).json<{ items: TourProgress[] }>().items;

it("a tour is put off, begun, gone on with and finished, and stays finished when it is taken again", async () => {
  expect(await own(agent)).toEqual([]);
  expect(await put("later", "welcome")).toEqual({ tour: "agent", state: "later", step: "welcome", begunAt: null, finishedAt: null });
  const begun = await put("begun", "ready");
  expect(begun).toMatchObject({ state: "begun", step: "ready", finishedAt: null });
  expect(begun.begunAt).toBeGreaterThan(0);
  test.advance(60_000);
  expect(await put("begun", "break")).toEqual({ ...begun, step: "break" });
  const finished = await put("finished", "done");
  expect(finished).toMatchObject({ state: "finished", begunAt: begun.begunAt });
  expect(finished.finishedAt).toBeGreaterThanOrEqual((begun.begunAt ?? 0) + 60_000);
  expect(await put("begun", "ready")).toEqual({ ...finished, step: "ready" });
  expect(await put("later", "ready")).toEqual({ ...finished, step: "ready" });
  expect(await own(agent)).toEqual([{ ...finished, step: "ready" }]);
});

it("a tour that isn't there and a step that is no name are refused", async () => {
  expect((await agent.call("PUT", "/tours/cooking", { state: "begun", step: "one" })).statusCode).toBe(400);
  expect((await agent.call("PUT", "/tours/agent", { state: "begun", step: "<b>" })).statusCode).toBe(400);
  expect((await agent.call("PUT", "/tours/agent", { state: "asleep", step: "one" })).statusCode).toBe(400);
});

it("a lead sees who took which tour in the own organisation, an agent sees only their own", async () => {
  await put("begun", "floor", administrator, "lead");
  const stranger = (await makeOrganisation(test, { email: "other@example.org", number: "100" })).administrator;
  await put("finished", "done", stranger);
  const people = async (who: Visitor): Promise<PersonTour[]> =>
    (await who.call("GET", "/tours/people")).json<{ items: PersonTour[] }>().items;
  expect((await people(administrator)).map(({ personName, tour, state }) => [personName, tour, state]).toSorted()).toEqual([
    ["Анна Сидорова", "lead", "begun"],
    ["Вера", "agent", "finished"],
  ]);
  expect((await people(stranger)).map(({ tour }) => tour)).toEqual(["agent"]);
  expect((await agent.call("GET", "/tours/people")).statusCode).toBe(403);
  expect((await own(administrator)).map(({ tour }) => tour)).toEqual(["lead"]);
});
