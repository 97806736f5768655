// Projects, opening hours, and whole plans of a setup, through the API and the front door.
import { weekOf, type AuditEntry, type Hours, type HoursSettings, type PhoneNumber, type Project, type Queue } from "@allo/contract";
import type { OrganisationId, PersonId } from "@allo/kernel";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { DirectoryPlan } from "../modules/directory/index.ts";
import { makeOrganisation, rowsOf, startTestCore, type TestCore, type Visitor } from "./fixtures/test-core.ts";

const named = (en: string) => ({ en, ru: "", fa: "" });
const office: HoursSettings = {
  names: named("Office"),
  timeZone: null,
  week: weekOf((day) => (day === "saturday" || day === "sunday" ? [] : [{ from: "09:00", to: "18:00" }])),
  exceptions: [],
};

let test: TestCore;
let anna: Visitor;
let organisationId: OrganisationId;
let personId: PersonId;
const usedQueues = new Set<string>();
const ask = async (method: "POST" | "PATCH", path: string, body: unknown): Promise<readonly [number, string]> => {
  const answer = await anna.call(method, path, body);
  return [answer.statusCode, answer.json<{ code?: string }>().code ?? ""];
};
const list = async <T>(path: string): Promise<readonly T[]> => (await anna.call("GET", path)).json<{ items: T[] }>().items;
const make = async <T>(path: string, body: unknown): Promise<T> => {
  const answer = await anna.call("POST", path, body);
  expect([answer.statusCode, answer.body]).toEqual([200, expect.anything()]);
  return answer.json<T>();
};
const actions = async (): Promise<readonly string[]> => (await list<AuditEntry>("/audit?limit=200")).map((each) => each.action);

beforeAll(async () => {
  test = await startTestCore();
  const made = await makeOrganisation(test);
  anna = made.administrator;
  organisationId = made.me.organisation.organisationId as OrganisationId;
  personId = made.me.personId as PersonId;
  test.core.directory.useContacts({ hasAny: (_organisation, queueId) => Promise.resolve(usedQueues.has(queueId)) });
});
afterAll(async () => {
  await test?.close();
});

describe("projects", () => {
  it("begin with one that has no name of its own, and takes one", async () => {
    const [first] = await list<Project>("/projects");
    expect(first).toMatchObject({ inHouse: true, retired: false, version: 1 });
    const answer = await anna.call("PATCH", `/projects/${first!.projectId}`, { name: " Ромашка ", version: 1 });
    expect(answer.json()).toMatchObject({ name: "Ромашка", inHouse: false, version: 2 });
    expect(await ask("PATCH", `/projects/${first!.projectId}`, { name: "Late", version: 1 })).toEqual([409, "versionConflict"]);
  });
  it("can't have the name of another", async () => {
    await make("/projects", { name: "First Bank" });
    expect(await ask("POST", "/projects", { name: "first bank" })).toEqual([409, "alreadyExists"]);
    expect(await ask("POST", "/projects", { name: " " })).toEqual([400, "invalidInput"]);
  });
  it("have queues, and can't be retired while one is in use: it is named", async () => {
    const project = await make<Project>("/projects", { name: "Taxi" });
    const queue = await make<Queue>("/queues", { names: named("Orders"), projectId: project.projectId });
    const busy = await anna.call("PATCH", `/projects/${project.projectId}`, { retired: true, version: 1 });
    expect([busy.statusCode, busy.json()]).toEqual([
      409,
      expect.objectContaining({
        code: "inUse",
        detail: "Still used by 1 queue: Orders",
        fields: [{ path: "queues", code: "inUse", message: "Orders" }],
      }),
    ]);
    await anna.call("PATCH", `/queues/${queue.queueId}`, { retired: true, version: queue.version });
    const retired = await anna.call("PATCH", `/projects/${project.projectId}`, { retired: true, version: 1 });
    expect(retired.json()).toMatchObject({ retired: true });
    expect(await ask("PATCH", `/queues/${queue.queueId}`, { retired: false, version: queue.version + 1 })).toEqual([400, "invalidInput"]);
    expect((await actions()).filter((action) => action.startsWith("project.")).length).toBeGreaterThanOrEqual(4);
  });
  it("keep one in use", async () => {
    const inUse = (await list<Project>("/projects")).filter((each) => !each.retired);
    for (const queue of (await list<Queue>("/queues")).filter((each) => !each.retired)) {
      for (const number of (await list<PhoneNumber>("/numbers")).filter((each) => each.queueId === queue.queueId && !each.retired))
        await anna.call("PATCH", `/numbers/${number.numberId}`, { retired: true, version: number.version });
      await anna.call("PATCH", `/queues/${queue.queueId}`, { retired: true, version: queue.version });
    }
    const answers = [];
    for (const { projectId, version } of inUse) answers.push(await ask("PATCH", `/projects/${projectId}`, { retired: true, version }));
    expect(answers.at(-1)).toEqual([409, "inUse"]);
    expect(answers.slice(0, -1).every(([status]) => status === 200)).toBe(true);
  });
  it("may take a queue over as long as no call has come to it", async () => {
    const [from, to] = [await make<Project>("/projects", { name: "From" }), await make<Project>("/projects", { name: "To" })];
    const queue = await make<Queue>("/queues", { names: named("Movable"), projectId: from.projectId });
    const moved = (await anna.call("PATCH", `/queues/${queue.queueId}`, { projectId: to.projectId, version: 1 })).json<Queue>();
    expect(moved).toMatchObject({ projectId: to.projectId, version: 2 });
    usedQueues.add(queue.queueId);
    const refused = await anna.call("PATCH", `/queues/${queue.queueId}`, { projectId: from.projectId, version: 2 });
    expect(refused.json()).toMatchObject({ code: "invalidInput", fields: [{ path: "projectId", code: "hasContacts" }] });
    expect((await anna.call("PATCH", `/queues/${queue.queueId}`, { priority: 5, version: 2 })).statusCode).toBe(200);
  });
});

