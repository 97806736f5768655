import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { RecordingId } from "@allo/kernel";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ORGANISATION, VoiceWorld } from "./fixtures/voice-world.ts";

let world: VoiceWorld;
beforeEach(async () => {
  world = await VoiceWorld.create();
  world.watch();
});
afterEach(async () => {
  await world.close();
});

describe("a call that is answered", () => {
  it("goes from the INVITE to a coded contact, each step in the log", async () => {
    const { edge, time } = world;
    await world.ready("ann");
    const call = await world.callIn("cal_1");
    expect(edge.sent("acceptCall")).toMatchObject([{ greeting: ["en/greeting.notice"], thenLoop: "music.main" }]);
    await world.soon(() => world.desk("ann").state === "ringing");
    expect(world.desk("ann").contact).toMatchObject({ callerNumber: "+14155550123", projectName: "", language: "en", customer: null });
    expect(edge.sent("ringPhone")).toHaveLength(1);

    time.advance(4_000);
    await world.answer("ann");
    const [bridge] = edge.sent("bridge");
    expect(bridge?.recording?.filePath).toMatch(/\/recordings\/org_trial\/2026\/05\/20\/rec_\w+\.alr$/);
    expect(edge.sent("stopRinging").length).toBeGreaterThan(0);

    await world.call("contactHold", "ann", { contactId: world.contactOf(call).contactId }, undefined);
    await world.soon(() => world.desk("ann").contact?.heldSince !== null);
    time.advance(7_000);
    await world.call("contactResume", "ann", { contactId: world.contactOf(call).contactId }, undefined);
    await world.soon(() => world.desk("ann").contact?.heldSince === null);
    time.advance(20_000);
    edge.hangUp(call);
    edge.recordingSaved(bridge?.recording?.recordingId as never);
    expect(world.desk("ann")).toMatchObject({
      state: "wrapUp",
      contact: { cause: { by: "caller", why: "hungUp" }, wrapUpExtended: false },
    });

    const { contactId } = world.contactOf(call);
    await world.call("noteDraft", "ann", { contactId }, { text: "asks about" });
    await world.call("wrapUpExtend", "ann", { contactId }, undefined);
    expect(world.desk("ann").contact?.wrapUpExtended).toBe(true);
    time.advance(5_000);
    const after = await world.call("wrapUpFinish", "ann", { contactId }, { wrapUpCodeId: "wuc_done", note: "asks about a refund" });
    expect(after).toMatchObject({ state: "ready", contact: null, notCodedCount: 0 });
    // The same answer to the same question asked again.
    expect(await world.call("wrapUpFinish", "ann", { contactId }, { wrapUpCodeId: "wuc_done", note: "asks about a refund" })).toMatchObject(
      { state: "ready" },
    );

    expect(world.contactOf(call)).toMatchObject({
      outcome: "answered",
      talkMs: 27_000,
      holdMs: 7_000,
      wrapUpMs: 5_000,
      wrapUpCodeId: "wuc_done",
      agentId: "per_ann",
    });
    expect(await world.kinds(call)).toEqual([
      "contactArrived",
      "callAnswered",
      "greetingEnded",
      "contactQueued",
      "offered",
      "recordingPrepared",
      "offerAccepted",
      "recordingStarted",
      "bridged",
      "held",
      "resumed",
      "callEnded",
      "wrapUpStarted",
      "recordingSaved",
      "wrapUpExtended",
      "noteAdded",
      "contactCoded",
      "wrapUpEnded",
      "contactClosed",
    ]);
    const page = await world.call("contactGet", "ann", { contactId }, undefined);
    expect(page.notes).toMatchObject([{ text: "asks about a refund", authorName: "Name of per_ann" }]);
    expect((await world.admin.query("select 1 from contacts.note_draft")).rows).toEqual([]);
    expect(page.recordings).toMatchObject([{ state: "saved", durationMs: 5_000 }]);
    expect(page.contact).toMatchObject({ state: "closed", coded: true, notCoded: false, waitMs: 4_000, callerNumber: "+14155550123" });
    expect(page.timeline.map(({ kind }) => kind)).not.toContain("recordingPrepared");
    await expect(world.call("contactGet", "bob", { contactId }, undefined)).rejects.toMatchObject({ code: "notYourContact" });

    const { rows } = await world.admin.query("select state, duration_ms, key_subject from telephony.recording");
    expect(rows).toMatchObject([{ state: "saved", key_subject: contactId }]);
    const log = await world.admin.query<{ all: string }>("select string_agg(payload::text, ' ') as all from contacts.contact_event");
    expect(log.rows[0]?.all).not.toContain("4155550123");
    await world.soon(() => edge.unseenCount === 0);
  });

  it("keeps no draft that its agent has thrown away", async () => {
    await world.ready("ann");
    const call = await world.callIn("cal_draft");
    await world.soon(() => world.desk("ann").state === "ringing");
    await world.answer("ann");
    const { contactId } = world.contactOf(call);
    await world.call("noteDraft", "ann", { contactId }, { text: "not so" });
    await world.call("contactHangUp", "ann", { contactId }, undefined);
    await world.soon(() => world.desk("ann").state === "wrapUp");
    expect((await world.admin.query("select 1 from contacts.note_draft")).rows).toHaveLength(1);
    await world.call("wrapUpFinish", "ann", { contactId }, { wrapUpCodeId: "wuc_done", note: "" });
    expect((await world.admin.query("select 1 from contacts.note_draft")).rows).toEqual([]);
    expect((await world.call("contactGet", "ann", { contactId }, undefined)).notes).toEqual([]);
  });

  it("is left not coded when wrap-up runs out, and is completed later from the agent's list", async () => {
    await world.ready("ann");
    const call = await world.callIn("cal_2");
    await world.soon(() => world.desk("ann").state === "ringing");
    await world.answer("ann");
    const { contactId } = world.contactOf(call);
    await expect(world.call("wrapUpFinish", "ann", { contactId }, { wrapUpCodeId: "wuc_done", note: "" })).rejects.toMatchObject({
      code: "wrongState",
      status: 409,
    });
    await world.call("contactHangUp", "ann", { contactId }, undefined);
    await world.soon(() => world.desk("ann").state === "wrapUp");
    expect(world.contactOf(call).cause).toEqual({ by: "agent", why: "hungUp" });
    await world.call("noteDraft", "ann", { contactId }, { text: "early" });
    world.time.advance(60_000);
    expect(world.desk("ann")).toMatchObject({ state: "ready", notCodedCount: 1 });
    // What was written in time is a note by now.
    await expect
      .poll(async () => (await world.call("contactGet", "ann", { contactId }, undefined)).notes)
      .toMatchObject([{ text: "early" }]);
    await world.voice.writer.drained();
    expect((await world.call("notCodedList", "ann", {}, undefined)).items).toMatchObject([{ contactId, notCoded: true }]);
    expect((await world.call("notCodedList", "bob", {}, undefined)).items).toEqual([]);
    await expect(world.call("wrapUpFinish", "bob", { contactId }, { wrapUpCodeId: "wuc_done", note: "" })).rejects.toMatchObject({
      code: "notYourContact",
    });
    expect(await world.call("wrapUpFinish", "ann", { contactId }, { wrapUpCodeId: "wuc_done", note: "late" })).toMatchObject({
      notCodedCount: 0,
    });
    expect((await world.call("notCodedList", "ann", {}, undefined)).items).toEqual([]);
    // Typed just before it was finished: the same words a second time.
    await world.call("noteDraft", "ann", { contactId }, { text: "late" });
    await expect.poll(async () => (await world.admin.query("select 1 from contacts.note_draft")).rows).toEqual([]);
    expect((await world.call("contactGet", "ann", { contactId }, undefined)).notes).toHaveLength(2);
  });

  it("knows an earlier call of the same number today", async () => {
    const first = await world.callIn("cal_3");
    await world.soon(() => world.contactOf(first).phase.kind === "closed");
    world.time.advance(1_000);
    await world.ready("ann");
    await world.callIn("cal_4");
    await world.soon(() => (world.desk("ann").contact?.earlierToday.length ?? 0) === 1);
    expect(world.desk("ann").contact?.earlierToday).toMatchObject([{ outcome: "refused" }]);
  });

  it("starts a break chosen during the talk after wrap-up", async () => {
    await world.ready("ann");
    const call = await world.callIn("cal_5");
    await world.soon(() => world.desk("ann").state === "ringing");
    await world.answer("ann");
    expect(await world.call("deskNotReady", "ann", {}, { reasonId: "rsn_break" })).toMatchObject({
      state: "talking",
      pendingReasonId: "rsn_break",
    });
    world.edge.hangUp(call);
    await world.call("wrapUpFinish", "ann", { contactId: world.contactOf(call).contactId }, { wrapUpCodeId: "wuc_done", note: "" });
    expect(world.desk("ann")).toMatchObject({ state: "notReady", reasonId: "rsn_break" });
  });
});

