import { applyLivePatch, type FloorState } from "@allo/contract";
import type { ContactId } from "@allo/kernel";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { contactRowListSql } from "../modules/contacts/lookback/contact-row-store.ts";
import { lostCallListSql } from "../modules/contacts/lost-calls/lost-call-store.ts";
import { EARLIER_SQL, earlierList } from "../modules/contacts/store/earlier-store.ts";
import { ORGANISATION } from "../modules/telephony/fixtures/voice-world.ts";
import { LookbackWorld, QUEUE } from "./fixtures/lookback-world.ts";

let world: LookbackWorld;
beforeEach(async () => {
  world = await LookbackWorld.create();
});
afterEach(async () => {
  await world?.close();
});

const caller = { by: "caller", why: "hungUp" } as const;
const answeredCall = (callId: string, number?: string): Promise<ContactId> =>
  world.answeredCall(callId, { note: "said hello", ...(number === undefined ? {} : { number }) });
/** A call that waits in vain for so long. */
async function lostCall(callId: string, waitMs: number, number?: string | null): Promise<ContactId> {
  const { voice } = world;
  const id = await voice.callIn(callId, number);
  await voice.soon(() => ["waiting", "ringing"].includes(voice.contactOf(id).phase.kind));
  voice.time.advance(waitMs);
  voice.edge.hangUp(id, caller);
  await voice.soon(() => voice.contactOf(id).phase.kind === "closed");
  return voice.contactOf(id).contactId;
}
/** Ann is signed in and not ready: callers wait. */
async function annAway(): Promise<void> {
  await world.voice.ready("ann");
  await world.voice.call("deskNotReady", "ann", {}, { reasonId: "rsn_break" });
}

async function rowsIn(table: string, without: readonly string[] = []): Promise<unknown> {
  const { rows } = await world.voice.admin.query<{ row: Record<string, unknown> }>(
    `select to_jsonb(t) - $1::text[] as row from ${table} t order by 1`,
    [without],
  );
  return rows.map(({ row }) => row);
}
async function allRowsIn(tables: readonly string[]): Promise<readonly unknown[]> {
  const all: unknown[] = [];
  for (const table of tables) all.push(await rowsIn(table));
  return all;
}