describe("opening hours", () => {
  let hours: Hours;
  beforeAll(async () => {
    hours = await make<Hours>("/hours", office);
  });

  it("are kept as they were given, exceptions by date", async () => {
    const exceptions = ["2027-01-01", "2026-12-31"].map((date) => ({ date, names: named(date), intervals: [] }));
    const answer = await anna.call("PATCH", `/hours/${hours.hoursId}`, { exceptions, timeZone: "Asia/Tehran", version: 1 });
    hours = answer.json<Hours>();
    expect(hours).toMatchObject({
      ...office,
      timeZone: "Asia/Tehran",
      version: 2,
      exceptions: [{ date: "2026-12-31" }, { date: "2027-01-01" }],
    });
    expect(await list<Hours>("/hours")).toEqual([hours]);
    expect(await ask("PATCH", `/hours/${hours.hoursId}`, { timeZone: null, version: 1 })).toEqual([409, "versionConflict"]);
  });
  it.each([
    ["a zone that isn't there", { timeZone: "Mars/Olympus" }, "timeZone"],
    [
      "intervals that overlap",
      {
        week: {
          ...office.week,
          monday: [
            { from: "09:00", to: "12:00" },
            { from: "11:00", to: "18:00" },
          ],
        },
      },
      "week.monday",
    ],
    ["an interval of nothing", { week: { ...office.week, friday: [{ from: "09:00", to: "09:00" }] } }, "week.friday"],
    ["a day that isn't in the calendar", { exceptions: [{ date: "2026-02-30", names: named("x"), intervals: [] }] }, "exceptions.0.date"],
    [
      "a day named twice",
      { exceptions: ["a", "b"].map((name) => ({ date: "2026-03-01", names: named(name), intervals: [] })) },
      "exceptions",
    ],
    ["no name", { names: named(" ") }, "names"],
  ])("are refused with %s", async (_what, wrong, path) => {
    const answer = await anna.call("POST", "/hours", { ...office, ...wrong });
    expect([answer.statusCode, answer.json()]).toEqual([400, expect.objectContaining({ fields: [expect.objectContaining({ path })] })]);
  });
  it("belong to numbers, and can't be retired while one has them: it is named", async () => {
    const [queue] = (await list<Queue>("/queues")).filter((each) => !each.retired);
    const number = await make<PhoneNumber>("/numbers", { number: "310", queueId: queue!.queueId, language: "ru", hoursId: hours.hoursId });
    expect(number).toMatchObject({ hoursId: hours.hoursId, closedAudioId: "refuse.closed" });
    const busy = await anna.call("PATCH", `/hours/${hours.hoursId}`, { retired: true, version: hours.version });
    expect([busy.statusCode, busy.json()]).toEqual([
      409,
      expect.objectContaining({ code: "inUse", detail: "Still used by 1 number: 310" }),
    ]);
    const freed = (await anna.call("PATCH", `/numbers/${number.numberId}`, { hoursId: null, version: 1 })).json<PhoneNumber>();
    expect(freed).toMatchObject({ hoursId: null, version: 2 });
    hours = (await anna.call("PATCH", `/hours/${hours.hoursId}`, { retired: true, version: hours.version })).json<Hours>();
    expect(hours.retired).toBe(true);
    expect(await ask("PATCH", `/numbers/${number.numberId}`, { hoursId: hours.hoursId, version: 2 })).toEqual([400, "invalidInput"]);
    expect(await ask("PATCH", `/numbers/${number.numberId}`, { closedAudioId: "greeting.none", version: 2 })).toEqual([
      400,
      "invalidInput",
    ]);
  });
  it("are none where a number is of an earlier release", async () => {
    await test.admin.query("alter table directory.phone_number no force row level security");
    await test.admin.query("update directory.phone_number set settings = settings - 'closedAudioId'");
    await test.admin.query("alter table directory.phone_number force row level security");
    await test.core.directory.refresh(organisationId);
    for (const number of await list<PhoneNumber>("/numbers"))
      expect(number).toMatchObject({ hoursId: null, closedAudioId: "refuse.closed" });
  });
});

