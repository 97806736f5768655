import { describe, expect, it } from "vitest";
import type { OfferId } from "@allo/kernel";
import { agentId, BREAK, contactId, Desk, only, queueId, queueNamed, skillId } from "../test/desk.ts";
import { createRouter } from "./index.ts";
import type { RouterSnapshot } from "./index.ts";

describe("choosing an agent", () => {
  it("takes the longest idle among equal levels", () => {
    const desk = new Desk([{ name: "ann" }, { name: "bob" }]);
    desk.signIn("bob", "ann");
    const [offer] = only(desk.call("1"), "offer");
    expect(offer?.agent).toBe(agentId("bob"));
    expect(offer?.reason).toMatchObject({
      level: 1,
      eligible: 2,
      again: false,
      passedOver: [{ agent: agentId("ann"), code: "shorterIdle" }],
    });
  });

  it("takes the higher level before the longer idle, and who meets the requirement before both", () => {
    const desk = new Desk([{ name: "old" }, { name: "best", queues: { a: 5 } }, { name: "fa", queues: { a: 2 }, skills: { fa: 3 } }]);
    desk.signIn("old", "best", "fa");
    const [skilled] = only(desk.call("1", { requirements: [{ skill: skillId("fa"), level: 3 }] }), "offer");
    expect(skilled?.agent).toBe(agentId("fa"));
    expect(skilled?.reason.eligible).toBe(1);
    expect(skilled?.reason.passedOver).toEqual([
      { agent: agentId("best"), code: "lacksSkill" },
      { agent: agentId("old"), code: "lacksSkill" },
    ]);
    expect(only(desk.call("2"), "offer")[0]?.agent).toBe(agentId("best"));
  });

  it("doesn't move an agent in the order for a break", () => {
    const desk = new Desk([{ name: "ann" }, { name: "bob" }]);
    desk.signIn("ann", "bob");
    for (const name of ["ann", "bob", "bob"]) {
      // bob toggles twice, ann once and last
      desk.send({ kind: "notReadyRequested", agent: agentId(name), reasonId: BREAK, by: "agent" });
      desk.send({ kind: "readyRequested", agent: agentId(name) });
      desk.pass(5);
    }
    expect(only(desk.call("1"), "offer")[0]?.agent).toBe(agentId("ann"));
  });

  it("shows a ready agent without a proven media path as unreachable and gives them nothing", () => {
    const desk = new Desk([{ name: "ann" }]);
    desk.send({ kind: "agentSignedIn", agent: agentId("ann"), mediaProven: false });
    desk.send({ kind: "readyRequested", agent: agentId("ann") });
    expect(only(desk.call("1"), "offer")).toEqual([]);
    expect(desk.agent("ann")).toMatchObject({ state: { kind: "ready" }, unavailable: "mediaNotProven" });
    expect(desk.router.whyWaiting(contactId("1"))?.agents).toEqual([{ agent: agentId("ann"), code: "mediaNotProven" }]);
    expect(only(desk.send({ kind: "mediaPath", agent: agentId("ann"), proven: true }), "offer")).toHaveLength(1);
  });

  it("caps the reason's list and counts the rest", () => {
    const names = Array.from({ length: 30 }, (_, n) => `n${String(n).padStart(2, "0")}`);
    const desk = new Desk(names.map((name) => ({ name })));
    desk.signIn(...names);
    const [offer] = only(desk.call("1"), "offer");
    expect(offer?.reason).toMatchObject({ eligible: 30, passedOverRest: 21 });
    expect(offer?.reason.passedOver).toHaveLength(8);
  });

  it("says for each member why a contact waits", () => {
    const desk = new Desk([{ name: "brk" }, { name: "lack" }, { name: "off" }, { name: "ring", skills: { fa: 5 } }]);
    desk.signIn("brk", "ring");
    desk.send({ kind: "notReadyRequested", agent: agentId("brk"), reasonId: BREAK, by: "agent" });
    desk.call("1");
    desk.signIn("lack");
    desk.call("2", { requirements: [{ skill: skillId("fa"), level: 1 }] });
    expect(desk.router.whyWaiting(contactId("2"))).toMatchObject({
      position: 1,
      agents: [
        { agent: agentId("brk"), code: "notReady:rsn_break" },
        { agent: agentId("lack"), code: "lacksSkill" },
        { agent: agentId("off"), code: "offline" },
        { agent: agentId("ring"), code: "ringing" },
      ],
    });
  });
});