describe("the greeting", () => {
  it("is the number's own, and never leaves the notice out where the queue records", async () => {
    const greeting = async (settings: Parameters<typeof VoiceWorld.create>[0]): Promise<unknown> => {
      await world.close();
      world = await VoiceWorld.create(settings);
      await world.ready("ann");
      await world.callIn("cal_1");
      return world.edge.sent("acceptCall")[0]?.greeting;
    };
    const [plain, notice] = [{ greetingAudioId: "greeting.plain" }, { greetingAudioId: "greeting.notice" }];
    const ownPlain = [{ audioId: "greeting.plain", language: "en" }];
    expect(await greeting({ number: plain, queue: { recordCalls: false } })).toEqual(["en/greeting.plain"]);
    expect(await greeting({ number: notice, queue: { recordCalls: false } })).toEqual(["en/greeting.notice"]);
    expect(await greeting({ number: plain, queue: { recordCalls: true } })).toEqual(["en/greeting.notice"]);
    expect(await greeting({ number: plain, queue: { recordCalls: true }, prompts: ownPlain })).toEqual([
      "en/greeting.plain",
      "en/notice.recorded",
    ]);
    const spring = { number: { greetingAudioId: "greeting.spring" }, queue: { recordCalls: true } };
    expect(await greeting({ ...spring, ownPrompts: [{ audioId: "greeting.spring", saysNotice: true }] })).toEqual(["en/greeting.spring"]);
    expect(await greeting({ ...spring, ownPrompts: [{ audioId: "greeting.spring", saysNotice: false }] })).toEqual([
      "en/greeting.spring",
      "en/notice.recorded",
    ]);
    expect(await greeting({ number: { ...plain, language: "ru" }, queue: { recordCalls: true }, prompts: ownPlain })).toEqual([
      "ru/greeting.notice",
    ]);
  });
});

