import type { Customer } from "@allo/contract";
import { utf8Decode } from "@allo/kernel";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "@allo/testkit";
import { runMigrations } from "../platform/migrate.ts";
import { searchDigits, searchWords } from "../modules/customers/core/search-key.ts";
import { ORGANISATION } from "../modules/telephony/fixtures/voice-world.ts";
import { LookbackWorld, PROJECT } from "./fixtures/lookback-world.ts";

const card = (over: Partial<Customer> = {}) => ({ name: "Пётр Иванов", note: "", language: "ru", identities: [], fields: {}, ...over });

describe("customers", () => {
  let world: LookbackWorld;
  beforeEach(async () => {
    world = await LookbackWorld.create();
    world.projects = [
      { projectId: PROJECT, name: "Main", inHouse: false, nameAudioId: null, retired: false, version: 1 },
      { projectId: "prj_two", name: "Two", inHouse: false, nameAudioId: null, retired: false, version: 1 },
    ];
  });
  afterEach(async () => {
    await world?.close();
  });
  const create = (over: object = {}, who = world.principal("ann", "agent")) => world.call("customerCreate", who, { body: card(over) });
  const found = async (q: string, who = world.principal("ann", "agent")) =>
    (await world.call("customersSearch", who, { query: { q } })).items.map(({ name }) => name);

  it("have identities in one spelling, unique in their project, and a key before their row", async () => {
    const made = await create({
      identities: [
        { kind: "phone", value: "(415) 555-0123" },
        { kind: "phone", value: "+1 415 555 0123" },
        { kind: "email", value: "Petr@Example.com" },
      ],
    });
    expect(made).toMatchObject({
      projectId: PROJECT,
      version: 1,
      identities: [
        { kind: "phone", value: "+14155550123" },
        { kind: "email", value: "Petr@Example.com" },
      ],
    });
    expect(world.createdKeys).toEqual([made.customerId]);
    await expect(create({ identities: [{ kind: "phone", value: "4155550123" }] })).rejects.toMatchObject({
      code: "alreadyExists",
      status: 409,
    });
    await expect(create({ identities: [{ kind: "email", value: "petr@example.com" }] })).rejects.toMatchObject({ code: "alreadyExists" });
    expect((await create({ projectId: "prj_two", identities: [{ kind: "phone", value: "4155550123" }] })).projectId).toBe("prj_two");
    await expect(create({ identities: [{ kind: "phone", value: "tel" }] })).rejects.toMatchObject({
      fields: [{ path: "identities.0.value", code: "notANumber" }],
    });
    await expect(create({ name: " " })).rejects.toMatchObject({ status: 400 });
    await expect(create({ projectId: "prj_none" })).rejects.toMatchObject({ fields: [{ path: "projectId", code: "unknownProject" }] });
    expect(await world.call("customerGet", world.principal("bob", "agent"), { params: { customerId: made.customerId } })).toEqual(made);
  });

  it("have fields that open only in a call whose caller is verified, and for whoever sees protected ones", async () => {
    const { voice } = world;
    const admin = world.principal("adm", "administrator");
    const names = { en: "Limit", ru: "", fa: "" };
    const open = await world.call("customerFieldCreate", admin, { body: { names, type: "text" } });
    const limit = await world.call("customerFieldCreate", admin, { body: { names, type: "text", verifyLevel: 1 } });
    const word = await world.call("customerFieldCreate", admin, { body: { names, type: "text", verifyLevel: 2 } });
    const values = { [open.fieldId]: "a", [limit.fieldId]: "500", [word.fieldId]: "secret" };
    const identities = [{ kind: "phone", value: "+14155550123" }];
    const made = await create({ identities, fields: values });
    expect([made.fields, made.withheld]).toEqual([{ [open.fieldId]: "a" }, [limit.fieldId, word.fieldId]]);
    const ann = world.principal("ann", "agent");
    const seen = async (who = ann) => (await world.call("customerGet", who, { params: { customerId: made.customerId } })).fields;
    expect(await seen(world.principal("lea"))).toEqual(values);

    await voice.ready("ann");
    const call = await voice.callIn("cal_1");
    await voice.soon(() => voice.desk("ann").state === "ringing");
    await voice.answer("ann");
    await voice.soon(() => voice.contactOf(call).customerId === made.customerId);
    const { contactId } = voice.contactOf(call);
    expect(voice.desk("ann").contact?.verification).toEqual({ level: 0, how: null, failed: 0, locked: false });
    expect(await seen()).toEqual({ [open.fieldId]: "a" });
    const write = (fields: object, version: number) =>
      world.call("customerUpdate", ann, { params: { customerId: made.customerId }, body: { fields, version } });
    await expect(write({ [limit.fieldId]: "9000" }, 1)).rejects.toMatchObject({ code: "verificationNeeded", status: 403 });
    // What is shut stays when the rest is saved.
    expect((await write({ [open.fieldId]: "b" }, 1)).fields).toEqual({ [open.fieldId]: "b" });
    expect(await seen(world.principal("lea"))).toEqual({ ...values, [open.fieldId]: "b" });

    await voice.call("callVerify", "ann", { contactId }, { how: "questions", passed: true });
    expect(voice.desk("ann").contact?.verification).toMatchObject({ level: 1, how: "questions" });
    expect(await seen()).toEqual({ [open.fieldId]: "b", [limit.fieldId]: "500" });
    expect(await seen(world.principal("bob", "agent"))).toEqual({ [open.fieldId]: "b" });
    await voice.call("callVerify", "ann", { contactId }, { how: "code", passed: true });
    expect(await seen()).toEqual({ ...values, [open.fieldId]: "b" });
    expect((await write({ ...values, [limit.fieldId]: "9000" }, 2)).fields).toMatchObject({ [limit.fieldId]: "9000" });

    // A wrong answer shuts them, and after three nobody is verified in this call any more.
    for (let time = 0; time < 3; time += 1) await voice.call("callVerify", "ann", { contactId }, { how: "questions", passed: false });
    expect(voice.desk("ann").contact?.verification).toEqual({ level: 0, how: null, failed: 3, locked: true });
    expect(await seen()).toEqual({ [open.fieldId]: "a" });
    await expect(voice.call("callVerify", "ann", { contactId }, { how: "code", passed: true })).rejects.toMatchObject({
      code: "verificationLocked",
    });
  });

  it("are known by their number in the project of the number dialled, and found in one project where it is asked for", async () => {
    const [ofMain, ofTwo] = ["Main's", "Two's"].map((name, index) => ({ name, projectId: index === 0 ? PROJECT : "prj_two" }));
    const identities = [{ kind: "phone", value: "+14155550123" }];
    const two = await create({ ...ofTwo, identities });
    world.voice.presence("ann", true);
    const first = await world.voice.callIn("cal_1");
    await world.voice.soon(() => world.voice.contactOf(first).phase.kind === "waiting");
    expect(world.voice.contactOf(first)).toMatchObject({ projectId: PROJECT, customerId: null });
    await world.settled();
    const main = await create({ ...ofMain, identities });
    await world.voice.soon(() => world.voice.contactOf(first).customerId === main.customerId);
    world.voice.configure({ queue: { projectId: "prj_two" } });
    const second = await world.voice.callIn("cal_2");
    await world.voice.soon(() => world.voice.contactOf(second).customerId === two.customerId);
    expect(world.voice.contactOf(second)).toMatchObject({ projectId: "prj_two" });
    await world.settled();
    const search = async (query: object, who = world.principal("ann", "agent")) =>
      (await world.call("customersSearch", who, { query })).items.map(({ name, projectId }) => [name, projectId]);
    expect(await search({ q: "0123" })).toHaveLength(2);
    expect(await search({ q: "0123", projectId: "prj_two" })).toEqual([["Two's", "prj_two"]]);
    expect(await search({ projectId: PROJECT })).toEqual([["Main's", PROJECT]]);
    const limited = world.principal("bob", "agent", { projectIds: [PROJECT] });
    expect(await search({ q: "0123" }, limited)).toEqual([["Main's", PROJECT]]);
    expect(await search({ projectId: "prj_two" }, limited)).toEqual([]);
    const lead = world.principal("lead");
    const contacts = async (query: object) => (await world.call("contactsList", lead, { query })).items.map(({ contactId }) => contactId);
    const [idOfFirst, idOfSecond] = [first, second].map((id) => world.voice.contactOf(id).contactId);
    expect(await contacts({})).toEqual([idOfSecond, idOfFirst]);
    expect(await contacts({ projectId: "prj_two" })).toEqual([idOfSecond]);
    expect(await contacts({ projectId: PROJECT })).toEqual([idOfFirst]);
  });

  it("are changed from the version that was read, part by part, without a name in the audit chain", async () => {
    const ann = world.principal("ann", "agent");
    const made = await create({ identities: [{ kind: "email", value: "p@example.com" }] });
    const params = { customerId: made.customerId };
    const changed = await world.call("customerUpdate", ann, { params, body: { name: "Пётр Сидоров", version: 1 } });
    expect(changed).toMatchObject({ name: "Пётр Сидоров", version: 2, identities: made.identities, language: "ru" });
    await expect(world.call("customerUpdate", ann, { params, body: { name: "Никто", note: "x", version: 1 } })).rejects.toMatchObject({
      code: "versionConflict",
      status: 409,
      fields: [{ path: "name" }, { path: "note" }],
    });
    expect(await found("сидор")).toEqual(["Пётр Сидоров"]);
    expect(await found("иванов")).toEqual([]);
    expect(await world.auditOf("customer.change")).toEqual([{ object_id: made.customerId, after: { version: 2, parts: ["name"] } }]);
    const { rows } = await world.voice.admin.query<{ text: string }>("select string_agg(a::text, ' ') as text from identity.audit a");
    expect(rows[0]?.text).not.toMatch(/Сидоров|Иванов|example/);
  });

  it("have the organisation's own fields, checked by type", async () => {
    const admin = world.principal("root", "administrator");
    const names = { en: "Tier", ru: "Уровень", fa: "سطح" };
    const sum = await world.call("customerFieldCreate", admin, { body: { names, type: "number" } });
    const text = await world.call("customerFieldCreate", admin, { body: { names, type: "text" } });
    expect((await world.call("customerFieldsList", admin)).items.map(({ fieldId }) => fieldId)).toEqual([sum.fieldId, text.fieldId]);
    const made = await create({ fields: { [sum.fieldId]: "12.5", [text.fieldId]: "gold" } });
    expect(made.fields).toEqual({ [sum.fieldId]: "12.5", [text.fieldId]: "gold" });
    await expect(create({ fields: { [sum.fieldId]: "much" } })).rejects.toMatchObject({ fields: [{ code: "notNumeric" }] });
    await world.call("customerFieldUpdate", admin, { params: { fieldId: text.fieldId }, body: { retired: true } });
    const kept = await world.call("customerUpdate", admin, {
      params: { customerId: made.customerId },
      body: { fields: { [sum.fieldId]: "" }, version: 1 },
    });
    expect(kept.fields).toEqual({ [text.fieldId]: "gold" });
    await expect(
      world.call("customerFieldUpdate", world.stranger(), { params: { fieldId: sum.fieldId }, body: { retired: true } }),
    ).rejects.toMatchObject({ status: 404 });
    expect((await world.call("customerFieldsList", world.stranger())).items).toEqual([]);
  });

  it("are found as one types: parts of names, numbers in any script and with any prefix, e-mail", async () => {
    await create({ name: "Иван Петров", identities: [{ kind: "phone", value: "+79123456789" }] });
    await create({
      name: "علی کریمی",
      identities: [
        { kind: "phone", value: "+989121234567" },
        { kind: "email", value: "ali@example.ir" },
      ],
    });
    await create({ name: "Ann Peters" });
    await create({ name: "Shop 911" });
    expect(await found("петр")).toEqual(["Иван Петров"]);
    expect(await found("п")).toEqual(["Иван Петров"]);
    expect(await found("етр")).toEqual(["Иван Петров"]);
    expect(await found("pet ann")).toEqual(["Ann Peters"]);
    expect(await found("كريمي")).toEqual(["علی کریمی"]);
    expect(await found("ali@exam")).toEqual(["علی کریمی"]);
    for (const typed of ["8 912 345", "+7 912", "3456789", "۳۴۵۶۷۸"]) expect(await found(typed), typed).toEqual(["Иван Петров"]);
    for (const typed of ["0912 123", "۰۹۱۲۱۲۳", "0098912"]) expect(await found(typed), typed).toEqual(["علی کریمی"]);
    expect(await found("911")).toEqual(["Shop 911"]);
    expect(await found("'; drop table customers.search; --")).toEqual([]);
    expect(await found("%")).toHaveLength(4); // nothing to look for: the list
    const first = await world.call("customersSearch", world.principal("ann", "agent"), { query: { limit: 3 } });
    const rest = await world.call("customersSearch", world.principal("ann", "agent"), { query: { limit: 3, cursor: first.nextCursor } });
    expect([...first.items, ...rest.items].map(({ name }) => name).toSorted()).toEqual(
      ["Ann Peters", "Shop 911", "Иван Петров", "علی کریمی"].toSorted(),
    );
    expect(rest.nextCursor).toBeNull();
  });

  it("of another organisation or project don't exist", async () => {
    const made = await create({ identities: [{ kind: "phone", value: "4155550123" }] });
    const params = { customerId: made.customerId };
    for (const who of [
      world.stranger(),
      world.principal("ann", "agent", { projectIds: ["prj_two" as never] }),
      world.principal("ann", "agent", { projectIds: [] }),
    ]) {
      await expect(world.call("customerGet", who, { params })).rejects.toMatchObject({ status: 404 });
      await expect(world.call("customerUpdate", who, { params, body: { name: "x", version: 1 } })).rejects.toMatchObject({ status: 404 });
      for (const q of ["пётр", "415555", ""]) expect(await found(q, who), q).toEqual([]);
    }
    await expect(create({}, world.stranger())).rejects.toMatchObject({ status: 400 }); // it has no project
  });

  it("are recognised when they call; their recordings' keys become theirs once the call is over", async () => {
    const { voice } = world;
    const made = await create({ identities: [{ kind: "phone", value: "4155550123" }] });
    await voice.ready("ann");
    const id = await voice.callIn("cal_1");
    await voice.soon(() => voice.contactOf(id).customerId === made.customerId);
    await voice.soon(() => voice.desk("ann").contact?.customer?.name === "Пётр Иванов");
    await voice.answer("ann");
    const { contactId, recordings } = voice.contactOf(id);
    await world.settled();
    const keyOf = async () =>
      (
        await voice.admin.query<{ key_subject: string; wrapped_key: Uint8Array }>(
          "select key_subject, wrapped_key from telephony.recording",
        )
      ).rows[0]!;
    expect((await keyOf()).key_subject).toBe(contactId); // it is being written
    voice.edge.hangUp(id, { by: "caller", why: "hungUp" });
    voice.edge.recordingSaved(recordings[0]!.recordingId);
    await voice.soon(() => voice.contactOf(id).recordings[0]?.state === "saved");
    await world.settled();
    const after = await keyOf();
    expect([after.key_subject, utf8Decode(after.wrapped_key)]).toEqual([made.customerId, `${contactId}>${made.customerId}`]);
    const [row] = (await world.call("contactsList", world.principal("lead"), { query: { customerId: made.customerId } })).items;
    expect(row).toMatchObject({ contactId, customerName: "Пётр Иванов" });
    const [hit] = (await world.call("customersSearch", world.principal("lead"), { query: { q: "пётр" } })).items;
    expect(hit?.lastContactAt).toBe(row?.startedAt);
  });

  it("who call while the database is away are recognised when it is back; an erased key keeps nothing else back", async () => {
    const { voice } = world;
    const made = await create({ identities: [{ kind: "phone", value: "4155550123" }] });
    await voice.ready("ann");
    voice.database.away = true;
    const id = voice.edge.arrive("cal_1");
    await voice.soon(() => voice.contactOf(id).lastSequence > 0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(voice.contactOf(id).customerId).toBeNull();
    voice.database.away = false;
    await voice.soon(() => voice.contactOf(id).customerId === made.customerId);

    await voice.soon(() => voice.edge.calls.get(id)?.summary.phase === "answered" || !voice.edge.calls.has(id));
    const second = await voice.callIn("cal_2");
    await voice.soon(() => voice.desk("ann").state === "ringing");
    await voice.answer("ann");
    world.erased.add(voice.contactOf(second).contactId);
    voice.edge.hangUp(second);
    await voice.soon(() => voice.desk("ann").state === "wrapUp");
    await world.settled();
    const rows = (await world.call("contactsList", world.principal("lead"), { query: { customerId: made.customerId } })).items;
    expect(rows.find(({ contactId }) => contactId === voice.contactOf(second).contactId)?.state).toBe("wrapUp");
  });

  it("bring the earlier contacts of their numbers with them, internal ones too, and leave those that are someone's", async () => {
    const { voice } = world;
    const call = async (callId: string, number: string) => {
      const id = await voice.callIn(callId, number);
      await voice.soon(() => voice.contactOf(id).phase.kind === "closed"); // nobody is signed in
      return voice.contactOf(id).contactId;
    };
    const first = await call("cal_1", "+14155550123");
    const second = await call("cal_2", "1001");
    const third = await call("cal_3", "+14155550123");
    await world.settled();
    const lead = world.principal("lead");
    const other = await create({ name: "Another" });
    await world.call("contactCustomerPut", lead, { params: { contactId: third }, body: { customerId: other.customerId } });
    await world.settled();
    const made = await create({ identities: [{ kind: "phone", value: "1001" }] });
    await voice.soon(() => voice.voice.contacts.facts(second)?.customerId === made.customerId);
    await world.call("customerUpdate", lead, {
      params: { customerId: made.customerId },
      body: { version: 1, identities: [...made.identities, { kind: "phone", value: "4155550123" }] },
    });
    await voice.soon(() => voice.voice.contacts.facts(first)?.customerId === made.customerId);
    await world.settled();
    const history = await world.call("contactsList", lead, { query: { customerId: made.customerId } });
    expect(history.items.map(({ contactId }) => contactId).toSorted()).toEqual([first, second].toSorted());
    expect((await world.call("contactsList", lead, { query: { number: "1001" } })).items.map(({ contactId }) => contactId)).toEqual([
      second,
    ]);
    expect(voice.voice.contacts.facts(third)?.customerId).toBe(other.customerId);
  });

  it("are tied to a contact by whoever may read it, within the project, as its timeline says", async () => {
    const { voice } = world;
    await voice.ready("ann");
    const id = await voice.callIn("cal_1");
    await voice.soon(() => voice.desk("ann").state === "ringing");
    await voice.answer("ann");
    const { contactId } = voice.contactOf(id);
    const made = await create();
    const elsewhere = await create({ projectId: "prj_two" });
    const tie = (who: Parameters<LookbackWorld["call"]>[1], customerId: string) =>
      world.call("contactCustomerPut", who, { params: { contactId }, body: { customerId } });
    await expect(tie(world.principal("bob", "agent"), made.customerId)).rejects.toMatchObject({ status: 403 });
    await expect(tie(world.stranger(), made.customerId)).rejects.toMatchObject({ status: 404 });
    await expect(tie(world.principal("ann", "agent"), elsewhere.customerId)).rejects.toMatchObject({ status: 404 });
    await expect(tie(world.principal("ann", "agent"), "cus_none")).rejects.toMatchObject({ status: 404 });
    const page = await tie(world.principal("ann", "agent"), made.customerId);
    expect(page.contact).toMatchObject({ customerId: made.customerId, customerName: "Пётр Иванов" });
    expect(page.timeline.at(-1)).toMatchObject({ kind: "customerTied", actorId: "per_ann", details: { customerId: made.customerId } });
    expect(await world.back.customers.identify({ organisationId: ORGANISATION, projectId: PROJECT, number: "+14155550123" })).toBeNull();
  });

  it("name a lost call's number as soon as it is known", async () => {
    const { voice } = world;
    await voice.ready("ann");
    await voice.call("deskNotReady", "ann", {}, { reasonId: "rsn_break" });
    const id = await voice.callIn("cal_1");
    voice.time.advance(9_000);
    voice.edge.hangUp(id, { by: "caller", why: "hungUp" });
    await voice.soon(() => voice.contactOf(id).phase.kind === "closed");
    await world.settled();
    const rows = async () => (await world.call("lostCallsList", world.principal("ann", "agent"))).items;
    expect(await rows()).toMatchObject([{ customerName: null, customerId: null }]);
    const made = await create({ identities: [{ kind: "phone", value: "4155550123" }] });
    expect(await rows()).toMatchObject([{ customerName: "Пётр Иванов", customerId: made.customerId }]);
  });
});

describe("searching fifty thousand customers", () => {
  let test: TestDatabase;
  let admin: pg.Client;
  let app: pg.Client;
  beforeAll(async () => {
    test = await createTestDatabase();
    admin = new pg.Client({ connectionString: test.adminUrl });
    app = new pg.Client({ connectionString: test.adminUrl });
    await admin.connect();
    await app.connect();
    const names = ["Иванов", "Петров", "کریمی", "رضایی", "Smith", "Müller", "Сидоров", "احمدی"];
    const rows = Array.from({ length: 50_000 }, (_, n) => {
      const number = `+7912${String((n * 7_919) % 10_000_000).padStart(7, "0")}`;
      const name = `${names[n % names.length]} ${String.fromCodePoint(0x430 + (n % 32), 0x430 + ((n >> 5) % 32), 0x430 + ((n >> 10) % 32))}${n}`;
      return {
        organisation_id: n % 2 === 0 ? "org_a" : "org_b",
        project_id: n % 4 < 2 ? "prj_1" : "prj_2",
        customer_id: `cus_${String(n).padStart(6, "0")}`,
        name,
        words: searchWords([name]),
        digits: searchDigits([number]),
      };
    });
    // Row-level security holds for the owner as well: fill the tables as if it weren't there yet.
    await admin.query(
      "alter table customers.customer no force row level security; alter table customers.search no force row level security",
    );
    await admin.query(
      `insert into customers.customer (organisation_id, project_id, customer_id, name, name_key, note, fields, created_at, updated_at)
       select organisation_id, project_id, customer_id, name, lower(name), '', '{}', 1, 1 from jsonb_to_recordset($1::jsonb) as r (organisation_id text, project_id text, customer_id text, name text)`,
      [JSON.stringify(rows)],
    );
    await admin.query(
      `insert into customers.search select organisation_id, project_id, customer_id, words, digits
       from jsonb_to_recordset($1::jsonb) as r (organisation_id text, project_id text, customer_id text, words text, digits text)`,
      [JSON.stringify(rows)],
    );
    await admin.query("alter table customers.customer force row level security; alter table customers.search force row level security");
    await admin.query("vacuum analyze customers.search");
    await app.query("set role allo_app");
  });
  afterAll(async () => {
    await app?.end();
    await admin?.end();
    await test?.drop();
  });

  const search = async (
    scope: { readonly org: string; readonly projects: string },
    terms: readonly string[],
    fragments: readonly string[],
  ) => {
    await app.query("begin");
    await app.query("select set_config('allo.organisation_id', $1, true), set_config('allo.project_ids', $2, true)", [
      scope.org,
      scope.projects,
    ]);
    const { rows } = await app.query<{ customer_id: string }>("select distinct customer_id from doors.customer_search($1, $2, 300)", [
      terms,
      fragments,
    ]);
    await app.query("select pg_stat_force_next_flush()");
    await app.query("commit");
    return rows.map((row) => row.customer_id);
  };
  const scans = async () => {
    const { rows } = await admin.query<{ seq_scan: string; idx_scan: string }>(
      "select seq_scan, idx_scan from pg_stat_user_tables where schemaname = 'customers' and relname = 'search'",
    );
    return { sequential: Number(rows[0]?.seq_scan), indexed: Number(rows[0]?.idx_scan) };
  };
  const spelled = (word: string): string => searchWords([word]).trim();

  it.each([
    ["a part of a Russian name", [spelled("абв")], []],
    ["two words", [spelled("кари"), spelled("ива")], []],
    ["one letter", [spelled("ж"), spelled("петр")], []],
    ["a part of a Persian name", [spelled("کریم"), spelled("где")], []],
    ["a number", [], ["8912345", "912345"]],
  ])("by %s reads the index and not the table, as the application role", async (_what, terms, fragments) => {
    const before = await scans();
    await search({ org: "org_a", projects: "*" }, terms, fragments);
    const after = await scans();
    expect(after.indexed).toBeGreaterThan(before.indexed);
    expect(after.sequential).toBe(before.sequential);
  });

  it("finds the same as a look at every row of the scope, and nothing beyond it", async () => {
    await admin.query("alter table customers.search no force row level security");
    for (const [org, projects, name] of [
      ["org_a", "*", "вба"],
      ["org_b", "prj_1", "бба"],
      ["org_a", "prj_2", "вба"],
    ] as const) {
      const term = spelled(name);
      const { rows } = await admin.query<{ customer_id: string }>(
        "select customer_id from customers.search where organisation_id = $1 and ($2 = '*' or project_id = $2) and words like $3",
        [org, projects, `%${term}%`],
      );
      expect(rows.length).toBeGreaterThan(0);
      expect((await search({ org, projects }, [term], [])).toSorted()).toEqual(rows.map((row) => row.customer_id).toSorted());
    }
    await admin.query("alter table customers.search force row level security");
    expect(await search({ org: "", projects: "*" }, [spelled("иванов")], [])).toEqual([]);
    expect(await search({ org: "org_none", projects: "*" }, [spelled("иванов")], [])).toEqual([]);
    expect(await search({ org: "org_a", projects: "" }, [spelled("иванов")], [])).toEqual([]);
  });

  it("has no other door: neither reading nor writing the table, nor putting in another's customer", async () => {
    for (const sql of [
      "select 1 from customers.search",
      "delete from customers.search",
      "insert into customers.search values ('org_a', 'p', 'c', '', '')",
    ]) {
      await expect(app.query(sql)).rejects.toThrow(/permission denied/);
    }
    await app.query("begin; select set_config('allo.organisation_id', 'org_a', true), set_config('allo.project_ids', 'prj_1', true)");
    await app.query("select doors.customer_search_put('cus_000001', ' stolen', '')"); // org_b's
    await app.query("select doors.customer_search_put('cus_000002', ' stolen', '')"); // another project's
    const { rows } = await app.query("select customer_id from doors.customer_search('{stolen}', '{}', 10)");
    await app.query("commit");
    expect(rows).toEqual([]);
    await admin.query("set role allo_system");
    await expect(admin.query("select doors.customer_search('{a}', '{}', 10)")).rejects.toThrow(/permission denied/);
    expect((await admin.query<{ indexed: boolean }>("select doors.customer_search_is_indexed() as indexed")).rows[0]?.indexed).toBe(true);
    await admin.query("reset role");
  });
});

describe("a PostgreSQL without pg_trgm", () => {
  it("is migrated all the same; searching works, and says that it is slow", async () => {
    const test = await createTestDatabase();
    const name = `bare_${process.pid}_${test.adminUrl.length}`;
    const bareUrl = new URL(test.adminUrl);
    bareUrl.pathname = `/${name}`;
    const server = new pg.Client({ connectionString: test.adminUrl });
    await server.connect();
    await server.query(`create database ${name} template template0`);
    const bare = new pg.Client({ connectionString: bareUrl.href });
    try {
      await bare.connect();
      await bare.query(`
        create schema platform;
        create function platform.similarity(text, text) returns real language sql as 'select 0::real'; -- the extension's own name is taken: it can't be made
      `);
      await runMigrations(bareUrl.href);
      await bare.query(`
        alter table customers.search no force row level security;
        insert into customers.search values ('org_a', 'prj_1', 'cus_1', ' smith', ' 79123456789');
        alter table customers.search force row level security;
        set role allo_app; select set_config('allo.organisation_id', 'org_a', false), set_config('allo.project_ids', '*', false);
      `);
      const { rows } = await bare.query<{ customer_id: string }>(
        "select distinct customer_id from doors.customer_search('{mit}', '{912345}', 10)",
      );
      expect(rows).toEqual([{ customer_id: "cus_1" }]);
      await bare.query("set role allo_system");
      expect((await bare.query("select doors.customer_search_is_indexed() as indexed")).rows).toEqual([{ indexed: false }]);
    } finally {
      await bare.end();
      await server.query(`drop database if exists ${name} with (force)`);
      await server.end();
      await test.drop();
    }
  });
});