describe("the order of contacts", () => {
  it("is score, then the time of entering, over all queues of the agent", () => {
    const queues = [queueNamed("a", { wrapUpMs: 0 }), queueNamed("b", { priority: 5, wrapUpMs: 0 })];
    const desk = new Desk([{ name: "ann", queues: { a: 1, b: 1 } }], queues);
    desk.signIn("ann");
    desk.call("first");
    desk.answer("ann");
    desk.call("a1");
    desk.call("a2", { priority: 10 });
    desk.call("b1", { queue: "b" });
    desk.call("a0", { enqueuedAt: desk.now - 60_000 });
    const served: string[] = [];
    for (let current = "first"; served.length < 4; current = served.at(-1) ?? "") {
      desk.send({ kind: "contactEnded", contact: contactId(current) });
      const state = desk.state("ann");
      served.push(state.kind === "ringing" ? state.contact.slice(4) : state.kind);
      desk.answer("ann");
    }
    expect(served).toEqual(["a2", "b1", "a0", "a1"]);
  });
});

describe("an offer", () => {
  it("is claimed once, by whom it was made to, in its time", () => {
    const desk = new Desk([{ name: "ann" }, { name: "bob" }]);
    desk.signIn("ann", "bob");
    desk.call("1");
    const offer = desk.offerTo("ann");
    const refusal = (name: string, which: OfferId = offer): unknown =>
      only(desk.send({ kind: "offerAccepted", offer: which, agent: agentId(name) }), "acceptRefused")[0]?.reason;
    expect(refusal("bob")).toBe("notYours");
    expect(refusal("ann", "off_t_99" as OfferId)).toBe("unknownOffer");
    expect(only(desk.accept("ann"), "connect")).toEqual([{ kind: "connect", contact: contactId("1"), agent: agentId("ann"), offer }]);
    expect(refusal("ann")).toBe("alreadyAccepted");
    desk.send({ kind: "bridged", contact: contactId("1") });
    expect(refusal("ann")).toBe("alreadyAccepted");
  });

  it("is refused as expired at the lease's end, before and after its timer", () => {
    const desk = new Desk([{ name: "ann" }]);
    desk.signIn("ann");
    desk.call("1");
    const offer = desk.offerTo("ann");
    const answeredAt = desk.now;
    desk.now += 20_000;
    expect(only(desk.send({ kind: "offerAccepted", offer, agent: agentId("ann") }), "acceptRefused")[0]?.reason).toBe("expired");
    desk.now = answeredAt;
    desk.pass(25);
    expect(only(desk.send({ kind: "offerAccepted", offer, agent: agentId("ann") }), "acceptRefused")[0]?.reason).toBe("expired");
  });

  it("that is missed sends the caller to the head, to another agent, and counts", () => {
    const desk = new Desk([{ name: "ann" }, { name: "bob" }]);
    desk.signIn("ann");
    desk.call("1");
    desk.call("2");
    desk.signIn("bob");
    expect(desk.state("bob")).toMatchObject({ contact: contactId("2") });
    const commands = desk.pass(20);
    expect(only(commands, "missedRing")).toMatchObject([
      { agent: agentId("ann"), count: 1, max: 2, how: "notAnswered" },
      { agent: agentId("bob") },
    ]);
    expect(only(commands, "contactRequeued")[0]).toMatchObject({ contact: contactId("1"), toHead: true, cause: "notAnswered" });
    expect(desk.state("ann")).toMatchObject({ kind: "ringing", contact: contactId("2") });
    expect(desk.state("bob")).toMatchObject({ kind: "ringing", contact: contactId("1") });
  });

  it("goes again to the only agent after the named delay, and says so", () => {
    const desk = new Desk([{ name: "ann" }], [queueNamed("a", { missedRingsMax: 5 })]);
    desk.signIn("ann");
    desk.call("1");
    expect(only(desk.pass(20), "offer")).toEqual([]);
    expect(desk.router.whyWaiting(contactId("1"))?.agents[0]?.code).toBe("missedThisContact");
    const [again] = only(desk.pass(10), "offer");
    expect(again).toMatchObject({ agent: agentId("ann"), reason: { again: true } });
  });

  it("missed too often in a row makes the agent not ready, with the reason; a talk starts the count again", () => {
    const desk = new Desk([{ name: "ann" }]);
    desk.signIn("ann");
    desk.call("1");
    desk.pass(30);
    desk.answer("ann");
    expect(desk.agent("ann").missedRings).toBe(0);
    desk.send({ kind: "contactEnded", contact: contactId("1") });
    desk.send({ kind: "wrapUpDone", agent: agentId("ann"), contact: contactId("1") });
    desk.call("2");
    const commands = desk.pass(50);
    expect(only(commands, "agentChanged").at(-1)).toMatchObject({
      to: { kind: "notReady", reason: "afterMissedRings" },
      cause: { by: "system", why: "afterMissedRings" },
    });
    desk.send({ kind: "readyRequested", agent: agentId("ann") });
    expect(desk.agent("ann").missedRings).toBe(0);
  });

  it("declined counts, unless the queue says otherwise", () => {
    for (const [declineCountsAsMissed, kind] of [
      [true, "notReady"],
      [false, "ready"],
    ] as const) {
      const desk = new Desk([{ name: "ann" }], [queueNamed("a", { missedRingsMax: 1, declineCountsAsMissed })]);
      desk.signIn("ann");
      desk.call("1");
      const commands = desk.send({ kind: "offerDeclined", offer: desk.offerTo("ann"), agent: agentId("ann") });
      expect(only(commands, "withdrawOffer")[0]?.cause).toBe("declined");
      expect(desk.state("ann").kind).toBe(kind);
    }
  });

  it("is withdrawn without blame when the caller leaves, the agent signs out or the media path dies", () => {
    for (const how of ["caller", "signOut", "media"] as const) {
      const desk = new Desk([{ name: "ann" }, { name: "bob" }]);
      desk.signIn("ann");
      desk.call("1");
      const commands =
        how === "caller"
          ? desk.send({ kind: "contactLeft", contact: contactId("1"), cause: "abandoned" })
          : how === "signOut"
            ? desk.send({ kind: "agentSignedOut", agent: agentId("ann") })
            : desk.send({ kind: "mediaPath", agent: agentId("ann"), proven: false });
      expect(only(commands, "missedRing")).toEqual([]);
      expect(only(commands, "withdrawOffer")).toHaveLength(1);
      expect(desk.agent("ann")).toMatchObject({ missedRings: 0, state: { kind: how === "signOut" ? "offline" : "ready" } });
      expect(desk.waiting()).toEqual(how === "caller" ? [] : ["1"]);
    }
  });

  it("whose bridge fails or never comes returns the caller to the head", () => {
    const desk = new Desk([{ name: "ann" }]);
    desk.signIn("ann");
    desk.call("1");
    desk.accept("ann");
    expect(only(desk.pass(10), "contactRequeued")[0]?.cause).toBe("bridgeTimedOut");
    expect(desk.agent("ann").missedRings).toBe(0);
    desk.pass(10);
    desk.accept("ann");
    const failed = desk.send({ kind: "bridgeFailed", contact: contactId("1"), blame: "agent" });
    expect(only(failed, "missedRing")[0]?.how).toBe("bridgeFailed");
    desk.pass(10);
    desk.accept("ann");
    expect(only(desk.send({ kind: "bridgeFailed", contact: contactId("1"), blame: "caller" }), "contactRequeued")).toEqual([]);
    expect(desk.waiting()).toEqual([]);
  });
});