describe("the desk", () => {
  it("closes at once where the queue has no wrap-up, and asks for no code", async () => {
    world.configure({ queue: { wrapUpSeconds: 0 } });
    await world.ready("ann");
    const call = await world.callIn("cal_6");
    await world.soon(() => world.desk("ann").state === "ringing");
    await world.answer("ann");
    world.edge.hangUp(call);
    expect(world.contactOf(call)).toMatchObject({ phase: { kind: "closed" }, outcome: "answered", wrapUpMs: null });
    expect(world.desk("ann")).toMatchObject({ state: "ready", notCodedCount: 0 });
    await world.voice.writer.drained();
    expect((await world.call("notCodedList", "ann", {}, undefined)).items).toEqual([]);
  });

  it("is told who set it not ready", async () => {
    await world.ready("ann");
    await world.call("agentForceNotReady", "bob", { personId: "per_ann" }, { reasonId: "rsn_break" });
    expect(world.desk("ann")).toMatchObject({ state: "notReady", reasonId: "rsn_break", systemCause: "supervisorForced" });
    await expect(world.call("deskNotReady", "ann", {}, { reasonId: "rsn_unknown" })).rejects.toMatchObject({ status: 400 });
    await expect(world.call("agentForceNotReady", "bob", { personId: "per_nobody" }, { reasonId: "rsn_break" })).rejects.toMatchObject({
      status: 404,
    });
  });

  it("opens for a person who serves no queue, and rings as soon as they do", async () => {
    await world.ready("eve");
    await world.ready("ann");
    await world.call("deskNotReady", "ann", {}, { reasonId: "rsn_break" });
    const call = await world.callIn("cal_7");
    await world.soon(() => world.contactOf(call).phase.kind === "waiting");
    expect(world.desk("eve")).toMatchObject({ state: "ready", queueIds: [] });
    world.configure({ members: ["per_ann", "per_eve"] });
    expect(world.desk("eve")).toMatchObject({ state: "ringing", queueIds: ["que_sales"] });
  });

  it("is published whole at each change", async () => {
    await world.ready("ann");
    await world.callIn("cal_8");
    await world.soon(() =>
      world.published.some(
        ({ key, state }) => key === "per_ann" && state.state === "ringing" && state.contact?.callerNumber === "+14155550123",
      ),
    );
  });

  it("mutes, and lets only the contact's own agent do things to it", async () => {
    await world.ready("ann");
    const call = await world.callIn("cal_9");
    await world.soon(() => world.desk("ann").state === "ringing");
    const { contactId } = world.contactOf(call);
    await expect(world.call("contactHold", "ann", { contactId }, undefined)).rejects.toMatchObject({ code: "wrongState" });
    await world.answer("ann");
    await world.call("contactMute", "ann", { contactId }, { muted: true });
    await world.soon(() => world.desk("ann").contact?.muted === true);
    for (const route of ["contactHold", "contactResume", "contactHangUp"] as const) {
      await expect(world.call(route, "bob", { contactId }, undefined)).rejects.toMatchObject({ code: "notYourContact", status: 409 });
    }
    await expect(world.call("contactHold", "ann", { contactId: "con_none" }, undefined)).rejects.toMatchObject({ status: 404 });
  });
});

describe("keys", () => {
  it("are pressed towards the customer by the agent who talks, and not into music", async () => {
    await world.ready("ann");
    const call = await world.callIn("cal_keys");
    await world.soon(() => world.desk("ann").state === "ringing");
    await world.answer("ann");
    const { contactId } = world.contactOf(call);
    const press = (who: string) => world.call("contactKeysPress", who, { contactId }, { keys: "42#" });
    const sent = () => world.edge.commands.filter(({ kind }) => kind === "sendDigits");
    await expect(press("bob")).rejects.toMatchObject({ code: "notYourContact" });
    await press("ann");
    expect(sent()).toEqual([{ kind: "sendDigits", callId: call, digits: "42#" }]);
    await world.call("contactHold", "ann", { contactId }, undefined);
    await world.soon(() => world.desk("ann").contact?.heldSince !== null);
    await expect(press("ann")).rejects.toMatchObject({ code: "wrongState" });
    expect(sent()).toHaveLength(1);
    world.edge.hangUp(call);
    await world.soon(() => world.desk("ann").state === "wrapUp");
    await world.call("wrapUpFinish", "ann", { contactId }, { wrapUpCodeId: "wuc_done", note: "" });
  });
});

describe("a recording", () => {
  it("is paused by the agent who talks, seen on the desk and in the log, and goes on", async () => {
    await world.ready("ann");
    const call = await world.callIn("cal_pause");
    await world.soon(() => world.desk("ann").state === "ringing");
    await world.answer("ann");
    const { contactId } = world.contactOf(call);
    await world.soon(() => world.desk("ann").contact?.recording === "on");
    await expect(world.call("contactRecordingPut", "bob", { contactId }, { paused: true })).rejects.toMatchObject({
      code: "notYourContact",
    });
    await world.call("contactRecordingPut", "ann", { contactId }, { paused: true });
    await world.soon(() => world.desk("ann").contact?.recording === "paused");
    expect(world.desk("ann").contact?.recordingPausedSince).not.toBeNull();
    world.time.advance(7_000);
    await world.call("contactRecordingPut", "ann", { contactId }, { paused: false });
    await world.soon(() => world.desk("ann").contact?.recording === "on");
    world.edge.hangUp(call);
    await world.soon(() => world.desk("ann").state === "wrapUp");
    expect(world.desk("ann").contact?.recording).toBe("off");
    await expect(world.call("contactRecordingPut", "ann", { contactId }, { paused: true })).rejects.toMatchObject({ code: "wrongState" });
    await world.voice.writer.drained();
    const { rows } = await world.admin.query<{ paused: boolean }>(
      "select (payload ->> 'paused')::boolean as paused from contacts.contact_event where contact_id = $1 and kind = 'recordingPaused' order by sequence",
      [contactId],
    );
    expect(rows.map(({ paused }) => paused)).toEqual([true, false]);
    await world.call("wrapUpFinish", "ann", { contactId }, { wrapUpCodeId: "wuc_done", note: "" });
  });
});

