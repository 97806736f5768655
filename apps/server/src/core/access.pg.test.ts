// Who may do what, generated from the contract's table, and what one organisation can see of another: nothing.
import { permissions, routes, trunkHabitDefaults, weekOf, type Permission, type Role, type Route, type RouteName } from "@allo/contract";
import type { Hours, Me, NotReadyReason, OwnRole, PhoneNumber, Project, Queue, Skill, WrapUpCode } from "@allo/contract";
import { Compile } from "typebox/compile";
import type { TSchema } from "typebox";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenApiDocument } from "./openapi/openapi.ts";
import { addPerson, makeOrganisation, startTestCore, Visitor, type TestCore } from "./fixtures/test-core.ts";

const names = Object.keys(routes) as RouteName[];
const routeOf = (name: RouteName): Route => routes[name];
const ROLES = ["agent", "lead", "administrator"] as const satisfies readonly Role[];

let test: TestCore;
const people: Partial<Record<Role, Visitor>> = {};
/** Each permission has someone who holds it alone, by a role of the organisation's own. */
const holders = new Map<Permission, Visitor>();
let stranger: Visitor;
let own: Record<string, string>;

beforeAll(async () => {
  test = await startTestCore();
  const first = await makeOrganisation(test, { email: "anna@example.com" });
  people.administrator = first.administrator;
  for (const role of ["agent", "lead"] as const)
    people[role] = (await addPerson(test.core, first.administrator, { name: role, email: `${role}@example.com`, roles: [role] })).visitor;
  const roleIds = new Map<Permission, string>();
  for (const permission of permissions) {
    const names = { en: permission, ru: "", fa: "" };
    const role = await first.administrator.call("POST", "/roles", { names, description: names, permissions: [permission] });
    roleIds.set(permission, role.json<OwnRole>().roleId);
    const email = `${permission}@example.com`;
    const ownRoleIds = [roleIds.get(permission)!];
    holders.set(permission, (await addPerson(test.core, first.administrator, { name: permission, email, roles: [], ownRoleIds })).visitor);
  }
  stranger = (await makeOrganisation(test, { email: "other@example.org", number: "100" })).administrator;
  const list = async <T>(path: string): Promise<T> => (await first.administrator.call("GET", path)).json<{ items: T[] }>().items[0]!;
  await first.administrator.call("POST", "/skills", { names: { en: "One", ru: "", fa: "" } });
  await first.administrator.call("POST", "/hours", {
    names: { en: "One", ru: "", fa: "" },
    timeZone: null,
    week: weekOf(() => []),
    exceptions: [],
  });
  const device = (await first.administrator.call("POST", "/devices", { name: "One", personId: null })).json<{
    device: { deviceId: string };
  }>();
  const carrier = await first.administrator.call("POST", "/trunks", {
    name: "One",
    kind: "address",
    enabled: false,
    targets: [{ host: "sip.carrier.example", port: null, transport: null, priority: 10, weight: 0 }],
    account: null,
    domain: null,
    fromDomain: null,
    registrationSeconds: 600,
    externalAddress: null,
    networks: ["203.0.113.0/24"],
    allNumbers: true,
    numberIds: [],
    rules: { dialled: [], callerOut: [], reached: [], callerIn: [] },
    callerIds: { choice: "passThrough", numbers: [] },
    limits: { callsMax: 30, callsPerSecond: 5 },
    tls: { caPem: null, fingerprint: null },
    habits: trunkHabitDefaults,
    password: null,
  });
  expect([carrier.statusCode, carrier.body]).toEqual([200, expect.anything()]);
  const recorder = await first.administrator.call("POST", "/recorders", {
    name: "One",
    enabled: false,
    host: "recorder.example",
    port: null,
    transport: "tcp",
    user: null,
    accountUser: null,
    srtp: false,
    pausedAs: "silence",
    optionsSeconds: 30,
    tls: { caPem: null, fingerprint: null },
    password: null,
  });
  expect([recorder.statusCode, recorder.body]).toEqual([200, expect.anything()]);
  // A row alone: a set-up that is made would fill the lists that others here count.
  await test.core.db.withScope({ organisationId: first.me.organisation.organisationId as never, projectIds: "*" }, (tx) =>
    tx.query(
      `insert into presets.application (organisation_id, application_id, trade, language, applied_at, applied_by, applied_by_name, made)
       values ($1, 'psa_of_this_test', 'taxi', 'en', 1, $2, 'Anna', '[]')`,
      [first.me.organisation.organisationId, first.me.personId],
    ),
  );
  own = {
    personId: first.me.personId,
    queueId: (await list<Queue>("/queues")).queueId,
    numberId: (await list<PhoneNumber>("/numbers")).numberId,
    wrapUpCodeId: (await list<WrapUpCode>("/wrap-up-codes")).wrapUpCodeId,
    reasonId: (await list<NotReadyReason>("/not-ready-reasons")).reasonId,
    skillId: (await list<Skill>("/skills")).skillId,
    deviceId: device.device.deviceId,
    projectId: (await list<Project>("/projects")).projectId,
    hoursId: (await list<Hours>("/hours")).hoursId,
    roleId: roleIds.get("desk.work")!,
    applicationId: "psa_of_this_test",
    trunkId: carrier.json<{ trunk: { trunkId: string } }>().trunk.trunkId,
    recorderId: recorder.json<{ recorderId: string }>().recorderId,
  };
});
afterAll(async () => {
  await test?.close();
});