describe("entering a queue", () => {
  it("is refused with its cause", () => {
    const desk = new Desk([{ name: "ann" }], [queueNamed("a", { sizeMax: 1 })]);
    const cause = (name: string, queue = "a"): unknown => only(desk.call(name, { queue }), "refuseContact")[0]?.cause;
    expect(cause("1")).toBe("nobodySignedIn");
    expect(cause("1", "other")).toBe("unknownQueue");
    desk.send({ kind: "agentSignedIn", agent: agentId("ann"), mediaProven: true });
    expect(cause("2")).toBeUndefined();
    expect(cause("3")).toBe("queueFull");
  });

  it("with not-ready agents only is refused where the queue says so", () => {
    const desk = new Desk([{ name: "ann" }], [queueNamed("a", { notReadyCountsAsSignedIn: false })]);
    desk.send({ kind: "agentSignedIn", agent: agentId("ann"), mediaProven: true });
    expect(only(desk.call("1"), "refuseContact")[0]?.cause).toBe("nobodySignedIn");
  });

  it("a full queue still gives a caller to an agent who is free", () => {
    const desk = new Desk([{ name: "ann" }], [queueNamed("a", { sizeMax: 0 })]);
    desk.signIn("ann");
    expect(only(desk.call("1"), "offer")).toHaveLength(1);
    expect(only(desk.call("2"), "refuseContact")[0]?.cause).toBe("queueFull");
  });

  it("ends at the longest wait; a ring in progress is heard out first", () => {
    const desk = new Desk([{ name: "ann" }], [queueNamed("a", { waitMaxMs: 30_000 })]);
    desk.signIn("ann");
    desk.call("1");
    desk.call("2");
    desk.pass(29);
    expect(desk.waiting()).toEqual(["1", "2"]);
    const commands = desk.pass(2);
    expect(only(commands, "expireContact")).toMatchObject([{ contact: contactId("1"), cause: "longestWaitPassed" }]);
    expect(desk.waiting()).toEqual(["2"]); // it rings
    expect(only(desk.pass(20), "expireContact")).toMatchObject([{ contact: contactId("2"), cause: "longestWaitPassed" }]);
  });

  it("is held back by the cap on talks, which is used again as soon as one ends", () => {
    const desk = new Desk([{ name: "ann" }, { name: "bob" }], [queueNamed("a", { talkingMax: 1 })]);
    desk.signIn("ann", "bob");
    desk.call("1");
    desk.call("2");
    expect(desk.router.whyWaiting(contactId("2"))?.agents).toContainEqual({ agent: agentId("bob"), code: "queueAtCapacity" });
    desk.answer("ann");
    expect(only(desk.send({ kind: "contactEnded", contact: contactId("1") }), "offer")[0]?.agent).toBe(agentId("bob"));
  });
});