describe("a recording's privacy", () => {
  it("that fails is told on the desk at once, and the same talk is recorded again: after 10 s, then each minute, five times at most", async () => {
    await world.ready("ann");
    const call = await world.callIn("cal_fails");
    await world.soon(() => world.desk("ann").state === "ringing");
    await world.answer("ann");
    const { contactId } = world.contactOf(call);
    await world.soon(() => world.desk("ann").contact?.recording === "on");
    const ids = () => world.contactOf(call).recordings.map(({ recordingId }) => recordingId);
    const fail = async (recordingId: RecordingId) => {
      world.edge.emit({ kind: "recordingFailed", at: world.time.now(), recordingId, reason: "ENOSPC" });
      await world.soon(() => world.desk("ann").contact?.recording === "failed");
    };
    const begun = async (count: number) => {
      await world.soon(() => ids().length === count);
      await world.voice.writer.drained();
      await world.soon(() => world.desk("ann").contact?.recording === "on");
    };
    await fail(ids()[0]!);
    expect(world.desk("ann")).toMatchObject({ state: "talking", contact: { recording: "failed", recordingPausedSince: null } });
    world.time.advance(9_999);
    expect(ids()).toHaveLength(1);
    world.time.advance(1);
    await begun(2);
    for (let tries = 2; tries <= 5; tries += 1) {
      await fail(ids().at(-1)!);
      world.time.advance(59_999);
      expect(ids()).toHaveLength(tries);
      world.time.advance(1);
      await begun(tries + 1);
    }
    await fail(ids().at(-1)!);
    world.time.advance(10 * 60_000);
    expect(ids()).toHaveLength(6);
    expect(new Set(ids()).size).toBe(6);
    expect(world.desk("ann")).toMatchObject({ state: "talking", contact: { recording: "failed" } });
    world.edge.hangUp(call);
    await world.soon(() => world.desk("ann").state === "wrapUp");
    expect(world.desk("ann").contact?.recording).toBe("off");
    await world.voice.writer.drained();
    const { rows } = await world.admin.query("select distinct state from telephony.recording where contact_id = $1", [contactId]);
    expect(rows).toEqual([{ state: "failed" }]);
    await world.call("wrapUpFinish", "ann", { contactId }, { wrapUpCodeId: "wuc_done", note: "" });
  });

  it("is not begun again once the talk is over", async () => {
    await world.ready("ann");
    const call = await world.callIn("cal_over");
    await world.soon(() => world.desk("ann").state === "ringing");
    await world.answer("ann");
    const { contactId, recordings } = world.contactOf(call);
    world.edge.emit({ kind: "recordingFailed", at: world.time.now(), recordingId: recordings[0]!.recordingId, reason: "EIO" });
    await world.soon(() => world.desk("ann").contact?.recording === "failed");
    world.edge.hangUp(call);
    await world.soon(() => world.desk("ann").state === "wrapUp");
    world.time.advance(10_000);
    expect(world.contactOf(call).recordings).toHaveLength(1);
    await world.call("wrapUpFinish", "ann", { contactId }, { wrapUpCodeId: "wuc_done", note: "" });
  });

  it("is kept by a field that is filled in, and by hidden keys: both are seen on the desk and in the log, no digit is", async () => {
    await world.ready("ann");
    const call = await world.callIn("cal_field");
    await world.soon(() => world.desk("ann").state === "ringing");
    await world.answer("ann");
    const { contactId } = world.contactOf(call);
    await world.soon(() => world.desk("ann").contact?.recording === "on");
    const put = (body: { readonly paused: boolean; readonly renewed?: boolean }) =>
      world.call("contactRecordingPut", "ann", { contactId }, { by: "field", ...body });
    await put({ paused: true });
    await world.soon(() => world.desk("ann").contact?.recordingPausedBy === "field");
    await put({ paused: true, renewed: true });
    expect(world.edge.sent("pauseForField").map(({ limitMs, renewed }) => [limitMs, renewed])).toEqual([
      [120_000, false],
      [120_000, true],
    ]);
    await put({ paused: false });
    await world.soon(() => world.desk("ann").contact?.recording === "on");
    await expect(world.call("contactKeysMaskPut", "bob", { contactId }, { masked: true })).rejects.toMatchObject({
      code: "notYourContact",
    });
    await world.call("contactKeysMaskPut", "ann", { contactId }, { masked: true });
    await world.soon(() => world.desk("ann").contact?.keysMasked === true);
    world.edge.hangUp(call);
    await world.soon(() => world.desk("ann").state === "wrapUp");
    await world.voice.writer.drained();
    const { rows } = await world.admin.query<{ kind: string; payload: object }>(
      "select kind, payload - 'agentId' - 'recordingId' as payload from contacts.contact_event where contact_id = $1 and kind in ('recordingPaused', 'keysMasked') order by sequence",
      [contactId],
    );
    expect(rows).toEqual([
      { kind: "recordingPaused", payload: { paused: true, reason: "field" } },
      { kind: "recordingPaused", payload: { paused: false, reason: "field" } },
      { kind: "keysMasked", payload: { masked: true } },
    ]);
    await world.call("wrapUpFinish", "ann", { contactId }, { wrapUpCodeId: "wuc_done", note: "" });
  });
});

describe("a queue that records from the answer", () => {
  it("keeps what the caller says while waiting, once the notice was heard, and goes on in the same file with the agent", async () => {
    await world.close();
    world = await VoiceWorld.create({ queue: { recordFrom: "answer" } });
    await world.ready("ann");
    const call = world.edge.arrive("cal_waits", "+14155550123");
    await world.soon(() => world.edge.calls.get(call)?.summary.phase === "answered");
    expect(world.edge.sent("record")).toEqual([]);
    world.edge.greetingEnds(call);
    await world.soon(() => world.edge.sent("record").length === 1);
    const [order] = world.edge.sent("record");
    expect(order?.recording.policy).toEqual({ waiting: true, hold: false, maskPaused: true });
    await world.soon(() => world.desk("ann").state === "ringing");
    await world.answer("ann");
    await world.soon(() => world.desk("ann").contact?.recording === "on");
    expect(world.edge.sent("bridge").at(-1)?.recording).toBeNull();
    expect(world.contactOf(call).recordings.map(({ recordingId }) => recordingId)).toEqual([order?.recording.recordingId]);
    world.edge.hangUp(call);
    await world.soon(() => world.desk("ann").state === "wrapUp");
    await world.call("wrapUpFinish", "ann", { contactId: world.contactOf(call).contactId }, { wrapUpCodeId: "wuc_done", note: "" });
  });
});

