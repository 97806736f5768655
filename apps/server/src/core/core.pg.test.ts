import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Device, Me, Person, PhoneNumber, Queue } from "@allo/contract";
import { buildWav, parseWav } from "@allo/media";
import type { NumberId, OrganisationId } from "@allo/kernel";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sessionLimits, throttleLimits } from "../modules/identity/index.ts";
import {
  addPerson,
  makeOrganisation,
  ORIGIN,
  PASSWORD,
  rowsOf,
  setupRequest,
  startTestCore,
  Visitor,
  type TestCore,
} from "./fixtures/test-core.ts";

let test: TestCore;
let anna: Visitor;
let me: Me;
let other: Visitor;
const code = (answer: { json<T>(): T }) => answer.json<{ code: string }>().code;

beforeAll(async () => {
  test = await startTestCore();
});
afterAll(async () => {
  await test?.close();
});

describe("the first setup", () => {
  it("says that it is needed, and refuses a wrong token", async () => {
    const visitor = new Visitor(test.core);
    expect((await visitor.call("GET", "/setup")).json<{ state: string }>().state).toBe("needed");
    await test.core.identity.prepareSetup();
    const answer = await visitor.call("POST", "/setup", setupRequest("wrong"));
    expect([answer.statusCode, code(answer)]).toEqual([403, "setupTokenInvalid"]);
    expect(await rowsOf(test, "identity.organisation")).toEqual([]);
  });

  it("refuses a token that has expired or was replaced by a newer one", async () => {
    const old = await test.core.identity.prepareSetup();
    const token = await test.core.identity.prepareSetup();
    expect((await new Visitor(test.core).call("POST", "/setup", setupRequest(old ?? ""))).statusCode).toBe(403);
    test.advance(25 * 3_600_000);
    expect((await new Visitor(test.core).call("POST", "/setup", setupRequest(token ?? ""))).statusCode).toBe(403);
  });

  it("leaves nothing behind when a part of it is wrong", async () => {
    const token = (await test.core.identity.prepareSetup()) ?? "";
    const request = { ...setupRequest(token), number: { number: "+100", language: "ru" as const, allowedNetworks: [] } };
    expect((await new Visitor(test.core).call("POST", "/setup", request)).statusCode).toBe(400);
    for (const table of ["identity.organisation", "identity.person", "directory.project", "directory.queue", "identity.audit"])
      expect(await rowsOf(test, table)).toEqual([]);
  });

  it("makes everything at once, signs the administrator in, and works only once though two press the button", async () => {
    const token = (await test.core.identity.prepareSetup()) ?? "";
    const visitors = [new Visitor(test.core), new Visitor(test.core)];
    const answers = await Promise.all(visitors.map((visitor) => visitor.call("POST", "/setup", setupRequest(token))));
    // The other one comes while the first is at work, or after it.
    expect(answers.filter((answer) => answer.statusCode === 200)).toHaveLength(1);
    expect(["setupTokenInvalid", "setupDone"]).toContain(code(answers.find((answer) => answer.statusCode !== 200)!));
    const winner = answers.findIndex((answer) => answer.statusCode === 200);
    anna = visitors[winner]!;
    me = answers[winner]!.json<Me>();
    expect(me.roles).toEqual(["administrator"]);
    expect(me.organisation).toMatchObject({ name: "Ромашка", timeZone: "Europe/Moscow", defaultCountry: "RU" });
    expect(answers[winner]!.headers["set-cookie"]).toMatch(/^allo_session=[^;]+;.*HttpOnly.*SameSite=Strict/);
    const config = test.core.directory.config(me.organisation.organisationId as OrganisationId);
    expect(config?.queues).toHaveLength(1);
    expect(config?.queues[0]?.names).toEqual({ en: "", ru: "Продажи", fa: "" });
    expect(config?.numbers[0]).toMatchObject({ e164: "+74951234567", allowedNetworks: ["127.0.0.0/8", "::1/128", "192.168.1.0/24"] });
    expect(config?.wrapUpCodes.length).toBeGreaterThanOrEqual(5);
    expect(config?.reasons.filter((reason) => !reason.system).map((reason) => reason.code)).toEqual([
      "break",
      "personalBreak",
      "lunch",
      "training",
      "meeting",
    ]);
    expect((await new Visitor(test.core).call("GET", "/setup")).json<{ state: string }>().state).toBe("done");
    expect(code(await new Visitor(test.core).call("POST", "/setup", setupRequest(token)))).toBe("setupDone");
    expect(await test.core.identity.prepareSetup()).toBeNull();
    const stored = await rowsOf(test, "identity.setup_token");
    expect(stored).toHaveLength(1);
    expect(stored.join()).not.toContain(token);
    other = (await makeOrganisation(test, { email: "other@example.org", number: "100" })).administrator;
  });
});