describe("wrap-up and wishes", () => {
  const talking = (): Desk => {
    const desk = new Desk([{ name: "ann", queues: { a: 1, b: 1 } }], [queueNamed("a"), queueNamed("b")]);
    desk.signIn("ann");
    desk.call("1");
    desk.answer("ann");
    return desk;
  };

  it("a break chosen during the talk begins after wrap-up, and can be called off", () => {
    const desk = talking();
    desk.send({ kind: "notReadyRequested", agent: agentId("ann"), reasonId: BREAK, by: "agent" });
    expect(desk.agent("ann")).toMatchObject({ state: { kind: "talking" }, pending: { kind: "notReady", reason: BREAK } });
    desk.send({ kind: "contactEnded", contact: contactId("1") });
    desk.send({ kind: "wrapUpDone", agent: agentId("ann"), contact: contactId("1") });
    expect(desk.state("ann")).toEqual({ kind: "notReady", reason: BREAK });
    const other = talking();
    other.send({ kind: "notReadyRequested", agent: agentId("ann"), reasonId: BREAK, by: "agent" });
    other.send({ kind: "readyRequested", agent: agentId("ann") });
    other.send({ kind: "contactEnded", contact: contactId("1") });
    other.send({ kind: "wrapUpDone", agent: agentId("ann"), contact: contactId("1") });
    expect(other.state("ann")).toEqual({ kind: "ready" });
  });

  it("wrap-up belongs to the agent: no queue cuts it short, its limit ends it, one extension moves it", () => {
    const desk = talking();
    desk.send({ kind: "contactEnded", contact: contactId("1") });
    desk.call("2", { queue: "b" });
    expect(desk.state("ann").kind).toBe("wrapUp");
    const wrapUp = { agent: agentId("ann"), contact: contactId("1") };
    expect(only(desk.send({ kind: "wrapUpExtended", ...wrapUp }), "armTimer")).toHaveLength(1);
    expect(only(desk.send({ kind: "wrapUpExtended", ...wrapUp }), "inputIgnored")[0]?.why).toBe("alreadyExtended");
    desk.pass(80);
    expect(desk.state("ann").kind).toBe("wrapUp");
    const commands = desk.pass(15);
    expect(only(commands, "wrapUpEnded")[0]?.how).toBe("limit");
    expect(desk.state("ann")).toMatchObject({ kind: "ringing", contact: contactId("2") });
  });

  it("signing out in a talk waits for its end; in wrap-up it ends it", () => {
    const desk = talking();
    desk.send({ kind: "agentSignedOut", agent: agentId("ann") });
    expect(desk.agent("ann")).toMatchObject({ state: { kind: "talking" }, pending: { kind: "offline" } });
    const commands = desk.send({ kind: "contactEnded", contact: contactId("1") });
    expect(only(commands, "wrapUpEnded")[0]?.how).toBe("signedOut");
    expect(desk.state("ann")).toEqual({ kind: "offline" });
  });

  it("a supervisor forces a break, an agent must name a reason", () => {
    const desk = new Desk([{ name: "ann" }]);
    desk.signIn("ann");
    const ask = (by: "agent" | "supervisor") => desk.send({ kind: "notReadyRequested", agent: agentId("ann"), reasonId: null, by });
    expect(only(ask("agent"), "inputIgnored")[0]?.why).toBe("reasonMissing");
    expect(only(ask("supervisor"), "agentChanged")[0]).toMatchObject({ to: { reason: "supervisorForced" }, cause: { by: "supervisor" } });
  });

  it("a lost agent leg returns the caller to the head with a new longest wait and stops the agent", () => {
    const desk = talking();
    desk.pass(550);
    desk.call("2");
    desk.send({ kind: "agentMediaLost", contact: contactId("1") });
    expect(desk.state("ann")).toMatchObject({ kind: "talking", mediaLost: true });
    const commands = desk.send({ kind: "agentLegLost", contact: contactId("1") });
    expect(only(commands, "wrapUpStarted")).toEqual([]);
    expect(desk.state("ann")).toEqual({ kind: "notReady", reason: "connectionLost" });
    expect(desk.waiting()).toEqual(["1", "2"]);
    expect(only(desk.pass(300), "expireContact")).toEqual([]);
  });
});