/** A path with every parameter filled; what isn't known gets an id that nobody has. */
function pathOf(route: Route, ids: Readonly<Record<string, string>> = {}): string {
  return route.path.replaceAll(
    /:([a-zA-Z]+)/g,
    (_match, name: string) =>
      ids[name] ??
      { token: "x".repeat(43), audioId: "greeting.notice", language: "ru" }[name] ??
      `${name.slice(0, 3).toLowerCase()}_nobody`,
  );
}

/** Bodies that pass the schema, for routes that name an object in their path. */
const bodies: Partial<Record<RouteName, unknown>> = {
  deviceUpdate: { version: 1 },
  personUpdate: { version: 1 },
  personSkillsPut: { items: [] },
  personMentorsPut: { items: [] },
  roleUpdate: { version: 1 },
  skillUpdate: { version: 1 },
  projectUpdate: { version: 1 },
  hoursUpdate: { version: 1 },
  trunkUpdate: { version: 1 },
  recorderUpdate: { version: 1 },
  queueUpdate: { version: 1 },
  queueMembersPut: { items: [] },
  numberUpdate: { version: 1 },
  wrapUpCodeUpdate: { version: 1 },
  reasonUpdate: { version: 1 },
  contactMute: { muted: true },
  wrapUpFinish: { wrapUpCodeId: "wuc_nobody", note: "" },
  noteDraft: { text: "" },
  soundReportCreate: {
    packetsReceived: null,
    packetsLost: null,
    jitterMs: null,
    roundTripMs: null,
    heardDbfs: null,
    spokenDbfs: null,
    microphoneLabel: null,
    outputLabel: null,
    soundBlocked: false,
    holdsPhone: false,
  },
  contactNoteCreate: { text: "x" },
  contactCustomerPut: { customerId: "cus_nobody" },
  lostCallSettle: { state: "dismissed", reason: "x", version: 1 },
  customerUpdate: { version: 1 },
  customerFieldUpdate: {},
  agentForceNotReady: { reasonId: "rsn_nobody" },
  linkUse: { password: "something long 1" },
};

describe.each(names)("%s", (name) => {
  const route = routeOf(name);
  const ask = (visitor: Visitor, ids?: Readonly<Record<string, string>>, headers?: Record<string, string>) =>
    visitor.call(route.method, pathOf(route, ids), bodies[name], headers);
  const isGateClosed = async (visitor: Visitor): Promise<number | null> => {
    const answer = await ask(visitor);
    if (answer.statusCode === 401) return answer.json<{ code: string }>().code === "unauthenticated" ? 401 : null;
    return answer.statusCode === 403 && answer.json<{ code: string }>().code === "forbidden" ? 403 : null;
  };

  it("is closed to nobody unless it is public", async () => {
    const visitor = new Visitor(test.core);
    expect(await isGateClosed(visitor)).toBe(route.access === "public" ? null : 401);
    visitor.cookie = `allo_session=${"A".repeat(43)}`;
    expect(await isGateClosed(visitor)).toBe(route.access === "public" ? null : 401);
  });

  it("is open to exactly the roles that hold its permission", async () => {
    if (name === "sessionDelete") return; // it would sign them out; its gate is that of every "signedIn" route
    const { rolePermissions } = await import("@allo/contract");
    for (const role of ROLES) {
      const may = typeof route.access === "string" || route.access.some((permission) => rolePermissions[role].includes(permission));
      expect([role, await isGateClosed(people[role]!)]).toEqual([role, may ? null : 403]);
    }
  });

  it("is open to an own role that holds one of its permissions, and to no other", async () => {
    if (name === "sessionDelete") return; // as above
    for (const permission of permissions) {
      const may = typeof route.access === "string" || route.access.includes(permission);
      expect([permission, await isGateClosed(holders.get(permission)!)]).toEqual([permission, may ? null : 403]);
    }
  });

  if (route.method !== "GET") {
    it("is refused to a page of another site, whoever is signed in", async () => {
      for (const headers of [
        { origin: "https://evil.example" },
        { origin: "null" },
        { origin: "http://localhost.evil.example" },
        { origin: "https://localhost" },
      ]) {
        const answer = await ask(people.administrator!, undefined, headers);
        expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([403, "crossOrigin"]);
      }
      const bare = await test.core.http.app.inject({
        method: route.method,
        url: `/api/v1${pathOf(route)}`,
        headers: { host: "localhost", cookie: people.administrator!.cookie, "sec-fetch-site": "cross-site" },
      });
      expect(bare.statusCode).toBe(403);
    });
  }

  const parameter = /:([a-zA-Z]+Id)/.exec(route.path)?.[1];
  if (parameter !== undefined && parameter !== "audioId") {
    it("answers another organisation's administrator as if the object weren't there", async () => {
      if (test.core.http.missing().includes(name)) return; // its module's tests have it
      if (route.body !== undefined) expect(bodies[name], "a body for this route").toBeDefined();
      const id = own[parameter];
      expect(id, `an object for :${parameter}`).toBeDefined();
      expect((await ask(stranger, { [parameter]: id! })).statusCode).toBe(404);
    });
  }
});

