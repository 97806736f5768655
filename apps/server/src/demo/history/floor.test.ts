import { DAY_MS, HOUR_MS } from "@allo/kernel";
import type { NumberId, OrganisationId, PersonId, ProjectId, QueueId, ReasonId, WrapUpCodeId, CustomerId } from "@allo/kernel";
import { describe, expect, it } from "vitest";
import { foldContact } from "../../modules/contacts/index.ts";
import type { LineKey } from "../world-file.ts";
import { halfHourShares, weekdayFactors } from "./day-shape.ts";
import { historyDays, type HistoryDay } from "./floor.ts";
import type { HistoryLine, HistoryPlan } from "./history-plan.ts";

const END = Date.UTC(2026, 10, 20, 11, 17, 23);
const ZONE_MS = 4 * HOUR_MS;

function line(key: LineKey, share: number, agentCount: number): HistoryLine {
  return {
    key,
    projectId: `prj_${key}` as ProjectId,
    numberId: `num_${key}` as NumberId,
    queueId: `que_${key}` as QueueId,
    language: "en",
    share,
    handleSecondsMedian: 150,
    handleSigma: 0.5,
    patienceSecondsMean: 200,
    wrapUpSecondsMean: 30,
    wrapUpCodes: [{ wrapUpCodeId: "wuc_a" as WrapUpCodeId, weight: 1 }],
    notes: ["A note."],
    holdShare: 0.2,
    greetingMs: 6_000,
    serviceLevelMs: 20_000,
    wrapUpMs: 90_000,
    musicAudioId: "music.main",
    requirements: [],
    strangerNumber: (index) => `+4400${index}`,
    customers: Array.from({ length: 50 }, (_, index) => ({ customerId: `cus_${key}${index}` as CustomerId, number: `+44${key}${index}` })),
    agents: Array.from({ length: agentCount }, (_, index) => ({ personId: `per_${key}${index}` as PersonId, speed: 1 })),
  };
}

function planOf(seed: string, days: number): HistoryPlan {
  const lines = [line("bank", 0.4, 8), line("isp", 0.6, 10)];
  return {
    seed,
    organisationId: "org_a" as OrganisationId,
    zoneOffset: () => ZONE_MS,
    endAt: END,
    days,
    callsPerDay: 300,
    queues: lines.map(({ queueId, projectId }) => ({
      id: queueId,
      projectId,
      ringTimeoutMs: 20_000,
      waitMaxMs: 1_800_000,
      sizeMax: 100,
      wrapUpMs: 90_000,
      wrapUpExtensionMs: 60_000,
      missedRingsMax: 2,
      declineCountsAsMissed: true,
      priority: 0,
      talkingMax: null,
      notReadyCountsAsSignedIn: true,
    })),
    agentConfigs: lines.flatMap(({ agents, queueId }) =>
      agents.map(({ personId }) => ({ agent: personId, memberships: [{ queue: queueId, level: 3 as const }], skills: [] })),
    ),
    lines,
    reasons: { break: "rsn_break" as ReasonId, lunch: "rsn_lunch" as ReasonId, training: "rsn_training" as ReasonId },
    halfHourShares,
    weekdayFactors,
    blindIndex: (number) => `index of ${number}`,
  };
}

/** As text, so that two histories are compared byte for byte. */
function textOf(days: readonly HistoryDay[]): string {
  return JSON.stringify(days.map(({ events, agentEvents, notes, callers }) => ({ events, agentEvents, notes, callers: [...callers] })));
}

describe("the past", () => {
  const days = [...historyDays(planOf("7", 26))];
  const events = days.flatMap((day) => day.events);
  const contacts = [...Map.groupBy(events, ({ contactId }) => contactId).values()].map((list) => foldContact(list)!);

  it("is the same for the same seed and end, and another for another seed", () => {
    expect(textOf([...historyDays(planOf("7", 3))])).toBe(textOf([...historyDays(planOf("7", 3))]));
    expect(textOf([...historyDays(planOf("8", 3))])).not.toBe(textOf([...historyDays(planOf("7", 3))]));
  });

  it("is read by the fold of the log, and everything in it is over at its end", () => {
    expect(contacts.length).toBeGreaterThan(4_000);
    expect(contacts.filter(({ phase }) => phase.kind !== "closed")).toEqual([]);
    expect(Math.max(...events.map(({ at }) => at))).toBeLessThanOrEqual(END);
    const state = new Map<string, string>();
    for (const { personId, kind, payload } of days.flatMap((day) => day.agentEvents))
      if (kind === "agentChanged") state.set(personId, (payload["to"] as { kind: string }).kind);
    expect(new Set(state.values())).toEqual(new Set(["offline"]));
  });

  it("gives the facts that its events fold to, each day anew", () => {
    const last = new Map(days.flatMap(({ facts }) => facts.map((each) => [each.contactId, each] as const)));
    for (const facts of contacts) expect(last.get(facts.contactId)).toEqual(facts);
  });

  it("looks like a centre: most are answered, some leave, some call again, a few are left without a code", () => {
    const share = (is: (facts: (typeof contacts)[number]) => boolean): number => contacts.filter(is).length / contacts.length;
    expect(share(({ outcome }) => outcome === "answered")).toBeGreaterThan(0.8);
    expect(share(({ outcome }) => outcome === "abandoned" || outcome === "abandonedRinging")).toBeGreaterThan(0.02);
    expect(share(({ caller }) => caller === "anonymous")).toBeGreaterThan(0.03);
    expect(share(({ customerId }) => customerId !== null)).toBeGreaterThan(0.6);
    expect(share(({ holdMs }) => holdMs > 0)).toBeGreaterThan(0.1);
    const uncoded = contacts.filter(({ wrapUpMs, wrapUpCodeId }) => wrapUpMs !== null && wrapUpCodeId === null).length;
    expect(uncoded).toBeGreaterThan(0);
    expect(uncoded).toBeLessThan(contacts.length * 0.02);
    const again = [...Map.groupBy(contacts, ({ callerIndex }) => callerIndex)].filter(([index, list]) => index !== null && list.length > 1);
    expect(again.length).toBeGreaterThan(20);
  });

  it("has a day on which the provider's network was down", () => {
    const calls = days.map(
      ({ events: list }) => list.filter(({ body }) => body.kind === "contactArrived" && body.queueId === "que_isp").length,
    );
    const outage = calls[days.length - 1 - 23]!;
    const [week] = [calls[days.length - 1 - 16]!];
    expect(outage).toBeGreaterThan(week * 1.4);
  });

  it("has its days by the calendar of its zone, the last of them cut off at the end", () => {
    expect(days).toHaveLength(26);
    expect(days.every(({ from }) => (from + ZONE_MS) % DAY_MS === 0)).toBe(true);
    expect(days.at(-1)?.to).toBe(END);
    for (const { from, to, events: list } of days) expect(list.every(({ at }) => at >= from && at <= to)).toBe(true);
  });
});
