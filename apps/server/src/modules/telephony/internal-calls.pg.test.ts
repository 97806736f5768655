import { permissionsOf } from "@allo/contract";
import type { InternalCallId, OrganisationId, ProjectId } from "@allo/kernel";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ORGANISATION, VoiceWorld } from "./fixtures/voice-world.ts";
import { internalCallLimits } from "./internal-calls.ts";
import { internalCallTrim } from "./store/internal-call-store.ts";

const DESK_PHONE = "dev_bob_desk";
let world: VoiceWorld;
beforeEach(async () => {
  world = await VoiceWorld.create({
    members: ["per_ann", "per_bob"],
    devices: [{ deviceId: DESK_PHONE, personId: "per_bob", name: "Desk 7", extension: null, autoAnswer: false, retired: false }],
  });
  world.watch();
});
afterEach(async () => {
  await world.close();
});

const place = (who: string, whom: string) => world.call("internalCallPlace", who, {}, { personId: `per_${whom}` });
const idOf = (who: string): InternalCallId => world.desk(who).internalCall?.internalCallId as InternalCallId;
const history = async (who = "ann") => (await world.read("internalCallsList", world.principal(who), {})).items;
/** The list holds so many. */
async function written(count: number): Promise<Awaited<ReturnType<typeof history>>> {
  for (;;) {
    const items = await history();
    if (items.length >= count) return items;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
/** Ann, who is ready, and Bob, who is on a break, speak. */
async function speak(): Promise<InternalCallId> {
  await world.ready("ann");
  await world.ready("bob");
  await world.call("deskNotReady", "bob", {}, { reasonId: "rsn_break" });
  await place("ann", "bob");
  await world.soon(() => world.desk("bob").internalCall?.offerId != null);
  await answer("bob");
  return idOf("ann");
}
async function answer(who: string): Promise<void> {
  await world.call("offerAccept", who, { offerId: world.desk(who).internalCall?.offerId ?? "" }, undefined);
  await world.soon(() => world.desk(who).internalCall?.phase === "talking");
}

describe("a call to a colleague", () => {
  it("rings at their phone by the caller's name, is spoken in, held, muted and hung up, and leaves both as they were", async () => {
    await world.ready("ann");
    await world.ready("bob");
    await world.call("deskNotReady", "bob", {}, { reasonId: "rsn_break" });
    expect((await world.read("colleaguesList", world.principal("ann"), {})).items).toEqual([
      { personId: "per_bob", name: "Name of per_bob", state: "notReady", available: true },
      { personId: "per_cat", name: "Name of per_cat", state: "offline", available: false },
    ]);
    await place("ann", "bob");
    await world.soon(() => world.desk("bob").state === "ringing");
    expect(world.edge.sent("ringPhone")).toMatchObject([{ phoneId: "phn_bob", audioId: "tone.ring", shown: { name: "ann" } }]);
    expect(world.desk("ann")).toMatchObject({ state: "talking", contact: null, internalCall: { side: "caller", phase: "ringing" } });
    expect(world.desk("bob")).toMatchObject({ contact: null, internalCall: { side: "callee", name: "Name of per_ann", phase: "ringing" } });

    await answer("bob");
    const internalCallId = idOf("ann");
    expect(world.edge.sent("joinInternal")).toMatchObject([{ internalCallId, phoneId: "phn_bob" }]);
    await world.call("internalCallHold", "bob", { internalCallId }, { held: true });
    await world.soon(() => world.desk("ann").internalCall?.otherHeldSince !== null);
    expect(world.desk("bob").internalCall?.heldSince).not.toBeNull();
    await world.call("internalCallMute", "ann", { internalCallId }, { muted: true });
    expect(world.edge.sent("muteInternal")).toMatchObject([{ internalCallId, personId: "per_ann", muted: true }]);
    expect([world.desk("ann").internalCall?.muted, world.desk("bob").internalCall?.muted]).toEqual([true, false]);

    world.time.advance(30_000);
    await world.call("internalCallHangUp", "bob", { internalCallId }, undefined);
    expect(world.desk("ann")).toMatchObject({ state: "ready", internalCall: null, lastInternalCall: null });
    expect(world.desk("bob")).toMatchObject({ state: "notReady", reasonId: "rsn_break", internalCall: null });
    expect(world.edge.sent("endInternal")).toMatchObject([{ internalCallId }]);
    expect(await written(1)).toMatchObject([
      { internalCallId, callerId: "per_ann", calleeId: "per_bob", calleeName: "Name of per_bob", outcome: "answered" },
    ]);
    const [row] = await history();
    expect((row?.endedAt ?? 0) - (row?.answeredAt ?? 0)).toBe(30_000);
  });

  it("is no contact: none begins, none is counted, nothing is recorded, and no wrap-up follows", async () => {
    const internalCallId = await speak();
    await world.call("internalCallHangUp", "ann", { internalCallId }, undefined);
    await written(1);
    await world.voice.writer.drained();
    expect(world.arrivals).toEqual([]);
    expect((await world.admin.query("select from contacts.contact_event")).rowCount).toBe(0);
    expect((await world.admin.query("select from telephony.recording")).rowCount).toBe(0);
    expect(world.edge.sent("bridge")).toEqual([]);
    expect(world.desk("ann").missedRings).toBe(0);
  });

  it("keeps customers from ringing at the two; the desk says that they wait, and they ring when it is over", async () => {
    const internalCallId = await speak();
    const call = await world.callIn("cal_1");
    await world.soon(() => world.contactOf(call).phase.kind === "waiting");
    world.time.advance(1_000);
    await world.soon(() => world.desk("ann").internalCall?.customersWaiting === 1);
    expect(world.desk("ann").contact).toBeNull();
    await world.call("internalCallHangUp", "ann", { internalCallId }, undefined);
    await world.soon(() => world.desk("ann").state === "ringing" && world.desk("ann").contact !== null);
  });

  const decline = async (): Promise<void> => {
    await world.call("offerDecline", "bob", { offerId: world.desk("bob").internalCall?.offerId ?? "" }, undefined);
  };
  const waitInVain = async (): Promise<void> => world.time.advance(20_000);
  const giveUp = async (): Promise<void> => {
    await world.call("internalCallHangUp", "ann", { internalCallId: idOf("ann") }, undefined);
  };
  it.each([
    ["declined", decline],
    ["notAnswered", waitInVain],
    ["givenUp", giveUp],
  ] as const)("that comes to nothing is %s, blames nobody and says so on the desk", async (outcome, happen) => {
    await world.ready("ann");
    await world.ready("bob");
    await place("ann", "bob");
    await world.soon(() => world.desk("bob").state === "ringing");
    await happen();
    await world.soon(() => world.desk("ann").state === "ready" && world.desk("bob").state === "ready");
    expect(world.desk("bob").missedRings).toBe(0);
    expect(world.desk("ann").lastInternalCall).toMatchObject({ personId: "per_bob", side: "caller", outcome });
    // Who said no has missed nothing.
    expect(world.desk("bob").lastInternalCall).toEqual(
      outcome === "declined" ? null : expect.objectContaining({ personId: "per_ann", side: "callee", outcome }),
    );
    expect(world.edge.sent("stopRinging")).toMatchObject([{ phoneId: "phn_bob" }]);
    expect(await written(1)).toMatchObject([{ outcome, answeredAt: null }]);
    // The next call is another matter.
    await world.callIn("cal_1");
    await world.soon(() => world.desk("ann").state === "ringing" || world.desk("bob").state === "ringing");
    const rung = world.desk("ann").state === "ringing" ? "ann" : "bob";
    expect(world.desk(rung).lastInternalCall).toBeNull();
  });

  it("is refused to whoever is in a call, away, unknown or oneself, and to a phone that isn't there", async () => {
    await world.ready("ann");
    await expect(place("ann", "bob")).rejects.toMatchObject({ code: "colleagueNotFree" });
    await expect(place("ann", "ann")).rejects.toMatchObject({ code: "invalidInput" });
    await expect(place("ann", "nobody")).rejects.toMatchObject({ code: "notFound" });
    await expect(place("bob", "ann")).rejects.toMatchObject({ code: "notSignedIn" });
    world.presence("cat", true);
    await expect(place("cat", "ann")).rejects.toMatchObject({ code: "phoneNotReady" });
    await world.callIn("cal_1");
    await world.soon(() => world.desk("ann").state === "ringing");
    await world.ready("bob");
    await expect(place("bob", "ann")).rejects.toMatchObject({ code: "colleagueNotFree" });
    await expect(place("ann", "bob")).rejects.toMatchObject({ code: "wrongState" });
    world.isDraining = true;
    await expect(place("bob", "ann")).rejects.toMatchObject({ code: "exchangeDraining" });
    expect(world.edge.sent("beginInternal")).toEqual([]);
  });

  it("is nobody else's to hold, mute or end", async () => {
    const internalCallId = await speak();
    await expect(world.call("internalCallHold", "cat", { internalCallId }, { held: true })).rejects.toMatchObject({ code: "notFound" });
    await expect(world.call("internalCallMute", "cat", { internalCallId }, { muted: true })).rejects.toMatchObject({ code: "notFound" });
    await world.call("internalCallHangUp", "cat", { internalCallId }, undefined);
    expect(world.desk("ann").internalCall?.phase).toBe("talking");
    expect(world.edge.sent("holdInternal")).toEqual([]);
  });

  it("doesn't stand in the way of a call that whoever is called makes meanwhile", async () => {
    for (const name of ["ann", "bob", "cat"]) await world.ready(name);
    const obeyed = world.edge.emit.bind(world.edge);
    // Ann's own phone isn't picked up yet.
    world.edge.emit = () => undefined;
    await place("ann", "bob");
    await new Promise((resolve) => setImmediate(resolve));
    world.edge.emit = obeyed;
    await place("bob", "cat");
    expect(world.desk("bob").internalCall).toMatchObject({ side: "caller", personId: "per_cat" });
    world.edge.emit({ kind: "internalReady", at: world.time.now(), internalCallId: idOf("ann") });
    await world.soon(() => world.desk("ann").state === "ready");
    expect(world.desk("ann").lastInternalCall).toMatchObject({ outcome: "notAvailable" });
    expect(world.desk("bob").internalCall).toMatchObject({ personId: "per_cat" });
  });

  it("rings no more often than so many times in a minute", async () => {
    await world.ready("ann");
    await world.ready("bob");
    for (let time = 0; time < internalCallLimits.placedPerMinuteMax; time += 1) {
      await place("ann", "bob");
      await world.call("internalCallHangUp", "ann", { internalCallId: idOf("ann") }, undefined);
    }
    await expect(place("ann", "bob")).rejects.toMatchObject({ code: "tooManyAttempts", status: 429 });
    world.time.advance(61_000);
    await place("ann", "bob");
  });

  it("rings at a desk phone, which answers by being picked up and ends it by being put down", async () => {
    await world.ready("ann");
    world.presence("bob", true);
    world.edge.device(DESK_PHONE, true);
    await world.call("deskPhonePut", "bob", {}, { deviceId: DESK_PHONE });
    await world.call("deskReady", "bob", {}, undefined);
    await place("ann", "bob");
    await world.soon(() => world.desk("bob").state === "ringing");
    expect(world.edge.sent("ringPhone")).toMatchObject([{ phoneId: DESK_PHONE, shown: { number: null, name: "ann" } }]);
    world.edge.devicePickedUp(DESK_PHONE);
    await world.soon(() => world.desk("bob").internalCall?.phase === "talking");
    expect(world.edge.sent("joinInternal")).toMatchObject([{ phoneId: DESK_PHONE }]);
    world.edge.internalEnds(idOf("ann"), "hungUp");
    await world.soon(() => world.desk("ann").state === "ready" && world.desk("bob").state === "ready");
    expect(await written(1)).toMatchObject([{ outcome: "answered" }]);
  });

  it("gives way to a call for help", async () => {
    const internalCallId = await speak();
    await world.call("callPlace", "ann", {}, { number: "112" });
    await world.soon(() => world.desk("ann").contact?.direction === "out");
    expect(world.desk("bob").internalCall).toBeNull();
    expect(world.edge.sent("endInternal")).toMatchObject([{ internalCallId }]);
  });

  it("is over after so long", async () => {
    await speak();
    world.time.advance(internalCallLimits.talkMsMax);
    await world.soon(() => world.desk("ann").internalCall === null && world.desk("ann").state === "ready");
    expect(await written(1)).toMatchObject([{ outcome: "answered" }]);
  });
});

describe("what goes wrong around it", () => {
  it("a killed core finds the two speaking and lets them; what they end is written", async () => {
    const internalCallId = await speak();
    world.time.advance(1_000);
    await world.killCore();
    await world.startCore();
    await world.soon(() => world.desk("ann").internalCall?.phase === "talking");
    expect(world.desk("ann")).toMatchObject({ state: "talking", internalCall: { internalCallId, personId: "per_bob" } });
    expect(world.desk("bob").state).toBe("talking");
    expect(world.edge.sent("endInternal")).toEqual([]);
    await world.call("internalCallHangUp", "bob", { internalCallId }, undefined);
    expect(world.desk("bob")).toMatchObject({ state: "notReady", internalCall: null });
    expect(await written(1)).toMatchObject([{ internalCallId, outcome: "answered" }]);
  });

  it("one that ends while core is away is written, and both are free", async () => {
    const internalCallId = await speak();
    world.time.advance(1_000);
    await world.killCore();
    world.edge.internalEnds(internalCallId, "hungUp");
    await world.startCore();
    await world.soon(() => world.desk("ann").state !== "talking" && world.desk("bob").state !== "talking");
    expect(await written(1)).toMatchObject([{ internalCallId, outcome: "answered" }]);
  });

  it("one that ends between the edge's hello and what core makes of it isn't taken over", async () => {
    const internalCallId = await speak();
    world.time.advance(1_000);
    await world.killCore();
    const hello = world.edge.connect.bind(world.edge);
    world.edge.connect = (voice) => {
      hello(voice);
      world.edge.internalEnds(internalCallId, "hungUp");
    };
    await world.startCore();
    await world.soon(() => world.desk("ann").state === "ready");
    expect(world.desk("ann").internalCall).toBeNull();
    expect(await written(1)).toMatchObject([{ internalCallId, outcome: "answered" }]);
  });

  it("a lost edge ends it, and frees both", async () => {
    await speak();
    world.edge.restart();
    world.edge.connect(world.voice);
    await world.soon(() => world.desk("ann").internalCall === null && world.desk("bob").internalCall === null);
    await world.soon(() => world.desk("ann").state === "ready");
    expect(await written(1)).toMatchObject([{ outcome: "answered" }]);
  });

  it("a phone of one's own that isn't picked up ends it before it rings anywhere", async () => {
    await world.ready("ann");
    await world.ready("bob");
    const obeyed = world.edge.emit.bind(world.edge);
    world.edge.emit = (event) => {
      if (event.kind !== "internalReady") obeyed(event);
    };
    await place("ann", "bob");
    expect(world.desk("ann").internalCall?.phase).toBe("calling");
    expect(world.desk("bob").internalCall).toBeNull();
    world.time.advance(internalCallLimits.ownPhoneMsMax);
    await world.soon(() => world.desk("ann").state === "ready");
    expect(world.desk("ann").lastInternalCall).toMatchObject({ outcome: "failed" });
    expect(world.desk("bob").lastInternalCall).toBeNull();
    expect(world.edge.sent("ringPhone")).toEqual([]);
  });

  it("a database that is away keeps nobody from speaking, and gets the record when it is back", async () => {
    const internalCallId = await speak();
    world.database.away = true;
    await world.call("internalCallHangUp", "ann", { internalCallId }, undefined);
    expect(world.desk("ann").state).toBe("ready");
    await new Promise((resolve) => setImmediate(resolve));
    world.database.away = false;
    expect(await written(1)).toMatchObject([{ internalCallId, outcome: "answered" }]);
  });
});

describe("the list", () => {
  const lead = { permissions: permissionsOf(["lead"]), roles: ["lead"] as const };

  it("shows one's own; everybody's to whoever may see them, which is noted once a look", async () => {
    const internalCallId = await speak();
    await world.call("internalCallHangUp", "ann", { internalCallId }, undefined);
    await written(1);
    expect(await history("cat")).toEqual([]);
    await expect(world.read("internalCallsList", world.principal("cat"), { whose: "all" })).rejects.toMatchObject({ code: "forbidden" });
    const cat = world.principal("cat", lead);
    expect((await world.read("internalCallsList", cat, { whose: "all" })).items).toMatchObject([{ internalCallId }]);
    expect((await world.read("internalCallsList", cat, { whose: "all", personId: "per_cat" })).items).toEqual([]);
    expect((await world.read("internalCallsList", cat, {})).items).toEqual([]);
    expect(world.audited).toEqual(["internalCalls.read", "internalCalls.read"]);
  });

  it("counts what was missed until it was seen, or the two have spoken; what was declined isn't missed", async () => {
    await world.ready("ann");
    await world.ready("bob");
    const call = async (who: string, whom: string, become: () => Promise<unknown>): Promise<void> => {
      const before = (await history()).length;
      await place(who, whom);
      await world.soon(() => world.desk(whom).internalCall?.offerId != null);
      await become();
      await world.soon(() => world.desk("ann").state === "ready" && world.desk("bob").state === "ready");
      await written(before + 1);
    };
    const giveUp = () => world.call("internalCallHangUp", "ann", { internalCallId: idOf("ann") }, undefined);
    const inVain = () => call("ann", "bob", async () => world.time.advance(20_000));
    const counts = (count: number) => world.soon(() => world.desk("bob").missedInternalCalls === count);
    await inVain();
    await counts(1);
    world.time.advance(1_000);
    await call("ann", "bob", giveUp);
    await counts(2);
    expect(world.desk("ann").missedInternalCalls).toBe(0);
    expect((await history()).map(({ missed }) => missed)).toEqual([true, true]);
    world.time.advance(1_000);
    await world.call("internalCallsSeen", "bob", {}, undefined);
    await counts(0);
    world.time.advance(1_000);
    await call("ann", "bob", () =>
      world.call("offerDecline", "bob", { offerId: world.desk("bob").internalCall?.offerId ?? "" }, undefined),
    );
    expect(world.desk("bob").missedInternalCalls).toBe(0);
    world.time.advance(1_000);
    await inVain();
    await counts(1);
    // It is there after a restart, too.
    await world.killCore();
    await world.startCore();
    await counts(1);
    await world.ready("ann");
    await world.ready("bob");
    world.time.advance(1_000);
    await call("bob", "ann", async () => {
      await answer("ann");
      await world.call("internalCallHangUp", "ann", { internalCallId: idOf("ann") }, undefined);
    });
    await counts(0);
  });

  it("shows a lead of some projects the calls of the people in them", async () => {
    const internalCallId = await speak();
    await world.call("internalCallHangUp", "ann", { internalCallId }, undefined);
    await written(1);
    const of = (projectIds: readonly string[]) =>
      world.read("internalCallsList", world.principal("cat", { ...lead, projectIds: projectIds as ProjectId[] }), { whose: "all" });
    expect((await of(["prj_main"])).items).toMatchObject([{ internalCallId }]);
    expect((await of(["prj_other"])).items).toEqual([]);
  });

  it("forgets what is too old", async () => {
    const internalCallId = await speak();
    await world.call("internalCallHangUp", "ann", { internalCallId }, undefined);
    const [row] = await written(1);
    await world.database.withScope({ organisationId: ORGANISATION, projectIds: "*" }, (tx) => internalCallTrim(tx, row?.startedAt ?? 0));
    expect(await history()).toHaveLength(1);
    await world.database.withScope({ organisationId: ORGANISATION, projectIds: "*" }, (tx) =>
      internalCallTrim(tx, (row?.startedAt ?? 0) + 1),
    );
    expect(await history()).toEqual([]);
  });

  it("comes in pages, newest first", async () => {
    await world.ready("ann");
    await world.ready("bob");
    for (let time = 0; time < 3; time += 1) {
      await place("ann", "bob");
      world.time.advance(10);
      await world.call("internalCallHangUp", "ann", { internalCallId: idOf("ann") }, undefined);
      await written(time + 1);
    }
    const ann = world.principal("ann");
    const first = await world.read("internalCallsList", ann, { limit: 2 });
    const rest = await world.read("internalCallsList", ann, { limit: 2, cursor: first.nextCursor ?? "" });
    expect([first.items.length, rest.items.length, rest.nextCursor]).toEqual([2, 1, null]);
    const starts = [...first.items, ...rest.items].map(({ startedAt }) => startedAt);
    expect(starts).toEqual(starts.toSorted((a, b) => b - a));
  });
});

it("the row-level border holds: another organisation sees none of it", async () => {
  const internalCallId = await speak();
  await world.call("internalCallHangUp", "ann", { internalCallId }, undefined);
  await written(1);
  const rows = await world.database.withScope({ organisationId: "org_other" as OrganisationId, projectIds: "*" }, (tx) =>
    tx.query("select internal_call_id from telephony.internal_call"),
  );
  expect(rows).toEqual([]);
});
