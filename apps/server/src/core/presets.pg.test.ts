// Ready-made set-ups through the API: shown, made whole or not at all, made once, taken back as far as nobody built on them.
import {
  trades,
  type CustomerField,
  type Hours,
  type Me,
  type NotReadyReason,
  type OwnRole,
  type PhoneNumber,
  type Preset,
  type PresetApplication,
  type PresetItem,
  type PresetUndoStep,
  type Project,
  type Queue,
  type QueueMember,
  type Skill,
  type Trade,
  type WrapUpCode,
} from "@allo/contract";
import { afterEach, describe, expect, it } from "vitest";
import { addPerson, makeOrganisation, rowsOf, setupRequest, startTestCore, Visitor, type TestCore } from "./fixtures/test-core.ts";

let test: TestCore | undefined;
afterEach(async () => {
  await test?.close();
  test = undefined;
});

async function start() {
  test = await startTestCore();
  const { administrator, me } = await makeOrganisation(test);
  const apply = async (trade: Trade, over: { numbers?: { key: string; number: string }[]; requestId?: string; language?: string } = {}) =>
    administrator.call("POST", `/presets/${trade}/apply`, { language: "ru", numbers: [], requestId: `request-${trade}`, ...over });
  const undo = async (id: string) => administrator.call("POST", `/preset-applications/${id}/undo`);
  return { test, administrator, me, apply, undo };
}
const items = async <T>(visitor: Visitor, path: string): Promise<T[]> => (await visitor.call("GET", path)).json<{ items: T[] }>().items;
const byRu = <T extends { readonly names: { readonly ru: string } }>(list: readonly T[], ru: string): T | undefined =>
  list.find((each) => each.names.ru === ru);
const stepsOf = (list: readonly PresetUndoStep[]) => new Map(list.map((step) => [`${step.kind} ${step.key}`, step]));

/** Their route belongs to a part that isn't in these tests. */
async function fieldsOf(visitor: Visitor): Promise<readonly CustomerField[]> {
  const { organisation } = (await visitor.call("GET", "/session")).json<Me>();
  return test!.core.db.withScope({ organisationId: organisation.organisationId as never, projectIds: "*" }, (tx) =>
    tx.query<CustomerField>(`select field_id as "fieldId", names, type, position, retired from customers.field order by position`),
  );
}

async function everything(visitor: Visitor) {
  return {
    projects: await items<Project>(visitor, "/projects"),
    hours: await items<Hours>(visitor, "/hours"),
    skills: await items<Skill>(visitor, "/skills"),
    queues: await items<Queue>(visitor, "/queues"),
    numbers: await items<PhoneNumber>(visitor, "/numbers"),
    codes: await items<WrapUpCode>(visitor, "/wrap-up-codes"),
    reasons: await items<NotReadyReason>(visitor, "/not-ready-reasons"),
    roles: await items<OwnRole>(visitor, "/roles"),
    fields: await fieldsOf(visitor),
  };
}
type Everything = Awaited<ReturnType<typeof everything>>;
const inUse = (all: Everything) =>
  Object.fromEntries(
    Object.entries(all).map(([kind, list]) => [kind, list.filter((each) => !each.retired).map((each) => JSON.stringify(each))]),
  );

