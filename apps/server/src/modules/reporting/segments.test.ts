import { createPrng, type Prng } from "@allo/kernel";
import type {
  CallId,
  ContactId,
  NumberId,
  OfferId,
  OrganisationId,
  PersonId,
  PhoneId,
  ProjectId,
  QueueId,
  WrapUpCodeId,
} from "@allo/kernel";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  CONTACT_EVENT_VERSION,
  evolveContact,
  foldContact,
  stepContact,
  type ContactEvent,
  type ContactEventBody,
  type ContactFacts,
  type ContactStimulus,
} from "../contacts/index.ts";
import { addCounters, countSegment, noCounters, type Counters } from "./core/kpi.ts";
import { Today } from "./core/today.ts";
import { segmentsOf } from "./segments.ts";

const START = Date.UTC(2026, 4, 20, 9);
const queues = ["que_a", "que_b"] as unknown as readonly QueueId[];
const agents = ["per_ann", "per_bob"] as unknown as readonly PersonId[];
const arrival = (queueId: QueueId): ContactEventBody => ({
  kind: "contactArrived",
  channel: "voice",
  callId: "cal_1" as CallId,
  edge: { node: "edge", epoch: 1 },
  numberId: "num_1" as NumberId,
  queueId,
  language: "en",
  priority: 0,
  requirements: [],
  caller: "anonymous",
  callerIndex: null,
  transport: "UDP",
  deviceId: null,
  policy: { record: false, serviceLevelMs: 20_000, shortAbandonMs: 5_000, musicAudioId: "music.main", wrapUpMs: 60_000 },
});

/** Anything that may happen to a contact, whether it fits or not: the machine decides. */
function anyStimulus(prng: Prng, facts: ContactFacts, at: number): ContactStimulus {
  const agentId = agents[prng.below(2)]!;
  const offerId = facts.phase.kind === "ringing" && prng.below(5) > 0 ? facts.phase.offerId : (`off_${prng.below(1_000)}` as OfferId);
  const { queueId } = facts;
  const causes = [
    { by: "caller", why: "hungUp" },
    { by: "system", why: "technical" },
    { by: "unknown", why: "lineDropped" },
    { by: "system", why: "edgeLost" },
  ] as const;
  const all: readonly ContactStimulus[] = [
    { kind: "callAnswered" },
    { kind: "greetingEnded", completed: true },
    { kind: "routerEnqueued", queueId, position: 1 },
    { kind: "routerEnqueued", queueId, position: 1 },
    { kind: "routerRefused", cause: "nobodySignedIn" },
    { kind: "routerExpired" },
    {
      kind: "offered",
      offerId: `off_${prng.below(1_000)}` as OfferId,
      agentId,
      queueId,
      expiresAt: at + 20_000,
      journalPosition: 1,
      reason: { level: 1, idleMs: 1, eligible: 1, again: false, passedOver: [], passedOverRest: 0 },
    },
    { kind: "offerWithdrawn", offerId, agentId, cause: "notAnswered" },
    { kind: "requeued", queueId, cause: "agentLegLost" },
    { kind: "connect", offerId, agentId },
    { kind: "callBridged", offerId, phoneId: "phn_1" as PhoneId },
    { kind: "callBridged", offerId, phoneId: "phn_1" as PhoneId },
    { kind: "bridgeFailed", offerId, reason: "noMedia" },
    { kind: "callHeld" },
    { kind: "callResumed" },
    { kind: "agentMediaLost" },
    { kind: "agentMediaRestored" },
    { kind: "soundReported", agentId, findings: ["callerNothing"] },
    { kind: "callEnded", cause: causes[prng.below(4)]!, figures: null },
    { kind: "wrapUpStarted", agentId, until: at + 60_000 },
    { kind: "wrapUpEnded", how: "done" },
    { kind: "wrapUpSkipped" },
    { kind: "coded", agentId, wrapUpCodeId: "wuc_1" as WrapUpCodeId },
  ];
  return all[prng.below(all.length)]!;
}

/** The log of one contact by chance, and every state on its way. */
function randomContact(prng: Prng, id: number): { readonly events: readonly ContactEvent[]; readonly states: readonly ContactFacts[] } {
  const events: ContactEvent[] = [];
  const states: ContactFacts[] = [];
  let at = START + prng.below(3_600_000);
  let facts: ContactFacts | null = null;
  const add = (body: ContactEventBody): void => {
    const event: ContactEvent = {
      organisationId: "org_1" as OrganisationId,
      projectId: "prj_1" as ProjectId,
      contactId: `con_${id}` as ContactId,
      sequence: events.length + 1,
      at,
      schemaVersion: CONTACT_EVENT_VERSION,
      writer: { node: "core", epoch: 1 },
      source: null,
      body,
      sealed: null,
    };
    events.push(event);
    facts = evolveContact(facts, event);
    states.push(facts);
  };
  add(arrival(queues[prng.below(2)]!));
  for (let step = 0; step < 60; step += 1) {
    at += prng.below(8_000);
    for (const body of stepContact(facts!, anyStimulus(prng, facts!, at), at).events) add(body);
  }
  return { events, states };
}

const sum = (all: readonly ContactFacts[]): Counters => all.flatMap(segmentsOf).map(countSegment).reduce(addCounters, noCounters);