describe("signing in", () => {
  it("gives an unknown e-mail, a wrong password and a blocked login one answer", async () => {
    const blocked = await addPerson(test.core, anna, { name: "Blocked", email: "blocked@example.com", roles: ["agent"] });
    await anna.call("POST", `/people/${blocked.me.personId}/block`);
    const answers = [];
    for (const body of [
      { email: "nobody@example.com", password: PASSWORD },
      { email: "anna@example.com", password: "wrong password" },
      { email: "blocked@example.com", password: PASSWORD },
    ]) {
      const answer = await new Visitor(test.core).call("POST", "/session", body);
      answers.push([answer.statusCode, answer.body, answer.headers["content-type"], answer.headers["set-cookie"]]);
    }
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]?.[0]).toBe(401);
    expect(answers[0]?.[2]).toContain("application/problem+json");
  });

  it("opens a new session each time and leaves the one that the browser came with", async () => {
    const visitor = new Visitor(test.core);
    visitor.cookie = "allo_session=planted-by-someone-else";
    const first = await visitor.call("POST", "/session", { email: " Anna@Example.com ".trim(), password: PASSWORD });
    expect(first.statusCode).toBe(200);
    expect(visitor.cookie).not.toContain("planted");
    const before = visitor.cookie;
    await visitor.call("POST", "/session", { email: "anna@example.com", password: PASSWORD });
    expect(visitor.cookie).not.toBe(before);
    const old = new Visitor(test.core);
    old.cookie = before;
    expect((await old.call("GET", "/session")).statusCode).toBe(401);
    expect((await visitor.call("GET", "/session")).json<Me>().email).toBe("anna@example.com");
    const token = visitor.cookie.split("=")[1]!;
    const stored = await rowsOf(test, "identity.session");
    expect(stored.length).toBeGreaterThan(2);
    expect(stored.join()).not.toContain(token);
    expect((await visitor.call("DELETE", "/session")).statusCode).toBe(204);
    const gone = new Visitor(test.core);
    gone.cookie = `allo_session=${token}`;
    expect((await gone.call("GET", "/session")).statusCode).toBe(401);
  });

  it("refuses more failures than the limit from one address, and lets in again after the window", async () => {
    const attempt = (password: string) => new Visitor(test.core).call("POST", "/session", { email: "throttled@example.com", password });
    for (let count = 0; count < throttleLimits.perAccountAndAddressMax; count += 1)
      expect((await attempt("wrong password")).statusCode).toBe(401);
    const refused = await attempt("wrong password");
    expect([refused.statusCode, code(refused)]).toEqual([429, "tooManyAttempts"]);
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
    test.advance(throttleLimits.windowMs + 1);
    expect((await attempt("wrong password")).statusCode).toBe(401);
  });

  it("ends idle sessions", async () => {
    const { visitor } = await addPerson(test.core, anna, { name: "Idle", email: "idle@example.com", roles: ["agent"] });
    const keep = new Visitor(test.core);
    keep.cookie = anna.cookie;
    test.advance(sessionLimits.idleMs / 2);
    expect((await keep.call("GET", "/session")).statusCode).toBe(200);
    test.advance(sessionLimits.idleMs / 2 + 1_000);
    expect((await keep.call("GET", "/session")).statusCode).toBe(200);
    expect((await visitor.call("GET", "/session")).statusCode).toBe(401);
    await other.call("POST", "/session", { email: "other@example.org", password: PASSWORD });
  });

  it("ends other sessions when the password changes, and refuses weak ones", async () => {
    const { visitor } = await addPerson(test.core, anna, { name: "Vera", email: "vera@example.com", roles: ["agent"] });
    const elsewhere = new Visitor(test.core);
    await elsewhere.call("POST", "/session", { email: "vera@example.com", password: PASSWORD });
    expect(code(await visitor.call("POST", "/session/password", { current: "wrong password", next: "другой пароль 77" }))).toBe(
      "wrongPassword",
    );
    expect(code(await visitor.call("POST", "/session/password", { current: PASSWORD, next: "1111111111" }))).toBe("passwordWeak");
    expect((await visitor.call("POST", "/session/password", { current: PASSWORD, next: "другой пароль 77" })).statusCode).toBe(200);
    expect((await visitor.call("GET", "/session")).statusCode).toBe(200);
    expect((await elsewhere.call("GET", "/session")).statusCode).toBe(401);
    expect((await elsewhere.call("POST", "/session", { email: "vera@example.com", password: PASSWORD })).statusCode).toBe(401);
  });
});

