import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { agentId, contactId, Desk, only, queueId, queueNamed } from "../test/desk.ts";
import { createRouter } from "./index.ts";
import { RankedList } from "./ranked-list.ts";
import type { RouterSnapshot } from "./index.ts";

const AGENTS = ["ann", "bob", "cat"];

/** Small numbers that the desk below reads as moves; every order of them is a possible story. */
const move = fc.record({
  what: fc.constantFrom(
    "call",
    "call",
    "callOwn",
    "accept",
    "acceptForeign",
    "acceptOld",
    "decline",
    "leave",
    "bridge",
    "fail",
    "end",
    "done",
    "pass",
    "pass",
    "toggle",
    "out",
    "media",
    "legLost",
    "ask",
    "engage",
    "takeUp",
    "handOver",
    "move",
    "park",
  ),
  who: fc.nat(2),
  which: fc.nat(5),
});
type Move = { readonly what: string; readonly who: number; readonly which: number };

class Story {
  readonly desk = new Desk(
    AGENTS.map((name) => ({ name })),
    [queueNamed("a", { wrapUpMs: 10_000, waitMaxMs: 120_000, sizeMax: 6 })],
  );
  #calls = 0;

  constructor() {
    this.desk.signIn(...AGENTS);
  }

  play({ what, who, which }: Move): void {
    const { desk } = this;
    const name = AGENTS[who] ?? "ann";
    const agent = agentId(name);
    const state = desk.state(name);
    const open = desk.router.snapshot().contacts;
    const contact = open[which % Math.max(open.length, 1)]?.contact ?? contactId("none");
    const own = "contact" in state ? state.contact : contactId("none");
    const offers = only(desk.log, "offer");
    const some = offers[offers.length - 1 - which]?.offer;
    switch (what) {
      case "call":
        this.#calls += 1;
        desk.call(String(this.#calls).padStart(3, "0"));
        return;
      case "callOwn":
        this.#calls += 1;
        desk.call(String(this.#calls).padStart(3, "0"), { only: name });
        return;
      case "accept":
        if (state.kind === "ringing") desk.accept(name);
        return;
      case "acceptForeign":
      case "acceptOld":
        if (some !== undefined) desk.send({ kind: "offerAccepted", offer: some, agent });
        return;
      case "decline":
        if (state.kind === "ringing") desk.send({ kind: "offerDeclined", offer: state.offer, agent });
        return;
      case "leave":
        desk.send({ kind: "contactLeft", contact, cause: "abandoned" });
        return;
      case "bridge":
        desk.send({ kind: "bridged", contact: own });
        return;
      case "fail":
        desk.send({ kind: "bridgeFailed", contact: own, blame: which < 3 ? "agent" : "caller" });
        return;
      case "end":
        desk.send({ kind: "contactEnded", contact: own });
        return;
      case "done":
        desk.send({ kind: "wrapUpDone", agent, contact: own });
        return;
      case "ask":
        this.#calls += 1;
        desk.send({
          kind: "contactQueued",
          contact: contactId(`aside${this.#calls}`),
          queue: queueId("a"),
          enqueuedAt: desk.now,
          priority: 0,
          requirements: [],
          onlyAgent: agent,
          isAside: true,
        });
        return;
      case "engage":
        this.#calls += 1;
        desk.send({
          kind: "engaged",
          contact: contactId(`own${this.#calls}`),
          agent,
          queue: queueId("a"),
          ...(which % 2 === 0 ? { isAside: true } : {}),
          ...(which % 3 === 1 ? { atOnce: true } : {}),
        });
        return;
      case "takeUp": {
        const from = open.filter((each) => each.isAside === true)[0]?.contact ?? contactId("none");
        this.#calls += 1;
        desk.send({ kind: "engaged", contact: contactId(`up${this.#calls}`), agent, queue: queueId("a"), from });
        return;
      }
      case "handOver": {
        const aside = open.filter((each) => each.isAside === true)[0]?.contact ?? contactId("none");
        desk.send({ kind: "handedOver", contact, aside });
        return;
      }
      case "move":
        desk.send({ kind: "contactMoved", contact: own, queue: queueId("a"), requirements: [] });
        return;
      case "park":
        desk.send({ kind: which < 3 ? "contactParked" : "dialFailed", contact: own });
        return;
      case "toggle":
        desk.send({ kind: "notReadyRequested", agent, reasonId: null, by: "supervisor" });
        desk.send({ kind: "readyRequested", agent });
        return;
      case "out":
        desk.send({ kind: "agentSignedOut", agent });
        desk.signIn(name);
        return;
      case "media":
        desk.send({ kind: "mediaPath", agent, proven: false });
        desk.send({ kind: "mediaPath", agent, proven: true });
        return;
      case "legLost":
        desk.send({ kind: "agentLegLost", contact: own });
        desk.send({ kind: "readyRequested", agent });
        return;
      default:
        desk.pass([0, 1, 7, 10, 20, 60][which] ?? 1);
    }
  }

  check(): void {
    const { contacts, agents } = this.desk.router.snapshot();
    const held = contacts.flatMap((c) => (c.phase.kind === "waiting" ? [] : [c.phase.agent]));
    expect(new Set(held).size).toBe(held.length); // nobody holds two
    for (const { agent, state } of agents) {
      if (state.kind === "ringing" || state.kind === "talking") expect(held).toContain(agent);
    }
    // What stands beside a contact never waits: it rings, is talked in, or is over.
    for (const { isAside, phase } of contacts) if (isAside === true) expect(phase.kind).not.toBe("waiting");
    for (const { onlyAgent, phase } of contacts) {
      if (onlyAgent !== undefined && phase.kind !== "waiting") expect(phase.agent).toBe(onlyAgent);
    }
    for (const c of contacts.filter((x) => x.phase.kind === "waiting")) {
      for (const a of agents) {
        if (c.onlyAgent !== undefined && c.onlyAgent !== a.agent) continue;
        const isFree = a.state.kind === "ready" && a.mediaProven && !c.missedBy.some((m) => m.agent === a.agent && m.skip);
        expect(isFree, `${a.agent} idle while ${c.contact} waits`).toBe(false);
      }
    }
  }
}

describe("in thousands of interleavings of accepting, expiring and abandoning", () => {
  it("no contact is given twice, no agent holds two, nobody idles beside a waiting caller", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(fc.array(move, { minLength: 5, maxLength: 60 }), (moves) => {
        const story = new Story();
        for (const one of moves) {
          story.play(one);
          story.check();
        }
        const claimed = only(story.desk.log, "connect").map((c) => c.offer);
        expect(new Set(claimed).size).toBe(claimed.length);
        const madeTo = new Map(only(story.desk.log, "offer").map((c) => [c.offer, c.agent]));
        for (const { offer, agent } of only(story.desk.log, "connect")) expect(agent).toBe(madeTo.get(offer));
      }),
      { numRuns: 2_000 },
    );
  });

  it("the same inputs give the same bytes, also from a snapshot in the middle", () => {
    fc.assert(
      fc.property(fc.array(move, { minLength: 2, maxLength: 40 }), fc.nat(), (moves, cut) => {
        const story = new Story();
        for (const one of moves) story.play(one);
        const { inputs, router } = story.desk;
        const middle = cut % inputs.length;
        const first = createRouter({ epoch: "t" });
        for (const input of inputs.slice(0, middle)) first.handle(input);
        const second = createRouter({ epoch: "t", snapshot: JSON.parse(JSON.stringify(first.snapshot())) as RouterSnapshot });
        for (const input of inputs.slice(middle)) expect(JSON.stringify(second.handle(input))).toBe(JSON.stringify(first.handle(input)));
        expect(JSON.stringify(second.snapshot())).toBe(JSON.stringify(router.snapshot()));
      }),
      { numRuns: 300 },
    );
  });

  it("every caller comes to an end: nobody starves", () => {
    fc.assert(
      fc.property(fc.array(move, { minLength: 5, maxLength: 60 }), (moves) => {
        const story = new Story();
        for (const one of moves) story.play(one);
        for (let n = 0; n < 400 && story.desk.router.snapshot().contacts.length > 0; n += 1) {
          for (const [who, name] of AGENTS.entries()) {
            story.desk.send({ kind: "readyRequested", agent: agentId(name) });
            for (const what of ["accept", "bridge", "end", "done"]) story.play({ what, who, which: 0 });
          }
          story.desk.pass(5);
        }
        expect(story.desk.router.snapshot().contacts).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

it("equal scores are served first in, first out, higher ones before", () => {
  const callers = fc.array(fc.record({ score: fc.nat(2), age: fc.nat(20) }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(callers, (all) => {
      const desk = new Desk([{ name: "ann" }], [queueNamed("a", { wrapUpMs: 0 })]);
      desk.send({ kind: "agentSignedIn", agent: agentId("ann"), mediaProven: true });
      const base = desk.now - 100_000;
      for (const [n, { score, age }] of all.entries()) desk.call(String(n), { priority: score, enqueuedAt: base + age });
      desk.send({ kind: "readyRequested", agent: agentId("ann") });
      const served = all.map(() => {
        desk.answer("ann");
        const state = desk.state("ann");
        if (state.kind !== "talking") return -1;
        desk.send({ kind: "contactEnded", contact: state.contact });
        return Number(state.contact.slice(4));
      });
      const right = all
        .map((c, n) => ({ ...c, n }))
        .sort((a, b) => b.score - a.score || a.age - b.age || a.n - b.n)
        .map((c) => c.n);
      expect(served).toEqual(right);
    }),
    { numRuns: 200 },
  );
});

it("a ranked list is what sorting gives", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer()), fc.array(fc.nat()), (numbers, removals) => {
      const list = new RankedList<number>((a, b) => a - b);
      for (const n of numbers) list.add(n);
      const left = new Set(numbers);
      for (const r of removals) {
        const n = numbers[r % Math.max(numbers.length, 1)];
        if (n !== undefined) expect(list.remove(n)).toBe(left.delete(n));
      }
      expect(list.entries).toEqual([...left].sort((a, b) => a - b));
    }),
  );
});
