// Greetings and music that an organisation adds to the shipped ones, through HTTP.
import { readFileSync } from "node:fs";
import type { Me, PhoneNumber, Project, Prompt, Queue } from "@allo/contract";
import { buildWav, parseWav } from "@allo/media";
import type { OrganisationId, PersonId } from "@allo/kernel";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addPerson, makeOrganisation, startTestCore, type TestCore, type Visitor } from "./fixtures/test-core.ts";

let test: TestCore;
let anna: Visitor;
let other: Visitor;
let agent: Visitor;
let organisationId: OrganisationId;
const changes: string[] = [];
let greetingId: string;
let musicId: string;

beforeAll(async () => {
  test = await startTestCore();
  const first = await makeOrganisation(test);
  anna = first.administrator;
  organisationId = first.me.organisation.organisationId as Me["organisation"]["organisationId"] as OrganisationId;
  agent = (await addPerson(test.core, anna, { name: "Agent", email: "agent@example.com", roles: ["agent"] })).visitor;
  other = (await makeOrganisation(test, { email: "other@example.org", number: "100" })).administrator;
  test.core.directory.onChanged(({ changed }) => changes.push(...changed));
});
afterAll(async () => {
  await test?.close();
});

const wav = (seconds: number): Uint8Array => {
  const samples = Int16Array.from({ length: 8_000 * seconds }, (_, index) => Math.round(8_000 * Math.sin(index / 3)));
  return buildWav({ sampleRate: 8_000, channels: 1, samples });
};
const upload = (visitor: Visitor, method: "POST" | "PUT", path: string, bytes: Uint8Array) => {
  const boundary = "----allo";
  const payload = Buffer.concat([
    Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="x.wav"\r\ncontent-type: audio/wav\r\n\r\n`),
    bytes,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  return visitor.call(method, path, payload, { "content-type": `multipart/form-data; boundary=${boundary}` });
};
const add = (visitor: Visitor, query: Record<string, string>, bytes = wav(1)) =>
  upload(visitor, "POST", `/prompts?${new URLSearchParams(query).toString()}`, bytes);
const greeting = { kind: "greeting", title: " Зимнее приветствие ", language: "ru", saysNotice: "true" };
const own = async (visitor: Visitor): Promise<readonly Prompt[]> =>
  (await visitor.call("GET", "/prompts")).json<{ items: Prompt[] }>().items.filter((prompt) => prompt.own);
const first = async <T>(path: string): Promise<T> => (await anna.call("GET", path)).json<{ items: T[] }>().items[0]!;
const audioFor = (audioId: string, language: "en" | "ru" | "fa") => test.core.directory.audioFor(organisationId, audioId, language);
const edgeAudio = (name: string) => test.core.directory.edgeConfig().audio.find((audio) => audio.audioId === name);
const ask = async (visitor: Visitor, method: "POST" | "PATCH" | "DELETE" | "GET", path: string, body?: object) => {
  const answer = await visitor.call(method, path, body);
  return [answer.statusCode, answer.json<{ code?: string }>().code];
};

describe("a greeting of one's own", () => {
  it("is added by an upload, and the edge has it at once", async () => {
    const answer = await add(anna, greeting);
    expect([answer.statusCode, answer.json()]).toEqual([
      200,
      expect.objectContaining({
        kind: "greeting",
        own: true,
        title: "Зимнее приветствие",
        language: "ru",
        saysNotice: true,
        retired: false,
        replaced: false,
        durationMs: 1_000,
        replacedBy: "Анна Сидорова",
      }),
    ]);
    greetingId = answer.json<Prompt>().audioId;
    expect(greetingId).toMatch(/^greeting\.[a-z0-9]+$/);
    expect(changes).toEqual(["prompts"]);
    const file = edgeAudio(audioFor(greetingId, "ru"))!;
    expect([audioFor(greetingId, "ru"), file.version]).toEqual([`${organisationId}/ru/${greetingId}`, 1]);
    const parsed = parseWav(readFileSync(file.filePath));
    expect(parsed.ok && parsed.value.samples.length).toBe(8_000);
    expect((await anna.call("GET", `/prompts/${greetingId}/ru/audio`)).statusCode).toBe(200);
    expect((await own(anna)).map((prompt) => prompt.audioId)).toEqual([greetingId]);
  });

  it("is refused without a name, in a language that isn't one, and as no sound; nothing is left of it", async () => {
    expect((await add(anna, { ...greeting, title: "  " })).json()).toMatchObject({ fields: [{ path: "title", code: "empty" }] });
    expect((await add(anna, { ...greeting, language: "any" })).json()).toMatchObject({ fields: [{ path: "language" }] });
    expect((await add(anna, { ...greeting, kind: "music" })).json()).toMatchObject({ fields: [{ path: "language" }] });
    expect((await add(anna, { ...greeting, kind: "refuse" })).statusCode).toBe(400);
    expect((await add(anna, greeting, Buffer.from("not a sound"))).json()).toMatchObject({ fields: [{ path: "file", code: "notWav" }] });
    expect(await own(anna)).toHaveLength(1);
  });

  it("greets the callers of a number, in another language too where it has no other", async () => {
    const number = await first<PhoneNumber>("/numbers");
    const set = await anna.call("PATCH", `/numbers/${number.numberId}`, { greetingAudioId: greetingId, version: number.version });
    expect([set.statusCode, set.json<PhoneNumber>().greetingAudioId]).toEqual([200, greetingId]);
    expect(audioFor(greetingId, "fa")).toBe(`${organisationId}/ru/${greetingId}`);
    const queue = await first<Queue>("/queues");
    expect(await ask(anna, "PATCH", `/queues/${queue.queueId}`, { musicAudioId: greetingId, version: queue.version })).toEqual([
      400,
      "invalidInput",
    ]);
  });

  it("is recorded again with a higher version, and gets a language", async () => {
    const before = edgeAudio(audioFor(greetingId, "ru"))!;
    const again = await upload(anna, "PUT", `/prompts/${greetingId}/ru/audio`, wav(2));
    expect([again.statusCode, again.json<Prompt>().durationMs]).toEqual([200, 2_000]);
    expect(edgeAudio(audioFor(greetingId, "ru"))).toMatchObject({ version: before.version + 1 });
    expect(() => readFileSync(before.filePath)).toThrow("ENOENT");
    expect((await upload(anna, "PUT", `/prompts/${greetingId}/fa/audio`, wav(3))).json()).toMatchObject({
      language: "fa",
      durationMs: 3_000,
    });
    expect(audioFor(greetingId, "fa")).toBe(`${organisationId}/fa/${greetingId}`);
    expect((await own(anna)).map((prompt) => prompt.language).toSorted()).toEqual(["fa", "ru"]);
    expect((await upload(anna, "PUT", `/prompts/${greetingId}/any/audio`, wav(1))).statusCode).toBe(404);
    expect(await ask(anna, "DELETE", `/prompts/${greetingId}/ru/audio`)).toEqual([404, "notFound"]);
  });

  it("can't be retired while a number uses it, can after, and is then chosen no more until it is taken up again", async () => {
    const busy = await anna.call("POST", `/prompts/${greetingId}/retire`);
    expect([busy.statusCode, busy.json()]).toEqual([
      409,
      expect.objectContaining({ code: "inUse", detail: "Still used by 1 number: 8 (495) 123-45-67" }),
    ]);
    const number = await first<PhoneNumber>("/numbers");
    const path = `/numbers/${number.numberId}`;
    await anna.call("PATCH", path, { greetingAudioId: "greeting.plain", version: number.version });
    const retired = await anna.call("POST", `/prompts/${greetingId}/retire`);
    expect(retired.json<{ items: Prompt[] }>().items.map((prompt) => [prompt.language, prompt.retired])).toEqual([
      ["fa", true],
      ["ru", true],
    ]);
    const choose = async (): Promise<number> => {
      const { version } = await first<PhoneNumber>("/numbers");
      return (await anna.call("PATCH", path, { greetingAudioId: greetingId, version })).statusCode;
    };
    expect(await choose()).toBe(400);
    expect([audioFor(greetingId, "ru"), edgeAudio(`${organisationId}/ru/${greetingId}`)]).toEqual(["ru/greeting.notice", undefined]);
    expect((await anna.call("POST", `/prompts/${greetingId}/unretire`)).statusCode).toBe(200);
    expect(await choose()).toBe(200);
    expect(await ask(anna, "POST", "/prompts/greeting.plain/retire")).toEqual([404, "notFound"]);
  });
});

describe("music of one's own", () => {
  it("is heard in a queue, is no greeting, and stays while the queue plays it", async () => {
    const added = (await add(anna, { kind: "music", title: "Скрипка", language: "any", saysNotice: "true" })).json<Prompt>();
    expect(added).toMatchObject({ kind: "music", language: null, saysNotice: false });
    musicId = added.audioId;
    const queue = await first<Queue>("/queues");
    const set = await anna.call("PATCH", `/queues/${queue.queueId}`, { musicAudioId: musicId, version: queue.version });
    expect(set.statusCode).toBe(200);
    expect(edgeAudio(audioFor(musicId, "en"))).toMatchObject({ audioId: `${organisationId}/any/${musicId}`, version: 1 });
    expect(await ask(anna, "POST", `/prompts/${musicId}/retire`)).toEqual([409, "inUse"]);
    const number = await first<PhoneNumber>("/numbers");
    expect(await ask(anna, "PATCH", `/numbers/${number.numberId}`, { greetingAudioId: musicId, version: number.version })).toEqual([
      400,
      "invalidInput",
    ]);
  });
});

describe("a project's name for the agent's ear", () => {
  it("is added like a greeting, chosen by the project alone, kept while it is used, and falls back to the shipped sentence", async () => {
    const added = await add(anna, { kind: "name", title: "First Bank", language: "ru", saysNotice: "true" });
    expect(added.json()).toMatchObject({ kind: "name", own: true, saysNotice: false });
    const { audioId } = added.json<Prompt>();
    const project = await first<Project>("/projects");
    const put = (nameAudioId: string | null, version: number) =>
      anna.call("PATCH", `/projects/${project.projectId}`, { nameAudioId, version });
    expect((await put(musicId, project.version)).json()).toMatchObject({ fields: [{ path: "nameAudioId", code: "unknown" }] });
    expect((await put(audioId, project.version)).json()).toMatchObject({ nameAudioId: audioId, version: project.version + 1 });
    // Said in the language that it was recorded in where it has no other.
    expect(audioFor(audioId, "en")).toBe(`${organisationId}/ru/${audioId}`);
    const number = await first<PhoneNumber>("/numbers");
    expect(
      (await anna.call("PATCH", `/numbers/${number.numberId}`, { greetingAudioId: audioId, version: number.version })).statusCode,
    ).toBe(400);
    expect(await ask(anna, "POST", `/prompts/${audioId}/retire`)).toEqual([409, "inUse"]);
    expect((await put(null, project.version + 1)).statusCode).toBe(200);
    expect(await ask(anna, "POST", `/prompts/${audioId}/retire`)).toEqual([200, undefined]);
    expect(audioFor(audioId, "fa")).toBe("fa/agent.incoming");
  });
});

describe("others", () => {
  it("of another organisation find nothing there; agents may not", async () => {
    expect(await own(other)).toEqual([]);
    expect((await upload(other, "PUT", `/prompts/${greetingId}/ru/audio`, wav(1))).statusCode).toBe(404);
    for (const [method, path] of [
      ["POST", `/prompts/${greetingId}/retire`],
      ["POST", `/prompts/${greetingId}/unretire`],
      ["GET", `/prompts/${greetingId}/ru/audio`],
    ] as const) {
      expect(await ask(other, method, path)).toEqual([404, "notFound"]);
      expect(await ask(agent, method, path)).toEqual([403, "forbidden"]);
    }
    expect((await add(agent, greeting)).statusCode).toBe(403);
    const number = (await other.call("GET", "/numbers")).json<{ items: PhoneNumber[] }>().items[0]!;
    expect(await ask(other, "PATCH", `/numbers/${number.numberId}`, { greetingAudioId: greetingId, version: number.version })).toEqual([
      400,
      "invalidInput",
    ]);
  });

  it("read in the audit who added, recorded and retired what", async () => {
    const entries = (await anna.call("GET", "/audit?objectType=prompt&limit=50")).json<{
      items: { action: string; actorName: string }[];
    }>();
    expect(entries.items.map((entry) => entry.action).toReversed()).toEqual([
      "prompt.create",
      "prompt.replace",
      "prompt.replace",
      "prompt.retire",
      "prompt.unretire",
      "prompt.create",
      "prompt.create",
      "prompt.retire",
    ]);
  });

  it("add no more than there is room for in the edge's memory", async () => {
    const answers: number[] = [];
    for (let count = 0; count < 49; count += 1) answers.push((await add(anna, greeting)).statusCode);
    expect(answers).toEqual([...Array.from({ length: 48 }, () => 200), 409]);
    const [last] = (await own(anna)).slice(-1);
    expect((await anna.call("POST", `/prompts/${last!.audioId}/retire`)).statusCode).toBe(200);
    expect((await add(anna, greeting)).statusCode).toBe(200);
    expect(await ask(anna, "POST", `/prompts/${last!.audioId}/unretire`)).toEqual([409, "tooMany"]);
  });
});

describe("a person's mentors", () => {
  it("are set by whoever manages people, never the person, and stand in the list of changes", async () => {
    const people = (await anna.call("GET", "/people")).json<{ items: { personId: string; name: string }[] }>().items;
    const idOf = (name: string): string => people.find((person) => person.name === name)?.personId ?? "";
    const [trainee, mentor] = [idOf("Agent"), idOf("Анна Сидорова")];
    const put = (items: readonly string[]) =>
      anna.call("PUT", `/people/${trainee}/mentors`, { items: items.map((personId) => ({ personId })) });
    expect((await put([trainee])).json()).toMatchObject({ fields: [{ path: "items", code: "self" }] });
    expect((await put(["per_unknown"])).json()).toMatchObject({ fields: [{ path: "items", code: "unknownPerson" }] });
    expect((await put([mentor])).json()).toEqual({ items: [{ personId: mentor }] });
    expect(test.core.directory.config(organisationId)?.mentors.get(trainee as PersonId)).toEqual([mentor]);
    expect((await agent.call("GET", `/people/${trainee}/mentors`)).statusCode).toBe(403);
    const audit = (await anna.call("GET", "/audit")).json<{ items: { action: string }[] }>().items;
    expect(audit.map(({ action }) => action)).toContain("person.mentors");
    expect((await put([])).json()).toEqual({ items: [] });
  });
});