describe("the list of contacts", () => {
  it("holds each contact as its own page shows it, newest first, by pages", async () => {
    await world.voice.ready("ann");
    const first = await answeredCall("cal_1");
    world.voice.time.advance(1_000);
    await annAway();
    const second = await lostCall("cal_2", 9_000, null);
    await world.settled();
    const lead = world.principal("lead");
    const page = await world.call("contactsList", lead, { query: { limit: 1 } });
    expect(page.items.map(({ contactId }) => contactId)).toEqual([second]);
    const rest = await world.call("contactsList", lead, { query: { limit: 1, cursor: page.nextCursor } });
    expect([rest.items.map(({ contactId }) => contactId), rest.nextCursor]).toEqual([[first], null]);
    expect(rest.items[0]).toMatchObject({
      state: "closed",
      outcome: "answered",
      callerNumber: "+14155550123",
      agentId: "per_ann",
      agentName: "Name of per_ann",
      waitMs: 3_000,
      talkMs: 60_000,
      holdMs: 5_000,
      wrapUpMs: 10_000,
      coded: true,
      notCoded: false,
    });
    expect(page.items[0]).toMatchObject({ outcome: "abandoned", callerNumber: null, agentId: null, waitMs: 9_000, talkMs: null });
    const own = await world.voice.voice.contacts.page({ organisationId: ORGANISATION, projectIds: "*" }, first);
    expect({ ...own.contact, agentName: null }).toEqual({ ...rest.items[0], agentName: null });
  });

  it("is filtered by outcome, queue, agent, number and time", async () => {
    await world.voice.ready("ann");
    const answered = await answeredCall("cal_1", "+14155550123");
    await annAway();
    const lost = await lostCall("cal_2", 9_000, "+14155550199");
    await world.settled();
    const lead = world.principal("lead");
    const ids = async (query: object) => (await world.call("contactsList", lead, { query })).items.map(({ contactId }) => contactId);
    const all = await world.call("contactsList", lead);
    expect(await ids({ outcome: "abandoned" })).toEqual([lost]);
    expect(await ids({ queueId: QUEUE })).toEqual([lost, answered]);
    expect(await ids({ queueId: "que_other" })).toEqual([]);
    expect(await ids({ agentId: "per_ann" })).toEqual([answered]);
    expect(await ids({ agentId: "per_bob" })).toEqual([]);
    for (const typed of ["+1 415 555-0123", "(415) 555 0123", "۴۱۵۵۵۵۰۱۲۳"])
      expect(await ids({ number: typed }), typed).toEqual([answered]);
    expect(await ids({ number: "0123" })).toEqual([]);
    expect(await ids({ from: all.items[0]?.startedAt })).toEqual([lost]);
    expect(await ids({ to: all.items[0]?.startedAt })).toEqual([answered]);
    expect(await ids({ notCoded: true })).toEqual([]);
  });

  it("shows agents their own, and other organisations and projects nothing", async () => {
    await world.voice.ready("ann");
    const answered = await answeredCall("cal_1");
    await annAway();
    await lostCall("cal_2", 9_000);
    await world.settled();
    const ids = async (principal: Parameters<LookbackWorld["call"]>[1]) =>
      (await world.call("contactsList", principal)).items.map(({ contactId }) => contactId);
    expect(await ids(world.principal("ann", "agent"))).toEqual([answered]);
    expect(await ids(world.principal("bob", "agent"))).toEqual([]);
    expect(await ids(world.stranger())).toEqual([]);
    expect(await ids(world.principal("lead", "lead", { projectIds: ["prj_other" as never] }))).toEqual([]);
    await expect(world.call("contactsList", world.principal("lead"), { query: { cursor: "nonsense" } })).rejects.toMatchObject({
      status: 400,
    });
  });

  it("made anew from the log is what it was, as are the facts", async () => {
    await world.voice.ready("ann");
    await answeredCall("cal_1");
    await annAway();
    await lostCall("cal_2", 2_000);
    await lostCall("cal_3", 30_000, null);
    const open = await world.voice.callIn("cal_4");
    await world.voice.soon(() => world.voice.contactOf(open).phase.kind === "waiting");
    await world.settled();
    const tables = ["contacts.contact_row", "contacts.contact_agent", "reporting.segment"];
    const before = await allRowsIn(tables);
    const figures = world.back.reporting.figures.today(ORGANISATION, QUEUE);
    await world.back.list.clear(ORGANISATION);
    await world.back.reporting.figures.clear(ORGANISATION);
    expect(await rowsIn("contacts.contact_row")).toEqual([]);
    await world.back.follower.replay(ORGANISATION);
    expect(await allRowsIn(tables)).toEqual(before);
    expect(before.map((rows) => (rows as unknown[]).length)).toEqual([4, 1, 4]);
    expect(world.back.reporting.figures.today(ORGANISATION, QUEUE)).toEqual(figures);
    expect(await rowsIn("contacts.projection_due")).toEqual([]);
    // Once more, over what stands: nothing is counted twice.
    await world.back.follower.replay(ORGANISATION);
    expect(world.back.reporting.figures.today(ORGANISATION, QUEUE)).toEqual(figures);
    expect(await rowsIn("contacts.lost_call", ["organisation_id"])).toHaveLength(2);
  });

  it("catches up with what was logged while nobody followed, and waits for a database that is away", async () => {
    await world.back.close();
    await annAway();
    await lostCall("cal_1", 9_000);
    await world.voice.voice.writer.drained();
    expect(await rowsIn("contacts.contact_row")).toEqual([]);
    await world.startBack();
    expect(await rowsIn("contacts.contact_row")).toHaveLength(1);
    expect(world.back.reporting.figures.today(ORGANISATION, QUEUE)).toMatchObject({ offered: 1, abandoned: 1 });
    world.voice.database.away = true;
    await expect(world.back.start()).rejects.toThrow(/PostgreSQL/);
    world.voice.database.away = false;
    await world.back.start();
  });

  it("is read by indexes under row-level security, however it is filtered", async () => {
    const { admin } = world.voice;
    await admin.query("reset role");
    await admin.query(`
      insert into contacts.contact_row (organisation_id, project_id, contact_id, sequence, channel, state, started_at, number_id, queue_id, language, agent_id, outcome, not_coded, customer_id, caller, caller_index)
      select 'org_trial', 'prj_main', 'con_x' || lpad(n::text, 8, '0'), 1, 'voice', 'closed', n, 'num_main', 'que_' || n % 40, 'en', 'per_' || n % 100,
        case when n % 500 = 0 then 'systemDisconnect' else 'answered' end, n % 1000 = 0, 'cus_' || n % 5000, 'number', 'phone:' || n % 5000 from generate_series(1, 30000) n;
      insert into contacts.contact_agent select 'org_trial', 'prj_main', 'con_x' || lpad(n::text, 8, '0'), 'per_' || n % 100, n from generate_series(1, 30000) n;
      insert into contacts.lost_call (organisation_id, project_id, lost_call_id, sealed_by, queue_id, last_at, wait_ms, call_count, cause, state, contact_ids)
      select 'org_trial', 'prj_main', 'los_x' || lpad(n::text, 8, '0'), 'con_x', 'que_' || n % 40, n, 1, 1, '{}', case when n % 100 = 0 then 'open' else 'calledBack' end, '{}' from generate_series(1, 20000) n;
      analyze contacts.contact_row; analyze contacts.contact_agent; analyze contacts.lost_call;
    `);
    await admin.query("set role allo_app");
    const planOf = async ({ sql, values }: { readonly sql: string; readonly values: readonly unknown[] }) =>
      (await admin.query<{ "QUERY PLAN": string }>(`explain ${sql}`, [...values])).rows.map((row) => row["QUERY PLAN"]).join("\n");
    const first = { after: null, limit: 51 };
    const filters: Parameters<typeof contactRowListSql>[0][] = [
      first,
      { ...first, after: { startedAt: 15_000, contactId: "con_x00015000" as ContactId } },
      { ...first, from: 100, to: 20_000 },
      { ...first, projectId: "prj_3" as never },
      { ...first, queueId: "que_3" as never },
      { ...first, customerId: "cus_7" as never },
      { ...first, callerIndex: "phone:7" },
      { ...first, participantId: "per_7" as never },
      { ...first, participantId: "per_7" as never, agentId: "per_7" as never },
      { ...first, notCoded: true },
      { ...first, outcome: "systemDisconnect" },
    ];
    for (const filter of filters) {
      const plan = await planOf(contactRowListSql(filter));
      expect(plan, JSON.stringify(filter)).not.toMatch(/Seq Scan on contact/);
      expect(plan, JSON.stringify(filter)).toMatch(/Index (?:Only )?Scan/);
    }
    for (const filter of [
      { state: "open" as const },
      { state: "open" as const, owed: true },
      { state: "settled" as const },
      { projectId: "prj_3" },
      { queueId: "que_3" },
      { after: [10_000, "los_x"] as const },
    ]) {
      const plan = await planOf(
        lostCallListSql({ after: null, limit: 51, state: undefined, owed: false, projectId: undefined, queueId: undefined, ...filter }),
      );
      expect(plan, JSON.stringify(filter)).not.toMatch(/Seq Scan on lost_call/);
    }
    const earlier = { callerIndex: "phone:7", from: 100, before: 25_007, limit: 3 };
    expect(await planOf({ sql: EARLIER_SQL, values: Object.values(earlier) })).toMatch(/Index Cond: .*caller_index/);
    const found = await world.voice.database.withScope({ organisationId: ORGANISATION, projectIds: "*" }, (tx) => earlierList(tx, earlier));
    expect(found.map(({ startedAt }) => startedAt)).toEqual([20_007, 15_007, 10_007]);
  });
});

