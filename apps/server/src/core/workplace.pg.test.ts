import type { BrowserLine, WorkplaceFigures } from "@allo/contract";
import type { OrganisationId } from "@allo/kernel";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ORGANISATION, VoiceWorld } from "../modules/telephony/fixtures/voice-world.ts";
import { registerWorkplace, workplaceLimits } from "../modules/workplace/index.ts";

let world: VoiceWorld;
beforeEach(async () => {
  world = await VoiceWorld.create();
  world.watch();
  let ids = 0;
  registerWorkplace({
    database: world.database,
    clock: world.time,
    ids: { next: (prefix) => `${prefix}_wp${String((ids += 1)).padStart(8, "0")}` },
    api: world.api,
    contacts: world.voice.contacts,
    people: { nameOf: (organisationId, personId) => (organisationId === ORGANISATION && personId !== "per_gone" ? personId : "") },
    agentsOf: () => ["per_ann", "per_bob"],
    lines: world.voice.telephony,
    deskOf: world.voice.desk.stateOf,
  });
});
afterEach(async () => {
  await world.close();
});

const figures: WorkplaceFigures = {
  browser: {
    name: "Chromium",
    version: "142",
    system: "Linux",
    secure: true,
    calls: true,
    outdated: false,
    timerDelayMs: 2,
    notifications: "granted",
  },
  microphone: { problem: null, label: "Headset", noiseDbfs: -60, speechDbfs: -25, flat: false },
  headset: { label: "Headset", outputs: 2, buttons: null },
  ringer: { label: "Speakers", sameAsHeadset: false },
  echo: { correlation: 0.02, delayMs: null },
  network: { linkOpen: true, roundTripMs: 12, jitterMs: 1, loss: 0, pathProven: true },
};
const browser: BrowserLine = {
  packetsReceived: 400,
  packetsLost: 0,
  jitterMs: 1,
  roundTripMs: 4,
  heardDbfs: -100,
  spokenDbfs: -30,
  microphoneLabel: "Headset",
  outputLabel: null,
  soundBlocked: false,
  holdsPhone: true,
};
const silentCaller = { packetsReceived: 90, packetsLost: 0, jitterMs: 1, silentMs: 6_000 };
const healthyAgent = { packetsReceived: 500, packetsLost: 0, jitterMs: 1, silentMs: 12 };

const talk = async (id = "cal_1"): Promise<{ callId: Awaited<ReturnType<VoiceWorld["callIn"]>>; contactId: string }> => {
  const callId = await world.callIn(id);
  await world.soon(() => world.desk("ann").state === "ringing");
  await world.answer("ann");
  return { callId, contactId: world.contactOf(callId).contactId };
};
const row = async (personId: string) =>
  (await world.call("workplacesList", "lead", {}, undefined)).items.find((item) => item.personId === personId);

describe("a check of a workplace", () => {
  it("is judged here, kept, and shown to a lead", async () => {
    expect(await row("per_ann")).toMatchObject({ standing: "never", stale: true, last: null });
    const check = await world.call("workplaceCheckCreate", "ann", {}, { tookMs: 4_000, figures, skipped: null });
    expect(check.results.map(({ verdict }) => verdict)).toEqual(["good", "good", "good", "good", "good", "good"]);
    expect(await row("per_ann")).toMatchObject({ standing: "equipped", stale: false, last: { tookMs: 4_000 } });
    world.time.advance(1_000);
    const deaf = { ...figures, microphone: { ...figures.microphone, problem: "denied" as const } };
    await world.call("workplaceCheckCreate", "ann", {}, { tookMs: 4_000, figures: deaf, skipped: null });
    expect(await row("per_ann")).toMatchObject({ standing: "notEquipped" });
    expect((await world.call("workplaceChecksOwn", "ann", {}, undefined)).items).toHaveLength(2);
    expect((await world.call("workplaceChecksOwn", "bob", {}, undefined)).items).toEqual([]);
    world.time.advance(25 * 3_600_000);
    expect(await row("per_ann")).toMatchObject({ stale: true });
  });
  it("may be skipped with a reason, and needs words where the reason is another one", async () => {
    const skipped = { reason: "other" as const, words: " " };
    await expect(world.call("workplaceCheckCreate", "ann", {}, { tookMs: 0, figures: null, skipped })).rejects.toMatchObject({
      status: 400,
    });
    await expect(world.call("workplaceCheckCreate", "ann", {}, { tookMs: 0, figures: null, skipped: null })).rejects.toMatchObject({
      status: 400,
    });
    await world.call("workplaceCheckCreate", "ann", {}, { tookMs: 0, figures: null, skipped: { reason: "callsWait", words: "" } });
    expect(await row("per_ann")).toMatchObject({ standing: "skipped", last: { skipped: { reason: "callsWait" } } });
  });
  it("keeps a bounded history of each person", async () => {
    for (let times = 0; times < workplaceLimits.checksPerPersonMax + 3; times += 1) {
      world.time.advance(1_000);
      await world.call("workplaceCheckCreate", "ann", {}, { tookMs: times, figures, skipped: null });
    }
    const { items } = await world.call("workplaceChecksOf", "lead", { personId: "per_ann" }, undefined);
    expect([items.length, items[0]?.tookMs]).toEqual([workplaceLimits.checksPerPersonMax, workplaceLimits.checksPerPersonMax + 2]);
    await expect(world.call("workplaceChecksOf", "lead", { personId: "per_gone" }, undefined)).rejects.toMatchObject({ status: 404 });
  });
  it("is nothing to another organisation", async () => {
    await world.call("workplaceCheckCreate", "ann", {}, { tookMs: 1, figures, skipped: null });
    const seen = await world.database.withScope({ organisationId: "org_other" as OrganisationId, projectIds: "*" }, (tx) =>
      tx.query("select check_id from workplace.desk_check", []),
    );
    expect(seen).toEqual([]);
  });
});