describe("configuration", () => {
  it("acts at once: a new member gets the waiting contact, a vanished queue's callers are told", () => {
    const desk = new Desk([{ name: "ann" }, { name: "bob", queues: {} }], [queueNamed("a"), queueNamed("b")]);
    desk.signIn("bob");
    desk.send({ kind: "agentSignedIn", agent: agentId("ann"), mediaProven: true });
    desk.call("1");
    expect(only(desk.configure([{ name: "ann" }, { name: "bob", queues: { a: 1 } }]), "offer")[0]?.agent).toBe(agentId("bob"));
    desk.call("2");
    const commands = desk.configure([{ name: "ann" }, { name: "bob" }], [queueNamed("b")]);
    expect(only(commands, "expireContact")).toMatchObject([
      { contact: contactId("1"), cause: "queueRetired" },
      { contact: contactId("2") },
    ]);
    expect(desk.state("bob").kind).toBe("ready");
  });

  it("a talk through a vanished queue ends with its wrap-up", () => {
    const desk = new Desk([{ name: "ann" }], [queueNamed("a", { wrapUpMs: 5_000 })]);
    desk.signIn("ann");
    desk.call("1");
    desk.answer("ann");
    desk.configure([{ name: "ann", queues: {} }], []);
    expect(desk.router.snapshot().retiredQueues).toHaveLength(1);
    desk.send({ kind: "contactEnded", contact: contactId("1") });
    expect(only(desk.pass(5), "wrapUpEnded")[0]?.how).toBe("limit");
    expect(desk.router.snapshot().retiredQueues).toEqual([]);
  });
});

