import type {
  CallId,
  ContactId,
  CustomerId,
  NumberId,
  OfferId,
  OrganisationId,
  PartyId,
  PersonId,
  PhoneId,
  ProjectId,
  QueueId,
  RecordingId,
  WrapUpCodeId,
} from "@allo/kernel";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { abuseEndsFrom, evolveContact, foldContact, helpLimits, openHelp, isNotCoded, waitMs, type ContactFacts } from "./contact-facts.ts";
import { stepContact, type ContactStimulus } from "./contact-machine.ts";
import { CONTACT_EVENT_VERSION, type ContactEvent, type ContactEventBody } from "./events.ts";
import { marksOf } from "./contact-marks.ts";
import { timelineLine } from "./timeline.ts";

const agentId = "per_ann" as PersonId;
const offerId = "off_1" as OfferId;
const queueId = "que_a" as QueueId;
const phoneId = "phn_ann" as PhoneId;
const recordingId = "rec_1" as RecordingId;
const edge = { node: "edge", epoch: 1 };
const reason = { level: 3, idleMs: 10, eligible: 1, again: false, passedOver: [], passedOverRest: 0 };
const hungUp = { by: "caller", why: "hungUp" } as const;

const arrived: ContactEventBody = {
  kind: "contactArrived",
  channel: "voice",
  callId: "cal_1" as CallId,
  edge,
  numberId: "num_1" as NumberId,
  queueId,
  language: "en",
  priority: 0,
  requirements: [],
  caller: "number",
  callerIndex: "x",
  transport: "UDP",
  deviceId: null,
  policy: { record: true, serviceLevelMs: 20_000, shortAbandonMs: 5_000, musicAudioId: "music.main", wrapUpMs: 60_000 },
};
const event = (sequence: number, at: number, body: ContactEventBody): ContactEvent => ({
  organisationId: "org_1" as OrganisationId,
  projectId: "prj_1" as ProjectId,
  contactId: "con_1" as ContactId,
  sequence,
  at,
  schemaVersion: CONTACT_EVENT_VERSION,
  writer: { node: "core", epoch: 1 },
  source: null,
  body,
  sealed: null,
});
const log = (...bodies: readonly ContactEventBody[]): readonly ContactEvent[] =>
  [arrived, ...bodies].map((body, index) => event(index + 1, 1_000 * (index + 1), body));
const facts = (...bodies: readonly ContactEventBody[]): ContactFacts => foldContact(log(...bodies)) as ContactFacts;

const queued: readonly ContactEventBody[] = [
  { kind: "callAnswered" },
  { kind: "greetingEnded", completed: true },
  { kind: "contactQueued", queueId, enqueuedAt: 3_000, position: 1 },
];
const offered: ContactEventBody = { kind: "offered", offerId, agentId, queueId, expiresAt: 99_000, journalPosition: 1, reason };
const ringing: readonly ContactEventBody[] = [...queued, offered];
const talking: readonly ContactEventBody[] = [
  ...ringing,
  { kind: "offerAccepted", offerId, agentId },
  { kind: "bridged", offerId, agentId, phoneId },
];
const ended: ContactEventBody = { kind: "callEnded", cause: hungUp, figures: null };

const phases = {
  arriving: facts(),
  greeting: facts({ kind: "callAnswered" }),
  waiting: facts(...queued),
  ringing: facts(...ringing),
  accepted: facts(...ringing, { kind: "offerAccepted", offerId, agentId }),
  talking: facts(...talking),
  held: facts(...talking, { kind: "held", agentId }),
  mediaLost: facts(...talking, { kind: "agentMediaLost", agentId }),
  ending: facts({ kind: "callAnswered" }, { kind: "contactRefused", cause: { by: "system", why: "queueFull" } }),
  wrapUp: facts(...talking, ended, { kind: "wrapUpStarted", agentId, until: 99_000 }),
  closed: facts(...talking, ended, { kind: "contactClosed", cause: hungUp, outcome: "answered" }),
} as const;

