// The organisation's own roles: what they open, at once, and what nobody can give.
import type { Me, OwnRole, Permission, Person } from "@allo/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addPerson, makeOrganisation, startTestCore, type TestCore, type Visitor } from "./fixtures/test-core.ts";

let test: TestCore;
let anna: Visitor;
let annaId: string;
let count = 0;

beforeAll(async () => {
  test = await startTestCore();
  const made = await makeOrganisation(test);
  anna = made.administrator;
  annaId = made.me.personId;
});
afterAll(async () => {
  await test?.close();
});

const names = (en: string) => ({ en, ru: "", fa: "" });
async function makeRole(permissions: readonly Permission[], by = anna): Promise<OwnRole> {
  count += 1;
  const answer = await by.call("POST", "/roles", { names: names(`Role ${count}`), description: names(""), permissions });
  expect([answer.statusCode, answer.body]).toEqual([200, answer.body]);
  return answer.json<OwnRole>();
}
async function makePerson(roles: readonly ("agent" | "lead")[], ownRoleIds: readonly string[]) {
  count += 1;
  return addPerson(test.core, anna, { name: `Person ${count}`, email: `p${count}@example.com`, roles, ownRoleIds });
}
async function personOf(personId: string): Promise<Person> {
  const list = (await anna.call("GET", "/people?limit=200")).json<{ items: Person[] }>().items;
  return list.find((each) => each.personId === personId)!;
}
const codeOf = (answer: { json<T>(): T }) => answer.json<{ code: string }>().code;

describe("an own role", () => {
  it("opens what it names beside the built-in role, and nothing else", async () => {
    const role = await makeRole(["audit.read"]);
    const { visitor, me } = await makePerson(["agent"], [role.roleId]);
    expect(me.permissions).toContain("audit.read");
    expect(me.permissions).toContain("desk.work");
    expect((await visitor.call("GET", "/audit")).statusCode).toBe(200);
    expect((await visitor.call("GET", "/floor")).statusCode).toBe(403);
  });

  it("is enough to sign in with, without any built-in one", async () => {
    const role = await makeRole(["customers.read"]);
    const { me } = await makePerson([], [role.roleId]);
    expect([me.roles, me.permissions]).toEqual([[], ["customers.read"]]);
  });

  it("reaches open sessions at once when it changes, and asks their screens to come back", async () => {
    const role = await makeRole(["audit.read"]);
    const { visitor, me } = await makePerson(["agent"], [role.roleId]);
    expect((await visitor.call("GET", "/audit")).statusCode).toBe(200);
    const reconnected: string[] = [];
    test.core.identity.onPeopleChanged((change) => change.rightsChanged && reconnected.push(change.personId));
    const answer = await anna.call("PATCH", `/roles/${role.roleId}`, { permissions: ["people.manage"], version: role.version });
    expect(answer.statusCode).toBe(200);
    expect((await visitor.call("GET", "/audit")).statusCode).toBe(403);
    expect((await visitor.call("GET", "/people")).statusCode).toBe(200);
    expect((await visitor.call("GET", "/session")).json<Me>().permissions).not.toContain("audit.read");
    expect(reconnected).toEqual([me.personId]);
  });

  it("ends for a person at once when it is taken away", async () => {
    const role = await makeRole(["audit.read"]);
    const { visitor, me } = await makePerson(["agent"], [role.roleId]);
    expect((await visitor.call("GET", "/audit")).statusCode).toBe(200);
    const { version } = await personOf(me.personId);
    expect((await anna.call("PATCH", `/people/${me.personId}`, { ownRoleIds: [], version })).statusCode).toBe(200);
    expect((await visitor.call("GET", "/audit")).statusCode).toBe(403);
  });

  it("can't be retired while somebody holds it, and says who; then it can, and grants nothing more", async () => {
    const role = await makeRole(["audit.read"]);
    const { me } = await makePerson(["agent"], [role.roleId]);
    const held = await anna.call("PATCH", `/roles/${role.roleId}`, { retired: true, version: role.version });
    expect([held.statusCode, codeOf(held)]).toEqual([409, "inUse"]);
    expect(held.json<{ fields: { message: string }[] }>().fields.map((each) => each.message)).toEqual([me.name]);
    expect((await anna.call("POST", `/people/${me.personId}/retire`)).statusCode).toBe(200);
    const retired = await anna.call("PATCH", `/roles/${role.roleId}`, { retired: true, version: role.version });
    expect([retired.statusCode, retired.json<OwnRole>().retired]).toEqual([200, true]);
    const other = await personOf((await makePerson(["agent"], [])).me.personId);
    const refused = await anna.call("PATCH", `/people/${other.personId}`, { ownRoleIds: [role.roleId], version: other.version });
    expect([refused.statusCode, codeOf(refused)]).toEqual([400, "invalidInput"]);
  });

  it("is listed with who holds it, and each change stands in the audit", async () => {
    const role = await makeRole(["floor.read"]);
    const { me } = await makePerson(["agent"], [role.roleId]);
    const listed = (await anna.call("GET", "/roles")).json<{ items: OwnRole[] }>().items.find((each) => each.roleId === role.roleId);
    expect([listed?.holderCount, listed?.holders]).toEqual([1, [{ personId: me.personId, name: me.name }]]);
    await anna.call("PATCH", `/roles/${role.roleId}`, { names: names("Watchers"), version: role.version });
    const entries = (await anna.call("GET", "/audit?objectType=role&limit=200")).json<{
      items: { action: string; objectId: string; after: unknown }[];
    }>();
    const own = entries.items.filter((each) => each.objectId === role.roleId);
    expect(own.map((each) => each.action)).toEqual(["role.change", "role.create"]);
    expect(own[0]?.after).toEqual({ names: names("Watchers") });
  });

  it("refuses an edit of what someone else changed meanwhile, and a name that is empty in every language", async () => {
    const role = await makeRole(["floor.read"]);
    await anna.call("PATCH", `/roles/${role.roleId}`, { names: names("First"), version: role.version });
    const late = await anna.call("PATCH", `/roles/${role.roleId}`, { names: names("Second"), version: role.version });
    expect([late.statusCode, codeOf(late)]).toEqual([409, "versionConflict"]);
    const empty = await anna.call("POST", "/roles", { names: names("  "), description: names(""), permissions: ["floor.read"] });
    expect(empty.statusCode).toBe(400);
  });
});

