import type { AgentView, QueueView } from "@allo/acd";
import { applyLivePatch, type FloorState, type Queue } from "@allo/contract";
import type { ContactId, OfferId, PersonId, ProjectId, QueueId, ReasonId } from "@allo/kernel";
import { describe, expect, it } from "vitest";
import { presentToday } from "../figures.ts";
import { buildFloor, floorLimits, floorPatches, type FloorInput } from "./floor.ts";
import { noCounters } from "./kpi.ts";

const text = { en: "Sales", ru: "Sales", fa: "Sales" };
const queue = (queueId: string, over: Partial<Queue> = {}): Queue => ({
  queueId,
  retired: false,
  version: 1,
  memberCount: 2,
  names: text,
  projectId: "prj_main",
  greetingWords: text,
  ringTimeoutSeconds: 20,
  waitMaxSeconds: 300,
  sizeMax: 10,
  wrapUpSeconds: 60,
  wrapUpExtensionSeconds: 0,
  missedRingsMax: 2,
  priority: 0,
  serviceLevelSeconds: 20,
  recordCalls: true,
  recordFrom: "agent",
  recordHold: false,
  maskKeysPaused: true,
  fieldPauseSeconds: 120,
  recordOutgoing: "off",
  recordOutside: false,
  recorderId: null,
  musicAudioId: "music.main",
  requirements: [],
  autoAnswer: false,
  holdReminderSeconds: 60,
  holdReminderEverySeconds: 30,
  ...over,
});
const agent = (id: string, over: Partial<AgentView> = {}): AgentView => ({
  agent: id as PersonId,
  state: { kind: "ready" },
  since: 5,
  contact: null,
  pending: null,
  mediaProven: true,
  unavailable: null,
  idleSince: 5,
  missedRings: 0,
  ...over,
});
const waiting = (id: string, enqueuedAt: number): QueueView["waiting"][number] => ({
  contact: id as ContactId,
  enqueuedAt,
  priority: 0,
  offer: null,
  agent: null,
});
const input = (over: Partial<FloorInput> = {}): FloorInput => ({
  at: 100,
  timeZone: "UTC",
  queues: [queue("que_a")],
  members: new Map([["que_a" as QueueId, [{ personId: "per_ann" }, { personId: "per_bob" }]]]),
  queueViews: [{ queue: "que_a" as QueueId, projectId: "prj_main" as ProjectId, waiting: [], talking: 0, signedIn: 1, available: 1 }],
  agentViews: [agent("per_ann")],
  nameOf: (id) => `Name of ${id}`,
  wasForced: () => false,
  todayOf: () => presentToday(noCounters, 20),
  helpAskedAt: () => null,
  parked: [],
  passedOn: [],
  readsNames: true,
  whyWaiting: () => [],
  lineOf: () => null,
  ...over,
});

