// Recorders elsewhere through the API: what may be set up, what is never told, what the edge gets, what queues may name.
import type { AuditEntry, Queue, Recorder, RecorderLogEntry, RecorderSettings, ResponseOf } from "@allo/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeOrganisation, rowsOf, startTestCore, type TestCore, type Visitor } from "./fixtures/test-core.ts";

const archive: RecorderSettings = {
  name: " Archive ",
  enabled: true,
  host: "recorder.example",
  port: 5061,
  transport: "tls",
  user: "record",
  accountUser: "allo",
  srtp: true,
  pausedAs: "inactive",
  optionsSeconds: 30,
  tls: { caPem: null, fingerprint: null },
};
const SECRET = "s3cret-of-the-archive";

let test: TestCore;
let anna: Visitor;
let stranger: Visitor;
const create = (over: Partial<RecorderSettings> = {}, password: string | null = SECRET) =>
  anna.call("POST", "/recorders", { ...archive, ...over, password });
const made = async (over: Partial<RecorderSettings> = {}): Promise<Recorder> => {
  const answer = await create(over);
  expect([answer.statusCode, answer.body]).toEqual([200, expect.anything()]);
  return answer.json();
};
const list = async (who = anna): Promise<readonly Recorder[]> => (await who.call("GET", "/recorders")).json<{ items: Recorder[] }>().items;
const atEdge = (recorderId: string) => test.core.directory.edgeConfig().recorders?.find((each) => each.recorderId === recorderId);

beforeAll(async () => {
  test = await startTestCore();
  anna = (await makeOrganisation(test)).administrator;
  stranger = (await makeOrganisation(test, { email: "other@example.org", number: "100" })).administrator;
});
afterAll(async () => {
  await test?.close();
});