describe("after a restart", () => {
  it("arms every timer again, keeps the talks, and settles what the edge knows better", () => {
    const desk = new Desk([{ name: "ann" }, { name: "bob" }, { name: "cat" }]);
    desk.signIn("ann", "bob", "cat");
    desk.call("talk");
    desk.answer("ann");
    desk.call("lost");
    desk.call("rings");
    desk.call("waits");
    desk.router = createRouter({ epoch: "ignored", snapshot: JSON.parse(JSON.stringify(desk.router.snapshot())) as RouterSnapshot });
    const timers = desk.router.snapshot().timers.map((t) => t.timer);
    const commands = desk.send({
      kind: "epochRecovered",
      epoch: "t2",
      openContacts: [
        { contact: contactId("talk"), phase: "talking", agent: agentId("ann") },
        { contact: contactId("rings"), phase: "talking", agent: agentId("cat") }, // bridged while the core was down
        { contact: contactId("waits"), phase: "waiting" },
        { contact: contactId("new"), phase: "waiting" },
      ],
    });
    expect(only(commands, "armTimer").map((c) => c.timer)).toEqual(expect.arrayContaining(timers));
    expect(only(commands, "contactLost")).toEqual([
      { kind: "contactLost", contact: contactId("lost"), phase: "ringing", agent: agentId("bob") },
    ]);
    expect(only(commands, "contactUnknown")).toEqual([{ kind: "contactUnknown", contact: contactId("new") }]);
    expect(desk.state("ann")).toMatchObject({ kind: "talking", contact: contactId("talk") });
    expect(desk.state("cat")).toMatchObject({ kind: "talking", contact: contactId("rings") });
    expect(only(commands, "offer")).toMatchObject([{ offer: "off_t2_1", contact: contactId("waits"), agent: agentId("bob") }]);
  });

  it("with nothing left of the journal, a talk told with its queue is adopted and ends with its wrap-up", () => {
    const desk = new Desk([{ name: "ann" }]);
    desk.router = createRouter({ epoch: "t2" });
    desk.send({
      kind: "epochRecovered",
      epoch: "t2",
      openContacts: [
        { contact: contactId("1"), phase: "talking", agent: agentId("ann"), queue: queueId("a") },
        { contact: contactId("2"), phase: "talking", agent: agentId("bob") },
      ],
    });
    expect(only(desk.log, "contactUnknown")).toEqual([{ kind: "contactUnknown", contact: contactId("2") }]);
    desk.configure([{ name: "ann" }]);
    desk.send({ kind: "agentSignedIn", agent: agentId("ann"), mediaProven: true });
    expect(desk.agent("ann")).toMatchObject({ state: { kind: "talking", contact: contactId("1") }, pending: null });
    desk.send({ kind: "contactEnded", contact: contactId("1") });
    expect(desk.state("ann").kind).toBe("wrapUp");
  });

  it("a stale timer is dropped by its token", () => {
    const desk = new Desk([{ name: "ann" }]);
    desk.signIn("ann");
    const [arm] = only(desk.call("1"), "armTimer");
    const commands = desk.send({ kind: "timerFired", timer: arm?.timer ?? `wait:${contactId("1")}`, token: 999 });
    expect(commands).toEqual([{ kind: "inputIgnored", input: "timerFired", why: "staleTimer" }]);
  });

  it("the same inputs give the same bytes", () => {
    const run = (): Desk => {
      const desk = new Desk([{ name: "ann" }, { name: "bob" }]);
      desk.signIn("ann", "bob");
      desk.call("1");
      desk.call("2");
      desk.call("3");
      desk.answer("ann");
      desk.pass(100);
      return desk;
    };
    const first = run();
    const replay = createRouter({ epoch: "t" });
    const commands = first.inputs.flatMap((input) => replay.handle(input));
    expect(JSON.stringify(commands)).toBe(JSON.stringify(first.log));
    expect(JSON.stringify(replay.snapshot())).toBe(JSON.stringify(first.router.snapshot()));
  });
});

