import type { CallFigures, EndCause, Language, TestOrigin, VerifyHow } from "@allo/contract";
import { assert, unreachable } from "@allo/kernel";
import type {
  CallId,
  ContactId,
  CustomerId,
  DeviceId,
  Epoch,
  Instant,
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
import type {
  ContactEvent,
  ContactEventBody,
  ContactOutcome,
  ContactPolicy,
  HelpAbout,
  OutboundCall,
  OutsideCall,
  PartyHow,
  PartyPlace,
} from "./events.ts";

type Arrival = Extract<ContactEventBody, { readonly kind: "contactArrived" }>;

export type ContactPhase =
  /** Committed or being committed; the call is not answered yet. */
  | { readonly kind: "arriving" }
  | { readonly kind: "greeting" }
  /** A call of ours, not answered yet. */
  | { readonly kind: "dialling"; readonly agentId: PersonId; readonly ringingSince: Instant | null }
  | { readonly kind: "waiting" }
  | {
      readonly kind: "ringing";
      readonly offerId: OfferId;
      readonly agentId: PersonId;
      readonly expiresAt: Instant;
      readonly accepted: boolean;
    }
  | {
      readonly kind: "talking";
      readonly offerId: OfferId | null;
      readonly agentId: PersonId;
      readonly phoneId: PhoneId | null;
      readonly heldSince: Instant | null;
      readonly muted: boolean;
      readonly keysMasked: boolean;
      readonly mediaLostSince: Instant | null;
      /** With a colleague, the customer on hold. */
      readonly aside: boolean;
    }
  /** In a slot. `heldSince`: the customer hears music since then; `recall`: it rings at whoever parked it. */
  | {
      readonly kind: "parked";
      readonly slot: number;
      readonly by: PersonId;
      readonly since: Instant;
      readonly until: Instant;
      readonly heldSince: Instant;
      readonly recall: { readonly offerId: OfferId; readonly expiresAt: Instant } | null;
    }
  /** Left with somebody outside, whoever had it is done with it; the call goes on. */
  | { readonly kind: "passedOn" }
  /** A last sentence is played; nothing can change the end any more. */
  | { readonly kind: "ending"; readonly cause: EndCause }
  | { readonly kind: "wrapUp"; readonly agentId: PersonId; readonly until: Instant | null; readonly extended: boolean }
  | { readonly kind: "closed" };

export type AlertResult = "answered" | "notAnswered" | "declined" | "callerGone" | "withdrawn" | "bridgeFailed";

/** One visit to one queue, as the figures count it. A caller whose agent was lost comes back as a new segment. */
export type ContactSegment = {
  readonly queueId: QueueId;
  readonly enqueuedAt: Instant;
  readonly alerts: readonly {
    readonly offerId: OfferId;
    readonly agentId: PersonId;
    readonly from: Instant;
    readonly to: Instant | null;
    readonly result: AlertResult | null;
  }[];
  readonly answeredAt: Instant | null;
  readonly agentId: PersonId | null;
  readonly holdMs: number;
  /** When the talk, or the waiting, was over. */
  readonly exitAt: Instant | null;
  readonly exit: "answered" | "abandoned" | "abandonedRinging" | "flowOut" | "systemDisconnect" | null;
};

/** Somebody else in the call, from being asked to leaving. */
export type PartyFacts = {
  readonly partyId: PartyId;
  /** Null: somebody outside, whose line `outside` is. */
  readonly personId: PersonId | null;
  readonly outside: OutsideCall | null;
  readonly by: PersonId;
  readonly how: PartyHow;
  readonly place: PartyPlace;
  readonly state: "asked" | "joined" | "left";
  readonly offerId: OfferId | null;
  readonly expiresAt: Instant | null;
  readonly joinedAt: Instant | null;
  readonly muted: boolean;
  readonly leftAt: Instant | null;
  readonly why: string | null;
};

/** Since when the agent who has the contact asks their mentors into the talk. */
export function mentorAskedAt({ phase, mentorAsk }: Pick<ContactFacts, "phase" | "mentorAsk">): Instant | null {
  return phase.kind === "talking" && mentorAsk?.agentId === phase.agentId ? mentorAsk.at : null;
}

/** The customer talks with a number outside and no agent is with them, whether or not whoever left them is in wrap-up still. */
export function isWithoutAgent({ passedOnAt, endedAt }: Pick<ContactFacts, "passedOnAt" | "endedAt">): boolean {
  return passedOnAt !== null && endedAt === null;
}

/** A lead asked for in a talk: open until one is in it, it is taken back, or the talk is no longer the agent's. */
export type HelpFacts = {
  readonly agentId: PersonId;
  readonly about: HelpAbout;
  readonly askedAt: Instant;
  readonly endedAt: Instant | null;
  readonly how: "answered" | "withdrawn" | "talkEnded" | null;
  readonly answeredBy: PersonId | null;
};

/** The last report of insults or threats, and what was done. */
export type AbuseFacts = {
  readonly reportedBy: PersonId;
  readonly reportedAt: Instant;
  readonly warnedAt: Instant | null;
  readonly calmedAt: Instant | null;
  readonly endedAt: Instant | null;
};

/** Whether the caller proved to be the customer whose card is tied; another card begins anew. */
export type VerificationFacts = {
  readonly level: 0 | 1 | 2;
  readonly how: VerifyHow | null;
  readonly at: Instant | null;
  /** In this contact, whoever was asked about. */
  readonly failed: number;
};
export const verifyLimits = {
  /** After so many wrong answers nobody is verified in this contact any more. */
  failuresMax: 3,
} as const;
/** What each way proves: questions can be learnt by others, a code or a voice can't so easily. */
export const verifyLevels: Readonly<Record<VerifyHow, 1 | 2>> = { questions: 1, code: 2, voice: 2 };

export const helpLimits = {
  /** Of one contact. */
  asksMax: 20,
  /** So long after the warning a lead may take to come; then the agent may end the call alone. */
  leadWaitMs: 20_000,
} as const;

export function openHelp({ helps }: Pick<ContactFacts, "helps">): HelpFacts | null {
  const last = helps.at(-1);
  return last?.endedAt === null ? last : null;
}

/** A lead who is in the talk, by their own wish or asked for. */
export function leadIn(facts: Pick<ContactFacts, "parties">): PartyFacts | undefined {
  return facts.parties.find(({ how, place, state }) => how === "monitor" && place !== "mentor" && state === "joined");
}

/** From when on the call may be ended for abuse: after the warning, at once with a lead in it. Null: not yet warned, or nothing to end. */
export function abuseEndsFrom(facts: Pick<ContactFacts, "abuse" | "parties">): Instant | null {
  const { abuse } = facts;
  if (abuse?.warnedAt == null || abuse.calmedAt !== null || abuse.endedAt !== null) return null;
  return leadIn(facts) === undefined ? abuse.warnedAt + helpLimits.leadWaitMs : abuse.warnedAt;
}

/** How it came to the agent who has it, where not from a queue alone. */
export type Handover = {
  readonly from: PersonId;
  readonly how: "consult" | "transfer" | "takeOver" | "queue" | "park";
  readonly at: Instant;
};

export type RecordingFacts = {
  readonly recordingId: RecordingId;
  readonly state: "prepared" | "recording" | "saved" | "failed";
  readonly startedAt: Instant;
  readonly durationMs: number | null;
  /** Nothing has been written since; null: it is. */
  readonly pausedSince: Instant | null;
  /** By the agent's wish, or while a field is filled in. */
  readonly pausedBy: "agent" | "field" | null;
};

/** What is being kept of the talk that goes on. `failed`: nothing, though it should be. */
export function recordingNow({ recordings }: Pick<ContactFacts, "recordings">): {
  readonly state: "off" | "on" | "paused" | "failed";
  readonly pausedSince: Instant | null;
  readonly pausedBy: RecordingFacts["pausedBy"];
} {
  const last = recordings.findLast(({ state }) => state !== "prepared");
  if (last?.state !== "recording") return { state: last?.state === "failed" ? "failed" : "off", pausedSince: null, pausedBy: null };
  const { pausedSince, pausedBy } = last;
  return { state: pausedSince === null ? "on" : "paused", pausedSince, pausedBy };
}

/** All that the log says of a contact; the fold of its events, and the state of its machine. */
export type ContactFacts = {
  readonly organisationId: OrganisationId;
  readonly projectId: ProjectId;
  readonly contactId: ContactId;
  readonly channel: "voice";
  readonly callId: CallId;
  readonly edge: Epoch;
  readonly numberId: NumberId;
  readonly queueId: QueueId;
  readonly language: Language;
  readonly priority: number;
  readonly requirements: Arrival["requirements"];
  readonly caller: Arrival["caller"];
  readonly callerIndex: string | null;
  readonly deviceId: DeviceId | null;
  readonly policy: ContactPolicy;
  /** A call of the built-in caller: for this person alone, and counted nowhere. */
  readonly test: TestOrigin | null;
  /** Null: the customer called. */
  readonly outbound: OutboundCall | null;
  /** Base64, sealed by the contact's key. */
  readonly sealedCaller: string | null;
  readonly phase: ContactPhase;
  readonly startedAt: Instant;
  /** The call was answered by the system (the greeting began). */
  readonly answeredAt: Instant | null;
  readonly segments: readonly ContactSegment[];
  /** The agent who talked last, then wrapped up. */
  readonly agentId: PersonId | null;
  readonly connectedAt: Instant | null;
  /** The call is over; wrap-up may go on. */
  readonly endedAt: Instant | null;
  readonly cause: EndCause | null;
  readonly closedAt: Instant | null;
  readonly outcome: ContactOutcome | null;
  readonly talkMs: number;
  readonly holdMs: number;
  readonly wrapUpStartedAt: Instant | null;
  readonly wrapUpMs: number | null;
  readonly wrapUpCodeId: WrapUpCodeId | null;
  readonly recordings: readonly RecordingFacts[];
  readonly parties: readonly PartyFacts[];
  /** When its agent left it with somebody outside. */
  readonly passedOnAt: Instant | null;
  /** The caller gave up in a slot. */
  readonly leftParked: boolean;
  /** The last one. */
  readonly handover: Handover | null;
  /** Which agent asked their mentors into their talk, the last time. */
  readonly mentorAsk: { readonly agentId: PersonId; readonly at: Instant } | null;
  readonly helps: readonly HelpFacts[];
  readonly abuse: AbuseFacts | null;
  readonly verification: VerificationFacts;
  /** How the lines were, and how people spoke; null where that was not measured. */
  readonly figures: CallFigures | null;
  /** Calls out by which another line came to the customer's end. */
  readonly moves: readonly { readonly at: Instant; readonly reservationId: string }[];
  readonly customerId: CustomerId | null;
  /** Whose talk had no sound: nothing of it counts against this agent, and no code is asked for. */
  readonly soundReportedBy: PersonId | null;
  readonly lastSequence: number;
  /** The highest sequence of `edge` that this contact has consumed. */
  readonly edgeSequence: number;
};

/** The facts after one more event. The first must be `contactArrived`. */
export function evolveContact(facts: ContactFacts | null, event: ContactEvent): ContactFacts {
  if (facts === null) {
    assert(event.body.kind === "contactArrived", `a contact begins with contactArrived, not ${event.body.kind}`);
    return beginFacts(event, event.body);
  }
  assert(event.sequence === facts.lastSequence + 1, `event ${event.sequence} follows ${facts.lastSequence} in ${facts.contactId}`);
  const numbered = {
    ...facts,
    lastSequence: event.sequence,
    edgeSequence: isSameEdge(facts, event) ? Math.max(facts.edgeSequence, event.source?.sequence ?? 0) : facts.edgeSequence,
  };
  return helpSettled({ ...numbered, ...change(numbered, event.body, event.at) }, event.at);
}

/** Whoever asked has the talk no more: nobody need come. */
function helpSettled(facts: ContactFacts, at: Instant): ContactFacts {
  const open = openHelp(facts);
  if (open === null || (facts.phase.kind === "talking" && facts.phase.agentId === open.agentId)) return facts;
  return { ...facts, helps: endHelp(facts, { endedAt: at, how: "talkEnded" }) };
}

function endHelp(
  { helps }: ContactFacts,
  end: Pick<HelpFacts, "endedAt" | "how"> & { readonly answeredBy?: PersonId },
): readonly HelpFacts[] {
  return changeLast(helps, (help) => (help.endedAt === null ? { ...help, ...end } : help));
}

/** A lead who comes is the answer to whoever asked for one. */
function helpAnswered(facts: ContactFacts, partyId: PartyId, at: Instant): Partial<ContactFacts> {
  const party = facts.parties.find((each) => each.partyId === partyId);
  const isLead = party !== undefined && party.how === "monitor" && party.place !== "mentor";
  if (!isLead || party.personId === null || openHelp(facts) === null) return {};
  return { helps: endHelp(facts, { endedAt: at, how: "answered", answeredBy: party.personId }) };
}

function askedHelp({ helps }: ContactFacts, agentId: PersonId, about: HelpAbout, at: Instant): readonly HelpFacts[] {
  const open = openHelp({ helps });
  if (open !== null) return changeLast(helps, (help) => ({ ...help, about }));
  return [...helps, { agentId, about, askedAt: at, endedAt: null, how: null, answeredBy: null }];
}

/** What was proved stays proved by a lesser proof, and falls with a wrong answer. */
function verified(
  before: VerificationFacts,
  { how, passed }: Extract<ContactEventBody, { readonly kind: "callerVerified" }>,
  at: Instant,
): VerificationFacts {
  if (!passed) return { level: 0, how: null, at: null, failed: before.failed + 1 };
  return verifyLevels[how] < before.level ? before : { ...before, level: verifyLevels[how], how, at };
}

function abuseStepped(
  { abuse }: ContactFacts,
  { agentId, step }: Extract<ContactEventBody, { readonly kind: "abuseStepped" }>,
  at: Instant,
): AbuseFacts | null {
  if (step === "reported") return { reportedBy: agentId, reportedAt: at, warnedAt: null, calmedAt: null, endedAt: null };
  if (abuse === null) return null;
  switch (step) {
    case "warned":
      return { ...abuse, warnedAt: at };
    case "calmed":
      return { ...abuse, calmedAt: at };
    case "ended":
      return { ...abuse, endedAt: at };
    default:
      return unreachable(step);
  }
}

/** Folds a contact's events, in order of their sequence. */
export function foldContact(events: readonly ContactEvent[]): ContactFacts | null {
  let facts: ContactFacts | null = null;
  for (const event of events) facts = evolveContact(facts, event);
  return facts;
}

/** From the first queueing to the first answer or the end of waiting; null where it never waited. */
export function waitMs(facts: ContactFacts): number | null {
  const first = facts.segments[0];
  if (first === undefined) return null;
  const until = first.answeredAt ?? first.exitAt;
  return until === null ? null : Math.max(0, until - first.enqueuedAt);
}

/** Who takes part now, or is being asked to. */
export function openParties({ parties }: ContactFacts): readonly PartyFacts[] {
  return parties.filter(({ state }) => state !== "left");
}

/** Its wrap-up ended without a code: it waits in its agent's list. A queue without wrap-up asks for none. */
export function isNotCoded(facts: ContactFacts): boolean {
  const isOver = facts.phase.kind === "closed" || facts.phase.kind === "passedOn";
  return isOver && facts.wrapUpMs !== null && facts.wrapUpCodeId === null && owesCode(facts);
}

/** The agent who talked owes a code, unless the talk had no sound or was a test. */
export function owesCode(facts: ContactFacts): boolean {
  return facts.test === null && (facts.soundReportedBy === null || facts.soundReportedBy !== facts.agentId);
}

function isSameEdge(facts: ContactFacts, { source }: ContactEvent): boolean {
  return source !== null && source.edge.node === facts.edge.node && source.edge.epoch === facts.edge.epoch;
}

function beginFacts(event: ContactEvent, body: Arrival): ContactFacts {
  const { organisationId, projectId, contactId, at, sequence, source, sealed } = event;
  const { channel, callId, edge, numberId, queueId, language, priority, requirements, caller, callerIndex, deviceId, policy } = body;
  return {
    organisationId,
    projectId,
    contactId,
    channel,
    callId,
    edge,
    numberId,
    queueId,
    language,
    priority,
    requirements,
    caller,
    callerIndex,
    deviceId,
    policy,
    test: body.test ?? null,
    outbound: body.outbound ?? null,
    sealedCaller: sealed,
    phase: { kind: "arriving" },
    startedAt: at,
    answeredAt: null,
    segments: [],
    agentId: null,
    connectedAt: null,
    endedAt: null,
    cause: null,
    closedAt: null,
    outcome: null,
    talkMs: 0,
    holdMs: 0,
    wrapUpStartedAt: null,
    wrapUpMs: null,
    wrapUpCodeId: null,
    recordings: [],
    parties: [],
    passedOnAt: null,
    leftParked: false,
    handover: null,
    mentorAsk: null,
    helps: [],
    abuse: null,
    verification: { level: 0, how: null, at: null, failed: 0 },
    figures: null,
    moves: [],
    customerId: null,
    soundReportedBy: null,
    lastSequence: sequence,
    edgeSequence: source?.sequence ?? 0,
  };
}

function change(facts: ContactFacts, body: ContactEventBody, at: Instant): Partial<ContactFacts> {
  const { phase } = facts;
  switch (body.kind) {
    case "contactArrived":
      throw new Error("a contact arrives once"); // unreachable: the sequence starts with it
    case "callAnswered":
      return { phase: { kind: "greeting" }, answeredAt: at };
    case "dialled":
      return { phase: { kind: "dialling", agentId: body.agentId, ringingSince: null }, agentId: body.agentId };
    case "calleeRinging":
      return phase.kind === "dialling" ? { phase: { ...phase, ringingSince: phase.ringingSince ?? at } } : {};
    case "agentTurned":
      return phase.kind === "talking" ? { phase: { ...phase, aside: body.to === "aside" } } : {};
    case "passedOn":
      return {
        ...endTalk(facts, at),
        phase: { kind: "wrapUp", agentId: body.agentId, until: null, extended: false },
        segments: exitSegment(facts, at, "answered"),
        passedOnAt: at,
      };
    case "parked": {
      const heldSince = phase.kind === "talking" ? (phase.heldSince ?? at) : at;
      const { agentId, slot, until } = body;
      return { phase: { kind: "parked", slot, by: agentId, since: at, until, heldSince, recall: null } };
    }
    case "parkRecalled":
      return phase.kind === "parked" ? { phase: { ...phase, recall: { offerId: body.offerId, expiresAt: body.expiresAt } } } : {};
    case "pickedUp": {
      const { agentId, phoneId } = body;
      return {
        phase: {
          kind: "talking",
          offerId: null,
          agentId,
          phoneId,
          heldSince: null,
          muted: false,
          mediaLostSince: null,
          keysMasked: false,
          aside: false,
        },
        agentId,
        holdMs: facts.holdMs + heldFor(phase, at),
        segments: changeLast(facts.segments, (segment) => ({ ...segment, agentId, holdMs: segment.holdMs + heldFor(phase, at) })),
        handover: phase.kind === "parked" && phase.by !== agentId ? { from: phase.by, how: "park", at } : facts.handover,
      };
    }
    case "parkExpired": {
      const fresh = freshSegment(facts.queueId, at);
      return { ...endTalk(facts, at), phase: { kind: "waiting" }, segments: [...exitSegment(facts, at, "answered"), fresh] };
    }
    case "partyInvited": {
      const { partyId, personId, by, how, place } = body;
      const party: PartyFacts = {
        partyId,
        personId,
        outside: body.outside ?? null,
        by,
        how,
        place,
        state: "asked",
        offerId: null,
        expiresAt: null,
        joinedAt: null,
        muted: false,
        leftAt: null,
        why: null,
      };
      return { parties: [...facts.parties, party], ...(place === "mentor" ? { mentorAsk: null } : {}) };
    }
    case "customerMoved":
      return body.reservationId === null ? {} : { moves: [...facts.moves, { at, reservationId: body.reservationId }] };
    case "mentorAsked":
      return { mentorAsk: body.asks ? { agentId: body.agentId, at } : null };
    case "helpAsked":
      return { helps: askedHelp(facts, body.agentId, body.about, at) };
    case "helpWithdrawn":
      return { helps: endHelp(facts, { endedAt: at, how: "withdrawn" }) };
    case "abuseStepped":
      return { abuse: abuseStepped(facts, body, at) };
    case "callerVerified":
      return { verification: verified(facts.verification, body, at) };
    case "partyOffered":
      return { parties: changeParty(facts, body.partyId, { offerId: body.offerId, expiresAt: body.expiresAt }) };
    case "partyJoined":
      return {
        ...helpAnswered(facts, body.partyId, at),
        parties: changeParty(facts, body.partyId, { state: "joined", joinedAt: at }),
      };
    case "partySeated":
      return { parties: changeParty(facts, body.partyId, { place: body.place }) };
    case "partyMuted":
      return { parties: changeParty(facts, body.partyId, { muted: body.muted }) };
    case "partyLeft":
      return { parties: changeParty(facts, body.partyId, { state: "left", leftAt: at, why: body.why }) };
    case "handedOver": {
      if (phase.kind !== "talking") return {};
      const { agentId, toAgentId, phoneId, partyId, how } = body;
      const muted = facts.parties.some((party) => party.partyId === partyId && party.muted);
      return {
        phase: {
          kind: "talking",
          offerId: null,
          agentId: toAgentId,
          phoneId,
          heldSince: null,
          muted,
          keysMasked: false,
          mediaLostSince: null,
          aside: false,
        },
        agentId: toAgentId,
        holdMs: facts.holdMs + heldFor(phase, at),
        segments: changeLast(facts.segments, (segment) => ({
          ...segment,
          agentId: toAgentId,
          holdMs: segment.holdMs + heldFor(phase, at),
        })),
        parties: changeParty(facts, partyId, { state: "left", leftAt: at, why: "handedOver" }),
        handover: { from: agentId, how, at },
      };
    }
    case "transferred":
      return {
        ...endTalk(facts, at),
        phase: { kind: "waiting" },
        queueId: body.queueId,
        segments: [...exitSegment(facts, at, "answered"), freshSegment(body.queueId, at)],
        handover: { from: body.agentId, how: "queue", at },
      };
    case "greetingEnded":
    case "digitPressed":
    case "noteAdded":
    case "endOrdered":
    case "contactRecovered":
      return {};
    case "contactQueued": {
      const segment = freshSegment(body.queueId, body.enqueuedAt);
      return { phase: { kind: "waiting" }, queueId: body.queueId, segments: [...facts.segments, segment] };
    }
    case "contactRefused":
      return { phase: { kind: "ending", cause: body.cause } };
    case "waitExpired":
      return { phase: { kind: "ending", cause: body.cause }, segments: exitSegment(facts, at, "flowOut") };
    case "offered":
      return {
        phase: { kind: "ringing", offerId: body.offerId, agentId: body.agentId, expiresAt: body.expiresAt, accepted: false },
        segments: changeLast(facts.segments, (segment) => ({
          ...segment,
          alerts: [...segment.alerts, { offerId: body.offerId, agentId: body.agentId, from: at, to: null, result: null }],
        })),
      };
    case "offerWithdrawn":
      return {
        phase: phase.kind === "ringing" ? { kind: "waiting" } : phase,
        segments: endAlert(facts, body.offerId, at, alertResult(body.cause)),
      };
    case "offerAccepted":
      return phase.kind === "ringing" ? { phase: { ...phase, accepted: true } } : {};
    case "bridged": {
      const { offerId, agentId, phoneId } = body;
      const ended = offerId === null ? facts.segments : endAlert(facts, offerId, at, "answered");
      return {
        phase: {
          kind: "talking",
          offerId,
          agentId,
          phoneId,
          heldSince: null,
          muted: false,
          keysMasked: false,
          mediaLostSince: null,
          aside: false,
        },
        agentId,
        connectedAt: at,
        segments: changeLast(ended, (segment) => ({ ...segment, answeredAt: segment.answeredAt ?? at, agentId })),
      };
    }
    case "bridgeFailed":
      return { phase: phase.kind === "ringing" ? { kind: "waiting" } : phase, segments: endAlert(facts, body.offerId, at, "bridgeFailed") };
    case "requeued":
      return { phase: { kind: "waiting" } };
    case "held":
      return phase.kind === "talking" ? { phase: { ...phase, heldSince: at } } : {};
    case "resumed":
      if (phase.kind !== "talking") return {};
      return {
        phase: { ...phase, heldSince: null },
        holdMs: facts.holdMs + heldFor(phase, at),
        segments: changeLast(facts.segments, (segment) => ({ ...segment, holdMs: segment.holdMs + heldFor(phase, at) })),
      };
    case "muted":
      return phase.kind === "talking" ? { phase: { ...phase, muted: body.muted } } : {};
    case "agentMediaLost":
      return phase.kind === "talking" ? { phase: { ...phase, mediaLostSince: at } } : {};
    case "agentMediaRestored":
      return phase.kind === "talking" ? { phase: { ...phase, mediaLostSince: null } } : {};
    case "agentDetached": {
      const fresh = freshSegment(facts.queueId, at);
      return { ...endTalk(facts, at), phase: { kind: "waiting" }, segments: [...exitSegment(facts, at, "answered"), fresh] };
    }
    case "recordingPrepared":
      return {
        recordings: [
          ...facts.recordings,
          { recordingId: body.recordingId, state: "prepared", startedAt: at, durationMs: null, pausedSince: null, pausedBy: null },
        ],
      };
    case "recordingStarted":
      return { recordings: changeRecording(facts, body.recordingId, { state: "recording", startedAt: at }) };
    case "recordingPaused":
      return { recordings: pauseOf(facts, body, at) };
    case "keysMasked":
      return phase.kind === "talking" ? { phase: { ...phase, keysMasked: body.masked } } : {};
    case "recordingSaved":
      return { recordings: changeRecording(facts, body.recordingId, { state: "saved", durationMs: body.durationMs }) };
    case "recordingFailed":
      return { recordings: changeRecording(facts, body.recordingId, { state: "failed" }) };
    case "copyStarted":
    case "copyFailed":
    case "copyEnded":
      return {};
    case "soundReported":
      return { soundReportedBy: body.agentId };
    case "callEnded":
      return { ...endCall(facts, body.cause, at), figures: body.figures };
    case "wrapUpStarted":
      return { phase: { kind: "wrapUp", agentId: body.agentId, until: body.until, extended: false }, wrapUpStartedAt: at };
    case "wrapUpExtended":
      return phase.kind === "wrapUp" ? { phase: { ...phase, until: body.until, extended: true } } : {};
    case "wrapUpEnded":
      return {
        ...(facts.endedAt === null ? { phase: { kind: "passedOn" } as const } : {}),
        wrapUpMs: Math.max(0, at - (facts.wrapUpStartedAt ?? at)),
      };
    case "contactCoded":
      return { wrapUpCodeId: body.wrapUpCodeId };
    case "customerTied":
      return {
        customerId: body.customerId,
        ...(facts.customerId === body.customerId ? {} : { verification: { ...facts.verification, level: 0, how: null, at: null } }),
      };
    case "contactClosed":
      return { phase: { kind: "closed" }, closedAt: at, cause: body.cause, outcome: body.outcome, endedAt: facts.endedAt ?? at };
    default:
      return unreachable(body);
  }
}

function endCall(facts: ContactFacts, cause: EndCause, at: Instant): Partial<ContactFacts> {
  const { phase } = facts;
  const ended = { endedAt: at, cause };
  switch (phase.kind) {
    case "talking":
      return {
        ...ended,
        ...endTalk(facts, at),
        phase: { kind: "wrapUp", agentId: phase.agentId, until: null, extended: false },
        segments: exitSegment(facts, at, "answered"),
      };
    case "parked":
      return {
        ...ended,
        ...endTalk(facts, at),
        phase: { kind: "ending", cause },
        segments: exitSegment(facts, at, "answered"),
        leftParked: true,
      };
    case "waiting":
    case "ringing": {
      const isFault = cause.by === "system";
      const exit = isFault ? "systemDisconnect" : phase.kind === "ringing" ? "abandonedRinging" : "abandoned";
      const alerted = phase.kind === "ringing" ? { ...facts, segments: endAlert(facts, phase.offerId, at, "callerGone") } : facts;
      return { ...ended, phase: { kind: "ending", cause }, segments: exitSegment(alerted, at, exit) };
    }
    default:
      return { ...ended, phase: phase.kind === "closed" || phase.kind === "wrapUp" ? phase : { kind: "ending", cause } };
  }
}

function endTalk(facts: ContactFacts, at: Instant): Partial<ContactFacts> {
  const { phase } = facts;
  if (phase.kind !== "talking" && phase.kind !== "parked") return {};
  return { talkMs: facts.talkMs + Math.max(0, at - (facts.connectedAt ?? at)), holdMs: facts.holdMs + heldFor(phase, at) };
}

function heldFor(phase: ContactPhase, at: Instant): number {
  if (phase.kind !== "talking" && phase.kind !== "parked") return 0;
  return phase.heldSince === null ? 0 : Math.max(0, at - phase.heldSince);
}

function alertResult(cause: string): AlertResult {
  if (cause === "notAnswered" || cause === "declined") return cause;
  if (cause === "callerLeft") return "callerGone";
  return cause === "bridgeFailed" || cause === "bridgeTimedOut" ? "bridgeFailed" : "withdrawn";
}

function changeLast<T>(list: readonly T[], next: (each: T) => T): readonly T[] {
  const last = list.at(-1);
  return last === undefined ? list : [...list.slice(0, -1), next(last)];
}

function endAlert(facts: ContactFacts, offerId: OfferId, at: Instant, result: AlertResult): readonly ContactSegment[] {
  return changeLast(facts.segments, (segment) => ({
    ...segment,
    alerts: segment.alerts.map((alert) => (alert.offerId === offerId && alert.to === null ? { ...alert, to: at, result } : alert)),
  }));
}

function exitSegment(facts: ContactFacts, at: Instant, exit: NonNullable<ContactSegment["exit"]>): readonly ContactSegment[] {
  const held = heldFor(facts.phase, at);
  return changeLast(facts.segments, (segment) =>
    segment.exit === null ? { ...segment, exitAt: at, exit, holdMs: segment.holdMs + held } : segment,
  );
}

function freshSegment(queueId: QueueId, enqueuedAt: Instant): ContactSegment {
  return { queueId, enqueuedAt, alerts: [], answeredAt: null, agentId: null, holdMs: 0, exitAt: null, exit: null };
}

function changeParty(facts: ContactFacts, partyId: PartyId, next: Partial<PartyFacts>): readonly PartyFacts[] {
  return facts.parties.map((party) => (party.partyId === partyId ? { ...party, ...next } : party));
}

/** A pause that changes its reason goes on since it began. */
function pauseOf(
  facts: ContactFacts,
  body: Extract<ContactEventBody, { readonly kind: "recordingPaused" }>,
  at: Instant,
): readonly RecordingFacts[] {
  const before = facts.recordings.find(({ recordingId }) => recordingId === body.recordingId)?.pausedSince ?? null;
  return changeRecording(facts, body.recordingId, {
    pausedSince: body.paused ? (before ?? at) : null,
    pausedBy: body.paused ? (body.reason === "field" ? "field" : "agent") : null,
  });
}

function changeRecording(facts: ContactFacts, recordingId: RecordingId, next: Partial<RecordingFacts>): readonly RecordingFacts[] {
  return facts.recordings.map((recording) => (recording.recordingId === recordingId ? { ...recording, ...next } : recording));
}