const stimuli: readonly ContactStimulus[] = [
  { kind: "committed" },
  { kind: "turnedAway", sentence: "refuse.technical", sipStatus: 503, cause: { by: "system", why: "technical" } },
  { kind: "callAnswered" },
  { kind: "greetingEnded", completed: true },
  { kind: "routerEnqueued", queueId, position: 2 },
  { kind: "routerRefused", cause: "nobodySignedIn" },
  { kind: "routerExpired" },
  { kind: "offered", offerId: "off_2" as OfferId, agentId, queueId, expiresAt: 99_000, journalPosition: 2, reason },
  { kind: "offerWithdrawn", offerId, agentId, cause: "notAnswered" },
  { kind: "requeued", queueId, cause: "agentLegLost" },
  { kind: "connect", offerId, agentId },
  { kind: "callBridged", offerId, phoneId },
  { kind: "bridgeFailed", offerId, reason: "phoneGone" },
  { kind: "callHeld" },
  { kind: "callResumed" },
  { kind: "callMuted", muted: true },
  { kind: "recordingPaused", recordingId, paused: true, reason: "field" },
  { kind: "keysMasked", masked: true },
  { kind: "digitPressed" },
  { kind: "helpAsked", about: "help" },
  { kind: "helpWithdrawn" },
  { kind: "abuseStepped", step: "reported" },
  { kind: "abuseStepped", step: "warned" },
  { kind: "abuseStepped", step: "calmed" },
  { kind: "abuseStepped", step: "ended" },
  { kind: "callerVerified", how: "code", passed: true },
  { kind: "soundReported", agentId, findings: ["callerNothing"] },
  { kind: "agentMediaLost" },
  { kind: "agentMediaRestored" },
  { kind: "graceOver" },
  { kind: "callEnded", cause: hungUp, figures: null },
  { kind: "wrapUpStarted", agentId, until: 90_000 },
  { kind: "wrapUpExtended", agentId, until: 120_000 },
  { kind: "wrapUpEnded", how: "limit" },
  { kind: "wrapUpSkipped" },
  { kind: "recordingPrepared", recordingId },
  { kind: "recordingStarted", recordingId },
  { kind: "recordingSaved", recordingId, durationMs: 5 },
  { kind: "recordingFailed", recordingId, reason: "diskFull" },
  { kind: "coded", agentId, wrapUpCodeId: "wuc_1" as WrapUpCodeId },
  { kind: "noteAdded", noteId: "not_1", authorId: agentId },
  { kind: "customerTied", customerId: "cus_1" as CustomerId, by: null },
  { kind: "recovered", epoch: { node: "core", epoch: 2 } },
];

/** The state after a step, as the log would give it back. */
function after(before: ContactFacts, stimulus: ContactStimulus, at: number): ContactFacts {
  let next = before;
  for (const body of stepContact(before, stimulus, at).events) next = evolveContact(next, event(next.lastSequence + 1, at, body));
  return next;
}