describe("ready-made set-ups", () => {
  it("are shown to whoever sets up the first organisation, and name nothing of any", async () => {
    test = await startTestCore();
    const presets = await items<Preset>(new Visitor(test.core), "/presets");
    expect(presets.map((preset) => preset.trade)).toEqual([...trades]);
    expect(presets.every((preset) => preset.items.some((item) => item.kind === "number" && item.key === preset.mainNumberKey))).toBe(true);
  });

  it.each(trades)("make exactly what the preview of a %s promised", async (trade) => {
    const { administrator, apply } = await start();
    const before = await everything(administrator);
    const numbers = (await items<Preset>(administrator, "/presets"))
      .find((preset) => preset.trade === trade)!
      .items.filter((item) => item.kind === "number")
      .map(({ key }, index) => ({ key, number: `70${index}` }));
    const preview = (await administrator.call("POST", `/presets/${trade}/preview`, { language: "ru", numbers })).json<Preset>();
    const answer = await apply(trade, { numbers });
    expect([answer.statusCode, answer.body]).toEqual([200, answer.body]);
    const application = answer.json<PresetApplication>();
    const fresh = preview.items.filter((item) => item.state === "new");
    expect(application.made.map(({ kind, key }) => `${kind} ${key}`)).toEqual(fresh.map(({ kind, key }) => `${kind} ${key}`));
    expect(application.byName).toBe("Анна Сидорова");
    const after = await everything(administrator);
    const count = (all: Everything) => Object.values(all).reduce((sum, list) => sum + list.length, 0);
    expect(count(after) - count(before)).toBe(fresh.length);
    // Every id answers, and each number leads somewhere by its hours.
    const ids = new Set(JSON.stringify(after).match(/[a-z]{3}_[0-9a-zA-Z_-]+/g));
    for (const { id } of application.made) expect(ids).toContain(id);
    expect(after.numbers.filter((number) => number.number.startsWith("70")).length).toBe(numbers.length);
    for (const number of after.numbers) expect(after.queues.some((queue) => queue.queueId === number.queueId && !queue.retired)).toBe(true);
    // What the wizard made under the same names was kept, not doubled.
    const names = after.codes.map((code) => code.names.ru);
    expect(new Set(names).size).toBe(names.length);
    expect(preview.items.find((item) => item.kind === "reason" && item.key === "break")?.state).toBe("kept");
    expect((await items<PresetApplication>(administrator, "/preset-applications")).map((each) => each.applicationId)).toEqual([
      application.applicationId,
    ]);
    const audit = await items<{ action: string; objectId: string }>(administrator, "/audit?limit=200");
    expect(audit.filter((entry) => entry.action === "preset.apply").map((entry) => entry.objectId)).toEqual([application.applicationId]);
    for (const { id } of application.made) expect(audit.map((entry) => entry.objectId)).toContain(id);
  });

  it("put an outsourcer's queues into projects of their own, named in the language chosen", async () => {
    const { administrator, apply } = await start();
    await apply("outsourcer");
    const { projects, queues } = await everything(administrator);
    const named = new Map(projects.map((project) => [project.name, project.projectId]));
    expect([...named.keys()]).toEqual(expect.arrayContaining(["Интернет-магазин", "Служба доставки", "Бытовая техника"]));
    expect(byRu(queues, "Доставка: курьер на адресе")?.projectId).toBe(named.get("Служба доставки"));
  });

  it("are made once by a double click, and by two at the same time", async () => {
    const { administrator, apply } = await start();
    const [one, two] = await Promise.all([apply("taxi"), apply("taxi")]);
    const third = await apply("taxi");
    expect(new Set([one, two, third].map((answer) => answer.json<PresetApplication>().applicationId)).size).toBe(1);
    expect((await items<PresetApplication>(administrator, "/preset-applications")).length).toBe(1);
    const queues = (await everything(administrator)).queues.filter((queue) => queue.names.ru === "Приём заказов");
    expect(queues.length).toBe(1);
    const again = await apply("taxi", { requestId: "another-request" });
    expect([again.statusCode, again.json<{ code: string }>().code]).toEqual([409, "nothingToMake"]);
  });

  it("are made and undone while people and the setup are changed, and nobody waits for another in a circle", async () => {
    const { test: core, administrator, apply, undo } = await start();
    const work = async (): Promise<number[]> => {
      const codes: number[] = [];
      for (let index = 0; index < 8; index += 1) {
        const names = { en: `Other ${index}`, ru: "", fa: "" };
        const [role, skill] = await Promise.all([
          administrator.call("POST", "/roles", { names, description: names, permissions: ["floor.read"] }),
          administrator.call("POST", "/skills", { names }),
        ]);
        codes.push(role.statusCode, skill.statusCode);
      }
      return codes;
    };
    const made = async (): Promise<number[]> => {
      const answer = await apply("isp");
      return [answer.statusCode, (await undo(answer.json<PresetApplication>().applicationId)).statusCode];
    };
    const codes = await Promise.all([work(), made(), work()]);
    expect(new Set(codes.flat())).toEqual(new Set([200]));
    expect(core.logged()).not.toContain("deadlock");
  });

  it("leave nothing behind where a part can't be made", async () => {
    const { test: core, administrator, apply } = await start();
    const before = await everything(administrator);
    const rows = await rowsOf(core, "identity.audit");
    const answer = await apply("bank", { numbers: [{ key: "main", number: "not a number" }] });
    expect(answer.statusCode).toBe(400);
    expect(answer.json<{ fields: { path: string }[] }>().fields.map((field) => field.path)).toEqual(["numbers.main.number"]);
    expect(await everything(administrator)).toEqual(before);
    expect(await rowsOf(core, "presets.application")).toEqual([]);
    expect(await rowsOf(core, "identity.audit")).toEqual(rows);
    // A late part fails as an early one does: roles come after the directory's.
    await core.admin.query("alter table identity.role add constraint none check (false)");
    expect((await apply("bank")).statusCode).toBe(500);
    expect(await everything(administrator)).toEqual(before);
    await core.admin.query("alter table identity.role drop constraint none");
    expect((await apply("bank")).statusCode).toBe(200);
  });

  it("refuse numbers that can't be meant", async () => {
    const { apply } = await start();
    for (const numbers of [
      [{ key: "elsewhere", number: "100" }],
      [
        { key: "main", number: "100" },
        { key: "block", number: "1 0 0" },
      ],
    ])
      expect((await apply("bank", { numbers })).statusCode).toBe(400);
  });

  it("make no role with more than the person may give", async () => {
    const { test: core, administrator } = await start();
    const role = await administrator.call("POST", "/roles", {
      names: { en: "Setter", ru: "", fa: "" },
      description: { en: "", ru: "", fa: "" },
      permissions: ["setup.manage"],
    });
    const { visitor } = await addPerson(core.core, administrator, {
      name: "Setter",
      email: "setter@example.com",
      roles: [],
      ownRoleIds: [role.json<OwnRole>().roleId],
    });
    const preview = (await visitor.call("POST", "/presets/shop/preview", { language: "en", numbers: [] })).json<Preset>();
    const roles = preview.items.filter((item) => item.kind === "role");
    expect(roles.map((item: PresetItem) => [item.state, item.why])).toEqual(roles.map(() => ["skipped", "beyondOwnRights"]));
    const made = (
      await visitor.call("POST", "/presets/shop/apply", { language: "en", numbers: [], requestId: "by-the-setter" })
    ).json<PresetApplication>();
    expect(made.made.some((each) => each.kind === "role")).toBe(false);
    expect(made.made.some((each) => each.kind === "queue")).toBe(true);
  });
});

