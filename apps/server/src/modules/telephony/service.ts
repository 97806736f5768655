import type {
  CoreCommand,
  DeviceState,
  EdgeCallSummary,
  EdgeEvent,
  EndCause,
  FromEdge,
  HoldReminder,
  LineNow,
  LineVerdict,
  PhoneRefusal,
  RecordingOrder,
} from "@allo/contract";
import type { OpenContact, RouterCommand } from "@allo/acd";
import { MINUTE_MS, SECOND_MS, unreachable } from "@allo/kernel";
import type {
  CallId,
  Clock,
  ContactId,
  Epoch,
  IdSource,
  OfferId,
  OrganisationId,
  PartyId,
  PersonId,
  PhoneId,
  ProjectId,
  QueueId,
  RecordingId,
  SessionId,
  SkillId,
  Timers,
} from "@allo/kernel";
import type { Database } from "../../platform/db.ts";
import type { Logger } from "../../platform/log.ts";
import type {
  Applied,
  ApplyOptions,
  ContactBeginning,
  ContactCommand,
  ContactFacts,
  Contacts,
  ContactStimulus,
  EdgeSource,
  LogWriter,
  PartyFacts,
  PeopleNames,
  Sentence,
} from "../contacts/index.ts";
import { openParties } from "../contacts/index.ts";
import type { Routing, VoiceConfig, VoiceDirectory } from "../routing/index.ts";
import { announcementOf, holdReminderOf } from "./agent-ear.ts";
import { createAsides, placeOf } from "./asides.ts";
import { createInternalCalls, type QueueOf } from "./internal-calls.ts";
import { createParking } from "./parking.ts";
import { readCaller } from "./caller-number.ts";
import { greetingOf, PLAIN, RECORDED } from "./greeting.ts";
import { isTakingCalls } from "./opening.ts";
import type { EdgePort, PhoneWish, TransferEvent, VoiceKeys } from "./ports.ts";
import { isDoneWithin } from "./promises.ts";
import { createRecordings, recordAgainAfterMs, recordingPolicyOf, type Recordings } from "./recordings.ts";
import { SeenWatermark } from "./seen-watermark.ts";
import { edgeMarkRecord, edgeSeenFetch } from "./store/recording-store.ts";

export const telephonyLimits = {
  /** A contact that is not in PostgreSQL by then is not answered: the caller hears the technical sentence. */
  commitBeforeAnswerMs: 2_000,
  /** "Please hold" over the music. */
  reminderEveryMs: 45 * SECOND_MS,
  /** The same login may come back to its call for so long. */
  agentReturnMs: 30 * SECOND_MS,
  /** After a start of the core: an edge that hasn't said hello by then is lost, and its calls with it. */
  edgeHelloWaitMs: 10 * SECOND_MS,
  /** No greeting with the notice after it is longer: two uploads of the longest. */
  greetingMsMax: 250 * SECOND_MS,
  /** An agent waits for the answer: what the edge hasn't said by then is unknown. */
  figuresWaitMs: 1_000,
  /** A customer and somebody outside whom their agent has left together: hung up after so long. */
  passedOnMsMax: 120 * MINUTE_MS,
  /** Between two acknowledgements of an edge's events. */
  markPauseMs: 100,
  /** After a hello: what the edge sends again comes first; then contacts without a call are closed. */
  resendSettleMs: 500,
} as const;

/** RFC 3261 §21.4.18, §21.4.24 and §21.5.4 */
const TEMPORARILY_UNAVAILABLE = 480;
const BUSY_HERE = 486;
const SERVICE_UNAVAILABLE = 503;
const NOT_FOUND = 404;
const TECHNICAL: EndCause = { by: "system", why: "technical" };
const GREETING = "greeting";
const CLOSED = "refuse.closed";
/** A caller of a drill waits as customers do, for somebody who is never there; who comes with a turn of their own is not sent away for that. */
const FOR_NOBODY = { onlyAgent: "per_nobody" as PersonId, toHead: true } as const;
const SHORT_ABANDON_MS = 5 * SECOND_MS; // the service level that screens show leaves them out

/** The phone that rings at a person's: their browser's, or a device that they have chosen. */
export type Phone = {
  readonly phoneId: PhoneId;
  /** Whose browser it is; null for a device. */
  readonly sessionId: SessionId | null;
  readonly registered: boolean;
  readonly proven: boolean;
};
/** Both legs of a call at one moment; null where that one isn't there. */
export type LinesNow = { readonly caller: LineNow | null; readonly agent: LineNow | null };
export type TelephonyDeps = {
  readonly contacts: Contacts;
  readonly routing: Routing;
  readonly directory: VoiceDirectory;
  readonly keys: VoiceKeys;
  readonly database: Database;
  readonly writer: LogWriter;
  readonly edge: EdgePort;
  readonly clock: Clock;
  readonly timers: Timers;
  /** For what is committed by groups; the same as `timers` outside of tests. */
  readonly logTimers?: Timers;
  readonly ids: IdSource;
  readonly epoch: Epoch;
  readonly dataFolder: string;
  readonly log: Logger;
  readonly people: PeopleNames;
  /** Whether a recorder elsewhere gets calls now. */
  readonly isRecorderInUse: (organisationId: OrganisationId, recorderId: string) => boolean;
};

/** What a call of ours needs beside its contact. */
export type PlaceOrder = {
  readonly trunkIds: readonly string[];
  readonly destination: string;
  readonly callerId: { readonly number: string | null; readonly name: string | null };
  readonly talkMsMax: number;
  readonly isEmergency: boolean;
  /** Dialled at the agent's own phone, by this call of it. */
  readonly dialToken?: string;
};

export type Telephony = ReturnType<typeof createTelephony>;