describe("the floor", () => {
  it("shows members who are signed in and those who aren't", () => {
    const { agents, queues } = buildFloor(input());
    expect(agents.map(({ personId, state }) => [personId, state])).toEqual([
      ["per_ann", "ready"],
      ["per_bob", "offline"],
    ]);
    expect(queues[0]).toMatchObject({ agentsReady: 1, agentsTalking: 0, waiting: 0, oldestQueuedAt: null });
  });

  it("shows who waits, since when and why, the next ones only", () => {
    const all = Array.from({ length: floorLimits.waitingPerQueueMax + 5 }, (_, i) => waiting(`con_${i}`, 1_000 + i));
    const view: QueueView = {
      queue: "que_a" as QueueId,
      projectId: "prj_main" as ProjectId,
      waiting: all,
      talking: 0,
      signedIn: 1,
      available: 0,
    };
    const state = buildFloor(input({ queueViews: [view], whyWaiting: () => [{ agent: "per_bob" as PersonId, code: "offline" }] }));
    expect(state.queues[0]).toMatchObject({ waiting: all.length, oldestQueuedAt: 1_000 });
    expect(state.waiting).toHaveLength(floorLimits.waitingPerQueueMax);
    expect(state.waiting[0]).toEqual({
      contactId: "con_0",
      queueId: "que_a",
      queuedAt: 1_000,
      why: [{ personId: "per_bob", code: "offline" }],
    });
  });

  it("tells a chosen break from one the system made, and says on what an agent is", () => {
    const views = [
      agent("per_ann", { state: { kind: "notReady", reason: "rsn_lunch" as ReasonId } }),
      agent("per_bob", {
        state: {
          kind: "talking",
          offer: "off_1" as OfferId,
          contact: "con_1" as ContactId,
          queue: "que_a" as QueueId,
          held: true,
          mediaLost: false,
        },
        pending: { kind: "notReady", reason: "rsn_lunch" as ReasonId },
      }),
    ];
    const shown = buildFloor(input({ agentViews: views })).agents;
    expect(shown[0]).toMatchObject({ state: "notReady", reasonId: "rsn_lunch", systemCause: null });
    expect(shown[1]).toMatchObject({ state: "talking", held: true, contactId: "con_1", queueId: "que_a", pendingReasonId: "rsn_lunch" });
    const missed = buildFloor(input({ agentViews: [agent("per_ann", { state: { kind: "notReady", reason: "afterMissedRings" } })] }))
      .agents[0];
    expect(missed).toMatchObject({ reasonId: null, systemCause: "afterMissedRings" });
  });

  it("shows talks without an agent of the queues that are seen, their people only to whoever may read everyone's calls", () => {
    const talk = (id: string, queueId: string) => ({
      contactId: id as ContactId,
      queueId,
      by: "per_ann" as PersonId,
      since: 40,
      until: 90,
      customerName: "Rosa",
      callerNumber: "+14155550123",
      outsideNumber: "+14155550188",
      recording: "on" as const,
    });
    const passedOn = [talk("con_1", "que_a"), talk("con_2", "que_elsewhere")];
    const people = { customerName: "Rosa", callerNumber: "+14155550123", outsideNumber: "+14155550188" };
    const shown = { contactId: "con_1", queueId: "que_a", leftByName: "Name of per_ann", since: 40, until: 90, recording: "on" };
    expect(buildFloor(input({ passedOn })).passedOn).toEqual([{ ...shown, ...people }]);
    const hidden = { customerName: null, callerNumber: null, outsideNumber: null };
    expect(buildFloor(input({ passedOn, readsNames: false })).passedOn).toEqual([{ ...shown, ...hidden }]);
    const began = floorPatches(buildFloor(input()), buildFloor(input({ passedOn })));
    expect(began.map(({ list }) => list)).toEqual(["passedOn"]);
  });

  it("shows who speaks with a colleague on no contact and no queue", () => {
    const contact = "int_1_callee" as ContactId;
    const state = { kind: "talking", offer: null, contact, queue: "que_a" as QueueId, held: false, mediaLost: false } as const;
    const [shown] = buildFloor(input({ agentViews: [agent("per_ann", { state })] })).agents;
    expect(shown).toMatchObject({ state: "talking", contactId: null, queueId: null, inInternalCall: true });
  });

  it("leaves retired queues and those who serve only them out", () => {
    const state = buildFloor(input({ queues: [queue("que_a", { retired: true })] }));
    expect([state.queues, state.agents, state.waiting]).toEqual([[], [], []]);
  });

  it("is brought from one look to the next by its patches", () => {
    const looks: FloorInput[] = [
      input(),
      input({
        agentViews: [
          agent("per_ann", {
            state: { kind: "wrapUp", contact: "con_1" as ContactId, queue: "que_a" as QueueId, until: 9, extended: false },
          }),
        ],
      }),
      input({
        queues: [queue("que_b"), queue("que_a")],
        queueViews: [
          {
            queue: "que_a" as QueueId,
            projectId: "prj_main" as ProjectId,
            waiting: [waiting("con_2", 7)],
            talking: 0,
            signedIn: 1,
            available: 0,
          },
        ],
      }),
      input({ members: new Map([["que_a" as QueueId, [{ personId: "per_cat" }]]]), agentViews: [] }),
    ];
    const byId = (state: FloorState) => ({
      queues: new Set(state.queues.map((row) => JSON.stringify(row))),
      agents: new Set(state.agents.map((row) => JSON.stringify(row))),
      waiting: new Set(state.waiting.map((row) => JSON.stringify(row))),
    });
    let shown = buildFloor(input());
    for (const look of [...looks, ...looks.toReversed()]) {
      const next = buildFloor(look);
      for (const { patch } of floorPatches(shown, next)) shown = applyLivePatch(shown, patch);
      expect(byId(shown)).toEqual(byId(next));
    }
    expect(floorPatches(shown, buildFloor(input()))).toEqual([]);
  });
});