describe("lost calls", () => {
  const list = (query: object = {}, principal = world.principal("ann", "agent")) => world.call("lostCallsList", principal, { query });

  it("are one row per number, and one per call where the number is hidden", async () => {
    await annAway();
    const first = await lostCall("cal_1", 9_000);
    world.voice.time.advance(60_000);
    const second = await lostCall("cal_2", 12_000);
    await lostCall("cal_3", 1_000, null);
    await lostCall("cal_4", 1_000, null);
    await world.settled();
    const { items } = await list({ state: "open" });
    expect(items).toHaveLength(3);
    const merged = items.find(({ callerNumber }) => callerNumber === "+14155550123");
    expect(merged).toMatchObject({
      callCount: 2,
      attempts: 0,
      waitMs: 12_000,
      queueId: QUEUE,
      contactIds: [second, first],
      cause: { by: "caller", why: "abandoned" },
      state: "open",
    });
    expect(items.filter(({ callerNumber }) => callerNumber === null).map(({ callCount }) => callCount)).toEqual([1, 1]);
  });

  it("stand for refusals of every cause too", async () => {
    const id = world.voice.edge.arrive("cal_1");
    await world.voice.soon(() => world.voice.edge.calls.get(id)?.summary.phase === "answered");
    world.voice.edge.greetingEnds(id); // nobody is signed in
    await world.voice.soon(() => world.voice.contactOf(id).phase.kind === "closed");
    await world.settled();
    expect((await list()).items).toMatchObject([
      { cause: { why: "nobodySignedIn" }, waitMs: 0, callCount: 1, callerNumber: "+14155550123" },
    ]);
    expect(world.back.reporting.figures.today(ORGANISATION, QUEUE)).toMatchObject({ offered: 1, refused: 1 });
  });

  it("hold who was talking when the line broke by a fault", async () => {
    const { voice } = world;
    await voice.ready("ann");
    const id = await voice.callIn("cal_1");
    await voice.soon(() => voice.desk("ann").state === "ringing");
    await voice.answer("ann");
    voice.time.advance(30_000);
    voice.edge.hangUp(id, { by: "system", why: "edgeLost" });
    await voice.soon(() => voice.desk("ann").state === "wrapUp");
    await world.settled();
    const [cut] = (await list({ state: "open", owed: true })).items;
    expect(cut).toMatchObject({ cause: { by: "system", why: "edgeLost" }, state: "open", callCount: 1 });
    expect(cut?.owedSince).toBe(cut?.lastAt);
    await world.back.follower.replay(ORGANISATION); // the same fault, seen again
    expect((await list({ owed: true })).items).toMatchObject([{ callCount: 1, attempts: 0 }]);
  });

  it("are settled by themselves when the same number is answered, and stay settled or reopened as people want", async () => {
    await annAway();
    await lostCall("cal_1", 9_000);
    await world.settled();
    await world.voice.call("deskReady", "ann", {}, undefined);
    await answeredCall("cal_2");
    await world.settled();
    const [row] = (await list({ state: "settled" })).items;
    expect(row).toMatchObject({ state: "calledAgain", settledByName: null, callCount: 1 });
    const lead = world.principal("lead");
    const reopened = await world.call("lostCallReopen", lead, { params: { lostCallId: row!.lostCallId } });
    expect(reopened.state).toBe("open");
    await world.back.follower.replay(ORGANISATION); // the same answer, seen again
    expect((await list({ state: "open" })).items).toHaveLength(1);
    await expect(world.call("lostCallReopen", lead, { params: { lostCallId: row!.lostCallId } })).rejects.toMatchObject({
      code: "wrongState",
    });
  });

  it("are worked by people: attempts, settling with its version and reason, undo; all in the audit chain", async () => {
    await annAway();
    await lostCall("cal_1", 9_000);
    await world.settled();
    const ann = world.principal("ann", "agent");
    const [row] = (await list()).items;
    const params = { lostCallId: row!.lostCallId };
    const tried = await world.call("lostCallAttempt", ann, { params });
    expect(tried).toMatchObject({ attempts: 1, version: row!.version + 1 });
    const settle = (body: object) => world.call("lostCallSettle", ann, { params, body });
    await expect(settle({ state: "calledBack", reason: "", version: row!.version })).rejects.toMatchObject({
      code: "versionConflict",
      status: 409,
    });
    await expect(settle({ state: "dismissed", reason: "  ", version: tried.version })).rejects.toMatchObject({
      code: "invalidInput",
      status: 400,
    });
    const done = await settle({ state: "dismissed", reason: " a test call ", version: tried.version });
    expect(done).toMatchObject({ state: "dismissed", reason: "a test call", settledByName: "Name of per_ann" });
    await expect(settle({ state: "unreachable", reason: "", version: done.version })).rejects.toMatchObject({ code: "wrongState" });
    await expect(world.call("lostCallAttempt", ann, { params })).rejects.toMatchObject({ code: "wrongState" });
    // Lost again: a new entry; the old one can't be opened beside it.
    await lostCall("cal_2", 5_000);
    await world.settled();
    expect((await list({ state: "open" })).items).toMatchObject([{ callCount: 1 }]);
    await expect(world.call("lostCallReopen", ann, { params })).rejects.toMatchObject({ code: "alreadyExists" });
    expect((await world.auditOf("lostCall.settle")).map(({ object_id }) => object_id)).toEqual([params.lostCallId]);
    expect(await world.auditOf("lostCall.attempt")).toHaveLength(1);
  });

  it("of another organisation or project don't exist", async () => {
    await annAway();
    await lostCall("cal_1", 9_000);
    await world.settled();
    const params = { lostCallId: (await list()).items[0]!.lostCallId };
    for (const who of [world.stranger(), world.principal("ann", "agent", { projectIds: ["prj_other" as never] })]) {
      expect((await list({}, who)).items).toEqual([]);
      await expect(world.call("lostCallAttempt", who, { params })).rejects.toMatchObject({ status: 404 });
      await expect(
        world.call("lostCallSettle", who, { params, body: { state: "calledBack", reason: "", version: 1 } }),
      ).rejects.toMatchObject({ status: 404 });
      await expect(world.call("lostCallReopen", who, { params })).rejects.toMatchObject({ status: 404 });
    }
  });
});