describe("a talk without sound", () => {
  it("is said with what the edge knows, stands in the contact's log, and is kept once", async () => {
    await world.ready("ann");
    const { callId, contactId } = await talk();
    world.edge.lines = { caller: silentCaller, agent: healthyAgent };
    const report = await world.call("soundReportCreate", "ann", { contactId }, browser);
    expect(report).toMatchObject({
      findings: ["callerNothing"],
      silentMs: 6_000,
      caller: silentCaller,
      agent: healthyAgent,
      personName: "per_ann",
    });
    expect(await world.call("soundReportCreate", "ann", { contactId }, browser)).toEqual(report);
    expect((await world.kinds(callId)).filter((kind) => kind === "soundReported")).toHaveLength(1);
    expect((await world.call("soundReportsList", "lead", {}, undefined)).items).toEqual([report]);
    await expect(world.call("soundReportCreate", "bob", { contactId }, browser)).rejects.toMatchObject({ code: "notYourContact" });
    await expect(world.call("soundReportCreate", "ann", { contactId: "con_nobody" }, browser)).rejects.toMatchObject({ status: 404 });
  });
  it("asks for no code, and leaves none owed when wrap-up runs out", async () => {
    await world.ready("ann");
    const { callId, contactId } = await talk();
    world.edge.lines = { caller: silentCaller, agent: healthyAgent };
    expect(world.desk("ann").contact?.codeOwed).toBe(true);
    await expect(world.call("wrapUpFinish", "ann", { contactId }, { wrapUpCodeId: null, note: "" })).rejects.toBeDefined();
    await world.call("soundReportCreate", "ann", { contactId }, browser);
    expect(world.desk("ann").contact?.codeOwed).toBe(false);
    world.edge.hangUp(callId);
    await world.soon(() => world.desk("ann").state === "wrapUp");
    expect(await world.call("wrapUpFinish", "ann", { contactId }, { wrapUpCodeId: null, note: "no sound" })).toMatchObject({
      state: "ready",
    });

    const second = await talk("cal_2");
    await world.call("soundReportCreate", "ann", { contactId: second.contactId }, browser);
    world.edge.hangUp(second.callId);
    await world.soon(() => world.desk("ann").state === "wrapUp");
    world.time.advance(61_000);
    await world.soon(() => world.desk("ann").state === "ready");
    await world.voice.writer.drained();
    expect(world.desk("ann").notCodedCount).toBe(0);
    expect((await world.call("notCodedList", "ann", {}, undefined)).items).toEqual([]);
  });
  it("still asks the code of an ordinary talk", async () => {
    await world.ready("ann");
    const { callId, contactId } = await talk();
    world.edge.hangUp(callId);
    await world.soon(() => world.desk("ann").state === "wrapUp");
    await expect(world.call("wrapUpFinish", "ann", { contactId }, { wrapUpCodeId: null, note: "" })).rejects.toMatchObject({ status: 400 });
  });
  it("ends with a sentence to the customer, once it was reported", async () => {
    await world.ready("ann");
    const { contactId } = await talk();
    await expect(world.call("soundReportHangUp", "ann", { contactId }, undefined)).rejects.toMatchObject({ code: "wrongState" });
    world.edge.lines = { caller: silentCaller, agent: healthyAgent };
    await world.call("soundReportCreate", "ann", { contactId }, browser);
    await world.call("soundReportHangUp", "ann", { contactId }, undefined);
    expect(world.edge.sent("playAndHangUp")).toMatchObject([{ audioIds: ["en/refuse.technical"] }]);
    await world.soon(() => world.desk("ann").state === "wrapUp");
  });
  it("is kept without the line's figures where the edge doesn't answer", async () => {
    await world.ready("ann");
    const { contactId } = await talk();
    const asked = world.call("soundReportCreate", "ann", { contactId }, browser);
    await world.soon(() => world.edge.sent("takeFigures").length === 1);
    world.time.advance(1_500);
    expect(await asked).toMatchObject({ caller: null, agent: null, findings: ["callerSilent"] });
  });
});