it("a queue seen live shows its waiting in order and its people", () => {
  const desk = new Desk([{ name: "ann" }]);
  desk.signIn("ann");
  desk.call("1");
  desk.call("2");
  expect(desk.router.view().agents).toEqual([desk.router.agent(agentId("ann"))]);
  expect(desk.router.agent(agentId("bob"))).toBeUndefined();
  expect(desk.router.view().queues).toMatchObject([
    {
      queue: queueId("a"),
      talking: 0,
      signedIn: 1,
      available: 0,
      waiting: [
        { contact: contactId("1"), agent: agentId("ann") },
        { contact: contactId("2"), agent: null },
      ],
    },
  ]);
});

describe("a contact for one agent alone", () => {
  const two = [{ name: "ann" }, { name: "bob", queues: {} }];

  it("rings at that agent, member of the queue or not, though another is ready", () => {
    const desk = new Desk(two);
    desk.signIn("ann", "bob");
    const [offer] = only(desk.call("t", { only: "bob" }), "offer");
    expect(offer).toMatchObject({ agent: agentId("bob"), reason: { eligible: 1, passedOver: [] } });
    expect(desk.state("ann").kind).toBe("ready");
    expect(desk.waiting()).toEqual([]);
    desk.answer("bob");
    desk.send({ kind: "contactEnded", contact: contactId("t") });
    expect(desk.state("bob").kind).toBe("wrapUp");
  });

  it("waits while that agent can't have it, is given to nobody else, and comes first when that agent is back", () => {
    const desk = new Desk([{ name: "ann" }, { name: "bob" }]);
    desk.signIn("ann", "bob");
    desk.send({ kind: "notReadyRequested", agent: agentId("bob"), reasonId: BREAK, by: "agent" });
    desk.call("t", { only: "bob" });
    desk.call("1");
    desk.call("2");
    expect(desk.router.whyWaiting(contactId("t"))).toMatchObject({
      position: 1,
      agents: [{ agent: agentId("bob"), code: `notReady:${BREAK}` }],
    });
    expect(desk.waiting()).toEqual(["1", "2"]);
    const [offer] = only(desk.send({ kind: "readyRequested", agent: agentId("bob") }), "offer");
    expect(offer?.contact).toBe(contactId("t"));
  });

  it("fills no place of the queue, is refused only where that agent isn't there, and expires as others do", () => {
    const desk = new Desk([{ name: "ann" }, { name: "bob" }], [queueNamed("a", { sizeMax: 1, waitMaxMs: 30_000, talkingMax: 1 })]);
    desk.signIn("ann");
    expect(only(desk.call("gone", { only: "bob" }), "refuseContact")).toMatchObject([{ cause: "nobodySignedIn" }]);
    desk.send({ kind: "notReadyRequested", agent: agentId("ann"), reasonId: BREAK, by: "agent" });
    desk.call("t", { only: "ann" });
    desk.call("1");
    expect(desk.waiting()).toEqual(["1"]);
    expect(only(desk.pass(31), "expireContact").map(({ contact }) => contact)).toEqual([contactId("t"), contactId("1")]);
  });

  it("stays for that agent alone through a snapshot, and a snapshot of before has none", () => {
    const desk = new Desk([{ name: "ann" }, { name: "bob" }]);
    desk.signIn("ann", "bob");
    desk.send({ kind: "notReadyRequested", agent: agentId("bob"), reasonId: BREAK, by: "agent" });
    desk.call("t", { only: "bob" });
    const stored = JSON.parse(JSON.stringify(desk.router.snapshot())) as ReturnType<typeof desk.router.snapshot>;
    const again = createRouter({ epoch: "t", snapshot: stored });
    const commands = again.handle({ kind: "readyRequested", at: desk.now, agent: agentId("bob") });
    expect(only(commands, "offer")).toMatchObject([{ contact: contactId("t"), agent: agentId("bob") }]);
    desk.call("1");
    expect(desk.router.snapshot().contacts.find(({ contact }) => contact === contactId("1"))).not.toHaveProperty("onlyAgent");
  });
});

