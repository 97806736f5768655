// Figures against the log, of contacts that the real voice wrote and the real projections followed.
import { MINUTE_MS } from "@allo/kernel";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { localDay } from "../modules/reporting/index.ts";
import { ORGANISATION } from "../modules/telephony/fixtures/voice-world.ts";
import { LookbackWorld } from "./fixtures/lookback-world.ts";

let world: LookbackWorld;
let startedAt: number;
beforeEach(async () => {
  world = await LookbackWorld.create();
  startedAt = world.voice.time.now();
});
afterEach(async () => {
  await world?.close();
});

const caller = { by: "caller", why: "hungUp" } as const;
const ask = (over: object = {}) =>
  world.call("reconciliationGet", world.principal("boss", "administrator"), {
    query: { from: startedAt - MINUTE_MS, to: world.voice.time.now() + 1, ...over },
  });

describe("reconciliation", () => {
  it("finds that figures, lists, lost calls and agents' times are what the log says, while calls go on", async () => {
    const { voice } = world;
    await voice.ready("ann");
    await world.answeredCall("cal_1");
    await voice.call("deskNotReady", "ann", {}, { reasonId: "rsn_break" });
    const lost = await voice.callIn("cal_2");
    await voice.soon(() => voice.contactOf(lost).phase.kind === "waiting");
    voice.time.advance(9_000);
    voice.edge.hangUp(lost, caller);
    await voice.soon(() => voice.contactOf(lost).phase.kind === "closed");
    const open = await voice.callIn("cal_3");
    await voice.soon(() => voice.contactOf(open).phase.kind === "waiting");
    voice.time.advance(12_000);
    await world.settled();
    const found = await ask();
    expect(found.differences).toEqual([]);
    expect(found).toMatchObject({ contacts: 3, segments: 3, agents: 1, differenceCount: 0 });
    expect(found.queueDays).toMatchObject([{ offered: 3, answered: 1, abandoned: 1, open: 1, handled: 1 }]);
  });

  it("names the contact of a fact that was changed, and says what the floor shows otherwise", async () => {
    await world.voice.ready("ann");
    const contactId = await world.answeredCall("cal_1");
    await world.settled();
    expect((await ask()).differenceCount).toBe(0);
    await world.voice.admin.query("update reporting.segment set connected_ms = connected_ms + 1000");
    const found = await ask();
    expect(found.differences).toContainEqual(expect.objectContaining({ check: "segment", what: "connectedMs", contactIds: [contactId] }));
    // The floor's sums of today begin with the day, as the period must.
    const { from } = dayOfNow();
    const whole = await ask({ from });
    expect(whole.differences).toContainEqual(expect.objectContaining({ check: "today", what: "handleMs" }));
  });

  it("is of the period that may be asked for, and of one's own organisation", async () => {
    await expect(ask({ to: startedAt - 2 * MINUTE_MS })).rejects.toMatchObject({ code: "invalidInput" });
    await expect(ask({ from: startedAt - 9 * 24 * 60 * MINUTE_MS })).rejects.toMatchObject({ code: "invalidInput" });
    const { voice } = world;
    await voice.ready("ann");
    await world.answeredCall("cal_1");
    await world.settled();
    const query = { from: startedAt, to: voice.time.now() };
    expect(await world.call("reconciliationGet", world.stranger(), { query })).toMatchObject({ contacts: 0, segments: 0 });
  });
});

/** The organisation's day, on which one contact was offered so far. */
function dayOfNow(): { readonly from: number } {
  expect(world.back.reporting.figures.today(ORGANISATION, "que_sales").offered).toBe(1);
  return localDay(world.voice.time.now(), world.voice.config().timeZone);
}
