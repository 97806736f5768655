// A number's opening hours on its calls: who is turned away, what they hear, where they stand afterwards, and what isn't counted.
import { weekOf, type Hours } from "@allo/contract";
import { HOUR_MS, MINUTE_MS } from "@allo/kernel";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ORGANISATION } from "../modules/telephony/fixtures/voice-world.ts";
import { LookbackWorld, QUEUE } from "./fixtures/lookback-world.ts";

let world: LookbackWorld;
beforeEach(async () => {
  world = await LookbackWorld.create();
});
afterEach(async () => {
  await world?.close();
});

const clock = (at: number): string => new Date(at).toISOString().slice(11, 16);
/** Open every day from the first minute until the second one, by the clock of UTC. */
const openBetween = (from: number, to: number): Hours => ({
  hoursId: "hrs_day",
  retired: false,
  version: 1,
  names: { en: "Day", ru: "", fa: "" },
  timeZone: "UTC",
  week: weekOf(() => [{ from: clock(from), to: clock(to) }]),
  exceptions: [],
});
const configure = (hours: Hours, number: object = {}): void =>
  world.voice.configure({ hours: [hours], number: { hoursId: hours.hoursId, ...number } });
const now = (): number => world.voice.time.now();
const closedNow = (): Hours => openBetween(now() + HOUR_MS, now() + 2 * HOUR_MS);

describe("outside the opening hours a caller", () => {
  it("hears the closed sentence unanswered, and stands in the lost calls, offered to nobody and in no figure", async () => {
    configure(closedNow());
    await world.voice.ready("ann");
    const id = world.voice.edge.arrive("cal_1");
    await world.voice.soon(() => world.voice.contactOf(id).phase.kind === "closed");
    expect(world.voice.edge.sent("refuseCall")).toMatchObject([{ callId: id, audioIds: ["en/refuse.closed"], sipStatus: 480 }]);
    expect(world.voice.edge.sent("acceptCall")).toEqual([]);
    expect(world.voice.desk("ann").state).toBe("ready");
    const cause = { by: "system", why: "closed" };
    expect(world.voice.contactOf(id)).toMatchObject({ outcome: "refused", answeredAt: null, segments: [], cause });
    await world.settled();
    const lead = world.principal("lead");
    expect((await world.call("lostCallsList", lead, { query: { state: "open" } })).items).toMatchObject([
      { callerNumber: "+14155550123", waitMs: 0, callCount: 1, cause },
    ]);
    expect((await world.call("contactsList", lead)).items).toMatchObject([{ outcome: "refused", cause, waitMs: null }]);
    expect(world.back.reporting.figures.today(ORGANISATION, QUEUE)).toMatchObject({ offered: 0, refused: 0, abandoned: 0 });
  });

  it("hears the number's own sentence where it has one", async () => {
    configure(closedNow(), { closedAudioId: "greeting.night" });
    const id = world.voice.edge.arrive("cal_1");
    await world.voice.soon(() => world.voice.contactOf(id).phase.kind === "closed");
    expect(world.voice.edge.sent("refuseCall")).toMatchObject([{ audioIds: ["en/greeting.night"] }]);
  });

  it("is turned away for the hour and not for too many calls", async () => {
    await world.voice.callIn("cal_1");
    configure(closedNow(), { callsMax: 1 });
    const second = world.voice.edge.arrive("cal_2");
    await world.voice.soon(() => world.voice.contactOf(second).phase.kind === "closed");
    expect(world.voice.contactOf(second)).toMatchObject({ cause: { why: "closed" } });
  });
});

describe("within the opening hours a caller", () => {
  it("is answered, and goes on waiting when they end", async () => {
    configure(openBetween(now() - HOUR_MS, now() + 2 * MINUTE_MS));
    await world.voice.ready("ann");
    world.voice.presence("bob", true);
    const first = await world.voice.callIn("cal_1");
    await world.voice.soon(() => world.voice.desk("ann").state === "ringing");
    await world.voice.answer("ann");
    const waiting = await world.voice.callIn("cal_2");
    await world.voice.soon(() => world.voice.contactOf(waiting).phase.kind === "waiting");
    world.voice.time.advance(3 * MINUTE_MS);
    const late = world.voice.edge.arrive("cal_3");
    await world.voice.soon(() => world.voice.contactOf(late).phase.kind === "closed");
    expect(world.voice.contactOf(late)).toMatchObject({ cause: { why: "closed" } });
    expect(world.voice.contactOf(first).phase.kind).toBe("talking");
    expect(world.voice.contactOf(waiting).phase.kind).toBe("waiting");
    expect(world.voice.edge.sent("playAndHangUp")).toEqual([]);
  });

  it("is one at any hour where the number has none", async () => {
    world.voice.configure({ hours: [closedNow()] });
    const id = await world.voice.callIn("cal_1");
    expect(world.voice.edge.sent("refuseCall")).toEqual([]);
    expect(world.voice.edge.sent("acceptCall")).toMatchObject([{ callId: id }]);
  });
});