describe("a queue whose recordings go to a recorder elsewhere too", () => {
  it("says so with each recording's order, names who speaks, and keeps what became of it", async () => {
    await world.close();
    world = await VoiceWorld.create({ queue: { recorderId: "rcd_1" } });
    await world.ready("ann");
    const call = await world.callIn("cal_copied", "+14155550124");
    await world.soon(() => world.desk("ann").state === "ringing");
    await world.answer("ann");
    await world.soon(() => world.desk("ann").contact?.recording === "on");
    const recording = world.edge.sent("bridge").at(-1)?.recording;
    expect(recording?.copyTo).toBe("rcd_1");
    await world.soon(() => world.edge.sent("nameParticipants").length > 0);
    expect(world.edge.sent("nameParticipants").at(-1)?.names).toMatchObject([{ personId: "per_ann" }]);
    const { recordingId } = world.contactOf(call).recordings[0] ?? { recordingId: "" as never };
    const of = { at: world.time.now(), callId: call, recordingId, recorderId: "rcd_1" };
    world.edge.emit({ kind: "copyFailed", ...of, why: "unreachable", status: null });
    world.edge.emit({ kind: "copyStarted", ...of, again: false });
    world.edge.emit({ kind: "copyEnded", ...of, whole: false });
    const { contactId } = world.contactOf(call);
    const kinds = async (): Promise<readonly unknown[]> =>
      (
        await world.admin.query(
          "select kind, payload ->> 'why' as why from contacts.contact_event where contact_id = $1 and kind like 'copy%' order by sequence",
          [contactId],
        )
      ).rows;
    await expect.poll(kinds).toEqual([
      { kind: "copyFailed", why: "unreachable" },
      { kind: "copyStarted", why: null },
      { kind: "copyEnded", why: null },
    ]);
    world.edge.hangUp(call);
    await world.soon(() => world.desk("ann").state === "wrapUp");
    await world.call("wrapUpFinish", "ann", { contactId }, { wrapUpCodeId: "wuc_done", note: "" });
  });

  it("is recorded here alone where that recorder isn't in use", async () => {
    await world.close();
    world = await VoiceWorld.create({ queue: { recorderId: "rcd_2" } });
    await world.ready("ann");
    const call = await world.callIn("cal_here", "+14155550125");
    await world.soon(() => world.desk("ann").state === "ringing");
    await world.answer("ann");
    await world.soon(() => world.desk("ann").contact?.recording === "on");
    expect(world.edge.sent("bridge").at(-1)?.recording?.copyTo).toBeUndefined();
    expect(world.edge.sent("nameParticipants")).toEqual([]);
    world.edge.hangUp(call);
    await world.soon(() => world.desk("ann").state === "wrapUp");
    await world.call("wrapUpFinish", "ann", { contactId: world.contactOf(call).contactId }, { wrapUpCodeId: "wuc_done", note: "" });
  });
});

describe("a call that nobody takes", () => {
  it("is told that nobody is signed in", async () => {
    const call = await world.callIn("cal_10", null);
    await world.soon(() => world.contactOf(call).phase.kind === "closed");
    expect(world.edge.sent("playAndHangUp")).toMatchObject([
      { audioIds: ["en/refuse.nobody"], cause: { by: "system", why: "nobodySignedIn" } },
    ]);
    expect(world.contactOf(call)).toMatchObject({
      outcome: "refused",
      caller: "anonymous",
      cause: { why: "nobodySignedIn" },
      segments: [],
    });
  });

  it("is told that the queue is full", async () => {
    world.configure({ queue: { sizeMax: 1 } });
    world.presence("ann", true);
    const first = await world.callIn("cal_11");
    await world.soon(() => world.contactOf(first).phase.kind === "waiting");
    expect(world.edge.sent("play")).toMatchObject([{ audioIds: ["en/queue.allBusy"], thenLoop: "music.main" }]);
    const second = await world.callIn("cal_12", "+14155550199");
    await world.soon(() => world.contactOf(second).phase.kind === "closed");
    expect(world.contactOf(second)).toMatchObject({ outcome: "refused", cause: { why: "queueFull" } });
    expect(world.contactOf(first).phase.kind).toBe("waiting");
  });

  it("is turned away unanswered where the number has too many calls", async () => {
    world.configure({ number: { callsMax: 1 } });
    world.presence("ann", true);
    await world.callIn("cal_13");
    const second = world.edge.arrive("cal_14");
    await world.soon(() => world.contactOf(second).phase.kind === "closed");
    expect(world.edge.sent("refuseCall")).toMatchObject([{ callId: "cal_14", audioIds: ["en/refuse.tooManyCalls"], sipStatus: 486 }]);
    expect(world.contactOf(second)).toMatchObject({ outcome: "refused", answeredAt: null, cause: { why: "tooManyCalls" } });
  });

  it("waits with a sentence every 45 s, and is told when the longest wait is over", async () => {
    world.presence("ann", true);
    const call = await world.callIn("cal_15");
    await world.soon(() => world.contactOf(call).phase.kind === "waiting");
    world.time.advance(100_000);
    expect(world.edge.sent("play").filter(({ token }) => token === "reminder")).toHaveLength(2);
    world.time.advance(200_000);
    await world.soon(() => world.contactOf(call).phase.kind === "closed");
    expect(world.edge.sent("playAndHangUp")).toMatchObject([{ audioIds: ["en/refuse.waitTooLong"] }]);
    expect(world.contactOf(call)).toMatchObject({
      outcome: "refused",
      cause: { why: "longestWaitPassed" },
      segments: [{ exit: "flowOut" }],
    });
  });

  it("counts as abandoned in the queue, and as abandoned while it rings", async () => {
    world.presence("ann", true);
    const waiting = await world.callIn("cal_16");
    await world.soon(() => world.contactOf(waiting).phase.kind === "waiting");
    world.time.advance(9_000);
    world.edge.hangUp(waiting);
    expect(world.contactOf(waiting)).toMatchObject({
      outcome: "abandoned",
      cause: { by: "caller", why: "abandoned" },
      segments: [{ exit: "abandoned" }],
    });

    await world.ready("ann");
    const ringing = await world.callIn("cal_17");
    await world.soon(() => world.desk("ann").state === "ringing");
    const { offerId } = world.desk("ann").contact ?? {};
    world.edge.hangUp(ringing);
    expect(world.contactOf(ringing)).toMatchObject({ outcome: "abandonedRinging", segments: [{ alerts: [{ result: "callerGone" }] }] });
    expect(world.desk("ann").state).toBe("ready");
    await expect(world.call("offerAccept", "ann", { offerId: String(offerId) }, undefined)).rejects.toMatchObject({
      code: "offerGone",
      status: 409,
    });
  });

  it("is left by the caller during the greeting", async () => {
    const call = world.edge.arrive("cal_18");
    await world.soon(() => world.contactOf(call).phase.kind === "greeting");
    world.edge.hangUp(call);
    expect(world.contactOf(call)).toMatchObject({ outcome: "abandoned", segments: [] });
    expect(await world.kinds(call)).toEqual(["contactArrived", "callAnswered", "callEnded", "contactClosed"]);
  });
});