describe("people", () => {
  it("use a one-time link once, though two try at the same moment, and a newer link ends the older", async () => {
    const made = (await anna.call("POST", "/people", { name: "Once", email: "once@example.com", roles: ["agent"], language: "fa" })).json<{
      person: Person;
      invitation: { url: string };
    }>();
    const tokenOf = (url: string) => url.split("/").at(-1)!;
    expect(made.invitation.url).toMatch(new RegExp(`^${ORIGIN}/link/`));
    const newer = (await anna.call("POST", `/people/${made.person.personId}/invitation`)).json<{ url: string }>();
    expect(code(await new Visitor(test.core).call("GET", `/one-time-links/${tokenOf(made.invitation.url)}`))).toBe("linkInvalid");
    expect((await new Visitor(test.core).call("GET", `/one-time-links/${tokenOf(newer.url)}`)).json()).toMatchObject({
      purpose: "invitation",
      name: "Once",
      language: "fa",
    });
    const answers = await Promise.all(
      [1, 2].map(() => new Visitor(test.core).call("POST", `/one-time-links/${tokenOf(newer.url)}`, { password: PASSWORD })),
    );
    expect(answers.map((answer) => answer.statusCode).toSorted()).toEqual([200, 410]);
    const reset = (await anna.call("POST", `/people/${made.person.personId}/invitation`)).json<{ url: string }>();
    test.advance(24 * 3_600_000 + 1_000);
    await anna.call("POST", "/session", { email: "anna@example.com", password: PASSWORD });
    await other.call("POST", "/session", { email: "other@example.org", password: PASSWORD });
    expect((await new Visitor(test.core).call("POST", `/one-time-links/${tokenOf(reset.url)}`, { password: PASSWORD })).statusCode).toBe(
      410,
    );
  });

  it("end at once when blocked, and come back when unblocked", async () => {
    const ends: string[] = [];
    test.core.identity.onSessionEnded((end) => ends.push(end.personId));
    const { visitor, me: person } = await addPerson(test.core, anna, { name: "Boris", email: "boris@example.com", roles: ["agent"] });
    expect((await anna.call("POST", `/people/${person.personId}/block`)).json<Person>().status).toBe("blocked");
    expect((await visitor.call("GET", "/session")).statusCode).toBe(401);
    expect(ends).toContain(person.personId);
    expect((await anna.call("POST", `/people/${person.personId}/unblock`)).json<Person>().status).toBe("active");
    expect((await visitor.call("POST", "/session", { email: "boris@example.com", password: PASSWORD })).statusCode).toBe(200);
  });

  it("never lose their last administrator, though two remove each other at once", async () => {
    const list = (await anna.call("GET", "/people?limit=200")).json<{ items: Person[] }>().items;
    const self = list.find((person) => person.personId === me.personId)!;
    expect(code(await anna.call("PATCH", `/people/${me.personId}`, { roles: ["agent"], version: self.version }))).toBe("lastAdministrator");
    expect(code(await anna.call("POST", `/people/${me.personId}/block`))).toBe("ownLogin");
    const second = await addPerson(test.core, anna, { name: "Second", email: "second@example.com", roles: ["administrator"] });
    const answers = await Promise.all([
      anna.call("POST", `/people/${second.me.personId}/block`),
      second.visitor.call("POST", `/people/${me.personId}/block`),
    ]);
    expect(answers.filter((answer) => answer.statusCode === 200)).toHaveLength(1);
    const loser = answers.findIndex((answer) => answer.statusCode === 200) === 0 ? second.me.personId : me.personId;
    if (loser === me.personId) {
      await second.visitor.call("POST", `/people/${me.personId}/unblock`);
      await anna.call("POST", "/session", { email: "anna@example.com", password: PASSWORD });
    }
    await anna.call("POST", `/people/${second.me.personId}/retire`);
  });

  it("answer a stale version with what differs, take an e-mail once, and show other rights at once", async () => {
    const { visitor, me: person } = await addPerson(test.core, anna, { name: "Gleb", email: "gleb@example.com", roles: ["agent"] });
    const find = async () => (await anna.call("GET", "/people?q=gleb@")).json<{ items: Person[] }>().items[0]!;
    const { version } = await find();
    expect((await visitor.call("GET", "/people")).statusCode).toBe(403);
    expect((await anna.call("PATCH", `/people/${person.personId}`, { roles: ["lead"], version })).statusCode).toBe(200);
    expect((await visitor.call("GET", "/people")).statusCode).toBe(200);
    const stale = await anna.call("PATCH", `/people/${person.personId}`, { name: "Глеб", roles: ["lead"], version });
    expect([stale.statusCode, code(stale)]).toEqual([409, "versionConflict"]);
    expect(stale.json<{ fields: { path: string }[] }>().fields.map((field) => field.path)).toEqual(["name"]);
    expect(code(await anna.call("PATCH", `/people/${person.personId}`, { email: "ANNA@example.com", version: version + 1 }))).toBe(
      "alreadyExists",
    );
    expect(code(await other.call("POST", "/people", { name: "X", email: "gleb@example.com", roles: ["agent"], language: "en" }))).toBe(
      "alreadyExists",
    );
  });

  it("come in pages by name", async () => {
    const names: string[] = [];
    let cursor: string | null = null;
    do {
      const answer = await anna.call("GET", `/people?limit=2${cursor === null ? "" : `&cursor=${cursor}`}`);
      const page = answer.json<{ items: Person[]; nextCursor: string | null }>();
      names.push(...page.items.map((person) => person.name));
      cursor = page.nextCursor;
    } while (cursor !== null);
    const whole = (await anna.call("GET", "/people?limit=200")).json<{ items: Person[] }>().items.map((person) => person.name);
    expect(names).toEqual(whole);
    expect((await anna.call("GET", "/people?cursor=garbage")).statusCode).toBe(400);
  });
});