describe("the first setup with a trade", () => {
  it("makes the trade's set-up, gives its main number the one that was typed, and the administrator to its queues", async () => {
    test = await startTestCore();
    const administrator = new Visitor(test.core);
    const { queue: _queue, ...request } = setupRequest((await test.core.identity.prepareSetup()) ?? "");
    const answer = await administrator.call("POST", "/setup", { ...request, trade: "isp", number: { ...request.number, language: "fa" } });
    expect([answer.statusCode, answer.body]).toEqual([200, answer.body]);
    const me = answer.json<Me>();
    const all = await everything(administrator);
    expect(all.queues.map((queue) => queue.names.ru)).toEqual(["Техподдержка", "Счета и тарифы", "Подключение"]);
    expect(all.queues[0]?.greetingWords.ru).toContain("\u2068Ромашка\u2069");
    const [number] = all.numbers;
    expect([all.numbers.length, number?.e164, number?.language, number?.queueId, number?.greetingAudioId, number?.label]).toEqual([
      1,
      "+74951234567",
      "fa",
      all.queues[0]?.queueId,
      "greeting.isp",
      "Линия поддержки",
    ]);
    expect(number?.allowedNetworks).toContain("192.168.1.0/24");
    expect(all.hours.find((hours) => hours.hoursId === number?.hoursId)?.names.ru).toBe("Круглосуточно");
    for (const { queueId } of all.queues)
      expect(await items<QueueMember>(administrator, `/queues/${queueId}/members`)).toEqual([{ personId: me.personId, level: 3 }]);
    expect(all.codes.map((code) => code.names.fa)).toContain("قطعی اینترنت");
    expect(all.reasons.find((reason) => reason.names.ru === "Связь с бригадой")?.maxMinutes).toBe(10);
    expect(all.reasons.filter((reason) => reason.system).length).toBe(4);
    expect(all.roles.length).toBe(4);
    expect(all.fields.map((field) => field.names.ru)).toContain("Номер договора");
    expect((await items<PresetApplication>(administrator, "/preset-applications")).map((each) => each.trade)).toEqual(["isp"]);
  });

  it("says of a wrong number that the wizard's number is wrong, and makes nothing", async () => {
    test = await startTestCore();
    const token = (await test.core.identity.prepareSetup()) ?? "";
    const { queue: _queue, ...request } = setupRequest(token, { number: "++" });
    const answer = await new Visitor(test.core).call("POST", "/setup", { ...request, trade: "clinic" });
    expect([answer.statusCode, answer.json<{ fields: { path: string }[] }>().fields[0]?.path]).toEqual([400, "number.number"]);
    expect(await rowsOf(test, "identity.organisation")).toEqual([]);
    const neither = await new Visitor(test.core).call("POST", "/setup", request);
    expect(neither.statusCode).toBe(400);
  });
});