describe("rings that are missed", () => {
  it("make the agent not ready after two in a row, and the caller goes to the other agent", async () => {
    await world.ready("ann");
    const call = await world.callIn("cal_20");
    await world.soon(() => world.desk("ann").state === "ringing");
    world.time.advance(20_000);
    expect(world.desk("ann")).toMatchObject({ state: "ready", missedRings: 1 });
    expect(world.contactOf(call).phase.kind).toBe("waiting");
    world.time.advance(10_000); // a lone agent gets it again after a while
    expect(world.desk("ann").state).toBe("ringing");
    world.time.advance(20_000);
    expect(world.desk("ann")).toMatchObject({ state: "notReady", systemCause: "afterMissedRings", reasonId: null });
    await world.ready("bob");
    await world.soon(() => world.desk("bob").state === "ringing");
    await world.answer("bob");
    expect(world.contactOf(call).segments).toMatchObject([
      { alerts: [{ result: "notAnswered" }, { result: "notAnswered" }, { result: "answered", agentId: "per_bob" }] },
    ]);
    expect(world.contactOf(call).recordings).toHaveLength(1);
  });

  it("may be declined: the caller rings elsewhere at once", async () => {
    await world.ready("ann");
    await world.ready("bob");
    const call = await world.callIn("cal_21");
    await world.soon(() => world.desk("ann").state === "ringing");
    const offerId = String(world.desk("ann").contact?.offerId);
    await expect(world.call("offerDecline", "bob", { offerId }, undefined)).rejects.toMatchObject({ code: "offerGone" });
    await world.call("offerDecline", "ann", { offerId }, undefined);
    expect(world.desk("ann").state).toBe("ready");
    expect(world.desk("bob").state).toBe("ringing");
    expect(world.contactOf(call).segments[0]?.alerts[0]?.result).toBe("declined");
  });

  it("end without blame where the phone can't be joined, and the caller is offered again", async () => {
    world.edge.bridging = "phoneGone";
    await world.ready("ann");
    const call = await world.callIn("cal_22");
    await world.soon(() => world.desk("ann").state === "ringing");
    await world.call("offerAccept", "ann", { offerId: String(world.desk("ann").contact?.offerId) }, undefined);
    await world.soon(() => world.contactOf(call).phase.kind === "waiting");
    expect(world.contactOf(call).segments[0]?.alerts[0]?.result).toBe("bridgeFailed");
  });
});

describe("a talk's sound", () => {
  it("shows beside the call while it is bad, and in the contact once it is over", async () => {
    await world.ready("ann");
    const call = await world.callIn("cal_1");
    await world.soon(() => world.desk("ann").state === "ringing");
    await world.answer("ann");
    const verdict = { band: "poor", mos: 3.2, side: "customer", trouble: "loss" } as const;
    world.edge.emit({ kind: "linesJudged", at: world.time.now(), callId: call, verdict });
    await world.soon(() => world.desk("ann").contact?.line?.band === "poor");
    expect(world.desk("ann").contact?.line).toEqual(verdict);
    world.edge.emit({ kind: "linesJudged", at: world.time.now(), callId: call, verdict: null });
    await world.soon(() => world.desk("ann").contact?.line === null);
    const figures = { caller: { packetsReceived: 500, packetsLost: 40, jitterMs: 3, mos: 3.2 }, agent: null };
    world.edge.emit({ kind: "callEnded", at: world.time.now(), callId: call, cause: { by: "caller", why: "hungUp" }, figures });
    await world.voice.writer.drained();
    const { rows } = await world.admin.query<{ payload: unknown }>(
      "select payload from contacts.contact_event where contact_id = $1 and kind = 'callEnded'",
      [world.contactOf(call).contactId],
    );
    expect(rows).toMatchObject([{ payload: { figures } }]);
  });
});

describe("an agent's media that is lost in the talk", () => {
  const talk = async (id: string) => {
    await world.ready("ann");
    const call = await world.callIn(id);
    await world.soon(() => world.desk("ann").state === "ringing");
    await world.answer("ann");
    world.time.advance(5_000);
    world.edge.mediaLost(call);
    expect(world.desk("ann").contact?.mediaLostSince).not.toBeNull();
    return call;
  };

  it("is the same talk again within 30 s", async () => {
    const call = await talk("cal_30");
    world.time.advance(29_000);
    world.edge.mediaRestored(call);
    world.time.advance(10_000);
    expect(world.desk("ann")).toMatchObject({ state: "talking", contact: { mediaLostSince: null } });
    expect(world.edge.sent("detachAgent")).toEqual([]);
  });

  it("sends the caller to the head of the queue after 30 s", async () => {
    const call = await talk("cal_31");
    await world.call("noteDraft", "ann", { contactId: world.contactOf(call).contactId }, { text: "asks about a refund" });
    const later = await world.callIn("cal_32", "+14155550177");
    await world.soon(() => world.contactOf(later).phase.kind === "waiting");
    world.time.advance(30_000);
    expect(world.edge.sent("detachAgent")).toMatchObject([{ audioIds: ["en/agent.cutOff"], thenLoop: "music.main" }]);
    expect(world.desk("ann")).toMatchObject({ state: "notReady", systemCause: "connectionLost" });
    expect(world.contactOf(call).phase.kind).toBe("waiting");
    await world.ready("bob");
    await world.soon(() => world.desk("bob").state === "ringing");
    expect(world.desk("bob").contact?.contactId).toBe(world.contactOf(call).contactId);
    await world.answer("bob");
    // With what was written so far.
    await world.soon(() => world.desk("bob").contact?.notes.length === 1);
    expect(world.desk("bob").contact?.notes).toMatchObject([{ authorName: "Name of per_ann", text: "asks about a refund" }]);
    expect(world.contactOf(call).segments).toMatchObject([{ exit: "answered", agentId: "per_ann" }, { agentId: "per_bob" }]);
    // Each bridge begins a recording of its own: no key begins a second file.
    const ids = world.edge.sent("bridge").map(({ recording }) => recording?.recordingId);
    expect(new Set(ids).size).toBe(2);
  });
});