describe("who manages people by an own role", () => {
  const clerk = async () => makePerson([], [(await makeRole(["people.manage", "customers.read"])).roleId]);

  it("can't put more into a role than they may do themselves", async () => {
    const { visitor } = await clerk();
    const refused = await visitor.call("POST", "/roles", { names: names("All"), description: names(""), permissions: ["setup.manage"] });
    expect([refused.statusCode, codeOf(refused)]).toEqual([403, "beyondOwnRights"]);
    const made = await makeRole(["customers.read"], visitor);
    const grown = await visitor.call("PATCH", `/roles/${made.roleId}`, { permissions: ["audit.read"], version: made.version });
    expect([grown.statusCode, codeOf(grown)]).toEqual([403, "beyondOwnRights"]);
  });

  it("can't give a person, or themselves, a role with more", async () => {
    const { visitor, me } = await clerk();
    const strong = await makeRole(["setup.manage"]);
    const create = (body: object) =>
      visitor.call("POST", "/people", { name: "New", email: `new${(count += 1)}@example.com`, language: "en", ...body });
    expect(codeOf(await create({ roles: ["administrator"] }))).toBe("beyondOwnRights");
    expect(codeOf(await create({ roles: [], ownRoleIds: [strong.roleId] }))).toBe("beyondOwnRights");
    const { version } = await personOf(me.personId);
    expect(codeOf(await visitor.call("PATCH", `/people/${me.personId}`, { roles: ["administrator"], version }))).toBe("beyondOwnRights");
    expect((await create({ roles: [], ownRoleIds: [(await makeRole(["customers.read"])).roleId] })).statusCode).toBe(200);
  });

  it("has no way to the login of who may do more", async () => {
    const { visitor } = await clerk();
    const { version } = await personOf(annaId);
    for (const [path, body] of [
      ["invitation", undefined],
      ["block", undefined],
      ["retire", undefined],
    ] as const)
      expect(codeOf(await visitor.call("POST", `/people/${annaId}/${path}`, body))).toBe("beyondOwnRights");
    expect(codeOf(await visitor.call("PATCH", `/people/${annaId}`, { email: "mine@example.com", version }))).toBe("beyondOwnRights");
  });
});

describe("people", () => {
  it("hold one role at least", async () => {
    const { me } = await makePerson(["agent"], []);
    const { version } = await personOf(me.personId);
    const answer = await anna.call("PATCH", `/people/${me.personId}`, { roles: [], version });
    expect([answer.statusCode, codeOf(answer)]).toEqual([400, "invalidInput"]);
  });

  it("keep one administrator, though an own role may do the same", async () => {
    const all = (await anna.call("GET", "/session")).json<Me>().permissions as Permission[];
    const twin = await makeRole(all);
    await makePerson([], [twin.roleId]);
    const { version } = await personOf(annaId);
    const answer = await anna.call("PATCH", `/people/${annaId}`, { roles: [], ownRoleIds: [twin.roleId], version });
    expect([answer.statusCode, codeOf(answer)]).toEqual([409, "lastAdministrator"]);
  });
});