describe("the contact machine", () => {
  it("answers every stimulus in every phase", () => {
    const rows = Object.entries(phases).flatMap(([name, before]) =>
      stimuli.map((stimulus) => {
        const { events, commands } = stepContact(before, stimulus, 50_000);
        if (events.length === 0 && commands.length === 0) return `${name} × ${stimulus.kind}: nothing`;
        const said = commands.map((command) =>
          "what" in command
            ? `${command.kind}:${command.what}`
            : "sentence" in command && command.sentence !== null
              ? `${command.kind}:${command.sentence}`
              : command.kind,
        );
        return `${name} × ${stimulus.kind} → ${after(before, stimulus, 50_000).phase.kind} | ${events.map(({ kind }) => kind).join(", ")} | ${said.join(", ")}`;
      }),
    );
    expect(rows).toMatchSnapshot();
  });

  it("closes from every phase when the call ends and wrap-up is over, with an outcome", () => {
    for (const before of Object.values(phases)) {
      const over = after(
        after(before, { kind: "callEnded", cause: hungUp, figures: null }, 60_000),
        { kind: "wrapUpEnded", how: "limit" },
        61_000,
      );
      expect(over.phase.kind).toBe("closed");
      expect(over.outcome).not.toBeNull();
      expect(over.endedAt).not.toBeNull();
    }
  });

  it("never leaves a closed contact open again, whatever comes in whatever order, and closes at most once", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...stimuli), { maxLength: 60 }), (list) => {
        let now = phases.arriving;
        let closings = 0;
        for (const [index, stimulus] of list.entries()) {
          const { events } = stepContact(now, stimulus, 2_000 + index);
          closings += events.filter(({ kind }) => kind === "contactClosed").length;
          const next = after(now, stimulus, 2_000 + index);
          if (now.phase.kind === "closed") expect(next.phase.kind).toBe("closed");
          expect(next.talkMs).toBeGreaterThanOrEqual(0);
          expect(next.holdMs).toBeLessThanOrEqual(next.talkMs);
          now = next;
        }
        expect(closings).toBeLessThanOrEqual(1);
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  it("counts waiting to the answer, ringing included, and talk without wrap-up", () => {
    const done = foldContact([
      event(1, 1_000, arrived),
      event(2, 1_500, { kind: "callAnswered" }),
      event(3, 6_000, { kind: "contactQueued", queueId, enqueuedAt: 6_000, position: 1 }),
      event(4, 9_000, offered),
      event(5, 12_000, { kind: "offerAccepted", offerId, agentId }),
      event(6, 12_500, { kind: "bridged", offerId, agentId, phoneId }),
      event(7, 20_000, { kind: "held", agentId }),
      event(8, 24_000, ended),
      event(9, 24_000, { kind: "wrapUpStarted", agentId, until: 84_000 }),
      event(10, 30_000, { kind: "wrapUpEnded", agentId, how: "limit", coded: false }),
      event(11, 30_000, { kind: "contactClosed", cause: hungUp, outcome: "answered" }),
    ]) as ContactFacts;
    expect(waitMs(done)).toBe(6_500);
    expect(done).toMatchObject({
      talkMs: 11_500,
      holdMs: 4_000,
      wrapUpMs: 6_000,
      outcome: "answered",
      segments: [{ exit: "answered", alerts: [{ from: 9_000, to: 12_500, result: "answered" }] }],
    });
    expect(isNotCoded(done)).toBe(true);
  });

  it("gives each event its line on the timeline, and none to the machine's own", () => {
    const lines = log(...talking, ended).map(({ body }) => timelineLine(body)?.item.kind ?? null);
    expect(lines).toEqual([
      "contactArrived",
      "callAnswered",
      "greetingEnded",
      "contactQueued",
      "offered",
      "offerAccepted",
      "bridged",
      "callEnded",
    ]);
    expect(timelineLine({ kind: "recordingPrepared", recordingId })).toBeNull();
  });
});

describe("a lead who is asked for", () => {
  const leadId = "per_lea" as PersonId;
  const partyId = "pty_1" as PartyId;
  const comes = (place: "whisper" | "mentor"): readonly ContactEventBody[] => [
    { kind: "partyInvited", partyId, personId: leadId, by: leadId, how: "monitor", place },
    { kind: "partyJoined", partyId, personId: leadId },
  ];
  const asked: ContactEventBody = { kind: "helpAsked", agentId, about: "help" };

  it("answers the request by being in the talk; a mentor doesn't", () => {
    expect(facts(...talking, asked, ...comes("whisper")).helps).toMatchObject([
      { agentId, about: "help", how: "answered", answeredBy: leadId, askedAt: 8_000, endedAt: 10_000 },
    ]);
    expect(openHelp(facts(...talking, asked, ...comes("mentor")))).toMatchObject({ how: null });
  });

  it("is not asked again while in the talk, nor beyond the limit of one contact", () => {
    const withLead = facts(...talking, ...comes("whisper"));
    expect(stepContact(withLead, { kind: "helpAsked", about: "help" }, 50_000).events).toEqual([]);
    let now = phases.talking;
    for (let time = 0; time < helpLimits.asksMax; time += 1) {
      now = after(now, { kind: "helpAsked", about: "help" }, 50_000 + time);
      now = after(now, { kind: "helpWithdrawn" }, 50_000 + time);
    }
    expect(now.helps).toHaveLength(helpLimits.asksMax);
    expect(stepContact(now, { kind: "helpAsked", about: "help" }, 60_000).events).toEqual([]);
  });

  it("need not come once the talk is over or somebody else's", () => {
    const over = after(facts(...talking, asked), { kind: "callEnded", cause: hungUp, figures: null }, 60_000);
    expect(over.helps).toMatchObject([{ how: "talkEnded", endedAt: 60_000, answeredBy: null }]);
    const moved = facts(...talking, asked, { kind: "transferred", agentId, queueId });
    expect(openHelp(moved)).toBeNull();
  });
});