describe("presence", () => {
  it("keeps an agent for a minute after the last tab closed, and signs out at once where the session ends", async () => {
    await world.ready("ann");
    world.presence("ann", false);
    world.time.advance(59_000);
    expect(world.desk("ann").state).toBe("ready");
    world.presence("ann", true);
    world.time.advance(120_000);
    expect(world.desk("ann").state).toBe("ready");
    world.presence("ann", false);
    world.time.advance(60_000);
    expect(world.desk("ann").state).toBe("offline");
    await world.ready("bob");
    world.voice.sessionEnded({ personId: "per_bob" as never, sessionId: "ses_bob" as never });
    expect(world.desk("bob").state).toBe("offline");
    await expect(world.call("deskReady", "bob", {}, undefined)).rejects.toMatchObject({ code: "notSignedIn" });
  });

  it("gives nothing to an agent whose media path is not proven", async () => {
    await world.ready("ann");
    world.edge.phone("per_ann" as never, "ses_ann" as never, false);
    const call = await world.callIn("cal_40");
    await world.soon(() => world.contactOf(call).phase.kind === "waiting");
    expect(world.desk("ann")).toMatchObject({ state: "ready", phone: { registered: true, proven: false } });
    world.edge.phone("per_ann" as never, "ses_ann" as never, true);
    expect(world.desk("ann").state).toBe("ringing");
  });
});

describe("a core that is killed and started again", () => {
  const restart = async () => {
    await world.killCore();
    await world.startCore();
    world.watch();
  };

  it("answers a call that was still arriving", async () => {
    world.database.away = true; // its commit never came through
    world.database.away = false;
    const call = world.edge.arrive("cal_50");
    await world.killCore();
    expect(world.edge.calls.get(call)?.summary.phase).toMatch(/arriving|answered/);
    await world.startCore();
    world.watch();
    world.presence("ann", true);
    await world.soon(() => world.edge.calls.get(call)?.summary.phase === "answered");
    world.edge.greetingEnds(call);
    await world.soon(() => world.voice.contacts.openList()[0]?.phase.kind === "waiting");
    expect(world.voice.contacts.openList()).toHaveLength(1);
  });

  it("keeps the queue's order and gives the first caller to the next agent", async () => {
    world.presence("ann", true);
    const first = await world.callIn("cal_51");
    await world.soon(() => world.contactOf(first).phase.kind === "waiting");
    world.time.advance(3_000);
    const second = await world.callIn("cal_52", "+14155550188");
    await world.soon(() => world.contactOf(second).phase.kind === "waiting");
    await restart();
    expect(world.voice.routing.view(ORGANISATION).queues[0]?.waiting.map(({ contact }) => contact)).toEqual([
      world.contactOf(first).contactId,
      world.contactOf(second).contactId,
    ]);
    await world.ready("bob");
    await world.soon(() => world.desk("bob").state === "ringing");
    expect(world.desk("bob").contact?.contactId).toBe(world.contactOf(first).contactId);
    expect(await world.kinds(first)).toContain("contactRecovered");
  });

  it("begins with an empty router where the journal can't be replayed, and fills it from the calls", async () => {
    world.presence("ann", true);
    const call = await world.callIn("cal_58");
    await world.soon(() => world.contactOf(call).phase.kind === "waiting");
    await world.voice.writer.append([
      { stream: "routerSnapshot", row: { organisation_id: ORGANISATION, position: 99_999, at: 1, snapshot: { version: 1, broken: true } } },
    ]).committed;
    await restart();
    expect(world.voice.routing.view(ORGANISATION).agents.map(({ agent }) => agent)).toEqual(["per_ann", "per_bob"]);
    // Nobody is known to be signed in: the caller is told, and not kept in a queue that nobody serves.
    await world.soon(() => world.contactOf(call).phase.kind === "closed");
    expect(world.contactOf(call).cause).toMatchObject({ why: "nobodySignedIn" });
  });

  it("goes on ringing", async () => {
    await world.ready("ann");
    const call = await world.callIn("cal_53");
    await world.soon(() => world.desk("ann").state === "ringing");
    const { offerId } = world.desk("ann").contact ?? {};
    await restart();
    world.presence("ann", true);
    expect(world.desk("ann")).toMatchObject({ state: "ringing", contact: { offerId } });
    await world.answer("ann");
    expect(world.contactOf(call).phase.kind).toBe("talking");
    expect(world.edge.sent("bridge").at(-1)?.recording?.keyBase64).toBe(Buffer.alloc(32, 7).toString("base64"));
  });

  it("keeps the talk, and its wrap-up after it", async () => {
    await world.ready("ann");
    const call = await world.callIn("cal_54");
    await world.soon(() => world.desk("ann").state === "ringing");
    await world.answer("ann");
    await restart();
    world.presence("ann", true);
    expect(world.desk("ann")).toMatchObject({ state: "talking", phone: { proven: true } });
    expect(world.edge.sent("detachAgent")).toEqual([]);
    world.edge.hangUp(call);
    await world.soon(() => world.desk("ann").state === "wrapUp");
    await restart();
    world.presence("ann", true);
    expect(world.desk("ann").state).toBe("wrapUp");
    await world.call("wrapUpFinish", "ann", { contactId: world.contactOf(call).contactId }, { wrapUpCodeId: "wuc_done", note: "" });
    expect(world.contactOf(call)).toMatchObject({ outcome: "answered", wrapUpCodeId: "wuc_done" });
    expect(world.voice.contacts.openList()).toEqual([]);
  });

  it("hears of calls that ended meanwhile, with their cause", async () => {
    await world.ready("ann");
    const talking = await world.callIn("cal_55");
    await world.soon(() => world.desk("ann").state === "ringing");
    await world.answer("ann");
    const waiting = await world.callIn("cal_56", "+14155550166");
    await world.soon(() => world.contactOf(waiting).phase.kind === "waiting");
    await world.killCore();
    world.time.advance(2_000);
    world.edge.hangUp(talking);
    world.edge.hangUp(waiting);
    await world.startCore();
    await world.soon(() => world.voice.contacts.openList().every(({ phase }) => phase.kind === "wrapUp"));
    expect(await world.kinds(waiting)).toContain("contactClosed");
    world.presence("ann", true);
    expect(world.desk("ann").state).toBe("wrapUp");
    expect(world.desk("ann").contact?.cause).toEqual({ by: "caller", why: "hungUp" });
  });

  it("makes no second contact of a call that is sent again because its mark was lost", async () => {
    const call = await world.callIn("cal_59");
    await world.soon(() => world.contactOf(call).phase.kind === "closed");
    const kept = [...world.edge.sentEvents];
    await world.killCore();
    const owner = new pg.Client({ connectionString: world.test.adminUrl });
    await owner.connect();
    await owner.query("delete from telephony.edge_seen");
    await owner.end();
    await rm(join(world.folder, "spool"), { recursive: true }); // a slow commit may have left the mark there as well
    world.edge.forgetSeen(kept);
    await world.startCore();
    await world.soon(() => world.edge.unseenCount === 0);
    await world.voice.writer.drained();
    const { rows } = await world.admin.query("select 1 from contacts.contact_event where kind = 'contactArrived'");
    expect(rows).toHaveLength(1);
    expect(world.arrivals).toHaveLength(1);
    expect(world.voice.contacts.openList()).toEqual([]);
  });

  it("closes what no edge holds any more, when none says hello", async () => {
    world.presence("ann", true);
    const call = await world.callIn("cal_57");
    await world.soon(() => world.contactOf(call).phase.kind === "waiting");
    await world.killCore();
    const { edge } = world;
    const connect = edge.connect.bind(edge);
    edge.connect = () => undefined;
    await world.startCore();
    world.watch();
    expect(world.voice.contacts.openList()).toHaveLength(1);
    world.time.advance(10_000);
    expect(world.voice.contacts.openList()).toEqual([]);
    expect(world.contactOf(call)).toMatchObject({ outcome: "systemDisconnect", cause: { why: "edgeLost" } });
    // The edge comes after all: its caller is told, not left in silence.
    connect(world.voice);
    await world.soon(() => edge.greeted);
    world.time.advance(600);
    expect(edge.sent("playAndHangUp").at(-1)).toMatchObject({ callId: call, audioIds: ["en/refuse.technical"] });
  });
});