describe("organisations", () => {
  it("see none of each other's lists", async () => {
    for (const path of [
      "/people?limit=200",
      "/queues",
      "/numbers",
      "/devices",
      "/skills",
      "/wrap-up-codes",
      "/not-ready-reasons",
      "/projects",
      "/hours",
      "/audit?limit=200",
    ]) {
      const text = (await stranger.call("GET", path)).body;
      for (const id of Object.values(own)) expect(text).not.toContain(id);
    }
    const me = (await stranger.call("GET", "/session")).json<Me>();
    expect(me.organisation.name).toBe("Вторая");
  });

  it("stand behind forced row-level security in every table that names one", async () => {
    const { rows } = await test.admin.query<{ name: string; forced: boolean; policies: number }>(`
      select n.nspname || '.' || c.relname as name, c.relrowsecurity and c.relforcerowsecurity as forced,
        (select count(*)::int from pg_policy p where p.polrelid = c.oid) as policies
      from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
      where c.relkind in ('r', 'p') and a.attname = 'organisation_id' and not a.attisdropped
        and n.nspname not in ('pg_catalog', 'information_schema')`);
    expect(rows.length).toBeGreaterThanOrEqual(16);
    expect(rows.filter((row) => !row.forced || row.policies === 0).map((row) => row.name)).toEqual([]);
  });

  it("can't be read or written across in any table, whatever the statement", async () => {
    const organisationId = (await stranger.call("GET", "/session")).json<Me>().organisation.organisationId;
    const { rows } = await test.admin.query<{ name: string; readable: boolean }>(`
      select n.nspname || '.' || c.relname as name, has_table_privilege('allo_app', c.oid, 'select') as readable
      from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
      where c.relkind in ('r', 'p') and a.attname = 'organisation_id' and not a.attisdropped
        and n.nspname not in ('pg_catalog', 'information_schema') and not c.relispartition`);
    await test.core.db.withScope({ organisationId: organisationId as never, projectIds: "*" }, async (tx) => {
      for (const { name } of rows.filter((row) => row.readable)) {
        expect([name, await tx.query(`select 1 from ${name} where organisation_id <> $1`, [organisationId])]).toEqual([name, []]);
      }
    });
    const none = await test.core.db.withScope({ organisationId: "" as never, projectIds: "*" }, (tx) =>
      tx.query("select 1 from identity.person"),
    );
    expect(none).toEqual([]);
  });

  it("keep one project's rows from a scope of another, in every table that names one", async () => {
    const organisationId = (await people.administrator!.call("GET", "/session")).json<Me>().organisation.organisationId;
    const { rows } = await test.admin.query<{ name: string }>(`
      select n.nspname || '.' || c.relname as name
      from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
      where c.relkind in ('r', 'p') and a.attname = 'project_id' and not a.attisdropped and not c.relispartition
        and has_table_privilege('allo_app', c.oid, 'select')`);
    expect(rows.map((row) => row.name)).toEqual(
      expect.arrayContaining(["directory.project", "directory.queue", "contacts.contact_row", "contacts.lost_call", "customers.customer"]),
    );
    const seen = (projectIds: Parameters<typeof test.core.db.withScope>[0]["projectIds"], table: string) =>
      test.core.db.withScope({ organisationId: organisationId as never, projectIds }, (tx) => tx.query(`select project_id from ${table}`));
    expect(await seen("*", "directory.queue")).toEqual([{ project_id: own["projectId"] }]);
    expect(await seen([own["projectId"] as never], "directory.queue")).toEqual([{ project_id: own["projectId"] }]);
    for (const { name } of rows) {
      expect([name, await seen(["prj_other" as never], name)]).toEqual([name, []]);
      expect([name, await seen([], name)]).toEqual([name, []]);
    }
    await expect(
      test.core.db.withScope({ organisationId: organisationId as never, projectIds: ["prj_other" as never] }, (tx) =>
        tx.query(
          `insert into customers.customer (organisation_id, project_id, customer_id, name, name_key, note, fields, created_at, updated_at)
           values ($1, $2, 'cus_x', 'x', 'x', '', '{}', 1, 1)`,
          [organisationId, own["projectId"]],
        ),
      ),
    ).rejects.toThrow(/row-level security/);
  });

  it("meet only in the doors, each with a fixed search path, closed to everyone but its caller", async () => {
    const { rows } = await test.admin.query<{
      name: string;
      owner: string;
      definer: boolean;
      path: string[] | null;
      everyone: boolean;
      system: boolean;
      app: boolean;
      log: boolean;
    }>(`
      select p.proname as name, pg_get_userbyid(p.proowner) as owner, p.prosecdef as definer, p.proconfig as path,
        has_function_privilege('public', p.oid, 'execute') as everyone,
        has_function_privilege('allo_system', p.oid, 'execute') as system,
        has_function_privilege('allo_app', p.oid, 'execute') as app, has_function_privilege('allo_log', p.oid, 'execute') as log
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'doors' order by 1`);
    for (const door of rows) {
      expect([door.name, door.owner, door.definer, door.path, door.everyone, door.log]).toEqual([
        door.name,
        "allo_door",
        true,
        ["search_path=pg_catalog, pg_temp"],
        false,
        false,
      ]);
      expect([door.name, door.system !== door.app]).toEqual([door.name, true]);
    }
    expect(rows.map((door) => door.name)).toEqual(
      expect.arrayContaining([
        "dialled_find",
        "epoch_next",
        "link_find",
        "login_find",
        "organisations",
        "session_find",
        "setup_token_set",
        "setup_token_use",
      ]),
    );
  });

  it("have no security definer function outside the doors, and no role of ours passes row-level security by", async () => {
    const { rows } = await test.admin.query<{ name: string }>(
      `select n.nspname || '.' || p.proname as name
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace where p.prosecdef and n.nspname not in ('doors', 'pg_catalog', 'information_schema')`,
    );
    expect(rows).toEqual([]);
    const roles = await test.admin.query<{ rolname: string }>(
      "select rolname from pg_roles where rolname like 'allo\\_%' and (rolbypassrls or rolsuper or rolcanlogin or rolcreaterole)",
    );
    expect(roles.rows).toEqual([]);
  });
});