describe("a recorder elsewhere", () => {
  it("is added, told to the edge with its password, and shown without it; so is the audit list", async () => {
    const recorder = await made();
    expect(recorder).toMatchObject({ name: "Archive", hasPassword: true, version: 1, state: null });
    expect(atEdge(recorder.recorderId)).toMatchObject({ account: { user: "allo", password: SECRET }, host: "recorder.example" });
    const audit = (await anna.call("GET", "/audit?limit=200")).json<{ items: AuditEntry[] }>().items;
    expect(audit.find((entry) => entry.action === "recorder.create")).toMatchObject({ objectId: recorder.recorderId });
    for (const text of [
      JSON.stringify(await list()),
      JSON.stringify(audit),
      test.logged(),
      JSON.stringify(await rowsOf(test, "recorders.recorder")),
    ])
      expect(text).not.toContain(SECRET);
  });

  it("is another organisation's business alone", async () => {
    const recorder = await made({ name: "Ours" });
    expect(await list(stranger)).toEqual([]);
    const path = `/recorders/${recorder.recorderId}`;
    expect((await stranger.call("PATCH", path, { version: 1, name: "Theirs" })).statusCode).toBe(404);
    expect((await stranger.call("GET", `${path}/log`)).statusCode).toBe(404);
    const [queue] = (await stranger.call("GET", "/queues")).json<{ items: Queue[] }>().items;
    const named = await stranger.call("PATCH", `/queues/${queue!.queueId}`, { version: queue!.version, recorderId: recorder.recorderId });
    expect([named.statusCode, named.json<{ fields: { path: string }[] }>().fields.map(({ path: field }) => field)]).toEqual([
      400,
      ["recorderId"],
    ]);
  });

  it("is changed by version; a password that isn't said stays, one that is replaces it; switched off the edge forgets it", async () => {
    const { recorderId } = await made({ name: "Changed" });
    const path = `/recorders/${recorderId}`;
    const first = await anna.call("PATCH", path, { name: "Renamed", version: 1 });
    expect(first.json()).toMatchObject({ name: "Renamed", hasPassword: true, version: 2 });
    const late = await anna.call("PATCH", path, { name: "Late", version: 1 });
    expect([late.statusCode, late.json<{ code: string }>().code]).toEqual([409, "versionConflict"]);
    await anna.call("PATCH", path, { password: "another", version: 2 });
    expect(atEdge(recorderId)?.account?.password).toBe("another");
    await anna.call("PATCH", path, { enabled: false, version: 3 });
    expect(atEdge(recorderId)).toBeUndefined();
  });

  it("isn't retired while a queue sends its calls there", async () => {
    const { recorderId } = await made({ name: "In use" });
    const [queue] = (await anna.call("GET", "/queues")).json<{ items: Queue[] }>().items;
    const path = `/queues/${queue!.queueId}`;
    const chosen = await anna.call("PATCH", path, { version: queue!.version, recorderId });
    expect(chosen.json()).toMatchObject({ recorderId });
    const refused = await anna.call("PATCH", `/recorders/${recorderId}`, { retired: true, version: 1 });
    expect([refused.statusCode, refused.json<{ code: string }>().code]).toEqual([409, "inUse"]);
    await anna.call("PATCH", path, { version: chosen.json<Queue>().version, recorderId: null });
    expect((await anna.call("PATCH", `/recorders/${recorderId}`, { retired: true, version: 1 })).json()).toMatchObject({ retired: true });
    const gone = await anna.call("PATCH", path, { version: chosen.json<Queue>().version + 1, recorderId });
    expect(gone.statusCode).toBe(400);
  });

  it.each([
    ["sealed audio without TLS", { transport: "tcp" }, "srtp"],
    ["a certificate that is none", { tls: { caPem: "hello", fingerprint: null } }, "tls.caPem"],
  ] as const)("is refused with %s, and the field is named", async (_why, over, path) => {
    const answer = await create(over);
    expect([answer.statusCode, answer.json<{ fields: { path: string }[] }>().fields.map((field) => field.path)]).toEqual([400, [path]]);
  });

  it("that a queue names and that is down is an alarm for whoever watches the floor", async () => {
    const { recorderId } = await made({ name: "Missed" });
    const troubles = async () => (await anna.call("GET", "/recorder-troubles")).json<ResponseOf<"recorderTroublesList">>().items;
    const state = { recorderId, at: 9, since: 5, lastStatus: null, roundTripMs: null, sessions: 0 } as const;
    test.core.recorders.noteEdge({ kind: "recorderState", state: { ...state, health: "down", trouble: "noAnswer", missing: 2 } });
    expect(await troubles()).toEqual([]);
    const [queue] = (await anna.call("GET", "/queues")).json<{ items: Queue[] }>().items;
    const named = await anna.call("PATCH", `/queues/${queue!.queueId}`, { version: queue!.version, recorderId });
    expect(await troubles()).toEqual([{ recorderId, name: "Missed", since: 5, missing: 2 }]);
    test.core.recorders.noteEdge({ kind: "recorderState", state: { ...state, health: "up", trouble: null, missing: 0 } });
    expect(await troubles()).toEqual([]);
    await anna.call("PATCH", `/queues/${queue!.queueId}`, { version: named.json<Queue>().version, recorderId: null });
  });

  it("shows what the edge last said, and its log newest first", async () => {
    const { recorderId } = await made({ name: "Watched" });
    const state = {
      recorderId,
      at: 1,
      health: "up",
      since: 1,
      trouble: null,
      lastStatus: 200,
      roundTripMs: 3,
      sessions: 1,
      missing: 0,
    } as const;
    test.core.recorders.noteEdge({ kind: "recorderState", state });
    for (let at = 1; at <= 205; at += 1)
      test.core.recorders.noteEdge({ kind: "recorderLine", recorderId, line: { at, what: "sessionBegan", status: null, trouble: null } });
    expect((await list()).find((each) => each.recorderId === recorderId)?.state).toEqual(state);
    const log = (await anna.call("GET", `/recorders/${recorderId}/log`)).json<{ items: RecorderLogEntry[] }>().items;
    expect([log.length, log[0]?.at]).toEqual([200, 205]);
  });
});