describe("an edge that is killed", () => {
  it("leaves contacts that are closed with their cause; the agent wraps up, and the recording is cut", async () => {
    await world.ready("ann");
    const talking = await world.callIn("cal_60");
    await world.soon(() => world.desk("ann").state === "ringing");
    await world.answer("ann");
    await world.soon(() => world.contactOf(talking).recordings[0]?.state === "recording");
    const waiting = await world.callIn("cal_61", "+14155550144");
    await world.soon(() => world.contactOf(waiting).phase.kind === "waiting");
    await world.voice.writer.drained();
    world.edge.restart();
    world.edge.connect(world.voice);
    await world.soon(() => world.edge.greeted);
    await world.soon(() => world.desk("ann").state === "wrapUp");
    expect(world.contactOf(waiting)).toMatchObject({ outcome: "systemDisconnect", cause: { by: "system", why: "edgeLost" } });
    expect(world.contactOf(talking)).toMatchObject({ phase: { kind: "wrapUp" }, cause: { why: "edgeLost" } });
    expect(world.desk("ann").phone).toEqual({ registered: false, proven: false });
    world.time.advance(60_000);
    expect(world.voice.contacts.openList()).toEqual([]);
    await expect.poll(async () => (await world.admin.query("select state from telephony.recording where state = 'cut'")).rowCount).toBe(1);
  });
});

describe("while PostgreSQL is away", () => {
  it("talks go on, new callers hear a sentence, and nothing is lost or doubled", async () => {
    await world.ready("ann");
    await world.ready("bob");
    const talking = await world.callIn("cal_70");
    await world.soon(() => world.desk("ann").state === "ringing");
    await world.answer("ann");
    world.database.away = true;
    const refused = world.edge.arrive("cal_71", "+14155550133");
    await world.soon(() => world.contactOf(refused).phase.kind === "closed");
    expect(world.edge.sent("refuseCall")).toMatchObject([{ callId: "cal_71", audioIds: ["en/refuse.technical"], sipStatus: 503 }]);
    expect(world.contactOf(refused)).toMatchObject({ outcome: "systemDisconnect", cause: { why: "technical" } });
    expect(world.desk("ann").state).toBe("talking");
    await expect(world.call("noteDraft", "ann", { contactId: world.contactOf(talking).contactId }, { text: "x" })).rejects.toMatchObject({
      status: 503,
    });
    world.time.advance(30_000);
    world.edge.hangUp(talking);
    expect(world.desk("ann").state).toBe("wrapUp");
    world.database.away = false;
    expect(await world.kinds(refused)).toEqual(["contactArrived", "contactRefused", "callEnded", "contactClosed"]);
    expect((await world.kinds(talking)).filter((kind) => kind === "callEnded")).toHaveLength(1);
    await world.call("wrapUpFinish", "ann", { contactId: world.contactOf(talking).contactId }, { wrapUpCodeId: "wuc_done", note: "" });
    expect(await world.kinds(talking)).toContain("contactClosed");
    await world.soon(() => world.edge.unseenCount === 0);
  });

  it("a kill in the outage loses nothing either", async () => {
    world.presence("ann", true);
    const waiting = await world.callIn("cal_72");
    await world.soon(() => world.contactOf(waiting).phase.kind === "waiting");
    await world.voice.writer.drained();
    world.database.away = true;
    const refused = world.edge.arrive("cal_73", "+14155550122");
    await world.soon(() => world.contactOf(refused).phase.kind === "closed" && world.edge.unseenCount === 0);
    world.voice.telephony.close();
    world.time.forget();
    world.edge.disconnect();
    await world.voice.writer.close();
    world.database.away = false;
    await world.startCore();
    world.watch();
    expect(await world.kinds(refused)).toEqual(["contactArrived", "contactRefused", "callEnded", "contactClosed"]);
    expect(world.contactOf(waiting).phase.kind).toBe("waiting");
  });
});