describe("the OpenAPI document", () => {
  it("describes every route of the contract, in schemas that compile", async () => {
    const answer = await new Visitor(test.core).call("GET", "/openapi.json");
    const document = answer.json<OpenApiDocument>();
    expect(document.openapi).toBe("3.1.0");
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    );
    expect(operations.map(({ operation }) => operation.operationId).toSorted()).toEqual(names.toSorted());
    for (const { path, method, operation } of operations) {
      const route = routeOf(operation.operationId as RouteName);
      expect([method.toUpperCase(), path.replaceAll(/\{([^}]+)\}/g, ":$1")]).toEqual([route.method, route.path]);
      const inPath = operation.parameters.filter((each) => each["in"] === "path").map((each) => each["name"]);
      expect(inPath.toSorted()).toEqual([...path.matchAll(/\{([^}]+)\}/g)].map((match) => match[1]).toSorted());
      expect(operation.security).toEqual(route.access === "public" ? [] : [{ session: [] }]);
    }
    for (const schema of schemasIn(document)) expect(() => Compile(schema as TSchema)).not.toThrow();
    for (const reference of answer.body.matchAll(/"\$ref":"([^"]+)"/g)) expect(reference[1]).toBe("#/components/schemas/Problem");
  });
});

function schemasIn(value: unknown): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => (key === "schema" && !("$ref" in (each as object)) ? [each] : schemasIn(each)));
}