describe("undoing", () => {
  it("takes out of use all that was made, and nothing else", async () => {
    const { administrator, apply, undo } = await start();
    const before = inUse(await everything(administrator));
    const application = (await apply("clinic", { numbers: [{ key: "appointments", number: "555" }] })).json<PresetApplication>();
    const shown = await items<PresetUndoStep>(administrator, `/preset-applications/${application.applicationId}/undo`);
    expect(new Set(shown.map((step) => step.step))).toEqual(new Set(["retire"]));
    const undone = (await undo(application.applicationId)).json<PresetApplication>();
    expect(undone.undone).toEqual(shown);
    expect(undone.undoneByName).toBe("Анна Сидорова");
    expect(inUse(await everything(administrator))).toEqual(before);
    const again = await undo(application.applicationId);
    expect(again.json<PresetApplication>()).toEqual(undone);
    const audit = await items<{ action: string }>(administrator, "/audit?limit=200");
    expect(audit.filter((entry) => entry.action === "preset.undo").length).toBe(1);
    // The number is free again.
    expect((await apply("clinic", { requestId: "once-more", numbers: [{ key: "appointments", number: "555" }] })).statusCode).toBe(200);
  });

  it("leaves what was changed or is needed since, with the reason, and shows it before", async () => {
    const { test: core, administrator, apply, undo } = await start();
    const application = (await apply("bank", { numbers: [{ key: "main", number: "555" }] })).json<PresetApplication>();
    const all = await everything(administrator);
    const cards = byRu(all.queues, "Карты и счета")!;
    const loans = byRu(all.queues, "Кредиты и вклады")!;
    const security = byRu(all.roles, "Служба безопасности")!;
    const block = byRu(all.queues, "Блокировка карт")!;
    const blocked = byRu(all.codes, "Карта заблокирована")!;
    const patch = async (path: string, body: object) => expect((await administrator.call("PATCH", path, body)).statusCode).toBe(200);
    await patch(`/queues/${loans.queueId}`, { wrapUpSeconds: 99, version: loans.version });
    await patch(`/wrap-up-codes/${blocked.wrapUpCodeId}`, { names: { ...blocked.names, ru: "Карту закрыли" }, version: blocked.version });
    const own = await administrator.call("POST", "/numbers", { number: "556", queueId: block.queueId, language: "ru", label: "Моя линия" });
    expect(own.statusCode).toBe(200);
    await addPerson(core.core, administrator, { name: "Пётр", email: "petr@example.com", roles: [], ownRoleIds: [security.roleId] });

    const expected = (list: readonly PresetUndoStep[]) => {
      const steps = stepsOf(list);
      expect(steps.get("queue loans")).toMatchObject({ step: "leave", why: "changed" });
      expect(steps.get("wrapUpCode blocked")).toMatchObject({ step: "leave", why: "changed", names: { ru: "Карту закрыли" } });
      expect(steps.get("queue block")).toMatchObject({ step: "leave", why: "inUse", usedBy: ["Моя линия"] });
      expect(steps.get("role security")).toMatchObject({ step: "leave", why: "held", usedBy: ["Пётр"] });
      expect(steps.get("queue cards")).toMatchObject({ step: "retire" });
      expect(steps.get("number main")).toMatchObject({ step: "retire" });
    };
    expected(await items<PresetUndoStep>(administrator, `/preset-applications/${application.applicationId}/undo`));
    expected((await undo(application.applicationId)).json<PresetApplication>().undone ?? []);
    const after = await everything(administrator);
    const isRetired = (queueId: string) => after.queues.find((queue) => queue.queueId === queueId)?.retired;
    expect([isRetired(cards.queueId), isRetired(loans.queueId), isRetired(block.queueId)]).toEqual([true, false, false]);
    expect(after.roles.find((role) => role.roleId === security.roleId)?.retired).toBe(false);
    expect(after.codes.find((code) => code.wrapUpCodeId === blocked.wrapUpCodeId)?.retired).toBe(false);
  });

  it("says how many contacts a queue had, and retires it: its history stays", async () => {
    const { test: core, administrator, me, apply, undo } = await start();
    const application = (await apply("taxi")).json<PresetApplication>();
    const orders = byRu((await everything(administrator)).queues, "Приём заказов")!;
    await core.admin.query("alter table contacts.contact_row no force row level security");
    for (const index of [1, 2, 3])
      await core.admin.query(
        `insert into contacts.contact_row (organisation_id, project_id, contact_id, sequence, channel, state, started_at, number_id, queue_id, language, not_coded, caller)
         values ($1, $2, $3, 1, 'voice', 'closed', 1, 'num_x', $4, 'ru', false, 'anonymous')`,
        [me.organisation.organisationId, orders.projectId, `con_${index}`, orders.queueId],
      );
    await core.admin.query("alter table contacts.contact_row force row level security");
    const undone = (await undo(application.applicationId)).json<PresetApplication>();
    expect(stepsOf(undone.undone ?? []).get("queue orders")).toMatchObject({ step: "retire", uses: 3 });
  });

  it("is refused for another organisation's", async () => {
    const { test: core, apply } = await start();
    const application = (await apply("shop")).json<PresetApplication>();
    const stranger = (await makeOrganisation(core, { email: "other@example.org", number: "100" })).administrator;
    expect((await stranger.call("POST", `/preset-applications/${application.applicationId}/undo`)).statusCode).toBe(404);
    expect(await items(stranger, "/preset-applications")).toEqual([]);
  });
});