describe("a plan", () => {
  const plan: DirectoryPlan = {
    projects: [{ key: "bank", name: "Second Bank" }],
    hours: [{ key: "office", ...office }],
    skills: [{ key: "cards", names: named("Cards") }],
    queues: [
      {
        key: "cards",
        names: named("Cards"),
        project: "bank",
        requirements: [{ skill: "cards", level: 2 }],
        settings: { priority: 7, recordCalls: false },
      },
    ],
    numbers: [{ key: "main", number: "8 (495) 111-22-33", queue: "cards", language: "ru", hours: "office" }],
    wrapUpCodes: [{ key: "blocked", names: named("Card blocked") }],
    reasons: [{ key: "walk", names: named("Walk"), maxMinutes: 10 }],
  };
  let by: Parameters<TestCore["core"]["directory"]["applyInTx"]>[1];
  const within = <T>(run: Parameters<typeof test.core.db.withScope<T>>[1]): Promise<T> =>
    test.core.db.withScope({ organisationId, projectIds: "*" }, run);
  beforeEach(() => {
    by = { actor: { organisationId, personId, name: "Anna" }, address: "", defaultCountry: "RU" };
  });

  it("is made whole, each part as its route would make it, audited", async () => {
    const before = (await actions()).length;
    const made = await within((tx) => test.core.directory.applyInTx(tx, by, plan));
    await test.core.directory.refresh(organisationId);
    const queue = (await list<Queue>("/queues")).find((each) => each.queueId === made.queues.get("cards"));
    expect(queue).toMatchObject({
      projectId: made.projects.get("bank"),
      requirements: [{ skillId: made.skills.get("cards"), level: 2 }],
      priority: 7,
      recordCalls: false,
      ringTimeoutSeconds: 20,
    });
    expect((await list<PhoneNumber>("/numbers")).find((each) => each.numberId === made.numbers.get("main"))).toMatchObject({
      e164: "+74951112233",
      queueId: queue!.queueId,
      hoursId: made.hours.get("office"),
      greetingAudioId: "greeting.plain",
    });
    expect(test.core.directory.edgeConfig().numbers.find((each) => each.numberId === made.numbers.get("main"))?.dialled).toContain(
      "+74951112233",
    );
    expect((await actions()).length - before).toBe(7);

    const kept = await within((tx) => test.core.directory.retireInTx(tx, by, { projects: [made.projects.get("bank")!] }));
    expect(kept).toEqual([
      { kind: "projects", id: made.projects.get("bank"), usedBy: [{ kind: "queues", id: queue!.queueId, name: "Cards" }] },
    ]);
    const ids = Object.fromEntries(Object.entries(made).map(([kind, byKey]) => [kind, [...byKey.values()]]));
    expect(await within((tx) => test.core.directory.retireInTx(tx, by, ids))).toEqual([]);
    await test.core.directory.refresh(organisationId);
    const config = test.core.directory.config(organisationId)!;
    for (const kind of ["projects", "hours", "skills", "queues", "numbers", "wrapUpCodes", "reasons"] as const) {
      const all: readonly { readonly retired: boolean }[] = config[kind].filter((each) => JSON.stringify(each).includes(ids[kind]![0]!));
      expect([kind, all.map(({ retired }) => retired)]).toEqual([kind, all.map(() => true)]);
    }
    expect(config.dialled.has(made.numbers.get("main") as never)).toBe(false);
  });
  it("leaves nothing behind where one part can't be, and says which", async () => {
    const tables = ["project", "hours", "skill", "queue", "phone_number", "wrap_up_code", "not_ready_reason", "dialled"];
    const stored = async () => {
      const counts: number[] = [];
      for (const table of tables) counts.push((await rowsOf(test, `directory.${table}`)).length);
      return counts;
    };
    const before = await stored();
    const wrong: readonly (readonly [DirectoryPlan, string])[] = [
      [{ ...plan, numbers: [{ ...plan.numbers![0]!, number: "not a number" }] }, "numbers.main.number"],
      [{ ...plan, numbers: [{ ...plan.numbers![0]!, queue: "nowhere" }] }, "numbers.main.queueId"],
      [{ ...plan, numbers: [{ ...plan.numbers![0]!, hours: "nowhere" }] }, "numbers.main.hoursId"],
      [{ ...plan, queues: [{ ...plan.queues![0]!, project: "nowhere" }], numbers: [] }, "queues.cards.projectId"],
      [{ ...plan, hours: [{ key: "office", ...office, timeZone: "Mars/Olympus" }] }, "hours.office.timeZone"],
      [{ ...plan, numbers: [...plan.numbers!, { ...plan.numbers![0]!, key: "again" }] }, "numbers.again.number"],
    ];
    for (const [each, path] of wrong) {
      await expect(within((tx) => test.core.directory.applyInTx(tx, by, each))).rejects.toMatchObject({
        fields: [expect.objectContaining({ path })],
      });
    }
    expect(await stored()).toEqual(before);
  });
});