describe("the floor", () => {
  it("shows queues, agents, who waits and why, and today's figures", async () => {
    const { voice } = world;
    await voice.ready("ann");
    await answeredCall("cal_1");
    await voice.call("deskNotReady", "ann", {}, { reasonId: "rsn_break" });
    await lostCall("cal_2", 2_000); // short
    await lostCall("cal_3", 30_000);
    const open = await voice.callIn("cal_4");
    await voice.soon(() => voice.contactOf(open).phase.kind === "waiting");
    await world.settled();
    const state = await world.call("floorGet", world.principal("lead"));
    expect(state.agents.map(({ personId, state: name }) => [personId, name])).toEqual([
      ["per_ann", "notReady"],
      ["per_bob", "offline"],
    ]);
    expect(state.agents[0]).toMatchObject({ reasonId: "rsn_break", queueIds: [QUEUE] });
    expect(state.waiting).toMatchObject([{ contactId: voice.contactOf(open).contactId, queueId: QUEUE }]);
    expect(state.waiting[0]?.why.find(({ personId }) => personId === "per_ann")?.code).toBe("notReady:rsn_break");
    expect(state.queues[0]).toMatchObject({ waiting: 1, agentsNotReady: 1 });
    expect(state.queues[0]?.today).toEqual({
      offered: 4,
      answered: 1,
      abandoned: 2,
      shortAbandoned: 1,
      refused: 0,
      systemDisconnected: 0,
      answeredInTarget: 1,
      serviceLevel: 0.5,
      asaMs: 3_000,
      ahtMs: 70_000,
      longestWaitMs: 30_000,
      serviceLevelSeconds: 20,
    });
  });

  it("moves within a second, at most four times in one, and its deltas add up to what is", async () => {
    const { voice } = world;
    const lead = world.principal("lead");
    const source = world.sources.get("floor")!;
    const key = source.key(lead);
    let shown = (await source.snapshot(lead)) as FloorState;
    let taken = 0;
    const takeIn = () => {
      for (const { topic, key: of, patch } of world.published.slice(taken))
        if (topic === "floor" && of === key) shown = applyLivePatch(shown, patch);
      taken = world.published.length;
    };
    await voice.ready("ann");
    voice.time.advance(1_000);
    takeIn();
    expect(shown.agents.find(({ personId }) => personId === "per_ann")?.state).toBe("ready");
    for (let i = 0; i < 6; i += 1) {
      await lostCall(`cal_${i}`, 400);
      await world.settled();
      voice.time.advance(150);
    }
    voice.time.advance(1_000);
    await world.settled();
    voice.time.advance(1_000);
    takeIn();
    const now = await world.call("floorGet", lead);
    expect(new Set(shown.queues)).toEqual(new Set(now.queues));
    expect(shown.queues[0]?.today.offered).toBe(6);
    expect(new Set(shown.agents)).toEqual(new Set(now.agents));
    const times = world.published.filter(({ topic }) => topic === "floor").map(({ at }) => at);
    for (const [i, at] of times.entries()) expect((times[i + 4] ?? Infinity) - at).toBeGreaterThanOrEqual(1_000);
  });

  it("tells of a talk that goes on without an agent as it begins and ends, its people only to whoever may read everyone's calls", async () => {
    const { voice } = world;
    const lead = world.principal("lead");
    const watcher = world.principal("watcher", "lead", { permissions: new Set(["floor.read"]) });
    const source = world.sources.get("floor")!;
    expect(source.key(watcher)).not.toBe(source.key(lead));
    await source.snapshot(lead);
    await voice.ready("ann");
    const call = await voice.callIn("cal_1");
    await voice.soon(() => voice.desk("ann").state === "ringing");
    await voice.answer("ann");
    const { contactId } = voice.contactOf(call);
    await voice.call("callOutside", "ann", { contactId }, { number: "+14155550188", how: "transfer" });
    voice.edge.outsideAnswers(call);
    await voice.soon(() => voice.desk("ann").state === "wrapUp");
    const shown = { contactId, queueId: QUEUE, leftByName: "Name of per_ann" };
    const people = { callerNumber: "+14155550123", outsideNumber: "+14155550188" };
    expect((await world.call("floorGet", lead)).passedOn).toMatchObject([{ ...shown, ...people }]);
    const hidden = { callerNumber: null, outsideNumber: null, customerName: null };
    expect((await world.call("floorGet", watcher)).passedOn).toMatchObject([{ ...shown, ...hidden }]);
    const said = () => world.published.flatMap(({ topic, key, patch }) => (topic === "floor" && key === source.key(lead) ? [patch] : []));
    voice.time.advance(1_000);
    expect(said()).toContainEqual(expect.objectContaining({ list: "passedOn", remove: [] }));
    voice.edge.hangUp(call);
    await voice.soon(() => voice.contactOf(call).endedAt !== null);
    voice.time.advance(1_000);
    expect(said()).toContainEqual(expect.objectContaining({ list: "passedOn", remove: [contactId] }));
  });

  it("is for those who may see it, and of their projects only", async () => {
    const source = world.sources.get("floor")!;
    expect(source.allowed(world.principal("ann", "agent"))).toBe(false);
    expect(source.allowed(world.principal("lead"))).toBe(true);
    const elsewhere = world.principal("lead", "lead", { projectIds: ["prj_other" as never] });
    expect(await world.call("floorGet", elsewhere)).toMatchObject({ queues: [], agents: [], waiting: [] });
    expect(source.key(elsewhere)).not.toBe(source.key(world.principal("lead")));
    expect(await world.call("floorGet", world.stranger())).toMatchObject({ queues: [], agents: [] });
  });
});

describe("the feed of changes", () => {
  it("tells which contacts and lost calls changed, and nobody of another project", async () => {
    const source = world.sources.get("work")!;
    const lead = world.principal("lead");
    const elsewhere = source.key(world.principal("lead", "lead", { projectIds: ["prj_other" as never] }));
    const stranger = source.key(world.stranger());
    const key = source.key(lead);
    const snapshot = (await source.snapshot(lead)) as { version: number };
    await annAway();
    const contactId = await lostCall("cal_1", 9_000);
    await world.settled();
    world.voice.time.advance(300);
    const said = world.published.filter(({ topic }) => topic === "work");
    expect(said.map(({ key: of }) => of)).not.toContain(elsewhere);
    expect(said.map(({ key: of }) => of)).not.toContain(stranger);
    const patches = said
      .filter(({ key: of }) => of === key)
      .map(({ patch }) => patch as { state: { version: number; changed: { kind: string; id: string }[] } });
    const changes = patches.flatMap(({ state }) => state.changed);
    expect(changes).toContainEqual({ kind: "contact", id: contactId });
    expect(changes.some(({ kind }) => kind === "lostCall")).toBe(true);
    expect(patches[0]!.state.version).toBeGreaterThan(snapshot.version);
  });
});