/** The voice of core: what the edge says becomes contacts and router inputs, what the router decides becomes commands to the edge. */
export function createTelephony(deps: TelephonyDeps) {
  const { contacts, routing, directory, keys, database, writer, edge, clock, timers, ids, epoch, log } = deps;
  const recordings: Recordings = createRecordings(deps);
  const contactOfCall = new Map<CallId, ContactId>();
  /** Calls whose contact is being made: what the edge says of them waits. */
  const arriving = new Map<CallId, (() => void)[]>();
  /** What the gate let through, until the contact is committed. */
  const placing = new Map<ContactId, PlaceOrder>();
  /** What the gate let through of people outside, until the carrier is asked. */
  const outsideOrders = new Map<PartyId, PlaceOrder>();
  const graces = new Map<ContactId, () => void>();
  const reminders = new Map<ContactId, () => void>();
  const browsers = new Map<PersonId, Phone>();
  const devices = new Map<string, DeviceState>();
  /** Who asked for a call's figures, by token. */
  const figuresWaited = new Map<string, (lines: LinesNow) => void>();
  const phoneListeners: ((personId: PersonId) => void)[] = [];
  /** How the lines of a talk sound, where the edge has said it. */
  const lines = new Map<ContactId, LineVerdict>();
  const lineListeners: ((facts: ContactFacts) => void)[] = [];
  const noteListeners: ((facts: ContactFacts) => void)[] = [];
  const transferListeners: ((event: TransferEvent) => void)[] = [];
  const wishListeners: ((event: PhoneWish) => void)[] = [];
  let current: { readonly epoch: Epoch; readonly seen: SeenWatermark } | null = null;
  let markInFlight = false;
  let turn: Promise<void> = Promise.resolve();
  let hellosUnderWay = 0;
  /** Calls that moved on after the last hello: what it said of them is old. */
  const heardSinceHello = new Set<CallId>();
  let helloAt = 0;
  let cancelSettle: (() => void) | undefined;
  let isClosed = false;

  const asides = createAsides({
    routing,
    timers,
    graceMs: telephonyLimits.agentReturnMs,
    send: (command) => void edge.send(command),
    phoneOf: (personId) => phoneOf(personId),
    musicOf: (facts) => music(facts),
    reminderOf: (facts) => reminderOf(facts),
    act: (contactId, stimulus) => act(contactId, stimulus),
    now: () => clock.now(),
  });

  const parking = createParking({
    contacts,
    routing,
    timers,
    ids,
    act: (contactId, stimulus) => act(contactId, stimulus),
    join: (contactId, agentId) => void pickUp(contactId, agentId),
    now: () => clock.now(),
  });

  const internal = createInternalCalls({
    routing,
    database,
    clock,
    timers,
    ids,
    log,
    send: (command) => void edge.send(command),
    phoneOf: (personId) => phoneOf(personId),
    // Tones and music are of no language.
    ringTone: (organisationId) => directory.audioFor(organisationId, "tone.ring", "en"),
    holdLoop: (organisationId, queueId) => {
      const queue = directory.config(organisationId)?.queues.find((each) => each.queueId === queueId);
      return directory.audioFor(organisationId, queue?.musicAudioId ?? "tone.ring", "en");
    },
  });
  /** For what belongs to no queue and has to name one. */
  const queueOf: QueueOf = (organisationId) =>
    (directory.config(organisationId)?.queues.find(({ retired }) => !retired)?.queueId as QueueId | undefined) ?? null;

  // ---- Contacts: a stimulus in, commands out

  const act = (contactId: ContactId, stimulus: ContactStimulus, options: ApplyOptions = {}): Applied | null => {
    const applied = contacts.apply(contactId, stimulus, options);
    if (applied === null) return null;
    for (const command of applied.commands) run(applied.facts, command);
    return applied;
  };

  const run = (facts: ContactFacts, command: ContactCommand): void => {
    const { contactId, callId, organisationId } = facts;
    switch (command.kind) {
      case "acceptCall": {
        edge.send({ kind: "acceptCall", callId, contactId, token: GREETING, greeting: greeting(facts), thenLoop: music(facts) });
        return;
      }
      case "refuseCall":
        edge.send({
          kind: "refuseCall",
          callId,
          contactId,
          audioIds: [command.sentence === "refuse.closed" ? closedSentence(facts) : audio(facts, command.sentence)],
          sipStatus: command.sipStatus,
          cause: command.cause,
        });
        return;
      case "sayAndHangUp":
        edge.send({ kind: "playAndHangUp", callId, audioIds: [audio(facts, command.sentence)], cause: command.cause });
        return;
      case "say":
        edge.send({ kind: "play", callId, token: command.sentence, audioIds: [audio(facts, command.sentence)], thenLoop: music(facts) });
        return;
      case "enqueue":
        enqueue(facts, command.toHead === true);
        return;
      case "leaveQueue":
        routing.submit(organisationId, { kind: "contactLeft", contact: contactId, cause: "abandoned" });
        return;
      case "hangUp":
        edge.send({ kind: "hangUp", callId, cause: command.cause });
        return;
      case "endTalk":
        routing.submit(organisationId, { kind: "contactEnded", contact: contactId });
        return;
      case "tellRouter":
        routing.submit(organisationId, { kind: command.what, contact: contactId });
        return;
      case "tellBridgeFailed":
        routing.submit(organisationId, { kind: "bridgeFailed", contact: contactId, blame: command.blame });
        return;
      case "prepareRecording": {
        const prepared = recordings.prepare(facts);
        const applied = act(contactId, { kind: "recordingPrepared", recordingId: prepared.recordingId }, { alongside: [prepared.record] });
        if (applied?.appended) recordings.hold(contactId, applied.appended.durable);
        return;
      }
      case "recordWaiting":
        void recordWaiting(contactId);
        return;
      case "ringAgent":
      case "stopRinging": {
        const phone = phoneOf(command.agentId);
        // A device rings until it is told otherwise, registered or not.
        if (phone === undefined || (!phone.registered && phone.sessionId !== null)) return;
        if (command.kind === "stopRinging") {
          edge.send({ kind: "stopRinging", phoneId: phone.phoneId });
          return;
        }
        const offerId = offerOf(facts, command.agentId);
        if (offerId === null) return;
        ring(facts, command.agentId, phone, offerId);
        return;
      }
      case "bridge":
        void bridge(contactId, command.offerId, command.agentId);
        return;
      case "detachAgent":
        edge.send({
          kind: "detachAgent",
          callId,
          audioIds: command.sentence === null ? [] : [audio(facts, command.sentence)],
          thenLoop: music(facts),
        });
        return;
      case "placeCall":
        void place(facts);
        return;
      case "callOutside":
        callOutside(facts, command.party);
        return;
      case "passOn":
        passOn(facts, command.partyId);
        return;
      case "armPark":
        parking.arm(facts);
        return;
      case "cancelPark":
        parking.disarm(facts);
        return;
      case "tellDialFailed":
        routing.submit(organisationId, { kind: "dialFailed", contact: contactId });
        return;
      case "askParty":
      case "engageParty":
      case "joinParty":
      case "partParty":
      case "partyBridged":
      case "partyBridgeFailed":
      case "endParty":
      case "armPartyGrace":
      case "cancelPartyGrace":
      case "hold":
      case "stepAside":
      case "handOver":
      case "tellHandedOver":
        asides.run(facts, command);
        return;
      case "armGrace":
        rearm(graces, contactId, telephonyLimits.agentReturnMs, () => act(contactId, { kind: "graceOver" }));
        return;
      case "cancelGrace":
        disarm(graces, contactId);
        return;
      case "armReminder":
        remind(contactId);
        return;
      case "cancelReminder":
        disarm(reminders, contactId);
        return;
      default:
        unreachable(command);
    }
  };

  /** The contact is committed: the carrier is asked. Recorded only where whoever answers is told of it first. */
  const place = async (facts: ContactFacts): Promise<void> => {
    const { contactId, callId, organisationId, outbound } = facts;
    const order = placing.get(contactId);
    placing.delete(contactId);
    const isRecorded = facts.policy.outgoing === "notice" && order?.isEmergency === false;
    const recording = isRecorded ? await prepareNow(facts) : null;
    if (contacts.facts(contactId)?.phase.kind !== "dialling") return; // given up meanwhile
    const phone = outbound === null ? undefined : phoneOf(outbound.agentId);
    if (outbound === null || order === undefined || phone?.registered !== true) {
      act(contactId, { kind: "dialGivenUp", cause: { by: "system", why: phone?.registered === true ? "technical" : "phoneGone" } });
      return;
    }
    edge.send({
      kind: "placeCall",
      callId,
      contactId,
      numberId: facts.numberId,
      phoneId: phone.phoneId,
      personId: outbound.agentId,
      projectId: facts.projectId,
      ...order,
      recording,
      notice: recording === null ? [] : [directory.audioFor(organisationId, RECORDED, facts.language)],
      ringback: directory.audioFor(organisationId, "tone.ring", facts.language),
      holdLoop: music(facts),
      awayAudioIds: [audio(facts, "agent.cutOff")],
    });
  };

  const callOutside = (facts: ContactFacts, { partyId }: PartyFacts): void => {
    const order = outsideOrders.get(partyId);
    outsideOrders.delete(partyId);
    if (order === undefined) {
      act(facts.contactId, { kind: "outsideFailed", partyId, cause: TECHNICAL });
      return;
    }
    edge.send({
      kind: "callOutside",
      callId: facts.callId,
      partyId,
      projectId: facts.projectId,
      ...order,
      ringback: directory.audioFor(facts.organisationId, "tone.ring", facts.language),
      loop: music(facts),
      reminder: reminderOf(facts),
      recorded: facts.policy.recordOutside === true,
    });
  };

  const passOn = ({ callId }: ContactFacts, partyId: PartyId): void =>
    void edge.send({ kind: "passOn", callId, partyId, talkMsMax: telephonyLimits.passedOnMsMax });

  /** Out of its slot, to whoever was engaged for it. */
  const pickUp = async (contactId: ContactId, agentId: PersonId): Promise<void> => {
    const before = contacts.facts(contactId);
    if (before?.phase.kind !== "parked") return;
    // A customer who was told once needn't be told again.
    const isRecorded = before.policy.record || before.recordings.some(({ state }) => state === "recording" || state === "saved");
    const recording = isRecorded && !recordings.isRunning(before) ? await prepareNow(before) : null;
    const facts = contacts.facts(contactId);
    if (facts?.phase.kind !== "parked") return;
    const phone = phoneOf(agentId);
    if (phone?.registered !== true) {
      parking.unclaim(facts);
      return;
    }
    const { callId } = facts;
    edge.send({
      kind: "pickUp",
      callId,
      phoneId: phone.phoneId,
      personId: agentId,
      recording,
      holdLoop: music(facts),
      awayAudioIds: [audio(facts, "agent.cutOff")],
    });
  };

  const enqueue = (facts: ContactFacts, toHead = false): void => {
    const last = facts.segments.at(-1);
    routing.submit(facts.organisationId, {
      kind: "contactQueued",
      contact: facts.contactId,
      queue: facts.queueId,
      enqueuedAt: last?.enqueuedAt ?? clock.now(),
      priority: facts.priority,
      requirements: facts.requirements,
      ...(toHead ? { toHead } : {}),
      ...(facts.customerId === null ? {} : { customerRef: facts.customerId }),
      ...(facts.test === null ? {} : facts.test.isDrill === true ? FOR_NOBODY : { onlyAgent: facts.test.personId }),
    });
  };

  const remind = (contactId: ContactId): void => {
    rearm(reminders, contactId, telephonyLimits.reminderEveryMs, () => {
      const facts = contacts.facts(contactId);
      if (facts === undefined || (facts.phase.kind !== "waiting" && facts.phase.kind !== "ringing")) return;
      // While an agent is answering nothing is begun that the bridge would cut.
      if (facts.phase.kind === "waiting" || !facts.phase.accepted) {
        edge.send({
          kind: "play",
          callId: facts.callId,
          token: "reminder",
          audioIds: [audio(facts, "queue.pleaseHold")],
          thenLoop: music(facts),
        });
      }
      remind(contactId);
    });
  };

  /** A recording whose key is durable; null where that takes too long. */
  const prepareNow = async (facts: ContactFacts): Promise<RecordingOrder | null> => {
    if (!recordings.isFresh(facts)) run(facts, { kind: "prepareRecording" });
    return recordings.ready(contacts.facts(facts.contactId) ?? facts);
  };

  /** A device of the desk has no ear to speak into before it is picked up: it rings, and picking up is the answer. */
  const connectsItself = ({ organisationId, queueId }: ContactFacts, agentId: PersonId): boolean =>
    (phoneOf(agentId)?.sessionId ?? null) !== null && announcementOf(directory.config(organisationId), queueId) !== null;

  /** Rings at the agent, or says that the contact connects by itself, and then it does (`phoneAnnounced`). */
  const ring = (facts: ContactFacts, agentId: PersonId, { phoneId }: Phone, offerId: OfferId): void => {
    const { organisationId, language, phase } = facts;
    const isOwn = phase.kind === "ringing" && phase.agentId === agentId;
    const said = isOwn && connectsItself(facts, agentId) ? announcementOf(directory.config(organisationId), facts.queueId) : null;
    if (said === null) {
      edge.send({ kind: "ringPhone", phoneId, audioId: audio(facts, "tone.ring"), offerId, shown: contacts.callerOf(facts) });
      return;
    }
    const audioIds = said.map((audioId) => directory.audioFor(organisationId, audioId, language));
    edge.send({ kind: "announcePhone", phoneId, token: offerId, audioIds });
  };

  /** The caller waits, and has heard the notice: recorded once the recording's key is durable. */
  const recordWaiting = async (contactId: ContactId): Promise<void> => {
    const before = contacts.facts(contactId);
    if (before === undefined) return;
    const recording = await prepareNow(before);
    const facts = contacts.facts(contactId);
    if (facts === undefined || facts.endedAt !== null) return; // over meanwhile
    if (recording === null) failUncommitted(facts);
    else if (facts.recordings.at(-1)?.recordingId === recording.recordingId)
      // a bridge meanwhile brought its own
      edge.send({ kind: "record", callId: facts.callId, recording });
  };

  const failUncommitted = (facts: ContactFacts): void => {
    const recordingId = facts.recordings.findLast(({ state }) => state === "prepared")?.recordingId;
    if (recordingId === undefined) return;
    const reason = "notCommitted";
    act(
      facts.contactId,
      { kind: "recordingFailed", recordingId, reason },
      { alongside: [recordings.uncommitted(facts, recordingId, reason)] },
    );
  };

  /** What made the recording fail may be over soon: the same talk is recorded again. A restart forgets it; the next talk is recorded anyway. */
  const recordAgainLater = (contactId: ContactId, failedId: RecordingId): void => {
    const facts = contacts.facts(contactId);
    const afterMs = facts === undefined ? null : recordAgainAfterMs(facts);
    if (afterMs !== null) timers.arm(afterMs, () => void recordAgain(contactId, failedId));
  };
  const recordAgain = async (contactId: ContactId, failedId: RecordingId): Promise<void> => {
    const before = contacts.facts(contactId);
    if (before?.phase.kind !== "talking" || before.recordings.at(-1)?.recordingId !== failedId) return; // over, or recorded otherwise
    const recording = await prepareNow(before);
    const facts = contacts.facts(contactId);
    if (facts?.phase.kind !== "talking") return;
    if (recording === null) failUncommitted(facts);
    else if (facts.recordings.at(-1)?.recordingId === recording.recordingId) edge.send({ kind: "record", callId: facts.callId, recording });
  };

  /** Joins caller and agent, once the recording's key is durable. */
  const bridge = async (contactId: ContactId, offerId: OfferId, agentId: PersonId): Promise<void> => {
    const before = contacts.facts(contactId);
    if (before === undefined) return;
    const isWanted = before.policy.record && !recordings.isRunning(before);
    const recording = isWanted ? await prepareNow(before) : null;
    const facts = contacts.facts(contactId);
    if (facts?.phase.kind !== "ringing" || facts.phase.offerId !== offerId || !facts.phase.accepted) return; // over meanwhile
    if (isWanted && recording === null) failUncommitted(facts);
    const phone = phoneOf(agentId);
    if (phone?.registered !== true) {
      act(contactId, { kind: "bridgeFailed", offerId, reason: "phoneGone" });
      return;
    }
    edge.send({
      kind: "bridge",
      callId: facts.callId,
      offerId,
      phoneId: phone.phoneId,
      personId: agentId,
      recording,
      holdLoop: music(facts),
      awayAudioIds: [audio(facts, "agent.cutOff")],
    });
  };

  const audio = (facts: ContactFacts, audioId: Sentence | "tone.ring"): string =>
    directory.audioFor(facts.organisationId, audioId, facts.language);
  const greeting = ({ organisationId, numberId, language, policy }: ContactFacts): readonly string[] => {
    const config = directory.config(organisationId);
    const chosen = config?.numbers.find((number) => number.numberId === numberId)?.greetingAudioId;
    return greetingOf({
      chosen,
      isRecorded: policy.record,
      hasOwnPlain: config?.prompts.some((prompt) => prompt.audioId === PLAIN && prompt.language === language) ?? false,
      chosenSaysNotice: config?.ownPrompts.some((own) => own.audioId === chosen && own.saysNotice) ?? false,
    }).map((audioId) => directory.audioFor(organisationId, audioId, language));
  };
  const closedSentence = ({ organisationId, numberId, language }: ContactFacts): string => {
    const number = directory.config(organisationId)?.numbers.find((each) => each.numberId === numberId);
    return directory.audioFor(organisationId, number?.closedAudioId ?? CLOSED, language);
  };
  const reminderOf = (facts: ContactFacts): HoldReminder | null => {
    const reminder = holdReminderOf(directory.config(facts.organisationId), facts.queueId);
    return reminder === null ? null : { ...reminder, audioId: directory.audioFor(facts.organisationId, reminder.audioId, facts.language) };
  };
  const music = (facts: ContactFacts): string => directory.audioFor(facts.organisationId, facts.policy.musicAudioId, facts.language);

  const rearm = (kept: Map<ContactId, () => void>, contactId: ContactId, afterMs: number, fire: () => void): void => {
    disarm(kept, contactId);
    kept.set(
      contactId,
      timers.arm(afterMs, () => {
        kept.delete(contactId);
        if (!isClosed) fire();
      }),
    );
  };
  const disarm = (kept: Map<ContactId, () => void>, contactId: ContactId): void => {
    kept.get(contactId)?.();
    kept.delete(contactId);
  };

  contacts.events.on("contactClosed", ({ contactId, facts }) => {
    disarm(graces, contactId);
    disarm(reminders, contactId);
    contactOfCall.delete(facts.callId);
    lines.delete(contactId);
    recordings.closed(facts);
  });

  // ---- The router's decisions

  routing.events.on("commands", ({ commands, position }) => {
    for (const command of commands) follow(command, position);
  });

  const follow = (command: RouterCommand, position: number): void => {
    if (asides.follow(command) || parking.follow(command) || internal.follow(command)) return;
    switch (command.kind) {
      case "offer": {
        const { offer, contact, agent, queue, expiresAt, reason } = command;
        act(contact, { kind: "offered", offerId: offer, agentId: agent, queueId: queue, expiresAt, journalPosition: position, reason });
        return;
      }
      case "withdrawOffer":
        act(command.contact, { kind: "offerWithdrawn", offerId: command.offer, agentId: command.agent, cause: command.cause });
        return;
      case "connect":
        act(command.contact, { kind: "connect", offerId: command.offer, agentId: command.agent });
        return;
      case "contactEnqueued":
        act(command.contact, { kind: "routerEnqueued", queueId: command.queue, position: command.position });
        return;
      case "refuseContact": {
        const cause = command.cause === "nobodySignedIn" || command.cause === "queueFull" ? command.cause : "technical";
        act(command.contact, { kind: "routerRefused", cause });
        return;
      }
      case "expireContact":
        act(command.contact, { kind: "routerExpired" });
        return;
      case "contactRequeued":
        requeue(command);
        return;
      case "contactLost":
        // In its slot the router knows nothing of it.
        if (contacts.facts(command.contact)?.phase.kind === "parked") return;
        act(command.contact, { kind: "callEnded", cause: { by: "unknown", why: "lineDropped" }, figures: null });
        return;
      case "contactUnknown":
        readmit(command.contact);
        return;
      case "wrapUpStarted":
        act(command.contact, { kind: "wrapUpStarted", agentId: command.agent, until: command.until });
        return;
      case "wrapUpEnded":
        act(command.contact, { kind: "wrapUpEnded", how: command.how });
        if (command.how !== "done") keepDraft(command.contact, command.agent);
        return;
      case "agentChanged": {
        const { from, to, cause } = command;
        if (from.kind === "talking" && to.kind !== "wrapUp" && cause.why === "contactEnded") act(from.contact, { kind: "wrapUpSkipped" });
        if (to.kind === "wrapUp" && cause.why === "wrapUpExtended")
          act(to.contact, { kind: "wrapUpExtended", agentId: command.agent, until: to.until });
        return;
      }
      case "asideOver":
      case "moveRefused":
      case "acceptRefused":
      case "missedRing":
      case "reachableChanged":
      case "armTimer":
      case "cancelTimer":
      case "inputIgnored":
        return;
      default:
        unreachable(command);
    }
  };

  /** Back to the head of its queue; what an agent who was lost wrote so far goes with it. */
  const requeue = ({ contact, queue, cause }: Extract<RouterCommand, { kind: "contactRequeued" }>): void => {
    const before = contacts.facts(contact)?.phase;
    act(contact, { kind: "requeued", queueId: queue, cause });
    if (before?.kind === "talking") keepDraft(contact, before.agentId);
  };

  /** The contact goes on without this agent, or their time to write is over: what they wrote so far stays with it. */
  const keepDraft = (contact: ContactId, agentId: PersonId): void => {
    contacts.draftKeep(contact, agentId).then(
      (isKept) => {
        const facts = isKept ? contacts.facts(contact) : undefined;
        if (facts !== undefined) for (const listener of noteListeners) listener(facts);
      },
      (error: unknown) => log.warn({ err: error, contactId: contact }, "what an agent wrote could not be kept"),
    );
  };
  contacts.events.on("contactChanged", ({ facts, kinds }) => {
    const { phase, handover, contactId } = facts;
    if (kinds.includes("parked") && phase.kind === "parked") keepDraft(contactId, phase.by);
    if (handover !== null && (kinds.includes("handedOver") || kinds.includes("transferred"))) keepDraft(contactId, handover.from);
  });

  /** The call is there and the router has lost it: it goes back in at its old place. */
  const readmit = (contactId: ContactId): void => {
    const facts = contacts.facts(contactId);
    if (facts === undefined) return;
    const { phase } = facts;
    if (phase.kind === "ringing")
      act(contactId, { kind: "offerWithdrawn", offerId: phase.offerId, agentId: phase.agentId, cause: "recovered" });
    const now = contacts.facts(contactId);
    if (now?.phase.kind === "waiting") enqueue(now);
  };

  // ---- What the edge says

  const onEvent = (of: Epoch, sequence: number, event: EdgeEvent): void => {
    const from = current;
    if (from === null || !isSameEpoch(from.epoch, of) || !from.seen.receive(sequence)) return;
    const source: EdgeSource = { edge: from.epoch, sequence };
    const done = (): void => from.seen.done(sequence);
    const callId = "callId" in event ? event.callId : null;
    if (callId !== null && cancelSettle !== undefined && event.at > helloAt) heardSinceHello.add(callId);
    const waiting = callId === null ? undefined : arriving.get(callId);
    if (waiting !== undefined) waiting.push(() => take(event, source, done));
    else take(event, source, done);
  };

  const take = (event: EdgeEvent, source: EdgeSource, done: () => void): void => {
    if (event.kind === "callArrived") {
      void arrive(event, source).finally(done);
      return;
    }
    const durable = heed(event, source);
    if (durable === null) done();
    else durable.then(done, done);
  };

  const linesJudged = (callId: CallId, verdict: LineVerdict | null): void => {
    const contactId = contactOfCall.get(callId);
    const facts = contactId === undefined ? undefined : contacts.facts(contactId);
    if (facts === undefined) return;
    if (verdict === null) lines.delete(facts.contactId);
    else lines.set(facts.contactId, verdict);
    for (const listener of lineListeners) listener(facts);
  };

  /** Who speaks in a call that a recorder elsewhere gets is told there by name. */
  const named = (callId: CallId, durable: Promise<void> | null): Promise<void> | null => {
    const contactId = contactOfCall.get(callId);
    const facts = contactId === undefined ? undefined : contacts.facts(contactId);
    if (facts?.policy.recording?.copyTo !== undefined) void nameParticipants(facts);
    return durable;
  };
  const nameParticipants = async (facts: ContactFacts): Promise<void> => {
    const { callId, organisationId, phase } = facts;
    const people = new Set([
      ...("agentId" in phase && phase.agentId !== null ? [phase.agentId] : []),
      ...openParties(facts).flatMap(({ personId }) => personId ?? []),
    ]);
    try {
      const names = await Promise.all(
        [...people].map(async (personId) => ({ personId, name: await deps.people.nameOf(organisationId, personId) })),
      );
      const known = names.flatMap(({ personId, name }) => (name === null || name === "" ? [] : [{ personId, name }]));
      if (known.length > 0) edge.send({ kind: "nameParticipants", callId, names: known });
    } catch (error) {
      log.warn({ err: error, callId }, "a recorder elsewhere isn't told who takes part by name");
    }
  };

  /** What an event causes; a promise where it is to be durable before the edge may forget it. */
  const heed = (event: Exclude<EdgeEvent, { readonly kind: "callArrived" }>, source: EdgeSource): Promise<void> | null => {
    const { at } = event;
    const told = (callId: CallId, stimulus: ContactStimulus): Promise<void> | null => {
      const contactId = contactOfCall.get(callId);
      return contactId === undefined ? null : (act(contactId, stimulus, { at, source })?.appended?.durable ?? null);
    };
    switch (event.kind) {
      case "callAnswered":
      case "digitPressed":
      case "agentMediaLost":
      case "agentMediaRestored":
      case "callHeld":
      case "callResumed":
        return told(event.callId, { kind: event.kind });
      case "playEnded":
        return event.token === GREETING ? told(event.callId, { kind: "greetingEnded", completed: event.completed }) : null;
      case "callBridged":
        return named(event.callId, told(event.callId, { kind: "callBridged", offerId: event.offerId, phoneId: event.phoneId }));
      case "bridgeFailed":
        return told(event.callId, { kind: "bridgeFailed", offerId: event.offerId, reason: event.reason });
      case "figuresTaken":
        figuresWaited.get(event.token)?.({ caller: event.caller, agent: event.agent });
        return null;
      case "linesJudged":
        linesJudged(event.callId, event.verdict);
        return null;
      case "callMuted":
        return told(event.callId, { kind: "callMuted", muted: event.muted });
      case "recordingPaused":
        return told(event.callId, {
          kind: "recordingPaused",
          recordingId: event.recordingId,
          paused: event.paused,
          reason: event.reason,
        });
      case "keysMasked":
        return told(event.callId, { kind: "keysMasked", masked: event.masked });
      case "calleeRinging":
        return told(event.callId, { kind: "calleeRinging" });
      case "calleeAnswered":
        return named(event.callId, told(event.callId, { kind: "calleeAnswered", phoneId: event.phoneId }));
      case "agentTurned":
        return told(event.callId, { kind: "agentTurned", to: event.to });
      case "outsideAnswered":
      case "passedOn":
        return told(event.callId, { kind: event.kind, partyId: event.partyId });
      case "outsideFailed":
        return told(event.callId, { kind: "outsideFailed", partyId: event.partyId, cause: event.cause });
      case "pickedUp":
        return named(event.callId, told(event.callId, { kind: "pickedUp", agentId: event.personId, phoneId: event.phoneId }));
      case "pickUpFailed": {
        const contactId = contactOfCall.get(event.callId);
        const facts = contactId === undefined ? undefined : contacts.facts(contactId);
        if (facts?.phase.kind === "parked") parking.unclaim(facts);
        return null;
      }
      case "partyJoined":
        return named(event.callId, told(event.callId, { kind: event.kind, partyId: event.partyId }));
      case "partyLeft":
      case "partyMediaLost":
      case "partyMediaRestored":
        return told(event.callId, { kind: event.kind, partyId: event.partyId });
      case "partyFailed":
        return told(event.callId, { kind: "partyFailed", partyId: event.partyId, reason: event.reason });
      case "partySeated":
        return told(event.callId, { kind: "partySeated", partyId: event.partyId, place: placeOf(event.seat) });
      case "partyMuted":
        return told(event.callId, { kind: "partyMuted", partyId: event.partyId, muted: event.muted });
      case "handedOver":
        return named(
          event.callId,
          told(event.callId, { kind: "handedOver", partyId: event.partyId, personId: event.personId, phoneId: event.phoneId }),
        );
      case "handOverFailed":
        return null; // the party's leaving, or the call's end, says it too
      case "callEnded":
        linesJudged(event.callId, null);
        return told(event.callId, { kind: "callEnded", cause: event.cause, figures: event.figures });
      case "recordingStarted":
        return named(
          event.callId,
          recordings.heed(
            event.recordingId,
            { kind: "recordingStarted", recordingId: event.recordingId },
            { kind: "started" },
            { at, source },
          ),
        );
      case "recordingSaved": {
        const { recordingId, durationMs, bytes, sha256Hex } = event;
        return recordings.heed(
          recordingId,
          { kind: "recordingSaved", recordingId, durationMs },
          { kind: "saved", durationMs, bytes, sha256Hex },
          { at, source },
        );
      }
      case "recordingFailed": {
        const { recordingId, reason } = event;
        log.error({ event: "recordingFailed", recordingId, reason }, "a call is no longer recorded: it goes on without");
        const contactId = recordings.contactOf(recordingId);
        const heeded = recordings.heed(
          recordingId,
          { kind: "recordingFailed", recordingId, reason },
          { kind: "failed", reason },
          { at, source },
        );
        if (contactId !== null) recordAgainLater(contactId, recordingId);
        return heeded;
      }
      case "copyStarted": {
        const { recordingId, recorderId, again } = event;
        return told(event.callId, { kind: event.kind, recordingId, recorderId, again });
      }
      case "copyFailed": {
        const { recordingId, recorderId, why, status } = event;
        log.warn({ event: "copyFailed", recordingId, recorderId, why, status }, "a recorder elsewhere doesn't get a call");
        return told(event.callId, { kind: event.kind, recordingId, recorderId, why, status });
      }
      case "copyEnded": {
        const { recordingId, recorderId, whole } = event;
        return told(event.callId, { kind: event.kind, recordingId, recorderId, whole });
      }
      case "phoneState":
        setPhone(event.personId, {
          phoneId: event.phoneId,
          sessionId: event.sessionId,
          registered: event.registered,
          proven: event.proven,
        });
        return null;
      case "transferAsked":
      case "transferEnded":
      case "pickUpAsked":
        for (const listener of transferListeners) listener(event);
        return null;
      case "phoneTransferAsked":
      case "phoneConsultAsked":
      case "phoneConsultOver":
      case "phoneDialAsked":
      case "outsideRinging":
        for (const listener of wishListeners) listener(event);
        return null;
      case "phoneAnnounced": {
        const organisationId = routing.organisationOf(event.personId);
        if (organisationId !== undefined)
          routing.submit(organisationId, { kind: "offerAccepted", offer: event.token as OfferId, agent: event.personId });
        return null;
      }
      case "phoneAnswered":
        pickedUp(event.phoneId, event.offerId);
        return null;
      case "phoneRefused":
        refused(event.phoneId, event.offerId, event.why);
        return null;
      case "internalReady":
      case "internalJoined":
      case "internalSide":
      case "internalEnded":
        return internal.heed(event);
      default:
        return unreachable(event);
    }
  };

  /** Whose device this is, and which organisation's; only who has chosen it takes calls on it. */
  const ownerOf = (phoneId: PhoneId): { readonly organisationId: OrganisationId; readonly personId: PersonId } | null => {
    for (const organisationId of directory.organisations()) {
      for (const [personId, deviceId] of directory.config(organisationId)?.phoneChoices ?? [])
        if (deviceId === phoneId) return { organisationId, personId };
    }
    return null;
  };

  /** A device was picked up: as the answer on the screen. */
  const pickedUp = (phoneId: PhoneId, offer: OfferId): void => {
    const owner = ownerOf(phoneId);
    const commands =
      owner === null ? [] : (routing.submit(owner.organisationId, { kind: "offerAccepted", offer, agent: owner.personId }) ?? []);
    const refusal = commands.find((command) => command.kind === "acceptRefused");
    // Answered on the screen a moment before: the same. Withdrawn: there is nobody to speak with.
    if (owner === null || (refusal !== undefined && refusal.reason !== "alreadyAccepted")) edge.send({ kind: "releasePhone", phoneId });
  };

  const refused = (phoneId: PhoneId, offer: OfferId, why: PhoneRefusal): void => {
    const owner = ownerOf(phoneId);
    if (owner === null) return;
    const { organisationId, personId: agent } = owner;
    // A phone that can't be rung is no wish of its person; it says itself that it can't, and is offered nothing until it can.
    const state = devices.get(phoneId);
    if (why === "notReached" && state !== undefined) setDevice(phoneId, { ...state, canRing: false });
    routing.submit(organisationId, { kind: "offerDeclined", offer, agent });
  };

  /** The device that a person has chosen; null: they work in the browser. */
  const chosenDevice = (personId: PersonId): VoiceConfig["devices"][number] | null => {
    for (const organisationId of directory.organisations()) {
      const config = directory.config(organisationId);
      const deviceId = config?.phoneChoices.get(personId);
      const device = deviceId === undefined ? undefined : config?.devices.find((each) => each.deviceId === deviceId);
      if (device !== undefined && !device.retired && device.personId === personId) return device;
    }
    return null;
  };

  const phoneOf = (personId: PersonId): Phone | undefined => {
    const device = chosenDevice(personId);
    if (device === null) return browsers.get(personId);
    const canRing = devices.get(device.deviceId)?.canRing ?? false;
    return { phoneId: device.deviceId as string as PhoneId, sessionId: null, registered: canRing, proven: canRing };
  };

  /** Where the person's calls ring now, for routing and for whoever looks. */
  const phoneMoved = (personId: PersonId): void => {
    const phone = phoneOf(personId);
    routing.mediaPath(personId, phone !== undefined && phone.registered && phone.proven);
    for (const listener of phoneListeners) listener(personId);
  };

  const setPhone = (personId: PersonId, phone: Phone): void => {
    const known = browsers.get(personId);
    // An older phone of the person that goes away says nothing about the one that took its place.
    if (!phone.registered && known !== undefined && known.phoneId !== phone.phoneId) return;
    if (phone.registered) browsers.set(personId, phone);
    else browsers.delete(personId);
    phoneMoved(personId);
  };

  const setDevice = (deviceId: string, state: DeviceState): void => {
    devices.set(deviceId, state);
    for (const organisationId of directory.organisations()) {
      const owner = directory.config(organisationId)?.devices.find((each) => each.deviceId === deviceId)?.personId ?? null;
      if (owner !== null) phoneMoved(owner as PersonId);
    }
  };

  type Arrived = Extract<EdgeEvent, { readonly kind: "callArrived" }>;

  /** A call comes: its contact is committed, then it is answered. Resolves when the contact is durable. */
  const arrive = async (event: Arrived, source: EdgeSource): Promise<void> => {
    const { callId, numberId } = event;
    if (contactOfCall.has(callId)) return; // sent again after a restart
    const organisationId = directory.organisationOfNumber(numberId);
    const config = organisationId === null ? null : directory.config(organisationId);
    const number = config?.numbers.find((candidate) => candidate.numberId === numberId && !candidate.retired);
    const queue = config?.queues.find((candidate) => candidate.queueId === number?.queueId && !candidate.retired);
    if (organisationId === null || config === null || number === undefined || queue === undefined) {
      edge.send({ kind: "refuseCall", callId, contactId: null, audioIds: [], sipStatus: NOT_FOUND, cause: TECHNICAL });
      return;
    }
    // The call's own chance: an arrival that is sent again finds its contact, even one that is closed.
    const contactId = `con_${callId.slice(callId.indexOf("_") + 1)}` as ContactId;
    const waiting: (() => void)[] = [];
    arriving.set(callId, waiting);
    try {
      if (event.at <= helloAt && (await contacts.load({ organisationId, projectIds: "*" }, contactId)) !== null) return;
      await keys.create(organisationId, contactId);
      const { state, caller } = readCaller({ number: event.callerNumber, name: event.callerName }, config.defaultCountry);
      const openOfNumber = contacts.underWayCount(numberId);
      contactOfCall.set(callId, contactId);
      const { appended } = contacts.begin({
        organisationId,
        projectId: queue.projectId as ProjectId,
        contactId,
        at: event.at,
        source,
        channel: "voice",
        callId,
        edge: source.edge,
        numberId,
        queueId: queue.queueId as QueueId,
        language: number.language,
        priority: 0,
        requirements: queue.requirements.map(({ skillId, level }) => ({ skill: skillId as SkillId, level: level as 1 | 2 | 3 | 4 | 5 })),
        callerState: state,
        caller,
        transport: event.transport,
        deviceId: event.deviceId,
        ...(event.test === undefined ? {} : { test: event.test }),
        policy: {
          record: queue.recordCalls,
          serviceLevelMs: queue.serviceLevelSeconds * SECOND_MS,
          shortAbandonMs: SHORT_ABANDON_MS,
          musicAudioId: queue.musicAudioId,
          wrapUpMs: queue.wrapUpSeconds * SECOND_MS,
          recording: recordingPolicyOf(queue, "in", (recorderId) => deps.isRecorderInUse(organisationId, recorderId)),
          recordOutside: queue.recordOutside,
        },
      });
      // A test call is for its own person: it comes through at any hour.
      if (event.test === undefined && !isTakingCalls(config, number, event.at)) {
        act(contactId, {
          kind: "turnedAway",
          sentence: CLOSED,
          sipStatus: TEMPORARILY_UNAVAILABLE,
          cause: { by: "system", why: "closed" },
        });
      } else if (openOfNumber >= number.callsMax) {
        act(contactId, {
          kind: "turnedAway",
          sentence: "refuse.tooManyCalls",
          sipStatus: BUSY_HERE,
          cause: { by: "system", why: "tooManyCalls" },
        });
      } else {
        void answerWhenCommitted(contactId, appended.committed);
      }
      await appended.durable;
    } catch (error) {
      log.error({ err: error, callId }, "a call could not be taken");
      if (!contactOfCall.has(callId))
        edge.send({ kind: "refuseCall", callId, contactId: null, audioIds: [], sipStatus: SERVICE_UNAVAILABLE, cause: TECHNICAL });
      else act(contactId, { kind: "turnedAway", sentence: "refuse.technical", sipStatus: SERVICE_UNAVAILABLE, cause: TECHNICAL });
    } finally {
      arriving.delete(callId);
      for (const late of waiting) late();
    }
  };

  /** Rule 3: the contact is committed, then the caller is answered. While the database is away callers are not answered at all. */
  const answerWhenCommitted = async (contactId: ContactId, committed: Promise<void>): Promise<void> => {
    const isCommitted = database.isUp() && (await isDoneWithin(timers, committed, telephonyLimits.commitBeforeAnswerMs));
    if (isCommitted) act(contactId, { kind: "committed" });
    else if (contacts.facts(contactId)?.outbound != null) act(contactId, { kind: "dialGivenUp", cause: TECHNICAL });
    else act(contactId, { kind: "turnedAway", sentence: "refuse.technical", sipStatus: SERVICE_UNAVAILABLE, cause: TECHNICAL });
  };

  // ---- Starting, and edges that come (back)

  type Hello = Extract<FromEdge, { readonly kind: "edgeHello" }>;

  /** Gives how far the edge's events are durable; it sends the rest again. */
  const onHello = async (hello: Hello): Promise<number> => {
    const isSame = current !== null && isSameEpoch(current.epoch, hello.epoch);
    if (!isSame) {
      internal.lost();
      const through = await seenThrough(hello.epoch);
      current = { epoch: hello.epoch, seen: new SeenWatermark(through, () => storeMark()) };
    }
    closeLapsed(hello.epoch);
    takePhones(hello);
    cancelSettle?.();
    heardSinceHello.clear();
    helloAt = clock.now();
    const known = new Set(contacts.openList().map(({ contactId }) => contactId));
    cancelSettle = timers.arm(telephonyLimits.resendSettleMs, () => settle(hello, known));
    return current?.seen.through ?? 0;
  };

  const seenThrough = async (of: Epoch): Promise<number> => {
    try {
      return await database.withDoors((tx) => edgeSeenFetch(tx, of));
    } catch (error) {
      // Then the edge sends everything it still has, and each contact knows what it has had.
      log.warn({ err: error }, "how far the edge's events were seen can't be read: asking for all");
      return 0;
    }
  };

  /** At most one mark under way, and a pause after it: the edge keeps what isn't acknowledged yet, and contacts know what they have had. */
  const storeMark = (): void => {
    const from = current;
    if (markInFlight || from === null || isClosed) return;
    markInFlight = true;
    const { through } = from.seen;
    const finished = (): void => {
      (deps.logTimers ?? timers).arm(telephonyLimits.markPauseMs, () => {
        markInFlight = false;
        if (current !== null && (current !== from || from.seen.through > through)) storeMark();
      });
    };
    writer.append([edgeMarkRecord(from.epoch, through, clock.now())]).durable.then(() => {
      edge.seen(from.epoch, through);
      finished();
    }, finished);
  };

  /** Calls of an earlier start of this edge are gone. */
  const closeLapsed = (alive: Epoch): void => {
    for (const facts of contacts.openList()) {
      if (facts.edge.node !== alive.node || facts.edge.epoch >= alive.epoch) continue;
      act(facts.contactId, { kind: "callEnded", cause: { by: "system", why: "edgeLost" }, figures: null });
    }
    void recordings.cutLapsed(alive);
  };

  const takePhones = (hello: Hello): void => {
    const alive = new Set(hello.phones.map(({ personId }) => personId));
    for (const [personId, phone] of browsers) if (!alive.has(personId)) setPhone(personId, { ...phone, registered: false, proven: false });
    for (const { personId, ...phone } of hello.phones) setPhone(personId, { ...phone, registered: true });
  };

  /** What the edge had to say again is said: what it held at its hello and what we knew then are made one. */
  const settle = (hello: Hello, known: ReadonlySet<ContactId>): void => {
    cancelSettle = undefined;
    const calls = new Map(hello.calls.map((call) => [call.callId, call]));
    for (const facts of contacts.openList()) {
      if (!known.has(facts.contactId) || !isSameEpoch(facts.edge, hello.epoch) || facts.endedAt !== null) continue;
      const call = calls.get(facts.callId);
      if (call === undefined) act(facts.contactId, { kind: "callEnded", cause: { by: "unknown", why: "lineDropped" }, figures: null });
      else if (!heardSinceHello.has(facts.callId)) reconcile(facts, call);
    }
    for (const call of hello.calls) dismissUnknown(call);
    internal.settle(hello.internalCalls, { helloAt, queueOf });
    recoverRouters();
  };

  const reconcile = (facts: ContactFacts, call: EdgeCallSummary): void => {
    const { contactId, phase } = facts;
    switch (phase.kind) {
      case "arriving":
        if (call.phase === "arriving") act(contactId, { kind: "committed" });
        else act(contactId, { kind: "callAnswered" });
        return;
      case "dialling": {
        const phoneId = phoneOf(phase.agentId)?.phoneId;
        if ((call.phase === "bridged" || call.phase === "agentLost") && phoneId !== undefined)
          act(contactId, { kind: "calleeAnswered", phoneId });
        return;
      }
      case "greeting":
        // Its end comes with an event, now or sent again; should it have been lost, nobody waits for ever.
        timers.arm(telephonyLimits.greetingMsMax, () => act(contactId, { kind: "greetingEnded", completed: false }));
        return;
      case "waiting":
        if (call.phase === "bridged" || call.phase === "agentLost") run(facts, { kind: "detachAgent", sentence: null });
        if (!reminders.has(contactId)) remind(contactId);
        return;
      case "ringing":
        if (!reminders.has(contactId)) remind(contactId);
        // What was said to the agent may have come to its end while nobody listened: it is said again.
        if (!phase.accepted && connectsItself(facts, phase.agentId)) run(facts, { kind: "ringAgent", agentId: phase.agentId });
        if (!phase.accepted) return;
        if (call.phase === "bridged" && call.personId === phase.agentId) {
          const phoneId = phoneOf(phase.agentId)?.phoneId;
          if (phoneId !== undefined) act(contactId, { kind: "callBridged", offerId: phase.offerId, phoneId });
        } else run(facts, { kind: "bridge", offerId: phase.offerId, agentId: phase.agentId });
        return;
      case "parked":
        if (call.phase === "bridged" && call.personId !== null) {
          const phoneId = phoneOf(call.personId)?.phoneId;
          if (phoneId !== undefined) act(contactId, { kind: "pickedUp", agentId: call.personId, phoneId });
        } else parking.unclaim(facts);
        return;
      case "talking":
        if (call.phase === "passedOn") {
          const [party] = call.outside;
          if (party !== undefined) act(contactId, { kind: "passedOn", partyId: party.partyId });
          return;
        }
        if (call.phase === "agentLost") act(contactId, { kind: "agentMediaLost" });
        if (call.phase === "bridged") act(contactId, { kind: "agentMediaRestored" });
        if (call.phase === "agentLost" && !graces.has(contactId)) run(facts, { kind: "armGrace" });
        if (call.held) act(contactId, { kind: "callHeld" });
        else act(contactId, { kind: "callResumed" });
        act(contactId, { kind: "callMuted", muted: call.muted });
        for (const { recordingId } of facts.recordings)
          act(contactId, {
            kind: "recordingPaused",
            recordingId,
            paused: call.pausedRecordingId === recordingId,
            reason: call.pausedBy ?? "agent",
          });
        act(contactId, { kind: "keysMasked", masked: call.keysMasked });
        reconcileParties(facts, call);
        return;
      case "ending":
        edge.send({ kind: "hangUp", callId: facts.callId, cause: phase.cause });
        return;
      case "wrapUp":
      case "passedOn":
      case "closed":
        return;
      default:
        unreachable(phase);
    }
  };

  const reconcileParties = (facts: ContactFacts, call: EdgeCallSummary): void => {
    for (const { partyId, state, outside } of openParties(facts)) {
      if (outside !== null) {
        const line = call.outside.find((party) => party.partyId === partyId);
        if (line === undefined) act(facts.contactId, { kind: "outsideFailed", partyId, cause: { by: "unknown", why: "lineDropped" } });
        else if (line.answered) act(facts.contactId, { kind: "outsideAnswered", partyId });
        continue;
      }
      const isThere = call.parties.some((party) => party.partyId === partyId);
      if (isThere) act(facts.contactId, { kind: "partyJoined", partyId });
      else if (state === "joined") act(facts.contactId, { kind: "partyLeft", partyId });
    }
    for (const { partyId } of [...call.parties, ...call.outside])
      if (!openParties(facts).some((party) => party.partyId === partyId)) edge.send({ kind: "partParty", callId: facts.callId, partyId });
  };

  /** A call whose contact is closed, or never came to be: the caller hears why. */
  const dismissUnknown = (call: EdgeCallSummary): void => {
    const isKnown = contactOfCall.has(call.callId) || arriving.has(call.callId);
    if (isKnown) return;
    const audioIds = technicalAudio(call);
    const command: CoreCommand =
      call.phase === "arriving"
        ? { kind: "refuseCall", callId: call.callId, contactId: null, audioIds, sipStatus: SERVICE_UNAVAILABLE, cause: TECHNICAL }
        : { kind: "playAndHangUp", callId: call.callId, audioIds, cause: TECHNICAL };
    edge.send(command);
  };

  const technicalAudio = (call: EdgeCallSummary): readonly string[] => {
    const organisationId = directory.organisationOfNumber(call.numberId);
    const number =
      organisationId === null ? undefined : directory.config(organisationId)?.numbers.find(({ numberId }) => numberId === call.numberId);
    return organisationId === null || number === undefined ? [] : [directory.audioFor(organisationId, "refuse.technical", number.language)];
  };

  /** After a start of the core: the routers go on with the calls that are still there. */
  const recoverRouters = (): void => {
    for (const organisationId of directory.organisations()) {
      if (!routing.isHeld(organisationId)) continue;
      const openContacts = contacts
        .openList()
        .flatMap((facts) => (facts.organisationId === organisationId ? [...openContact(facts), ...asides.openOf(facts)] : []))
        .concat(internal.openOf(organisationId));
      for (const { contact } of openContacts) {
        act(contact, { kind: "recovered", epoch });
        const facts = contacts.facts(contact);
        if (facts !== undefined) asides.recovered(facts);
      }
      routing.recover(organisationId, openContacts);
      for (const facts of parking.parked(organisationId)) {
        act(facts.contactId, { kind: "recovered", epoch });
        parking.arm(facts);
      }
      for (const { agent, mediaProven } of routing.view(organisationId).agents) {
        const phone = phoneOf(agent);
        if (mediaProven !== (phone?.proven ?? false)) routing.mediaPath(agent, phone?.proven ?? false);
      }
      closeStaleWrapUps(organisationId);
    }
  };

  /** A wrap-up that the router knows nothing of has no end of its own. */
  const closeStaleWrapUps = (organisationId: OrganisationId): void => {
    for (const { organisationId: of, contactId, phase } of contacts.openList()) {
      if (of !== organisationId || phase.kind !== "wrapUp") continue;
      const state = routing.agent(organisationId, phase.agentId)?.state;
      if (state?.kind !== "wrapUp" || state.contact !== contactId) act(contactId, { kind: "wrapUpEnded", how: "recovered" });
    }
  };

  /** Choices as they were: whose phone is another one now. */
  let choices = new Map<PersonId, string>();
  directory.onChanged(() => {
    edge.configure(directory.edgeConfig());
    const now = new Map(directory.organisations().flatMap((each) => [...(directory.config(each)?.phoneChoices ?? [])]));
    const moved = new Set([...choices.keys(), ...now.keys()].filter((personId) => choices.get(personId) !== now.get(personId)));
    choices = now;
    for (const personId of moved) phoneMoved(personId);
  });

  return {
    act,
    /** A person's phone registered, was proven, or went away. */
    onPhone: (listener: (personId: PersonId) => void): void => void phoneListeners.push(listener),
    phoneOf,
    chosenDevice,
    deviceState: (deviceId: string): DeviceState | undefined => devices.get(deviceId),
    /** What the edge says of a device. */
    noteDevice: setDevice,
    /** Whose chosen phone this is. */
    ownerOf,
    /** The person's own device is called, for the talk whose sound was lost. */
    callPhone(facts: ContactFacts, personId: PersonId): void {
      const phone = phoneOf(personId);
      if (phone !== undefined) edge.send({ kind: "callPhone", phoneId: phone.phoneId, personId, shown: contacts.callerOf(facts) });
    },
    /** The customer's side wants to pass a talk on, or has. */
    onTransfer: (listener: (event: TransferEvent) => void): void => void transferListeners.push(listener),
    /** An agent asks for something at their own phone. */
    onPhoneWish: (listener: (event: PhoneWish) => void): void => void wishListeners.push(listener),
    contactOfCall: (callId: CallId): ContactFacts | undefined => {
      const contactId = contactOfCall.get(callId);
      return contactId === undefined ? undefined : contacts.facts(contactId);
    },
    /** The lines of a contact's talk sound otherwise than before. */
    onLines: (listener: (facts: ContactFacts) => void): void => void lineListeners.push(listener),
    keepDraft,
    /** A note was kept for whoever has the contact next. */
    onNote: (listener: (facts: ContactFacts) => void): void => void noteListeners.push(listener),
    lineOf: (contactId: ContactId): LineVerdict | null => lines.get(contactId) ?? null,
    configOf: (organisationId: OrganisationId): VoiceConfig | null => directory.config(organisationId),
    send: (command: CoreCommand): void => void edge.send(command),
    musicOf: music,
    reminderOf,
    connectsItself,
    parking,
    internal,
    queueOf,
    /** The agent leaves the customer with somebody outside who talks. */
    passOn,

    /** Somebody outside is called into a talk; the gate has said yes. False where the talk is over. */
    callOutside(
      facts: ContactFacts,
      wish: {
        readonly partyId: PartyId;
        readonly by: PersonId;
        readonly how: "consult" | "transfer";
        readonly outside: NonNullable<PartyFacts["outside"]>;
        readonly order: PlaceOrder;
      },
    ): boolean {
      const { order, ...party } = wish;
      outsideOrders.set(party.partyId, order);
      const applied = act(facts.contactId, { kind: "partyInvited", personId: null, place: "aside", ...party });
      outsideOrders.delete(party.partyId);
      return applied?.appended != null;
    },
    /** The customer knows of it by now: the talk is written from here on. False where it can't be. */
    async recordNow(facts: ContactFacts): Promise<boolean> {
      const recording = await prepareNow(facts);
      if (recording === null || contacts.facts(facts.contactId)?.phase.kind !== "talking") return false;
      edge.send({ kind: "record", callId: facts.callId, recording });
      return true;
    },

    /**
     * A call of ours: its contact is begun and committed, then the carrier is asked. Null: no edge is there, or the agent is in a call
     * by now.
     */
    async placeCall(
      beginning: Omit<ContactBeginning, "edge" | "source" | "at" | "contactId" | "callId">,
      order: PlaceOrder,
      makeKey: (contactId: ContactId) => Promise<void>,
    ): Promise<ContactId | null> {
      if (current === null || beginning.outbound === undefined) return null;
      const callId = ids.next("cal") as CallId;
      const contactId = `con_${callId.slice(callId.indexOf("_") + 1)}` as ContactId;
      const { organisationId, queueId } = beginning;
      await makeKey(contactId);
      if (current === null) return null;
      const engaged = routing.submit(organisationId, {
        kind: "engaged",
        contact: contactId,
        agent: beginning.outbound.agentId,
        queue: queueId,
        ...(order.isEmergency ? { atOnce: true } : {}),
      });
      if (engaged === null || engaged.some(({ kind }) => kind === "inputIgnored")) return null;
      contactOfCall.set(callId, contactId);
      placing.set(contactId, order);
      const { appended } = contacts.begin({ ...beginning, edge: current.epoch, source: null, at: clock.now(), contactId, callId });
      // A call for help waits for no database.
      if (order.isEmergency) act(contactId, { kind: "committed" });
      else void answerWhenCommitted(contactId, appended.committed);
      return contactId;
    },
    /** Whoever asked no longer waits for an answer. */
    withdrawParty(facts: ContactFacts, partyId: PartyId): void {
      act(facts.contactId, { kind: "partyWithdrawn", partyId, why: "withdrawn" });
      asides.withdrawn(facts, partyId);
    },
    /** The contact that a person talks beside, by what the router calls it. */
    contactBeside: (aside: ContactId): ContactId | undefined => asides.contactOf(aside) ?? parking.contactOf(aside),

    /** The call's legs as the edge has them now; nothing of either where the edge doesn't answer in time. */
    linesNow(callId: CallId): Promise<LinesNow> {
      const token = ids.next("ask");
      const { promise, resolve } = Promise.withResolvers<LinesNow>();
      const cancel = timers.arm(telephonyLimits.figuresWaitMs, () => resolve({ caller: null, agent: null }));
      figuresWaited.set(token, resolve);
      edge.send({ kind: "takeFigures", callId, token });
      return promise.finally(() => {
        cancel();
        figuresWaited.delete(token);
      });
    },

    /** The customer hears the technical sentence, then the call ends: the agent asked for it. */
    sayTechnicalAndHangUp(facts: ContactFacts): void {
      edge.send({
        kind: "playAndHangUp",
        callId: facts.callId,
        audioIds: [audio(facts, "refuse.technical")],
        cause: { by: "agent", why: "technical" },
      });
    },

    /** Takes over what an earlier start left: contacts from the log, routers from their journals. Then edges may say hello. */
    async start(): Promise<void> {
      edge.configure(directory.edgeConfig());
      await contacts.recover(directory.organisations());
      for (const facts of contacts.openList()) contactOfCall.set(facts.callId, facts.contactId);
      await routing.restore();
      if (contacts.openList().length === 0) {
        recoverRouters(); // nothing is open: no edge need be waited for
        return;
      }
      timers.arm(telephonyLimits.edgeHelloWaitMs, () => {
        if (current !== null || isClosed) return;
        for (const facts of contacts.openList()) {
          if (facts.endedAt === null) act(facts.contactId, { kind: "callEnded", cause: { by: "system", why: "edgeLost" }, figures: null });
        }
        recoverRouters();
      });
    },

    /** A (new) connection of the edge. */
    edgeSaidHello(hello: Hello): Promise<number> {
      hellosUnderWay += 1;
      const answered = turn.then(() => onHello(hello));
      const over = (): void => {
        hellosUnderWay -= 1;
      };
      turn = answered.then(over, over);
      return answered;
    },

    /** In the order of sequences. */
    edgeEvent(of: Epoch, sequence: number, event: EdgeEvent): void {
      if (hellosUnderWay === 0) onEvent(of, sequence, event);
      else turn = turn.then(() => onEvent(of, sequence, event));
    },

    /** Until it is back nobody's media path is proven: nothing new rings. Talks go on. */
    edgeGone(of: Epoch): void {
      if (current === null || !isSameEpoch(current.epoch, of)) return;
      for (const personId of browsers.keys()) routing.mediaPath(personId, false);
      const gone = [...devices.keys()];
      devices.clear();
      for (const { personId } of directory.organisations().flatMap((each) => directory.config(each)?.devices ?? []))
        if (personId !== null && gone.length > 0 && chosenDevice(personId as PersonId) !== null) phoneMoved(personId as PersonId);
    },

    close(): void {
      isClosed = true;
      cancelSettle?.();
      asides.close();
      parking.close();
      internal.close();
      for (const cancel of [...graces.values(), ...reminders.values()]) cancel();
    },
  };
}

/** The offer by which this agent is rung: the contact's, or one to take part in it. */
function offerOf(facts: ContactFacts, agentId: PersonId): OfferId | null {
  const party = openParties(facts).find(({ personId, state }) => personId === agentId && state === "asked");
  if (party !== undefined) return party.offerId;
  return facts.phase.kind === "ringing" && facts.phase.agentId === agentId ? facts.phase.offerId : null;
}

function openContact(facts: ContactFacts): readonly OpenContact[] {
  const { contactId: contact, phase } = facts;
  switch (phase.kind) {
    case "waiting":
      return [{ contact, phase: "waiting" }];
    case "ringing":
      return [{ contact, phase: "ringing", agent: phase.agentId, offer: phase.offerId, accepted: phase.accepted }];
    case "dialling":
      return [{ contact, phase: "talking", agent: phase.agentId, queue: facts.queueId }];
    case "talking":
      return [{ contact, phase: "talking", agent: phase.agentId, queue: facts.queueId, isPersonal: facts.test !== null }];
    default:
      return [];
  }
}

function isSameEpoch(a: Epoch, b: Epoch): boolean {
  return a.node === b.node && a.epoch === b.epoch;
}
