import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { VoiceWorld } from "./fixtures/voice-world.ts";

const DESK_PHONE = "dev_ann_desk";
let world: VoiceWorld;
beforeEach(async () => {
  const device = { personId: "per_ann", retired: false } as const;
  world = await VoiceWorld.create({
    devices: [
      { ...device, deviceId: DESK_PHONE, name: "Desk 7", extension: "201", autoAnswer: false },
      { ...device, deviceId: "dev_ann_home", name: "At home", extension: "202", autoAnswer: true },
      { deviceId: "dev_bob", name: "Bob's", extension: "203", personId: "per_bob", autoAnswer: false, retired: false },
    ],
  });
  world.watch();
});
afterEach(async () => {
  await world.close();
});

/** Ann is at her desk, with the phone beside it chosen. */
async function annAtDeskPhone(): Promise<void> {
  world.presence("ann", true);
  world.edge.device(DESK_PHONE, true);
  await world.call("deskPhonePut", "ann", {}, { deviceId: DESK_PHONE });
  await world.call("deskReady", "ann", {}, undefined);
}

describe("a desk phone as an agent's phone", () => {
  it("is chosen at the desk and rings with who calls; picking it up answers, and the talk is on it", async () => {
    await annAtDeskPhone();
    expect(world.desk("ann")).toMatchObject({
      phone: { registered: true, proven: true },
      device: { deviceId: DESK_PHONE, name: "Desk 7", autoAnswer: false, trouble: null },
      devices: [
        { deviceId: DESK_PHONE, canRing: true },
        { deviceId: "dev_ann_home", canRing: false },
      ],
    });
    const call = await world.callIn("cal_1");
    await world.soon(() => world.desk("ann").state === "ringing");
    expect(world.edge.sent("ringPhone")).toMatchObject([{ phoneId: DESK_PHONE, shown: { number: "+14155550123" } }]);
    world.edge.devicePickedUp(DESK_PHONE);
    await world.soon(() => world.desk("ann").state === "talking");
    expect(world.edge.sent("bridge")).toMatchObject([{ callId: call, phoneId: DESK_PHONE, personId: "per_ann" }]);
    expect(world.edge.sent("releasePhone")).toEqual([]);
  });

  it("gets no calls while it isn't registered, whatever the browser's phone does, and gets them when it is", async () => {
    world.presence("ann", true);
    world.edge.phone("per_ann" as never, "ses_ann" as never);
    await world.call("deskPhonePut", "ann", {}, { deviceId: DESK_PHONE });
    await world.call("deskReady", "ann", {}, undefined);
    const call = await world.callIn("cal_1");
    expect(world.contactOf(call).phase.kind).toBe("waiting");
    expect(world.desk("ann").phone).toMatchObject({ registered: false, proven: false });
    world.edge.device(DESK_PHONE, true);
    await world.soon(() => world.desk("ann").state === "ringing");
  });

  it.each(["declined", "busy", "unavailable"] as const)("%s at the phone sends the call on to a colleague", async (why) => {
    await annAtDeskPhone();
    const call = await world.callIn("cal_1");
    await world.soon(() => world.desk("ann").state === "ringing");
    world.presence("bob", true);
    world.edge.phone("per_bob" as never, "ses_bob" as never);
    await world.call("deskReady", "bob", {}, undefined);
    world.edge.deviceRefuses(DESK_PHONE, why);
    await world.soon(() => world.desk("bob").state === "ringing");
    expect(world.contactOf(call).segments.at(-1)?.alerts).toMatchObject([{ agentId: "per_ann" }, { agentId: "per_bob" }]);
    expect(world.desk("ann").state).toBe("ready");
  });

  it("that can't be reached is offered nothing more until it can, and counts as no missed ring", async () => {
    await annAtDeskPhone();
    const call = await world.callIn("cal_1");
    await world.soon(() => world.desk("ann").state === "ringing");
    world.edge.deviceRefuses(DESK_PHONE, "notReached");
    await world.soon(() => world.contactOf(call).phase.kind === "waiting");
    expect(world.desk("ann")).toMatchObject({ state: "ready", missedRings: 0, phone: { proven: false } });
    expect(world.edge.sent("ringPhone")).toHaveLength(1);
    world.edge.device(DESK_PHONE, true);
    await world.soon(() => world.desk("ann").state === "ringing");
  });

  it("picked up for a caller who is gone is hung up", async () => {
    await annAtDeskPhone();
    const call = await world.callIn("cal_1");
    await world.soon(() => world.desk("ann").state === "ringing");
    world.edge.hangUp(call);
    await world.soon(() => world.desk("ann").state !== "ringing");
    expect(world.edge.sent("stopRinging")).toMatchObject([{ phoneId: DESK_PHONE }]);
    world.edge.devicePickedUp(DESK_PHONE);
    await world.soon(() => world.edge.sent("releasePhone").length === 1);
  });

  it("can be changed for another any time but in a call; one of somebody else's, never", async () => {
    await annAtDeskPhone();
    const call = await world.callIn("cal_1");
    await world.soon(() => world.desk("ann").state === "ringing");
    await expect(world.call("deskPhonePut", "ann", {}, { deviceId: null })).rejects.toMatchObject({ code: "wrongState" });
    world.edge.devicePickedUp(DESK_PHONE);
    await world.soon(() => world.desk("ann").state === "talking");
    await expect(world.call("deskPhoneCall", "ann", {}, undefined)).rejects.toMatchObject({ code: "wrongState" });
    // The phone is gone: it can be called again, or another one takes the talk over.
    world.edge.mediaLost(call);
    await world.soon(() => world.desk("ann").contact?.mediaLostSince !== null);
    await world.call("deskPhoneCall", "ann", {}, undefined);
    expect(world.edge.sent("callPhone")).toMatchObject([{ phoneId: DESK_PHONE, personId: "per_ann" }]);
    await world.call("deskPhonePut", "ann", {}, { deviceId: null });
    expect(world.desk("ann").device).toBeNull();
  });
});