describe("facts from random logs", () => {
  it("have every offered contact in one outcome, none open once all are closed, and times that fit", () => {
    let closedCount = 0;
    let exits = new Set<string>();
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const prng = createPrng(String(seed));
        const contacts = Array.from({ length: 8 }, (_, i) => randomContact(prng.child(`contact ${i}`), i));
        for (const { states } of contacts) {
          for (const facts of states) {
            const c = sum([facts]);
            expect(c.answered + c.abandoned + c.flowedOut + c.refused + c.systemDisconnected + c.open).toBe(c.offered);
            for (const segment of segmentsOf(facts)) {
              expect(segment.answeredAt === null || segment.answeredAt >= segment.enqueuedAt).toBe(true);
              expect(segment.exitAt === null || segment.exitAt >= (segment.answeredAt ?? segment.enqueuedAt)).toBe(true);
              expect(segment.holdMs <= segment.connectedMs || segment.exit === null).toBe(true);
              exits = exits.add(String(segment.exit));
            }
            if (facts.phase.kind !== "closed") continue;
            closedCount += 1;
            expect(c.open).toBe(0);
            expect(segmentsOf(facts).every(({ final }) => final)).toBe(true);
          }
          // What is read back from the log counts the same as what was kept along the way.
          expect(segmentsOf(foldContact(contacts[0]!.events)!)).toEqual(segmentsOf(contacts[0]!.states.at(-1)!));
          const last = states.at(-1)!;
          const talked = segmentsOf(last).reduce((total, segment) => total + segment.connectedMs, 0);
          if (last.phase.kind === "closed")
            expect([talked, segmentsOf(last).reduce((total, segment) => total + segment.holdMs, 0)]).toEqual([last.talkMs, last.holdMs]);
        }
      }),
      { numRuns: 60 },
    );
    expect(closedCount).toBeGreaterThan(100);
    expect([...exits].toSorted()).toEqual(["abandoned", "abandonedAlerting", "answered", "flowOut", "null", "refused", "systemDisconnect"]);
  });

  it("give the same sums for today kept step by step as counted anew", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const prng = createPrng(String(seed));
        const contacts = Array.from({ length: 6 }, (_, i) => randomContact(prng.child(`contact ${i}`), i));
        const kept = new Today("Asia/Tehran", START);
        const anew = new Today("Asia/Tehran", START);
        // Every state in turn, some twice, contacts interleaved.
        const steps = contacts
          .flatMap(({ states }) => states.map((facts, place) => ({ facts, place: place + prng.next() })))
          .toSorted((a, b) => a.place - b.place);
        for (const { facts } of steps)
          for (let times = 1 + prng.below(2); times > 0; times -= 1) kept.put(facts.contactId, segmentsOf(facts));
        for (const { states } of contacts) anew.put(states.at(-1)!.contactId, segmentsOf(states.at(-1)!));
        for (const queueId of queues) expect(kept.of(queueId)).toEqual(anew.of(queueId));
      }),
      { numRuns: 60 },
    );
  });

  it("count on the day of enqueueing, and nothing of yesterday after midnight", () => {
    const prng = createPrng("7");
    const today = new Today("UTC", START);
    for (let i = 0; i < 20; i += 1) today.put(`con_${i}`, segmentsOf(randomContact(prng.child(String(i)), i).states.at(-1)!));
    const offered = queues.map((queueId) => today.of(queueId).offered).reduce((a, b) => a + b);
    expect(offered).toBeGreaterThan(0);
    const midnight = today.day.to;
    today.roll(midnight - 1);
    expect(queues.map((queueId) => today.of(queueId).offered).reduce((a, b) => a + b)).toBe(offered);
    today.roll(midnight);
    expect(queues.map((queueId) => today.of(queueId))).toEqual([noCounters, noCounters]);
    today.put("con_0", segmentsOf(randomContact(prng.child("0"), 0).states.at(-1)!));
    expect(queues.map((queueId) => today.of(queueId).offered)).toEqual([0, 0]);
  });
});

it("takes a talk without sound, and the rings she missed of it, from her figures and from nobody else's", () => {
  const [ann, bob] = agents as readonly [PersonId, PersonId];
  let facts: ContactFacts | null = null;
  let sequence = 0;
  const add = (body: ContactEventBody): void => {
    sequence += 1;
    facts = evolveContact(facts, {
      organisationId: "org_1" as OrganisationId,
      projectId: "prj_1" as ProjectId,
      contactId: "con_1" as ContactId,
      sequence,
      at: START + sequence * 1_000,
      schemaVersion: CONTACT_EVENT_VERSION,
      writer: { node: "core", epoch: 1 },
      source: null,
      body,
      sealed: null,
    });
  };
  const queueId = queues[0]!;
  const offer = (offerId: string, agentId: PersonId): ContactEventBody => ({
    kind: "offered",
    offerId: offerId as OfferId,
    agentId,
    queueId,
    expiresAt: START + 60_000,
    journalPosition: 1,
    reason: { level: 1, idleMs: 1, eligible: 1, again: false, passedOver: [], passedOverRest: 0 },
  });
  const missed = (offerId: string, agentId: PersonId): ContactEventBody => ({
    kind: "offerWithdrawn",
    offerId: offerId as OfferId,
    agentId,
    cause: "notAnswered",
  });
  add(arrival(queueId));
  add({ kind: "contactQueued", queueId, enqueuedAt: START, position: 1 });
  for (const [offerId, agentId] of [
    ["off_1", ann],
    ["off_2", bob],
  ] as const) {
    add(offer(offerId, agentId));
    add(missed(offerId, agentId));
  }
  add(offer("off_3", ann));
  add({ kind: "bridged", offerId: "off_3" as OfferId, agentId: ann, phoneId: null });
  add({ kind: "soundReported", agentId: ann, findings: ["callerNothing"] });
  expect(segmentsOf(facts!)).toMatchObject([{ noSound: true, missedRings: 1, rings: 3 }]);
});