describe("an agent whose line does not come back", () => {
  const leadId = "per_lea" as PersonId;
  const partyId = "pty_1" as PartyId;
  const lead = (place: "listen" | "barge", ...between: readonly ContactEventBody[]): ContactFacts =>
    facts(
      ...talking,
      { kind: "partyInvited", partyId, personId: leadId, by: leadId, how: "monitor", place },
      { kind: "partyJoined", partyId, personId: leadId },
      ...between,
      { kind: "agentMediaLost", agentId },
    );

  it("leaves the customer with a lead who speaks with both; one who only listens can't go on for them", () => {
    expect(stepContact(lead("barge"), { kind: "graceOver" }, 50_000).commands).toEqual([{ kind: "handOver", partyId }]);
    expect(stepContact(lead("listen"), { kind: "graceOver" }, 50_000).commands).toEqual([{ kind: "tellRouter", what: "agentLegLost" }]);
  });

  it("nor with one who has heard nothing but the agent, the customer being on hold", () => {
    const { commands } = stepContact(lead("barge", { kind: "held", agentId }), { kind: "graceOver" }, 50_000);
    expect(commands).toEqual([{ kind: "tellRouter", what: "agentLegLost" }]);
  });
});

describe("insults or threats", () => {
  const step = (before: ContactFacts, name: "reported" | "warned" | "calmed" | "ended", at: number): ContactFacts =>
    after(before, { kind: "abuseStepped", step: name }, at);

  it("are told to the leads at once, and warned of before the call may be ended for them", () => {
    const reported = step(phases.talking, "reported", 20_000);
    expect(openHelp(reported)).toMatchObject({ about: "abuse", askedAt: 20_000 });
    expect(abuseEndsFrom(reported)).toBeNull();
    expect(stepContact(reported, { kind: "abuseStepped", step: "ended" }, 90_000).events).toEqual([]);
    const warned = step(reported, "warned", 30_000);
    expect(abuseEndsFrom(warned)).toBe(30_000 + helpLimits.leadWaitMs);
    expect(stepContact(warned, { kind: "abuseStepped", step: "ended" }, 30_000 + helpLimits.leadWaitMs - 1).events).toEqual([]);
    expect(stepContact(warned, { kind: "abuseStepped", step: "ended" }, 30_000 + helpLimits.leadWaitMs).commands).toEqual([
      { kind: "hangUp", cause: { by: "agent", why: "abuse" } },
    ]);
  });

  it("with a lead in the talk the call may be ended as soon as the customer was warned", () => {
    const leadId = "per_lea" as PersonId;
    const partyId = "pty_1" as PartyId;
    const withLead = facts(
      ...talking,
      { kind: "partyInvited", partyId, personId: leadId, by: leadId, how: "monitor", place: "barge" },
      { kind: "partyJoined", partyId, personId: leadId },
    );
    const warned = step(step(withLead, "reported", 20_000), "warned", 21_000);
    expect(warned.helps).toEqual([]);
    expect(stepContact(warned, { kind: "abuseStepped", step: "ended" }, 21_000).commands).toHaveLength(1);
  });

  it("that are over take the request back, and leave their mark on the call", () => {
    const calmed = step(step(phases.talking, "reported", 20_000), "calmed", 25_000);
    expect(openHelp(calmed)).toBeNull();
    expect(abuseEndsFrom(calmed)).toBeNull();
    expect(marksOf(calmed)).toEqual(["abuse"]);
    // And may begin again.
    expect(step(calmed, "reported", 40_000).abuse).toMatchObject({ reportedAt: 40_000, calmedAt: null });
  });
});

describe("what a lead may want to look at", () => {
  const leg = (loudnessJumps: number, talkOverShare: number) => ({
    packetsReceived: 500,
    packetsLost: 0,
    jitterMs: 1,
    speech: { levelDbfs: -20, speechShare: 0.5, talkOverShare, clippedShare: 0, loudnessJumps },
  });
  it.each([
    ["a calm talk", leg(1, 0.05), leg(9, 0.05), []],
    ["an agent whose voice jumps", leg(4, 0.05), leg(0, 0.05), ["loudness"]],
    ["both speaking over each other", leg(0, 0.2), leg(0, 0.3), ["talkOver"]],
    ["one alone who is interrupted", leg(0, 0.5), leg(0, 0.1), []],
  ])("%s", (_name, agent, caller, marks) => {
    const done = facts(...talking, { kind: "callEnded", cause: hungUp, figures: { agent, caller } });
    expect(marksOf(done)).toEqual(marks);
  });
});