describe("a talk that begins without an offer", () => {
  const engage = { kind: "engaged", contact: contactId("help"), agent: agentId("ann"), queue: queueId("a") } as const;
  it("for help ends a ring or a wrap-up, signs in who isn't, and needs no proven phone; it waits for a talk", () => {
    const desk = new Desk([{ name: "ann" }]);
    desk.send({ ...engage, atOnce: true });
    expect(desk.agent("ann").state).toMatchObject({ kind: "talking", contact: contactId("help") });
    expect(only(desk.send({ ...engage, contact: contactId("more"), atOnce: true }), "inputIgnored")).toHaveLength(1);
    desk.send({ kind: "contactEnded", contact: contactId("help") });
    expect(desk.agent("ann").state.kind).toBe("wrapUp");
    desk.send({ ...engage, atOnce: true });
    expect(desk.agent("ann").state.kind).toBe("talking");
  });

  it("for help takes no ring along: its caller is at the head again, and nobody is blamed", () => {
    const desk = new Desk([{ name: "ann" }]);
    desk.signIn("ann");
    desk.call("1");
    const commands = desk.send({ ...engage, atOnce: true });
    expect(only(commands, "contactRequeued")).toMatchObject([{ contact: contactId("1"), toHead: true }]);
    expect(desk.agent("ann")).toMatchObject({ state: { kind: "talking", contact: contactId("help") }, missedRings: 0 });
  });

  it("from the aside by which its agent was rung is theirs, and the aside is over", () => {
    const desk = new Desk([{ name: "ann" }]);
    desk.signIn("ann");
    const aside = {
      kind: "contactQueued",
      contact: contactId("ring"),
      queue: queueId("a"),
      enqueuedAt: 0,
      priority: 0,
      requirements: [],
    } as const;
    const [offer] = only(desk.send({ ...aside, onlyAgent: agentId("ann"), isAside: true }), "offer");
    desk.send({ kind: "offerAccepted", offer: offer?.offer as OfferId, agent: agentId("ann") });
    expect(only(desk.send({ ...engage, from: contactId("ring") }), "inputIgnored")).toHaveLength(1);
    desk.send({ kind: "bridged", contact: contactId("ring") });
    desk.send({ ...engage, from: contactId("ring") });
    expect(desk.agent("ann").state).toMatchObject({ kind: "talking", contact: contactId("help") });
    desk.send({ kind: "contactEnded", contact: contactId("help") });
    expect(desk.agent("ann").state.kind).toBe("wrapUp");
  });

  it("and a contact that has had its turn is queued ahead of everyone", () => {
    const desk = new Desk([{ name: "ann" }]);
    desk.signIn("ann");
    desk.send({ ...engage, contact: contactId("busy") });
    desk.call("1");
    const again = { kind: "contactQueued", contact: contactId("2"), queue: queueId("a"), enqueuedAt: desk.now, priority: 0 } as const;
    desk.send({ ...again, requirements: [], toHead: true });
    expect(desk.router.whyWaiting(contactId("2"))?.position).toBe(1);
  });

  it("nor is one that has had its turn sent away: not from a full queue, not where nobody works now", () => {
    const desk = new Desk([{ name: "ann" }], [queueNamed("a", { sizeMax: 1 })]);
    desk.signIn("ann");
    desk.send({ ...engage, contact: contactId("busy") });
    desk.call("1");
    const again = {
      kind: "contactQueued",
      queue: queueId("a"),
      enqueuedAt: desk.now,
      priority: 0,
      requirements: [],
      toHead: true,
    } as const;
    expect(only(desk.send({ ...again, contact: contactId("2") }), "refuseContact")).toEqual([]);
    desk.send({ kind: "contactEnded", contact: contactId("busy") });
    desk.send({ kind: "agentSignedOut", agent: agentId("ann") });
    expect(only(desk.send({ ...again, contact: contactId("3") }), "refuseContact")).toEqual([]);
    expect(desk.router.whyWaiting(contactId("3"))?.position).toBe(2); // "2" came back before
  });
});