describe("the setup", () => {
  const organisationId = () => me.organisation.organisationId as OrganisationId;

  it("changes queues at once, audited, with versions", async () => {
    const changes: string[][] = [];
    test.core.directory.onChanged((change) => changes.push([...change.changed]));
    const skill = (await anna.call("POST", "/skills", { names: { en: "Persian", ru: "", fa: "" } })).json<{ skillId: string }>();
    const made = await anna.call("POST", "/queues", {
      names: { en: "Support", ru: "", fa: "" },
      ringTimeoutSeconds: 15,
      requirements: [{ skillId: skill.skillId, level: 2 }],
    });
    expect(made.statusCode).toBe(200);
    const queue = made.json<Queue>();
    expect(queue).toMatchObject({ ringTimeoutSeconds: 15, missedRingsMax: 2, memberCount: 0, version: 1 });
    expect((await anna.call("PUT", `/queues/${queue.queueId}/members`, { items: [{ personId: me.personId, level: 4 }] })).statusCode).toBe(
      200,
    );
    expect(code(await anna.call("PUT", `/queues/${queue.queueId}/members`, { items: [{ personId: "per_unknown1", level: 4 }] }))).toBe(
      "invalidInput",
    );
    const changed = await anna.call("PATCH", `/queues/${queue.queueId}`, { sizeMax: 7, version: 1 });
    expect(changed.json<Queue>()).toMatchObject({ sizeMax: 7, version: 2, memberCount: 1 });
    const stale = await anna.call("PATCH", `/queues/${queue.queueId}`, { sizeMax: 9, ringTimeoutSeconds: 15, version: 1 });
    expect(stale.json()).toMatchObject({ code: "versionConflict", fields: [{ path: "sizeMax" }] });
    expect(code(await anna.call("PATCH", `/skills/${skill.skillId}`, { retired: true, version: 1 }))).toBe("inUse");
    expect(test.core.directory.config(organisationId())?.queues.find((each) => each.queueId === queue.queueId)?.sizeMax).toBe(7);
    expect(changes).toEqual([["skills"], ["queues"], ["queues"], ["queues"]]);
    const audit = (await anna.call("GET", "/audit?objectType=queue&limit=1")).json<{
      items: { before: unknown; after: unknown; actorName: string }[];
    }>();
    expect(audit.items[0]).toMatchObject({ before: { sizeMax: 100 }, after: { sizeMax: 7 }, actorName: "Анна Сидорова" });
  });

  it("takes a number once in the whole installation, and frees it when it is retired", async () => {
    const queueId = test.core.directory.config(organisationId())?.queues[0]?.queueId;
    const taken = await anna.call("POST", "/numbers", { number: "100", queueId, language: "ru" });
    expect([taken.statusCode, code(taken)]).toEqual([409, "alreadyExists"]);
    expect(code(await anna.call("POST", "/numbers", { number: "+7 495 123 45 67", queueId, language: "ru" }))).toBe("alreadyExists");
    expect(
      (await anna.call("POST", "/numbers", { number: "200", queueId, language: "fa", allowedNetworks: ["10.0.0.0/33"] })).json(),
    ).toMatchObject({ fields: [{ path: "allowedNetworks.0" }] });
    const silent = await anna.call("POST", "/numbers", { number: "200", queueId, language: "fa", greetingAudioId: "greeting.lost" });
    expect(silent.json()).toMatchObject({ fields: [{ path: "greetingAudioId", code: "unknown" }] });
    const made = (await anna.call("POST", "/numbers", { number: "200", queueId, language: "fa" })).json<PhoneNumber>();
    expect(made).toMatchObject({ e164: null, allowedNetworks: ["127.0.0.0/8", "::1/128"] });
    const edge = () => test.core.directory.edgeConfig().numbers.find((number) => number.numberId === made.numberId);
    expect(edge()).toMatchObject({ dialled: ["200"], technicalAudioIds: ["fa/refuse.technical"] });
    expect(test.core.directory.organisationOfNumber(made.numberId as NumberId)).toBe(organisationId());
    await anna.call("PATCH", `/numbers/${made.numberId}`, { retired: true, version: 1 });
    expect(edge()).toBeUndefined();
    const found = await test.core.db.withDoors((tx) =>
      tx.query<{ dialled: string }>("select dialled from doors.dialled_find($1)", [["100", "200", "+74951234567"]]),
    );
    expect(found.map((row) => row.dialled).toSorted()).toEqual(["+74951234567", "100"]);
  });

  it("shows a device's secret once and keeps only its digests", async () => {
    const made = (await anna.call("POST", "/devices", { name: "Reception", personId: null })).json<{
      device: { deviceId: string };
      username: string;
      password: string;
      domain: string;
      port: number;
    }>();
    expect(made.password.length).toBeGreaterThanOrEqual(24);
    expect(made).toMatchObject({ domain: "localhost", port: 5070 });
    const stored = await rowsOf(test, "directory.device");
    expect(stored.join()).toContain(made.username);
    expect(stored.join()).not.toContain(made.password);
    expect(test.core.directory.edgeConfig().devices[0]).toMatchObject({ username: made.username, realm: "allo" });
    expect((await anna.call("POST", `/devices/${made.device.deviceId}/retire`)).json()).toMatchObject({ retired: true });
    expect(test.core.directory.edgeConfig().devices).toEqual([]);
  });

  it("lets a person's calls ring at a device of theirs, until it is another's or retired; each change is in the audit chain", async () => {
    const { personId, organisation } = me;
    const { organisationId: scope } = organisation;
    const { directory } = test.core;
    const make = async (owner: string | null) =>
      (await anna.call("POST", "/devices", { name: "Desk 7", personId: owner })).json<{ device: Device }>().device;
    const [own, theirs] = [await make(personId), await make(null)];
    expect(own).toMatchObject({ autoAnswer: false, offersSrtp: false, chosen: false, state: null, version: 1 });
    const by = {
      principal: { personId, name: "Anna", sessionId: "ses_1", organisationId: scope, projectIds: "*" },
      address: "127.0.0.1",
    } as never;
    await expect(directory.choosePhone(by, theirs.deviceId)).rejects.toMatchObject({
      fields: [{ path: "deviceId", code: "unknownDevice" }],
    });
    await directory.choosePhone(by, own.deviceId);
    expect(directory.config(scope as OrganisationId)?.phoneChoices.get(personId as never)).toBe(own.deviceId);
    expect((await anna.call("GET", "/devices")).json<{ items: Device[] }>().items).toContainEqual({ ...own, chosen: true });

    const change = { autoAnswer: true, offersSrtp: true, version: 1 };
    expect((await anna.call("PATCH", `/devices/${own.deviceId}`, change)).json()).toMatchObject({
      autoAnswer: true,
      chosen: true,
      version: 2,
    });
    expect(code(await anna.call("PATCH", `/devices/${own.deviceId}`, { name: "Old", version: 1 }))).toBe("versionConflict");
    expect((await anna.call("PATCH", `/devices/${own.deviceId}`, { personId: "per_nobody", version: 2 })).json()).toMatchObject({
      fields: [{ path: "personId", code: "unknownPerson" }],
    });
    // An extension is nobody else's, and no number of the organisation's.
    const extension = async (of: Device, text: string | null, version: number) =>
      (await anna.call("PATCH", `/devices/${of.deviceId}`, { extension: text, version })).json<unknown>();
    expect(await extension(theirs, "201", 1)).toMatchObject({ extension: "201", version: 2 });
    expect(await extension(own, "201", 2)).toMatchObject({ fields: [{ path: "extension", code: "alreadyExists" }] });
    expect(await extension(own, "2o1", 2)).toMatchObject({ fields: [{ path: "extension", code: "badExtension" }] });
    const queueId = directory.config(scope as OrganisationId)?.queues[0]?.queueId;
    expect((await anna.call("POST", "/numbers", { number: "7788", queueId, language: "fa" })).json()).toMatchObject({ number: "7788" });
    expect(await extension(own, "7788", 2)).toMatchObject({ fields: [{ path: "extension", code: "alreadyExists" }] });
    expect(await extension(theirs, null, 2)).toMatchObject({ extension: null, version: 3 });
    // Given away, its person has their calls in the browser again.
    expect((await anna.call("PATCH", `/devices/${own.deviceId}`, { personId: null, version: 2 })).json()).toMatchObject({ chosen: false });
    await anna.call("PATCH", `/devices/${own.deviceId}`, { personId, version: 3 });
    await directory.choosePhone(by, own.deviceId);
    expect((await anna.call("POST", `/devices/${own.deviceId}/retire`)).json()).toMatchObject({ retired: true, chosen: false });
    expect(directory.config(scope as OrganisationId)?.phoneChoices.size).toBe(0);
    expect(code(await anna.call("PATCH", `/devices/${own.deviceId}`, { name: "Back", version: 5 }))).toBe("wrongState");
    await anna.call("POST", `/devices/${theirs.deviceId}/retire`);
    const { items } = (await anna.call("GET", "/audit?limit=50")).json<{ items: { action: string }[] }>();
    const said = items.map(({ action }) => action);
    for (const action of ["device.create", "device.change", "person.phone", "device.retire"]) expect(said).toContain(action);
  });

  it("keeps the last wrap-up code and the last reason, and the program's own reasons", async () => {
    const reasons = (await anna.call("GET", "/not-ready-reasons")).json<{
      items: { reasonId: string; system: boolean; version: number }[];
    }>().items;
    const system = reasons.find((reason) => reason.system)!;
    expect(code(await anna.call("PATCH", `/not-ready-reasons/${system.reasonId}`, { retired: true, version: system.version }))).toBe(
      "inUse",
    );
    const own = reasons.filter((reason) => !reason.system);
    for (const [index, reason] of own.entries()) {
      const answer = await anna.call("PATCH", `/not-ready-reasons/${reason.reasonId}`, { retired: true, version: reason.version });
      expect(answer.statusCode).toBe(index === own.length - 1 ? 409 : 200);
    }
  });

  it("replaces a prompt by an uploaded WAV of any rate, and says what is wrong with other files", async () => {
    const upload = (bytes: Uint8Array, place = "greeting.notice/ru") => {
      const boundary = "----allo";
      const payload = Buffer.concat([
        Buffer.from(
          `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="../../x.wav"\r\ncontent-type: audio/wav\r\n\r\n`,
        ),
        bytes,
        Buffer.from(`\r\n--${boundary}--\r\n`),
      ]);
      return test.core.http.app.inject({
        method: "PUT",
        url: `/api/v1/prompts/${place}/audio`,
        payload,
        headers: { host: "localhost", origin: ORIGIN, cookie: anna.cookie, "content-type": `multipart/form-data; boundary=${boundary}` },
      });
    };
    const tone = Int16Array.from({ length: 44_100 * 2 }, (_, index) =>
      Math.round(8_000 * Math.sin((2 * Math.PI * 440 * (index >> 1)) / 44_100)),
    );
    const replaced = await upload(buildWav({ sampleRate: 44_100, channels: 2, samples: tone }));
    expect(replaced.statusCode).toBe(200);
    expect(replaced.json()).toMatchObject({ replaced: true, durationMs: 1_000, replacedBy: "Анна Сидорова" });
    const own = test.core.directory.audioFor(organisationId(), "greeting.notice", "ru");
    expect(own).toBe(`${organisationId()}/ru/greeting.notice`);
    expect(test.core.directory.audioFor(organisationId(), "greeting.notice", "en")).toBe("en/greeting.notice");
    expect(test.core.directory.audioFor(organisationId(), "music.main", "en")).toBe("music.main");
    const file = test.core.directory.edgeConfig().audio.find((audio) => audio.audioId === own)!;
    expect(file.filePath.startsWith(join(test.dataFolder, "prompts"))).toBe(true);
    const parsed = parseWav(readFileSync(file.filePath));
    expect(parsed.ok && [parsed.value.sampleRate, parsed.value.channels, parsed.value.samples.length]).toEqual([8_000, 1, 8_000]);
    const played = await anna.call("GET", "/prompts/greeting.notice/ru/audio");
    expect([played.statusCode, played.headers["content-type"]]).toEqual([200, "audio/wav"]);
    for (const [bytes, field] of [
      [Buffer.from("not a sound"), "notWav"],
      [Buffer.from("RIFF\xff\xff\xff\xffWAVEfmt \xff\xff\xff\xff", "latin1"), "malformed"],
      [buildWav({ sampleRate: 8_000, channels: 1, samples: new Int16Array(8) }), "noSound"],
      [buildWav({ sampleRate: 8_000, channels: 1, samples: new Int16Array(8_000 * 121) }), "tooLong"],
    ] as const) {
      const answer = await upload(bytes);
      expect([answer.statusCode, answer.json<{ fields: { code: string }[] }>().fields[0]?.code]).toEqual([400, field]);
    }
    expect((await upload(Buffer.alloc(9_000_000))).statusCode).toBe(413);
    expect((await upload(buildWav({ sampleRate: 8_000, channels: 1, samples: new Int16Array(8_000) }), "test.caller/ru")).statusCode).toBe(
      404,
    );
    expect((await anna.call("DELETE", "/prompts/greeting.notice/ru/audio")).json()).toMatchObject({ replaced: false });
    expect(test.core.directory.audioFor(organisationId(), "greeting.notice", "ru")).toBe("ru/greeting.notice");
  });

  it("has an audit chain that holds, and breaks where a row is touched", async () => {
    const scope = { organisationId: organisationId(), projectIds: "*" as const };
    expect(await test.core.db.withScope(scope, (tx) => test.core.audit.verify(tx))).toBeNull();
    await expect(test.core.db.withScope(scope, (tx) => tx.query("update identity.audit set actor_name = 'x'"))).rejects.toThrow(
      /permission denied/,
    );
    await test.admin.query(
      "begin; alter table identity.audit no force row level security; update identity.audit set actor_name = 'x' where sequence = 3",
    );
    await test.admin.query("alter table identity.audit force row level security; commit");
    expect(await test.core.db.withScope(scope, (tx) => test.core.audit.verify(tx))).toEqual({ sequence: 3, reason: "hash" });
  });
});

describe("what is logged", () => {
  it("holds no password, token, e-mail, name or number", () => {
    const logged = test.logged();
    expect(logged).toContain('"route":"/api/v1/session"');
    for (const secret of [PASSWORD, "example.com", "Сидорова", "4951234567", anna.cookie.split("=")[1]!, "wrong password"])
      expect(logged).not.toContain(secret);
  });
});
